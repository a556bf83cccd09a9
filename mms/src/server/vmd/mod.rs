//! A virtual manufacturing device in memory: variables, variable lists, journals and files for
//! any MMS client, without the rules of IEC 61850 or TASE.2.

mod check;
mod journal;
mod lists;
mod names;
mod objects;
mod options;
mod report;
mod select;
mod session;
mod variable;

pub use check::conforms;
pub use journal::{Journal, JournalEntries, MemoryJournal};
pub use objects::VmdError;
pub use options::{VmdIdentity, VmdLimits, VmdOptions};
pub use session::VmdSession;
pub use variable::{Variable, VariableHandler};

use super::ConnectionInfo;
use crate::association::Config;
use crate::net::Remote;
use crate::pdu::{Service, ServiceSupport, StatusResponse};
use crate::{DataAccessError, MmsValue, ObjectName, OwnedObjectName, OwnedVariable};
use lists::VariableList;
use objects::{Objects, check_name};
use parking_lot::{Mutex, RwLock};
use std::collections::BTreeMap;
use std::sync::Arc;

type MakeVariable = dyn Fn(&Remote) -> Variable + Send + Sync;

/// See the [module documentation](self). Cheap to clone: all clones are the same device.
#[derive(Clone)]
pub struct Vmd {
    shared: Arc<Shared>,
}

struct Shared {
    options: VmdOptions,
    objects: RwLock<Objects>,
    /// Variables that every association gets one of its own of.
    templates: RwLock<BTreeMap<String, Arc<MakeVariable>>>,
    status: Mutex<StatusResponse>,
    /// Open associations and their PDU sizes.
    clients: Mutex<Vec<(Remote, u32)>>,
}

impl std::fmt::Debug for Vmd {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Vmd")
            .field("options", &self.shared.options)
            .finish_non_exhaustive()
    }
}

impl Vmd {
    /// A device with nothing in it.
    pub fn new(options: VmdOptions) -> Self {
        let status = StatusResponse {
            logical: 0,
            physical: 0,
            local_detail: None,
        };
        Vmd {
            shared: Arc::new(Shared {
                options,
                objects: RwLock::default(),
                templates: RwLock::default(),
                status: Mutex::new(status),
                clients: Mutex::default(),
            }),
        }
    }

    /// The services this device has.
    pub fn services(&self) -> ServiceSupport {
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
            Service::ReadJournal,
            Service::InitializeJournal,
            Service::ReportJournalStatus,
            Service::GetCapabilityList,
            Service::UnsolicitedStatus,
            Service::InformationReport,
            Service::Conclude,
            Service::Cancel,
        ];
        if let Some(store) = &self.shared.options.files {
            services.extend(store.services());
        }
        ServiceSupport::of(&services)
    }

    /// A configuration for associations that says which services this device has.
    pub fn config(&self) -> Config {
        Config {
            services: self.services(),
            ..Config::default()
        }
    }

    /// The session of one association, for [`crate::server::connection`] or
    /// [`crate::client::Client::connect_with`].
    pub fn session(&self, remote: &Remote) -> VmdSession {
        VmdSession::new(self.clone(), remote.clone())
    }

    /// What makes the sessions for a [`crate::server::Server`].
    pub fn sessions(&self) -> impl Fn(&ConnectionInfo) -> VmdSession + Send + Sync + 'static {
        let vmd = self.clone();
        move |connection| vmd.session(&connection.remote)
    }

    /// Adds a domain.
    ///
    /// # Errors
    /// [`VmdError`] if the name is taken or no name.
    pub fn add_domain(&self, name: &str) -> Result<(), VmdError> {
        self.shared.objects.write().add_domain(name)
    }

    /// Adds a variable of the VMD or of a domain.
    ///
    /// # Errors
    /// [`VmdError`] if the name is taken, no name, or in a domain that does not exist, and for
    /// association-specific names: see [`Vmd::add_association_variable`].
    pub fn add_variable(
        &self,
        name: impl Into<OwnedObjectName>,
        variable: Variable,
    ) -> Result<(), VmdError> {
        let name = name.into();
        let mut objects = self.shared.objects.write();
        let scope = objects.scope_for(&name)?;
        objects::insert(&mut scope.variables, name, Arc::new(variable))
    }

    /// Adds a variable that every association that is opened from now on has one of its own of;
    /// `make` makes it.
    ///
    /// # Errors
    /// [`VmdError`] if the name is taken or no name.
    pub fn add_association_variable(
        &self,
        name: &str,
        make: impl Fn(&Remote) -> Variable + Send + Sync + 'static,
    ) -> Result<(), VmdError> {
        let name = OwnedObjectName::Association(name.to_owned());
        check_name(&name)?;
        let mut templates = self.shared.templates.write();
        objects::insert(&mut templates, name, Arc::new(make) as Arc<MakeVariable>)
    }

    /// Takes a variable away. Lists it is a member of keep it as one without a value. `false`:
    /// there is none of this name.
    pub fn remove_variable(&self, name: ObjectName<'_>) -> bool {
        let mut objects = self.shared.objects.write();
        let scope = objects.scope_mut(&name);
        scope.is_some_and(|scope| scope.variables.remove(name.item()).is_some())
    }

    /// Adds a variable list of the VMD or of a domain. `deletable`: clients can delete it.
    ///
    /// # Errors
    /// [`VmdError`] if the name is taken, no name, or in a domain that does not exist, if a member
    /// does not exist, and for association-specific names.
    pub fn add_variable_list(
        &self,
        name: impl Into<OwnedObjectName>,
        members: Vec<OwnedVariable>,
        deletable: bool,
    ) -> Result<(), VmdError> {
        let name = name.into();
        let mut objects = self.shared.objects.write();
        if let Some(missing) = members
            .iter()
            .find(|member| objects.variable(member.name.as_ref()).is_none())
        {
            return Err(VmdError::NoVariable(missing.name.clone()));
        }
        let scope = objects.scope_for(&name)?;
        let list = VariableList { members, deletable };
        objects::insert(&mut scope.lists, name, Arc::new(list))
    }

    /// Adds a journal of the VMD or of a domain.
    ///
    /// # Errors
    /// [`VmdError`] if the name is taken, no name, or in a domain that does not exist, and for
    /// association-specific names.
    pub fn add_journal(
        &self,
        name: impl Into<OwnedObjectName>,
        journal: Arc<dyn Journal>,
    ) -> Result<(), VmdError> {
        let name = name.into();
        let mut objects = self.shared.objects.write();
        let scope = objects.scope_for(&name)?;
        objects::insert(&mut scope.journals, name, journal)
    }

    /// The value of a variable of the VMD or of a domain, as the device sees it.
    ///
    /// # Errors
    /// The [`DataAccessError`] a client would get.
    pub fn get(&self, name: ObjectName<'_>) -> Result<MmsValue, DataAccessError> {
        self.variable(name)?.get(None)
    }

    /// Gives a variable of the VMD or of a domain that stores its value a new one, also if
    /// clients cannot write it.
    ///
    /// # Errors
    /// [`DataAccessError`] if there is no such variable, the value is of another type, or the
    /// variable has handlers in place of a value.
    pub fn set(&self, name: ObjectName<'_>, value: MmsValue) -> Result<(), DataAccessError> {
        self.variable(name)?.store(value)
    }

    fn variable(&self, name: ObjectName<'_>) -> Result<Arc<Variable>, DataAccessError> {
        let objects = self.shared.objects.read();
        objects
            .variable(name)
            .cloned()
            .ok_or(DataAccessError::ObjectNonExistent)
    }
}
