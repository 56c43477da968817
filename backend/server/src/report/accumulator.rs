//! Everything that the engine tells, folded in memory into a report: for `check` and `replay`, which have no store. Sums are
//! kept per series; findings beyond a bound are counted and not kept (LIM-1).

use std::collections::BTreeMap;

use plumbline_engine::convergence::ReplicaSummary;
use plumbline_model::{
    Change, CorrelationId, EntityName, Finding, FindingId, Lag, ReplicaName, Rule, SagaName, SourceName, Why,
    api::{Consistency, CountedWhy, Coverage, FindingView, Mix, Range, ReplicaReport, Report, SagaReport, Summary},
    finding::Detail,
    prose,
    rollup::{Amount, Cells, PathTime, Rollup, Series},
    rules::Rules,
    saga::{SagaRole, SagaState},
    time::Minute,
    trace::PathPlace,
};

use super::{consistency, headline, hotspots, quantiles, why};

/// Findings kept whole. A report with more is not read by people, and programs see that there are more.
const MOST_FINDINGS: usize = 100_000;

/// What was told so far.
#[derive(Default)]
pub struct Accumulator {
    findings: BTreeMap<FindingId, Finding>,
    /// Open findings beyond the bound.
    beyond: BTreeMap<FindingId, Rule>,
    sums: BTreeMap<Series, Amount>,
    /// By minute, for the charts.
    cells: BTreeMap<(EntityName, ReplicaName), BTreeMap<Minute, Amount>>,
    sagas: BTreeMap<(SagaName, CorrelationId, u32), Run>,
    /// Rollups outside of it are left out; `None`: all of them count.
    range: Option<Range>,
}

/// What counts of a saga's run.
struct Run {
    state: SagaState,
    /// Its start was seen.
    started: bool,
    end: Option<SagaRole>,
    went_on: bool,
}

/// What the report says that no change tells.
pub struct Frame {
    pub environment: String,
    pub simulated: bool,
    pub range: Range,
    pub made: plumbline_model::ReceivedTime,
    /// How the keys of each replica stand at the end, in configured order, and the writes that were not due.
    pub standing: Vec<Standing>,
    pub coverage: Coverage,
}

/// How a replica stands at the end.
pub struct Standing {
    pub entity: EntityName,
    pub replica: ReplicaName,
    pub keys: Mix,
    pub open_writes: u64,
    /// Those of them that were due and wait for nothing but the answer to a probe.
    pub unasked_writes: u64,
    /// Keys that were ever seen in it.
    pub seen: u64,
    /// The share of the time in which both sides were seen (SEM-9).
    pub watched: Option<f64>,
    /// The source of one of its sides, where nothing was given of it at all: no write waits for its end then.
    pub unrecorded: Option<SourceName>,
}

impl From<ReplicaSummary> for Standing {
    /// Of a replica that was watched all the time.
    fn from(it: ReplicaSummary) -> Self {
        Self {
            keys: Mix {
                converged: it.keys.converged,
                lagging: it.keys.lagging,
                diverged: it.keys.diverged,
                unknown: it.keys.unknown,
            },
            open_writes: it.open_cells,
            unasked_writes: it.unasked_cells,
            seen: it.seen,
            watched: None,
            unrecorded: None,
            entity: it.entity,
            replica: it.replica,
        }
    }
}

impl Accumulator {
    /// Counts only what belongs to the range.
    pub fn within(range: Option<Range>) -> Self {
        Self { range, ..Self::default() }
    }

    /// What belongs to the report; `None`: everything.
    pub const fn range(&self) -> Option<Range> {
        self.range
    }

    pub fn fold(&mut self, changes: &[Change]) {
        changes.iter().for_each(|change| self.fold_one(change));
    }

