//! What is true of every story, whatever is found, resolved and commanded when.

use std::collections::{BTreeMap, BTreeSet};

use plumbline_model::incident::IncidentState;
use proptest::{collection::vec, prelude::*};

use super::timeline::{Outcome, tell};

/// A line of a story: findings of two causes come and go, and people meddle.
fn line() -> impl Strategy<Value = String> {
    let place = |finding: u8| if finding.is_multiple_of(2) { "order/order-view" } else { "order/order-cache" };
    let severity = prop_oneof![Just("warning"), Just("high")];
    prop_oneof![
        4 => (1_u8..7, severity.clone()).prop_map(move |(f, how)| format!("open f{f} stale {} o-{f} {how}", place(f))),
        3 => (1_u8..7).prop_map(|f| format!("resolve f{f}")),
        1 => (1_u8..7, severity).prop_map(move |(f, how)| format!("revise f{f} stale {} o-{f} {how}", place(f))),
        1 => (1_u8..5, prop_oneof![Just("ack"), Just("close"), Just("again")]).prop_map(|(n, act)| format!("{act} {n}")),
        1 => (1_u8..80).prop_map(|until| format!("silence replica=order-view until {until}s")),
    ]
}

/// Decisions of one incident, without its number and time: `told on-call opened`.
fn by_incident(outcome: &Outcome) -> BTreeMap<&str, Vec<&str>> {
    let mut decisions: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for decision in &outcome.decisions {
        let (said, number) = decision.rsplit_once('#').unwrap();
        decisions.entry(number).or_default().push(said.split_once(' ').unwrap().1.trim());
    }
    decisions
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn whoever_is_told_the_beginning_is_told_the_end(lines in vec((0_u8..60, line()), 1..40)) {
        let mut lines = lines;
        lines.sort_by_key(|(at_s, _)| *at_s);
        let acts: String = lines.iter().map(|(at_s, line)| format!("{at_s}s {line}\n")).collect();
        let outcome = tell(&format!("rules group_wait 5s; repeat 30s\nroute on-call\n{acts}end 100s"));

        let mut open = BTreeSet::new();
        for incident in outcome.incidents.values() {
            let ended = incident.state == IncidentState::Resolved;
            prop_assert_eq!(ended, incident.resolved.is_some());
            prop_assert!(ended || incident.open_findings > 0, "{incident:?} has nothing open");
            prop_assert!(ended || open.insert(incident.cause.clone()), "two open incidents of {:?}", incident.cause);
            prop_assert!(incident.open_findings <= incident.all_findings);
        }
        let decisions = by_incident(&outcome);
        for (number, said) in &decisions {
            let told = |what: &str| said.iter().filter(|it| it.starts_with(&format!("told on-call {what}"))).count();
            let incident = &outcome.incidents[&number.parse::<u32>().unwrap()];
            prop_assert!(told("opened") <= 1 && told("ended") <= 1, "{said:?}");
            let began = told("opened") + told("asked") > 0;
            prop_assert!(began || told("worse") + told("repeated") + told("ended") == 0, "told of nothing before: {said:?}");
            if incident.state == IncidentState::Resolved {
                let silenced = said.iter().any(|it| it.contains("silenced"));
                let ended = told("ended") == 1 || silenced || said.iter().any(|it| it.contains("ended before"));
                prop_assert!(ended, "its end was decided upon: {said:?}");
            }
        }
        let ids: BTreeSet<_> = outcome.messages.iter().map(|message| &message.id).collect();
        prop_assert_eq!(ids.len(), outcome.messages.len(), "each message has an id of its own");
        let told = outcome.decisions.iter().filter(|it| !it.contains("not told")).count();
        prop_assert_eq!(told, outcome.messages.len(), "each decision to tell has one message, and no other has");
    }
}
