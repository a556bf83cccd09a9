//! The lines of docs/py61850-migration.md, so that the compiler sees them. `main.rs` compares the two.
#![allow(
    unused,
    unused_must_use,
    clippy::all,
    reason = "lines of a document, one beside the other"
)]

use chrono::Utc;
use iec61850::scl::SclDocument;
use iec61850::*;
use iec61850::goose::{GooseConfig, GoosePublisher, GooseReceiver, GooseSubscriber};
use iec61850::link::{FrameFilter, PacketLink};
use iec61850::routable::{Key, Keys, Protection, RoutableLink, RoutableOptions};
use iec61850::sv::{AsduConfig, GLOBALLY_SYNCHRONIZED, SvConfig, SvPublisher, SvReceiver, SvSubscriber};
use std::error::Error;
use std::time::Duration;
use mms::TypeDescription;
use iec61850::client::{self, ControlObject, DataSet, FileDirectoryEntry, IedConnection, SubscribeOptions};

fn models(model: &IedModel) -> Result<(), Box<dyn Error>> {
    IedModel::new("IED1")?;
    IedModel::create_from_config_file("model.cfg")?;
    SclDocument::parse_file("station.scd")?.model(Some("BAY1"), None)?;
    model.name();
    model.set_name("IED2")?;
    model.create_logical_device("LD0", None)?;
    model.create_logical_device("LD0", Some("Bay7"))?;
    model.logical_device_by_instance("LD0");
    model.model_node_by_reference("IED1LD0/LLN0.Mod");
    model.model_node_by_short_reference("LD0/LLN0.Mod");
    Ok(())
}

fn nodes(node: &ModelNode, other: &ModelNode, object: &DataObject) -> Result<(), Box<dyn Error>> {
    ModelNode::DataObject(object.clone());
    node.name();
    node.model_type();
    node.ied_model();
    node.child("mag.f");
    node.child_attribute("mag.f")?;
    other == node;
    Ok(())
}

fn devices(model: &IedModel) -> Result<(), Box<dyn Error>> {
    let device: LogicalDevice = model.create_logical_device("LD0", None)?;
    device.create_logical_node("LLN0")?;
    device.ied_model();
    device.ld_name();
    device.setting_group_control_block();
    Ok(())
}

fn logical_nodes(device: &LogicalDevice) -> Result<(), Box<dyn Error>> {
    let node: LogicalNode = device.create_logical_node("GGIO1")?;
    node.create_setting_group_control_block(1, 4)?;
    node.create_dataset("events")?;
    node.create_report_control_block("rcb", "id", true, ReportControlBlockOptions::default())?;
    node.create_report_control_block("rcb", "id", false, ReportControlBlockOptions { dataset_name: Some("events".into()), buf_tm: Duration::from_millis(100), ..Default::default() })?;
    node.create_goose_control_block("gocb", "appid", GooseControlBlockOptions { dataset_name: Some("events".into()), ..Default::default() })?;
    node.create_sv_control_block("svcb", "svid", SvControlBlockOptions::default())?;
    Ok(())
}

fn objects(node: &LogicalNode, fc: FunctionalConstraint, trg: TriggerOptions) -> Result<(), Box<dyn Error>> {
    let object: DataObject = node.create_data_object("Obj", 0)?;
    object.child_with_fc("stVal", FunctionalConstraint::ST);
    object.create_cac_analog("mag", fc, trg, false)?;
    object.create_cac_val_with_trans("valWTr", fc, trg, true)?;
    object.create_cac_vector("cVal", fc, trg, CdcOptions::AC_CLC_O)?;
    object.create_cac_point("pos", fc, trg, false)?;
    object.create_cac_scaled_value_config("sVC")?;
    object.create_cac_unit("units", true)?;
    Ok(())
}

fn attributes(object: &DataObject) -> Result<(), Box<dyn Error>> {
    let attribute: DataAttribute = object.create_data_attribute("x", DataAttributeType::Int32, FunctionalConstraint::ST, TriggerOptions::DATA_CHANGED, 0, 0)?;
    attribute.init_value(&MmsValue::from(5))?;
    attribute.attribute_type();
    attribute.trigger_options();
    attribute.fc();
    Ok(())
}

fn blocks(node: &LogicalNode) -> Result<(), Box<dyn Error>> {
    let sgcb: SettingGroupControlBlock = node.create_setting_group_control_block(1, 4)?;
    sgcb.act_sg();
    sgcb.num_of_sgs();
    sgcb.edit_sg();
    sgcb.cnf_edit();
    sgcb.timestamp();
    sgcb.resv_tms();
    sgcb == sgcb.clone();
    let dataset: Dataset = node.create_dataset("events")?;
    dataset.create_dataset_entry("GGIO1$ST$Ind1", None, None)?;
    dataset.create_dataset_entry("MHAI1$MX$HA$phsAHar", Some(2), Some("cVal$mag$f"))?;
    dataset.name();
    dataset.size();
    let entries: Vec<DatasetEntry> = dataset.entries();
    let blocks: Vec<ReportControlBlock> = node.report_control_blocks();
    let blocks: Vec<GooseControlBlock> = node.goose_control_blocks();
    let blocks: Vec<SvControlBlock> = node.sv_control_blocks();
    Ok(())
}

fn classes(node: &LogicalNode, none: CdcOptions, control: CdcControlModelOptions, wp: WpOptions) -> Result<(), Box<dyn Error>> {
    node.create_cdc_sps("x", none)?;
    node.create_cdc_dps("x", none)?;
    node.create_cdc_ins("x", none)?;
    node.create_cdc_ens("x", none)?;
    node.create_cdc_bcr("x", none)?;
    node.create_cdc_vss("x", none)?;
    node.create_cdc_sec("x", none)?;
    node.create_cdc_cmv("x", none)?;
    node.create_cdc_lpl("x", none)?;
    node.create_cdc_acd("x", none)?;
    node.create_cdc_act("x", none)?;
    node.create_cdc_spg("x", none)?;
    node.create_cdc_vsg("x", none)?;
    node.create_cdc_eng("x", none)?;
    node.create_cdc_ing("x", none)?;
    node.create_cdc_wye("x", none)?;
    node.create_cdc_del("x", none)?;
    node.create_cdc_mv("x", false, none)?;
    node.create_cdc_sav("x", false, none)?;
    node.create_cdc_asg("x", false, none)?;
    node.create_cdc_hst("x", 12, none)?;
    node.create_cdc_spc("x", none, control)?;
    node.create_cdc_dpc("x", none, control)?;
    node.create_cdc_inc("x", none, control)?;
    node.create_cdc_enc("x", none, control)?;
    node.create_cdc_bsc("x", false, none, control)?;
    node.create_cdc_isc("x", false, none, control)?;
    node.create_cdc_apc("x", false, none, control)?;
    node.create_cdc_bac("x", false, none, control)?;
    node.create_cdc_spv("x", WpOptions::MIN_MX_VAL, true, none, control)?;
    node.create_cdc_stv("x", wp, true, none, control)?;
    node.create_cdc_cmd("x", wp, true, false, false, none, control)?;
    node.create_cdc_alm("x", wp, true, none, control)?;
    node.create_cdc_cte("x", wp, true, none, control)?;
    node.create_cdc_tms("x", wp, true, none, control)?;
    Ok(())
}

fn connections(client: &ClientConnection) -> Result<(), Box<dyn Error>> {
    let client: &ClientConnection = client;
    client.local_address();
    client.peer_address();
    client.abort();
    client.id();
    Ok(())
}

fn actions(action: &ControlAction) -> Result<(), Box<dyn Error>> {
    let action: &ControlAction = action;
    action.set_error(ControlLastApplError::TimeoutTest);
    action.set_add_cause(ControlAddCause::BlockedByMode);
    action.originator_category();
    action.originator_identifier();
    action.ctl_num();
    action.synchro_check();
    action.interlock_check();
    action.is_select();
    action.client_connection();
    action.control_object();
    action.control_time();
    action.t();
    Ok(())
}

fn configuration() -> Result<(), Box<dyn Error>> {
    let mut config = IedServerConfig::new();
    config.edition();
    config.set_edition(Iec61850Edition::Edition1);
    config.report_buffer_size_brcb();
    config.set_report_buffer_size_brcb(10000);
    config.report_buffer_size_urcb();
    config.set_report_buffer_size_urcb(10000);
    config.max_mms_connection();
    config.set_max_mms_connection(10);
    config.sync_integrity_report_times();
    config.set_sync_integrity_report_times(true);
    config.file_service_enabled();
    config.set_file_service_enabled(true);
    config.file_service_base_path();
    config.set_file_service_base_path("files");
    config.dynamic_dataset_enabled();
    config.set_dynamic_dataset_enabled(true);
    config.max_association_specific_datasets();
    config.set_max_association_specific_datasets(5);
    config.max_domain_specific_datasets();
    config.set_max_domain_specific_datasets(5);
    config.max_dataset_entries();
    config.set_max_dataset_entries(50);
    config.log_service_enabled();
    config.set_log_service_enabled(true);
    config.set_edit_sg_enabled(false);
    config.set_enable_resv_tms_sgcb(false);
    config.enable_resv_tms_brcb();
    config.set_enable_resv_tms_brcb(true);
    config.enable_owner_for_rcb();
    config.set_enable_owner_for_rcb(true);
    config.set_use_integrated_goose_publisher(false);
    config.set_report_setting(ReportSetting::BUF_TIME, false);
    config.report_setting(ReportSetting::BUF_TIME);
    Ok(())
}

