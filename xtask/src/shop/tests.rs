//! The shop against a brute-force oracle over everything that happened (SEM-22): without faults every promise of the demo's
//! configuration is kept, and with them exactly the labelled ones are broken.

use std::collections::{BTreeMap, BTreeSet};

use super::*;

const WITHIN: i64 = 5 * SECOND;
/// The time that a step of the checkout is given, and its compensation.
const STEP_WITHIN: i64 = 8 * SECOND;

fn settings(seed: u64, faults: Vec<Fault>) -> Settings {
    Settings { seed, rate: 3.0, faults, tag: "t".into() }
}

/// Everything that happens in `seconds`, in steps as coarse as real time makes them.
fn happen(seed: u64, faults: Vec<Fault>, seconds: i64) -> (Vec<Fact>, Vec<Injection>) {
    let mut shop = Shop::new(settings(seed, faults), 0);
    let mut facts = Vec::new();
    for step in 1..=seconds * 20 {
        facts.extend(shop.advance(step * 50 * MILLI));
    }
    (facts, shop.injected())
}

fn cloud(fact: &Fact) -> Option<&CloudEvent> {
    match &fact.told {
        Told::Cloud(event) => Some(event),
        Told::Span(_) => None,
    }
}

/// Status by time of each key in a place.
fn history(facts: &[Fact], feed: Feed, field: &str) -> BTreeMap<String, Vec<(i64, String)>> {
    let mut history: BTreeMap<String, Vec<(i64, String)>> = BTreeMap::new();
    for (fact, event) in facts.iter().filter(|fact| fact.feed == feed).filter_map(|fact| Some((fact, cloud(fact)?))) {
        let value = if event.kind.ends_with(".expired") { "absent".to_owned() } else { event.data[field].to_string() };
        history.entry(event.subject.clone()).or_default().push((fact.at, value));
    }
    history
}

/// Keys of which a copy does not show, `WITHIN` after a write of the owner, that write or a newer one. `excused`: absence.
fn diverged(facts: &[Fact], copy: Feed, field: &str, until: i64, excused: bool) -> BTreeSet<String> {
    let (owner, owner_field) =
        if copy == Feed::StockView { (Feed::StockDb, "available") } else { (Feed::OrdersDb, "status") };
    let copies = history(facts, copy, field);
    let mut wrong = BTreeSet::new();
    for (key, writes) in history(facts, owner, owner_field) {
        for (at, value) in &writes {
            let holds = copy != Feed::ShippingDb || value != "\"placed\"";
            if at + WITHIN > until || !holds {
                continue;
            }
            // Every second from the deadline on, the copy holds a value that was current in the time it is given.
            for now in ((at + WITHIN)..until).step_by(SECOND as usize) {
                let held = copies
                    .get(&key)
                    .and_then(|seen| seen.iter().rfind(|(seen, _)| *seen <= now))
                    .map(|(_, value)| value);
                let current = writes.iter().enumerate().any(|(index, (_, value))| {
                    let ended = writes.get(index + 1).map_or(i64::MAX, |next| next.0);
                    held == Some(value) && ended >= now - WITHIN
                });
                let absent = held.is_none_or(|value| value == "absent");
                if !(current || absent && excused) {
                    wrong.insert(key.clone());
                }
            }
        }
    }
    wrong
}

/// Checkouts that did not take their next step in time, or did not undo what a cancelled one had done.
fn stuck(facts: &[Fact], until: i64) -> BTreeSet<String> {
    let mut sagas: BTreeMap<String, Vec<(i64, &str)>> = BTreeMap::new();
    for (fact, event) in
        facts.iter().filter(|fact| fact.feed == Feed::Events).filter_map(|fact| Some((fact, cloud(fact)?)))
    {
        sagas.entry(event.correlation.clone().unwrap()).or_default().push((fact.at, event.kind));
    }
    let late = |events: &[(i64, &str)]| {
        let at = |kind: &str| events.iter().find(|event| event.1 == kind).map(|event| event.0);
        let overdue = |from: Option<i64>, kind: &str| {
            from.is_some_and(|from| from + STEP_WITHIN < until && at(kind).is_none_or(|at| at > from + STEP_WITHIN))
        };
        let cancelled = at("order.cancelled");
        let ordinary = [
            ("order.placed", "stock.reserved"),
            ("stock.reserved", "payment.captured"),
            ("payment.captured", "parcel.shipped"),
            ("parcel.shipped", "order.completed"),
        ];
        match cancelled {
            Some(_) => overdue(cancelled, "stock.released"),
            None => ordinary.iter().any(|(from, to)| overdue(at(from), to)),
        }
    };
    sagas.into_iter().filter(|(_, events)| late(events)).map(|(id, _)| id).collect()
}

