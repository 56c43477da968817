//! The state in every place at the cursor, side by side: what differs is marked, each field says who wrote it. With a second
//! cursor the table shows what changed between the two. Fields on which all agree fold into one row.

use leptos::prelude::*;
use plumbline_model::{
    SourceTime,
    api::{LineagePage, VerdictWord},
    lineage::{Blame, FieldAt, FieldHeld, FieldState, ReplicaAt, ReplicaLineage},
};

use super::cursor::{Choice, label};
use crate::{
    clock,
    components::{Panel, copy, mark, none, verdict_plain},
    format,
    place::Place,
};

pub fn state(page: &LineagePage, choice: &Choice, place: &Place) -> AnyView {
    let lineage = &page.lineage;
    let all = place.get("fields") == Some("all");
    let differs = |field: &String| {
        page.state.differing.contains(field) || page.second.as_ref().is_some_and(|second| changed(page, second, field))
    };
    let (shown, agreeing): (Vec<&String>, Vec<&String>) =
        lineage.fields.iter().partition(|field| all || differs(field) || lineage.fields.len() <= 4);
    let columns: Vec<(&ReplicaAt, &ReplicaLineage)> = page.state.replicas.iter().zip(&lineage.replicas).collect();
    let heads: Vec<AnyView> = columns.iter().map(|(at, replica)| head(at, replica, choice.at)).collect();
    let rows: Vec<AnyView> = shown.into_iter().map(|field| row(field, &columns, page)).collect();
    let folded = (!agreeing.is_empty()).then(|| {
        let words = match agreeing.as_slice() {
            [one] => format!("{one} agrees wherever it is held"),
            [one, two] => format!("{one} and {two} agree wherever they are held"),
            [one, rest @ ..] => format!("{one} and {} more fields agree wherever they are held", rest.len()),
            [] => String::new(),
        };
        view! { <tr class="more"><th></th><td colspan=columns.len() + 1>{words}" "<a class="link" href=place.with(&[("fields", "all")])>"Show"</a></td></tr> }
    });
    let title = match (choice.set, &page.second) {
        (_, Some(second)) => {
            view! { "From "{clock::time_precise(choice.at)}" to "{clock::time_precise(second.at)} }.into_any()
        }
        (true, None) => view! { "As of "{clock::time_precise(choice.at)} }.into_any(),
        (false, None) => "Now".into_any(),
    };
    let aside = acts(choice, place);
    let panel =
        Panel::new(if page.second.is_some() { "What changed between the cursors" } else { "What every place held" })
            .aside(view! { <span class="dim">{title}</span>{aside} }.into_any());
    panel.wide(
        view! {
            <div class="scroll"><table class="asof">
                <thead><tr><th scope="col">"Field"</th>{heads}<th scope="col">"Written by"<div class="dim t12">"the authority’s value"</div></th></tr></thead>
                <tbody>{rows}{folded}</tbody>
            </table></div>
        }
        .into_any(),
    )
}

/// Whether a field has another value at the second cursor in any place.
fn changed(page: &LineagePage, second: &plumbline_model::lineage::StateAt, field: &str) -> bool {
    page.state
        .replicas
        .iter()
        .zip(&second.replicas)
        .any(|(first, second)| cell(first, field).map(|it| &it.held) != cell(second, field).map(|it| &it.held))
}

fn acts(choice: &Choice, place: &Place) -> AnyView {
    let now = (choice.set || choice.at2.is_some())
        .then(|| view! { <a class="btn small" href=place.with(&[("at", ""), ("at2", "")])>"Now"</a> });
    let second = match choice.at2 {
        Some(_) => view! { <a class="btn small" href=place.with(&[("at2", "")])>"One time only"</a> }.into_any(),
        None if choice.set => view! { <a class="btn small" href=place.with(&[("at2", &plumbline_model::SourceTime::to_string(&end(choice)))])>"Compare with now"</a> }.into_any(),
        None => view! { <span class="faint t12 live-only">"click a change or the picture to move the cursor; with shift, to compare"</span> }.into_any(),
    };
    view! { {now}{second} }.into_any()
}

fn end(choice: &Choice) -> SourceTime {
    choice.axis.stretches.last().map_or(choice.at, |last| last.to)
}

fn head(at: &ReplicaAt, replica: &ReplicaLineage, time: SourceTime) -> AnyView {
    let band = replica.bands.iter().rev().find(|band| band.from <= time);
    let version = at.version.map(|version| format!("version {version}"));
    let words = match (replica.authority, at.present, band) {
        (_, None, _) => view! { <span class="faint">"not seen yet"</span> }.into_any(),
        (_, Some(false), _) => view! { "does not hold it" }.into_any(),
        (true, ..) => view! { "authority"{version.map(|version| format!(", {version}"))} }.into_any(),
        (false, _, Some(band)) => {
            verdict_plain(band.verdict, version.unwrap_or_else(|| band.verdict.word().to_owned()))
        }
        (false, _, None) => view! { {version} }.into_any(),
    };
    view! { <th scope="col"><span class="rep">{replica.replica.clone()}</span><div class="t12">{words}</div></th> }
        .into_any()
}

fn cell<'a>(at: &'a ReplicaAt, field: &str) -> Option<&'a FieldAt> {
    at.fields.iter().find(|it| it.held.field == field)
}

