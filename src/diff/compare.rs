//! Where two decoded PDUs differ.

use super::decode::Line;
use super::pair::Pair;

/// Middle parts with more pairs of lines than this are compared line by line instead of being aligned.
const MOST_PAIRS: usize = 4_000_000;

/// Characters of a value in the name of a kind.
const LONGEST_VALUE: usize = 60;

/// Two lines that stand beside each other; one is missing where the other side has none for it.
pub(super) type Row<'a> = Pair<Option<&'a Line>>;

/// Puts lines beside each other so that as many as possible are the same.
pub(super) fn align<'a>(left: &'a [Line], right: &'a [Line]) -> Vec<Row<'a>> {
    let equal = |a: &Line, b: &Line| a.depth == b.depth && a.key() == b.key();
    let front = left
        .iter()
        .zip(right)
        .take_while(|(a, b)| equal(a, b))
        .count();
    let (left_rest, right_rest) = (&left[front..], &right[front..]);
    let back = left_rest
        .iter()
        .rev()
        .zip(right_rest.iter().rev())
        .take_while(|(a, b)| equal(a, b))
        .count();
    let (left_middle, left_back) = left_rest.split_at(left_rest.len() - back);
    let (right_middle, right_back) = right_rest.split_at(right_rest.len() - back);
    let both = |left: &'a [Line], right: &'a [Line]| {
        left.iter()
            .zip(right)
            .map(|(a, b)| Pair::new(Some(a), Some(b)))
            .collect::<Vec<_>>()
    };
    let mut rows = both(&left[..front], &right[..front]);
    rows.extend(middle(left_middle, right_middle));
    rows.extend(both(left_back, right_back));
    rows
}

/// Aligns what differs by names: the values of one variable stand beside each other.
fn middle<'a>(left: &'a [Line], right: &'a [Line]) -> Vec<Row<'a>> {
    let (n, m) = (left.len(), right.len());
    if n == m && left.iter().zip(right).all(|(a, b)| a.name == b.name)
        || n.saturating_mul(m) > MOST_PAIRS
    {
        return (0..n.max(m))
            .map(|i| Pair::new(left.get(i), right.get(i)))
            .collect();
    }
    // The longest common subsequence of names; a line that is the same as a whole counts a little more.
    let weight = |a: &Line, b: &Line| match (a.name == b.name, a.key() == b.key()) {
        (true, true) => 3_u32,
        (true, false) => 2,
        _ => 0,
    };
    let mut best = vec![0_u32; (n + 1) * (m + 1)];
    let at = |i: usize, j: usize| i * (m + 1) + j;
    for i in (0..n).rev() {
        for j in (0..m).rev() {
            let along = match weight(&left[i], &right[j]) {
                0 => 0,
                weight => weight + best[at(i + 1, j + 1)],
            };
            best[at(i, j)] = along.max(best[at(i + 1, j)]).max(best[at(i, j + 1)]);
        }
    }
    let (mut i, mut j, mut rows) = (0, 0, Vec::new());
    let (mut only_left, mut only_right) = (Vec::new(), Vec::new());
    while i < n || j < m {
        let along = i < n
            && j < m
            && weight(&left[i], &right[j]) > 0
            && best[at(i, j)] == weight(&left[i], &right[j]) + best[at(i + 1, j + 1)];
        if along {
            beside(&mut rows, &mut only_left, &mut only_right);
            rows.push(Pair::new(Some(&left[i]), Some(&right[j])));
            (i, j) = (i + 1, j + 1);
        } else if i < n && (j == m || best[at(i + 1, j)] >= best[at(i, j + 1)]) {
            only_left.push(&left[i]);
            i += 1;
        } else {
            only_right.push(&right[j]);
            j += 1;
        }
    }
    beside(&mut rows, &mut only_left, &mut only_right);
    rows
}

/// What has nothing like it on the other side stands beside whatever else is there.
fn beside<'a>(rows: &mut Vec<Row<'a>>, left: &mut Vec<&'a Line>, right: &mut Vec<&'a Line>) {
    for i in 0..left.len().max(right.len()) {
        rows.push(Pair::new(left.get(i).copied(), right.get(i).copied()));
    }
    left.clear();
    right.clear();
}

/// Whether the lines of a row are not the same.
pub(super) fn differs(row: &Row<'_>) -> bool {
    match (row.left, row.right) {
        (Some(left), Some(right)) => left.key() != right.key(),
        _ => true,
    }
}

/// The rows that differ, as text; a line that is not there is empty.
///
/// Two name lists of which the shorter one says that more follows are the same as far as it goes: how many names are sent at once is open.
pub(super) fn differences(left: &[Line], right: &[Line]) -> Vec<Pair<String>> {
    if let Some((left, right)) = open_lists(left, right) {
        return differing(left, right);
    }
    differing(left, right)
}

fn differing(left: &[Line], right: &[Line]) -> Vec<Pair<String>> {
    let text = |line: Option<&Line>| line.map_or_else(String::new, Line::key);
    align(left, right)
        .into_iter()
        .filter(differs)
        .map(|row| row.map(text))
        .collect()
}

