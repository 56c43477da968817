//! Hotspots over made-up rollups: random but steady systems raise no alarm for hours, and every way of getting slower that
//! a user would want to hear of is found within minutes, at the right place, once.

use std::collections::BTreeMap;

use plumbline_model::{
    Change, Lag, Partition, ReceivedTime, Resolution, SourceName, SourceTime, TraceId,
    finding::{BaselineKind, Detail, Subject},
    journal::{Gap, GapReason, Progress, Proof},
    rollup::{Amount, PathTime, Rollup, Series},
    rules::Rules,
    span::EdgeKind,
    time::Minute,
};

use super::Hotspots;
use crate::{Context, frontier::Frontiers};

/// SplitMix64: what is random in a test comes from its seed.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }
    fn unit(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1_u64 << 53) as f64
    }
    /// Sum of four uniform numbers: near enough to normal.
    fn normal(&mut self) -> f64 {
        let bits = self.next();
        let sum: u64 = (0..4).map(|part| (bits >> (16 * part)) & 0xffff).sum();
        (sum as f64 / 65_536.0 - 2.0) * 3.0_f64.sqrt()
    }
}

/// How the times of one edge are spread.
#[derive(Clone, Copy)]
struct Shape {
    per_minute: u64,
    median_ms: f64,
    sigma: f64,
    /// Part of the calls that take a hundred times as long (a cache that misses).
    misses: f64,
}

const EDGE: Shape = Shape { per_minute: 300, median_ms: 20.0, sigma: 0.5, misses: 0.0 };

/// Part of the calls in a minute that are slower, and by how much.
type Fault = (f64, f64);

/// A system of edges, minute by minute.
struct System {
    shapes: Vec<Shape>,
    random: Random,
    rules: Rules,
    frontiers: Frontiers,
    hotspots: Hotspots,
    minute: i64,
    told: Vec<(i64, Change)>,
}

fn source() -> SourceName {
    "otlp".into()
}

impl System {
    fn new(seed: u64, shapes: Vec<Shape>) -> Self {
        let mut rules = Rules::default();
        rules.latency.sources = vec![source()];
        let frontiers = Frontiers::default();
        Self {
            shapes,
            random: Random(seed),
            rules,
            frontiers,
            hotspots: Hotspots::default(),
            minute: 0,
            told: Vec::new(),
        }
    }

    /// Lets minutes pass; `fault` says what is slower on an edge in a minute, counted from the first of these.
    fn pass(&mut self, minutes: i64, fault: impl Fn(usize, i64) -> Option<Fault>) -> &mut Self {
        for at in 0..minutes {
            let mut changes = Vec::new();
            let mut paths = PathTime::default();
            for edge in 0..self.shapes.len() {
                let time = self.edge(edge, fault(edge, at), &mut paths);
                changes.push(self.rollup(series(edge), time));
            }
            changes.push(self.rollup(Series::Root { service: "gateway".into(), operation: "GET /".into() }, paths));
            self.minute += 1;
            let told = self.fold(&changes, 0);
            self.told.extend(told.into_iter().map(|change| (self.minute, change)));
        }
        self
    }

    fn edge(&mut self, edge: usize, fault: Option<Fault>, paths: &mut PathTime) -> PathTime {
        let shape = self.shapes[edge];
        let mut path = PathTime::default();
        // Traffic varies as well.
        let count = (shape.per_minute as f64 * (1.0 + 0.1 * self.random.normal())).max(0.0) as u64;
        for _ in 0..count {
            let usual = shape.median_ms * (shape.sigma * self.random.normal()).exp();
            let usual = if self.random.unit() < shape.misses { usual * 100.0 } else { usual };
            let slower = fault.filter(|(part, _)| self.random.unit() < *part).map_or(0.0, |(_, by_ms)| by_ms);
            let time = Lag(((usual + slower) * 1e6) as i64);
            let whole = time.saturating_add(Lag::from_millis(50));
            path.traces += 1;
            path.time.add(time);
            path.whole = path.whole.saturating_add(whole);
            path.add_exemplar((TraceId(u128::from(self.random.next())), time));
            paths.traces += 1;
            paths.time.add(whole);
        }
        path
    }

    fn rollup(&self, series: Series, path: PathTime) -> Change {
        Change::Rollup(Box::new(Rollup { minute: Minute(self.minute), series, amount: Amount::Path(path) }))
    }

