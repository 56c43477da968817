//! Light or dark: the system's, until the reader chooses; the choice stays on this device.

use leptos::prelude::*;

pub fn button() -> AnyView {
    view! {
        <button class="btn quiet live-only" type="button" aria-label="Switch between light and dark" title="Light or dark" on:click=move |_| toggle()>
            <svg width="14" height="14" viewBox="0 0 14 14" aria-hidden="true">
                <circle cx="7" cy="7" r="5.2" fill="none" stroke="currentColor" stroke-width="1.4" />
                <path d="M7 1.8a5.2 5.2 0 0 1 0 10.4z" fill="currentColor" />
            </svg>
        </button>
    }
    .into_any()
}

fn toggle() {
    #[cfg(feature = "hydrate")]
    if let Some(root) = document().document_element() {
        let next = if root.get_attribute("data-theme").as_deref() == Some("dark") { "light" } else { "dark" };
        let _ = root.set_attribute("data-theme", next);
        crate::browser::store("theme", next);
    }
}
