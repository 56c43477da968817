//! The bar above every page: search, environment, range, live or paused, clock, theme.

use leptos::prelude::*;

use super::{live_button, range, search, theme};
use crate::{
    clock::{Zone, use_clock},
    live::use_live,
    shell::Assets,
};

pub fn top() -> AnyView {
    let clock = use_clock();
    let zone = move || if clock.zone() == Zone::Utc { "UTC" } else { "Local" };
    let still = use_context::<Assets>().is_some_and(|assets| assets.js.is_none());
    let still = still.then(|| {
        view! { <span class="tag" title="The browser part is not built in: pages are complete but do not refresh by themselves. Load again for newer data.">"not live"</span> }
    });
    super::keys::listen();
    super::menus::listen();
    view! {
        <div class="top" role="banner">
            {search::search()}
            <span class="spring"></span>
            <Transition>{environment}</Transition>
            {range::menu()}
            <Transition>{live_button::live_button}</Transition>
            {still}
            <button class="btn quiet live-only" type="button" title="Switch between UTC and local time" on:click=move |_| clock.toggle()>
                {zone}
            </button>
            {theme::button()}
        </div>
    }
    .into_any()
}

fn environment() -> AnyView {
    let Some(status) = use_live().status() else {
        return view! { <span class="tag">"status unknown"</span> }.into_any();
    };
    // Where the name says so already, it is not said again.
    let said = status.environment.to_lowercase().contains("simulated");
    let simulated = (status.simulated && !said)
        .then(|| view! { <span class="tag" title="The data's owner says that it is simulated">"simulated"</span> });
    let trouble =
        status.trouble.map(|trouble| view! { <span class="tag lost" role="alert" title=trouble>"cannot write"</span> });
    view! { <span class="env"><span class="dim nowrap">{status.environment}</span>{simulated}{trouble}</span> }
        .into_any()
}