fn struck(injections: &[Injection], faults: &[Fault]) -> BTreeSet<String> {
    injections.iter().filter(|it| faults.contains(&it.fault)).map(|it| it.subject.clone()).collect()
}

#[test]
fn the_same_seed_gives_the_same_shop_however_time_is_cut() {
    let mut coarse = Shop::new(settings(3, Fault::ALL.to_vec()), 0);
    let whole = coarse.advance(100 * SECOND);
    let (fine, _) = happen(3, Fault::ALL.to_vec(), 100);
    assert_eq!(whole, fine);
    assert_ne!(whole, happen(4, Fault::ALL.to_vec(), 100).0);
}

#[test]
fn without_faults_every_promise_is_kept() {
    for seed in 0..4 {
        let (facts, injections) = happen(seed, Vec::new(), 150);
        let until = 150 * SECOND;
        assert!(facts.len() > 8_000, "little happens: {}", facts.len());
        for (copy, field) in [(Feed::OrderView, "state"), (Feed::ShippingDb, "status"), (Feed::StockView, "available")]
        {
            assert_eq!(diverged(&facts, copy, field, until, false), BTreeSet::new(), "seed {seed} {copy:?}");
        }
        assert_eq!(diverged(&facts, Feed::OrderCache, "status", until, true), BTreeSet::new(), "seed {seed}");
        assert_eq!(stuck(&facts, until), BTreeSet::new(), "seed {seed}");
        assert_eq!(injections, []);
    }
}

#[test]
fn with_faults_the_labelled_promises_are_broken_and_no_others() {
    for seed in 0..3 {
        let (facts, injections) = happen(seed, Fault::ALL.to_vec(), 300);
        let until = 300 * SECOND;
        let view = diverged(&facts, Feed::OrderView, "state", until, false);
        let expected = struck(&injections, &[Fault::LostUpdate, Fault::Reordered]);
        // What was struck at the very end is not due yet.
        assert_eq!(view, expected, "seed {seed}");
        assert_eq!(
            diverged(&facts, Feed::OrderCache, "status", until, true),
            struck(&injections, &[Fault::StaleCache])
        );
        assert_eq!(stuck(&facts, until), struck(&injections, &[Fault::StuckPayment, Fault::FailedCompensation]));
        let kinds: BTreeSet<Fault> = injections.iter().map(|injection| injection.fault).collect();
        assert_eq!(kinds.len(), Fault::ALL.len(), "every fault is labelled: {kinds:?}");
        assert_eq!(diverged(&facts, Feed::StockView, "available", until, false), BTreeSet::new());
    }
}

#[test]
fn ids_are_unique_and_spans_have_their_parents() {
    let (facts, _) = happen(1, Fault::ALL.to_vec(), 120);
    let mut ids = BTreeSet::new();
    for (fact, event) in facts.iter().filter_map(|fact| Some((fact, cloud(fact)?))) {
        assert!(ids.insert((fact.feed, event.id.clone())), "{} comes twice in {:?}", event.id, fact.feed);
    }
    let spans: Vec<&Span> =
        facts.iter().filter_map(|fact| if let Told::Span(span) = &fact.told { Some(span) } else { None }).collect();
    let known: BTreeSet<u64> = spans.iter().map(|span| span.context.span).collect();
    assert_eq!(known.len(), spans.len(), "span ids are unique");
    // The parents of the last spans may not have ended yet.
    let settled = spans.iter().filter(|span| span.end < 90 * SECOND);
    for span in settled {
        assert!(span.start < span.end, "{} takes no time", span.name);
        assert!(span.parent.is_none_or(|parent| known.contains(&parent)), "{} has no parent", span.name);
    }
}

#[test]
fn delivery_loses_nothing_and_is_late_only_where_the_sender_is_blind() {
    let (facts, _) = happen(2, Fault::ALL.to_vec(), 240);
    let mut delivery = Delivery::new(2, Fault::ALL.to_vec(), 0);
    let mut delivered = Vec::new();
    let mut facts_left = facts.iter().peekable();
    for now in (0..260 * SECOND).step_by(50_000) {
        while let Some(fact) = facts_left.next_if(|fact| fact.at <= now) {
            delivery.push(fact.clone());
        }
        delivered.extend(delivery.due(now).into_iter().map(|fact| (now, fact)));
    }
    assert!(delivered.len() > facts.len(), "some come twice");
    let late: BTreeSet<Feed> =
        delivered.iter().filter(|(at, fact)| at - fact.at > SECOND).map(|(_, fact)| fact.feed).collect();
    assert_eq!(late, BTreeSet::from([Feed::OrderView]));
    let arrived: BTreeSet<String> = delivered.iter().map(|(_, fact)| format!("{fact:?}")).collect();
    let lost = facts.iter().find(|fact| !arrived.contains(&format!("{fact:?}")));
    assert_eq!(lost, None);
}
