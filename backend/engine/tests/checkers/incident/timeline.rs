//! The notation of timelines. A test is a text of lines:
//!
//! ```text
//! rules  group_wait 10s; repeat 4h
//! route  severity=info chat
//! route  on-call
//! 0s     open f1 stale order/order-view o-1
//! 10s    told on-call opened #1
//! 20m    resolve f1
//! 20m    told on-call ended #1
//! end    5h
//! ```
//!
//! * `open F REASON PLACE KEY [SEVERITY] [partition P] [since T] [run N]` opens a finding; `stuck` is a saga's, in a step
//!   (`SAGA/STEP`) or as a whole (`SAGA/`), in the first run of its id or the Nth; every other reason is a replica's. `revise`
//!   takes the same. `resolve F` resolves it.
//! * `ack N`, `close N`, `note N TEXT`, `again N`, `silence MATCHER until T` are what people do; `routes` forgets all routes, and
//!   `route …` behind a time adds one.
//! * `told RECEIVER REASON #N` and `not told RECEIVER REASON #N` are wanted: the decisions must be exactly these, in order.
//!
//! The fold is called every second until `end`. Each story is told three times: as it stands, with a restart at every second in
//! which something happens, and with the changes of one second in reverse: all must tell the same.

use std::collections::BTreeMap;

use plumbline_model::{
    Change, Finding, FindingId, ObservationId, Position, Reason, Resolution, Rule, SourceTime, Subject,
    finding::{Detail, Evidence, EvidenceRole, Resolved, Severity},
    incident::{Decision, Incident, IncidentChange, NotifyReason, OutboxMessage},
    journal::{Command, StateEntry},
    rules::{AlertRules, RouteRule},
    time::{Lag, ReceivedTime},
};

use plumbline_engine::incident::{Incidents, Settings, parse_matchers};

/// 2026-11-21T10:00:00Z.
const EPOCH_S: i64 = 1_795_255_200;

/// What came of a timeline.
#[derive(Default)]
pub(super) struct Outcome {
    /// By number, as last told.
    pub incidents: BTreeMap<u32, Incident>,
    pub joined: Vec<(u32, FindingId)>,
    pub messages: Vec<OutboxMessage>,
    pub decisions: Vec<String>,
    pub rejected: u64,
}

enum Act {
    Change(Change),
    Command { incident: u32, act: Box<dyn Fn(u64) -> Command> },
    Silence(Command),
    Routes(Vec<RouteRule>),
}

/// Tells the timeline in every way, and compares its decisions with those wanted.
#[track_caller]
pub(super) fn check(text: &str) -> Outcome {
    let timeline = Timeline::read(text);
    let outcome = timeline.tell();
    assert_eq!(outcome.decisions, timeline.wanted, "left: what was decided, right: what was wanted");
    outcome
}

/// Tells the timeline in every way, whatever comes of it.
#[track_caller]
pub(super) fn tell(text: &str) -> Outcome {
    Timeline::read(text).tell()
}

impl Timeline {
    #[track_caller]
    fn tell(&self) -> Outcome {
        let outcome = self.run(false, false);
        for (restart, reverse, claim) in
            [(true, false, "a restart does not show"), (false, true, "order does not show")]
        {
            let again = self.run(restart, reverse);
            assert_eq!(again.decisions, outcome.decisions, "{claim}");
            assert_eq!(again.incidents, outcome.incidents, "{claim}");
            assert_eq!(again.messages, outcome.messages, "{claim}");
            assert_eq!(again.joined, outcome.joined, "{claim}");
        }
        outcome
    }
}

struct Timeline {
    rules: AlertRules,
    acts: Vec<(i64, Act)>,
    wanted: Vec<String>,
    end_s: i64,
}

impl Timeline {
    fn read(text: &str) -> Self {
        let mut timeline = Self { rules: AlertRules::default(), acts: Vec::new(), wanted: Vec::new(), end_s: 0 };
        timeline.rules.routes = Vec::new();
        let mut routes = Vec::new();
        for line in text.lines().map(str::trim).filter(|line| !line.is_empty()) {
            let (word, rest) = line.split_once(char::is_whitespace).expect("a word and more");
            let rest = rest.trim();
            match word {
                "rules" => timeline.set_rules(rest),
                "route" => routes.push(route(rest)),
                "end" => timeline.end_s = seconds(rest),
                time => timeline.at(seconds(time), rest),
            }
        }
        timeline.rules.routes = routes;
        timeline
    }

    fn set_rules(&mut self, rest: &str) {
        for part in rest.split(';') {
            match part.trim().split_once(' ').expect("a rule and its time") {
                ("group_wait", time) => self.rules.group_wait = Lag::from_secs(seconds(time)),
                ("repeat", time) => self.rules.repeat = Lag::from_secs(seconds(time)),
                other => panic!("no rule: {other:?}"),
            }
        }
    }

