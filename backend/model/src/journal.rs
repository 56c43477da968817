//! The records of the journal (SEM-11): everything else that Plumbline knows is a function of their order and the
//! configuration among them (STO-1). Time exists only in `Tick`.

use compact_str::CompactString;
use serde::{Deserialize, Serialize};

use crate::{
    name::{EntityName, Key, Partition, ReplicaName, SourceName},
    observation::Observation,
    rules::Rules,
    time::{Lag, ReceivedTime, SourceTime},
};

/// Counts the records of a journal partition from 1; 0 is "before the first".
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Debug, Serialize, Deserialize)]
#[serde(transparent)]
pub struct JournalPosition(pub u64);

/// One record of the journal. Records without a key go to every partition of it (SEM-14).
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Record {
    Observations(Vec<Observation>),
    Progress(Progress),
    Snapshot(Snapshot),
    Gap(Gap),
    Tick(Tick),
    Command(Command),
    Config(Box<Config>),
}

/// The only time that the engine knows (ENG-1).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
pub struct Tick {
    pub now: ReceivedTime,
}

/// How far one partition of a source is known to have been seen completely, and who vouches for it (SEM-2, SEM-3).
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Progress {
    pub source: SourceName,
    pub partition: Partition,
    /// The greatest position read, where the source has one.
    pub position: Option<u64>,
    /// Every record with a source time at or before this has been journaled. `None` where nobody can say yet.
    pub frontier: Option<SourceTime>,
    pub proof: Proof,
    /// How many partitions the source has, counting this one; a change of it makes where a key was seen before void.
    pub partitions: u32,
}

/// Who vouches for a frontier.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Proof {
    /// The broker or database: it stated its end after the time, and everything up to that end was read.
    LogEnd,
    /// The relay's last change or heartbeat-table row (SEM-2).
    RelayRow,
    /// The relay said nothing that proves a time.
    RelaySilent,
    /// Assumed: no record is later than `lateness` (SEM-3).
    Assumed { lateness: Lag },
    /// Held at the first refusal, or because nothing was heard (SEM-3).
    Held { since: ReceivedTime, why: Held },
    /// A recorded file: the least source time of the lines after this one (SEM-4).
    Recording,
    /// A recorded file at its end, which is the common end of all of them (SEM-4).
    InputEnd,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Held {
    Refused,
    Silent,
    Restarted,
    /// The program is ending and takes no more requests.
    Closing,
}

/// A snapshot of a replica, an epoch (SEM-8): keys not seen again between its ends become absent.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Snapshot {
    pub entity: EntityName,
    pub replica: ReplicaName,
    pub at: SourceTime,
    pub phase: SnapshotPhase,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SnapshotPhase {
    Began,
    /// The baseline is complete.
    Ended,
    /// The replica is known to have been empty when watching began (read from the start of its log, or declared).
    FromEmpty,
}

/// Records of a source that were missed and cannot be read again (COL-3).
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Gap {
    pub source: SourceName,
    /// `None`: all partitions.
    pub partition: Option<Partition>,
    pub from: SourceTime,
    /// `None` while it lasts.
    pub to: Option<SourceTime>,
    pub reason: GapReason,
}

#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum GapReason {
    /// Plumbline was not running and the source cannot replay (SEM-3).
    NotRunning,
    /// The log was truncated before it was read.
    Truncated { first_kept: u64 },
    /// The connection was lost and the source cannot replay.
    Disconnected,
    /// The sender, or a person, said so.
    Declared(CompactString),
    /// A record could not be decoded, so what it changed is not known.
    Poison,
}

/// What a person or a client of the API asked for.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Command {
    Acknowledge {
        incident: u64,
        by: CompactString,
    },
    Resolve {
        incident: u64,
        by: CompactString,
    },
    Note {
        incident: u64,
        by: CompactString,
        text: CompactString,
    },
    Silence {
        matcher: CompactString,
        until: ReceivedTime,
        by: CompactString,
        why: CompactString,
    },
    SendAgain {
        incident: u64,
        by: CompactString,
    },
    /// A probe went unanswered (SEM-10).
    ProbeFailed {
        entity: EntityName,
        replica: ReplicaName,
        key: Key,
        why: CompactString,
    },
}

/// A configuration that came into force. `rules` is what `text` was compiled to, so that the engine parses nothing.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Config {
    /// BLAKE3 of the text, hexadecimal.
    pub digest: CompactString,
    pub text: String,
    pub rules: Rules,
}

/// One keyed piece of the engine's state, as kept between runs (SEM-12). The key begins with the checker's letter.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct StateEntry {
    pub key: Vec<u8>,
    /// `None`: the piece is gone.
    pub value: Option<Vec<u8>>,
}
