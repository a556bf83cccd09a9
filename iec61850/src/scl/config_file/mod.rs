//! The model files (`.cfg`) of libiec61850; the format is described in [`scl`](crate::scl).

mod error;
mod reader;
mod statement;
mod value;
mod writer;

pub use error::ConfigFileError;

use crate::IedModel;
use reader::Reader;
use std::borrow::Cow;
use std::fs::File;
use std::io::Read as _;
use std::path::Path;
use std::sync::Arc;

/// Larger files are refused, in bytes.
const MAX_FILE_SIZE: u64 = 256 << 20;

impl IedModel {
    /// Reads a model file (`.cfg`) of libiec61850.
    ///
    /// # Errors
    /// [`ConfigFileError`] with file, line and what is wrong.
    pub fn create_from_config_file(path: impl AsRef<Path>) -> Result<IedModel, ConfigFileError> {
        let path = path.as_ref();
        let file: Arc<str> = path.display().to_string().into();
        let io = |source| ConfigFileError::Io {
            file: file.clone(),
            source,
        };
        let mut bytes = Vec::new();
        File::open(path)
            .map_err(io)?
            .take(MAX_FILE_SIZE + 1)
            .read_to_end(&mut bytes)
            .map_err(io)?;
        if bytes.len() as u64 > MAX_FILE_SIZE {
            return Err(ConfigFileError::TooLarge {
                file,
                limit: MAX_FILE_SIZE,
            });
        }
        // The format says nothing of encodings; where it is not UTF-8 it is that of an old editor.
        let text = match std::str::from_utf8(&bytes) {
            Ok(text) => Cow::Borrowed(text),
            Err(_) => {
                encoding_rs::WINDOWS_1252
                    .decode_without_bom_handling(&bytes)
                    .0
            }
        };
        Reader::new(file, &text).read()
    }

    /// Reads the text of a model file.
    ///
    /// ```
    /// use iec61850::IedModel;
    ///
    /// let text = "MODEL(IED1){\nLD(LD0){\nLN(LLN0){\nDO(Beh 0){\nDA(stVal 0 3 0 1 0)=1;\n}\n}\n}\n}\n";
    /// let model = IedModel::from_config(text)?;
    /// assert!(model.model_node_by_reference("IED1LD0/LLN0.Beh.stVal").is_some());
    /// assert_eq!(model.to_config()?, text);
    /// # Ok::<(), iec61850::scl::ConfigFileError>(())
    /// ```
    ///
    /// # Errors
    /// As [`IedModel::create_from_config_file`].
    pub fn from_config(text: &str) -> Result<IedModel, ConfigFileError> {
        Reader::new("".into(), text).read()
    }

    /// The model as text of a model file. What the format cannot say is left out; see
    /// [`scl`](crate::scl#model-files).
    ///
    /// # Errors
    /// [`ConfigFileError::NotExpressible`] if the model would not come back the same: a text value
    /// with a quote or a line break in it, or a name of a control block's data set, log or messages
    /// with a space or a bracket.
    pub fn to_config(&self) -> Result<String, ConfigFileError> {
        self.read(writer::write)
    }
}
