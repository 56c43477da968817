//! The sources, worst first; each opens to its partitions.

use leptos::prelude::*;
use plumbline_model::api::{SourceRow, StreamPartition};

use crate::{
    charts::{Look, scale::pct, spark::spark},
    clock,
    components::{
        Panel, said, state,
        table::{Column, Sort, by_number, header},
        verdict,
    },
    format,
    place::Place,
};

const COLUMNS: [Column; 10] = [
    Column::text("Source").sort("source"),
    Column::text("What"),
    Column::text("State"),
    Column::number("Rate").sort("rate"),
    Column::text("").class("wide"),
    Column::number("Behind").sort("behind"),
    Column::text("0.1 s … 100 s").class("dotc wide"),
    Column::text("Position").class("wide"),
    Column::number("Unreadable"),
    Column::text("Feeds").class("wide"),
];

pub fn sources(mut sources: Vec<SourceRow>, place: &Place) -> AnyView {
    let panel = Panel::new("Sources").note("worst first");
    if sources.is_empty() {
        return panel.wide(state::empty(
            "No source is configured",
            "A source is what a collector taps: a Kafka cluster, an OTLP endpoint, an HTTP endpoint. Add one under `sources:` and the rest of this page fills itself.",
            crate::components::link(place.to("/settings"), "See what is configured"),
        ));
    }
    Sort::of(place).apply(&mut sources, |name, a, b| match name {
        "source" => Some(a.source.cmp(&b.source)),
        "rate" => Some(a.rate_per_second.total_cmp(&b.rate_per_second)),
        "behind" => Some(by_number(a.behind_seconds, b.behind_seconds)),
        _ => None,
    });
    let rows: Vec<AnyView> = sources.into_iter().map(|source| row(source, place)).collect();
    panel.wide(
        view! { <div class="scroll"><table class="src">{header(&COLUMNS, place)}<tbody>{rows}</tbody></table></div> }
            .into_any(),
    )
}

fn row(source: SourceRow, place: &Place) -> AnyView {
    let open = place.get("source") == Some(&source.source);
    let href = place.with(&[("source", if open { "" } else { &source.source }), ("issue", "")]);
    let note = (!source.note.is_empty())
        .then(|| view! { <tr class="note-row"><td colspan="10" class="wrap dim">{said(&source.note)}</td></tr> });
    let behind = source.behind_seconds.map_or_else(|| "–".to_owned(), format::behind);
    let issues = match source.issues {
        0 => view! { <span class="faint">"0"</span> }.into_any(),
        n => view! { <a class="link" href=place.with(&[("source", &source.source), ("issue", "")])>{format::count(n)}</a> }.into_any(),
    };
    let feeds = source.feeds.join(", ");
    let inner = open.then(|| detail(&source));
    view! {
        <tr class={if open { "open" } else { "" }}>
            <td><a data-row="" href=href aria-expanded=open.to_string()><span class="tw">{if open { "▾" } else { "▸" }}</span><b>{source.source}</b></a></td>
            <td class="dim">{source.what}</td>
            <td>{verdict(source.verdict, source.state)}</td>
            <td class="num">{format::rate(source.rate_per_second)}</td>
            <td class="wide">{spark(&source.rate_line, Look::Ink, 60.0, 18.0)}</td>
            <td class="num"><b>{behind}</b></td>
            <td class="dotc wide">{dot(source.behind_seconds)}</td>
            <td class="wide dim">{source.position}</td>
            <td class="num">{issues}</td>
            <td class="wide cut feeds" title=feeds.clone()>{feeds.clone()}</td>
        </tr>
        {note}
        {inner}
    }
    .into_any()
}

/// Where a source stands between 0.1 s and 100 s behind, on a logarithmic scale; the tick is at 3 s.
fn dot(behind: Option<f64>) -> Option<AnyView> {
    let share = |seconds: f64| ((seconds.max(0.1).log10() + 1.0) / 3.0).clamp(0.0, 1.0);
    let behind = behind?;
    let class = if behind > 10.0 { "m lagging" } else { "m converged" };
    Some(
        view! {
            <svg class=class width="68" height="12" aria-hidden="true">
                <line x1="0" x2="68" y1="6" y2="6" stroke="var(--line)" />
                <line x1=pct(share(3.0)) x2=pct(share(3.0)) y1="2" y2="10" stroke="var(--line-strong)" />
                <circle cx=pct(0.05 + share(behind) * 0.9) cy="6" r="3.2" fill="currentColor" />
            </svg>
        }
        .into_any(),
    )
}

/// What is known of an opened source.
fn detail(source: &SourceRow) -> AnyView {
    let figures = [
        ("records", source.records),
        ("not mapped", source.unmapped),
        ("seen before", source.duplicates),
        ("late, behind the frontier", source.late),
    ];
    let figures: Vec<AnyView> = figures
        .into_iter()
        .map(|(name, count)| view! { <span><b>{format::count(count)}</b>" "{name}</span> }.into_any())
        .collect();
    let frontier = source.frontier.map(clock::time).unwrap_or_else(|| "nowhere yet".into_any());
    let partitions = (!source.partitions.is_empty()).then(|| partitions(&source.partitions, false));
    view! {
        <tr class="nest">
            <td colspan="10">
                <div class="inner">
                    <div class="figures">{figures}<span>"seen completely until "<b>{frontier}</b>", by: "{source.proof.clone()}</span></div>
                    {partitions}
                </div>
            </td>
        </tr>
    }
    .into_any()
}

/// What Plumbline has read of each partition; each with its source where there are several.
pub fn partitions(partitions: &[StreamPartition], of_several: bool) -> AnyView {
    let name = |part: &StreamPartition| match (of_several, part.partition.as_str()) {
        (false, "") => view! { <span class="dim">"the only one"</span> }.into_any(),
        (false, partition) => view! { <b>{partition.to_owned()}</b> }.into_any(),
        (true, partition) => {
            view! { <b>{part.source.clone()}</b>" "<span class="dim">{partition.to_owned()}</span> }.into_any()
        }
    };
    let rows: Vec<AnyView> = partitions
        .iter()
        .map(|part| {
            let position = part.position.map_or_else(|| "–".to_owned(), format::count);
            view! {
                <tr>
                    <td>{name(part)}</td>
                    <td class="num"><code>{position}</code></td>
                    <td class="num">{part.behind_seconds.map_or_else(|| "–".to_owned(), format::behind)}</td>
                    <td class="num">{part.frontier.map(clock::time)}</td>
                    <td class="dim">{part.proof.clone()}</td>
                </tr>
            }
            .into_any()
        })
        .collect();
    view! {
        <table>
            <thead><tr>
                <th scope="col">{if of_several { "Source and partition" } else { "Partition" }}</th><th scope="col" class="num">"Read to"</th><th scope="col" class="num">"Behind"</th>
                <th scope="col" class="num">"Seen until"</th><th scope="col">"Proven by"</th>
            </tr></thead>
            <tbody>{rows}</tbody>
        </table>
    }
    .into_any()
}