    fn fold_one(&mut self, change: &Change) {
        match change {
            Change::Opened(finding) | Change::Revised(finding) => {
                if self.findings.contains_key(&finding.id) || self.findings.len() < MOST_FINDINGS {
                    self.findings.insert(finding.id, (**finding).clone());
                } else {
                    self.beyond.insert(finding.id, finding.rule);
                }
            }
            Change::Resolved { id, resolution } => {
                self.beyond.remove(id);
                if let Some(finding) = self.findings.get_mut(id) {
                    finding.resolution = Some(resolution.clone());
                }
            }
            Change::Rollup(rollup) => self.rollup(rollup),
            Change::Saga(run) => {
                let (started, end, went_on) = (run.started.is_some(), run.end(), run.went_on());
                let counts = Run { state: run.state.clone(), started, end, went_on };
                self.sagas.insert((run.saga.clone(), run.instance.clone(), run.run), counts);
            }
            Change::Trace(_) | Change::ProbeWanted { .. } => {}
        }
    }

    fn rollup(&mut self, rollup: &Rollup) {
        let inside = |range: Range| rollup.minute.end() > range.from && rollup.minute.start() < range.to;
        if !self.range.is_none_or(inside) {
            return;
        }
        if let Series::Cells { entity, replica } = &rollup.series {
            let minutes = self.cells.entry((entity.clone(), replica.clone())).or_default();
            add(minutes.entry(rollup.minute), &rollup.amount);
        }
        add(self.sums.entry(rollup.series.clone()), &rollup.amount);
    }

    /// Findings that touch the range: open ones first, then by `since`.
    fn views(&self) -> Vec<FindingView> {
        let touches = |finding: &&Finding| {
            let Some(range) = self.range else { return true };
            let begins_before_its_end = finding.since.or(finding.due).is_none_or(|since| since < range.to);
            let ends_after_its_begin =
                finding.resolution.as_ref().and_then(|end| end.at).is_none_or(|end| end >= range.from);
            begins_before_its_end && ends_after_its_begin
        };
        let mut shown: Vec<_> = self.findings.values().filter(touches).collect();
        shown.sort_by_key(|it| (it.resolution.is_some(), it.since, it.subject.clone(), it.id));
        shown.iter().map(|it| FindingView::new(it, prose::finding(it) + ".", None)).collect()
    }

    fn cells(&self, entity: &EntityName, replica: &ReplicaName) -> Cells {
        let series = Series::Cells { entity: entity.clone(), replica: replica.clone() };
        match self.sums.get(&series) {
            Some(Amount::Cells(cells)) => cells.clone(),
            _ => Cells::default(),
        }
    }

    /// Whether anything of the replica was decided, beside what its keys tell.
    pub fn closed(&self, entity: &EntityName, replica: &ReplicaName) -> bool {
        let cells = self.cells(entity, replica);
        cells.closed() > cells.unknown
    }

    /// Traces whose paths were counted.
    pub fn traces(&self) -> u64 {
        let roots = self.sums.iter().filter(|(series, _)| matches!(series, Series::Root { .. }));
        roots.map(|(_, amount)| if let Amount::Path(path) = amount { path.traces } else { 0 }).sum()
    }

    pub fn report(&self, rules: &Rules, frame: Frame) -> Report {
        let findings = self.views();
        let open = |rules: &[Rule]| {
            let kept = self.findings.values().filter(|it| it.resolution.is_none() && rules.contains(&it.rule)).count();
            (kept + self.beyond.values().filter(|rule| rules.contains(rule)).count()) as u64
        };
        let diverged = open(&[Rule::Convergence]);
        let broken_promises = open(&[Rule::SagaStep, Rule::SagaWhole, Rule::SagaCompensation]);
        let sagas: Vec<_> = rules.sagas.iter().map(|rule| self.saga(&rule.name)).collect();
        // One that broke two promises will not finish once.
        let stuck = sagas.iter().map(|saga| saga.stuck).sum();
        let hotspots = open(&[Rule::Hotspot]);
        let replicas: Vec<_> = frame.standing.iter().map(|standing| self.replica(rules, standing)).collect();
        let overall = self.overall(&frame.standing);
        let paths = self.hotspots();
        let others = !paths.is_empty() || sagas.iter().any(|saga| saga.started > 0);
        let mut verdicts = Mix::default();
        for keys in replicas.iter().map(|replica| replica.keys) {
            verdicts.converged += keys.converged;
            verdicts.lagging += keys.lagging;
            verdicts.diverged += keys.diverged;
            verdicts.unknown += keys.unknown;
        }
        let mut coverage = frame.coverage;
        coverage.ratio = overall.coverage;
        coverage.not_checked = overall.whys.clone();
        coverage.not_checked.extend(self.undecided(&frame.standing));
        let unchecked = match coverage.unchecked.len() as u64 {
            0 => String::new(),
            1 => " 1 replica or saga was not checked at all.".to_owned(),
            some => format!(" {some} replicas or sagas were not checked at all."),
        };
        Report {
            environment: frame.environment,
            simulated: frame.simulated,
            range: frame.range,
            made: frame.made,
            summary: Summary {
                headline: headline::headline(diverged, stuck, hotspots, &overall, others) + &unchecked,
                verdicts,
                findings_open: diverged + broken_promises + hotspots,
                findings_resolved: self.findings.values().filter(|it| it.resolution.is_some()).count() as u64,
                diverged,
                stuck,
                hotspots,
                consistency: overall,
            },
            coverage,
            findings,
            replicas,
            sagas,
            hotspots: paths,
        }
    }

