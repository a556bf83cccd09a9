use crate::common::numbered;

numbered! {
    /// How far a connection is.
    IedConnectionState: i32 {
        /// There is none.
        Closed = 0,
        /// It is being made.
        Connecting = 1,
        /// Requests can be sent.
        Connected = 2,
        /// It is being ended.
        Closing = 3,
    }
}
