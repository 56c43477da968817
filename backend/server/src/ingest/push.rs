//! Push sources as the server sees them: what is on its way, what was refused, and the frontier that follows from it (SEM-3).
//! A frontier never passes a request that was received and is not journaled yet.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use plumbline_collectors::push::PushFrontier;
use plumbline_model::{ReceivedTime, SourceName, journal::Progress};

/// All push sources. Cheap to clone.
#[derive(Clone, Default)]
pub struct Pushes(Arc<Mutex<BTreeMap<SourceName, Push>>>);

struct Push {
    frontier: PushFrontier,
    /// Requests by the time they were received, until they are journaled or refused.
    on_the_way: BTreeMap<ReceivedTime, u32>,
}

/// A request on its way; dropping it says that it has arrived, or never will.
pub struct OnTheWay {
    pushes: Pushes,
    source: SourceName,
    received: ReceivedTime,
}

impl Pushes {
    pub fn add(&self, source: SourceName, frontier: PushFrontier) {
        self.lock().insert(source, Push { frontier, on_the_way: BTreeMap::new() });
    }

    pub fn knows(&self, source: &SourceName) -> bool {
        self.lock().contains_key(source)
    }

    /// A request was received at `now`.
    pub fn begin(&self, source: &SourceName, now: ReceivedTime) -> OnTheWay {
        if let Some(push) = self.lock().get_mut(source) {
            *push.on_the_way.entry(now).or_default() += 1;
        }
        OnTheWay { pushes: self.clone(), source: source.clone(), received: now }
    }

    pub fn accepted(&self, source: &SourceName, now: ReceivedTime) {
        if let Some(push) = self.lock().get_mut(source) {
            push.frontier.accepted(now);
        }
    }

    pub fn refused(&self, source: &SourceName, now: ReceivedTime) {
        if let Some(push) = self.lock().get_mut(source) {
            push.frontier.refused(now);
        }
    }

    /// From `now` on nobody listens any more: no frontier moves again in this process.
    pub fn close(&self, now: ReceivedTime) {
        for push in self.lock().values_mut() {
            push.frontier.close(now);
        }
    }

    /// The frontiers at `now`, of every source that has one.
    pub fn tick(&self, now: ReceivedTime) -> Vec<Progress> {
        let mut all = self.lock();
        all.values_mut()
            .filter_map(|push| {
                let oldest = push.on_the_way.keys().next().copied();
                push.frontier.tick(oldest.map_or(now, |oldest| oldest.min(now)))
            })
            .collect()
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<SourceName, Push>> {
        // A panic elsewhere leaves counts at worst one too high: a frontier that stands, never one that runs ahead.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for OnTheWay {
    fn drop(&mut self) {
        if let Some(push) = self.pushes.lock().get_mut(&self.source)
            && let Some(count) = push.on_the_way.get_mut(&self.received)
        {
            *count -= 1;
            if *count == 0 {
                push.on_the_way.remove(&self.received);
            }
        }
    }
}
