//! The few icons of the frame, drawn as strokes in the ink of their place.

use leptos::prelude::*;

/// An icon of 16 × 16 from one path.
pub fn icon(path: &'static str) -> AnyView {
    view! {
        <svg width="16" height="16" viewBox="0 0 16 16" fill="none" stroke="currentColor" stroke-width="1.3" stroke-linecap="round" stroke-linejoin="round" aria-hidden="true">
            <path d=path />
        </svg>
    }
    .into_any()
}

/// The plumb line.
pub fn brand() -> AnyView {
    view! {
        <svg width="18" height="18" viewBox="0 0 18 18" fill="none" stroke="currentColor" stroke-width="1.6" stroke-linecap="round" aria-hidden="true">
            <path d="M4 2h10M9 2v7" />
            <path d="M9 9l2.6 3L9 16.5 6.4 12z" fill="currentColor" stroke-linejoin="round" />
        </svg>
    }
    .into_any()
}

/// A looking glass.
pub fn glass() -> AnyView {
    view! {
        <svg width="13" height="13" viewBox="0 0 13 13" fill="none" stroke="currentColor" stroke-width="1.4" aria-hidden="true">
            <circle cx="5.5" cy="5.5" r="4" />
            <path d="m8.7 8.7 3 3" />
        </svg>
    }
    .into_any()
}
