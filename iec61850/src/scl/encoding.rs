//! From the bytes of an XML file to text.

use encoding_rs::{Encoding, UTF_8, UTF_16BE, UTF_16LE};
use std::borrow::Cow;

/// The declaration stands at the very start; this much is searched for it.
const DECLARATION_WINDOW: usize = 1024;

/// Decodes `bytes` by byte order mark, by the look of the first characters, or by the encoding
/// the XML declaration names (UTF-8 if none), in this order.
///
/// White space in front of the declaration, which XML does not allow but exporters write, is
/// kept for the line numbers; the declaration itself is then blanked out.
pub(super) fn decode(bytes: &[u8]) -> Result<Cow<'_, str>, String> {
    let (encoding, content) = match Encoding::for_bom(bytes) {
        Some((encoding, length)) => (encoding, bytes.get(length..).unwrap_or_default()),
        None => (detect(bytes)?, bytes),
    };
    let text = if encoding == UTF_8 {
        match std::str::from_utf8(content) {
            Ok(text) => Cow::Borrowed(text),
            Err(error) => {
                let good = content.get(..error.valid_up_to()).unwrap_or_default();
                let line = 1 + good.iter().filter(|&&byte| byte == b'\n').count();
                return Err(format!(
                    "line {line}: byte {:#04x} is not valid UTF-8",
                    content.get(error.valid_up_to()).copied().unwrap_or(0)
                ));
            }
        }
    } else {
        encoding
            .decode_without_bom_handling_and_without_replacement(content)
            .ok_or_else(|| format!("the content is not valid {}", encoding.name()))?
    };
    Ok(blank_late_declaration(text))
}

fn detect(bytes: &[u8]) -> Result<&'static Encoding, String> {
    match bytes {
        [b'<', 0, ..] | [b'\r' | b'\n', 0, ..] => return Ok(UTF_16LE),
        [0, b'<', ..] | [0, b'\r' | b'\n', ..] => return Ok(UTF_16BE),
        _ => {}
    }
    let Some(label) = declared(bytes) else {
        return Ok(UTF_8);
    };
    let encoding = Encoding::for_label(label)
        .ok_or_else(|| format!("unknown encoding '{}'", String::from_utf8_lossy(label)))?;
    // The declaration could be read byte by byte, so the text was converted after it was written.
    if encoding == UTF_16LE || encoding == UTF_16BE {
        return Ok(UTF_8);
    }
    Ok(encoding)
}

/// The value of `encoding` in the XML declaration.
fn declared(bytes: &[u8]) -> Option<&[u8]> {
    let start = bytes
        .get(..bytes.len().min(DECLARATION_WINDOW))?
        .trim_ascii_start();
    let declaration = start.strip_prefix(b"<?xml")?;
    let end = find(declaration, b"?>")?;
    let declaration = declaration.get(..end)?;
    let after = declaration
        .get(find(declaration, b"encoding")? + b"encoding".len()..)?
        .trim_ascii_start()
        .strip_prefix(b"=")?
        .trim_ascii_start();
    let (&quote, rest) = after.split_first()?;
    if quote != b'"' && quote != b'\'' {
        return None;
    }
    rest.get(..rest.iter().position(|&byte| byte == quote)?)
}

fn find(haystack: &[u8], needle: &[u8]) -> Option<usize> {
    haystack
        .windows(needle.len())
        .position(|window| window == needle)
}

fn blank_late_declaration(text: Cow<'_, str>) -> Cow<'_, str> {
    let start = text.trim_start();
    let offset = text.len() - start.len();
    if offset == 0 || !start.starts_with("<?xml") {
        return text;
    }
    let Some(end) = start.find("?>").map(|end| offset + end + 2) else {
        return text;
    };
    let blank = |c: char| if c == '\n' { '\n' } else { ' ' };
    let mut blanked = String::with_capacity(text.len());
    blanked.extend(text.chars().take_while(|c| c.is_whitespace()));
    blanked.extend(text.get(offset..end).unwrap_or_default().chars().map(blank));
    blanked.push_str(text.get(end..).unwrap_or_default());
    Cow::Owned(blanked)
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "<?xml version=\"1.0\"?>\n<SCL desc=\"Stra\u{df}e\"/>";

    fn utf16(text: &str, to_bytes: fn(u16) -> [u8; 2]) -> Vec<u8> {
        text.encode_utf16().flat_map(to_bytes).collect()
    }

    #[test]
    fn byte_order_marks() {
        let with_mark = format!("\u{feff}{TEXT}");
        assert_eq!(decode(with_mark.as_bytes()).unwrap(), TEXT);
        assert_eq!(decode(&utf16(&with_mark, u16::to_le_bytes)).unwrap(), TEXT);
        assert_eq!(decode(&utf16(&with_mark, u16::to_be_bytes)).unwrap(), TEXT);
        assert_eq!(decode(&utf16(TEXT, u16::to_le_bytes)).unwrap(), TEXT);
        assert_eq!(decode(&utf16(TEXT, u16::to_be_bytes)).unwrap(), TEXT);
    }

    #[test]
    fn declared_encodings() {
        let latin = b"<?xml version='1.0' encoding = 'ISO-8859-1' ?><SCL desc='Stra\xdfe'/>";
        assert!(decode(latin).unwrap().contains("Stra\u{df}e"));
        assert!(decode(b"<?xml version=\"1.0\" encoding=\"utf8\"?><SCL/>").is_ok());
        assert!(decode(b"<?xml version=\"1.0\" encoding=\"UTF-16\"?><SCL/>").is_ok());
        assert_eq!(
            decode(b"<?xml version=\"1.0\" encoding=\"klingon\"?><SCL/>").unwrap_err(),
            "unknown encoding 'klingon'"
        );
    }

    #[test]
    fn bad_bytes_are_named() {
        assert_eq!(
            decode(b"<SCL>\n\n\xdf</SCL>").unwrap_err(),
            "line 3: byte 0xdf is not valid UTF-8"
        );
        let mut odd = utf16(TEXT, u16::to_le_bytes);
        odd.pop();
        assert!(decode(&odd).unwrap_err().contains("UTF-16LE"));
    }

    #[test]
    fn white_space_before_the_declaration_keeps_the_lines() {
        let text = decode(b"\r\n <?xml version=\"1.0\"\n?><SCL/>").unwrap();
        assert_eq!(text.trim(), "<SCL/>");
        assert_eq!(text.matches('\n').count(), 2);
        assert_eq!(decode(b"\r\n<SCL/>").unwrap(), "\r\n<SCL/>");
    }
}
