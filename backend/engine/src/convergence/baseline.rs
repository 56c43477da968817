//! Baselines: what is known of the keys that a replica held before it was watched (SEM-8). Absence that nobody observed
//! proves nothing without one.
//!
//! The marks of a snapshot stand in one partition of the source and its rows in all of them, which are read in any order. So
//! its end is taken in when the source has been seen past it as a whole; rows belong to it by their time and not by when
//! they were read.

use plumbline_model::{Lag, SourceTime, Why, rules::Baseline};
use serde::{Deserialize, Serialize};

use super::{plan::EntityPlan, sight::Sight};

/// Snapshots that may have begun and not ended: each one that breaks off leaves a beginning behind (LIM-1).
const BEGUN_MAX: usize = 16;

/// The baselines of an entity's replicas, kept between runs.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
pub(super) struct Baselines {
    replicas: Vec<Progress>,
    /// The decode half changed, and what was known is void (SEM-11).
    reconfigured: bool,
}

#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
struct Progress {
    /// From when on all is known of it; `MIN`: from the beginning. Snapshots that come later change nothing of that.
    known_from: Option<SourceTime>,
    /// When the last complete snapshot ended; `None` if the replica was empty.
    ended: Option<SourceTime>,
    /// When snapshots began whose end was not taken in yet, in order.
    begun: Vec<SourceTime>,
    /// Ends whose marks were read before all of their rows, in order.
    ending: Vec<SourceTime>,
}

/// A snapshot of which all was read.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(super) struct Whole {
    /// `None`: nobody told. It shows nothing about keys that it does not have; neither does the first one without a mark,
    /// which began before all else (`MIN`).
    pub began: Option<SourceTime>,
    pub ended: SourceTime,
}

impl Baselines {
    pub fn new(plan: &EntityPlan, reconfigured: bool) -> Self {
        let start = |baseline| {
            let empty = !reconfigured && baseline == Baseline::Empty;
            Progress { known_from: empty.then_some(SourceTime::MIN), ..Progress::default() }
        };
        Self { replicas: plan.replicas.iter().map(|replica| start(replica.baseline)).collect(), reconfigured }
    }

    pub fn begin(&mut self, replica: usize, at: SourceTime) {
        let Some(progress) = self.replicas.get_mut(replica) else { return };
        // A mark that is read again.
        if progress.ended >= Some(at) {
            return;
        }
        put(&mut progress.begun, at);
        let surplus = progress.begun.len().saturating_sub(BEGUN_MAX);
        progress.begun.drain(..surplus);
    }

    /// The mark of an end was read.
    pub fn end(&mut self, replica: usize, at: SourceTime) {
        if let Some(progress) = self.replicas.get_mut(replica) {
            put(&mut progress.ending, at);
        }
    }

    pub fn begin_empty(&mut self, replica: usize) {
        if let Some(progress) = self.replicas.get_mut(replica) {
            progress.known_from = Some(SourceTime::MIN);
        }
    }

    /// Whether the end of any snapshot waits for its source to be seen further.
    pub fn any_ending(&self) -> bool {
        self.replicas.iter().any(|progress| !progress.ending.is_empty())
    }

    /// Takes in the first end that waits, if the replica's whole source has been seen up to `seen`, which is past it by the
    /// `error` of its clock.
    pub fn take_end(&mut self, replica: usize, seen: SourceTime, error: Lag) -> Option<Whole> {
        let progress = self.replicas.get_mut(replica)?;
        let ended = *progress.ending.first().filter(|at| at.plus(error) <= seen)?;
        progress.ending.remove(0);
        progress.known_from.get_or_insert(ended);
        let begun = progress.begun.partition_point(|began| *began <= ended);
        // Of several, all but the last broke off. Connectors that mark no beginning mark the end of their first snapshot.
        let began = progress.begun.drain(..begun).next_back();
        let began = began.or_else(|| progress.ended.is_none().then_some(SourceTime::MIN));
        progress.ended = progress.ended.max(Some(ended));
        Some(Whole { began, ended })
    }

    /// From when on the absence of a key that was never seen is knowledge; `MIN` if from the beginning.
    ///
    /// # Errors
    /// Why it is not.
    pub fn known_from(&self, replica: usize) -> Result<SourceTime, Why> {
        match self.replicas.get(replica) {
            Some(Progress { known_from: Some(from), .. }) => Ok(*from),
            _ if self.reconfigured => Err(Why::Reconfigured),
            _ => Err(Why::NoBaseline),
        }
    }

    /// Whether no snapshot of the replica has been announced yet, so that a row of one has a past that nobody told.
    pub fn unannounced(&self, replica: usize) -> bool {
        self.replicas.get(replica).is_none_or(|progress| progress.begun.is_empty() && progress.ended.is_none())
    }

    /// When the snapshot that brought this row ended; of a single row behind the last one, when it was shown. `None` while
    /// the snapshot runs, or if nobody told.
    pub fn end_of(&self, replica: usize, row: &Sight) -> Option<SourceTime> {
        let progress = self.replicas.get(replica)?;
        let ended = progress.ended.map(|ended| ended.max(row.at));
        ended.filter(|_| progress.begun.first().is_none_or(|began| row.at < *began))
    }
}

/// Puts a time among others in order, once.
fn put(times: &mut Vec<SourceTime>, at: SourceTime) {
    if let Err(index) = times.binary_search(&at) {
        times.insert(index, at);
    }
}
