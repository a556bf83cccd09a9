//! Control blocks in the address space: which fields they have, where the values of the fields
//! are, and what a client may do with them.

mod fields;
mod publishers;
mod write;

pub(super) use fields::{BlockFields, Content, FieldValue, all, reference};
pub(super) use publishers::Publisher;

/// What a control block controls, with its number among the blocks of its kind, which is the order
/// of the model.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum BlockKind {
    Report(u32),
    Log(u32),
    SettingGroup(u32),
    Goose(u32),
    SampledValues(u32),
}

macro_rules! field_ids {
    ($($(#[$meta:meta])* $id:ident = $name:literal,)+) => {
        /// The fields of control blocks (IEC 61850-7-2, in the names of 8-1).
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub(super) enum FieldId {
            $($(#[$meta])* $id,)+
        }

        impl FieldId {
            /// The name in the address space.
            pub(super) fn name(self) -> &'static str {
                match self {
                    $(FieldId::$id => $name,)+
                }
            }
        }
    };
}

field_ids! {
    ActSg = "ActSG",
    Address = "Addr",
    AppId = "APPID",
    BufTm = "BufTm",
    CnfEdit = "CnfEdit",
    ConfRev = "ConfRev",
    DatSet = "DatSet",
    DstAddress = "DstAddress",
    EditSg = "EditSG",
    EntryId = "EntryID",
    FixedOffs = "FixedOffs",
    Gi = "GI",
    GoEna = "GoEna",
    GoId = "GoID",
    IntgPd = "IntgPd",
    LActTm = "LActTm",
    LogEna = "LogEna",
    LogRef = "LogRef",
    MaxTime = "MaxTime",
    MinTime = "MinTime",
    MsvId = "MsvID",
    NdsCom = "NdsCom",
    NewEntr = "NewEntr",
    NewEntrTm = "NewEntrTm",
    NoAsdu = "noASDU",
    NumOfSg = "NumOfSG",
    OldEntr = "OldEntr",
    OldEntrTm = "OldEntrTm",
    OptFlds = "OptFlds",
    Owner = "Owner",
    Priority = "PRIORITY",
    PurgeBuf = "PurgeBuf",
    Resv = "Resv",
    ResvTms = "ResvTms",
    RptEna = "RptEna",
    RptId = "RptID",
    SmpMod = "SmpMod",
    SmpRate = "SmpRate",
    SqNum = "SqNum",
    SvEna = "SvEna",
    /// Spelt so in IEC 61850-8-1.
    TimeOfEntry = "TimeofEntry",
    TrgOps = "TrgOps",
    UsvId = "UsvID",
    Vid = "VID",
}

/// A control block in the address space.
#[derive(Debug)]
pub(super) struct Block {
    pub(super) kind: BlockKind,
    /// Its fields and their slots.
    pub(super) fields: Vec<(FieldId, u32)>,
}

impl Block {
    /// The slot of a field; `None` if the block has no such field.
    pub(super) fn slot(&self, field: FieldId) -> Option<u32> {
        let found = self.fields.iter().find(|(id, _)| *id == field);
        found.map(|(_, slot)| *slot)
    }
}
