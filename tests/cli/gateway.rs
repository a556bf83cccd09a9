//! `ied gateway` as its users call it; what it does is tested beside it.

use crate::{ends, refused, repository};

#[test]
fn configurations_are_checked() {
    let example = repository().join("examples/gateway/gateway.toml");
    let example = example.display().to_string();
    let (stdout, stderr) = ends(0, &["gateway", "--check", &example]);
    assert_eq!(stdout, "");
    assert!(
        stderr.ends_with("gateway.toml: 1 IED, 6 points, 1 command\n"),
        "{stderr}"
    );
    let folder = tempfile::tempdir().expect("a folder");
    let bad = folder.path().join("bad.toml");
    std::fs::write(&bad, "centre = 'center.toml'\n").expect("writing");
    let bad = bad.display().to_string();
    refused(
        1,
        &["gateway", "--check", &bad],
        &["bad.toml:1:1: centre: ", "`center`"],
    );
    refused(1, &["gateway", "none.toml"], &["none.toml"]);
    refused(2, &["gateway"], &["<CONFIG.toml>"]);
    refused(2, &["gateway", &example, "--listen", "here"], &["--listen"]);
}
