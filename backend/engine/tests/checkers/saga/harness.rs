//! Runs a story: checks what it expects, and that neither the cutting of batches, nor a restart at any time, nor the number
//! of engine partitions changes what is told (SEM-11, SEM-12, SEM-14).

use std::collections::BTreeMap;

use plumbline_model::{
    Change, Record,
    journal::StateEntry,
    rollup::{Amount, Series},
    rules::Rules,
    time::Minute,
};

use super::{
    notation::{Story, spoken, time},
    picture::{Picture, run_id},
};
use plumbline_engine::Engine;

/// Runs the story of `text` and checks it in every way.
#[track_caller]
pub(super) fn check(text: &str) {
    let story = Story::read(text);
    let told = expect(&story);
    invariant(&story.rules, &story.journal, &told);
}

/// Steps record by record and compares the picture at each expected time.
#[track_caller]
fn expect(story: &Story) -> Vec<Change> {
    let mut engine = Engine::new(story.rules.clone());
    let mut picture = Picture::default();
    let mut all = Vec::new();
    let mut expectations = story.expectations.clone();
    expectations.sort_by_key(|(at, _)| *at);
    let mut expectations = expectations.into_iter().peekable();
    for record in &story.journal {
        for change in engine.step(std::slice::from_ref(record)) {
            picture.apply(&change);
            all.push(change);
        }
        let Record::Tick(tick) = record else { continue };
        picture.check();
        while let Some((at, line)) = expectations.next_if(|(at, _)| time(*at).0 <= tick.now.0) {
            let lines = picture.lines();
            let met = match line.strip_prefix("no run of ") {
                Some(id) => picture.runs().all(|run| run_id(run) != id),
                None if line == "nothing found" => !picture.ever_found,
                None => lines.contains(&line),
            };
            assert!(met, "at {} expected\n  {line}\nbut the picture is\n  {}", spoken(at), lines.join("\n  "));
        }
    }
    assert!(expectations.next().is_none(), "every expectation was looked at");
    all
}

/// Whatever way the journal is stepped, the same is told.
#[track_caller]
pub(super) fn invariant(rules: &Rules, journal: &[Record], told: &[Change]) {
    same(&Engine::new(rules.clone()).step(journal), told, "one batch tells the same as many");
    same(&restarting(rules, journal), told, "a restart does not show");
    let (four, four_sums) = by_subject(&partitioned(rules, journal, 4));
    let (one, one_sums) = by_subject(told);
    same(&four, &one, "four partitions tell what one does");
    assert_eq!(four_sums, one_sums, "four partitions count what one does");
}

#[track_caller]
fn same<T: PartialEq + std::fmt::Debug>(left: &[T], right: &[T], claim: &str) {
    let first = (0..left.len().max(right.len())).find(|at| left.get(*at) != right.get(*at));
    if let Some(at) = first {
        panic!("{claim}; first difference at {at}:\n{:#?}\n{:#?}", left.get(at), right.get(at));
    }
}

/// Keeps the state and starts anew from it at varying places.
pub(super) fn restarting(rules: &Rules, journal: &[Record]) -> Vec<Change> {
    let mut engine = Engine::new(rules.clone());
    let mut kept: BTreeMap<Vec<u8>, Vec<u8>> = BTreeMap::new();
    let mut told = Vec::new();
    for (number, record) in journal.iter().enumerate() {
        told.extend(engine.step(std::slice::from_ref(record)));
        if number % 7 == 0 || journal.len() < 100 {
            for StateEntry { key, value } in engine.take_dirty() {
                match value {
                    Some(value) => kept.insert(key, value),
                    None => kept.remove(&key),
                };
            }
            let entries = kept.iter().map(|(key, value)| StateEntry { key: key.clone(), value: Some(value.clone()) });
            engine = Engine::restore(entries).unwrap();
        }
    }
    told
}

fn partitioned(rules: &Rules, journal: &[Record], partitions: u32) -> Vec<Change> {
    let mut told = Vec::new();
    for partition in 0..partitions {
        let mut engine = Engine::new(rules.clone());
        for record in journal {
            let record = match record {
                Record::Observations(all) => {
                    let mine = all.iter().filter(|it| it.route.partition(partitions) == partition);
                    Record::Observations(mine.cloned().collect())
                }
                other => other.clone(),
            };
            told.extend(engine.step(&[record]));
        }
    }
    told
}

/// Sorts changes by what they are about, and adds amounts up.
fn by_subject(told: &[Change]) -> (Vec<String>, BTreeMap<(Minute, Series), Amount>) {
    let mut said = Vec::new();
    let mut amounts: BTreeMap<(Minute, Series), Amount> = BTreeMap::new();
    for change in told {
        match change {
            Change::Rollup(rollup) => {
                let sum = amounts.entry((rollup.minute, rollup.series.clone()));
                let mut fresh = false;
                let sum = sum.or_insert_with(|| {
                    fresh = true;
                    rollup.amount.clone()
                });
                assert!(fresh || sum.add(&rollup.amount), "one series, one kind of amount");
            }
            other => said.push(format!("{other:?}")),
        }
    }
    said.sort();
    (said, amounts)
}
