//! Supervision of subscriptions: LGOS and LSVS (IEC 61850-7-4), fed by subscribers.

use super::IedServer;
use crate::Error;
use crate::common::FunctionalConstraint as Fc;
use crate::goose::GooseSubscriber;
use crate::model::{DataAttribute, LogicalNode, ModelNodeExt};
use crate::sv::{SvEvent, SvSubscriber};
use mms::{BitString, MmsValue, UtcTime};
use std::sync::{Arc, Weak};

/// A value of a supervision node with its quality and time.
struct Shown {
    value: DataAttribute,
    quality: Option<DataAttribute>,
    time: Option<DataAttribute>,
    last: Option<MmsValue>,
}

/// The values of a supervision node. What the node does not have is not shown; a server that is gone
/// is not updated.
struct Node {
    server: Weak<IedServer>,
    status: Option<Shown>,
    needs_commissioning: Option<Shown>,
    simulated: Option<Shown>,
    last_st_num: Option<Shown>,
    expected_revision: Option<Shown>,
    revision: Option<Shown>,
}

/// What is shown of a subscription; `None`: nothing is known yet.
#[derive(Default)]
struct Facts {
    status: bool,
    needs_commissioning: Option<bool>,
    simulated: Option<bool>,
    last_st_num: Option<u32>,
    expected_revision: Option<u32>,
    revision: Option<u32>,
}

impl Shown {
    fn of(node: &LogicalNode, object: &str) -> Option<Self> {
        let at = |leaf: &str| node.child_attribute(&format!("{object}.{leaf}")).ok();
        Some(Shown {
            value: at("stVal")?,
            quality: at("q"),
            time: at("t"),
            last: None,
        })
    }

    /// Shows a value that is another than before.
    fn show(&mut self, server: &IedServer, now: UtcTime, value: MmsValue) -> Result<(), Error> {
        if self.last.as_ref() == Some(&value) {
            return Ok(());
        }
        if let Some(time) = &self.time {
            server.update_value(time, &now.into())?;
        }
        if let Some(quality) = &self.quality {
            // Good.
            server.update_value(quality, &MmsValue::BitString(BitString::new(13)))?;
        }
        server.update_value(&self.value, &value)?;
        self.last = Some(value);
        Ok(())
    }
}

impl Node {
    fn new(server: &Arc<IedServer>, node: &LogicalNode) -> Self {
        let of = |object| Shown::of(node, object);
        Node {
            server: Arc::downgrade(server),
            status: of("St"),
            needs_commissioning: of("NdsCom"),
            simulated: of("SimSt"),
            last_st_num: of("LastStNum"),
            expected_revision: of("ConfRevNum"),
            revision: of("RxConfRevNum"),
        }
    }

    fn show(&mut self, facts: &Facts) {
        let Some(server) = self.server.upgrade() else {
            return;
        };
        let flag = |flag: Option<bool>| flag.map(MmsValue::Boolean);
        let number = |number: Option<u32>| number.map(|n| MmsValue::Integer(n.into()));
        let shown = [
            (&mut self.last_st_num, number(facts.last_st_num)),
            (&mut self.expected_revision, number(facts.expected_revision)),
            (&mut self.revision, number(facts.revision)),
            (&mut self.simulated, flag(facts.simulated)),
            (
                &mut self.needs_commissioning,
                flag(facts.needs_commissioning),
            ),
            (&mut self.status, Some(facts.status.into())),
        ];
        let now = UtcTime::now();
        let _batch = server.lock_data_model();
        for (place, value) in shown {
            if let (Some(place), Some(value)) = (place, value)
                && let Err(error) = place.show(&server, now, value)
            {
                tracing::warn!(%error, "the state of a subscription cannot be shown");
            }
        }
    }

    /// Whether something that may change often is another than before.
    fn differs(&self, facts: &Facts) -> bool {
        let other = |place: &Option<Shown>, value: Option<MmsValue>| {
            let place = place.as_ref();
            value.is_some() && place.is_some_and(|place| place.last != value)
        };
        let number = |number: Option<u32>| number.map(|n| MmsValue::Integer(n.into()));
        other(&self.status, Some(facts.status.into()))
            || other(&self.simulated, facts.simulated.map(MmsValue::Boolean))
            || other(&self.revision, number(facts.revision))
    }
}

/// Shows in an LGOS how a GOOSE subscription is: St, NdsCom, SimSt, LastStNum, ConfRevNum and
/// RxConfRevNum, as far as the node has them.
///
/// ```
/// use iec61850::goose::{GooseReceiver, GooseSubscriber};
/// use iec61850::*;
/// use std::sync::Arc;
///
/// let model = IedModel::new("BAY1")?;
/// let device = model.create_logical_device("LD0", None)?;
/// let node = device.create_logical_node("LGOS1")?;
/// node.create_cdc_sps("St", CdcOptions::empty())?;
/// let server = Arc::new(IedServer::new(&model, None)?);
///
/// let subscriber = GooseSubscriber::new("BAY2LD0/LLN0$GO$gcb1");
/// let mut shown = server.supervise_goose(&node, &subscriber)?;
/// let mut receiver = GooseReceiver::new();
/// receiver.add_subscriber(subscriber, move |subscriber, _event| shown.update(subscriber));
/// # Ok::<(), iec61850::Error>(())
/// ```
pub struct GooseSupervision(Node);

