//! SCL documents of all editions: what they become, and how bad ones are refused.

use iec61850::scl::{SclDocument, SclError, SclInstance, SclOptions};
use iec61850::{
    DataAttributeType, FunctionalConstraint as Fc, Iec61850Edition, IedModel, MmsValue,
    ModelNodeExt, ReportOptions, SampledValueOptions, SvSmpMod, TriggerOptions,
};
use proptest::prelude::*;
use std::time::Duration;

const RELAY: &[u8] = include_bytes!("data/scl/relay-ed1.icd");
const SETTINGS: &[u8] = include_bytes!("data/scl/settings-ed2.cid");
const SUBSTATION: &[u8] = include_bytes!("data/scl/substation-ed21.scd");

fn parse(bytes: &[u8]) -> SclDocument {
    SclDocument::parse_bytes_with(bytes, "test.scd", &SclOptions::default()).unwrap()
}

fn only_instance(bytes: &[u8]) -> SclInstance {
    parse(bytes).instantiate(None, None).unwrap()
}

fn value(model: &IedModel, reference: &str) -> String {
    model
        .node_by_reference(reference)
        .unwrap()
        .into_data_attribute()
        .unwrap()
        .initial_value()
        .unwrap()
        .to_string()
}

#[test]
fn editions() {
    for (bytes, edition) in [
        (RELAY, Iec61850Edition::Edition1),
        (SETTINGS, Iec61850Edition::Edition2),
        (SUBSTATION, Iec61850Edition::Edition2_1),
    ] {
        let document = parse(bytes);
        assert_eq!(document.header().edition(), edition);
        assert_eq!(document.warnings(), []);
    }
    assert_eq!(parse(SUBSTATION).header().version, "3");
}

#[test]
fn what_a_document_says_about_its_ieds() {
    let document = parse(RELAY);
    let ieds = document.ieds();
    assert_eq!(ieds.len(), 1);
    assert_eq!(
        (ieds[0].name.as_str(), ieds[0].manufacturer.as_str()),
        ("TEMPLATE", "Example")
    );
    assert_eq!(
        (ieds[0].ied_type.as_str(), ieds[0].config_version.as_str()),
        ("REL1", "1.2")
    );
    assert!(ieds[0].has_server());
    let services = document.services("TEMPLATE", "P1").unwrap();
    assert!(services.has("SGEdit") && !services.has("DynDataSet"));
    assert_eq!(services.attribute("ConfDataSet", "max"), Some("10"));
    let address = document.access_point_address("TEMPLATE", "P1").unwrap();
    assert_eq!(address.ip(), Some("192.0.2.7".parse().unwrap()));
    assert_eq!(address.parameter("OSI-TSEL"), Some("0001"));
    assert_eq!(address.parameters().count(), 2);
    assert!(document.access_point_address("TEMPLATE", "P2").is_none());

    let ieds = parse(SUBSTATION).ieds();
    let q1 = &ieds[0].access_points;
    assert!(q1[0].has_server && !q1[1].has_server);
    assert_eq!(q1[1].server_at.as_deref(), Some("P1"));
    assert!(!ieds[2].has_server());
}

