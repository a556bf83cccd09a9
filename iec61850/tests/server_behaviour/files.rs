//! File transfer: GetFile, SetFile, DeleteFile, directories, and what keeps clients in bounds.

use crate::support::raw::{RawClient, request};
use crate::support::{
    NewServer, address, bay, clients, connect, engine_tests, patient, service_error, started,
};
use iec61850::{FileAccess, FileService, IedServer, IedServerConfig};
use mms::ServiceError;
use mms::client::ClientError;
use mms::client::blocking::Client;
use mms::server::files::{FileStore, FileStoreOptions};
use parking_lot::Mutex;
use std::fs::{self, File};
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, SystemTime};
use tempfile::TempDir;

engine_tests!(
    the_recorded_exchange,
    nothing_leads_out_of_the_base_folder,
    files_are_brought_in,
    a_handler_refuses_each_service,
    handlers_see_what_a_name_stands_for,
    what_the_configuration_turns_off_is_rejected,
    a_base_folder_that_is_not_there_is_empty,
    the_base_folder_can_be_changed,
    open_files_are_limited_and_closed_with_the_association,
);

/// The files of the recording, of the time they had there.
fn golden() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("COMTRADE")).unwrap();
    let data: Vec<u8> = (0..3072).map(|i| i as u8).collect();
    for (name, content) in [
        ("readme.txt", "golden file\n".as_bytes()),
        ("empty.txt", b""),
        ("COMTRADE/rec1.cfg", b"golden1,station,"),
        ("COMTRADE/rec1.dat", &data),
    ] {
        let path = folder.path().join(name);
        fs::write(&path, content).unwrap();
        let time = SystemTime::UNIX_EPOCH + Duration::from_secs(1_700_000_000);
        let file = File::options().write(true).open(path).unwrap();
        file.set_modified(time).unwrap();
    }
    folder
}

fn serving(new: NewServer, folder: &Path, change: impl FnOnce(&mut IedServerConfig)) -> IedServer {
    let mut config = IedServerConfig::new();
    config.set_file_service_base_path(folder);
    change(&mut config);
    started(new(&bay::model(), Some(config)).unwrap())
}

/// A client that has files of its own for the server to fetch.
fn connect_with_files(server: &IedServer, folder: &Path) -> Client {
    let own = FileStore::new(folder, FileStoreOptions::default()).unwrap();
    Client::connect_on(
        clients().handle().clone(),
        address(server),
        patient(),
        |remote| own.session(remote),
    )
    .unwrap()
}

fn names(client: &Client, folder: Option<&str>) -> Vec<String> {
    let files = client.file_directory(folder).unwrap();
    files.into_iter().map(|file| file.name).collect()
}

fn is_unrecognized<T: std::fmt::Debug>(result: Result<T, ClientError>) -> bool {
    matches!(result, Err(ClientError::Reject { reason, .. })
        if reason == mms::RejectReason::UNRECOGNIZED_SERVICE)
}

fn hex(text: &str) -> Vec<u8> {
    (0..text.len())
        .step_by(2)
        .map(|at| u8::from_str_radix(&text[at..at + 2], 16).unwrap())
        .collect()
}

