//! Our own engine: an address space compiled from the model, a value store, and one task an
//! association.

mod access;
mod blocks;
mod clock;
mod compile;
mod control;
mod files;
mod goose;
mod lists;
mod log;
mod names;
mod overlay;
mod permission;
mod report;
mod session;
mod setting_groups;
mod space;
mod store;
#[cfg(test)]
mod testing;
mod timers;
mod tracking;
mod triggers;
mod write;

use super::ServerEngine;
use crate::Error;
use crate::common::{FunctionalConstraint, MmsDataAccessError};
use crate::goose::RetransmissionCurve;
use crate::link::Link;
use crate::model::arena::{Arena, NodeKey};
use crate::model::{GooseControlBlock, IedModel, ReportControlBlock, SvControlBlock};
use crate::server::log::{LogStatistics, LogStorage};
use crate::server::{
    ClientConnection, Handlers, IedServerConfig, RcbEvent, ReportControlBlockState,
};
use blocks::{BlockKind, FieldId};
use clock::Clock;
use control::Controls;
use files::Files;
use goose::GoosePublishers;
use lists::{Catalogue, Limits, Member, VariableListObject};
use log::Logs;
use mms::association::{Association, Config};
use mms::ber::Writer;
use mms::net::{Connection, Incoming, Listener, ListenerOptions, Remote};
use mms::pdu::{Service, ServiceSupport, write_failure};
use mms::{DataAccessError, MmsValue};
use overlay::Overlay;
use parking_lot::{Mutex, MutexGuard};
use report::ReportEvent;
use session::NativeSession;
use setting_groups::{GroupState, SettingGroups};
use space::{Place, Space};
use std::collections::HashMap;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, mpsc};
use std::time::Duration;
use store::{Event, State, Store};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::runtime::Handle;
use tokio::task::AbortHandle;
use tracing::Instrument;
use tracking::Tracking;

/// How long [`ServerEngine::stop`] waits for associations to end. They are only kept by user
/// callbacks that do not return.
const STOP_PATIENCE: Duration = Duration::from_secs(10);

/// What all associations of a server share.
pub(crate) struct Shared {
    model: IedModel,
    arena: Arc<Arena>,
    space: Space,
    overlay: Overlay,
    tracking: Tracking,
    store: Store,
    clock: Clock,
    collecting: AtomicBool,
    catalogue: Mutex<Catalogue>,
    controls: Controls,
    limits: Limits,
    files: Files,
    logs: Logs,
    setting_groups: SettingGroups,
    goose: GoosePublishers,
    config: IedServerConfig,
    association: Arc<Config>,
    handlers: Arc<Handlers>,
    clients: Mutex<Clients>,
    next_client: AtomicU64,
}

/// The associations there are.
#[derive(Default)]
struct Clients {
    /// Whether there may be more: not while the server is stopped.
    open: bool,
    tasks: HashMap<u64, AbortHandle>,
}

/// The engine of one server.
pub(crate) struct NativeServer {
    shared: Arc<Shared>,
    runtime: Handle,
    /// Meets deadlines.
    timers: AbortHandle,
    /// Repeats GOOSE messages.
    goose: AbortHandle,
    /// Take entries of logs to their storages.
    log_writers: Vec<AbortHandle>,
    running: Mutex<Option<Running>>,
}

struct Running {
    address: SocketAddr,
    accepting: AbortHandle,
    /// Ends when the last task that holds the other end is gone.
    alive: mpsc::Receiver<()>,
}

impl NativeServer {
    pub(crate) fn new(
        runtime: Handle,
        model: &IedModel,
        arena: Arc<Arena>,
        config: IedServerConfig,
        handlers: Arc<Handlers>,
    ) -> Result<Self, Error> {
        let compile::Compiled { space, mut values } = compile::compile(&arena, &config)?;
        let (setting_groups, groups) = SettingGroups::compile(&arena, &space, &mut values);
        let controls = Controls::new(&space, &arena, &mut values);
        let catalogue = catalogue(&space, &arena);
        let tracking = Tracking::new(&space, &arena);
        let overlay = Overlay::new(&space, &arena, &config, values.len());
        let mut association = Config::default();
        association.max_pdu_size = config.max_pdu_size();
        let files = Files::new(&config)?;
        let logs = Logs::new(&arena, &config, &handlers);
        association.services = services(&files, &config);
        let limits = Limits {
            per_domain: config.max_domain_specific_datasets(),
            per_association: config.max_association_specific_datasets(),
            vmd: config.max_domain_specific_datasets(),
        };
        let shared = Arc::new(Shared {
            model: model.clone(),
            arena,
            space,
            overlay,
            tracking,
            store: Store::new(values),
            #[cfg(not(test))]
            clock: Clock::System,
            #[cfg(test)]
            clock: testing::clock(),
            collecting: AtomicBool::new(false),
            catalogue: Mutex::new(catalogue),
            controls,
            limits,
            files,
            logs,
            setting_groups,
            goose: GoosePublishers::new(),
            config,
            association: Arc::new(association),
            handlers,
            clients: Mutex::default(),
            next_client: AtomicU64::new(1),
        });
        {
            let mut state = shared.store.lock();
            shared.begin_overlays(&mut state);
            state.reports = shared.report_blocks(&mut state.values);
            state.publishers = shared.publishers(&state.values);
            state.logs = shared.log_blocks(&state.values);
            state.groups = groups;
        }
        shared.make_goose_publishers(model, &shared.arena);
        let timers = runtime.spawn(timers::run(shared.clone())).abort_handle();
        let goose = runtime.spawn(goose::run(shared.clone())).abort_handle();
        let log_writers = log::start_writers(&runtime, &shared);
        Ok(NativeServer {
            shared,
            runtime,
            timers,
            goose,
            log_writers,
            running: Mutex::new(None),
        })
    }
}

