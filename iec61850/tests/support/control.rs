//! Commands as clients give them, and what the server sends about them.

use super::{access_error, name, patience};
use iec61850::{
    CdcControlModelOptions as Options, ControlAddCause, DataObject, IedModel, OrCat, Timestamp,
};
use mms::client::Subscription;
use mms::client::blocking::Client;
use mms::pdu::VariableAccessSpecification;
use mms::{BitString, DataAccessError, MmsValue};
use std::sync::mpsc::{Receiver, channel};

/// Attributes that reflect commands.
pub(crate) const SHOWN: Options = Options::OPTION_ORIGIN
    .union(Options::OPTION_CTL_NUM)
    .union(Options::OPTION_ST_SELD)
    .union(Options::OPTION_OP_RCVD)
    .union(Options::OPTION_OP_OK)
    .union(Options::OPTION_T_OP_OK);

/// A command, to be changed as a test needs it.
#[derive(Clone)]
pub(crate) struct Command {
    pub(crate) value: MmsValue,
    pub(crate) or_cat: i32,
    pub(crate) or_ident: &'static [u8],
    pub(crate) number: u8,
    pub(crate) t: Timestamp,
    pub(crate) test: bool,
    /// Bit 0 synchrocheck, bit 1 interlocking.
    pub(crate) check: u32,
}

impl Command {
    pub(crate) fn new(value: impl Into<MmsValue>, number: u8) -> Self {
        Command {
            value: value.into(),
            or_cat: OrCat::RemoteControl.value(),
            or_ident: b"test",
            number,
            t: Timestamp::from_ms(1_700_000_000_000),
            test: false,
            check: 0,
        }
    }

    fn parts(&self) -> Vec<MmsValue> {
        vec![
            self.value.clone(),
            MmsValue::Structure(vec![
                MmsValue::Integer(self.or_cat.into()),
                MmsValue::OctetString(self.or_ident.to_vec()),
            ]),
            MmsValue::Unsigned(self.number.into()),
            self.t.into(),
            MmsValue::Boolean(self.test),
        ]
    }

    /// The value of `Oper` and `SBOw`.
    pub(crate) fn oper(&self) -> MmsValue {
        let mut parts = self.parts();
        parts.push(BitString::from_integer(2, self.check).into());
        MmsValue::Structure(parts)
    }

    /// The value of `Cancel`.
    pub(crate) fn cancel(&self) -> MmsValue {
        MmsValue::Structure(self.parts())
    }
}

/// A message of the server: the items of the variables, and their values.
pub(crate) type Message = Vec<(String, MmsValue)>;

/// A client that controls one object.
pub(crate) struct Operator {
    pub(crate) client: Client,
    /// `domain/LN$CO$DO`.
    pub(crate) reference: String,
    messages: Receiver<Message>,
    _reports: Subscription,
}

impl Operator {
    pub(crate) fn new(client: Client, reference: &str) -> Self {
        let (sender, messages) = channel();
        let reports = client.on_information_report(move |report| {
            let VariableAccessSpecification::Variables(variables) = report.variables else {
                return;
            };
            let names = variables.iter().filter_map(|variable| variable.name());
            let names = names.map(|name| name.item().to_owned());
            let values = report.results.iter().map(|data| data.to_value());
            // A test that has ended takes no more messages.
            let _ = sender.send(names.zip(values).collect());
        });
        Operator {
            client,
            reference: reference.to_owned(),
            messages,
            _reports: reports,
        }
    }

    fn write(&self, part: &str, value: MmsValue) -> Result<(), DataAccessError> {
        let item = format!("{}${part}", self.reference);
        match self.client.write(name(&item), &value) {
            Ok(()) => Ok(()),
            error => Err(access_error(&item, error)),
        }
    }

    pub(crate) fn operate(&self, command: &Command) -> Result<(), DataAccessError> {
        self.write("Oper", command.oper())
    }

    pub(crate) fn select_with_value(&self, command: &Command) -> Result<(), DataAccessError> {
        self.write("SBOw", command.oper())
    }

    pub(crate) fn cancel(&self, command: &Command) -> Result<(), DataAccessError> {
        self.write("Cancel", command.cancel())
    }

    /// Selects by reading; the answer is the reference, or nothing.
    pub(crate) fn select(&self) -> bool {
        let item = format!("{}$SBO", self.reference);
        let read = self.client.read(name(&item)).unwrap();
        let text = read.to_string_value().unwrap();
        assert!(text.is_empty() || text == self.reference, "{text}");
        !text.is_empty()
    }

    /// The next message.
    pub(crate) fn message(&self) -> Message {
        let message = self.messages.recv_timeout(patience());
        message.expect("a message of the server")
    }

    /// The cause of the next message, which has to be a LastApplError about this part of the object
    /// and this command.
    pub(crate) fn cause(&self, part: &str, command: &Command) -> ControlAddCause {
        let message = self.message();
        assert_eq!(message.len(), 1, "{message:?}");
        self.last_appl_error(&message, part, command)
    }

    /// Checks the LastApplError a message begins with, and gives its cause.
    pub(crate) fn last_appl_error(
        &self,
        message: &Message,
        part: &str,
        command: &Command,
    ) -> ControlAddCause {
        let (item, value) = &message[0];
        assert_eq!(item, "LastApplError");
        let parts = value.elements().unwrap();
        let reference = format!("{}${part}", self.reference);
        assert_eq!(parts[0], MmsValue::VisibleString(reference));
        assert_eq!(parts[1], 0.into());
        assert_eq!(parts[2], command.parts()[1]);
        assert_eq!(parts[3], MmsValue::Unsigned(command.number.into()));
        ControlAddCause::from_value(parts[4].to_int32().unwrap())
    }

    /// The next message has to be the positive end of this command.
    pub(crate) fn ends(&self, command: &Command) {
        let (_, item) = self.reference.split_once('/').unwrap();
        let expected = (format!("{item}$Oper"), command.oper());
        assert_eq!(self.message(), [expected]);
    }

    /// The next message has to be the negative end of this command. Gives its cause.
    pub(crate) fn fails(&self, command: &Command) -> ControlAddCause {
        let (_, item) = self.reference.split_once('/').unwrap();
        let message = self.message();
        let expected = (format!("{item}$Oper"), command.oper());
        assert_eq!(message[1..], [expected]);
        self.last_appl_error(&message, "Oper", command)
    }

    /// Whether the server has sent no message up to now: what it sends before the answer to a
    /// later request has come by then.
    pub(crate) fn silent(&self) -> bool {
        self.client.identify().unwrap();
        self.messages.try_recv().is_err()
    }
}

/// A data object by its full reference.
pub(crate) fn object(model: &IedModel, reference: &str) -> DataObject {
    let node = model.node_by_reference(reference);
    node.and_then(|node| node.into_data_object())
        .unwrap_or_else(|error| panic!("{reference}: {error}"))
}
