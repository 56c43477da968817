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
    if let Some(within) = use_context::<Within>().filter(|_| cfg!(feature = "hydrate")) {
        return within.asked(topic, path, draw);
    }
    // What is asked within this answer outlives its drawings.
    let within = Within { owner: Owner::current(), open: StoredValue::default() };
    let drawn = Arc::clone(&draw);
    let draw = Arc::new(move |answer: &Answer| {
        provide_context(within.clone());
        drawn(answer)
    });
    Question::ask(topic, path).waited_for(draw, None)
}

/// A question and its last good answer. It is asked again with every beat of its topic.
#[derive(Clone, Copy)]
struct Question {
    path: Memo<String>,
    asked: Asked,
    /// The last good answer and the question that it belongs to.
    kept: StoredValue<Option<(String, Answer)>>,
}

impl Question {
    fn ask(topic: &'static str, path: Arc<dyn Fn() -> String + Send + Sync>) -> Self {
        // On the server they outlive this drawing, as the question does.
        let path = Questions::lasting(|| Memo::new(move |_| path()));
        let beat = use_live().beat(topic);
        let ask = move || Resource::new_str(move || (path.get(), beat.get()), |(path, _)| api::get(path));
        Self { path, asked: Questions::once(path, ask), kept: StoredValue::new(None) }
    }

    /// The answer as soon as it is there. Until then the one that stands in for it, else grey lines.
    fn waited_for(self, draw: Draw, stand_in: Option<Answer>) -> AnyView {
        let meanwhile = Arc::clone(&draw);
        let fallback = move || {
            let older = stand_in.as_ref().and_then(|answer| meanwhile(answer).ok());
            older.unwrap_or_else(state::skeleton)
        };
        let show = move || {
            // Times are relative to the status' clock: wait for both.
            let _ = use_live().status();
            self.asked.map(|answer| self.shown(answer, &draw))
        };
        view! { <Transition fallback>{show}</Transition> }.into_any()
    }

    fn shown(self, answer: &Answer, draw: &Draw) -> AnyView {
        let again = move || self.asked.refetch();
        let path = self.path.get_untracked();
        match draw(answer) {
            Ok(view) => {
                self.kept.set_value(Some((path, answer.clone())));
                view
            }
            Err(failure) => {
                let older = self.kept.with_value(|kept| kept.clone()).filter(|(of, _)| *of == path);
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
}

/// What is asked within an answer, in the browser. That answer is drawn anew with every beat, and what belongs to it with it;
/// asked anew each time, a list would give way to grey lines and come back. So its questions are kept, and one that has been
/// answered is drawn at once, as part of the answer around it.
#[derive(Clone)]
struct Within {
    owner: Option<Owner>,
    open: StoredValue<Vec<(String, Owner, Question)>>,
}

impl Within {
    /// Questions kept: what a page asks at once, and the ones before, which a reader comes back to.
    const KEPT: usize = 6;

    fn asked(&self, topic: &'static str, path: Arc<dyn Fn() -> String + Send + Sync>, draw: Draw) -> AnyView {
        let now = path();
        let stand_in = self.stand_in(&now);
        let known = self.open.with_value(|open| open.iter().find(|(of, ..)| *of == now).map(|(.., it)| *it));
        if let Some(question) = known {
            let view = question.asked.map(|answer| question.shown(answer, &draw));
            return view.unwrap_or_else(|| question.waited_for(draw, stand_in));
        }
        let owner = self.owner.as_ref().map(Owner::child).unwrap_or_default();
        let fixed = now.clone();
        let question = owner.with(|| Question::ask(topic, Arc::new(move || fixed.clone())));
        self.open.update_value(|open| {
            open.push((now, owner, question));
            if open.len() > Self::KEPT {
                open.remove(0).1.cleanup();
            }
        });
        question.waited_for(draw, stand_in)
    }

    /// The newest answer to the same question with other parameters: other filters of a list.
    fn stand_in(&self, path: &str) -> Option<Answer> {
        let bare = |path: &str| path.split_once('?').map_or(path, |(bare, _)| bare).to_owned();
        let of = bare(path);
        self.open.with_value(|open| {
            let alike = open.iter().rev().filter(|(path, ..)| bare(path) == of);
            alike.filter_map(|(.., question)| question.kept.get_value()).map(|(_, answer)| answer).next()
        })
    }
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
