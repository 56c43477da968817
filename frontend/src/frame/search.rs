//! Search: a form that leads to the Lineage page's results, with suggestions below it while one types (in the browser),
//! which the arrows walk and enter opens.

use leptos::prelude::*;
use leptos_router::hooks::use_navigate;
use plumbline_model::api::SearchHit;

use super::icons;
use crate::{
    components::tag,
    place::{Place, use_place},
};

/// Letters before which nothing is asked: a single one matches too much to help.
#[cfg(feature = "hydrate")]
const LEAST_LETTERS: usize = 2;

/// What was found, and which of it the arrows stand on.
#[derive(Clone, Copy)]
struct Found {
    hits: RwSignal<Vec<SearchHit>>,
    chosen: RwSignal<Option<usize>>,
}

impl Found {
    fn show(self, hits: Vec<SearchHit>) {
        self.chosen.set(None);
        self.hits.set(hits);
    }

    /// One down or up; above the first is the field itself.
    fn step(self, down: bool) {
        let count = self.hits.read().len();
        self.chosen.update(|chosen| {
            *chosen = match (*chosen, down) {
                _ if count == 0 => None,
                (None, true) => Some(0),
                (None, false) => Some(count - 1),
                (Some(at), true) => Some((at + 1).min(count - 1)),
                (Some(at), false) => at.checked_sub(1),
            };
        });
    }
}

pub fn search() -> AnyView {
    let found = Found { hits: RwSignal::new(Vec::new()), chosen: RwSignal::new(None) };
    let place = use_place();
    let navigate = use_navigate();
    // Wherever one went, what was found on the way there is of no more use.
    Effect::new(move |_| {
        place.track();
        suggest(String::new(), found);
    });
    let keyed = move |event: leptos::ev::KeyboardEvent| match event.key().as_str() {
        key @ ("ArrowDown" | "ArrowUp") => {
            found.step(key == "ArrowDown");
            event.prevent_default();
        }
        "Escape" => found.show(Vec::new()),
        _ => {}
    };
    let submitted = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        let place = place.read_untracked();
        let hits = found.hits.read_untracked();
        let target = match found.chosen.get_untracked().and_then(|at| hits.get(at)) {
            Some(hit) => target(hit, &place),
            None => place.to_with("/lineage", &[("q", typed().trim())]),
        };
        drop(hits);
        navigate(&target, Default::default());
    };
    let active = move || found.chosen.get().map(option_id);
    let open = move || if found.hits.read().is_empty() { "false" } else { "true" };
    view! {
        <form class="searchbox" role="search" method="get" action="/lineage" on:submit=submitted>
            <label class="search">
                {icons::glass()}
                <input
                    id="search"
                    type="search"
                    name="q"
                    autocomplete="off"
                    aria-label="Search"
                    role="combobox"
                    aria-controls="found"
                    aria-expanded=open
                    aria-activedescendant=active
                    placeholder="Key, saga, trace, service, incident"
                    value=move || place.read().get("q").map(str::to_owned).unwrap_or_default()
                    on:input=move |event| suggest(event_target_value(&event), found)
                    on:keydown=keyed
                />
                <kbd aria-hidden="true">"/"</kbd>
            </label>
            {move || list(found, &place.read())}
        </form>
    }
    .into_any()
}

fn list(found: Found, place: &Place) -> Option<AnyView> {
    let hits = found.hits.get();
    (!hits.is_empty()).then(|| {
        let items: Vec<AnyView> = hits.iter().enumerate().map(|(at, hit)| item(at, hit, found, place)).collect();
        view! { <div class="drop" id="found" role="listbox" aria-label="Found">{items}</div> }.into_any()
    })
}

fn item(at: usize, hit: &SearchHit, found: Found, place: &Place) -> AnyView {
    let selected = move || (found.chosen.get() == Some(at)).to_string();
    view! {
        <a class="item" role="option" id=option_id(at) aria-selected=selected href=target(hit, place)>
            {tag(hit.kind.clone())}<b>{hit.title.clone()}</b><span class="dim">{hit.detail.clone()}</span>
        </a>
    }
    .into_any()
}

fn option_id(at: usize) -> String {
    format!("found-{at}")
}

fn target(hit: &SearchHit, place: &Place) -> String {
    place.to(&hit.link)
}

/// What stands in the field.
fn typed() -> String {
    #[cfg(feature = "hydrate")]
    {
        use wasm_bindgen::JsCast;
        let field =
            crate::browser::find("#search").and_then(|field| field.dyn_into::<web_sys::HtmlInputElement>().ok());
        field.map(|field| field.value()).unwrap_or_default()
    }
    #[cfg(not(feature = "hydrate"))]
    String::new()
}

/// Asks for suggestions once the typing rests.
fn suggest(text: String, found: Found) {
    #[cfg(feature = "hydrate")]
    {
        use std::{
            sync::atomic::{AtomicU32, Ordering},
            time::Duration,
        };
        /// The newest question: answers to older ones are dropped.
        static ASKED: AtomicU32 = AtomicU32::new(0);
        let mine = ASKED.fetch_add(1, Ordering::Relaxed) + 1;
        if text.trim().chars().count() < LEAST_LETTERS {
            found.show(Vec::new());
            return;
        }
        set_timeout(
            move || {
                leptos::task::spawn_local(async move {
                    if ASKED.load(Ordering::Relaxed) != mine {
                        return;
                    }
                    let path = Place::default().to_with("/api/v1/search", &[("q", text.trim())]);
                    let answer = crate::api::get(path).await.decode::<Vec<SearchHit>>();
                    if ASKED.load(Ordering::Relaxed) == mine {
                        found.show(answer.unwrap_or_default());
                    }
                });
            },
            Duration::from_millis(150),
        );
    }
    #[cfg(not(feature = "hydrate"))]
    let _ = (text, found);
}
