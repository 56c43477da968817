//! How long an instance has been silent, against its deadline: the tick stands at the same x in every row, linear up to
//! once the deadline, logarithmic from once to a hundred times.

use leptos::prelude::*;
use plumbline_model::api::{SagaRow, VerdictWord};

use crate::{charts::scale::pct, clock, components::mark::of_word, format, live::use_live};

/// Where the deadline stands, as a share of the width.
const DEADLINE: f64 = 0.6;

/// Share of the width for a silence of `ratio` times its deadline.
fn x(ratio: f64) -> f64 {
    if ratio <= 1.0 { ratio.max(0.0) * DEADLINE } else { DEADLINE + (ratio.log10() / 2.0).min(1.0) * (1.0 - DEADLINE) }
}

pub fn silence(row: &SagaRow) -> AnyView {
    let (Some(since), Some(now)) = (row.waiting_since, use_live().now_untracked()) else {
        return view! { <span class="faint">"–"</span> }.into_any();
    };
    let waited = (now.0 - since.0) as f64 / 1e9;
    let within = row.within_seconds.or_else(|| Some(row.due?.since(since).seconds()));
    let class = match of_word(&row.state) {
        VerdictWord::Diverged => "fill diverged",
        VerdictWord::Lagging => "fill lagging",
        VerdictWord::Unknown => "fill unknown",
        VerdictWord::Converged => "fill",
    };
    let words = within.map(|within| format!(" of {} declared", format::period(within)));
    let bar = within.filter(|within| *within > 0.0).map(|within| {
        view! {
            <svg class="meter" width="100%" height="12" aria-hidden="true">
                <rect class="bed" y="3" width="100%" height="6" rx="3" />
                <rect class=class y="3" width=pct(x(waited / within)) height="6" rx="3" />
                <rect class="tick" x=pct(DEADLINE) width="2" height="12" />
            </svg>
        }
    });
    view! { <div class="silence-bar"><div><b>{clock::waited(since)}</b><span class="dim">{words}</span></div>{bar}</div> }.into_any()
}

/// The header of the column: where the bars' ticks stand.
pub fn head() -> AnyView {
    let labels =
        [(0.0, "0", "start"), (DEADLINE, "deadline", "middle"), (x(10.0), "10×", "middle"), (1.0, "100×", "end")];
    let labels: Vec<AnyView> = labels
        .into_iter()
        .map(|(at, words, anchor)| view! { <text x=pct(at) y="10" text-anchor=anchor>{words}</text> }.into_any())
        .collect();
    view! { "Silence so far"<svg class="plot" width="100%" height="13" aria-hidden="true">{labels}</svg> }.into_any()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_deadline_stands_still_and_a_hundredfold_ends_the_bar() {
        assert_eq!([x(0.0), x(0.5), x(1.0), x(100.0), x(1e6)], [0.0, 0.3, DEADLINE, 1.0, 1.0]);
        assert!(x(1.000_001) - x(1.0) < 1e-6, "no jump at the deadline");
    }
}
