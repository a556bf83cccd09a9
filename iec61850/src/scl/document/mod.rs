//! The parts of an SCL file that a data model is made of.

mod communication;
mod control;
mod data_type_templates;
mod header;
mod ied;
mod instance;

pub use communication::AccessPointAddress;
pub use header::SclHeader;
pub use ied::Services;

pub(super) use communication::{Communication, ControlBlockAddress};
pub(super) use control::{
    ControlBlock, Fcda, GooseControl, LogControl, OptFields, ReportControl, SampledValueControl,
    SclDataSet, SmpMod, TrgOps,
};
pub(super) use data_type_templates::{
    Attribute, Count, DataObjectRef, DataTypeTemplates, DoMember,
};
pub(super) use ied::{AccessPoint, Ied, LDevice, Ln};
pub(super) use instance::{Instance, Val};

use super::SclOptions;
use super::encoding;
use super::error::{Location, SclError, SclWarning};
use super::xml::{Places, Reader};
use std::fs::File;
use std::io::Read as _;
use std::path::Path;
use std::sync::Arc;

/// An SCL file (`.icd`, `.cid`, `.scd`, `.iid`, `.sed`, `.ssd`) of any edition, read and checked
/// for form.
///
/// ```
/// use iec61850::scl::SclDocument;
///
/// let document = SclDocument::parse_bytes(br#"<?xml version="1.0"?>
/// <SCL xmlns="http://www.iec.ch/61850/2003/SCL" version="2007" revision="B">
///   <Header id="demo"/>
///   <IED name="Q1"><AccessPoint name="P1"><Server><LDevice inst="LD0">
///     <LN0 lnClass="LLN0" inst="" lnType="zero"/>
///   </LDevice></Server></AccessPoint></IED>
///   <DataTypeTemplates>
///     <LNodeType id="zero" lnClass="LLN0"><DO name="Beh" type="beh"/></LNodeType>
///     <DOType id="beh" cdc="INS"><DA name="stVal" fc="ST" bType="INT32"/></DOType>
///   </DataTypeTemplates>
/// </SCL>"#)?;
/// let model = document.model(None, None)?;
/// assert!(model.model_node_by_reference("Q1LD0/LLN0.Beh.stVal").is_some());
/// # Ok::<(), iec61850::scl::SclError>(())
/// ```
#[derive(Debug)]
pub struct SclDocument {
    pub(super) header: SclHeader,
    pub(super) communication: Communication,
    pub(super) ieds: Vec<Ied>,
    pub(super) templates: DataTypeTemplates,
    pub(super) places: Places,
    pub(super) options: SclOptions,
    warnings: Vec<SclWarning>,
}

/// An IED of a document and what can be served of it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct SclIed {
    /// Its name.
    pub name: String,
    /// The manufacturer, empty if not given.
    pub manufacturer: String,
    /// The product type, empty if not given.
    pub ied_type: String,
    /// The description, empty if not given.
    pub desc: String,
    /// The version of the configuration, empty if not given.
    pub config_version: String,
    /// Its access points.
    pub access_points: Vec<SclAccessPoint>,
}

impl SclIed {
    /// Whether an access point has a server of its own.
    pub fn has_server(&self) -> bool {
        self.access_points.iter().any(|access| access.has_server)
    }
}

/// An access point of an IED.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct SclAccessPoint {
    /// Its name.
    pub name: String,
    /// Whether it has a server of its own.
    pub has_server: bool,
    /// The access point whose server it gives access to (`ServerAt`).
    pub server_at: Option<String>,
}

impl SclDocument {
    /// Reads a file with the default options.
    ///
    /// # Errors
    /// See [`SclDocument::parse_file_with`].
    pub fn parse_file(path: impl AsRef<Path>) -> Result<Self, SclError> {
        Self::parse_file_with(path, &SclOptions::default())
    }

    /// Reads a file.
    ///
    /// # Errors
    /// [`SclError`] if it cannot be read, is too large, or is not an SCL file; with
    /// [`SclOptions::strict`] also if parts of it are wrong.
    pub fn parse_file_with(path: impl AsRef<Path>, options: &SclOptions) -> Result<Self, SclError> {
        let path = path.as_ref();
        let file: Arc<str> = path.display().to_string().into();
        let io = |source| SclError::Io {
            file: file.clone(),
            source,
        };
        let mut bytes = Vec::new();
        File::open(path)
            .map_err(io)?
            .take(options.max_file_size.saturating_add(1))
            .read_to_end(&mut bytes)
            .map_err(io)?;
        Self::parse(&bytes, file, options)
    }

