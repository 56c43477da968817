//! Stepping the journal under other rules: from its begin, or, where retention took that, from the state that the oldest day
//! left began with.

use std::collections::BTreeSet;

use futures::StreamExt as _;
use plumbline_engine::{Engine, latency::hotspot::Hotspots};
use plumbline_model::{
    Change, Fact, ReceivedTime, Record, SourceTime,
    api::{Coverage, GapRow, Range, Report},
    journal::{Config as ConfigRecord, JournalPosition},
};
use plumbline_store::{KeptState, Paging, Space, prelude::*};

use super::{Options, ReplayError, differences};
use crate::{
    check,
    config::{self, Config, Purpose},
    report::{Accumulator, Frame, Standing, words},
};

/// Gaps that a report lists.
const MOST_GAPS: usize = 100;
/// Records that could not be read, of those that a report shows.
const MOST_SAMPLES: usize = 10;

pub async fn run(
    store: &dyn Store,
    config: &Config,
    options: Options,
    mut told: impl FnMut(u64, u64),
) -> Result<Report, ReplayError> {
    let (begin, end) = (store.begin().await?, store.end());
    if end.0 == 0 || begin > end {
        return Err(ReplayError::Empty);
    }
    let mut replay = Replay::new(config, options);
    // The state that is begun with knows the records up to here; only what they were decoded by is looked at.
    let mut known = JournalPosition(0);
    if begin.0 > 1
        && let Some(kept) = store.oldest_snapshot().await?
    {
        known = kept.position;
        replay.begin_with(store, config, kept).await?;
    }
    let mut blocks = store.read(begin..=end);
    while let Some(block) = blocks.next().await {
        let block = block?;
        let last = block.last();
        for (position, record) in (block.first.0..).zip(&block.records) {
            if position <= known.0 && !matches!(record, Record::Config(_)) {
                continue;
            }
            if replay.is_over(record) {
                replay.unread = unread(store, replay.told.range()).await?;
                return replay.report(config, options);
            }
            replay.step(config, record)?;
        }
        told(last.0 + 1 - begin.0, end.0 + 1 - begin.0);
    }
    replay.unread = unread(store, replay.told.range()).await?;
    replay.report(config, options)
}

/// Records that could not be read: the journal has none of them, but they came.
#[derive(Default)]
struct Unread {
    count: u64,
    samples: Vec<String>,
}

/// Counts those of a range among the ones that are kept; without a range, all that ever came.
async fn unread(store: &dyn Store, range: Option<Range>) -> Result<Unread, ReplayError> {
    let mut unread = Unread::default();
    let mut paging = Paging::first(Paging::MAX);
    loop {
        let page = store.issues(None, &paging).await?;
        let inside = |at: ReceivedTime| range.is_none_or(|range| range.from.0 <= at.0 && at.0 < range.to.0);
        for issue in page.items.iter().map(|row| &row.issue).filter(|issue| inside(issue.received)) {
            unread.count += 1;
            if unread.samples.len() < MOST_SAMPLES {
                unread.samples.push(format!("{} {}: {}", issue.source, issue.received, issue.reason));
            }
        }
        match page.next {
            Some(next) => paging = Paging::after(Paging::MAX, Some(next)),
            None => break,
        }
    }
    if range.is_none() {
        unread.count = store.issue_counts().await?.iter().map(|it| it.total).sum();
    }
    Ok(unread)
}

struct Replay {
    engine: Engine,
    hotspots: Hotspots,
    told: Accumulator,
    /// Changes since the last tick, for the fold behind it.
    carried: Vec<Change>,
    to: Option<SourceTime>,
    first: Option<SourceTime>,
    last: Option<SourceTime>,
    observations: u64,
    gaps: Vec<GapRow>,
    /// Whether the journal said what the records are decoded by.
    compared: bool,
    unread: Unread,
}

impl Replay {
    fn new(config: &Config, options: Options) -> Self {
        let range = options.from.or(options.to).map(|_| Range {
            from: options.from.unwrap_or(SourceTime::MIN),
            to: options.to.unwrap_or(SourceTime::MAX),
        });
        Self {
            engine: Engine::new(config.rules.clone()),
            hotspots: Hotspots::default(),
            told: Accumulator::within(range),
            carried: Vec::new(),
            to: options.to,
            first: None,
            last: None,
            observations: 0,
            gaps: Vec::new(),
            compared: false,
            unread: Unread::default(),
        }
    }

