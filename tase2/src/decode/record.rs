use crate::types::{
    DsConditions, DsTransferSet, PointValue, TagValue, TimeStamp, TransferSetShape,
};
use crate::{Name, PointError};
use std::fmt;
use std::net::SocketAddr;

/// Where something was said.
#[derive(Clone, Copy, Debug)]
pub(super) struct Place {
    pub(super) frame: usize,
    pub(super) time: f64,
    pub(super) association: usize,
    pub(super) from: SocketAddr,
    pub(super) to: SocketAddr,
}

/// Something that was said.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Record {
    /// The frame that ends it, counted from 1.
    pub frame: usize,
    /// Seconds since the first frame.
    pub time: f64,
    /// The association, counted from 1.
    pub association: usize,
    /// Who said it. Of a service it is who asked for it.
    pub from: SocketAddr,
    /// To whom.
    pub to: SocketAddr,
    /// What.
    pub what: What,
}

impl Record {
    pub(super) fn new(place: &Place, what: What) -> Self {
        Record {
            frame: place.frame,
            time: place.time,
            association: place.association,
            from: place.from,
            to: place.to,
            what,
        }
    }
}

/// A report of a transfer set.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct ReportRecord {
    /// The data set, if the report names it (form A).
    pub data_set: Option<Name>,
    /// The transfer set, if it says so.
    pub transfer_set: Option<Name>,
    /// Why it was sent, if it says so.
    pub conditions: Option<DsConditions>,
    /// When it was made, if it says so.
    pub time: Option<TimeStamp>,
    /// The external event, if it says so.
    pub event_code: Option<i16>,
    /// The points. The name is `None` where the members of the data set are not in the capture.
    pub points: Vec<(Option<Name>, Result<PointValue, PointError>)>,
}

/// What was said. Services are told with their answer, at the frame of the answer.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum What {
    /// An association is asked for.
    Associate {
        /// The caller: AP title and AE qualifier.
        calling: String,
        /// Who is called.
        called: String,
        /// The application context.
        context: String,
        /// The largest PDU that is offered.
        max_pdu: Option<u32>,
    },
    /// It is open.
    Associated {
        /// The largest PDU.
        max_pdu: Option<u32>,
        /// Requests that may be outstanding: calling, called.
        outstanding: (u16, u16),
    },
    /// It was refused.
    Refused {
        /// Why.
        reason: String,
    },
    /// The keep-alive, or a question who the peer is.
    Identify {
        /// Vendor, model, revision.
        answer: String,
    },
    /// Variables were read.
    Read {
        /// Each variable with its value as text, or the error.
        values: Vec<(String, String)>,
    },
    /// Variables were written.
    Write {
        /// Each variable with the value that was written.
        values: Vec<(String, String)>,
        /// The result of each, empty if it was taken.
        results: Vec<String>,
    },
    /// A device was selected (block 5).
    Select {
        /// The device.
        device: Name,
        /// The check-back id, or why it was not selected.
        result: Result<i64, String>,
    },
    /// A device was operated.
    Operate {
        /// The device.
        device: Name,
        /// The command or set-point.
        value: String,
        /// The error, empty if it was accepted.
        result: String,
    },
    /// A device was tagged, or its tag taken away.
    Tag {
        /// The device.
        device: Name,
        /// The tag and its reason.
        tag: TagValue,
        /// The error, empty if it was accepted.
        result: String,
    },
    /// Names were asked for.
    Names {
        /// Of what, and where.
        of: String,
        /// The names.
        names: Vec<String>,
        /// Whether there are more.
        more: bool,
    },
    /// The type of a variable was asked for.
    Type {
        /// The variable.
        name: String,
        /// Its TASE.2 type, or what it is in MMS.
        ty: String,
    },
    /// The members of a data set, asked for or defined.
    DataSet {
        /// The data set.
        name: Name,
        /// Whether it was made now.
        made: bool,
        /// Its members.
        members: Vec<Name>,
    },
    /// Data sets were deleted.
    DataSetsDeleted {
        /// Which.
        names: Vec<String>,
        /// How many of them are gone.
        deleted: u32,
    },
    /// A transfer set was written: started or stopped.
    TransferSet {
        /// The transfer set.
        name: Name,
        /// What was written.
        attributes: DsTransferSet,
        /// Its shape.
        shape: TransferSetShape,
        /// The error, empty if it was taken.
        result: String,
    },
    /// A report.
    Report(ReportRecord),
    /// A report was acknowledged, or not.
    Acknowledge {
        /// The transfer set, if it could be read.
        transfer_set: Option<Name>,
        /// ACK, not NACK.
        positive: bool,
        /// The time stamp of the report.
        time: Option<TimeStamp>,
    },
    /// A service failed or was rejected.
    Failed {
        /// The service.
        service: String,
        /// Why.
        reason: String,
    },
    /// Another service.
    Other {
        /// Its name.
        service: String,
    },
    /// The association is being concluded.
    Conclude,
    /// The association was released.
    Released,
    /// The association was aborted.
    Aborted,
    /// Something did not decode, or is missing.
    Problem {
        /// What.
        reason: String,
    },
}

