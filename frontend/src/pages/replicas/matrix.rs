//! The matrix: a row for each entity, a cell for each replica, and below it the keys that do not agree.

use leptos::prelude::*;
use plumbline_model::api::{EntityRow, ReplicaRow, ReplicasPage, VerdictWord};

use super::keys;
use crate::{
    answer::answer,
    charts::{Look, spark::spark},
    components::{consistency, headline, lag_pair, link, mix, none, state, tag, verdict},
    format,
    place::{Place, segment, use_place},
};

pub fn replicas() -> AnyView {
    let place = use_place();
    view! {
        {answer("replicas", move || place.read().api("/replicas", &[]), draw)}
        {keys::keys(None)}
    }
    .into_any()
}

fn draw(page: ReplicasPage) -> AnyView {
    let place = use_place().get();
    let worst = page
        .entities
        .iter()
        .flat_map(|entity| &entity.replicas)
        .filter_map(|row| row.keys.worst())
        .max_by_key(|word| rank(*word));
    let body = if page.entities.is_empty() {
        state::empty(
            "No entity is configured",
            "An entity names the authority of some state and the replicas that copy it. Add one under `entities:` with two replicas and `within`.",
            link(place.to("/settings"), "See what is configured"),
        )
    } else {
        page.entities.into_iter().map(|entity| row(entity, &place)).collect::<Vec<_>>().into_any()
    };
    view! {
        {headline("Replicas", worst, page.headline, none(), none())}
        <section class="panel matrix" aria-label="Entities and their replicas">{body}</section>
    }
    .into_any()
}

/// Which verdict a headline takes from many: what is wrong, before what is not known, before what is late.
fn rank(word: VerdictWord) -> u8 {
    match word {
        VerdictWord::Converged => 0,
        VerdictWord::Lagging => 1,
        VerdictWord::Unknown => 2,
        VerdictWord::Diverged => 3,
    }
}

fn row(entity: EntityRow, place: &Place) -> AnyView {
    let cells: Vec<AnyView> = entity.replicas.into_iter().map(|replica| cell(replica, place)).collect();
    view! {
        <div class="mrow">
            <div class="ent">
                <b>{entity.entity}</b>
                <div class="dim">{entity.authority}" "{tag("authority")}</div>
                <div class="faint t12">{format::rate_of(entity.writes_per_second, "writes")}</div>
            </div>
            <div class="cells">{cells}</div>
        </div>
    }
    .into_any()
}

fn cell(row: ReplicaRow, place: &Place) -> AnyView {
    let href = place.to(&format!("/replicas/{}/{}", segment(&row.entity), segment(&row.replica)));
    let worst = row.keys.worst().unwrap_or(VerdictWord::Unknown);
    let keys = match row.keys {
        keys if keys.total() == 0 => "no key seen yet".to_owned(),
        keys if keys.diverged > 0 => {
            format!("{} of {} diverged", format::count(keys.diverged), format::short(keys.total()))
        }
        keys if keys.unknown > 0 => {
            format!("{} of {} unknown", format::short(keys.unknown), format::short(keys.total()))
        }
        keys => format::counted(keys.total(), "key", "keys"),
    };
    view! {
        <a class="cell" data-row="" href=href>
            <span class="name">{verdict(worst, row.replica)}</span>
            <span class="num">{consistency(&row.consistency)}</span>
            <span class="bar">{mix(row.keys)}</span>
            <span class="dim t12">{keys}</span>
            <span class="num dim t12">{row.consistency.coverage.map(|share| format!("{} checked", format::percent(share)))}</span>
            <span class="t12">{lag_pair(&row.lag)}<span class="faint">{format!(" · {} promised", format::period(row.within_seconds))}</span></span>
            <span class="num">{spark(&row.lag_line, Look::Ink, 90.0, 18.0)}</span>
        </a>
    }
    .into_any()
}
