//! The one loop into the journal. It takes what the queue holds, makes it durable, acknowledges it, steps the engine and commits,
//! in that order (STO-1); once a second it says what time it is. Nothing else writes to the pipeline.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use plumbline_engine::incident::Silence;
use plumbline_model::{
    Change, ReceivedTime, Record, SourceName, SourceTime, Tick, incident::IncidentChange, rollup::SourceCounts,
    time::MINUTE_NS,
};
use plumbline_store::{Issue, Retention, StoreError, prelude::*};
use tokio::{
    sync::{OwnedSemaphorePermit, mpsc, oneshot, watch},
    time::MissedTickBehavior,
};
use tokio_util::sync::CancellationToken;

use super::{
    push::Pushes,
    queue::{Queued, Refused},
    sources::SourceStates,
    standing::{Standing, Turn},
    trouble::Trouble,
};
use crate::{
    clock::SharedClock,
    http::live::{Hub, Topic},
    metrics::Metrics,
    pipeline::{Pipeline, Taken, counted},
};

/// Calls that are journaled together at most: more of them wait no longer, and the disk is asked less often.
const GATHER: usize = 256;
/// Observations that are journaled together at most, so that one commit stays short.
const GATHER_OBSERVATIONS: usize = 20_000;
const TICK: Duration = Duration::from_secs(1);
const MAINTAIN_EVERY_NS: i64 = 5 * MINUTE_NS;

/// Everything that the loop owns.
pub struct Loop {
    pub pipeline: Pipeline,
    pub store: Arc<dyn Store>,
    pub queue: mpsc::Receiver<Queued>,
    pub pushes: Pushes,
    pub clock: SharedClock,
    pub hub: Hub,
    pub metrics: Arc<Metrics>,
    pub sources: watch::Sender<Arc<SourceStates>>,
    pub frontiers: watch::Sender<Arc<plumbline_engine::frontier::Frontiers>>,
    pub silences: watch::Sender<Arc<[Silence]>>,
    pub standing: watch::Sender<Arc<Standing>>,
    pub retention: Retention,
    pub trouble: Trouble,
}

/// What the loop remembers between its turns.
#[derive(Default)]
struct Memory {
    states: SourceStates,
    /// Counts by source that are not committed yet.
    counts: BTreeMap<SourceName, SourceCounts>,
    /// Up to when each source counts as watched.
    watched: BTreeMap<SourceName, SourceTime>,
    maintained: ReceivedTime,
    judged: Turn,
    /// Records of the loop's own that could not be journaled yet.
    owed: Vec<Record>,
    /// What was stepped could not be committed. Nothing more is appended before it is: the engine must not run ahead of what
    /// is told, and a sender that is refused keeps what it has.
    behind: bool,
}

/// What waits for an acknowledgement.
struct Promise {
    done: oneshot::Sender<Result<(), Refused>>,
    /// The room that the batch takes until it is journaled.
    _permit: OwnedSemaphorePermit,
    /// A push source, and when its request came: a sender was heard then, not when the queue let it through (SEM-3).
    pushed: Option<(SourceName, ReceivedTime)>,
    /// Whether its request is accepted once the journal has it.
    heard: bool,
}

impl Loop {
    /// Journals what comes first, runs until `closing`, then drains what was taken, keeps the state and returns.
    pub async fn run(mut self, first: Vec<Record>, closing: CancellationToken) {
        // What is known of the sources from before goes on.
        let mut memory = Memory { states: SourceStates::clone(&self.sources.borrow()), ..Memory::default() };
        self.journal(first, &mut memory).await;
        let mut ticks = tokio::time::interval(TICK);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut gathered = Vec::new();
        loop {
            tokio::select! {
                biased;
                () = closing.cancelled() => break,
                _ = ticks.tick() => self.tick(&mut memory).await,
                count = self.queue.recv_many(&mut gathered, GATHER) => {
                    if count == 0 {
                        break;
                    }
                    self.take(std::mem::take(&mut gathered), &mut memory).await;
                }
            }
        }
        self.drain(&mut memory).await;
    }

    /// What was taken before the end is journaled; what comes after is refused, and its sender keeps it.
    async fn drain(&mut self, memory: &mut Memory) {
        self.queue.close();
        let mut gathered = Vec::new();
        while self.queue.recv_many(&mut gathered, GATHER).await > 0 {
            self.take(std::mem::take(&mut gathered), memory).await;
        }
        self.tick(memory).await;
        let now = self.clock.now();
        // While the commit waits for room on the disk the state is ahead of what was told.
        if !memory.behind
            && let Err(error) = self.pipeline.save(now).await
        {
            tracing::warn!(%error, "the state was not kept; the next start steps more of the journal");
        }
        tracing::info!(applied = self.store.applied().0, "journal and store are closed");
    }

    /// Journals batches, acknowledges them, and tells what they changed.
    async fn take(&mut self, queued: Vec<Queued>, memory: &mut Memory) {
        let mut rest = queued.into_iter().peekable();
        while rest.peek().is_some() {
            let mut observations = 0;
            let mut some = Vec::new();
            while let Some(next) = rest.next_if(|_| observations < GATHER_OBSERVATIONS) {
                observations += next.batch.observations.len();
                some.push(next);
            }
            self.take_some(some, memory).await;
        }
    }

