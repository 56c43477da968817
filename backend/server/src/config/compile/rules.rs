//! The rules that the checkers are given (`plumbline_model::rules`).

use plumbline_collectors::config::{
    BaselineConfig, Duration, EntityConfig, FileFormat, KafkaFormat, ReplicaConfig, SagaConfig, SourceConfig,
};
use plumbline_model::{
    EventType, FieldName, Lag, ReplicaName, SourceName,
    rules::{
        AlertRules, Baseline, Capture, EntityRule, FieldRule, LatencyRule, ReplicaRule, RouteRule, Rules, SagaRule,
        SourceRule, StepRule,
    },
};

use super::matchers;
use crate::config::{decode_half, file::File};

/// Writes of an authority remembered at least (SEM-5).
const HISTORY: u32 = 8;
/// How far a clock may be off where nobody says (SEM-1).
const CLOCK_ERROR: Lag = Lag::from_millis(500);

pub fn rules(file: &File) -> Rules {
    Rules {
        sources: file.sources.iter().map(|(name, source)| source_rule(name, source)).collect(),
        entities: file.entities.iter().map(|(name, entity)| entity_rule(file, name, entity)).collect(),
        sagas: file.sagas.iter().map(|(name, saga)| saga_rule(file, name, saga)).collect(),
        latency: latency(file),
        alerts: alerts(file),
    }
}

/// How far the source's clock may be off.
pub fn clock_error(source: &SourceConfig) -> Lag {
    source.clock_error.map_or(CLOCK_ERROR, Duration::lag)
}

/// The sources that could still bring an event of the saga (SEM-16): declared, else all that carry events.
pub fn saga_sources(file: &File, saga: &SagaConfig) -> Vec<SourceName> {
    let bringing = file.sources.iter().filter(|(name, source)| carries_events(file, name, source));
    saga.event_sources(bringing.map(|(name, _)| name.as_str())).into_iter().map(SourceName::new).collect()
}

fn carries_events(file: &File, name: &str, source: &SourceConfig) -> bool {
    source.http.is_some()
        || source.kafka.as_ref().is_some_and(|kafka| kafka.format == KafkaFormat::CloudEvents)
        || source.file.as_ref().is_some_and(|file| file.format == FileFormat::CloudEvents)
        || file.events.iter().any(|event| event.source == name)
}

fn source_rule(name: &str, source: &SourceConfig) -> SourceRule {
    let capture = match source.capture {
        _ if source.http.is_some() || source.otlp.is_some() => Capture::Push,
        _ if source.is_relayed() => Capture::Relay,
        _ => Capture::Direct,
    };
    SourceRule { name: SourceName::new(name), clock_error: clock_error(source), capture }
}

fn entity_rule(file: &File, name: &str, entity: &EntityConfig) -> EntityRule {
    let main = entity.authority().unwrap_or_default();
    let fields = entity.fields().into_keys().map(|field| {
        let authority = entity.field_authority(&field).filter(|authority| *authority != main).map(ReplicaName::new);
        FieldRule { name: FieldName::new(field), authority }
    });
    EntityRule {
        name: name.into(),
        fields: fields.collect(),
        authority: main.into(),
        replicas: entity.replicas.iter().map(|(name, replica)| replica_rule(file, entity, name, replica)).collect(),
        history: entity.history.unwrap_or(HISTORY),
        decode: decode_half::digest(file, entity),
    }
}

fn replica_rule(file: &File, entity: &EntityConfig, name: &str, replica: &ReplicaConfig) -> ReplicaRule {
    ReplicaRule {
        name: name.into(),
        source: SourceName::new(&replica.source),
        within: replica.within.unwrap_or(entity.within).lag(),
        fields: replica.fields.keys().map(FieldName::new).collect(),
        may_be_missing: replica.may_be_missing,
        probed: replica.probe.is_some(),
        partial: replica.holds.is_some(),
        baseline: match replica.baseline {
            Some(BaselineConfig::None) => Baseline::None,
            Some(BaselineConfig::Empty) => Baseline::Empty,
            Some(BaselineConfig::Snapshot) => Baseline::Snapshot,
            // Debezium begins with a snapshot unless it is told otherwise.
            None if file.sources.get(&replica.source).is_some_and(is_debezium) => Baseline::Snapshot,
            None => Baseline::None,
        },
    }
}

fn is_debezium(source: &SourceConfig) -> bool {
    source.kafka.as_ref().is_some_and(|kafka| kafka.format == KafkaFormat::Debezium)
        || source.file.as_ref().is_some_and(|file| file.format == FileFormat::Debezium)
}

fn saga_rule(file: &File, name: &str, saga: &SagaConfig) -> SagaRule {
    let events = |events: &[String]| events.iter().map(EventType::new).collect();
    let steps = saga.steps.iter().map(|step| StepRule {
        event: EventType::new(&step.event),
        owner: step.owner.as_deref().map(Into::into),
        within: step.within.map(Duration::lag),
        compensate: step.compensate.as_ref().map(EventType::new),
        sources: step.from.iter().map(SourceName::new).collect(),
    });
    SagaRule {
        name: name.into(),
        start: EventType::new(&saga.start),
        within: saga.within.map(Duration::lag),
        steps: steps.collect(),
        completed: events(saga.ends.completed.as_slice()),
        failed: events(saga.ends.failed.as_slice()),
        compensation_within: saga.compensation.as_ref().map(|compensation| compensation.within.lag()),
        sources: saga_sources(file, saga),
    }
}

fn latency(file: &File) -> LatencyRule {
    let spans = |source: &SourceConfig| {
        source.otlp.is_some() || source.file.as_ref().is_some_and(|file| file.format == FileFormat::Otlp)
    };
    LatencyRule {
        sources: file
            .sources
            .iter()
            .filter(|(_, source)| spans(source))
            .map(|(name, _)| SourceName::new(name))
            .collect(),
        baseline: file.latency.baseline.lag(),
        min_share_ppm: file.latency.hotspots.min_share.ppm(),
        min_excess: file.latency.hotspots.min_excess.lag(),
        settle: file.latency.settle.lag(),
        give_up: file.latency.give_up.lag(),
        max_open_traces: file.limits.open_traces,
    }
}

fn alerts(file: &File) -> AlertRules {
    let routes = file.alerts.route.iter().flat_map(|route| {
        let subs = route.routes.iter().map(|sub| RouteRule {
            // The file is validated: what does not read was told.
            matches: matchers(&sub.matches).unwrap_or_default(),
            receiver: sub.receiver.as_str().into(),
        });
        subs.chain([RouteRule { matches: Vec::new(), receiver: route.receiver.as_str().into() }])
    });
    AlertRules { routes: routes.collect(), group_wait: file.alerts.group_wait.lag(), repeat: file.alerts.repeat.lag() }
}
