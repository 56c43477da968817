//! What is drawn in a lane: bands of verdicts that grow heavier with how bad they are, and marks of changes: a stem at the
//! instant and a pill to its right that holds the version. Effects of the write at the cursor are drawn as elbows.

use leptos::prelude::*;
use plumbline_model::{
    api::VerdictWord,
    lineage::{Band, ChangeKind, EventMark, Lineage, ReplicaLineage, StateChange},
};

use super::{
    cursor::{Choice, label},
    lanes::{EVENTS, LANE},
};
use crate::{charts::scale::pct, format, place::Place};

/// The share of the width that a text takes at most, on the narrowest picture.
fn width_of(words: &str) -> f64 {
    0.014 + words.chars().count() as f64 * 0.0075
}

/// A mark's share of the width: its stem and its pill.
const MARK: f64 = 0.026;

/// Where words of a band find room: at its end, else at its beginning, else nowhere.
fn room(x0: f64, x1: f64, words: f64, taken: &[f64]) -> Option<(f64, &'static str, i32)> {
    let free = |from: f64, to: f64| taken.iter().all(|x| x + MARK < from || *x > to);
    match () {
        () if x1 - words >= x0 && free(x1 - words, x1) => Some((x1, "end", -6)),
        () if x0 + words <= x1 && free(x0, x0 + words) => Some((x0, "start", 6)),
        () => None,
    }
}

pub fn lane(replica: &ReplicaLineage, choice: &Choice, top: f64, missing: Option<f64>, place: &Place) -> AnyView {
    let middle = top + LANE / 2.0;
    let line = replica.authority.then(|| view! { <line class="wire" x1="0" x2="100%" y1=middle y2=middle /> });
    // What words of a band must keep clear of: marks, and the sign of an effect that is missing.
    let mut taken: Vec<f64> =
        replica.changes.iter().filter(|change| choice.shows(change)).map(|change| choice.x_of(change)).collect();
    taken.extend(missing);
    let shown = if choice.received { &[][..] } else { &replica.bands };
    // Words stand over all bands: the end of one is often where the next begins.
    let (bands, words): (Vec<AnyView>, Vec<AnyView>) =
        shown.iter().map(|band| self::band(band, choice, middle, &taken)).unzip();
    let marks: Vec<AnyView> = replica
        .changes
        .iter()
        .enumerate()
        .filter(|(_, change)| choice.shows(change))
        .map(|(index, change)| mark(replica, change, index, choice, middle, place))
        .collect();
    view! { <line class="grid" x1="0" x2="100%" y1=top y2=top />{line}{bands}{words}{marks} }.into_any()
}

/// The band, and what is said of it.
fn band(band: &Band, choice: &Choice, middle: f64, taken: &[f64]) -> (AnyView, AnyView) {
    let end = choice.axis.stretches.last().map(|last| last.to);
    let to = band.to.or(end).unwrap_or(band.from);
    let (x0, x1) = (choice.axis.x(band.from), choice.axis.x(to));
    let width = (x1 - x0).max(0.0008);
    let lasted = format::age(to.since(band.from));
    let (half, class, words) = match band.verdict {
        VerdictWord::Converged => (1.0, "converged", None),
        VerdictWord::Lagging => (8.0, "lagging", Some(format!("lagging {lasted}"))),
        VerdictWord::Diverged => (
            9.0,
            "diverged",
            Some(format!("{} {lasted}", band.reason.as_deref().map_or("diverged".to_owned(), format::words))),
        ),
        VerdictWord::Unknown => (8.0, "unknown", Some(band.why.clone().unwrap_or_else(|| "unknown".to_owned()))),
    };
    let title = match &words {
        Some(words) => words.clone(),
        None => format!("converged for {lasted}"),
    };
    let edges = (band.verdict == VerdictWord::Diverged).then(|| {
        view! {
            <line class="edge" x1=pct(x0) x2=pct(x1) y1=middle - half y2=middle - half />
            <line class="edge" x1=pct(x0) x2=pct(x1) y1=middle + half y2=middle + half />
        }
    });
    let said = words.and_then(|words| {
        let (x, anchor, shift) = room(x0, x1, width_of(&words), taken)?;
        let class = format!("band {class}");
        Some(view! { <g class=class><text class="said" x=pct(x) dx=shift y=middle + 4.0 text-anchor=anchor>{words}</text></g> })
    });
    let band = view! {
        <g class=format!("band {class}")>
            <rect x=pct(x0) width=pct(width) y=middle - half height=half * 2.0><title>{title}</title></rect>
            {edges}
        </g>
    };
    (band.into_any(), said.into_any())
}

/// How a change stands to the authority at that time.
fn class(replica: &ReplicaLineage, change: &StateChange) -> &'static str {
    if replica.authority {
        return "own";
    }
    match (change.equals_authority, change.kind) {
        (_, ChangeKind::Probe) => "probed",
        (Some(true), _) => "equal",
        (Some(false), _) => "differs",
        (None, _) => "unsure",
    }
}

