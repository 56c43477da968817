//! The partitions of a replica's source as a strip: where is the skew?

use leptos::prelude::*;
use plumbline_model::api::{PartitionRow, VerdictWord};

use crate::{
    clock,
    components::{Panel, none, verdict},
    format,
};

/// Beyond this, a strip is no picture any more: the worst ones are shown and the rest is counted.
const MOST: usize = 24;

pub fn partitions(source: &str, mut rows: Vec<PartitionRow>) -> AnyView {
    if rows.len() < 2 {
        return none();
    }
    let wrong: u64 = rows.iter().map(|row| row.open_findings).sum();
    let bad = rows.iter().filter(|row| row.open_findings > 0).count();
    let note = match bad {
        0 => "none of them stands out".to_owned(),
        1 => format!("all {} in one of {}", format::counted(wrong, "divergent key", "divergent keys"), rows.len()),
        _ => format!("{} in {bad} of {}", format::counted(wrong, "divergent key", "divergent keys"), rows.len()),
    };
    let hidden = rows.len().saturating_sub(MOST);
    if hidden > 0 {
        rows.sort_by_key(|row| std::cmp::Reverse(row.open_findings));
        rows.truncate(MOST);
    }
    let items: Vec<AnyView> = rows.into_iter().map(part).collect();
    let more =
        (hidden > 0).then(|| view! { <div class="foot">{format!("{hidden} more, with fewer divergent keys")}</div> });
    Panel::new(format!("Partitions of {source}"))
        .note(note)
        .wide(view! { <div class="strip">{items}</div>{more} }.into_any())
}

fn part(row: PartitionRow) -> AnyView {
    let (word, words) = match row.open_findings {
        0 => (VerdictWord::Converged, "agrees".to_owned()),
        n => (VerdictWord::Diverged, format::counted(n, "key", "keys")),
    };
    let position = row
        .position
        .map(|position| view! { <div class="faint t12">"read to "<code>{format::count(position)}</code></div> });
    let seen = row.frontier.map(|at| view! { <div class="faint t12">"seen until "{clock::time(at)}</div> });
    view! {
        <div class={if row.open_findings > 0 { "part bad" } else { "part" }}>
            <div class="cut" title=row.partition.clone()><b>{row.partition.clone()}</b></div>
            <div>{verdict(word, words)}</div>
            {position}
            {seen}
        </div>
    }
    .into_any()
}
