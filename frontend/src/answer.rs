//! From a question to a drawn page: waiting, the answer, or what failed. A refresh that fails keeps what was shown and
//! says so; an error is never drawn as an empty page (UI-1), and a refresh moves nothing.

use std::sync::Arc;

use leptos::prelude::*;
use serde::de::DeserializeOwned;

use crate::{
    api::{self, Answer, Failure},
    components::state,
    frame::rail,
    live::{Asked, use_live},
    place::use_place,
};

/// Decodes an answer and draws it. Boxed, so that resource and transition are compiled once and not for every page.
type Draw = Arc<dyn Fn(&Answer) -> Result<AnyView, Failure> + Send + Sync>;

/// Asks the API for `path` now, whenever it changes, and whenever the live stream names `topic`; draws the answer.
pub fn answer<T: DeserializeOwned + 'static>(
    topic: &'static str,
    path: impl Fn() -> String + Send + Sync + 'static,
    draw: impl Fn(T) -> AnyView + Send + Sync + 'static,
) -> AnyView {
    asked(topic, Arc::new(path), Arc::new(move |answer| answer.decode::<T>().map(&draw)))
}

fn asked(topic: &'static str, path: Arc<dyn Fn() -> String + Send + Sync>, draw: Draw) -> AnyView {
    // On the server they outlive this drawing, as the question does.
    let path = Questions::lasting(|| Memo::new(move |_| path()));
    let beat = use_live().beat(topic);
    let ask = move || Resource::new_str(move || (path.get(), beat.get()), |(path, _)| api::get(path));
    let asked = Questions::once(path, ask);
    // The last good answer and the question that it belongs to.
    let kept = StoredValue::new(None::<(String, Answer)>);
    let show = move || {
        // Times are relative to the status' clock: wait for both.
        let _ = use_live().status();
        asked.map(|answer| shown(answer, path, asked, kept, &draw))
    };
    view! { <Transition fallback=state::skeleton>{show}</Transition> }.into_any()
}

/// The questions of the page that the server renders. What is drawn within another answer may be drawn twice there (once to
/// see what it waits for, once in earnest, if the answer came between), but the browser counts each question once, and takes
/// its answer by that number.
#[derive(Clone)]
pub struct Questions {
    asked: StoredValue<Vec<(String, Asked)>>,
    owner: Option<Owner>,
}

impl Questions {
    /// Provides them; around all that asks.
    pub fn provide() {
        provide_context(Self { asked: StoredValue::new(Vec::new()), owner: Owner::current() });
    }

    /// Makes something that lives as long as the page.
    fn lasting<T: 'static>(make: impl FnOnce() -> T) -> T {
        match use_context::<Self>().filter(|_| cfg!(feature = "ssr")) {
            Some(Self { owner: Some(owner), .. }) => owner.with(make),
            _ => make(),
        }
    }

    /// On the server the question of that path, asked before or now; in the browser a new one.
    fn once(path: Memo<String>, ask: impl FnOnce() -> Asked) -> Asked {
        let Some(Self { asked, owner: Some(owner) }) = use_context::<Self>().filter(|_| cfg!(feature = "ssr")) else {
            return ask();
        };
        let path = path.get_untracked();
        let before = asked.with_value(|all| all.iter().find(|(of, _)| *of == path).map(|(_, asked)| *asked));
        before.unwrap_or_else(|| {
            let now = owner.with(ask);
            asked.update_value(|all| all.push((path, now)));
            now
        })
    }
}

fn shown(
    answer: &Answer,
    path: Memo<String>,
    asked: Asked,
    kept: StoredValue<Option<(String, Answer)>>,
    draw: &Draw,
) -> AnyView {
    let again = move || asked.refetch();
    match draw(answer) {
        Ok(view) => {
            kept.set_value(Some((path.get_untracked(), answer.clone())));
            view
        }
        Err(failure) => {
            let older = kept.with_value(|kept| kept.clone()).filter(|(of, _)| *of == path.get_untracked());
            match older.and_then(|(_, older)| draw(&older).ok()) {
                Some(view) => view! { {state::stale(&failure, again)} {view} }.into_any(),
                None => {
                    crate::shell::told_status(failure.status);
                    if failure.status == 404 { missing(&failure) } else { state::failed(&failure, again) }
                }
            }
        }
    }
}

/// What does not exist will not exist when asked again: it leads to where it would be found.
fn missing(failure: &Failure) -> AnyView {
    let mut letters = failure.detail.chars();
    let title: String = letters.next().map(char::to_uppercase).into_iter().flatten().chain(letters).collect();
    let place = use_place().get_untracked();
    let page = rail::page_of(&place.path);
    view! {
        <section class="state failed" role="alert">
            <h1>{title}</h1>
            <p><code>{place.path.clone()}</code></p>
            <p><a class="btn" href=place.to(page.path)>{format!("To {}", page.name)}</a></p>
        </section>
    }
    .into_any()
}
