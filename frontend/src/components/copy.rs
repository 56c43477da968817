//! Long values: cut in the middle, whole on hover, with a button that copies the whole.

use leptos::prelude::*;

use crate::format::middle;

/// A button that copies `text`. Without scripts it is not there.
pub fn copy(text: impl Into<String>) -> AnyView {
    let text = text.into();
    let (done, set_done) = signal(false);
    let label = format!("Copy {}", middle(&text, 24));
    let click = move |_| {
        crate::browser::copy(&text);
        set_done.set(true);
        set_timeout(move || set_done.set(false), std::time::Duration::from_millis(1200));
    };
    view! {
        <button class="copy live-only" type="button" aria-label=label title="Copy" class:done=done on:click=click>
            <svg width="12" height="12" viewBox="0 0 12 12" fill="none" stroke="currentColor" stroke-width="1.1" aria-hidden="true">
                <rect x="1.5" y="1.5" width="6.5" height="6.5" rx="1" />
                <path d="M10.5 4v5.5a1 1 0 0 1-1 1H4" />
            </svg>
        </button>
    }
    .into_any()
}

/// An id or key in monospace with its copy button; `max` characters of it are shown.
pub fn id(text: impl Into<String>, max: usize) -> AnyView {
    let text = text.into();
    view! { <span class="id"><code title=text.clone()>{middle(&text, max)}</code>{copy(text)}</span> }.into_any()
}
