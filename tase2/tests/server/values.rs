//! Names, types, values.

use crate::support::*;
use mms::association::Config;
use mms::pdu::{AccessStep, ObjectScope};
use mms::{DataAccessError, MmsValue, ObjectName, ServiceError, TypeDescription};
use tase2::model::Model;
use tase2::types::{Features, PointType, PointValue, Quality, Validity, Value, Version};
use tase2::{Event, VirtualControlCenter};

#[tokio::test(start_paused = true)]
async fn discovery() {
    let bench = Bench::new();
    let client = bench.client().await;
    assert_eq!(
        client.version().await.unwrap(),
        Version {
            major: 2000,
            minor: 8
        }
    );
    assert_eq!(client.features().await.unwrap(), Features::of(&[1, 2]));
    assert_eq!(client.table_id().await.unwrap(), "BLT-A-B-3");
    assert_eq!(client.domains().await.unwrap(), ["ICC1"]);
    let vcc: Vec<_> = client
        .names(None)
        .await
        .unwrap()
        .iter()
        .map(|n| n.to_string())
        .collect();
    assert_eq!(
        vcc,
        [
            "D1",
            "D2",
            "D3",
            "DSConditions_Detected",
            "Event_Code_Detected",
            "Supported_Features",
            "TASE2_Version",
            "Transfer_Set_Name",
            "Transfer_Set_Time_Stamp",
        ]
    );
    let icc: Vec<_> = client
        .names(Some("ICC1"))
        .await
        .unwrap()
        .iter()
        .map(|n| n.item().to_owned())
        .collect();
    let mut sorted = icc.clone();
    sorted.sort();
    assert_eq!(icc, sorted);
    for wanted in [
        "MW1",
        "CB1",
        "SP1",
        "Bilateral_Table_ID",
        "Next_DSTransfer_Set",
        "Transfer_Report_ACK",
        "Transfer_Report_NACK",
        "DSTS1",
        "DSTS16",
        "Transfer_Set_Name",
    ] {
        assert!(icc.iter().any(|n| n == wanted), "{wanted}");
    }
    assert_eq!(icc.len(), 3 + 3 + 4 + 16 + 4);
    assert_eq!(
        client
            .point_type(&name("ICC1/CB1"))
            .await
            .unwrap()
            .to_string(),
        "Data_StateQTimeTag"
    );
    assert_eq!(
        client.describe(&name("ICC1/SP1")).await.unwrap(),
        TypeDescription::FLOAT32
    );
    assert_eq!(
        client.describe(&name("ICC1/DSTS1$Status")).await.unwrap(),
        TypeDescription::Boolean
    );
    let identity = client.mms().identify().await.unwrap();
    assert_eq!(identity.vendor, "tase2");
    assert_eq!(client.mms().status(false).await.unwrap().logical, 0);
    assert!(client.mms().get_domain_attributes("ICC1").await.is_ok());
    assert!(client.mms().get_capability_list().await.unwrap().is_empty());
}

#[tokio::test(start_paused = true)]
async fn long_name_lists_come_in_pages() {
    let mut model = Model::new();
    for i in 0..3000 {
        model
            .add_point(point(&format!("POINT_WITH_A_LONG_NAME_{i:04}"), "Real"))
            .unwrap();
    }
    let mut table = table();
    table.rules = vec![tase2::bilateral::Rule::new(
        "POINT_*0",
        tase2::bilateral::Rights::READ,
    )];
    let vcc = VirtualControlCenter::new(model, vec![table]).unwrap();
    let endpoint = tase2::endpoint::Endpoint::start(&vcc, Default::default(), vec![]).unwrap();
    let mut config = Config::default();
    config.max_pdu_size = 1000;
    let raw = Raw::call(&endpoint, config).await;
    let names = raw.mms.variable_names(ObjectScope::Vmd).await.unwrap();
    assert_eq!(names.len(), 300 + 6);
    assert!(names.is_sorted());
}

