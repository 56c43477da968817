//! What a server is made of, as the configuration says. Nothing here starts anything or decides anything.

use std::collections::BTreeMap;

use anyhow::Context as _;
use plumbline_collectors::{
    Decoder,
    config::SourceConfig,
    push::{LastTold, PushFrontier, PushRules},
};
use plumbline_engine::Engine;
use plumbline_model::{
    Partition, ReceivedTime, ReceiverName, Record, SourceName, SourceTime,
    rollup::{Amount, Series},
    time::Minute,
};
use plumbline_store::{Retention, RollupQuery, SeriesKind, prelude::*};

use crate::{
    config::{Config, secrets::Secrets},
    ingest::{cloudevents::HttpSource, push::Pushes, sources::SourceStates},
    notify::{sign, webhook::Webhook},
    pipeline::Settings,
    site::Site,
};

pub fn decoder(config: &Config) -> anyhow::Result<Decoder> {
    let file = &config.file;
    Decoder::compile(&file.sources, &file.entities, &file.events, &file.sagas).map_err(|errors| {
        let lines: Vec<_> = errors.iter().map(ToString::to_string).collect();
        anyhow::anyhow!("the mappings cannot be compiled:\n{}", lines.join("\n"))
    })
}

pub fn settings(config: &Config) -> Settings {
    let listen = || format!("http://{}", config.file.listen);
    Settings {
        partitions: 1,
        public_url: config.file.public_url.clone().unwrap_or_else(listen).trim_end_matches('/').to_owned(),
        environment: config.file.environment.clone(),
    }
}

pub fn retention(config: &Config) -> Retention {
    let kept = &config.file.retention;
    Retention {
        journal: kept.journal.lag(),
        rows: kept.rows.lag(),
        minute_rollups: kept.minutes.lag(),
        hour_rollups: kept.hours.lag(),
    }
}

/// Registers the push sources and says what is to be journaled about the time in which nobody listened (SEM-3).
pub fn push_sources(config: &Config, pushes: &Pushes, engine: &Engine, now: ReceivedTime) -> Vec<Record> {
    let last = engine.now();
    let mut records = Vec::new();
    for (name, source) in &config.file.sources {
        if source.http.is_none() && source.otlp.is_none() {
            continue;
        }
        let name = SourceName::new(name);
        let mut frontier = PushFrontier::new(name.clone(), PushRules::of(source));
        if last > ReceivedTime(0) {
            records.extend(frontier.restarted(last, last_told(engine, &name), now).map(Record::Gap));
        }
        pushes.add(name, frontier);
    }
    records
}

/// What the journal last said of a push source.
fn last_told(engine: &Engine, source: &SourceName) -> Option<LastTold> {
    let known = engine.frontiers().source(source)?.partitions.get(&Partition::default())?;
    Some(LastTold { frontier: known.frontier, proof: known.proof.clone() })
}

/// When this data directory was first used: nothing before it was watched, and no share of time counts it.
pub async fn watching_since(store: &dyn Store, now: ReceivedTime) -> anyhow::Result<SourceTime> {
    if let Some(kept) = store.meta("site", "watching_since").await?
        && let Some(since) = std::str::from_utf8(&kept).ok().and_then(SourceTime::parse)
    {
        return Ok(since);
    }
    store.set_meta("site", "watching_since", Some(SourceTime(now.0).to_string().as_bytes())).await?;
    Ok(SourceTime(now.0))
}

/// What came of each source before this start, as far as it is kept: a source that brought thousands of records yesterday
/// has not "sent nothing yet".
pub async fn kept_sources(store: &dyn Store, now: ReceivedTime) -> anyhow::Result<SourceStates> {
    let mut states = SourceStates::default();
    let all = RollupQuery::sums(SeriesKind::Source, Minute(0), Minute(now.minute().0 + 1));
    for point in store.rollups(&all).await? {
        if let (Series::Source { source }, Amount::Source(counts)) = (point.series, point.amount) {
            states.kept(&source, counts);
        }
    }
    Ok(states)
}

pub fn otlp_source(config: &Config) -> SourceName {
    let declared = config.file.sources.iter().find(|(_, source)| source.otlp.is_some());
    SourceName::new(declared.map_or("otlp", |(name, _)| name.as_str()))
}

pub fn http_sources(config: &Config, secrets: &Secrets) -> Vec<HttpSource> {
    let sources =
        config.file.sources.iter().filter_map(|(name, source)| Some((SourceName::new(name), source.http.as_ref()?)));
    sources
        .map(|(name, http)| HttpSource {
            token: secrets.tokens.get(&name).map(|token| token.expose().into()),
            path: http.path.clone(),
            name,
        })
        .collect()
}

pub fn receivers(config: &Config, secrets: &Secrets) -> anyhow::Result<BTreeMap<ReceiverName, Webhook>> {
    let mut receivers = BTreeMap::new();
    for (name, receiver) in &config.file.alerts.receivers {
        let Some(webhook) = &receiver.webhook else { continue };
        let name = ReceiverName::new(name);
        let at = format!("alerts.receivers.{name}.webhook");
        let url = webhook.url.parse().with_context(|| format!("{at}.url: {} is no URL", webhook.url))?;
        let secret = secrets.webhooks.get(&name).map(|secret| sign::Secret::parse(secret.expose())).transpose();
        let secret = secret.with_context(|| format!("{at}.secret"))?;
        let webhook = Webhook::new(url, secret, config.file.allow_private_webhooks).with_context(|| at.clone())?;
        receivers.insert(name, webhook);
    }
    Ok(receivers)
}

pub fn site(
    config: &Config,
    receivers: &BTreeMap<ReceiverName, Webhook>,
    since: SourceTime,
    now: ReceivedTime,
) -> Site {
    let file = &config.file;
    let kind = |source: &SourceConfig| match source {
        SourceConfig { kafka: Some(_), .. } => "Kafka",
        SourceConfig { http: Some(_), .. } => "HTTP, CloudEvents",
        SourceConfig { otlp: Some(_), .. } => "OTLP",
        _ => "source",
    };
    let objectives = file.alerts.objectives.iter();
    Site {
        environment: file.environment.clone(),
        simulated: file.simulated,
        public_url: file.public_url.clone(),
        rules: config.rules.clone(),
        digest: config.digest.clone(),
        text: config.text.clone(),
        since: Some(now),
        watching_since: Some(since),
        kinds: file.sources.iter().map(|(name, source)| (SourceName::new(name), kind(source).to_owned())).collect(),
        receivers: receivers.iter().map(|(name, webhook)| (name.clone(), webhook.shown())).collect(),
        objectives: objectives
            .map(|it| ((it.entity.as_str().into(), it.replica.as_str().into()), it.consistent.ratio()))
            .collect(),
    }
}
