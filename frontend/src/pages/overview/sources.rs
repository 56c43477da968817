//! A row of sources: how far each has been seen completely.

use leptos::prelude::*;
use plumbline_model::api::SourceRow;

use crate::{
    components::{link, verdict},
    format,
    place::Place,
};

pub fn sources(sources: Vec<SourceRow>, place: &Place) -> AnyView {
    let items: Vec<AnyView> = sources
        .into_iter()
        .map(|source| {
            let behind = source.behind_seconds.map_or_else(|| source.state.clone(), format::behind);
            view! {
                <a class="source" href=place.to("/collectors")>
                    <div>{verdict(source.verdict, source.source)}</div>
                    <div class="faint cut" title=source.note>{format!("{} · {behind}", source.what)}</div>
                </a>
            }
            .into_any()
        })
        .collect();
    view! {
        <section aria-label="Collectors">
            <div class="plain-head"><h2>"Collectors"</h2><span class="faint">"how far each source has been seen completely"</span><span class="spring"></span>{link(place.to("/collectors"), "All")}</div>
            <div class="sources">{items}</div>
        </section>
    }
    .into_any()
}
