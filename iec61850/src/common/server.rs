use super::numbered;

numbered! {
    /// What a client does with a data set.
    DataSetOperation: i32 {
        /// Creates it.
        Create = 0,
        /// Deletes it.
        Delete = 1,
        /// Reads the values.
        Read = 2,
        /// Writes the values.
        Write = 3,
        /// Reads the list of members.
        GetDirectory = 4,
    }
}

numbered! {
    /// What a client asks a directory for.
    DirectoryCategory: i32 {
        /// Logical devices.
        LdList = 0,
        /// Data of a logical device.
        DataList = 1,
        /// Data sets of a logical device.
        DataSetList = 2,
        /// Logs of a logical device.
        LogList = 3,
    }
}

numbered! {
    /// What a client does with a control block.
    ControlBlockAccessType: i32 {
        /// Reads it.
        Read = 0,
        /// Writes it.
        Write = 1,
    }
}
