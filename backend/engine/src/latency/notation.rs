//! The notation in which traces are written in tests: a waterfall as text, one span a line, children indented.
//!
//! ```text
//! # a client beyond its server is the network's             (a case: why it must be so)
//! gateway GET /orders 0..100                                (service, operation, [start..end) in ms)
//!   client gateway GET 10..90                               (kind; else server, or internal in its parent's service)
//!     orders GET /orders 12..88
//! path gateway GET /orders 0..10 | gateway -> orders 10..12 | … (what is expected of each request path, in order)
//! ```
//!
//! After the times: `-> db orders-db` (also `cache`, `topic`, `outside`, `net`) names the peer, `#a` the span,
//! `parent=a` and `link=a` refer to it, `trace=2` begins another trace, `fails` marks an error.

use std::collections::BTreeMap;

use plumbline_model::{
    Lag, ServiceName, SourceTime, SpanId, TraceId,
    name::OperationName,
    span::{EdgeKind, Link, Peer, SpanFact, SpanKind},
    trace::{CriticalPath, PathPlace, PathWarning, Section},
};

const KINDS: [(&str, SpanKind); 6] = [
    ("server", SpanKind::Server),
    ("client", SpanKind::Client),
    ("producer", SpanKind::Producer),
    ("consumer", SpanKind::Consumer),
    ("internal", SpanKind::Internal),
    ("unspecified", SpanKind::Unspecified),
];
const EDGES: [(&str, EdgeKind); 5] = [
    ("net", EdgeKind::Network),
    ("topic", EdgeKind::Topic),
    ("db", EdgeKind::Database),
    ("cache", EdgeKind::Cache),
    ("outside", EdgeKind::Outside),
];
/// Notation counts from a time as it is now, so that its sizes are those of real input.
pub(crate) const EPOCH: SourceTime = SourceTime(1_764_000_000_000_000_000);

/// A case of a table: its reason, its spans and what is expected of them, line by line.
pub(crate) struct Case {
    pub why: String,
    pub spans: Vec<SpanFact>,
    pub expected: Vec<String>,
}

/// Reads a table of cases.
pub(crate) fn cases(text: &str) -> Vec<Case> {
    let mut cases: Vec<(String, Vec<&str>, Vec<String>)> = Vec::new();
    for line in text.lines().filter(|line| !line.trim().is_empty()) {
        if let Some(why) = line.strip_prefix("# ") {
            cases.push((why.to_owned(), Vec::new(), Vec::new()));
            continue;
        }
        let case = cases.last_mut().expect("a case begins with its reason");
        if ["path", "operation", "warn", "row"].contains(&line.split_whitespace().next().unwrap()) {
            case.2.push(line.split_whitespace().collect::<Vec<_>>().join(" "));
        } else {
            case.1.push(line);
        }
    }
    let read = |(why, lines, expected): (String, Vec<&str>, _)| Case { spans: spans(&lines.join("\n")), why, expected };
    cases.into_iter().map(read).collect()
}

/// Reads a waterfall.
pub(crate) fn spans(text: &str) -> Vec<SpanFact> {
    let mut spans: Vec<SpanFact> = Vec::new();
    let mut names: BTreeMap<String, (TraceId, SpanId)> = BTreeMap::new();
    let mut refer: Vec<(usize, String)> = Vec::new();
    // The spans above the present one, by indentation.
    let mut above: Vec<(usize, usize)> = Vec::new();
    for line in text.lines().filter(|line| !line.trim().is_empty()) {
        let indent = line.len() - line.trim_start().len();
        above.retain(|(depth, _)| *depth < indent);
        let parent = above.last().map(|&(_, at)| spans[at].clone());
        let mut span = one(line, parent.as_ref());
        span.span = SpanId(spans.len() as u64 + 1);
        for word in line.split_whitespace() {
            if let Some(name) = word.strip_prefix('#') {
                names.insert(name.to_owned(), (span.trace, span.span));
            } else if word.starts_with("parent=") || word.starts_with("link=") {
                refer.push((spans.len(), word.to_owned()));
            }
        }
        above.push((indent, spans.len()));
        spans.push(span);
    }
    for (at, word) in refer {
        let (what, name) = word.split_once('=').unwrap();
        // A name that nobody has is a span that is not there.
        let (trace, span) = names.get(name).copied().unwrap_or((spans[at].trace, SpanId(0xdead)));
        match what {
            "parent" => spans[at].parent = Some(span),
            _ => spans[at].links.push(Link { trace, span }),
        }
    }
    spans
}

