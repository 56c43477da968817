//! What a critical path is, case by case (`cases/*.txt`: each begins with its reason).

use plumbline_model::{SourceTime, span::SpanFact};

use super::{critical_paths, operation_path};
use crate::latency::notation::{cases, path_text, spans, warning_text};

fn check(table: &str) {
    let mut failed = Vec::new();
    for case in cases(table) {
        let mut reversed = case.spans.clone();
        reversed.reverse();
        for (order, spans) in [("", &case.spans), (" (spans in reverse order)", &reversed)] {
            let told = told(spans, &case.expected);
            if told != case.expected {
                failed.push(format!(
                    "{}{order}\n  expected\n    {}\n  told\n    {}",
                    case.why,
                    case.expected.join("\n    "),
                    told.join("\n    ")
                ));
            }
        }
    }
    assert!(failed.is_empty(), "\n{}\n", failed.join("\n\n"));
}

/// What the expectations ask for: the operation path, or request paths with all warnings.
fn told(spans: &[SpanFact], expected: &[String]) -> Vec<String> {
    if expected.iter().any(|line| line.starts_with("operation")) {
        return vec![format!("operation {}", path_text(&operation_path(spans).unwrap()))];
    }
    let paths = critical_paths(spans);
    let sections = paths.iter().map(|path| format!("path {}", path_text(path)).trim_end().to_owned());
    let warnings = paths.iter().flat_map(|path| &path.warnings);
    sections.chain(warnings.map(|warning| format!("warn {}", warning_text(warning, spans)))).collect()
}

#[test]
fn sequence() {
    check(include_str!("cases/sequence.txt"));
}
#[test]
fn clocks() {
    check(include_str!("cases/clocks.txt"));
}
#[test]
fn edges() {
    check(include_str!("cases/edges.txt"));
}
#[test]
fn asynchronous() {
    check(include_str!("cases/asynchronous.txt"));
}
#[test]
fn broken() {
    check(include_str!("cases/broken.txt"));
}
#[test]
fn operation() {
    check(include_str!("cases/operation.txt"));
}

#[test]
fn no_spans_have_no_path() {
    assert!(critical_paths(&[]).is_empty());
    assert_eq!(operation_path(&[]), None);
}

#[test]
fn a_span_that_comes_twice_counts_once() {
    let once = spans("gateway GET / 0..100\n  gateway load 20..70");
    let twice = [once.clone(), once.clone()].concat();
    assert_eq!(critical_paths(&twice), critical_paths(&once));
}

#[test]
fn times_at_the_ends_of_the_line_do_not_overflow() {
    let mut facts = spans("gateway GET / 0..100\n  gateway a 20..70\n  gateway b 60..90\n  orders c 5..6");
    (facts[0].start, facts[0].end) = (SourceTime::MIN, SourceTime::MAX);
    (facts[1].start, facts[1].end) = (SourceTime::MIN, SourceTime::MIN);
    (facts[2].start, facts[2].end) = (SourceTime::MAX, SourceTime::MAX);
    assert_eq!(critical_paths(&facts)[0].sections.first().unwrap().start, SourceTime::MIN);
    // End before start is a zero length.
    (facts[0].start, facts[0].end) = (SourceTime(9), SourceTime(5));
    assert_eq!(critical_paths(&facts)[0].sections, []);
}
