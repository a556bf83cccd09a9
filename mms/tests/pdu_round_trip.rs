//! Every PDU and service: written from owned values, decoded, compared field by field, written
//! again, cut short at every length, and damaged.

mod support;

use mms::ber::Writer;
use mms::pdu::*;
use mms::{
    BinaryTime, BitString, DataAccessError, MmsValue, ObjectName, OwnedObjectName, RejectReason,
    ServiceError, TypeDescription, UtcTime,
};
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use support::rebuilt;

/// Writes a PDU, checks what holds for all of them, and hands it decoded to `look`.
fn check(write: impl FnOnce(&mut Writer<'_>), look: impl FnOnce(Pdu<'_>)) {
    let mut octets = vec![];
    write(&mut Writer::unbounded(&mut octets));
    let pdu = Pdu::decode(&octets).unwrap();
    let mut again = vec![];
    pdu.encode(&mut Writer::unbounded(&mut again));
    assert_eq!(again, octets);
    assert_eq!(rebuilt(&pdu), octets);
    for cut in 0..octets.len() {
        assert!(Pdu::decode(&octets[..cut]).is_err(), "cut at {cut}");
    }
    octets.push(0);
    assert!(Pdu::decode(&octets).is_err(), "an octet behind the PDU");
    octets.pop();
    look(Pdu::decode(&octets).unwrap());
}

