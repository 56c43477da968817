//! Shares of verdicts as a bar, consistency as nines beside its denominator, lag as p50 / p99.

use leptos::prelude::*;
use plumbline_model::api::{Consistency, Mix, Quantiles};

use crate::format;

/// A bar of the four verdicts. The bad ones stay visible however few they are; unknown is hatched and never green.
pub fn mix(mix: Mix) -> AnyView {
    let total = mix.total();
    let words = match total {
        0 => "nothing seen yet".to_owned(),
        _ => [
            (mix.converged, "converged"),
            (mix.lagging, "lagging"),
            (mix.diverged, "diverged"),
            (mix.unknown, "unknown"),
        ]
        .iter()
        .filter(|(count, _)| *count > 0)
        .map(|(count, word)| format!("{} {word}", format::count(*count)))
        .collect::<Vec<_>>()
        .join(", "),
    };
    // The least width that can be seen and clicked, in per cent.
    const LEAST: f64 = 2.4;
    let few = |count: u64| if count == 0 { 0.0 } else { (count as f64 / total as f64 * 100.0).max(LEAST) };
    let (lagging, diverged, unknown) = (few(mix.lagging), few(mix.diverged), few(mix.unknown));
    let converged = if mix.converged == 0 { 0.0 } else { (100.0 - lagging - diverged - unknown).max(LEAST) };
    let mut x = 0.0;
    let parts: Vec<AnyView> =
        [("converged", converged), ("lagging", lagging), ("diverged", diverged), ("unknown", unknown)]
            .into_iter()
            .filter(|(_, width)| *width > 0.0)
            .map(|(class, width)| {
                let from = x;
                x += width;
                view! { <rect class=class x=format!("{from:.2}%") width=format!("{width:.2}%") height="6" /> }
                    .into_any()
            })
            .collect();
    view! { <svg class="mix" height="6" role="img" aria-label=words.clone()><title>{words.clone()}</title>{parts}</svg> }.into_any()
}

/// `3.5 nines`, `≥ 3.5 nines` where the denominator bears no more, `nothing to check`.
pub fn consistency(consistency: &Consistency) -> AnyView {
    match (consistency.nines, consistency.ratio) {
        (Some(nines), _) => {
            let bound = if consistency.bounded { "≥ " } else { "" };
            view! { <b>{bound}{format::nines(nines)}</b><span class="faint">" nines"</span> }.into_any()
        }
        (None, Some(ratio)) => view! { <b>{format::percent(ratio)}</b> }.into_any(),
        (None, None) => view! { <span class="faint">"nothing to check"</span> }.into_any(),
    }
}

/// `0.31 s / 2.9 s`.
pub fn lag_pair(lag: &Quantiles) -> AnyView {
    match (lag.p50_seconds, lag.p99_seconds) {
        (Some(p50), Some(p99)) => view! {
            <span class="nowrap">{format::duration(p50)}<span class="faint">{format!(" / {}", format::duration(p99))}</span></span>
        }
        .into_any(),
        _ => view! { <span class="faint">"–"</span> }.into_any(),
    }
}

/// A share, or a dash where it is not known.
pub fn share(share: Option<f64>) -> String {
    share.map_or_else(|| "–".to_owned(), format::percent)
}

/// A duration, or a dash where it is not known.
pub fn seconds(seconds: Option<f64>) -> String {
    seconds.map_or_else(|| "–".to_owned(), format::duration)
}