fn servers(model: IedModel, config: IedServerConfig, sgcb: SettingGroupControlBlock, object: DataObject, attribute: DataAttribute, value: MmsValue) -> Result<(), Box<dyn Error>> {
    let server = IedServer::new(&model, None)?;
    let server = IedServer::new(&model, Some(config))?;
    server.start(102)?;
    server.stop();
    server.is_running();
    let guard = server.lock_data_model();
    drop(guard);
    server.register_connection_change(|client, connected| println!("{client:?} {connected}"));
    server.register_active_setting_group_change_handler(&sgcb, |sgcb, client, group| group != 2)?;
    server.register_edit_setting_group_change_handler(&sgcb, |sgcb, client, group| true)?;
    server.register_edit_setting_group_confirmed_handler(&sgcb, |sgcb, group| true)?;
    server.register_control_handler(&object, |object, action, value, test| ControlHandlerResult::Ok)?;
    server.register_control_static_check_handler(&object, |object, action, value, test, interlock_check| CheckHandlerResult::Accepted)?;
    server.register_control_wait_handler(&object, |object, action, value, test, synchro_check| ControlHandlerResult::Ok)?;
    server.register_control_select_state_handler(&object, |object, action, selected, reason| println!("{selected}"))?;
    server.register_write_handler(&attribute, |client, attribute, value| MmsDataAccessError::Success)?;
    server.set_default_write_policy(FunctionalConstraint::CF, AccessPolicy::Allow)?;
    server.set_filestore_basepath("files")?;
    server.get_value(&attribute);
    server.get_value_with_fc(&object, FunctionalConstraint::ST);
    server.get_boolean(&attribute)?;
    server.get_int32(&attribute)?;
    server.get_int64(&attribute)?;
    server.get_uint32(&attribute)?;
    server.get_float(&attribute)?;
    server.get_utc_time(&attribute)?;
    server.get_bit_string(&attribute)?;
    server.get_string(&attribute)?;
    server.update_value(&attribute, &value)?;
    server.update_float(&attribute, 12.5)?;
    server.update_int32(&attribute, 5)?;
    server.update_int64(&attribute, 5)?;
    server.update_uint(&attribute, 5)?;
    server.update_boolean(&attribute, true)?;
    server.update_bit_string(&attribute, 3)?;
    server.update_dbpos(&attribute, Dbpos::On)?;
    server.update_string(&attribute, "text")?;
    server.update_utc_time(&attribute, Utc::now())?;
    server.update_timestamp(&attribute, &Timestamp::now())?;
    server.update_quality(&attribute, Quality::TEST)?;
    Ok(())
}

fn flags(quality: Quality) -> Result<(), Box<dyn Error>> {
    quality.validity();
    quality.detail();
    Quality::TEST.with_validity(QualityValidity::Invalid);
    let reference: ObjectReference = "IED1LD0/LLN0.Mod.stVal[ST]".parse()?;
    PhyComAddress { vlan_priority: 4, vlan_id: 1, app_id: 0x1000, dst_address: [1, 0x0c, 0xcd, 1, 0, 1] };
    Ok(())
}

fn timestamps() -> Result<(), Box<dyn Error>> {
    let mut timestamp = Timestamp::now();
    timestamp.clear_flags();
    timestamp.time_in_seconds();
    timestamp.time();
    timestamp.time_in_ms();
    timestamp.time_in_ns();
    timestamp.is_leap_second_known();
    timestamp.set_leap_second_known(true);
    timestamp.has_clock_failure();
    timestamp.set_clock_failure(true);
    timestamp.is_clock_not_synchronized();
    timestamp.set_clock_not_synchronized(true);
    timestamp.subsecond_precision();
    timestamp.set_fraction_of_second_part(0x80_0000);
    timestamp.fraction_of_second_part();
    timestamp.fraction_of_second();
    Ok(())
}

fn values() -> Result<(), Box<dyn Error>> {
    let mut value = MmsValue::Boolean(true);
    match &value { MmsValue::Integer(number) => println!("{number}"), other => println!("{other}") }
    value.to_string();
    value.mms_type();
    value.size()?;
    value.get_element(0)?;
    MmsValue::Boolean(true);
    value.to_bool()?;
    value = MmsValue::Boolean(true);
    MmsValue::Float32(1.5);
    value.to_float()?;
    value = MmsValue::Float32(1.5);
    MmsValue::Float64(1.5);
    value.to_double()?;
    value = MmsValue::Float64(1.5);
    MmsValue::from(5_i8);
    value = 5_i8.into();
    MmsValue::from(5_i16);
    value = 5_i16.into();
    MmsValue::from(5_i32);
    value.to_int32()?;
    value = 5_i32.into();
    MmsValue::Integer(5);
    value.to_int64()?;
    value = MmsValue::Integer(5);
    value = 5_u8.into();
    value = 5_u16.into();
    MmsValue::from(5_u32);
    value.to_uint32()?;
    value = 5_u32.into();
    MmsValue::VisibleString("text".into());
    value.to_string_value()?;
    MmsValue::BitString(BitString::new(8));
    value.to_bitstring()?;
    MmsValue::OctetString(vec![0; 4]);
    value.to_octet_string()?;
    MmsValue::Array(vec![MmsValue::from(0); 3]);
    MmsValue::Array(vec![]);
    MmsValue::Structure(vec![MmsValue::from(true), MmsValue::from(5)]);
    MmsValue::BinaryTime(BinaryTime::from_ms(0));
    MmsValue::utc_now();
    MmsValue::new_utc_time(Utc::now());
    MmsValue::new_utc_time_s(1_700_000_000);
    MmsValue::new_utc_time_ms(1_700_000_000_000);
    value.to_utc_time_ms()?;
    value.to_utc_time()?;
    value.to_data_access_error()?;
    if let Err(error) = value.to_bool() { println!("{error}") }
    Ok(())
}

fn others(attribute: &DataAttribute) -> Result<(), Box<dyn Error>> {
    let specification: Option<TypeDescription> = attribute.type_description();
    specification.as_ref().and_then(|specification| specification.child_by_name("mag.f"));
    specification.as_ref().and_then(|specification| specification.mms_type());
    let list: Vec<String> = Vec::new();
    Timestamp::from_ms(1_700_000_000_000).time();
    Timestamp::from(Utc::now()).time_in_ms();
    Ok(())
}

#[cfg(target_os = "linux")]
fn process_bus(server: &IedServer, node: &LogicalNode, config: GooseConfig, values: [MmsValue; 1]) -> Result<(), Box<dyn Error>> {
    let (mut receiver, mut streams) = (GooseReceiver::new(), SvReceiver::new());
    server.set_goose_interface_id("eth0")?;
    server.set_goose_interface_id_ex(node, Some("gcb"), "eth0")?;
    server.use_goose_vlan_tag(node, Some("gcb"), false)?;
    let mut publisher = GoosePublisher::new(PacketLink::open_sender("eth0")?, config);
    publisher.publish(&values)?;
    publisher.increase_st_num();
    publisher.set_simulation(true);
    publisher.set_time_allowed_to_live(Duration::from_millis(500));
    let subscriber = GooseSubscriber::new("LD/LLN0$GO$gcb").with_app_id(0x1000);
    receiver.add_subscriber(subscriber, |subscriber, event| println!("{event:?} {:?}", subscriber.values()));
    receiver.start(PacketLink::open("eth0", &FrameFilter::goose())?)?;
    GooseSubscriber::observer();
    let mut samples = SvPublisher::new(PacketLink::open_sender("eth0")?, SvConfig::of_streams(&[AsduConfig::new("MU01", 64)]))?;
    samples.publication_mut().set_int32(0, 8, 1500);
    samples.publish()?;
    streams.add_subscriber(SvSubscriber::new().with_app_id(0x4000), |event| println!("{event:?}"));
    let svcb = node.sv_control_blocks().remove(0);
    server.register_svcb_event_handler(&svcb, |block, enabled, client| println!("{enabled}"))?;
    samples.publication_mut().set_smp_synch(GLOBALLY_SYNCHRONIZED);
    SvConfig::of_stream_name("MU01", &"F4000S1I4U4".parse()?);
    Ok(())
}

fn routable(keys: Keys) -> Result<(), Box<dyn Error>> {
    keys.add(Key::new(1, Protection::HmacSha256_128, &[7; 32])?);
    keys.set_current(1)?;
    let options = RoutableOptions::sender("239.192.0.1:102".parse()?).with_ttl(16).with_keys(keys.clone());
    RoutableOptions::receiver_at_port().with_group([239, 192, 0, 1].into());
    let remote = GoosePublisher::new(RoutableLink::open(options)?, GooseConfig::new("LD/LLN0$GO$gcb", "LD/LLN0$ds"));
    Ok(())
}

