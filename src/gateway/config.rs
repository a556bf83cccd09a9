//! The configuration of a gateway.

use super::convert::Scale;
use crate::failure::Failure;
use crate::peer::Endpoint as Address;
use crate::toml_file;
use iec61850::{FunctionalConstraint, ObjectReference};
use serde::Deserialize;
use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::time::Duration;
use tase2::Name;
use tase2::types::Validity;
use toml::Spanned;

/// How long a peer has to wait for the answer to a command at least: longer than the network may hold one back.
const SHORTEST_OPERATE: Duration = Duration::from_secs(4);

/// What a configuration says, checked against the control centre it names.
#[derive(Debug)]
pub(crate) struct Config {
    pub(crate) center: tase2::config::Config,
    pub(crate) ieds: Vec<Ied>,
}

/// An IED, what is taken from it and what is sent to it.
#[derive(Clone, Debug)]
pub(crate) struct Ied {
    pub(crate) name: String,
    pub(crate) address: Address,
    /// Report control blocks, `LD/LN.BR.name`.
    pub(crate) reports: Vec<String>,
    /// How often what no report has is read.
    pub(crate) poll: Option<Duration>,
    pub(crate) request_timeout: Duration,
    pub(crate) retry: (Duration, Duration),
    /// What points are when the IED cannot be reached.
    pub(crate) lost: Validity,
    pub(crate) points: Vec<Point>,
    pub(crate) commands: Vec<Command>,
    /// orIdent of commands.
    pub(crate) originator: String,
}

/// A point of the control centre.
#[derive(Clone, Debug)]
pub(crate) struct Point {
    pub(crate) name: Name,
    /// The data object, or the attribute, its value is of.
    pub(crate) from: ObjectReference,
    pub(crate) scale: Scale,
    /// On is off.
    pub(crate) invert: bool,
}

