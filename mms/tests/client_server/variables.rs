use super::*;
use mms::client::ClientError;
use mms::pdu::{AccessStep, Address, AlternateAccessBuf, VariableAccess, VariableSpecification};
use mms::server::vmd::VariableHandler;
use mms::{DataAccessError, RejectReason, ServiceError};
use std::sync::atomic::{AtomicI32, Ordering};
use std::time::Duration;
use tokio::time::timeout;

const NUMBER: ObjectName<'_> = ObjectName::domain("A", "number");
const FIXED: ObjectName<'_> = ObjectName::domain("A", "fixed");
const POINT: ObjectName<'_> = ObjectName::domain("A", "point");
const POINTS: ObjectName<'_> = ObjectName::domain("A", "points");

#[tokio::test(start_paused = true)]
async fn reading_and_writing() {
    let vmd = device();
    let (client, _) = connect(&vmd).await;
    assert_eq!(
        client.read(ObjectName::Vmd("global")).await.unwrap(),
        MmsValue::Integer(1)
    );
    assert_eq!(client.read(POINT).await.unwrap(), point_value(4, "four"));
    client.write(POINT, &point_value(5, "five")).await.unwrap();
    assert_eq!(vmd.get(POINT), Ok(point_value(5, "five")));
    vmd.set(FIXED, 33i32.into()).unwrap();
    assert_eq!(client.read(FIXED).await.unwrap(), MmsValue::Integer(33));
}

#[tokio::test(start_paused = true)]
async fn what_cannot_be_read_or_written() {
    let (client, _) = connect(&device()).await;
    for (name, value, error) in [
        (FIXED, 1i32.into(), DataAccessError::ObjectAccessDenied),
        (NUMBER, "text".into(), DataAccessError::TypeInconsistent),
        (
            NUMBER,
            MmsValue::Integer(1 << 40),
            DataAccessError::ObjectValueInvalid,
        ),
        (
            ObjectName::domain("A", "no"),
            1i32.into(),
            DataAccessError::ObjectNonExistent,
        ),
    ] {
        let failed = client.write(name, &value).await.unwrap_err();
        assert_eq!(failed.access_error(), Some(error), "{name}");
    }
    let unknown = ObjectName::domain("A", "no");
    let failed = client.read(unknown).await.unwrap_err();
    assert_eq!(failed.to_string(), "A/no: object non-existent");
    let address = VariableSpecification::Address(Address::Numeric(4));
    let failed = client.read(address).await.unwrap_err();
    assert_eq!(
        failed.access_error(),
        Some(DataAccessError::ObjectAccessUnsupported)
    );
    // And the association is as good as before.
    assert_eq!(client.read(NUMBER).await.unwrap(), MmsValue::Integer(2));
}

#[tokio::test(start_paused = true)]
async fn parts() {
    let vmd = device();
    let (client, _) = connect(&vmd).await;
    let value = AccessStep::Component("value");
    assert_eq!(
        client.read_part(POINT, &[value]).await.unwrap(),
        MmsValue::Integer(4)
    );
    assert_eq!(
        client
            .read_part(POINTS, &[AccessStep::Index(2), value])
            .await
            .unwrap(),
        MmsValue::Integer(2)
    );
    let range = AccessStep::IndexRange { low: 1, count: 2 };
    assert_eq!(
        client.read_part(POINTS, &[range, value]).await.unwrap(),
        MmsValue::Array(vec![1i32.into(), 2i32.into()])
    );
    let behind = client.read_part(POINTS, &[AccessStep::Index(3)]).await;
    assert_eq!(
        behind.unwrap_err().access_error(),
        Some(DataAccessError::ObjectNonExistent)
    );
    assert!(matches!(
        client.read_part(POINTS, &[]).await,
        Err(ClientError::Argument { .. })
    ));

    let part = AlternateAccessBuf::path(&[AccessStep::Index(0), value]).unwrap();
    let part = VariableAccess::from(POINTS).with_alternate_access(part.as_ref());
    client.write(part, &7i32.into()).await.unwrap();
    let failed = client.write(part, &true.into()).await.unwrap_err();
    assert_eq!(
        failed.access_error(),
        Some(DataAccessError::TypeInconsistent)
    );
    assert_eq!(
        vmd.get(POINTS).unwrap().elements().unwrap()[0],
        point_value(7, "p")
    );
}

