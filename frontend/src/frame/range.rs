//! The time range: presets as links, fixed ends as a form. Both only change the URL, so both work without scripts.

use leptos::prelude::*;

use crate::{
    clock::use_clock,
    live::use_live,
    place::{DEFAULT_LAST, Place, use_place},
};

const PRESETS: [(&str, &str); 6] = [
    ("5m", "5 minutes"),
    ("15m", "15 minutes"),
    ("1h", "1 hour"),
    ("6h", "6 hours"),
    ("24h", "24 hours"),
    ("7d", "7 days"),
];

pub fn menu() -> AnyView {
    let place = use_place();
    let label = move || {
        let place = place.read();
        match (place.get("from"), place.get("to")) {
            (None, None) => {
                let last = place.get("last").unwrap_or(DEFAULT_LAST);
                let known = PRESETS.iter().find(|(value, _)| *value == last);
                format!("Last {}", known.map_or(last, |(_, words)| words))
            }
            (from, to) => ends(from, to),
        }
    };
    let presets = move || {
        let place = place.read();
        let chosen = if place.is_fixed() { "" } else { place.get("last").unwrap_or(DEFAULT_LAST) };
        let choice = |(value, words): (&'static str, &'static str)| {
            let href = place.with(&[
                ("last", if value == DEFAULT_LAST { "" } else { value }),
                ("from", ""),
                ("to", ""),
                ("cursor", ""),
            ]);
            view! { <a class="item" href=href aria-current=(value == chosen).then_some("true")>{format!("Last {words}")}</a> }.into_any()
        };
        PRESETS.map(choice).into_iter().collect::<Vec<_>>()
    };
    view! {
        <details class="menu" id="range">
            <summary class="btn" title="Time range"><span>{label}</span><Transition>{move || covered(&place.read())}</Transition></summary>
            <div class="drop">
                {presets}
                <form method="get" class="ends">
                    {move || hidden(&place.read())}
                    <label>"From, UTC"<input type="datetime-local" step="1" name="from" required value=move || field(&place.read(), "from") /></label>
                    <label>"To, UTC"<input type="datetime-local" step="1" name="to" required value=move || field(&place.read(), "to") /></label>
                    <button class="btn" type="submit">"Show"</button>
                </form>
            </div>
        </details>
    }
    .into_any()
}

/// The times that a moving range covers now: `14:20–15:20`.
fn covered(place: &Place) -> Option<AnyView> {
    let now = use_live().now()?;
    let length = seconds(place.get("last").unwrap_or(DEFAULT_LAST)).filter(|_| !place.is_fixed())?;
    let from = now.minus(plumbline_model::Lag::from_secs(length));
    Some(view! { <span class="faint">{crate::clock::range(from, now)}</span> }.into_any())
}

/// The length of `5m`, `6h` or `7d` in seconds.
fn seconds(text: &str) -> Option<i64> {
    let (number, unit) = text.split_at_checked(text.len().checked_sub(1)?)?;
    let unit = match unit {
        "s" => 1,
        "m" => 60,
        "h" => 3_600,
        "d" => 86_400,
        _ => return None,
    };
    number.parse::<i64>().ok()?.checked_mul(unit)
}

/// Short words for fixed ends, in the reader's clock; as written where they are not times.
fn ends(from: Option<&str>, to: Option<&str>) -> String {
    let clock = use_clock();
    let today = use_live().now().map(|now| clock.civil(now).date);
    let words = |end: Option<&str>| match end.map(|text| (text, parse(text))) {
        None => "now".to_owned(),
        Some((text, None)) => text.to_owned(),
        Some((_, Some(at))) => {
            let civil = clock.civil(at);
            if today.as_deref() == Some(&civil.date) {
                civil.clock
            } else {
                format!("{} {}", civil.day(), civil.minutes())
            }
        }
    };
    format!("{} – {}", words(from), words(to))
}

fn parse(text: &str) -> Option<plumbline_model::SourceTime> {
    plumbline_model::SourceTime::parse(text)
        .or_else(|| plumbline_model::SourceTime::parse(&format!("{text}Z")))
        .or_else(|| plumbline_model::SourceTime::parse(&format!("{text}:00Z")))
}

/// The present end in the form that a date-time field takes.
fn field(place: &Place, name: &str) -> String {
    let at = place.get(name).and_then(parse);
    at.map(|at| crate::format::Civil::of(at, 0))
        .map(|civil| format!("{}T{}", civil.date, civil.clock))
        .unwrap_or_default()
}

/// The other parameters of the page, so that the form keeps them.
fn hidden(place: &Place) -> Vec<AnyView> {
    let kept = place.query.iter().filter(|(key, _)| !["from", "to", "last", "cursor"].contains(&key.as_str()));
    kept.map(|(key, value)| view! { <input type="hidden" name=key.clone() value=value.clone() /> }.into_any()).collect()
}
