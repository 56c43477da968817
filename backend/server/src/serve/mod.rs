//! `plumbline serve`: opens the store, recovers, listens, and ends in order (`ending`).

mod ending;
mod parts;
mod signals;

use std::sync::Arc;

use anyhow::Context as _;
use plumbline_collectors::Decoder;
use plumbline_model::{Record, SourceName, journal::Config as ConfigRecord};
use plumbline_store::{Options, SqliteStore, prelude::*};
use tokio::{
    net::TcpListener,
    sync::{mpsc, watch},
    task::JoinSet,
};
use tokio_util::sync::CancellationToken;

use self::ending::{Running, Stages};
use crate::{
    clock::{SharedClock, SystemClock},
    config::{Config, secrets::Secrets},
    http::{
        self, AppState, Limits,
        live::{Hub, Topic},
    },
    ingest::{self, outages::Outages, push::Pushes, queue, run::Loop, standing::Standing, trouble::Trouble},
    metrics::Metrics,
    notify::{Notifier, Receiver},
    pipeline::Pipeline,
};

/// Runs until SIGINT or SIGTERM; a second one ends the process at once.
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
    tokio::spawn(signals::watch(closing.clone()));
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
    let prepared = Prepared::of(config).await?;
    let store = SqliteStore::open(&prepared.config.file.data_dir, Options::default()).await?;
    run_on(Arc::new(store), prepared, clock, closing).await
}

/// All that can be wrong before the data directory is touched was right.
pub struct Prepared {
    config: Config,
    secrets: Secrets,
    decoder: Arc<Decoder>,
    /// For the dashboard, the API and CloudEvents.
    listener: TcpListener,
}

impl Prepared {
    /// Reads secrets, compiles mappings and listens.
    ///
    /// # Errors
    /// When one of these cannot be done.
    pub async fn of(config: Config) -> anyhow::Result<Self> {
        let secrets = crate::config::secrets::read(&config)?;
        let decoder = Arc::new(parts::decoder(&config)?);
        let listen = config.file.listen.to_string();
        let listener = TcpListener::bind(&listen).await;
        let listener = listener.with_context(|| format!("listen: {listen} cannot be listened on"))?;
        Ok(Self { config, secrets, decoder, listener })
    }
}

/// As `run_until`, over a store that is given.
///
/// # Errors
/// As `run`, and when the ingest loop ends before `closing`: without it nothing is taken and no time passes.
pub async fn run_on(
    store: Arc<dyn Store>,
    prepared: Prepared,
    clock: SharedClock,
    closing: CancellationToken,
) -> anyhow::Result<()> {
    let stages = Stages::new(closing);
    let Assembled { state, journal, first, notifier, touched } =
        assemble(store, &prepared, clock, stages.closing.clone()).await?;
    let Prepared { config, listener, .. } = prepared;
    let mut taps = JoinSet::new();
    let journal = tokio::spawn(journal.run(first, stages.draining.clone()));
    let notifier = tokio::spawn(notifier.run(stages.draining.clone()));
    tokio::spawn(state.hub.clone().run(touched, state.clone(), stages.draining.clone()));
    if let Some(otlp) = &config.file.otlp {
        for (address, grpc) in [(&otlp.grpc, true), (&otlp.http, false)] {
            let Some(address) = address else { continue };
            let listener = TcpListener::bind(address.to_string()).await;
            let listener = listener.with_context(|| format!("otlp: {address} cannot be listened on"))?;
            let (source, closed) = (parts::otlp_source(&config), stages.closed.clone());
            if grpc {
                taps.spawn(ingest::otlp_grpc::serve(listener, state.clone(), source, closed));
            } else {
                taps.spawn(ingest::otlp_http::serve(listener, state.clone(), source, closed));
            }
            tracing::info!(%address, protocol = if grpc { "gRPC" } else { "HTTP" }, "taking OTLP");
        }
    }
    #[cfg(feature = "kafka")]
    for (name, source) in config.file.sources.iter().filter(|(_, source)| source.kafka.is_some()) {
        taps.spawn(ingest::kafka::run(SourceName::new(name), source.clone(), state.clone(), stages.closed.clone()));
    }
    tracing::info!(address = %listener.local_addr()?, "dashboard and API are there");
    taps.spawn(http::listen::serve(listener, http::router(state.clone()), stages.closed.clone()));
    stages.end(Running { taps, journal, notifier }, &state.pushes, &state.clock).await
}

