//! The funnel of a saga: how many passed each stage in the range, how long it took, and who waits now. A compensation
//! stands under the step that it undoes, its flow runs from right to left. Passages and waits are not one cohort, so an
//! old stuck instance is not lost.

use leptos::prelude::*;
use plumbline_model::api::{SagaStage, SagaType, VerdictWord};

use crate::{
    charts,
    components::{mark, mix::seconds},
    format,
    place::Place,
};

const HEIGHT: f64 = 46.0;

pub fn funnel(saga: &SagaType, place: &Place) -> AnyView {
    let way: Vec<&SagaStage> = saga.stages.iter().filter(|stage| stage.role != "failed").collect();
    if charts::wants_table(place, "funnel") {
        return table(&saga.stages);
    }
    let most = way.iter().map(|stage| stage.passed).max().unwrap_or(0).max(1) as f64;
    let columns: Vec<AnyView> =
        way.iter().enumerate().map(|(at, stage)| column(stage, way.get(at + 1).copied(), most)).collect();
    let undone: Vec<AnyView> = way.iter().map(|stage| compensation(stage)).collect();
    let failed: Vec<AnyView> = saga.stages.iter().filter(|stage| stage.role == "failed").map(failed).collect();
    let compensated = way.iter().any(|stage| stage.compensate.is_some());
    view! {
        <div class="scroll">
            <div class=format!("funnel of{}", way.len().min(9))>{columns}{compensated.then_some(undone)}</div>
        </div>
        <div class="failed-ends">{failed}</div>
    }
    .into_any()
}

fn column(stage: &SagaStage, next: Option<&SagaStage>, most: f64) -> AnyView {
    let height = |stage: &SagaStage| (stage.passed as f64 / most * HEIGHT).max(2.0);
    let flow = next.map(|next| {
        let points = format!("0,0 1000,0 1000,{:.1} 0,{:.1}", height(next), height(stage));
        let tint = if next.stuck > 0 { "flow bad" } else { "flow" };
        let between = (next.since_before.count > 0).then(|| {
            view! { <div class="between"><div><b>{seconds(next.since_before.p50_seconds)}</b>" median"</div><div class="dim">{format!("{} p99", seconds(next.since_before.p99_seconds))}</div></div> }
        });
        view! {
            <svg width="100%" height=HEIGHT viewBox=format!("0 0 1000 {HEIGHT}") preserveAspectRatio="none" aria-hidden="true"><polygon class=tint points=points /></svg>
            {between}
        }
    });
    let waiting = next.map(waiting);
    view! {
        <div class="stage">
            <b class="cut" title=stage.event.clone()>{stage.event.clone()}</b>
            <span class="dim t12 cut">{stage.owner.clone().unwrap_or_else(|| format::words(&stage.role))}</span>
            <span class="passed">{format::count(stage.passed)}</span>
            <div class="gate">
                <svg class="bar" width="3" height=HEIGHT aria-hidden="true"><rect width="3" height=height(stage) /></svg>
                {flow}
            </div>
            {waiting}
        </div>
    }
    .into_any()
}

/// Who waits for a stage now, and how many of them are late.
fn waiting(stage: &SagaStage) -> AnyView {
    let due = stage.within_seconds.map(|within| format!("due in {}", format::period(within)));
    let late = (stage.stuck > 0).then(|| view! { <span class="v diverged">{mark(VerdictWord::Diverged)}<b>{format!("{} late", format::count(stage.stuck))}</b></span> });
    let unknown = (stage.unknown > 0).then(|| view! { <span class="v">{mark(VerdictWord::Unknown)}{format!("{} unknown", format::count(stage.unknown))}</span> });
    let words = match stage.waiting {
        0 => view! { <span class="faint">"none waits"</span> }.into_any(),
        n => view! { <span><b>{format::count(n)}</b>{if n == 1 { " waits" } else { " wait" }}</span> }.into_any(),
    };
    view! { <div class="waiting"><div class="w1">{words}{late}{unknown}</div><div class="dim t12">{due}</div></div> }
        .into_any()
}

fn compensation(stage: &SagaStage) -> AnyView {
    let Some(undo) = &stage.compensate else {
        return view! { <div class="undo none"></div> }.into_any();
    };
    view! {
        <div class="undo" title="undoes the step above">
            <svg width="100%" height="8" aria-hidden="true"><line x1="0" x2="100%" y1="4" y2="4" /><path d="M6 1 1 4l5 3" /></svg>
            <span><b>{format::count(stage.compensated)}</b>" "<span class="dim">{undo.clone()}</span></span>
        </div>
    }
    .into_any()
}

fn failed(stage: &SagaStage) -> AnyView {
    view! { <span><b>{format::count(stage.passed)}</b>" ended by "<code>{stage.event.clone()}</code></span> }.into_any()
}

fn table(stages: &[SagaStage]) -> AnyView {
    let rows: Vec<AnyView> = stages
        .iter()
        .map(|stage| {
            view! {
                <tr>
                    <th scope="row">{stage.event.clone()}</th>
                    <td>{stage.owner.clone()}</td>
                    <td class="num">{format::count(stage.passed)}</td>
                    <td class="num">{seconds(stage.since_before.p50_seconds)}</td>
                    <td class="num">{seconds(stage.since_before.p99_seconds)}</td>
                    <td class="num">{format::count(stage.waiting)}</td>
                    <td class="num">{format::count(stage.stuck)}</td>
                    <td class="num">{stage.within_seconds.map(format::period)}</td>
                    <td class="num">{format::count(stage.compensated)}</td>
                </tr>
            }
            .into_any()
        })
        .collect();
    view! {
        <div class="alt scroll"><table>
            <thead><tr>
                <th scope="col">"Event"</th><th scope="col">"Owner"</th><th scope="col" class="num">"Passed"</th><th scope="col" class="num">"Median since before"</th>
                <th scope="col" class="num">"p99"</th><th scope="col" class="num">"Waiting"</th><th scope="col" class="num">"Late"</th><th scope="col" class="num">"Within"</th><th scope="col" class="num">"Undone"</th>
            </tr></thead>
            <tbody>{rows}</tbody>
        </table></div>
    }
    .into_any()
}
