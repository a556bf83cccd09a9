//! The bindings against the library that was found: every symbol is there, and what C writes is where Rust reads it.

use std::collections::BTreeSet;
use std::ffi::{CStr, CString, c_char, c_int, c_void};
use std::ptr::null_mut;

use libiec61850_sys::*;

/// A C string that lives as long as the test.
fn c(text: &str) -> CString {
    CString::new(text).expect("no octet 0")
}

/// The text at a pointer of the library.
fn text(pointer: *const c_char) -> String {
    assert!(!pointer.is_null(), "a text was expected");
    // SAFETY: the pointers of these tests come from the library or from CStrings that are alive.
    unsafe { CStr::from_ptr(pointer) }
        .to_string_lossy()
        .into_owned()
}

/// The names of the functions that the bindings declare.
fn declared() -> BTreeSet<&'static str> {
    include_str!("../src/bindings.rs")
        .lines()
        .filter_map(|line| line.trim_start().strip_prefix("pub fn "))
        .filter_map(|line| line.split('(').next())
        .collect()
}

#[test]
fn the_version_fits() {
    let version = version().expect("a library that fits");
    assert!(version >= Version::OLDEST);
    // SAFETY: the function takes nothing.
    let says = unsafe { LibIEC61850_getVersionString() };
    assert_eq!(text(says).parse::<Version>().as_ref(), Ok(&version));
}

/// The wheel's build has TLS and all services: nothing that is declared may be missing. What its public headers declare beyond that and it does not
/// export is not declared here; the crate documentation lists it.
#[test]
fn every_declared_function_is_exported() {
    assert_eq!(declared().len(), 1006);
    assert_eq!(LIBRARY.missing, [""; 0], "by the table of symbols");
    assert!(LIBRARY.has_tls);
}

/// The same by the loader, which knows only shared libraries.
#[cfg(target_os = "linux")]
#[test]
fn the_loader_finds_every_declared_function() {
    unsafe extern "C" {
        fn dlsym(handle: *mut c_void, symbol: *const c_char) -> *mut c_void;
    }
    // Calling a function makes this program need the library.
    version().expect("a library that fits");
    if !LIBRARY.is_shared {
        return;
    }
    let find = |name: &str| {
        let name = c(name);
        // SAFETY: NULL is RTLD_DEFAULT, and the name is a C string.
        unsafe { dlsym(null_mut(), name.as_ptr()) }
    };
    let missing: Vec<_> = declared()
        .into_iter()
        .filter(|name| find(name).is_null())
        .collect();
    assert_eq!(missing, [""; 0]);
    assert!(find("IedServer_thatDoesNotExist").is_null());
}

/// A model with one of everything, destroyed with the test.
struct Model(*mut IedModel);

impl Model {
    fn new() -> Self {
        // SAFETY: the name is a C string.
        let model = unsafe { IedModel_create(c("IED1").as_ptr()) };
        assert!(!model.is_null());
        Self(model)
    }

    fn device(&self, inst: &str) -> *mut LogicalDevice {
        // SAFETY: the model is alive.
        unsafe { LogicalDevice_create(c(inst).as_ptr(), self.0) }
    }
}

impl Drop for Model {
    fn drop(&mut self) {
        // SAFETY: it was created by IedModel_create, and nothing of it is used any more.
        unsafe { IedModel_destroy(self.0) }
    }
}

