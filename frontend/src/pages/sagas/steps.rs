//! The steps of an instance against what was expected. Every row has the same logarithmic axis, 0.1 s to 2 d: the band is
//! half to 99 % of the others, the tick their median, the line the deadline, the mark this one.

use leptos::prelude::*;
use plumbline_model::{
    SourceTime,
    api::{SagaInstancePage, SagaStepView, VerdictWord},
};

use crate::{
    charts::scale::pct,
    clock,
    components::{mark, mark::not_begun},
    format,
    live::use_live,
};

const LOW: f64 = 0.1;
const HIGH: f64 = 172_800.0;

fn x(seconds: f64) -> f64 {
    ((seconds.max(LOW) / LOW).log10() / (HIGH / LOW).log10()).clamp(0.0, 1.0)
}

pub fn steps(page: &SagaInstancePage) -> AnyView {
    let rows: Vec<AnyView> = page.steps.iter().map(|step| row(step, page)).collect();
    let labels = [(1.0, "1 s"), (60.0, "1 m"), (3_600.0, "1 h"), (86_400.0, "1 d")];
    let labels: Vec<AnyView> = labels
        .into_iter()
        .map(|(seconds, words)| view! { <text x=pct(x(seconds)) y="10" text-anchor="middle">{words}</text> }.into_any())
        .collect();
    view! {
        <div class="body">
            <div class="steps-head dim t12">
                <span class="legend">
                    <span class="v"><svg width="22" height="8" aria-hidden="true"><rect class="others" width="22" height="8" rx="3" /><rect class="median" x="8" width="2" height="8" /></svg>"half to 99 % of the others, median"</span>
                    <span class="v"><svg width="3" height="12" aria-hidden="true"><rect class="deadline" width="2" height="12" /></svg>"deadline"</span>
                </span>
                <svg class="plot" width="100%" height="13" aria-hidden="true">{labels}</svg>
            </div>
            <ol class="steps">{rows}</ol>
        </div>
    }
    .into_any()
}

/// How long the step took, or has taken until now.
fn took(step: &SagaStepView) -> Option<f64> {
    let entered = step.entered?;
    let until =
        step.done.or_else(|| use_live().now_untracked().map(|now| SourceTime(now.0)).filter(|_| is_waiting(step)))?;
    Some(until.since(entered).seconds())
}

fn is_waiting(step: &SagaStepView) -> bool {
    matches!(step.state.as_str(), "waiting" | "stuck" | "unknown")
}

fn row(step: &SagaStepView, page: &SagaInstancePage) -> AnyView {
    let (sign, verdict) = match step.state.as_str() {
        "done" => (mark(VerdictWord::Converged), VerdictWord::Converged),
        "stuck" | "owed" => (mark(VerdictWord::Diverged), VerdictWord::Diverged),
        "waiting" | "undone" => (mark(VerdictWord::Lagging), VerdictWord::Lagging),
        "unknown" => (mark(VerdictWord::Unknown), VerdictWord::Unknown),
        _ => (not_begun(), VerdictWord::Unknown),
    };
    let took = took(step);
    let due = step.within_seconds.zip(step.entered).map(|(within, entered)| entered.plus(format::lag(within)));
    let when = match (step.done, due) {
        (Some(done), _) => view! { {clock::time_precise(done)} }.into_any(),
        (None, Some(due)) if step.state == "stuck" => view! { <b class="bad">"due "{clock::time(due)}</b> }.into_any(),
        (None, Some(due)) => view! { "due "{clock::time(due)} }.into_any(),
        (None, None) => view! { <span class="faint">{format::words(&step.state)}</span> }.into_any(),
    };
    let words = match (took, step.within_seconds) {
        (Some(took), Some(within)) => {
            view! { <b>{format::duration(took)}</b>{format!(" of {} declared", format::period(within))} }.into_any()
        }
        (Some(took), None) => view! { <b>{format::duration(took)}</b> }.into_any(),
        (None, Some(within)) => {
            view! { {format!("{}, {} declared", format::words(&step.state), format::period(within))} }.into_any()
        }
        (None, None) => view! { {format::words(&step.state)} }.into_any(),
    };
    let others = step.others.p50_seconds.map(|median| format!("half of the others took {}", format::duration(median)));
    let undone = undone(step);
    let silence = is_waiting(step).then(|| silence(step, page));
    view! {
        <li class=format!("step {}", step.state)>
            <span class="dot">{sign}</span>
            <div>
                <div class="r1"><code>{step.event.clone()}</code><span class="spring"></span><span>{when}</span></div>
                <div class="r1 dim t12"><span>{step.owner.clone()}</span><span class="spring"></span><span>{others}</span></div>
                {undone}
            </div>
            <div class="cap"><div class="t12">{words}</div>{chart(step, took, verdict)}</div>
        </li>
        {silence}
    }
    .into_any()
}

