//! The notation of the saga tests. A test is a text of lines:
//!
//! ```text
//! saga checkout: order.placed > stock.reserved 30s stock undo stock.released > payment.captured 2m payment; done order.completed; failed order.cancelled; within 48h; undo within 10m
//! o-1     placed@0s reserved@5s
//! expect  2m6s stuck o-1 payment.captured(waiting for payment since 5s, owed stock.released)
//! ```
//!
//! * `saga NAME: START > STEP … > STEP …; done E E; failed E; within T; undo within T; from SOURCE SOURCE` declares a saga.
//!   A step is `EVENT [WITHIN] [OWNER] [undo EVENT] [from SOURCE]`. Without `from` the events come from `bus`.
//! * `ID  EVENT@TIME …` are events of the correlation id, at their source times. An event is named by the last part of a
//!   declared type (`placed`), else it is taken as it stands, undeclared. `captured@9s/psp` comes from the source `psp`,
//!   `captured@9s+20s` arrives 20 s after it happened, `in SAGA` at the end of the line names one of several sagas.
//! * `clock SOURCE T` declares a clock error (500 ms where nothing is said).
//! * `blind SOURCE T..T` holds the source's frontier at the first time until the second; without a second, for ever.
//! * `silent SOURCE T..T` does the same to a relay that says nothing. `gap SOURCE T..T` loses records; told at its end.
//! * `rules T` puts the `saga` lines after it into force at that time, in place of all before.
//! * `expect T LINE` wants the line in the picture at that time (`picture.rs` says what stands in it); `expect T nothing
//!   found` wants no finding ever opened, `expect T no run of ID` no run ever told, in no saga.
//!
//! Time passes in ticks: every second for six minutes, every minute for three hours, later every hour, and
//! at each time that the text names. At each,
//! every source that is not blind is seen up to then. Events arrive before the tick of their time.

use std::collections::{BTreeMap, BTreeSet};

use plumbline_model::{
    CorrelationId, EventType, Lag, Observation, ObservationId, Position, ReceivedTime, Record, Route, SourceTime, Tick,
    journal::{Config, Gap, GapReason, Progress, Proof},
    observation::{Cause, EventFact, Fact},
    rules::{Capture, Rules, SagaRule, SourceRule, StepRule},
};

/// 2026-11-21T10:00:00Z.
const EPOCH_S: i64 = 1_795_255_200;

/// A parsed test: the rules at the beginning, the journal, and what is expected when.
pub(super) struct Story {
    pub rules: Rules,
    /// Records with the time of the tick that they come before, in seconds.
    pub journal: Vec<Record>,
    pub expectations: Vec<(Lag, String)>,
}

pub(super) fn time(at: Lag) -> SourceTime {
    SourceTime::from_secs(EPOCH_S).plus(at)
}

fn received(at: Lag) -> ReceivedTime {
    ReceivedTime(time(at).0)
}

/// Reads `90s`, `2m6s`, `1.5s`, `48h`, `3d`.
pub(super) fn span(text: &str) -> Lag {
    let mut total = Lag::ZERO;
    let mut digits = String::new();
    let mut letters = text.chars().peekable();
    while let Some(letter) = letters.next() {
        if letter.is_ascii_digit() || letter == '.' {
            digits.push(letter);
            continue;
        }
        let unit = match letter {
            's' => 1.0,
            'm' if letters.next_if_eq(&'s').is_some() => 0.001,
            'm' => 60.0,
            'h' => 3600.0,
            'd' => 86_400.0,
            _ => panic!("no time: {text}"),
        };
        let amount: f64 = digits.parse().unwrap_or_else(|_| panic!("no time: {text}"));
        total.0 += (amount * unit * 1e3).round() as i64 * 1_000_000;
        digits.clear();
    }
    assert!(digits.is_empty(), "no unit: {text}");
    total
}

