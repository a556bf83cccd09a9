//! Programs of the peer (block 6).

use super::Client;
use crate::Error;
use mms::client::ProgramAttributes;

impl Client {
    /// The names of the programs we see.
    ///
    /// # Errors
    /// [`Error`].
    pub async fn programs(&self) -> Result<Vec<String>, Error> {
        Ok(self.mms.program_names().await?)
    }

    /// What a program does and is (Get Program Attributes).
    ///
    /// # Errors
    /// [`Error`].
    pub async fn program(&self, name: &str) -> Result<ProgramAttributes, Error> {
        Ok(self.mms.get_program_invocation_attributes(name).await?)
    }

    /// Starts an idle program with a text, or with nothing, and waits until it runs.
    ///
    /// # Errors
    /// [`Error`]; in another state it is service / object-state-conflict.
    pub async fn start_program(&self, name: &str, argument: Option<&str>) -> Result<(), Error> {
        Ok(self.mms.start_program(name, argument).await?)
    }

    /// Stops a running program.
    ///
    /// # Errors
    /// As for [`Client::start_program`].
    pub async fn stop_program(&self, name: &str) -> Result<(), Error> {
        Ok(self.mms.stop_program(name).await?)
    }

    /// Lets a stopped program go on.
    ///
    /// # Errors
    /// As for [`Client::start_program`].
    pub async fn resume_program(&self, name: &str, argument: Option<&str>) -> Result<(), Error> {
        Ok(self.mms.resume_program(name, argument).await?)
    }

    /// Makes a stopped program one that can be started anew.
    ///
    /// # Errors
    /// As for [`Client::start_program`].
    pub async fn reset_program(&self, name: &str) -> Result<(), Error> {
        Ok(self.mms.reset_program(name).await?)
    }

    /// Makes a program one that cannot be run, whatever it does.
    ///
    /// # Errors
    /// [`Error`].
    pub async fn kill_program(&self, name: &str) -> Result<(), Error> {
        Ok(self.mms.kill_program(name).await?)
    }
}
