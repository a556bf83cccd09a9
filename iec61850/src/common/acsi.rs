use super::numbered;

numbered! {
    /// The classes of objects a logical node directory can be asked for (IEC 61850-7-2).
    AcsiClass: i32 {
        /// Data objects.
        DataObject = 0,
        /// Data sets.
        DataSet = 1,
        /// Buffered report control blocks.
        Brcb = 2,
        /// Unbuffered report control blocks.
        Urcb = 3,
        /// Log control blocks.
        Lcb = 4,
        /// Logs.
        Log = 5,
        /// Setting group control blocks.
        Sgcb = 6,
        /// GOOSE control blocks.
        GoCb = 7,
        /// GSSE control blocks.
        GsCb = 8,
        /// Multicast sampled value control blocks.
        Msvcb = 9,
        /// Unicast sampled value control blocks.
        Usvcb = 10,
    }
}

/// The name of [`AcsiClass`] in py61850.
pub type ACSIClass = AcsiClass;

numbered! {
    /// The edition of IEC 61850 a server behaves by.
    Iec61850Edition: i32 {
        /// Edition 1.
        Edition1 = 0,
        /// Edition 2.
        Edition2 = 1,
        /// Edition 2.1.
        Edition2_1 = 2,
    }
}
