use super::*;
use mms::client::ClientError;
use mms::server::files::{FileStore, FileStoreOptions};
use mms::{RejectReason, ServiceError};
use std::fs;
use std::path::Path;
use tempfile::TempDir;

/// `readme.txt`, `empty.txt`, `COMTRADE/rec1.cfg`, `COMTRADE/rec1.dat` (10 000 octets).
fn folder() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("readme.txt"), "hello, world").unwrap();
    fs::write(folder.path().join("empty.txt"), "").unwrap();
    fs::create_dir(folder.path().join("COMTRADE")).unwrap();
    fs::write(folder.path().join("COMTRADE/rec1.cfg"), "configuration").unwrap();
    let data: Vec<u8> = (0..10_000).map(|i| (i % 251) as u8).collect();
    fs::write(folder.path().join("COMTRADE/rec1.dat"), data).unwrap();
    folder
}

fn device_of(folder: &Path, change: impl FnOnce(&mut FileStoreOptions)) -> Vmd {
    let mut files = FileStoreOptions::default();
    change(&mut files);
    let mut options = options();
    options.files = Some(FileStore::new(folder, files).unwrap());
    Vmd::new(options)
}

async fn names(client: &Client, folder: Option<&str>) -> Vec<String> {
    let files = client.file_directory(folder).await.unwrap();
    files.into_iter().map(|file| file.name).collect()
}

#[tokio::test(start_paused = true)]
async fn directories() {
    let folder = folder();
    let vmd = device_of(folder.path(), |_| {});
    let all = [
        "COMTRADE/rec1.cfg",
        "COMTRADE/rec1.dat",
        "empty.txt",
        "readme.txt",
    ];
    for size in [110, 65_000] {
        let (client, _) = connect_with(&vmd, small_pdus(size)).await;
        assert_eq!(names(&client, None).await, all);
        assert_eq!(names(&client, Some("/")).await, all);
        for name in ["COMTRADE", "/COMTRADE/", "COMTRADE\\"] {
            assert_eq!(names(&client, Some(name)).await, all[..2]);
        }
        let one = client
            .file_directory(Some("COMTRADE/rec1.dat"))
            .await
            .unwrap();
        assert_eq!((one.len(), one[0].size), (1, 10_000));
        assert!(one[0].last_modified.is_some());
        for name in ["no", "..", "../", "COMTRADE/../.."] {
            let error = client.file_directory(Some(name)).await.unwrap_err();
            assert_eq!(
                error.service_error(),
                Some(ServiceError::FILE_NON_EXISTENT),
                "{name}"
            );
        }
    }
    let mut options = small_pdus(110);
    options.limits.files = 2;
    let (client, _) = connect_with(&vmd, options).await;
    assert!(matches!(
        client.file_directory(None).await,
        Err(ClientError::Limit { limit: 2, .. })
    ));
}