#[test]
fn data_of_edition_1() {
    let model = only_instance(RELAY).model;
    let devices = model.logical_devices();
    assert_eq!(devices.len(), 1, "private and foreign elements are ignored");
    let nodes: Vec<String> = devices[0]
        .logical_nodes()
        .iter()
        .map(|node| node.name().to_string())
        .collect();
    assert_eq!(nodes, ["LLN0", "fastGGIO1", "MHAI1"]);

    let ind = "TEMPLATEPROT/fastGGIO1.Ind1";
    let triggers = |name: &str| {
        let node = model.node_by_reference(&format!("{ind}.{name}")).unwrap();
        node.into_data_attribute().unwrap().trigger_options()
    };
    assert_eq!(triggers("stVal"), TriggerOptions::DATA_CHANGED);
    assert_eq!(triggers("q"), TriggerOptions::QUALITY_CHANGED);
    assert_eq!(triggers("t"), TriggerOptions::DATA_UPDATE);
    assert_eq!(triggers("d"), TriggerOptions::empty());
    assert_eq!(value(&model, &format!("{ind}.d")), "one & two");
    let object = model.node_by_reference(ind).unwrap().into_data_object();
    assert_eq!(object.unwrap().cdc().as_deref(), Some("SPS"));
    assert!(
        model
            .model_node_by_reference("TEMPLATEPROT/fastGGIO1.Foreign")
            .is_none()
    );

    // An instance counts more than the template.
    assert_eq!(value(&model, "TEMPLATEPROT/LLN0.Mod.stVal"), "1");
    assert_eq!(value(&model, "TEMPLATEPROT/LLN0.Mod.ctlModel"), "0");
    assert_eq!(value(&model, "TEMPLATEPROT/fastGGIO1.DPos.stVal"), "01");
    let mode = model
        .node_by_reference("TEMPLATEPROT/LLN0.Mod.stVal")
        .unwrap()
        .into_data_attribute()
        .unwrap();
    assert_eq!(mode.enum_type().unwrap().name_of(5), Some("off"));

    let check = model
        .node_by_reference("TEMPLATEPROT/fastGGIO1.DPos.Oper.Check")
        .unwrap()
        .into_data_attribute()
        .unwrap();
    assert_eq!(
        (check.fc(), check.attribute_type()),
        (Fc::CO, DataAttributeType::Check)
    );
    let identification = check
        .parent()
        .unwrap()
        .child_attribute("origin.orIdent")
        .unwrap();
    assert_eq!(
        identification.attribute_type(),
        DataAttributeType::OctetString64
    );
}

#[test]
fn arrays() {
    let model = only_instance(RELAY).model;
    let har = "TEMPLATEPROT/MHAI1.HA.phsAHar";
    let object = model
        .node_by_reference(har)
        .unwrap()
        .into_data_object()
        .unwrap();
    assert_eq!(object.array_count(), 3);
    assert_eq!(value(&model, &format!("{har}(0).cVal.mag.f")), "1");
    assert_eq!(value(&model, &format!("{har}(2).cVal.mag.f")), "2.5");
    let q = object.child_attribute("q").unwrap();
    assert_eq!(q.short_address(), 77);
    // The number of elements is the value of another attribute.
    assert_eq!(value(&model, "TEMPLATEPROT/MHAI1.HA.hist"), "[5, 11, 5, 5]");
}

