//! From the text of a model file to a model.

use super::ConfigFileError;
use super::statement::{Body, Content, Statement, Statements, Text};
use super::value;
use crate::scl::error::Location;
use crate::scl::{DEFAULT_GOOSE_MAX_TIME, DEFAULT_GOOSE_MIN_TIME};
use crate::{
    DataAttribute, DataAttributeType, DataObject, Dataset, Error, FunctionalConstraint,
    GooseControlBlockOptions, IedModel, LogControlBlockOptions, LogicalDevice, LogicalNode,
    ModelNode, ModelNodeExt, PhyComAddress, ReportControlBlockOptions, ReportOptions,
    SampledValueOptions, SvControlBlockOptions, SvSmpMod, TriggerOptions,
};
use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

/// Blocks within blocks. The names of what they hold would be too long for MMS well before.
const MAX_DEPTH: usize = 48;

/// An open block.
enum Scope {
    Model,
    Device(LogicalDevice),
    Node(LogicalNode),
    /// A data object, or an element of an array of them.
    Object(DataObject),
    Attribute(DataAttribute),
    /// A part of an array element: what is in it is there already, and only gets values.
    Element(ModelNode),
    DataSet(Dataset),
    Goose(LogicalNode, String, String, GooseControlBlockOptions),
    SampledValue(LogicalNode, String, String, SvControlBlockOptions),
}

/// Why a statement is not accepted, without its place.
enum Refusal {
    Syntax(String, String),
    Model(Error),
}

impl From<Error> for Refusal {
    fn from(error: Error) -> Self {
        Refusal::Model(error)
    }
}

fn syntax<T>(token: impl ToString, reason: impl ToString) -> Result<T, Refusal> {
    Err(Refusal::Syntax(token.to_string(), reason.to_string()))
}

/// Reads one model.
pub(super) struct Reader<'a> {
    file: Arc<str>,
    statements: Statements<'a>,
    model: Option<IedModel>,
    /// With the line the block begins in and its name.
    open: Vec<(Scope, String)>,
    /// Members of data sets may be declared behind them, so they are added at the end.
    members: Vec<(u32, Dataset, &'a str)>,
}

impl<'a> Reader<'a> {
    pub(super) fn new(file: Arc<str>, text: &'a str) -> Self {
        Reader {
            file,
            statements: Statements::new(text),
            model: None,
            open: Vec::new(),
            members: Vec::new(),
        }
    }

    pub(super) fn read(mut self) -> Result<IedModel, ConfigFileError> {
        loop {
            let next = self.statements.next().map_err(|fault| {
                let refusal = Refusal::Syntax(fault.token, fault.reason.to_string());
                self.error(fault.line, refusal)
            })?;
            let Some(statement) = next else {
                let line = self.statements.line;
                let reason = if self.model.is_none() {
                    "expected MODEL"
                } else if self.open.is_empty() {
                    break;
                } else {
                    "a } is missing"
                };
                let refusal = Refusal::Syntax("end of file".into(), reason.into());
                return Err(self.error(line, refusal));
            };
            let line = statement.line;
            self.statement(statement)
                .map_err(|refusal| self.error(line, refusal))?;
        }
        for (line, data_set, member) in std::mem::take(&mut self.members) {
            data_set
                .create_dataset_entry(member, None, None)
                .map_err(|error| self.error(line, error.into()))?;
        }
        let line = self.statements.line;
        self.model
            .take()
            .ok_or_else(|| self.error(line, Refusal::Syntax(String::new(), "no MODEL".into())))
    }

    fn error(&self, line: u32, refusal: Refusal) -> ConfigFileError {
        let path: Vec<&str> = self.open.iter().map(|(_, name)| name.as_str()).collect();
        let location = Location {
            file: self.file.clone(),
            line,
            column: 1,
            path: path.join("/"),
        };
        match refusal {
            Refusal::Syntax(token, reason) => ConfigFileError::Syntax {
                location,
                token,
                reason,
            },
            Refusal::Model(source) => ConfigFileError::Model {
                location,
                source: Box::new(source),
            },
        }
    }

    fn statement(&mut self, statement: Statement<'a>) -> Result<(), Refusal> {
        let line = statement.line;
        match statement.content {
            Content::Close => self.close(),
            Content::Element(body) => self.element(&body),
            Content::Named(keyword, body) => {
                let opened = self.named(line, keyword, &body)?;
                match opened {
                    Some(scope) if body.opens => self.push(scope, keyword, &body),
                    Some(scope) => self.finish(scope),
                    None if body.opens => syntax(keyword, "has no block"),
                    None => Ok(()),
                }
            }
        }
    }