#[test]
fn nodes_made_in_c_are_read_in_rust() {
    let model = Model::new();
    // SAFETY: all parents are nodes of a model that is alive, all names C strings.
    unsafe {
        let device = LogicalDevice_createEx(c("LD0").as_ptr(), model.0, c("FUNCTIONAL").as_ptr());
        let node = LogicalNode_create(c("GGIO1").as_ptr(), device);
        let object = DataObject_create(c("Ind1").as_ptr(), node.cast(), 0);
        let attribute = DataAttribute_create(
            c("stVal").as_ptr(),
            object.cast(),
            IEC61850_BOOLEAN,
            IEC61850_FC_ST,
            0x85,
            0,
            0xdead_beef,
        );
        let array = DataObject_create(c("HaAmp").as_ptr(), node.cast(), 7);

        let root = &*model.0;
        assert_eq!(text(root.name), "IED1");
        assert_eq!(root.firstChild, device);
        assert!(root.initializer.is_some());
        assert!(root.dataSets.is_null() && root.logs.is_null());

        let device = &*device;
        assert_eq!(device.modelType, LogicalDeviceModelType);
        assert_eq!(text(device.name), "LD0");
        assert_eq!(text(device.ldName), "FUNCTIONAL");
        assert_eq!(device.parent, model.0.cast());
        assert_eq!(device.firstChild, node.cast());

        let node = &*node;
        assert_eq!(node.modelType, LogicalNodeModelType);
        assert_eq!(text(node.name), "GGIO1");
        assert_eq!(node.parent.cast_const(), (&raw const *device).cast());
        assert_eq!(node.firstChild, object.cast());

        let object = &*object;
        assert_eq!(object.modelType, DataObjectModelType);
        assert_eq!(object.sibling, array.cast());
        assert_eq!((object.elementCount, object.arrayIndex), (0, -1));
        assert_eq!((*array).elementCount, 7);

        let attribute = &*attribute;
        assert_eq!(attribute.modelType, DataAttributeModelType);
        assert_eq!(text(attribute.name), "stVal");
        assert_eq!(attribute.type_, IEC61850_BOOLEAN);
        assert_eq!(attribute.fc, IEC61850_FC_ST);
        assert_eq!(attribute.triggerOptions, 0x85);
        assert_eq!(attribute.sAddr, 0xdead_beef);

        // And what Rust writes is where C reads it.
        let attribute: *mut DataAttribute = (&raw const *attribute).cast_mut();
        (*attribute).triggerOptions = 0x02;
        assert_eq!(DataAttribute_getTrgOps(attribute), 0x02);
        DataAttribute_setValue(attribute, MmsValue_newBoolean(true));
        assert!(MmsValue_getBoolean((*attribute).mmsValue));
    }
}

#[test]
fn data_sets_and_control_blocks_made_in_c_are_read_in_rust() {
    let model = Model::new();
    let device = model.device("LD0");
    let client = [4u8, 192, 168, 2, 9];
    // SAFETY: all parents are nodes of a model that is alive, all texts C strings; the address of the client has the four octets of its kind.
    unsafe {
        let node = LogicalNode_create(c("LLN0").as_ptr(), device);
        let data_set = DataSet_create(c("Events").as_ptr(), node);
        let entry = DataSetEntry_create(
            data_set,
            c("MMXU1$MX$HaAmp").as_ptr(),
            3,
            c("cVal$mag").as_ptr(),
        );
        assert_eq!((*model.0).dataSets, data_set);
        assert!(text((*data_set).name).ends_with("Events"));
        assert_eq!((*data_set).elementCount, 1);
        assert_eq!((*data_set).fcdas, entry);
        assert_eq!(text((*entry).variableName), "MMXU1$MX$HaAmp");
        assert_eq!((*entry).index, 3);
        assert_eq!(text((*entry).componentName), "cVal$mag");
        assert!((*entry).value.is_null() && (*entry).sibling.is_null());

        let report = ReportControlBlock_create(
            c("brcbA01").as_ptr(),
            node,
            c("rpt").as_ptr(),
            true,
            c("Events").as_ptr(),
            77,
            0x13,
            0x7e,
            250,
            60_000,
        );
        ReportControlBlock_setPreconfiguredClient(report, client[0], client[1..].as_ptr());
        let report = &*report;
        assert_eq!(report.parent, node);
        assert_eq!(text(report.name), "brcbA01");
        assert_eq!(text(report.rptId), "rpt");
        assert!(report.buffered);
        assert_eq!(text(report.dataSetName), "Events");
        assert_eq!(report.confRef, 77);
        assert_eq!((report.trgOps, report.options), (0x13, 0x7e));
        assert_eq!((report.bufferTime, report.intPeriod), (250, 60_000));
        assert_eq!(report.clientReservation[..5], client);
        assert_eq!((*model.0).rcbs.cast_const(), &raw const *report);

        let log = Log_create(c("EventLog").as_ptr(), node);
        assert_eq!(text((*log).name), "EventLog");
        assert_eq!((*log).parent, node);
        let log_control = &*LogControlBlock_create(
            c("lcb").as_ptr(),
            node,
            c("Events").as_ptr(),
            c("LD0/LLN0$EventLog").as_ptr(),
            0x03,
            5_000,
            true,
            false,
        );
        assert_eq!(text(log_control.name), "lcb");
        assert_eq!(text(log_control.logRef), "LD0/LLN0$EventLog");
        assert_eq!((log_control.trgOps, log_control.intPeriod), (0x03, 5_000));
        assert_eq!((log_control.logEna, log_control.reasonCode), (true, false));

        let groups = &*SettingGroupControlBlock_create(node, 2, 5);
        assert_eq!((groups.actSG, groups.numOfSGs, groups.editSG), (2, 5, 0));
        assert!(!groups.cnfEdit);
        assert_eq!((*model.0).sgcbs.cast_const(), &raw const *groups);

        let mut mac = [1u8, 12, 205, 1, 0, 9];
        let goose = GSEControlBlock_create(
            c("gcb").as_ptr(),
            node,
            c("app").as_ptr(),
            c("Events").as_ptr(),
            9,
            true,
            10,
            2_000,
        );
        GSEControlBlock_addPhyComAddress(
            goose,
            PhyComAddress_create(4, 0x123, 0x3001, mac.as_mut_ptr()),
        );
        let goose = &*goose;
        assert_eq!(text(goose.name), "gcb");
        assert_eq!(text(goose.appId), "app");
        assert_eq!((goose.confRev, goose.fixedOffs), (9, true));
        assert_eq!((goose.minTime, goose.maxTime), (10, 2_000));
        let address = &*goose.address;
        assert_eq!((address.vlanPriority, address.vlanId), (4, 0x123));
        assert_eq!((address.appId, address.dstAddress), (0x3001, mac));

        let samples = &*SVControlBlock_create(
            c("svcb").as_ptr(),
            node,
            c("sv").as_ptr(),
            c("Events").as_ptr(),
            3,
            1,
            4_000,
            0x0f,
            true,
        );
        assert_eq!(text(samples.svId), "sv");
        assert_eq!((samples.smpMod, samples.smpRate), (1, 4_000));
        assert_eq!((samples.optFlds, samples.confRev), (0x0f, 3));
        assert!(samples.isUnicast && samples.dstAddress.is_null());
        assert_eq!(samples.noASDU, 0);
    }
}

