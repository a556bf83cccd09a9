//! `IED`, `AccessPoint`, `Server`, `LDevice`, `LN0` and `LN`.

use super::control::{
    ControlBlock, GooseControl, LogControl, ReportControl, SampledValueControl, SclDataSet,
    SettingControl,
};
use super::instance::Instance;
use super::{SclAccessPoint, SclIed};
use crate::scl::error::SclError;
use crate::scl::xml::{Element, Place, Reader};

/// The `Services` of an IED or an access point: which there are, with their attributes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Services {
    services: Vec<Service>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Service {
    name: String,
    attributes: Vec<(String, String)>,
}

impl Services {
    /// Whether the service is declared, by its element name such as "DynDataSet".
    pub fn has(&self, service: &str) -> bool {
        self.services.iter().any(|own| own.name == service)
    }

    /// An attribute of a service, such as `attribute("ConfDataSet", "max")`.
    pub fn attribute(&self, service: &str, attribute: &str) -> Option<&str> {
        self.services
            .iter()
            .find(|own| own.name == service)?
            .attributes
            .iter()
            .find(|(name, _)| name == attribute)
            .map(|(_, value)| value.as_str())
    }

    fn parse(element: Element<'_>) -> Self {
        let mut services = Vec::new();
        for service in element.inner() {
            services.push(Service::new(service));
            // SettingGroups holds SGEdit and ConfSG.
            services.extend(service.inner().map(Service::new));
        }
        Services { services }
    }
}

impl Service {
    fn new(element: Element<'_>) -> Self {
        Service {
            name: element.name().to_string(),
            attributes: element
                .attributes()
                .map(|(name, value)| (name.to_string(), value.to_string()))
                .collect(),
        }
    }
}

#[derive(Debug)]
pub(crate) struct Ied {
    pub(crate) place: Place,
    pub(crate) name: String,
    pub(crate) ied_type: String,
    manufacturer: String,
    desc: String,
    config_version: String,
    pub(super) services: Services,
    pub(crate) access_points: Vec<AccessPoint>,
}

#[derive(Debug)]
pub(crate) struct AccessPoint {
    pub(crate) name: String,
    pub(super) services: Option<Services>,
    pub(crate) server: Option<Vec<LDevice>>,
    pub(crate) server_at: Option<String>,
}

#[derive(Debug)]
pub(crate) struct LDevice {
    pub(crate) place: Place,
    pub(crate) inst: String,
    pub(crate) ld_name: Option<String>,
    pub(crate) nodes: Vec<Ln>,
}

/// An `LN0` or `LN` with all that is configured in it.
#[derive(Debug)]
pub(crate) struct Ln {
    pub(crate) place: Place,
    pub(crate) prefix: String,
    pub(crate) class: String,
    pub(crate) inst: String,
    pub(crate) ln_type: String,
    pub(crate) instances: Vec<Instance>,
    pub(crate) data_sets: Vec<SclDataSet>,
    pub(crate) control_blocks: Vec<ControlBlock>,
}

impl Ied {
    pub(super) fn parse<'a>(
        reader: &mut Reader<'a>,
        element: Element<'a>,
    ) -> Result<Option<Self>, SclError> {
        let Some(name) = reader.required(element, "name")? else {
            return Ok(None);
        };
        let mut ied = Ied {
            place: element.place,
            name,
            ied_type: element.text_attribute("type"),
            manufacturer: element.text_attribute("manufacturer"),
            desc: element.text_attribute("desc"),
            config_version: element.text_attribute("configVersion"),
            services: Services::default(),
            access_points: Vec::new(),
        };
        for child in reader.children(element, &[("Services", ""), ("AccessPoint", "name")]) {
            match child.name() {
                "Services" => ied.services = Services::parse(child),
                _ => ied.access_points.push(AccessPoint::parse(reader, child)?),
            }
        }
        Ok(Some(ied))
    }

    pub(super) fn summary(&self) -> SclIed {
        SclIed {
            name: self.name.clone(),
            manufacturer: self.manufacturer.clone(),
            ied_type: self.ied_type.clone(),
            desc: self.desc.clone(),
            config_version: self.config_version.clone(),
            access_points: self
                .access_points
                .iter()
                .map(|access| SclAccessPoint {
                    name: access.name.clone(),
                    has_server: access.server.is_some(),
                    server_at: access.server_at.clone(),
                })
                .collect(),
        }
    }
}

