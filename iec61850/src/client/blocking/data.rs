use super::super::{DataSetValues, LogEntry, asynchronous};
use super::{IedConnection, Runtime};
use crate::Error;
use std::ops::Deref;

/// A data set of a server: its values (through `Deref`, [`DataSetValues`]) and the connection they
/// came from.
#[derive(Clone, Debug)]
pub struct DataSet {
    connection: IedConnection,
    values: DataSetValues,
}

impl Deref for DataSet {
    type Target = DataSetValues;

    fn deref(&self) -> &DataSetValues {
        &self.values
    }
}

impl DataSet {
    pub(super) fn new(connection: IedConnection, values: DataSetValues) -> Self {
        DataSet { connection, values }
    }

    /// Reads the values anew.
    ///
    /// # Errors
    /// As for [`IedConnection::read_dataset`].
    pub fn update_values(&mut self) -> Result<(), Error> {
        let reference = self.values.reference().to_owned();
        self.values = self.connection.read_data_set_values(&reference)?;
        Ok(())
    }
}

/// The entries of a log, one by one; the server is asked for more when it has to be.
#[derive(Debug)]
pub struct LogReader {
    inner: asynchronous::LogReader,
    runtime: Runtime,
    failed: bool,
}

impl LogReader {
    pub(super) fn new(inner: asynchronous::LogReader, runtime: Runtime) -> Self {
        LogReader {
            inner,
            runtime,
            failed: false,
        }
    }
}

impl Iterator for LogReader {
    type Item = Result<LogEntry, Error>;

    /// The next entry. An error ends it.
    fn next(&mut self) -> Option<Self::Item> {
        if self.failed {
            return None;
        }
        let entry = self.runtime.wait("log", self.inner.next());
        self.failed = entry.is_err();
        entry.transpose()
    }
}
