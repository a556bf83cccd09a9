//! What the peer is, has, and says: discovery, Get and Set Data Value.

use super::Client;
use super::layout::point_value;
use crate::types::{
    Edition, Features, PointType, PointValue, TransferSetShape, Version, decode_object_name,
};
use crate::{DecodeError, Error, Name, PointError, standard};
use mms::ber::{Reader, Writer};
use mms::pdu::ObjectScope;
use mms::{DataAccessError, DataView, MmsValue, ObjectName, ServiceError, TypeDescription};

/// Gives the view of a value that was read to `take`.
pub(super) fn view<T>(
    value: &MmsValue,
    take: impl FnOnce(&DataView<'_>) -> Result<T, DecodeError>,
) -> Result<T, DecodeError> {
    let octets = value.to_bytes();
    let view =
        DataView::decode(&mut Reader::new(&octets)).map_err(|_| DecodeError::UnknownShape)?;
    take(&view)
}

impl Client {
    pub(super) async fn get(&self, name: &Name) -> Result<MmsValue, Error> {
        self.mms
            .read(name.as_mms())
            .await
            .map_err(|error| named(name, error))
    }

    /// `TASE2_Version` of the peer.
    ///
    /// # Errors
    /// [`Error`].
    pub async fn version(&self) -> Result<Version, Error> {
        let name = Name::vcc(standard::VERSION);
        let value = self.get(&name).await?;
        let version = view(&value, Version::decode).map_err(|error| decode(&name, error))?;
        self.shared.edition.lock().get_or_insert(version.edition());
        Ok(version)
    }

    /// `Supported_Features` of the peer.
    ///
    /// # Errors
    /// [`Error`].
    pub async fn features(&self) -> Result<Features, Error> {
        let name = Name::vcc(standard::FEATURES);
        let value = self.get(&name).await?;
        view(&value, Features::decode).map_err(|error| decode(&name, error))
    }

    /// `Bilateral_Table_ID` of the peer's table for us.
    ///
    /// # Errors
    /// [`Error`].
    pub async fn table_id(&self) -> Result<String, Error> {
        let name = Name::icc(self.domain(), standard::TABLE_ID);
        let value = self.get(&name).await?;
        view(&value, |view| {
            use crate::types::Reading;
            view.string()
        })
        .map_err(|error| decode(&name, error))
    }

    /// The domains of the peer that we see.
    ///
    /// # Errors
    /// [`Error`].
    pub async fn domains(&self) -> Result<Vec<String>, Error> {
        Ok(self.mms.domain_names().await?)
    }

    /// The names of all variables in a domain, or in the VCC (Get Data Value Names).
    ///
    /// # Errors
    /// [`Error`].
    pub async fn names(&self, domain: Option<&str>) -> Result<Vec<Name>, Error> {
        let names = self.mms.variable_names(scope(domain)).await?;
        Ok(names
            .into_iter()
            .map(|item| of_scope(domain, item))
            .collect())
    }

    /// The names of all data sets in a domain, or in the VCC (Get Data Set Names).
    ///
    /// # Errors
    /// [`Error`].
    pub async fn data_set_names(&self, domain: Option<&str>) -> Result<Vec<Name>, Error> {
        let names = self.mms.variable_list_names(scope(domain)).await?;
        Ok(names
            .into_iter()
            .map(|item| of_scope(domain, item))
            .collect())
    }

    /// The MMS type of a variable (Get Data Value Type).
    ///
    /// # Errors
    /// [`Error`].
    pub async fn describe(&self, name: &Name) -> Result<TypeDescription, Error> {
        let described = self.mms.get_variable_access_attributes(name.as_mms()).await;
        // The errors of this service are those of the object.
        described.map_err(|error| match error.service_error() {
            Some(ServiceError::OBJECT_NON_EXISTENT | ServiceError::OBJECT_UNDEFINED) => {
                access(name, DataAccessError::ObjectNonExistent)
            }
            Some(ServiceError::OBJECT_ACCESS_DENIED) => {
                access(name, DataAccessError::ObjectAccessDenied)
            }
            _ => named(name, error),
        })
    }

    /// The type of an indication point, asked for once on each association.
    ///
    /// # Errors
    /// [`Error`], [`Error::NoPoint`] for a variable of another type.
    pub async fn point_type(&self, name: &Name) -> Result<PointType, Error> {
        if let Some(ty) = self.shared.types.lock().get(name) {
            return Ok(*ty);
        }
        let ty = PointType::from_description(&self.describe(name).await?)
            .ok_or_else(|| Error::NoPoint { name: name.clone() })?;
        let mut types = self.shared.types.lock();
        if types.len() < super::MAX_TYPES {
            types.insert(name.clone(), ty);
        }
        Ok(ty)
    }

    /// Says what the type of a point is, where the peer cannot be asked or tells it wrong: a `Data_StateSupplemental`, for instance, looks
    /// like a `Data_State`.
    pub fn set_point_type(&self, name: Name, ty: PointType) {
        let mut types = self.shared.types.lock();
        if types.len() < super::MAX_TYPES {
            types.insert(name, ty);
        }
    }

    /// The value of an indication point (Get Data Value).
    ///
    /// # Errors
    /// [`Error`].
    pub async fn read(&self, name: &Name) -> Result<PointValue, Error> {
        let ty = self.point_type(name).await?;
        let value = self.get(name).await?;
        view(&value, |view| ty.decode(view)).map_err(|error| decode(name, error))
    }

    /// The values of many indication points, in as few requests as PDUs allow. Values of points whose type is not known yet go by their
    /// shape.
    ///
    /// # Errors
    /// [`Error`] if a request as a whole fails.
    pub async fn read_many(
        &self,
        names: &[Name],
    ) -> Result<Vec<Result<PointValue, PointError>>, Error> {
        let types: Vec<_> = {
            let known = self.shared.types.lock();
            names.iter().map(|name| known.get(name).copied()).collect()
        };
        let variables: Vec<ObjectName<'_>> = names.iter().map(Name::as_mms).collect();
        let values = self.mms.read_many(variables).await?;
        let typed = values.into_iter().zip(types);
        Ok(typed
            .map(|(value, ty)| match value {
                Ok(value) => view(&value, |view| Ok(point_value(ty, view)))
                    .unwrap_or_else(|error| Err(error.into())),
                Err(error) => Err(PointError::Access(error)),
            })
            .collect())
    }

    /// Whatever value a variable has.
    ///
    /// # Errors
    /// [`Error`].
    pub async fn read_raw(&self, name: &Name) -> Result<MmsValue, Error> {
        self.get(name).await
    }

    /// Gives a point a value (Set Data Value).
    ///
    /// # Errors
    /// [`Error`].
    pub async fn write(&self, name: &Name, value: &PointValue) -> Result<(), Error> {
        let ty = self.point_type(name).await?;
        let mut octets = Vec::new();
        ty.encode(&mut Writer::unbounded(&mut octets), value);
        let value =
            MmsValue::from_bytes(&octets).map_err(|_| decode(name, DecodeError::UnknownShape))?;
        self.write_raw(name, &value).await
    }

    /// Gives a variable any value.
    ///
    /// # Errors
    /// [`Error`].
    pub async fn write_raw(&self, name: &Name, value: &MmsValue) -> Result<(), Error> {
        let written = self.mms.write(name.as_mms(), value).await;
        written.map_err(|error| named(name, error))
    }

    /// The name of a free transfer set, which is then kept for us for a while (Get Next DSTransfer Set Value).
    ///
    /// # Errors
    /// [`Error`], [`Error::NoTransferSet`] if there is none.
    pub async fn next_transfer_set(&self) -> Result<Name, Error> {
        let name = Name::icc(self.domain(), standard::NEXT_TRANSFER_SET);
        match self.get(&name).await {
            Ok(value) => view(&value, decode_object_name).map_err(|error| decode(&name, error)),
            Err(error) if error.access_error() == Some(DataAccessError::TemporarilyUnavailable) => {
                Err(Error::NoTransferSet {
                    domain: self.domain().to_owned(),
                })
            }
            Err(error) => Err(error),
        }
    }

    /// The shape of the peer's transfer sets: as it describes this one, else as its version has it.
    pub(super) async fn shape_of(&self, transfer_set: &Name) -> TransferSetShape {
        let described = self.describe(transfer_set).await.ok();
        if let Some(shape) = described
            .as_ref()
            .and_then(TransferSetShape::from_description)
        {
            return shape;
        }
        let edition = *self.shared.edition.lock();
        match edition {
            Some(edition) => edition.shape(),
            None => self
                .version()
                .await
                .map_or(Edition::default(), Version::edition)
                .shape(),
        }
    }
}

fn scope(domain: Option<&str>) -> ObjectScope<'_> {
    domain.map_or(ObjectScope::Vmd, ObjectScope::Domain)
}

fn of_scope(domain: Option<&str>, item: String) -> Name {
    match domain {
        None => Name::Vcc(item),
        Some(domain) => Name::icc(domain, item),
    }
}

pub(super) fn decode(name: &Name, error: DecodeError) -> Error {
    Error::Decode {
        name: name.clone(),
        error,
    }
}

fn access(name: &Name, error: DataAccessError) -> Error {
    Error::Access {
        name: name.clone(),
        error,
    }
}

/// The error of a request that was about one object.
pub(super) fn named(name: &Name, error: mms::client::ClientError) -> Error {
    match error.access_error() {
        Some(error) => access(name, error),
        None => Error::Mms(error),
    }
}
