//! From spans to what is told: assembly in any order, sealing by ticks, late and repeated spans, eviction, and which figure
//! counts where. Traces are written in the notation of `notation`, time in seconds behind its epoch.

use plumbline_model::{
    Change, Lag, Observation, ObservationId, Partition, Position, ReceivedTime, Record, ServiceName, SourceTime, Tick,
    journal::{Progress, Proof},
    observation::{Cause, Fact, LogFact, Route},
    rollup::{Amount, Series},
    rules::Rules,
    span::SpanFact,
    trace::PathPlace,
};

use super::notation::{EPOCH, ms_text, place_text, spans};
use crate::Engine;

/// An engine to which spans are shown between ticks.
struct Play {
    engine: Engine,
    told: Vec<Change>,
}

impl Play {
    fn new() -> Self {
        Self::with(|_| ())
    }

    fn with(rule: impl Fn(&mut Rules)) -> Self {
        let mut rules = Rules::default();
        rule(&mut rules);
        let mut play = Self { engine: Engine::new(rules), told: Vec::new() };
        play.tick(0);
        play
    }

    fn show(&mut self, facts: &[SpanFact]) -> &mut Self {
        let records: Vec<_> = facts.iter().map(|fact| Record::Observations(vec![observation(fact)])).collect();
        let told = self.engine.step(&records);
        self.told.extend(told);
        self
    }

    fn tick(&mut self, second: i64) -> &mut Self {
        let now = ReceivedTime(EPOCH.0).plus(Lag::from_secs(second));
        let told = self.engine.step(&[Record::Tick(Tick { now })]);
        self.told.extend(told);
        self
    }

    /// What was told since the last call.
    fn words(&mut self) -> Vec<String> {
        std::mem::take(&mut self.told).iter().map(words).collect()
    }

    /// The same, only of what begins so.
    fn words_of(&mut self, what: &str) -> Vec<String> {
        self.words().into_iter().filter(|words| words.starts_with(what)).collect()
    }
}

fn observation(fact: &SpanFact) -> Observation {
    let id = ObservationId {
        source: "otlp".into(),
        position: Position::pushed(fact.end.0, fact.span.0),
        ..ObservationId::default()
    };
    Observation {
        id,
        at: fact.end,
        received: ReceivedTime::default(),
        route: Route::Trace(fact.trace),
        cause: Cause::default(),
        fact: Fact::Span(Box::new(fact.clone())),
    }
}

fn words(change: &Change) -> String {
    match change {
        Change::Trace(it) => {
            let longest = it.longest.as_ref().map(|(place, time)| format!("{} {}", place_text(place), ms_text(*time)));
            format!(
                "trace {} {} {} spans {} services {} errors {} late {}{} longest {}",
                it.service,
                it.operation,
                ms_text(it.duration),
                it.spans,
                it.services,
                it.errors,
                it.late_spans,
                if it.incomplete { " incomplete" } else { "" },
                longest.unwrap_or_default(),
            )
        }
        Change::Rollup(it) => format!("{} {}", series(&it.series), amount(&it.amount)),
        other => format!("{other:?}"),
    }
}

fn series(series: &Series) -> String {
    let place = |place: PathPlace| place_text(&place);
    match series.clone() {
        Series::Operation { service, operation } => {
            format!("red {}", place(PathPlace::Operation { service, operation }))
        }
        Series::Edge { from, to, edge } => format!("red {}", place(PathPlace::Edge { from, to, edge })),
        Series::OperationPath { service, operation } => {
            format!("path {}", place(PathPlace::Operation { service, operation }))
        }
        Series::EdgePath { from, to, edge } => format!("path {}", place(PathPlace::Edge { from, to, edge })),
        Series::Root { service, operation } => format!("root {}", place(PathPlace::Operation { service, operation })),
        other => format!("{other:?}"),
    }
}

fn amount(amount: &Amount) -> String {
    match amount {
        Amount::Red(red) => format!("{} errors {} max {}", red.count, red.errors, ms_text(red.duration.max())),
        Amount::Path(path) => format!(
            "{}{} sum {} of {}",
            path.traces,
            if path.incomplete > 0 { format!(" incomplete {}", path.incomplete) } else { String::new() },
            ms_text(path.time.sum()),
            ms_text(path.whole)
        ),
        other => format!("{other:?}"),
    }
}

