//! Snapshots of replicas (SEM-8): what follows from their marks, for the baseline and for keys that they do not show.

use plumbline_model::{
    Change,
    journal::{Snapshot, SnapshotPhase},
};

use super::{Convergence, baseline::Whole, keys::Slot, see::Seeing, sight::Sight};
use crate::Context;

impl Convergence {
    /// A snapshot of a replica begins or ends, or the replica is known to have begun empty.
    pub(crate) fn snapshot(&mut self, cx: &Context<'_>, snapshot: &Snapshot, out: &mut Vec<Change>) {
        self.wake(cx, out);
        let Some(&entity) = self.names.get(&snapshot.entity) else { return };
        let Some(replica) = self.plans[entity as usize].replica(&snapshot.replica) else { return };
        let base = &mut self.bases[entity as usize];
        self.dirty_bases.insert(entity);
        match snapshot.phase {
            SnapshotPhase::Began => base.begin(replica, snapshot.at),
            SnapshotPhase::Ended => {
                base.end(replica, snapshot.at);
                self.end_snapshots(cx, out);
            }
            SnapshotPhase::FromEmpty => {
                base.begin_empty(replica);
                let slots = self.slots_of(entity);
                self.settle_all(cx, slots, out);
            }
        }
    }

    /// Takes in the ends of snapshots that their sources have been seen past.
    pub(super) fn end_snapshots(&mut self, cx: &Context<'_>, out: &mut Vec<Change>) {
        let mut entities: Vec<usize> = (0..self.bases.len()).filter(|at| self.bases[*at].any_ending()).collect();
        entities.sort_by(|left, right| self.plans[*left].name.cmp(&self.plans[*right].name));
        for entity in entities {
            for replica in 0..self.plans[entity].replicas.len() {
                let plan = &self.plans[entity].replicas[replica];
                let (seen, error) = (self.places.seen().of(plan.joint), cx.frontiers.clock_error(&plan.source));
                while let Some(whole) = self.bases[entity].take_end(replica, seen, error) {
                    self.dirty_bases.insert(entity as u16);
                    let slots = self.slots_of(entity as u16);
                    slots.iter().for_each(|slot| self.take_in(*slot, replica, whole));
                    self.settle_all(cx, slots, out);
                }
            }
        }
    }

    fn slots_of(&self, entity: u16) -> Vec<Slot> {
        self.keys.slots().filter(|slot| self.keys.get(*slot).entity == entity).collect()
    }

    /// What a whole snapshot says of a key: one that it showed has no past but what the snapshot says; one that was there
    /// before and that it did not show is not there, nobody knows since when.
    fn take_in(&mut self, slot: Slot, replica: usize, whole: Whole) {
        let Some(began) = whole.began else { return };
        let key = self.keys.get_mut(slot);
        let writes = self.plans[key.entity as usize].replicas[replica].writes;
        let written = writes.and_then(|history| key.history(history).shown_at());
        let held = key.sides.get(replica).and_then(|side| side.newest());
        if written.max(held.map(|held| held.at)).is_some_and(|shown| shown >= began) {
            if let Some(first) = writes.and_then(|history| key.history_mut(history).writes.first_mut()) {
                first.sight.announce();
            }
            if let Some(side) = key.sides.get_mut(replica).filter(|side| side.unannounced) {
                (side.unannounced, side.has_past) = (false, false);
            }
            return;
        }
        let written = writes.and_then(|history| key.history(history).newest());
        let Some(last) = written.map(|write| &write.sight).or(held).filter(|last| last.present()) else { return };
        let sight = Sight::gone(last, whole.ended);
        self.see(slot, replica, Seeing { sight, row: None, counts_from: whole.ended });
    }
}
