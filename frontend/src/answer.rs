//! From a question to a drawn page: waiting, the answer, or what failed. A refresh that fails keeps what was shown and
//! says so; an error is never drawn as an empty page (UI-1), and a refresh moves nothing.

use leptos::prelude::*;
use serde::de::DeserializeOwned;

use crate::{
    api::{self, Answer, Failure},
    components::state,
    live::{Asked, use_live},
};

/// Asks the API for `path` now, whenever it changes, and whenever the live stream names `topic`; draws the answer.
pub fn answer<T: DeserializeOwned + 'static>(
    topic: &'static str,
    path: impl Fn() -> String + Send + Sync + 'static,
    draw: impl Fn(T) -> AnyView + Send + Sync + 'static,
) -> AnyView {
    let path = Memo::new(move |_| path());
    let beat = use_live().beat(topic);
    let asked: Asked = Resource::new_str(move || (path.get(), beat.get()), |(path, _)| api::get(path));
    drawn(path, asked, draw)
}

fn drawn<T: DeserializeOwned + 'static>(
    path: Memo<String>,
    asked: Asked,
    draw: impl Fn(T) -> AnyView + Send + Sync + 'static,
) -> AnyView {
    // The last good answer and the question that it belongs to.
    let kept = StoredValue::new(None::<(String, Answer)>);
    let again = move || asked.refetch();
    let show = move || {
        // Times are relative to the status' clock: wait for both.
        let _ = use_live().status();
        asked.map(|answer| match answer.decode::<T>() {
            Ok(data) => {
                kept.set_value(Some((path.get_untracked(), answer.clone())));
                draw(data)
            }
            Err(failure) => match kept_data(kept, &path.get_untracked()) {
                Some(data) => view! { {state::stale(&failure, again)} {draw(data)} }.into_any(),
                None => {
                    crate::shell::told_status(failure.status);
                    state::failed(&failure, again)
                }
            },
        })
    };
    view! { <Transition fallback=state::skeleton>{show}</Transition> }.into_any()
}

fn kept_data<T: DeserializeOwned>(kept: StoredValue<Option<(String, Answer)>>, path: &str) -> Option<T> {
    kept.with_value(|kept| {
        let (of, answer) = kept.as_ref()?;
        let data: Result<T, Failure> = answer.decode();
        data.ok().filter(|_| of == path)
    })
}