    #[tracing::instrument(name = "batch", skip_all, fields(requests = queued.len()))]
    async fn take_some(&mut self, queued: Vec<Queued>, memory: &mut Memory) {
        let now = self.clock.now();
        let mut records = Vec::new();
        let mut issues = Vec::new();
        let mut counts = Vec::with_capacity(queued.len());
        let mut promises = Vec::with_capacity(queued.len());
        for Queued { mut batch, done, permit } in queued {
            let came = batch.observations.iter().map(|it| it.received).min().unwrap_or(now);
            let pushed = self.pushes.knows(&batch.source).then(|| (batch.source.clone(), came));
            promises.push(Promise { done, _permit: permit, pushed, heard: batch.heard });
            if !batch.source.as_str().is_empty() {
                counts.push((batch.source.clone(), batch.counts));
            }
            issues.extend(std::mem::take(&mut batch.issues).into_iter().map(kept_aside));
            batch.into_records(&mut records);
        }
        match self.append(now, records, &issues, memory).await {
            Ok(taken) => {
                let duplicates =
                    |(source, duplicates)| (source, SourceCounts { duplicates, ..SourceCounts::default() });
                counts.extend(taken.duplicates.into_iter().map(duplicates));
                for (source, counts) in counts {
                    memory.states.count(&source, &counts, now);
                    self.metrics.count(source.as_str(), &counts);
                    memory.counts.entry(source).or_default().add(&counts);
                }
                for promise in promises {
                    if let Some((source, came)) = promise.pushed.filter(|_| promise.heard) {
                        self.pushes.accepted(&source, came);
                    }
                    // Nobody waits any more if the sender went away: it will send again, and is known by its ids.
                    let _ = promise.done.send(Ok(()));
                }
                self.apply(memory).await;
            }
            Err(error) => {
                for promise in promises {
                    if let Some((source, _)) = promise.pushed {
                        self.pushes.refused(&source, now);
                    }
                    let _ = promise.done.send(Err(Refused::Journal(error.to_string())));
                }
            }
        }
    }

    /// Journals records of the loop's own. A tick that cannot be journaled is none: time did not pass. The rest is owed.
    async fn journal(&mut self, records: Vec<Record>, memory: &mut Memory) {
        let owed = records.iter().filter(|record| !matches!(record, Record::Tick(_))).cloned().collect();
        match self.append(self.clock.now(), records, &[], memory).await {
            Ok(_) => self.apply(memory).await,
            Err(_) => memory.owe(owed),
        }
    }

    /// Makes records durable, behind what is owed.
    async fn append(
        &mut self,
        now: ReceivedTime,
        records: Vec<Record>,
        issues: &[Issue],
        memory: &mut Memory,
    ) -> Result<Taken, StoreError> {
        let started = tokio::time::Instant::now();
        let appended = self.try_append(now, records, issues, memory).await;
        self.metrics.append_seconds.observe(started.elapsed().as_secs_f64());
        match &appended {
            Ok(_) => self.trouble.over(now),
            Err(error) => self.trouble.met(error, now),
        }
        appended
    }

    async fn try_append(
        &mut self,
        now: ReceivedTime,
        records: Vec<Record>,
        issues: &[Issue],
        memory: &mut Memory,
    ) -> Result<Taken, StoreError> {
        if memory.behind {
            self.commit(memory).await?;
        }
        // Issues first: they are idempotent, and a record that is acknowledged must not lose what was wrong with it.
        if !issues.is_empty() {
            self.store.record_issues(issues).await?;
        }
        let mut all = memory.owed.clone();
        all.extend(records);
        let seen: Vec<_> =
            all.iter().filter(|it| matches!(it, Record::Progress(_) | Record::Gap(_))).cloned().collect();
        let taken = self.pipeline.append(now, all).await?;
        memory.owed.clear();
        for record in seen {
            match record {
                Record::Progress(progress) => memory.states.progress(&progress),
                Record::Gap(gap) => memory.states.gap(&gap),
                _ => {}
            }
        }
        Ok(taken)
    }