    /// Reads a document from memory with the default options.
    ///
    /// # Errors
    /// See [`SclDocument::parse_bytes_with`].
    pub fn parse_bytes(bytes: &[u8]) -> Result<Self, SclError> {
        Self::parse_bytes_with(bytes, "", &SclOptions::default())
    }

    /// Reads a document from memory; `file` is the name that messages give it.
    ///
    /// # Errors
    /// As [`SclDocument::parse_file_with`].
    pub fn parse_bytes_with(
        bytes: &[u8],
        file: &str,
        options: &SclOptions,
    ) -> Result<Self, SclError> {
        Self::parse(bytes, file.into(), options)
    }

    fn parse(bytes: &[u8], file: Arc<str>, options: &SclOptions) -> Result<Self, SclError> {
        if bytes.len() as u64 > options.max_file_size {
            return Err(SclError::TooLarge {
                file,
                limit: options.max_file_size,
            });
        }
        let text = encoding::decode(bytes).map_err(|reason| SclError::Encoding {
            file: file.clone(),
            reason,
        })?;
        let xml_error = |error: roxmltree::Error| SclError::Xml {
            location: Location {
                file: file.clone(),
                line: error.pos().row,
                column: error.pos().col,
                path: String::new(),
            },
            reason: error.to_string(),
        };
        // A document type declaration is refused by default, and with it every entity bomb.
        let xml = roxmltree::Document::parse(&text).map_err(xml_error)?;
        let root = xml.root_element();
        let (mut reader, scl) = Reader::new(&text, root, file.clone(), options);
        if scl.name() != "SCL" {
            return Err(SclError::NotScl {
                location: reader.places.locate(scl.place),
                found: scl.name().to_string(),
            });
        }

        let mut document = SclDocument {
            header: SclHeader::parse(scl),
            communication: Communication::default(),
            ieds: Vec::new(),
            templates: DataTypeTemplates::default(),
            places: Places::empty(file.clone()),
            options: options.clone(),
            warnings: Vec::new(),
        };
        let sections = [
            ("Header", "id"),
            ("Communication", ""),
            ("IED", "name"),
            ("DataTypeTemplates", ""),
        ];
        for element in reader.children(scl, &sections) {
            match element.name() {
                "Header" => document.header.parse_identity(element),
                "Communication" => document.communication.parse(&mut reader, element)?,
                "IED" => document.ieds.extend(Ied::parse(&mut reader, element)?),
                _ => document.templates.parse(&mut reader, element)?,
            }
        }
        let Reader {
            places, problems, ..
        } = reader;
        document.warnings = problems.into_warnings(&places);
        document.places = places;
        Ok(document)
    }

    /// The root's and the `Header`'s identification.
    pub fn header(&self) -> &SclHeader {
        &self.header
    }

    /// What was found wrong when the document was read. What is found when a model is made of it
    /// comes with the model, see [`SclDocument::instantiate`].
    pub fn warnings(&self) -> &[SclWarning] {
        &self.warnings
    }

    /// The IEDs in the order of the file.
    pub fn ieds(&self) -> Vec<SclIed> {
        self.ieds.iter().map(Ied::summary).collect()
    }

    /// The services the IED declares: those of the access point where it has some of its own,
    /// else those of the IED. `None` if there is no such IED or access point.
    pub fn services(&self, ied: &str, access_point: &str) -> Option<&Services> {
        let ied = self.ieds.iter().find(|candidate| candidate.name == ied)?;
        let access = ied
            .access_points
            .iter()
            .find(|candidate| candidate.name == access_point)?;
        Some(access.services.as_ref().unwrap_or(&ied.services))
    }

    /// The address parameters of an access point in the `Communication` section.
    pub fn access_point_address(
        &self,
        ied: &str,
        access_point: &str,
    ) -> Option<&AccessPointAddress> {
        self.communication.address(ied, access_point)
    }
}