/// Both lists up to the end of the shorter one, if that says that more follows.
fn open_lists<'a>(left: &'a [Line], right: &'a [Line]) -> Option<(&'a [Line], &'a [Line])> {
    let more = |lines: &[Line]| {
        let of_names = lines.get(1).is_some_and(|line| line.name == "getNameList");
        let last = lines.last().filter(|_| of_names)?;
        (last.name == "moreFollows").then(|| last.value == "true")
    };
    let (left_more, right_more) = (more(left)?, more(right)?);
    let shorter = left.len().min(right.len());
    let open = match left.len().cmp(&right.len()) {
        std::cmp::Ordering::Less => left_more,
        std::cmp::Ordering::Greater => right_more,
        std::cmp::Ordering::Equal => left_more && right_more,
    };
    (open && shorter > 3).then(|| (&left[..shorter - 1], &right[..shorter - 1]))
}

/// What kind of difference it is: the same for all objects of one class, whatever their names and numbers.
pub(super) fn kind(service: &str, row: &Pair<String>) -> String {
    let [left, right] = [&row.left, &row.right].map(|text| {
        if text.is_empty() {
            "nothing".to_owned()
        } else {
            general(text)
        }
    });
    // Where both lines name the same variable it is named once.
    match (left.split_once(" = "), right.split_once(" = ")) {
        (Some((name, left)), Some((other, right))) if name == other => {
            format!("{service}: {name}: {left} / {right}")
        }
        _ => format!("{service}: {left} / {right}"),
    }
}

/// A text without the names of devices and nodes, and without numbers in names.
fn general(text: &str) -> String {
    let (name, value) = match text.split_once(" = ") {
        Some((name, value)) => (name, Some(value)),
        None => (text, None),
    };
    let name = match name.split_once('/') {
        Some((_, item)) => match item.split_once('$') {
            Some((_, rest)) => format!("..${rest}"),
            None => "..".to_owned(),
        },
        None => name.to_owned(),
    };
    let mut out = String::new();
    for c in name.chars() {
        match c {
            '0'..='9' if out.ends_with('#') => {}
            '0'..='9' => out.push('#'),
            other => out.push(other),
        }
    }
    if let Some(value) = value {
        out.push_str(" = ");
        match value.char_indices().nth(LONGEST_VALUE) {
            Some((end, _)) => {
                out.push_str(&value[..end]);
                out.push_str("...");
            }
            None => out.push_str(value),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(text: &[&str]) -> Vec<Line> {
        text.iter()
            .map(|text| {
                let (name, value) = text.split_once(" = ").unwrap_or((text, ""));
                Line {
                    depth: 0,
                    name: name.to_owned(),
                    value: value.to_owned(),
                    compared: None,
                }
            })
            .collect()
    }

    fn found(left: &[&str], right: &[&str]) -> Vec<(String, String)> {
        differences(&lines(left), &lines(right))
            .into_iter()
            .map(|row| (row.left, row.right))
            .collect()
    }

    fn texts(rows: &[(&str, &str)]) -> Vec<(String, String)> {
        rows.iter()
            .map(|(left, right)| ((*left).to_owned(), (*right).to_owned()))
            .collect()
    }

    #[test]
    fn values_of_one_variable_stand_beside_each_other() {
        assert_eq!(found(&["a = 1", "b = 2"], &["a = 1", "b = 2"]), texts(&[]));
        assert_eq!(
            found(&["a = 1", "b = 2", "c = 3"], &["a = 1", "b = 4", "c = 3"]),
            texts(&[("b = 2", "b = 4")])
        );
        assert_eq!(
            found(&["a", "b", "d"], &["a", "b", "c", "d"]),
            texts(&[("", "c")])
        );
        assert_eq!(
            found(&["x = 1", "b = 2", "y = 1"], &["b = 3", "z = 1", "y = 1"]),
            texts(&[("x = 1", ""), ("b = 2", "b = 3"), ("", "z = 1")])
        );
        assert_eq!(found(&["a"], &["b"]), texts(&[("a", "b")]));
    }

    #[test]
    fn lists_that_go_on_may_end_anywhere() {
        let list = |names: &[&'static str], more| {
            [&["confirmed-response", "getNameList"], names, &[more]].concat()
        };
        let long = list(&["a", "b", "c"], "moreFollows = false");
        let short = list(&["a", "b"], "moreFollows = true");
        assert_eq!(found(&long, &short), texts(&[]));
        assert_eq!(found(&short, &long), texts(&[]));
        let other = list(&["a", "x"], "moreFollows = true");
        assert_eq!(found(&long, &other), texts(&[("b", "x")]));
        let ended = list(&["a", "b"], "moreFollows = false");
        assert_eq!(found(&long, &ended), texts(&[("c", "")]));
    }

    #[test]
    fn kinds_have_no_names_and_numbers() {
        let row = |left: &str, right: &str| Pair::new(left.to_owned(), right.to_owned());
        assert_eq!(
            kind(
                "read",
                &row(
                    "LD0/GGIO1$ST$Ind12$q = failure: x",
                    "LD0/GGIO1$ST$Ind12$q = bit-string 00"
                )
            ),
            "read: ..$ST$Ind#$q: failure: x / bit-string 00"
        );
        assert_eq!(
            kind("write", &row("", "reject = 3")),
            "write: nothing / reject = 3"
        );
    }
}
