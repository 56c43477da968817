//! The whole range to scale, in one line: the worst verdict of any copy. Below it, quiet time is folded; here durations
//! stay honest.

use leptos::prelude::*;
use plumbline_model::{
    SourceTime,
    api::{LineagePage, VerdictWord},
};

use super::cursor::Choice;
use crate::{
    charts::scale::{pct, time_ticks},
    clock::tick,
};

/// A stretch of the strip with the worst verdict in it.
#[derive(Clone, Copy, PartialEq, Debug)]
struct Piece {
    from: SourceTime,
    to: SourceTime,
    verdict: VerdictWord,
}

fn rank(verdict: VerdictWord) -> u8 {
    match verdict {
        VerdictWord::Converged => 0,
        VerdictWord::Lagging => 1,
        VerdictWord::Unknown => 2,
        VerdictWord::Diverged => 3,
    }
}

/// The worst verdict over time, joined where it stays.
fn worst(page: &LineagePage) -> Vec<Piece> {
    let range = page.head.range;
    let bands = || page.lineage.replicas.iter().flat_map(|replica| &replica.bands);
    let mut edges: Vec<SourceTime> = bands()
        .flat_map(|band| [Some(band.from), band.to])
        .flatten()
        .chain([range.from, range.to])
        .filter(|at| *at >= range.from && *at <= range.to)
        .collect();
    edges.sort_unstable();
    edges.dedup();
    let mut pieces: Vec<Piece> = Vec::new();
    for pair in edges.windows(2) {
        let inside = bands().filter(|band| band.from <= pair[0] && band.to.is_none_or(|to| to >= pair[1]));
        let Some(verdict) = inside.map(|band| band.verdict).max_by_key(|verdict| rank(*verdict)) else { continue };
        match pieces.last_mut() {
            Some(last) if last.verdict == verdict && last.to == pair[0] => last.to = pair[1],
            _ => pieces.push(Piece { from: pair[0], to: pair[1], verdict }),
        }
    }
    pieces
}

pub fn strip(page: &LineagePage, choice: &Choice) -> AnyView {
    let range = page.head.range;
    let length = range.length().seconds().max(1e-9);
    let x = move |at: SourceTime| (at.since(range.from).seconds() / length).clamp(0.0, 1.0);
    let pieces: Vec<AnyView> = worst(page)
        .into_iter()
        .map(|piece| {
            let width = pct((x(piece.to) - x(piece.from)).max(0.001));
            let (y, height, class) = match piece.verdict {
                VerdictWord::Converged => (8.0, 2.0, "converged"),
                VerdictWord::Lagging => (6.0, 6.0, "lagging"),
                VerdictWord::Unknown => (4.0, 10.0, "unknown"),
                VerdictWord::Diverged => (4.0, 10.0, "diverged"),
            };
            view! { <rect class=class x=pct(x(piece.from)) width=width y=y height=height /> }.into_any()
        })
        .collect();
    let ticks: Vec<AnyView> = time_ticks(range.from, length)
        .into_iter()
        .filter(|(_, share)| *share < 0.97)
        .map(|(at, share)| {
            let anchor = if share < 0.03 { "start" } else { "middle" };
            view! { <text x=pct(share) y="28" text-anchor=anchor>{tick(at, |civil| civil.minutes().to_owned())}</text> }
                .into_any()
        })
        .collect();
    let cursor =
        choice.set.then(|| view! { <line class="at" x1=pct(x(choice.at)) x2=pct(x(choice.at)) y1="0" y2="18" /> });
    view! {
        <div class="board whole">
            <div class="names"><div class="lane two"><span class="name">"The range, to scale"</span><span class="t12 dim">"worst verdict of any copy"</span></div></div>
            <div class="picture"><svg class="plot strip" width="100%" height="34" aria-hidden="true">{pieces}{ticks}{cursor}</svg></div>
        </div>
    }
    .into_any()
}