fn client_connection_lines(reference: &str, fc: FunctionalConstraint, value: MmsValue) -> Result<(), Box<dyn Error>> {
    let connection = IedConnection::new();
    connection.connect("localhost", 102)?;
    connection.abort()?;
    connection.release()?;
    connection.close();
    connection.set_connect_timeout(Duration::from_millis(100));
    connection.status();
    connection.last_appl_error();
    connection.on_connection_closed(|connection| println!("{connection:?}"));
    connection.on_connection_state_change(|connection, state| println!("{state:?}"));
    let mut gocb = connection.read_gocb("LD/LLN0.gcb")?;
    connection.update_gocb_values(&mut gocb)?;
    connection.set_gocb_values(&mut gocb, true)?;
    connection.read_value(reference, fc)?;
    connection.write_value(reference, fc, &value)?;
    connection.read_boolean(reference, fc)?;
    connection.read_int32(reference, fc)?;
    connection.read_uint32(reference, fc)?;
    connection.read_int64(reference, fc)?;
    connection.read_float(reference, fc)?;
    connection.read_string(reference, fc)?;
    connection.read_timestamp(reference, fc)?;
    connection.read_quality(reference, fc)?;
    connection.write_boolean(reference, fc, true)?;
    connection.write_int32(reference, fc, 1)?;
    connection.write_uint32(reference, fc, 1)?;
    connection.write_float(reference, fc, 1.0)?;
    connection.write_string(reference, fc, "text")?;
    connection.write_octet_string(reference, fc, &[1, 2])?;
    let mut rcb = connection.read_rcb("LD/LLN0.RP.rcb")?;
    connection.update_rcb_values(&mut rcb)?;
    connection.set_rcb_values(&mut rcb, true)?;
    connection.register_report_handler(reference, "id", |report| println!("{report:?}"))?;
    connection.unregister_report_handler(reference);
    connection.create_rcb_and_subscribe(reference, |report| println!("{report:?}"), SubscribeOptions::new().with_trg_ops(TriggerOptions::DATA_CHANGED))?;
    let mut set = connection.read_dataset("LD/LLN0.ds")?;
    set.update_values()?;
    connection.get_dataset_directory("LD/LLN0.ds")?;
    connection.create_dataset("@ds", &["LD/GGIO1.Ind1[ST]"])?;
    connection.delete_dataset("@ds")?;
    connection.get_logical_devices()?;
    connection.get_logical_nodes("LD")?;
    connection.get_logical_node_directory("LD/LLN0", AcsiClass::DataSet)?;
    connection.get_data_directory(reference)?;
    connection.get_data_directory_fc(reference)?;
    connection.get_data_directory_by_fc(reference, fc)?;
    connection.get_logical_device_variables("LD")?;
    connection.get_logical_node_variables("LD/LLN0")?;
    connection.get_logical_device_datasets("LD")?;
    connection.get_files(None)?;
    connection.download_file("name")?;
    connection.set_filestore_basepath("folder");
    connection.upload_file("a", "b")?;
    connection.delete_file("name")?;
    let control = connection.read_control("LD/GGIO1.SPCSO1")?;
    Ok(())
}

fn client_control(control: &ControlObject, value: MmsValue) -> Result<(), Box<dyn Error>> {
    control.object_reference();
    control.control_model();
    control.ctl_val_type();
    control.last_error();
    control.operate(value.clone(), Some(Utc::now()))?;
    control.select()?;
    control.select_with_value(value.clone())?;
    control.cancel()?;
    control.last_appl_error();
    control.set_test_mode(true);
    control.set_origin("ident", OrCat::BayControl);
    control.use_constant_t(true);
    control.set_interlock_check(true);
    control.set_synchro_check(true);
    control.on_termination(|control, termination| println!("{termination:?}"));
    Ok(())
}

fn client_results(connection: &IedConnection, error: LastApplError, mut set: DataSet, file: FileDirectoryEntry) -> Result<(), Box<dyn Error>> {
    error.ctl_num;
    error.error;
    error.add_cause;
    set.reference();
    set.values();
    set.size();
    set.update_values()?;
    file.name.as_str();
    file.size;
    file.last_modified;
    connection.download_file(&file.name)?;
    Ok(())
}

fn client_goose(mut gocb: client::GooseControlBlock) -> Result<(), Box<dyn Error>> {
    gocb.element_changed();
    gocb.clear_element_changed();
    gocb.reference();
    gocb.set_go_ena(true);
    gocb.go_ena();
    gocb.go_id();
    gocb.datset();
    gocb.conf_rev();
    gocb.nds_comm();
    gocb.min_time();
    gocb.max_time();
    gocb.fixed_offs();
    Ok(())
}

fn client_report(report: &client::Report) -> Result<(), Box<dyn Error>> {
    report.dataset_name().is_some();
    report.dataset_name();
    report.dataset_values();
    report.entry_id();
    report.segments();
    report.rcb_reference();
    report.rpt_id();
    report.buf_ovfl();
    report.conf_rev();
    report.data_reference(0);
    report.reason_for_inclusion(0);
    report.seq_num();
    report.timestamp();
    Ok(())
}

fn client_rcb(mut rcb: client::ReportControlBlock) -> Result<(), Box<dyn Error>> {
    rcb.element_changed();
    rcb.clear_element_changed();
    rcb.on_report(|report| println!("{report:?}"));
    rcb.subscribe(SubscribeOptions::new())?;
    rcb.reference();
    rcb.is_buffered();
    rcb.rpt_id();
    rcb.rpt_ena();
    rcb.resv();
    rcb.dataset_reference();
    rcb.conf_rev();
    rcb.opt_flds();
    rcb.buf_tm();
    rcb.sq_num();
    rcb.trg_ops();
    rcb.intg_pd();
    rcb.gi();
    rcb.purge_buf();
    rcb.has_resv_tms();
    rcb.resv_tms();
    rcb.entry_id();
    rcb.entry_time();
    rcb.owner();
    rcb.set_rpt_id("id");
    rcb.set_rpt_ena(true);
    rcb.set_resv(true);
    rcb.set_dataset_reference("LD/LLN0.ds");
    rcb.set_opt_flds(ReportOptions::ALL);
    rcb.set_buf_tm(50);
    rcb.set_trg_ops(TriggerOptions::GI);
    rcb.set_intg_pd(1000);
    rcb.set_gi(true);
    rcb.set_purge_buf(true);
    rcb.set_resv_tms(30);
    rcb.set_entry_id(vec![0; 8]);
    Ok(())
}