#[tokio::test(start_paused = true)]
async fn every_type_is_read_as_it_was_set() {
    let mut model = Model::new();
    for ty in PointType::all() {
        let short = ty.to_string().replace("Data_StateSupplemental", "Data_SS");
        model
            .add_point(point(&format!("P_{short}"), &ty.to_string()))
            .unwrap();
    }
    let mut table = table();
    table.rules = vec![tase2::bilateral::Rule::new(
        "*",
        tase2::bilateral::Rights::READ,
    )];
    let vcc = VirtualControlCenter::new(model, vec![table]).unwrap();
    let endpoint = tase2::endpoint::Endpoint::start(&vcc, Default::default(), vec![]).unwrap();
    let (near, far) = tokio::io::duplex(4096);
    endpoint.serve(far, None);
    let client = tase2::client::Client::over(near, client_options(TITLE))
        .await
        .unwrap();
    for id in vcc.points() {
        let (name, ty) = vcc.point_of(id).unwrap();
        let value = match vcc.value(id).unwrap().value {
            Value::Real(_) => Value::Real(-1.5),
            Value::Discrete(_) => Value::Discrete(-70_000),
            Value::State(_) => Value::State(tase2::types::State::Off),
            Value::Supplemental(value) => Value::Supplemental(value),
        };
        let time = tase2::types::TimeStamp::from_ms(1_700_000_000_123);
        let set = PointValue::from(value)
            .with_quality(Quality::of(Validity::Suspect))
            .at(time);
        vcc.update(id, set).unwrap();
        client.set_point_type(name.clone(), ty);
        let read = client.read(name).await.unwrap();
        assert_eq!(read.value, value, "{ty}");
        assert_eq!(
            read.quality,
            ty.has_quality().then(|| Quality::of(Validity::Suspect)),
            "{ty}"
        );
        let seconds = ty.has_time().then_some(1_700_000_000);
        assert_eq!(read.time.map(|t| t.seconds()), seconds, "{ty}");
        // It has changed once.
        assert_eq!(read.cov, ty.has_cov().then_some(1), "{ty}");
    }
    let all: Vec<_> = vcc
        .points()
        .filter_map(|id| Some(vcc.point_of(id)?.0.clone()))
        .collect();
    let values = client.read_many(&all).await.unwrap();
    assert!(values.iter().all(Result::is_ok));
}

#[tokio::test(start_paused = true)]
async fn one_bad_name_does_not_spoil_the_others() {
    let bench = Bench::new();
    let client = bench.client().await;
    let wanted = names(&["ICC1/MW1", "NO", "SECRET", "ICC2/OTHER", "D1"]);
    let values = client.read_many(&wanted).await.unwrap();
    assert_eq!(values[0].unwrap().value, Value::Real(12.5));
    for i in 1..4 {
        let error = tase2::PointError::Access(DataAccessError::ObjectNonExistent);
        assert_eq!(values[i], Err(error), "{}", wanted[i]);
    }
    assert_eq!(values[4].unwrap().value, Value::Discrete(0));
}

#[tokio::test(start_paused = true)]
async fn components_are_read_by_both_spellings() {
    let bench = Bench::new();
    let client = bench.client().await;
    let value = client.read_raw(&name("ICC1/MW1$Value")).await.unwrap();
    assert_eq!(value, MmsValue::Float32(12.5));
    let part = client
        .mms()
        .read_part(
            ObjectName::domain("ICC1", "CB1"),
            &[AccessStep::Component("Flags")],
        )
        .await
        .unwrap();
    assert_eq!(part.to_string(), "10000000");
    for wrong in ["ICC1/MW1$No", "ICC1/MW1$Value$Deeper", "ICC1/MW1$$$$$$"] {
        let error = client.read_raw(&name(wrong)).await.unwrap_err();
        assert_eq!(
            error.access_error(),
            Some(DataAccessError::ObjectNonExistent),
            "{wrong}"
        );
    }
    let indexed = client
        .mms()
        .read_part(ObjectName::domain("ICC1", "CB1"), &[AccessStep::Index(0)])
        .await
        .unwrap_err();
    assert_eq!(
        indexed.access_error(),
        Some(DataAccessError::ObjectAccessUnsupported)
    );
}

#[tokio::test(start_paused = true)]
async fn special_variables_are_in_reports_only() {
    let bench = Bench::new();
    let client = bench.client().await;
    for special in [
        "ICC1/Transfer_Set_Name",
        "Transfer_Set_Name",
        "ICC1/Transfer_Report_ACK",
    ] {
        let error = client.read_raw(&name(special)).await.unwrap_err();
        assert_eq!(
            error.access_error(),
            Some(DataAccessError::ObjectAccessDenied)
        );
        assert!(client.describe(&name(special)).await.is_ok());
    }
    let bench = Bench::of(|table| table.options.hide_special_variables = true);
    let client = bench.client().await;
    let all = client.names(Some("ICC1")).await.unwrap();
    assert!(!all.contains(&name("ICC1/Transfer_Set_Name")));
    assert!(
        client
            .describe(&name("ICC1/Transfer_Set_Name"))
            .await
            .is_ok()
    );
}

