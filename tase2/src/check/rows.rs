//! The rows of the checklist, and what tries them.

use super::context::{Ctx, Outcome};
use super::{
    association, bilateral, data_sets, devices, other_blocks, robustness, transfer_sets, values,
};
use std::future::Future;
use std::pin::Pin;

/// Tries a row.
pub(super) type Probe = for<'c> fn(&'c Ctx) -> Pin<Box<dyn Future<Output = Outcome> + Send + 'c>>;

/// What says whether our client does what a row is about.
#[derive(Clone, Copy, Debug)]
pub(super) enum ClientSide {
    /// The probe of the server does it through our client.
    Same,
    /// A probe of its own.
    Own(Probe),
    /// It is no matter of a client.
    No,
}

/// A row of the checklist.
#[derive(Clone, Copy, Debug)]
pub struct Row {
    /// Its name, which is also that of its test.
    pub id: &'static str,
    /// The heading it is under, one of [`GROUPS`].
    pub group: &'static str,
    /// What it is about.
    pub text: &'static str,
    /// Tries it at a server; `None`: it says nothing of one.
    pub(super) server: Option<Probe>,
    pub(super) client: ClientSide,
}

macro_rules! probe {
    ($($path:ident)::+) => {
        |ctx| Box::pin($($path)::+(ctx))
    };
}

macro_rules! client {
    (same) => { ClientSide::Same };
    (no) => { ClientSide::No };
    ($($path:ident)::+) => { ClientSide::Own(probe!($($path)::+)) };
}

macro_rules! server {
    (no) => { None };
    ($($path:ident)::+) => { Some(probe!($($path)::+)) };
}

macro_rules! rows {
    ($($group:literal { $($id:ident $text:literal = [$($server:ident)::+] [$($client:ident)::+];)+ })+) => {
        /// The headings of the checklist.
        pub const GROUPS: &[&str] = &[$($group),+];

        /// The checklist.
        pub const ROWS: &[Row] = &[$($(Row {
            id: stringify!($id),
            group: $group,
            text: $text,
            server: server!($($server)::+),
            client: client!($($client)::+),
        },)+)+];
    };
}

