//! One replica: how long it takes to show a write against what was promised, what does not agree and what was not checked.

use leptos::prelude::*;
use leptos_router::hooks::use_params_map;
use plumbline_model::api::{CountedReason, ReplicaPage};

use super::{keys, partitions};
use crate::{
    answer::answer,
    charts::{
        self, Look,
        distribution::distribution,
        scale::Unit,
        time_chart::{Series, TimeChart, Track, of_each_step, time_chart},
    },
    components::{
        Fact, Panel, crumbs, dotted, facts, headline, link, mark,
        mix::{seconds, share},
        none, state, tag, text,
    },
    format,
    pages::collectors,
    place::{Place, segment, use_place},
};

pub fn replica() -> AnyView {
    let params = use_params_map();
    let place = use_place();
    let path = move || {
        let params = params.read();
        let part = |name| segment(params.get_str(name).unwrap_or_default());
        place.read().api(&format!("/replicas/{}/{}", part("entity"), part("replica")), &[])
    };
    answer("replicas", path, draw)
}

fn draw(page: ReplicaPage) -> AnyView {
    let place = use_place().get();
    let row = page.row.clone();
    let of = keys::Of { entity: row.entity.clone(), replica: row.replica.clone(), reasons: page.reasons.clone() };
    let acts = view! {
        <a class="btn" href=place.to_with("/lineage", &[("entity", &row.entity)])>"Lineage"</a>
        <a class="btn" href=place.to_with("/report", &[("entity", &row.entity), ("replica", &row.replica)])>"Report"</a>
    };
    view! {
        {crumbs(vec![(place.to("/replicas"), "Replicas".to_owned())], text(format!("{} / {}", row.entity, row.replica)))}
        {headline(row.replica.clone(), row.keys.worst(), page.headline.clone(), about(&page), acts.into_any())}
        {figures(&page)}
        <div class="row wide-narrow">
            {lag(&page)}
            {over_time(&page, &place)}
        </div>
        <div class="row even">
            {collectors::not_checked(&page.lag.consistency.whys, &[], page.lag.consistency.closed)}
            {differing(&page)}
        </div>
        {partitions::partitions(&row.source, page.partitions)}
        {keys::keys(Some(of))}
    }
    .into_any()
}

fn about(page: &ReplicaPage) -> AnyView {
    let row = &page.row;
    let fields: Vec<AnyView> = page.fields.iter().map(|field| view! { " "{tag(field.clone())} }.into_any()).collect();
    dotted(vec![
        view! { "A replica of "<b>{row.entity.clone()}</b>", seen through "{row.source.clone()} }.into_any(),
        text(format!("it should hold what {} writes within {}", page.authority, format::period(row.within_seconds))),
        view! { "compared on"{fields} }.into_any(),
    ])
}

fn figures(page: &ReplicaPage) -> AnyView {
    let consistency = &page.lag.consistency;
    let checked = consistency.closed.saturating_sub(consistency.unknown);
    let (nines, unit) = match (consistency.nines, checked) {
        (Some(nines), 1..) => {
            (format!("{}{}", if consistency.bounded { "≥ " } else { "" }, format::nines(nines)), "nines")
        }
        _ => ("–".to_owned(), "nothing to check"),
    };
    let unknown = match consistency.unknown {
        0 if consistency.coverage.is_some_and(|share| share < 1.0) => text("no write left out, but not watched all the time"),
        0 => text("every one of them"),
        n => view! { {format!("of {} writes; ", format::count(consistency.closed))}{link("#not-checked".to_owned(), format!("{} not, and why", format::count(n)))} }.into_any(),
    };
    let bad = page.keys.diverged;
    let before = page.lag_before.quantiles.p99_seconds;
    let before = before.map(|before| format!(", before that {}", format::duration(before))).unwrap_or_default();
    facts(vec![
        Fact::new("Converged in time", nines, unit).detail(text(format!(
            "{} of {} writes that were checked",
            share(consistency.ratio),
            format::count(checked)
        ))),
        Fact::new("Checked", share(consistency.coverage), "").detail(unknown),
        Fact::new("Lag of a write", seconds(page.lag.quantiles.p50_seconds), "p50")
            .detail(text(format!("p99 {}{before}", seconds(page.lag.quantiles.p99_seconds)))),
        Fact::new("Do not agree now", format::count(bad), format!("of {} keys", format::short(page.keys.total())))
            .detail(text(format!(
                "{}, {} unknown",
                format::counted(page.keys.lagging, "key lags", "keys lag"),
                format::count(page.keys.unknown)
            ))),
        budget(page, checked),
    ])
}