    /// Folds at a tick 10 s behind the minute, so that it is final; `behind` minutes less far.
    fn fold(&mut self, changes: &[Change], behind: i64) -> Vec<Change> {
        let frontier = Minute(self.minute - behind).start().plus(self.rules.latency.settle);
        self.frontiers.progress(&Progress {
            source: source(),
            partition: Partition::default(),
            position: None,
            frontier: Some(frontier),
            proof: Proof::Assumed { lateness: Lag::from_secs(30) },
            partitions: 1,
        });
        let now = ReceivedTime(frontier.plus(Lag::from_secs(30)).0);
        let cx = Context { rules: &self.rules, frontiers: &self.frontiers, now };
        self.hotspots.fold(&cx, changes)
    }

    /// What was told, in words: minute, what, which edge.
    fn words(&self) -> Vec<String> {
        let mut edges = BTreeMap::new();
        let mut words = Vec::new();
        for (minute, change) in &self.told {
            match change {
                Change::Opened(finding) => {
                    let Subject::Edge { to, .. } = &finding.subject else { panic!("{finding:?}") };
                    edges.insert(finding.id, to.to_string());
                    words.push(format!("{minute} opened {to}"));
                }
                Change::Resolved { id, resolution: Resolution { how, .. } } => {
                    words.push(format!("{minute} {how:?} {}", edges[id]));
                }
                _ => {}
            }
        }
        words
    }
}

fn series(edge: usize) -> Series {
    Series::EdgePath { from: "gateway".into(), to: format!("s{edge}").into(), edge: EdgeKind::Network }
}

fn healthy(_: usize, _: i64) -> Option<Fault> {
    None
}

#[test]
fn a_steady_system_raises_no_alarm_for_hours() {
    let mut shapes = Vec::new();
    for per_minute in [12, 60, 300, 1_000] {
        for (sigma, misses) in [(0.3, 0.0), (0.8, 0.0), (1.3, 0.0), (0.3, 0.05), (0.5, 0.02)] {
            shapes.push(Shape { per_minute, median_ms: 30.0, sigma, misses });
        }
    }
    for seed in 1..=2 {
        let mut system = System::new(seed, shapes.clone());
        system.pass(4 * 60, healthy);
        assert_eq!(system.words(), [""; 0], "seed {seed}");
    }
}

#[test]
fn a_slow_edge_is_found_within_three_minutes_and_no_other_is_blamed() {
    for part in [1.0, 0.3] {
        let mut system = System::new(7, vec![EDGE; 4]);
        system.pass(40, healthy).pass(3, |edge, _| (edge == 2).then_some((part, 300.0)));
        assert_eq!(system.words(), ["42 opened s2"], "part {part}");
        let Change::Opened(finding) = &system.told[0].1 else { panic!() };
        assert_eq!(system.hotspots.open_findings().collect::<Vec<_>>(), [finding.id]);
        assert_eq!(finding.since, Some(Minute(40).start()), "since the first slow minute");
        let Detail::Slower { p95, baseline_p95, share_ppm, baseline, .. } = finding.detail else { panic!() };
        assert!(p95 > Lag::from_millis(300) && baseline_p95 < Lag::from_millis(60) && share_ppm > 200_000);
        assert_eq!(baseline, BaselineKind::Preceding);
        assert!(finding.frontiers.iter().all(|it| it.assumed), "a push source's frontier is an assumption");
    }
}

#[test]
fn a_quiet_edge_takes_longer_but_is_found() {
    let quiet = Shape { per_minute: 14, ..EDGE };
    let mut system = System::new(3, vec![quiet, EDGE]);
    system.pass(60, healthy).pass(9, |edge, _| (edge == 0).then_some((1.0, 300.0)));
    assert_eq!(system.words().len(), 1, "{:?}", system.words());
    assert!(system.words()[0].ends_with("opened s0"));
}

#[test]
fn it_stays_open_as_long_as_it_lasts_and_ends_when_it_has_been_calm() {
    let mut system = System::new(5, vec![EDGE; 2]);
    system.pass(30, healthy).pass(200, |edge, _| (edge == 1).then_some((1.0, 300.0))).pass(10, healthy);
    assert_eq!(system.words(), ["32 opened s1", "233 Recovered s1"]);
    assert_eq!(system.hotspots.open_findings().count(), 0);
    let Change::Resolved { resolution, .. } = &system.told.last().unwrap().1 else { panic!() };
    assert_eq!(resolution.at, Some(Minute(230).start()), "since the first calm minute");
}

#[test]
fn what_was_slow_before_is_no_measure_for_what_is_usual() {
    let mut system = System::new(6, vec![EDGE; 2]);
    let slow = |edge: usize, _| (edge == 1).then_some((1.0, 300.0));
    system.pass(30, healthy).pass(10, slow).pass(8, healthy).pass(4, slow);
    assert_eq!(system.words(), ["32 opened s1", "43 Recovered s1", "50 opened s1"]);
}

