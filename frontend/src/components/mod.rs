//! What pages are made of. Plain functions that return `AnyView`: small to compile, small in the browser.

pub mod copy;
pub mod facts;
pub mod finding;
pub mod form;
pub mod head;
pub mod mark;
pub mod mix;
pub mod panel;
pub mod said;
pub mod state;
pub mod table;

pub use copy::{copy, id};
pub use facts::{Fact, facts};
pub use form::post_form;
pub use head::{crumbs, document_title, headline};
pub use mark::{mark, verdict, verdict_plain};
pub use mix::{consistency, lag_pair, mix};
pub use panel::Panel;
pub use said::{coded, said};

use leptos::prelude::*;

/// A small label beside a name.
pub fn tag(text: impl Into<String>) -> AnyView {
    view! { <span class="tag">{text.into()}</span> }.into_any()
}

/// Text in the second ink.
pub fn dim(text: impl Into<String>) -> AnyView {
    view! { <span class="dim">{text.into()}</span> }.into_any()
}

/// Text in the faint ink, for units and asides.
pub fn faint(text: impl Into<String>) -> AnyView {
    view! { <span class="faint">{text.into()}</span> }.into_any()
}

/// A link to evidence.
pub fn link(href: String, text: impl Into<String>) -> AnyView {
    view! { <a class="link" href=href>{text.into()}</a> }.into_any()
}

/// Nothing to show in this place.
pub fn none() -> AnyView {
    ().into_any()
}

/// Views with ` · ` between them; the dot stays on the line of what is before it.
pub fn dotted(parts: Vec<AnyView>) -> AnyView {
    let parts: Vec<AnyView> = parts
        .into_iter()
        .enumerate()
        .map(
            |(index, part)| {
                if index == 0 { part } else { view! { <span class="sep">"\u{a0}· "</span>{part} }.into_any() }
            },
        )
        .collect();
    parts.into_any()
}

/// Plain text as a view; its numbers keep their units.
pub fn text(text: impl Into<String>) -> AnyView {
    said::glued(&text.into()).into_any()
}
