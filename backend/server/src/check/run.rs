//! Stepping the engine through recordings: observations in the order of their times, frontiers as the files allow them, and
//! ticks of event time; at the end, what is due is decided and the rest is left unknown (SEM-4).

use std::collections::BTreeMap;

use plumbline_engine::{Engine, latency::hotspot::Hotspots, saga};
use plumbline_model::{
    Change, Lag, ReceivedTime, Record, SourceName, SourceTime, Tick,
    api::{Coverage, Range, Report},
    journal::{self, Proof},
    saga::SagaInstance,
    time::{MINUTE_NS, Minute, SECOND_NS},
};

use super::{
    CheckError, Input,
    baseline::{self, Marks},
    coverage, ends,
    merge::{Merge, Next},
    scan::Scan,
};
use crate::{
    config::Config,
    report::{Accumulator, Frame, Standing},
};

/// Records between two tellings of progress.
const TELL_EVERY: u64 = 4096;
/// Ticks in a stretch in which nothing happens: enough for what waits for time to pass, whatever the length of the stretch.
const QUIET_TICKS: i64 = 2_000;
/// How much later than the end the last tick is, beyond the time after which an unfinished trace is given up: whatever is told
/// by the minute is told.
const AFTERWARDS: Lag = Lag(2 * MINUTE_NS);

/// What is stepped.
pub struct Recording<'a> {
    pub config: &'a Config,
    pub inputs: &'a [Input],
    pub scans: &'a [Scan],
    pub begin: SourceTime,
    pub end: SourceTime,
}

impl Recording<'_> {
    /// Whether any file is a recording of the source.
    fn records(&self, source: &SourceName) -> bool {
        self.inputs.iter().any(|input| input.tape.source == *source)
    }
}

/// The engine at the end, and what it told.
pub struct Outcome {
    engine: Engine,
    hotspots: Hotspots,
    told: Accumulator,
    rules: plumbline_model::rules::Rules,
}

/// Steps everything.
pub fn run(recording: &Recording<'_>, range: Option<Range>, told: &mut impl FnMut(u64)) -> Result<Outcome, CheckError> {
    let rules = baseline::rules(recording.config, recording.inputs, recording.scans);
    let mut stepper = Stepper {
        engine: Engine::new(rules.clone()),
        hotspots: Hotspots::default(),
        told: Accumulator::within(range),
        batch: Vec::new(),
        frontiers: Frontiers::new(recording),
        second: recording.begin.0.div_euclid(SECOND_NS),
        end: recording.end,
    };
    // Before anything is seen the engine knows what time it is.
    stepper.tick(stepper.second);
    for (input, scan) in recording.inputs.iter().zip(recording.scans) {
        stepper.batch.extend(scan.unread.behind(None, input, recording.begin, recording.end));
    }
    let marks = Marks::new(recording.scans);
    let mut merge = Merge::open(recording.config, recording.inputs, Some(recording.end))?;
    let mut count = 0;
    while let Some(at) = merge.peek() {
        stepper.advance_to(at);
        let Some(next) = merge.next()? else { break };
        stepper.take(&marks, next, recording)?;
        count += 1;
        if count % TELL_EVERY == 0 {
            told(count);
        }
    }
    // More records than were read the first time are noticed when they come, fewer only here.
    let mut files = recording.inputs.iter().zip(recording.scans).enumerate();
    if let Some((_, (input, _))) = files.find(|(file, (_, scan))| merge.taken(*file) != scan.behind.len()) {
        return Err(CheckError::Changed(input.path.display().to_string()));
    }
    stepper.finish(&rules, recording);
    Ok(Outcome { engine: stepper.engine, hotspots: stepper.hotspots, told: stepper.told, rules })
}

struct Stepper {
    engine: Engine,
    hotspots: Hotspots,
    told: Accumulator,
    /// Records of the present second.
    batch: Vec<Record>,
    frontiers: Frontiers,
    /// The second of event time that is being gathered.
    second: i64,
    end: SourceTime,
}

impl Stepper {
    /// Ends the present second, and lets the time up to the second of `at` pass.
    fn advance_to(&mut self, at: SourceTime) {
        let second = at.0.div_euclid(SECOND_NS);
        // Records that stand behind later ones in their file belong to the present second.
        if second <= self.second {
            return;
        }
        self.tick(self.second + 1);
        let minute = MINUTE_NS / SECOND_NS;
        let step = minute.max((second - self.second) / QUIET_TICKS / minute * minute);
        let mut border = (self.second + 1).div_euclid(minute) * minute + minute;
        while border < second {
            self.tick(border);
            border += step;
        }
        if self.second + 1 < second {
            self.tick(second);
        }
        self.second = second;
    }

    fn take(&mut self, marks: &Marks, next: Next, recording: &Recording<'_>) -> Result<(), CheckError> {
        let scan = &recording.scans[next.file];
        let behind = scan.behind.get(next.index).copied();
        let behind =
            behind.ok_or_else(|| CheckError::Changed(recording.inputs[next.file].path.display().to_string()))?;
        self.batch.extend(marks.before(next.file, next.index));
        next.decoded.append_to(&mut self.batch);
        self.batch.extend(marks.after(next.file, next.index));
        let input = &recording.inputs[next.file];
        self.batch.extend(scan.unread.behind(Some(next.index), input, recording.begin, recording.end));
        self.frontiers.read(next.file, next.index, behind);
        Ok(())
    }

