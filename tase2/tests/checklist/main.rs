//! Every row of the conformance checklist (reference section 9.2) is a test of its name: our server and our client, tried on each other.

use tase2::check::{Pics, ROWS, Verdict, pics};

/// The statement of one run: rows have control centres of their own, so nothing is lost by trying them together.
fn statement() -> &'static Pics {
    static PICS: std::sync::OnceLock<Pics> = std::sync::OnceLock::new();
    PICS.get_or_init(|| {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .start_paused(true)
            .build()
            .unwrap();
        runtime.block_on(pics())
    })
}

/// A row has to pass on each side it says something of.
fn passes(id: &str) {
    let (row, server, client) = row(id);
    assert!(
        server.is_some() || client.is_some(),
        "{}: nothing is tried",
        row.id
    );
    for (side, result) in [("server", server), ("client", client)] {
        let Some(result) = result else {
            continue;
        };
        let pdus: Vec<String> = result.pdus.iter().map(ToString::to_string).collect();
        assert_eq!(
            result.verdict,
            Verdict::Pass,
            "{side} of {id}\n{}",
            pdus.join("\n")
        );
    }
}

type Found = (
    &'static tase2::check::Row,
    Option<tase2::check::RowResult>,
    Option<tase2::check::RowResult>,
);

fn row(id: &str) -> Found {
    let rows = &statement().rows;
    let found = rows.iter().find(|(row, ..)| row.id == id);
    found
        .unwrap_or_else(|| panic!("there is no row {id}"))
        .clone()
}

/// A row about what there is not here yet.
fn is_absent(id: &str, reason: &str) {
    let (_, server, client) = row(id);
    for result in [server, client].into_iter().flatten() {
        assert_eq!(
            result.verdict,
            Verdict::NotOffered(reason.to_owned()),
            "{id}"
        );
    }
}

macro_rules! rows {
    (pass { $($id:ident)+ } absent $reason:literal { $($absent:ident)+ }) => {
        $(#[test] fn $id() { passes(stringify!($id)); })+
        $(#[test] fn $absent() { is_absent(stringify!($absent), $reason); })+

        const TESTED: &[&str] = &[$(stringify!($id),)+ $(stringify!($absent),)+];
    };
}

rows! {
    pass {
        association_called
        association_calling
        association_both_roles
        association_conclude
        association_abort
        association_ap_title
        association_selector_mismatch
        association_pdu_size
        association_outstanding_one
        association_cotp_segmentation
        association_lower_abort
        version_read
        version_1996_peer
        version_2000_peer
        features_bits
        table_id_match
        table_id_mismatch
        values_read_types
        values_write_types
        values_scopes
        values_multi_read_bad_name
        values_type_discovery
        values_paging
        data_sets_define
        data_sets_object_exists
        data_sets_unknown_member
        data_sets_delete
        data_sets_delete_in_use
        data_sets_read
        data_sets_write
        data_sets_attributes
        data_sets_static
        transfer_sets_next
        transfer_sets_pool_empty
        transfer_sets_start_stop
        transfer_sets_component
        transfer_sets_interval
        transfer_sets_interval_phase
        transfer_sets_future_start
        transfer_sets_integrity
        transfer_sets_object_change
        transfer_sets_buffer
        transfer_sets_all_changes
        transfer_sets_operator_request
        transfer_sets_external_event
        transfer_sets_tle
        transfer_sets_rbe_off
        transfer_sets_rbe_on
        transfer_sets_critical_ack
        transfer_sets_critical_nack
        transfer_sets_critical_timeout
        transfer_sets_two_on_one
        transfer_sets_association_loss
        transfer_sets_restart
        transfer_sets_pdu_overflow
        block_3_blocked_transfer
        block_4_enable
        block_4_disable
        block_4_sizes
        block_4_scopes
        block_4_binary
        block_5_select
        block_5_select_wrong_id
        block_5_select_denied
        block_5_select_busy
        block_5_select_expired
        block_5_operate
        block_5_operate_unarmed
        block_5_operate_range
        block_5_operate_type
        block_5_direct_operate
        block_5_tag_set
        block_5_tag_get
        block_5_tag_inhibit
        block_5_loss_while_armed
        block_6_programs
        block_7_events
        block_8_accounts
        block_9_time_series
        bilateral_hidden_or_denied
        bilateral_names_filtered
        bilateral_max_associations
        robustness_malformed
        robustness_unknown_service
        robustness_unsolicited_response
        robustness_huge_lists
        robustness_slow_reader
    }
    absent "there is no TLS here" {
        security_tls_versions
        security_tls_mutual
        security_tls_expired
        security_tls_wrong_peer
        security_tls_renegotiation
    }
}

#[test]
fn every_row_is_a_test() {
    let rows: Vec<&str> = ROWS.iter().map(|row| row.id).collect();
    assert_eq!(rows.len(), TESTED.len());
    for row in rows {
        assert!(TESTED.contains(&row), "{row} has no test");
    }
}

#[test]
fn the_document_is_what_the_code_does() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/tase2-pics.md");
    let written = statement().to_markdown();
    if std::env::var_os("TASE2_WRITE_PICS").is_some() {
        std::fs::write(path, &written).unwrap();
    }
    let there = std::fs::read_to_string(path).unwrap_or_default();
    assert!(
        there == written,
        "docs/tase2-pics.md is another; TASE2_WRITE_PICS=1 writes it, and the difference is to be read"
    );
}