impl GooseSupervision {
    /// Shows how the subscriber is now. To be called with each event of it.
    pub fn update(&mut self, subscriber: &GooseSubscriber) {
        let heard = subscriber.st_num().is_some();
        let facts = Facts {
            status: subscriber.is_valid(),
            needs_commissioning: heard.then(|| subscriber.needs_commissioning()),
            simulated: heard.then(|| subscriber.is_simulated()),
            last_st_num: subscriber.st_num(),
            expected_revision: subscriber.expected_conf_rev(),
            revision: subscriber.conf_rev(),
        };
        self.0.show(&facts);
    }
}

/// Shows in an LSVS how a subscription of sampled values is: St, SimSt, ConfRevNum and RxConfRevNum,
/// as far as the node has them.
pub struct SvSupervision {
    node: Node,
    expected_revision: Option<u32>,
}

impl SvSupervision {
    /// Shows what an event means. To be called with each of them; only one that changes something
    /// costs more than a comparison.
    pub fn update(&mut self, event: &SvEvent<'_>) {
        let mut facts = Facts {
            expected_revision: self.expected_revision,
            ..Facts::default()
        };
        match event {
            SvEvent::Sample {
                asdu, simulated, ..
            } => {
                facts.status = true;
                facts.simulated = Some(*simulated);
                facts.revision = Some(asdu.conf_rev);
            }
            SvEvent::OtherRevision {
                asdu, simulated, ..
            } => {
                facts.simulated = Some(*simulated);
                facts.revision = Some(asdu.conf_rev);
            }
            SvEvent::Silent { .. } => {}
        }
        if self.node.differs(&facts) {
            self.node.show(&facts);
        }
    }
}

impl IedServer {
    /// Shows in an LGOS of the model how a subscription is. If GoCBRef says nothing yet, it says now
    /// what is subscribed to.
    ///
    /// # Errors
    /// [`Error::WrongKind`] if the node is of another model, or none of class LGOS.
    pub fn supervise_goose(
        self: &Arc<Self>,
        node: &LogicalNode,
        subscriber: &GooseSubscriber,
    ) -> Result<GooseSupervision, Error> {
        self.check_supervision(node, "LGOS")?;
        let reference = object_reference(subscriber.go_cb_ref());
        self.show_reference(node, "GoCBRef", &reference)?;
        let mut supervision = GooseSupervision(Node::new(self, node));
        supervision.update(subscriber);
        Ok(supervision)
    }

    /// As [`IedServer::supervise_goose`], in an LSVS; `reference` is that of the control block,
    /// `LD/LN.NAME`.
    ///
    /// # Errors
    /// [`Error::WrongKind`] if the node is of another model, or none of class LSVS.
    pub fn supervise_sampled_values(
        self: &Arc<Self>,
        node: &LogicalNode,
        reference: &str,
        subscriber: &SvSubscriber,
    ) -> Result<SvSupervision, Error> {
        self.check_supervision(node, "LSVS")?;
        self.show_reference(node, "SvCBRef", reference)?;
        let mut node = Node::new(self, node);
        let expected_revision = subscriber.expected_conf_rev();
        node.show(&Facts {
            expected_revision,
            ..Facts::default()
        });
        Ok(SvSupervision {
            node,
            expected_revision,
        })
    }

    /// The LGOS of the model whose GoCBRef names this control block, `LD/LN$GO$NAME` or `LD/LN.NAME`.
    pub fn goose_supervision_node(&self, go_cb_ref: &str) -> Option<LogicalNode> {
        self.supervision_node("LGOS", "GoCBRef", &object_reference(go_cb_ref))
    }

    /// The LSVS of the model whose SvCBRef names this control block, `LD/LN.NAME`.
    pub fn sv_supervision_node(&self, reference: &str) -> Option<LogicalNode> {
        self.supervision_node("LSVS", "SvCBRef", reference)
    }

    fn supervision_node(&self, class: &str, object: &str, reference: &str) -> Option<LogicalNode> {
        let devices = self.model.logical_devices().into_iter();
        let mut nodes = devices.flat_map(|device| device.logical_nodes());
        nodes.find(|node| {
            is_of_class(node, class)
                && source_reference(node, object)
                    .and_then(|attribute| self.get_string(&attribute).ok())
                    .is_some_and(|own| own == reference)
        })
    }

    fn check_supervision(&self, node: &LogicalNode, class: &'static str) -> Result<(), Error> {
        let wrong = |reason| Error::WrongKind {
            reference: node.reference(),
            reason,
        };
        if node.ied_model() != self.model {
            return Err(wrong("belongs to another model than the server's"));
        }
        match (is_of_class(node, class), class) {
            (true, _) => Ok(()),
            (false, "LGOS") => Err(wrong("is no LGOS")),
            (false, _) => Err(wrong("is no LSVS")),
        }
    }

    fn show_reference(&self, node: &LogicalNode, object: &str, own: &str) -> Result<(), Error> {
        if let Some(attribute) = source_reference(node, object)
            && self
                .get_string(&attribute)
                .is_ok_and(|known| known.is_empty())
        {
            self.update_string(&attribute, own)?;
        }
        Ok(())
    }
}

fn is_of_class(node: &LogicalNode, class: &str) -> bool {
    let name = node.name();
    name.trim_end_matches(|c: char| c.is_ascii_digit())
        .ends_with(class)
}

fn source_reference(node: &LogicalNode, object: &str) -> Option<DataAttribute> {
    let attribute = node.child_attribute(&format!("{object}.setSrcRef")).ok()?;
    (attribute.fc() == Fc::SP).then_some(attribute)
}

/// `LD/LN.NAME` for `LD/LN$GO$NAME`.
fn object_reference(go_cb_ref: &str) -> String {
    go_cb_ref.replacen("$GO$", ".", 1)
}
