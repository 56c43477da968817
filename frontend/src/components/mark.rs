//! The marks of verdicts: a shape and a word beside each colour, never the colour alone.

use leptos::prelude::*;
use plumbline_model::api::VerdictWord;

/// The shape of a verdict: full, half full, diamond, dashed.
pub fn mark(verdict: VerdictWord) -> AnyView {
    let shape = match verdict {
        VerdictWord::Converged => view! { <circle cx="5" cy="5" r="4" fill="currentColor" /> }.into_any(),
        VerdictWord::Lagging => view! {
            <circle cx="5" cy="5" r="3.3" fill="none" stroke="currentColor" stroke-width="1.4" />
            <path d="M5 1.7a3.3 3.3 0 0 1 0 6.6z" fill="currentColor" />
        }
        .into_any(),
        VerdictWord::Diverged => view! { <path d="M5 .4 9.6 5 5 9.6.4 5z" fill="currentColor" /> }.into_any(),
        VerdictWord::Unknown => view! {
            <circle cx="5" cy="5" r="3.6" fill="none" stroke="currentColor" stroke-width="1.2" stroke-dasharray="2 1.6" />
        }
        .into_any(),
    };
    view! { <svg class=class(verdict) width="10" height="10" viewBox="0 0 10 10" aria-hidden="true">{shape}</svg> }
        .into_any()
}

/// Something that has not begun: a thin ring, never the dashed one of unknown.
pub fn not_begun() -> AnyView {
    view! {
        <svg class="m" width="10" height="10" viewBox="0 0 10 10" aria-hidden="true">
            <circle cx="5" cy="5" r="3.6" fill="none" stroke="var(--ink-3)" stroke-width="1" />
        </svg>
    }
    .into_any()
}

/// Mark and words, the words in ink: for names that have a verdict.
pub fn verdict(verdict: VerdictWord, words: impl Into<String>) -> AnyView {
    let words = words.into();
    let said = if words.contains(verdict.word()) { "" } else { verdict.word() };
    view! {
        <span class="v">
            {mark(verdict)}<span class="w">{words}</span>
            <span class="sr">{said}</span>
        </span>
    }
    .into_any()
}

/// Mark and words in the verdict's colour: for the verdict itself.
pub fn verdict_plain(verdict: VerdictWord, words: impl Into<String>) -> AnyView {
    view! { <span class=format!("v {}", verdict.word())>{mark(verdict)}{words.into()}</span> }.into_any()
}

fn class(verdict: VerdictWord) -> &'static str {
    match verdict {
        VerdictWord::Converged => "m converged",
        VerdictWord::Lagging => "m lagging",
        VerdictWord::Diverged => "m diverged",
        VerdictWord::Unknown => "m unknown",
    }
}

/// The verdict that a state in words stands for: what nobody has to act on, what is under way, what is wrong.
pub fn of_word(word: &str) -> VerdictWord {
    match word {
        "stuck" | "compensation owed" | "owed" | "diverged" | "failed to converge" | "dead" | "open" => {
            VerdictWord::Diverged
        }
        "at risk" | "behind" | "lagging" | "waiting" | "gathering" | "compensating" | "acknowledged" | "undone" => {
            VerdictWord::Lagging
        }
        "unknown" | "blind" | "zombie" | "abandoned" => VerdictWord::Unknown,
        _ => VerdictWord::Converged,
    }
}

/// The legend of the verdicts that a chart draws.
pub fn legend(with_unknown: bool) -> AnyView {
    let unknown = with_unknown.then(|| verdict_plain(VerdictWord::Unknown, "unknown"));
    view! {
        <span class="legend">
            {verdict_plain(VerdictWord::Diverged, "diverged")}
            {verdict_plain(VerdictWord::Lagging, "lagging")}
            {unknown}
        </span>
    }
    .into_any()
}
