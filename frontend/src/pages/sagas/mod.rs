//! Sagas: which transactions will not finish? Types with a funnel, instances worst first, and each instance against what
//! was expected of it.

mod funnel;
mod instance;
mod instances;
mod owed;
mod silence;
mod steps;
mod types;

use leptos::prelude::*;
use leptos_router::hooks::use_params_map;
use plumbline_model::api::{SagaType, SagasPage, VerdictWord};

use crate::{
    answer::answer,
    components::{Panel, dotted, headline, link, none, state, text},
    format,
    place::use_place,
};

pub use instance::saga_instance;

pub fn sagas() -> AnyView {
    let place = use_place();
    let params = use_params_map();
    let chosen = move || params.read().get_str("saga").map(str::to_owned);
    answer("sagas", move || place.read().api("/sagas", &[]), move |page| draw(page, chosen()))
}

fn draw(page: SagasPage, chosen: Option<String>) -> AnyView {
    let place = use_place().get();
    let verdict = worst(&page.sagas);
    if page.sagas.is_empty() {
        return view! {
            {headline("Sagas", None, page.headline, none(), none())}
            <section class="panel">
                {state::empty(
                    "No saga is declared",
                    "A saga names the event that starts it, its steps with `within`, and the events that end it. Add one under `sagas:` and its instances are followed from their next event on.",
                    link(place.to("/settings"), "See what is configured"),
                )}
            </section>
        }
        .into_any();
    }
    let known = page.sagas.iter().find(|saga| Some(&saga.saga) == chosen.as_ref());
    let missing = (chosen.is_some() && known.is_none()).then(|| {
        let words = format!("No saga is called {}.", chosen.clone().unwrap_or_default());
        view! { <div class="note" role="alert">{words}</div> }
    });
    let saga = known.or(page.sagas.first()).cloned();
    view! {
        {headline("Sagas", verdict, page.headline.clone(), sums(&page.sagas), none())}
        {missing}
        {types::types(&page.sagas, saga.as_ref(), &place)}
        {saga.map(|saga| one(saga, &place))}
    }
    .into_any()
}

fn one(saga: SagaType, place: &crate::place::Place) -> AnyView {
    let name = saga.saga.clone();
    let table = crate::charts::table_link(place, "funnel");
    view! {
        {Panel::new(format!("{name}, step by step"))
            .note("passed in this range, time between, waiting now")
            .aside(table)
            .body(funnel::funnel(&saga, place))}
        {instances::instances(saga)}
    }
    .into_any()
}

fn worst(sagas: &[SagaType]) -> Option<VerdictWord> {
    let any = |count: fn(&SagaType) -> u64| sagas.iter().any(|saga| count(saga) > 0);
    match () {
        // Of nothing nothing can be stuck.
        () if sagas.iter().all(|saga| saga.open + saga.started == 0) => None,
        () if any(|saga| saga.stuck) => Some(VerdictWord::Diverged),
        () if any(|saga| saga.unknown) => Some(VerdictWord::Unknown),
        () if any(|saga| saga.at_risk) => Some(VerdictWord::Lagging),
        () => Some(VerdictWord::Converged),
    }
}

fn sums(sagas: &[SagaType]) -> AnyView {
    let sum = |count: fn(&SagaType) -> u64| sagas.iter().map(count).sum::<u64>();
    dotted(vec![
        text(format!("{} at risk", format::count(sum(|saga| saga.at_risk)))),
        text(format!("{} unknown", format::count(sum(|saga| saga.unknown)))),
        text(format!("{} finished in this range", format::count(sum(|saga| saga.completed)))),
    ])
}