    fn push(&mut self, scope: Scope, keyword: &str, body: &Body<'_>) -> Result<(), Refusal> {
        if self.open.len() >= MAX_DEPTH {
            return syntax(keyword, format!("nested more than {MAX_DEPTH} deep"));
        }
        let name = body.arguments.first().unwrap_or(&"");
        self.open.push((scope, format!("{keyword}[{name}]")));
        Ok(())
    }

    fn close(&mut self) -> Result<(), Refusal> {
        match self.open.pop() {
            Some((scope, _)) => self.finish(scope),
            None => syntax("}", "closes nothing"),
        }
    }

    /// Creates what could only be created with all that is in its block.
    fn finish(&mut self, scope: Scope) -> Result<(), Refusal> {
        match scope {
            Scope::Goose(node, name, app_id, options) => {
                node.create_goose_control_block(&name, &app_id, options)?;
            }
            Scope::SampledValue(node, name, sv_id, options) => {
                node.create_sv_control_block(&name, &sv_id, options)?;
            }
            _ => {}
        }
        Ok(())
    }

    /// Takes a statement in; gives what its block is about, if it may have one.
    fn named(
        &mut self,
        line: u32,
        keyword: &str,
        body: &Body<'a>,
    ) -> Result<Option<Scope>, Refusal> {
        let items = Items { keyword, body };
        if keyword != "DA" && body.value.is_some() {
            return syntax(keyword, "has no value");
        }
        if self.model.is_some() && self.open.is_empty() {
            return syntax(keyword, "stands behind the end of the model");
        }
        match (keyword, self.open.last_mut().map(|(scope, _)| scope)) {
            ("MODEL", None) => {
                self.model = Some(IedModel::new(items.text(0)?)?);
                Ok(Some(Scope::Model))
            }
            ("LD", Some(Scope::Model)) => {
                let Some(model) = &self.model else {
                    return syntax(keyword, "stands before MODEL");
                };
                let device = model.create_logical_device(items.text(0)?, items.get(1))?;
                Ok(Some(Scope::Device(device)))
            }
            ("LN", Some(Scope::Device(device))) => Ok(Some(Scope::Node(
                device.create_logical_node(items.text(0)?)?,
            ))),
            ("DO", Some(Scope::Node(node))) => {
                let object = node.create_data_object(items.text(0)?, items.number(1)?)?;
                Ok(Some(Scope::Object(object)))
            }
            ("DO", Some(Scope::Object(object))) => {
                let object = object.create_data_object(items.text(0)?, items.number(1)?)?;
                Ok(Some(Scope::Object(object)))
            }
            ("DO", Some(Scope::Element(element))) => items.object_of_element(element).map(Some),
            ("DA", Some(Scope::Object(object))) => {
                let def = items.attribute()?;
                let attribute = object.create_data_attribute(
                    def.name,
                    def.kind,
                    def.fc,
                    def.triggers,
                    def.count,
                    def.short_address,
                )?;
                set_value(&attribute, body.value)?;
                Ok(Some(Scope::Attribute(attribute)))
            }
            ("DA", Some(Scope::Attribute(outer))) => {
                let def = items.attribute()?;
                let attribute = outer.create_data_attribute(
                    def.name,
                    def.kind,
                    def.fc,
                    def.triggers,
                    def.count,
                    def.short_address,
                )?;
                set_value(&attribute, body.value)?;
                Ok(Some(Scope::Attribute(attribute)))
            }
            ("DA", Some(Scope::Element(element))) => items.attribute_of_element(element).map(Some),
            ("DS", Some(Scope::Node(node))) => {
                Ok(Some(Scope::DataSet(node.create_dataset(items.text(0)?)?)))
            }
            ("DE", Some(Scope::DataSet(data_set))) => {
                self.members.push((line, data_set.clone(), items.text(0)?));
                Ok(None)
            }
            ("PA", Some(Scope::Goose(_, _, _, options))) => {
                options.address = Some(items.address()?);
                Ok(None)
            }
            ("PA", Some(Scope::SampledValue(_, _, _, options))) => {
                options.address = Some(items.address()?);
                Ok(None)
            }
            (_, Some(Scope::Node(node))) => items.control_block(node),
            _ => syntax(keyword, "is not expected here"),
        }
    }