/// The enumerations: name and number there, number here.
pub(crate) const MEMBERS: &[(&str, &str, i64, i64)] = &[
    ("DataAttributeType", "UNKNOWN_TYPE", -1, DataAttributeType::UnknownType.value() as i64),
    ("DataAttributeType", "BOOLEAN", 0, DataAttributeType::Boolean.value() as i64),
    ("DataAttributeType", "INT8", 1, DataAttributeType::Int8.value() as i64),
    ("DataAttributeType", "INT16", 2, DataAttributeType::Int16.value() as i64),
    ("DataAttributeType", "INT32", 3, DataAttributeType::Int32.value() as i64),
    ("DataAttributeType", "INT64", 4, DataAttributeType::Int64.value() as i64),
    ("DataAttributeType", "INT128", 5, DataAttributeType::Int128.value() as i64),
    ("DataAttributeType", "INT8U", 6, DataAttributeType::Int8U.value() as i64),
    ("DataAttributeType", "INT16U", 7, DataAttributeType::Int16U.value() as i64),
    ("DataAttributeType", "INT24U", 8, DataAttributeType::Int24U.value() as i64),
    ("DataAttributeType", "INT32U", 9, DataAttributeType::Int32U.value() as i64),
    ("DataAttributeType", "FLOAT32", 10, DataAttributeType::Float32.value() as i64),
    ("DataAttributeType", "FLOAT64", 11, DataAttributeType::Float64.value() as i64),
    ("DataAttributeType", "ENUMERATED", 12, DataAttributeType::Enumerated.value() as i64),
    ("DataAttributeType", "OCTET_STRING_64", 13, DataAttributeType::OctetString64.value() as i64),
    ("DataAttributeType", "OCTET_STRING_6", 14, DataAttributeType::OctetString6.value() as i64),
    ("DataAttributeType", "OCTET_STRING_8", 15, DataAttributeType::OctetString8.value() as i64),
    ("DataAttributeType", "VISIBLE_STRING_32", 16, DataAttributeType::VisibleString32.value() as i64),
    ("DataAttributeType", "VISIBLE_STRING_64", 17, DataAttributeType::VisibleString64.value() as i64),
    ("DataAttributeType", "VISIBLE_STRING_65", 18, DataAttributeType::VisibleString65.value() as i64),
    ("DataAttributeType", "VISIBLE_STRING_129", 19, DataAttributeType::VisibleString129.value() as i64),
    ("DataAttributeType", "VISIBLE_STRING_255", 20, DataAttributeType::VisibleString255.value() as i64),
    ("DataAttributeType", "UNICODE_STRING_255", 21, DataAttributeType::UnicodeString255.value() as i64),
    ("DataAttributeType", "TIMESTAMP", 22, DataAttributeType::Timestamp.value() as i64),
    ("DataAttributeType", "QUALITY", 23, DataAttributeType::Quality.value() as i64),
    ("DataAttributeType", "CHECK", 24, DataAttributeType::Check.value() as i64),
    ("DataAttributeType", "CODEDENUM", 25, DataAttributeType::CodedEnum.value() as i64),
    ("DataAttributeType", "GENERIC_BITSTRING", 26, DataAttributeType::GenericBitString.value() as i64),
    ("DataAttributeType", "CONSTRUCTED", 27, DataAttributeType::Constructed.value() as i64),
    ("DataAttributeType", "ENTRY_TIME", 28, DataAttributeType::EntryTime.value() as i64),
    ("DataAttributeType", "PHYCOMADDR", 29, DataAttributeType::PhyComAddr.value() as i64),
    ("DataAttributeType", "CURRENCY", 30, DataAttributeType::Currency.value() as i64),
    ("DataAttributeType", "OPTFLDS", 31, DataAttributeType::OptFlds.value() as i64),
    ("DataAttributeType", "TRGOPS", 32, DataAttributeType::TrgOps.value() as i64),
    ("ModelNodeType", "LOGICAL_DEVICE", 0, ModelNodeType::LogicalDevice.value() as i64),
    ("ModelNodeType", "LOGICAL_NODE", 1, ModelNodeType::LogicalNode.value() as i64),
    ("ModelNodeType", "DATA_OBJECT", 2, ModelNodeType::DataObject.value() as i64),
    ("ModelNodeType", "DATA_ATTRIBUTE", 3, ModelNodeType::DataAttribute.value() as i64),
    ("CheckHandlerResult", "ACCEPTED", -1, CheckHandlerResult::Accepted.value() as i64),
    ("CheckHandlerResult", "WAITING_FOR_SELECT", 0, CheckHandlerResult::WaitingForSelect.value() as i64),
    ("CheckHandlerResult", "HARDWARE_FAULT", 1, CheckHandlerResult::HardwareFault.value() as i64),
    ("CheckHandlerResult", "TEMPORARILY_UNAVAILABLE", 2, CheckHandlerResult::TemporarilyUnavailable.value() as i64),
    ("CheckHandlerResult", "OBJECT_ACCESS_DENIED", 3, CheckHandlerResult::ObjectAccessDenied.value() as i64),
    ("CheckHandlerResult", "OBJECT_UNDEFINED", 4, CheckHandlerResult::ObjectUndefined.value() as i64),
    ("CheckHandlerResult", "VALUE_INVALID", 11, CheckHandlerResult::ValueInvalid.value() as i64),
    ("ControlHandlerResult", "FAILED", 0, ControlHandlerResult::Failed.value() as i64),
    ("ControlHandlerResult", "OK", 1, ControlHandlerResult::Ok.value() as i64),
    ("ControlHandlerResult", "WAITING", 2, ControlHandlerResult::Waiting.value() as i64),
    ("SelectStateChangedReason", "SELECTED", 0, SelectStateChangedReason::Selected.value() as i64),
    ("SelectStateChangedReason", "CANCELED", 1, SelectStateChangedReason::Canceled.value() as i64),
    ("SelectStateChangedReason", "TIMEOUT", 2, SelectStateChangedReason::Timeout.value() as i64),
    ("SelectStateChangedReason", "OPERATED", 3, SelectStateChangedReason::Operated.value() as i64),
    ("SelectStateChangedReason", "OPERATE_FAILED", 4, SelectStateChangedReason::OperateFailed.value() as i64),
    ("SelectStateChangedReason", "DISCONNECTED", 5, SelectStateChangedReason::Disconnected.value() as i64),
    ("AccessPolicy", "ALLOW", 0, AccessPolicy::Allow.value() as i64),
    ("AccessPolicy", "DENY", 1, AccessPolicy::Deny.value() as i64),
    ("IedServer_RCBEventType", "GET_PARAMETER", 0, RcbEventType::GetParameter.value() as i64),
    ("IedServer_RCBEventType", "SET_PARAMETER", 1, RcbEventType::SetParameter.value() as i64),
    ("IedServer_RCBEventType", "UNRESERVED", 2, RcbEventType::Unreserved.value() as i64),
    ("IedServer_RCBEventType", "RESERVED", 3, RcbEventType::Reserved.value() as i64),
    ("IedServer_RCBEventType", "ENABLE", 4, RcbEventType::Enable.value() as i64),
    ("IedServer_RCBEventType", "DISABLE", 5, RcbEventType::Disable.value() as i64),
    ("IedServer_RCBEventType", "GI", 6, RcbEventType::Gi.value() as i64),
    ("IedServer_RCBEventType", "PURGEBUF", 7, RcbEventType::PurgeBuf.value() as i64),
    ("IedServer_RCBEventType", "OVERFLOW", 8, RcbEventType::Overflow.value() as i64),
    ("IedServer_RCBEventType", "REPORT_CREATED", 9, RcbEventType::ReportCreated.value() as i64),
    ("IedServer_DataSetOperation", "CREATE", 0, DataSetOperation::Create.value() as i64),
    ("IedServer_DataSetOperation", "DELETE", 1, DataSetOperation::Delete.value() as i64),
    ("IedServer_DataSetOperation", "READ", 2, DataSetOperation::Read.value() as i64),
    ("IedServer_DataSetOperation", "WRITE", 3, DataSetOperation::Write.value() as i64),
    ("IedServer_DataSetOperation", "GET_DIRECTORY", 4, DataSetOperation::GetDirectory.value() as i64),
    ("IedServer_DirectoryCategory", "LD_LIST", 0, DirectoryCategory::LdList.value() as i64),
    ("IedServer_DirectoryCategory", "DATA_LIST", 1, DirectoryCategory::DataList.value() as i64),
    ("IedServer_DirectoryCategory", "DATASET_LIST", 2, DirectoryCategory::DataSetList.value() as i64),
    ("IedServer_DirectoryCategory", "LOG_LIST", 3, DirectoryCategory::LogList.value() as i64),
    ("IedServer_ControlBlockAccessType", "READ", 0, ControlBlockAccessType::Read.value() as i64),
    ("IedServer_ControlBlockAccessType", "WRITE", 1, ControlBlockAccessType::Write.value() as i64),
    ("Iec61850Edition", "EDITION_1", 0, Iec61850Edition::Edition1.value() as i64),
    ("Iec61850Edition", "EDITION_2", 1, Iec61850Edition::Edition2.value() as i64),
    ("Iec61850Edition", "EDITION_2_1", 2, Iec61850Edition::Edition2_1.value() as i64),
    ("OrCat", "NOT_SUPPORTED", 0, OrCat::NotSupported.value() as i64),
    ("OrCat", "BAY_CONTROL", 1, OrCat::BayControl.value() as i64),
    ("OrCat", "STATION_CONTROL", 2, OrCat::StationControl.value() as i64),
    ("OrCat", "REMOTE_CONTROL", 3, OrCat::RemoteControl.value() as i64),
    ("OrCat", "AUTOMATIC_BAY", 4, OrCat::AutomaticBay.value() as i64),
    ("OrCat", "AUTOMATIC_STATION", 5, OrCat::AutomaticStation.value() as i64),
    ("OrCat", "AUTOMATIC_REMOTE", 6, OrCat::AutomaticRemote.value() as i64),
    ("OrCat", "MAINTENANCE", 7, OrCat::Maintenance.value() as i64),
    ("OrCat", "PROCESS", 8, OrCat::Process.value() as i64),
    ("ACSIClass", "DATA_OBJECT", 0, AcsiClass::DataObject.value() as i64),
    ("ACSIClass", "DATA_SET", 1, AcsiClass::DataSet.value() as i64),
    ("ACSIClass", "BRCB", 2, AcsiClass::Brcb.value() as i64),
    ("ACSIClass", "URCB", 3, AcsiClass::Urcb.value() as i64),
    ("ACSIClass", "LCB", 4, AcsiClass::Lcb.value() as i64),
    ("ACSIClass", "LOG", 5, AcsiClass::Log.value() as i64),
    ("ACSIClass", "SGCB", 6, AcsiClass::Sgcb.value() as i64),
    ("ACSIClass", "GoCB", 7, AcsiClass::GoCb.value() as i64),
    ("ACSIClass", "GsCB", 8, AcsiClass::GsCb.value() as i64),
    ("ACSIClass", "MSVCB", 9, AcsiClass::Msvcb.value() as i64),
    ("ACSIClass", "USVCB", 10, AcsiClass::Usvcb.value() as i64),
    ("FunctionalConstraint", "ST", 0, FunctionalConstraint::ST as i64),
    ("FunctionalConstraint", "MX", 1, FunctionalConstraint::MX as i64),
    ("FunctionalConstraint", "SP", 2, FunctionalConstraint::SP as i64),
    ("FunctionalConstraint", "SV", 3, FunctionalConstraint::SV as i64),
    ("FunctionalConstraint", "CF", 4, FunctionalConstraint::CF as i64),
    ("FunctionalConstraint", "DC", 5, FunctionalConstraint::DC as i64),
    ("FunctionalConstraint", "SG", 6, FunctionalConstraint::SG as i64),
    ("FunctionalConstraint", "SE", 7, FunctionalConstraint::SE as i64),
    ("FunctionalConstraint", "SR", 8, FunctionalConstraint::SR as i64),
    ("FunctionalConstraint", "OR", 9, FunctionalConstraint::OR as i64),
    ("FunctionalConstraint", "BL", 10, FunctionalConstraint::BL as i64),
    ("FunctionalConstraint", "EX", 11, FunctionalConstraint::EX as i64),
    ("FunctionalConstraint", "CO", 12, FunctionalConstraint::CO as i64),
    ("FunctionalConstraint", "US", 13, FunctionalConstraint::US as i64),
    ("FunctionalConstraint", "MS", 14, FunctionalConstraint::MS as i64),
    ("FunctionalConstraint", "RP", 15, FunctionalConstraint::RP as i64),
    ("FunctionalConstraint", "BR", 16, FunctionalConstraint::BR as i64),
    ("FunctionalConstraint", "LG", 17, FunctionalConstraint::LG as i64),
    ("FunctionalConstraint", "GO", 18, FunctionalConstraint::GO as i64),
    ("FunctionalConstraint", "ALL", 99, FunctionalConstraint::ALL as i64),
    ("FunctionalConstraint", "NONE", -1, FunctionalConstraint::NONE as i64),
    ("Dbpos", "INTERMEDIATE_STATE", 0, Dbpos::IntermediateState.value() as i64),
    ("Dbpos", "OFF", 1, Dbpos::Off.value() as i64),
    ("Dbpos", "ON", 2, Dbpos::On.value() as i64),
    ("Dbpos", "BAD_STATE", 3, Dbpos::BadState.value() as i64),
    ("SVSmpMod", "SAMPLES_PER_PERIOD", 0, SvSmpMod::SamplesPerPeriod.value() as i64),
    ("SVSmpMod", "SAMPLES_PER_SECOND", 1, SvSmpMod::SamplesPerSecond.value() as i64),
    ("SVSmpMod", "SECONDS_PER_SAMPLE", 2, SvSmpMod::SecondsPerSample.value() as i64),
    ("ControlModel", "STATUS_ONLY", 0, ControlModel::StatusOnly.value() as i64),
    ("ControlModel", "DIRECT_NORMAL", 1, ControlModel::DirectNormal.value() as i64),
    ("ControlModel", "SBO_NORMAL", 2, ControlModel::SboNormal.value() as i64),
    ("ControlModel", "DIRECT_ENHANCED", 3, ControlModel::DirectEnhanced.value() as i64),
    ("ControlModel", "SBO_ENHANCED", 4, ControlModel::SboEnhanced.value() as i64),
    ("ControlAddCause", "UNKNOWN", 0, ControlAddCause::Unknown.value() as i64),
    ("ControlAddCause", "NOT_SUPPORTED", 1, ControlAddCause::NotSupported.value() as i64),
    ("ControlAddCause", "BLOCKED_BY_SWITCHING_HIERARCHY", 2, ControlAddCause::BlockedBySwitchingHierarchy.value() as i64),
    ("ControlAddCause", "SELECT_FAILED", 3, ControlAddCause::SelectFailed.value() as i64),
    ("ControlAddCause", "INVALID_POSITION", 4, ControlAddCause::InvalidPosition.value() as i64),
    ("ControlAddCause", "POSITION_REACHED", 5, ControlAddCause::PositionReached.value() as i64),
    ("ControlAddCause", "PARAMETER_CHANGE_IN_EXECUTION", 6, ControlAddCause::ParameterChangeInExecution.value() as i64),
    ("ControlAddCause", "STEP_LIMIT", 7, ControlAddCause::StepLimit.value() as i64),
    ("ControlAddCause", "BLOCKED_BY_MODE", 8, ControlAddCause::BlockedByMode.value() as i64),
    ("ControlAddCause", "BLOCKED_BY_PROCESS", 9, ControlAddCause::BlockedByProcess.value() as i64),
    ("ControlAddCause", "BLOCKED_BY_INTERLOCKING", 10, ControlAddCause::BlockedByInterlocking.value() as i64),
    ("ControlAddCause", "BLOCKED_BY_SYNCHROCHECK", 11, ControlAddCause::BlockedBySynchrocheck.value() as i64),
    ("ControlAddCause", "COMMAND_ALREADY_IN_EXECUTION", 12, ControlAddCause::CommandAlreadyInExecution.value() as i64),
    ("ControlAddCause", "BLOCKED_BY_HEALTH", 13, ControlAddCause::BlockedByHealth.value() as i64),
    ("ControlAddCause", "ONE_OF_N_CONTROL", 14, ControlAddCause::OneOfNControl.value() as i64),
    ("ControlAddCause", "ABORTION_BY_CANCEL", 15, ControlAddCause::AbortionByCancel.value() as i64),
    ("ControlAddCause", "TIME_LIMIT_OVER", 16, ControlAddCause::TimeLimitOver.value() as i64),
    ("ControlAddCause", "ABORTION_BY_TRIP", 17, ControlAddCause::AbortionByTrip.value() as i64),
    ("ControlAddCause", "OBJECT_NOT_SELECTED", 18, ControlAddCause::ObjectNotSelected.value() as i64),
    ("ControlAddCause", "OBJECT_ALREADY_SELECTED", 19, ControlAddCause::ObjectAlreadySelected.value() as i64),
    ("ControlAddCause", "NO_ACCESS_AUTHORITY", 20, ControlAddCause::NoAccessAuthority.value() as i64),
    ("ControlAddCause", "ENDED_WITH_OVERSHOOT", 21, ControlAddCause::EndedWithOvershoot.value() as i64),
    ("ControlAddCause", "ABORTION_DUE_TO_DEVIATION", 22, ControlAddCause::AbortionDueToDeviation.value() as i64),
    ("ControlAddCause", "ABORTION_BY_COMMUNICATION_LOSS", 23, ControlAddCause::AbortionByCommunicationLoss.value() as i64),
    ("ControlAddCause", "ABORTION_BY_COMMAND", 24, ControlAddCause::AbortionByCommand.value() as i64),
    ("ControlAddCause", "NONE", 25, ControlAddCause::None.value() as i64),
    ("ControlAddCause", "INCONSISTENT_PARAMETERS", 26, ControlAddCause::InconsistentParameters.value() as i64),
    ("ControlAddCause", "LOCKED_BY_OTHER_CLIENT", 27, ControlAddCause::LockedByOtherClient.value() as i64),
    ("ControlLastApplError", "NO_ERROR", 0, ControlLastApplError::NoError.value() as i64),
    ("ControlLastApplError", "UNKNOWN", 1, ControlLastApplError::Unknown.value() as i64),
    ("ControlLastApplError", "TIMEOUT_TEST", 2, ControlLastApplError::TimeoutTest.value() as i64),
    ("ControlLastApplError", "OPERATOR_TEST", 3, ControlLastApplError::OperatorTest.value() as i64),
    ("QualityValidity", "GOOD", 0, QualityValidity::Good.value() as i64),
    ("QualityValidity", "INVALID", 2, QualityValidity::Invalid.value() as i64),
    ("QualityValidity", "RESERVED", 1, QualityValidity::Reserved.value() as i64),
    ("QualityValidity", "QUESTIONABLE", 3, QualityValidity::Questionable.value() as i64),
    ("MmsType", "ARRAY", 0, MmsType::Array as i64),
    ("MmsType", "STRUCTURE", 1, MmsType::Structure as i64),
    ("MmsType", "BOOLEAN", 2, MmsType::Boolean as i64),
    ("MmsType", "BIT_STRING", 3, MmsType::BitString as i64),
    ("MmsType", "INTEGER", 4, MmsType::Integer as i64),
    ("MmsType", "UNSIGNED", 5, MmsType::Unsigned as i64),
    ("MmsType", "FLOAT", 6, MmsType::Float as i64),
    ("MmsType", "OCTET_STRING", 7, MmsType::OctetString as i64),
    ("MmsType", "VISIBLE_STRING", 8, MmsType::VisibleString as i64),
    ("MmsType", "GENERALIZED_TIME", 9, MmsType::GeneralizedTime as i64),
    ("MmsType", "BINARY_TIME", 10, MmsType::BinaryTime as i64),
    ("MmsType", "BCD", 11, MmsType::Bcd as i64),
    ("MmsType", "OBJ_ID", 12, MmsType::ObjId as i64),
    ("MmsType", "STRING", 13, MmsType::MmsString as i64),
    ("MmsType", "UTC_TIME", 14, MmsType::UtcTime as i64),
    ("MmsType", "DATA_ACCESS_ERROR", 15, MmsType::DataAccessError as i64),
    ("MmsDataAccessError", "NO_RESPONSE", -2, MmsDataAccessError::NoResponse.value() as i64),
    ("MmsDataAccessError", "SUCCESS", -1, MmsDataAccessError::Success.value() as i64),
    ("MmsDataAccessError", "OBJECT_INVALIDATED", 0, MmsDataAccessError::ObjectInvalidated.value() as i64),
    ("MmsDataAccessError", "HARDWARE_FAULT", 1, MmsDataAccessError::HardwareFault.value() as i64),
    ("MmsDataAccessError", "TEMPORARILY_UNAVAILABLE", 2, MmsDataAccessError::TemporarilyUnavailable.value() as i64),
    ("MmsDataAccessError", "OBJECT_ACCESS_DENIED", 3, MmsDataAccessError::ObjectAccessDenied.value() as i64),
    ("MmsDataAccessError", "OBJECT_UNDEFINED", 4, MmsDataAccessError::ObjectUndefined.value() as i64),
    ("MmsDataAccessError", "INVALID_ADDRESS", 5, MmsDataAccessError::InvalidAddress.value() as i64),
    ("MmsDataAccessError", "TYPE_UNSUPPORTED", 6, MmsDataAccessError::TypeUnsupported.value() as i64),
    ("MmsDataAccessError", "TYPE_INCONSISTENT", 7, MmsDataAccessError::TypeInconsistent.value() as i64),
    ("MmsDataAccessError", "OBJECT_ATTRIBUTE_INCONSISTENT", 8, MmsDataAccessError::ObjectAttributeInconsistent.value() as i64),
    ("MmsDataAccessError", "OBJECT_ACCESS_UNSUPPORTED", 9, MmsDataAccessError::ObjectAccessUnsupported.value() as i64),
    ("MmsDataAccessError", "OBJECT_NONE_EXISTENT", 10, MmsDataAccessError::ObjectNonExistent.value() as i64),
    ("MmsDataAccessError", "OBJECT_VALUE_INVALID", 11, MmsDataAccessError::ObjectValueInvalid.value() as i64),
    ("MmsDataAccessError", "UNKNOWN", 12, MmsDataAccessError::Unknown.value() as i64),
    ("DataAttributeTriggerOptions", "TRG_OPT_DATA_CHANGED", 1, TriggerOptions::DATA_CHANGED.bits() as i64),
    ("DataAttributeTriggerOptions", "TRG_OPT_QUALITY_CHANGED", 2, TriggerOptions::QUALITY_CHANGED.bits() as i64),
    ("DataAttributeTriggerOptions", "TRG_OPT_DATA_UPDATE", 4, TriggerOptions::DATA_UPDATE.bits() as i64),
    ("ReportSetting", "RPT_ID", 1, ReportSetting::RPT_ID.bits() as i64),
    ("ReportSetting", "BUF_TIME", 2, ReportSetting::BUF_TIME.bits() as i64),
    ("ReportSetting", "DATSET", 4, ReportSetting::DATSET.bits() as i64),
    ("ReportSetting", "TRG_OPS", 8, ReportSetting::TRG_OPS.bits() as i64),
    ("ReportSetting", "OPT_FIELDS", 16, ReportSetting::OPT_FIELDS.bits() as i64),
    ("ReportSetting", "INTG_PD", 32, ReportSetting::INTG_PD.bits() as i64),
    ("ReportTriggerOptions", "DATA_CHANGED", 1, TriggerOptions::DATA_CHANGED.bits() as i64),
    ("ReportTriggerOptions", "QUALITY_CHANGED", 2, TriggerOptions::QUALITY_CHANGED.bits() as i64),
    ("ReportTriggerOptions", "DATA_UPDATE", 4, TriggerOptions::DATA_UPDATE.bits() as i64),
    ("ReportTriggerOptions", "INTEGRITY", 8, TriggerOptions::INTEGRITY.bits() as i64),
    ("ReportTriggerOptions", "GI", 16, TriggerOptions::GI.bits() as i64),
    ("ReportTriggerOptions", "TRANSIENT", 128, TriggerOptions::TRANSIENT.bits() as i64),
    ("ReportOptions", "NONE", 0, ReportOptions::NONE.bits() as i64),
    ("ReportOptions", "SEQ_NUM", 1, ReportOptions::SEQ_NUM.bits() as i64),
    ("ReportOptions", "TIME_STAMP", 2, ReportOptions::TIME_STAMP.bits() as i64),
    ("ReportOptions", "REASON_FOR_INCLUSION", 4, ReportOptions::REASON_FOR_INCLUSION.bits() as i64),
    ("ReportOptions", "DATA_SET", 8, ReportOptions::DATA_SET.bits() as i64),
    ("ReportOptions", "DATA_REFERENCE", 16, ReportOptions::DATA_REFERENCE.bits() as i64),
    ("ReportOptions", "BUFFER_OVERFLOW", 32, ReportOptions::BUFFER_OVERFLOW.bits() as i64),
    ("ReportOptions", "ENTRY_ID", 64, ReportOptions::ENTRY_ID.bits() as i64),
    ("ReportOptions", "CONF_REV", 128, ReportOptions::CONF_REV.bits() as i64),
    ("ReportOptions", "SEGMENTATION", 256, ReportOptions::SEGMENTATION.bits() as i64),
    ("ReportOptions", "ALL", 511, ReportOptions::all().bits() as i64),
    ("SampledValueOptions", "IEC61850_SV_OPT_REFRESH_TIME", 1, SampledValueOptions::REFRESH_TIME.bits() as i64),
    ("SampledValueOptions", "IEC61850_SV_OPT_SAMPLE_SYNC", 2, SampledValueOptions::SAMPLE_SYNC.bits() as i64),
    ("SampledValueOptions", "IEC61850_SV_OPT_SAMPLE_RATE", 4, SampledValueOptions::SAMPLE_RATE.bits() as i64),
    ("SampledValueOptions", "IEC61850_SV_OPT_DATA_SET", 8, SampledValueOptions::DATA_SET.bits() as i64),
    ("SampledValueOptions", "IEC61850_SV_OPT_SECURITY", 16, SampledValueOptions::SECURITY.bits() as i64),
    ("QualityDetail", "OVERFLOW", 4, QualityDetail::OVERFLOW.bits() as i64),
    ("QualityDetail", "OUT_OF_RANGE", 8, QualityDetail::OUT_OF_RANGE.bits() as i64),
    ("QualityDetail", "BAD_REFERENCE", 16, QualityDetail::BAD_REFERENCE.bits() as i64),
    ("QualityDetail", "OSCILLATORY", 32, QualityDetail::OSCILLATORY.bits() as i64),
    ("QualityDetail", "FAILURE", 64, QualityDetail::FAILURE.bits() as i64),
    ("QualityDetail", "OLD_DATA", 128, QualityDetail::OLD_DATA.bits() as i64),
    ("QualityDetail", "INCONSISTENT", 256, QualityDetail::INCONSISTENT.bits() as i64),
    ("QualityDetail", "INACCURATE", 512, QualityDetail::INACCURATE.bits() as i64),
    ("Quality", "VALIDITY_GOOD", 0, Quality::VALIDITY_GOOD.bits() as i64),
    ("Quality", "VALIDITY_INVALID", 2, Quality::VALIDITY_INVALID.bits() as i64),
    ("Quality", "VALIDITY_RESERVED", 1, Quality::VALIDITY_RESERVED.bits() as i64),
    ("Quality", "VALIDITY_QUESTIONABLE", 3, Quality::VALIDITY_QUESTIONABLE.bits() as i64),
    ("Quality", "DETAIL_OVERFLOW", 4, Quality::DETAIL_OVERFLOW.bits() as i64),
    ("Quality", "DETAIL_OUT_OF_RANGE", 8, Quality::DETAIL_OUT_OF_RANGE.bits() as i64),
    ("Quality", "DETAIL_BAD_REFERENCE", 16, Quality::DETAIL_BAD_REFERENCE.bits() as i64),
    ("Quality", "DETAIL_OSCILLATORY", 32, Quality::DETAIL_OSCILLATORY.bits() as i64),
    ("Quality", "DETAIL_FAILURE", 64, Quality::DETAIL_FAILURE.bits() as i64),
    ("Quality", "DETAIL_OLD_DATA", 128, Quality::DETAIL_OLD_DATA.bits() as i64),
    ("Quality", "DETAIL_INCONSISTENT", 256, Quality::DETAIL_INCONSISTENT.bits() as i64),
    ("Quality", "DETAIL_INACCURATE", 512, Quality::DETAIL_INACCURATE.bits() as i64),
    ("Quality", "SOURCE_SUBSTITUTED", 1024, Quality::SOURCE_SUBSTITUTED.bits() as i64),
    ("Quality", "TEST", 2048, Quality::TEST.bits() as i64),
    ("Quality", "OPERATOR_BLOCKED", 4096, Quality::OPERATOR_BLOCKED.bits() as i64),
    ("Quality", "DERIVED", 8192, Quality::DERIVED.bits() as i64),
    ("CdcOptions", "PICS_SUBST", 1, CdcOptions::PICS_SUBST.bits() as i64),
    ("CdcOptions", "BLK_ENA", 2, CdcOptions::BLK_ENA.bits() as i64),
    ("CdcOptions", "DESC", 4, CdcOptions::DESC.bits() as i64),
    ("CdcOptions", "DESC_UNICODE", 8, CdcOptions::DESC_UNICODE.bits() as i64),
    ("CdcOptions", "AC_DLNDA", 16, CdcOptions::AC_DLNDA.bits() as i64),
    ("CdcOptions", "AC_DLN", 32, CdcOptions::AC_DLN.bits() as i64),
    ("CdcOptions", "UNIT", 64, CdcOptions::UNIT.bits() as i64),
    ("CdcOptions", "FROZEN_VALUE", 128, CdcOptions::FROZEN_VALUE.bits() as i64),
    ("CdcOptions", "ADDR", 256, CdcOptions::ADDR.bits() as i64),
    ("CdcOptions", "ADDINFO", 512, CdcOptions::ADDINFO.bits() as i64),
    ("CdcOptions", "INST_MAG", 1024, CdcOptions::INST_MAG.bits() as i64),
    ("CdcOptions", "RANGE", 2048, CdcOptions::RANGE.bits() as i64),
    ("CdcOptions", "UNIT_MULTIPLIER", 4096, CdcOptions::UNIT_MULTIPLIER.bits() as i64),
    ("CdcOptions", "AC_SCAV", 8192, CdcOptions::AC_SCAV.bits() as i64),
    ("CdcOptions", "MIN", 16384, CdcOptions::MIN.bits() as i64),
    ("CdcOptions", "MAX", 32768, CdcOptions::MAX.bits() as i64),
    ("CdcOptions", "AC_CLC_O", 65536, CdcOptions::AC_CLC_O.bits() as i64),
    ("CdcOptions", "RANGE_ANG", 131072, CdcOptions::RANGE_ANG.bits() as i64),
    ("CdcOptions", "PHASE_A", 262144, CdcOptions::PHASE_A.bits() as i64),
    ("CdcOptions", "PHASE_B", 524288, CdcOptions::PHASE_B.bits() as i64),
    ("CdcOptions", "PHASE_C", 1048576, CdcOptions::PHASE_C.bits() as i64),
    ("CdcOptions", "PHASE_NEUT", 2097152, CdcOptions::PHASE_NEUT.bits() as i64),
    ("CdcOptions", "PHASES_ABC", 1835008, CdcOptions::PHASES_ABC.bits() as i64),
    ("CdcOptions", "PHASES_ALL", 3932160, CdcOptions::PHASES_ALL.bits() as i64),
    ("CdcOptions", "STEP_SIZE", 4194304, CdcOptions::STEP_SIZE.bits() as i64),
    ("CdcOptions", "ANGLE_REF", 8388608, CdcOptions::ANGLE_REF.bits() as i64),
    ("CdcControlModelOptions", "MODEL_NONE", 0, CdcControlModelOptions::MODEL_NONE.bits() as i64),
    ("CdcControlModelOptions", "MODEL_DIRECT_NORMAL", 1, CdcControlModelOptions::MODEL_DIRECT_NORMAL.bits() as i64),
    ("CdcControlModelOptions", "MODEL_SBO_NORMAL", 2, CdcControlModelOptions::MODEL_SBO_NORMAL.bits() as i64),
    ("CdcControlModelOptions", "MODEL_DIRECT_ENHANCED", 3, CdcControlModelOptions::MODEL_DIRECT_ENHANCED.bits() as i64),
    ("CdcControlModelOptions", "MODEL_SBO_ENHANCED", 4, CdcControlModelOptions::MODEL_SBO_ENHANCED.bits() as i64),
    ("CdcControlModelOptions", "MODEL_HAS_CANCEL", 16, CdcControlModelOptions::MODEL_HAS_CANCEL.bits() as i64),
    ("CdcControlModelOptions", "MODEL_IS_TIME_ACTIVATED", 32, CdcControlModelOptions::MODEL_IS_TIME_ACTIVATED.bits() as i64),
    ("CdcControlModelOptions", "OPTION_ORIGIN", 64, CdcControlModelOptions::OPTION_ORIGIN.bits() as i64),
    ("CdcControlModelOptions", "OPTION_CTL_NUM", 128, CdcControlModelOptions::OPTION_CTL_NUM.bits() as i64),
    ("CdcControlModelOptions", "OPTION_ST_SELD", 256, CdcControlModelOptions::OPTION_ST_SELD.bits() as i64),
    ("CdcControlModelOptions", "OPTION_OP_RCVD", 512, CdcControlModelOptions::OPTION_OP_RCVD.bits() as i64),
    ("CdcControlModelOptions", "OPTION_OP_OK", 1024, CdcControlModelOptions::OPTION_OP_OK.bits() as i64),
    ("CdcControlModelOptions", "OPTION_T_OP_OK", 2048, CdcControlModelOptions::OPTION_T_OP_OK.bits() as i64),
    ("CdcControlModelOptions", "OPTION_SBO_TIMEOUT", 4096, CdcControlModelOptions::OPTION_SBO_TIMEOUT.bits() as i64),
    ("CdcControlModelOptions", "OPTION_SBO_CLASS", 8192, CdcControlModelOptions::OPTION_SBO_CLASS.bits() as i64),
    ("CdcControlModelOptions", "OPTION_OPER_TIMEOUT", 16384, CdcControlModelOptions::OPTION_OPER_TIMEOUT.bits() as i64),
    ("IedClientError", "NOT_CONNECTED", 1, iec61850::client::IedClientError::NotConnected.value() as i64),
    ("IedClientError", "ALREADY_CONNECTED", 2, iec61850::client::IedClientError::AlreadyConnected.value() as i64),
    ("IedClientError", "CONNECTION_LOST", 3, iec61850::client::IedClientError::ConnectionLost.value() as i64),
    ("IedClientError", "SERVICE_NOT_SUPPORTED", 4, iec61850::client::IedClientError::ServiceNotSupported.value() as i64),
    ("IedClientError", "CONNECTION_REJECTED", 5, iec61850::client::IedClientError::ConnectionRejected.value() as i64),
    ("IedClientError", "OUTSTANDING_CALL_LIMIT_REACHED", 6, iec61850::client::IedClientError::OutstandingCallLimitReached.value() as i64),
    ("IedClientError", "USER_PROVIDED_INVALID_ARGUMENT", 10, iec61850::client::IedClientError::UserProvidedInvalidArgument.value() as i64),
    ("IedClientError", "ENABLE_REPORT_FAILED_DATASET_MISMATCH", 11, iec61850::client::IedClientError::EnableReportFailedDatasetMismatch.value() as i64),
    ("IedClientError", "OBJECT_REFERENCE_INVALID", 12, iec61850::client::IedClientError::ObjectReferenceInvalid.value() as i64),
    ("IedClientError", "UNEXPECTED_VALUE_RECEIVED", 13, iec61850::client::IedClientError::UnexpectedValueReceived.value() as i64),
    ("IedClientError", "TIMEOUT", 20, iec61850::client::IedClientError::Timeout.value() as i64),
    ("IedClientError", "ACCESS_DENIED", 21, iec61850::client::IedClientError::AccessDenied.value() as i64),
    ("IedClientError", "OBJECT_DOES_NOT_EXIST", 22, iec61850::client::IedClientError::ObjectDoesNotExist.value() as i64),
    ("IedClientError", "OBJECT_EXISTS", 23, iec61850::client::IedClientError::ObjectExists.value() as i64),
    ("IedClientError", "OBJECT_ACCESS_UNSUPPORTED", 24, iec61850::client::IedClientError::ObjectAccessUnsupported.value() as i64),
    ("IedClientError", "TYPE_INCONSISTENT", 25, iec61850::client::IedClientError::TypeInconsistent.value() as i64),
    ("IedClientError", "TEMPORARILY_UNAVAILABLE", 26, iec61850::client::IedClientError::TemporarilyUnavailable.value() as i64),
    ("IedClientError", "OBJECT_UNDEFINED", 27, iec61850::client::IedClientError::ObjectUndefined.value() as i64),
    ("IedClientError", "INVALID_ADDRESS", 28, iec61850::client::IedClientError::InvalidAddress.value() as i64),
    ("IedClientError", "HARDWARE_FAULT", 29, iec61850::client::IedClientError::HardwareFault.value() as i64),
    ("IedClientError", "TYPE_UNSUPPORTED", 30, iec61850::client::IedClientError::TypeUnsupported.value() as i64),
    ("IedClientError", "OBJECT_ATTRIBUTE_INCONSISTENT", 31, iec61850::client::IedClientError::ObjectAttributeInconsistent.value() as i64),
    ("IedClientError", "OBJECT_VALUE_INVALID", 32, iec61850::client::IedClientError::ObjectValueInvalid.value() as i64),
    ("IedClientError", "OBJECT_INVALIDATED", 33, iec61850::client::IedClientError::ObjectInvalidated.value() as i64),
    ("IedClientError", "MALFORMED_MESSAGE", 34, iec61850::client::IedClientError::MalformedMessage.value() as i64),
    ("IedClientError", "OBJECT_CONSTRAINT_CONFLICT", 35, iec61850::client::IedClientError::ObjectConstraintConflict.value() as i64),
    ("IedClientError", "SERVICE_NOT_IMPLEMENTED", 98, iec61850::client::IedClientError::ServiceNotImplemented.value() as i64),
    ("IedClientError", "UNKNOWN", 99, iec61850::client::IedClientError::Unknown.value() as i64),
    ("IedConnectionState", "CLOSED", 0, iec61850::client::IedConnectionState::Closed.value() as i64),
    ("IedConnectionState", "CONNECTING", 1, iec61850::client::IedConnectionState::Connecting.value() as i64),
    ("IedConnectionState", "CONNECTED", 2, iec61850::client::IedConnectionState::Connected.value() as i64),
    ("IedConnectionState", "CLOSING", 3, iec61850::client::IedConnectionState::Closing.value() as i64),
    ("RcbElement", "RPT_ID", 1, iec61850::client::RcbElement::RPT_ID.bits() as i64),
    ("RcbElement", "RPT_ENA", 2, iec61850::client::RcbElement::RPT_ENA.bits() as i64),
    ("RcbElement", "RESV", 4, iec61850::client::RcbElement::RESV.bits() as i64),
    ("RcbElement", "DATSET", 8, iec61850::client::RcbElement::DATSET.bits() as i64),
    ("RcbElement", "CONF_REV", 16, iec61850::client::RcbElement::CONF_REV.bits() as i64),
    ("RcbElement", "OPT_FLDS", 32, iec61850::client::RcbElement::OPT_FLDS.bits() as i64),
    ("RcbElement", "BUF_TM", 64, iec61850::client::RcbElement::BUF_TM.bits() as i64),
    ("RcbElement", "SQ_NUM", 128, iec61850::client::RcbElement::SQ_NUM.bits() as i64),
    ("RcbElement", "TRG_OPS", 256, iec61850::client::RcbElement::TRG_OPS.bits() as i64),
    ("RcbElement", "INTG_PD", 512, iec61850::client::RcbElement::INTG_PD.bits() as i64),
    ("RcbElement", "GI", 1024, iec61850::client::RcbElement::GI.bits() as i64),
    ("RcbElement", "PURGE_BUF", 2048, iec61850::client::RcbElement::PURGE_BUF.bits() as i64),
    ("RcbElement", "ENTRY_ID", 4096, iec61850::client::RcbElement::ENTRY_ID.bits() as i64),
    ("RcbElement", "TIME_OF_ENTRY", 8192, iec61850::client::RcbElement::TIME_OF_ENTRY.bits() as i64),
    ("RcbElement", "RESV_TMS", 16384, iec61850::client::RcbElement::RESV_TMS.bits() as i64),
    ("RcbElement", "OWNER", 32768, iec61850::client::RcbElement::OWNER.bits() as i64),
    ("ReasonForInclusion", "NOT_INCLUDED", 0, iec61850::client::ReasonForInclusion::NOT_INCLUDED.bits() as i64),
    ("ReasonForInclusion", "DATA_CHANGE", 1, iec61850::client::ReasonForInclusion::DATA_CHANGE.bits() as i64),
    ("ReasonForInclusion", "QUALITY_CHANGE", 2, iec61850::client::ReasonForInclusion::QUALITY_CHANGE.bits() as i64),
    ("ReasonForInclusion", "DATA_UPDATE", 4, iec61850::client::ReasonForInclusion::DATA_UPDATE.bits() as i64),
    ("ReasonForInclusion", "INTEGRITY", 8, iec61850::client::ReasonForInclusion::INTEGRITY.bits() as i64),
    ("ReasonForInclusion", "GI", 16, iec61850::client::ReasonForInclusion::GI.bits() as i64),
    ("ReasonForInclusion", "UNKNOWN", 32, iec61850::client::ReasonForInclusion::UNKNOWN.bits() as i64),
    ("GocbElement", "GO_ENA", 1, iec61850::client::GocbElement::GO_ENA.bits() as i64),
    ("GocbElement", "GO_ID", 2, iec61850::client::GocbElement::GO_ID.bits() as i64),
    ("GocbElement", "DATSET", 4, iec61850::client::GocbElement::DATSET.bits() as i64),
    ("GocbElement", "CONF_REV", 8, iec61850::client::GocbElement::CONF_REV.bits() as i64),
    ("GocbElement", "NDS_COMM", 16, iec61850::client::GocbElement::NDS_COMM.bits() as i64),
    ("GocbElement", "DST_ADDRESS", 32, iec61850::client::GocbElement::DST_ADDRESS.bits() as i64),
    ("GocbElement", "MIN_TIME", 64, iec61850::client::GocbElement::MIN_TIME.bits() as i64),
    ("GocbElement", "MAX_TIME", 128, iec61850::client::GocbElement::MAX_TIME.bits() as i64),
    ("GocbElement", "FIXED_OFFS", 256, iec61850::client::GocbElement::FIXED_OFFS.bits() as i64),
    ("GocbElement", "ALL", 511, iec61850::client::GocbElement::ALL.bits() as i64),
];

