//! Device control between two control centres.

#[test]
fn devices() {
    let mut told = Vec::new();
    let runtime = mms::net::runtime().unwrap();
    runtime
        .block_on(crate::tase2_devices::scene(|line| told.push(line)))
        .unwrap();
    assert_eq!(
        told[..4],
        [
            "closed: ON VALID TELEMETERED NORMAL",
            "tagged: CLOSE-ONLY-INHIBIT \"crew on line\"",
            "opened: OFF VALID TELEMETERED NORMAL",
            "not closed: BREAKER: object access denied",
        ]
    );
    let account: Vec<&str> = told[4..]
        .iter()
        .map(|line| {
            line.rsplit_once(" (")
                .map_or(line.as_str(), |(line, _)| line)
        })
        .collect();
    let selected = "NORTH: BREAKER: selected, check-back id 101, by SOUTH";
    assert_eq!(account[0], selected);
    assert_eq!(account[1], "NORTH: BREAKER: operated with 1, by SOUTH");
    assert_eq!(account.iter().filter(|line| **line == selected).count(), 3);
    assert!(
        told.iter()
            .any(|line| line.contains("not operated with 1: it is tagged CLOSE-ONLY-INHIBIT")),
        "{told:#?}"
    );
}
