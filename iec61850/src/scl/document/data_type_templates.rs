//! `DataTypeTemplates`: `LNodeType`, `DOType`, `DAType` and `EnumType`.

use super::instance::Val;
use crate::EnumType;
use crate::scl::error::SclError;
use crate::scl::xml::{Element, Place, Reader};
use std::collections::HashMap;
use std::sync::Arc;

/// How many elements an array has.
#[derive(Debug)]
pub(crate) enum Count {
    Number(u32),
    /// As many as the attribute of this name beside it says.
    Attribute(String),
}

impl Count {
    fn parse(element: Element<'_>) -> Option<Self> {
        let text = element.filled_attribute("count")?;
        match text.trim().parse() {
            Ok(0) => None,
            Ok(number) => Some(Count::Number(number)),
            Err(_) => Some(Count::Attribute(text.trim().to_string())),
        }
    }
}

/// A `DA` or `BDA`.
#[derive(Debug)]
pub(crate) struct Attribute {
    pub(crate) place: Place,
    pub(crate) name: String,
    pub(crate) basic_type: String,
    pub(crate) type_id: Option<String>,
    /// Empty for a `BDA`, which has that of the attribute it belongs to.
    pub(crate) fc: String,
    pub(crate) dchg: bool,
    pub(crate) qchg: bool,
    pub(crate) dupd: bool,
    pub(crate) count: Option<Count>,
    pub(crate) short_address: Option<String>,
    pub(crate) values: Vec<Val>,
}

impl Attribute {
    fn parse<'a>(reader: &mut Reader<'a>, element: Element<'a>) -> Result<Option<Self>, SclError> {
        let Some(name) = reader.required(element, "name")? else {
            return Ok(None);
        };
        Ok(Some(Attribute {
            place: element.place,
            name,
            basic_type: element.text_attribute("bType"),
            type_id: element.filled_attribute("type"),
            fc: element.text_attribute("fc"),
            dchg: reader.boolean(element, "dchg", false)?,
            qchg: reader.boolean(element, "qchg", false)?,
            dupd: reader.boolean(element, "dupd", false)?,
            count: Count::parse(element),
            short_address: element.filled_attribute("sAddr"),
            values: Val::parse_all(reader, element)?,
        }))
    }
}

/// A `DO` of an `LNodeType`, or an `SDO` of a `DOType`.
#[derive(Debug)]
pub(crate) struct DataObjectRef {
    pub(crate) place: Place,
    pub(crate) name: String,
    pub(crate) type_id: String,
    pub(crate) count: Option<Count>,
}

impl DataObjectRef {
    fn parse<'a>(reader: &mut Reader<'a>, element: Element<'a>) -> Result<Option<Self>, SclError> {
        let Some(name) = reader.required(element, "name")? else {
            return Ok(None);
        };
        Ok(Some(DataObjectRef {
            place: element.place,
            name,
            type_id: element.text_attribute("type"),
            count: Count::parse(element),
        }))
    }
}

#[derive(Debug)]
pub(crate) struct LNodeType {
    pub(crate) data_objects: Vec<DataObjectRef>,
}

/// What a `DOType` consists of, in the order of the file: it is the order in MMS.
#[derive(Debug)]
pub(crate) enum DoMember {
    SubObject(DataObjectRef),
    Attribute(Attribute),
}

impl DoMember {
    pub(crate) fn attribute(&self) -> Option<&Attribute> {
        match self {
            DoMember::Attribute(attribute) => Some(attribute),
            DoMember::SubObject(_) => None,
        }
    }
}

#[derive(Debug)]
pub(crate) struct DoType {
    pub(crate) cdc: String,
    pub(crate) members: Vec<DoMember>,
}

#[derive(Debug)]
pub(crate) struct DaType {
    pub(crate) attributes: Vec<Attribute>,
}

/// Types by id. An id may occur several times for different LN classes (Edition 1) and for
/// different kinds of IED.
#[derive(Debug)]
struct TypeTable<T> {
    by_id: HashMap<String, Vec<Entry<T>>>,
}

#[derive(Debug)]
struct Entry<T> {
    /// `lnClass` of an `LNodeType`, else empty.
    ln_class: String,
    /// `iedType`: the type is meant for these IEDs only.
    ied_type: String,
    content: T,
}

impl<T> Default for TypeTable<T> {
    fn default() -> Self {
        TypeTable {
            by_id: HashMap::new(),
        }
    }
}

