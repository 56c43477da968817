//! Killing the process at every commit point, cutting the records into other batches, and splitting the engine into
//! partitions change nothing of what is told (STO-1, SEM-11…14): nothing lost, nothing twice.
//!
//! `world` is what is watched, in complete ground truth; `life` runs the product's own pipeline over it; `mortal` is a store
//! that dies; `outcome` is everything that people can see of a run. All of it follows from a seed.

mod life;
pub mod mortal;
mod outcome;
mod random;
mod world;

use plumbline_store::{Options, SqliteStore};
use tempfile::TempDir;

use self::{
    life::{Cut, Way, live},
    mortal::{Deed, Fate},
    outcome::Outcome,
    world::World,
};

/// Runs a world to its end and reads what was told.
async fn told(world: &World, way: &Way) -> Outcome {
    let dir = TempDir::new().unwrap();
    live(world, dir.path(), way).await.unwrap();
    let store = SqliteStore::open(&dir, Options::default()).await.unwrap();
    Outcome::read(&store).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_world_gives_the_engine_something_to_tell() {
    let outcome = told(&World::new(1, 60), &Way::natural()).await;
    assert!(outcome.findings.len() >= 10, "{} findings", outcome.findings.len());
    assert!(outcome.findings.values().any(|(finding, _)| finding.resolution.is_some()), "some heal");
    assert_eq!(outcome.sagas.len(), 60);
    assert_eq!(outcome.traces.len(), 60);
    assert!(outcome.rollups.len() >= 10, "{} rollups", outcome.rollups.len());
    assert!(!outcome.messages.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_process_killed_at_every_point_tells_what_one_tells_that_lived() {
    let world = World::new(2, 12);
    let lived = told(&world, &Way::natural()).await;
    let fate = Fate::everywhere();
    let died = told(&world, &Way { fate: fate.clone(), ..Way::natural() }).await;
    lived.assert_same(&died, "killed everywhere");
    let deaths = fate.deaths();
    for deed in [Deed::Append, Deed::Commit, Deed::Save] {
        for after in [false, true] {
            let count = deaths.iter().filter(|point| (point.1, point.2) == (deed, after)).count();
            assert!(count >= 3, "only {count} deaths: {deed:?}, after it: {after}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_process_killed_now_and_then_tells_what_one_tells_that_lived() {
    for seed in 10..14 {
        let world = World::new(seed, 60);
        let lived = told(&world, &Way::natural()).await;
        let fate = Fate::sometimes(seed, 4);
        let died = told(&world, &Way { fate: fate.clone(), ..Way::natural() }).await;
        lived.assert_same(&died, &format!("seed {seed}, killed at {:?}", fate.deaths()));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_power_failure_takes_back_what_was_told_and_the_journal_tells_it_again() {
    for seed in 30..32 {
        let world = World::new(seed, 40);
        let lived = told(&world, &Way::natural()).await;
        let fate = Fate::sometimes(seed, 4);
        let died = told(&world, &Way { fate: fate.clone(), power_fails: true, ..Way::natural() }).await;
        assert!(fate.deaths().len() >= 3, "seed {seed}");
        lived.assert_same(&died, &format!("seed {seed}, power failed at {:?}", fate.deaths()));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn cutting_the_records_otherwise_changes_nothing() {
    let world = World::new(3, 40);
    let natural = told(&world, &Way::natural()).await;
    for cut in [Cut::Single, Cut::Whole] {
        natural.assert_same(&told(&world, &Way { cut, ..Way::natural() }).await, &format!("{cut:?}"));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn four_partitions_tell_what_one_tells() {
    for seed in 20..22 {
        let world = World::new(seed, 60);
        let one = told(&world, &Way::natural()).await;
        let four = told(&world, &Way { partitions: 4, ..Way::natural() }).await;
        one.assert_same(&four, &format!("seed {seed}"));
        let fate = Fate::sometimes(seed, 3);
        let killed = told(&world, &Way { partitions: 4, fate, ..Way::natural() }).await;
        one.assert_same(&killed, &format!("seed {seed}, killed"));
    }
}