#[test]
fn the_server_configuration_is_the_structure_of_the_header() {
    // SAFETY: the configuration lives until it is destroyed, which is last; texts are C strings.
    unsafe {
        let handle = IedServerConfig_create();
        IedServerConfig_setReportBufferSize(handle, 1234);
        IedServerConfig_setReportBufferSizeForURCBs(handle, 5678);
        IedServerConfig_setFileServiceBasePath(handle, c("/files/").as_ptr());
        IedServerConfig_setMaxDomainSpecificDataSets(handle, 21);
        IedServerConfig_setMaxDataSetEntries(handle, 22);
        IedServerConfig_setMaxMmsConnections(handle, 23);
        IedServerConfig_setEdition(handle, IEC_61850_EDITION_2_1 as u8);
        IedServerConfig_enableOwnerForRCB(handle, true);
        IedServerConfig_setSyncIntegrityReportTimes(handle, true);
        let config = &*handle;
        assert_eq!(config.reportBufferSize, 1234);
        assert_eq!(config.reportBufferSizeURCBs, 5678);
        assert_eq!(text(config.fileServiceBasepath), "/files/");
        assert!(config.enableFileService && config.enableDynamicDataSetService);
        assert_eq!(config.maxAssociationSpecificDataSets, 10);
        assert_eq!(config.maxDomainSpecificDataSets, 21);
        assert_eq!(config.maxDataSetEntries, 22);
        assert_eq!(config.maxMmsConnections, 23);
        assert!(config.enableLogService && config.useIntegratedGoosePublisher);
        assert_eq!(config.edition, 2);
        assert!(config.enableEditSG && config.enableResvTmsForSGCB);
        assert!(config.enableResvTmsForBRCB && config.enableOwnerForRCB);
        assert!(config.syncIntegrityReportTimes);
        assert_eq!(config.reportSettingsWritable, 63);
        IedServerConfig_destroy(handle);
    }
}

