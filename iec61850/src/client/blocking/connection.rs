use super::super::options::ConnectionOptions;
use super::super::report::SubscribeOptions;
use super::super::{
    DataSetDirectory, DataSetValues, DeviceModel, FileDirectoryEntry, GooseControlBlock, Identity,
    LastApplError, LogControlBlockValues, LogEntry, ModelDifference, RcbValues, Report,
    SampledValuesControlBlock, SettingGroupValues, asynchronous,
};
use super::{ControlObject, DataSet, LogReader, ReportControlBlock, Runtime, same};
use crate::client::IedConnectionState;
use crate::{
    AcsiClass, Dbpos, Error, FunctionalConstraint as Fc, IedModel, MmsValue, Quality, Timestamp,
};
use chrono::{DateTime, Utc};
use mms::association::CloseReason;
use mms::{BinaryTime, TypeDescription};
use std::future::Future;
use std::io::Write;
use std::path::Path;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::io::AsyncWrite;
use tokio::runtime::Handle;

/// A connection to an IEC 61850 server. A clone is the same connection.
///
/// Calls may be made from any number of threads, also from the callbacks of the connection. Inside
/// an asynchronous runtime they fail with [`Error::InsideRuntime`]: use
/// [`asynchronous::IedConnection`] there.
///
/// ```no_run
/// use iec61850::client::IedConnection;
/// use iec61850::FunctionalConstraint;
///
/// let connection = IedConnection::new();
/// connection.connect("192.168.0.10", 102)?;
/// let power = connection.read_float("IED1LD0/MMXU1.TotW.mag.f", FunctionalConstraint::MX)?;
/// println!("{power}");
/// connection.close();
/// # Ok::<(), iec61850::Error>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct IedConnection {
    inner: asynchronous::IedConnection,
    pub(super) runtime: Runtime,
}

macro_rules! typed {
    ($(fn $read:ident, $($write:ident)?: $owned:ty, $borrowed:ty;)+) => {
        $(
            #[doc = concat!(
                "See [`", stringify!($read), "`](asynchronous::IedConnection::", stringify!($read), ")."
            )]
            ///
            /// # Errors
            /// As there, and [`Error::InsideRuntime`].
            pub fn $read(
                &self,
                reference: &str,
                fc: impl Into<Option<Fc>>,
            ) -> Result<$owned, Error> {
                self.wait(stringify!($read), self.inner.$read(reference, fc))
            }

            $(
                #[doc = concat!(
                    "See [`", stringify!($write), "`](asynchronous::IedConnection::",
                    stringify!($write), ")."
                )]
                ///
                /// # Errors
                /// As there, and [`Error::InsideRuntime`].
                pub fn $write(
                    &self,
                    reference: &str,
                    fc: impl Into<Option<Fc>>,
                    value: $borrowed,
                ) -> Result<(), Error> {
                    self.wait(stringify!($write), self.inner.$write(reference, fc, value))
                }
            )?
        )+
    };
}

/// The connection.
impl IedConnection {
    /// A client without a connection yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// A client without a connection yet, with options.
    pub fn with_options(options: ConnectionOptions) -> Self {
        IedConnection {
            inner: asynchronous::IedConnection::with_options(options),
            runtime: Runtime::default(),
        }
    }

    /// Like [`IedConnection::with_options`], on a runtime of the caller's choice, which has to have
    /// threads of its own (not a `current_thread` one).
    pub fn on_runtime(runtime: Handle, options: ConnectionOptions) -> Self {
        IedConnection {
            inner: asynchronous::IedConnection::with_options(options),
            runtime: Runtime {
                chosen: Some(runtime),
            },
        }
    }

    pub(super) fn of(inner: asynchronous::IedConnection, runtime: Runtime) -> Self {
        IedConnection { inner, runtime }
    }

    /// The same connection for asynchronous programs.
    pub fn asynchronous(&self) -> &asynchronous::IedConnection {
        &self.inner
    }

    fn wait<T>(
        &self,
        call: &'static str,
        work: impl Future<Output = Result<T, Error>>,
    ) -> Result<T, Error> {
        self.runtime.wait(call, work)
    }

    same! { IedConnection, inner,
        fn connect(host: &str, port: u16) -> ();
        fn release() -> ();
        fn abort() -> ();
        fn identify() -> Identity;
        fn server_status() -> mms::pdu::StatusResponse;
    }

    /// Ends the connection; does nothing if there is none.
    pub fn close(&self) {
        let closed = self.wait("close", async {
            self.inner.close().await;
            Ok(())
        });
        // Inside a runtime nobody may wait: it is closed all the same.
        if let (Err(_), Ok(runtime)) = (closed, Handle::try_current()) {
            let connection = self.inner.clone();
            runtime.spawn(async move { connection.close().await });
        }
    }