    fn at(&mut self, at_s: i64, rest: &str) {
        self.end_s = self.end_s.max(at_s);
        let words: Vec<&str> = rest.split_whitespace().collect();
        let number = |at: usize| words[at].parse::<u32>().expect("the number of an incident");
        let command = |incident, act: fn(u64) -> Command| Act::Command { incident, act: Box::new(act) };
        let act = match words[0] {
            "told" | "not" => return self.wanted.push(format!("{} {rest}", said(at_s))),
            "open" => Act::Change(Change::Opened(Box::new(finding(at_s, &words[1..])))),
            "revise" => Act::Change(Change::Revised(Box::new(finding(at_s, &words[1..])))),
            "resolve" => Act::Change(Change::Resolved {
                id: finding_id(words[1]),
                resolution: Resolution { at: None, found: received(at_s), how: Resolved::Late, evidence: None },
            }),
            "ack" => command(number(1), |incident| Command::Acknowledge { incident, by: "mara".into() }),
            "close" => command(number(1), |incident| Command::Resolve { incident, by: "mara".into() }),
            "again" => command(number(1), |incident| Command::SendAgain { incident, by: "mara".into() }),
            "note" => {
                let text = words[2..].join(" ");
                let act = move |incident| Command::Note { incident, by: "mara".into(), text: text.as_str().into() };
                Act::Command { incident: number(1), act: Box::new(act) }
            }
            "silence" => Act::Silence(Command::Silence {
                matcher: words[1].into(),
                until: received(seconds(words[3])),
                by: "mara".into(),
                why: "".into(),
            }),
            "routes" => Act::Routes(Vec::new()),
            "route" => Act::Routes(vec![route(&words[1..].join(" "))]),
            other => panic!("nobody does {other:?}"),
        };
        self.acts.push((at_s, act));
    }

    fn run(&self, restart: bool, reverse: bool) -> Outcome {
        let settings = Settings { public_url: "https://plumbline.example".to_owned(), environment: "shop".to_owned() };
        let mut fold = Incidents::new(settings.clone(), &self.rules);
        let mut rules = self.rules.clone();
        let mut kept: BTreeMap<Vec<u8>, Vec<u8>> = BTreeMap::new();
        let mut outcome = Outcome::default();
        for now_s in 0..=self.end_s {
            let mut changes = Vec::new();
            let mut commands = Vec::new();
            for (_, act) in self.acts.iter().filter(|(at_s, _)| *at_s == now_s) {
                match act {
                    Act::Change(change) => changes.push(change.clone()),
                    Act::Command { incident, act } => {
                        // One that nobody knows stands for itself.
                        let known = outcome.incidents.get(incident).map_or(u64::from(*incident), |known| known.id.0);
                        commands.push(act(known));
                    }
                    Act::Silence(command) => commands.push(command.clone()),
                    Act::Routes(routes) => {
                        rules.routes.clone_from(routes);
                        fold.configure(&rules);
                    }
                }
            }
            if reverse {
                // Those of one finding keep their order.
                changes.sort_by_key(|change| std::cmp::Reverse(subject_of(change)));
            }
            let told = fold.fold(&changes, &commands, received(now_s));
            outcome.take_in(told);
            let quiet = changes.is_empty() && commands.is_empty() && now_s % 600 != 0;
            if restart && !quiet {
                for StateEntry { key, value } in fold.take_dirty() {
                    match value {
                        Some(value) => kept.insert(key, value),
                        None => kept.remove(&key),
                    };
                }
                let entries =
                    kept.iter().map(|(key, value)| StateEntry { key: key.clone(), value: Some(value.clone()) });
                fold = Incidents::restore(settings.clone(), entries).unwrap();
            }
        }
        outcome.rejected = fold.rejected_commands();
        outcome
    }
}

impl Outcome {
    fn take_in(&mut self, told: Vec<IncidentChange>) {
        for change in told {
            match change {
                IncidentChange::Incident(incident) => drop(self.incidents.insert(incident.number, *incident)),
                IncidentChange::Joined { incident, finding } => self.joined.push((self.number(incident), finding)),
                IncidentChange::Decided(decision) => self.decisions.push(self.say(&decision)),
                IncidentChange::Outbox(message) => self.messages.push(*message),
            }
        }
    }

    fn number(&self, id: plumbline_model::incident::IncidentId) -> u32 {
        let known = self.incidents.values().find(|incident| incident.id == id);
        known.expect("told of an incident before it was told itself").number
    }

