use super::*;
use mms::client::{ClientError, JournalQuery};
use mms::pdu::{JournalPosition, JournalStart, JournalStop, ObjectScope};
use mms::server::vmd::MemoryJournal;
use mms::{BinaryTime, ServiceError};

const LOG: ObjectName<'_> = ObjectName::domain("A", "log");

fn at(ms: u32) -> BinaryTime {
    BinaryTime { ms, days: Some(10) }
}

/// Entries 1 to `count` at the times 10, 20 ...
fn filled(vmd: &Vmd, count: u32, clearable: bool) -> Arc<MemoryJournal> {
    let journal = Arc::new(MemoryJournal::new(1000, clearable));
    for i in 1..=count {
        let number = journal.push(at(i * 10), vec![("number".into(), MmsValue::from(i))]);
        assert_eq!(number, u64::from(i));
    }
    vmd.add_journal(LOG, journal.clone()).unwrap();
    journal
}

async fn numbers(client: &Client, query: JournalQuery<'_>) -> Vec<u32> {
    let records = client.read_journal(LOG, query).await.unwrap();
    records
        .iter()
        .map(|record| {
            let [(tag, value)] = &record.variables[..] else {
                panic!("{record:?}");
            };
            assert_eq!(tag, "number");
            let number = value.to_uint32().unwrap();
            assert_eq!(record.time, at(number * 10));
            assert_eq!(record.identifier, u64::from(number).to_be_bytes());
            number
        })
        .collect()
}

#[tokio::test(start_paused = true)]
async fn ranges() {
    let vmd = device();
    filled(&vmd, 100, false);
    let third = 3u64.to_be_bytes();
    for size in [200, 65_000] {
        let (client, _) = connect_with(&vmd, small_pdus(size)).await;
        let query = JournalQuery::default();
        let names = client
            .journal_names(ObjectScope::Domain("A"))
            .await
            .unwrap();
        assert_eq!(names, ["log"]);
        assert_eq!(numbers(&client, query).await, Vec::from_iter(1..=100));
        let start = Some(JournalStart::Time(at(15)));
        let stop = Some(JournalStop::Time(at(600)));
        let times = JournalQuery {
            start,
            stop,
            ..query
        };
        assert_eq!(numbers(&client, times).await, Vec::from_iter(2..=60));
        let start = Some(JournalStart::Entry(&third));
        let stop = Some(JournalStop::Count(50));
        let counted = JournalQuery {
            start,
            stop,
            ..query
        };
        assert_eq!(numbers(&client, counted).await, Vec::from_iter(3..=52));
        let stop = Some(JournalStop::Count(-2));
        let back = JournalQuery {
            start,
            stop,
            ..query
        };
        assert_eq!(numbers(&client, back).await, [3, 2]);
        let stop = Some(JournalStop::Count(-50));
        let newest = JournalQuery { stop, ..query };
        assert_eq!(
            numbers(&client, newest).await,
            Vec::from_iter((51..=100).rev())
        );
        let start_after = Some(JournalPosition {
            time: at(30),
            entry: &third,
        });
        let after = JournalQuery {
            start_after,
            ..query
        };
        assert_eq!(numbers(&client, after).await, Vec::from_iter(4..=100));
        let unknown = JournalQuery {
            start: Some(JournalStart::Entry(b"?")),
            ..query
        };
        let error = client.read_journal(LOG, unknown).await.unwrap_err();
        assert_eq!(
            error.service_error(),
            Some(ServiceError::OBJECT_NON_EXISTENT)
        );
    }
    let mut options = small_pdus(200);
    options.limits.journal_entries = 10;
    let (client, _) = connect_with(&vmd, options).await;
    assert!(matches!(
        client.read_journal(LOG, JournalQuery::default()).await,
        Err(ClientError::Limit { limit: 10, .. })
    ));
}

#[tokio::test(start_paused = true)]
async fn clearing() {
    let vmd = device();
    filled(&vmd, 10, true);
    let (client, _) = connect(&vmd).await;
    let status = client.report_journal_status(LOG).await.unwrap();
    assert_eq!((status.current_entries, status.deletable), (10, false));
    let fourth = 4u64.to_be_bytes();
    let deleted = client.initialize_journal(LOG, Some(at(30)), None).await;
    // With a time alone, the entries of that time go too.
    assert_eq!(deleted.unwrap(), 3);
    let deleted = client
        .initialize_journal(LOG, Some(at(40)), Some(&fourth))
        .await;
    assert_eq!(deleted.unwrap(), 1);
    let left = numbers(&client, JournalQuery::default()).await;
    assert_eq!(left, Vec::from_iter(5..=10));
    assert_eq!(client.initialize_journal(LOG, None, None).await.unwrap(), 6);
    let status = client.report_journal_status(LOG).await.unwrap();
    assert_eq!(status.current_entries, 0);
}

#[tokio::test(start_paused = true)]
async fn refusals() {
    let vmd = device();
    filled(&vmd, 1, false);
    let (client, _) = connect(&vmd).await;
    let error = client
        .initialize_journal(LOG, None, None)
        .await
        .unwrap_err();
    assert_eq!(
        error.service_error(),
        Some(ServiceError::OBJECT_ACCESS_DENIED)
    );
    let no = ObjectName::domain("A", "no");
    for error in [
        client.initialize_journal(no, None, None).await.unwrap_err(),
        client.report_journal_status(no).await.unwrap_err(),
        client
            .read_journal(no, JournalQuery::default())
            .await
            .unwrap_err(),
    ] {
        assert_eq!(
            error.service_error(),
            Some(ServiceError::OBJECT_NON_EXISTENT)
        );
    }
}

#[test]
fn a_full_journal_forgets_the_oldest() {
    use mms::server::vmd::Journal;
    let journal = MemoryJournal::new(3, false);
    for _ in 0..10 {
        journal.push(at(1), vec![]);
    }
    assert_eq!(journal.status().current_entries, 3);
}