#[test]
fn data_sets_and_control_blocks() {
    let document = parse(RELAY);
    let instance = document.instantiate(None, None).unwrap();
    let lln0 = instance
        .model
        .logical_device_by_instance("PROT")
        .unwrap()
        .logical_node("LLN0")
        .unwrap();
    let members: Vec<String> = lln0
        .dataset("events")
        .unwrap()
        .entries()
        .iter()
        .map(|entry| entry.reference())
        .collect();
    assert_eq!(
        members,
        [
            "TEMPLATEPROT/fastGGIO1.Ind1.stVal[ST]",
            "TEMPLATEPROT/fastGGIO1.Ind1[ST]",
            "TEMPLATEPROT/MHAI1.HA.phsAHar(2).cVal.mag[MX]",
            "TEMPLATEPROT/MHAI1.HA.phsAHar(1).cVal.mag.f[MX]",
            "TEMPLATEPROT/LLN0.Mod.stVal[ST]",
        ]
    );

    let reports = lln0.report_control_blocks();
    let names: Vec<&str> = reports.iter().map(|report| report.name()).collect();
    assert_eq!(names, ["urcb01", "urcb02", "urcb03", "single"]);
    // The second client is at an access point that has no address here.
    let clients: Vec<_> = reports.iter().map(|report| report.client()).collect();
    assert_eq!(clients, [Some([192, 0, 2, 50].into()), None, None, None]);
    let first = &reports[0];
    assert_eq!(first.rpt_id(), Some("events"));
    assert_eq!(first.dataset_name(), Some("events"));
    assert!(!first.is_buffered() && first.conf_rev() == 3);
    assert_eq!(
        first.trg_ops(),
        TriggerOptions::all() - TriggerOptions::DATA_UPDATE - TriggerOptions::TRANSIENT,
        "GI unless it is denied"
    );
    assert_eq!(
        first.opt_flds(),
        ReportOptions::SEQ_NUM | ReportOptions::DATA_SET
    );
    assert_eq!(first.buf_tm(), Duration::from_millis(20));
    assert_eq!(first.intg_pd(), Duration::from_secs(1));
    let single = &reports[3];
    assert!(single.is_buffered() && single.rpt_id().is_none() && single.dataset().is_none());
    assert_eq!(single.opt_flds(), ReportOptions::BUFFER_OVERFLOW);

    let log = &lln0.log_control_blocks()[0];
    assert_eq!(log.log_ref(), Some("PROT/LLN0$journal"));
    assert_eq!(log.trg_ops(), TriggerOptions::DATA_CHANGED);
    assert!(!log.log_ena() && log.with_reason_code());
    let logs: Vec<String> = lln0
        .logs()
        .iter()
        .map(|log| log.name().to_string())
        .collect();
    assert_eq!(logs, ["journal", "GeneralLog"]);

    let goose = lln0.goose_control_blocks();
    assert_eq!(goose.len(), 1, "GSSE is left out");
    assert_eq!((goose[0].app_id(), goose[0].conf_rev()), ("trip", 7));
    assert_eq!(goose[0].min_time(), Duration::from_millis(10));
    assert_eq!(goose[0].max_time(), Duration::from_secs(2));
    let address = goose[0].address().unwrap();
    assert_eq!(address.dst_address, [1, 0x0c, 0xcd, 1, 0, 5]);
    assert_eq!(
        (address.app_id, address.vlan_id, address.vlan_priority),
        (0x3001, 10, 5)
    );

    let warnings: Vec<String> = instance.warnings.iter().map(|w| w.to_string()).collect();
    let at = "IED[TEMPLATE]/AccessPoint[P1]/Server/LDevice[PROT]";
    assert_eq!(
        warnings,
        [
            format!(
                "test.scd:72:15: {at}/LN[MHAI1]/DOI[HA]/DAI[hist]: there is no such array \
                 element, ignored"
            ),
            format!(
                "test.scd:45:15: {at}/LN0[LLN0]/DataSet[events]/FCDA[Nope]: left out: there is \
                 no 'Nope' in PROT/MHAI1"
            ),
            format!(
                "test.scd:62:13: {at}/LN0[LLN0]/GSEControl[old]: left out: GSSE is not supported"
            ),
        ]
    );
}