    /// See [`asynchronous::IedConnection::state`].
    pub fn state(&self) -> IedConnectionState {
        self.inner.state()
    }

    /// py61850's name of [`IedConnection::state`].
    pub fn status(&self) -> IedConnectionState {
        self.inner.state()
    }

    /// See [`asynchronous::IedConnection::close_reason`].
    pub fn close_reason(&self) -> Option<CloseReason> {
        self.inner.close_reason()
    }

    /// See [`asynchronous::IedConnection::on_connection_closed`].
    pub fn on_connection_closed(
        &self,
        callback: impl Fn(&IedConnection) + Send + Sync + 'static,
    ) -> bool {
        let runtime = self.runtime.clone();
        self.inner.on_connection_closed(move |inner| {
            callback(&IedConnection::of(inner.clone(), runtime.clone()));
        })
    }

    /// See [`asynchronous::IedConnection::on_connection_state_change`].
    pub fn on_connection_state_change(
        &self,
        callback: impl Fn(&IedConnection, IedConnectionState) + Send + Sync + 'static,
    ) -> bool {
        let runtime = self.runtime.clone();
        self.inner.on_connection_state_change(move |inner, state| {
            callback(&IedConnection::of(inner.clone(), runtime.clone()), state);
        })
    }

    /// See [`asynchronous::IedConnection::clear_connection_callbacks`].
    pub fn clear_connection_callbacks(&self) {
        self.inner.clear_connection_callbacks();
    }

    /// See [`asynchronous::IedConnection::options`].
    pub fn options(&self) -> ConnectionOptions {
        self.inner.options()
    }

    /// See [`asynchronous::IedConnection::set_options`].
    pub fn set_options(&self, options: ConnectionOptions) {
        self.inner.set_options(options);
    }

    /// See [`asynchronous::IedConnection::set_connect_timeout`].
    pub fn set_connect_timeout(&self, timeout: Duration) {
        self.inner.set_connect_timeout(timeout);
    }

    /// See [`asynchronous::IedConnection::set_request_timeout`].
    pub fn set_request_timeout(&self, timeout: Duration) {
        self.inner.set_request_timeout(timeout);
    }

    /// See [`asynchronous::IedConnection::request_timeout`].
    pub fn request_timeout(&self) -> Duration {
        self.inner.request_timeout()
    }

    /// See [`asynchronous::IedConnection::last_appl_error`].
    pub fn last_appl_error(&self) -> LastApplError {
        self.inner.last_appl_error()
    }

    /// The MMS client of the connection, for what has no method here.
    ///
    /// # Errors
    /// As for [`asynchronous::IedConnection::mms`].
    pub fn mms(&self) -> Result<mms::client::Client, Error> {
        self.inner.mms()
    }
}

/// Data.
impl IedConnection {
    typed! {
        fn read_value, write_value: MmsValue, &MmsValue;
        fn read_boolean, write_boolean: bool, bool;
        fn read_int32, write_int32: i32, i32;
        fn read_int64, write_int64: i64, i64;
        fn read_uint32, write_uint32: u32, u32;
        fn read_uint64, : u64, u64;
        fn read_float, write_float: f32, f32;
        fn read_double, write_double: f64, f64;
        fn read_string, write_string: String, &str;
        fn read_octet_string, write_octet_string: Vec<u8>, &[u8];
        fn read_timestamp, write_timestamp: Timestamp, Timestamp;
        fn read_quality, write_quality: Quality, Quality;
        fn read_dbpos, write_dbpos: Dbpos, Dbpos;
        fn get_variable_specification, : TypeDescription, ();
    }

    /// See [`asynchronous::IedConnection::write_unicode_string`].
    ///
    /// # Errors
    /// As there, and [`Error::InsideRuntime`].
    pub fn write_unicode_string(
        &self,
        reference: &str,
        fc: impl Into<Option<Fc>>,
        value: &str,
    ) -> Result<(), Error> {
        let work = self.inner.write_unicode_string(reference, fc, value);
        self.wait("write_unicode_string", work)
    }

    /// See [`asynchronous::IedConnection::read_values`].
    ///
    /// # Errors
    /// As there, and [`Error::InsideRuntime`].
    pub fn read_values<R: AsRef<str>>(
        &self,
        references: &[R],
    ) -> Result<Vec<Result<MmsValue, Error>>, Error> {
        self.wait("read_values", self.inner.read_values(references))
    }