#[test]
fn structures_pass_by_value() {
    let address = PhyComAddress {
        vlanPriority: 5,
        vlanId: 0x0abc,
        appId: 0x3fff,
        dstAddress: [1, 2, 3, 4, 5, 6],
    };
    // SAFETY: every object lives until it is destroyed; texts are C strings.
    unsafe {
        let goose = ClientGooseControlBlock_create(c("IED1LD0/LLN0.gcb").as_ptr());
        ClientGooseControlBlock_setDstAddress(goose, address);
        let back = ClientGooseControlBlock_getDstAddress(goose);
        assert_eq!((back.vlanPriority, back.vlanId), (5, 0x0abc));
        assert_eq!((back.appId, back.dstAddress), (0x3fff, [1, 2, 3, 4, 5, 6]));
        ClientGooseControlBlock_destroy(goose);

        let parameters = IsoConnectionParameters_create();
        let wide = |first: u8| {
            let mut value = [first; 16];
            value[15] = first + 1;
            value
        };
        IsoConnectionParameters_setRemoteAddresses(
            parameters,
            PSelector {
                size: 16,
                value: wide(10),
            },
            SSelector {
                size: 15,
                value: wide(20),
            },
            TSelector {
                size: 4,
                value: [1, 2, 3, 4],
            },
        );
        IsoConnectionParameters_setRemoteApTitle(parameters, c("1.1.1.999.1").as_ptr(), 12);
        let read = &*parameters;
        assert_eq!(
            (read.remotePSelector.size, read.remotePSelector.value),
            (16, wide(10))
        );
        assert_eq!(
            (read.remoteSSelector.size, read.remoteSSelector.value),
            (15, wide(20))
        );
        assert_eq!(
            (read.remoteTSelector.size, read.remoteTSelector.value),
            (4, [1, 2, 3, 4])
        );
        assert_eq!(read.remoteAEQualifier, 12);
        assert_eq!(read.remoteApTitleLen, 5);
        assert_eq!(read.remoteApTitle[..5], [0x29, 0x01, 0x87, 0x67, 0x01]);
        IsoConnectionParameters_destroy(parameters);

        let connection = IedConnection_create();
        let error = IedConnection_getLastApplError(connection);
        assert_eq!(
            (error.ctlNum, error.error, error.addCause),
            (0, CONTROL_ERROR_NO_ERROR, ADD_CAUSE_UNKNOWN)
        );
        let mms = IedConnection_getMmsConnection(connection);
        // The defaults of clients, measured on the wire.
        let defaults = &*MmsConnection_getIsoConnectionParameters(mms);
        assert_eq!(defaults.localTSelector.size, 2);
        assert_eq!(defaults.localTSelector.value[..2], [0, 1]);
        assert_eq!(defaults.localPSelector.value[..4], [0, 0, 0, 1]);
        assert_eq!(
            (defaults.localAEQualifier, defaults.localApTitleLen),
            (12, 4)
        );
        IedConnection_destroy(connection);
    }
}

