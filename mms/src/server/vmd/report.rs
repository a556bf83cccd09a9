//! What the device says on its own.

use super::Vmd;
use crate::ber::Writer;
use crate::net::Remote;
use crate::pdu::{
    AlternateAccess, InformationReportWriter, StatusResponse, VariableAccess, write_failure,
    write_list_name, write_unconfirmed, write_variables,
};
use crate::{DataAccessError, ObjectName, OwnedVariable};

impl Vmd {
    /// The associations that are open.
    pub fn clients(&self) -> Vec<Remote> {
        let clients = self.shared.clients.lock();
        clients.iter().map(|(remote, _)| remote.clone()).collect()
    }

    /// Sends an information report with the values of these variables, to one client or (`None`)
    /// to all. Returns how many it was queued for: it is not for those whose PDU it does not fit
    /// and those that are [too far behind](super::VmdLimits::report_backlog).
    pub fn report_variables(&self, variables: &[OwnedVariable], to: Option<&Remote>) -> usize {
        self.send(to, |w| {
            let accesses = || variables.iter().map(VariableAccess::from);
            let report = InformationReportWriter::begin(w, |w| write_variables(w, accesses()));
            for variable in variables {
                self.write_member(w, variable);
            }
            report.end(w);
        })
    }

    /// Sends an information report with the members of a variable list of the VMD or a domain,
    /// to one client or (`None`) to all. Returns as [`Vmd::report_variables`].
    ///
    /// # Errors
    /// [`DataAccessError::ObjectNonExistent`] if there is no such list.
    pub fn report_list(
        &self,
        name: ObjectName<'_>,
        to: Option<&Remote>,
    ) -> Result<usize, DataAccessError> {
        let list = {
            let objects = self.shared.objects.read();
            let scope = objects.scope(&name);
            scope.and_then(|scope| scope.lists.get(name.item()).cloned())
        }
        .ok_or(DataAccessError::ObjectNonExistent)?;
        Ok(self.send(to, |w| {
            let report = InformationReportWriter::begin(w, |w| write_list_name(w, name));
            for member in &list.members {
                self.write_member(w, member);
            }
            report.end(w);
        }))
    }

    /// The state of the device.
    pub fn status(&self) -> StatusResponse {
        self.shared.status.lock().clone()
    }

    /// Changes the state of the device and tells all clients (unsolicitedStatus). Returns how
    /// many it was queued for.
    pub fn set_status(&self, status: StatusResponse) -> usize {
        *self.shared.status.lock() = status.clone();
        self.send(None, |w| status.encode_unsolicited(w))
    }

    fn write_member(&self, w: &mut Writer<'_>, member: &OwnedVariable) {
        match self.variable(member.name.as_ref()) {
            Ok(variable) => {
                let part = member.alternate_access.as_ref();
                let part: Option<AlternateAccess<'_>> = part.map(|part| part.as_ref());
                variable.write_result(w, part, None);
            }
            Err(error) => write_failure(w, error),
        }
    }

    fn send(&self, to: Option<&Remote>, fill: impl FnOnce(&mut Writer<'_>)) -> usize {
        let mut service = Vec::new();
        fill(&mut Writer::unbounded(&mut service));
        let mut pdu = Vec::new();
        write_unconfirmed(&mut Writer::unbounded(&mut pdu), |w| w.raw(&service));
        let clients = self.shared.clients.lock().clone();
        let limit = self.shared.options.limits.report_backlog;
        let mut queued = 0;
        for (remote, max_pdu_size) in clients {
            if to.is_some_and(|to| *to != remote) {
                continue;
            }
            if pdu.len() > max_pdu_size as usize {
                tracing::warn!(
                    length = pdu.len(),
                    max_pdu_size,
                    "report too long for a client"
                );
                continue;
            }
            match remote.unconfirmed(service.clone(), limit) {
                Ok(()) => queued += 1,
                Err(error) => tracing::warn!(%error, "report not sent"),
            }
        }
        queued
    }
}