/// Counts how often it is read, and keeps what is written if it is not negative.
struct Counter {
    reads: AtomicI32,
    written: Arc<AtomicI32>,
    vmd: Vmd,
}

impl VariableHandler for Counter {
    fn read(&self, requester: Option<&Remote>) -> Result<MmsValue, DataAccessError> {
        // Called with no lock held: the device can be used.
        assert_eq!(self.vmd.get(NUMBER), Ok(MmsValue::Integer(2)));
        if requester.is_none() {
            return Err(DataAccessError::TemporarilyUnavailable);
        }
        Ok((self.reads.fetch_add(1, Ordering::SeqCst) + 1).into())
    }

    fn write(&self, _: &Remote, value: MmsValue) -> Result<(), DataAccessError> {
        match value.to_int32() {
            Ok(value) if value >= 0 => {
                self.vmd.set(FIXED, value.into())?;
                self.written.store(value, Ordering::SeqCst);
                Ok(())
            }
            _ => Err(DataAccessError::ObjectValueInvalid),
        }
    }
}

#[tokio::test(start_paused = true)]
async fn handlers() {
    let vmd = device();
    let written = Arc::new(AtomicI32::new(0));
    let counter = Counter {
        reads: AtomicI32::new(0),
        written: written.clone(),
        vmd: vmd.clone(),
    };
    let name = ObjectName::domain("B", "counter");
    vmd.add_variable(name, Variable::with_handler(INTEGER, counter))
        .unwrap();
    let broken = Variable::with_functions(
        point(),
        || Err(DataAccessError::HardwareFault),
        |_| Err(DataAccessError::HardwareFault),
    );
    let fault = ObjectName::domain("B", "broken");
    vmd.add_variable(fault, broken).unwrap();
    let (client, _) = connect(&vmd).await;
    assert_eq!(client.read(name).await.unwrap(), MmsValue::Integer(1));
    assert_eq!(client.read(name).await.unwrap(), MmsValue::Integer(2));
    client.write(name, &8i32.into()).await.unwrap();
    assert_eq!(written.load(Ordering::SeqCst), 8);
    assert_eq!(vmd.get(FIXED), Ok(MmsValue::Integer(8)));
    let refused = client.write(name, &(-1i32).into()).await.unwrap_err();
    assert_eq!(
        refused.access_error(),
        Some(DataAccessError::ObjectValueInvalid)
    );
    let refused = client.write(name, &true.into()).await.unwrap_err();
    assert_eq!(
        refused.access_error(),
        Some(DataAccessError::TypeInconsistent)
    );
    assert_eq!(vmd.get(name), Err(DataAccessError::TemporarilyUnavailable));
    let hardware = Some(DataAccessError::HardwareFault);
    let steps = [AccessStep::Component("value")];
    let read = client.read_part(fault, &steps).await.unwrap_err();
    assert_eq!(read.access_error(), hardware);
    let value = point_value(0, "");
    let write = client.write(fault, &value).await.unwrap_err();
    assert_eq!(write.access_error(), hardware);
}

#[tokio::test(start_paused = true)]
async fn association_variables_are_of_the_association() {
    let vmd = device();
    vmd.add_association_variable("own", |_| integer(0)).unwrap();
    let (one, _) = connect(&vmd).await;
    let (other, _) = connect(&vmd).await;
    let own = ObjectName::Association("own");
    one.write(own, &1i32.into()).await.unwrap();
    assert_eq!(one.read(own).await.unwrap(), MmsValue::Integer(1));
    assert_eq!(other.read(own).await.unwrap(), MmsValue::Integer(0));
}

