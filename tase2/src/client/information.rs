//! Information messages of the peer (block 4).

use super::Client;
use super::values::{decode, view};
use crate::information::Messages;
use crate::types::{InfoHeader, Reading, buffer_name};
use crate::{Error, Name, standard};
use mms::client::ClientError;
use mms::{DataAccessError, MmsValue, ObjectName};

impl Client {
    /// Asks the peer for its messages, or for no more of them (Start and Stop IM Transfer). `IM_Transfer_Set` is taken to be a variable
    /// of the association; a peer that has none there is asked for one in the domain and in the VCC.
    ///
    /// # Errors
    /// [`Error`].
    pub async fn enable_information(&self, enabled: bool) -> Result<(), Error> {
        let value = MmsValue::Boolean(enabled);
        let mut refused = None;
        for name in self.information_sets() {
            match self.mms.write(name, &value).await {
                Ok(()) => return Ok(()),
                Err(error) if absent(&error) => refused = refused.or(Some(error)),
                Err(error) => return Err(error.into()),
            }
        }
        Err(refused.map_or_else(nowhere, Error::from))
    }

    /// Whether the peer sends its messages on this association.
    ///
    /// # Errors
    /// [`Error`].
    pub async fn information_enabled(&self) -> Result<bool, Error> {
        let mut refused = None;
        for name in self.information_sets() {
            match self.mms.read(name).await {
                Ok(value) => {
                    return view(&value, |view| view.truth())
                        .map_err(|error| decode(&Name::vcc(standard::IM_TRANSFER_SET), error));
                }
                Err(error) if absent(&error) => refused = refused.or(Some(error)),
                Err(error) => return Err(error.into()),
            }
        }
        Err(refused.map_or_else(nowhere, Error::from))
    }

    fn information_sets(&self) -> impl Iterator<Item = ObjectName<'_>> {
        let item = standard::IM_TRANSFER_SET;
        let domain = self.domain();
        let in_domain = (!domain.is_empty()).then_some(ObjectName::Domain { domain, item });
        let first = [
            Some(ObjectName::Association(item)),
            in_domain,
            Some(ObjectName::Vmd(item)),
        ];
        first.into_iter().flatten()
    }

    /// Messages of the peer on this association, from now on. They come if they were asked for ([`Client::enable_information`]); those
    /// that are not agreed on do not come here.
    pub fn messages(&self) -> Messages {
        self.shared.sink.messages()
    }

    /// The header of the last message: that to all peers, or that to us.
    ///
    /// # Errors
    /// [`Error`]; many peers have it in reports only.
    pub async fn read_information_header(&self, to_all: bool) -> Result<InfoHeader, Error> {
        let name = self.information_name(standard::INFO_HEADER, to_all);
        let value = self.get(&name).await?;
        view(&value, InfoHeader::decode).map_err(|error| decode(&name, error))
    }

    /// The content of the last message in the buffer of this size.
    ///
    /// # Errors
    /// As for [`Client::read_information_header`].
    pub async fn read_information_buffer(
        &self,
        size: usize,
        to_all: bool,
    ) -> Result<Vec<u8>, Error> {
        let name = self.information_name(&buffer_name(size), to_all);
        match self.get(&name).await? {
            MmsValue::OctetString(octets) => Ok(octets),
            _ => Err(decode(&name, crate::DecodeError::UnknownShape)),
        }
    }

    fn information_name(&self, item: &str, to_all: bool) -> Name {
        match to_all {
            true => Name::vcc(item),
            false => Name::icc(self.domain(), item),
        }
    }
}

/// The variable is not there, at least not there.
fn absent(error: &ClientError) -> bool {
    matches!(
        error.access_error(),
        Some(
            DataAccessError::ObjectNonExistent
                | DataAccessError::ObjectUndefined
                | DataAccessError::InvalidAddress
        )
    )
}

fn nowhere() -> Error {
    Error::Access {
        name: Name::vcc(standard::IM_TRANSFER_SET),
        error: DataAccessError::ObjectNonExistent,
    }
}