fn row(field: &str, columns: &[(&ReplicaAt, &ReplicaLineage)], page: &LineagePage) -> AnyView {
    let own = columns.iter().find(|(_, replica)| replica.authority).and_then(|(at, _)| cell(at, field));
    let cells: Vec<AnyView> = columns
        .iter()
        .enumerate()
        .map(|(index, (at, replica))| {
            let later = page.second.as_ref().and_then(|second| second.replicas.get(index));
            one(field, at, replica, later)
        })
        .collect();
    view! { <tr><th scope="row"><code>{field.to_owned()}</code></th>{cells}<td class="by">{own.and_then(|own| own.blame.as_ref()).map(blame)}</td></tr> }.into_any()
}

fn one(field: &str, at: &ReplicaAt, replica: &ReplicaLineage, later: Option<&ReplicaAt>) -> AnyView {
    if !replica.fields.iter().any(|held| held == field) {
        return view! { <td class="none">"not held"</td> }.into_any();
    }
    let Some(found) = cell(at, field) else {
        return view! { <td class="none">{if at.present.is_none() { "not seen yet" } else { "no such key" }}</td> }
            .into_any();
    };
    let wrong = found.differs == Some(true);
    let class = match (replica.authority, wrong) {
        (true, _) => "own",
        (false, true) => "cell diverged",
        (false, false) => "same",
    };
    let sign = wrong.then(|| mark(VerdictWord::Diverged));
    let own_blame = wrong.then(|| found.blame.as_ref().map(short_blame));
    let next = later.and_then(|later| cell(later, field)).filter(|next| next.held != found.held);
    let next = next.map(|next| view! { <div class="then">"→ "<b>{value(&next.held)}</b></div> });
    view! { <td class=class>{sign}" "{value(&found.held)}{own_blame}{next}</td> }.into_any()
}

fn value(held: &FieldHeld) -> AnyView {
    match (held.state, &held.text, &held.digest) {
        (FieldState::Null, ..) => view! { <code class="faint">"null"</code> }.into_any(),
        (FieldState::NotCarried, ..) => view! { <span class="faint">"never carried"</span> }.into_any(),
        (_, Some(text), _) => view! { <span title=text.clone()>{format::middle(text, 40)}</span> }.into_any(),
        (_, None, Some(digest)) => view! { <code class="dim" title="The value is not kept; equal hashes are equal values">{format!("#{}", digest.get(..8).unwrap_or(digest))}</code> }.into_any(),
        (_, None, None) => view! { <span class="faint">"not kept"</span> }.into_any(),
    }
}

/// `version 6, reverts 5`.
fn short_blame(blame: &Blame) -> AnyView {
    let version = blame.version.map(|version| format!("version {version}, "));
    let reverts = blame.reverts.as_ref().map(|_| ", a revert");
    view! { <div class="dim t12">{version}{clock::time(blame.at)}{reverts}</div> }.into_any()
}

/// The event, service and position that wrote a value.
fn blame(blame: &Blame) -> AnyView {
    let cause = &blame.cause;
    let event = cause.event_type.clone().or_else(|| blame.version.map(|version| format!("version {version}")));
    let service = cause.service.clone().map(|service| format!(" {service}"));
    let reverts = blame.reverts.as_ref().map(|_| " · a revert");
    view! {
        <div><b>{event}</b><span class="dim">{service}{reverts}</span></div>
        <div class="pos"><code title=blame.change.clone()>{format::middle(&blame.change, 28)}</code>{copy(blame.change.clone())}<span class="spring"></span>{clock::time_precise(blame.at)}</div>
    }
    .into_any()
}

/// Every change as a table: the text alternative of the lanes.
pub fn changes_table(page: &LineagePage) -> AnyView {
    let mut rows: Vec<(SourceTime, AnyView)> = Vec::new();
    for replica in &page.lineage.replicas {
        for (index, change) in replica.changes.iter().enumerate() {
            let equals = match (replica.authority, change.equals_authority) {
                (true, _) => none(),
                (false, Some(true)) => mark(VerdictWord::Converged),
                (false, Some(false)) => mark(VerdictWord::Diverged),
                (false, None) => mark(VerdictWord::Unknown),
            };
            let view = view! {
                <tr>
                    <td class="num">{clock::time_precise(change.at)}</td>
                    <td>{equals}" "{replica.replica.clone()}</td>
                    <td class="num">{label(change, index)}</td>
                    <td>{change.changed.join(", ")}</td>
                    <td>{change.cause.event_type.clone()}</td>
                    <td class="num">{change.lag_seconds.map(format::duration)}</td>
                    <td><code>{format::middle(&change.id, 34)}</code></td>
                </tr>
            };
            rows.push((change.at, view.into_any()));
        }
    }
    rows.sort_by_key(|(at, _)| std::cmp::Reverse(*at));
    let rows: Vec<AnyView> = rows.into_iter().map(|(_, view)| view).collect();
    view! {
        <div class="alt"><table>
            <thead><tr>
                <th scope="col" class="num">"At"</th><th scope="col">"Where"</th><th scope="col" class="num">"Version"</th><th scope="col">"Changed"</th>
                <th scope="col">"By event"</th><th scope="col" class="num">"After the authority"</th><th scope="col">"Position"</th>
            </tr></thead>
            <tbody>{rows}</tbody>
        </table></div>
    }
    .into_any()
}
