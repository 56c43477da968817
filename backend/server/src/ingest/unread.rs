//! What of a batch could not be read, as gaps: it may be what somebody seems to lack, so nobody is accused of what it could
//! explain (ENG-4). One gap of a partition and batch at most, so that a flood of garbage cannot fill the journal with them.

use std::collections::BTreeMap;

use plumbline_collectors::{Decoded, Issue, IssueKind, RawRecord};
use plumbline_engine::frontier::Frontiers;
use plumbline_model::{
    Partition, ReceivedTime, SourceName, SourceTime,
    journal::{Gap, GapReason},
};

/// Whether those who send are known: by a token, or because they may write to the topic that is read.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Senders {
    Known,
    /// Anybody who reaches the port. What is no event at all may come from a stranger, a scanner of ports for one, and must not
    /// blind a source that is fine; what is an event, and cannot be read further, comes from one of the source's own.
    Anybody,
}

/// Gathers what of a batch could not be read.
pub struct Unread<'a> {
    source: &'a SourceName,
    senders: Senders,
    frontiers: &'a Frontiers,
    /// From when to when something of a partition could not be read.
    spans: BTreeMap<Partition, (SourceTime, SourceTime)>,
    /// The greatest time of each partition in the batch so far.
    read: BTreeMap<Partition, SourceTime>,
}

impl<'a> Unread<'a> {
    pub fn new(source: &'a SourceName, senders: Senders, frontiers: &'a Frontiers) -> Self {
        Self { source, senders, frontiers, spans: BTreeMap::new(), read: BTreeMap::new() }
    }

    /// Takes the next record of the batch, and what it gave.
    pub fn take(&mut self, record: &RawRecord, decoded: &Decoded) {
        let times = || decoded.observations.iter().map(|observation| observation.at);
        let own = times().min().zip(times().max());
        if decoded.issues.iter().any(|issue| self.hides(issue)) {
            // A record of a log stands at its time, or before its arrival; of a pushed batch nobody knows which event was bad.
            match own.filter(|_| record.offset.is_some()) {
                Some((from, to)) => self.span(&record.partition, from, to),
                None => self.until(&record.partition, record.timestamp, record.received),
            }
        }
        if let Some((_, to)) = own {
            let read = self.read.entry(record.partition.clone()).or_insert(to);
            *read = to.max(*read);
        }
    }

    /// A request of which nothing could be read.
    pub fn request(&mut self, received: ReceivedTime) {
        if self.senders == Senders::Known {
            self.until(&Partition::default(), None, received);
        }
    }

    /// The gaps of the batch.
    pub fn gaps(self) -> Vec<Gap> {
        let gap = |(partition, (from, to))| Gap {
            source: self.source.clone(),
            partition: Some(partition),
            from,
            to: Some(to),
            reason: GapReason::Poison,
        };
        self.spans.into_iter().map(gap).collect()
    }

    fn hides(&self, issue: &Issue) -> bool {
        let no_event = matches!(issue.kind, IssueKind::Malformed | IssueKind::Envelope);
        issue.kind.hides() && (self.senders == Senders::Known || !no_event)
    }

    /// It came between what was read last and its arrival; everything at or before the frontier was read (SEM-2).
    fn until(&mut self, partition: &Partition, timestamp: Option<SourceTime>, received: ReceivedTime) {
        let received = SourceTime(received.0);
        let to = timestamp.map_or(received, |timestamp| timestamp.min(received));
        let frontier = || self.frontiers.source(self.source)?.partitions.get(partition)?.frontier;
        let from = self.read.get(partition).copied().or_else(frontier).unwrap_or(to);
        self.span(partition, from.min(to), to);
    }

    fn span(&mut self, partition: &Partition, from: SourceTime, to: SourceTime) {
        let span = self.spans.entry(partition.clone()).or_insert((from, to));
        *span = (span.0.min(from), span.1.max(to));
    }
}

#[cfg(test)]
mod tests {
    use plumbline_collectors::Decoder;
    use plumbline_model::journal::{Progress, Proof};

    use super::*;
    use crate::config::{Purpose, parse};

    const SHOP: &str = "
sources:
  kafka: { kafka: { brokers: ['b:1'], topics: [t], format: json } }
  http: { http: { path: /in } }
entities:
  order:
    within: 5s
    compare: { status: text }
    replicas:
      orders: { source: kafka, key: $.id, time: $.at, fields: { status: $.status } }
      view: { source: http, key: $.data.id, fields: { status: $.data.status } }
";