/// Writes what `span` reads.
pub(super) fn spoken(at: Lag) -> String {
    let (mut rest, mut said) = (at.0 / 1_000_000, String::new());
    for (unit, ms) in [("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1_000), ("ms", 1)] {
        if rest / ms > 0 {
            said.push_str(&format!("{}{unit}", rest / ms));
            rest %= ms;
        }
    }
    if said.is_empty() { "0s".to_owned() } else { said }
}

pub(super) fn since_epoch(at: SourceTime) -> String {
    spoken(at.since(time(Lag::ZERO)))
}

struct Blind {
    source: String,
    from: Lag,
    to: Lag,
    silent: bool,
}

#[derive(Default)]
struct Reading {
    rules: Rules,
    later: Vec<(Lag, Rules)>,
    clocks: BTreeMap<String, Lag>,
    sources: BTreeSet<String>,
    /// Arrival, correlation id, and the event.
    events: Vec<(Lag, Observation)>,
    blind: Vec<Blind>,
    gaps: Vec<(Lag, Gap)>,
    expectations: Vec<(Lag, String)>,
}

impl Story {
    pub fn read(text: &str) -> Self {
        let mut reading = Reading::default();
        for line in text.lines().map(str::trim).filter(|line| !line.is_empty()) {
            reading.line(line);
        }
        reading.finish()
    }
}

impl Reading {
    fn line(&mut self, line: &str) {
        let (word, rest) = line.split_once(char::is_whitespace).unwrap_or((line, ""));
        let rest = rest.trim();
        match word {
            "saga" => {
                let rule = saga(rest);
                let named = rule.sources.iter().chain(rule.steps.iter().flat_map(|step| &step.sources));
                self.sources.extend(named.map(ToString::to_string));
                let rules = self.later.last_mut().map_or(&mut self.rules, |later| &mut later.1);
                rules.sagas.push(rule);
            }
            "rules" => self.later.push((span(rest), Rules::default())),
            "clock" => {
                let (source, error) = rest.split_once(' ').expect("clock SOURCE T");
                self.clocks.insert(source.to_owned(), span(error));
            }
            "blind" | "silent" => {
                let (source, from, to) = interval(rest);
                self.blind.push(Blind { source, from, to: to.unwrap_or(Lag(i64::MAX)), silent: word == "silent" });
            }
            "gap" => {
                let (source, from, to) = interval(rest);
                let gap = Gap {
                    source: source.as_str().into(),
                    partition: None,
                    from: time(from),
                    to: to.map(time),
                    reason: GapReason::Disconnected,
                };
                self.gaps.push((to.unwrap_or(from), gap));
            }
            "expect" => {
                let (at, line) = rest.split_once(' ').expect("expect T LINE");
                self.expectations.push((span(at), line.trim().to_owned()));
            }
            id => self.events(id, rest),
        }
    }

    fn events(&mut self, id: &str, rest: &str) {
        let (events, saga) = rest.split_once(" in ").unwrap_or((rest, self.rules.sagas[0].name.as_str()));
        let saga = self.rules.sagas.iter().find(|rule| rule.name.as_str() == saga).expect("a declared saga").clone();
        for (event, number) in events.split_whitespace().zip(self.events.len() as u64..) {
            let (name, place) = event.split_once('@').expect("EVENT@TIME");
            let (place, delay) = place.split_once('+').unwrap_or((place, "0s"));
            let (at, source) = place.split_once('/').unwrap_or((place, saga.sources[0].as_str()));
            self.sources.insert(source.to_owned());
            let event_type = declared(&saga, name);
            let observation = Observation {
                id: ObservationId {
                    source: source.into(),
                    partition: "p/0".into(),
                    position: Position::offset(number + 1),
                    part: 0,
                },
                at: time(span(at)),
                received: received(Lag(span(at).0 + span(delay).0)),
                route: Route::Saga { saga: saga.name.clone(), id: CorrelationId::new(id) },
                cause: Cause::default(),
                fact: Fact::Event(Box::new(EventFact { event_type, subject: Default::default() })),
            };
            self.events.push((Lag(span(at).0 + span(delay).0), observation));
        }
    }

    fn finish(mut self) -> Story {
        let sources: Vec<SourceRule> = (self.sources.iter())
            .map(|name| SourceRule {
                name: name.as_str().into(),
                clock_error: self.clocks.get(name).copied().unwrap_or(Lag::from_millis(500)),
                capture: Capture::Direct,
            })
            .collect();
        self.rules.sources.clone_from(&sources);
        self.later.iter_mut().for_each(|(_, rules)| rules.sources.clone_from(&sources));
        let last = self.expectations.iter().map(|(at, _)| *at).max().expect("something expected");
        let seconds = (0..=360).map(Lag::from_secs);
        let minutes = (7..=180).map(|minute| Lag::from_secs(minute * 60));
        let hours = (4..).map(|hour| Lag::from_secs(hour * 3600)).take_while(|at| *at <= last);
        let mut ticks: BTreeSet<Lag> = seconds.chain(minutes).chain(hours).collect();
        ticks.extend(self.expectations.iter().map(|(at, _)| *at));
        ticks.extend(self.events.iter().map(|(at, _)| *at));
        ticks.extend(self.gaps.iter().map(|(at, _)| *at));
        ticks.extend(self.later.iter().map(|(at, _)| *at));
        ticks.extend(self.blind.iter().flat_map(|blind| [blind.from, blind.to]));
        self.events.sort_by_key(|(arrival, _)| *arrival);
        let mut journal = Vec::new();
        let (mut events, mut gaps, mut later) =
            (self.events.into_iter().peekable(), self.gaps.into_iter().peekable(), self.later.into_iter().peekable());
        for tick in ticks.into_iter().filter(|tick| *tick <= last) {
            while let Some((_, rules)) = later.next_if(|(at, _)| *at <= tick) {
                let config = Config { digest: spoken(tick).into(), text: String::new(), rules };
                journal.push(Record::Config(Box::new(config)));
            }
            while let Some((_, observation)) = events.next_if(|(arrival, _)| *arrival <= tick) {
                journal.push(Record::Observations(vec![observation]));
            }
            while let Some((_, gap)) = gaps.next_if(|(at, _)| *at <= tick) {
                journal.push(Record::Gap(gap));
            }
            for source in &self.sources {
                let blind = self.blind.iter().find(|it| it.source == *source && it.from <= tick && tick < it.to);
                journal.push(Record::Progress(Progress {
                    source: source.as_str().into(),
                    partition: "p/0".into(),
                    position: None,
                    frontier: Some(time(blind.map_or(tick, |blind| blind.from))),
                    proof: if blind.is_some_and(|it| it.silent) { Proof::RelaySilent } else { Proof::LogEnd },
                    partitions: 1,
                }));
            }
            journal.push(Record::Tick(Tick { now: received(tick) }));
        }
        Story { rules: self.rules, journal, expectations: self.expectations }
    }
}

fn interval(text: &str) -> (String, Lag, Option<Lag>) {
    let (source, times) = text.split_once(' ').expect("SOURCE T..T");
    let (from, to) = times.split_once("..").unwrap_or((times, ""));
    (source.to_owned(), span(from), (!to.is_empty()).then(|| span(to)))
}

fn declared(saga: &SagaRule, name: &str) -> EventType {
    let steps = saga.steps.iter().flat_map(|step| step.compensate.iter().chain([&step.event]));
    let mut all = saga.completed.iter().chain(&saga.failed).chain([&saga.start]).chain(steps);
    let found = all.find(|event| event.as_str() == name || event.as_str().rsplit('.').next() == Some(name));
    found.cloned().unwrap_or_else(|| EventType::new(name))
}

fn saga(text: &str) -> SagaRule {
    let (name, rest) = text.split_once(':').expect("saga NAME: …");
    let mut parts = rest.split(';').map(str::trim);
    let mut steps = parts.next().unwrap_or_default().split('>').map(str::trim);
    let mut rule = SagaRule {
        name: name.trim().into(),
        start: steps.next().unwrap_or_default().into(),
        within: None,
        steps: steps.map(step).collect(),
        completed: Vec::new(),
        failed: Vec::new(),
        compensation_within: None,
        sources: vec!["bus".into()],
    };
    for part in parts {
        let words: Vec<_> = part.split_whitespace().collect();
        match words.as_slice() {
            ["done", events @ ..] => rule.completed = events.iter().map(|event| (*event).into()).collect(),
            ["failed", events @ ..] => rule.failed = events.iter().map(|event| (*event).into()).collect(),
            ["within", within] => rule.within = Some(span(within)),
            ["undo", "within", within] => rule.compensation_within = Some(span(within)),
            ["from", sources @ ..] => rule.sources = sources.iter().map(|source| (*source).into()).collect(),
            other => panic!("no part of a saga: {other:?}"),
        }
    }
    rule
}

fn step(text: &str) -> StepRule {
    let mut words = text.split_whitespace();
    let event = words.next().expect("a step has an event").into();
    let mut step = StepRule { event, owner: None, within: None, compensate: None, sources: Vec::new() };
    while let Some(word) = words.next() {
        match word {
            "undo" => step.compensate = words.next().map(Into::into),
            "from" => step.sources = words.next().map(Into::into).into_iter().collect(),
            word if word.starts_with(|letter: char| letter.is_ascii_digit()) => step.within = Some(span(word)),
            word => step.owner = Some(word.into()),
        }
    }
    step
}