    /// What is in no ratio and not known at the end: what a side was not recorded of, what nobody asked for, and what was due
    /// only after the input ended (SEM-4).
    fn undecided(&self, standing: &[Standing]) -> Vec<CountedWhy> {
        let mut unrecorded = BTreeMap::<&SourceName, u64>::new();
        let (mut unasked, mut not_due) = (0, 0);
        for it in standing {
            match &it.unrecorded {
                Some(source) => *unrecorded.entry(source).or_default() += it.open_writes,
                None => {
                    unasked += it.unasked_writes;
                    not_due += it.open_writes.saturating_sub(it.unasked_writes);
                }
            }
        }
        let ended = |run: &&Run| matches!(run.state, SagaState::Unknown { why: Why::InputEnded });
        not_due += self.sagas.values().filter(ended).count() as u64;
        let of_source = |(source, count): (&SourceName, u64)| CountedWhy {
            remedy: Some(format!("no recording of {source} was given")),
            ..why::of(&Why::Blind { source: source.clone() }, count)
        };
        let mut whys: Vec<_> = unrecorded.into_iter().map(of_source).collect();
        whys.extend([why::of(&Why::NotProbed, unasked), why::of(&Why::InputEnded, not_due)]);
        whys.retain(|why| why.count > 0);
        whys
    }

    fn replica(&self, rules: &Rules, standing: &Standing) -> ReplicaReport {
        let rule = rules.entity(&standing.entity).and_then(|entity| entity.replica(&standing.replica));
        let cells = self.cells(&standing.entity, &standing.replica);
        ReplicaReport {
            entity: standing.entity.to_string(),
            replica: standing.replica.to_string(),
            within_seconds: rule.map_or(0.0, |rule| rule.within.seconds()),
            keys: standing.keys,
            lag: quantiles::of(&cells.lag),
            consistency: Consistency { open: standing.open_writes, ..consistency::of(&cells, standing.watched) },
        }
    }

    /// Over all replicas; watched as little as the least watched of them.
    fn overall(&self, standing: &[Standing]) -> Consistency {
        let mut sum = Amount::Cells(Cells::default());
        for it in standing {
            sum.add(&Amount::Cells(self.cells(&it.entity, &it.replica)));
        }
        let Amount::Cells(cells) = sum else { return Consistency::default() };
        let watched = standing.iter().filter_map(|it| it.watched).min_by(f64::total_cmp);
        let open = standing.iter().map(|it| it.open_writes).sum();
        Consistency { open, ..consistency::of(&cells, watched) }
    }

    /// Runs by how they ended, of those whose start was seen, and by how they stand.
    fn saga(&self, saga: &SagaName) -> SagaReport {
        let own: Vec<&Run> = self.sagas.iter().filter(|((name, _, _), _)| name == saga).map(|(_, run)| run).collect();
        let count = |counts: &dyn Fn(&Run) -> bool| own.iter().filter(|run| counts(run)).count() as u64;
        SagaReport {
            saga: saga.to_string(),
            started: count(&|run| run.started),
            completed: count(&|run| run.started && run.end == Some(SagaRole::Completed)),
            failed: count(&|run| run.started && run.end == Some(SagaRole::Failed)),
            zombie: count(&|run| run.went_on),
            open: count(&|run| run.state.is_open()),
            stuck: count(&|run| matches!(run.state, SagaState::Stuck { .. } | SagaState::CompensationOwed { .. })),
            unknown: count(&|run| matches!(run.state, SagaState::Unknown { .. })),
        }
    }