/// Service elements of the client and PDUs of libiec61850 1.6.1, from the recording `50-files`.
fn the_recorded_exchange(new: NewServer) {
    let folder = golden();
    let server = serving(new, folder.path(), |_| {});
    let mut client = RawClient::open(address(&server), 1500);
    let time = "811332303233313131343232313332302e3030305a";
    let missing = |id: u8| format!("a20a8001{id:02x}a205a0038b0107");
    let other = |id: u8| format!("a20a8001{id:02x}a205a0038b0100");
    let exchanges = [
        // The directory of one file, and of nothing.
        (
            "bf4d15a0131911434f4d54524144452f726563312e636667".to_owned(),
            {
                let file = "a0131911434f4d54524144452f726563312e636667";
                format!("a13b020101bf4d35a0333031302f{file}a118800110{time}")
            },
        ),
        ("bf4d0aa00819066e6f73756368".to_owned(), missing(2)),
        // A file that takes one read, with the handle 0.
        (
            "bf4811a00c190a726561646d652e747874810100".to_owned(),
            format!("a123020103bf481d800100a11880010c{time}"),
        ),
        (
            "9f490100".to_owned(),
            "a117020104bf4911800c676f6c64656e2066696c650a810100".to_owned(),
        ),
        ("9f4a0100".to_owned(), "a1060201059f4a00".to_owned()),
        // From the eighth octet, with the handle 1. libiec61850 sends as many from the start; with
        // other contents the answers are the same.
        (
            "bf4818a0131911434f4d54524144452f726563312e636667810108".to_owned(),
            format!("a123020106bf481d800101a118800110{time}"),
        ),
        (
            "9f490101".to_owned(),
            "a113020107bf490d800873746174696f6e2c810100".to_owned(),
        ),
        ("9f4a0101".to_owned(), "a1060201089f4a00".to_owned()),
        // An empty one, with the handle 2.
        (
            "bf4810a00b1909656d7074792e747874810100".to_owned(),
            format!("a123020109bf481d800102a118800100{time}"),
        ),
        (
            "9f490102".to_owned(),
            "a10b02010abf49058000810100".to_owned(),
        ),
        ("9f4a0102".to_owned(), "a10602010b9f4a00".to_owned()),
        // What is not there, by name and by handle.
        (
            "bf4811a00c190a6e6f737563682e747874810100".to_owned(),
            missing(12),
        ),
        (
            "bf4816a011190f2e2e2f7363656e6172696f2e747874810100".to_owned(),
            missing(13),
        ),
        ("9f49021267".to_owned(), other(14)),
        ("9f4a021267".to_owned(), other(15)),
        // Renaming is not served, deleting is.
        (
            "bf4b1da00c190a726561646d652e747874a10d190b72656e616d65642e747874".to_owned(),
            "a406800110810101".to_owned(),
        ),
        (
            "bf4c0c190a726561646d652e747874".to_owned(),
            "a1060201119f4c00".to_owned(),
        ),
        ("bf4c0c190a726561646d652e747874".to_owned(), missing(18)),
        (
            "bf4c11190f2e2e2f7363656e6172696f2e747874".to_owned(),
            missing(19),
        ),
    ];
    for (id, (ask, answer)) in (1..).zip(exchanges) {
        client.send(&crate::support::raw::message(&request(id, &hex(&ask))));
        let got: String = client
            .next_mms()
            .unwrap()
            .iter()
            .map(|octet| format!("{octet:02x}"))
            .collect();
        assert_eq!(got, answer, "{ask}");
    }
    // Blocks are as large as those of the recording: 1480 octets in a PDU of 1500.
    let client =
        crate::support::try_connect(address(&server), crate::support::with_pdu_size(1500)).unwrap();
    let file = client.file_open("COMTRADE/rec1.dat", 0).unwrap();
    let blocks = [1480, 1480, 112];
    for (number, length) in blocks.into_iter().enumerate() {
        let block = client.file_read(file.frsm_id).unwrap();
        assert_eq!((block.data.len(), block.more_follows), (length, number < 2));
    }
    assert!(folder.path().join("COMTRADE/rec1.dat").exists());
}

fn nothing_leads_out_of_the_base_folder(new: NewServer) {
    let outside = tempfile::tempdir().unwrap();
    fs::write(outside.path().join("secret"), "secret").unwrap();
    let base = outside.path().join("base");
    fs::create_dir_all(base.join("sub")).unwrap();
    fs::write(base.join("sub/in"), "in").unwrap();
    #[cfg(unix)]
    {
        std::os::unix::fs::symlink(outside.path().join("secret"), base.join("link")).unwrap();
        std::os::unix::fs::symlink(outside.path(), base.join("up")).unwrap();
    }
    let mine = golden();
    let server = serving(new, &base, |config| {
        config.set_file_rename_enabled(true);
    });
    let client = connect_with_files(&server, mine.path());
    let absolute = outside.path().join("secret");
    for name in [
        "../secret",
        "..\\secret",
        "sub/../../secret",
        "sub\\..\\..\\secret",
        "./../secret",
        "/../secret",
        "//../secret",
        "sub/../in/../../secret",
        "../secret\0",
        "sub/in\0/../../../secret",
        "link",
        "LINK",
        "up/secret",
        "Up/Secret",
        absolute.to_str().unwrap(),
    ] {
        assert!(client.file_open(name, 0).is_err(), "{name:?}");
        assert!(client.file_directory(Some(name)).is_err(), "{name:?}");
        assert!(client.file_delete(name).is_err(), "{name:?}");
        assert!(client.file_rename(name, "mine").is_err(), "{name:?}");
    }
    for name in [
        "../new",
        "..\\new",
        "up/new",
        "sub/../../new",
        "new\0",
        "/../new",
    ] {
        assert!(client.file_rename("sub/in", name).is_err(), "{name:?}");
        assert!(client.obtain_file("readme.txt", name).is_err(), "{name:?}");
    }
    assert_eq!(names(&client, None), ["sub/in"]);
    assert_eq!(fs::read(absolute).unwrap(), b"secret");
    // The base folder and the secret, and nothing else.
    assert_eq!(fs::read_dir(outside.path()).unwrap().count(), 2);
    let left = fs::read_dir(&base).unwrap().count();
    assert_eq!(left, if cfg!(unix) { 3 } else { 1 });
}

