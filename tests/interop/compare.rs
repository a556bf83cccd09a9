//! Comparing what one client sees of two servers.

use std::collections::BTreeSet;
use std::net::SocketAddr;

use serde_json::Value;

/// Differences shown per comparison; the rest is counted.
const SHOWN: usize = 25;

/// Asserts that two views are equal except where `expected` says that the path may differ.
pub(crate) fn assert_same(
    what: &str,
    ours: &Value,
    theirs: &Value,
    expected: impl Fn(&str) -> bool,
) {
    let differences = differences(ours, theirs, expected);
    let rest = differences.len().saturating_sub(SHOWN);
    assert!(
        differences.is_empty(),
        "{what}: {} differences to libiec61850\n{}{}",
        differences.len(),
        differences[..differences.len() - rest].join("\n"),
        if rest > 0 {
            format!("\nand {rest} more")
        } else {
            String::new()
        }
    );
}

/// The places where two values differ, as `path: ours ..., theirs ...`.
pub(crate) fn differences(
    ours: &Value,
    theirs: &Value,
    expected: impl Fn(&str) -> bool,
) -> Vec<String> {
    let mut found = Vec::new();
    walk("", ours, theirs, &mut found);
    found.retain(|(path, _)| !expected(path));
    found
        .into_iter()
        .map(|(path, text)| format!("{path}: {text}"))
        .collect()
}

fn walk(path: &str, ours: &Value, theirs: &Value, found: &mut Vec<(String, String)>) {
    match (ours, theirs) {
        (Value::Object(left), Value::Object(right)) => {
            let keys: BTreeSet<&String> = left.keys().chain(right.keys()).collect();
            for key in keys {
                let path = format!("{path}/{key}");
                match (left.get(key), right.get(key)) {
                    (Some(left), Some(right)) => walk(&path, left, right, found),
                    (Some(_), None) => found.push((path, "only ours has it".to_owned())),
                    _ => found.push((path, "ours lacks it".to_owned())),
                }
            }
        }
        (Value::Array(left), Value::Array(right)) if left.len() == right.len() => {
            for (index, (left, right)) in left.iter().zip(right).enumerate() {
                walk(&format!("{path}/{index}"), left, right, found);
            }
        }
        _ if ours == theirs => {}
        _ => found.push((
            path.to_owned(),
            format!("ours {}, theirs {}", short(ours), short(theirs)),
        )),
    }
}

fn short(value: &Value) -> String {
    let text = value.to_string();
    if text.chars().count() <= 160 {
        return text;
    }
    let start: String = text.chars().take(160).collect();
    format!("{start}... ({} characters)", text.len())
}

/// What differs between any two servers in libiec61850's browse: the identity; EntryID and TimeofEntry of buffered report control blocks,
/// because integrity reports are buffered from the start on; and noASDU of sampled value control blocks, which a model file does not
/// hold and libiec61850 then leaves to what was in memory. The values of control objects differ as well: reading SBO selects, and
/// libiec61850 starts Oper and its like with zero whatever the model says. A sampled value control block without
/// an address has one of the range for sampled values with us, and one for GOOSE there. SE values of a logical device whose setting group
/// control block is in another one do not exist there; with us they are as unavailable as all that nobody edits.
pub(crate) fn of_each_server(path: &str) -> bool {
    let element = |block: &str, number: u8| {
        path.contains(block) && path.contains(&format!("/structure/{number}/"))
    };
    path.starts_with("/identity")
        || (path.contains("/values/") && path.contains("$CO$"))
        || (path.contains("$SE$") && path.ends_with("/error"))
        || element("$BR$", 11)
        || element("$BR$", 12)
        || element("$MS$", 7)
        || element("$US$", 8)
        || element("$MS$", 8)
        || element("$US$", 9)
}

/// What the client says about our server and about the real one, in this order.
pub(crate) fn both(
    ours: SocketAddr,
    theirs: SocketAddr,
    client: impl Fn(SocketAddr) -> Value,
) -> (Value, Value) {
    (client(ours), client(theirs))
}

#[test]
fn differences_are_found_and_named() {
    use serde_json::json;

    let ours = json!({"a": [1, 2], "b": {"c": true}, "only": 0});
    let theirs = json!({"a": [1, 3], "b": {"c": true, "d": null}, "only": 0});
    assert_eq!(
        differences(&ours, &theirs, |_| false),
        ["/a/1: ours 2, theirs 3", "/b/d: ours lacks it"]
    );
    assert_eq!(
        differences(&ours, &theirs, |path| path == "/b/d"),
        ["/a/1: ours 2, theirs 3"]
    );
    assert_eq!(differences(&ours, &ours, |_| false), [""; 0]);
}