impl AccessPoint {
    fn parse<'a>(reader: &mut Reader<'a>, element: Element<'a>) -> Result<Self, SclError> {
        let mut access = AccessPoint {
            name: element.text_attribute("name"),
            services: None,
            server: None,
            server_at: None,
        };
        let parts = [
            ("Services", ""),
            ("Server", ""),
            ("ServerAt", "apName"),
            ("LDevice", "inst"),
        ];
        for child in reader.children(element, &parts) {
            match child.name() {
                "LDevice" => reader.problem(child.place, "ignored: it is not in a Server")?,
                "Services" => access.services = Some(Services::parse(child)),
                "ServerAt" => access.server_at = child.filled_attribute("apName"),
                _ => {
                    let devices = access.server.get_or_insert_default();
                    for device in reader.children(child, &[("LDevice", "inst")]) {
                        devices.extend(LDevice::parse(reader, device)?);
                    }
                }
            }
        }
        Ok(access)
    }
}

impl LDevice {
    fn parse<'a>(reader: &mut Reader<'a>, element: Element<'a>) -> Result<Option<Self>, SclError> {
        let Some(inst) = reader.required(element, "inst")? else {
            return Ok(None);
        };
        let mut nodes = Vec::new();
        for node in reader.children(element, &[("LN0", "lnClass"), ("LN", "lnClass")]) {
            nodes.extend(Ln::parse(reader, node)?);
        }
        // LLN0 stands first in the schema, and in the models of libiec61850.
        nodes.sort_by_key(|node| node.class != "LLN0");
        Ok(Some(LDevice {
            place: element.place,
            inst,
            ld_name: element.filled_attribute("ldName"),
            nodes,
        }))
    }
}

impl Ln {
    /// The name in references: prefix, class and instance number.
    pub(crate) fn name(&self) -> String {
        format!("{}{}{}", self.prefix, self.class, self.inst)
    }

    pub(crate) fn has_setting_control(&self) -> bool {
        self.control_blocks
            .iter()
            .any(|block| matches!(block, ControlBlock::Setting(_)))
    }

    fn parse<'a>(reader: &mut Reader<'a>, element: Element<'a>) -> Result<Option<Self>, SclError> {
        let class = match element.filled_attribute("lnClass") {
            Some(class) => class,
            None if element.name() == "LN0" => "LLN0".to_string(),
            None => {
                reader.required(element, "lnClass")?;
                return Ok(None);
            }
        };
        let mut node = Ln {
            place: element.place,
            prefix: element.text_attribute("prefix").trim().to_string(),
            class: class.trim().to_string(),
            inst: element.text_attribute("inst").trim().to_string(),
            ln_type: element.text_attribute("lnType"),
            instances: Vec::new(),
            data_sets: Vec::new(),
            control_blocks: Vec::new(),
        };
        reader.rename(element.place, &node.name());
        let parts = [
            ("DOI", "name"),
            ("DataSet", "name"),
            ("ReportControl", "name"),
            ("LogControl", "name"),
            ("Log", "name"),
            ("GSEControl", "name"),
            ("SampledValueControl", "name"),
            ("SettingControl", ""),
        ];
        for child in reader.children(element, &parts) {
            match child.name() {
                "DOI" => node.instances.extend(Instance::parse(reader, child)?),
                "DataSet" => node.data_sets.extend(SclDataSet::parse(reader, child)?),
                _ => node.control_blocks.extend(Self::control(reader, child)?),
            }
        }
        Ok(Some(node))
    }

    fn control<'a>(
        reader: &mut Reader<'a>,
        element: Element<'a>,
    ) -> Result<Option<ControlBlock>, SclError> {
        Ok(match element.name() {
            "ReportControl" => ReportControl::parse(reader, element)?.map(ControlBlock::Report),
            "LogControl" => LogControl::parse(reader, element)?.map(ControlBlock::Log),
            "Log" => Some(ControlBlock::Journal(
                element.place,
                element.filled_attribute("name"),
            )),
            "GSEControl" => GooseControl::parse(reader, element)?.map(ControlBlock::Goose),
            "SettingControl" => Some(ControlBlock::Setting(SettingControl::parse(
                reader, element,
            )?)),
            _ => SampledValueControl::parse(reader, element)?.map(ControlBlock::SampledValue),
        })
    }
}
