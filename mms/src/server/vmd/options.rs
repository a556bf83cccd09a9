use crate::server::files::FileStore;

/// What a [`super::Vmd`] is.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct VmdOptions {
    /// Who made it.
    pub identity: VmdIdentity,
    /// Its capabilities, for getCapabilityList.
    pub capabilities: Vec<String>,
    /// Its files; without them the file services are rejected as unrecognized.
    pub files: Option<FileStore>,
    /// How much clients can make of it.
    pub limits: VmdLimits,
}

/// What a device says about itself.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct VmdIdentity {
    /// The vendor.
    pub vendor: String,
    /// The model.
    pub model: String,
    /// The revision of the model.
    pub revision: String,
}

/// How much clients can make of a device.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct VmdLimits {
    /// Variable lists outside any domain, those of the device included. Default 100.
    pub vmd_lists: usize,
    /// Variable lists of a domain, those of the device included. Default 100.
    pub domain_lists: usize,
    /// Variable lists of an association. Default 10.
    pub association_lists: usize,
    /// Members of a variable list. Default 1000.
    pub list_members: usize,
    /// Octets of reports that may wait for a client that does not read them. Default 1 MiB.
    pub report_backlog: usize,
}

impl Default for VmdLimits {
    fn default() -> Self {
        VmdLimits {
            vmd_lists: 100,
            domain_lists: 100,
            association_lists: 10,
            list_members: 1000,
            report_backlog: 1 << 20,
        }
    }
}
