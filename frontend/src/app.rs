//! Routes. Every page is rendered in one piece (`SsrMode::Async`), so that it reads without scripts.

use leptos::prelude::*;
use leptos_meta::{Title, provide_meta_context};
use leptos_router::{
    SsrMode,
    components::{FlatRoutes, Route, Router},
    path,
};

use crate::{clock::Clock, frame, live::Live, pages, place::provide_place};

/// The whole app: what is inside of `<body>`.
#[component]
pub fn App() -> impl IntoView {
    provide_meta_context();
    view! {
        <Title formatter=|title: String| if title.is_empty() { "Plumbline".to_owned() } else { format!("{title} – Plumbline") } />
        <Router>{inside()}</Router>
    }
}

fn inside() -> AnyView {
    provide_place();
    Live::provide();
    Clock::provide();
    let ssr = SsrMode::Async;
    view! {
        {crate::charts::hatch()}
        {frame::skip_link()}
        {frame::rail()}
        {frame::top()}
        <main id="main" tabindex="-1">
            <FlatRoutes fallback=pages::not_found>
                <Route path=path!("/") view=pages::overview ssr=ssr />
            </FlatRoutes>
        </main>
        {frame::help()}
    }
    .into_any()
}
