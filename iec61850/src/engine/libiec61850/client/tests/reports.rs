//! What the handlers of reports do.

use super::{connected, next, served};
use crate::client::ReportMessage;
use crate::client::engine::Heard;
use mms::{MmsValue, ObjectName, OwnedVariable};
use std::sync::Arc;
use std::sync::mpsc::{Sender, channel};

const RCB: &str = "GOLDLD1/LLN0.RP.urcb01";

struct Panicking(parking_lot::Mutex<Sender<String>>);

impl Heard for Panicking {
    fn report(&self, rcb: &str, _: ReportMessage) {
        self.0.lock().send(rcb.to_owned()).unwrap();
        panic!("a report of {rcb}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn panics_in_handlers_end_there() {
    let (server, _model) = served();
    let (tell, told) = channel();
    let heard = Arc::new(Panicking(tell.into()));
    let connection = connected(server.local_address().unwrap(), heard).await;
    connection.follow_reports(RCB, "");
    let set = async |attribute: &str| {
        let item = format!("LLN0$RP$urcb01${attribute}");
        let variable = OwnedVariable::from(ObjectName::domain("GOLDLD1", &item));
        connection
            .write(variable, &MmsValue::Boolean(true))
            .await
            .unwrap();
    };
    set("RptEna").await;
    for _ in 0..2 {
        set("GI").await;
        assert_eq!(next(&told), RCB);
    }
    connection.identify().await.unwrap();
}