    /// 12:00:00 on the day of the tests, and so many seconds.
    fn at(seconds: i64) -> SourceTime {
        SourceTime::from_secs(1_795_262_400 + seconds)
    }

    fn record(source: &str, offset: Option<u64>, seconds: i64, payload: &str) -> RawRecord {
        RawRecord {
            source: source.into(),
            partition: if offset.is_some() { "t/0".into() } else { "".into() },
            offset,
            received: ReceivedTime(at(60).0),
            timestamp: offset.map(|_| at(seconds)),
            payload: Some(payload.to_owned().into()),
            ..RawRecord::default()
        }
    }

    fn frontiers() -> Frontiers {
        let mut frontiers = Frontiers::default();
        for (source, partition) in [("kafka", "t/0"), ("http", "")] {
            frontiers.progress(&Progress {
                source: source.into(),
                partition: partition.into(),
                position: None,
                frontier: Some(at(-30)),
                proof: Proof::LogEnd,
                partitions: 1,
            });
        }
        frontiers
    }

    /// The gaps of a batch in seconds from noon.
    fn gaps(source: &str, senders: Senders, records: &[RawRecord]) -> Vec<(String, i64, i64)> {
        let config = parse("c.yaml", SHOP, &|_| None, Purpose::Offline).unwrap();
        let decoder: &Decoder = &config.decoder;
        let (name, frontiers) = (source.into(), frontiers());
        let mut unread = Unread::new(&name, senders, &frontiers);
        records.iter().for_each(|record| unread.take(record, &decoder.decode(record)));
        let seconds = |time: SourceTime| (time.0 - at(0).0) / 1_000_000_000;
        let said = |gap: Gap| (gap.partition.unwrap().to_string(), seconds(gap.from), seconds(gap.to.unwrap()));
        unread.gaps().into_iter().map(said).collect()
    }

    #[test]
    fn a_record_of_a_log_is_a_gap_between_its_neighbours_and_its_arrival() {
        let good = |seconds| {
            record("kafka", Some(1), seconds, &format!(r#"{{"id":"o","status":"s","at":"{}"}}"#, at(seconds)))
        };
        let bad = |seconds| record("kafka", Some(2), seconds, "oops");
        let partition = || "t/0".to_owned();
        assert_eq!(gaps("kafka", Senders::Known, &[good(0), good(5)]), []);
        assert_eq!(gaps("kafka", Senders::Known, &[good(0), bad(3), good(5)]), [(partition(), 0, 3)]);
        assert_eq!(
            gaps("kafka", Senders::Known, &[bad(3)]),
            [(partition(), -30, 3)],
            "what was read before: the frontier"
        );
        assert_eq!(gaps("kafka", Senders::Known, &[good(0), bad(3), good(4), bad(6)]), [(partition(), 0, 6)], "one");
        let field = record("kafka", Some(2), 9, &format!(r#"{{"id":"o","status":{{}},"at":"{}"}}"#, at(7)));
        assert_eq!(gaps("kafka", Senders::Known, &[good(0), field]), [], "the record was observed");
    }

    #[test]
    fn what_is_no_event_blinds_only_a_source_whose_senders_are_known() {
        let gap = [(String::new(), -30, 60)];
        let cut = [record("http", None, 0, r#"{"specversion":"1.0","id":"#)];
        assert_eq!(gaps("http", Senders::Known, &cut), gap);
        assert_eq!(gaps("http", Senders::Anybody, &cut), []);
        let keyless = [record("http", None, 0, r#"{"specversion":"1.0","id":"1","source":"/s","type":"t","data":{}}"#)];
        assert_eq!(gaps("http", Senders::Known, &keyless), gap);
        assert_eq!(gaps("http", Senders::Anybody, &keyless), gap, "it is an event of the source");
        let (name, frontiers) = ("http".into(), frontiers());
        for (senders, count) in [(Senders::Known, 1), (Senders::Anybody, 0)] {
            let mut unread = Unread::new(&name, senders, &frontiers);
            unread.request(ReceivedTime(at(60).0));
            assert_eq!(unread.gaps().len(), count);
        }
    }
}
