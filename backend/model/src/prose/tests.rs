//! Each sentence as a reader sees it: what is pinned here is what the dashboard, the report and the messages say.

use crate::{
    CorrelationId, EntityName, EventType, Key, ObservationId, Position, ReceivedTime, ReplicaName, SagaName,
    SourceName, SourceTime, finding::*, incident::*, prose, time::Lag, verdict::Reason,
};

fn at(text: &str) -> SourceTime {
    SourceTime::parse(&format!("2026-11-21T{text}Z")).unwrap()
}

fn seen(text: &str) -> ReceivedTime {
    ReceivedTime(at(text).0)
}

fn divergence(reason: Reason) -> Finding {
    Finding {
        id: FindingId(1),
        rule: Rule::Convergence,
        subject: Subject::Replica {
            entity: EntityName::new("order"),
            key: Key::new("o-48213"),
            replica: ReplicaName::new("order-view"),
        },
        severity: Severity::High,
        since: Some(at("14:54:07")),
        due: Some(at("14:54:17")),
        opened: seen("14:54:19"),
        resolution: None,
        detail: Detail::Divergence {
            reason,
            fields: Vec::new(),
            behind: Some(2),
            expected_version: None,
            held_version: None,
        },
        evidence: vec![Evidence {
            id: ObservationId {
                source: SourceName::new("orders-db"),
                partition: "".into(),
                position: Position::offset(8),
                part: 0,
            },
            at: at("14:54:07"),
            role: EvidenceRole::Expected,
        }],
        frontiers: Vec::new(),
    }
}

fn stuck(rule: Rule, step: &str, waiting_for: &str, owed: &[(&str, Option<&str>)]) -> Finding {
    Finding {
        rule,
        subject: Subject::Saga {
            saga: SagaName::new("checkout"),
            instance: CorrelationId::new("o-48190"),
            step: Some(step.into()),
        },
        since: Some(at("14:32:58")),
        due: Some(at("14:34:58")),
        opened: seen("14:34:59"),
        detail: Detail::Stuck {
            waiting_for: vec![waiting_for.into()],
            owner: Some("payment".into()),
            after: Some("stock.reserved".into()),
            within: Lag::from_secs(120),
            owed: owed
                .iter()
                .map(|(done, undo)| Owed { done: (*done).into(), undo: undo.map(EventType::new) })
                .collect(),
        },
        evidence: Vec::new(),
        ..divergence(Reason::Stale)
    }
}

fn incident(rule: Rule, place: &str, reason: &str, open: u32) -> Incident {
    Incident {
        id: IncidentId(7),
        number: 214,
        cause: IncidentKey { rule, place: place.into(), reason: reason.into(), partition: "".into() },
        severity: Severity::High,
        state: IncidentState::Open,
        since: Some(at("14:54:02")),
        opened: seen("14:54:33"),
        resolved: None,
        acknowledged: None,
        open_findings: open,
        all_findings: open,
        findings: Vec::new(),
        notes: Vec::new(),
        updated: seen("14:54:33"),
    }
}

#[test]
fn a_stale_copy_says_both_versions_and_since_when() {
    let mut finding = divergence(Reason::Stale);
    finding.detail = Detail::Divergence {
        reason: Reason::Stale,
        fields: Vec::new(),
        behind: Some(2),
        expected_version: Some(8),
        held_version: Some(6),
    };
    assert_eq!(
        prose::finding(&finding),
        "order-view is stale for order o-48213: it holds version 6, orders-db is at 8 since 14:54:07"
    );
}

#[test]
fn without_versions_the_updates_are_counted() {
    assert_eq!(
        prose::finding(&divergence(Reason::Stale)),
        "order-view is stale for order o-48213: it is 2 updates behind orders-db since 14:54:07"
    );
}

#[test]
fn every_reason_has_a_sentence_of_its_own() {
    let mut said: Vec<_> = Reason::ALL.map(|reason| prose::finding(&divergence(reason))).to_vec();
    assert!(said.iter().all(|it| it.contains("o-48213") && it.contains("order-view")), "{said:#?}");
    said.sort();
    said.dedup();
    assert_eq!(said.len(), Reason::ALL.len());
}

#[test]
fn fields_show_values_only_where_they_are_kept() {
    let mut finding = divergence(Reason::Conflicting);
    finding.detail = Detail::Divergence {
        reason: Reason::Conflicting,
        fields: vec![
            FieldDiff { field: "status".into(), expected: Some("shipped".into()), held: Some("paid".into()) },
            FieldDiff { field: "total".into(), expected: None, held: None },
        ],
        behind: None,
        expected_version: Some(6),
        held_version: Some(6),
    };
    assert_eq!(
        prose::finding(&finding),
        "order-view holds version 6 of order o-48213 with other content than orders-db since 14:54:07: \
         status is \"paid\", expected \"shipped\" and total differs"
    );
}