#[cfg(test)]
impl NativeServer {
    pub(crate) fn shared(&self) -> Arc<Shared> {
        self.shared.clone()
    }
}

impl Drop for NativeServer {
    fn drop(&mut self) {
        self.timers.abort();
        self.goose.abort();
        self.shared.controls.stop();
        self.log_writers.iter().for_each(AbortHandle::abort);
        self.shared.logs.close();
    }
}

/// The services that are served.
fn services(files: &Files, config: &IedServerConfig) -> ServiceSupport {
    let mut services = vec![
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
        Service::GetCapabilityList,
        Service::InformationReport,
        Service::Conclude,
        Service::Cancel,
    ];
    if config.log_service_enabled() {
        services.push(Service::ReadJournal);
    }
    services.extend(files.services());
    ServiceSupport::of(&services)
}

/// The data sets of the model.
fn catalogue(space: &Space, arena: &Arena) -> Catalogue {
    let mut catalogue = Catalogue::default();
    catalogue
        .domains
        .resize_with(space.domains.len(), Default::default);
    for def in &arena.data_sets {
        let domain = arena.domain_name(arena.logical_device_of(def.logical_node));
        let Some(index) = space.domain_number(&domain) else {
            continue;
        };
        let name = format!("{}${}", arena.name(def.logical_node), def.name);
        let list = VariableListObject::from_model(space, arena, def);
        catalogue.domains[index].insert(name, Arc::new(list));
    }
    catalogue
}

impl Shared {
    fn place(&self, key: NodeKey, fc: FunctionalConstraint) -> Option<Place> {
        self.space.place_of(&self.arena, key, fc)
    }

    /// Stores values by slot, all of them before anybody sees one, and does what they trigger.
    /// Everything that changes a value of the model goes through here.
    fn apply(
        &self,
        state: MutexGuard<'_, State>,
        writes: impl IntoIterator<Item = (u32, MmsValue)>,
    ) {
        self.apply_each(state, writes, |_, _, _| {});
    }

    /// As [`Shared::apply`]; `before` sees each value before it is stored.
    fn apply_each(
        &self,
        mut state: MutexGuard<'_, State>,
        writes: impl IntoIterator<Item = (u32, MmsValue)>,
        before: impl Fn(&mut State, u32, &MmsValue),
    ) {
        let mut causes = Vec::new();
        for (slot, value) in writes {
            before(&mut state, slot, &value);
            self.store(&mut state, slot, value, &mut causes);
        }
        self.show_all(&mut state, causes);
        self.finish(state);
    }

    /// Leaves the store: unless more is to come in the same batch, what has changed becomes reports.
    /// Then the application hears of what has happened.
    fn finish(&self, mut state: MutexGuard<'_, State>) {
        if !state.in_batch() {
            self.commit(&mut state);
        }
        let events = std::mem::take(&mut state.events);
        drop(state);
        self.goose.flush();
        for event in events {
            self.tell(event);
        }
    }

    /// The end of a batch of updates: all values are stored, and what has changed takes effect.
    fn commit(&self, state: &mut State) {
        self.commit_logs(state);
        self.commit_reports(state);
        self.commit_goose(state);
        state.batch = state.batch.wrapping_add(1);
    }

    /// Tells the application of an event.
    fn tell(&self, event: Event) {
        match event {
            Event::Report(event) => self.tell_report(event),
            Event::Publisher {
                kind: BlockKind::Goose(number),
                enabled,
                client,
            } => {
                if let Some(def) = self.arena.goose_control_blocks.get(number as usize) {
                    let block = GooseControlBlock::new(&self.model, def.clone());
                    self.handlers.gocb_event(&block, enabled, client.as_ref());
                }
            }
            Event::Publisher {
                kind: BlockKind::SampledValues(number),
                enabled,
                client,
            } => {
                if let Some(def) = self.arena.sv_control_blocks.get(number as usize) {
                    let block = SvControlBlock::new(&self.model, def.clone());
                    self.handlers.svcb_event(&block, enabled, client.as_ref());
                }
            }
            Event::Publisher { .. } => {}
        }
    }