impl What {
    /// One word for what it is.
    pub fn kind(&self) -> &'static str {
        match self {
            What::Associate { .. } => "associate",
            What::Associated { .. } => "associated",
            What::Refused { .. } => "refused",
            What::Identify { .. } => "identify",
            What::Read { .. } => "read",
            What::Write { .. } => "write",
            What::Select { .. } => "select",
            What::Operate { .. } => "operate",
            What::Tag { .. } => "tag",
            What::Names { .. } => "names",
            What::Type { .. } => "type",
            What::DataSet { made: false, .. } => "data-set",
            What::DataSet { made: true, .. } => "create-data-set",
            What::DataSetsDeleted { .. } => "delete-data-sets",
            What::TransferSet { attributes, .. } if attributes.status => "start-transfer",
            What::TransferSet { .. } => "stop-transfer",
            What::Report(_) => "report",
            What::Acknowledge { .. } => "acknowledge",
            What::Failed { .. } => "failed",
            What::Other { .. } => "other",
            What::Conclude => "conclude",
            What::Released => "released",
            What::Aborted => "aborted",
            What::Problem { .. } => "problem",
        }
    }
}

fn pairs(f: &mut fmt::Formatter<'_>, pairs: &[(String, String)]) -> fmt::Result {
    for (i, (name, value)) in pairs.iter().enumerate() {
        write!(f, "{}{name} = {value}", if i == 0 { " " } else { ", " })?;
    }
    Ok(())
}

/// The error of a result, if it has one.
fn failure(f: &mut fmt::Formatter<'_>, result: &str) -> fmt::Result {
    match result {
        "" => Ok(()),
        result => write!(f, ": {result}"),
    }
}

/// One line.
impl fmt::Display for What {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.kind())?;
        match self {
            What::Associate {
                calling,
                called,
                context,
                max_pdu,
            } => {
                write!(f, " {calling} calls {called}, context {context}")?;
                max_pdu.map_or(Ok(()), |size| write!(f, ", PDU {size}"))
            }
            What::Associated {
                max_pdu,
                outstanding: (calling, called),
            } => {
                max_pdu.map_or(Ok(()), |size| write!(f, " PDU {size},"))?;
                write!(f, " outstanding {calling}/{called}")
            }
            What::Refused { reason } | What::Problem { reason } => write!(f, " {reason}"),
            What::Identify { answer } => write!(f, " {answer}"),
            What::Read { values } => pairs(f, values),
            What::Write { values, results } => {
                pairs(f, values)?;
                let failed: Vec<_> = results.iter().filter(|r| !r.is_empty()).cloned().collect();
                match failed.is_empty() {
                    true => Ok(()),
                    false => write!(f, ": {}", failed.join(", ")),
                }
            }
            What::Select { device, result } => match result {
                Ok(check_back) => write!(f, " {device}: check-back id {check_back}"),
                Err(reason) => write!(f, " {device}: {reason}"),
            },
            What::Operate {
                device,
                value,
                result,
            } => {
                write!(f, " {device} with {value}")?;
                failure(f, result)
            }
            What::Tag {
                device,
                tag,
                result,
            } => {
                write!(f, " {device} {tag}")?;
                failure(f, result)
            }
            What::Names { of, names, more } => {
                let more = if *more { ", more follow" } else { "" };
                write!(f, " of {of}: {}{more}", names.join(" "))
            }
            What::Type { name, ty } => write!(f, " of {name}: {ty}"),
            What::DataSet { name, members, .. } => {
                write!(f, " {name}:")?;
                members.iter().try_for_each(|member| write!(f, " {member}"))
            }
            What::DataSetsDeleted { names, deleted } => {
                write!(f, " {}: {deleted} deleted", names.join(" "))
            }
            What::TransferSet {
                name,
                attributes: a,
                shape,
                result,
            } => {
                write!(f, " {name} ({} components)", shape.components())?;
                if let Some(set) = &a.data_set {
                    write!(f, " on {set}")?;
                }
                write!(f, ", conditions {}", a.conditions)?;
                for (key, value) in [
                    ("interval", a.interval),
                    ("TLE", a.tle),
                    ("buffer", a.buffer_time),
                    ("integrity", a.integrity_check),
                ] {
                    if value != 0 {
                        write!(f, ", {key} {value} s")?;
                    }
                }
                for (key, value) in [
                    ("RBE", a.rbe),
                    ("critical", a.critical),
                    ("all changes", a.all_changes_reported),
                    ("block data", a.block_data),
                ] {
                    f.write_str(if value { ", " } else { "" })?;
                    f.write_str(if value { key } else { "" })?;
                }
                failure(f, result)
            }
            What::Report(report) => report.fmt(f),
            What::Acknowledge {
                transfer_set,
                positive,
                time,
            } => {
                f.write_str(if *positive { " ACK" } else { " NACK" })?;
                transfer_set
                    .as_ref()
                    .map_or(Ok(()), |name| write!(f, " {name}"))?;
                time.map_or(Ok(()), |time| write!(f, " of {time}"))
            }
            What::Failed { service, reason } => write!(f, " {service}: {reason}"),
            What::Other { service } => write!(f, " {service}"),
            What::Conclude | What::Released | What::Aborted => Ok(()),
        }
    }
}

impl fmt::Display for ReportRecord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(name) = &self.transfer_set {
            write!(f, " {name}")?;
        }
        if let Some(set) = &self.data_set {
            write!(f, " all of {set}")?;
        }
        if let Some(conditions) = self.conditions {
            write!(f, " [{conditions}]")?;
        }
        if let Some(time) = self.time {
            write!(f, " at {time}")?;
        }
        f.write_str(":")?;
        for (i, (name, value)) in self.points.iter().enumerate() {
            f.write_str(if i == 0 { " " } else { ", " })?;
            match name {
                Some(name) => write!(f, "{name} = ")?,
                None => write!(f, "#{i} = ")?,
            }
            match value {
                Ok(value) => write!(f, "{value}")?,
                Err(error) => write!(f, "({error})")?,
            }
        }
        Ok(())
    }
}