fn one(line: &str, parent: Option<&SpanFact>) -> SpanFact {
    let words: Vec<&str> = line.split_whitespace().collect();
    let times = words.iter().position(|word| word.contains("..")).unwrap_or_else(|| panic!("no times in {line:?}"));
    let kind = KINDS.iter().find(|(word, _)| *word == words[0]);
    let name = usize::from(kind.is_some());
    let service = ServiceName::new(words[name]);
    let kind = kind.map(|(_, kind)| *kind).unwrap_or(match parent {
        Some(parent) if parent.service == service => SpanKind::Internal,
        _ => SpanKind::Server,
    });
    let (start, end) = words[times].split_once("..").unwrap();
    let rest = &words[times + 1..];
    let peer = rest.iter().position(|word| *word == "->").map(|at| {
        let (_, kind) = EDGES.iter().find(|(word, _)| *word == rest[at + 1]).expect("a kind of edge");
        Peer { kind: *kind, name: rest[at + 2].into() }
    });
    let trace = rest.iter().find_map(|word| word.strip_prefix("trace="));
    SpanFact {
        trace: trace.map_or(parent.map_or(TraceId(1), |it| it.trace), |id| TraceId(id.parse().unwrap())),
        span: SpanId(0),
        parent: parent.map(|it| it.span),
        operation: OperationName::new(words[name + 1..times].join(" ")),
        service,
        version: "".into(),
        kind,
        start: EPOCH.plus(ms(start)),
        end: EPOCH.plus(ms(end)),
        failed: rest.contains(&"fails"),
        message: "".into(),
        peer,
        links: Vec::new(),
        attributes: Vec::new(),
    }
}

fn ms(text: &str) -> Lag {
    let (whole, part) = text.split_once('.').unwrap_or((text, ""));
    let ns: i64 = format!("{part:0<6}").parse().unwrap();
    Lag(whole.parse::<i64>().unwrap_or_else(|_| panic!("{text:?} is no time")) * 1_000_000 + ns)
}

/// Writes a path as it is expected in a case.
pub(crate) fn path_text(path: &CriticalPath) -> String {
    path.sections.iter().map(section_text).collect::<Vec<_>>().join(" | ")
}

fn section_text(section: &Section) -> String {
    let caller = if section.includes_caller { " +caller" } else { "" };
    let (start, end) = (section.start.since(EPOCH), section.end.since(EPOCH));
    format!("{}{caller} {}..{}", place_text(&section.place), ms_text(start), ms_text(end))
}

pub(crate) fn place_text(place: &PathPlace) -> String {
    match place {
        PathPlace::Operation { service, operation } => format!("{service} {operation}"),
        PathPlace::Edge { from, to, edge: EdgeKind::Network } => format!("{from} -> {to}"),
        PathPlace::Edge { from, to, edge } => {
            let (word, _) = EDGES.iter().find(|(_, kind)| kind == edge).unwrap();
            format!("{from} -> {word} {to}")
        }
    }
}

pub(crate) fn ms_text(lag: Lag) -> String {
    (lag.0 as f64 / 1e6).to_string()
}

/// Writes a warning as it is expected in a case.
pub(crate) fn warning_text(warning: &PathWarning, spans: &[SpanFact]) -> String {
    let name = |id: &SpanId| {
        let span = spans.iter().find(|span| span.span == *id).unwrap();
        format!("{} {}", span.service, span.operation)
    };
    match warning {
        PathWarning::Clamped { span, by } => format!("clamped {} by {}", name(span), ms_text(*by)),
        PathWarning::Dropped { span } => format!("dropped {}", name(span)),
        PathWarning::Overlap { before, after, by } => {
            format!("overlap {} before {} by {}", name(before), name(after), ms_text(*by))
        }
        PathWarning::MissingParent { span } => format!("no parent of {}", name(span)),
        PathWarning::Cycle { span } => format!("cycle at {}", name(span)),
        PathWarning::SeveralRoots { span } => format!("another root {}", name(span)),
        PathWarning::Detached { span, by } => format!("detached {} by {}", name(span), ms_text(*by)),
    }
}
