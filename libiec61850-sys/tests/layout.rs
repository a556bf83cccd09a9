//! The layout of every structure and the value of every constant, as the C compiler sees our header and as the Rust bindings have them.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::fs;
use std::mem::{align_of, offset_of, size_of};
use std::path::Path;
use std::process::Command;

use libiec61850_sys::*;

/// A structure with the offsets of its fields.
struct Layout {
    name: &'static str,
    size: usize,
    alignment: usize,
    fields: Vec<(String, usize)>,
}

macro_rules! layouts {
    ($($name:ident { $($($field:ident).+),+ $(,)? })+) => {
        vec![$(Layout {
            name: stringify!($name),
            size: size_of::<$name>(),
            alignment: align_of::<$name>(),
            fields: vec![$((stringify!($($field).+).replace(' ', ""), offset_of!($name, $($field).+))),+],
        }),+]
    };
}

fn layouts() -> Vec<Layout> {
    layouts! {
        sLinkedList { data, next }
        sIedModel { name, firstChild, dataSets, rcbs, gseCBs, svCBs, sgcbs, lcbs, logs, initializer }
        sModelNode { modelType, name, parent, sibling, firstChild }
        sLogicalDevice { modelType, name, parent, sibling, firstChild, ldName }
        sLogicalNode { modelType, name, parent, sibling, firstChild }
        sDataObject { modelType, name, parent, sibling, firstChild, elementCount, arrayIndex }
        sDataAttribute { modelType, name, parent, sibling, firstChild, elementCount, arrayIndex, fc, type_, triggerOptions, mmsValue, sAddr }
        sDataSet { logicalDeviceName, name, elementCount, fcdas, sibling }
        sDataSetEntry { logicalDeviceName, isLDNameDynamicallyAllocated, variableName, index, componentName, value, sibling }
        sReportControlBlock { parent, name, rptId, buffered, dataSetName, confRef, trgOps, options, bufferTime, intPeriod, clientReservation, sibling }
        sLogControlBlock { parent, name, dataSetName, logRef, trgOps, intPeriod, logEna, reasonCode, sibling }
        sLog { parent, name, sibling }
        sSettingGroupControlBlock { parent, actSG, numOfSGs, editSG, cnfEdit, timestamp, resvTms, sibling }
        sGSEControlBlock { parent, name, appId, dataSetName, confRev, fixedOffs, address, minTime, maxTime, sibling }
        sSVControlBlock { parent, name, svId, dataSetName, optFlds, smpMod, smpRate, confRev, dstAddress, isUnicast, noASDU, sibling }
        sAcseAuthenticationParameter { mechanism, value, value.password, value.password.octetString, value.password.passwordLength, value.certificate, value.certificate.buf, value.certificate.length }
        sIsoConnectionParameters { acseAuthParameter, tlsConfiguration, hostname, tcpPort, localIpAddress, localTcpPort, remoteApTitle, remoteApTitleLen, remoteAEQualifier, remotePSelector, remoteSSelector, remoteTSelector, localApTitle, localApTitleLen, localAEQualifier, localPSelector, localSSelector, localTSelector }
        sLogStorage { instanceData, maxLogEntries, addEntry, addEntryData, getEntries, getEntriesAfter, getOldestAndNewestEntries, destroy }
        sIedServerConfig { reportBufferSize, reportBufferSizeURCBs, fileServiceBasepath, enableFileService, enableDynamicDataSetService, maxAssociationSpecificDataSets, maxDomainSpecificDataSets, maxDataSetEntries, enableLogService, useIntegratedGoosePublisher, edition, maxMmsConnections, enableEditSG, enableResvTmsForSGCB, enableResvTmsForBRCB, enableOwnerForRCB, syncIntegrityReportTimes, reportSettingsWritable }
        sMmsJournalEntry { entryID, occurenceTime, journalVariables }
        sMmsJournalVariable { tag, value }
        Timestamp { val }
        PhyComAddress { vlanPriority, vlanId, appId, dstAddress }
        sCommParameters { vlanPriority, vlanId, appId, dstAddress }
        LastApplError { ctlNum, error, addCause }
        TSelector { size, value }
        SSelector { size, value }
        PSelector { size, value }
        ItuObjectIdentifier { arc, arcCount }
        IsoApplicationReference { apTitle, aeQualifier }
        MmsConnectionParameters { maxServOutstandingCalling, maxServOutstandingCalled, dataStructureNestingLevel, maxPduSize, servicesSupported }
        MmsServerIdentity { vendorName, modelName, revision }
        MmsVariableAccessSpecification { domainId, itemId, arrayIndex, componentName }
    }
}

/// Rust has no field named `type`; bindgen puts an underscore behind it.
fn c_field(name: &str) -> &str {
    name.strip_suffix('_').unwrap_or(name)
}

/// The structure tags of the header begin with a small s, its other structures are typedefs.
fn c_type(name: &str) -> String {
    let mut letters = name.chars();
    if letters.next() == Some('s') && letters.next().is_some_and(char::is_uppercase) {
        format!("struct {name}")
    } else {
        name.to_owned()
    }
}

