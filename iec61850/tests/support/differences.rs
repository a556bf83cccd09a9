//! What is not the same on the C library, in one place. Each of these tests must fail there as it is written
//! here; `docs/engines.md` shows them all.

use std::fmt;

/// A test that libiec61850 does not pass.
pub(crate) struct Difference {
    /// The binary of the test.
    pub(crate) binary: &'static str,
    /// `module::name`.
    pub(crate) test: &'static str,
    /// How it is seen.
    pub(crate) shown: Shown,
    /// What the library does.
    pub(crate) there: &'static str,
    /// Which side does as the standard says.
    pub(crate) standard: Standard,
}

/// How a difference is seen.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Shown {
    /// The test fails, and says this.
    Says(&'static str),
    /// The process ends by a signal.
    #[allow(dead_code, reason = "as long as no client can crash the library")]
    Crash,
    /// The test does not end.
    #[allow(dead_code, reason = "as long as nothing stops the library")]
    Hang,
}

/// Which side follows the standard.
#[derive(Clone, Copy)]
pub(crate) enum Standard {
    /// Our engine; the library does not.
    Native,
    /// Both: it leaves this open, or to the implementation.
    Open,
    /// It says nothing about this: a matter of the programming interface.
    Interface,
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let native = match self.standard {
            Standard::Native => "yes, as the standard says",
            Standard::Open => "yes; the standard leaves it open",
            Standard::Interface => "yes; not a matter of the standard",
        };
        write!(f, "{native} | {}", self.there)
    }
}

