//! What is owed: steps that were done and are neither carried on nor undone.

use leptos::prelude::*;
use plumbline_model::api::SagaInstancePage;

use crate::{
    clock,
    components::{Panel, mark::not_begun, none, state, verdict},
};

pub fn owed(page: &SagaInstancePage) -> AnyView {
    let panel = Panel::new("Owed");
    if page.row.owed.is_empty() {
        return panel.wide(state::empty("Nothing is owed", "What was done is carried on, or undone.", none()));
    }
    let done: Vec<AnyView> = page
        .steps
        .iter()
        .filter(|step| step.done.is_some() && step.compensated.is_none())
        .map(|step| {
            let undo = match &step.compensate {
                Some(undo) => view! { <code>{undo.clone()}</code> }.into_any(),
                None => view! { <span class="faint">"nothing declared"</span> }.into_any(),
            };
            let begun = match step.state.as_str() {
                "owed" => verdict(plumbline_model::api::VerdictWord::Diverged, "owed"),
                _ => view! { <span class="v">{not_begun()}"not begun"</span> }.into_any(),
            };
            view! {
                <tr>
                    <td><code>{step.event.clone()}</code><div class="dim t12">{step.done.map(clock::time)}</div></td>
                    <td>{undo}</td>
                    <td>{begun}</td>
                </tr>
            }
            .into_any()
        })
        .collect();
    panel.wide(
        view! {
            <p class="pad"><b>{page.row.owed.clone()}</b></p>
            <table>
                <thead><tr><th scope="col">"Done"</th><th scope="col">"Undone by"</th><th scope="col">"Compensation"</th></tr></thead>
                <tbody>{done}</tbody>
            </table>
        }
        .into_any(),
    )
}
