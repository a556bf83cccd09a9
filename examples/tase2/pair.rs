//! NORTH and SOUTH in one process, for the examples of the blocks: NORTH has something and listens, SOUTH calls and uses it.

use std::error::Error;
use std::time::Duration;
use tase2::VirtualControlCenter;
use tase2::bilateral::BilateralTable;
use tase2::client::Client;
use tase2::endpoint::{Call, Endpoint, EndpointOptions};
use tase2::model::Model;

/// What an example says.
pub(crate) type Lines = Result<Vec<String>, Box<dyn Error + Send + Sync>>;

/// Both control centres, and SOUTH's client of NORTH.
pub(crate) struct Pair {
    #[allow(dead_code, reason = "not each example changes what NORTH has")]
    pub(crate) north: VirtualControlCenter,
    pub(crate) client: Client,
    listening: Endpoint,
    calling: Endpoint,
}

impl Pair {
    /// NORTH has this model; `agree` is what its table for SOUTH says beyond who SOUTH is.
    pub(crate) async fn start(
        model: Model,
        agree: impl FnOnce(&mut BilateralTable),
    ) -> Result<Pair, Box<dyn Error + Send + Sync>> {
        let mut south = BilateralTable::new("SOUTH", "2026-1", "FOR_SOUTH");
        south.identity.ap_title = Some("1.1.999.2".parse()?);
        agree(&mut south);
        let north = VirtualControlCenter::new(model, vec![south])?;
        let mut options = EndpointOptions::default();
        options.listen = Some("127.0.0.1:0".parse()?);
        let listening = Endpoint::start(&north, options, vec![])?;
        let address = listening.local_addr().ok_or("not listening")?.to_string();

        let mut table = BilateralTable::new("NORTH", "2026-1", "FOR_NORTH");
        table.peer_domain = Some("FOR_SOUTH".into());
        table.identity.ap_title = Some("1.1.999.1".parse()?);
        let vcc = VirtualControlCenter::new(Model::new(), vec![table])?;
        let mut options = EndpointOptions::default();
        options.ap_title = Some("1.1.999.2".parse()?);
        let calling = Endpoint::start(&vcc, options, vec![Call::new("NORTH", vec![address])])?;
        let peer = calling.peer("NORTH")?;
        let client = peer.connected(Duration::from_secs(10)).await?;
        Ok(Pair {
            north,
            client,
            listening,
            calling,
        })
    }

    /// Ends both in good order.
    pub(crate) async fn stop(self) {
        self.calling.stop().await;
        self.listening.stop().await;
    }
}