const CHECKOUT: &str = "
gateway POST /checkout 0..100
  client gateway POST 10..90
    orders POST /orders 12..88 fails
      client orders SELECT 20..40 -> db orders-db
      producer orders publish 50..60 -> topic shop.orders
        consumer view process 80..140
";

/// SEM-15: a link is followed by whoever looks at the trace; a span counts once, where it belongs.
#[test]
fn a_span_counts_nothing_in_a_trace_that_it_only_links_to() {
    let facts = spans("shop POST /orders 0..100 #p\nconsumer mail process 70..120 trace=2 link=p");
    let linked = Observation { route: Route::Trace(facts[0].trace), ..observation(&facts[1]) };
    let told = |with_link: bool| {
        let mut play = Play::new();
        play.show(&facts);
        if with_link {
            let told = play.engine.step(&[Record::Observations(vec![linked.clone()])]);
            play.told.extend(told);
        }
        play.tick(120).words()
    };
    assert_eq!(told(true), told(false));
    assert!(
        told(true).iter().any(|words| words.starts_with("trace mail")),
        "it is a trace of its own: {:?}",
        told(true)
    );
}

#[test]
fn a_trace_is_sealed_when_it_has_settled_and_told_in_sorted_order() {
    let mut play = Play::new();
    play.show(&spans(CHECKOUT)).tick(1);
    assert_eq!(
        play.words(),
        [
            "red gateway POST 1 errors 0 max 80",
            "red gateway POST /checkout 1 errors 0 max 100",
            "red orders POST /orders 1 errors 1 max 76",
            "red orders SELECT 1 errors 0 max 20",
            "red orders publish 1 errors 0 max 10",
            "red view process 1 errors 0 max 60",
            "red orders -> db orders-db 1 errors 0 max 20",
            "red orders -> topic shop.orders 1 errors 0 max 10",
        ],
        "rate, errors and duration count at ingest"
    );
    assert_eq!(play.tick(9).words(), [""; 0], "not settled yet");
    assert_eq!(
        play.tick(10).words(),
        [
            "trace gateway POST /checkout 100 spans 6 services 3 errors 1 late 0 longest orders POST /orders 46",
            "red gateway -> orders 1 errors 0 max 80",
            "red shop.orders -> topic view 1 errors 0 max 20",
            "path gateway POST /checkout 1 sum 20 of 100",
            "path orders POST /orders 1 sum 46 of 100",
            "path view process 1 sum 60 of 60",
            "path gateway -> orders 1 sum 4 of 100",
            "path orders -> db orders-db 1 sum 20 of 100",
            "path orders -> topic shop.orders 1 sum 10 of 100",
            "path shop.orders -> topic view 1 sum 20 of 80",
            "root gateway POST /checkout 1 sum 100 of 100",
            "root view process 1 sum 60 of 60",
        ]
    );
    assert_eq!(play.tick(1000).words(), [""; 0], "once");
}

#[test]
fn the_order_of_arrival_is_nothing() {
    let facts = spans(CHECKOUT);
    let told = |facts: &[SpanFact]| Play::new().show(facts).tick(1).tick(11).words();
    let mut turned = facts.clone();
    for _ in 0..turned.len() {
        turned.rotate_left(1);
        assert_eq!(told(&turned), told(&facts));
        let reversed: Vec<_> = turned.iter().rev().cloned().collect();
        assert_eq!(told(&reversed), told(&facts));
    }
}

#[test]
fn a_new_span_puts_sealing_off() {
    let facts = spans(CHECKOUT);
    let mut play = Play::new();
    play.show(&facts[..1]).tick(6).show(&facts[1..2]).tick(12).show(&facts[2..]);
    play.tick(21);
    assert_eq!(play.words_of("trace"), [""; 0]);
    assert_eq!(play.tick(22).words_of("trace").len(), 1);
}

#[test]
fn repeated_spans_are_harmless_before_and_after_sealing() {
    let facts = spans(CHECKOUT);
    let mut once = Play::new();
    once.show(&facts).tick(1).tick(11).tick(30);
    let mut twice = Play::new();
    twice.show(&facts).show(&facts).tick(1).show(&facts[2..4]).tick(11).show(&facts).tick(30);
    assert_eq!(twice.words(), once.words());
}

#[test]
fn repeated_spans_are_recognised_in_long_traces_too() {
    let line = |at: usize| format!("\n  gateway step{} {at}..{}", at % 7, at + 1);
    let facts = spans(&("gateway GET / 0..900".to_owned() + &(0..900).map(line).collect::<String>()));
    let mut play = Play::new();
    play.show(&facts).show(&facts[100..200]).tick(1).tick(11);
    assert_eq!(
        play.words_of("trace"),
        ["trace gateway GET / 900 spans 901 services 1 errors 0 late 0 longest gateway step0 129"]
    );
}

