//! The instances of a saga, worst first: where it waits, for how long, for whom, and what is owed.

use leptos::prelude::*;
use plumbline_model::api::{Page, SagaRow, SagaType, VerdictWord};

use super::silence;
use crate::{
    answer::answer,
    clock,
    components::{
        Panel, id, mark, none, state,
        table::{Chip, chips, pager},
    },
    format,
    place::{Place, segment, use_place},
};

pub fn instances(saga: SagaType) -> AnyView {
    let place = use_place();
    let path = {
        let name = segment(&saga.saga);
        move || place.read().api_whole(&format!("/sagas/{name}/instances?limit=50"), &["state", "q", "cursor"])
    };
    let chosen = move || filters(&place.read(), &saga);
    Panel::new("Instances")
        .id("instances")
        .note("worst first")
        .aside(view! { {chosen} }.into_any())
        .wide(answer("sagas", path, draw))
}

fn filters(place: &Place, saga: &SagaType) -> AnyView {
    let in_time = saga.open.saturating_sub(saga.stuck + saga.at_risk + saga.unknown);
    let choices = vec![
        Chip::new("", "All open", Some(saga.open)),
        Chip::new("stuck", "Stuck", Some(saga.stuck)).marked(VerdictWord::Diverged),
        Chip::new("at_risk", "At risk", Some(saga.at_risk)).marked(VerdictWord::Lagging),
        Chip::new("unknown", "Unknown", Some(saga.unknown)).marked(VerdictWord::Unknown),
        Chip::new("on_course", "In time", Some(in_time)).marked(VerdictWord::Converged),
        Chip::new("ended", "Ended", None),
    ];
    chips(place, "state", place.get("state").unwrap_or_default(), choices)
}

fn draw(page: Page<SagaRow>) -> AnyView {
    let place = use_place().get();
    if page.items.is_empty() {
        return match place.get("state") {
            Some(_) => state::empty(
                "No instance is in this state",
                "The counts above are of now.",
                crate::components::link(place.with(&[("state", ""), ("cursor", "")]), "Show all"),
            ),
            None => state::empty("No instance is open", "None has begun, or all have ended.", none()),
        };
    }
    let shown = page.items.len();
    let rows: Vec<AnyView> = page.items.iter().map(|instance| row(instance, &place)).collect();
    view! {
        <div class="scroll"><table class="inst">
            <thead><tr>
                <th scope="col">"Instance"</th><th scope="col">"Waits for"</th><th scope="col" class="c-sil">{silence::head()}</th>
                <th scope="col">"Owed"</th><th scope="col" class="num">"Begun"</th>
            </tr></thead>
            <tbody>{rows}</tbody>
        </table></div>
        {pager(&place, shown, page.total, page.next.as_deref())}
    }
    .into_any()
}

fn row(row: &SagaRow, place: &Place) -> AnyView {
    let run = row.run.to_string();
    let href = place.to_with(
        &format!("/sagas/{}/{}", segment(&row.saga), segment(&row.instance)),
        &[("run", if row.run > 1 { &run } else { "" })],
    );
    let run = (row.run > 1).then(|| format!(", run {}", row.run));
    let why = row.why.clone().map(|why| format!(": {}", format::words(&why)));
    let waits = match row.waiting_for.is_empty() {
        true => view! { <span class="faint">"–"</span> }.into_any(),
        false => {
            let from = row.owner.clone().map(|owner| format!(" from {owner}"));
            view! { <div><code>{row.waiting_for.join(" or ")}</code>{from}</div> }.into_any()
        }
    };
    let since = row.waiting_since.map(|at| view! { " "{clock::time(at)} });
    // What runs in time owes nothing yet: its next event, or its end, carries on what it did.
    let calm = mark::of_word(&row.state) == VerdictWord::Converged;
    let owed = if row.owed.is_empty() || calm {
        view! { <span class="faint">"–"</span> }.into_any()
    } else {
        row.owed.clone().into_any()
    };
    view! {
        <tr class="tall">
            <td>
                <a data-row="" class="v" href=href>{mark(mark::of_word(&row.state))}<code title=row.instance.clone()>{format::middle(&row.instance, 22)}</code></a>
                <div class="dim t12 in">{row.state.clone()}{why}{run}</div>
            </td>
            <td class="wrap">{waits}<div class="dim t12">"after "{row.after.clone()}{since}</div></td>
            <td class="c-sil">{silence::silence(row)}</td>
            <td class="wrap">{owed}</td>
            <td class="num">{row.started.map(clock::ago)}</td>
        </tr>
    }
    .into_any()
}

/// An instance's id with a copy button.
pub fn instance_id(row: &SagaRow) -> AnyView {
    id(row.instance.clone(), 40)
}