/// A device of the control centre.
#[derive(Clone, Debug)]
pub(crate) struct Command {
    pub(crate) device: Name,
    /// The controllable data object.
    pub(crate) object: String,
    pub(crate) scale: Scale,
    pub(crate) invert: bool,
    pub(crate) interlock_check: bool,
    pub(crate) synchro_check: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    center: Spanned<PathBuf>,
    #[serde(default)]
    ied: Vec<IedEntry>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct IedEntry {
    name: Spanned<String>,
    address: Spanned<String>,
    #[serde(default)]
    reports: Vec<Spanned<String>>,
    poll: Option<Spanned<f64>>,
    request_timeout: Option<Spanned<f64>>,
    retry_first: Option<Spanned<f64>>,
    retry_longest: Option<Spanned<f64>>,
    lost: Option<Spanned<String>>,
    originator: Option<String>,
    #[serde(default)]
    point: Vec<PointEntry>,
    #[serde(default)]
    command: Vec<CommandEntry>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct PointEntry {
    name: Spanned<String>,
    from: Spanned<String>,
    scale: Option<Spanned<f64>>,
    offset: Option<Spanned<f64>>,
    #[serde(default)]
    invert: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct CommandEntry {
    device: Spanned<String>,
    object: Spanned<String>,
    scale: Option<Spanned<f64>>,
    offset: Option<Spanned<f64>>,
    #[serde(default)]
    invert: bool,
    #[serde(default = "yes")]
    interlock_check: bool,
    #[serde(default)]
    synchro_check: bool,
}

fn yes() -> bool {
    true
}

impl Config {
    /// Reads a file, and the file of the control centre beside it.
    pub(crate) fn load(path: &Path) -> Result<Self, Failure> {
        let text = toml_file::text(path)?;
        let failed = |complaint: String| toml_file::failed(path, &complaint);
        let file: File = toml_file::parse(&text).map_err(failed)?;
        let beside = path.parent().unwrap_or(Path::new(""));
        let center_path = beside.join(file.center.get_ref());
        let center = tase2::config::Config::load(&center_path).map_err(Failure::failed)?;
        let mut checked = Checked {
            text: &text,
            center,
            names: HashSet::new(),
            used: HashSet::new(),
        };
        if file.ied.is_empty() {
            let span = file.center.span();
            return Err(failed(checked.complaint(&span, "there is no [[ied]]")));
        }
        let ieds = file.ied.into_iter().map(|entry| checked.ied(entry));
        let ieds = ieds.collect::<Result<_, _>>().map_err(failed)?;
        Ok(Config {
            center: checked.center,
            ieds,
        })
    }

    /// Points and commands of all IEDs.
    pub(crate) fn counts(&self) -> (usize, usize) {
        let points = self.ieds.iter().map(|ied| ied.points.len()).sum();
        let commands = self.ieds.iter().map(|ied| ied.commands.len()).sum();
        (points, commands)
    }
}

/// What has been read so far, to be checked against.
struct Checked<'a> {
    text: &'a str,
    center: tase2::config::Config,
    /// Names of IEDs.
    names: HashSet<String>,
    /// Points and devices that are mapped.
    used: HashSet<Name>,
}

impl Checked<'_> {
    fn complaint(&self, span: &std::ops::Range<usize>, reason: &str) -> String {
        toml_file::complaint(self.text, span, reason)
    }

    fn wrong<T>(&self, at: &Spanned<T>, reason: impl std::fmt::Display) -> String {
        self.complaint(&at.span(), &reason.to_string())
    }

    fn ied(&mut self, entry: IedEntry) -> Result<Ied, String> {
        let name = entry.name.get_ref().clone();
        if name.is_empty() || !self.names.insert(name.clone()) {
            let reason = format!("there is another IED '{name}', or it has no name");
            return Err(self.wrong(&entry.name, reason));
        }
        let address = entry
            .address
            .get_ref()
            .parse()
            .map_err(|reason: String| self.wrong(&entry.address, reason))?;
        for report in &entry.reports {
            self.report(report)?;
        }
        let poll = entry
            .poll
            .as_ref()
            .map(|poll| self.seconds(poll, 0.1, 86_400.0))
            .transpose()?;
        let seconds = |value: Option<Spanned<f64>>, default: u64| match value {
            Some(value) => self.seconds(&value, 0.1, 3600.0),
            None => Ok(Duration::from_secs(default)),
        };
        let request_timeout = seconds(entry.request_timeout, 5)?;
        let retry = (
            seconds(entry.retry_first, 1)?,
            seconds(entry.retry_longest, 30)?,
        );
        let lost = match entry
            .lost
            .as_ref()
            .map(|text| (text, text.get_ref().parse()))
        {
            None => Validity::NotValid,
            Some((_, Ok(validity @ (Validity::NotValid | Validity::Held | Validity::Suspect)))) => {
                validity
            }
            Some((text, _)) => {
                let reason = "expected NOTVALID, HELD or SUSPECT";
                return Err(self.wrong(text, reason));
            }
        };
        if entry.reports.is_empty() && poll.is_none() && !entry.point.is_empty() {
            let reason = "its points need `reports`, or `poll` in seconds";
            return Err(self.wrong(&entry.name, reason));
        }
        let points = entry.point.into_iter().map(|point| self.point(point));
        let points = points.collect::<Result<_, _>>()?;
        let commands = entry.command.into_iter().map(|c| self.command(c));
        let commands = commands.collect::<Result<_, _>>()?;
        Ok(Ied {
            originator: entry.originator.unwrap_or_else(|| self.center.name.clone()),
            name,
            address,
            reports: entry.reports.into_iter().map(Spanned::into_inner).collect(),
            poll,
            request_timeout,
            retry,
            lost,
            points,
            commands,
        })
    }

    fn seconds(&self, value: &Spanned<f64>, least: f64, most: f64) -> Result<Duration, String> {
        let seconds = *value.get_ref();
        match (least..=most).contains(&seconds) {
            true => Ok(Duration::from_secs_f64(seconds)),
            false => Err(self.wrong(value, format!("expected seconds, {least} to {most}"))),
        }
    }

    fn report(&self, report: &Spanned<String>) -> Result<(), String> {
        let is_block = report
            .get_ref()
            .split_once('/')
            .is_some_and(|(device, rest)| {
                let parts: Vec<&str> = rest.split('.').collect();
                let [node, "BR" | "RP", name] = parts[..] else {
                    return false;
                };
                [device, node, name].iter().all(|part| !part.is_empty())
            });
        match is_block {
            true => Ok(()),
            false => Err(self.wrong(
                report,
                "no report control block: they are written LD/LN.BR.name, or LD/LN.RP.name",
            )),
        }
    }

    fn scale(
        &self,
        scale: Option<Spanned<f64>>,
        offset: Option<Spanned<f64>>,
    ) -> Result<Scale, String> {
        let mut result = Scale::default();
        if let Some(scale) = scale {
            if !scale.get_ref().is_finite() || *scale.get_ref() == 0.0 {
                return Err(self.wrong(&scale, "expected a number that is not zero"));
            }
            result.factor = scale.into_inner();
        }
        if let Some(offset) = offset {
            if !offset.get_ref().is_finite() {
                return Err(self.wrong(&offset, "expected a number"));
            }
            result.offset = offset.into_inner();
        }
        Ok(result)
    }

    fn name(&mut self, text: &Spanned<String>) -> Result<Name, String> {
        let name: Name = text
            .get_ref()
            .parse()
            .map_err(|error| self.wrong(text, error))?;
        match self.used.insert(name.clone()) {
            true => Ok(name),
            false => Err(self.wrong(text, format!("{name} is mapped already"))),
        }
    }

    fn object(&self, text: &Spanned<String>) -> Result<ObjectReference, String> {
        let reference: ObjectReference = text
            .get_ref()
            .parse()
            .map_err(|error| self.wrong(text, error))?;
        if reference.logical_node().is_none() || reference.path().is_empty() {
            let reason = "expected a data object or attribute, LD/LN.DO";
            return Err(self.wrong(text, reason));
        }
        if reference.path().iter().any(|part| part.index.is_some()) {
            let reason = "elements of arrays cannot be mapped";
            return Err(self.wrong(text, reason));
        }
        Ok(reference)
    }

    fn point(&mut self, entry: PointEntry) -> Result<Point, String> {
        let name = self.name(&entry.name)?;
        if !self.center.model.points().iter().any(|p| p.name == name) {
            let reason = format!("the control centre has no point {name}");
            return Err(self.wrong(&entry.name, reason));
        }
        let from = self.object(&entry.from)?;
        use FunctionalConstraint as Fc;
        if let Some(fc) = from.fc()
            && !matches!(fc, Fc::ST | Fc::MX | Fc::SP | Fc::SG | Fc::CF)
        {
            let reason = format!("values of {fc} cannot be mapped");
            return Err(self.wrong(&entry.from, reason));
        }
        Ok(Point {
            name,
            from,
            scale: self.scale(entry.scale, entry.offset)?,
            invert: entry.invert,
        })
    }

    fn command(&mut self, entry: CommandEntry) -> Result<Command, String> {
        let device = self.name(&entry.device)?;
        let found = self
            .center
            .model
            .devices()
            .find(|found| found.name == device)
            .ok_or_else(|| {
                let reason = format!("the control centre has no device {device}");
                self.wrong(&entry.device, reason)
            })?;
        if found.operate_timeout < SHORTEST_OPERATE {
            let reason = format!(
                "operate_timeout of {device} has to be {} s at least: a command may be on its way for so long",
                SHORTEST_OPERATE.as_secs()
            );
            return Err(self.wrong(&entry.device, reason));
        }
        let object = self.object(&entry.object)?;
        Ok(Command {
            device,
            object: object.with_fc(None).to_string(),
            scale: self.scale(entry.scale, entry.offset)?,
            invert: entry.invert,
            interlock_check: entry.interlock_check,
            synchro_check: entry.synchro_check,
        })
    }
}
