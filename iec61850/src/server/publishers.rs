//! GOOSE and sampled value control blocks as the application sees them.

use super::{ClientConnection, IedServer};
use crate::Error;
use crate::engine::Change;
use crate::goose::RetransmissionCurve;
use crate::link::Link;
use crate::model::{GooseControlBlock, LogicalNode, ModelNodeExt, SvControlBlock};
use std::sync::Arc;

impl IedServer {
    /// Calls `handler` when a GOOSE control block is enabled (`true`) or disabled, by a client or by
    /// the application. A handler that was there before is replaced.
    pub fn register_gocb_event_handler(
        &self,
        handler: impl Fn(&GooseControlBlock, bool, Option<&ClientConnection>) + Send + Sync + 'static,
    ) {
        self.handlers.set_gocb_handler(Arc::new(handler));
    }

    /// Calls `handler` when a client enables (`true`) or disables the sampled value control block:
    /// the application begins or stops to send samples then. A handler that was there before is
    /// replaced.
    ///
    /// # Errors
    /// [`Error::WrongKind`] if the control block is of another model.
    pub fn register_svcb_event_handler(
        &self,
        block: &SvControlBlock,
        handler: impl Fn(&SvControlBlock, bool, Option<&ClientConnection>) + Send + Sync + 'static,
    ) -> Result<(), Error> {
        if block.ied_model() != self.model {
            return Err(Error::WrongKind {
                reference: format!("{block:?}"),
                reason: "belongs to another model than the server's",
            });
        }
        self.handlers.set_svcb_handler(block, Arc::new(handler));
        let blocks = &self.arena.sv_control_blocks;
        if let Some(number) = blocks.iter().position(|def| Arc::ptr_eq(def, &block.def)) {
            self.engine.changed(Change::SvHandler(number));
        }
        Ok(())
    }

    /// Sets GoEna of all GOOSE control blocks that have a data set, as clients may do one by one.
    pub fn enable_goose_publishing(&self) {
        self.engine.enable_goose(true);
    }

    /// When the GOOSE messages of one control block of a logical node, or with `None` of all of them, are
    /// repeated, in place of what its MinTime and MaxTime say. It may be changed at any time; clients go
    /// on reading MinTime and MaxTime of the model.
    ///
    /// # Errors
    /// [`Error::NotFound`] if there is no such control block; [`Error::NotSupported`] on the engine
    /// libiec61850.
    pub fn set_goose_retransmission(
        &self,
        node: &LogicalNode,
        block: Option<&str>,
        curve: &RetransmissionCurve,
    ) -> Result<(), Error> {
        for number in self.goose_blocks(node, block)? {
            self.engine.set_goose_curve(Some(number), curve.clone())?;
        }
        Ok(())
    }

    /// Undoes [`IedServer::enable_goose_publishing`].
    pub fn disable_goose_publishing(&self) {
        self.engine.enable_goose(false);
    }

    /// Publishes the GOOSE messages of all control blocks on an interface of this machine, by its name
    /// as `ip link` shows it. Without an interface nothing is published, whatever GoEna says. It may
    /// be changed at any time.
    ///
    /// # Errors
    /// [`Error::Link`], which says what to do: rights, name, state of the interface. What was there
    /// before stays.
    #[cfg(target_os = "linux")]
    pub fn set_goose_interface_id(&self, interface: &str) -> Result<(), Error> {
        self.engine.set_goose_interface(None, interface)
    }

    /// As [`IedServer::set_goose_interface_id`] for one GOOSE control block of a logical node, or with
    /// `None` for all of them.
    ///
    /// # Errors
    /// [`Error::Link`]; [`Error::NotFound`] if there is no such control block.
    #[cfg(target_os = "linux")]
    pub fn set_goose_interface_id_ex(
        &self,
        node: &LogicalNode,
        block: Option<&str>,
        interface: &str,
    ) -> Result<(), Error> {
        for number in self.goose_blocks(node, block)? {
            self.engine.set_goose_interface(Some(number), interface)?;
        }
        Ok(())
    }

    /// Publishes the GOOSE messages of all control blocks on a link, for example one in memory.
    ///
    /// # Errors
    /// [`Error::NotSupported`] on the engine libiec61850, which opens interfaces itself.
    pub fn set_goose_link(&self, link: impl Link + 'static) -> Result<(), Error> {
        self.engine.set_goose_link(None, Box::new(link))
    }

    /// Whether the GOOSE messages of one control block of a logical node, or with `None` of all of
    /// them, have a VLAN tag. At first all have.
    ///
    /// # Errors
    /// [`Error::NotFound`] if there is no such control block.
    pub fn use_goose_vlan_tag(
        &self,
        node: &LogicalNode,
        block: Option<&str>,
        tag: bool,
    ) -> Result<(), Error> {
        for number in self.goose_blocks(node, block)? {
            self.engine.set_goose_vlan_tag(number, tag);
        }
        Ok(())
    }

    /// The numbers of the GOOSE control blocks in the model.
    fn goose_blocks(&self, node: &LogicalNode, block: Option<&str>) -> Result<Vec<usize>, Error> {
        let own = node.goose_control_blocks();
        let wanted = |def: &std::sync::Arc<_>| {
            own.iter().any(|own| {
                Arc::ptr_eq(&own.def, def) && block.is_none_or(|name| own.name() == name)
            })
        };
        let all = self.arena.goose_control_blocks.iter().enumerate();
        let found: Vec<_> = all.filter(|(_, def)| wanted(def)).map(|(n, _)| n).collect();
        match (block, found.is_empty()) {
            (Some(name), true) => Err(Error::NotFound {
                what: "GOOSE control block",
                name: name.to_owned(),
                parent: node.reference(),
            }),
            _ => Ok(found),
        }
    }
}
