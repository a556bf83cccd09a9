//! The types of TASE.2 on the wire (IEC 60870-6-503 and -802): data values, object names, transfer sets, version and features.
//!
//! Everything here is a value and its codec; nothing knows an association.

mod account;
mod block;
mod control;
mod features;
mod flags;
mod information;
mod object_name;
mod point_type;
mod point_value;
mod read;
mod series;
mod tag;
mod time;
mod transfer_set;
pub(crate) mod words;

pub use account::{TaConditions, TaHeader, TaRequest, TaTransferSet};
pub use control::{ControlType, ControlValue};
pub use features::{Edition, Features, Version};
pub use flags::{Quality, Source, State, StateSupplemental, Tag, Validity};
pub use information::InfoHeader;
pub use object_name::{decode_object_name, encode_object_name, object_name_type};
pub use point_type::{Form, Kind, ParsePointTypeError, PointType};
pub use point_value::{PointValue, Value};
pub use series::{TsConditions, TsTransferSet};
pub use tag::{MAX_REASON, TagValue};
pub use time::TimeStamp;
pub use transfer_set::{DsConditions, DsTransferSet, TransferSetShape};

pub(crate) use account::{array, count};
pub(crate) use block::{BlockReader, BlockRule, write_block_special, write_block_value};
pub(crate) use information::{buffer_name, buffer_size, content};
pub(crate) use read::Reading;
pub(crate) use series::{samples, write_sample};
pub(crate) use transfer_set::Field;
