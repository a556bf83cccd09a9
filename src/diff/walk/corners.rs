//! Requests for what chance seldom comes to, made once in front of the random ones, of whatever the model has.

use super::Walk;
use super::data::{members, read_data_set};
use crate::diff::catalogue::DataSet;
use crate::diff::request::{Request, name};
use crate::diff::session::Stop;
use crate::diff::survey;
use mms::pdu::{
    AccessStep, AlternateAccessBuf, FileDirectoryRequest, FileName, FileOpenRequest, JournalStart,
    ReadJournalRequest, VariableAccess, write_define_variable_list, write_read_request,
};
use mms::{BinaryTime, MmsValue, TypeDescription};

/// Objects of each kind that are tried.
const SOME: usize = 3;
/// More than either server lets an association have open.
const OPEN_FILES: usize = 7;

impl Walk<'_> {
    pub(super) fn corners(&mut self) -> Result<(), Stop> {
        self.array_elements()?;
        self.nodes_with_settings()?;
        self.logical_node_as_member()?;
        self.open_many_files()?;
        self.block_fields()?;
        self.logs()?;
        self.cancels()?;
        self.second_select()
    }

    fn array_elements(&mut self) -> Result<(), Stop> {
        let arrays: Vec<_> = self
            .catalogue
            .variables
            .iter()
            .filter(|v| matches!(v.ty, TypeDescription::Array { .. }))
            .take(SOME)
            .cloned()
            .collect();
        for array in arrays {
            let TypeDescription::Array { element, .. } = &array.ty else {
                continue;
            };
            let mut paths = vec![
                vec![AccessStep::Index(0)],
                vec![AccessStep::IndexRange { low: 0, count: 2 }],
            ];
            if let TypeDescription::Structure(components) = &**element
                && let Some(first) = components.first().and_then(|c| c.name.as_deref())
            {
                paths.push(vec![AccessStep::Index(0), AccessStep::Component(first)]);
            }
            for path in paths {
                let Ok(part) = AlternateAccessBuf::path(&path) else {
                    continue;
                };
                let label = format!("{} part ({path:?})", array.name());
                let request = Request::new(0, "read-part", format!("read {label}"), |w| {
                    let access = VariableAccess::from(name(&array.domain, &array.item))
                        .with_alternate_access(part.as_ref());
                    write_read_request(w, false, [access]);
                });
                self.session.ask(request.giving([(label, None)]))?;
            }
        }
        Ok(())
    }

    /// Logical nodes whose edited settings nobody edits.
    fn nodes_with_settings(&mut self) -> Result<(), Stop> {
        let nodes: Vec<_> = self
            .catalogue
            .nodes
            .iter()
            .filter(|(_, ty)| ty.child_by_name("SE").is_some())
            .take(SOME)
            .map(|((domain, node), ty)| (domain.clone(), node.clone(), ty.clone()))
            .collect();
        for (domain, node, ty) in nodes {
            let mut request = survey::read(0, &domain, &node, &ty);
            request.service = "read-node";
            self.session.ask(request)?;
        }
        Ok(())
    }

    fn logical_node_as_member(&mut self) -> Result<(), Stop> {
        let Some((domain, node)) = self.catalogue.nodes.keys().next().cloned() else {
            return Ok(());
        };
        let set = DataSet {
            name: "LLN0$corner".to_owned(),
            members: vec![(domain.clone(), node.clone())],
            domain,
            of_model: false,
        };
        let what = format!("define {}/{} with {node}", set.domain, set.name);
        let request = Request::new(0, "define", what, |w| {
            let list = name(&set.domain, &set.name);
            write_define_variable_list(w, list, [name(&set.domain, &node)]);
        });
        self.session.ask(request.changing())?;
        let read = read_data_set(0, &self.catalogue, &set).giving(members(&self.catalogue, &set));
        self.session.ask(read)?;
        Ok(())
    }

    fn open_many_files(&mut self) -> Result<(), Stop> {
        let Some(file) = self.catalogue.files.first().cloned() else {
            return Ok(());
        };
        let directory = FileDirectoryRequest {
            specification: Some(FileName::from("/")),
            continue_after: None,
        };
        let what = "directory of \"/\"";
        let request = Request::new(0, "file-directory", what, |w| directory.encode(w));
        self.session.ask(request)?;
        let rooted = format!("/{file}");
        let directory = FileDirectoryRequest {
            specification: Some(FileName::from(rooted.as_str())),
            continue_after: None,
        };
        let what = format!("directory of {rooted:?}");
        let request = Request::new(0, "file-directory", what, |w| directory.encode(w));
        self.session.ask(request)?;
        for number in 0..OPEN_FILES {
            // Of both associations: the limit may be one for all.
            let open = FileOpenRequest {
                name: FileName::from(file.as_str()),
                initial_position: 0,
            };
            let what = format!("open {file:?} once more");
            let request = Request::new(number % 2, "file-open", what, |w| open.encode(w));
            self.session.ask(request)?;
        }
        // What is open is closed with its association.
        self.session.reconnect(0)?;
        self.session.reconnect(1)
    }

    /// Fields of setting group and GOOSE control blocks.
    fn block_fields(&mut self) -> Result<(), Stop> {
        for (end, value) in [
            ("$SP$SGCB$ActSG", MmsValue::Unsigned(1)),
            ("$GoEna", MmsValue::Boolean(false)),
        ] {
            for field in self.fields(end) {
                self.put(0, &[(field.0, field.1, value.clone())])?;
            }
        }
        Ok(())
    }

    /// Some variables by the end of their names.
    fn fields(&self, end: &str) -> Vec<(String, String)> {
        self.catalogue
            .variables
            .iter()
            .filter(|v| v.item.ends_with(end))
            .take(SOME)
            .map(|v| (v.domain.clone(), v.item.clone()))
            .collect()
    }

    fn logs(&mut self) -> Result<(), Stop> {
        for (domain, item) in self.fields("$LogEna") {
            self.put(0, &[(domain, item, MmsValue::Boolean(true))])?;
        }
        for _ in 0..SOME {
            self.process()?;
        }
        for (domain, journal) in self.catalogue.journals.clone().into_iter().take(SOME) {
            for start in [None, Some(JournalStart::Time(BinaryTime::from_ms(0)))] {
                let mut request = ReadJournalRequest::all(name(&domain, &journal));
                request.start = start;
                let what = format!("read log {domain}/{journal} from {start:?}");
                self.session
                    .ask(Request::new(0, "read-journal", what, |w| {
                        request.encode(w);
                    }))?;
            }
        }
        Ok(())
    }

    /// Cancel of what nobody has commanded.
    fn cancels(&mut self) -> Result<(), Stop> {
        self.session.expects_reports = true;
        for control in self.catalogue.controls.clone() {
            let service = control.services.iter().find(|(name, _)| name == "Cancel");
            if let Some((service, ty)) = service {
                let value = self.command(&control, ty);
                let item = format!("{}${service}", control.item);
                self.put(0, &[(control.domain.clone(), item, value)])?;
            }
        }
        Ok(())
    }

    /// A select on top of another, and what is to be seen of both when another client goes.
    fn second_select(&mut self) -> Result<(), Stop> {
        self.session.expects_reports = true;
        let controls = self.catalogue.controls.clone();
        let with_value = controls.iter().filter_map(|control| {
            let (_, ty) = control.services.iter().find(|(name, _)| name == "SBOw")?;
            Some((control, ty))
        });
        for (control, ty) in with_value.take(SOME) {
            let item = format!("{}$SBOw", control.item);
            for _ in 0..4 {
                let value = self.command(control, ty);
                self.put(0, &[(control.domain.clone(), item.clone(), value)])?;
            }
            self.session
                .ask(survey::read(0, &control.domain, &item, ty))?;
            self.session.reconnect(1)?;
            let state = control.item.replacen("$CO$", "$ST$", 1);
            if let Some(ty) = self.catalogue.type_of(&control.domain, &state).cloned() {
                self.session
                    .ask(survey::read(0, &control.domain, &state, &ty))?;
            }
        }
        Ok(())
    }
}
