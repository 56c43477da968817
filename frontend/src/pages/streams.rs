//! Streams: do events flow, complete and in order? Here is what has been read of each partition, and in words what is not
//! checked yet.

use leptos::prelude::*;
use plumbline_model::api::{StreamPartition, StreamsPage};

use crate::{
    answer::answer,
    components::{Panel, headline, link, none, state},
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

/// The partitions of all sources.
fn partitions(partitions: &[StreamPartition], place: &Place) -> AnyView {
    if partitions.is_empty() {
        let body = state::empty(
            "No stream is read",
            "Topics and queues appear here with their partitions as soon as a source that has some is configured and read.",
            link(place.to("/collectors"), "See the sources"),
        );
        return Panel::new("Partitions").wide(body);
    }
    let behind = |partition: &StreamPartition| partition.behind_seconds.unwrap_or(f64::MAX);
    let mut all = partitions.to_vec();
    all.sort_by(|a, b| behind(b).total_cmp(&behind(a)));
    Panel::new("Partitions")
        .note("the furthest behind first")
        .wide(view! { <div class="scroll">{collectors::partitions(&all, true)}</div> }.into_any())
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
