//! The three counters: what is wrong, how many, which one is the worst, and how it went.

use leptos::prelude::*;
use plumbline_model::api::{Counter, VerdictWord};

use crate::{
    charts::{Look, spark::spark},
    components::verdict_plain,
    format,
    place::Place,
};

pub fn counters(counters: Vec<Counter>, place: &Place) -> AnyView {
    let counters: Vec<AnyView> = counters.into_iter().map(|counter| one(counter, place)).collect();
    view! { <div class="counters">{counters}</div> }.into_any()
}

fn one(counter: Counter, place: &Place) -> AnyView {
    let look = match counter.verdict {
        VerdictWord::Diverged => Look::Diverged,
        VerdictWord::Lagging => Look::Lagging,
        VerdictWord::Unknown => Look::Unknown,
        VerdictWord::Converged => Look::Faint,
    };
    let of = match counter.of {
        Some(of) => format!("of {} {}", format::short(of), counter.unit),
        None => counter.unit,
    };
    let worst = if counter.worst.is_empty() { "none now".to_owned() } else { counter.worst };
    view! {
        <a class="panel counter" href=place.to(&counter.link)>
            <div class="faint t12">{counter.name}</div>
            <div class="line">
                <span class="big">{format::short(counter.value)}</span>
                <span class="of">{verdict_plain(counter.verdict, of)}</span>
                <span class="spring"></span>
                {spark(&counter.trend, look, 110.0, 28.0)}
            </div>
            <div class="dim cut" title=worst.clone()>{worst.clone()}</div>
        </a>
    }
    .into_any()
}