    /// Takes over what was known when the oldest day that is left began, under the new rules. What was found before and
    /// was still open is among what the report may name.
    async fn begin_with(&mut self, store: &dyn Store, config: &Config, kept: KeptState) -> Result<(), ReplayError> {
        let void = |reason: String| ReplayError::OldState { reason };
        let entries = kept.entries.into_iter().filter(|(space, _)| *space != Space::FOLDS);
        let (spaces, entries): (BTreeSet<_>, Vec<_>) = entries.unzip();
        if spaces.len() > 1 {
            return Err(void(format!("it was kept by {} engine partitions", spaces.len())));
        }
        self.engine = Engine::restore(entries).map_err(|error| void(error.to_string()))?;
        for id in self.engine.open_findings().collect::<Vec<_>>() {
            if let Some(row) = store.finding(id).await? {
                self.told.fold(&[Change::Opened(Box::new(row.finding))]);
            }
        }
        let under = ConfigRecord {
            digest: config.digest.as_str().into(),
            text: config.text.clone(),
            rules: config.rules.clone(),
        };
        let changes = self.engine.step(&[Record::Config(Box::new(under))]);
        self.told.fold(&changes);
        self.carried.extend(changes);
        Ok(())
    }

    /// Whether the time has come to where stepping ends: by a tick, or by what was received after it.
    fn is_over(&self, record: &Record) -> bool {
        let Some(to) = self.to.map(|to| ReceivedTime(to.0)) else { return false };
        match record {
            Record::Tick(tick) => tick.now > to,
            Record::Observations(observations) => observations.iter().any(|it| it.received > to),
            _ => false,
        }
    }

    fn step(&mut self, config: &Config, record: &Record) -> Result<(), ReplayError> {
        match record {
            Record::Config(old) => {
                self.compared = true;
                return self.compare(config, old);
            }
            Record::Observations(_) if !self.compared => return Err(ReplayError::NoConfig),
            Record::Observations(observations) => {
                self.observations += observations.len() as u64;
                for observation in observations.iter().filter(|it| !matches!(it.fact, Fact::Metric(_))) {
                    self.first = Some(self.first.map_or(observation.at, |first| first.min(observation.at)));
                    self.last = self.last.max(Some(observation.at));
                }
            }
            Record::Gap(gap) if self.gaps.len() < MOST_GAPS => self.gaps.push(GapRow {
                source: gap.source.to_string(),
                partition: gap.partition.as_ref().map(ToString::to_string),
                from: gap.from,
                to: gap.to,
                reason: words::gap(&gap.reason),
            }),
            _ => {}
        }
        let changes = self.engine.step(std::slice::from_ref(record));
        self.told.fold(&changes);
        self.carried.extend(changes);
        if matches!(record, Record::Tick(_)) {
            let carried = std::mem::take(&mut self.carried);
            let behind = self.hotspots.fold(&self.engine.context(), &carried);
            self.told.fold(&behind);
        }
        Ok(())
    }

    /// A configuration in the journal comes not into force; it says how what follows was decoded.
    fn compare(&self, config: &Config, old: &ConfigRecord) -> Result<(), ReplayError> {
        let since = self.engine.now();
        let old = config::parse("the journal's configuration", &old.text, &|_| None, Purpose::Offline)
            .map_err(|problems| ReplayError::OldConfig { since, problems: problems.to_string() })?;
        let differences = differences(&old.file, &config.file);
        if differences.is_empty() { Ok(()) } else { Err(ReplayError::Decode { since, differences }) }
    }

    fn report(mut self, config: &Config, options: Options) -> Result<Report, ReplayError> {
        let (first, last) = self.first.zip(self.last).ok_or(ReplayError::Nothing { to: options.to })?;
        let range =
            Range { from: options.from.unwrap_or(first), to: options.to.unwrap_or(last.plus(plumbline_model::Lag(1))) };
        if range.from >= range.to {
            return Err(ReplayError::Range { from: range.from, to: range.to });
        }
        for run in self.engine.sagas().open() {
            self.told.fold(&[Change::Saga(Box::new(run))]);
        }
        let summary = self.engine.convergence().summary(&self.engine.context());
        let standing: Vec<Standing> = summary.into_iter().map(Standing::from).collect();
        let coverage = Coverage {
            gaps: std::mem::take(&mut self.gaps),
            records: self.observations + self.unread.count,
            issues: self.unread.count,
            // The journal has nothing of them.
            unmapped: None,
            issue_samples: std::mem::take(&mut self.unread.samples),
            ..check::coverage(&config.rules, &|_| true, (&self.engine, &self.hotspots), &self.told, &standing)
        };
        let frame = Frame {
            environment: config.file.environment.clone(),
            simulated: config.file.simulated,
            range,
            made: options.now,
            standing,
            coverage,
        };
        Ok(self.told.report(&config.rules, frame))
    }
}
