//! Reading and writing variables.

use super::window::Window;
use super::{Client, ClientError, encode, wrong};
use crate::ber::Writer;
use crate::pdu::{
    AccessStep, AlternateAccessBuf, ReadRequest, ReadResponse, ResponseService, Service,
    VariableAccess, VariableAccessSpecification, write_list_write_request, write_read_request,
    write_write_request,
};
use crate::{
    DataAccessError, MmsType, MmsValue, ObjectName, OwnedObjectName, OwnedVariable, ServiceError,
};
use std::collections::VecDeque;
use std::ops::Range;

/// What one variable of a read came to.
pub type ReadResult = Result<MmsValue, DataAccessError>;

/// What one variable of a write came to.
pub type WriteOutcome = Result<(), DataAccessError>;

/// Octets of a read or write request around its variables and values: PDU, invoke id, service,
/// specification and list, with the longest lengths a PDU can need.
const REQUEST_OVERHEAD: usize = 5 + 7 + 5 + 5 + 5 + 5;

impl Client {
    /// Reads one variable, or the part of it that its alternate access selects.
    ///
    /// # Errors
    /// [`ClientError::Access`] if the peer has no value for it.
    pub async fn read<'v>(
        &self,
        variable: impl Into<VariableAccess<'v>>,
    ) -> Result<MmsValue, ClientError> {
        let variable = variable.into();
        let request = encode(|w| write_read_request(w, false, [variable]));
        let result = self
            .exchange(Service::Read, request, |response| {
                results(response, Some(1)).map(|mut results| results.pop())
            })
            .await?;
        match result {
            Some(Ok(value)) => Ok(value),
            Some(Err(error)) => Err(access(&variable, error)),
            None => Err(count(Service::Read)),
        }
    }

    /// Reads a part of a variable: `steps` lead to it one after the other. A range of indices or
    /// all elements give an array.
    ///
    /// # Errors
    /// As for [`Client::read`], and [`ClientError::Argument`] for steps that are no path (none,
    /// or too many).
    pub async fn read_part(
        &self,
        name: ObjectName<'_>,
        steps: &[AccessStep<'_>],
    ) -> Result<MmsValue, ClientError> {
        let part = AlternateAccessBuf::path(steps).map_err(|cause| ClientError::Argument {
            service: Service::Read,
            cause,
        })?;
        self.read(VariableAccess::from(name).with_alternate_access(part.as_ref()))
            .await
    }

    /// Reads many variables, in as many requests as the size of the PDU asks for; several of
    /// them are under way at once. What has no value gives an error in its place.
    ///
    /// A peer that cannot answer so many at once (the service error pdu-size, or a resource
    /// error) is asked again for half as many.
    ///
    /// # Errors
    /// [`ClientError`] if one of the requests fails as a whole.
    pub async fn read_many<'v, V>(
        &self,
        variables: impl IntoIterator<Item = V>,
    ) -> Result<Vec<ReadResult>, ClientError>
    where
        V: Into<VariableAccess<'v>>,
    {
        let variables: Vec<VariableAccess<'v>> = variables.into_iter().map(Into::into).collect();
        let mut scratch = Vec::new();
        let mut groups: VecDeque<_> = group(
            variables
                .iter()
                .map(|v| size(&mut scratch, |w| v.encode(w))),
            self.room(),
        )
        .into();
        let width = usize::from(self.negotiated().max_outstanding_ours.max(1));
        let mut read: Vec<ReadResult> =
            vec![Err(DataAccessError::ObjectUndefined); variables.len()];
        let mut window = Window::new();
        loop {
            while window.len() < width {
                let Some(range) = groups.pop_front() else {
                    break;
                };
                let members = variables.get(range.clone()).unwrap_or_default();
                let request = encode(|w| write_read_request(w, false, members.iter().copied()));
                window.push(async move {
                    let expected = Some(range.len());
                    let answer = self
                        .exchange(Service::Read, request, |response| {
                            results(response, expected)
                        })
                        .await;
                    (range, answer)
                });
            }
            match window.next().await {
                None => return Ok(read),
                Some((range, Ok(results))) => {
                    for (place, result) in read.iter_mut().skip(range.start).zip(results) {
                        *place = result;
                    }
                }
                Some((range, Err(error))) if range.len() > 1 && is_too_large(&error) => {
                    let middle = range.start + range.len() / 2;
                    groups.push_front(middle..range.end);
                    groups.push_front(range.start..middle);
                }
                Some((_, Err(error))) => return Err(error),
            }
        }
    }

    /// Reads the members of a variable list.
    ///
    /// # Errors
    /// [`ClientError`]; a list that does not exist is a service error or, with some peers,
    /// the access error of every member.
    pub async fn read_list(&self, name: ObjectName<'_>) -> Result<Vec<ReadResult>, ClientError> {
        let request = encode_list_read(name, false);
        self.exchange(Service::Read, request, |response| results(response, None))
            .await
    }

    /// Reads the members of a variable list and asks the peer to say which they are
    /// (specificationWithResult). The names are `None` where the peer does not say, as those that
    /// answer with the name of the list do.
    ///
    /// # Errors
    /// As for [`Client::read_list`].
    pub async fn read_list_with_members(
        &self,
        name: ObjectName<'_>,
    ) -> Result<Vec<(Option<OwnedVariable>, ReadResult)>, ClientError> {
        let request = encode_list_read(name, true);
        self.exchange(Service::Read, request, |response| {
            let ResponseService::Read(response) = response else {
                return wrong(Service::Read);
            };
            let results = values(&response);
            let members: Vec<_> = match response.variables {
                Some(VariableAccessSpecification::Variables(list)) => list
                    .iter()
                    .map(|member| OwnedVariable::from_access(&member))
                    .collect(),
                _ => vec![None; results.len()],
            };
            if members.len() != results.len() {
                return Err(count(Service::Read));
            }
            Ok(members.into_iter().zip(results).collect())
        })
        .await
    }

    /// Writes one variable, or the part of it that its alternate access selects.
    ///
    /// # Errors
    /// [`ClientError::Access`] if the peer does not take the value.
    pub async fn write<'v>(
        &self,
        variable: impl Into<VariableAccess<'v>>,
        value: &MmsValue,
    ) -> Result<(), ClientError> {
        let variable = variable.into();
        let results = self.write_group(&[(variable, value)]).await?;
        match results.first() {
            Some(Ok(())) => Ok(()),
            Some(Err(error)) => Err(access(&variable, *error)),
            None => Err(count(Service::Write)),
        }
    }

    /// Writes many variables in their order, in as many requests as the size of the PDU asks for,
    /// one after the other.
    ///
    /// # Errors
    /// [`ClientError`] if one of the requests fails as a whole; those before it were carried
    /// out.
    pub async fn write_many<'v, V>(
        &self,
        writes: impl IntoIterator<Item = (V, &'v MmsValue)>,
    ) -> Result<Vec<WriteOutcome>, ClientError>
    where
        V: Into<VariableAccess<'v>>,
    {
        let writes: Vec<(VariableAccess<'v>, &MmsValue)> = writes
            .into_iter()
            .map(|(variable, value)| (variable.into(), value))
            .collect();
        let mut scratch = Vec::new();
        let sizes = writes.iter().map(|(variable, value)| {
            size(&mut scratch, |w| {
                variable.encode(w);
                value.encode(w);
            })
        });
        let mut outcomes = Vec::with_capacity(writes.len());
        for range in group(sizes, self.room()) {
            let group = writes.get(range).unwrap_or_default();
            outcomes.extend(self.write_group(group).await?);
        }
        Ok(outcomes)
    }

    async fn write_group(
        &self,
        group: &[(VariableAccess<'_>, &MmsValue)],
    ) -> Result<Vec<WriteOutcome>, ClientError> {
        let request = encode(|w| write_write_request(w, group.iter().copied()));
        self.exchange(Service::Write, request, |response| {
            outcomes(response, group.len())
        })
        .await
    }

    /// Writes the members of a variable list, in their order.
    ///
    /// # Errors
    /// [`ClientError`] if the request fails as a whole.
    pub async fn write_list(
        &self,
        name: ObjectName<'_>,
        values: &[MmsValue],
    ) -> Result<Vec<WriteOutcome>, ClientError> {
        let request = encode(|w| write_list_write_request(w, name, values));
        self.exchange(Service::Write, request, |response| {
            outcomes(response, values.len())
        })
        .await
    }

    /// Octets of a request that variables and values can take.
    fn room(&self) -> usize {
        (self.negotiated().max_pdu_size as usize).saturating_sub(REQUEST_OVERHEAD)
    }
}

fn encode_list_read(name: ObjectName<'_>, specification_with_result: bool) -> Vec<u8> {
    let request = ReadRequest {
        specification_with_result,
        variables: VariableAccessSpecification::ListName(name),
    };
    encode(|w| request.encode(w))
}

/// Length of what `fill` writes.
fn size(scratch: &mut Vec<u8>, fill: impl FnOnce(&mut Writer<'_>)) -> usize {
    scratch.clear();
    fill(&mut Writer::unbounded(scratch));
    scratch.len()
}

/// Ranges of neighbours whose sizes add up to `room` at most; one that is larger stands alone, and
/// the association says so when it is sent.
fn group(sizes: impl Iterator<Item = usize>, room: usize) -> Vec<Range<usize>> {
    let mut groups = Vec::new();
    let (mut start, mut end, mut total) = (0, 0, 0);
    for size in sizes {
        if total + size > room && end > start {
            groups.push(start..end);
            (start, total) = (end, 0);
        }
        total += size;
        end += 1;
    }
    if end > start {
        groups.push(start..end);
    }
    groups
}

fn is_too_large(error: &ClientError) -> bool {
    error.service_error().is_some_and(|error| {
        error == ServiceError::PDU_SIZE
            || error == ServiceError::SERVICE_OTHER
            // libiec61850 says so with the class resource.
            || error.class == ServiceError::RESOURCE_OTHER.class
    })
}

fn values(response: &ReadResponse<'_>) -> Vec<ReadResult> {
    let results = response.results.iter();
    results
        .map(|view| match (view.mms_type(), view.to_value()) {
            (MmsType::DataAccessError, MmsValue::DataAccessError(error)) => Err(error),
            (_, value) => Ok(value),
        })
        .collect()
}

fn results(
    response: ResponseService<'_>,
    expected: Option<usize>,
) -> Result<Vec<ReadResult>, ClientError> {
    let ResponseService::Read(response) = response else {
        return wrong(Service::Read);
    };
    if expected.is_some_and(|expected| expected != response.results.len()) {
        return Err(count(Service::Read));
    }
    Ok(values(&response))
}

fn outcomes(
    response: ResponseService<'_>,
    expected: usize,
) -> Result<Vec<WriteOutcome>, ClientError> {
    let ResponseService::Write(response) = response else {
        return wrong(Service::Write);
    };
    if response.results.len() != expected {
        return Err(count(Service::Write));
    }
    Ok(response.results.iter().map(|result| result.0).collect())
}

fn count(service: Service) -> ClientError {
    ClientError::unexpected(service, "another number of results than of variables")
}

fn access(variable: &VariableAccess<'_>, error: DataAccessError) -> ClientError {
    ClientError::Access {
        name: variable.name().map(OwnedObjectName::from),
        error,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn groups_fill_the_room() {
        let groups = |sizes: &[usize], room| group(sizes.iter().copied(), room);
        assert_eq!(groups(&[], 10), []);
        assert_eq!(groups(&[4, 4, 4, 4], 8), [0..2, 2..4]);
        assert_eq!(groups(&[9, 1, 20, 1], 10), [0..2, 2..3, 3..4]);
        assert_eq!(groups(&[5], 0), vec![0..1]);
    }
}
