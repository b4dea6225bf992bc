//! Where the plug can be pulled. In a build for tests a kill ends the process at a step that the environment names, as the
//! system would with `kill -9`; a test then shows that the next process goes on. A release build holds none of it.

/// A step of a kill, just done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// The latch is shut in memory.
    LatchShut,
    /// Its mark is on the disk.
    LatchMarked,
    /// The supervisor has carried it out, and not recorded it.
    Carried,
    /// The supervisor has recorded it.
    Commanded,
    /// The kill switch has begun.
    Begun,
    /// The venue was asked what works and is held.
    Asked,
    /// The withdrawal of an order is durable, and not sent.
    CancelRecorded,
    /// It was sent.
    CancelSent,
    /// An order that closes is durable, and not sent.
    ExitRecorded,
    /// It was sent.
    ExitSent,
    /// The venue has confirmed that nothing is left.
    Flat,
    /// The receipt is signed, and not kept.
    ReceiptSigned,
    /// The receipt is kept, and nobody was told.
    ReceiptKept,
    /// The supervisor has recorded the state `stopped`.
    Stopped,
}

impl Step {
    /// All, in their order.
    pub const ALL: [Self; 14] = [
        Self::LatchShut,
        Self::LatchMarked,
        Self::Carried,
        Self::Commanded,
        Self::Begun,
        Self::Asked,
        Self::CancelRecorded,
        Self::CancelSent,
        Self::ExitRecorded,
        Self::ExitSent,
        Self::Flat,
        Self::ReceiptSigned,
        Self::ReceiptKept,
        Self::Stopped,
    ];
}

/// The variable that names the step.
#[cfg(debug_assertions)]
pub const VARIABLE: &str = "TBOT_DIES_AT";

/// A step is done: where the environment names it, the process ends here and now, and nothing of it is put in order.
#[cfg(debug_assertions)]
pub fn pass(step: Step) {
    if std::env::var(VARIABLE).is_ok_and(|named| named == format!("{step:?}")) {
        std::process::abort();
    }
}

/// A step is done.
#[cfg(not(debug_assertions))]
pub const fn pass(_: Step) {}
