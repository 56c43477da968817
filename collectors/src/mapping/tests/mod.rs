//! Proves what records become. The notation: a configuration in YAML, records in, and one line for each thing that came out.

mod cloudevents;
mod compile;
mod debezium;
mod fuzz;
mod json;

use std::fmt::Write as _;

use plumbline_model::{
    Fact, Observation, ReceivedTime, Route,
    journal::Snapshot,
    state::{Content, StateKind},
};
use serde::Deserialize;

use crate::{
    Decoded, Decoder, RawRecord, SpecError,
    config::{EntityConfig, EventConfig, OrderedMap, SagaConfig, SourceConfig},
};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default)]
    sources: OrderedMap<SourceConfig>,
    #[serde(default)]
    entities: OrderedMap<EntityConfig>,
    #[serde(default)]
    events: Vec<EventConfig>,
    #[serde(default)]
    sagas: OrderedMap<SagaConfig>,
}

fn try_decoder(yaml: &str) -> Result<Decoder, Vec<SpecError>> {
    let file: File = serde_saphyr::from_str(yaml).unwrap_or_else(|error| panic!("{error}"));
    Decoder::compile(&file.sources, &file.entities, &file.events, &file.sagas)
}

fn decoder(yaml: &str) -> Decoder {
    try_decoder(yaml).unwrap_or_else(|errors| panic!("{errors:#?}"))
}

/// 2026-11-21T12:00:00Z, when all records of the tests are received.
const NOW: ReceivedTime = ReceivedTime::from_secs(1_795_262_400);

/// A record of topic `t`, partition 0, offset 7, with the payload.
fn kafka(payload: impl Into<Vec<u8>>) -> RawRecord {
    RawRecord {
        source: "kafka".into(),
        partition: "t/0".into(),
        offset: Some(7),
        received: NOW,
        topic: "t".into(),
        payload: Some(payload.into().into()),
        ..RawRecord::default()
    }
}

/// One line for each thing that came out.
fn lines(decoded: &Decoded) -> String {
    let mut out = String::new();
    let begins = |mark: &&Snapshot| mark.phase != plumbline_model::journal::SnapshotPhase::Ended;
    for mark in decoded.snapshots.iter().filter(begins) {
        writeln!(out, "{:?} {}.{} @{}", mark.phase, mark.entity, mark.replica, mark.at).unwrap();
    }
    for (index, observation) in decoded.observations.iter().enumerate() {
        let of_log = observation.id.position.is_offset();
        assert!(!of_log || usize::from(observation.id.part) == index, "parts number the observations of a record");
        writeln!(out, "{}", line(observation)).unwrap();
    }
    for mark in decoded.snapshots.iter().filter(|mark| !begins(mark)) {
        writeln!(out, "{:?} {}.{} @{}", mark.phase, mark.entity, mark.replica, mark.at).unwrap();
    }
    for issue in &decoded.issues {
        let expected = if issue.expected.is_empty() { String::new() } else { format!("; expected {}", issue.expected) };
        writeln!(out, "issue {} {}: {}{expected}", issue.kind.word(), issue.place, issue.reason).unwrap();
    }
    if decoded.unmapped > 0 {
        writeln!(out, "unmapped {}", decoded.unmapped).unwrap();
    }
    out
}

fn line(observation: &Observation) -> String {
    let route = match &observation.route {
        Route::Key { entity, key } => format!("{entity}/{key}"),
        Route::Saga { saga, id } => format!("saga {saga}/{id}"),
        Route::Trace(trace) => trace.to_string(),
        Route::None => "-".to_owned(),
    };
    let fact = match &observation.fact {
        Fact::State(state) => {
            let mut text = format!("{} {}", state.replica, kind(state.kind));
            if let Some(version) = state.version {
                write!(text, " v{version}").unwrap();
            }
            if let Some(base) = state.base {
                write!(text, " base{base}").unwrap();
            }
            if let Content::Fields(fields) = &state.content {
                for field in fields {
                    write!(text, " {}={}", field.name, field.value.text().unwrap_or("?")).unwrap();
                }
            }
            for replica in &state.not_held {
                write!(text, " not-in:{replica}").unwrap();
            }
            text
        }
        Fact::Event(event) => format!("event {}", event.event_type),
        other => format!("{other:?}"),
    };
    let cause = &observation.cause;
    let cause: String = [
        cause.service.as_ref().map(|it| format!(" by {it}")),
        cause.event.as_ref().map(|it| format!(" id={it}")),
        cause.correlation.as_ref().map(|it| format!(" corr={it}")),
        cause.causation.as_ref().map(|it| format!(" because={it}")),
        cause.span.as_ref().map(|it| format!(" span={it}")),
    ]
    .into_iter()
    .flatten()
    .collect();
    let time = observation.at.to_string();
    format!("{route} {fact}{cause} @{}", time.strip_prefix("2026-11-21T").unwrap_or(&time))
}

fn kind(kind: StateKind) -> &'static str {
    match kind {
        StateKind::Create => "created",
        StateKind::Update => "updated",
        StateKind::Write => "written",
        StateKind::Delete => "deleted",
        StateKind::Snapshot => "snapshot",
        StateKind::Probe { .. } => "probed",
    }
}

#[track_caller]
fn check(decoder: &Decoder, record: &RawRecord, expected: &[&str]) {
    let decoded = decoder.decode(record);
    let said = lines(&decoded);
    let said: Vec<_> = said.lines().collect();
    assert_eq!(said, expected);
}
