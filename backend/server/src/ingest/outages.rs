//! Sources that Plumbline reads itself and cannot reach: what was last said of each, until it is seen again. It is for people;
//! verdicts follow from frontiers, which stand still meanwhile.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use plumbline_model::{ReceivedTime, SourceName};

/// Shared by the readers, which know, and by the pages. Cheap to clone.
#[derive(Clone, Default)]
pub struct Outages(Arc<Mutex<BTreeMap<SourceName, Outage>>>);

struct Outage {
    since: ReceivedTime,
    /// What was said, the last at the end: "all brokers are down" alone would hide why.
    said: Vec<String>,
}

/// Things said of one outage at most.
const SAID: usize = 3;

impl Outages {
    /// Something stood in the way of reading.
    pub fn met(&self, source: &SourceName, words: &str, now: ReceivedTime) {
        // How long a try took is new each time, and nothing to a reader.
        let words = words.split_once(" (after ").map_or(words, |(gist, _)| gist);
        let mut all = self.lock();
        let outage = all.entry(source.clone()).or_insert_with(|| Outage { since: now, said: Vec::new() });
        outage.said.retain(|known| known != words);
        if outage.said.len() == SAID {
            outage.said.remove(0);
        }
        outage.said.push(words.to_owned());
    }

    /// The source was read, or vouched for, without trouble.
    pub fn over(&self, source: &SourceName) {
        self.lock().remove(source);
    }

    /// What is wrong, and since when; `None` while all is well.
    pub fn words(&self, source: &SourceName) -> Option<String> {
        self.lock().get(source).map(|it| format!("since {}: {}", it.since, it.said.join("; ")))
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<SourceName, Outage>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_said_is_told_since_the_first_until_it_is_over() {
        let outages = Outages::default();
        let orders = SourceName::new("orders");
        assert_eq!(outages.words(&orders), None);
        let at = ReceivedTime::from_secs(1_795_262_400);
        outages.met(&orders, "Connection refused (after 3ms in state CONNECT)", at);
        outages.met(&orders, "all brokers are down", at);
        outages.met(&orders, "Connection refused (after 0ms in state CONNECT)", ReceivedTime::from_secs(1_795_262_460));
        let words = outages.words(&orders).unwrap();
        assert_eq!(words, "since 2026-11-21T12:00:00Z: all brokers are down; Connection refused");
        for number in 0..9 {
            outages.met(&orders, &format!("trouble {number}"), at);
        }
        assert!(outages.words(&orders).unwrap().ends_with(": trouble 6; trouble 7; trouble 8"));
        outages.over(&orders);
        assert_eq!(outages.words(&orders), None);
    }
}