fn files_are_brought_in(new: NewServer) {
    let (mine, theirs) = (golden(), tempfile::tempdir().unwrap());
    let server = serving(new, theirs.path(), |config| {
        config.set_max_file_upload_size(3072);
    });
    let client = connect_with_files(&server, mine.path());
    client.obtain_file("COMTRADE/rec1.dat", "new.dat").unwrap();
    assert_eq!(
        fs::read(theirs.path().join("new.dat")).unwrap(),
        fs::read(mine.path().join("COMTRADE/rec1.dat")).unwrap()
    );
    fs::write(mine.path().join("long"), vec![0; 3073]).unwrap();
    for (source, destination, expected) in [
        ("long", "long", ServiceError::FILE_NO_SPACE),
        ("no", "no", ServiceError::FILE_NON_EXISTENT),
        ("readme.txt", "new.dat", ServiceError::FILE_DUPLICATE),
    ] {
        let refused = client.obtain_file(source, destination);
        assert_eq!(service_error(source, refused), expected);
    }
    assert_eq!(names(&client, None), ["new.dat"]);
    let server = serving(new, theirs.path(), |config| {
        config.set_file_replace_enabled(true);
    });
    let client = connect_with_files(&server, mine.path());
    client.obtain_file("readme.txt", "new.dat").unwrap();
    assert_eq!(fs::read(theirs.path().join("new.dat")).unwrap().len(), 12);
    let refused = client.file_delete("").unwrap_err().service_error();
    assert_eq!(refused, Some(ServiceError::FILE_ACCESS_DENIED));
}

type Asked = Arc<Mutex<Vec<(FileService, String, Option<String>)>>>;

/// Notes what the handler is asked, and answers `access`.
fn asked(server: &IedServer, access: FileAccess) -> Asked {
    let asked = Asked::default();
    let sink = asked.clone();
    server.set_file_access_handler(move |_, service, path, other| {
        let other = other.map(str::to_owned);
        sink.lock().push((service, path.to_owned(), other));
        access
    });
    asked
}

fn a_handler_refuses_each_service(new: NewServer) {
    let (mine, theirs) = (golden(), golden());
    let server = serving(new, theirs.path(), |config| {
        config.set_file_rename_enabled(true);
    });
    let client = connect_with_files(&server, mine.path());
    for (access, expected) in [
        (FileAccess::Deny, ServiceError::FILE_ACCESS_DENIED),
        (FileAccess::Busy, ServiceError::FILE_BUSY),
        (FileAccess::NonExistent, ServiceError::FILE_NON_EXISTENT),
    ] {
        let asked = asked(&server, access);
        let results = [
            client.file_directory(Some("COMTRADE")).map(drop),
            client.file_open("readme.txt", 0).map(drop),
            client.obtain_file("readme.txt", "new.txt"),
            client.file_delete("readme.txt"),
            client.file_rename("readme.txt", "new.txt"),
        ];
        for result in results {
            assert_eq!(service_error("refused", result), expected);
        }
        let text = |text: &str| text.to_owned();
        assert_eq!(
            *asked.lock(),
            [
                (FileService::ReadDirectory, text("COMTRADE"), None),
                (FileService::Open, text("readme.txt"), None),
                (
                    FileService::Obtain,
                    text("new.txt"),
                    Some(text("readme.txt"))
                ),
                (FileService::Delete, text("readme.txt"), None),
                (
                    FileService::Rename,
                    text("readme.txt"),
                    Some(text("new.txt"))
                ),
            ]
        );
    }
    assert_eq!(names(&client, None), Vec::<String>::new());
    server.set_file_access_handler(|_, _, _, _| panic!("a handler that fails"));
    let refused = client.file_open("readme.txt", 0);
    assert_eq!(
        service_error("panic", refused),
        ServiceError::FILE_ACCESS_DENIED
    );
    server.set_file_access_handler(|_, _, _, _| FileAccess::Allow);
    assert_eq!(names(&client, None).len(), 4);
    client.file_open("readme.txt", 0).unwrap();
}

