//! The operations that requests begin with; the chosen one is drawn in the heat map and narrows the traces.

use leptos::prelude::*;
use plumbline_model::api::{LatencyPage, RootRow};

use crate::{
    components::{Panel, mix::seconds},
    format,
    place::Place,
};

/// The root that the URL names, else the busiest one.
pub fn chosen<'a>(page: &'a LatencyPage, place: &Place) -> Option<&'a RootRow> {
    let named = |root: &&RootRow| {
        Some(root.service.as_str()) == place.get("service") && Some(root.operation.as_str()) == place.get("operation")
    };
    page.roots.iter().find(named).or(page.roots.first())
}

pub fn roots(page: &LatencyPage, place: &Place) -> AnyView {
    let chosen = chosen(page, place);
    let rows: Vec<AnyView> = page.roots.iter().map(|root| row(root, chosen == Some(root), place)).collect();
    Panel::new("Where requests begin").note("choose one for the picture and the traces").wide(
        view! {
            <div class="scroll"><table>
                <thead><tr>
                    <th scope="col">"Operation"</th><th scope="col" class="num">"Traces"</th><th scope="col" class="num">"p50"</th>
                    <th scope="col" class="num">"p95"</th>
                </tr></thead>
                <tbody>{rows}</tbody>
            </table></div>
        }
        .into_any(),
    )
}

fn row(root: &RootRow, chosen: bool, place: &Place) -> AnyView {
    let href = place.with(&[("service", &root.service), ("operation", &root.operation), ("cursor", ""), ("box", "")]);
    let incomplete = (root.incomplete > 0)
        .then(|| view! { <div class="faint t12">{format!("{} incomplete", format::count(root.incomplete))}</div> });
    view! {
        <tr class={if chosen { "sel" } else { "" }} aria-selected=chosen.then_some("true")>
            <td><a href=href><b>{root.service.clone()}</b>" "{root.operation.clone()}</a>{incomplete}</td>
            <td class="num">{format::short(root.traces)}</td>
            <td class="num">{seconds(root.duration.p50_seconds)}</td>
            <td class="num"><b>{seconds(root.duration.p95_seconds)}</b></td>
        </tr>
    }
    .into_any()
}
