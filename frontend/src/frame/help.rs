//! The overlay that lists the keys (`?`).

use leptos::prelude::*;

use super::rail::ENTRIES;

const KEYS: [(&str, &str); 8] = [
    ("/", "search"),
    ("j", "next row"),
    ("k", "row before"),
    ("↵", "open"),
    ("esc", "close, or leave the search"),
    ("← →", "change before, next change"),
    ("space", "live or paused"),
    ("?", "these keys"),
];

/// A dialog that is closed until asked for.
pub fn help() -> AnyView {
    let line = |keys: AnyView, words: &'static str| view! { <dt>{keys}</dt><dd>{words}</dd> }.into_any();
    let keys: Vec<AnyView> =
        KEYS.iter().map(|(key, words)| line(view! { <kbd>{*key}</kbd> }.into_any(), words)).collect();
    let pages: Vec<AnyView> = ENTRIES
        .iter()
        .map(|entry| line(view! { <kbd>"g"</kbd>" "<kbd>{entry.key.to_string()}</kbd> }.into_any(), entry.name))
        .collect();
    view! {
        <dialog id="help" aria-label="Keys">
            <form method="dialog">
                <header><h2>"Keys"</h2><span class="spring"></span><button class="btn quiet" aria-label="Close"><kbd>"esc"</kbd></button></header>
            </form>
            <div class="two">
                <dl>{keys}</dl>
                <dl>{pages}</dl>
            </div>
        </dialog>
    }
    .into_any()
}
