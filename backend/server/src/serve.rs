//! `plumbline serve`: opens the store, recovers, listens, and ends in order. What is started first is stopped last: listeners close
//! before the queue is drained, the queue is drained before the state is kept, and the notifier ends before the store.

use std::{collections::BTreeMap, sync::Arc};

use anyhow::Context as _;
use plumbline_collectors::{
    Decoder,
    config::SourceConfig,
    push::{PushFrontier, PushRules},
};
use plumbline_model::{
    ReceivedTime, ReceiverName, Record, SourceName, SourceTime,
    journal::Config as ConfigRecord,
    rollup::{Amount, Series},
    time::Minute,
};
use plumbline_store::{Options, Retention, RollupQuery, SeriesKind, SqliteStore, prelude::*};
use tokio::{net::TcpListener, sync::watch, task::JoinSet};
use tokio_util::sync::CancellationToken;

use crate::{
    clock::{SharedClock, SystemClock},
    config::{Config, secrets::Secrets},
    http::{self, AppState, Limits, live::Hub},
    ingest::{
        self, cloudevents::HttpSource, outages::Outages, push::Pushes, queue, run::Loop, sources::SourceStates,
        standing::Standing, trouble::Trouble,
    },
    metrics::Metrics,
    notify::{Notifier, sign, webhook::Webhook},
    pipeline::{Pipeline, Settings},
    site::Site,
};

/// Runs until SIGINT or SIGTERM.
///
/// # Errors
/// When an address cannot be listened on, the data directory cannot be opened, or a secret cannot be read.
pub async fn run(config: Config) -> anyhow::Result<()> {
    let telemetry = crate::telemetry::start(
        config.file.telemetry.logs,
        config.file.telemetry.otlp.as_deref(),
        &config.file.environment,
    )?;
    let closing = CancellationToken::new();
    tokio::spawn({
        let closing = closing.clone();
        async move {
            signalled().await;
            tracing::info!("ending: no more is taken, what was taken is journaled");
            closing.cancel();
        }
    });
    let served = run_until(config, Arc::new(SystemClock), closing).await;
    telemetry.stop();
    served
}

/// Runs until `closing` is cancelled, without starting logs and telemetry: several may run in one process. Tests give their own
/// clock and end.
///
/// # Errors
/// As `run`.
pub async fn run_until(config: Config, clock: SharedClock, closing: CancellationToken) -> anyhow::Result<()> {
    let secrets = crate::config::secrets::read(&config)?;
    let decoder = decoder(&config)?;
    let listen = config.file.listen.to_string();
    let listener =
        TcpListener::bind(&listen).await.with_context(|| format!("listen: {listen} cannot be listened on"))?;
    let store: Arc<dyn Store> = Arc::new(SqliteStore::open(&config.file.data_dir, Options::default()).await?);
    let now = clock.now();
    let (pipeline, recovered) = Pipeline::recover(Arc::clone(&store), settings(&config), now).await?;
    if let Some(reason) = &recovered.from_begin {
        tracing::warn!(%reason, "the kept state could not be used; the whole journal was stepped");
    }
    tracing::info!(state = recovered.state.0, again = recovered.stepped_again, told = recovered.told_now, "recovered");

    let metrics = Arc::new(Metrics::default());
    crate::telemetry::export(&metrics, &opentelemetry::global::meter("plumbline"));
    let (ingest, queued) = queue::queue(config.file.limits.queue.to_usize());
    let (hub, touched) = Hub::new();
    let pushes = Pushes::default();
    let trouble = Trouble::default();
    let restart = push_sources(&config, &pushes, pipeline.engine().now(), now);
    let (sources, sources_seen) = watch::channel(Arc::new(kept_sources(store.as_ref(), now).await?));
    let (standing, standing_seen) = watch::channel(Arc::new(Standing::default()));
    let (frontiers, frontiers_seen) = watch::channel(Arc::new(pipeline.engine().frontiers().clone()));
    let (silences, silences_seen) = watch::channel(Arc::from(pipeline.silences()));
    let receivers = receivers(&config, &secrets)?;
    let since = watching_since(store.as_ref(), now).await?;
    let site = site(&config, &receivers, since, now);
    let changed = (*pipeline.rules() != config.rules).then(|| ConfigRecord {
        digest: config.digest.as_str().into(),
        text: config.text.clone(),
        rules: config.rules.clone(),
    });
    let state = AppState {
        config: Arc::new(site),
        store: Arc::clone(&store),
        clock: Arc::clone(&clock),
        ingest: ingest.clone(),
        hub: hub.clone(),
        sources: sources_seen,
        frontiers: frontiers_seen,
        silences: silences_seen,
        standing: standing_seen,
        metrics: Arc::clone(&metrics),
        closing: closing.clone(),
        decoder: Arc::new(decoder),
        pushes: pushes.clone(),
        http_sources: http_sources(&config, &secrets).into(),
        limits: Limits { max_body_bytes: config.file.limits.max_body.to_usize() },
        trouble: trouble.clone(),
        outages: Outages::default(),
    };

    // The loop ends when `draining` is cancelled: after the listeners, so that what they took is journaled.
    let draining = CancellationToken::new();
    let journal = Loop {
        pipeline,
        store: Arc::clone(&store),
        queue: queued,
        pushes,
        clock: Arc::clone(&clock),
        hub: hub.clone(),
        metrics: Arc::clone(&metrics),
        sources,
        frontiers,
        silences,
        standing,
        retention: retention(&config),
        trouble,
    };
    let journal = tokio::spawn(journal.run(changed, restart, draining.clone()));
    let notifier = Notifier { store: Arc::clone(&store), clock, receivers, metrics, hub: hub.clone() };
    let notifier = tokio::spawn(notifier.run(draining.clone()));
    tokio::spawn(hub.run(touched, state.clone(), draining.clone()));

    let mut taps = JoinSet::new();
    if let Some(otlp) = &config.file.otlp {
        for (address, grpc) in [(&otlp.grpc, true), (&otlp.http, false)] {
            let Some(address) = address else { continue };
            let listener = TcpListener::bind(address.to_string()).await;
            let listener = listener.with_context(|| format!("otlp: {address} cannot be listened on"))?;
            let source = otlp_source(&config);
            if grpc {
                taps.spawn(ingest::otlp_grpc::serve(listener, state.clone(), source, closing.clone()));
            } else {
                taps.spawn(ingest::otlp_http::serve(listener, state.clone(), source, closing.clone()));
            }
            tracing::info!(%address, protocol = if grpc { "gRPC" } else { "HTTP" }, "taking OTLP");
        }
    }
    #[cfg(feature = "kafka")]
    for (name, source) in config.file.sources.iter().filter(|(_, source)| source.kafka.is_some()) {
        taps.spawn(ingest::kafka::run(SourceName::new(name), source.clone(), state.clone(), closing.clone()));
    }
    tracing::info!(address = %listener.local_addr()?, "dashboard and API are there");
    let served =
        axum::serve(listener, http::router(state)).with_graceful_shutdown(closing.clone().cancelled_owned()).await;
    closing.cancel();
    while let Some(ended) = taps.join_next().await {
        ended.context("a tap panicked")?;
    }
    draining.cancel();
    journal.await.context("the ingest loop panicked")?;
    notifier.await.context("the notifier panicked")?;
    served.context("the HTTP server failed")
}

