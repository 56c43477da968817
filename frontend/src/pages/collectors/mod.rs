//! Collectors: can I believe what I see? Each source with its frontier and why it stands there, records that could not be
//! read with their bytes, gaps, and what was not checked.

mod gaps;
mod hex;
mod issues;
mod sources;

pub use sources::partitions;

use leptos::prelude::*;
use plumbline_model::api::{CollectorsPage, CountedWhy, VerdictWord};

use crate::{
    answer::answer,
    charts::scale::pct,
    clock::{self, use_clock},
    components::{Fact, Panel, coded, facts, headline, mark, mix::share, none, state, text},
    format,
    place::use_place,
};

pub fn collectors() -> AnyView {
    let place = use_place();
    view! {
        {answer("collectors", move || place.read().api("/collectors", &[]), draw)}
        {issues::issues()}
    }
    .into_any()
}

fn draw(page: CollectorsPage) -> AnyView {
    let place = use_place().get();
    let worst = page.sources.iter().map(|source| source.verdict).find(|verdict| *verdict != VerdictWord::Converged);
    let verdict = if page.sources.is_empty() { None } else { Some(worst.unwrap_or(VerdictWord::Converged)) };
    let sub = match page.seen_until {
        Some(until) => {
            view! { "What happened before "{clock::time(until)}" has been seen completely, in every source." }
                .into_any()
        }
        None if page.sources.is_empty() => none(),
        None => text("At least one source vouches for nothing yet, so nothing is known to have been seen completely."),
    };
    view! {
        {headline("Collectors", verdict, page.headline.clone(), sub, none())}
        {figures(&page)}
        {sources::sources(page.sources, &place)}
        <div class="row even">
            {gaps::gaps(page.gaps, page.range)}
            {not_checked(&page.not_checked, &page.unwatched, page.closed)}
        </div>
    }
    .into_any()
}

fn figures(page: &CollectorsPage) -> AnyView {
    let clock = use_clock();
    let (until, held) = match page.seen_until {
        Some(until) => (
            clock.civil(until).clock,
            view! { {clock::ago(until)}" ago"{page.held_back_by.clone().map(|source| format!(", held back by {source}"))} }.into_any(),
        ),
        None => ("–".to_owned(), text(page.held_back_by.clone().map_or_else(String::new, |source| format!("{source} vouches for nothing yet")))),
    };
    let unchecked: u64 = page.not_checked.iter().map(|why| why.count).sum();
    // The share is of writes, or of the time in which nobody watched if that is more.
    let (of, left) = match unchecked {
        0 => ("of the time", text("no write left out")),
        some => ("of the writes", text(format!("{} writes × replicas", format::count(some)))),
    };
    facts(vec![
        Fact::new("Seen completely until", until, "").detail(held),
        Fact::new("Seen", format::rate(page.records_per_second), "")
            .detail(text(format!("{} records in this range", format::short(page.records)))),
        Fact::new("Not checked", share(page.not_checked_share), of).detail(left),
        Fact::new("Could not be read", format::count(page.issues), if page.issues == 1 { "record" } else { "records" })
            .detail(text("kept aside with their bytes")),
        Fact::new("Seen, not mapped", format::short(page.unmapped), "records")
            .detail(text("nothing in the configuration speaks of them")),
    ])
}

/// What was not checked, by why, each with what would make it known, and the time in which a source was not seen; `due` are
/// the writes × replicas that were due.
pub fn not_checked(whys: &[CountedWhy], unwatched: &[String], due: u64) -> AnyView {
    let total: u64 = whys.iter().map(|why| why.count).sum();
    let panel = Panel::new("What was not checked").id("not-checked");
    let unseen: Vec<AnyView> =
        alike(unwatched).into_iter().map(|words| view! { <li>{words}</li> }.into_any()).collect();
    let unseen =
        (!unseen.is_empty()).then(|| view! { <p><b>"Not seen in this range"</b></p><ul class="dots">{unseen}</ul> });
    if total == 0 {
        let (title, words) = match due {
            0 => ("Nothing was there to check", "No write was due in this range."),
            _ => ("No write was left out", "Every write that was due in this range could be checked."),
        };
        return match unseen {
            Some(unseen) => panel.body(view! { <div class="stacked"><p>{words}</p>{unseen}</div> }.into_any()),
            None => panel.wide(state::empty(title, words, none())),
        };
    }
    let rows: Vec<AnyView> = whys
        .iter()
        .map(|why| {
            let width = pct(why.count as f64 / total as f64);
            let source = why.source.clone().map(|source| view! { <span class="dim">{source}</span> });
            let remedy = why.remedy.clone().map(|remedy| view! { <div class="dim t12 all">{coded(&remedy)}</div> });
            view! {
                <li class="why">
                    <span class="v">{mark(VerdictWord::Unknown)}<b>{why.why.clone()}</b>{source}</span>
                    <b class="num">{format::count(why.count)}</b>
                    <svg class="meter all" height="6" aria-hidden="true"><rect class="bed" width="100%" height="6" rx="3" /><rect class="fill unknown" width=width height="6" rx="3" /></svg>
                    {remedy}
                </li>
            }
            .into_any()
        })
        .collect();
    panel
        .note(format!("{} writes × replicas, by cause", format::count(total)))
        .body(view! { <div class="stacked"><ul class="whys">{rows}</ul>{unseen}</div> }.into_any())
}

/// Sources of which the same is said stand in one line; the seconds of what is not seen yet are those of the longest.
fn alike(unwatched: &[String]) -> Vec<String> {
    const END: (&str, &str) = ("the last ", " s are not seen yet");
    let length = |words: &str| words.strip_prefix(END.0)?.strip_suffix(END.1)?.parse::<f64>().ok();
    let mut lines: Vec<(Vec<&str>, &str)> = Vec::new();
    for (name, words) in unwatched.iter().filter_map(|line| line.split_once(": ")) {
        let same = |other: &str| other == words || (length(other).is_some() && length(words).is_some());
        match lines.iter_mut().find(|(_, other)| same(other)) {
            Some((names, longest)) => {
                names.push(name);
                if length(words) > length(longest) {
                    *longest = words;
                }
            }
            None => lines.push((vec![name], words)),
        }
    }
    let rest = unwatched.iter().filter(|line| !line.contains(": ")).cloned();
    lines.into_iter().map(|(names, words)| format!("{}: {words}", names.join(", "))).chain(rest).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_said_of_many_sources_is_said_once() {
        let of = |lines: &[&str]| alike(&lines.iter().map(|line| (*line).to_owned()).collect::<Vec<_>>());
        assert_eq!(
            of(&[
                "a: the last 4.90 s are not seen yet",
                "b: not watched",
                "c: the last 5.67 s are not seen yet",
                "d: not watched"
            ]),
            ["a, c: the last 5.67 s are not seen yet", "b, d: not watched"]
        );
        assert_eq!(
            of(&["a: the last 2 m are not seen yet", "nothing"]),
            ["a: the last 2 m are not seen yet", "nothing"]
        );
    }
}
