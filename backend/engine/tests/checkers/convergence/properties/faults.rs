//! Recall: faults that are put into a clean world are found, with the right subject and reason, and nothing else is; and
//! replicas that do anything at all are judged as the oracle judges them.

use plumbline_model::{
    Change, Lag, Reason, SourceTime, Verdict,
    finding::{Detail, Resolved},
    rollup::Amount,
};
use proptest::prelude::*;

use super::{
    changes, config,
    follow::Dice,
    opened,
    oracle::{self, Answer},
    subject,
    truth::{CLOCK_ERROR, REPLICAS, State, Truth, WITHIN},
    worlds::{World, worlds},
};

/// What goes wrong in one replica with one key.
#[derive(Clone, Copy, PartialEq, Debug)]
enum Fault {
    /// The last write never arrives.
    Drop,
    /// The key never does.
    DropAll,
    /// The last write is an update, and an older row overwrites it.
    Overwrite,
    /// The last write arrives with other content.
    Corrupt,
    /// The authority deletes, the replica does not.
    KeepDeleted,
}

const FAULTS: [Fault; 5] = [Fault::Drop, Fault::DropAll, Fault::Overwrite, Fault::Corrupt, Fault::KeepDeleted];

/// Long enough to break the promise whatever the clocks say.
const TOO_LONG: Lag = Lag(WITHIN.0 + 4 * CLOCK_ERROR.0 + 1_000_000);

impl Fault {
    /// Puts the fault into the full replica of the first key. Returns the reason for which it has to be found.
    fn inject(self, truth: &mut Truth) -> Reason {
        let writes = truth.states.get_mut(&(0, 0)).unwrap();
        // Faults are in the last write, far from the others, so that there is one right answer.
        let before = writes.last().unwrap().clone();
        let at = before.at.plus(Lag::from_secs(30));
        let fields = if self == Self::KeepDeleted { None } else { Some([901, 902]) };
        let last = State { at, fields, version: before.version + 1 };
        writes.push(last.clone());
        let shown = State { at: at.plus(Lag::from_secs(1)), ..last.clone() };
        truth.states.get_mut(&(0, 2)).unwrap().push(shown.clone());
        let replica = truth.states.get_mut(&(0, 1)).unwrap();
        // What would have expired and come back later does not, nor what clocks may tell so.
        replica.retain(|state| state.at.plus(CLOCK_ERROR).plus(CLOCK_ERROR) < at);
        let had_it = replica.last().is_some_and(|state| state.fields.is_some());
        match self {
            Self::Drop if had_it => Reason::Stale,
            Self::Drop => Reason::Missing,
            Self::DropAll => {
                replica.clear();
                Reason::Missing
            }
            Self::Overwrite => {
                let older = State { at: shown.at.plus(Lag::from_secs(3)), ..before };
                replica.extend([shown, older.clone()]);
                if older.fields.is_some() { Reason::Regressed } else { Reason::Missing }
            }
            Self::Corrupt => {
                replica.push(State { fields: Some([901, 666]), ..shown });
                if truth.world.versions && !truth.world.split { Reason::Conflicting } else { Reason::Phantom }
            }
            Self::KeepDeleted => Reason::Orphan,
        }
    }
}

