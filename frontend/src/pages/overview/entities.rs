//! Entities and their replicas: who agrees with the authority, how well, and how far behind.

use leptos::prelude::*;
use plumbline_model::api::{EntityRow, ReplicaRow, VerdictWord};

use crate::{
    charts::{Look, spark::spark},
    components::mix::share,
    components::table::{Column, header},
    components::{Panel, consistency, lag_pair, link, mix, none, state, tag, verdict},
    format,
    place::{Place, segment},
};

pub fn entities(entities: Vec<EntityRow>, place: &Place) -> AnyView {
    if entities.is_empty() {
        let body = state::empty(
            "No entity is configured",
            "An entity names the authority of some state and the replicas that copy it; only then can they be compared.",
            none(),
        );
        return Panel::new("Entities and their replicas").wide(body);
    }
    let rows: Vec<AnyView> = entities.into_iter().map(|entity| rows(entity, place)).collect();
    let head = header(
        &[
            Column::text("Entity"),
            Column::text("Replica"),
            Column::text("Verdicts"),
            Column::number("Consistency"),
            Column::number("in time"),
            Column::number("checked"),
            Column::number("lag p50 / p99"),
            Column::number("lag over time").class("num w-spark"),
        ],
        place,
    );
    Panel::new("Entities and their replicas")
        .aside(link(place.to("/replicas"), "Matrix"))
        .wide(view! { <div class="scroll"><table>{head}<tbody>{rows}</tbody></table></div> }.into_any())
}

fn rows(entity: EntityRow, place: &Place) -> AnyView {
    let replicas: Vec<AnyView> = entity.replicas.into_iter().map(|replica| row(replica, place)).collect();
    let facts = format!(
        "{} · {} promised",
        format::rate_of(entity.writes_per_second, "writes"),
        format::period(entity.within_seconds)
    );
    view! {
        <tr class="group">
            <td><b>{entity.entity}</b></td>
            <td>{entity.authority}" "{tag("authority")}</td>
            <td colspan="6" class="faint">{facts}</td>
        </tr>
        {replicas}
    }
    .into_any()
}

fn row(row: ReplicaRow, place: &Place) -> AnyView {
    let href = place.to(&format!("/replicas/{}/{}", segment(&row.entity), segment(&row.replica)));
    let worst = row.keys.worst().unwrap_or(VerdictWord::Unknown);
    view! {
        <tr>
            <td></td>
            <td><a data-row="" href=href>{verdict(worst, row.replica)}</a></td>
            <td class="w-mix">{mix(row.keys)}</td>
            <td class="num">{consistency(&row.consistency)}</td>
            <td class="num">{share(row.consistency.ratio)}</td>
            <td class="num dim">{share(row.consistency.coverage)}</td>
            <td class="num">{lag_pair(&row.lag)}</td>
            <td class="num">{spark(&row.lag_line, Look::Ink, 96.0, 20.0)}</td>
        </tr>
    }
    .into_any()
}