#[test]
fn setting_groups() {
    let instance = only_instance(SETTINGS);
    let device = instance.model.logical_device_by_instance("LD0").unwrap();
    let sgcb = device.setting_group_control_block().unwrap();
    assert_eq!((sgcb.act_sg(), sgcb.num_of_sgs()), (2, 3));

    let setting = |path: &str, fc| {
        let node = instance.model.node_by_reference("Q1LD0/PTOC1").unwrap();
        let (object, attribute) = path.split_once('.').unwrap();
        let object = node.child_object(object).unwrap();
        object
            .child_with_fc(attribute, fc)
            .map(|a| a.initial_value().unwrap())
    };
    // SE stands for both, as does SG where there are setting groups.
    for fc in [Fc::SG, Fc::SE] {
        assert_eq!(
            setting("StrVal.setMag.f", fc),
            Some(MmsValue::Float32(1.5)),
            "active group"
        );
        assert_eq!(setting("OpDlTmms.setVal", fc), Some(MmsValue::Integer(40)));
    }
    assert_eq!(setting("TmMult.setVal", Fc::SG), Some(MmsValue::Integer(7)));
    assert_eq!(setting("TmMult.setVal", Fc::SE), Some(MmsValue::Integer(8)));
    let dump = instance.model.dump();
    for line in ["group 1 = 0.5", "group 2 = 1.5", "group 3 = 2.5"] {
        assert_eq!(dump.matches(line).count(), 2, "{line}");
    }

    let sv = &device.logical_node("LLN0").unwrap().sv_control_blocks()[0];
    assert!(sv.is_unicast() && sv.address().is_none());
    assert_eq!(
        (sv.sv_id(), sv.smp_rate(), sv.no_asdu(), sv.conf_rev()),
        ("sv1", 4800, 2, 4)
    );
    assert_eq!(sv.smp_mod(), SvSmpMod::SamplesPerSecond);
    assert_eq!(
        sv.opt_flds(),
        SampledValueOptions::REFRESH_TIME
            | SampledValueOptions::SAMPLE_SYNC
            | SampledValueOptions::SAMPLE_RATE
    );

    let reasons: Vec<&str> = instance
        .warnings
        .iter()
        .map(|w| w.reason.as_str())
        .collect();
    assert_eq!(
        reasons,
        [
            "there are 3 setting groups, ignored",
            "'many' for INT32 ignored: not a whole number",
            "DOType 'nowhere' is not in DataTypeTemplates",
        ]
    );
    assert_eq!(instance.warnings[0].location.line, 23);
    let path = &instance.warnings[0].location.path;
    assert!(
        path.ends_with("LN[PTOC1]/DOI[StrVal]/SDI[setMag]/DAI[f]/Val[4]"),
        "{path}"
    );
}

#[test]
fn choice_of_ied_and_access_point() {
    let document = parse(SUBSTATION);
    let message = |ied, access| document.model(ied, access).unwrap_err().to_string();
    assert_eq!(
        message(None, None),
        "test.scd: several IEDs have a server, choose one of: Q1, Q2"
    );
    assert_eq!(
        message(Some("Q3"), None),
        "test.scd: no IED named 'Q3'; there are: Q1, Q2, CLIENT"
    );
    assert_eq!(
        message(Some("Q2"), None),
        "test.scd:15:3: IED[Q2]: several access points have a server, choose one of: A, B"
    );
    assert_eq!(
        message(Some("Q1"), Some("P3")),
        "test.scd:6:3: IED[Q1]: no access point named 'P3' with a server; there are: P1, P2"
    );
    assert_eq!(
        message(Some("CLIENT"), None),
        "test.scd:23:3: IED[CLIENT]: no access point of the IED has a Server"
    );

    let q1 = document.instantiate(Some("Q1"), None).unwrap();
    assert_eq!((q1.ied.as_str(), q1.access_point.as_str()), ("Q1", "P1"));
    assert_eq!(value(&q1.model, "Feeder1/LLN0.Beh.stVal"), "1");
    assert_eq!(value(&q1.model, "Q1LD1/LLN0.Beh.stVal"), "1");
    let at = document.instantiate(Some("Q1"), Some("P2")).unwrap();
    assert_eq!(at.access_point, "P2");
    assert!(at.model.structurally_equal(&q1.model));
    let b = document.model(Some("Q2"), Some("B")).unwrap();
    assert!(b.logical_device_by_instance("LD9").is_some());

    let none = SclDocument::parse_bytes(b"<SCL><IED name='X'/></SCL>").unwrap();
    assert!(
        matches!(none.model(None, None), Err(SclError::NoServer { ieds, .. }) if ieds == ["X"])
    );
}