#[test]
fn values_that_only_their_type_makes_differ_are_said_to_be_alike() {
    let said = |expected: &str, held: &str| {
        let field = FieldDiff { field: "f".into(), expected: Some(expected.into()), held: Some(held.into()) };
        let detail = Detail::Divergence {
            reason: Reason::Conflicting,
            fields: vec![field],
            behind: None,
            expected_version: None,
            held_version: None,
        };
        prose::finding(&Finding { detail, ..divergence(Reason::Conflicting) })
    };
    assert!(said("10.00", "10.0").ends_with("f is \"10.0\", expected \"10.00\" (equal as numbers)"));
    assert!(said("Paid", " paid").ends_with("(equal but for case and space)"));
    for (expected, held) in [("10.00", "10.1"), ("paid", "placed"), ("inf", "Infinity"), ("NaN", "nan ")] {
        assert!(!said(expected, held).contains("as numbers"), "{held} {expected}");
    }
}

#[test]
fn what_was_so_before_watching_claims_no_time() {
    let finding = Finding { since: None, ..divergence(Reason::Missing) };
    assert_eq!(
        prose::finding(&finding),
        "order-view lacks order o-48213, which orders-db has since before it was watched"
    );
}

#[test]
fn a_stuck_saga_says_what_it_waits_for_from_whom_and_what_is_owed() {
    let owed = [("stock.reserved", Some("stock.released")), ("payment.captured", Some("payment.refunded"))];
    assert_eq!(
        prose::finding(&stuck(Rule::SagaStep, "parcel.shipped", "parcel.shipped", &owed)),
        "checkout o-48190 waits for parcel.shipped from payment since 14:32:58, 2 m were declared; \
         payment.captured, but neither parcel.shipped nor payment.refunded; stock.reserved, but not stock.released"
    );
    let undone = [("stock.reserved", Some("stock.released"))];
    assert!(
        prose::finding(&stuck(Rule::SagaStep, "stock.released", "stock.released", &undone))
            .ends_with("; stock.reserved, but not stock.released")
    );
    assert_eq!(
        prose::finding(&stuck(Rule::SagaStep, "stock.reserved", "stock.reserved", &[])),
        "checkout o-48190 waits for stock.reserved from payment since 14:32:58, 2 m were declared",
        "nothing was done, so nothing is owed"
    );
}

#[test]
fn a_step_left_out_says_that_the_run_was_completed_without_it() {
    let mut finding = stuck(Rule::SagaStep, "stock.reserved", "stock.reserved", &[]);
    finding.detail = Detail::Skipped { left_out: "stock.reserved".into(), owner: Some("stock".into()) };
    let mut resolution =
        Resolution { at: finding.since, found: finding.opened, how: Resolved::Superseded, evidence: None };
    finding.resolution = Some(resolution.clone());
    let said = "checkout o-48190 was completed at 14:32:58 without stock.reserved from stock";
    assert_eq!(prose::finding(&finding), said, "it was over with the run, and came not right");
    resolution.how = Resolved::Disproved;
    finding.resolution = Some(resolution);
    assert_eq!(
        prose::finding(&finding),
        format!("{said}; a record that came late shows that it had been right in time")
    );
    let key = incident(Rule::SagaStep, "checkout/stock.reserved", "skipped", 0);
    let over = Incident { all_findings: 3, state: IncidentState::Resolved, resolved: Some(key.opened), ..key };
    let said = prose::incident(&over, None, over.opened);
    assert!(said.starts_with("3 checkouts were completed without stock.reserved"), "{said}");
}

#[test]
fn an_owed_compensation_says_what_is_not_undone() {
    let owed = [("payment.captured", Some("payment.refunded"))];
    assert_eq!(
        prose::finding(&stuck(Rule::SagaCompensation, "payment.captured", "payment.refunded", &owed)),
        "checkout o-48190 failed at 14:32:58 and payment.captured is not undone: \
         payment.refunded from payment was due within 2 m"
    );
}