    fn tell_report(&self, event: ReportEvent) {
        let Some(def) = self.arena.report_control_blocks.get(event.report as usize) else {
            return;
        };
        self.handlers.rcb_event(&RcbEvent {
            report_control_block: ReportControlBlock::new(&self.model, def.clone()),
            client: event.client,
            event: event.event,
            parameter: event.parameter.map(FieldId::name),
            result: event
                .error
                .map_or(MmsDataAccessError::Success, MmsDataAccessError::from),
        });
    }

    /// From the first start on, changes are collected for buffered reports, whether the server is
    /// stopped meanwhile or not.
    fn start_collecting(&self) {
        if !self.collecting.swap(true, Ordering::AcqRel) {
            let mut state = self.store.lock();
            self.start_reports(&mut state);
            self.start_logs(&mut state);
            self.finish(state);
        }
    }

    /// Writes the value of a member of a list.
    fn encode_member(
        &self,
        values: &[MmsValue],
        groups: &[GroupState],
        w: &mut Writer<'_>,
        member: &Member,
    ) {
        if self.is_closed(groups, member.place) {
            write_failure(w, DataAccessError::TemporarilyUnavailable);
        } else {
            self.space.encode(values, w, member.place);
        }
    }

    /// An association is over: whatever its client has is given back.
    fn client_gone(&self, client: &ClientConnection) {
        let mut state = self.store.lock_in_task();
        self.release_reports(&mut state, client);
        self.release_publishers(&mut state, client);
        self.release_setting_groups(&mut state, client);
        self.finish(state);
    }
}

/// The listener of a running server. The fields go in their order: `alive` last, so that whoever
/// waits for it finds the port free.
struct Accepting {
    listener: Listener,
    alive: mpsc::Sender<()>,
}

async fn accept(shared: Arc<Shared>, accepting: Accepting) {
    loop {
        let incoming = accepting.listener.accept().await;
        let id = shared.next_client.fetch_add(1, Ordering::Relaxed);
        let mut clients = shared.clients.lock();
        if !clients.open {
            return;
        }
        let alive = accepting.alive.clone();
        let task = tokio::spawn(serve(shared.clone(), incoming, id, alive));
        clients.tasks.insert(id, task.abort_handle());
    }
}

async fn serve(shared: Arc<Shared>, incoming: Incoming, id: u64, alive: mpsc::Sender<()>) {
    let Incoming {
        stream,
        peer,
        local,
        permit,
    } = incoming;
    let _registered = Registered {
        shared: shared.clone(),
        id,
        _permit: permit,
        _alive: alive,
    };
    drive(
        shared,
        stream,
        ClientConnection::new(id, peer, local, Remote::new()),
    )
    .await;
}

/// Serves one association on a byte stream to its end.
async fn drive<T>(shared: Arc<Shared>, stream: T, client: ClientConnection)
where
    T: AsyncRead + AsyncWrite + Unpin + Send,
{
    let (peer, remote) = (client.peer_address(), client.remote().clone());
    let now = tokio::time::Instant::now().into_std();
    let association = Association::called(shared.association.clone(), now);
    let session = NativeSession::new(shared, client);
    let reason = Connection::new(stream, association, session, Vec::new(), remote)
        .run()
        .instrument(tracing::info_span!("association", %peer))
        .await;
    tracing::debug!(%peer, %reason, "connection over");
}

/// Takes a connection off the books when its task ends, however it ends.
struct Registered {
    shared: Arc<Shared>,
    id: u64,
    _permit: tokio::sync::OwnedSemaphorePermit,
    _alive: mpsc::Sender<()>,
}

impl Drop for Registered {
    fn drop(&mut self) {
        self.shared.clients.lock().tasks.remove(&self.id);
    }
}

impl ServerEngine for NativeServer {
    fn start(&self, address: SocketAddr) -> Result<SocketAddr, Error> {
        let mut running = self.running.lock();
        if let Some(running) = &*running {
            return Ok(running.address);
        }
        let io = |source| Error::Io {
            context: format!("listening on {address}"),
            source,
        };
        let _context = self.runtime.enter();
        let mut options = ListenerOptions::default();
        options.max_connections = self.shared.config.max_mms_connection();
        let listener = Listener::bind(address, options).map_err(io)?;
        let address = listener.local_addr().map_err(io)?;
        let (sender, alive) = mpsc::channel();
        let accepting = Accepting {
            listener,
            alive: sender,
        };
        self.shared.start_collecting();
        self.shared.pause_goose(false);
        self.shared.clients.lock().open = true;
        let task = self.runtime.spawn(accept(self.shared.clone(), accepting));
        *running = Some(Running {
            address,
            accepting: task.abort_handle(),
            alive,
        });
        Ok(address)
    }