    /// `[3]=5;` or `[3]{` in the block of an array.
    fn element(&mut self, body: &Body<'a>) -> Result<(), Refusal> {
        let items = Items {
            keyword: "[]",
            body,
        };
        let index: u32 = items.number(0)?;
        let element = match self.open.last().map(|(scope, _)| scope) {
            Some(Scope::Object(object)) => object.element(index).map(ModelNode::from),
            Some(Scope::Attribute(attribute)) => attribute.element(index).map(ModelNode::from),
            Some(Scope::Element(ModelNode::DataObject(object))) => {
                object.element(index).map(ModelNode::from)
            }
            Some(Scope::Element(ModelNode::DataAttribute(attribute))) => {
                attribute.element(index).map(ModelNode::from)
            }
            _ => None,
        };
        let Some(element) = element else {
            return syntax(format!("[{index}]"), "there is no such array element");
        };
        match &element {
            ModelNode::DataAttribute(attribute) => set_value(attribute, body.value)?,
            _ if body.value.is_some() => return syntax(format!("[{index}]"), "has no value"),
            _ => {}
        }
        if body.opens {
            self.push(Scope::Element(element), "", body)?;
        }
        Ok(())
    }
}

fn set_value(attribute: &DataAttribute, text: Option<Text<'_>>) -> Result<(), Refusal> {
    let Some(text) = text else {
        return Ok(());
    };
    match value::parse(attribute.attribute_type(), text) {
        Ok(value) => Ok(attribute.init_value(&value)?),
        Err(reason) => syntax(text.as_str(), reason),
    }
}

/// What a `DA` line says.
struct AttributeDef<'a> {
    name: &'a str,
    count: u32,
    kind: DataAttributeType,
    fc: FunctionalConstraint,
    triggers: TriggerOptions,
    short_address: u32,
}

/// The items in the brackets of a statement.
struct Items<'s, 'a> {
    keyword: &'s str,
    body: &'s Body<'a>,
}

