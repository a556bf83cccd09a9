//! A device in memory and a client that sends any MMS PDUs: each is answered as the protocol asks,
//! and what is not served is not seen.

use crate::answers;
use crate::wire;
use mms::association::Association;
use mms::net::Remote;
use mms::pdu::{Pdu, ResponseService};
use mms::server::files::{FileStore, FileStoreOptions};
use mms::server::vmd::{MemoryJournal, Variable, Vmd, VmdOptions};
use mms::{
    BinaryTime, BitString, Component, MmsValue, ObjectName, OwnedObjectName, TypeDescription,
    UtcTime,
};
use std::fs;
use std::path::Path;
use std::sync::{Arc, LazyLock};
use std::time::Instant;

/// In the name and content of everything outside the served folder.
const OUTSIDE: &[u8] = b"outside the folder";
/// The domain of the recordings, so that their requests mean something here.
const DOMAIN: &str = "GOLDLD1";

/// A few files, nested, beside one that is nobody's business. Nothing is written by clients.
static FILES: LazyLock<FileStore> = LazyLock::new(|| {
    // Always the same content: it does not matter who else writes it.
    let outer = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target/fuzz-vmd");
    let inner = outer.join("served");
    fs::create_dir_all(inner.join("deep/to")).expect("a folder for the files");
    let outside = outer.join(String::from_utf8_lossy(OUTSIDE).as_ref());
    for (path, content) in [
        (inner.join("a.txt"), &[b'a'; 3000][..]),
        (inner.join("deep/to/b.txt"), b"b"),
        (outside, OUTSIDE),
        (outer.join("outside"), OUTSIDE),
    ] {
        fs::write(path, content).expect("a file to serve");
    }
    let mut options = FileStoreOptions::default();
    options.allow_delete = false;
    FileStore::new(inner, options).expect("a folder to serve")
});

fn variables() -> Vec<(&'static str, TypeDescription, MmsValue)> {
    let component = |name: &str, ty| Component {
        name: Some(name.into()),
        ty,
    };
    let status = TypeDescription::Structure(vec![
        component("stVal", TypeDescription::Boolean),
        component("q", TypeDescription::BitString(-13)),
        component("t", TypeDescription::UtcTime),
    ]);
    let on = MmsValue::Structure(vec![
        MmsValue::Boolean(true),
        MmsValue::BitString(BitString::new(13)),
        MmsValue::UtcTime(UtcTime::from_ms(1_700_000_000_000)),
    ]);
    let array = |count, element| TypeDescription::Array {
        count,
        element: Box::new(element),
    };
    vec![
        ("GGIO1$ST$Ind1$stVal", TypeDescription::Boolean, true.into()),
        ("GGIO1$ST$Ind1", status.clone(), on.clone()),
        (
            "MHAI1$ST$HistI$histVal",
            array(4, TypeDescription::Integer(32)),
            MmsValue::Array(vec![7.into(); 4]),
        ),
        (
            "MHAI1$MX$HA$phsAHar",
            array(3, status),
            MmsValue::Array(vec![on; 3]),
        ),
        (
            "GGIO1$SP$TxtSet$setVal",
            TypeDescription::VisibleString(-255),
            MmsValue::VisibleString("text".into()),
        ),
        (
            "GGIO1$SP$NumSet$setVal",
            TypeDescription::Integer(32),
            5.into(),
        ),
        ("GGIO1$MX$AnIn1", TypeDescription::FLOAT32, 12.5_f32.into()),
    ]
}

fn device() -> Vmd {
    let mut options = VmdOptions::default();
    options.files = Some(FILES.clone());
    options.capabilities = vec!["one".into(), "two".into()];
    let vmd = Vmd::new(options);
    vmd.add_domain(DOMAIN).expect("a name");
    for (item, ty, value) in variables() {
        for name in [ObjectName::domain(DOMAIN, item), ObjectName::Vmd(item)] {
            let variable = Variable::new(ty.clone(), value.clone()).expect("a value of its type");
            vmd.add_variable(name, variable).expect("a new name");
        }
    }
    let members = variables()
        .iter()
        .map(|v| ObjectName::domain(DOMAIN, v.0).into())
        .collect();
    vmd.add_variable_list(ObjectName::domain(DOMAIN, "LLN0$dsInd"), members, false)
        .expect("a new name");
    let journal = MemoryJournal::new(20, true);
    for minute in 0..10 {
        let time = BinaryTime {
            ms: minute * 60_000,
            days: Some(15_000),
        };
        journal.push(time, vec![("v".into(), minute.into())]);
    }
    let name: OwnedObjectName = ObjectName::domain(DOMAIN, "J").into();
    vmd.add_journal(name, Arc::new(journal))
        .expect("a new name");
    vmd
}

pub(crate) fn requests(data: &[u8]) {
    let (stream, mut owed) = answers::stream(data);
    let vmd = device();
    let remote = Remote::new();
    let mut session = vmd.session(&remote);
    let now = Instant::now();
    let mut association = Association::called(Arc::new(vmd.config()), now);
    let (mut rest, mut given) = (&stream[..], vec![]);
    while !rest.is_empty() {
        let mut out = vec![];
        let used = association.handle_input(now, rest, &mut out, &mut session);
        assert!(used > 0 && association.close_reason().is_none());
        rest = &rest[used..];
        for tsdu in wire::tsdus(&out).0 {
            wire::open_tsdu(&tsdu, &mut |_, mms| {
                given.extend(answers::given(mms));
                check_files(mms);
            });
        }
    }
    owed.sort_unstable();
    given.sort_unstable();
    assert_eq!(given, owed);
    for (item, ty, _) in variables() {
        let value = vmd
            .get(ObjectName::domain(DOMAIN, item))
            .expect("it is there");
        let again = Variable::new(ty, value);
        assert!(again.is_ok(), "{item} has a value of another type");
    }
}

/// Files that are opened or listed are those of the folder. What was written to a variable may
/// come back with any content.
fn check_files(mms: &[u8]) {
    let Ok(Pdu::ConfirmedResponse(response)) = Pdu::decode(mms) else {
        return;
    };
    if matches!(
        response.service,
        ResponseService::FileRead(_) | ResponseService::FileDirectory(_)
    ) {
        let seen = mms.windows(OUTSIDE.len()).any(|window| window == OUTSIDE);
        assert!(!seen, "{response:?}");
    }
}
