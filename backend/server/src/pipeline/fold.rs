//! The folds behind the engine's partitions (SEM-14): what spans keys. They see the partitions' changes merged, act at ticks
//! only, and keep state of their own, so that four partitions tell what one tells.

use std::collections::BTreeMap;

use plumbline_engine::{
    Engine, RestoreError,
    incident::{self, Incidents, Silence},
    latency::hotspot::Hotspots,
};
use plumbline_model::{
    Change, FindingId, Record,
    incident::IncidentChange,
    journal::{Command, StateEntry},
    rollup::Rollup,
    rules::AlertRules,
};
use plumbline_store::Space;

use super::Settings;

/// The hotspots' letter in the keys of kept state; all others are the incidents'.
const HOTSPOTS: u8 = b'h';

/// Hotspots over merged rollups, then incidents over all findings.
pub struct Folds {
    hotspots: Hotspots,
    incidents: Incidents,
    /// Changes and commands since the last tick. Empty behind a tick, which is why state is kept there.
    carried: Vec<Change>,
    commands: Vec<Command>,
    /// State that could not be written the last time.
    pub(super) unsaved: Vec<(Space, StateEntry)>,
}

/// What the folds told.
#[derive(Default)]
pub struct Behind {
    pub changes: Vec<Change>,
    pub incidents: Vec<IncidentChange>,
}

impl Folds {
    pub fn new(settings: &Settings) -> Self {
        let incidents = Incidents::new(told_by(settings), &AlertRules::default());
        Self {
            hotspots: Hotspots::default(),
            incidents,
            carried: Vec::new(),
            commands: Vec::new(),
            unsaved: Vec::new(),
        }
    }

    /// # Errors
    /// When a piece was written by another version.
    pub fn restore(settings: &Settings, entries: Vec<StateEntry>) -> Result<Self, RestoreError> {
        let (hotspots, incidents): (Vec<_>, Vec<_>) =
            entries.into_iter().partition(|entry| entry.key.first() == Some(&HOTSPOTS));
        Ok(Self {
            hotspots: Hotspots::restore(hotspots)?,
            incidents: Incidents::restore(told_by(settings), incidents)?,
            ..Self::new(settings)
        })
    }

    /// Takes in what a record changed; at a tick, decides.
    pub fn after(&mut self, record: &Record, changes: &[Change], engines: &[Engine]) -> Behind {
        self.carry(changes);
        match record {
            Record::Command(command) => self.commands.push(command.clone()),
            Record::Config(config) => self.incidents.configure(&config.rules.alerts),
            Record::Tick(_) => {
                if let Some(engine) = engines.first() {
                    return self.decide(engine);
                }
            }
            _ => {}
        }
        Behind::default()
    }

    /// Findings, rollups and traces (the evidence of hotspots) wait for the next tick.
    pub fn carry(&mut self, changes: &[Change]) {
        self.carried.extend(changes.iter().filter(|change| !matches!(change, Change::Saga(_))).cloned());
    }

    fn decide(&mut self, engine: &Engine) -> Behind {
        let mut changes = merge_rollups(std::mem::take(&mut self.carried));
        let context = engine.context();
        let hotspots = self.hotspots.fold(&context, &changes);
        changes.extend(hotspots.iter().cloned());
        let commands = std::mem::take(&mut self.commands);
        let incidents = self.incidents.fold(&changes, &commands, engine.now());
        Behind { changes: hotspots, incidents }
    }

    /// Silences in force as of the last tick.
    pub fn silences(&self) -> &[Silence] {
        self.incidents.silences()
    }

    /// Findings of the folds' own that are open.
    pub fn open_findings(&self) -> impl Iterator<Item = FindingId> + '_ {
        self.hotspots.open_findings()
    }

    pub fn take_dirty(&mut self) -> Vec<StateEntry> {
        let mut entries = self.hotspots.take_dirty();
        entries.extend(self.incidents.take_dirty());
        entries
    }
}

fn told_by(settings: &Settings) -> incident::Settings {
    incident::Settings { public_url: settings.public_url.clone(), environment: settings.environment.clone() }
}

/// Adds up the partitions' amounts of one series and minute, in the order of series: what one partition would have told.
fn merge_rollups(changes: Vec<Change>) -> Vec<Change> {
    let mut rollups: BTreeMap<_, Rollup> = BTreeMap::new();
    let mut merged = Vec::with_capacity(changes.len());
    for change in changes {
        match change {
            Change::Rollup(rollup) => match rollups.get_mut(&(rollup.series.clone(), rollup.minute)) {
                Some(sum) => {
                    // Amounts of one series are of one kind; an odd one would be a bug of the teller and is told as it is.
                    if !sum.amount.add(&rollup.amount) {
                        merged.push(Change::Rollup(rollup));
                    }
                }
                None => {
                    rollups.insert((rollup.series.clone(), rollup.minute), *rollup);
                }
            },
            other => merged.push(other),
        }
    }
    merged.extend(rollups.into_values().map(|rollup| Change::Rollup(Box::new(rollup))));
    merged
}
