//! The fuzz targets: one function each that takes any octets, and panics where the code under
//! test breaks a promise. The same functions run under libFuzzer and in the tests of the workspace.
#![forbid(unsafe_code)]

mod answers;
mod association;
mod comtrade;
mod events;
mod mms_layer;
mod model;
mod osi_layers;
mod process_bus;
mod reports;
mod routable;
pub mod seeds;
mod server;
mod tase2;
mod tase2_reports;
mod vmd;
mod wire;

/// Takes any octets.
pub type Target = fn(&[u8]);

macro_rules! targets {
    ($($(#[$doc:meta])* $name:ident = $function:path;)+) => {
        $($(#[$doc])* pub fn $name(data: &[u8]) {
            $function(data);
        })+

        /// All targets with their names.
        pub const TARGETS: &[(&str, Target)] = &[$((stringify!($name), $name)),+];
    };
}

targets! {
    /// TPKT splitting and COTP decoding; what was decoded is written and decoded again.
    tpkt_cotp = osi_layers::tpkt_cotp;
    /// Session SPDUs; what was decoded is written and decoded again.
    session = osi_layers::session;
    /// Presentation PPDUs of all kinds; what was decoded is written and decoded again.
    presentation = osi_layers::presentation;
    /// ACSE APDUs; what was decoded is written and decoded again.
    acse = osi_layers::acse;
    /// MMS PDUs: written again as they are and element by element, they mean the same.
    mms_pdu = mms_layer::pdu;
    /// MMS values: written again they mean the same.
    mms_value = mms_layer::value;
    /// The called side of an association on any stream: the first octet says whether a valid
    /// handshake comes first and what the application does with requests, the second how the
    /// stream is cut.
    association_called = association::called;
    /// The calling side of an association, likewise.
    association_calling = association::calling;
    /// A served model: the input is a series of MMS PDUs, each behind its length in two octets.
    server_requests = server::requests;
    /// A device in memory with variables, lists, a journal and files: the input is as for
    /// `server_requests`. Nothing outside the folder of the files is seen.
    vmd_requests = vmd::requests;
    /// Information reports as a client reads them: what is accepted holds together.
    client_reports = reports::decode;
    /// GOOSE frames, each behind its length in two octets: followed, and written again.
    goose = process_bus::goose;
    /// Frames of sampled values, likewise.
    sampled_values = process_bus::sampled_values;
    /// Datagrams of routable GOOSE and sampled values, behind their lengths: read, checked with keys, and
    /// written again.
    routable = routable::datagrams;
    /// COMTRADE records: `.cfg` and `.dat` behind each other, split by the length in the first two octets,
    /// or a combined file; what is read is played.
    comtrade = comtrade::record;
    /// Files of captured frames.
    capture = process_bus::capture;
    /// SCL documents: read, and every access point made into a model.
    scl = model::scl;
    /// Model files: what can be read is written and read again.
    cfg = model::cfg;
    /// A control centre of TASE.2: the input is as for `server_requests`. Nothing hidden is seen.
    tase2_requests = tase2::requests;
    /// A client of TASE.2, and what its peer sends unasked: a series of MMS PDUs, as above. What is taken holds together.
    tase2_reports = tase2_reports::reports;
    /// Captures of TASE.2 sessions: decoded as far as they go.
    tase2_capture = tase2::capture;
    /// Configurations of control centres.
    tase2_config = tase2::config;
}