#[test]
fn encodings_and_namespaces_make_no_difference() {
    let original = only_instance(RELAY).model;
    let text = std::str::from_utf8(RELAY).unwrap();
    let marked = format!("\u{feff}{text}");
    let utf16 = |bytes: fn(u16) -> [u8; 2]| marked.encode_utf16().flat_map(bytes).collect();
    let variants: [Vec<u8>; 6] = [
        marked.clone().into_bytes(),
        utf16(u16::to_le_bytes),
        utf16(u16::to_be_bytes),
        text.replace("UTF-8", "ISO-8859-1").into_bytes(),
        text.replace('\n', "\r\n").into_bytes(),
        text.replace(" xmlns=\"http://www.iec.ch/61850/2003/SCL\"", "")
            .into_bytes(),
    ];
    for variant in variants {
        assert!(only_instance(&variant).model.structurally_equal(&original));
    }
    let prefixed = String::from_utf8_lossy(SUBSTATION);
    let plain = prefixed.replace("scl:", "").replace("xmlns:scl", "xmlns");
    let (a, b) = (parse(SUBSTATION), parse(plain.as_bytes()));
    let q1 = |document: &SclDocument| document.model(Some("Q1"), None).unwrap();
    assert!(q1(&a).structurally_equal(&q1(&b)));
}

/// A document with one logical node whose types are given.
fn with_types(types: &str) -> Vec<u8> {
    format!(
        "<SCL><IED name='I'><AccessPoint name='P'><Server><LDevice inst='L'>\
         <LN0 lnClass='LLN0' inst='' lnType='n'/></LDevice></Server></AccessPoint></IED>\n\
         <DataTypeTemplates><LNodeType id='n' lnClass='LLN0'><DO name='D' type='d'/></LNodeType>\n\
         {types}</DataTypeTemplates></SCL>"
    )
    .into_bytes()
}

fn refusal(bytes: &[u8]) -> SclError {
    parse(bytes).model(None, None).unwrap_err()
}

#[test]
fn types_that_contain_themselves() {
    let objects = "<DOType id='d' cdc='X'><SDO name='S' type='e'/></DOType>\
                   <DOType id='e' cdc='X'><SDO name='S' type='d'/></DOType>";
    match refusal(&with_types(objects)) {
        SclError::TypeCycle { chain, location } => {
            assert_eq!(chain, ["d", "e", "d"]);
            assert_eq!(location.path, "DataTypeTemplates/DOType[e]/SDO[S]");
        }
        other => panic!("{other}"),
    }
    let attributes = "<DOType id='d' cdc='X'><DA name='A' fc='ST' bType='Struct' type='a'/></DOType>\
                      <DAType id='a'><BDA name='B' bType='Struct' type='a'/></DAType>";
    match refusal(&with_types(attributes)) {
        SclError::TypeCycle { chain, .. } => assert_eq!(chain, ["a", "a"]),
        other => panic!("{other}"),
    }
    // An id may be used once for each kind of type.
    let same_id = "<DOType id='d' cdc='X'><DA name='A' fc='ST' bType='Struct' type='d'/></DOType>\
                   <DAType id='d'><BDA name='B' bType='INT8'/></DAType>";
    assert!(parse(&with_types(same_id)).model(None, None).is_ok());
}