fn mark(
    replica: &ReplicaLineage,
    change: &StateChange,
    index: usize,
    choice: &Choice,
    middle: f64,
    place: &Place,
) -> AnyView {
    let words = label(change, index);
    let width = 7.0 + words.chars().count() as f64 * 6.6;
    let width = width.max(15.0);
    let chosen = choice.set && !choice.received && change.at == choice.at;
    let title = title(replica, change);
    let href = place.with(&[("at", &change.at.to_string())]);
    view! {
        <svg class="spot" x=pct(choice.x_of(change)) y=middle>
            <a href=href class=format!("mark {}", class(replica, change)) class:chosen=chosen>
                <title>{title}</title>
                <line x1="0" x2="0" y1="-9" y2="9" />
                <rect x="2" y="-7.5" width=width height="15" rx=if replica.authority { "2" } else { "7.5" } />
                <text x=2.0 + width / 2.0 y="4" text-anchor="middle">{words}</text>
            </a>
        </svg>
    }
    .into_any()
}

fn title(replica: &ReplicaLineage, change: &StateChange) -> String {
    let what = match change.kind {
        ChangeKind::Create => "created",
        ChangeKind::Update | ChangeKind::Write => "written",
        ChangeKind::Delete => "deleted",
        ChangeKind::Snapshot => "in a snapshot",
        ChangeKind::Probe => "when asked",
    };
    let changed =
        if change.changed.is_empty() { String::new() } else { format!(", changed {}", change.changed.join(", ")) };
    let by = change.cause.event_type.as_deref().map(|event| format!(", by {event}")).unwrap_or_default();
    let lag = change
        .lag_seconds
        .map(|seconds| format!(", {} after the authority", format::duration(seconds)))
        .unwrap_or_default();
    format!("{} {what} at {}{changed}{by}{lag}", replica.replica, change.at)
}

pub fn events(events: &[EventMark], choice: &Choice, top: f64) -> AnyView {
    let middle = top + EVENTS / 2.0;
    let mut xs: Vec<f64> = events.iter().map(|event| choice.x_of_event(event)).collect();
    xs.sort_by(f64::total_cmp);
    let marks: Vec<AnyView> = events
        .iter()
        .map(|event| {
            let x = choice.x_of_event(event);
            // Names yield to the next event; the title has them all.
            let next = xs.iter().copied().find(|other| *other > x).unwrap_or(1.0);
            let words = (x + width_of(&event.event_type) < next)
                .then(|| view! { <text x="8" y="4">{event.event_type.clone()}</text> });
            let title = format!(
                "{} at {}{}",
                event.event_type,
                event.at,
                event.cause.service.as_deref().map(|service| format!(" by {service}")).unwrap_or_default()
            );
            view! {
                <svg class="spot" x=pct(x) y=middle>
                    <g class="event"><title>{title}</title><rect x="-3.5" y="-3.5" width="7" height="7" />{words}</g>
                </svg>
            }
            .into_any()
        })
        .collect();
    view! { <line class="grid" x1="0" x2="100%" y1=top y2=top />{marks} }.into_any()
}

/// Where the sign of a missing effect stands in a copy's lane: it diverges, and never showed the write at the cursor.
pub fn missing(
    lineage: &Lineage,
    replica: &ReplicaLineage,
    write: Option<&StateChange>,
    choice: &Choice,
) -> Option<f64> {
    let write = write
        .filter(|_| !replica.authority && replica.now().is_some_and(|band| band.verdict == VerdictWord::Diverged))?;
    let shown = replica.changes.iter().any(|change| change.shows.as_deref() == Some(write.id.as_str()));
    let known = lineage.replicas.iter().any(|replica| replica.authority);
    (known && !shown).then(|| choice.x_of(write))
}

/// From the write at the cursor down to each copy that shows it; a copy that does not gets a dashed stub.
pub fn effects(lineage: &Lineage, write: &StateChange, choice: &Choice, top: impl Fn(usize) -> f64) -> AnyView {
    let Some(origin) = lineage.replicas.iter().position(|replica| replica.authority) else { return ().into_any() };
    let (from, y0) = (choice.x_of(write), top(origin) + LANE / 2.0);
    let drawn: Vec<AnyView> = lineage
        .replicas
        .iter()
        .enumerate()
        .filter(|(index, _)| *index > origin)
        .map(|(index, replica)| {
            let y = top(index) + LANE / 2.0;
            let shown = replica.changes.iter().find(|change| change.shows.as_deref() == Some(write.id.as_str()));
            match shown {
                Some(change) => {
                    let to = choice.x_of(change);
                    view! {
                        <line class="effect" x1=pct(from) x2=pct(from) y1=y0 y2=y />
                        <line class="effect" x1=pct(from) x2=pct(to) y1=y y2=y />
                    }
                    .into_any()
                }
                None if missing(lineage, replica, Some(write), choice).is_some() => view! {
                    <line class="effect lost" x1=pct(from) x2=pct(from) y1=y0 y2=y - 6.0 />
                    <svg class="spot" x=pct(from) y=y><g class="lost"><circle r="6" /><path d="M-2.5 -2.5 2.5 2.5M2.5 -2.5-2.5 2.5" /></g></svg>
                }
                .into_any(),
                None => ().into_any(),
            }
        })
        .collect();
    drawn.into_any()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_of_a_band_keep_clear_of_marks() {
        assert_eq!(room(0.2, 0.6, 0.1, &[0.3]), Some((0.6, "end", -6)));
        assert_eq!(room(0.2, 0.6, 0.1, &[0.55]), Some((0.2, "start", 6)));
        assert_eq!(room(0.2, 0.6, 0.1, &[0.25, 0.55]), None);
        assert_eq!(room(0.2, 0.25, 0.1, &[]), None, "too narrow for words");
    }
}