#[test]
fn an_owed_compensation_of_a_step_done_after_the_failure_says_both_times() {
    let owed = [("payment.captured", Some("payment.refunded"))];
    let mut finding = stuck(Rule::SagaCompensation, "payment.captured", "payment.refunded", &owed);
    let mut failure = divergence(Reason::Stale).evidence.remove(0);
    (failure.at, failure.role) = (at("14:30:00"), EvidenceRole::Ended);
    finding.evidence = vec![failure];
    assert_eq!(
        prose::finding(&finding),
        "checkout o-48190 failed at 14:30:00, payment.captured was done all the same at 14:32:58 and is not undone: \
         payment.refunded from payment was due within 2 m"
    );
}

#[test]
fn a_resolved_finding_says_how_it_ended() {
    let ended = |how, at: Option<SourceTime>| {
        let resolution = Resolution { at, found: seen("14:40:00"), how, evidence: None };
        let finding = Finding { resolution: Some(resolution), ..stuck(Rule::SagaStep, "a", "a", &[]) };
        prose::finding(&finding).split_once("; ").unwrap().1.to_owned()
    };
    assert_eq!(ended(Resolved::Late, Some(at("14:37:58"))), "it came right 3 m late, at 14:37:58");
    assert_eq!(ended(Resolved::Superseded, Some(at("14:36:00"))), "it went on without at 14:36:00");
    assert_eq!(
        ended(Resolved::Disproved, Some(at("14:33:00"))),
        "a record that came late shows that it had been right in time"
    );
}

#[test]
fn headlines_count_and_a_single_subject_is_named() {
    let now = seen("15:20:00");
    let stale = |open| incident(Rule::Convergence, "order/order-view", "stale", open);
    assert_eq!(prose::incident(&stale(38), None, now), "order-view misses updates of 38 orders since 14:54");
    let example = divergence(Reason::Stale);
    assert_eq!(
        prose::incident(&stale(1), Some(&example), now),
        "order-view misses updates of order o-48213 since 14:54"
    );
    assert_eq!(
        prose::incident(&stale(2), Some(&example), now),
        "order-view misses updates of 2 orders since 14:54",
        "an example of several is not the subject"
    );
    let stuck = |open| incident(Rule::SagaStep, "checkout/payment.captured", "stuck", open);
    assert_eq!(
        prose::incident(&stuck(3), None, seen("15:41:02")),
        "3 checkouts are stuck at payment.captured, the longest for 47 m"
    );
    assert_eq!(
        prose::incident(&incident(Rule::SagaWhole, "checkout", "stuck", 1), None, seen("15:41:02")),
        "1 checkout has not ended in time, for 47 m"
    );
}

#[test]
fn an_incident_that_is_over_is_told_in_the_past() {
    let mut over = incident(Rule::Convergence, "order/order-view", "stale", 0);
    over.state = IncidentState::Resolved;
    over.all_findings = 38;
    over.resolved = Some(seen("15:20:10"));
    over.cause.partition = "3".into();
    assert_eq!(
        prose::incident(&over, None, seen("15:30:00")),
        "order-view missed updates of 38 orders in partition 3 from 14:54 to 15:20"
    );
}

#[test]
fn another_day_is_named() {
    let before = SourceTime::parse("2026-11-19T08:00:00Z").unwrap();
    assert_eq!(prose::clock(before, seen("10:00:00")), "19 Nov 08:00:00");
    let long_before = SourceTime::parse("2025-01-02T08:00:00Z").unwrap();
    assert_eq!(prose::minute_clock(long_before, seen("10:00:00")), "2 Jan 2025 08:00");
}

#[test]
fn small_words() {
    let plurals: Vec<_> = ["order", "stock-item", "copy", "day", "box", "batch"].map(prose::plural).to_vec();
    assert_eq!(plurals, ["orders", "stock-items", "copies", "days", "boxes", "batches"]);
    assert_eq!(prose::counted(412_306, "order"), "412,306 orders");
    assert_eq!(prose::counted(0, "order"), "0 orders");
    assert_eq!(prose::list(["a", "b", "c"], "or"), "a, b or c");
}

#[test]
fn stamped_sentences_say_the_zone_of_their_times() {
    let finding = divergence(Reason::Stale);
    assert_eq!(
        prose::finding_in(&finding, prose::Times::Stamped),
        "order-view is stale for order o-48213: it is 2 updates behind orders-db since 2026-11-21T14:54:07Z"
    );
    let mut over = incident(Rule::Convergence, "order/order-view", "stale", 0);
    (over.state, over.all_findings, over.resolved) = (IncidentState::Resolved, 38, Some(seen("15:20:10")));
    assert_eq!(
        prose::incident_in(&over, None, seen("15:30:00"), prose::Times::Stamped),
        "order-view missed updates of 38 orders from 2026-11-21T14:54Z to 2026-11-21T15:20Z"
    );
}