#[test]
fn bombs_are_refused() {
    // Ten types, each ten times in the one before: ten thousand million attributes.
    let mut types = String::from("<DOType id='d' cdc='X'><SDO name='S' type='t0'/></DOType>");
    for level in 0..10 {
        types += &format!("<DOType id='t{level}' cdc='X'>");
        for member in 0..10 {
            types += &format!("<SDO name='S{member}' type='t{}'/>", level + 1);
        }
        types += "</DOType>";
    }
    types += "<DOType id='t10' cdc='X'><DA name='a' fc='ST' bType='INT8'/></DOType>";
    let mut options = SclOptions::default();
    options.max_nodes = 100_000;
    let document = SclDocument::parse_bytes_with(&with_types(&types), "", &options).unwrap();
    let error = document.model(None, None).unwrap_err();
    assert!(
        matches!(error, SclError::TooManyNodes { limit: 100_000, .. }),
        "{error}"
    );

    // Arrays count with all their elements.
    let array = "<DOType id='d' cdc='X'><SDO name='S' type='e' count='60000'/></DOType>\
                 <DOType id='e' cdc='X'><DA name='a' fc='ST' bType='INT8' count='60000'/></DOType>";
    assert!(matches!(
        refusal(&with_types(array)),
        SclError::TooManyNodes { .. }
    ));

    // A chain of types that is longer than any name.
    let mut types = String::from("<DOType id='d' cdc='X'><SDO name='S' type='t0'/></DOType>");
    for level in 0..100_000 {
        types += &format!(
            "<DOType id='t{level}' cdc='X'><SDO name='S' type='t{}'/></DOType>",
            level + 1
        );
    }
    assert!(matches!(
        refusal(&with_types(&types)),
        SclError::Invalid { .. } | SclError::TooManyNodes { .. }
    ));

    let entities = b"<!DOCTYPE SCL [<!ENTITY a 'aaaa'><!ENTITY b '&a;&a;&a;'>]><SCL>&b;</SCL>";
    assert!(matches!(
        SclDocument::parse_bytes(entities),
        Err(SclError::Xml { .. })
    ));

    let deep = format!("<SCL>{}", "<a>".repeat(200_000));
    assert!(SclDocument::parse_bytes(deep.as_bytes()).is_err());
    let deep = deep + &"</a>".repeat(200_000) + "</SCL>";
    assert!(
        SclDocument::parse_bytes(deep.as_bytes()).is_ok(),
        "foreign elements"
    );
    let sdi = "<SDI name='x'>".repeat(10_000) + &"</SDI>".repeat(10_000);
    let deep = format!(
        "<SCL><IED name='I'><AccessPoint name='P'><Server><LDevice inst='L'>\
         <LN0 lnClass='LLN0' inst='' lnType='n'><DOI name='D'>{sdi}</DOI></LN0></LDevice>\
         </Server></AccessPoint></IED></SCL>"
    );
    assert!(matches!(
        SclDocument::parse_bytes(deep.as_bytes()),
        Err(SclError::Invalid { .. })
    ));

    let mut options = SclOptions::default();
    options.max_file_size = 100;
    assert!(matches!(
        SclDocument::parse_bytes_with(RELAY, "relay.icd", &options),
        Err(SclError::TooLarge { limit: 100, .. })
    ));
}

#[test]
fn errors_name_the_place() {
    let message = |bytes: &[u8]| {
        SclDocument::parse_bytes_with(bytes, "f.scd", &SclOptions::default())
            .unwrap_err()
            .to_string()
    };
    assert!(
        message(b"<SCL>\n <IED>\n </IDE>").starts_with("f.scd:3:2: not well-formed XML:"),
        "{}",
        message(b"<SCL>\n <IED>\n </IDE>")
    );
    assert_eq!(
        message(b"\n<html/>"),
        "f.scd:2:1: the root element is 'html', not 'SCL'"
    );
    assert_eq!(
        message(b"<SCL>\xff</SCL>"),
        "f.scd: line 1: byte 0xff is not valid UTF-8"
    );
    let missing = SclDocument::parse_file("no/such/file.scd").unwrap_err();
    assert!(
        missing.to_string().starts_with("no/such/file.scd: "),
        "{missing}"
    );

    // Nothing left of the model: the first reason is the error.
    assert_eq!(
        refusal(&with_types("")).to_string(),
        "test.scd:2:53: DataTypeTemplates/LNodeType[n]/DO[D]: no data are left: DOType 'd' is not \
         in DataTypeTemplates"
    );
}

