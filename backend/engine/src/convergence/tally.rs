//! What spans keys: cells of nines per minute of the write (SEM-9), and how many keys stand how. Amounts are gathered and
//! told at ticks in the order of their names, so that cutting the journal into other batches changes nothing (SEM-11).

use std::collections::BTreeMap;

use plumbline_model::{
    Change, Lag, SourceTime, Why,
    rollup::{Amount, Cells, Keys, Rollup, Series},
    time::Minute,
};
use serde::{Deserialize, Serialize};

use super::{plan::EntityPlan, side::Class};
use crate::Context;

#[derive(Default)]
pub(super) struct Tally {
    pending: BTreeMap<CellKey, Cells>,
    /// By entity and replica.
    classes: Vec<Vec<Keys>>,
    /// The minute of the last tick.
    minute: Option<Minute>,
}

/// Minute of the write, entity, replica.
type CellKey = (Minute, u16, u8);

/// What of it is kept between runs; the rest is counted anew.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub(super) struct Kept {
    pending: Vec<(CellKey, Cells)>,
    minute: Option<Minute>,
}

/// How a cell closed.
pub(super) enum Outcome {
    /// `None`: nobody saw it happen (SEM-7).
    InTime(Option<Lag>),
    NotInTime,
    Unknown(Why),
    /// One that had closed as not in time has come right since.
    Healed(Option<Lag>),
}

impl Tally {
    /// Makes room for the replicas of all entities, and counts none of their keys.
    pub fn configure(&mut self, plans: &[EntityPlan]) {
        self.classes = plans.iter().map(|plan| vec![Keys::default(); plan.replicas.len()]).collect();
    }

    pub fn close(&mut self, entity: u16, replica: usize, written: SourceTime, outcome: Outcome) {
        let cells = self.pending.entry((written.minute(), entity, replica as u8)).or_default();
        match outcome {
            Outcome::InTime(None) => {
                cells.in_time += 1;
                cells.unobserved += 1;
            }
            Outcome::InTime(Some(lag)) => {
                cells.in_time += 1;
                cells.within_1s += u64::from(lag <= Lag::from_secs(1));
                cells.within_10s += u64::from(lag <= Lag::from_secs(10));
                cells.within_60s += u64::from(lag <= Lag::from_secs(60));
                cells.lag.add(lag);
            }
            Outcome::NotInTime => cells.not_in_time += 1,
            Outcome::Unknown(why) => {
                cells.unknown += 1;
                cells.add_why(why, 1);
            }
            Outcome::Healed(lag) => {
                cells.late += 1;
                if let Some(lag) = lag {
                    cells.lag.add(lag);
                }
            }
        }
    }

    /// Cells that had closed as not in time have come right since; how long after is not known any more.
    pub fn heal(&mut self, entity: u16, replica: usize, minute: Minute, count: u64) {
        self.pending.entry((minute, entity, replica as u8)).or_default().late += count;
    }

    /// A key of the replica stands otherwise than before.
    pub fn shift(&mut self, entity: u16, replica: usize, from: Class, to: Class) {
        let Some(keys) = self.classes.get_mut(entity as usize).and_then(|classes| classes.get_mut(replica)) else {
            return;
        };
        let count = |keys: &mut Keys, class, by: fn(u64) -> u64| match class {
            Class::New => {}
            Class::Converged => keys.converged = by(keys.converged),
            Class::Lagging => keys.lagging = by(keys.lagging),
            Class::Diverged => keys.diverged = by(keys.diverged),
            Class::Unknown => keys.unknown = by(keys.unknown),
        };
        count(keys, from, |keys| keys.saturating_sub(1));
        count(keys, to, |keys| keys + 1);
    }

    /// The minute that this tick ends, if it ends one.
    pub fn ends_minute(&self, cx: &Context<'_>) -> Option<Minute> {
        self.minute.filter(|minute| *minute < minute_of(cx))
    }

    /// Tells what was gathered; `blind` are the keys counted as lagging that are due and cannot be decided, by entity and replica.
    pub fn tick(
        &mut self,
        cx: &Context<'_>,
        plans: &[EntityPlan],
        blind: &BTreeMap<(u16, u8), u64>,
        out: &mut Vec<Change>,
    ) {
        let name = |entity: u16, replica: u8| {
            let plan = plans.get(entity as usize)?;
            Some((plan.name.clone(), plan.replicas.get(replica as usize)?.name.clone()))
        };
        let mut rollups = Vec::new();
        for ((minute, entity, replica), cells) in std::mem::take(&mut self.pending) {
            if let Some((entity, replica)) = name(entity, replica) {
                rollups.push(Rollup {
                    minute,
                    series: Series::Cells { entity, replica },
                    amount: Amount::Cells(cells),
                });
            }
        }
        if let Some(minute) = self.ends_minute(cx) {
            for (entity, classes) in self.classes.iter().enumerate() {
                for (replica, keys) in classes.iter().enumerate().filter(|(_, keys)| keys.total() > 0) {
                    let at = (entity as u16, replica as u8);
                    let blind = blind.get(&at).copied().unwrap_or(0).min(keys.lagging);
                    let keys = Keys { lagging: keys.lagging - blind, unknown: keys.unknown + blind, ..*keys };
                    if let Some((entity, replica)) = name(at.0, at.1) {
                        rollups.push(Rollup {
                            minute,
                            series: Series::Keys { entity, replica },
                            amount: Amount::Keys(keys),
                        });
                    }
                }
            }
        }
        self.minute = self.minute.max(Some(minute_of(cx)));
        rollups.sort_by(|left, right| (left.minute, &left.series).cmp(&(right.minute, &right.series)));
        out.extend(rollups.into_iter().map(|rollup| Change::Rollup(Box::new(rollup))));
    }

    pub fn kept(&self) -> Kept {
        Kept { pending: self.pending.iter().map(|(key, cells)| (*key, cells.clone())).collect(), minute: self.minute }
    }

    pub fn load(&mut self, kept: Kept) {
        self.pending = kept.pending.into_iter().collect();
        self.minute = kept.minute;
    }
}

/// The tick's minute: the only place where received time stands beside source time, because a gauge has no other.
fn minute_of(cx: &Context<'_>) -> Minute {
    SourceTime(cx.now.0).minute()
}
