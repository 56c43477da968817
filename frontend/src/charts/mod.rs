//! Charts as SVG components of our own. One way to draw, kept by all: x in per cent and y in pixels, so that a chart fills
//! any width without scaling its type and without being measured; only paths stretch. Each has its table (`?table=…`).

pub mod brush;
pub mod distribution;
pub mod heat;
pub mod lanes;
pub mod map;
pub mod map_layout;
pub mod scale;
pub mod shape;
pub mod spark;
pub mod time_chart;
pub mod waterfall;

use leptos::prelude::*;

use crate::place::Place;

/// How a series looks: a verdict, or ink for what is none.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Look {
    Diverged,
    Lagging,
    Unknown,
    Ink,
    Faint,
}

impl Look {
    pub const fn class(self) -> &'static str {
        match self {
            Self::Diverged => "diverged",
            Self::Lagging => "lagging",
            Self::Unknown => "unknown",
            Self::Ink => "ink",
            Self::Faint => "faint",
        }
    }
}

/// The link that shows a chart's numbers as a table, or hides them again.
pub fn table_link(place: &Place, chart: &str) -> AnyView {
    let shown = place.get("table") == Some(chart);
    let href = place.with(&[("table", if shown { "" } else { chart })]);
    view! { <a class="link" href=href>{if shown { "No table" } else { "Table" }}</a> }.into_any()
}

/// Whether the reader wants a chart's numbers.
pub fn wants_table(place: &Place, chart: &str) -> bool {
    place.get("table") == Some(chart)
}

/// The pattern of what is not known, for `fill="url(#hatch)"`; once per document.
pub fn hatch() -> AnyView {
    view! {
        <svg class="defs" width="0" height="0" aria-hidden="true">
            <defs>
                <pattern id="hatch" width="5" height="5" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">
                    <rect width="5" height="5" fill="var(--unknown-soft)" />
                    <path d="M0 0V5" stroke="var(--unknown)" stroke-width="1.4" />
                </pattern>
            </defs>
        </svg>
    }
    .into_any()
}