/// What undoes the step, and whether it was.
fn undone(step: &SagaStepView) -> Option<AnyView> {
    let undo = step.compensate.as_ref()?;
    let state = match (step.compensated, step.state.as_str()) {
        (Some(at), _) => view! { "undone by "<code>{undo.clone()}</code>" at "{clock::time(at)} }.into_any(),
        (None, "owed") => view! { <b>"owed: "<code>{undo.clone()}</code></b> }.into_any(),
        (None, "done") => view! { "undone by "<code>{undo.clone()}</code>", if need be" }.into_any(),
        _ => return None,
    };
    Some(view! { <div class="dim t12">{state}</div> }.into_any())
}

fn chart(step: &SagaStepView, took: Option<f64>, verdict: VerdictWord) -> AnyView {
    let others = step.others.p50_seconds.zip(step.others.p99_seconds).map(|(median, p99)| {
        view! {
            <rect class="others" x=pct(x(median)) width=pct((x(p99) - x(median)).max(0.01)) y="2" height="8" rx="3" />
            <rect class="median" x=pct(x(median)) width="2" y="2" height="8" />
        }
    });
    let deadline =
        step.within_seconds.map(|within| view! { <rect class="deadline" x=pct(x(within)) width="2" height="20" /> });
    let mine = took.map(|took| {
        let class = format!("mine {}", verdict.word());
        view! { <line class=class.clone() x1="0" x2=pct(x(took)) y1="16" y2="16" /><circle class=class cx=pct(x(took)) cy="16" r="4" /> }
    });
    let grid: Vec<AnyView> = [1.0, 60.0, 3_600.0, 86_400.0]
        .into_iter()
        .map(|s| view! { <line class="grid" x1=pct(x(s)) x2=pct(x(s)) y1="0" y2="22" /> }.into_any())
        .collect();
    view! { <svg class="plot" width="100%" height="22" aria-hidden="true">{grid}{others}{deadline}{mine}</svg> }
        .into_any()
}

/// The band of silence under the step that is waited for.
fn silence(step: &SagaStepView, page: &SagaInstancePage) -> AnyView {
    let blind = step.state == "unknown";
    let words = match (blind, page.row.why.as_deref()) {
        (true, Some(why)) => format!("Whether it came cannot be told: {}.", format::words(why)),
        (true, None) => "Whether it came cannot be told.".to_owned(),
        (false, _) => "No event with this id since then, in any source that could bring one.".to_owned(),
    };
    let class = if step.state == "stuck" { "band bad" } else { "band" };
    view! {
        <li class="silent">
            <span></span>
            <div class=class><b>{clock::ago(page.row.last)}" of silence"</b>" since "{clock::time(page.row.last)}". "{words}</div>
        </li>
    }
    .into_any()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_axis_reaches_from_a_tenth_of_a_second_to_two_days() {
        assert_eq!((x(0.01), x(LOW), x(HIGH), x(1e9)), (0.0, 0.0, 1.0, 1.0));
        assert!(x(1.0) < x(60.0) && x(60.0) < x(3_600.0));
    }
}