    fn hotspots(&self) -> Vec<plumbline_model::api::HotspotRow> {
        let paths = self.sums.iter().filter_map(|(series, amount)| match (series, amount) {
            (Series::OperationPath { service, operation }, Amount::Path(path)) => {
                Some((PathPlace::Operation { service: service.clone(), operation: operation.clone() }, path.clone()))
            }
            (Series::EdgePath { from, to, edge }, Amount::Path(path)) => {
                Some((PathPlace::Edge { from: from.clone(), to: to.clone(), edge: *edge }, path.clone()))
            }
            _ => None,
        });
        let paths: Vec<(PathPlace, PathTime)> = paths.collect();
        let above = self.findings.values().filter(|it| it.resolution.is_none()).filter_map(|it| match &it.detail {
            Detail::Slower { p95, baseline_p95, .. } => {
                Some((it.subject.clone(), (Lag(p95.0 - baseline_p95.0), *baseline_p95, it.since)))
            }
            _ => None,
        });
        hotspots::rows(&paths, &above.collect())
    }
}

fn add(entry: std::collections::btree_map::Entry<'_, impl Ord, Amount>, amount: &Amount) {
    match entry {
        std::collections::btree_map::Entry::Vacant(vacant) => {
            vacant.insert(amount.clone());
        }
        std::collections::btree_map::Entry::Occupied(mut known) => {
            // A series has one kind of amount.
            known.get_mut().add(amount);
        }
    }
}

#[cfg(test)]
mod tests {
    use plumbline_model::{
        ObservationId, Position, SourceTime,
        saga::{SagaEvent, SagaInstance},
        time::ReceivedTime,
    };

    use super::*;

    fn run(id: &str, state: SagaState, roles: &[SagaRole]) -> Change {
        let at = |nth: usize| SourceTime::from_secs(1_795_255_200 + nth as i64);
        let event = |(nth, role): (usize, &SagaRole)| SagaEvent {
            event: "e".into(),
            at: at(nth),
            id: ObservationId {
                source: "bus".into(),
                partition: "".into(),
                position: Position::offset(nth as u64),
                part: 0,
            },
            role: *role,
            trace: None,
        };
        Change::Saga(Box::new(SagaInstance {
            saga: "checkout".into(),
            instance: id.into(),
            run: 1,
            state,
            started: roles.contains(&SagaRole::Start).then(|| at(0)),
            last: at(roles.len()),
            last_event: "e".into(),
            waiting_for: Vec::new(),
            owner: None,
            waiting_since: None,
            due: None,
            owed: Vec::new(),
            events: roles.iter().enumerate().map(event).collect(),
            omitted_events: 0,
            updated: ReceivedTime(0),
        }))
    }

    #[test]
    fn runs_count_by_how_they_ended_if_they_were_seen_to_begin_and_as_zombies_beside() {
        use SagaRole::{AfterEnd, Completed, Failed, Start, Step};
        let owed = SagaState::CompensationOwed { steps: vec!["paid".into()] };
        let mut told = Accumulator::default();
        told.fold(&[
            run("whole", SagaState::Completed, &[Start, Step, Completed]),
            run("went-on", SagaState::Zombie, &[Start, Step, Completed, AfterEnd]),
            run("taken-after-cancel", owed, &[Start, Failed, AfterEnd]),
            run("began-before", SagaState::Unknown { why: Why::BeganBeforeWatching }, &[Step, Completed]),
            run("running", SagaState::Running, &[Start, Step]),
        ]);
        let sum = told.saga(&"checkout".into());
        assert_eq!((sum.started, sum.completed, sum.failed, sum.zombie), (4, 2, 1, 2));
        assert_eq!((sum.open, sum.stuck, sum.unknown), (3, 1, 1));
    }
}