#[test]
fn strict_reading() {
    let mut strict = SclOptions::default();
    strict.strict = true;
    let settings = SclDocument::parse_bytes_with(SETTINGS, "s.cid", &strict).unwrap();
    match settings.model(None, None) {
        Err(SclError::Invalid { location, reason }) => {
            assert_eq!(
                (location.line, reason.as_str()),
                (23, "there are 3 setting groups, ignored")
            );
        }
        other => panic!("{other:?}"),
    }
    let substation = SclDocument::parse_bytes_with(SUBSTATION, "", &strict).unwrap();
    assert!(substation.model(Some("Q1"), None).is_ok());
    let nameless = b"<SCL><IED/></SCL>";
    assert!(SclDocument::parse_bytes_with(nameless, "", &strict).is_err());
    let lenient = SclDocument::parse_bytes(nameless).unwrap();
    assert_eq!(lenient.warnings()[0].reason, "IED without name is left out");
}

/// A substation with this many logical nodes.
fn large(nodes: usize) -> Vec<u8> {
    let mut text = String::from(
        "<SCL xmlns='http://www.iec.ch/61850/2003/SCL'><IED name='I'><AccessPoint name='P'><Server>\
         <LDevice inst='L'><LN0 lnClass='LLN0' inst='' lnType='n'/>\n",
    );
    for node in 0..nodes {
        text += &format!(
            "<LN lnClass='GGIO' inst='{node}' lnType='n'><DOI name='D'><DAI name='d'>\
             <Val>number {node}</Val></DAI></DOI></LN>\n"
        );
    }
    text += "</LDevice></Server></AccessPoint></IED><DataTypeTemplates>\
             <LNodeType id='n' lnClass='GGIO'><DO name='D' type='d'/>";
    for object in 0..7 {
        text += &format!("<DO name='D{object}' type='d'/>");
    }
    text += "</LNodeType><DOType id='d' cdc='SPS'><DA name='stVal' fc='ST' bType='BOOLEAN'/>\
             <DA name='q' fc='ST' bType='Quality'/><DA name='t' fc='ST' bType='Timestamp'/>\
             <DA name='d' fc='DC' bType='VisString255'/></DOType></DataTypeTemplates></SCL>";
    text.into_bytes()
}

#[test]
fn a_thousand_nodes_on_one_line_are_read_quickly() {
    let one_line: Vec<u8> = large(1000)
        .into_iter()
        .filter(|byte| *byte != b'\n')
        .collect();
    let start = std::time::Instant::now();
    let instance = only_instance(&one_line);
    // Far below this even without optimization; quadratic behaviour would be far above.
    assert!(
        start.elapsed() < Duration::from_secs(10),
        "{:?}",
        start.elapsed()
    );
    assert_eq!(instance.warnings, []);
    assert_eq!(value(&instance.model, "IL/GGIO999.D.d"), "number 999");
}

#[test]
fn truncated_documents_are_refused_without_panic() {
    for bytes in [RELAY, SETTINGS, SUBSTATION] {
        let end = bytes.trim_ascii_end().len();
        for length in (0..end).step_by(97) {
            assert!(
                SclDocument::parse_bytes(&bytes[..length]).is_err(),
                "{length}"
            );
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn random_bytes_never_panic(bytes: Vec<u8>) {
        let _ = SclDocument::parse_bytes(&bytes);
    }

    /// Valid XML with something else in one place.
    #[test]
    fn mutated_documents_never_panic(
        position in any::<prop::sample::Index>(),
        length in 0usize..40,
        with in "[ -~\u{e4}]{0,12}",
    ) {
        for original in [RELAY, SETTINGS, SUBSTATION] {
            let mut bytes = original.to_vec();
            let start = position.index(bytes.len());
            let end = (start + length).min(bytes.len());
            bytes.splice(start..end, with.bytes());
            if let Ok(document) = SclDocument::parse_bytes(&bytes) {
                for ied in document.ieds() {
                    let _ = document.instantiate(Some(&ied.name), None);
                }
            }
        }
    }
}
