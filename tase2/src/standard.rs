//! Names of the objects that the standard defines (IEC 60870-6-503), and the special variables of reports.

use crate::types::{DsConditions, object_name_type};
use mms::TypeDescription;

pub(crate) const VERSION: &str = "TASE2_Version";
pub(crate) const FEATURES: &str = "Supported_Features";
pub(crate) const TABLE_ID: &str = "Bilateral_Table_ID";
pub(crate) const NEXT_TRANSFER_SET: &str = "Next_DSTransfer_Set";
pub(crate) const ACK: &str = "Transfer_Report_ACK";
pub(crate) const NACK: &str = "Transfer_Report_NACK";

pub(crate) const IM_TRANSFER_SET: &str = "IM_Transfer_Set";
pub(crate) const INFO_HEADER: &str = "Info_Mess_Header";
/// What the names of information buffers begin with; their size follows.
pub(crate) const INFO_BUFFER: &str = "Info_Buff_";
/// The variable a blocked report has its octets in: the standard's name for it is not known here.
pub(crate) const BLOCK_DATA: &str = "Transfer_Set_Block_Data";

pub(crate) const NEXT_TA: &str = "Next_TATransfer_Set";
pub(crate) const NEXT_TS: &str = "Next_TSTransfer_Set";
pub(crate) const TS_CONDITIONS: &str = "TSConditions_Detected";
pub(crate) const TA_REQUEST: &str = "TAAccountRequest";
// The standard's names of the variables of an account report are not known here.
pub(crate) const TA_CONDITIONS: &str = "TAConditions_Detected";
pub(crate) const TA_HEADER: &str = "TA_Account_Header";
pub(crate) const TA_FLOATS: &str = "TA_Float_Data";
pub(crate) const TA_INTEGERS: &str = "TA_Integer_Data";

/// What a report says about itself, in members of its data set that are no points.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Special {
    /// `Transfer_Set_Name`.
    TransferSetName,
    /// `Transfer_Set_Time_Stamp`: when the report was made.
    TimeStamp,
    /// `DSConditions_Detected`: why.
    Conditions,
    /// `Event_Code_Detected`: which external event.
    EventCode,
}

impl Special {
    /// All of them, in the usual order.
    pub const ALL: [Special; 4] = [
        Special::TransferSetName,
        Special::TimeStamp,
        Special::Conditions,
        Special::EventCode,
    ];

    /// The name of the variable.
    pub const fn name(self) -> &'static str {
        match self {
            Special::TransferSetName => "Transfer_Set_Name",
            Special::TimeStamp => "Transfer_Set_Time_Stamp",
            Special::Conditions => "DSConditions_Detected",
            Special::EventCode => "Event_Code_Detected",
        }
    }

    /// The special variable with this name.
    pub fn named(name: &str) -> Option<Special> {
        Self::ALL.into_iter().find(|special| special.name() == name)
    }

    pub(crate) fn description(self) -> TypeDescription {
        match self {
            Special::TransferSetName => object_name_type(),
            Special::TimeStamp => TypeDescription::Integer(32),
            Special::Conditions => DsConditions::description(),
            Special::EventCode => TypeDescription::Integer(16),
        }
    }
}

/// Whether this is the name of an object of the standard, or of a transfer set here: objects of the application cannot have it.
pub fn is_standard(name: &str) -> bool {
    Special::named(name).is_some()
        || crate::engine::is_transfer_set_name(name)
        || [VERSION, FEATURES, TABLE_ID, NEXT_TRANSFER_SET, ACK, NACK].contains(&name)
        || [IM_TRANSFER_SET, INFO_HEADER, BLOCK_DATA].contains(&name)
        || name.starts_with(INFO_BUFFER)
        || [NEXT_TA, NEXT_TS, TS_CONDITIONS, TA_REQUEST].contains(&name)
        || [TA_CONDITIONS, TA_HEADER, TA_FLOATS, TA_INTEGERS].contains(&name)
        || crate::engine::numbered(crate::account::SETS, name).is_some()
        || crate::engine::numbered(crate::series::SETS, name).is_some()
}
