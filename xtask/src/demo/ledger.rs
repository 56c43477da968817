//! What the shop injected against what Plumbline found. Neither side knows of the other: they are compared here, by the key
//! or the saga instance that a fault struck.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;

use crate::shop::{Fault, Injection};

/// A finding, as far as it is compared (`GET /api/v1/findings`).
#[derive(Clone, PartialEq, Debug, Deserialize)]
pub struct Finding {
    pub id: String,
    pub rule: String,
    pub sentence: String,
    pub subject: Subject,
}

#[derive(Clone, PartialEq, Debug, Default, Deserialize)]
pub struct Subject {
    pub entity: Option<String>,
    pub key: Option<String>,
    pub replica: Option<String>,
    pub saga: Option<String>,
    pub instance: Option<String>,
    /// Of an operation.
    pub service: Option<String>,
    pub edge: Option<Edge>,
}

#[derive(Clone, PartialEq, Debug, Deserialize)]
pub struct Edge {
    pub from: String,
}

impl Finding {
    /// The page that shows it.
    pub fn page(&self) -> String {
        let Subject { entity, key, saga, instance, .. } = &self.subject;
        match (entity, key, saga, instance) {
            (Some(entity), Some(key), ..) => format!("/lineage/{entity}/{key}"),
            (_, _, Some(saga), Some(instance)) => format!("/sagas/{saga}/{instance}"),
            _ => "/latency".to_owned(),
        }
    }
}

/// What is new since the last look.
#[derive(Clone, PartialEq, Debug)]
pub enum News {
    /// An injected fault was found, so long after it happened.
    Found { fault: Fault, seconds: i64, finding: Finding },
    /// It was found for this fault as well.
    Also { fault: Fault, finding: Finding },
    /// Nobody injected it.
    Unexpected { finding: Finding },
}

#[derive(Default)]
pub struct Ledger {
    injected: Vec<Injection>,
    found: BTreeMap<usize, String>,
    told: BTreeSet<String>,
    unexpected: BTreeSet<String>,
}

impl Ledger {
    pub fn inject(&mut self, injection: Injection) {
        self.injected.push(injection);
    }

    /// Takes all findings, open and resolved, and gives what is new in them. Times are microseconds since 1970.
    pub fn look(&mut self, findings: &[Finding], now: i64) -> Vec<News> {
        let mut news = Vec::new();
        for finding in findings {
            if !self.told.insert(finding.id.clone()) {
                continue;
            }
            let finding = finding.clone();
            match self.injected.iter().position(|injection| fits(injection, &finding, now)) {
                None => {
                    self.unexpected.insert(finding.id.clone());
                    news.push(News::Unexpected { finding });
                }
                Some(index) => {
                    let Injection { fault, at, .. } = self.injected[index];
                    news.push(match self.found.insert(index, finding.id.clone()) {
                        Some(_) => News::Also { fault, finding },
                        None => News::Found { fault, seconds: (now - at) / 1_000_000, finding },
                    });
                }
            }
        }
        news
    }

    /// Lines that sum it up.
    pub fn summary(&self) -> Vec<String> {
        let mut lines = Vec::new();
        for fault in Fault::ALL {
            let all: Vec<usize> =
                (0..self.injected.len()).filter(|index| self.injected[*index].fault == fault).collect();
            if all.is_empty() {
                continue;
            }
            let found = all.iter().filter(|index| self.found.contains_key(index)).count();
            let line = match fault.expected() {
                Some(as_what) => format!("{found} of {} found, as {as_what}", all.len()),
                None if found == 0 => format!("{} injected; nobody is to be accused, and nobody is", all.len()),
                None => format!("{} injected, {found} shown", all.len()),
            };
            lines.push(format!("{:<20} {line}", fault.name()));
        }
        if lines.is_empty() {
            lines.push("no fault injected".to_owned());
        }
        lines.push(format!("{:<20} {}", "not injected", self.unexpected.len()));
        lines
    }

    pub fn unexpected(&self) -> usize {
        self.unexpected.len()
    }
}

/// Whether the finding is what the fault looks like.
fn fits(injection: &Injection, finding: &Finding, now: i64) -> bool {
    let subject = &finding.subject;
    let is = |field: &Option<String>, value: &str| field.as_deref() == Some(value);
    let of_replica = |replica| is(&subject.replica, replica) && is(&subject.key, &injection.subject);
    match injection.fault {
        Fault::LostUpdate | Fault::Reordered => of_replica("order-view"),
        Fault::StaleCache => of_replica("order-cache"),
        Fault::StuckPayment | Fault::FailedCompensation => is(&subject.instance, &injection.subject),
        // A hotspot is told of a place and not of an order: it fits while the fault is fresh.
        Fault::SlowEdge => {
            let from = subject.edge.as_ref().map(|edge| &edge.from).or(subject.service.as_ref());
            finding.rule == "hotspot" && from.is_some_and(|it| it == "payment") && now - injection.at < 600_000_000
        }
        Fault::Duplicates | Fault::BlindCollector => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn finding(id: &str, replica: &str, key: &str) -> Finding {
        let subject = Subject { key: Some(key.into()), replica: Some(replica.into()), ..Subject::default() };
        Finding { id: id.into(), rule: "convergence".into(), sentence: format!("{replica} {key}"), subject }
    }

    fn ledger() -> Ledger {
        let mut ledger = Ledger::default();
        ledger.inject(Injection { fault: Fault::LostUpdate, at: 10_000_000, subject: "o-1".into() });
        ledger
    }

    #[test]
    fn a_finding_of_what_was_struck_is_the_fault() {
        let mut ledger = ledger();
        let news = ledger.look(&[finding("f-1", "order-view", "o-1")], 21_000_000);
        assert!(matches!(news[..], [News::Found { fault: Fault::LostUpdate, seconds: 11, .. }]), "{news:?}");
        assert_eq!(ledger.look(&[finding("f-1", "order-view", "o-1")], 22_000_000), [], "it is told once");
        assert!(ledger.summary()[0].contains("1 of 1 found"), "{:?}", ledger.summary());
    }

    #[test]
    fn a_hotspot_is_the_slow_edge_where_payment_is_slow() {
        let mut ledger = Ledger::default();
        ledger.inject(Injection { fault: Fault::SlowEdge, at: 0, subject: String::new() });
        let hotspot = |id: &str, from: &str| {
            let subject = Subject { edge: Some(Edge { from: from.into() }), ..Subject::default() };
            Finding { id: id.into(), rule: "hotspot".into(), subject, sentence: "slower".into() }
        };
        ledger.look(&[hotspot("f-1", "payment"), hotspot("f-2", "gateway")], 90_000_000);
        assert_eq!((ledger.found.len(), ledger.unexpected()), (1, 1));
    }

    #[test]
    fn a_finding_of_another_key_or_place_was_not_injected() {
        let mut ledger = ledger();
        ledger.look(&[finding("f-1", "order-view", "o-2"), finding("f-2", "order-cache", "o-1")], 21_000_000);
        assert_eq!(ledger.unexpected(), 2);
    }
}
