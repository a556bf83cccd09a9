//! Root attributes and `Header`.

use crate::Iec61850Edition;
use crate::scl::xml::Element;

/// What a document says about itself.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct SclHeader {
    /// `version` of the root: empty (Edition 1), "2007" (Editions 2 and 2.1).
    pub schema_version: String,
    /// `revision` of the root, such as "B".
    pub schema_revision: String,
    /// `release` of the root, such as "4".
    pub schema_release: String,
    /// `id` of the header.
    pub id: String,
    /// `version` of the header.
    pub version: String,
    /// `revision` of the header.
    pub revision: String,
    /// `toolID` of the header.
    pub tool_id: String,
}

impl SclHeader {
    pub(super) fn parse(root: Element<'_>) -> Self {
        SclHeader {
            schema_version: root.text_attribute("version").trim().to_string(),
            schema_revision: root.text_attribute("revision").trim().to_string(),
            schema_release: root.text_attribute("release").trim().to_string(),
            ..SclHeader::default()
        }
    }

    pub(super) fn parse_identity(&mut self, header: Element<'_>) {
        self.id = header.text_attribute("id");
        self.version = header.text_attribute("version");
        self.revision = header.text_attribute("revision");
        self.tool_id = header.text_attribute("toolID");
    }

    /// The edition of IEC 61850-6 the document follows; Edition 1 if it does not say.
    pub fn edition(&self) -> Iec61850Edition {
        match (
            self.schema_version.as_str(),
            self.schema_release.parse::<u32>().unwrap_or(1),
        ) {
            ("" | "2003", _) => Iec61850Edition::Edition1,
            (_, 4..) => Iec61850Edition::Edition2_1,
            _ => Iec61850Edition::Edition2,
        }
    }
}
