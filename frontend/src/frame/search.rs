//! Search: a form that leads to the Lineage page's results, with suggestions below it while one types (in the browser).

use leptos::prelude::*;
use plumbline_model::api::SearchHit;

use super::icons;
use crate::{components::tag, place::use_place};

/// Letters before which nothing is asked: a single one matches too much to help.
#[cfg(feature = "hydrate")]
const LEAST_LETTERS: usize = 2;

pub fn search() -> AnyView {
    let hits = RwSignal::new(Vec::<SearchHit>::new());
    let place = use_place();
    let list = move || {
        let hits = hits.get();
        (!hits.is_empty()).then(|| {
            let items: Vec<AnyView> = hits.into_iter().map(|hit| item(hit, place.read().to(""))).collect();
            view! { <div class="drop" role="listbox" aria-label="Found">{items}</div> }
        })
    };
    let value = move || place.read().get("q").map(str::to_owned).unwrap_or_default();
    view! {
        <form class="searchbox" role="search" method="get" action="/lineage">
            <label class="search">
                {icons::glass()}
                <input
                    id="search"
                    type="search"
                    name="q"
                    autocomplete="off"
                    aria-label="Search"
                    placeholder="Key, saga, trace, service, incident"
                    value=value
                    on:input=move |event| suggest(event_target_value(&event), hits)
                />
                <kbd aria-hidden="true">"/"</kbd>
            </label>
            {list}
        </form>
    }
    .into_any()
}

fn item(hit: SearchHit, kept: String) -> AnyView {
    let href = if hit.link.contains('?') { hit.link } else { format!("{}{kept}", hit.link) };
    view! { <a class="item" role="option" href=href>{tag(hit.kind)}<b>{hit.title}</b><span class="dim">{hit.detail}</span></a> }.into_any()
}

/// Asks for suggestions once the typing rests.
fn suggest(text: String, hits: RwSignal<Vec<SearchHit>>) {
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
            hits.set(Vec::new());
            return;
        }
        set_timeout(
            move || {
                leptos::task::spawn_local(async move {
                    if ASKED.load(Ordering::Relaxed) != mine {
                        return;
                    }
                    let path = crate::place::Place::default().to_with("/api/v1/search", &[("q", text.trim())]);
                    let found = crate::api::get(path).await.decode::<Vec<SearchHit>>();
                    if ASKED.load(Ordering::Relaxed) == mine {
                        hits.set(found.unwrap_or_default());
                    }
                });
            },
            Duration::from_millis(150),
        );
    }
    #[cfg(not(feature = "hydrate"))]
    let _ = (text, hits);
}
