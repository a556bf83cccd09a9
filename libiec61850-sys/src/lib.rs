//! Raw, complete bindings to the C library [libiec61850](https://libiec61850.com) 1.6.
//!
//! Every function that the shared library exports for applications, its constants, and the layout of its structures. Nothing here is safe or
//! convenient: the crate `iec61850` is.
//!
//! # Licence
//!
//! This crate is under MIT OR Apache-2.0 and has no code of libiec61850. libiec61850 itself is under GPLv3 (or a commercial licence of its
//! makers): **a program linked with it is a combined work under GPLv3**, whichever way it was found and whether it is shared or static. What that
//! asks of you is told in `vendor/README.md` of the repository.
//!
//! # Linking
//!
//! Without features the crate is declarations only, and neither the library nor a C compiler is needed to build it. The feature `link` finds the
//! library and links it. It is looked for in this order:
//!
//! 1. `LIBIEC61850_DIR`: an install prefix, or a folder with the shared or the static library. The shared one is taken where both are, unless
//!    `LIBIEC61850_STATIC` is set.
//! 2. `LIBIEC61850_SRC`, or the folder `vendor/libiec61850` of the workspace: a source tree, built with CMake as a static library, with TLS if
//!    mbedTLS is in the tree.
//! 3. `pkg-config libiec61850`, 1.6 or newer.
//! 4. `vendor/prebuilt/<architecture>`, where `cargo xtask libiec61850` unpacks the shared library from a PyPI wheel (Linux, x86_64 and aarch64).
//!
//! A variable that is set and does not lead to a library is an error; when nothing is found the error names the four ways. A library for another
//! machine, one that is too old, and a file that is no libiec61850 are refused with the reason. `LIBRARY` says what was found.
//!
//! The package that makes the program must tell the loader where a shared library is. Packages that depend on this one get the folder in their build
//! script as `DEP_IEC61850_RPATH` (absent where the loader finds the library by itself) and pass it on:
//!
//! ```
//! // build.rs
//! if let Some(folder) = std::env::var_os("DEP_IEC61850_RPATH") {
//!     println!("cargo::rustc-link-arg=-Wl,-rpath,{}", folder.display());
//! }
//! ```
//!
//! There are also `DEP_IEC61850_LIBDIR`, `DEP_IEC61850_INCLUDE` (the folder of our header), `DEP_IEC61850_KIND` (`shared` or `static`),
//! `DEP_IEC61850_TLS` (`1` or `0`) and `DEP_IEC61850_WAY`.
//!
//! A program can be built with one library and started with another: call `version()` first. It refuses a library whose structures are not those
//! declared here.
//!
//! # The bindings
//!
//! `src/bindings.rs` is made from `include/libiec61850_abi.h` by `cargo xtask bindings` and committed. The feature `bindgen` makes it anew in each
//! build, which needs libclang: from the library's own headers where a source tree or an install prefix has them, else from ours.
//!
//! What is bound, by the header of libiec61850 that declares it:
//!
//! | Area | Headers | Functions | Constants | Structures |
//! | --- | --- | --: | --: | --: |
//! | Platform: time, threads, memory, files, Ethernet | `hal_time.h`, `hal_thread.h`, `lib_memory.h`, `hal_filesystem.h`, `hal_ethernet.h` | 42 | 4 | 0 |
//! | Linked list | `linked_list.h` | 14 | 0 | 1 |
//! | MMS values and types | `mms_common.h`, `mms_value.h`, `mms_type_spec.h` | 112 | 80 | 0 |
//! | Common: time stamps, quality, control vocabulary | `iec61850_common.h` | 34 | 127 | 4 |
//! | Data model | `iec61850_model.h` | 37 | 38 | 14 |
//! | Building a model | `iec61850_dynamic_model.h` | 22 | 0 | 0 |
//! | Common data classes | `iec61850_cdc.h` | 42 | 65 | 0 |
//! | Model files | `iec61850_config_file_parser.h` | 2 | 0 | 0 |
//! | TLS | `tls_config.h` | 30 | 29 | 0 |
//! | ACSE and OSI parameters | `iso_connection_parameters.h` | 21 | 4 | 7 |
//! | Log storage | `logging_api.h` | 8 | 0 | 1 |
//! | Server | `iec61850_server.h`, `mms_server.h` | 160 | 54 | 1 |
//! | MMS client | `mms_client_connection.h` | 111 | 4 | 5 |
//! | Client | `iec61850_client.h` | 223 | 69 | 0 |
//! | Routable sessions | `r_session.h` | 14 | 21 | 0 |
//! | GOOSE | `goose_publisher.h`, `goose_receiver.h`, `goose_subscriber.h` | 57 | 9 | 0 |
//! | Sampled values | `sv_publisher.h`, `sv_subscriber.h` | 77 | 0 | 0 |
//! | All | | 1006 | 504 | 33 |
//!
//! Not bound, because the shared library does not export them: the server side of MMS (`MmsServer_*` except `MmsServer_installFileAccessHandler`,
//! `MmsDevice_*`, `MmsDomain_*`), the SQLite log storage, `RSession_setKeyEventHandler` and `IedConnection_getFileDirectoryAsync`. Not bound, because
//! only the library itself uses them: sockets (`Socket_*`, `TcpSocket_*`, `UdpSocket_*`, `Handleset_*`, `TLSSocket_*`), the SNTP client, and `ControlObject_*`.
//!
//! # Threads
//!
//! All functions of `IedServer` that read or write values may be called from any thread under `IedServer_lockDataModel`, which is not recursive and is
//! held already inside callbacks. An `IedConnection` may be used by several threads, but is destroyed by one, last. Values, lists and control block
//! objects have no lock. The parser of model files has one static buffer for the process.
//!
//! A Rust panic must not leave a callback: `extern "C"` functions abort the process when it does.

// The whole of this crate is calls into C. What is unsafe about them is said by the safe crate that makes them.
#![allow(unsafe_code)]

// Names are those of C, and what they mean is told in the header and by the documentation of libiec61850.
#[allow(
    missing_docs,
    non_camel_case_types,
    non_snake_case,
    non_upper_case_globals,
    clippy::pedantic
)]
mod bindings {
    #[cfg(not(feature = "bindgen"))]
    include!("bindings.rs");
    #[cfg(feature = "bindgen")]
    include!(concat!(env!("OUT_DIR"), "/bindings.rs"));
}
#[cfg(feature = "link")]
mod library;
mod version;

pub use bindings::*;
#[cfg(feature = "link")]
pub use library::{LIBRARY, Library};
#[cfg(feature = "link")]
pub use version::version;
pub use version::{Version, VersionError};