#[tokio::test(start_paused = true)]
async fn the_version_in_the_domain_is_a_choice() {
    let bench = Bench::new();
    let client = bench.client().await;
    assert!(client.read_raw(&name("ICC1/TASE2_Version")).await.is_err());
    let bench = Bench::of(|table| {
        table.options.vmd_alias_in_domain = true;
        table.edition = tase2::types::Edition::E1996;
        table.options.block2 = false;
    });
    let client = bench.client().await;
    let version = client.read_raw(&name("ICC1/TASE2_Version")).await.unwrap();
    assert_eq!(version.to_string(), "{1996, 8}");
    assert_eq!(client.features().await.unwrap(), Features::of(&[1]));
}

#[tokio::test(start_paused = true)]
async fn writing() {
    let bench = Bench::new();
    let client = bench.client().await;
    let mut events = bench.vcc.events();
    let d3 = name("D3");
    client.write(&d3, &PointValue::discrete(42)).await.unwrap();
    assert_eq!(client.read(&d3).await.unwrap().value, Value::Discrete(42));
    let written = Event::Written {
        peer: "EAST".into(),
        point: d3.clone(),
        value: PointValue::discrete(42),
    };
    assert_eq!(events.try_recv(), Ok(written));
    let refused = async |what: &str, value: MmsValue| {
        let error = client.write_raw(&name(what), &value).await.unwrap_err();
        error.access_error().unwrap()
    };
    use DataAccessError as E;
    assert_eq!(refused("D1", integer(1)).await, E::ObjectAccessDenied);
    assert_eq!(refused("SECRET", integer(1)).await, E::ObjectNonExistent);
    assert_eq!(
        refused("D3", MmsValue::Boolean(true)).await,
        E::TypeInconsistent
    );
    assert_eq!(refused("D3", integer(1 << 40)).await, E::ObjectValueInvalid);
    assert_eq!(
        refused("ICC1/SP1", MmsValue::Float32(1.0)).await,
        E::ObjectAccessDenied
    );
    assert_eq!(
        refused("TASE2_Version", integer(1)).await,
        E::ObjectAccessDenied
    );
    assert_eq!(refused("D3$Value", integer(1)).await, E::ObjectAccessDenied);
    assert_eq!(client.read(&d3).await.unwrap().value, Value::Discrete(42));
}

#[tokio::test(start_paused = true)]
async fn what_applications_set_wrong() {
    let bench = Bench::new();
    let mw1 = bench.vcc.point(&name("ICC1/MW1")).unwrap();
    assert!(bench.vcc.update(mw1, PointValue::discrete(1)).is_err());
    assert_eq!(bench.vcc.point(&name("ICC1/SP1")), None);
    // A number that is none keeps the last good one, which is of no use any more.
    bench.vcc.update(mw1, PointValue::real(f32::NAN)).unwrap();
    let value = bench.vcc.value(mw1).unwrap();
    assert_eq!(value.value, Value::Real(12.5));
    assert_eq!(value.quality.unwrap().validity, Validity::NotValid);
    let sp1 = name("ICC1/SP1");
    assert!(
        bench
            .vcc
            .set_control(&sp1, tase2::types::ControlValue::Real(3.0))
    );
    assert!(
        !bench
            .vcc
            .set_control(&sp1, tase2::types::ControlValue::Command(3))
    );
    let client = bench.client().await;
    assert_eq!(client.read_raw(&sp1).await.unwrap(), MmsValue::Float32(3.0));
}

#[tokio::test(start_paused = true)]
async fn an_answer_longer_than_the_pdu() {
    let bench = Bench::new();
    let set = ObjectName::domain("ICC1", "LONG");
    let raw = bench.raw().await;
    let members = vec![ObjectName::domain("ICC1", "MW1"); 100];
    raw.mms
        .define_named_variable_list(set, members)
        .await
        .unwrap();
    assert_eq!(raw.mms.read_list(set).await.unwrap().len(), 100);
    let mut config = Config::default();
    config.max_pdu_size = 600;
    let narrow = Raw::call(&bench.endpoint, config).await;
    let error = narrow.mms.read_list(set).await.unwrap_err();
    assert_eq!(error.service_error(), Some(ServiceError::PDU_SIZE));
    let unknown = raw
        .mms
        .read_list(ObjectName::domain("ICC1", "NO"))
        .await
        .unwrap_err();
    assert_eq!(
        unknown.service_error(),
        Some(ServiceError::OBJECT_NON_EXISTENT)
    );
}