fn handlers_see_what_a_name_stands_for(new: NewServer) {
    let folder = golden();
    #[cfg(unix)]
    std::os::unix::fs::symlink("COMTRADE/rec1.cfg", folder.path().join("alias")).unwrap();
    let server = serving(new, folder.path(), |_| {});
    let client = connect(&server);
    let asked = asked(&server, FileAccess::Deny);
    let mut expected = vec![];
    for name in [
        "COMTRADE/rec1.cfg",
        "/COMTRADE//rec1.cfg",
        "COMTRADE\\rec1.cfg",
        "./COMTRADE/./rec1.cfg",
        #[cfg(unix)]
        "alias",
    ] {
        client.file_open(name, 0).unwrap_err();
        expected.push((FileService::Open, "COMTRADE/rec1.cfg".to_owned(), None));
    }
    client.file_open("//no//such", 0).unwrap_err();
    expected.push((FileService::Open, "no/such".to_owned(), None));
    client.file_directory(None).unwrap_err();
    expected.push((FileService::ReadDirectory, String::new(), None));
    assert_eq!(*asked.lock(), expected);
}

fn what_the_configuration_turns_off_is_rejected(new: NewServer) {
    let folder = golden();
    let server = serving(new, folder.path(), |config| {
        config
            .set_file_delete_enabled(false)
            .set_file_upload_enabled(false);
    });
    let client = connect(&server);
    assert!(is_unrecognized(client.file_delete("readme.txt")));
    assert!(is_unrecognized(client.file_rename("readme.txt", "x")));
    assert!(is_unrecognized(client.obtain_file("a", "b")));
    assert_eq!(names(&client, None).len(), 4);
    use mms::pdu::Service;
    let offers = |client: &Client| {
        let services = &client.negotiated().peer_services;
        [
            Service::FileDirectory,
            Service::FileOpen,
            Service::FileDelete,
            Service::ObtainFile,
            Service::FileRename,
        ]
        .map(|service| services.has(service))
    };
    assert_eq!(offers(&client), [true, true, false, false, false]);
    let server = serving(new, folder.path(), |_| {});
    assert_eq!(offers(&connect(&server)), [true, true, true, true, false]);
    let server = serving(new, folder.path(), |config| {
        config.set_file_service_enabled(false);
    });
    let client = connect(&server);
    assert_eq!(offers(&client), [false; 5]);
    assert!(is_unrecognized(client.file_directory(None)));
    assert!(is_unrecognized(client.file_open("readme.txt", 0)));
    assert!(is_unrecognized(client.file_read(0)));
    server.set_filestore_basepath(folder.path()).unwrap();
    assert!(is_unrecognized(client.file_directory(None)));
}

fn a_base_folder_that_is_not_there_is_empty(new: NewServer) {
    let folder = tempfile::tempdir().unwrap();
    let base = folder.path().join("later");
    let server = serving(new, &base, |_| {});
    let client = connect(&server);
    assert!(names(&client, None).is_empty());
    let refused = client.file_open("a", 0);
    assert_eq!(service_error("a", refused), ServiceError::FILE_NON_EXISTENT);
    assert!(!base.exists());
    fs::create_dir(&base).unwrap();
    fs::write(base.join("a"), "a").unwrap();
    assert_eq!(names(&client, None), ["a"]);
}

fn the_base_folder_can_be_changed(new: NewServer) {
    let (first, second) = (golden(), tempfile::tempdir().unwrap());
    fs::write(second.path().join("other.txt"), "other").unwrap();
    let server = serving(new, first.path(), |_| {});
    let client = connect(&server);
    let open = client.file_open("readme.txt", 0).unwrap();
    server.set_filestore_basepath(second.path()).unwrap();
    assert_eq!(names(&client, None), ["other.txt"]);
    assert_eq!(
        client.file_read(open.frsm_id).unwrap().data,
        b"golden file\n"
    );
    assert!(server.set_filestore_basepath("").is_err());
    assert_eq!(names(&client, None), ["other.txt"]);
}

fn open_files_are_limited_and_closed_with_the_association(new: NewServer) {
    let folder = golden();
    let server = serving(new, folder.path(), |config| {
        config.set_max_open_files(2);
    });
    let client = connect(&server);
    let opened = [0, 1].map(|_| client.file_open("readme.txt", 0).unwrap().frsm_id);
    let refused = client.file_open("readme.txt", 0);
    assert_eq!(
        service_error("third", refused),
        ServiceError::RESOURCE_OTHER
    );
    client.file_close(opened[0]).unwrap();
    client.file_open("readme.txt", 0).unwrap();
    // Handles belong to the association, and so does the limit.
    let another = connect(&server);
    let foreign = another.file_read(opened[1]);
    assert_eq!(service_error("foreign", foreign), ServiceError::FILE_OTHER);
    another.file_open("readme.txt", 0).unwrap();
}