    /// Steps what was gathered, a tick at a second of event time, and the frontiers as that time knows them.
    fn tick(&mut self, second: i64) {
        let now = second.saturating_mul(SECOND_NS);
        self.batch.push(Record::Tick(Tick { now: ReceivedTime(now) }));
        let progress = self.frontiers.progress(SourceTime(now).min(self.end));
        self.batch.extend(progress);
        self.step();
    }

    fn step(&mut self) {
        let records = std::mem::take(&mut self.batch);
        let changes = self.engine.step(&records);
        let behind = self.hotspots.fold(&self.engine.context(), &changes);
        self.told.fold(&changes);
        self.told.fold(&behind);
    }

    /// The common end: all frontiers stand there, and time passes until nothing is waited for.
    fn finish(&mut self, rules: &plumbline_model::rules::Rules, recording: &Recording<'_>) {
        let now = |at: SourceTime| Record::Tick(Tick { now: ReceivedTime(at.0) });
        // What is decided by the end is told at the end, not later.
        self.batch.push(now(self.end));
        self.batch.extend(self.frontiers.ended(&ends::frontiers(rules, self.end), recording));
        self.batch.push(now(self.end));
        let settled = self.end.plus(rules.latency.give_up).plus(AFTERWARDS);
        self.step();
        for minute in self.end.minute().0 + 1..=settled.minute().0 {
            self.batch.push(now(Minute(minute).start()));
            self.step();
        }
    }
}

/// How far each file may be trusted, and what was told of it.
struct Frontiers {
    files: Vec<FileFrontier>,
}

struct FileFrontier {
    progress: journal::Progress,
    told: Option<SourceTime>,
    /// The least source time behind what was read.
    behind: SourceTime,
}

impl Frontiers {
    fn new(recording: &Recording<'_>) -> Self {
        let partitions = |input: &Input| {
            recording.inputs.iter().filter(|other| other.tape.source == input.tape.source).count() as u32
        };
        let files = recording.inputs.iter().zip(recording.scans).map(|(input, scan)| FileFrontier {
            progress: journal::Progress {
                source: input.tape.source.clone(),
                partition: input.tape.partition.clone(),
                position: None,
                frontier: None,
                proof: Proof::Recording,
                partitions: partitions(input),
            },
            told: None,
            behind: scan.least.unwrap_or(SourceTime::MAX),
        });
        Self { files: files.collect() }
    }

    fn read(&mut self, file: usize, index: usize, behind: SourceTime) {
        let file = &mut self.files[file];
        file.behind = behind;
        file.progress.position = Some(index as u64 + 1);
    }

    /// What has changed: everything before the least time behind was seen, as far as time has come.
    fn progress(&mut self, now: SourceTime) -> Vec<Record> {
        let mut records = Vec::new();
        for file in &mut self.files {
            let frontier = file.behind.minus(Lag(1)).min(now);
            if file.told.is_none_or(|told| told < frontier) {
                file.told = Some(frontier);
                records.push(Record::Progress(journal::Progress { frontier: Some(frontier), ..file.progress.clone() }));
            }
        }
        records
    }

    fn ended(&mut self, at: &BTreeMap<SourceName, SourceTime>, recording: &Recording<'_>) -> Vec<Record> {
        let files = self.files.iter().map(|file| {
            let frontier = Some(at.get(&file.progress.source).copied().unwrap_or(recording.end));
            Record::Progress(journal::Progress { frontier, proof: Proof::InputEnd, ..file.progress.clone() })
        });
        files.collect()
    }
}

impl Outcome {
    /// The report of everything that was told.
    pub fn report(mut self, config: &Config, recording: &Recording<'_>, range: Range, now: ReceivedTime) -> Report {
        for run in self.engine.sagas().open() {
            let state = saga::at_input_end(&run);
            self.told.fold(&[Change::Saga(Box::new(SagaInstance { state, ..run }))]);
        }
        let standing = self.standing(recording);
        let sum = |count: fn(&Scan) -> u64| recording.scans.iter().map(count).sum();
        let recorded = |source: &SourceName| recording.records(source);
        let coverage = Coverage {
            records: sum(|scan| scan.records),
            issues: sum(|scan| scan.issues),
            unmapped: Some(sum(|scan| scan.unmapped)),
            issue_samples: recording.scans.iter().flat_map(|scan| scan.samples.iter().cloned()).collect(),
            ..coverage::coverage(&self.rules, &recorded, (&self.engine, &self.hotspots), &self.told, &standing)
        };
        let frame = Frame {
            environment: config.file.environment.clone(),
            simulated: config.file.simulated,
            range,
            made: now,
            standing,
            coverage,
        };
        let mut report = self.told.report(&self.rules, frame);
        // The frontiers at the end stand beyond it by the clock errors; for people it is the end.
        for frontier in report.findings.iter_mut().flat_map(|finding| &mut finding.frontiers) {
            frontier.frontier = frontier.frontier.min(recording.end);
        }
        report
    }

    fn standing(&self, recording: &Recording<'_>) -> Vec<Standing> {
        let summary = self.engine.convergence().summary(&self.engine.context());
        let of = |it: plumbline_engine::convergence::ReplicaSummary| {
            let entity = self.rules.entity(&it.entity);
            let sides = entity.map(|entity| [entity.replica(&it.replica), entity.replica(&entity.authority)]);
            let mut sources = sides.into_iter().flatten().flatten().map(|side| &side.source);
            let unrecorded = sources.find(|source| !recording.records(source)).cloned();
            Standing {
                // Files are complete up to the common end; without a file nothing was watched.
                watched: unrecorded.is_some().then_some(0.0),
                unrecorded,
                ..it.into()
            }
        };
        summary.into_iter().map(of).collect()
    }
}
