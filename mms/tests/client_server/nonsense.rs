//! Requests that no client would send: each gets an answer, and the association goes on.

use super::*;
use mms::ber::Tag;
use mms::client::ClientError;
use mms::pdu::RequestService;
use mms::server::files::{FileStore, FileStoreOptions};
use mms::server::vmd::MemoryJournal;
use proptest::prelude::*;
use std::time::Duration;

/// Tags of the services the device has, and some that it has not.
fn service() -> impl Strategy<Value = Tag> {
    (0..80u8, any::<bool>()).prop_map(|(number, constructed)| {
        if constructed {
            Tag::context_constructed(number)
        } else {
            Tag::context(number)
        }
    })
}

/// Elements that look like those of requests, inside one another.
fn content() -> impl Strategy<Value = Vec<u8>> {
    let leaf = (
        prop::sample::select(vec![0x80, 0x81, 0x82, 0x83, 0x84, 0x02, 0x19, 0x1a]),
        prop_oneof![
            prop::collection::vec(any::<u8>(), 0..6),
            prop::sample::select(vec![
                b"A".to_vec(),
                b"number".to_vec(),
                b"points".to_vec(),
                b"value".to_vec(),
                b"global".to_vec(),
                b"log".to_vec(),
                b"..".to_vec(),
            ]),
        ],
    )
        .prop_map(|(tag, content)| element(tag, content));
    leaf.prop_recursive(6, 40, 4, |inner| {
        (
            prop::sample::select(vec![0xa0, 0xa1, 0xa2, 0xa3, 0xa4, 0xa5, 0x30]),
            prop::collection::vec(inner, 0..4),
        )
            .prop_map(|(tag, parts)| element(tag, parts.concat()))
    })
}

fn element(tag: u8, content: Vec<u8>) -> Vec<u8> {
    let mut out = vec![tag];
    match content.len() {
        length @ 0..0x80 => out.push(length as u8),
        length => out.extend([0x82, (length >> 8) as u8, length as u8]),
    }
    out.extend(content);
    out
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn is_answered(requests in prop::collection::vec((service(), content()), 1..40)) {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_time()
            .start_paused(true)
            .build()
            .unwrap();
        runtime.block_on(async {
            let folder = tempfile::tempdir().unwrap();
            let mut files = FileStoreOptions::default();
            files.allow_rename = true;
            files.allow_obtain = true;
            files.obtain_timeout = Duration::from_secs(1);
            let mut options = options();
            options.files = Some(FileStore::new(folder.path(), files).unwrap());
            let vmd = Vmd::new(options);
            vmd.add_domain("A").unwrap();
            vmd.add_variable(ObjectName::Vmd("global"), integer(1)).unwrap();
            vmd.add_variable(ObjectName::domain("A", "number"), integer(1)).unwrap();
            let log = Arc::new(MemoryJournal::new(10, true));
            vmd.add_journal(ObjectName::domain("A", "log"), log).unwrap();
            let (client, _) = connect(&vmd).await;
            for (tag, content) in &requests {
                let request = RequestService::Other { tag: *tag, content };
                if let Err(error) = client.request(request, |_| Ok(())).await {
                    let answered = matches!(
                        error,
                        ClientError::Service { .. } | ClientError::Reject { .. }
                    );
                    assert!(answered, "{error}");
                }
            }
            client.identify().await.unwrap();
        });
    }
}