impl<T> TypeTable<T> {
    fn insert<'a>(
        &mut self,
        reader: &mut Reader<'a>,
        element: Element<'a>,
        content: T,
    ) -> Result<(), SclError> {
        let Some(id) = reader.required(element, "id")? else {
            return Ok(());
        };
        let entry = Entry {
            ln_class: element.text_attribute("lnClass"),
            ied_type: element.text_attribute("iedType"),
            content,
        };
        let same_id = self.by_id.entry(id).or_default();
        if same_id
            .iter()
            .any(|other| other.ln_class == entry.ln_class && other.ied_type == entry.ied_type)
        {
            reader.problem(
                element.place,
                "a type with this id was defined before, the first one counts",
            )?;
        } else {
            same_id.push(entry);
        }
        Ok(())
    }

    fn find(&self, id: &str, ln_class: &str, ied_type: &str) -> Option<&T> {
        let same_id = self.by_id.get(id)?;
        let fits = |entry: &Entry<T>| entry.ln_class.is_empty() || entry.ln_class == ln_class;
        same_id
            .iter()
            .find(|entry| fits(entry) && entry.ied_type == ied_type)
            .or_else(|| same_id.iter().find(|entry| fits(entry)))
            .or_else(|| same_id.first())
            .map(|entry| &entry.content)
    }
}

#[derive(Debug, Default)]
pub(crate) struct DataTypeTemplates {
    present: bool,
    node_types: TypeTable<LNodeType>,
    object_types: TypeTable<DoType>,
    attribute_types: TypeTable<DaType>,
    enum_types: TypeTable<Arc<EnumType>>,
}

impl DataTypeTemplates {
    pub(super) fn parse<'a>(
        &mut self,
        reader: &mut Reader<'a>,
        section: Element<'a>,
    ) -> Result<(), SclError> {
        self.present = true;
        let kinds = [
            ("LNodeType", "id"),
            ("DOType", "id"),
            ("DAType", "id"),
            ("EnumType", "id"),
        ];
        for element in reader.children(section, &kinds) {
            match element.name() {
                "LNodeType" => {
                    let content = LNodeType::parse(reader, element)?;
                    self.node_types.insert(reader, element, content)?;
                }
                "DOType" => {
                    let content = DoType::parse(reader, element)?;
                    self.object_types.insert(reader, element, content)?;
                }
                "DAType" => {
                    let content = DaType::parse(reader, element)?;
                    self.attribute_types.insert(reader, element, content)?;
                }
                _ => {
                    let content = parse_enum(reader, element)?;
                    self.enum_types.insert(reader, element, content)?;
                }
            }
        }
        Ok(())
    }

    /// Whether the document has the section at all.
    pub(crate) fn is_present(&self) -> bool {
        self.present
    }

    pub(crate) fn node_type(&self, id: &str, class: &str, ied_type: &str) -> Option<&LNodeType> {
        self.node_types.find(id, class, ied_type)
    }

    pub(crate) fn object_type(&self, id: &str, ied_type: &str) -> Option<&DoType> {
        self.object_types.find(id, "", ied_type)
    }

    pub(crate) fn attribute_type(&self, id: &str, ied_type: &str) -> Option<&DaType> {
        self.attribute_types.find(id, "", ied_type)
    }

    pub(crate) fn enum_type(&self, id: &str, ied_type: &str) -> Option<&Arc<EnumType>> {
        self.enum_types.find(id, "", ied_type)
    }
}

impl LNodeType {
    fn parse<'a>(reader: &mut Reader<'a>, element: Element<'a>) -> Result<Self, SclError> {
        let mut data_objects = Vec::new();
        for object in reader.children(element, &[("DO", "name")]) {
            data_objects.extend(DataObjectRef::parse(reader, object)?);
        }
        Ok(LNodeType { data_objects })
    }
}

impl DoType {
    fn parse<'a>(reader: &mut Reader<'a>, element: Element<'a>) -> Result<Self, SclError> {
        let mut members = Vec::new();
        for member in reader.children(element, &[("SDO", "name"), ("DA", "name")]) {
            match member.name() {
                "SDO" => {
                    members.extend(DataObjectRef::parse(reader, member)?.map(DoMember::SubObject))
                }
                _ => members.extend(Attribute::parse(reader, member)?.map(DoMember::Attribute)),
            }
        }
        Ok(DoType {
            cdc: element.text_attribute("cdc"),
            members,
        })
    }
}

impl DaType {
    fn parse<'a>(reader: &mut Reader<'a>, element: Element<'a>) -> Result<Self, SclError> {
        let mut attributes = Vec::new();
        for attribute in reader.children(element, &[("BDA", "name")]) {
            attributes.extend(Attribute::parse(reader, attribute)?);
        }
        Ok(DaType { attributes })
    }
}

fn parse_enum<'a>(
    reader: &mut Reader<'a>,
    element: Element<'a>,
) -> Result<Arc<EnumType>, SclError> {
    let mut values: Vec<(i32, String)> = Vec::new();
    for value in reader.children(element, &[("EnumVal", "ord")]) {
        if reader.required(value, "ord")?.is_some() {
            let ord = reader.number(value, "ord", i32::MIN)?;
            if ord != i32::MIN {
                values.push((ord, value.content().trim().to_string()));
            }
        }
    }
    Ok(Arc::new(EnumType::new(
        element.text_attribute("id"),
        values,
    )))
}
