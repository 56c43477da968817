//! Live, paused or lost: a button that says which, and a note with the age of what is shown when the connection is lost.

use leptos::prelude::*;

use crate::{
    clock, format,
    live::{Connection, use_live},
    place::use_place,
};

pub fn live_button() -> AnyView {
    let live = use_live();
    let place = use_place();
    if place.read().is_fixed() {
        let href = place.read().with(&[("from", ""), ("to", ""), ("cursor", "")]);
        return view! { <a class="btn" href=href title="The range is fixed: back to the last hour, live">{dot("none")}"Fixed"</a> }.into_any();
    }
    match (live.connection.get(), live.paused.get()) {
        (Connection::Still, _) => {
            let seen = live.now().map(clock::time);
            view! { <span class="dim nowrap still" title="As of">{seen}</span> }.into_any()
        }
        (Connection::Lost, _) => {
            let age = move || format::age(format::lag(f64::from(live.silent_seconds.get())));
            view! {
                <span class="btn lost" role="status" title="The connection to Plumbline is lost; it is tried again by itself">
                    {dot("lagging")}"Connection lost, data is "{age}" old"
                </span>
            }
            .into_any()
        }
        (Connection::Open, paused) => {
            let (words, title, color) = match paused {
                true => ("Paused", "Nothing refreshes: click to go on", "unknown"),
                false => ("Live", "Pages refresh by themselves: click to pause", "converged"),
            };
            view! {
                <button class="btn" type="button" title=title aria-pressed=paused.to_string() on:click=move |_| live.toggle()>
                    {dot(color)}{words}
                </button>
            }
            .into_any()
        }
    }
}

fn dot(color: &'static str) -> AnyView {
    view! { <svg class=format!("m {color}") width="10" height="10" viewBox="0 0 10 10" aria-hidden="true"><circle cx="5" cy="5" r="4" fill="currentColor" /></svg> }.into_any()
}