#[test]
fn one_bad_minute_is_no_hotspot() {
    let mut system = System::new(8, vec![EDGE; 2]);
    system.pass(30, healthy).pass(1, |_, _| Some((1.0, 500.0))).pass(20, healthy);
    assert_eq!(system.words(), [""; 0]);
}

#[test]
fn a_little_slower_or_a_small_share_is_no_hotspot() {
    let mut system = System::new(9, vec![EDGE; 2]);
    system.pass(30, healthy).pass(20, |_, _| Some((1.0, 8.0)));
    assert_eq!(system.words(), [""; 0], "less than min_excess");
    let mut system = System::new(9, vec![EDGE; 2]);
    system.rules.latency.min_share_ppm = 950_000;
    system.pass(30, healthy).pass(20, |_, _| Some((1.0, 300.0)));
    assert_eq!(system.words(), [""; 0], "less than min_share");
}

#[test]
fn no_traffic_for_an_hour_leaves_it_undecided() {
    let mut system = System::new(4, vec![EDGE; 2]);
    system.pass(30, healthy).pass(5, |edge, _| (edge == 1).then_some((1.0, 300.0)));
    system.shapes[1].per_minute = 0;
    system.pass(70, healthy);
    assert_eq!(system.words(), ["32 opened s1", "97 Unknown s1"], "an hour after the last window with samples");
}

#[test]
fn minutes_that_are_not_final_or_have_gaps_are_not_judged() {
    let mut system = System::new(2, vec![EDGE; 2]);
    system.pass(30, healthy);
    let gap = Gap {
        source: source(),
        partition: None,
        from: Minute(30).start(),
        to: Some(SourceTime(Minute(33).end().0 - 1)),
        reason: GapReason::NotRunning,
    };
    system.frontiers.gap(&gap);
    system.pass(4, |_, _| Some((1.0, 300.0)));
    assert_eq!(system.words(), [""; 0]);
    // The frontier stands still: nothing becomes final, however much is told.
    let stands = system.minute;
    for _ in 0..5 {
        let time = system.edge(0, Some((1.0, 300.0)), &mut PathTime::default());
        let changes = [system.rollup(series(0), time)];
        system.minute += 1;
        assert_eq!(system.fold(&changes, system.minute - stands), []);
    }
}

#[test]
fn the_same_window_earlier_is_the_baseline_once_there_is_one() {
    for (baseline, minutes) in [(Lag::from_secs(30 * 60), 45), (Lag::from_secs(86_400), 24 * 60 + 70)] {
        let mut system = System::new(11, vec![EDGE; 2]);
        system.rules.latency.baseline = baseline;
        system.pass(minutes, healthy).pass(3, |edge, _| (edge == 0).then_some((1.0, 300.0)));
        let Some((_, Change::Opened(finding))) = system.told.first() else { panic!("{baseline}: nothing was found") };
        let Detail::Slower { baseline: kind, .. } = finding.detail else { panic!() };
        assert_eq!(kind, BaselineKind::SameWindowEarlier, "{baseline}");
    }
}

#[test]
fn a_restart_at_any_minute_changes_nothing() {
    let fault = |edge: usize, minute: i64| (edge == 1 && (30..50).contains(&minute)).then_some((0.3, 300.0));
    let mut whole = System::new(12, vec![EDGE; 3]);
    whole.pass(70, fault);
    assert_eq!(whole.words().len(), 2);
    let mut restarted = System::new(12, vec![EDGE; 3]);
    let mut kept = BTreeMap::new();
    for minute in 0..70 {
        restarted.pass(1, |edge, _| fault(edge, minute));
        for entry in restarted.hotspots.take_dirty() {
            match entry.value {
                Some(_) => kept.insert(entry.key.clone(), entry),
                None => kept.remove(&entry.key),
            };
        }
        restarted.hotspots = Hotspots::restore(kept.values().rev().cloned()).unwrap();
    }
    assert_eq!(restarted.told, whole.told);
}

#[test]
fn places_too_many_and_minutes_too_far_off_are_counted() {
    let mut system = System::new(1, vec![EDGE]);
    system.pass(5, healthy);
    let far = Rollup {
        minute: Minute(9_999_999),
        series: series(0),
        amount: Amount::Path(PathTime { traces: 3, ..PathTime::default() }),
    };
    system.fold(&[Change::Rollup(Box::new(far))], 0);
    assert_eq!(system.hotspots.unwatched(), 3);
}
