//! Every message that was sent, with all its tries: weight for what failed, no verdict colours for HTTP statuses.

use leptos::prelude::*;
use plumbline_model::api::{AttemptView, DeliveryView};

use crate::{
    clock,
    components::{Panel, id, mark, none, state},
    format,
};

pub fn deliveries(deliveries: &[DeliveryView]) -> AnyView {
    let panel = Panel::new("Messages").note("each keeps its webhook-id over all tries");
    if deliveries.is_empty() {
        return panel.wide(state::empty("Nobody was told", "The story above says why.", none()));
    }
    let rows: Vec<AnyView> = deliveries.iter().map(row).collect();
    panel.wide(
        view! {
            <div class="scroll"><table>
                <thead><tr>
                    <th scope="col">"Receiver"</th><th scope="col">"State"</th><th scope="col" class="num">"Created"</th>
                    <th scope="col">"Tries"</th><th scope="col">"webhook-id"</th>
                </tr></thead>
                <tbody>{rows}</tbody>
            </table></div>
        }
        .into_any(),
    )
}

fn row(delivery: &DeliveryView) -> AnyView {
    let next = delivery.next_try.map(|at| view! { <div class="dim t12">"next try "{clock::time(at)}</div> });
    let tries: Vec<AnyView> = delivery.attempts.iter().map(attempt).collect();
    view! {
        <tr class="tall">
            <td><b>{delivery.receiver.clone()}</b></td>
            <td><span class="v">{mark(mark::of_word(&delivery.state))}<span class="w">{delivery.state.clone()}</span></span></td>
            <td class="num">{clock::time(delivery.created)}</td>
            <td class="wrap">{tries}{next}</td>
            <td>{id(delivery.id.clone(), 22)}</td>
        </tr>
    }
    .into_any()
}

fn attempt(attempt: &AttemptView) -> AnyView {
    let status = match attempt.status {
        Some(status) if (200..300).contains(&status) => view! { <span>{status}</span> }.into_any(),
        Some(status) => view! { <b>{status}</b> }.into_any(),
        None => view! { <b>"no answer"</b> }.into_any(),
    };
    view! {
        <div>{clock::time(attempt.at)}" "{status}<span class="dim">{format!(" after {} ", format::duration(attempt.took_seconds))}{attempt.error.clone()}</span></div>
    }
    .into_any()
}
