//! `GET /streams`: what has been read of each partition. Consumer groups and sequences are not checked yet, and it says so.

use axum::{Json, extract::State};
use plumbline_model::api::StreamsPage;

use super::{Answer, collectors, params::RangeParams};
use crate::http::{AppState, extract::Query};

pub async fn get(State(state): State<AppState>, Query(params): Query<RangeParams>) -> Answer<StreamsPage> {
    let now = state.clock.now();
    let range = params.range(now)?;
    let states = state.sources.borrow().clone();
    // What only brings traces is no stream; the Collectors page has it.
    let streams = states.sources.iter().filter(|(name, _)| state.config.feeds(name) != ["latency"]);
    let partitions: Vec<_> = streams.flat_map(|(name, it)| collectors::partitions(name, it, now)).collect();
    let blind = partitions.iter().filter(|it| it.frontier.is_none()).count();
    let headline = match (partitions.len(), blind) {
        (0, _) => "No stream has been read yet.".to_owned(),
        (1, 0) => "1 partition is read.".to_owned(),
        (1, _) => "How far 1 partition has been read is not known yet.".to_owned(),
        (count, 0) => format!("{count} partitions are read."),
        (count, blind) if blind == count => format!("How far {count} partitions have been read is not known yet."),
        (count, blind) => format!("{count} partitions are read; how far is not known of {blind}."),
    };
    let not_checked = vec![
        "Lag of other consumer groups, in messages and seconds".to_owned(),
        "Gaps, duplicates and reordering in declared sequences".to_owned(),
        "Outboxes: rows without their event, events without their row".to_owned(),
    ];
    Ok(Json(StreamsPage { range, headline, partitions, not_checked }))
}