    fn say(&self, decision: &Decision) -> String {
        let at = said(decision.at.0 / 1_000_000_000 - EPOCH_S);
        let told = if decision.reason.tells() { "told" } else { "not told" };
        let receiver = decision.receiver.as_ref().map_or("nobody", |receiver| receiver.as_str());
        let reason = match &decision.reason {
            NotifyReason::Opened => "opened".to_owned(),
            NotifyReason::Worse => "worse".to_owned(),
            NotifyReason::Ended => "ended".to_owned(),
            NotifyReason::Repeated => "repeated".to_owned(),
            NotifyReason::Asked => "asked".to_owned(),
            NotifyReason::EndedWhileGathering => "ended before".to_owned(),
            NotifyReason::Silenced { until } => format!("silenced until {}", said(until.0 / 1_000_000_000 - EPOCH_S)),
            NotifyReason::Acknowledged => "acknowledged".to_owned(),
            NotifyReason::NoReceiver => "no receiver".to_owned(),
        };
        format!("{at} {told} {receiver} {reason} #{}", self.number(decision.incident))
    }
}

fn subject_of(change: &Change) -> Option<FindingId> {
    match change {
        Change::Opened(finding) | Change::Revised(finding) => Some(finding.id),
        Change::Resolved { id, .. } => Some(*id),
        _ => None,
    }
}

fn route(text: &str) -> RouteRule {
    match text.rsplit_once(char::is_whitespace) {
        Some((matchers, receiver)) => {
            RouteRule { matches: parse_matchers(matchers).unwrap(), receiver: receiver.into() }
        }
        None => RouteRule { matches: Vec::new(), receiver: text.into() },
    }
}

pub(super) fn finding_id(name: &str) -> FindingId {
    FindingId(name.trim_start_matches('f').parse().expect("f1, f2, …"))
}

/// `F REASON PLACE KEY [SEVERITY] [partition P] [since T] [run N]`.
fn finding(at_s: i64, words: &[&str]) -> Finding {
    let [name, reason, place, key, more @ ..] = words else { panic!("F REASON PLACE KEY: {words:?}") };
    let (first, second) = place.split_once('/').expect("a place has two parts");
    let after = |word: &str| more.iter().position(|it| *it == word).map(|at| more[at + 1]);
    let severity = match more.iter().find_map(|word| ["info", "warning", "high"].iter().position(|it| it == word)) {
        Some(0) => Severity::Info,
        Some(1) => Severity::Warning,
        _ => Severity::High,
    };
    let stuck = *reason == "stuck";
    let run = after("run").map_or(1, |number| number.parse().expect("the number of a run"));
    let reasons = Reason::ALL.into_iter().find(|it| it.word().replace(' ', "_") == *reason);
    Finding {
        id: finding_id(name),
        rule: match stuck {
            true if second.is_empty() => Rule::SagaWhole,
            true => Rule::SagaStep,
            false => Rule::Convergence,
        },
        subject: match stuck {
            true => Subject::Saga {
                saga: first.into(),
                instance: (*key).into(),
                step: Some(second).filter(|step| !step.is_empty()).map(Into::into),
            },
            false => Subject::Replica { entity: first.into(), replica: second.into(), key: (*key).into() },
        },
        severity,
        since: Some(source(after("since").map_or(at_s, seconds))),
        due: Some(source(at_s)),
        opened: received(at_s),
        resolution: None,
        detail: match reasons {
            None => Detail::Stuck {
                waiting_for: vec![second.into()],
                owner: Some("payment".into()),
                after: None,
                within: Lag::from_secs(120),
                owed: Vec::new(),
            },
            Some(reason) => Detail::Divergence {
                reason,
                fields: Vec::new(),
                behind: Some(1),
                expected_version: Some(8),
                held_version: Some(6),
            },
        },
        evidence: vec![Evidence {
            id: ObservationId {
                source: "orders-db".into(),
                partition: after("partition").unwrap_or_default().into(),
                position: Position::offset(if stuck { run } else { 7 }),
                part: 0,
            },
            at: source(at_s),
            role: if stuck { EvidenceRole::Began } else { EvidenceRole::Expected },
        }],
        frontiers: Vec::new(),
    }
}

fn source(at_s: i64) -> SourceTime {
    SourceTime::from_secs(EPOCH_S + at_s)
}

fn received(at_s: i64) -> ReceivedTime {
    ReceivedTime::from_secs(EPOCH_S + at_s)
}

/// Reads `90s`, `20m`, `4h`, `2d`.
fn seconds(text: &str) -> i64 {
    let (amount, unit) = text.split_at(text.len() - 1);
    let unit = match unit {
        "s" => 1,
        "m" => 60,
        "h" => 3600,
        "d" => 86_400,
        _ => panic!("no time: {text}"),
    };
    amount.parse::<i64>().unwrap_or_else(|_| panic!("no time: {text}")) * unit
}

/// Writes what `seconds` reads.
fn said(at_s: i64) -> String {
    match at_s {
        _ if at_s % 60 != 0 || at_s == 0 => format!("{at_s}s"),
        _ if at_s % 3600 != 0 => format!("{}m", at_s / 60),
        _ => format!("{}h", at_s / 3600),
    }
}