/// Resolves at the first SIGINT or SIGTERM.
async fn signalled() {
    let interrupt = async {
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
    };
    let terminate = async {
        match tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate()) {
            Ok(mut signal) => {
                signal.recv().await;
            }
            Err(_) => std::future::pending().await,
        }
    };
    tokio::select! { () = interrupt => {}, () = terminate => {} }
}

fn decoder(config: &Config) -> anyhow::Result<Decoder> {
    let file = &config.file;
    Decoder::compile(&file.sources, &file.entities, &file.events, &file.sagas).map_err(|errors| {
        let lines: Vec<_> = errors.iter().map(ToString::to_string).collect();
        anyhow::anyhow!("the mappings cannot be compiled:\n{}", lines.join("\n"))
    })
}

fn settings(config: &Config) -> Settings {
    let listen = || format!("http://{}", config.file.listen);
    Settings {
        partitions: 1,
        public_url: config.file.public_url.clone().unwrap_or_else(listen).trim_end_matches('/').to_owned(),
        environment: config.file.environment.clone(),
    }
}

fn retention(config: &Config) -> Retention {
    let kept = &config.file.retention;
    Retention {
        journal: kept.journal.lag(),
        rows: kept.rows.lag(),
        minute_rollups: kept.minutes.lag(),
        hour_rollups: kept.hours.lag(),
    }
}

/// Registers the push sources and says what is to be journaled about the time in which nobody listened (SEM-3).
fn push_sources(config: &Config, pushes: &Pushes, last: ReceivedTime, now: ReceivedTime) -> Vec<Record> {
    let mut records = Vec::new();
    for (name, source) in &config.file.sources {
        if source.http.is_none() && source.otlp.is_none() {
            continue;
        }
        let name = SourceName::new(name);
        let mut frontier = PushFrontier::new(name.clone(), PushRules::of(source));
        if last > ReceivedTime(0) {
            records.extend(frontier.restarted(last, now).map(Record::Gap));
        }
        pushes.add(name, frontier);
    }
    records
}

/// When this data directory was first used: nothing before it was watched, and no share of time counts it.
async fn watching_since(store: &dyn Store, now: ReceivedTime) -> anyhow::Result<SourceTime> {
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
async fn kept_sources(store: &dyn Store, now: ReceivedTime) -> anyhow::Result<SourceStates> {
    let mut states = SourceStates { now, ..SourceStates::default() };
    let all = RollupQuery::sums(SeriesKind::Source, Minute(0), Minute(now.minute().0 + 1));
    for point in store.rollups(&all).await? {
        if let (Series::Source { source }, Amount::Source(counts)) = (point.series, point.amount) {
            states.kept(&source, counts);
        }
    }
    Ok(states)
}

fn otlp_source(config: &Config) -> SourceName {
    let declared = config.file.sources.iter().find(|(_, source)| source.otlp.is_some());
    SourceName::new(declared.map_or("otlp", |(name, _)| name.as_str()))
}

fn http_sources(config: &Config, secrets: &Secrets) -> Vec<HttpSource> {
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

fn receivers(config: &Config, secrets: &Secrets) -> anyhow::Result<BTreeMap<ReceiverName, Webhook>> {
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

fn site(config: &Config, receivers: &BTreeMap<ReceiverName, Webhook>, since: SourceTime, now: ReceivedTime) -> Site {
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
