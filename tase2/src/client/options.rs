use super::{Client, Sink};
use crate::bilateral::InformationTable;
use crate::clock::SystemClock;
use crate::types::Edition;
use crate::{Error, server};
use mms::RejectReason;
use mms::association::{CallParameters, Config, Handler};
use mms::net::{Remote, Session};
use mms::pdu::{Service, ServiceSupport, UnconfirmedService};
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::ToSocketAddrs;

/// How a client without a control centre of its own calls ([`Client::connect`]).
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct ClientOptions {
    /// The domain of the peer that is for us; empty if it is not known, or none is needed.
    pub domain: String,
    /// Our addresses and titles, and what we offer.
    pub config: Config,
    /// Whom we call.
    pub call: CallParameters,
    /// For the association, and for each answer. Default 10 s.
    pub timeout: Duration,
    /// The edition of the peer; `None`: as it says itself.
    pub edition: Option<Edition>,
    /// What is agreed on about information messages of the peer, if it is anything but the default.
    pub information: InformationTable,
}

impl Default for ClientOptions {
    fn default() -> Self {
        ClientOptions {
            domain: String::new(),
            config: asking_config(),
            call: CallParameters::default(),
            timeout: Duration::from_secs(10),
            edition: None,
            information: InformationTable::default(),
        }
    }
}

/// What a side offers that only asks: it takes reports, and serves nothing.
fn asking_config() -> Config {
    let mut config = association_config();
    config.services = ServiceSupport::of(&[
        Service::InformationReport,
        Service::EventNotification,
        Service::Conclude,
        Service::Cancel,
    ]);
    config
}

/// What a TASE.2 side offers (reference section 1.3).
pub(crate) fn association_config() -> Config {
    let mut config = Config::default();
    // X.224 allows no more in class 0, and there are stacks that refuse a call with more.
    config.tpdu_size = 2048;
    config.max_pdu_size = 32_000;
    config.max_outstanding_calling = 10;
    config.max_outstanding_called = 10;
    config.nesting_level = 5;
    config.services = ServiceSupport::of(&[
        Service::Status,
        Service::GetNameList,
        Service::Identify,
        Service::Read,
        Service::Write,
        Service::GetVariableAccessAttributes,
        Service::DefineNamedVariableList,
        Service::GetNamedVariableListAttributes,
        Service::DeleteNamedVariableList,
        Service::GetDomainAttributes,
        Service::InformationReport,
        Service::Conclude,
        Service::Cancel,
    ]);
    config
}

/// Serves nothing, and takes reports.
struct Listener {
    sink: Arc<Sink>,
    remote: Remote,
}

impl Handler for Listener {
    fn unconfirmed(&mut self, service: UnconfirmedService<'_>) -> Result<(), RejectReason> {
        if let UnconfirmedService::InformationReport(report) = &service {
            match self.sink.message(report) {
                None => self.sink.take(report, &self.remote),
                Some(Ok(Some(message))) => self.sink.publish(Arc::new(message)),
                Some(Ok(None)) => {}
                Some(Err(reason)) => tracing::warn!(reason, "information message lost"),
            }
        }
        if let UnconfirmedService::EventNotification(notification) = &service {
            self.sink.notification(notification);
        }
        Ok(())
    }

    fn request(
        &mut self,
        request: mms::pdu::ConfirmedRequest<'_>,
        reply: mms::association::Reply<'_>,
    ) -> mms::association::Answered {
        server::serve_nothing(&request, reply)
    }

    fn closed(&mut self, reason: &mms::association::CloseReason) {
        self.sink.interrupted(reason);
    }
}

impl Session for Listener {}

impl Client {
    /// Calls a peer and uses it, without serving anything: for tools and tests. A control centre has an
    /// [`Endpoint`](crate::endpoint::Endpoint).
    ///
    /// # Errors
    /// [`Error`] if there is no association.
    pub async fn connect(
        address: impl ToSocketAddrs,
        options: ClientOptions,
    ) -> Result<Client, Error> {
        let (mms_options, sink) = options.mms();
        let mms = mms::client::Client::connect_with(address, mms_options, |remote| Listener {
            sink: sink.clone(),
            remote: remote.clone(),
        })
        .await?;
        Ok(Client::new(mms, options.domain, sink, options.edition))
    }

    /// Like [`Client::connect`], over any byte stream.
    ///
    /// # Errors
    /// [`Error`] if there is no association.
    pub async fn over<T>(stream: T, options: ClientOptions) -> Result<Client, Error>
    where
        T: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        let (mms_options, sink) = options.mms();
        let mms = mms::client::Client::over_with(stream, mms_options, |remote| Listener {
            sink: sink.clone(),
            remote: remote.clone(),
        })
        .await?;
        Ok(Client::new(mms, options.domain, sink, options.edition))
    }
}

impl ClientOptions {
    fn mms(&self) -> (mms::client::ClientOptions, Arc<Sink>) {
        let mut options = mms::client::ClientOptions::default();
        options.config = Arc::new(self.config.clone());
        options.call = self.call.clone();
        options.connect_timeout = self.timeout;
        options.request_timeout = self.timeout;
        let sink = Sink::new(Arc::new(SystemClock));
        sink.agree(&self.information);
        (options, Arc::new(sink))
    }
}