    fn stop(&self) {
        let Some(running) = self.running.lock().take() else {
            return;
        };
        running.accepting.abort();
        self.shared.pause_goose(true);
        {
            let mut clients = self.shared.clients.lock();
            // Of a connection that is being accepted right now nothing becomes.
            clients.open = false;
            // A task that has not begun to run does not take itself off the books.
            clients.tasks.drain().for_each(|(_, task)| task.abort());
        }
        self.shared.controls.stop();
        if self.shared.handlers.is_calling() || self.shared.store.is_mine() {
            // What is left waits for this very thread.
            return;
        }
        loop {
            match running.alive.recv_timeout(STOP_PATIENCE) {
                Err(mpsc::RecvTimeoutError::Disconnected) => return,
                Ok(()) => {}
                Err(mpsc::RecvTimeoutError::Timeout) => {
                    tracing::warn!("a callback keeps an association from ending");
                    return;
                }
            }
        }
    }

    fn local_address(&self) -> Option<SocketAddr> {
        self.running.lock().as_ref().map(|running| running.address)
    }

    fn get(&self, key: NodeKey, fc: FunctionalConstraint) -> Option<MmsValue> {
        let place = self.shared.place(key, fc)?;
        self.shared
            .space
            .value(&self.shared.store.lock().values, place)
    }

    fn update(&self, leaves: &mut dyn Iterator<Item = (NodeKey, MmsValue)>) {
        let shared = &self.shared;
        let state = shared.store.lock();
        let writes = leaves.filter_map(|(key, value)| {
            let place = shared.place(key, FunctionalConstraint::NONE)?;
            Some((shared.space.slot(place), value))
        });
        if state.groups.is_empty() {
            return shared.apply(state, writes);
        }
        shared.apply_each(state, writes, |state, slot, value| {
            shared.note_setting(state, slot, value);
        });
    }

    fn lock_data_model(&self) {
        self.shared.store.begin_batch();
    }

    fn unlock_data_model(&self) {
        let shared = &self.shared;
        let mut events = Vec::new();
        if shared.store.batch_ends() {
            // The store is this thread's own until the batch has ended.
            let mut state = shared.store.lock();
            shared.commit(&mut state);
            events = std::mem::take(&mut state.events);
        }
        shared.store.end_batch();
        shared.goose.flush();
        for event in events {
            shared.tell(event);
        }
    }

    fn enable_goose(&self, on: bool) {
        let is_goose = |kind: BlockKind| matches!(kind, BlockKind::Goose(_));
        self.shared.enable_publishers(on, is_goose);
    }

    fn set_goose_link(&self, block: Option<usize>, link: Box<dyn Link>) -> Result<(), Error> {
        let block = block.map(|block| block as u32);
        self.shared.goose.set_link(block, link);
        Ok(())
    }

    fn set_goose_curve(
        &self,
        block: Option<usize>,
        curve: RetransmissionCurve,
    ) -> Result<(), Error> {
        let block = block.map(|block| block as u32);
        self.shared.goose.set_curve(block, &curve);
        Ok(())
    }

    fn enable_sampled_values(&self, on: bool) -> Result<(), Error> {
        let is_sv = |kind: BlockKind| matches!(kind, BlockKind::SampledValues(_));
        self.shared.enable_publishers(on, is_sv);
        Ok(())
    }

    fn set_goose_vlan_tag(&self, block: usize, tag: bool) {
        let goose = &self.shared.goose;
        goose.configure(block as u32, |config| config.vlan_tag = tag);
    }

    fn report_state(&self, block: &ReportControlBlock) -> Option<ReportControlBlockState> {
        self.shared.report_state(block)
    }

    fn active_setting_group(&self, block: usize) -> u8 {
        self.shared.active_group(block).unwrap_or_default()
    }

    fn set_active_setting_group(&self, block: usize, group: u8) -> bool {
        self.shared.select_active(None, block, group).is_ok()
    }

    fn set_log_storage(&self, log: usize, storage: Box<dyn LogStorage>) -> Result<(), Error> {
        self.shared.set_log_storage(log, storage)
    }

    fn log_statistics(&self, log: usize) -> Option<LogStatistics> {
        self.shared.logs.statistics(log)
    }

    fn set_filestore_basepath(&self, path: &Path) -> Result<(), Error> {
        self.shared.files.change_base(path)
    }
}