    #[tracing::instrument(name = "tick", skip_all)]
    async fn tick(&mut self, memory: &mut Memory) {
        let now = self.clock.now();
        // What was received before now must be stepped before a frontier says that everything before now was seen.
        let mut before = Vec::new();
        while let Ok(queued) = self.queue.try_recv() {
            before.push(queued);
        }
        if !before.is_empty() {
            self.take(before, memory).await;
        }
        let mut records: Vec<Record> = self.pushes.tick(now).into_iter().map(Record::Progress).collect();
        records.push(Record::Tick(Tick { now }));
        self.journal(records, memory).await;
        self.watch(now, memory);
        if self.trouble.words().is_none()
            && let Err(error) = self.pipeline.save_if_due(now).await
        {
            tracing::warn!(%error, "the state was not kept; it is tried again");
        }
        if now.0 - memory.maintained.0 >= MAINTAIN_EVERY_NS {
            memory.maintained = now;
            match self.store.maintain(now, &self.retention).await {
                Ok(pruned) if !pruned.days.is_empty() => {
                    tracing::info!(days = ?pruned.days, rows = pruned.rows, "retention")
                }
                Ok(_) => {}
                Err(error) => tracing::warn!(%error, "retention could not run; it is tried again"),
            }
        }
        memory.states.now = now;
        self.sources.send_replace(Arc::new(memory.states.clone()));
        self.frontiers.send_replace(Arc::new(self.pipeline.engine().frontiers().clone()));
        if memory.judged.has_come(now) {
            let started = tokio::time::Instant::now();
            self.standing.send_replace(Arc::new(Standing::new(now, self.pipeline.standing())));
            memory.judged.took(now, started.elapsed());
        }
        self.hub.touch(vec!["collectors"]);
        let changed = |seen: &mut Arc<[Silence]>| {
            let silences = self.pipeline.silences();
            let changed = **seen != *silences;
            if changed {
                *seen = silences.into();
            }
            changed
        };
        if self.silences.send_if_modified(changed) {
            self.hub.touch(vec!["settings"]);
        }
    }

    /// Counts the source time over which each source's frontier advanced: the share that was watched (SEM-9).
    fn watch(&self, now: ReceivedTime, memory: &mut Memory) {
        for (source, state) in &memory.states.sources {
            let Some(frontier) = state.frontier() else { continue };
            let behind = (now.0 - frontier.0) as f64 / 1e9;
            let label = crate::metrics::SourceLabel { source: source.to_string() };
            self.metrics.frontier_behind_seconds.get_or_create(&label).set(behind);
            let before = memory.watched.insert(source.clone(), frontier).unwrap_or(frontier);
            let watched_ms = u64::try_from((frontier.0 - before.0) / 1_000_000).unwrap_or(0);
            memory.counts.entry(source.clone()).or_default().watched_ms += watched_ms;
        }
    }

    /// Steps and commits what was appended; what cannot be committed now is committed before anything else is appended.
    async fn apply(&mut self, memory: &mut Memory) {
        if let Err(error) = self.commit(memory).await {
            self.trouble.met(&error, self.clock.now());
        }
    }

    async fn commit(&mut self, memory: &mut Memory) -> Result<(), StoreError> {
        let now = self.clock.now();
        let rollups = std::mem::take(&mut memory.counts)
            .into_iter()
            .map(|(source, counts)| counted(&source, counts, now))
            .collect();
        let started = tokio::time::Instant::now();
        let told = self.pipeline.apply(rollups).await;
        memory.behind = told.is_err();
        let told = told?;
        let stepping = self.pipeline.stepping();
        self.metrics.step_seconds.observe(stepping.as_secs_f64());
        self.metrics.commit_seconds.observe(started.elapsed().saturating_sub(stepping).as_secs_f64());
        self.hub.touch(topics(&told.changes, &told.incidents));
        Ok(())
    }
}

impl Memory {
    /// Keeps what has to be journaled as soon as that is possible. Of a partition's progress only the last counts, so this
    /// grows by the number of partitions at most.
    fn owe(&mut self, records: Vec<Record>) {
        for record in records {
            let same = |owed: &Record| match (owed, &record) {
                (Record::Progress(owed), Record::Progress(new)) => {
                    (&owed.source, &owed.partition) == (&new.source, &new.partition)
                }
                _ => false,
            };
            self.owed.retain(|owed| !same(owed));
            self.owed.push(record);
        }
    }
}

/// The pages that may show something new.
fn topics(changes: &[Change], incidents: &[IncidentChange]) -> Vec<Topic> {
    let mut topics: Vec<Topic> = Vec::new();
    let mut add = |names: &[Topic]| {
        for name in names {
            if !topics.contains(name) {
                topics.push(name);
            }
        }
    };
    for change in changes {
        match change {
            Change::Opened(_) | Change::Revised(_) | Change::Resolved { .. } => {
                add(&["overview", "replicas", "sagas", "lineage", "latency"])
            }
            Change::Rollup(_) => add(&["overview", "replicas", "latency"]),
            Change::Saga(_) => add(&["sagas"]),
            Change::Trace(_) => add(&["latency"]),
            Change::ProbeWanted { .. } => {}
        }
    }
    if !incidents.is_empty() {
        add(&["overview", "incidents"]);
    }
    topics
}

fn kept_aside(issue: plumbline_collectors::Issue) -> Issue {
    let expected = if issue.expected.is_empty() { String::new() } else { format!("; expected {}", issue.expected) };
    Issue {
        reason: format!("{}{expected}", issue.reason),
        place: issue.place.to_string(),
        position: issue.offset.map_or_else(String::new, |offset| offset.to_string()),
        source: issue.source,
        partition: issue.partition,
        received: issue.received,
        bytes: issue.raw,
        bytes_total: issue.raw_bytes,
    }
}

#[cfg(test)]
mod tests;
