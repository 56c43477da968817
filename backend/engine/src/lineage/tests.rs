//! Lineages of small histories: `orders` is the authority, `view` a copy that is given 5 s.

use plumbline_model::{
    EntityName, Lag, ObservationId, Position, ReceivedTime, SourceTime,
    api::VerdictWord,
    observation::{Cause, Route},
    rules::{Baseline, EntityRule, FieldRule, ReplicaRule},
    state::{Content, Field, FieldValue, StateKind},
};

use super::*;

fn rule() -> EntityRule {
    let replica = |name: &str, source: &str| ReplicaRule {
        name: name.into(),
        source: source.into(),
        within: Lag::from_secs(5),
        fields: vec!["status".into()],
        may_be_missing: false,
        probed: false,
        partial: false,
        baseline: Baseline::Empty,
    };
    EntityRule {
        name: "order".into(),
        fields: vec![FieldRule { name: "status".into(), authority: None }],
        authority: "orders".into(),
        replicas: vec![replica("orders", "orders-db"), replica("view", "view-db")],
        history: 8,
        decode: 0,
    }
}

/// `(replica, second, value)`; an empty value is a delete.
fn observations(seen: &[(&str, i64, &str)]) -> Vec<Observation> {
    let observation = |(index, (replica, second, value)): (usize, &(&str, i64, &str))| {
        let digest = value.bytes().fold(7, |hash: u64, byte| hash.wrapping_mul(31).wrapping_add(u64::from(byte)));
        let field = Field { name: "status".into(), value: FieldValue::Value { digest, text: (*value).into() } };
        let state = StateFact {
            entity: "order".into(),
            replica: (*replica).into(),
            key: "k".into(),
            kind: if value.is_empty() { StateKind::Delete } else { StateKind::Write },
            version: None,
            base: None,
            content: if value.is_empty() { Content::Absent } else { Content::Fields([field].into_iter().collect()) },
            not_held: Default::default(),
        };
        Observation {
            id: ObservationId {
                source: if *replica == "orders" { "orders-db".into() } else { "view-db".into() },
                partition: Default::default(),
                position: Position::offset(index as u64 + 1),
                part: 0,
            },
            at: SourceTime::from_secs(*second),
            received: ReceivedTime::from_secs(*second),
            route: Route::Key { entity: EntityName::new("order"), key: "k".into() },
            cause: Cause::default(),
            fact: Fact::State(Box::new(state)),
        }
    };
    seen.iter().enumerate().map(observation).collect()
}

/// The lineage, with both sources seen up to a second.
fn told(seen: &[(&str, i64, &str)], until: i64) -> Lineage {
    let mut frontiers = Frontiers::default();
    for source in ["orders-db", "view-db"] {
        frontiers.progress(&plumbline_model::journal::Progress {
            source: source.into(),
            partition: Default::default(),
            position: None,
            frontier: Some(SourceTime::from_secs(until)),
            proof: plumbline_model::journal::Proof::LogEnd,
            partitions: 1,
        });
    }
    lineage(&rule(), &"k".into(), &observations(seen), &frontiers)
}

/// The copy's bands as `second:verdict`.
fn bands(lineage: &Lineage) -> Vec<String> {
    let band = |band: &plumbline_model::lineage::Band| {
        let reason = band.reason.as_ref().map(|reason| format!(" {reason}")).unwrap_or_default();
        format!("{}:{}{reason}", band.from.0 / 1_000_000_000, band.verdict.word())
    };
    lineage.replicas[1].bands.iter().map(band).collect()
}

#[test]
fn a_copy_that_follows_in_time_lags_and_converges() {
    let lineage =
        told(&[("orders", 0, "placed"), ("view", 1, "placed"), ("orders", 10, "paid"), ("view", 12, "paid")], 30);
    assert_eq!(bands(&lineage), ["0:lagging", "1:converged", "10:lagging", "12:converged"]);
    let view = &lineage.replicas[1].changes;
    assert_eq!((view[1].equals_authority, view[1].lag_seconds), (Some(true), Some(2.0)));
    assert_eq!(view[1].shows.as_deref(), Some("orders-db@3"));
}

#[test]
fn a_copy_that_misses_a_write_diverges_at_its_deadline_and_not_before() {
    let lineage = told(&[("orders", 0, "placed"), ("view", 1, "placed"), ("orders", 10, "paid")], 30);
    assert_eq!(bands(&lineage), ["0:lagging", "1:converged", "10:lagging", "15:diverged stale"]);
    let early = told(&[("orders", 0, "placed"), ("view", 1, "placed"), ("orders", 10, "paid")], 12);
    assert_eq!(bands(&early).last().map(String::as_str), Some("10:lagging"), "nobody has seen the deadline pass");
    assert_eq!(lineage.replicas[1].now().map(|band| band.verdict), Some(VerdictWord::Diverged));
}

#[test]
fn what_may_expire_does_not_disagree_by_having_expired() {
    let seen = observations(&[("orders", 0, "placed"), ("view", 1, "placed"), ("view", 9, "")]);
    let of = |may_be_missing: bool| {
        let mut rule = rule();
        rule.replicas[1].may_be_missing = may_be_missing;
        let lineage = lineage(&rule, &"k".into(), &seen, &Frontiers::default());
        lineage.replicas[1].changes[1].equals_authority
    };
    assert_eq!((of(true), of(false)), (None, Some(false)));
}

#[test]
fn the_state_as_of_a_time_names_what_differs_and_who_wrote_it() {
    let lineage =
        told(&[("orders", 0, "placed"), ("view", 1, "placed"), ("orders", 10, "paid"), ("orders", 20, "placed")], 30);
    let then = state_at(&lineage, SourceTime::from_secs(11));
    assert_eq!(then.differing, ["status"]);
    assert_eq!(then.replicas[1].fields[0].blame.as_ref().map(|it| it.change.as_str()), Some("view-db@2"));
    let now = state_at(&lineage, SourceTime::from_secs(21));
    assert_eq!(now.differing, Vec::<String>::new());
    let blame = now.replicas[0].fields[0].blame.clone().unwrap();
    assert_eq!(
        (blame.change.as_str(), blame.reverts.as_deref()),
        ("orders-db@4", Some("orders-db@1")),
        "a revert blames the revert"
    );
    let before = state_at(&lineage, SourceTime::from_secs(-5));
    assert_eq!(before.replicas[0].present, None);
}

#[test]
fn a_delete_that_a_copy_does_not_follow_leaves_an_orphan() {
    let lineage = told(&[("orders", 0, "placed"), ("view", 1, "placed"), ("orders", 10, "")], 30);
    assert_eq!(bands(&lineage).last().map(String::as_str), Some("15:diverged orphan"));
    assert!(!lineage.replicas[0].changes[1].present);
}
