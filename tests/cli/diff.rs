//! `ied diff` on two servers that are running already.

use crate::serve::Running;
use crate::{bay, ends, refused, repository};

fn addresses<'a>(left: &'a str, right: &'a str) -> [&'a str; 5] {
    ["diff", "--left", left, "--right", right]
}

#[test]
fn two_servers_of_one_model_answer_the_same() {
    let (left, right) = (Running::serve(&bay()), Running::serve(&bay()));
    let (left, right) = (left.address.to_string(), right.address.to_string());
    let arguments = [
        &addresses(&left, &right)[..],
        &["--steps", "600", "--seed", "7"],
    ]
    .concat();
    let (stdout, stderr) = ends(0, &arguments);
    assert!(stdout.starts_with("seed 7: "), "{stdout}\n{stderr}");
    assert!(stdout.contains("0 of 0 kinds different"), "{stdout}");
}

#[test]
fn the_first_difference_is_shown_from_both_sides() {
    let golden = repository().join("tests/golden/golden.cfg");
    let other = Running::serve(&golden.display().to_string());
    let bay = Running::serve(&bay());
    let (left, right) = (bay.address.to_string(), other.address.to_string());
    let (stdout, _) = ends(1, &addresses(&left, &right));
    for shown in [
        "difference in step ",
        "getNameList of Domain",
        &format!("{left} a1"),
        &format!("{right} a1"),
        "≠",
        "BAY1CTRL",
        "GOLDLD1",
        " of 1 kind different",
    ] {
        assert!(stdout.contains(shown), "no {shown:?} in\n{stdout}");
    }
    let arguments = [
        &addresses(&left, &right)[..],
        &["--json", "--keep-going", "--steps", "60"],
    ]
    .concat();
    let (stdout, _) = ends(1, &arguments);
    let found: serde_json::Value = serde_json::from_str(&stdout).expect("JSON");
    assert!(found["requests"].as_u64() >= Some(60), "{stdout}");
    let differences = found["differences"].as_array().expect("a list");
    assert!(differences.len() > 1, "{stdout}");
    for difference in differences {
        assert!(difference["lines"][0]["left"].is_string(), "{difference}");
        assert!(difference["request"].is_string(), "{difference}");
    }
}

#[test]
fn what_is_known_is_no_difference() {
    let golden = repository().join("tests/golden/golden.cfg");
    let other = Running::serve(&golden.display().to_string());
    let bay = Running::serve(&bay());
    let (left, right) = (bay.address.to_string(), other.address.to_string());
    let folder = tempfile::tempdir().expect("a folder");
    let known = folder.path().join("known.toml");
    let text = "[[difference]]\nrequest = '*'\nleft = '*'\nright = '*'\nstandard = 'both'\nreason = 'other models'\n";
    std::fs::write(&known, text).expect("writing");
    let known = known.display().to_string();
    let arguments = [
        &addresses(&left, &right)[..],
        &["--steps", "50", "--show-known", "--known", &known],
    ]
    .concat();
    let (stdout, _) = ends(0, &arguments);
    assert!(stdout.contains("x known: other models"), "{stdout}");
    std::fs::write(
        folder.path().join("known.toml"),
        "[[difference]]\nlfet = ''\n",
    )
    .expect("writing");
    refused(
        1,
        &arguments,
        &["known.toml:2:1: difference[0].lfet: ", "`left`"],
    );
}

#[test]
fn wrong_usage() {
    refused(2, &["diff"], &["<FILE>"]);
    refused(2, &["diff", "--left", "127.0.0.1"], &["--right"]);
    refused(
        2,
        &["diff", &bay(), "--left", "a", "--right", "b"],
        &["--left"],
    );
    refused(2, &["diff", &bay(), "--seconds", "0"], &["0.1"]);
    refused(1, &["diff", "no-such.cid"], &["no-such.cid"]);
    let nobody = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
    let address = nobody.local_addr().expect("an address").to_string();
    drop(nobody);
    refused(1, &addresses(&address, &address), &[&address, "refused"]);
    #[cfg(not(feature = "libiec61850"))]
    refused(2, &["diff", &bay()], &["libiec61850", "--left and --right"]);
}