#[test]
fn small_structures_are_shared() {
    // SAFETY: what Rust made lives on the stack for the calls that read it; what C made is destroyed last.
    unsafe {
        let list = LinkedList_create();
        let mut numbers = [1, 2];
        for number in &mut numbers {
            LinkedList_add(list, (&raw mut *number).cast());
        }
        assert!((*list).data.is_null());
        let first = (*list).next;
        assert_eq!(*(*first).data.cast::<c_int>(), 1);
        assert_eq!(*(*(*first).next).data.cast::<c_int>(), 2);
        LinkedList_destroyStatic(list);

        let password = AcseAuthenticationParameter_create();
        AcseAuthenticationParameter_setPassword(password, c("secret").as_ptr().cast_mut());
        AcseAuthenticationParameter_setAuthMechanism(password, ACSE_AUTH_PASSWORD);
        assert_eq!((*password).mechanism, ACSE_AUTH_PASSWORD);
        assert_eq!((*password).value.password.passwordLength, 6);
        let octets = std::slice::from_raw_parts((*password).value.password.octetString, 6);
        assert_eq!(octets, b"secret");
        AcseAuthenticationParameter_destroy(password);

        let reference = IsoApplicationReference {
            apTitle: ItuObjectIdentifier {
                arc: [1, 3, 9999, 0, 0, 0, 0, 0, 0, 0],
                arcCount: 3,
            },
            aeQualifier: 42,
        };
        assert_eq!(IsoApplicationReference_getAeQualifier(reference), 42);
        let title = IsoApplicationReference_getApTitle(&raw const reference);
        assert_eq!(ItuObjectIdentifier_getArcCount(title), 3);
        assert_eq!(*ItuObjectIdentifier_getArc(title).add(2), 9999);

        let value = MmsValue_newIntegerFromInt32(17);
        let mut variable = sMmsJournalVariable {
            tag: c"LD0/GGIO1$ST".as_ptr().cast_mut(),
            value,
        };
        assert_eq!(
            text(MmsJournalVariable_getTag(&raw mut variable)),
            "LD0/GGIO1$ST"
        );
        assert_eq!(MmsJournalVariable_getValue(&raw mut variable), value);
        let mut entry = sMmsJournalEntry {
            entryID: null_mut(),
            occurenceTime: value,
            journalVariables: null_mut(),
        };
        assert_eq!(MmsJournalEntry_getOccurenceTime(&raw mut entry), value);
        assert!(MmsJournalEntry_getEntryID(&raw mut entry).is_null());
        MmsValue_delete(value);

        let mut time = Timestamp { val: [0; 8] };
        Timestamp_setTimeInSeconds(&raw mut time, 0x0102_0304);
        Timestamp_setClockFailure(&raw mut time, true);
        assert_eq!(time.val[..4], [1, 2, 3, 4]);
        assert_eq!(time.val[7] & 0x40, 0x40);
    }
}

#[test]
fn a_log_storage_made_in_rust_is_called_by_c() {
    unsafe extern "C" fn add_entry(storage: LogStorage, timestamp: u64) -> u64 {
        // SAFETY: the library hands back the structure of the test.
        let limit = unsafe { (*storage).maxLogEntries };
        timestamp + u64::from(limit.unsigned_abs())
    }
    unsafe extern "C" fn add_data(
        storage: LogStorage,
        entry: u64,
        reference: *const c_char,
        data: *mut u8,
        size: c_int,
        reason: u8,
    ) -> bool {
        // SAFETY: the library hands on what the test gave it.
        unsafe {
            let seen = (*storage).instanceData.cast::<(u64, String, Vec<u8>, u8)>();
            let data = std::slice::from_raw_parts(data, usize::try_from(size).unwrap_or(0));
            *seen = (entry, text(reference), data.to_vec(), reason);
        }
        true
    }
    let mut seen = (0u64, String::new(), Vec::<u8>::new(), 0u8);
    let mut storage = sLogStorage {
        instanceData: (&raw mut seen).cast(),
        maxLogEntries: 0,
        addEntry: Some(add_entry),
        addEntryData: Some(add_data),
        getEntries: None,
        getEntriesAfter: None,
        getOldestAndNewestEntries: None,
        destroy: None,
    };
    let mut data = [0x83u8, 0x01, 0xff];
    // SAFETY: the storage lives on the stack for the calls, and has the functions that they lead to.
    unsafe {
        LogStorage_setMaxLogEntries(&raw mut storage, 5);
        assert_eq!(storage.maxLogEntries, 5);
        assert_eq!(LogStorage_addEntry(&raw mut storage, 1_000), 1_005);
        let reference = c("LD0/GGIO1$ST$Ind1");
        assert!(LogStorage_addEntryData(
            &raw mut storage,
            0x0102_0304_0506_0708,
            reference.as_ptr(),
            data.as_mut_ptr(),
            3,
            2
        ));
    }
    assert_eq!(
        seen,
        (
            0x0102_0304_0506_0708,
            "LD0/GGIO1$ST$Ind1".to_owned(),
            vec![0x83, 0x01, 0xff],
            2
        )
    );
}

