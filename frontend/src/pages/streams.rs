//! Streams: do events flow, complete and in order? Here is what has been read of each partition, and in words what is not
//! checked yet.

use leptos::prelude::*;
use plumbline_model::api::{StreamPartition, StreamsPage};

use crate::{
    answer::answer,
    components::{Panel, headline, link, none, state},
    format,
    pages::collectors,
    place::{Place, use_place},
};

pub fn streams() -> AnyView {
    let place = use_place();
    answer("streams", move || place.read().api("/streams", &[]), draw)
}

fn draw(page: StreamsPage) -> AnyView {
    let place = use_place().get();
    view! {
        {headline("Streams", None, page.headline, none(), none())}
        {partitions(&page.partitions, &place)}
        {not_checked(&page.not_checked)}
    }
    .into_any()
}

/// The partitions by source, the one that is furthest behind first.
fn partitions(partitions: &[StreamPartition], place: &Place) -> AnyView {
    if partitions.is_empty() {
        let body = state::empty(
            "No stream is read",
            "Topics and queues appear here with their partitions as soon as a source that has some is configured and read.",
            link(place.to("/collectors"), "See the sources"),
        );
        return Panel::new("Partitions").wide(body);
    }
    let mut sources: Vec<&str> = partitions.iter().map(|partition| partition.source.as_str()).collect();
    sources.dedup();
    sources.sort_unstable();
    sources.dedup();
    let panels: Vec<AnyView> = sources
        .into_iter()
        .map(|source| {
            let mut own: Vec<StreamPartition> =
                partitions.iter().filter(|partition| partition.source == source).cloned().collect();
            own.sort_by(|a, b| b.behind_seconds.unwrap_or(f64::MAX).total_cmp(&a.behind_seconds.unwrap_or(f64::MAX)));
            let note =
                format!("{}, the furthest behind first", format::counted(own.len() as u64, "partition", "partitions"));
            Panel::new(source.to_owned())
                .note(note)
                .wide(view! { <div class="scroll">{collectors::partitions(&own)}</div> }.into_any())
        })
        .collect();
    panels.into_any()
}

fn not_checked(words: &[String]) -> AnyView {
    if words.is_empty() {
        return none();
    }
    let rows: Vec<AnyView> = words.iter().map(|words| view! { <li>{words.clone()}</li> }.into_any()).collect();
    Panel::new("Not checked yet")
        .note("this version says nothing about them")
        .body(view! { <ul class="dots">{rows}</ul> }.into_any())
}