fn check_request(
    id: u32,
    write: impl FnOnce(&mut Writer<'_>),
    look: impl FnOnce(RequestService<'_>),
) {
    check(
        |w| write_confirmed_request(w, id, write),
        |pdu| match pdu {
            Pdu::ConfirmedRequest(request) => {
                assert_eq!(request.invoke_id, id);
                look(request.service);
            }
            other => panic!("{other:?}"),
        },
    );
}

fn check_response(
    id: u32,
    write: impl FnOnce(&mut Writer<'_>),
    look: impl FnOnce(ResponseService<'_>),
) {
    check(
        |w| write_confirmed_response(w, id, write),
        |pdu| match pdu {
            Pdu::ConfirmedResponse(response) => {
                assert_eq!(response.invoke_id, id);
                look(response.service);
            }
            other => panic!("{other:?}"),
        },
    );
}

fn identifier() -> impl Strategy<Value = String> {
    "[A-Za-z0-9$_]{1,40}"
}

fn object_name() -> impl Strategy<Value = OwnedObjectName> {
    prop_oneof![
        identifier().prop_map(OwnedObjectName::Vmd),
        (identifier(), identifier()).prop_map(|(d, i)| OwnedObjectName::domain(d, i)),
        identifier().prop_map(OwnedObjectName::Association),
    ]
}

fn time() -> impl Strategy<Value = BinaryTime> {
    any::<(u32, Option<u16>)>().prop_map(|(ms, days)| BinaryTime { ms, days })
}

fn value() -> impl Strategy<Value = MmsValue> {
    let leaf = prop_oneof![
        any::<bool>().prop_map(MmsValue::Boolean),
        any::<i64>().prop_map(MmsValue::Integer),
        any::<u64>().prop_map(MmsValue::Unsigned),
        proptest::num::f32::NORMAL.prop_map(MmsValue::Float32),
        (0usize..40, any::<u32>())
            .prop_map(|(n, v)| MmsValue::BitString(BitString::from_integer(n, v))),
        vec(any::<u8>(), 0..140).prop_map(MmsValue::OctetString),
        "[ -~]{0,20}".prop_map(MmsValue::VisibleString),
        any::<[u8; 8]>().prop_map(|o| MmsValue::UtcTime(UtcTime::from_bytes(o))),
        time().prop_map(MmsValue::BinaryTime),
    ];
    leaf.prop_recursive(3, 12, 4, |inner| {
        prop_oneof![
            vec(inner.clone(), 0..4).prop_map(MmsValue::Structure),
            vec(inner, 0..4).prop_map(MmsValue::Array),
        ]
    })
}

fn result() -> impl Strategy<Value = MmsValue> {
    prop_oneof![
        3 => value(),
        1 => (0i64..12)
            .prop_map(|code| MmsValue::DataAccessError(DataAccessError::from_code(code))),
    ]
}

fn step() -> impl Strategy<Value = OwnedAccessStep> {
    prop_oneof![
        identifier().prop_map(OwnedAccessStep::Component),
        any::<u32>().prop_map(OwnedAccessStep::Index),
        any::<(u32, u32)>().prop_map(|(low, count)| OwnedAccessStep::IndexRange { low, count }),
        Just(OwnedAccessStep::AllElements),
    ]
}

fn part() -> impl Strategy<Value = AlternateAccessBuf> {
    vec(step(), 1..5).prop_map(|steps| {
        let steps: Vec<AccessStep<'_>> = steps.iter().map(OwnedAccessStep::as_ref).collect();
        AlternateAccessBuf::path(&steps).unwrap()
    })
}

/// A variable and perhaps a part of it.
#[derive(Clone, Debug)]
enum Variable {
    Name(OwnedObjectName),
    Numeric(u32),
    Symbolic(String),
    Unconstrained(Vec<u8>),
    Invalidated,
}

fn variable() -> impl Strategy<Value = (Variable, Option<AlternateAccessBuf>)> {
    let variable = prop_oneof![
        6 => object_name().prop_map(Variable::Name),
        1 => any::<u32>().prop_map(Variable::Numeric),
        1 => identifier().prop_map(Variable::Symbolic),
        1 => vec(any::<u8>(), 0..9).prop_map(Variable::Unconstrained),
        1 => Just(Variable::Invalidated),
    ];
    (variable, option::of(part()))
}

fn access((variable, part): &(Variable, Option<AlternateAccessBuf>)) -> VariableAccess<'_> {
    VariableAccess {
        variable: match variable {
            Variable::Name(name) => name.as_ref().into(),
            Variable::Numeric(n) => VariableSpecification::Address(Address::Numeric(*n)),
            Variable::Symbolic(s) => VariableSpecification::Address(Address::Symbolic(s)),
            Variable::Unconstrained(o) => VariableSpecification::Address(Address::Unconstrained(o)),
            Variable::Invalidated => VariableSpecification::Invalidated,
        },
        alternate_access: part.as_ref().map(AlternateAccessBuf::as_ref),
    }
}

fn assert_variables(list: VariableList<'_>, variables: &[(Variable, Option<AlternateAccessBuf>)]) {
    assert_eq!(list.len(), variables.len());
    assert!(list.iter().eq(variables.iter().map(access)));
}

fn write_results(w: &mut Writer<'_>, results: &[MmsValue]) {
    results.iter().for_each(|result| result.encode(w));
}

fn assert_results(list: AccessResults<'_>, results: &[MmsValue]) {
    let decoded: Vec<MmsValue> = list.iter().map(|view| view.to_value()).collect();
    assert_eq!(decoded, results);
}

fn list_of<'a>(names: &[String], octets: &'a mut Vec<u8>) -> List<'a, &'a str> {
    let mut w = Writer::unbounded(octets);
    for name in names {
        w.text(mms::ber::Tag::VISIBLE_STRING, name);
    }
    List::decode(octets).unwrap()
}

fn names_of<'a>(names: &[OwnedObjectName], octets: &'a mut Vec<u8>) -> List<'a, ObjectName<'a>> {
    let mut w = Writer::unbounded(octets);
    names.iter().for_each(|name| name.as_ref().encode(&mut w));
    List::decode(octets).unwrap()
}

fn event_time() -> impl Strategy<Value = EventTime> {
    prop_oneof![
        time().prop_map(EventTime::TimeOfDay),
        any::<u32>().prop_map(EventTime::Sequence),
        Just(EventTime::Undefined),
    ]
}

fn transitions(bits: u8) -> Transitions {
    let all = [
        Transitions::IDLE_TO_DISABLED,
        Transitions::ACTIVE_TO_DISABLED,
        Transitions::DISABLED_TO_IDLE,
        Transitions::ACTIVE_TO_IDLE,
        Transitions::DISABLED_TO_ACTIVE,
        Transitions::IDLE_TO_ACTIVE,
        Transitions::ANY_TO_DELETED,
    ];
    let chosen = all
        .into_iter()
        .enumerate()
        .filter(|(i, _)| bits >> i & 1 == 1);
    chosen.fold(Transitions::none(), |sum, (_, one)| sum.union(one))
}

fn bits() -> impl Strategy<Value = BitString> {
    (0usize..120, vec(any::<u8>(), 15))
        .prop_map(|(bits, octets)| BitString::from_octets(&octets, bits))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn initiate(
        local_detail: Option<u32>, max_outstanding_calling: u16, max_outstanding_called: u16,
        nesting_level: Option<u8>, version: u16, parameters in bits(), services in bits(),
    ) {
        let initiate = Initiate {
            local_detail, max_outstanding_calling, max_outstanding_called, nesting_level, version,
            parameters: ParameterSupport(parameters), services: ServiceSupport(services),
        };
        check(|w| write_initiate_request(w, &initiate), |pdu| {
            assert_eq!(pdu, Pdu::InitiateRequest(initiate.clone()));
        });
        check(|w| write_initiate_response(w, &initiate), |pdu| {
            assert_eq!(pdu, Pdu::InitiateResponse(initiate.clone()));
        });
    }

    #[test]
    fn errors_cancel_reject_conclude(
        invoke_id: u32, class in 0u8..128, code: i64, kind in 1u8..128, with_id: bool,
    ) {
        let error = ServiceError { class, code };
        let reason = RejectReason { kind, code };
        let reject_id = with_id.then_some(invoke_id);
        check(|w| write_confirmed_error(w, invoke_id, error), |pdu| {
            assert_eq!(pdu, Pdu::ConfirmedError { invoke_id, error });
        });
        // What a service adds is passed over.
        for file in [
            FailedFile::ObtainSource,
            FailedFile::ObtainDestination,
            FailedFile::RenameSource,
            FailedFile::RenameDestination,
        ] {
            let failure = Failure::of_file(error, file);
            let mut out = vec![];
            write_confirmed_error(&mut Writer::unbounded(&mut out), invoke_id, failure);
            prop_assert_eq!(Pdu::decode(&out), Ok(Pdu::ConfirmedError { invoke_id, error }));
        }
        check(|w| write_cancel_error(w, invoke_id, error), |pdu| {
            assert_eq!(pdu, Pdu::CancelError { invoke_id, error });
        });
        check(|w| write_reject(w, reject_id, reason), |pdu| {
            assert_eq!(pdu, Pdu::Reject { invoke_id: reject_id, reason });
        });
        check(|w| write_cancel_request(w, invoke_id), |pdu| {
            assert_eq!(pdu, Pdu::CancelRequest { invoke_id });
        });
        check(|w| write_cancel_response(w, invoke_id), |pdu| {
            assert_eq!(pdu, Pdu::CancelResponse { invoke_id });
        });
        check(|w| write_initiate_error(w, error), |pdu| {
            assert_eq!(pdu, Pdu::InitiateError(error));
        });
        check(|w| write_conclude_error(w, error), |pdu| {
            assert_eq!(pdu, Pdu::ConcludeError(error));
        });
        check(write_conclude_request, |pdu| assert_eq!(pdu, Pdu::ConcludeRequest));
        check(write_conclude_response, |pdu| assert_eq!(pdu, Pdu::ConcludeResponse));
    }

    #[test]
    fn read(
        id: u32, with_result: bool, variables in vec(variable(), 0..6),
        results in vec(result(), 0..6), list in object_name(),
    ) {
        check_request(
            id,
            |w| write_read_request(w, with_result, variables.iter().map(access)),
            |service| match service {
                RequestService::Read(ReadRequest {
                    specification_with_result,
                    variables: VariableAccessSpecification::Variables(decoded),
                }) => {
                    assert_eq!(specification_with_result, with_result);
                    assert_variables(decoded, &variables);
                }
                other => panic!("{other:?}"),
            },
        );
        let specification = VariableAccessSpecification::ListName(list.as_ref());
        let request = ReadRequest {
            specification_with_result: with_result,
            variables: specification,
        };
        check_request(id, |w| request.encode(w), |service| {
            assert_eq!(service, RequestService::Read(request));
        });
        check_response(
            id,
            |w| {
                let response =
                    ReadResponseWriter::begin(w, with_result.then_some(&specification));
                write_results(w, &results);
                response.end(w);
            },
            |service| match service {
                ResponseService::Read(read) => {
                    assert_eq!(read.variables, with_result.then_some(specification));
                    assert_results(read.results, &results);
                }
                other => panic!("{other:?}"),
            },
        );
    }

    #[test]
    fn write(
        id: u32, writes in vec((variable(), value()), 0..6), list in object_name(),
        results in vec(option::of(0i64..12), 0..8),
    ) {
        let variables: Vec<_> = writes.iter().map(|(v, _)| v.clone()).collect();
        let values: Vec<_> = writes.iter().map(|(_, v)| v.clone()).collect();
        check_request(
            id,
            |w| write_write_request(w, writes.iter().map(|(v, value)| (access(v), value))),
            |service| match service {
                RequestService::Write(WriteRequest {
                    variables: VariableAccessSpecification::Variables(decoded),
                    data,
                }) => {
                    assert_variables(decoded, &variables);
                    assert_results(data, &values);
                }
                other => panic!("{other:?}"),
            },
        );
        check_request(
            id,
            |w| write_list_write_request(w, list.as_ref(), &values),
            |service| match service {
                RequestService::Write(WriteRequest { variables, data }) => {
                    assert_eq!(variables, VariableAccessSpecification::ListName(list.as_ref()));
                    assert_results(data, &values);
                }
                other => panic!("{other:?}"),
            },
        );
        let results: Vec<_> = results
            .iter()
            .map(|code| code.map_or(Ok(()), |code| Err(DataAccessError::from_code(code))))
            .collect();
        check_response(
            id,
            |w| {
                let mut response = WriteResponseWriter::begin(w);
                results.iter().for_each(|result| response.push(w, *result));
                response.end(w);
            },
            |service| match service {
                ResponseService::Write(write) => {
                    assert!(write.results.iter().map(|r| r.0).eq(results.iter().copied()));
                }
                other => panic!("{other:?}"),
            },
        );
    }

    #[test]
    fn name_list(
        id: u32, class in -1i64..16, companion: bool, scope in 0..3, domain in identifier(),
        after in option::of(identifier()), names in vec(identifier(), 0..20), more: bool,
    ) {
        let class = match (companion, class) {
            (true, code) => ObjectClass::CompanionStandard(code),
            (_, 0) => ObjectClass::NamedVariable,
            (_, 2) => ObjectClass::NamedVariableList,
            (_, 8) => ObjectClass::Journal,
            (_, 9) => ObjectClass::Domain,
            (_, 13) => ObjectClass::AccessControlList,
            (_, code) => ObjectClass::Basic(if (0..14).contains(&code) { 99 } else { code }),
        };
        let scope = match scope {
            0 => ObjectScope::Vmd,
            1 => ObjectScope::Domain(&domain),
            _ => ObjectScope::Association,
        };
        let request = NameListRequest { class, scope, continue_after: after.as_deref() };
        check_request(id, |w| request.encode(w), |service| {
            assert_eq!(service, RequestService::GetNameList(request));
        });
        check_response(
            id,
            |w| {
                let mut response = NameListWriter::begin(w);
                assert!(names.iter().all(|name| response.push(w, name)));
                assert_eq!(response.end(w, more), more);
            },
            |service| match service {
                ResponseService::GetNameList(list) => {
                    assert!(list.identifiers.iter().eq(names.iter().map(String::as_str)));
                    assert_eq!(list.more_follows, more);
                }
                other => panic!("{other:?}"),
            },
        );
    }

    #[test]
    fn vmd_support(
        id: u32, extended: bool, logical in 0i64..4, physical in 0i64..4, detail in option::of(bits()),
        vendor in "[ -~]{0,60}", after in option::of(identifier()),
        names in vec(identifier(), 0..5), more: bool,
    ) {
        let request = StatusRequest { extended_derivation: extended };
        check_request(id, |w| request.encode(w), |service| {
            assert_eq!(service, RequestService::Status(request));
        });
        let status = StatusResponse { logical, physical, local_detail: detail };
        check_response(id, |w| status.encode(w), |service| {
            assert_eq!(service, ResponseService::Status(status.clone()));
        });
        check(|w| write_unconfirmed(w, |w| status.encode_unsolicited(w)), |pdu| {
            let service = UnconfirmedService::UnsolicitedStatus(status.clone());
            assert_eq!(pdu, Pdu::Unconfirmed(service));
        });
        check_request(id, |w| IdentifyRequest.encode(w), |service| {
            assert_eq!(service, RequestService::Identify(IdentifyRequest));
        });
        let syntaxes = [6, 5, 0x28, 0xca, 0x22, 2, 1];
        let identity = IdentifyResponse {
            vendor: vendor.as_str().into(),
            model: "model".into(),
            revision: "".into(),
            abstract_syntaxes: more.then(|| List::decode(&syntaxes).unwrap()),
        };
        check_response(id, |w| identity.encode(w), |service| {
            assert_eq!(service, ResponseService::Identify(identity.clone()));
        });
        let request = CapabilityListRequest { continue_after: after.as_deref() };
        check_request(id, |w| request.encode(w), |service| {
            assert_eq!(service, RequestService::GetCapabilityList(request));
        });
        check_response(
            id,
            |w| {
                let mut response = CapabilityListWriter::begin(w);
                assert!(names.iter().all(|name| response.push(w, name)));
                response.end(w, more);
            },
            |service| match service {
                ResponseService::GetCapabilityList(list) => {
                    assert!(list.capabilities.iter().eq(names.iter().map(String::as_str)));
                    assert_eq!(list.more_follows, more);
                }
                other => panic!("{other:?}"),
            },
        );
    }

    #[test]
    fn access_attributes(id: u32, name in object_name(), number: u32, deletable: bool, size: i32) {
        for request in [
            AccessAttributesRequest::Name(name.as_ref()),
            AccessAttributesRequest::Address(Address::Numeric(number)),
        ] {
            check_request(id, |w| request.encode(w), |service| {
                assert_eq!(service, RequestService::GetVariableAccessAttributes(request));
            });
        }
        for address in [None, Some(Address::Numeric(number))] {
            let response = AccessAttributesResponse {
                deletable,
                address,
                ty: TypeDescription::Array {
                    count: number,
                    element: Box::new(TypeDescription::VisibleString(size)),
                },
            };
            check_response(id, |w| response.encode(w), |service| {
                assert_eq!(
                    service,
                    ResponseService::GetVariableAccessAttributes(response.clone())
                );
            });
        }
    }

    #[test]
    fn variable_lists(
        id: u32, name in object_name(), variables in vec(variable(), 0..6), deletable: bool,
        lists in vec(object_name(), 0..4), domain in identifier(), matched: u32, deleted: u32,
    ) {
        check_request(
            id,
            |w| write_define_variable_list(w, name.as_ref(), variables.iter().map(access)),
            |service| match service {
                RequestService::DefineNamedVariableList(define) => {
                    assert_eq!(define.name, name.as_ref());
                    assert_variables(define.variables, &variables);
                }
                other => panic!("{other:?}"),
            },
        );
        check_response(id, |w| DefineVariableListResponse.encode(w), |service| {
            assert_eq!(
                service,
                ResponseService::DefineNamedVariableList(DefineVariableListResponse)
            );
        });
        let request = VariableListAttributesRequest { name: name.as_ref() };
        check_request(id, |w| request.encode(w), |service| {
            assert_eq!(service, RequestService::GetNamedVariableListAttributes(request));
        });
        check_response(
            id,
            |w| {
                let mut response = VariableListAttributesWriter::begin(w, deletable);
                variables.iter().for_each(|v| response.push(w, access(v)));
                response.end(w);
            },
            |service| match service {
                ResponseService::GetNamedVariableListAttributes(attributes) => {
                    assert_eq!(attributes.deletable, deletable);
                    assert_variables(attributes.variables, &variables);
                }
                other => panic!("{other:?}"),
            },
        );
        check_request(
            id,
            |w| write_delete_variable_lists(w, lists.iter().map(OwnedObjectName::as_ref)),
            |service| match service {
                RequestService::DeleteNamedVariableList(delete) => {
                    assert_eq!((delete.scope, delete.domain), (DeleteScope::Specific, None));
                    let names = lists.iter().map(OwnedObjectName::as_ref);
                    assert!(delete.lists.unwrap().iter().eq(names));
                }
                other => panic!("{other:?}"),
            },
        );
        for (scope, domain) in [
            (DeleteScope::Association, None),
            (DeleteScope::Domain, Some(domain.as_str())),
            (DeleteScope::Vmd, None),
        ] {
            let request = DeleteVariableListRequest { scope, lists: None, domain };
            check_request(id, |w| request.encode(w), |service| {
                assert_eq!(service, RequestService::DeleteNamedVariableList(request));
            });
        }
        let response = DeleteVariableListResponse { matched, deleted };
        check_response(id, |w| response.encode(w), |service| {
            assert_eq!(service, ResponseService::DeleteNamedVariableList(response));
        });
    }

    #[test]
    fn domains(
        id: u32, domain in identifier(), capabilities in vec(identifier(), 0..3),
        invocations in vec(identifier(), 0..3), state in 0i64..10, flags: (bool, bool),
        uploads in 0i64..128,
    ) {
        let request = DomainAttributesRequest { domain: &domain };
        check_request(id, |w| request.encode(w), |service| {
            assert_eq!(service, RequestService::GetDomainAttributes(request));
        });
        let (mut a, mut b) = (vec![], vec![]);
        let response = DomainAttributesResponse {
            capabilities: list_of(&capabilities, &mut a),
            state,
            deletable: flags.0,
            sharable: flags.1,
            program_invocations: list_of(&invocations, &mut b),
            uploads_in_progress: uploads,
        };
        for response in [response, DomainAttributesResponse::permanent()] {
            check_response(id, |w| response.encode(w), |service| {
                assert_eq!(service, ResponseService::GetDomainAttributes(response));
            });
        }
    }

    #[test]
    fn files(
        id: u32, name in "[ -~]{1,60}", other in "[ -~]{1,60}", position: u32, frsm_id: i32,
        data in vec(any::<u8>(), 0..300), more: bool,
    ) {
        let open = FileOpenRequest { name: name.as_str().into(), initial_position: position };
        check_request(id, |w| open.encode(w), |service| {
            assert_eq!(service, RequestService::FileOpen(open));
        });
        let attributes = FileAttributes {
            size: position,
            last_modified: more.then_some("20231114221320.000Z"),
        };
        let opened = FileOpenResponse { frsm_id, attributes };
        check_response(id, |w| opened.encode(w), |service| {
            assert_eq!(service, ResponseService::FileOpen(opened));
        });
        let read = FileReadRequest { frsm_id };
        check_request(id, |w| read.encode(w), |service| {
            assert_eq!(service, RequestService::FileRead(read));
        });
        let octets = FileReadResponse { data: &data, more_follows: more };
        check_response(id, |w| octets.encode(w), |service| {
            assert_eq!(service, ResponseService::FileRead(octets));
        });
        let mut pdu = vec![];
        let mut w = Writer::new(&mut pdu, data.len() + FileReadResponse::OVERHEAD);
        write_confirmed_response(&mut w, id, |w| octets.encode(w));
        prop_assert!(!w.overflowed());
        let left = u64::from(position % 3000);
        for size in [100, 1500, 2800, 0xffff, 0x1_0000, 0x1_2000] {
            let block = FileReadResponse::block(size, id, left);
            prop_assert!(block as u64 <= left.max(1));
            let octets = FileReadResponse {
                data: &vec![0; block],
                more_follows: (block as u64) < left,
            };
            let mut pdu = vec![];
            let mut w = Writer::new(&mut pdu, size);
            write_confirmed_response(&mut w, id, |w| octets.encode(w));
            prop_assert!(!w.overflowed(), "{} of {} in {}", block, left, size);
        }
        let close = FileCloseRequest { frsm_id };
        check_request(id, |w| close.encode(w), |service| {
            assert_eq!(service, RequestService::FileClose(close));
        });
        let rename = FileRenameRequest {
            current: name.as_str().into(),
            new: other.as_str().into(),
        };
        check_request(id, |w| rename.encode(w), |service| {
            assert_eq!(service, RequestService::FileRename(rename));
        });
        let delete = FileDeleteRequest { name: name.as_str().into() };
        check_request(id, |w| delete.encode(w), |service| {
            assert_eq!(service, RequestService::FileDelete(delete));
        });
        let obtain = ObtainFileRequest {
            source: name.as_str().into(),
            destination: other.as_str().into(),
        };
        check_request(id, |w| obtain.encode(w), |service| {
            assert_eq!(service, RequestService::ObtainFile(obtain));
        });
        check_response(id, |w| FileCloseResponse.encode(w), |service| {
            assert_eq!(service, ResponseService::FileClose(FileCloseResponse));
        });
        check_response(id, |w| FileRenameResponse.encode(w), |service| {
            assert_eq!(service, ResponseService::FileRename(FileRenameResponse));
        });
        check_response(id, |w| FileDeleteResponse.encode(w), |service| {
            assert_eq!(service, ResponseService::FileDelete(FileDeleteResponse));
        });
        check_response(id, |w| ObtainFileResponse.encode(w), |service| {
            assert_eq!(service, ResponseService::ObtainFile(ObtainFileResponse));
        });
    }

    #[test]
    fn file_directory(
        id: u32, folder in option::of("[ -~]{1,30}"), after in option::of("[ -~]{1,30}"),
        files in vec(("[ -~]{1,30}", any::<u32>()), 0..6), more: bool,
    ) {
        let request = FileDirectoryRequest {
            specification: folder.as_deref().map(FileName::from),
            continue_after: after.as_deref().map(FileName::from),
        };
        check_request(id, |w| request.encode(w), |service| {
            assert_eq!(service, RequestService::FileDirectory(request));
        });
        let entries: Vec<DirectoryEntry<'_>> = files
            .iter()
            .map(|(name, size)| DirectoryEntry {
                name: name.as_str().into(),
                attributes: FileAttributes { size: *size, last_modified: None },
            })
            .collect();
        check_response(
            id,
            |w| {
                let mut response = FileDirectoryWriter::begin(w);
                assert!(entries.iter().all(|entry| response.push(w, entry)));
                response.end(w, more);
            },
            |service| match service {
                ResponseService::FileDirectory(directory) => {
                    assert!(directory.entries.iter().eq(entries.iter().copied()));
                    assert_eq!(directory.more_follows, more);
                }
                other => panic!("{other:?}"),
            },
        );
    }

    #[test]
    fn journals(
        id: u32, journal in object_name(), start in 0usize..3, stop in 0usize..3,
        first in time(),
        last in time(), entry in vec(any::<u8>(), 0..9), count: i32,
        tags in option::of(vec(identifier(), 0..3)), position: bool, deletable: bool, number: u32,
    ) {
        let mut octets = vec![];
        let request = ReadJournalRequest {
            journal: journal.as_ref(),
            start: [
                None,
                Some(JournalStart::Time(first)),
                Some(JournalStart::Entry(&entry)),
            ][start],
            stop: [None, Some(JournalStop::Time(last)), Some(JournalStop::Count(count))][stop],
            variables: tags.as_ref().map(|tags| list_of(tags, &mut octets)),
            start_after: position.then_some(JournalPosition { time: last, entry: &entry }),
        };
        check_request(id, |w| request.encode(w), |service| {
            assert_eq!(service, RequestService::ReadJournal(request));
        });
        let initialize = InitializeJournalRequest {
            journal: journal.as_ref(),
            limiting_time: (start > 0).then_some(first),
            limiting_entry: (start > 1).then_some(&entry),
        };
        check_request(id, |w| initialize.encode(w), |service| {
            assert_eq!(service, RequestService::InitializeJournal(initialize));
        });
        let initialized = InitializeJournalResponse { deleted: number };
        check_response(id, |w| initialized.encode(w), |service| {
            assert_eq!(service, ResponseService::InitializeJournal(initialized));
        });
        let status = JournalStatusRequest { journal: journal.as_ref() };
        check_request(id, |w| status.encode(w), |service| {
            assert_eq!(service, RequestService::ReportJournalStatus(status));
        });
        let reported = JournalStatusResponse { current_entries: number, deletable };
        check_response(id, |w| reported.encode(w), |service| {
            assert_eq!(service, ResponseService::ReportJournalStatus(reported));
        });
    }

    #[test]
    fn journal_entries(
        id: u32, more: bool, condition in object_name(), state in 0i64..3,
        entries in vec((vec(any::<u8>(), 0..9), time(), vec((identifier(), value()), 0..4)), 0..4),
        remark in "[ -~]{0,40}",
    ) {
        let event = JournalEvent { condition: condition.as_ref(), state };
        let remarks = [
            JournalEntry::new(&[1], BinaryTime::default(), EntryForm::Annotation(&remark)),
            JournalEntry::new(
                &[2],
                BinaryTime::default(),
                EntryForm::Data { event: Some(event), variables: None },
            ),
        ];
        check_response(
            id,
            |w| {
                let mut response = ReadJournalWriter::begin(w);
                for (identifier, time, variables) in &entries {
                    assert!(response.push(w, |w| {
                        write_journal_entry(w, identifier, *time, |w| {
                            for (tag, value) in variables {
                                write_journal_variable(w, tag, |w| value.encode(w));
                            }
                        });
                    }));
                }
                for remark in &remarks {
                    assert!(response.push(w, |w| remark.encode(w)));
                }
                response.end(w, more);
            },
            |service| {
                let ResponseService::ReadJournal(journal) = service else {
                    panic!("{service:?}")
                };
                assert_eq!(journal.more_follows, more);
                let decoded: Vec<JournalEntry<'_>> = journal.entries.iter().collect();
                let (data, last) = decoded.split_at(entries.len());
                assert_eq!(last, remarks);
                for (entry, (identifier, time, expected)) in data.iter().zip(&entries) {
                    assert_eq!((entry.identifier, entry.time), (&identifier[..], *time));
                    let EntryForm::Data { event: None, variables: Some(variables) } = entry.form
                    else {
                        panic!("{entry:?}")
                    };
                    let variables: Vec<(String, MmsValue)> = variables
                        .iter()
                        .map(|v| (v.tag.to_owned(), v.value.to_value()))
                        .collect();
                    assert_eq!(variables, *expected);
                }
            },
        );
    }

    #[test]
    fn program_invocations(
        id: u32, name in identifier(), text in option::of("[ -~]{0,40}"), external in option::of(vec(any::<u8>(), 0..9)),
        state in -2i64..12, flags: [bool; 3], domains in vec(identifier(), 0..4),
    ) {
        let argument = match (&text, &external) {
            (Some(text), _) => Some(ExecutionArgument::Simple(text)),
            (None, Some(content)) => Some(ExecutionArgument::Encoded(content)),
            (None, None) => None,
        };
        let name = name.as_str();
        let start = StartRequest { name, argument };
        check_request(id, |w| start.encode(w), |s| assert_eq!(s, RequestService::Start(start)));
        let resume = ResumeRequest { name, argument };
        check_request(id, |w| resume.encode(w), |s| assert_eq!(s, RequestService::Resume(resume)));
        let stop = StopRequest { name };
        check_request(id, |w| stop.encode(w), |s| assert_eq!(s, RequestService::Stop(stop)));
        let reset = ResetRequest { name };
        check_request(id, |w| reset.encode(w), |s| assert_eq!(s, RequestService::Reset(reset)));
        let kill = KillRequest { name };
        check_request(id, |w| kill.encode(w), |s| assert_eq!(s, RequestService::Kill(kill)));
        let ask = ProgramAttributesRequest { name };
        check_request(id, |w| ask.encode(w), |s| {
            assert_eq!(s, RequestService::GetProgramInvocationAttributes(ask));
        });
        let mut octets = vec![];
        let attributes = ProgramAttributesResponse {
            state: ProgramState::from_code(state),
            domains: list_of(&domains, &mut octets),
            deletable: flags[0],
            reusable: flags[1],
            monitor: flags[2],
            start_argument: text.as_deref(),
        };
        check_response(id, |w| attributes.encode(w), |s| {
            assert_eq!(s, ResponseService::GetProgramInvocationAttributes(attributes));
        });
        check_response(id, |w| StartResponse.encode(w), |s| assert_eq!(s, ResponseService::Start(StartResponse)));
        check_response(id, |w| StopResponse.encode(w), |s| assert_eq!(s, ResponseService::Stop(StopResponse)));
        check_response(id, |w| ResumeResponse.encode(w), |s| assert_eq!(s, ResponseService::Resume(ResumeResponse)));
        check_response(id, |w| ResetResponse.encode(w), |s| assert_eq!(s, ResponseService::Reset(ResetResponse)));
        check_response(id, |w| KillResponse.encode(w), |s| assert_eq!(s, ResponseService::Kill(KillResponse)));
    }

    #[test]
    fn event_conditions(
        id: u32, name in object_name(), others in vec(object_name(), 0..4), domain in identifier(), scope in 0usize..4,
        codes in (-1i64..4, 0i64..4), priority: u8, severity: u8, flag in option::of(any::<bool>()),
        watched in option::of((variable(), any::<bool>())), interval: Option<u32>, time in event_time(), number: u32,
    ) {
        let name = name.as_ref();
        let class = ConditionClass::from_code(codes.0);
        let specification = watched.as_ref().map(|(variable, _)| access(variable).variable);
        let define = DefineEventConditionRequest {
            name, class, priority, severity,
            alarm_summary_reports: flag,
            monitored_variable: specification,
            evaluation_interval: interval,
        };
        check_request(id, |w| define.encode(w), |s| assert_eq!(s, RequestService::DefineEventCondition(define)));
        let mut octets = vec![];
        let delete = [
            DeleteEventConditionRequest::Specific(names_of(&others, &mut octets)),
            DeleteEventConditionRequest::Association,
            DeleteEventConditionRequest::Domain(&domain),
            DeleteEventConditionRequest::Vmd,
        ][scope];
        check_request(id, |w| delete.encode(w), |s| assert_eq!(s, RequestService::DeleteEventCondition(delete)));
        let ask = EventConditionAttributesRequest { name };
        check_request(id, |w| ask.encode(w), |s| assert_eq!(s, RequestService::GetEventConditionAttributes(ask)));
        let ask = EventConditionStatusRequest { name };
        check_request(id, |w| ask.encode(w), |s| assert_eq!(s, RequestService::ReportEventConditionStatus(ask)));
        let alter = AlterEventConditionRequest {
            name,
            enabled: flag,
            priority: interval.map(|_| priority),
            alarm_summary_reports: flag,
            evaluation_interval: interval,
        };
        check_request(id, |w| alter.encode(w), |s| assert_eq!(s, RequestService::AlterEventConditionMonitoring(alter)));
        let trigger = TriggerEventRequest { name, priority: interval.map(|_| priority) };
        check_request(id, |w| trigger.encode(w), |s| assert_eq!(s, RequestService::TriggerEvent(trigger)));
        let attributes = EventConditionAttributesResponse {
            deletable: flag == Some(true),
            class, priority, severity,
            alarm_summary_reports: flag.is_some(),
            monitored_variable: watched.as_ref().map(|(variable, there)| match there {
                true => MonitoredVariable::Variable(access(variable).variable),
                false => MonitoredVariable::Undefined,
            }),
            evaluation_interval: interval,
        };
        check_response(id, |w| attributes.encode(w), |s| {
            assert_eq!(s, ResponseService::GetEventConditionAttributes(attributes));
        });
        let status = EventConditionStatusResponse {
            state: ConditionState::from_code(codes.1),
            enrollments: number,
            enabled: flag,
            last_to_active: interval.map(|_| time),
            last_to_idle: flag.map(|_| time),
        };
        check_response(id, |w| status.encode(w), |s| assert_eq!(s, ResponseService::ReportEventConditionStatus(status)));
        let deleted = DeleteEventConditionResponse { not_deleted: number };
        check_response(id, |w| deleted.encode(w), |s| assert_eq!(s, ResponseService::DeleteEventCondition(deleted)));
        check_response(id, |w| DefineEventConditionResponse.encode(w), |s| {
            assert_eq!(s, ResponseService::DefineEventCondition(DefineEventConditionResponse));
        });
        check_response(id, |w| AlterEventConditionResponse.encode(w), |s| {
            assert_eq!(s, ResponseService::AlterEventConditionMonitoring(AlterEventConditionResponse));
        });
        check_response(id, |w| TriggerEventResponse.encode(w), |s| {
            assert_eq!(s, ResponseService::TriggerEvent(TriggerEventResponse));
        });
    }

    #[test]
    fn event_enrollments(
        id: u32, name in object_name(), condition in object_name(), action in option::of(object_name()),
        others in vec(object_name(), 0..4), client: Option<[u8; 0]>, which in 0usize..3, codes in (-1i64..5, -1i64..9, 0i64..3),
        bits in 0u8..128, flag: bool, number: u32, delay: Option<u32>, time in event_time(),
    ) {
        let (name, condition) = (name.as_ref(), condition.as_ref());
        let action = action.as_ref().map(|action| action.as_ref());
        let client = client.as_ref().map(|content| &content[..]);
        let ack_rule = AlarmAckRule::from_code(codes.0);
        let transitions = transitions(bits);
        let define = DefineEventEnrollmentRequest { name, condition, transitions, ack_rule, action, client };
        check_request(id, |w| define.encode(w), |s| assert_eq!(s, RequestService::DefineEventEnrollment(define)));
        let mut octets = vec![];
        let names = names_of(&others, &mut octets);
        let delete = [
            DeleteEventEnrollmentRequest::Specific(names),
            DeleteEventEnrollmentRequest::Condition(condition),
            DeleteEventEnrollmentRequest::Action(name),
        ][which];
        check_request(id, |w| delete.encode(w), |s| assert_eq!(s, RequestService::DeleteEventEnrollment(delete)));
        check_request(id, |w| write_delete_event_enrollments(w, names), |s| {
            let delete = DeleteEventEnrollmentRequest::Specific(names);
            assert_eq!(s, RequestService::DeleteEventEnrollment(delete));
        });
        let alter = AlterEventEnrollmentRequest {
            name,
            transitions: flag.then_some(transitions),
            ack_rule: delay.map(|_| ack_rule),
        };
        check_request(id, |w| alter.encode(w), |s| assert_eq!(s, RequestService::AlterEventEnrollment(alter)));
        let ask = EventEnrollmentStatusRequest { name };
        check_request(id, |w| ask.encode(w), |s| assert_eq!(s, RequestService::ReportEventEnrollmentStatus(ask)));
        let ask = EventEnrollmentAttributesRequest {
            scope: codes.2,
            names: flag.then_some(names),
            client,
            condition: Some(condition).filter(|_| flag),
            action,
            continue_after: Some(name).filter(|_| delay.is_some()),
        };
        check_request(id, |w| ask.encode(w), |s| assert_eq!(s, RequestService::GetEventEnrollmentAttributes(ask)));
        let acknowledge = AcknowledgeEventRequest { enrollment: name, state: ConditionState::from_code(codes.2), time };
        check_request(id, |w| acknowledge.encode(w), |s| {
            assert_eq!(s, RequestService::AcknowledgeEventNotification(acknowledge));
        });
        let state = EnrollmentState::from_code(codes.1);
        let altered = AlterEventEnrollmentResponse { state: flag.then_some(state), transition_time: time };
        check_response(id, |w| altered.encode(w), |s| assert_eq!(s, ResponseService::AlterEventEnrollment(altered)));
        let status = EventEnrollmentStatusResponse {
            transitions,
            notification_lost: flag,
            duration: EnrollmentDuration::from_code(codes.2),
            ack_rule: delay.map(|_| ack_rule),
            state,
        };
        check_response(id, |w| status.encode(w), |s| assert_eq!(s, ResponseService::ReportEventEnrollmentStatus(status)));
        let enrollments = [
            EventEnrollment {
                name,
                condition: ConditionReference::Name(condition),
                action: action.map(ConditionReference::Name),
                client,
                deletable: flag,
                class: EnrollmentClass::from_code(codes.2),
                duration: EnrollmentDuration::from_code(codes.2),
                invoke_id: delay,
                remaining_delay: delay,
            },
            EventEnrollment {
                name,
                condition: ConditionReference::Undefined,
                action: None,
                client: None,
                deletable: flag,
                class: EnrollmentClass::Notification,
                duration: EnrollmentDuration::Current,
                invoke_id: None,
                remaining_delay: None,
            },
        ];
        check_response(
            id,
            |w| {
                let mut response = EventEnrollmentsWriter::begin(w);
                assert!(enrollments.iter().all(|e| response.push(w, e)));
                response.end(w, flag);
            },
            |s| match s {
                ResponseService::GetEventEnrollmentAttributes(attributes) => {
                    assert!(attributes.enrollments.iter().eq(enrollments));
                    assert_eq!(attributes.more_follows, flag);
                }
                other => panic!("{other:?}"),
            },
        );
        let deleted = DeleteEventEnrollmentResponse { not_deleted: number };
        check_response(id, |w| deleted.encode(w), |s| assert_eq!(s, ResponseService::DeleteEventEnrollment(deleted)));
        check_response(id, |w| DefineEventEnrollmentResponse.encode(w), |s| {
            assert_eq!(s, ResponseService::DefineEventEnrollment(DefineEventEnrollmentResponse));
        });
        check_response(id, |w| AcknowledgeEventResponse.encode(w), |s| {
            assert_eq!(s, ResponseService::AcknowledgeEventNotification(AcknowledgeEventResponse));
        });
        let notification = EventNotification {
            enrollment: name,
            condition: [
                ConditionReference::Name(condition),
                ConditionReference::Bare(condition),
                ConditionReference::Undefined,
            ][which],
            severity: bits,
            state: flag.then_some(ConditionState::from_code(codes.2)),
            time,
            notification_lost: flag,
            ack_rule: delay.map(|_| ack_rule),
            action_result: client,
        };
        check(
            |w| write_unconfirmed(w, |w| notification.encode(w)),
            |pdu| assert_eq!(pdu, Pdu::Unconfirmed(UnconfirmedService::EventNotification(notification))),
        );
    }

    #[test]
    fn information_report(
        list in object_name(), variables in vec(variable(), 0..4), results in vec(result(), 0..6),
    ) {
        check(
            |w| write_unconfirmed(w, |w| {
                let report =
                    InformationReportWriter::begin(w, |w| write_list_name(w, list.as_ref()));
                write_results(w, &results);
                report.end(w);
            }),
            |pdu| match pdu {
                Pdu::Unconfirmed(UnconfirmedService::InformationReport(report)) => {
                    let name = VariableAccessSpecification::ListName(list.as_ref());
                    assert_eq!(report.variables, name);
                    assert_results(report.results, &results);
                }
                other => panic!("{other:?}"),
            },
        );
        check(
            |w| write_unconfirmed(w, |w| {
                let report = InformationReportWriter::begin(w, |w| {
                    write_variables(w, variables.iter().map(access))
                });
                write_results(w, &results);
                report.end(w);
            }),
            |pdu| match pdu {
                Pdu::Unconfirmed(UnconfirmedService::InformationReport(InformationReport {
                    variables: VariableAccessSpecification::Variables(decoded),
                    ..
                })) => assert_variables(decoded, &variables),
                other => panic!("{other:?}"),
            },
        );
    }

    #[test]
    fn anything_is_decoded_or_refused(mut octets: Vec<u8>, first in 0u8..16) {
        let _ = Pdu::decode(&octets);
        octets.insert(0, 0xa0 | first);
        let _ = Pdu::decode(&octets);
    }
}

/// The recorded PDUs with one octet changed: decoded or refused, and what is decoded can be
/// walked to its last leaf and written.
#[test]
fn damaged_pdus() {
    for line in include_str!("data/golden_pdus.txt")
        .lines()
        .filter(|l| !l.starts_with('#'))
    {
        let hex = line.rsplit(' ').next().unwrap();
        let octets: Vec<u8> = (0..hex.len() / 2)
            .map(|i| u8::from_str_radix(&hex[2 * i..2 * i + 2], 16).unwrap())
            .collect();
        for at in 0..octets.len().min(120) {
            for change in [0x01, 0x20, 0x80, 0xff] {
                let mut damaged = octets.clone();
                damaged[at] ^= change;
                if let Ok(pdu) = Pdu::decode(&damaged) {
                    let walked = format!("{pdu:?}");
                    let mut again = vec![];
                    pdu.encode(&mut Writer::unbounded(&mut again));
                    assert!(!walked.is_empty() && !again.is_empty());
                }
            }
        }
    }
}

/// Ten thousand levels of anything that nests.
#[test]
fn deep_nests_are_refused() {
    fn nested(levels: usize, inner: &[u8], wrap: impl Fn(&mut Writer<'_>, &[u8])) -> Vec<u8> {
        let mut octets = inner.to_vec();
        for _ in 0..levels {
            let mut outer = vec![];
            wrap(&mut Writer::unbounded(&mut outer), &octets);
            octets = outer;
        }
        octets
    }
    use mms::ber::Tag;
    let structures = nested(10_000, &[0x83, 1, 0], |w, inner| {
        w.primitive(Tag::context_constructed(2), inner)
    });
    let alternates = nested(10_000, &[0x82, 1, 0], |w, inner| {
        w.constructed(Tag::context_constructed(0), |w| {
            w.unsigned(Tag::context(1), 0);
            w.primitive(Tag::SEQUENCE, inner);
        })
    });
    let name = ObjectName::domain("LD1", "GGIO1");
    let refused = |write: &dyn Fn(&mut Writer<'_>)| {
        let mut octets = vec![];
        write_confirmed_request(&mut Writer::unbounded(&mut octets), 9, |w| write(w));
        let error = Pdu::decode(&octets).unwrap_err();
        assert_eq!(
            (error.invoke_id, error.reason),
            (Some(9), RejectReason::MAX_RECURSION_EXCEEDED)
        );
    };
    refused(&|w| {
        w.constructed(Tag::context_constructed(5), |w| {
            write_variables(w, [name]);
            w.primitive(Tag::context_constructed(0), &structures);
        });
    });
    refused(&|w| {
        w.constructed(Tag::context_constructed(4), |w| {
            w.constructed(Tag::context_constructed(1), |w| {
                w.constructed(Tag::context_constructed(0), |w| {
                    w.constructed(Tag::SEQUENCE, |w| {
                        w.constructed(Tag::context_constructed(0), |w| name.encode(w));
                        w.primitive(Tag::context_constructed(5), &alternates);
                    });
                });
            });
        });
    });
    let mut octets = vec![];
    write_unconfirmed(&mut Writer::unbounded(&mut octets), |w| {
        w.constructed(Tag::context_constructed(0), |w| {
            write_list_name(w, name);
            w.primitive(Tag::context_constructed(0), &structures);
        });
    });
    assert!(Pdu::decode(&octets).is_err());
    assert!(Pdu::decode(&[0xa0, 0x80].repeat(10_000)).is_err());
}

#[test]
fn values_and_variables_of_a_write_have_to_match() {
    let name = ObjectName::domain("LD1", "GGIO1");
    let values = [MmsValue::Boolean(true), MmsValue::Boolean(false)];
    for (variables, count) in [(1, 2), (2, 1), (1, 0)] {
        let mut octets = vec![];
        write_confirmed_request(&mut Writer::unbounded(&mut octets), 3, |w| {
            w.constructed(mms::ber::Tag::context_constructed(5), |w| {
                write_variables(w, vec![name; variables]);
                w.constructed(mms::ber::Tag::context_constructed(0), |w| {
                    write_results(w, &values[..count])
                });
            });
        });
        let error = Pdu::decode(&octets).unwrap_err();
        assert_eq!(
            (error.invoke_id, error.reason),
            (Some(3), RejectReason::INVALID_ARGUMENT)
        );
    }
}

/// Some peers say that a response of type NULL is constructed.
#[test]
fn empty_responses_may_say_that_they_are_constructed() {
    let define = [0xa1, 5, 0x02, 1, 7, 0xab, 0];
    let Ok(Pdu::ConfirmedResponse(response)) = Pdu::decode(&define) else {
        panic!("no response");
    };
    let expected = ResponseService::DefineNamedVariableList(DefineVariableListResponse);
    assert_eq!(response.service, expected);
    for (tag, number) in [(46, 0xbf2e), (74, 0xbf4a), (75, 0xbf4b), (76, 0xbf4c)] {
        let [first, second] = u16::to_be_bytes(number);
        let pdu = [0xa1, 6, 0x02, 1, 7, first, second, 0];
        let Ok(Pdu::ConfirmedResponse(response)) = Pdu::decode(&pdu) else {
            panic!("no response with tag {tag}");
        };
        assert!(
            !matches!(response.service, ResponseService::Other { .. }),
            "{tag}"
        );
    }
    // With content it is something else.
    let other = [0xa1, 8, 0x02, 1, 7, 0xab, 3, 0x02, 1, 0];
    let Ok(Pdu::ConfirmedResponse(response)) = Pdu::decode(&other) else {
        panic!("no response");
    };
    assert!(matches!(response.service, ResponseService::Other { .. }));
}