/// A server of which nothing runs yet.
pub(crate) struct Assembled {
    pub state: AppState,
    pub journal: Loop,
    /// To be journaled before anything else.
    pub first: Vec<Record>,
    pub notifier: Notifier,
    pub touched: mpsc::Receiver<Vec<Topic>>,
}

/// Recovers what the store has, and puts together what runs on it.
pub(crate) async fn assemble(
    store: Arc<dyn Store>,
    prepared: &Prepared,
    clock: SharedClock,
    closing: CancellationToken,
) -> anyhow::Result<Assembled> {
    let Prepared { config, secrets, decoder, .. } = prepared;
    let now = clock.now();
    let (mut pipeline, recovered) = Pipeline::recover(Arc::clone(&store), parts::settings(config), now).await?;
    if let Some(reason) = &recovered.void {
        let from = recovered.state.0 + 1;
        tracing::warn!(%reason, from, "the kept state could not be used; the journal was stepped again");
    }
    tracing::info!(state = recovered.state.0, again = recovered.stepped_again, told = recovered.told_now, "recovered");

    let metrics = Arc::new(Metrics::default());
    crate::telemetry::export(&metrics, &opentelemetry::global::meter("plumbline"));
    let (ingest, queued) = queue::queue(config.file.limits.queue.to_usize());
    let (hub, touched) = Hub::new();
    let pushes = Pushes::default();
    let trouble = Trouble::default();
    let mut first = parts::push_sources(config, &pushes, pipeline.engine(), now);
    let (sources, sources_seen) = watch::channel(Arc::new(parts::kept_sources(store.as_ref(), now).await?));
    let (standing, standing_seen) = watch::channel(Arc::new(Standing::default()));
    let (frontiers, frontiers_seen) = watch::channel(Arc::new(pipeline.engine().frontiers().clone()));
    let (silences, silences_seen) = watch::channel(Arc::from(pipeline.silences()));
    let receivers = parts::receivers(config, secrets)?;
    let since = parts::watching_since(store.as_ref(), now).await?;
    let site = parts::site(config, &receivers, since, now);
    let in_force =
        ConfigRecord { digest: config.digest.as_str().into(), text: config.text.clone(), rules: config.rules.clone() };
    if *pipeline.rules() != config.rules {
        first.push(Record::Config(Box::new(in_force.clone())));
    }
    pipeline.carry(in_force);
    let state = AppState {
        config: Arc::new(site),
        store: Arc::clone(&store),
        clock: Arc::clone(&clock),
        ingest,
        hub: hub.clone(),
        sources: sources_seen,
        frontiers: frontiers_seen,
        silences: silences_seen,
        standing: standing_seen,
        metrics: Arc::clone(&metrics),
        closing,
        decoder: Arc::clone(decoder),
        pushes: pushes.clone(),
        http_sources: parts::http_sources(config, secrets).into(),
        limits: Limits { max_body_bytes: config.file.limits.max_body.to_usize() },
        trouble: trouble.clone(),
        outages: Outages::default(),
    };

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
        retention: parts::retention(config),
        trouble,
    };
    let receivers =
        receivers.into_iter().map(|(name, webhook)| (name, Arc::new(webhook) as Arc<dyn Receiver>)).collect();
    let notifier = Notifier { outbox: store, clock, receivers, metrics, hub };
    Ok(Assembled { state, journal, first, notifier, touched })
}