    /// See [`asynchronous::IedConnection::write_values`].
    ///
    /// # Errors
    /// As there, and [`Error::InsideRuntime`].
    pub fn write_values<R: AsRef<str>>(
        &self,
        values: &[(R, MmsValue)],
    ) -> Result<Vec<Result<(), Error>>, Error> {
        self.wait("write_values", self.inner.write_values(values))
    }
}

/// What a server has.
impl IedConnection {
    same! { IedConnection, inner,
        fn get_logical_devices() -> Vec<String>;
        fn get_logical_nodes(logical_device: &str) -> Vec<String>;
        fn get_logical_device_variables(logical_device: &str) -> Vec<String>;
        fn get_logical_device_datasets(logical_device: &str) -> Vec<String>;
        fn get_logical_node_variables(logical_node: &str) -> Vec<String>;
        fn get_logical_node_directory(logical_node: &str, class: AcsiClass) -> Vec<String>;
        fn get_data_directory(reference: &str) -> Vec<String>;
        fn get_data_directory_fc(reference: &str) -> Vec<(String, Fc)>;
        fn get_data_directory_by_fc(reference: &str, fc: Fc) -> Vec<String>;
        fn get_device_model() -> DeviceModel;
        fn compare_with(model: &IedModel, values: bool) -> Vec<ModelDifference>;
    }

    /// See [`asynchronous::IedConnection::forget_directory`].
    pub fn forget_directory(&self) {
        self.inner.forget_directory();
    }
}

/// Data sets, reports, controls.
impl IedConnection {
    same! { IedConnection, inner,
        fn read_data_set_values(reference: &str) -> DataSetValues;
        fn write_data_set_values(reference: &str, values: &[MmsValue]) -> Vec<Result<(), Error>>;
        fn get_dataset_directory(reference: &str) -> DataSetDirectory;
        fn delete_dataset(reference: &str) -> ();
        fn read_rcb_values(reference: &str) -> RcbValues;
        fn update_rcb_values(values: &mut RcbValues) -> ();
        fn set_rcb_values(values: &mut RcbValues, single_request: bool) -> ();
        fn trigger_gi_report(rcb_reference: &str) -> ();
    }

    /// See [`asynchronous::IedConnection::create_dataset`].
    ///
    /// # Errors
    /// As there, and [`Error::InsideRuntime`].
    pub fn create_dataset<R: AsRef<str>>(
        &self,
        reference: &str,
        members: &[R],
    ) -> Result<(), Error> {
        let work = self.inner.create_dataset(reference, members);
        self.wait("create_dataset", work)
    }

    /// Reads a data set; the result can read itself anew.
    ///
    /// # Errors
    /// As for [`asynchronous::IedConnection::read_data_set_values`], and [`Error::InsideRuntime`].
    pub fn read_dataset(&self, reference: &str) -> Result<DataSet, Error> {
        let values = self.read_data_set_values(reference)?;
        Ok(DataSet::new(self.clone(), values))
    }

    /// See [`asynchronous::IedConnection::read_rcb`].
    ///
    /// # Errors
    /// As there, and [`Error::InsideRuntime`].
    pub fn read_rcb(&self, reference: &str) -> Result<ReportControlBlock, Error> {
        let inner = self.wait("read_rcb", self.inner.read_rcb(reference))?;
        Ok(ReportControlBlock::new(inner, self.runtime.clone()))
    }

    /// See [`asynchronous::IedConnection::create_rcb_and_subscribe`].
    ///
    /// # Errors
    /// As there, and [`Error::InsideRuntime`].
    pub fn create_rcb_and_subscribe(
        &self,
        rcb_reference: &str,
        callback: impl Fn(&Report) + Send + Sync + 'static,
        options: SubscribeOptions,
    ) -> Result<ReportControlBlock, Error> {
        let work = self
            .inner
            .create_rcb_and_subscribe(rcb_reference, callback, options);
        let inner = self.wait("create_rcb_and_subscribe", work)?;
        Ok(ReportControlBlock::new(inner, self.runtime.clone()))
    }

    /// See [`asynchronous::IedConnection::register_report_handler`].
    ///
    /// # Errors
    /// As there.
    pub fn register_report_handler(
        &self,
        rcb_reference: &str,
        rpt_id: &str,
        callback: impl Fn(&Report) + Send + Sync + 'static,
    ) -> Result<(), Error> {
        self.inner
            .register_report_handler(rcb_reference, rpt_id, callback)
    }

    /// See [`asynchronous::IedConnection::unregister_report_handler`].
    pub fn unregister_report_handler(&self, rcb_reference: &str) -> bool {
        self.inner.unregister_report_handler(rcb_reference)
    }

    /// See [`asynchronous::IedConnection::unclaimed_reports`].
    pub fn unclaimed_reports(&self) -> u64 {
        self.inner.unclaimed_reports()
    }

