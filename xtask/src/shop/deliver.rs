//! From what happened to when it is delivered: mostly at once; twice and shuffled, or late, where a fault of delivery is on.
//! A delivery changes neither what happened nor when.

use std::collections::BTreeMap;

use super::{Fact, Fault, Feed, MILLI, SECOND, Told, fault::Timetable, rng::Rng};

pub struct Delivery {
    timetable: Timetable,
    rng: Rng,
    start: i64,
    waiting: BTreeMap<(i64, u64), Fact>,
    count: u64,
}

impl Delivery {
    pub fn new(seed: u64, faults: Vec<Fault>, start: i64) -> Self {
        let timetable = Timetable::new(faults);
        // Its own numbers: what is delivered how must not change what happens.
        Self { timetable, rng: Rng::new(seed ^ 0x5eed), start, waiting: BTreeMap::new(), count: 0 }
    }

    pub fn push(&mut self, fact: Fact) {
        let age = fact.at - self.start;
        let twice = matches!(fact.told, Told::Cloud(_)) && self.timetable.lasting(Fault::Duplicates, age).is_some();
        if twice {
            for _ in 0..2 {
                let late = self.rng.between(0, 900) * MILLI;
                self.wait(fact.at + late, fact.clone());
            }
            return;
        }
        let due = match self.silent_until(fact.feed, fact.at) {
            Some(end) => end,
            None => fact.at,
        };
        self.wait(due, fact);
    }

    fn wait(&mut self, due: i64, fact: Fact) {
        self.count += 1;
        self.waiting.insert((due, self.count), fact);
    }

    /// What is to be delivered by `now`.
    pub fn due(&mut self, now: i64) -> Vec<Fact> {
        let later = self.waiting.split_off(&(now + 1, 0));
        std::mem::replace(&mut self.waiting, later).into_values().collect()
    }

    /// Until when the feed delivers nothing, not even a sign of life; `None` while it delivers.
    pub fn silent_until(&self, feed: Feed, at: i64) -> Option<i64> {
        if feed != Feed::OrderView {
            return None;
        }
        let begin = self.timetable.lasting(Fault::BlindCollector, at - self.start)?;
        // The timetable is cut to whole seconds: the first one after it is found by asking.
        let mut end = self.start + begin;
        while self.timetable.lasting(Fault::BlindCollector, end - self.start).is_some() {
            end += SECOND;
        }
        Some(end)
    }
}
