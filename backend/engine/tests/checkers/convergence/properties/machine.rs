//! The engine as a machine: equal journals give byte-equal changes; cutting records into other batches, stopping and starting
//! again, and spreading the keys over partitions change nothing (ENG-2, ENG-5, SEM-11, SEM-12, SEM-14).

use std::collections::BTreeMap;

use plumbline_engine::Engine;
use plumbline_model::{
    Change, Record,
    journal::StateEntry,
    rollup::{Amount, Series},
    time::Minute,
};
use proptest::prelude::*;

use super::{changes, config, follow::Dice, truth::Truth, worlds::worlds};

/// A world in which much goes wrong: the copy is the view of another key, so that all is different.
fn faulty(truth: &mut Truth) {
    for key in 0..truth.world.keys {
        let other = truth.states[&((key + 1) % truth.world.keys, 1)].clone();
        truth.states.insert((key, 2), other);
        if key % 2 == 0 {
            truth.states.get_mut(&(key, 1)).unwrap().pop();
        }
    }
}

/// Each change as its bytes.
fn bytes(changes: &[Change]) -> Vec<String> {
    changes.iter().map(|change| serde_json::to_string(change).unwrap()).collect()
}

/// The first change in which two tellings differ.
fn difference(left: &[Change], right: &[Change]) -> Option<(String, String)> {
    let (mut left, mut right) = (bytes(left), bytes(right));
    let longest = left.len().max(right.len());
    left.resize(longest, "nothing".to_owned());
    right.resize(longest, "nothing".to_owned());
    left.into_iter().zip(right).find(|(left, right)| left != right)
}

/// The same observations in the same order, in other records and other calls.
fn recut(journal: &[Record], seed: u64) -> Vec<Vec<Record>> {
    let mut dice = Dice::new(seed);
    let mut calls: Vec<Vec<Record>> = vec![Vec::new()];
    for record in journal {
        if dice.one_in(3) {
            calls.push(Vec::new());
        }
        let call = calls.last_mut().unwrap();
        match (call.last_mut(), record) {
            (Some(Record::Observations(batch)), Record::Observations(more)) => batch.extend(more.iter().cloned()),
            _ => call.push(record.clone()),
        }
    }
    calls
}

fn keep(kept: &mut BTreeMap<Vec<u8>, Vec<u8>>, entries: Vec<StateEntry>) {
    for entry in entries {
        match entry.value {
            Some(value) => drop(kept.insert(entry.key, value)),
            None => drop(kept.remove(&entry.key)),
        }
    }
}

/// Findings without the order in which partitions tell them, and rollups added up.
fn merged(changes: impl IntoIterator<Item = Change>) -> (Vec<String>, BTreeMap<(Minute, Series), Amount>) {
    let (mut findings, mut rollups) = (Vec::new(), BTreeMap::new());
    for change in changes {
        match change {
            Change::Rollup(rollup) => {
                let sum = rollups.entry((rollup.minute, rollup.series)).or_insert_with(|| empty(&rollup.amount));
                assert!(sum.add(&rollup.amount));
            }
            other => findings.push(serde_json::to_string(&other).unwrap()),
        }
    }
    findings.sort();
    (findings, rollups)
}

fn empty(like: &Amount) -> Amount {
    match like {
        Amount::Cells(_) => Amount::Cells(Default::default()),
        Amount::Keys(_) => Amount::Keys(Default::default()),
        other => panic!("the checker tells no {other:?}"),
    }
}

proptest! {
    #![proptest_config(config(1))]

    #[test]
    fn equal_journals_give_byte_equal_changes(world in worlds(), seed: u64) {
        let mut truth = Truth::clean(world);
        faulty(&mut truth);
        let journal = truth.journal(seed);
        prop_assert_eq!(difference(&changes(&truth, &journal).1, &changes(&truth, &journal).1), None);
    }

    #[test]
    fn cutting_the_journal_otherwise_changes_nothing(world in worlds(), seed: u64) {
        let mut truth = Truth::clean(world);
        faulty(&mut truth);
        let journal = truth.journal(seed);
        let mut engine = Engine::new(truth.rules());
        let cut: Vec<Change> = recut(&journal, seed).iter().flat_map(|records| engine.step(records)).collect();
        prop_assert_eq!(difference(&cut, &changes(&truth, &journal).1), None);
    }

    #[test]
    fn stopping_and_starting_again_changes_nothing(world in worlds(), seed: u64) {
        let mut truth = Truth::clean(world);
        faulty(&mut truth);
        let journal = truth.journal(seed);
        let mut dice = Dice::new(seed);
        let mut engine = Engine::new(truth.rules());
        let (mut told, mut kept) = (Vec::new(), BTreeMap::new());
        for record in &journal {
            told.extend(engine.step(std::slice::from_ref(record)));
            if dice.one_in(6) {
                keep(&mut kept, engine.take_dirty());
                let entries = kept.iter().map(|(key, value)| StateEntry { key: key.clone(), value: Some(value.clone()) });
                engine = Engine::restore(entries).unwrap();
            }
        }
        prop_assert_eq!(difference(&told, &changes(&truth, &journal).1), None);
    }

    #[test]
    fn four_partitions_find_what_one_finds(world in worlds(), seed: u64) {
        let mut truth = Truth::clean(world);
        faulty(&mut truth);
        let journal = truth.journal(seed);
        let mut partitions: Vec<Engine> = (0..4).map(|_| Engine::new(truth.rules())).collect();
        let mut told = Vec::new();
        for record in &journal {
            for (index, engine) in partitions.iter_mut().enumerate() {
                let part = match record {
                    Record::Observations(all) => Record::Observations(
                        all.iter().filter(|it| it.route.partition(4) == index as u32).cloned().collect(),
                    ),
                    keyless => keyless.clone(),
                };
                told.extend(engine.step(&[part]));
            }
        }
        let (four, one) = (merged(told), merged(changes(&truth, &journal).1));
        for (left, right) in four.0.iter().zip(&one.0) {
            prop_assert_eq!(left, right);
        }
        prop_assert_eq!(four, one);
    }
}
