//! The states that are not data: waiting, empty and failed. Empty says why and what to do next; failed says what failed
//! and offers to try again; neither can be mistaken for the other.

use leptos::prelude::*;

use super::said::coded;
use crate::{api::Failure, format, place::use_place};

/// Grey lines in the shape of a page, visible only after 150 ms (in the style sheet).
pub fn skeleton() -> AnyView {
    view! {
        <div class="skeleton" role="status" aria-label="Loading">
            <i class="l1"></i>
            <i class="l2"></i>
            <div><i></i><i></i><i></i></div>
            <i class="l3"></i>
        </div>
    }
    .into_any()
}

/// A page or part that could not be had.
pub fn failed(failure: &Failure, again: impl Fn() + Send + Sync + 'static) -> AnyView {
    let status = if failure.status >= 400 { format!("HTTP {}", failure.status) } else { String::new() };
    // What was asked wrongly stays wrong when asked again.
    let wrong = failure.status == 400;
    let title =
        if wrong { "This address asks for something that is not possible".to_owned() } else { failure.title.clone() };
    let bare = wrong.then(|| {
        let path = use_place().get_untracked().path;
        view! { <a class="btn" href=path>"The page without parameters"</a>" " }
    });
    view! {
        <section class="state failed" role="alert">
            <h1>{title}</h1>
            <p>{coded(&format::capital(&failure.detail))}</p>
            <p class="dim">{status}</p>
            <p>
                {bare}
                <a class="btn" href="" on:click=move |event| { event.prevent_default(); again(); }>"Try again"</a>
            </p>
        </section>
    }
    .into_any()
}

/// A refresh that failed while older data is still shown below.
pub fn stale(failure: &Failure, again: impl Fn() + Send + Sync + 'static) -> AnyView {
    view! {
        <div class="note" role="alert">
            <b>"Could not refresh. "</b>
            {failure.title.clone()}": "{coded(&failure.detail)}" "
            "What you see is the last answer. "
            <button class="link" on:click=move |_| again()>"Try again"</button>
        </div>
    }
    .into_any()
}

/// Nothing to show, and that is said: why, and what to do next.
pub fn empty(title: impl Into<String>, why: impl Into<String>, next: AnyView) -> AnyView {
    view! {
        <div class="state">
            <h3>{title.into()}</h3>
            <p>{coded(&why.into())}</p>
            <p>{next}</p>
        </div>
    }
    .into_any()
}