impl<'a> Items<'_, 'a> {
    fn get(&self, index: usize) -> Option<&'a str> {
        self.body.arguments.get(index).copied()
    }

    fn text(&self, index: usize) -> Result<&'a str, Refusal> {
        match self.get(index) {
            Some(text) => Ok(text),
            None => syntax(self.keyword, format!("item {} is missing", index + 1)),
        }
    }

    /// A text that `-` says is absent.
    fn optional(&self, index: usize) -> Result<Option<&'a str>, Refusal> {
        Ok(Some(self.text(index)?).filter(|text| *text != "-"))
    }

    fn number<T: FromStr>(&self, index: usize) -> Result<T, Refusal> {
        let text = self.text(index)?;
        match text.parse() {
            Ok(number) => Ok(number),
            Err(_) => syntax(text, "is not a number in range"),
        }
    }

    fn flag(&self, index: usize) -> Result<bool, Refusal> {
        match self.text(index)? {
            "0" => Ok(false),
            "1" => Ok(true),
            text => syntax(text, "expected 0 or 1"),
        }
    }

    fn milliseconds(&self, index: usize) -> Result<Duration, Refusal> {
        Ok(Duration::from_millis(self.number::<u32>(index)?.into()))
    }

    /// A time that may be missing or -1.
    fn time(&self, index: usize, default: Duration) -> Result<Duration, Refusal> {
        match self.get(index) {
            None | Some("-1") => Ok(default),
            Some(_) => self.milliseconds(index),
        }
    }

    fn attribute(&self) -> Result<AttributeDef<'a>, Refusal> {
        let kind: i32 = self.number(2)?;
        let fc: i32 = self.number(3)?;
        let address = self.text(5)?;
        Ok(AttributeDef {
            name: self.text(0)?,
            count: self.number(1)?,
            kind: DataAttributeType::try_from(kind)?,
            fc: FunctionalConstraint::try_from(fc)?,
            triggers: TriggerOptions::from_bits_truncate(self.number(4)?),
            // Written by C programs as a signed number as well.
            short_address: match address.parse::<i64>() {
                Ok(number) => number as u32,
                Err(_) => return syntax(address, "is not a number"),
            },
        })
    }

    fn object_of_element(&self, element: &ModelNode) -> Result<Scope, Refusal> {
        let name = self.text(0)?;
        match (element.child(name), element) {
            (Some(child @ ModelNode::DataObject(_)), _) => Ok(Scope::Element(child)),
            (None, ModelNode::DataObject(object)) => Ok(Scope::Object(
                object.create_data_object(name, self.number(1)?)?,
            )),
            _ => syntax(name, "is not a data object"),
        }
    }

    fn attribute_of_element(&self, element: &ModelNode) -> Result<Scope, Refusal> {
        let def = self.attribute()?;
        let existing = match element {
            ModelNode::DataObject(object) => object.child_with_fc(def.name, def.fc),
            _ => element
                .child(def.name)
                .and_then(|child| child.into_data_attribute().ok()),
        };
        let attribute = match (existing, element) {
            (Some(existing), _) => existing,
            (None, ModelNode::DataObject(object)) => object.create_data_attribute(
                def.name,
                def.kind,
                def.fc,
                def.triggers,
                def.count,
                def.short_address,
            )?,
            (None, ModelNode::DataAttribute(outer)) => outer.create_data_attribute(
                def.name,
                def.kind,
                def.fc,
                def.triggers,
                def.count,
                def.short_address,
            )?,
            _ => return syntax(def.name, "is not expected here"),
        };
        set_value(&attribute, self.body.value)?;
        Ok(Scope::Element(attribute.into()))
    }

    fn control_block(&self, node: &LogicalNode) -> Result<Option<Scope>, Refusal> {
        match self.keyword {
            "SG" => {
                node.create_setting_group_control_block(self.number(0)?, self.number(1)?)?;
            }
            "RC" => self.report(node)?,
            "LC" => self.log(node)?,
            "LOG" => {
                node.create_log(self.text(0)?)?;
            }
            "GC" => {
                let options = GooseControlBlockOptions {
                    dataset_name: self.optional(2)?.map(str::to_string),
                    conf_rev: self.number(3)?,
                    fixed_offs: self.flag(4)?,
                    min_time: self.time(5, DEFAULT_GOOSE_MIN_TIME)?,
                    max_time: self.time(6, DEFAULT_GOOSE_MAX_TIME)?,
                    address: None,
                };
                let (name, id) = (self.text(0)?, self.optional(1)?.unwrap_or_default());
                return Ok(Some(Scope::Goose(
                    node.clone(),
                    name.into(),
                    id.into(),
                    options,
                )));
            }
            "SMVC" => {
                let mode: i32 = self.number(4)?;
                let options = SvControlBlockOptions {
                    dataset_name: self.optional(2)?.map(str::to_string),
                    conf_rev: self.number(3)?,
                    smp_mod: SvSmpMod::try_from(mode)?,
                    smp_rate: self.number(5)?,
                    opt_flds: SampledValueOptions::from_bits_truncate(self.number(6)?),
                    is_unicast: self.flag(7)?,
                    ..SvControlBlockOptions::default()
                };
                let (name, id) = (self.text(0)?, self.optional(1)?.unwrap_or_default());
                let (name, id) = (name.to_string(), id.to_string());
                return Ok(Some(Scope::SampledValue(node.clone(), name, id, options)));
            }
            _ => return syntax(self.keyword, "is not expected here"),
        }
        Ok(None)
    }

    fn report(&self, node: &LogicalNode) -> Result<(), Refusal> {
        let options = ReportControlBlockOptions {
            dataset_name: self.optional(3)?.map(str::to_string),
            conf_rev: self.number(4)?,
            trg_ops: TriggerOptions::from_bits_truncate(self.number(5)?),
            rpt_options: ReportOptions::from_bits_truncate(self.number(6)?),
            buf_tm: self.milliseconds(7)?,
            intg_pd: self.milliseconds(8)?,
            client: None,
        };
        let id = self.optional(1)?.unwrap_or_default();
        node.create_report_control_block(self.text(0)?, id, self.flag(2)?, options)?;
        Ok(())
    }

    fn log(&self, node: &LogicalNode) -> Result<(), Refusal> {
        let options = LogControlBlockOptions {
            dataset_name: self.optional(1)?.map(str::to_string),
            log_ref: self.optional(2)?.map(str::to_string),
            trg_ops: TriggerOptions::from_bits_truncate(self.number(3)?),
            intg_pd: self.milliseconds(4)?,
            log_ena: self.flag(5)?,
            with_reason_code: self.flag(6)?,
        };
        node.create_log_control_block(self.text(0)?, options)?;
        Ok(())
    }

    fn address(&self) -> Result<PhyComAddress, Refusal> {
        let mac = self.text(3)?;
        let octets = value::hex(mac).and_then(|octets| octets.try_into().ok());
        let Some(dst_address) = octets else {
            return syntax(mac, "expected 12 hex digits");
        };
        Ok(PhyComAddress {
            vlan_priority: self.number(0)?,
            vlan_id: self.number(1)?,
            app_id: self.number(2)?,
            dst_address,
        })
    }
}
