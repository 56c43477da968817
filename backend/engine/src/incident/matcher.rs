//! Matchers over the labels of an incident, as silences are given them: `replica=order-view && severity!=info`. Routes come
//! compiled, in the same form.

use compact_str::CompactString;
use plumbline_model::{incident::Incident, rules::Matcher};
use thiserror::Error;

use super::cause::Labels;

/// The labels of an incident. `severity` and `rule` are words (`high`, `saga step`), `place` is that of the cause.
pub const LABELS: [&str; 10] =
    ["severity", "rule", "reason", "place", "partition", "entity", "replica", "saga", "step", "service"];

/// Why a text is no matcher.
#[derive(Clone, PartialEq, Eq, Debug, Error)]
pub enum MatcherError {
    #[error("`{0}` is not `label=value` or `label!=value`")]
    Form(CompactString),
    #[error("incidents have no label `{label}`; there are {}", LABELS.join(", "))]
    Label { label: CompactString },
}

/// Reads matchers joined by `&&`; `=` may be doubled and values may be quoted.
///
/// # Errors
/// When a part is no matcher, or names a label that incidents do not have.
pub fn parse(text: &str) -> Result<Vec<Matcher>, MatcherError> {
    text.split("&&").map(|part| matcher(part.trim())).collect()
}

fn matcher(part: &str) -> Result<Matcher, MatcherError> {
    let form = || MatcherError::Form(part.into());
    let at = part.find('=').ok_or_else(form)?;
    let (label, equal) = match part[..at].strip_suffix('!') {
        Some(label) => (label.trim(), false),
        None => (part[..at].trim(), true),
    };
    let value = part[at + 1..].strip_prefix('=').unwrap_or(&part[at + 1..]).trim();
    let quoted = ['"', '\''].into_iter().find_map(|quote| value.strip_prefix(quote)?.strip_suffix(quote));
    let value = quoted.unwrap_or(value);
    if label.is_empty() || value.is_empty() {
        return Err(form());
    }
    if !LABELS.contains(&label) {
        return Err(MatcherError::Label { label: label.into() });
    }
    Ok(Matcher { label: label.into(), value: value.into(), equal })
}

/// Whether all of them hold.
pub(super) fn all_match(matchers: &[Matcher], incident: &Incident, labels: &Labels) -> bool {
    matchers.iter().all(|matcher| {
        let label = label(&matcher.label, incident, labels);
        // Words of the vocabulary may be written as the API writes them: `saga_step`, `lost_update`.
        let same = label == matcher.value.as_str() || label == matcher.value.replace('_', " ");
        same == matcher.equal
    })
}

fn label<'a>(name: &str, incident: &'a Incident, labels: &'a Labels) -> &'a str {
    match name {
        "severity" => incident.severity.word(),
        "rule" => incident.cause.rule.word(),
        "reason" => &incident.cause.reason,
        "place" => &incident.cause.place,
        "partition" => &incident.cause.partition,
        "entity" => &labels.entity,
        "replica" => &labels.replica,
        "saga" => &labels.saga,
        "step" => &labels.step,
        "service" => &labels.service,
        _ => "",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_a_matcher_and_what_is_not() {
        let read = |text: &str| {
            parse(text).map(|all| {
                let said =
                    |it: &Matcher| format!("{} {} {}", it.label, if it.equal { "is" } else { "is not" }, it.value);
                all.iter().map(said).collect::<Vec<_>>()
            })
        };
        assert_eq!(read("replica=order-view"), Ok(vec!["replica is order-view".to_owned()]));
        assert_eq!(
            read("severity != \"info\" && place == 'order/order-view'"),
            Ok(vec!["severity is not info".to_owned(), "place is order/order-view".to_owned()])
        );
        assert_eq!(read("place=checkout/a=b"), Ok(vec!["place is checkout/a=b".to_owned()]), "values may hold `=`");
        for text in ["", "replica", "=x", "replica=", "replica=a &&"] {
            assert!(matches!(parse(text), Err(MatcherError::Form(_))), "{text:?}");
        }
        assert_eq!(parse("replika=a"), Err(MatcherError::Label { label: "replika".into() }));
    }
}
