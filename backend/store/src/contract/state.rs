//! The kept state (SEM-12): what the engine knows, with the journal position up to which it knows it, and what is
//! forgotten when it has become old.

use async_trait::async_trait;
use plumbline_model::{
    Lag, ReceivedTime,
    journal::{JournalPosition, StateEntry},
};

use crate::StoreError;

/// Whose state it is: an engine partition's, or that of a fold over all of them (SEM-14).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Space(pub u32);

impl Space {
    /// The folds across keys: hotspots, incidents.
    pub const FOLDS: Self = Self(u32::MAX);
}

#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct KeptState {
    /// The journal up to here is in the entries; 0: nothing was kept yet.
    pub position: JournalPosition,
    /// Sorted by space, then by key. None of them is without value.
    pub entries: Vec<(Space, StateEntry)>,
}

/// How long things are kept. Times are counted back from `now`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Retention {
    /// Whole days of the journal; never beyond the kept state.
    pub journal: Lag,
    /// Traces, finished sagas, resolved findings, resolved incidents with their deliveries.
    pub rows: Lag,
    pub minute_rollups: Lag,
    pub hour_rollups: Lag,
}

impl Default for Retention {
    fn default() -> Self {
        const DAY: i64 = 86_400;
        Self {
            journal: Lag::from_secs(7 * DAY),
            rows: Lag::from_secs(30 * DAY),
            minute_rollups: Lag::from_secs(30 * DAY),
            hour_rollups: Lag::from_secs(400 * DAY),
        }
    }
}

/// What retention removed: it is counted and shown.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct Pruned {
    /// The days (`2026-11-21`) whose files were removed.
    pub days: Vec<String>,
    pub rows: u64,
}

#[async_trait]
pub trait Keeper: Send + Sync {
    /// Replaces the named pieces and moves `state` to `position`, in one transaction. The first one of a day also gives
    /// the day's file of the journal the snapshot from which a replay of that day begins.
    ///
    /// # Errors
    /// `Order` where `position` lies before the kept state or behind `applied`.
    async fn save_state(&self, position: JournalPosition, entries: &[(Space, StateEntry)]) -> Result<(), StoreError>;

    /// Every piece that was kept and not replaced.
    async fn load_state(&self) -> Result<KeptState, StoreError>;

    /// Forgets all kept state (the engine cannot read it any more): recovery then steps the journal from its begin.
    async fn drop_state(&self) -> Result<(), StoreError>;

    /// The position of the kept state.
    fn state(&self) -> JournalPosition;

    /// The newest snapshot at or before `position`, to replay from; `None` where none is kept.
    async fn load_snapshot(&self, position: JournalPosition) -> Result<Option<KeptState>, StoreError>;

    /// The oldest snapshot: the state that the records of the oldest day were stepped on. `None` where none is kept.
    async fn oldest_snapshot(&self) -> Result<Option<KeptState>, StoreError>;

    /// Sums finished tens of minutes and hours for long ranges and removes what is older than its retention. To be called every few minutes.
    async fn maintain(&self, now: ReceivedTime, retention: &Retention) -> Result<Pruned, StoreError>;

    /// Moves everything into its files and closes them, so that the next start finds nothing to do. Whatever is asked of
    /// the store afterwards fails. A store that is not closed loses nothing.
    async fn close(&self) -> Result<(), StoreError>;
}