#[test]
fn without_its_root_a_trace_waits_and_is_then_incomplete_and_in_none_of_the_times() {
    let facts = spans(CHECKOUT);
    let mut play = Play::new();
    play.show(&facts[1..]).tick(10).tick(119);
    assert_eq!(play.words_of("trace"), [""; 0]);
    let told = play.tick(120).words();
    assert_eq!(
        told,
        [
            "trace gateway POST 80 spans 5 services 3 errors 1 late 0 incomplete longest orders POST /orders 46",
            "red gateway -> orders 1 errors 0 max 80",
            "red shop.orders -> topic view 1 errors 0 max 20",
            "root gateway POST 0 incomplete 1 sum 0 of 0",
        ]
    );
}

#[test]
fn a_root_that_comes_after_settling_makes_the_trace_whole() {
    let facts = spans(CHECKOUT);
    let mut play = Play::new();
    play.show(&facts[1..]).tick(60).show(&facts[..1]).tick(69);
    assert_eq!(play.words_of("trace"), [""; 0]);
    assert_eq!(
        play.tick(70).words_of("trace"),
        ["trace gateway POST /checkout 100 spans 6 services 3 errors 1 late 0 longest orders POST /orders 46"]
    );
}

#[test]
fn a_missing_parent_keeps_a_trace_open() {
    let facts = spans(CHECKOUT);
    let mut play = Play::new();
    play.show(&facts[..1]).show(&facts[2..]).tick(11);
    assert_eq!(play.words_of("trace"), [""; 0]);
    play.show(&facts[1..2]).tick(21);
    assert_eq!(play.words_of("trace").len(), 1);
}

#[test]
fn a_trace_that_never_ends_is_given_up() {
    let mut facts = spans(&format!("gateway GET / 0..100{}", "\n  gateway poll 10..20".repeat(40)));
    let root = facts.remove(0);
    let mut play = Play::new();
    play.show(&[root]);
    for (at, fact) in (0_i64..).zip(&facts) {
        play.tick(at * 5).show(std::slice::from_ref(fact));
    }
    let told = play.words_of("trace");
    assert!(told[0].contains("spans 25 ") && told[0].contains("incomplete"), "{told:?}");
    play.tick(500);
    assert!(play.words_of("trace")[0].contains("spans 41 services 1 errors 0 late 16 incomplete"));
}

#[test]
fn late_spans_revise_the_summary_and_count_as_calls_but_not_on_paths() {
    let facts = spans(CHECKOUT);
    let mut play = Play::new();
    play.show(&facts[..4]).tick(1).tick(11).words();
    play.show(&facts[4..]).tick(40);
    assert_eq!(
        play.words(),
        [
            "trace gateway POST /checkout 100 spans 6 services 3 errors 1 late 2 longest orders POST /orders 56",
            "red orders publish 1 errors 0 max 10",
            "red view process 1 errors 0 max 60",
            "red orders -> topic shop.orders 1 errors 0 max 10",
        ]
    );
    play.show(&facts[4..]).tick(41);
    assert_eq!(play.words(), [""; 0], "a late span that is repeated is still one");
}

#[test]
fn a_late_root_says_what_the_trace_is_about() {
    let facts = spans(CHECKOUT);
    let mut play = Play::new();
    play.show(&facts[1..]).tick(120).words();
    play.show(&facts[..1]).tick(121);
    assert_eq!(
        play.words_of("trace"),
        [
            "trace gateway POST /checkout 100 spans 6 services 3 errors 1 late 1 incomplete longest orders POST /orders 46"
        ]
    );
}

#[test]
fn a_sealed_trace_is_forgotten_after_a_while() {
    let facts = spans(CHECKOUT);
    let mut play = Play::new();
    play.show(&facts).tick(11).tick(611).words();
    // It is a new trace without a root now.
    play.show(&facts[2..3]).tick(800);
    assert!(play.words_of("trace")[0].contains("spans 1 services 1 errors 1 late 0 incomplete"));
}