/// What a C program prints that has been compiled with our header.
fn run_c(body: &str) -> String {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let source = folder.path().join("print.c");
    let program = folder.path().join("print");
    let text = format!(
        "#include <stdio.h>\n#include \"libiec61850_abi.h\"\nint main(void) {{\n{body}return 0;\n}}\n"
    );
    fs::write(&source, text).expect("the C program");
    let compiler = std::env::var("CC").unwrap_or_else(|_| "cc".to_owned());
    let output = Command::new(&compiler)
        .args(["-std=c11", "-Wall", "-Wextra", "-Werror", "-I"])
        .arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("include"))
        .arg(&source)
        .arg("-o")
        .arg(&program)
        .output()
        .unwrap_or_else(|error| {
            panic!("this test needs a C compiler, and {compiler} does not start ({error}); on Debian: apt-get install gcc libc6-dev")
        });
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let output = Command::new(&program).output().expect("the C program runs");
    String::from_utf8(output.stdout).expect("text")
}

#[test]
fn structures_have_the_layout_of_the_header() {
    let layouts = layouts();
    let mut body = String::new();
    let mut expected = String::new();
    for Layout {
        name,
        size,
        alignment,
        fields,
    } in &layouts
    {
        let c = c_type(name);
        writeln!(
            body,
            "printf(\"{name} %zu %zu\\n\", sizeof({c}), _Alignof({c}));"
        )
        .expect("a String takes it");
        writeln!(expected, "{name} {size} {alignment}").expect("a String takes it");
        for (field, offset) in fields {
            let c_field = c_field(field);
            writeln!(
                body,
                "printf(\"{name}.{field} %zu\\n\", offsetof({c}, {c_field}));"
            )
            .expect("a String takes it");
            writeln!(expected, "{name}.{field} {offset}").expect("a String takes it");
        }
    }
    let printed = run_c(&body);
    let differences: Vec<_> = printed
        .lines()
        .zip(expected.lines())
        .filter(|(c, rust)| c != rust)
        .collect();
    assert!(differences.is_empty(), "C and Rust: {differences:?}");
    assert_eq!(printed.lines().count(), expected.lines().count());
}

/// What was measured of libiec61850 1.6.1 on 64-bit Linux.
#[cfg(all(target_pointer_width = "64", target_os = "linux"))]
#[test]
fn structures_have_the_sizes_of_the_library() {
    let measured = BTreeMap::from([
        ("sModelNode", 40),
        ("sLogicalDevice", 48),
        ("sLogicalNode", 40),
        ("sDataObject", 48),
        ("sDataAttribute", 80),
        ("sIedModel", 80),
        ("sDataSetEntry", 56),
        ("sDataSet", 40),
        ("sReportControlBlock", 88),
        ("sLogControlBlock", 56),
        ("sLog", 24),
        ("sSettingGroupControlBlock", 40),
        ("sGSEControlBlock", 64),
        ("sSVControlBlock", 64),
        ("PhyComAddress", 12),
        ("sCommParameters", 12),
        ("sLinkedList", 16),
        ("LastApplError", 12),
        ("sIedServerConfig", 48),
        ("MmsConnectionParameters", 28),
        ("MmsVariableAccessSpecification", 32),
        ("Timestamp", 8),
    ]);
    let layouts = layouts();
    for (name, size) in measured {
        let layout = layouts.iter().find(|layout| layout.name == name);
        assert_eq!(layout.map(|layout| layout.size), Some(size), "{name}");
    }
    assert_eq!(offset_of!(sDataAttribute, mmsValue), 64);
    assert_eq!(offset_of!(sReportControlBlock, clientReservation), 56);
    assert_eq!(offset_of!(sReportControlBlock, sibling), 80);
}

#[test]
fn no_structure_and_no_field_is_left_out() {
    let bindings = include_str!("../src/bindings.rs");
    let mut declared = BTreeSet::new();
    let mut structure = None;
    for line in bindings.lines() {
        let opens = line
            .strip_prefix("pub struct ")
            .or_else(|| line.strip_prefix("pub union "));
        if let Some(name) = opens {
            structure = name.split_whitespace().next();
        } else if line == "}" {
            structure = None;
        } else if let (Some(structure), Some(field)) = (structure, line.strip_prefix("    pub ")) {
            let (field, _) = field.split_once(':').expect("a field has a type");
            // The nested structures without a name are listed with the path of their fields.
            if !structure.contains("__bindgen_ty_") {
                declared.insert((structure.to_owned(), field.to_owned()));
            }
        }
    }
    let listed: BTreeSet<_> = layouts()
        .iter()
        .flat_map(|layout| {
            layout
                .fields
                .iter()
                .filter(|(field, _)| !field.contains('.'))
                .map(|(field, _)| (layout.name.to_owned(), field.clone()))
        })
        .collect();
    let differences: Vec<_> = declared.symmetric_difference(&listed).collect();
    assert!(differences.is_empty(), "{differences:?}");
    assert!(
        declared.len() > 150,
        "the structures of the bindings were not found"
    );
}

#[test]
fn constants_have_the_values_of_the_header() {
    let mut body = String::new();
    let mut expected = String::new();
    for line in include_str!("../src/bindings.rs").lines() {
        let Some(constant) = line.strip_prefix("pub const ") else {
            continue;
        };
        let (name, rest) = constant.split_once(": ").expect("a type");
        let (_, value) = rest.split_once(" = ").expect("a value");
        writeln!(body, "printf(\"{name} %lld\\n\", (long long){name});")
            .expect("a String takes it");
        writeln!(expected, "{name} {}", value.trim_end_matches(';')).expect("a String takes it");
    }
    assert_eq!(expected.lines().count(), 504);
    assert_eq!(run_c(&body), expected);
}
