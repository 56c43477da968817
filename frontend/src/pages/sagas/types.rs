//! The types of sagas side by side; the chosen one is shown below.

use leptos::prelude::*;
use plumbline_model::api::{SagaType, VerdictWord};

use crate::{
    components::{tag, verdict},
    format,
    place::{Place, segment},
};

pub fn types(sagas: &[SagaType], chosen: Option<&SagaType>, place: &Place) -> AnyView {
    let items: Vec<AnyView> =
        sagas.iter().map(|saga| one(saga, chosen.is_some_and(|chosen| chosen.saga == saga.saga), place)).collect();
    view! { <nav class="types" aria-label="Types of sagas">{items}</nav> }.into_any()
}

fn one(saga: &SagaType, chosen: bool, place: &Place) -> AnyView {
    let mut marks = Vec::new();
    let counts = [
        (saga.stuck, VerdictWord::Diverged, "stuck"),
        (saga.at_risk, VerdictWord::Lagging, "at risk"),
        (saga.unknown, VerdictWord::Unknown, "unknown"),
    ];
    for (count, word, name) in counts {
        if count > 0 {
            marks.push(verdict(word, format!("{} {name}", format::count(count))));
        }
    }
    if marks.is_empty() {
        marks.push(if saga.open == 0 {
            view! { <span class="faint">"none open"</span> }.into_any()
        } else {
            verdict(VerdictWord::Converged, "all in time")
        });
    }
    let within =
        saga.within_seconds.map(|seconds| format!(" · {} for the whole", format::period(seconds))).unwrap_or_default();
    view! {
        <a href=place.to(&format!("/sagas/{}", segment(&saga.saga))) aria-current=chosen.then_some("page")>
            <span class="l1"><b>{saga.saga.clone()}</b>{tag(saga.origin.clone())}<span class="spring"></span><b>{format::short(saga.open)}</b>" open"</span>
            <span class="l2">{marks}</span>
            <span class="t12">{format!("{} begun, {} finished, {} failed{within}", format::count(saga.started), format::count(saga.completed), format::count(saga.failed))}</span>
        </a>
    }
    .into_any()
}