#[tokio::test(start_paused = true)]
async fn many_are_split_as_the_pdu_asks() {
    let vmd = device();
    let names: Vec<String> = (0..500).map(|i| format!("v{i}")).collect();
    for (i, name) in names.iter().enumerate() {
        // Every hundredth is much longer than its name: answers grow where requests do not.
        let variable = if i % 100 == 50 {
            let text = "x".repeat(150);
            Variable::new(TypeDescription::VisibleString(-255), text).unwrap()
        } else {
            integer(i as i32)
        };
        vmd.add_variable(ObjectName::domain("B", name), variable)
            .unwrap();
    }
    for size in [256, 1000, 65_000] {
        let (client, _) = connect_with(&vmd, small_pdus(size)).await;
        let accesses = || names.iter().map(|name| ObjectName::domain("B", name));
        let read = client
            .read_many(accesses().chain([ObjectName::Vmd("no")]))
            .await
            .unwrap();
        assert_eq!(read.len(), 501);
        for (i, value) in read.iter().enumerate().take(500) {
            if i % 100 == 50 {
                let text = value.as_ref().unwrap().to_string_value().unwrap();
                assert_eq!(text.len(), 150);
            } else {
                assert_eq!(*value, Ok(MmsValue::Integer(i as i64)));
            }
        }
        assert_eq!(read[500], Err(DataAccessError::ObjectNonExistent));

        let new: Vec<MmsValue> = (0..500).map(|i: i32| (i + 1).into()).collect();
        let written = client.write_many(accesses().zip(&new)).await.unwrap();
        for (i, outcome) in written.iter().enumerate() {
            let expected = if i % 100 == 50 {
                Err(DataAccessError::TypeInconsistent)
            } else {
                Ok(())
            };
            assert_eq!(*outcome, expected);
        }
        let old: Vec<MmsValue> = (0..500).map(|i: i32| i.into()).collect();
        client.write_many(accesses().zip(&old)).await.unwrap();
        assert_eq!(client.read_many::<ObjectName<'_>>([]).await.unwrap(), []);
    }
}

#[tokio::test(start_paused = true)]
async fn what_fits_no_pdu() {
    let vmd = device();
    let ty = TypeDescription::OctetString(-1000);
    let variable = Variable::new(ty, MmsValue::OctetString(vec![1; 1000])).unwrap();
    let long = ObjectName::domain("B", "long");
    vmd.add_variable(long, variable).unwrap();
    let (client, _) = connect_with(&vmd, small_pdus(500)).await;
    let error = client.read(long).await.unwrap_err();
    assert_eq!(error.service_error(), Some(ServiceError::PDU_SIZE));
    let error = client.read_many([NUMBER, long]).await.unwrap_err();
    assert_eq!(error.service_error(), Some(ServiceError::PDU_SIZE));
    let value = MmsValue::OctetString(vec![2; 1000]);
    let error = client.write(long, &value).await.unwrap_err();
    assert!(matches!(error, ClientError::Send { .. }), "{error}");
    assert_eq!(client.read(NUMBER).await.unwrap(), MmsValue::Integer(2));
}

#[tokio::test(start_paused = true)]
async fn dropping_a_request_leaves_the_association_usable() {
    let (client, _) = connect(&device()).await;
    for _ in 0..20 {
        // Polled once, so that the request is on its way, and then dropped.
        let read = client.read(NUMBER);
        assert!(timeout(Duration::ZERO, read).await.is_err());
    }
    assert_eq!(client.read(NUMBER).await.unwrap(), MmsValue::Integer(2));
}

#[tokio::test(start_paused = true)]
async fn unknown_services_are_rejected() {
    use mms::ber::Tag;
    use mms::pdu::RequestService;
    let (client, _) = connect(&device()).await;
    for number in [3, 38, 70, 90] {
        let tag = Tag::context_constructed(number);
        let request = RequestService::Other { tag, content: &[] };
        let error = client.request(request, |_| Ok(())).await.unwrap_err();
        assert!(
            matches!(error, ClientError::Reject { reason, .. } if reason == RejectReason::UNRECOGNIZED_SERVICE),
            "{error}"
        );
    }
    // Without a filestore there are no file services either.
    let error = client.file_directory(None).await.unwrap_err();
    assert!(matches!(error, ClientError::Reject { .. }));
}