#[test]
fn constants_mean_the_same_to_the_library() {
    let constraints = [
        ("ST", IEC61850_FC_ST),
        ("MX", IEC61850_FC_MX),
        ("SP", IEC61850_FC_SP),
        ("SV", IEC61850_FC_SV),
        ("CF", IEC61850_FC_CF),
        ("DC", IEC61850_FC_DC),
        ("SG", IEC61850_FC_SG),
        ("SE", IEC61850_FC_SE),
        ("SR", IEC61850_FC_SR),
        ("OR", IEC61850_FC_OR),
        ("BL", IEC61850_FC_BL),
        ("EX", IEC61850_FC_EX),
        ("CO", IEC61850_FC_CO),
        ("US", IEC61850_FC_US),
        ("MS", IEC61850_FC_MS),
        ("RP", IEC61850_FC_RP),
        ("BR", IEC61850_FC_BR),
        ("LG", IEC61850_FC_LG),
        ("GO", IEC61850_FC_GO),
        ("XX", IEC61850_FC_NONE),
    ];
    // SAFETY: texts are C strings, values are deleted once.
    unsafe {
        for (name, constraint) in constraints {
            let c_name = c(name);
            assert_eq!(
                FunctionalConstraint_fromString(c_name.as_ptr()),
                constraint,
                "{name}"
            );
            if constraint != IEC61850_FC_NONE {
                assert_eq!(text(FunctionalConstraint_toString(constraint)), name);
            }
        }
        let values = [
            (MMS_BOOLEAN, MmsValue_newBoolean(true)),
            (MMS_BIT_STRING, MmsValue_newBitString(13)),
            (MMS_INTEGER, MmsValue_newIntegerFromInt64(-1)),
            (MMS_UNSIGNED, MmsValue_newUnsignedFromUint32(1)),
            (MMS_FLOAT, MmsValue_newDouble(0.5)),
            (MMS_OCTET_STRING, MmsValue_newOctetString(3, 8)),
            (
                MMS_VISIBLE_STRING,
                MmsValue_newVisibleString(c("text").as_ptr()),
            ),
            (MMS_STRING, MmsValue_newMmsString(c("text").as_ptr())),
            (MMS_BINARY_TIME, MmsValue_newBinaryTime(false)),
            (MMS_UTC_TIME, MmsValue_newUtcTime(1)),
            (MMS_STRUCTURE, MmsValue_createEmptyStructure(0)),
            (MMS_ARRAY, MmsValue_createEmptyArray(0)),
            (
                MMS_DATA_ACCESS_ERROR,
                MmsValue_newDataAccessError(DATA_ACCESS_ERROR_OBJECT_VALUE_INVALID),
            ),
        ];
        for (kind, value) in values {
            assert_eq!(MmsValue_getType(value), kind);
            if kind == MMS_DATA_ACCESS_ERROR {
                assert_eq!(
                    MmsValue_getDataAccessError(value),
                    DATA_ACCESS_ERROR_OBJECT_VALUE_INVALID
                );
            }
            MmsValue_delete(value);
        }
        // A double point: OFF is 01, the first bit the more significant one.
        let position = Dbpos_toMmsValue(null_mut(), DBPOS_OFF);
        assert_eq!(Dbpos_fromMmsValue(position), DBPOS_OFF);
        assert!(MmsValue_getBitStringBit(position, 1));
        MmsValue_delete(position);
        let mut quality: Quality = 0;
        Quality_setValidity(&raw mut quality, QUALITY_VALIDITY_QUESTIONABLE as Validity);
        Quality_setFlag(&raw mut quality, QUALITY_OPERATOR_BLOCKED as c_int);
        assert_eq!(
            u32::from(quality),
            QUALITY_VALIDITY_QUESTIONABLE | QUALITY_OPERATOR_BLOCKED
        );
        assert_eq!(text(IedClientError_toString(IED_ERROR_OK)), "ok");
    }
}

#[test]
fn a_control_made_in_c_has_the_control_model_of_the_constants() {
    let model = Model::new();
    let device = model.device("LD0");
    // SAFETY: the parents are nodes of a model that is alive, the names C strings; the server is destroyed before the model.
    unsafe {
        let node = LogicalNode_create(c("CSWI1").as_ptr(), device);
        let control = CDC_DPC_create(
            c("Pos").as_ptr(),
            node.cast(),
            0,
            CDC_CTL_MODEL_SBO_ENHANCED | CDC_CTL_OPTION_ORIGIN | CDC_CTL_OPTION_CTL_NUM,
        );
        assert!(!control.is_null());
        let attribute = ModelNode_getChild(control.cast(), c("ctlModel").as_ptr());
        assert!(!attribute.is_null());
        let server = IedServer_createWithConfig(model.0, null_mut(), null_mut());
        assert!(!server.is_null());
        let attribute: *mut DataAttribute = attribute.cast();
        IedServer_updateCtlModel(server, control, CONTROL_MODEL_DIRECT_ENHANCED);
        assert_eq!(
            IedServer_getInt32AttributeValue(server, attribute),
            i32::try_from(CONTROL_MODEL_DIRECT_ENHANCED).expect("small")
        );
        assert!(!IedServer_isRunning(server));
        IedServer_destroy(server);
    }
}

