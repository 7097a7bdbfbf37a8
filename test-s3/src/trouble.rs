//! What can happen to a request.

/// What happens to a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trouble {
    /// Nothing.
    None,
    /// 503, and it is not done.
    Unavailable,
    /// 503, although it is done.
    UnavailableAfter,
    /// The connection is cut while the request is sent.
    TornRequest,
    /// It is done, and the connection is cut in the midst of the answer.
    TornAnswer,
    /// Not done, and no answer ever comes.
    Silence,
    /// It is done, and no answer ever comes.
    SilenceAfter,
    /// 403, and it is not done.
    Forbidden,
    /// It waits until the [gate](crate::Server::open_gate) is opened.
    Held,
}

impl Trouble {
    /// All that pass if the request is made again.
    pub const PASSING: [Self; 6] = [
        Self::Unavailable,
        Self::UnavailableAfter,
        Self::TornRequest,
        Self::TornAnswer,
        Self::Silence,
        Self::SilenceAfter,
    ];
}
