//! Properties: over worlds that nobody thought of, in every order in which honest collectors may read them, no clean history
//! yields a finding, every injected fault does, and equal journals give equal changes however they are cut, partitioned or
//! interrupted. A failing case is printed with its world and the seed of its journal, which make it again.

mod faults;
mod follow;
mod machine;
mod oracle;
mod truth;
mod worlds;

use plumbline_engine::Engine;
use plumbline_model::{Change, Finding, Record, Subject, Verdict, rollup::Amount};
use proptest::prelude::*;

use truth::{BILLING, REPLICAS, Truth};
use worlds::{World, worlds};

/// `PROPTEST_CASES` of each property, or 256 times `factor`; a failing case is printed and not kept in files.
fn config(factor: u32) -> ProptestConfig {
    let default = ProptestConfig::default();
    ProptestConfig { cases: default.cases * factor, failure_persistence: None, ..default }
}

/// Everything that an engine tells of a journal.
fn changes(truth: &Truth, journal: &[Record]) -> (Engine, Vec<Change>) {
    let mut engine = Engine::new(truth.rules());
    let changes = engine.step(journal);
    (engine, changes)
}

/// The findings that were opened.
fn opened(changes: &[Change]) -> Vec<&Finding> {
    changes
        .iter()
        .filter_map(|change| match change {
            Change::Opened(finding) => Some(&**finding),
            _ => None,
        })
        .collect()
}

fn subject(finding: &Finding) -> (&str, &str) {
    match &finding.subject {
        Subject::Replica { key, replica, .. } => (key.as_str(), replica.as_str()),
        other => panic!("not a replica: {other:?}"),
    }
}

proptest! {
    #![proptest_config(config(2))]

    #[test]
    fn a_clean_history_never_yields_a_finding(world in worlds(), seed: u64) {
        let truth = Truth::clean(world);
        let (engine, changes) = changes(&truth, &truth.journal(seed));
        prop_assert_eq!(opened(&changes), Vec::<&Finding>::new());
        let context = engine.context();
        for it in engine.convergence().verdicts(&context) {
            prop_assert_eq!(&it.verdict, &Verdict::Converged, "{} in {}", it.key, it.replica);
        }
    }

    #[test]
    fn every_write_of_a_clean_history_counts_as_in_time_once_for_each_replica(world in worlds(), seed: u64) {
        // Where records overtake one another and values return, it cannot be told which write a late sight showed.
        let world = World { returning: world.returning && !world.pushed, ..world };
        let truth = Truth::clean(world);
        let (_, changes) = changes(&truth, &truth.journal(seed));
        let (mut closed, mut in_time) = (0, 0);
        for change in &changes {
            if let Change::Rollup(rollup) = change && let Amount::Cells(cells) = &rollup.amount {
                closed += cells.closed();
                in_time += cells.in_time;
                prop_assert_eq!(cells.late, 0);
            }
        }
        let told = |replica: usize| (0..world.keys).map(|key| truth.tells(key, replica).len() as u64).sum::<u64>();
        // In a split world the other authority follows the main one, too, and the view alone maps its field.
        let copies = REPLICAS.len() as u64 - 1;
        let cells = if world.split { told(0) * (copies + 1) + told(BILLING) } else { told(0) * copies };
        prop_assert_eq!((closed, in_time), (cells, cells));
    }
}
