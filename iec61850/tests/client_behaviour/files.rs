use super::{Bench, engine_tests};
use iec61850::{Engine, IedClientError as Code};

engine_tests!(
    listing_fetching_and_deleting,
    the_limit_holds_whatever_the_server_says,
    uploading_offers_this_file_only,
);

fn listing_fetching_and_deleting(engine: Engine) {
    let bench = Bench::start(engine);
    let content: Vec<u8> = (0..200_000u32).map(|n| n as u8).collect();
    std::fs::create_dir(bench.files.path().join("COMTRADE")).unwrap();
    std::fs::write(bench.files.path().join("COMTRADE/rec1.dat"), &content).unwrap();
    std::fs::write(bench.files.path().join("empty.txt"), b"").unwrap();
    let connection = bench.connect();
    let files = connection.get_files(None).unwrap();
    let file = files
        .iter()
        .find(|file| file.name == "COMTRADE/rec1.dat")
        .unwrap();
    assert_eq!(file.size, 200_000);
    assert!(file.last_modified.is_some());
    assert_eq!(
        connection.download_file("COMTRADE/rec1.dat").unwrap(),
        content
    );
    assert_eq!(connection.download_file("empty.txt").unwrap(), b"");

    let mut rest = Vec::new();
    let mut steps = Vec::new();
    let length = connection
        .download_file_to("COMTRADE/rec1.dat", 150_000, &mut rest, |done, of| {
            steps.push((done, of))
        })
        .unwrap();
    assert_eq!((length, &rest[..]), (50_000, &content[150_000..]));
    assert_eq!(steps.last(), Some(&(200_000, 200_000)));

    connection.delete_file("empty.txt").unwrap();
    let error = connection.download_file("empty.txt").unwrap_err();
    assert_eq!(error.code(), Some(Code::ObjectDoesNotExist));
    assert!(error.to_string().contains("empty.txt"), "{error}");
    let error = connection
        .rename_file("COMTRADE/rec1.dat", "other")
        .unwrap_err();
    assert_eq!(error.code(), Some(Code::ServiceNotSupported));
}

fn the_limit_holds_whatever_the_server_says(engine: Engine) {
    let bench = Bench::start(engine);
    std::fs::write(bench.files.path().join("large"), vec![7; 100_000]).unwrap();
    let mut options = Bench::options(engine);
    options.limits.file_size = 99_999;
    let connection = bench.connect_with(options);
    let error = connection.download_file("large").unwrap_err();
    assert!(error.to_string().contains("99999"), "{error}");
    // The file was closed: it can be opened more often than a client may have files open.
    for _ in 0..10 {
        assert!(connection.download_file("large").is_err());
        connection.identify().unwrap();
    }
}

fn uploading_offers_this_file_only(engine: Engine) {
    let bench = Bench::start(engine);
    let connection = bench.connect();
    let here = tempfile::tempdir().unwrap();
    let content = b"uploaded by the client\n".repeat(5000);
    std::fs::write(here.path().join("up.txt"), &content).unwrap();
    connection.set_filestore_basepath(here.path());
    let mut steps = Vec::new();
    connection
        .upload_file_with("up.txt", "received.txt", |done, of| steps.push((done, of)))
        .unwrap();
    let size = content.len() as u64;
    assert_eq!(steps.last(), Some(&(size, size)));
    assert!(steps.is_sorted(), "{steps:?}");
    let received = std::fs::read(bench.files.path().join("received.txt")).unwrap();
    assert_eq!(received, content);
    let error = connection.upload_file("none.txt", "x").unwrap_err();
    assert!(matches!(error, iec61850::Error::Io { .. }), "{error}");
}
