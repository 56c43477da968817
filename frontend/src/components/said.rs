//! Sentences as the API gives them, for a page: their times in the reader's zone, their code set as code, a number and its
//! unit on one line. They must not change what a sentence says.

use leptos::prelude::*;
use plumbline_model::SourceTime;

use crate::clock;

/// Words behind which our sentences write a time. Whatever else looks like one is a key or a value, and stays as it is.
const BEFORE: [&str; 8] = ["since", "at", "from", "to", "until", "due", "seen", "before"];

/// A part of a sentence.
#[derive(Clone, PartialEq, Debug)]
enum Part {
    Words(String),
    /// To the second, or to the minute where that is all that was said.
    Time(SourceTime, bool),
}

/// A sentence with its times as the reader's clock says them, exact on hover.
pub fn said(sentence: &str) -> AnyView {
    let view = |part| match part {
        Part::Words(words) => glued(&words).into_any(),
        Part::Time(at, seconds) => clock::told(at, seconds),
    };
    parts(sentence).into_iter().map(view).collect::<Vec<AnyView>>().into_any()
}

/// A sentence in which code stands between backticks.
pub fn coded(sentence: &str) -> AnyView {
    let view = |(index, part): (usize, &str)| match index % 2 {
        0 => glued(part).into_any(),
        _ => view! { <code>{part.to_owned()}</code> }.into_any(),
    };
    // One without its partner is a character like any other.
    if sentence.matches('`').count() % 2 == 1 {
        return glued(sentence).into_any();
    }
    sentence.split('`').enumerate().map(view).collect::<Vec<AnyView>>().into_any()
}

/// Numbers keep their unit on their line: `8 s`, `97.6 %`.
pub fn glued(text: &str) -> String {
    const UNITS: [&str; 9] = ["%", "µs", "ms", "s", "m", "h", "d", "nines", "B"];
    let mut out = String::with_capacity(text.len());
    let mut number = false;
    for (index, word) in text.split(' ').enumerate() {
        let unit = word.trim_end_matches(|last: char| ".,;:)".contains(last));
        if index > 0 {
            out.push(if number && UNITS.contains(&unit) { '\u{a0}' } else { ' ' });
        }
        out.push_str(word);
        number = word.ends_with(|last: char| last.is_ascii_digit());
    }
    out
}

fn parts(sentence: &str) -> Vec<Part> {
    let mut parts = Vec::new();
    let (mut words, mut quoted, mut before) = (String::new(), false, "");
    for (index, word) in sentence.split(' ').enumerate() {
        if index > 0 {
            words.push(' ');
        }
        let bare = word.trim_end_matches(|last: char| ".,;:".contains(last));
        match stamp(bare).filter(|_| !quoted && BEFORE.contains(&before)) {
            Some((at, seconds)) => {
                parts.push(Part::Words(std::mem::take(&mut words)));
                parts.push(Part::Time(at, seconds));
                words.push_str(&word[bare.len()..]);
            }
            None => words.push_str(word),
        }
        // Values stand in quotes, in which a quote is escaped.
        let quotes = word.replace("\\\\", "").replace("\\\"", "").matches('"').count();
        quoted ^= quotes % 2 == 1;
        before = word;
    }
    parts.push(Part::Words(words));
    parts
}

/// `2026-11-21T14:54:07Z`, or to the minute: `2026-11-21T14:54Z`.
fn stamp(word: &str) -> Option<(SourceTime, bool)> {
    let time = word.strip_suffix('Z')?.split_once('T')?.1;
    match time.len() {
        5 => Some((SourceTime::parse(&format!("{}:00Z", word.strip_suffix('Z')?))?, false)),
        _ => Some((SourceTime::parse(word)?, true)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> SourceTime {
        SourceTime::parse(text).unwrap()
    }

    #[test]
    fn times_of_a_sentence_are_told_from_its_words() {
        let words = |text: &str| Part::Words(text.to_owned());
        assert_eq!(
            parts("it differs since 2026-11-21T14:54:07Z; it came right at 2026-11-21T14:58:01.25Z."),
            [
                words("it differs since "),
                Part::Time(at("2026-11-21T14:54:07Z"), true),
                words("; it came right at "),
                Part::Time(at("2026-11-21T14:58:01.25Z"), true),
                words("."),
            ]
        );
        let minute = parts("missed from 2026-11-21T14:54Z");
        assert_eq!(minute[1], Part::Time(at("2026-11-21T14:54:00Z"), false));
    }

    #[test]
    fn a_key_or_a_value_that_is_a_time_stays_as_it_is() {
        for sentence in [
            "view lacks slot 2026-11-21T14:00:00Z, which db has",
            "until is \"since 2026-11-21T14:00:00Z\", expected \"a \\\" at 2026-11-21T14:00:00Z\"",
            "since when 2026-13-01T00:00:00Z at Z at T",
        ] {
            assert_eq!(parts(sentence), [Part::Words(sentence.to_owned())]);
        }
    }

    #[test]
    fn a_number_keeps_its_unit() {
        assert_eq!(
            glued("40 s were declared, 97.6 % of 3 orders; for 5 m 3 s."),
            "40\u{a0}s were declared, 97.6\u{a0}% of 3 orders; for 5\u{a0}m 3\u{a0}s."
        );
    }
}