#[test]
fn too_many_open_traces_put_the_oldest_out() {
    let mut play = Play::with(|rules| rules.latency.max_open_traces = 2);
    for trace in 1..=4 {
        play.show(&spans(&format!("gateway GET /{trace} 0..{trace} trace={trace}")));
    }
    assert_eq!(
        play.tick(1).words_of("trace"),
        [
            "trace gateway GET /1 1 spans 1 services 1 errors 0 late 0 incomplete longest gateway GET /1 1",
            "trace gateway GET /2 2 spans 1 services 1 errors 0 late 0 incomplete longest gateway GET /2 2",
        ]
    );
    let told = play.tick(11).words();
    assert!(told.contains(&"root gateway GET /3 1 sum 3 of 3".to_owned()), "{told:?}");
    assert_eq!(told.iter().filter(|words| words.starts_with("trace")).count(), 2);
}

#[test]
fn a_flood_is_told_without_waiting_for_a_tick() {
    let mut play = Play::with(|rules| rules.latency.max_open_traces = 10);
    for trace in 1..=60 {
        play.show(&spans(&format!("gateway GET / 0..1 trace={trace}")));
    }
    assert!(play.words_of("trace").len() >= 20, "memory does not wait for the clock");
}

#[test]
fn what_came_before_the_first_tick_has_its_time_too() {
    let mut engine = Engine::new(Rules::default());
    let facts = spans(CHECKOUT);
    engine.step(&[Record::Observations(facts[1..].iter().map(observation).collect())]);
    let mut play = Play { engine, told: Vec::new() };
    play.tick(0).show(&facts[..1]).tick(5).tick(20);
    let told = play.words_of("trace");
    assert!(told.len() == 1 && !told[0].contains("incomplete"), "{told:?}");
}

#[test]
fn at_the_end_of_recorded_input_nothing_is_waited_for() {
    let mut play = Play::with(|rules| rules.latency.sources = vec!["otlp".into()]);
    play.show(&spans(CHECKOUT)).show(&spans("gateway GET / 0..9 trace=2 parent=nobody")).tick(1).words();
    play.engine.step(&[Record::Progress(Progress {
        source: "otlp".into(),
        partition: Partition::default(),
        position: None,
        frontier: Some(EPOCH.plus(Lag::from_secs(1))),
        proof: Proof::InputEnd,
        partitions: 1,
    })]);
    assert_eq!(
        play.tick(2).words_of("trace"),
        [
            "trace gateway POST /checkout 100 spans 6 services 3 errors 1 late 0 longest orders POST /orders 46",
            "trace gateway GET / 9 spans 1 services 1 errors 0 late 0 incomplete longest gateway GET / 9",
        ]
    );
}

#[test]
fn edges_without_another_side_are_counted_when_the_trace_is_sealed() {
    let mut play = Play::new();
    play.show(&spans("payment POST /pay 0..100\n  client payment POST 20..70 -> outside psp.example fails")).tick(1);
    assert_eq!(play.words_of("red payment -> "), [""; 0]);
    assert_eq!(play.tick(11).words_of("red payment -> "), ["red payment -> outside psp.example 1 errors 1 max 50"]);
}

#[test]
fn the_summary_names_the_observation_of_the_root() {
    let facts = spans(CHECKOUT);
    let mut play = Play::new();
    play.show(&facts[3..]).show(&facts[..3]).tick(11);
    let trace = play.told.iter().find_map(|it| if let Change::Trace(trace) = it { Some(trace) } else { None }).unwrap();
    assert_eq!(trace.observation, observation(&facts[0]).id);
}

#[test]
fn figures_go_to_the_minute_of_the_end() {
    let mut facts = spans("gateway GET / 0..100");
    facts[0].start = SourceTime::from_secs(59);
    facts[0].end = SourceTime::from_secs(61);
    let mut play = Play::new();
    play.show(&facts).tick(1).tick(11);
    let minutes: Vec<_> =
        play.told.iter().filter_map(|it| if let Change::Rollup(it) = it { Some(it.minute.0) } else { None }).collect();
    assert_eq!(minutes, [1, 1, 1], "the span, its path and its root");
}

#[test]
fn logs_count_by_severity() {
    let mut play = Play::new();
    for severity in [0, 9, 13, 16, 17, 24] {
        let log = LogFact { service: ServiceName::new("orders"), severity, body: "".into() };
        let mut observation = observation(&spans("a b 0..1")[0]);
        observation.fact = Fact::Log(Box::new(log));
        play.engine.step(&[Record::Observations(vec![observation])]);
    }
    assert_eq!(play.tick(1).words(), ["Logs { service: \"orders\" } Logs(LogCounts { info: 2, warn: 2, error: 2 })"]);
}