/// What the objective allows in this range, and how much of it is used; without an objective, what came late.
fn budget(page: &ReplicaPage, checked: u64) -> Fact {
    let consistency = &page.lag.consistency;
    let Some(objective) = page.objective else {
        return Fact::new("Not in time", format::count(consistency.not_in_time), "writes")
            .detail(text(format!("{} of them came late; no objective is set", format::count(consistency.late))));
    };
    let allowed = (1.0 - objective) * checked as f64;
    let used = if allowed > 0.0 { consistency.not_in_time as f64 / allowed } else { f64::NAN };
    let words = format!(
        "{} of {} writes that {} allows",
        format::count(consistency.not_in_time),
        // A whole number would deny the share above it where few writes are allowed.
        if allowed < 10.0 { format!("{allowed:.1}") } else { format::count(allowed.round() as u64) },
        format::percent(objective)
    );
    match used.is_finite() {
        true if used > 10.0 => {
            Fact::new("Error budget of this range", format!("{used:.0} ×"), "used").detail(text(words))
        }
        true => Fact::new("Error budget of this range", format!("{:.0} %", used * 100.0), "used").detail(text(words)),
        false => Fact::new("Error budget of this range", "–", "").detail(text("nothing to check")),
    }
}

fn lag(page: &ReplicaPage) -> AnyView {
    let shown: u64 = page.lag.buckets.iter().map(|bucket| bucket.count).sum();
    if shown + page.lag.not_yet == 0 {
        let body = state::empty(
            "No write was shown in this range",
            "The authority wrote nothing that this replica had to show, or none of it was seen yet.",
            none(),
        );
        return Panel::new("How long until it shows a write").wide(body);
    }
    let checked = (page.lag.consistency.closed - page.lag.consistency.unknown).max(1) as f64;
    let at = |name: &'static str, count: u64| view! { <span>{name}" "<b>{format::percent(count as f64 / checked)}</b></span> };
    // Without writes before there is no dashed line to explain.
    let before = page.lag_before.quantiles.p50_seconds;
    let before = before.map(|_| view! { <span><i class="dash"></i>"the same length of time before"</span> });
    let body = view! {
        {distribution(&page.lag, &page.lag_before, page.row.within_seconds, page.objective)}
        <div class="under-chart dim t12">
            <span>"shown within"</span>
            {at("1 s", page.lag.within_1s)}
            {at("10 s", page.lag.within_10s)}
            {at("1 m", page.lag.within_60s)}
            <span class="spring"></span>
            {before}
        </div>
    };
    Panel::new(format!("How long until {} shows a write", page.row.replica))
        .note(format::counted(shown, "write", "writes"))
        .body(body.into_any())
}

fn over_time(page: &ReplicaPage, place: &Place) -> AnyView {
    let series = |name, look, line: &plumbline_model::api::Line| Series { name, look, line: line.clone() };
    let chart = time_chart(TimeChart {
        id: "replica",
        label: "Keys that do not agree, lag of a write and writes not checked, over time",
        axis: page.axis,
        tracks: vec![
            Track {
                title: "",
                height: 130.0,
                unit: Unit::Count,
                stacked: true,
                series: vec![
                    series("diverged", Look::Diverged, &page.diverged),
                    series("lagging", Look::Lagging, &page.lagging),
                ],
                quiet: "every key agreed",
            },
            Track {
                title: "Lag of a write",
                height: 70.0,
                unit: Unit::Seconds,
                stacked: false,
                series: vec![series("p99", Look::Ink, &page.lag_p99), series("p50", Look::Faint, &page.lag_p50)],
                quiet: "",
            },
            Track {
                title: "Writes not checked",
                height: 36.0,
                unit: Unit::Share,
                stacked: true,
                series: vec![series("not checked", Look::Unknown, &page.not_checked)],
                quiet: "all were checked",
            },
        ],
        marks: page.marks.clone(),
    });
    Panel::new("Keys that do not agree")
        .note(of_each_step(&page.axis))
        .aside(view! { {mark::legend(false)}{charts::table_link(place, "replica")} }.into_any())
        .body(chart)
}

/// Which fields differ most, over the open findings.
fn differing(page: &ReplicaPage) -> AnyView {
    let panel = Panel::new("Fields that differ").note("in the divergent keys, most frequent first");
    if page.fields_differing.is_empty() {
        return panel.wide(state::empty("None", "No open finding names a field.", none()));
    }
    let most = page.fields_differing.iter().map(|field| field.count).max().unwrap_or(1).max(1) as f64;
    let rows: Vec<AnyView> = page.fields_differing.iter().map(|field| bar(field, most)).collect();
    panel.body(view! { <dl class="bars">{rows}</dl> }.into_any())
}

fn bar(counted: &CountedReason, most: f64) -> AnyView {
    let width = charts::scale::pct(counted.count as f64 / most);
    view! {
        <dt class="mono cut" title=counted.reason.clone()>{counted.reason.clone()}</dt>
        <dd>
            <svg class="meter" height="6" aria-hidden="true"><rect class="bed" width="100%" height="6" rx="3" /><rect class="fill diverged" width=width height="6" rx="3" /></svg>
        </dd>
        <dd class="num">{format::count(counted.count)}</dd>
    }
    .into_any()
}
