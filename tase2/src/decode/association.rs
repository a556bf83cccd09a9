//! The layers between the stream and MMS, and the beginning and end of an association.

use super::Decoded;
use super::exchange::Exchanges;
use super::record::{Place, Record, What};
use super::stream::Unit;
use mms::osi::acse::{self, AcsePdu, AeQualifier, ApTitle};
use mms::osi::presentation::{self, Ppdu};
use mms::osi::session::{self, Spdu};
use mms::osi::{OsiError, presentation::UserData};
use mms::pdu::Pdu;

/// What is known of one association.
#[derive(Default)]
pub(super) struct Conversation {
    acse_context: Option<u32>,
    exchanges: Exchanges,
}

impl Conversation {
    /// Takes what one side sent.
    pub(super) fn take(
        &mut self,
        unit: Unit,
        low_first: bool,
        place: &Place,
        decoded: &mut Decoded,
    ) {
        let said = match unit {
            Unit::Connect => return,
            Unit::Disconnect => Ok(Some(What::Aborted)),
            Unit::Problem(reason) => Ok(Some(What::Problem { reason })),
            Unit::Data(tsdu) => self.tsdu(&tsdu, low_first, place, decoded),
        };
        match said {
            Ok(Some(what)) => tell(decoded, place, what),
            Ok(None) => {}
            Err(error) => tell(
                decoded,
                place,
                What::Problem {
                    reason: error.to_string(),
                },
            ),
        }
    }

    fn tsdu(
        &mut self,
        tsdu: &[u8],
        low_first: bool,
        place: &Place,
        decoded: &mut Decoded,
    ) -> Result<Option<What>, OsiError> {
        match session::decode(tsdu)? {
            Spdu::Data(data) => {
                let values = presentation::decode_user_data(data)?;
                self.mms(values, low_first, place, decoded)?;
                Ok(None)
            }
            Spdu::Connect(connect) => self.connect(connect.user_data),
            Spdu::Accept(accept) => self.accept(accept.user_data),
            Spdu::Refuse { user_data, .. } => Ok(Some(refused(user_data))),
            Spdu::Finish(_) => Ok(None),
            Spdu::Disconnect(_) => Ok(Some(What::Released)),
            Spdu::Abort(_) => Ok(Some(What::Aborted)),
        }
    }

    fn connect(&mut self, data: &[u8]) -> Result<Option<What>, OsiError> {
        let Ppdu::Connect {
            contexts,
            user_data,
            ..
        } = presentation::decode_connect(data)?
        else {
            return Ok(None);
        };
        let acse = contexts
            .iter()
            .find(|context| context.abstract_syntax == presentation::ACSE_SYNTAX);
        self.acse_context = acse.map(|context| context.id);
        let (_, octets) = user_data.first()?;
        let AcsePdu::AssociateRequest(request, information) = acse::decode(octets)? else {
            return Ok(None);
        };
        let initiate = information.and_then(|mms| match Pdu::decode(mms) {
            Ok(Pdu::InitiateRequest(initiate)) => Some(initiate),
            _ => None,
        });
        let context = request.context_name.as_ref();
        Ok(Some(What::Associate {
            calling: title(
                request.calling_ap_title.as_ref(),
                request.calling_ae_qualifier.as_ref(),
            ),
            called: title(
                request.called_ap_title.as_ref(),
                request.called_ae_qualifier.as_ref(),
            ),
            context: context.map_or_else(String::new, ToString::to_string),
            max_pdu: initiate.and_then(|initiate| initiate.local_detail),
        }))
    }

    fn accept(&mut self, data: &[u8]) -> Result<Option<What>, OsiError> {
        let Ppdu::Accept { user_data, .. } = presentation::decode_accept(data)? else {
            return Ok(None);
        };
        let (context, octets) = user_data.first()?;
        self.acse_context.get_or_insert(context);
        let AcsePdu::AssociateResponse(response, information) = acse::decode(octets)? else {
            return Ok(None);
        };
        let pdu = information.map(Pdu::decode);
        Ok(Some(match pdu {
            Some(Ok(Pdu::InitiateResponse(initiate))) if response.result.result == 0 => {
                What::Associated {
                    max_pdu: initiate.local_detail,
                    outstanding: (
                        initiate.max_outstanding_calling,
                        initiate.max_outstanding_called,
                    ),
                }
            }
            Some(Ok(Pdu::InitiateError(error))) => What::Refused {
                reason: error.to_string(),
            },
            _ => What::Refused {
                reason: response.result.to_string(),
            },
        }))
    }

    fn mms(
        &mut self,
        values: UserData<'_>,
        low_first: bool,
        place: &Place,
        decoded: &mut Decoded,
    ) -> Result<(), OsiError> {
        for value in values.values() {
            let (context, octets) = value?;
            if Some(context) == self.acse_context {
                continue;
            }
            decoded.pdus += 1;
            match Pdu::decode(octets) {
                Ok(pdu) => self.exchanges.take(pdu, octets, low_first, place, decoded),
                Err(error) => tell(
                    decoded,
                    place,
                    What::Problem {
                        reason: format!("MMS PDU: {error}"),
                    },
                ),
            }
        }
        Ok(())
    }
}

/// Adds a record.
pub(super) fn tell(decoded: &mut Decoded, place: &Place, what: What) {
    decoded.problems += usize::from(matches!(what, What::Problem { .. }));
    decoded.records.push(Record::new(place, what));
}

fn title(title: Option<&ApTitle>, qualifier: Option<&AeQualifier>) -> String {
    let title = title.map_or_else(|| "(no title)".to_owned(), ToString::to_string);
    match qualifier {
        Some(qualifier) => format!("{title}:{qualifier}"),
        None => title,
    }
}

fn refused(data: &[u8]) -> What {
    let response = presentation::decode_reject(data)
        .and_then(|user_data| user_data.first())
        .and_then(|(_, octets)| acse::decode(octets));
    let reason = match response {
        Ok(AcsePdu::AssociateResponse(response, _)) => response.result.to_string(),
        _ => "by the layers below".to_owned(),
    };
    What::Refused { reason }
}