/// The names of py61850.server and py61850.common: classes, methods, properties, functions.
pub(crate) const NAMES: &[&str] = &[
    "ACSIClass",
    "AccessPolicy",
    "CdcControlModelOptions",
    "CdcOptions",
    "CheckHandlerResult",
    "ClientConnection",
    "ControlAction",
    "ControlAddCause",
    "ControlHandlerResult",
    "ControlLastApplError",
    "ControlModel",
    "DataAttribute",
    "DataAttributeTriggerOptions",
    "DataAttributeType",
    "DataObject",
    "Dataset",
    "DatasetEntry",
    "Dbpos",
    "FunctionalConstraint",
    "GetChildByName",
    "GetType",
    "GooseControlBlock",
    "Iec61850Edition",
    "IedModel",
    "IedServer",
    "IedServerConfig",
    "IedServer_ControlBlockAccessType",
    "IedServer_DataSetOperation",
    "IedServer_DirectoryCategory",
    "IedServer_RCBEventType",
    "LinkedList",
    "LogicalDevice",
    "LogicalDevice_getSettingGroupControlBlock",
    "LogicalNode",
    "MmsDataAccessError",
    "MmsType",
    "MmsValue",
    "MmsValueException",
    "MmsVariableSpecification",
    "ModelNode",
    "ModelNodeType",
    "ObjectReference",
    "OrCat",
    "PhyComAddress",
    "Quality",
    "QualityDetail",
    "QualityValidity",
    "ReportControlBlock",
    "ReportOptions",
    "ReportSetting",
    "ReportTriggerOptions",
    "SVControlBlock",
    "SVSmpMod",
    "SampledValueOptions",
    "SelectStateChangedReason",
    "SettingGroupControlBlock",
    "Timestamp",
    "Timestamp_clearFlags",
    "Timestamp_getFractionOfSecond",
    "Timestamp_getFractionOfSecondPart",
    "Timestamp_getSubsecondPrecision",
    "Timestamp_getTimeInMs",
    "Timestamp_getTimeInNs",
    "Timestamp_getTimeInSeconds",
    "Timestamp_hasClockFailure",
    "Timestamp_isClockNotSynchronized",
    "Timestamp_isLeapSecondKnown",
    "Timestamp_setClockFailure",
    "Timestamp_setClockNotSynchronized",
    "Timestamp_setFractionOfSecondPart",
    "Timestamp_setLeapSecondKnown",
    "__str__",
    "abort",
    "act_sg",
    "add_string",
    "address_of",
    "addressof",
    "attribute_type",
    "child",
    "child_with_fc",
    "cnf_edit",
    "convert_to_bytes",
    "convert_to_datetime",
    "convert_to_str",
    "convert_to_uint64",
    "create_cac_analog",
    "create_cac_point",
    "create_cac_scaled_value_config",
    "create_cac_unit",
    "create_cac_val_with_trans",
    "create_cac_vector",
    "create_cdc_acd",
    "create_cdc_act",
    "create_cdc_alm",
    "create_cdc_apc",
    "create_cdc_asg",
    "create_cdc_bac",
    "create_cdc_bcr",
    "create_cdc_bsc",
    "create_cdc_cmd",
    "create_cdc_cmv",
    "create_cdc_cte",
    "create_cdc_del",
    "create_cdc_dpc",
    "create_cdc_dps",
    "create_cdc_enc",
    "create_cdc_eng",
    "create_cdc_ens",
    "create_cdc_hst",
    "create_cdc_inc",
    "create_cdc_ing",
    "create_cdc_ins",
    "create_cdc_isc",
    "create_cdc_lpl",
    "create_cdc_mv",
    "create_cdc_sav",
    "create_cdc_sec",
    "create_cdc_spc",
    "create_cdc_spg",
    "create_cdc_sps",
    "create_cdc_spv",
    "create_cdc_stv",
    "create_cdc_tms",
    "create_cdc_vsg",
    "create_cdc_vss",
    "create_cdc_wye",
    "create_dataset",
    "create_dataset_entry",
    "create_from_config_file",
    "create_from_string_list",
    "create_goose_control_block",
    "create_logical_device",
    "create_logical_node",
    "create_new",
    "create_report_control_block",
    "create_setting_group_control_block",
    "create_sv_control_block",
    "detail",
    "dynamic_dataset_enabled",
    "edit_sg",
    "edit_sg_enabled",
    "edition",
    "enable_owner_for_rcb",
    "enable_resv_tms_brcb",
    "enable_resv_tms_sgcb",
    "extra_cdc_options",
    "fc",
    "file_service_base_path",
    "file_service_enabled",
    "getT",
    "get_bit_string",
    "get_boolean",
    "get_client_connection",
    "get_control_object",
    "get_control_time",
    "get_ctl_num",
    "get_element",
    "get_float",
    "get_int32",
    "get_int64",
    "get_interlock_check",
    "get_originator_category",
    "get_originator_identifier",
    "get_report_setting",
    "get_string",
    "get_synchro_check",
    "get_time",
    "get_type",
    "get_uint32",
    "get_utc_time",
    "get_value",
    "get_value_with_fc",
    "handle",
    "ied_model",
    "init_value",
    "is_running",
    "is_select",
    "ld_name",
    "lib",
    "load_library",
    "local_address",
    "lock_data_model",
    "log_service_enabled",
    "logical_device_by_instance",
    "max_association_specific_datasets",
    "max_dataset_entries",
    "max_domain_specific_datasets",
    "max_mms_connection",
    "model_node_by_reference",
    "model_node_by_short_reference",
    "model_type",
    "name",
    "new_array",
    "new_binary_time",
    "new_bitstring",
    "new_bool",
    "new_double",
    "new_empty_array",
    "new_empty_structure",
    "new_float",
    "new_int16",
    "new_int32",
    "new_int64",
    "new_int8",
    "new_octetstring",
    "new_uint32",
    "new_utc_time",
    "new_utc_time_ms",
    "new_utc_time_s",
    "new_visible_string",
    "num_of_sgs",
    "peer_address",
    "register_active_setting_group_change_handler",
    "register_connection_change",
    "register_control_handler",
    "register_control_select_state_handler",
    "register_control_static_check_handler",
    "register_control_wait_handler",
    "register_edit_setting_group_change_handler",
    "register_edit_setting_group_confirmed_handler",
    "register_write_handler",
    "release",
    "report_buffer_size_brcb",
    "report_buffer_size_urcb",
    "resv_tms",
    "server",
    "set_add_cause",
    "set_bool",
    "set_default_write_policy",
    "set_double",
    "set_error",
    "set_filestore_basepath",
    "set_float",
    "set_int16",
    "set_int32",
    "set_int64",
    "set_int8",
    "set_report_setting",
    "set_uint16",
    "set_uint32",
    "set_uint8",
    "size",
    "start",
    "stop",
    "sync_integrity_report_times",
    "timestamp",
    "to_bitstring",
    "to_bool",
    "to_data_access_error",
    "to_double",
    "to_float",
    "to_int32",
    "to_int64",
    "to_octet_string",
    "to_pointer_list",
    "to_string",
    "to_string_list",
    "to_uint32",
    "to_utc_time",
    "to_utc_time_ms",
    "trigger_options",
    "unlock_data_model",
    "update_bit_string",
    "update_boolean",
    "update_dbpos",
    "update_float",
    "update_int32",
    "update_int64",
    "update_quality",
    "update_string",
    "update_timestamp",
    "update_uint",
    "update_utc_time",
    "update_value",
    "use_integrated_goose_publisher",
    "validity",
];
