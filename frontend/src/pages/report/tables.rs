//! The report's tables: replicas, sagas, hotspots.

use leptos::prelude::*;
use plumbline_model::api::{HotspotRow, ReplicaReport, SagaReport};

use crate::{
    charts::shape,
    components::{
        Panel, consistency, lag_pair, mix,
        mix::{seconds, share},
        none, verdict,
    },
    format,
    place::{Place, segment},
};

pub fn replicas(rows: &[ReplicaReport], place: &Place) -> AnyView {
    if rows.is_empty() {
        return none();
    }
    let rows: Vec<AnyView> = rows
        .iter()
        .map(|row| {
            let href = place.to(&format!("/replicas/{}/{}", segment(&row.entity), segment(&row.replica)));
            let name = match row.keys.worst() {
                Some(worst) => verdict(worst, row.replica.clone()),
                None => row.replica.clone().into_any(),
            };
            view! {
                <tr>
                    <td>{row.entity.clone()}</td>
                    <td><a href=href>{name}</a></td>
                    <td class="w-mix">{mix(row.keys)}</td>
                    <td class="num">{consistency(&row.consistency)}</td>
                    <td class="num">{share(row.consistency.ratio)}</td>
                    <td class="num">{format::count(row.consistency.closed)}</td>
                    <td class="num dim">{share(row.consistency.coverage)}</td>
                    <td class="num">{lag_pair(&row.lag)}</td>
                    <td class="num dim">{format::period(row.within_seconds)}</td>
                </tr>
            }
            .into_any()
        })
        .collect();
    Panel::new("Replicas").wide(
        view! {
            <div class="scroll"><table>
                <thead><tr>
                    <th scope="col">"Entity"</th><th scope="col">"Replica"</th><th scope="col">"Keys"</th><th scope="col" class="num">"Consistency"</th>
                    <th scope="col" class="num">"in time"</th><th scope="col" class="num">"of writes"</th><th scope="col" class="num">"checked"</th>
                    <th scope="col" class="num">"lag p50 / p99"</th><th scope="col" class="num">"within"</th>
                </tr></thead>
                <tbody>{rows}</tbody>
            </table></div>
        }
        .into_any(),
    )
}

pub fn sagas(rows: &[SagaReport], place: &Place) -> AnyView {
    if rows.is_empty() {
        return none();
    }
    // Hardly any saga has them: a column of nothing would only take room.
    let zombies = rows.iter().any(|row| row.zombie > 0);
    let rows: Vec<AnyView> = rows
        .iter()
        .map(|row| {
            let number = |n: u64| view! { <td class="num">{format::count(n)}</td> };
            view! {
                <tr>
                    <td><a href=place.to(&format!("/sagas/{}", segment(&row.saga)))><b>{row.saga.clone()}</b></a></td>
                    {number(row.started)}{number(row.completed)}{number(row.failed)}{number(row.open)}
                    <td class="num">{if row.stuck > 0 { view! { <b class="bad">{format::count(row.stuck)}</b> }.into_any() } else { "0".into_any() }}</td>
                    {number(row.unknown)}
                    {zombies.then(|| number(row.zombie))}
                </tr>
            }
            .into_any()
        })
        .collect();
    Panel::new("Sagas").note("begun and ended in the range, open and stuck at its end").wide(
        view! {
            <div class="scroll"><table>
                <thead><tr>
                    <th scope="col">"Saga"</th><th scope="col" class="num">"Begun"</th><th scope="col" class="num">"Completed"</th><th scope="col" class="num">"Failed"</th>
                    <th scope="col" class="num">"Open"</th><th scope="col" class="num">"Stuck"</th><th scope="col" class="num">"Unknown"</th>
                    {zombies.then(|| view! { <th scope="col" class="num" title="something happened after their end">"Zombie"</th> })}
                </tr></thead>
                <tbody>{rows}</tbody>
            </table></div>
        }
        .into_any(),
    )
}

pub fn hotspots(rows: &[HotspotRow]) -> AnyView {
    if rows.is_empty() {
        return none();
    }
    let rows: Vec<AnyView> = rows
        .iter()
        .map(|row| {
            let excess = row.excess_seconds.map_or_else(|| "–".to_owned(), format::difference);
            view! {
                <tr>
                    <td>{shape::shape(&row.shape)}" "{row.name.clone()}</td>
                    <td class="num">{format::whole_percent(row.share)}</td>
                    <td class="num">{seconds(row.now.p95_seconds)}</td>
                    <td class="num dim">{seconds(row.before.p95_seconds)}</td>
                    <td class="num">{if row.above { view! { <b>{excess}</b> }.into_any() } else { excess.into_any() }}</td>
                </tr>
            }
            .into_any()
        })
        .collect();
    Panel::new("Where the time goes").note("on critical paths").wide(
        view! {
            <div class="scroll"><table>
                <thead><tr>
                    <th scope="col">"Where"</th><th scope="col" class="num">"Share"</th><th scope="col" class="num">"p95"</th>
                    <th scope="col" class="num">"before"</th><th scope="col" class="num">"Excess"</th>
                </tr></thead>
                <tbody>{rows}</tbody>
            </table></div>
        }
        .into_any(),
    )
}
