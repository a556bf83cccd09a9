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

numbered! {
    /// What a client does with files.
    FileService: i32 {
        /// Lists a folder, or asks for the size and age of one file (GetServerDirectory,
        /// GetFileAttributeValues).
        ReadDirectory = 0,
        /// Opens a file to read it (GetFile).
        Open = 1,
        /// Has the server fetch a file from the client (SetFile).
        Obtain = 2,
        /// Deletes a file (DeleteFile).
        Delete = 3,
        /// Gives a file another name.
        Rename = 4,
    }
}

/// Whether a client may use a file.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum FileAccess {
    /// It may.
    #[default]
    Allow,
    /// It may not: file-access-denied.
    Deny,
    /// The file is not there for this client: file-non-existent. A folder so hidden is listed as
    /// not existing, the base folder as empty.
    NonExistent,
    /// Not now, because the file is in use: file-busy.
    Busy,
}