rows! {
    "Association" {
        association_called "called by the other side" = [association::called] [same];
        association_calling "calls the other side" = [association::calling] [same];
        association_both_roles "client and server on one association" = [association::both_roles] [same];
        association_conclude "conclude by either side" = [association::conclude] [same];
        association_abort "abort" = [association::abort] [same];
        association_ap_title "AP title checked" = [association::ap_title] [no];
        association_selector_mismatch "selector mismatch refused" = [association::selector_mismatch] [no];
        association_pdu_size "PDU sizes 512 to 65000" = [association::pdu_size] [same];
        association_outstanding_one "one request outstanding" = [association::outstanding_one] [same];
        association_cotp_segmentation "COTP segmentation" = [association::cotp_segmentation] [same];
        association_lower_abort "abort by session and presentation" = [association::lower_abort] [association::lower_abort_at_client];
    }
    "Version" {
        version_read "read" = [values::version_read] [same];
        version_1996_peer "1996 peer" = [values::version_1996_peer] [values::version_1996_server];
        version_2000_peer "2000 peer" = [values::version_2000_peer] [values::version_2000_server];
    }
    "Features" {
        features_bits "read; answers of 8, 12 and 16 bits" = [values::features_bits] [values::features_decoded];
    }
    "Table id" {
        table_id_match "match" = [values::table_id_match] [values::table_id_match_told];
        table_id_mismatch "mismatch told" = [no] [values::table_id_mismatch_told];
    }
    "Values" {
        values_read_types "every type read" = [values::read_types] [same];
        values_write_types "every type written" = [values::write_types] [same];
        values_scopes "VCC and ICC scope" = [values::scopes] [same];
        values_multi_read_bad_name "many at once, one name bad" = [values::multi_read_bad_name] [same];
        values_type_discovery "type discovery" = [values::type_discovery] [same];
        values_paging "pages of 1000 names" = [values::paging] [same];
    }
    "Data sets" {
        data_sets_define "define, scopes mixed, special variables" = [data_sets::define] [same];
        data_sets_object_exists "object-exists" = [data_sets::object_exists] [same];
        data_sets_unknown_member "unknown member" = [data_sets::unknown_member] [same];
        data_sets_delete "delete" = [data_sets::delete] [same];
        data_sets_delete_in_use "delete in use" = [data_sets::delete_in_use] [same];
        data_sets_read "read" = [data_sets::read] [same];
        data_sets_write "write" = [data_sets::write] [same];
        data_sets_attributes "attributes" = [data_sets::attributes] [same];
        data_sets_static "predefined lists" = [data_sets::predefined] [same];
    }
    "Transfer sets" {
        transfer_sets_next "next" = [transfer_sets::next] [same];
        transfer_sets_start_stop "start and stop as a whole" = [transfer_sets::start_stop] [same];
        transfer_sets_component "start and stop by component" = [transfer_sets::component] [same];
        transfer_sets_interval "IntervalTimeOut" = [transfer_sets::interval] [same];
        transfer_sets_interval_phase "phase of StartTime" = [transfer_sets::interval_phase] [same];
        transfer_sets_future_start "StartTime to come" = [transfer_sets::future_start] [same];
        transfer_sets_integrity "IntegrityTimeOut" = [transfer_sets::integrity] [same];
        transfer_sets_object_change "ObjectChange" = [transfer_sets::object_change] [same];
        transfer_sets_buffer "BufferTime" = [transfer_sets::buffer] [same];
        transfer_sets_all_changes "AllChangesReported" = [transfer_sets::all_changes] [same];
        transfer_sets_operator_request "OperatorRequest" = [transfer_sets::operator_request] [same];
        transfer_sets_external_event "OtherExternalEvent" = [transfer_sets::external_event] [same];
        transfer_sets_tle "TLE" = [transfer_sets::tle] [same];
        transfer_sets_rbe_off "RBE off" = [transfer_sets::rbe_off] [same];
        transfer_sets_rbe_on "RBE on" = [transfer_sets::rbe_on] [same];
        transfer_sets_critical_ack "critical, acknowledged" = [transfer_sets::critical_ack] [same];
        transfer_sets_critical_nack "critical, refused" = [transfer_sets::critical_nack] [transfer_sets::critical_nack_at_client];
        transfer_sets_critical_timeout "critical, not acknowledged" = [transfer_sets::critical_timeout] [no];
        transfer_sets_two_on_one "two transfer sets on one data set" = [transfer_sets::two_on_one] [same];
        transfer_sets_association_loss "loss of the association" = [transfer_sets::association_loss] [same];
        transfer_sets_restart "started again while enabled" = [transfer_sets::restart] [same];
        transfer_sets_pdu_overflow "reports longer than a PDU" = [transfer_sets::pdu_overflow] [same];
        transfer_sets_pool_empty "next, none left" = [transfer_sets::pool_empty] [same];
    }
    "Block 3" {
        block_3_blocked_transfer "blocked transfer sets" = [other_blocks::blocked] [same];
    }
    "Block 4" {
        block_4_enable "enable" = [other_blocks::information_enable] [same];
        block_4_disable "disable" = [other_blocks::information_disable] [same];
        block_4_sizes "sizes at the limits of buffers" = [other_blocks::information_sizes] [same];
        block_4_scopes "VCC and ICC scope" = [other_blocks::information_scopes] [same];
        block_4_binary "binary content" = [other_blocks::information_binary] [same];
    }
    "Block 5" {
        block_5_select "select" = [devices::select] [same];
        block_5_select_wrong_id "select, wrong check-back id" = [no] [devices::wrong_id];
        block_5_select_denied "select denied" = [devices::select_denied] [same];
        block_5_select_busy "select, selected by another" = [devices::select_busy] [same];
        block_5_select_expired "select expired" = [devices::select_expired] [same];
        block_5_operate "operate" = [devices::operate] [same];
        block_5_operate_unarmed "operate, not armed" = [devices::operate_unarmed] [same];
        block_5_operate_range "operate, value out of range" = [devices::operate_range] [same];
        block_5_operate_type "operate, wrong type" = [devices::operate_type] [no];
        block_5_direct_operate "direct operate" = [devices::direct_operate] [same];
        block_5_tag_set "tag set" = [devices::tag_set] [same];
        block_5_tag_get "tag read" = [devices::tag_get] [same];
        block_5_tag_inhibit "tag inhibits" = [devices::tag_inhibit] [same];
        block_5_loss_while_armed "association lost while armed" = [devices::loss_while_armed] [same];
    }
    "Blocks 6 to 9" {
        block_6_programs "start, stop, resume, reset, kill, attributes" = [other_blocks::programs] [same];
        block_7_events "create, notification, delete" = [other_blocks::events] [same];
        block_8_accounts "query and report" = [other_blocks::accounts] [same];
        block_9_time_series "start, report, stop" = [other_blocks::series] [same];
    }
    "Bilateral tables" {
        bilateral_hidden_or_denied "hidden and denied for each operation" = [bilateral::hidden_or_denied] [no];
        bilateral_names_filtered "name lists filtered" = [bilateral::names_filtered] [no];
        bilateral_max_associations "number of associations" = [bilateral::max_associations] [no];
    }
    "Security" {
        security_tls_versions "TLS 1.2 and 1.3" = [bilateral::tls] [same];
        security_tls_mutual "both certificates checked" = [bilateral::tls] [same];
        security_tls_expired "expired certificate refused" = [bilateral::tls] [same];
        security_tls_wrong_peer "certificate of another refused" = [bilateral::tls] [same];
        security_tls_renegotiation "no renegotiation" = [bilateral::tls] [same];
    }
    "Robustness" {
        robustness_malformed "malformed BER at every layer" = [robustness::malformed] [robustness::malformed_at_client];
        robustness_unknown_service "unknown service rejected" = [robustness::unknown_service] [robustness::unknown_service_at_client];
        robustness_unsolicited_response "answer that nobody asked for" = [robustness::unsolicited_response] [robustness::unsolicited_at_client];
        robustness_huge_lists "huge lists" = [robustness::huge_lists] [same];
        robustness_slow_reader "slow reader" = [robustness::slow_reader] [robustness::slow_server_at_client];
    }
}
