//! Routes. Every page is rendered in one piece (`SsrMode::Async`), so that it reads without scripts.

use leptos::prelude::*;
use leptos_meta::{ServerMetaContext, Title, provide_meta_context};
use leptos_router::{
    SsrMode,
    components::{FlatRoutes, Route, Router},
    path,
};

use crate::{answer::Questions, charts::brush::Brushes, clock::Clock, frame, live::Live, pages, place::provide_place};

/// The whole app: what is inside of `<body>`.
#[component]
pub fn App() -> impl IntoView {
    provide_meta_context();
    view! {
        {title()}
        <Router>{inside()}</Router>
    }
}

/// How pages' titles are written; draws nothing.
fn title() -> AnyView {
    // leptos_meta puts the title into the server's document as it is; the browser's `document.title` takes it as text.
    let into_document = use_context::<ServerMetaContext>().is_some();
    let written = move |title: String| {
        let title = if into_document { escaped(&title) } else { title };
        if title.is_empty() { "Plumbline".to_owned() } else { format!("{title} – Plumbline") }
    };
    view! { <Title formatter=written /> }.into_any()
}

/// A text as it stands in `<title>`, where nothing but these two begins anything.
fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;")
}

fn inside() -> AnyView {
    provide_place();
    Live::provide();
    Clock::provide();
    Questions::provide();
    Brushes::provide();
    let ssr = SsrMode::Async;
    view! {
        {crate::charts::hatch()}
        {frame::skip_link()}
        {frame::rail::rail()}
        {frame::top()}
        <main id="main" tabindex="-1">
            <FlatRoutes fallback=pages::not_found>
                <Route path=path!("/") view=pages::overview ssr=ssr.clone() />
                <Route path=path!("/replicas") view=pages::replicas ssr=ssr.clone() />
                <Route path=path!("/replicas/:entity/:replica") view=pages::replica ssr=ssr.clone() />
                <Route path=path!("/lineage") view=pages::lineage_landing ssr=ssr.clone() />
                <Route path=path!("/lineage/:entity/:key") view=pages::lineage ssr=ssr.clone() />
                <Route path=path!("/sagas") view=pages::sagas ssr=ssr.clone() />
                <Route path=path!("/sagas/:saga") view=pages::sagas ssr=ssr.clone() />
                <Route path=path!("/sagas/:saga/:instance") view=pages::saga_instance ssr=ssr.clone() />
                <Route path=path!("/latency") view=pages::latency ssr=ssr.clone() />
                <Route path=path!("/traces/:trace") view=pages::trace ssr=ssr.clone() />
                <Route path=path!("/streams") view=pages::streams ssr=ssr.clone() />
                <Route path=path!("/incidents") view=pages::incidents ssr=ssr.clone() />
                <Route path=path!("/incidents/:number") view=pages::incident ssr=ssr.clone() />
                <Route path=path!("/report") view=pages::report ssr=ssr.clone() />
                <Route path=path!("/collectors") view=pages::collectors ssr=ssr.clone() />
                <Route path=path!("/settings") view=pages::settings ssr=ssr />
            </FlatRoutes>
        </main>
        {frame::help()}
    }
    .into_any()
}
