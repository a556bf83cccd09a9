use crate::Name;
use crate::model::{Model, Object};
use crate::standard::Special;

/// A member of a data set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Member {
    /// A special variable, of VCC scope or in the domain of the data set.
    Special { special: Special, vcc: bool },
    /// A point or control point.
    Object(Object),
}

/// A data set. It does not change.
#[derive(Debug)]
pub(crate) struct DataSet {
    pub(crate) name: Name,
    pub(crate) members: Vec<Member>,
    pub(crate) deletable: bool,
    /// Made by a peer, not by the configuration.
    pub(crate) dynamic: bool,
}

impl DataSet {
    /// The name of a member as MMS has it.
    pub(crate) fn member_name<'n>(
        &'n self,
        model: &'n Model,
        member: Member,
    ) -> mms::ObjectName<'n> {
        match member {
            Member::Special { special, vcc } => match self.name.domain().filter(|_| !vcc) {
                Some(domain) => mms::ObjectName::domain(domain, special.name()),
                None => mms::ObjectName::Vmd(special.name()),
            },
            Member::Object(object) => model
                .name(object)
                .map_or(mms::ObjectName::Vmd(""), Name::as_mms),
        }
    }

    /// The special variables among the members, in their order.
    pub(crate) fn specials(&self) -> impl Iterator<Item = Member> {
        let all = self.members.iter().copied();
        all.filter(|member| matches!(member, Member::Special { .. }))
    }

    /// The data sets a model defines. Members were checked when the model was made.
    pub(crate) fn predefined(model: &Model) -> impl Iterator<Item = DataSet> {
        model.data_sets.iter().map(|set| DataSet {
            name: set.name.clone(),
            members: set
                .members
                .iter()
                .filter_map(|member| match Special::named(member.item()) {
                    Some(special) => Some(Member::Special {
                        special,
                        vcc: member.domain().is_none(),
                    }),
                    None => model
                        .find(member.domain(), member.item())
                        .map(Member::Object),
                })
                .collect(),
            deletable: set.deletable,
            dynamic: false,
        })
    }
}
