//! One small shape for each kind of place, the same in tables, waterfall and map: operation, network, topic, database,
//! cache, outside.

use leptos::prelude::*;

/// The shape of a kind, 14 × 12, in the ink of its place.
pub fn shape(kind: &str) -> AnyView {
    let drawn = match kind {
        "operation" | "service" => {
            view! { <rect x="2" y="2" width="8" height="8" rx="1.5" fill="currentColor" /> }.into_any()
        }
        "topic" => view! { <rect x="1" y="3" width="12" height="6" rx="3" /><path d="M9 3v6" /> }.into_any(),
        "database" => {
            view! { <ellipse cx="6" cy="3" rx="4" ry="1.6" /><path d="M2 3v6c0 .9 1.8 1.6 4 1.6s4-.7 4-1.6V3" /> }
                .into_any()
        }
        "cache" => view! { <rect x="1.5" y="2.5" width="10" height="7" rx="3.5" /> }.into_any(),
        "outside" => {
            view! { <rect x="1.5" y="1.5" width="9" height="9" rx="1.5" stroke-dasharray="2 1.4" /> }.into_any()
        }
        _ => view! { <path d="M1 6h9M7.5 3 10.5 6 7.5 9" /> }.into_any(),
    };
    view! { <svg class="shape" width="14" height="12" viewBox="0 0 14 12" fill="none" stroke="currentColor" stroke-width="1.1" aria-hidden="true">{drawn}</svg> }.into_any()
}

/// What a kind is called.
pub fn words(kind: &str) -> &'static str {
    match kind {
        "operation" => "operation",
        "topic" => "time in topic",
        "database" => "database call",
        "cache" => "cache call",
        "outside" => "call to outside",
        "network" => "network",
        _ => "",
    }
}