/// Starts the server on a port that was free a moment ago; another program may have taken it since.
///
/// # Safety
///
/// The server must be alive.
unsafe fn start(server: IedServer) -> c_int {
    for _ in 0..20 {
        let listener = std::net::TcpListener::bind(("127.0.0.1", 0)).expect("a free port");
        let port = c_int::from(listener.local_addr().expect("an address").port());
        drop(listener);
        // SAFETY: the server is alive and does not run.
        unsafe {
            IedServer_start(server, port);
            if IedServer_isRunning(server) {
                return port;
            }
        }
    }
    panic!("the server does not start");
}

#[test]
fn a_client_and_a_server_meet_and_call_back() {
    unsafe extern "C" fn refuse(
        attribute: *mut DataAttribute,
        value: *mut MmsValue,
        client: ClientConnection,
        parameter: *mut c_void,
    ) -> MmsDataAccessError {
        // SAFETY: the library hands on the attribute, a value of its type, the client and the parameter of the test.
        unsafe {
            let seen = parameter.cast::<(String, i32, String)>();
            *seen = (
                text((*attribute).name),
                MmsValue_toInt32(value),
                text(ClientConnection_getPeerAddress(client)),
            );
        }
        DATA_ACCESS_ERROR_OBJECT_VALUE_INVALID
    }
    let model = Model::new();
    let device = model.device("LD0");
    let mut seen = (String::new(), 0, String::new());
    // SAFETY: the model outlives the server, the server the client, and what the handler is given outlives both.
    unsafe {
        let node = LogicalNode_create(c("GGIO1").as_ptr(), device);
        let object = DataObject_create(c("Set").as_ptr(), node.cast(), 0);
        let attribute = DataAttribute_create(
            c("setVal").as_ptr(),
            object.cast(),
            IEC61850_INT32,
            IEC61850_FC_SP,
            0,
            0,
            0,
        );
        let server = IedServer_create(model.0);
        IedServer_setLocalIpAddress(server, c("127.0.0.1").as_ptr());
        IedServer_updateInt32AttributeValue(server, attribute, -4711);
        IedServer_handleWriteAccess(server, attribute, Some(refuse), (&raw mut seen).cast());
        let port = start(server);

        let connection = IedConnection_create();
        let mut error: IedClientError = IED_ERROR_UNKNOWN;
        IedConnection_connect(connection, &raw mut error, c("127.0.0.1").as_ptr(), port);
        assert_eq!(error, IED_ERROR_OK);
        assert_eq!(IedConnection_getState(connection), IED_STATE_CONNECTED);
        let agreed =
            MmsConnection_getMmsConnectionParameters(IedConnection_getMmsConnection(connection));
        assert_eq!(agreed.maxPduSize, 65_000);
        assert_eq!(agreed.maxServOutstandingCalled, 5);
        assert_eq!(agreed.dataStructureNestingLevel, 10);
        assert_ne!(agreed.servicesSupported, [0; 11]);

        let reference = c("IED1LD0/GGIO1.Set.setVal");
        let value = IedConnection_readInt32Value(
            connection,
            &raw mut error,
            reference.as_ptr(),
            IEC61850_FC_SP,
        );
        assert_eq!((error, value), (IED_ERROR_OK, -4711));
        IedConnection_writeInt32Value(
            connection,
            &raw mut error,
            reference.as_ptr(),
            IEC61850_FC_SP,
            31,
        );
        assert_eq!(error, IED_ERROR_OBJECT_VALUE_INVALID);
        IedConnection_destroy(connection);
        IedServer_stop(server);
        IedServer_destroy(server);
    }
    assert_eq!((seen.0.as_str(), seen.1), ("setVal", 31));
    assert!(seen.2.starts_with("127.0.0.1:"), "{}", seen.2);
}
