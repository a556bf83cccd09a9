//! Setting groups.

use super::connection::IedConnection;
use super::error::{Context, unexpected};
use super::target;
use crate::{Error, Timestamp};
use mms::{MmsValue, ObjectName};

/// The values of a setting group control block.
#[derive(Clone, Debug, PartialEq)]
pub struct SettingGroupValues {
    /// How many groups there are.
    pub num_of_sgs: u8,
    /// The active group.
    pub act_sg: u8,
    /// The group under edit; 0 is none.
    pub edit_sg: u8,
    /// Whether the edit is being confirmed.
    pub cnf_edit: bool,
    /// When the active group was chosen last.
    pub last_activation: Timestamp,
    /// Seconds for which the group under edit is reserved, if the server shows that.
    pub resv_tms: Option<u16>,
}

const ITEM: &str = "LLN0$SP$SGCB";

/// Setting groups of a logical device, which is given by its name. Values of the active group are
/// read with the functional constraint SG, those of the group under edit are read and written with
/// SE.
impl IedConnection {
    /// Reads the setting group control block (GetSGCBValues).
    ///
    /// # Errors
    /// [`super::IedClientError::ObjectDoesNotExist`] if there is none, and others.
    pub async fn read_sgcb(&self, logical_device: &str) -> Result<SettingGroupValues, Error> {
        const SERVICE: &str = "read setting group control block";
        let device = device(logical_device)?;
        let client = self.client(SERVICE, &device)?;
        let value = client.read(ObjectName::domain(&device, ITEM)).await;
        let value = value.context(SERVICE, &device)?;
        let MmsValue::Structure(values) = value else {
            return Err(unexpected(SERVICE, &device, "no structure"));
        };
        let field = |at: usize| {
            let missing = || unexpected(SERVICE, &device, "an attribute is missing");
            values.get(at).ok_or_else(missing)
        };
        let small = |at: usize| {
            let number = field(at)?.to_uint32().context(SERVICE, &device)?;
            u8::try_from(number)
                .map_err(|_| unexpected(SERVICE, &device, "the number of a group is above 255"))
        };
        Ok(SettingGroupValues {
            num_of_sgs: small(0)?,
            act_sg: small(1)?,
            edit_sg: small(2)?,
            cnf_edit: field(3)?.to_bool().context(SERVICE, &device)?,
            last_activation: match field(4)? {
                // Some servers have times of log entries here.
                MmsValue::BinaryTime(time) => {
                    Timestamp::from_ms(time.time_in_ms().unwrap_or_default())
                }
                time => time.to_timestamp().context(SERVICE, &device)?,
            },
            resv_tms: values
                .get(5)
                .and_then(|value| u16::try_from(value.to_uint32().ok()?).ok()),
        })
    }

    /// Makes a group the active one (SelectActiveSG).
    ///
    /// # Errors
    /// [`super::IedClientError::ObjectValueInvalid`] for a group there is not,
    /// [`super::IedClientError::AccessDenied`] and others.
    pub async fn select_active_sg(&self, logical_device: &str, group: u8) -> Result<(), Error> {
        let value = MmsValue::Unsigned(group.into());
        self.write_sgcb(
            "select active setting group",
            logical_device,
            "ActSG",
            value,
        )
        .await
    }

    /// Takes a group under edit (SelectEditSG); 0 gives it up without a change.
    ///
    /// # Errors
    /// As for [`IedConnection::select_active_sg`];
    /// [`super::IedClientError::TemporarilyUnavailable`] if another client edits.
    pub async fn select_edit_sg(&self, logical_device: &str, group: u8) -> Result<(), Error> {
        let value = MmsValue::Unsigned(group.into());
        self.write_sgcb("select edit setting group", logical_device, "EditSG", value)
            .await
    }

    /// Has the values of the group under edit stored (ConfirmEditSGValues).
    ///
    /// # Errors
    /// [`super::IedClientError::AccessDenied`] if no group is under edit by this client, and
    /// others.
    pub async fn confirm_edit_sg(&self, logical_device: &str) -> Result<(), Error> {
        let value = MmsValue::Boolean(true);
        self.write_sgcb("confirm setting group", logical_device, "CnfEdit", value)
            .await
    }

    async fn write_sgcb(
        &self,
        service: &'static str,
        logical_device: &str,
        attribute: &str,
        value: MmsValue,
    ) -> Result<(), Error> {
        let device = device(logical_device)?;
        let client = self.client(service, &device)?;
        let item = format!("{ITEM}${attribute}");
        let written = client
            .write(ObjectName::domain(&device, &item), &value)
            .await;
        written.context(service, &device)
    }
}

/// The logical device of `LD`, `LD/LLN0` or `LD/LLN0.SP.SGCB`.
fn device(reference: &str) -> Result<String, Error> {
    Ok(target::parse(reference)?.logical_device().to_owned())
}