    /// See [`asynchronous::IedConnection::read_control`].
    ///
    /// # Errors
    /// As there, and [`Error::InsideRuntime`].
    pub fn read_control(&self, reference: &str) -> Result<ControlObject, Error> {
        let inner = self.wait("read_control", self.inner.read_control(reference))?;
        Ok(ControlObject::new(inner, self.runtime.clone()))
    }
}

/// Setting groups, logs, files, control blocks of GOOSE and sampled values.
impl IedConnection {
    same! { IedConnection, inner,
        fn read_sgcb(logical_device: &str) -> SettingGroupValues;
        fn select_active_sg(logical_device: &str, group: u8) -> ();
        fn select_edit_sg(logical_device: &str, group: u8) -> ();
        fn confirm_edit_sg(logical_device: &str) -> ();
        fn query_log_by_time(
            log: &str,
            start: Option<DateTime<Utc>>,
            end: Option<DateTime<Utc>>,
        ) -> Vec<LogEntry>;
        fn query_log_after(log: &str, entry_id: &[u8], time_of_entry: BinaryTime) -> Vec<LogEntry>;
        fn read_lcb(reference: &str) -> LogControlBlockValues;
        fn get_files(folder: Option<&str>) -> Vec<FileDirectoryEntry>;
        fn download_file(name: &str) -> Vec<u8>;
        fn upload_file(source: &str, destination: &str) -> ();
        fn delete_file(name: &str) -> ();
        fn rename_file(current: &str, new: &str) -> ();
        fn read_gocb(reference: &str) -> GooseControlBlock;
        fn update_gocb_values(block: &mut GooseControlBlock) -> ();
        fn set_gocb_values(block: &mut GooseControlBlock, single_request: bool) -> ();
        fn read_svcb(reference: &str) -> SampledValuesControlBlock;
        fn update_svcb_values(block: &mut SampledValuesControlBlock) -> ();
        fn set_svcb_values(block: &mut SampledValuesControlBlock) -> ();
    }

    /// The entries of a log between two times, one by one, however many there are.
    ///
    /// # Errors
    /// As for [`asynchronous::IedConnection::log`].
    pub fn log(
        &self,
        log: &str,
        start: Option<DateTime<Utc>>,
        end: Option<DateTime<Utc>>,
    ) -> Result<LogReader, Error> {
        let reader = self.inner.log(log, start, end)?;
        Ok(LogReader::new(reader, self.runtime.clone()))
    }

    /// The entries of a log behind one of them, one by one.
    ///
    /// # Errors
    /// As for [`asynchronous::IedConnection::log_after`].
    pub fn log_after(
        &self,
        log: &str,
        entry_id: &[u8],
        time_of_entry: BinaryTime,
    ) -> Result<LogReader, Error> {
        let reader = self.inner.log_after(log, entry_id, time_of_entry)?;
        Ok(LogReader::new(reader, self.runtime.clone()))
    }

    /// See [`asynchronous::IedConnection::download_file_to`].
    ///
    /// # Errors
    /// As there, and [`Error::InsideRuntime`].
    pub fn download_file_to<W: Write>(
        &self,
        name: &str,
        position: u32,
        writer: W,
        progress: impl FnMut(u64, u64),
    ) -> Result<u64, Error> {
        let mut writer = Blocking(writer);
        let work = self
            .inner
            .download_file_to(name, position, &mut writer, progress);
        self.wait("download_file_to", work)
    }

    /// See [`asynchronous::IedConnection::upload_file_with`].
    ///
    /// # Errors
    /// As there, and [`Error::InsideRuntime`].
    pub fn upload_file_with(
        &self,
        source: &str,
        destination: &str,
        progress: impl FnMut(u64, u64),
    ) -> Result<(), Error> {
        let work = self.inner.upload_file_with(source, destination, progress);
        self.wait("upload_file_with", work)
    }

    /// See [`asynchronous::IedConnection::set_filestore_basepath`].
    pub fn set_filestore_basepath(&self, path: impl AsRef<Path>) {
        self.inner.set_filestore_basepath(path);
    }
}

/// A blocking writer in the place of an asynchronous one: the thread that waits is the caller's.
struct Blocking<W>(W);

// Nothing in it is pinned.
impl<W> Unpin for Blocking<W> {}

impl<W: Write> AsyncWrite for Blocking<W> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
        octets: &[u8],
    ) -> Poll<std::io::Result<usize>> {
        loop {
            match self.0.write(octets) {
                Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
                result => return Poll::Ready(result),
            }
        }
    }

    fn poll_flush(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        Poll::Ready(self.0.flush())
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        self.poll_flush(cx)
    }
}
