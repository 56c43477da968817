//! Report: prove it. The consistency report of the range for people (it prints), and the same for programs.

mod forms;
mod tables;

use leptos::prelude::*;
use plumbline_model::api::{Report, VerdictWord};

use crate::{
    answer::answer,
    clock,
    components::{Fact, Panel, dotted, facts, finding::finding_row, headline, mix, mix::share, none, state, tag, text},
    format,
    pages::{collectors, overview::consistency_words},
    place::{Place, use_place},
};

pub fn report() -> AnyView {
    let place = use_place();
    answer("report", move || place.read().api("/report", &["entity", "replica"]), draw)
}

fn draw(report: Report) -> AnyView {
    let place = use_place().get();
    let summary = &report.summary;
    let verdict = match summary {
        summary if summary.diverged + summary.stuck > 0 => Some(VerdictWord::Diverged),
        summary if summary.hotspots > 0 => Some(VerdictWord::Lagging),
        summary if summary.verdicts.total() == 0 => None,
        _ if !report.coverage.complete => Some(VerdictWord::Unknown),
        _ => Some(VerdictWord::Converged),
    };
    view! {
        {headline("Report", verdict, summary.headline.clone(), about(&report, &place), forms::links(&place))}
        {figures(&report)}
        <div class="row wide-narrow">
            {coverage(&report)}
            {forms::commands(&place)}
        </div>
        {tables::replicas(&report.replicas, &place)}
        {tables::sagas(&report.sagas, &place)}
        {findings(&report, &place)}
        {tables::hotspots(&report.hotspots)}
    }
    .into_any()
}

fn about(report: &Report, place: &Place) -> AnyView {
    let only: Vec<AnyView> = ["entity", "replica"]
        .into_iter()
        .filter_map(|name| place.get(name))
        .map(|value| view! { " "{tag(value.to_owned())} }.into_any())
        .collect();
    let said = report.environment.to_lowercase().contains("simulated");
    let simulated = (report.simulated && !said).then(|| view! { " "{tag("simulated")} });
    dotted(vec![
        view! { {report.environment.clone()}{simulated}{only} }.into_any(),
        view! { {clock::date(report.range.from)}", "{clock::range(report.range.from, report.range.to)} }.into_any(),
        view! { "made "{clock::time(report.made)} }.into_any(),
        consistency_words(&report.summary.consistency, place),
    ])
}

fn figures(report: &Report) -> AnyView {
    let summary = &report.summary;
    let nines = summary.consistency.nines.map_or_else(|| "–".to_owned(), format::nines);
    facts(vec![
        Fact::new(
            "Converged in time",
            nines,
            if summary.consistency.nines.is_some() { "nines" } else { "nothing to check" },
        )
        .detail(text(summary.consistency.ratio.map_or_else(String::new, format::percent))),
        Fact::new("Checked", share(report.coverage.ratio), "").detail(text(if report.coverage.complete {
            "every replica and saga at least once"
        } else {
            "not everything, see below"
        })),
        Fact::new("Divergent", format::count(summary.diverged), "")
            .detail(view! { <div class="w-mix">{mix(summary.verdicts)}</div> }.into_any()),
        Fact::new("Stuck", format::count(summary.stuck), "")
            .detail(text(format!("{} slower than before", format::counted(summary.hotspots, "place", "places")))),
        Fact::new("Findings", format::count(summary.findings_open), "open")
            .detail(text(format!("{} resolved in the range", format::count(summary.findings_resolved)))),
    ])
}

/// What was not checked, and why.
fn coverage(report: &Report) -> AnyView {
    let coverage = &report.coverage;
    let unchecked: Vec<AnyView> =
        coverage.unchecked.iter().map(|words| view! { <li>{words.clone()}</li> }.into_any()).collect();
    let unchecked = (!unchecked.is_empty())
        .then(|| view! { <p><b>"Never checked in this range"</b></p><ul class="dots">{unchecked}</ul> });
    let gaps: Vec<AnyView> = coverage
        .gaps
        .iter()
        .map(|gap| view! { <li>{gap.source.clone()}" from "{clock::time(gap.from)}{gap.to.map(|to| view! { " to "{clock::time(to)} })}": "{gap.reason.clone()}</li> }.into_any())
        .collect();
    let gaps = (!gaps.is_empty()).then(|| view! { <p><b>"Gaps"</b></p><ul class="dots">{gaps}</ul> });
    let samples: Vec<AnyView> =
        coverage.issue_samples.iter().map(|words| view! { <li>{words.clone()}</li> }.into_any()).collect();
    let unmapped = match coverage.unmapped {
        None | Some(0) => String::new(),
        Some(1) => "; 1 fits no mapping".to_owned(),
        Some(some) => format!("; {} fit no mapping", format::count(some)),
    };
    let words = format!(
        "{} came, {} of them could not be read, or not wholly{unmapped}.",
        format::counted(coverage.records, "record", "records"),
        format::count(coverage.issues)
    );
    let notes: Vec<AnyView> = coverage.notes.iter().map(|words| view! { <p>{words.clone()}</p> }.into_any()).collect();
    let body = view! {
        <div class="stacked">
            <p>{words}</p>
            {(!samples.is_empty()).then(|| view! { <ul class="dots">{samples}</ul> })}
            {unchecked}
            {coverage.uncompared.clone().map(|words| view! { <p>{words}</p> })}
            {notes}
            {gaps}
        </div>
    };
    view! { <div class="col">{Panel::new("Blind spots").body(body.into_any())}{collectors::not_checked(&coverage.not_checked, &coverage.unwatched, report.summary.consistency.closed)}</div> }.into_any()
}

fn findings(report: &Report, place: &Place) -> AnyView {
    let all = report.summary.findings_open + report.summary.findings_resolved;
    let panel = Panel::new("Findings").note("open ones first").ruled();
    if report.findings.is_empty() {
        // Where nothing was checked, nothing kept its promise either.
        let nothing = report.summary.consistency.closed == 0 && report.sagas.iter().all(|it| it.started + it.open == 0);
        let words = match nothing {
            true => "There was nothing to check in this range.",
            false => "Nothing that was checked broke a promise in this range.",
        };
        return panel.wide(state::empty("No finding", words, none()));
    }
    let rows: Vec<AnyView> = report.findings.iter().map(|finding| finding_row(finding, place)).collect();
    let more = all.saturating_sub(report.findings.len() as u64);
    let more = (more > 0).then(
        || view! { <div class="foot">{format!("{} more are counted above and not listed", format::count(more))}</div> },
    );
    panel.wide(view! { <ul class="findings">{rows}</ul>{more} }.into_any())
}
