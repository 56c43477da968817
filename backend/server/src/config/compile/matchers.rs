//! Matchers of routes: `severity == "info" && replica != "order-view"`.

use plumbline_model::rules::Matcher;

use crate::config::yaml::{nearest, one_of};

/// The labels of an incident.
pub const LABELS: [&str; 8] = ["severity", "rule", "reason", "entity", "replica", "saga", "step", "service"];

/// Why a text is no matcher.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct MatcherError {
    pub message: String,
    pub expected: String,
}

/// Reads matchers joined by `&&`; all must hold.
///
/// # Errors
/// When a part is not `label == "value"` or `label != "value"`, or its label is not one.
pub fn matchers(text: &str) -> Result<Vec<Matcher>, MatcherError> {
    text.split("&&").map(|part| matcher(part.trim())).collect()
}

fn matcher(text: &str) -> Result<Matcher, MatcherError> {
    let form = || MatcherError {
        message: format!("`{text}` does not match anything"),
        expected: "expected `label == \"value\"` or `label != \"value\"`, several joined by `&&`".to_owned(),
    };
    let (label, equal, value) = match (text.split_once("=="), text.split_once("!=")) {
        (Some((label, value)), None) => (label, true, value),
        (None, Some((label, value))) => (label, false, value),
        _ => return Err(form()),
    };
    let label = label.trim();
    let value = value.trim();
    let quoted = ['"', '\''].into_iter().find_map(|quote| value.strip_prefix(quote)?.strip_suffix(quote));
    let Some(value) = quoted.filter(|value| !value.contains(['"', '\''])) else { return Err(form()) };
    if !LABELS.contains(&label) {
        let near = nearest(label, LABELS).map(|near| format!("did you mean `{near}`? ")).unwrap_or_default();
        return Err(MatcherError {
            message: format!("incidents have no label `{label}`"),
            expected: format!("{near}{}", one_of(&LABELS)),
        });
    }
    Ok(Matcher { label: label.into(), value: value.into(), equal })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_matches_and_what_is_no_matcher() {
        let read = matchers("severity == \"info\" && replica != 'order-view'").unwrap();
        let told: Vec<_> = read.iter().map(|it| (it.label.as_str(), it.equal, it.value.as_str())).collect();
        assert_eq!(told, [("severity", true, "info"), ("replica", false, "order-view")]);
        for text in [
            "",
            "severity",
            "severity = \"x\"",
            "severity == info",
            "severity == \"a\" &&",
            "a == \"b",
            "x == \"a\"b\"",
        ] {
            assert!(matchers(text).is_err(), "{text}");
        }
        let error = matchers("sevrity == \"info\"").unwrap_err();
        assert!(error.expected.starts_with("did you mean `severity`?"), "{error:?}");
    }
}