#[tokio::test(start_paused = true)]
async fn reading() {
    let folder = folder();
    let vmd = device_of(folder.path(), |_| {});
    let expected = fs::read(folder.path().join("COMTRADE/rec1.dat")).unwrap();
    for size in [128, 1500, 65_000] {
        let (client, _) = connect_with(&vmd, small_pdus(size)).await;
        let mut copy = vec![];
        let length = client
            .download("COMTRADE/rec1.dat", &mut copy)
            .await
            .unwrap();
        assert_eq!((length, &copy), (10_000, &expected));
        let mut copy = vec![];
        assert_eq!(client.download("empty.txt", &mut copy).await.unwrap(), 0);
    }
    let (client, _) = connect(&vmd).await;
    let open = client.file_open("readme.txt", 7).await.unwrap();
    assert_eq!(open.info.size, 12);
    let block = client.file_read(open.frsm_id).await.unwrap();
    assert_eq!(
        (&block.data[..], block.more_follows),
        (&b"world"[..], false)
    );
    let block = client.file_read(open.frsm_id).await.unwrap();
    assert_eq!((block.data.len(), block.more_follows), (0, false));
    client.file_close(open.frsm_id).await.unwrap();
    for error in [
        client.file_read(open.frsm_id).await.unwrap_err(),
        client.file_close(open.frsm_id).await.unwrap_err(),
    ] {
        assert_eq!(error.service_error(), Some(ServiceError::FILE_OTHER));
    }
    let error = client.file_open("readme.txt", 13).await.unwrap_err();
    assert_eq!(error.service_error(), Some(ServiceError::FILE_POSITION));
    for name in ["no", "", "COMTRADE", "../x", "a\0b"] {
        let error = client.file_open(name, 0).await.unwrap_err();
        assert_eq!(
            error.service_error(),
            Some(ServiceError::FILE_NON_EXISTENT),
            "{name:?}"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn open_files_are_limited_and_counted_per_association() {
    let folder = folder();
    let vmd = device_of(folder.path(), |_| {});
    let (client, _) = connect(&vmd).await;
    let (other, _) = connect(&vmd).await;
    let mut ids = vec![];
    for _ in 0..5 {
        ids.push(client.file_open("readme.txt", 0).await.unwrap().frsm_id);
    }
    let error = client.file_open("readme.txt", 0).await.unwrap_err();
    assert_eq!(error.service_error(), Some(ServiceError::RESOURCE_OTHER));
    let theirs = other.file_open("readme.txt", 0).await.unwrap().frsm_id;
    assert!(client.file_close(theirs + 100).await.is_err());
    client.file_close(ids[0]).await.unwrap();
    client.file_open("readme.txt", 0).await.unwrap();
    // A download that is given up closes its file.
    let mut writer = Refuses;
    for _ in 0..10 {
        let error = other.download("readme.txt", &mut writer).await.unwrap_err();
        assert!(matches!(error, ClientError::Local(_)), "{error}");
    }
    assert!(other.file_open("readme.txt", 0).await.is_ok());
}

/// A disk that is full.
struct Refuses;

impl tokio::io::AsyncWrite for Refuses {
    fn poll_write(
        self: std::pin::Pin<&mut Self>,
        _: &mut std::task::Context<'_>,
        _: &[u8],
    ) -> std::task::Poll<std::io::Result<usize>> {
        std::task::Poll::Ready(Err(std::io::ErrorKind::StorageFull.into()))
    }

    fn poll_flush(
        self: std::pin::Pin<&mut Self>,
        _: &mut std::task::Context<'_>,
    ) -> std::task::Poll<std::io::Result<()>> {
        std::task::Poll::Ready(Ok(()))
    }

    fn poll_shutdown(
        self: std::pin::Pin<&mut Self>,
        _: &mut std::task::Context<'_>,
    ) -> std::task::Poll<std::io::Result<()>> {
        std::task::Poll::Ready(Ok(()))
    }
}

#[tokio::test(start_paused = true)]
async fn deleting_and_renaming() {
    let folder = folder();
    let vmd = device_of(folder.path(), |options| options.allow_rename = true);
    let (client, _) = connect(&vmd).await;
    client.file_delete("empty.txt").await.unwrap();
    client
        .file_rename("readme.txt", "COMTRADE/moved.txt")
        .await
        .unwrap();
    assert!(folder.path().join("COMTRADE/moved.txt").exists());
    for (error, expected) in [
        (
            client.file_delete("empty.txt").await.unwrap_err(),
            ServiceError::FILE_NON_EXISTENT,
        ),
        (
            client.file_delete("COMTRADE").await.unwrap_err(),
            ServiceError::FILE_ACCESS_DENIED,
        ),
        (
            client.file_rename("no", "x").await.unwrap_err(),
            ServiceError::FILE_NON_EXISTENT,
        ),
        (
            client
                .file_rename("COMTRADE/rec1.cfg", "COMTRADE/rec1.dat")
                .await
                .unwrap_err(),
            ServiceError::FILE_DUPLICATE,
        ),
        (
            client
                .file_rename("COMTRADE/rec1.cfg", "../x")
                .await
                .unwrap_err(),
            ServiceError::FILE_ACCESS_DENIED,
        ),
        (
            client
                .file_rename("COMTRADE/rec1.cfg", "/")
                .await
                .unwrap_err(),
            ServiceError::FILENAME_SYNTAX,
        ),
    ] {
        assert_eq!(error.service_error(), Some(expected), "{error}");
    }
    let vmd = device_of(folder.path(), |options| options.allow_delete = false);
    let (client, _) = connect(&vmd).await;
    for error in [
        client.file_delete("COMTRADE/rec1.cfg").await.unwrap_err(),
        client
            .file_rename("COMTRADE/rec1.cfg", "x")
            .await
            .unwrap_err(),
        client.obtain_file("a", "b").await.unwrap_err(),
    ] {
        assert!(
            matches!(error, ClientError::Reject { reason, .. } if reason == RejectReason::UNRECOGNIZED_SERVICE)
        );
    }
    assert!(folder.path().join("COMTRADE/rec1.cfg").exists());
}

#[cfg(unix)]
#[tokio::test(start_paused = true)]
async fn links_do_not_lead_out() {
    use std::os::unix::fs::symlink;
    let outside = tempfile::tempdir().unwrap();
    fs::write(outside.path().join("secret"), "secret").unwrap();
    let folder = folder();
    symlink(outside.path(), folder.path().join("out")).unwrap();
    symlink(outside.path().join("secret"), folder.path().join("link")).unwrap();
    symlink("readme.txt", folder.path().join("inside")).unwrap();
    symlink(".", folder.path().join("COMTRADE/loop")).unwrap();
    let vmd = device_of(folder.path(), |options| {
        options.allow_rename = true;
        options.allow_obtain = true;
    });
    let (client, _) = connect(&vmd).await;
    let listed = names(&client, None).await;
    assert_eq!(
        listed,
        [
            "COMTRADE/rec1.cfg",
            "COMTRADE/rec1.dat",
            "empty.txt",
            "inside",
            "readme.txt"
        ]
    );
    for name in ["link", "out/secret"] {
        assert!(client.file_open(name, 0).await.is_err(), "{name}");
        assert!(client.file_delete(name).await.is_err(), "{name}");
        assert!(client.file_rename(name, "mine").await.is_err(), "{name}");
    }
    assert!(client.file_rename("readme.txt", "out/mine").await.is_err());
    assert!(client.obtain_file("x", "out/mine").await.is_err());
    let inside = client.file_open("inside", 0).await.unwrap();
    assert_eq!(inside.info.size, 12);
    // A link is deleted, and not what it leads to.
    client.file_delete("inside").await.unwrap();
    assert!(folder.path().join("inside").symlink_metadata().is_err());
    assert!(folder.path().join("readme.txt").exists());
    assert_eq!(fs::read_dir(outside.path()).unwrap().count(), 1);
}

/// A client that serves files too, so that the server can fetch them.
async fn connect_both_ways(server: &Vmd, own: &FileStore) -> Client {
    let (near, far) = duplex(8192);
    let remote = Remote::new();
    let session = server.session(&remote);
    let config = Arc::new(server.config());
    tokio::spawn(mms::server::connection(far, config, session, remote).run());
    Client::over_with(near, small_pdus(1000), |remote| own.session(remote))
        .await
        .unwrap()
}

#[tokio::test(start_paused = true)]
async fn obtaining() {
    let (here, there) = (folder(), tempfile::tempdir().unwrap());
    fs::create_dir(there.path().join("in")).unwrap();
    let server = device_of(there.path(), |options| {
        options.allow_obtain = true;
        options.allow_replace = true;
        options.max_obtained_size = 10_000;
    });
    let own = FileStore::new(here.path(), FileStoreOptions::default()).unwrap();
    let client = connect_both_ways(&server, &own).await;
    client
        .obtain_file("COMTRADE/rec1.dat", "in/copy.dat")
        .await
        .unwrap();
    let copy = fs::read(there.path().join("in/copy.dat")).unwrap();
    assert_eq!(
        copy,
        fs::read(here.path().join("COMTRADE/rec1.dat")).unwrap()
    );
    // What is there is replaced.
    client
        .obtain_file("readme.txt", "in/copy.dat")
        .await
        .unwrap();
    assert_eq!(
        fs::read(there.path().join("in/copy.dat")).unwrap().len(),
        12
    );
    fs::write(here.path().join("long"), vec![0; 10_001]).unwrap();
    for (source, destination, expected) in [
        ("no", "x", ServiceError::FILE_NON_EXISTENT),
        ("long", "x", ServiceError::FILE_NO_SPACE),
        ("readme.txt", "../x", ServiceError::FILE_ACCESS_DENIED),
        ("readme.txt", "no/x", ServiceError::FILE_NON_EXISTENT),
        ("readme.txt", "in", ServiceError::FILE_DUPLICATE),
    ] {
        let error = client.obtain_file(source, destination).await.unwrap_err();
        assert_eq!(error.service_error(), Some(expected), "{source}");
    }
    // A server that does not want files replaced.
    let careful = device_of(there.path(), |options| options.allow_obtain = true);
    let client = connect_both_ways(&careful, &own).await;
    let refused = client.obtain_file("readme.txt", "in/copy.dat").await;
    let error = refused.unwrap_err().service_error();
    assert_eq!(error, Some(ServiceError::FILE_DUPLICATE));
    // Nothing is left of those that failed.
    assert_eq!(fs::read_dir(there.path()).unwrap().count(), 1);
    assert_eq!(fs::read_dir(there.path().join("in")).unwrap().count(), 1);
}

#[test]
fn the_base_has_to_be_a_folder() {
    let folder = folder();
    let options = FileStoreOptions::default;
    assert!(FileStore::new(folder.path().join("readme.txt"), options()).is_err());
    assert!(FileStore::new(folder.path().join("no"), options()).is_err());
}

#[tokio::test(start_paused = true)]
async fn a_directory_is_cut_off_where_the_options_say() {
    let folder = folder();
    let deep = folder.path().join("a/b/c");
    fs::create_dir_all(&deep).unwrap();
    fs::write(deep.join("deep.txt"), "").unwrap();
    let vmd = device_of(folder.path(), |options| options.max_depth = 3);
    let (client, _) = connect(&vmd).await;
    assert_eq!(names(&client, None).await.len(), 4);
    assert_eq!(names(&client, Some("a")).await, ["a/b/c/deep.txt"]);
    let vmd = device_of(folder.path(), |options| options.max_listed = 3);
    let (client, _) = connect(&vmd).await;
    assert_eq!(names(&client, None).await.len(), 3);
}

#[tokio::test(start_paused = true)]
async fn a_base_folder_that_comes_and_goes() {
    let folder = tempfile::tempdir().unwrap();
    let base = folder.path().join("files");
    let own = FileStore::new(folder.path(), FileStoreOptions::default()).unwrap();
    fs::write(folder.path().join("up.txt"), "up").unwrap();
    let mut files = FileStoreOptions::default();
    files.allow_obtain = true;
    let mut options = options();
    options.files = Some(FileStore::at(&base, files).unwrap());
    let client = connect_both_ways(&Vmd::new(options), &own).await;
    let missing = Some(ServiceError::FILE_NON_EXISTENT);
    assert!(names(&client, None).await.is_empty());
    assert!(names(&client, Some("/")).await.is_empty());
    for error in [
        client.file_directory(Some("COMTRADE")).await.unwrap_err(),
        client.file_open("a.txt", 0).await.unwrap_err(),
        client.obtain_file("up.txt", "up.txt").await.unwrap_err(),
    ] {
        assert_eq!(error.service_error(), missing, "{error}");
    }
    assert!(!base.exists());
    fs::create_dir(&base).unwrap();
    client.obtain_file("up.txt", "up.txt").await.unwrap();
    assert_eq!(names(&client, None).await, ["up.txt"]);
}

#[tokio::test(start_paused = true)]
async fn files_that_are_being_fetched_are_not_there() {
    let folder = folder();
    fs::write(folder.path().join(".obtain-1-2"), "half").unwrap();
    let vmd = device_of(folder.path(), |options| {
        options.allow_rename = true;
        options.allow_obtain = true;
    });
    let (client, _) = connect(&vmd).await;
    for name in [".obtain-1-2", "COMTRADE/../.obtain-1-2", ".OBTAIN-1-2"] {
        assert!(client.file_open(name, 0).await.is_err(), "{name}");
        assert!(client.file_delete(name).await.is_err(), "{name}");
        assert!(client.file_rename("readme.txt", name).await.is_err());
        assert!(client.obtain_file("a", name).await.is_err(), "{name}");
    }
    assert_eq!(names(&client, None).await.len(), 4);
    assert!(folder.path().join(".obtain-1-2").exists());
}

/// A client that is asked for files and does not answer.
struct Silent;

impl mms::association::Handler for Silent {
    fn request(
        &mut self,
        _: mms::pdu::ConfirmedRequest<'_>,
        reply: mms::association::Reply<'_>,
    ) -> mms::association::Answered {
        reply.ignore()
    }
}

impl mms::net::Session for Silent {}

#[tokio::test(start_paused = true)]
async fn a_client_that_keeps_the_server_waiting() {
    let (here, there) = (folder(), tempfile::tempdir().unwrap());
    let server = device_of(there.path(), |options| {
        options.allow_obtain = true;
        options.max_obtaining = 3;
    });
    let (near, far) = duplex(8192);
    let remote = Remote::new();
    let (session, config) = (server.session(&remote), Arc::new(server.config()));
    tokio::spawn(mms::server::connection(far, config, session, remote).run());
    let silent = Client::over_with(near, small_pdus(1000), |_| Silent)
        .await
        .unwrap()
        .with_request_timeout(std::time::Duration::from_secs(60));
    let ask = |name: &'static str| {
        let silent = silent.clone();
        tokio::spawn(async move { silent.obtain_file("a", name).await })
    };
    let waiting = [ask("1"), ask("2")];
    tokio::time::sleep(std::time::Duration::from_secs(1)).await;
    let refused = silent.obtain_file("a", "3").await.unwrap_err();
    assert_eq!(refused.service_error(), Some(ServiceError::RESOURCE_OTHER));
    // Others bring files in meanwhile.
    let own = FileStore::new(here.path(), FileStoreOptions::default()).unwrap();
    let client = connect_both_ways(&server, &own).await;
    client.obtain_file("readme.txt", "new.txt").await.unwrap();
    for result in waiting {
        let error = result.await.unwrap().unwrap_err();
        let expected = ServiceError::SERVICE_PREEMPT_TIMEOUT;
        assert_eq!(error.service_error(), Some(expected));
    }
    // A client that goes in the middle leaves nothing behind.
    let abandoned = [ask("1"), ask("2")];
    tokio::time::sleep(std::time::Duration::from_secs(1)).await;
    silent.abort();
    for result in abandoned {
        result.await.unwrap().unwrap_err();
    }
    tokio::time::sleep(std::time::Duration::from_secs(1)).await;
    for name in ["x", "y", "z"] {
        client.obtain_file("readme.txt", name).await.unwrap();
    }
    assert_eq!(fs::read_dir(there.path()).unwrap().count(), 4);
}
