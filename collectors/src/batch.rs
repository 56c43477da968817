//! What a client that reads hands over: records, and what is known of the source around them. A batch is acknowledged when the
//! journal has it, and only then does its source learn that it was read.

use plumbline_model::{
    ReceivedTime, SourceName,
    journal::{Gap, Progress, Snapshot},
};
use tokio::sync::oneshot;

use crate::RawRecord;

/// Records of one source. To be journaled in the order of the fields: gaps and marks, what the records say, progress.
#[derive(Debug)]
pub struct SourceBatch {
    pub source: SourceName,
    /// Records that were missed and cannot be read again.
    pub gaps: Vec<Gap>,
    /// Replicas that are known to have been empty before the first record (SEM-8).
    pub snapshots: Vec<Snapshot>,
    pub records: Vec<RawRecord>,
    /// Speaks of the records of this batch and of all before.
    pub progress: Vec<Progress>,
    /// Troubles of the connection, for the log and the Collectors page.
    pub notices: Vec<Notice>,
    pub ack: Ack,
}

/// Something that a person who runs the source should know.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Notice {
    pub at: ReceivedTime,
    pub text: String,
}

/// The promise to tell the source that its records are durable. Dropping it instead says that they are not: the client stops
/// and is to be started again from the journal.
#[derive(Debug)]
pub struct Ack(oneshot::Sender<()>);

/// What becomes of an `Ack`: an error where it was dropped.
pub type Acked = oneshot::Receiver<()>;

impl Ack {
    /// The promise, and the end at which its client waits.
    pub fn new() -> (Self, Acked) {
        let (sender, receiver) = oneshot::channel();
        (Self(sender), receiver)
    }

    /// The journal has the batch.
    pub fn done(self) {
        // A client that has ended meanwhile needs no answer.
        let _ = self.0.send(());
    }
}