proptest! {
    #![proptest_config(config(2))]

    #[test]
    fn every_injected_fault_is_found_and_nothing_else(
        world in worlds().prop_filter("few writes are remembered", |world| world.writes <= 7),
        fault in prop::sample::select(&FAULTS),
        seed: u64,
    ) {
        // One answer is right only if the replica had something to keep, and one incarnation to miss.
        let deletes = world.deletes && !matches!(fault, Fault::KeepDeleted | Fault::DropAll);
        // What expires may be without the key, so that nothing is wrong then. Pushed records of such a store may be told so
        // late that an excuse for what was not seen yet is not taken back: a cell too many may count as in time.
        let expires = world.expires && !world.pushed && matches!(fault, Fault::Corrupt);
        let mut truth = Truth::clean(World { deletes, expires, ..world });
        let reason = fault.inject(&mut truth);
        let (engine, changes) = changes(&truth, &truth.journal(seed));
        let found = opened(&changes);
        prop_assert_eq!(found.len(), 1, "{:?}", found);
        prop_assert_eq!(subject(found[0]), ("k0", "view"));
        let told = match &found[0].detail {
            Detail::Divergence { reason, .. } => *reason,
            other => panic!("{other:?}"),
        };
        prop_assert_eq!(told, reason);
        // Each write has one cell in each replica; only leaving what was shown, or what was excused, adds one.
        let closed = |change: &Change| match change {
            Change::Rollup(rollup) => match &rollup.amount {
                Amount::Cells(cells) => cells.closed(),
                _ => 0,
            },
            _ => 0,
        };
        let writes = (0..world.keys).map(|key| truth.states[&(key, 0)].len() as u64).sum::<u64>();
        let view = &truth.states[&(0, 1)];
        let was_without = view.len() < 2 || view[view.len() - 2].fields.is_none();
        let departures = u64::from(fault == Fault::Overwrite || (expires && was_without));
        let cells = changes.iter().map(closed).sum::<u64>();
        // (The authority of a field has writes of its own.)
        prop_assert!(world.split || cells == writes * (REPLICAS.len() as u64 - 1) + departures, "{cells} cells");
        let context = engine.context();
        for it in engine.convergence().verdicts(&context) {
            let faulty = (it.key.as_str(), it.replica.as_str()) == ("k0", "view");
            prop_assert_eq!(matches!(it.verdict, Verdict::Diverged { .. }), faulty, "{:?}", it);
        }
    }

    #[test]
    fn a_write_that_comes_too_late_is_never_counted_as_in_time(world in worlds(), seed: u64) {
        // While the key is missing, that is what counts, and not the field that the other authority of a split world decides.
        let deletes = world.deletes && !world.split;
        // What has expired lacks nothing that it may be without.
        let world = World { returning: world.returning && !world.pushed, deletes, expires: false, ..world };
        let truth = too_late(Truth::clean(world));
        let (_, changes) = changes(&truth, &truth.journal(seed));
        let (mut not_in_time, mut late) = (0, 0);
        for change in &changes {
            if let Change::Rollup(rollup) = change && let Amount::Cells(cells) = &rollup.amount {
                not_in_time += cells.not_in_time;
                late += cells.late;
            }
        }
        // One write, which two authorities tell in a split world.
        let writes = 1 + u64::from(world.split);
        prop_assert_eq!((not_in_time, late), (writes, writes));
        // Where it could be decided before it came right, it was told, and taken back.
        let found = opened(&changes);
        prop_assert!(found.len() <= 1, "{:?}", found);
        let late = |change: &Change| matches!(change, Change::Resolved { resolution, .. } if resolution.how == Resolved::Late);
        prop_assert_eq!(changes.iter().filter(|change| late(change)).count(), found.len());
    }

    #[test]
    fn replicas_that_do_anything_are_judged_as_the_oracle_judges_them(
        world in worlds().prop_filter("few writes are remembered", |world| world.writes <= 8),
        seed: u64,
    ) {
        let world = World { versions: false, returning: false, sparse: false, deletes: false, skews: false, split: false, expires: false, ..world };
        let truth = unruly(Truth::clean(world));
        let (engine, changes) = changes(&truth, &truth.journal(seed));
        let found = opened(&changes);
        let context = engine.context();
        let verdicts: Vec<_> = engine.convergence().verdicts(&context).collect();
        for key in 0..world.keys {
            for replica in 1..REPLICAS.len() {
                let maps = if replica == 2 { 1 } else { 2 };
                let expected = oracle::answer(&truth.states[&(key, 0)], &truth.states[&(key, replica)], maps);
                let name = format!("k{key}");
                let ever = found.iter().any(|finding| subject(finding) == (name.as_str(), REPLICAS[replica]));
                let verdict = verdicts.iter().find(|it| it.key.as_str() == name && it.replica.as_str() == REPLICAS[replica]);
                // What came right before the frontiers allowed to decide opens no finding; it is counted in nines.
                let told = Answer {
                    ever_diverged: if ever || expected.in_the_end.is_some() { ever } else { expected.ever_diverged },
                    in_the_end: match verdict.map(|it| &it.verdict) {
                        Some(Verdict::Diverged { reason }) => Some(*reason),
                        Some(Verdict::Converged) => None,
                        other => panic!("not decided in the end: {other:?}"),
                    },
                };
                prop_assert_eq!(told, expected, "{} in {}: {:#?}", name, REPLICAS[replica], truth.states);
            }
        }
    }
}

/// The full replica shows the last write of the first key after its time; the other one shows it at once.
fn too_late(mut truth: Truth) -> Truth {
    let before = truth.states[&(0, 0)].last().unwrap().clone();
    let at = before.at.plus(Lag::from_secs(30));
    let last = State { at, fields: Some([901, 902]), version: before.version + 1 };
    for replica in 0..REPLICAS.len() {
        let late = if replica == 1 { TOO_LONG } else { Lag(replica as i64) };
        truth.states.get_mut(&(0, replica)).unwrap().push(State { at: at.plus(late), ..last.clone() });
    }
    truth
}

/// Replicas that show old rows, foreign ones, nothing, in any order; only never what is not written yet.
fn unruly(mut truth: Truth) -> Truth {
    let mut dice = Dice::new(truth.world.seed ^ 0xbad);
    for key in 0..truth.world.keys {
        let writes = truth.states[&(key, 0)].clone();
        for replica in 1..REPLICAS.len() {
            let mut at = writes[0].at;
            let mut states: Vec<State> = Vec::new();
            for index in 0..dice.roll(8) {
                at = at.plus(Lag(1 + dice.roll(9_000_000_000) as i64));
                let written = writes.iter().filter(|write| write.at < at).count() as u64;
                let row = |index: u64| writes[index as usize].fields;
                let fields = match dice.roll(8) {
                    0 if !states.is_empty() => None,
                    1 | 4 => Some([5_000 + index, 6_000 + index]),
                    2 | 3 if written > 0 => row(dice.roll(written)),
                    _ if written > 0 => row(written - 1),
                    _ => Some([7_000 + index, 8_000 + index]),
                };
                // No two events at one time: the oracle has no order for them.
                if writes.iter().all(|write| write.at != at) {
                    states.push(State { at, fields, version: 1 });
                }
            }
            truth.states.insert((key, replica), states);
        }
    }
    debug_assert!(truth.states.values().flatten().all(|state| state.at > SourceTime(0)));
    truth
}
