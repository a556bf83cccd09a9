//! Looks into a library file: for which machine it is and which functions it exports. ELF shared objects and archives of ELF objects; of other
//! formats nothing is known and nothing is checked.

use std::collections::BTreeSet;

/// What a library file says about itself.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Object {
    /// Architecture in the words of Rust's target triples; `None` when unknown.
    pub(crate) architecture: Option<String>,
    /// Names of the exported symbols; `None` when the file has no table of them that we can read.
    pub(crate) exports: Option<BTreeSet<String>>,
}

const ARCHIVE: &[u8] = b"!<arch>\n";
const ELF: &[u8] = b"\x7fELF";
/// Type of the section that holds the dynamic symbols.
const SHT_DYNSYM: u64 = 11;

/// Reads the content of a library file. Whatever cannot be read counts as unknown.
pub(crate) fn read(content: &[u8]) -> Object {
    if content.starts_with(ELF) {
        Elf::new(content).map_or_else(Object::default, |elf| Object {
            architecture: elf.architecture(),
            exports: elf.exports(),
        })
    } else if content.starts_with(ARCHIVE) {
        archive(content)
    } else {
        Object::default()
    }
}

struct Elf<'a> {
    content: &'a [u8],
    wide: bool,
    little: bool,
}

impl<'a> Elf<'a> {
    fn new(content: &'a [u8]) -> Option<Self> {
        Some(Self {
            content,
            wide: *content.get(4)? == 2,
            little: *content.get(5)? == 1,
        })
    }

    fn number(&self, offset: u64, size: usize) -> Option<u64> {
        let start = usize::try_from(offset).ok()?;
        let octets = self.content.get(start..start.checked_add(size)?)?;
        let fold = |value: u64, octet: &u8| value << 8 | u64::from(*octet);
        Some(if self.little {
            octets.iter().rev().fold(0, fold)
        } else {
            octets.iter().fold(0, fold)
        })
    }

    fn architecture(&self) -> Option<String> {
        let name = match (self.number(18, 2)?, self.wide) {
            (3, _) => "x86",
            (8, false) => "mips",
            (8, true) => "mips64",
            (20, _) => "powerpc",
            (21, _) => "powerpc64",
            (22, _) => "s390x",
            (40, _) => "arm",
            (62, _) => "x86_64",
            (183, _) => "aarch64",
            (243, false) => "riscv32",
            (243, true) => "riscv64",
            (258, _) => "loongarch64",
            _ => return None,
        };
        Some(name.to_owned())
    }

    /// Field of the section header at `header`, by its offsets in the narrow and the wide format.
    fn section(&self, header: u64, narrow: u64, wide: u64, is_word: bool) -> Option<u64> {
        let (offset, size) = if self.wide {
            (wide, if is_word { 4 } else { 8 })
        } else {
            (narrow, 4)
        };
        self.number(header.checked_add(offset)?, size)
    }

    fn exports(&self) -> Option<BTreeSet<String>> {
        let (table, entry_size, count) = if self.wide {
            (
                self.number(40, 8)?,
                self.number(58, 2)?,
                self.number(60, 2)?,
            )
        } else {
            (
                self.number(32, 4)?,
                self.number(46, 2)?,
                self.number(48, 2)?,
            )
        };
        let header = |index: u64| table.checked_add(index.checked_mul(entry_size)?);
        let symbols = (0..count)
            .filter_map(header)
            .find(|header| self.section(*header, 4, 4, true) == Some(SHT_DYNSYM))?;
        let names = header(self.section(symbols, 24, 40, true)?)?;
        let names = self.section(names, 16, 24, false)?;
        let start = self.section(symbols, 16, 24, false)?;
        let size = self.section(symbols, 20, 32, false)?;
        let step: u64 = if self.wide { 24 } else { 16 };
        let mut found = BTreeSet::new();
        for index in 0..size / step {
            let symbol = start.checked_add(index * step)?;
            let (section, info) = if self.wide { (6, 4) } else { (14, 12) };
            let is_defined = self.number(symbol.checked_add(section)?, 2)? != 0;
            let is_global = self.number(symbol.checked_add(info)?, 1)? >> 4 != 0;
            if is_defined && is_global {
                let name = names.checked_add(self.number(symbol, 4)?)?;
                found.insert(text(self.content, usize::try_from(name).ok()?)?);
            }
        }
        Some(found)
    }
}

/// The text at `start`, up to the octet 0.
fn text(content: &[u8], start: usize) -> Option<String> {
    let rest = content.get(start..)?;
    let end = rest.iter().position(|octet| *octet == 0)?;
    Some(String::from_utf8_lossy(rest.get(..end)?).into_owned())
}

/// An archive begins with a table of the symbols that its members define.
fn archive(content: &[u8]) -> Object {
    let mut object = Object::default();
    let mut position = ARCHIVE.len();
    while let Some((name, member, next)) = member(content, position) {
        match name {
            "/" => object.exports = index(member, 4),
            "/SYM64/" => object.exports = index(member, 8),
            _ if member.starts_with(ELF) => {
                object.architecture = Elf::new(member).and_then(|elf| elf.architecture());
                break;
            }
            _ => {}
        }
        position = next;
    }
    object
}

/// Name and content of the member at `position`, and where the next one is.
fn member(content: &[u8], position: usize) -> Option<(&str, &[u8], usize)> {
    let header = content.get(position..position.checked_add(60)?)?;
    let name = str::from_utf8(header.get(..16)?).ok()?.trim_end();
    let size: usize = str::from_utf8(header.get(48..58)?)
        .ok()?
        .trim()
        .parse()
        .ok()?;
    let start = position + 60;
    let end = start.checked_add(size)?;
    Some((name, content.get(start..end)?, end + size % 2))
}

/// The names in the symbol table of an archive, whose numbers have `width` octets.
fn index(table: &[u8], width: usize) -> Option<BTreeSet<String>> {
    let count = table
        .get(..width)?
        .iter()
        .fold(0usize, |value, octet| value << 8 | usize::from(*octet));
    let names = table.get(width.checked_mul(count.checked_add(1)?)?..)?;
    Some(
        names
            .split(|octet| *octet == 0)
            .take(count)
            .map(|name| String::from_utf8_lossy(name).into_owned())
            .collect(),
    )
}
