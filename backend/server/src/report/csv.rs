//! The findings as a table (RFC 4180), for spreadsheets and scripts. A cell that a spreadsheet would run as a formula is made
//! a text.

use std::fmt::{self, Write as _};

use plumbline_model::api::{FindingView, Report};

const HEAD: [&str; 19] = [
    "id",
    "rule",
    "reason",
    "severity",
    "open",
    "entity",
    "key",
    "replica",
    "fields",
    "saga",
    "instance",
    "step",
    "service",
    "operation",
    "edge",
    "since",
    "until",
    "evidence",
    "sentence",
];

/// # Errors
/// Never, as it writes into memory.
pub fn render(report: &Report) -> Result<String, fmt::Error> {
    let mut out = HEAD.join(",") + "\r\n";
    for finding in &report.findings {
        let cells = row(finding).map(|text| cell(&text));
        write!(out, "{}\r\n", cells.join(","))?;
    }
    Ok(out)
}

fn row(it: &FindingView) -> [String; HEAD.len()] {
    let subject = &it.subject;
    let text = |part: &Option<String>| part.clone().unwrap_or_default();
    let fields: Vec<_> = subject.fields.iter().map(|it| it.field.as_str()).collect();
    let evidence: Vec<_> = it.evidence.iter().map(|it| it.id.as_str()).collect();
    [
        it.id.to_string(),
        it.rule.clone(),
        it.reason.clone(),
        it.severity.clone(),
        it.open.to_string(),
        text(&subject.entity),
        text(&subject.key),
        text(&subject.replica),
        fields.join(" "),
        text(&subject.saga),
        text(&subject.instance),
        text(&subject.step),
        text(&subject.service),
        text(&subject.operation),
        subject.edge.as_ref().map(|edge| format!("{} → {}", edge.from, edge.to)).unwrap_or_default(),
        it.since.map(|at| at.to_string()).unwrap_or_default(),
        it.until.map(|at| at.to_string()).unwrap_or_default(),
        evidence.join(" "),
        it.sentence.clone(),
    ]
}

fn cell(text: &str) -> String {
    let guarded = if text.starts_with(['=', '+', '-', '@', '\t', '\r']) { format!("'{text}") } else { text.to_owned() };
    if guarded.contains([',', '"', '\n', '\r']) { format!("\"{}\"", guarded.replace('"', "\"\"")) } else { guarded }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_are_quoted_and_never_formulas() {
        let table = [("a", "a"), ("a,b", "\"a,b\""), ("a\"b", "\"a\"\"b\""), ("=1+1", "'=1+1"), ("-1,2", "\"'-1,2\"")];
        for (text, expected) in table {
            assert_eq!(cell(text), expected);
        }
    }
}
