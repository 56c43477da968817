//! Baselines: what is known of the keys that a replica held before it was watched (SEM-8). Absence that nobody observed
//! proves nothing without one.

use plumbline_model::{SourceTime, Why, journal::SnapshotPhase, rules::Baseline};
use serde::{Deserialize, Serialize};

use super::{plan::EntityPlan, sight::Sight};

/// The baselines of an entity's replicas, kept between runs.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
pub(super) struct Baselines {
    replicas: Vec<Progress>,
    /// The decode half changed, and what was known is void (SEM-11).
    reconfigured: bool,
}

#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
struct Progress {
    complete: bool,
    /// When the last complete snapshot ended; `None` if the replica was empty.
    ended: Option<SourceTime>,
    running: bool,
    /// Counts snapshots round, so that what was not seen during the last one is told apart.
    epoch: u8,
}

impl Baselines {
    pub fn new(plan: &EntityPlan, reconfigured: bool) -> Self {
        let start =
            |baseline| Progress { complete: !reconfigured && baseline == Baseline::Empty, ..Progress::default() };
        Self { replicas: plan.replicas.iter().map(|replica| start(replica.baseline)).collect(), reconfigured }
    }

    pub fn epoch(&self, replica: usize) -> u8 {
        self.replicas.get(replica).map_or(0, |progress| progress.epoch)
    }

    pub fn phase(&mut self, replica: usize, at: SourceTime, phase: SnapshotPhase) {
        let Some(progress) = self.replicas.get_mut(replica) else { return };
        match phase {
            SnapshotPhase::Began => {
                progress.running = true;
                progress.epoch = progress.epoch.wrapping_add(1);
            }
            SnapshotPhase::Ended => {
                progress.running = false;
                progress.complete = true;
                progress.ended = Some(at);
            }
            SnapshotPhase::FromEmpty => progress.complete = true,
        }
    }

    /// From when on the absence of a key that was never seen is knowledge; `MIN` if from the beginning.
    ///
    /// # Errors
    /// Why it is not.
    pub fn known_from(&self, replica: usize) -> Result<SourceTime, Why> {
        match self.replicas.get(replica) {
            Some(progress) if progress.complete => Ok(progress.ended.unwrap_or(SourceTime::MIN)),
            _ if self.reconfigured => Err(Why::Reconfigured),
            _ => Err(Why::NoBaseline),
        }
    }

    /// When the snapshot that brought this row ended. `None` while it runs, or if nobody told.
    pub fn end_of(&self, replica: usize, row: &Sight) -> Option<SourceTime> {
        let progress = self.replicas.get(replica)?;
        if progress.running && row.epoch == progress.epoch { None } else { progress.ended }
    }
}