/// All of them.
pub(crate) const DIFFERENCES: &[Difference] = &[
    Difference {
        binary: "server_behaviour",
        test: "access::a_control_block_reports_only_what_may_be_read",
        shown: Shown::Says("left: TemporarilyUnavailable"),
        there: "refused too, as temporarily-unavailable in place of object-access-denied",
        standard: Standard::Open,
    },
    Difference {
        binary: "server_behaviour",
        test: "access::control_blocks_are_asked_about",
        shown: Shown::Says("left: [\"Read GoCb T1LD0/LLN0.gocb01.DstAddress$Addr\"]"),
        there: "the handler is also asked about parts of DstAddress",
        standard: Standard::Interface,
    },
    Difference {
        binary: "server_behaviour",
        test: "access::data_sets_are_asked_about_for_each_use",
        shown: Shown::Says(
            "left: [(Create, \"@\"), (Read, \"T1LD0/LLN0$Settings\"), (Write, \"T1LD0/LL",
        ),
        there: "the name of a data set of an association is garbage when it is created; the handler sees `@`",
        standard: Standard::Interface,
    },
    Difference {
        binary: "server_behaviour",
        test: "access::deleting_together_keeps_what_must_not_go",
        shown: Shown::Says(
            "called `Result::unwrap()` on an `Err` value: Service { service: Delete",
        ),
        there: "one refusal refuses the whole request",
        standard: Standard::Open,
    },
    Difference {
        binary: "server_behaviour",
        test: "access::directories_are_asked_about_by_category",
        shown: Shown::Says("left: ServiceError { class: 7, code: 2 }"),
        there: "refused as object-non-existent",
        standard: Standard::Open,
    },
    Difference {
        binary: "server_behaviour",
        test: "access::handlers_of_the_elements_of_an_array",
        shown: Shown::Says("left: (Err(Some(ObjectValueInvalid)), Err(Some(ObjectValueInvalid)))"),
        there: "a write to one component of an element of an array is object-value-invalid",
        standard: Standard::Native,
    },
    Difference {
        binary: "server_behaviour",
        test: "access::hidden_objects_are_not_listed",
        shown: Shown::Says(
            "T1LD0/GGIO1$CF$Deep: Structure([Component { name: Some(\"phsB\"), ty: St",
        ),
        there: "not listed, but their types are told",
        standard: Standard::Interface,
    },
    Difference {
        binary: "server_behaviour",
        test: "access::one_handler_for_a_constructed_attribute",
        shown: Shown::Says(
            "T1LD0/GGIO1$MX$Deep$phsA$cVal: T1LD0/GGIO1$MX$Deep$phsA$cVal: object a",
        ),
        there: "attributes of MX are refused before the handler is asked",
        standard: Standard::Open,
    },
    Difference {
        binary: "server_behaviour",
        test: "access::reading_asks_for_each_data_object",
        shown: Shown::Says(
            "left: [\"Other/LLN0.Beh[ST]\", \"Other/LLN0.Beh[ST]\", \"Other/LLN0.Beh[ST]",
        ),
        there: "a logical node that is read as a whole is asked for once for each level",
        standard: Standard::Interface,
    },
    Difference {
        binary: "server_behaviour",
        test: "behaviour::a_mode_that_is_not_set_is_on",
        shown: Shown::Says(
            "called `Result::unwrap()` on an `Err` value: NotSupported { what: \"the",
        ),
        there: "not supported: `behaviour_enabled` is refused, and all of it is the application's",
        standard: Standard::Open,
    },
    Difference {
        binary: "server_behaviour",
        test: "behaviour::behaviour_follows_the_modes",
        shown: Shown::Says(
            "called `Result::unwrap()` on an `Err` value: NotSupported { what: \"the",
        ),
        there: "not supported: `behaviour_enabled` is refused, and all of it is the application's",
        standard: Standard::Open,
    },
    Difference {
        binary: "server_behaviour",
        test: "behaviour::commands_follow_the_behaviour",
        shown: Shown::Says(
            "called `Result::unwrap()` on an `Err` value: NotSupported { what: \"the",
        ),
        there: "not supported: `behaviour_enabled` is refused, and all of it is the application's",
        standard: Standard::Open,
    },
    Difference {
        binary: "server_behaviour",
        test: "behaviour::qualities_follow_the_behaviour",
        shown: Shown::Says(
            "called `Result::unwrap()` on an `Err` value: NotSupported { what: \"the",
        ),
        there: "not supported: `behaviour_enabled` is refused, and all of it is the application's",
        standard: Standard::Open,
    },
    Difference {
        binary: "server_behaviour",
        test: "behaviour::selects_follow_the_behaviour",
        shown: Shown::Says(
            "called `Result::unwrap()` on an `Err` value: NotSupported { what: \"the",
        ),
        there: "not supported: `behaviour_enabled` is refused, and all of it is the application's",
        standard: Standard::Open,
    },
    Difference {
        binary: "server_behaviour",
        test: "behaviour::substitution_and_test_go_together",
        shown: Shown::Says(
            "called `Result::unwrap()` on an `Err` value: NotSupported { what: \"the",
        ),
        there: "not supported: `behaviour_enabled` is refused, and all of it is the application's",
        standard: Standard::Open,
    },
    Difference {
        binary: "server_behaviour",
        test: "behaviour::the_application_does_not_write_beh",
        shown: Shown::Says(
            "called `Result::unwrap()` on an `Err` value: NotSupported { what: \"the",
        ),
        there: "not supported: `behaviour_enabled` is refused, and all of it is the application's",
        standard: Standard::Open,
    },
    Difference {
        binary: "server_behaviour",
        test: "behaviour::the_mode_itself_can_always_be_controlled",
        shown: Shown::Says(
            "called `Result::unwrap()` on an `Err` value: NotSupported { what: \"the",
        ),
        there: "not supported: `behaviour_enabled` is refused, and all of it is the application's",
        standard: Standard::Open,
    },
    Difference {
        binary: "server_behaviour",
        test: "behaviour::the_model_decides_how_it_begins",
        shown: Shown::Says(
            "called `Result::unwrap()` on an `Err` value: NotSupported { what: \"the",
        ),
        there: "not supported: `behaviour_enabled` is refused, and all of it is the application's",
        standard: Standard::Open,
    },
    Difference {
        binary: "server_behaviour",
        test: "behaviour::what_the_application_stores_comes_back",
        shown: Shown::Says(
            "called `Result::unwrap()` on an `Err` value: NotSupported { what: \"the",
        ),
        there: "not supported: `behaviour_enabled` is refused, and all of it is the application's",
        standard: Standard::Open,
    },
    Difference {
        binary: "server_behaviour",
        test: "controls::models::nothing_to_cancel",
        shown: Shown::Says("a message of the server: Timeout"),
        there: "refused without a LastApplError",
        standard: Standard::Native,
    },
    Difference {
        binary: "server_behaviour",
        test: "controls::requests::a_deferred_write_with_others",
        shown: Shown::Says(
            "called `Result::unwrap()` on an `Err` value: Unexpected { service: Wri",
        ),
        there: "of several variables in one write, results are missing when one of them is a command",
        standard: Standard::Native,
    },
    Difference {
        binary: "server_behaviour",
        test: "controls::requests::a_select_among_other_variables",
        shown: Shown::Says(
            "left: [Ok(Integer(2)), Ok(VisibleString(\"\")), Ok(VisibleString(\"\")), E",
        ),
        there: "SBO is selected only by a read of its own; in a list it reads empty",
        standard: Standard::Open,
    },
    Difference {
        binary: "server_behaviour",
        test: "controls::requests::a_select_by_alternate_access",
        shown: Shown::Says("left: VisibleString(\"\")"),
        there: "SBO read by alternate access is empty",
        standard: Standard::Open,
    },
    Difference {
        binary: "server_behaviour",
        test: "controls::requests::several_commands_in_one_write",
        shown: Shown::Says(
            "called `Result::unwrap()` on an `Err` value: Unexpected { service: Wri",
        ),
        there: "results of commands are missing in the answer",
        standard: Standard::Native,
    },
    Difference {
        binary: "server_behaviour",
        test: "controls::requests::structures_that_do_not_fit",
        shown: Shown::Says("left: ObjectAccessDenied"),
        there: "object-access-denied in place of object-value-invalid",
        standard: Standard::Open,
    },
    Difference {
        binary: "server_behaviour",
        test: "controls::shown::a_client_changes_the_model",
        shown: Shown::Says("assertion failed: client.silent()"),
        there: "the control model does not follow what a client writes to ctlModel",
        standard: Standard::Native,
    },
    Difference {
        binary: "server_behaviour",
        test: "controls::shown::the_state_of_a_command",
        shown: Shown::Says("left: ["),
        there: "stSeld, opRcvd and opOk are not set yet when the answer comes",
        standard: Standard::Native,
    },
    Difference {
        binary: "server_behaviour",
        test: "data_sets::a_data_set_larger_than_the_pdu",
        shown: Shown::Says("left: ServiceError { class: 3, code: 0 }"),
        there: "another error: resource, other",
        standard: Standard::Open,
    },
    Difference {
        binary: "server_behaviour",
        test: "data_sets::clients_may_be_kept_from_creating",
        shown: Shown::Says(
            "T1LD0/LLN0$New: defineNamedVariableList rejected: unrecognized service",
        ),
        there: "the service is rejected as unrecognized",
        standard: Standard::Open,
    },
    Difference {
        binary: "server_behaviour",
        test: "data_sets::deleting_whole_scopes",
        shown: Shown::Says(
            "called `Result::unwrap()` on an `Err` value: Reject { service: DeleteN",
        ),
        there: "rejected: deleting by scope is not implemented",
        standard: Standard::Native,
    },
    Difference {
        binary: "server_behaviour",
        test: "data_sets::members_of_arrays",
        shown: Shown::Says(
            "left: [Ok(Integer(40)), Ok(Float32(2.0)), Ok(Structure([Integer(0), Ar",
        ),
        there: "elements of arrays within arrays cannot be named: another member is read",
        standard: Standard::Native,
    },
    Difference {
        binary: "server_behaviour",
        test: "data_sets::setting_group_members_need_an_edit_group",
        shown: Shown::Says("left: [Err(TypeInconsistent), Err(ObjectAccessDenied)]"),
        there: "type-inconsistent in place of temporarily-unavailable",
        standard: Standard::Native,
    },
    Difference {
        binary: "server_behaviour",
        test: "data_sets::writing_a_data_set_member_by_member",
        shown: Shown::Crash,
        there: "a write with fewer values than members crashes the program",
        standard: Standard::Native,
    },
    Difference {
        binary: "server_behaviour",
        test: "files::a_base_folder_that_is_not_there_is_empty",
        shown: Shown::Says(
            "called `Result::unwrap()` on an `Err` value: Service { service: FileDi",
        ),
        there: "file-non-existent",
        standard: Standard::Open,
    },
    Difference {
        binary: "server_behaviour",
        test: "files::a_handler_refuses_each_service",
        shown: Shown::Says(
            "called `Result::unwrap()` on an `Err` value: NotSupported { what: \"the",
        ),
        there: "renaming files cannot be turned on",
        standard: Standard::Open,
    },
    Difference {
        binary: "server_behaviour",
        test: "files::files_are_brought_in",
        shown: Shown::Says(
            "called `Result::unwrap()` on an `Err` value: NotSupported { what: \"the",
        ),
        there: "sizes and numbers of files are not limited",
        standard: Standard::Interface,
    },
    Difference {
        binary: "server_behaviour",
        test: "files::handlers_see_what_a_name_stands_for",
        shown: Shown::Says(
            "left: [(Open, \"COMTRADE/rec1.cfg\", None), (Open, \"COMTRADE//rec1.cfg\",",
        ),
        there: "the handler sees the name as the client wrote it",
        standard: Standard::Interface,
    },
    Difference {
        binary: "server_behaviour",
        test: "files::nothing_leads_out_of_the_base_folder",
        shown: Shown::Says(
            "called `Result::unwrap()` on an `Err` value: NotSupported { what: \"the",
        ),
        there: "renaming files cannot be turned on",
        standard: Standard::Open,
    },
    Difference {
        binary: "server_behaviour",
        test: "files::open_files_are_limited_and_closed_with_the_association",
        shown: Shown::Says(
            "called `Result::unwrap()` on an `Err` value: NotSupported { what: \"the",
        ),
        there: "the number of open files cannot be chosen: it is that of the build, 5",
        standard: Standard::Interface,
    },
    Difference {
        binary: "server_behaviour",
        test: "files::the_recorded_exchange",
        shown: Shown::Says("left: \"a113020107bf490d8008676f6c64656e312c810100\""),
        there: "a file that is opened at a position is read from its beginning",
        standard: Standard::Native,
    },
    Difference {
        binary: "server_behaviour",
        test: "files::what_the_configuration_turns_off_is_rejected",
        shown: Shown::Says("assertion failed: is_unrecognized(client.file_delete(\"readme.txt\"))"),
        there: "refused with file-access-denied instead",
        standard: Standard::Open,
    },
    Difference {
        binary: "server_behaviour",
        test: "handlers::a_handler_is_not_asked_about_what_does_not_fit",
        shown: Shown::Says("T1LD0/GGIO1$SP$Policy$inSP: ()"),
        there: "a value out of range is cut to the width of the attribute and accepted",
        standard: Standard::Native,
    },
    Difference {
        binary: "server_behaviour",
        test: "handlers::a_handler_of_any_functional_constraint",
        shown: Shown::Says(
            "T1LD0/GGIO1$MX$Policy$inMX: T1LD0/GGIO1$MX$Policy$inMX: object access ",
        ),
        there: "attributes of MX are refused before the handler is asked",
        standard: Standard::Open,
    },
    Difference {
        binary: "server_behaviour",
        test: "handlers::a_handler_waits_for_another_thread_that_updates",
        shown: Shown::Says("T1LD0/GGIO1$SP$Policy$inSP: write: no answer within 4s"),
        there: "the data model is locked while a write handler runs: the other thread waits for it",
        standard: Standard::Interface,
    },
    Difference {
        binary: "server_behaviour",
        test: "handlers::a_slow_handler_delays_its_own_client_only",
        shown: Shown::Says("called `Result::unwrap()` on an `Err` value: Refused(ConnectionLost)"),
        there: "one thread serves all clients: they wait for a slow write handler",
        standard: Standard::Interface,
    },
    Difference {
        binary: "server_behaviour",
        test: "handlers::handlers_of_arrays_and_of_their_elements",
        shown: Shown::Says("T1LD0/GGIO1$SP$List$num: ()"),
        there: "writing an array as a whole asks no handler",
        standard: Standard::Interface,
    },
    Difference {
        binary: "server_behaviour",
        test: "handlers::many_slow_handlers_at_once",
        shown: Shown::Hang,
        there: "one thread serves all clients",
        standard: Standard::Interface,
    },
    Difference {
        binary: "server_behaviour",
        test: "handlers::one_refusal_refuses_the_structure",
        shown: Shown::Says("T1LD0/GGIO1$SP$List$pnt: ()"),
        there: "writing a structure asks no handler of its leaves",
        standard: Standard::Interface,
    },
    Difference {
        binary: "server_behaviour",
        test: "life::aborting_a_client_from_its_own_callbacks",
        shown: Shown::Says("left: ConnectionLost"),
        there: "the connection is cut without an abort PDU",
        standard: Standard::Open,
    },
    Difference {
        binary: "server_behaviour",
        test: "life::aborting_a_client_from_outside",
        shown: Shown::Says("left: ConnectionLost"),
        there: "the connection is cut without an abort PDU",
        standard: Standard::Open,
    },
    Difference {
        binary: "server_behaviour",
        test: "life::authenticators_accept_and_refuse",
        shown: Shown::Says("Err(Refused(ConnectionLost))"),
        there: "a caller that is refused gets no refusal: its connection is closed",
        standard: Standard::Native,
    },
    Difference {
        binary: "server_behaviour",
        test: "life::connections_without_association_are_no_events",
        shown: Shown::Says("closed"),
        there: "a TCP connection is an event, with or without an association",
        standard: Standard::Interface,
    },
    Difference {
        binary: "server_behaviour",
        test: "life::stopping_in_the_middle_of_requests",
        shown: Shown::Says("called `Result::unwrap()` on an `Err` value: Refused(ConnectionLost)"),
        there: "at most 5 clients at once, by its build",
        standard: Standard::Interface,
    },
    Difference {
        binary: "server_behaviour",
        test: "lock::many_clients_wait_and_all_are_answered",
        shown: Shown::Says("called `Result::unwrap()` on an `Err` value: Refused(ConnectionLost)"),
        there: "at most 5 clients at once, by its build",
        standard: Standard::Interface,
    },
    Difference {
        binary: "server_behaviour",
        test: "lock::the_runtime_stays_usable_under_the_lock",
        shown: Shown::Says("called `Result::unwrap()` on an `Err` value: Refused(ConnectionLost)"),
        there: "at most 5 clients at once, by its build, and none is accepted while the data model is locked",
        standard: Standard::Interface,
    },
    Difference {
        binary: "server_behaviour",
        test: "logs::a_log_is_read_in_as_many_answers_as_it_takes",
        shown: Shown::Says(
            "called `Result::unwrap()` on an `Err` value: Reject { service: ReadJou",
        ),
        there: "queries backwards and by number are rejected",
        standard: Standard::Native,
    },
    Difference {
        binary: "server_behaviour",
        test: "logs::a_log_without_storage",
        shown: Shown::Says("L1LD1/LLN0$LG$lcb01$LogEna: ()"),
        there: "a log without storage can be enabled",
        standard: Standard::Open,
    },
    Difference {
        binary: "server_behaviour",
        test: "logs::a_storage_that_is_given_later_or_replaced",
        shown: Shown::Says("left: Boolean(true)"),
        there: "LogEna is true while the log has no storage",
        standard: Standard::Open,
    },
    Difference {
        binary: "server_behaviour",
        test: "logs::a_storage_that_refuses",
        shown: Shown::Says("disk: []"),
        there: "a storage that fails looks like an empty log",
        standard: Standard::Open,
    },
    Difference {
        binary: "server_behaviour",
        test: "logs::an_entry_that_fits_no_answer",
        shown: Shown::Says(
            "too long: readJournal: unexpected answer: an empty part of a list that",
        ),
        there: "the answer says that more follows, without an entry: a client may ask forever",
        standard: Standard::Native,
    },
    Difference {
        binary: "server_behaviour",
        test: "logs::changes_of_one_batch",
        shown: Shown::Says("left: 4"),
        there: "each change is an entry, also where one member changes several times in a batch",
        standard: Standard::Open,
    },
    Difference {
        binary: "server_behaviour",
        test: "logs::entries_in_the_octets_of_the_recording",
        shown: Shown::Says("left: \"a406800105810104\""),
        there: "a query by the entry to begin with is rejected",
        standard: Standard::Native,
    },
    Difference {
        binary: "server_behaviour",
        test: "logs::entries_without_reasons_and_of_several_blocks",
        shown: Shown::Says(
            "assertion failed: found.contains(&with) && found.contains(&with[..1].t",
        ),
        there: "ReasonCode is in every answer, whatever the control block says",
        standard: Standard::Native,
    },
    Difference {
        binary: "server_behaviour",
        test: "logs::logs_turned_off",
        shown: Shown::Says(
            "L1LD1/LLN0$LG$lcb01$LogEna: L1LD1/LLN0$LG$lcb01$LogEna: object non-exi",
        ),
        there: "the control blocks are gone, too",
        standard: Standard::Open,
    },
    Difference {
        binary: "server_behaviour",
        test: "logs::only_some_variables",
        shown: Shown::Says("[\"L1LD1/GGIO1$ST$Ind1\"]: [a4, 06, 80, 01, 01, 85, 01, 01]"),
        there: "a query that names variables is rejected",
        standard: Standard::Native,
    },
    Difference {
        binary: "server_behaviour",
        test: "logs::queries_by_time_entry_and_number",
        shown: Shown::Says(
            "called `Result::unwrap()` on an `Err` value: Reject { service: ReadJou",
        ),
        there: "only queries with a full range of times, or behind an entry",
        standard: Standard::Native,
    },
    Difference {
        binary: "server_behaviour",
        test: "logs::the_control_block_and_its_clients",
        shown: Shown::Says("left: InvalidAddress"),
        there: "another error for a log that is not there",
        standard: Standard::Open,
    },
    Difference {
        binary: "server_behaviour",
        test: "names::a_name_that_fits_no_answer_is_an_error",
        shown: Shown::Says("too long: getNameList: malformed answer: invalid PDU"),
        there: "the answer is not a valid PDU",
        standard: Standard::Native,
    },
    Difference {
        binary: "server_behaviour",
        test: "names::identity_and_status",
        shown: Shown::Says("left: ServerIdentity"),
        there: "a new identity is told to associations that begin later; getCapabilityList is rejected",
        standard: Standard::Open,
    },
    Difference {
        binary: "server_behaviour",
        test: "names::scopes_and_classes",
        shown: Shown::Says("assertion failed: client.get_domain_attributes(\"T1LD0\").is_ok()"),
        there: "getDomainAttributes is rejected",
        standard: Standard::Open,
    },
    Difference {
        binary: "server_behaviour",
        test: "publishers::clients_enable_goose_control_blocks",
        shown: Shown::Says(
            "T1LD0/LLN0$GO$gocb01$GoEna: T1LD0/LLN0$GO$gocb01$GoEna: object value i",
        ),
        there: "GoEna of a control block of which nothing can be published (here the data set has arrays, and there is no interface) is refused as object-value-invalid",
        standard: Standard::Open,
    },
    Difference {
        binary: "server_behaviour",
        test: "publishers::the_application_enables_all_of_them",
        shown: Shown::Says("called `Result::unwrap()` on an `Err` value: Timeout"),
        there: "enabling by the application is no event",
        standard: Standard::Interface,
    },
    Difference {
        binary: "server_behaviour",
        test: "publishers::unicast_ones_belong_to_one_client",
        shown: Shown::Says("called `Result::unwrap()` on an `Err` value: Timeout"),
        there: "when the client goes, the control block stays enabled",
        standard: Standard::Native,
    },
    Difference {
        binary: "server_behaviour",
        test: "read::a_list_of_variables_keeps_its_order",
        shown: Shown::Says(
            "left: [Ok(Boolean(true)), Err(ObjectNonExistent), Ok(Integer(-128)), E",
        ),
        there: "alternate access with several parts is object-non-existent",
        standard: Standard::Native,
    },
    Difference {
        binary: "server_behaviour",
        test: "read::an_answer_that_is_too_long_is_an_error_and_no_end",
        shown: Shown::Says("left: ServiceError { class: 3, code: 0 }"),
        there: "another error: resource, other",
        standard: Standard::Open,
    },
    Difference {
        binary: "server_behaviour",
        test: "read::array_elements_ranges_and_components",
        shown: Shown::Says(
            "called `Result::unwrap()` on an `Err` value: Access { name: Some(Domai",
        ),
        there: "ranges of elements are object-non-existent",
        standard: Standard::Native,
    },
    Difference {
        binary: "server_behaviour",
        test: "read::control_blocks_show_their_configuration",
        shown: Shown::Says("BR$brcb01$EntryID"),
        there: "EntryID of an empty buffer is a number of the day",
        standard: Standard::Open,
    },
    Difference {
        binary: "server_behaviour",
        test: "read::every_type_reads_its_initial_value",
        shown: Shown::Says("left: BitString(BitString())"),
        there: "bit strings of any length have none",
        standard: Standard::Native,
    },
    Difference {
        binary: "server_behaviour",
        test: "read::part_reads_and_whole_reads_agree_after_an_update",
        shown: Shown::Says(
            "called `Result::unwrap()` on an `Err` value: TypeMismatch { reference:",
        ),
        there: "elements of arrays within arrays cannot be named",
        standard: Standard::Native,
    },
    Difference {
        binary: "server_behaviour",
        test: "read::setting_group_values_need_an_edit_group",
        shown: Shown::Says(
            "T1LD1/PTOC1: Structure([Structure([Structure([Integer(0)])]), Structur",
        ),
        there: "within the whole logical node, values of SE are an error in their place",
        standard: Standard::Open,
    },
    Difference {
        binary: "server_behaviour",
        test: "read::several_parts_of_one_variable",
        shown: Shown::Says("left: Float32(3.0)"),
        there: "alternate access gives the first part only",
        standard: Standard::Native,
    },
    Difference {
        binary: "server_behaviour",
        test: "read::structures_hold_their_parts_in_order",
        shown: Shown::Says("all names were met"),
        there: "attributes of CO outside of a controllable object do not exist",
        standard: Standard::Open,
    },
    Difference {
        binary: "server_behaviour",
        test: "read::types_of_parts_are_parts_of_types",
        shown: Shown::Says(
            "left: Some(Structure([Component { name: Some(\"v0\"), ty: Boolean }, Com",
        ),
        there: "bit strings of any length have none",
        standard: Standard::Native,
    },
    Difference {
        binary: "server_behaviour",
        test: "reports::the_state_of_a_control_block",
        shown: Shown::Says("assertion failed: state.client.is_some()"),
        there: "which client has a control block is not told",
        standard: Standard::Interface,
    },
    Difference {
        binary: "server_behaviour",
        test: "setting_groups::a_handler_that_panics_refuses",
        shown: Shown::Says("no"),
        there: "a confirmation cannot be refused: the client is told that it is done, but the group keeps its values",
        standard: Standard::Open,
    },
    Difference {
        binary: "server_behaviour",
        test: "setting_groups::handlers_refuse",
        shown: Shown::Says("E1LD1/LLN0$SP$SGCB$CnfEdit: ()"),
        there: "a confirmation cannot be refused: the client is told that it is done, but the group keeps its values",
        standard: Standard::Open,
    },
    Difference {
        binary: "server_behaviour",
        test: "setting_groups::substitution_beside_setting_groups",
        shown: Shown::Says("assertion failed: seen()"),
        there: "no substitution by the server",
        standard: Standard::Open,
    },
    Difference {
        binary: "server_behaviour",
        test: "setting_groups::what_cannot_be_written",
        shown: Shown::Says("left: ObjectAccessUnsupported"),
        there: "object-access-unsupported in place of object-access-denied",
        standard: Standard::Open,
    },
    Difference {
        binary: "server_behaviour",
        test: "setting_groups::without_editing",
        shown: Shown::Says("left: ObjectAccessUnsupported"),
        there: "object-access-unsupported in place of object-access-denied",
        standard: Standard::Open,
    },
    Difference {
        binary: "server_behaviour",
        test: "substitution::a_client_substitutes_and_ends_it",
        shown: Shown::Says("left: Boolean(false)"),
        there: "no substitution by the server: it is the application's",
        standard: Standard::Open,
    },
    Difference {
        binary: "server_behaviour",
        test: "substitution::a_structure_begins_and_ends_it_at_once",
        shown: Shown::Says("S1LD0/GGIO1$SV$Ind: S1LD0/GGIO1$SV$Ind: object access denied"),
        there: "no substitution by the server: it is the application's",
        standard: Standard::Open,
    },
    Difference {
        binary: "server_behaviour",
        test: "substitution::common_data_classes_with_a_status_value",
        shown: Shown::Says("left: Boolean(false)"),
        there: "no substitution by the server: it is the application's",
        standard: Standard::Open,
    },
    Difference {
        binary: "server_behaviour",
        test: "substitution::complex_measured_values_and_sub_objects",
        shown: Shown::Says("left: Float32(1.0)"),
        there: "no substitution by the server: it is the application's",
        standard: Standard::Open,
    },
    Difference {
        binary: "server_behaviour",
        test: "substitution::it_outlives_the_association",
        shown: Shown::Says("left: Boolean(false)"),
        there: "no substitution by the server: it is the application's",
        standard: Standard::Open,
    },
    Difference {
        binary: "server_behaviour",
        test: "substitution::measured_values",
        shown: Shown::Says("left: Structure([Float32(0.0)])"),
        there: "no substitution by the server: it is the application's",
        standard: Standard::Open,
    },
    Difference {
        binary: "server_behaviour",
        test: "substitution::positions_with_transient_indication",
        shown: Shown::Says("left: Structure([Integer(0), Boolean(false)])"),
        there: "no substitution by the server: it is the application's",
        standard: Standard::Open,
    },
    Difference {
        binary: "server_behaviour",
        test: "substitution::the_application_substitutes",
        shown: Shown::Says("left: Boolean(false)"),
        there: "no substitution by the server: it is the application's",
        standard: Standard::Open,
    },
    Difference {
        binary: "server_behaviour",
        test: "substitution::the_quality_is_the_substituted_one",
        shown: Shown::Says("left: Quality(VALIDITY_INVALID)"),
        there: "no substitution by the server: it is the application's",
        standard: Standard::Open,
    },
    Difference {
        binary: "server_behaviour",
        test: "substitution::without_quality_and_time",
        shown: Shown::Says("left: Integer(0)"),
        there: "no substitution by the server: it is the application's",
        standard: Standard::Open,
    },
    Difference {
        binary: "server_behaviour",
        test: "tracking::a_direct_command_and_its_end",
        shown: Shown::Says("left: Unknown"),
        there: "the cause of a command that was accepted is tracked as unknown, not none",
        standard: Standard::Native,
    },
    Difference {
        binary: "server_behaviour",
        test: "tracking::data_sets",
        shown: Shown::Says("left: (\"\", 0, 0)"),
        there: "data sets are not tracked",
        standard: Standard::Native,
    },
    Difference {
        binary: "server_behaviour",
        test: "tracking::data_that_are_written",
        shown: Shown::Says("left: (\"\", 0, 0)"),
        there: "writes of data are not tracked",
        standard: Standard::Native,
    },
    Difference {
        binary: "server_behaviour",
        test: "tracking::goose_and_sampled_value_control_blocks",
        shown: Shown::Says("left: (\"\", 0, 0)"),
        there: "sampled value control blocks are not tracked",
        standard: Standard::Native,
    },
    Difference {
        binary: "server_behaviour",
        test: "tracking::handlers_that_deny_are_tracked",
        shown: Shown::Says("left: Boolean(false)"),
        there: "what a handler denies is not tracked",
        standard: Standard::Native,
    },
    Difference {
        binary: "server_behaviour",
        test: "tracking::log_control_blocks",
        shown: Shown::Says("left: VisibleString(\"K1LD0/LLN0.Log\")"),
        there: "the reference of the log is written with a dot",
        standard: Standard::Open,
    },
    Difference {
        binary: "server_behaviour",
        test: "tracking::refused_commands",
        shown: Shown::Says("left: (\"K1LD0/GGIO1.SboEnh\", 46, 9)"),
        there: "another serviceError is tracked for a refused command",
        standard: Standard::Open,
    },
    Difference {
        binary: "server_behaviour",
        test: "tracking::report_control_blocks",
        shown: Shown::Says("left: OctetString([])"),
        there: "originatorID stays empty",
        standard: Standard::Native,
    },
    Difference {
        binary: "server_behaviour",
        test: "tracking::selecting_and_cancelling",
        shown: Shown::Says("left: OctetString([])"),
        there: "originatorID stays empty",
        standard: Standard::Native,
    },
    Difference {
        binary: "server_behaviour",
        test: "tracking::setting_group_control_blocks",
        shown: Shown::Says("left: Unsigned(1)"),
        there: "the value that was asked for and refused is not tracked",
        standard: Standard::Native,
    },
    Difference {
        binary: "server_behaviour",
        test: "tracking::the_logical_device_of_the_object_comes_first",
        shown: Shown::Says("left: VisibleString(\"\")"),
        there: "writes of data are not tracked",
        standard: Standard::Native,
    },
    Difference {
        binary: "server_behaviour",
        test: "tracking::what_is_tracked_is_reported",
        shown: Shown::Says("called `Result::unwrap()` on an `Err` value: Timeout"),
        there: "what is tracked triggers no reports",
        standard: Standard::Native,
    },
    Difference {
        binary: "server_behaviour",
        test: "tracking::which_class_has_which_object",
        shown: Shown::Says("left: (\"\", 0)"),
        there: "objects for single classes of controls are not kept",
        standard: Standard::Native,
    },
    Difference {
        binary: "server_behaviour",
        test: "values::every_update_is_read_back_by_application_and_client",
        shown: Shown::Says("left: 0"),
        there: "bit strings of any length have none",
        standard: Standard::Native,
    },
    Difference {
        binary: "server_behaviour",
        test: "values::getters_check_their_type",
        shown: Shown::Says("left: Some(0)"),
        there: "bit strings of any length have none",
        standard: Standard::Native,
    },
    Difference {
        binary: "server_behaviour",
        test: "write::another_type_is_inconsistent",
        shown: Shown::Says("left: ObjectAttributeInconsistent"),
        there: "object-attribute-inconsistent in place of type-inconsistent for a number where a boolean belongs",
        standard: Standard::Native,
    },
    Difference {
        binary: "server_behaviour",
        test: "write::elements_and_ranges_of_arrays",
        shown: Shown::Says(
            "called `Result::unwrap()` on an `Err` value: Access { name: Some(Domai",
        ),
        there: "ranges of elements are object-access-unsupported",
        standard: Standard::Native,
    },
    Difference {
        binary: "server_behaviour",
        test: "write::every_type_takes_its_values",
        shown: Shown::Says(
            "T1LD0/GGIO1$SP$Values$v26: T1LD0/GGIO1$SP$Values$v26: type inconsisten",
        ),
        there: "bit strings of any length have none",
        standard: Standard::Native,
    },
    Difference {
        binary: "server_behaviour",
        test: "write::functional_constraints_have_their_default_policies",
        shown: Shown::Says("left: ObjectNonExistent"),
        there: "attributes of CO outside of a controllable object do not exist",
        standard: Standard::Open,
    },
    Difference {
        binary: "server_behaviour",
        test: "write::policies_can_be_changed_while_clients_are_connected",
        shown: Shown::Says(
            "T1LD0/GGIO1$BL$Policy$inBL: T1LD0/GGIO1$BL$Policy$inBL: object access ",
        ),
        there: "there is no policy for BL",
        standard: Standard::Open,
    },
    Difference {
        binary: "server_behaviour",
        test: "write::setting_group_values_need_an_edit_group",
        shown: Shown::Says("left: ObjectNonExistent"),
        there: "SE is object-non-existent where the logical device has no setting groups",
        standard: Standard::Open,
    },
    Difference {
        binary: "server_behaviour",
        test: "write::structures_are_written_as_a_whole_or_not_at_all",
        shown: Shown::Says(
            "left: Structure([Boolean(true), Integer(-128), Integer(-32768), Intege",
        ),
        there: "the parts that fit are written, those that do not are not",
        standard: Standard::Native,
    },
    Difference {
        binary: "server_behaviour",
        test: "write::values_out_of_range_are_invalid",
        shown: Shown::Says("T1LD0/GGIO1$SP$Values$v1: ()"),
        there: "a value out of range is cut to the width of the attribute and accepted",
        standard: Standard::Native,
    },
    Difference {
        binary: "server_behaviour",
        test: "write::what_never_is_written",
        shown: Shown::Says("left: ObjectAccessUnsupported"),
        there: "object-access-unsupported where there is nothing to write",
        standard: Standard::Open,
    },
];
