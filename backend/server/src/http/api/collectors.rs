//! `GET /collectors` and `GET /issues`: can I believe what I see?

use axum::{Json, extract::State};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use plumbline_model::{
    Lag, ReceivedTime, SourceName, SourceTime,
    api::{
        CollectorsPage, CountedWhy, GapRow, IssueRow, Line, Page, Range, SourceRow, StreamPartition, TimeMark,
        VerdictWord,
    },
    journal::{Gap, GapReason, Held, Progress, Proof},
    rules::SourceRule,
};
use serde::Deserialize;

use super::{
    Answer,
    figures::{Figures, all_copies},
    params::{RangeParams, named, paging},
};
use crate::{
    http::{AppState, extract::Query},
    ingest::sources::SourceState,
    report::words,
};

/// A frontier that is further behind than its own assumed lateness by this is called behind.
const BEHIND: Lag = Lag::from_secs(15);

pub async fn page(State(state): State<AppState>, Query(params): Query<RangeParams>) -> Answer<CollectorsPage> {
    let range = params.range(state.clock.now())?;
    let sources = rows(&state);
    let figures = Figures::load(&state, range).await?;
    let consistency = figures.overall(all_copies(&state.config.rules.entities));
    let counts = figures.records(|_| true);
    let known: Vec<_> = sources.iter().filter(|row| row.state != "waiting").collect();
    let slowest = known.iter().min_by_key(|row| row.frontier);
    Ok(Json(CollectorsPage {
        range,
        headline: state.trouble.words().map_or_else(|| headline(&sources), |trouble| format!("Attention: {trouble}.")),
        seen_until: slowest.and_then(|row| row.frontier),
        held_back_by: slowest.map(|row| row.source.clone()),
        records_per_second: sources.iter().map(|row| row.rate_per_second).sum(),
        records: counts.records,
        issues: counts.issues,
        unmapped: counts.unmapped,
        closed: consistency.closed,
        not_checked_share: consistency.coverage.map(|coverage| 1.0 - coverage),
        not_checked: consistency.whys.into_iter().collect::<Vec<CountedWhy>>(),
        unwatched: figures.unwatched(&state, checked_sources(&state)),
        gaps: gaps(&state, range),
        sources,
    }))
}

/// The sources that some copy, or its authority, lives on: how much is checked hangs on these.
fn checked_sources(state: &AppState) -> impl Iterator<Item = &SourceName> {
    let rules = &state.config.rules;
    let holds = |source: &SourceName| {
        rules.entities.iter().flat_map(|entity| &entity.replicas).any(|replica| replica.source == *source)
    };
    rules.sources.iter().map(|source| &source.name).filter(move |source| holds(source))
}

fn headline(rows: &[SourceRow]) -> String {
    let of = |word: &str| rows.iter().filter(|row| row.state == word).collect::<Vec<_>>();
    let (behind, blind, waiting) = (of("behind"), of("blind"), of("waiting"));
    let names = |rows: &[&SourceRow]| rows.iter().map(|row| row.source.as_str()).collect::<Vec<_>>().join(", ");
    match () {
        () if rows.is_empty() => "No source is configured yet.".to_owned(),
        () if waiting.len() == rows.len() => "No source has sent anything yet.".to_owned(),
        () if !blind.is_empty() => {
            format!("{} of {} sources cannot be seen: {}.", blind.len(), rows.len(), names(&blind))
        }
        () if !behind.is_empty() => {
            format!("{} of {} sources are behind: {}.", behind.len(), rows.len(), names(&behind))
        }
        () if !waiting.is_empty() => format!(
            "{} of {} sources are seen completely; nothing yet from {}.",
            rows.len() - waiting.len(),
            rows.len(),
            names(&waiting)
        ),
        () if rows.len() == 1 => "The only source is seen completely.".to_owned(),
        () => format!("All {} sources are seen completely.", rows.len()),
    }
}

/// All sources, worst first.
pub fn rows(state: &AppState) -> Vec<SourceRow> {
    let states = state.sources.borrow().clone();
    let empty = SourceState::default();
    let rules = state.config.rules.sources.iter();
    let mut rows: Vec<_> = rules
        .map(|rule| row(state, rule, states.sources.get(&rule.name).unwrap_or(&empty), state.clock.now()))
        .collect();
    let rank = |row: &SourceRow| ["blind", "behind", "waiting", "complete"].iter().position(|word| *word == row.state);
    rows.sort_by_key(rank);
    rows
}

fn row(state: &AppState, rule: &SourceRule, it: &SourceState, now: ReceivedTime) -> SourceRow {
    let frontier = it.frontier();
    let behind = frontier.map(|frontier| Lag(now.0 - frontier.0));
    let allowed = it.partitions.values().filter_map(|progress| match progress.proof {
        Proof::Assumed { lateness } => Some(lateness),
        _ => None,
    });
    let allowed = allowed.max().unwrap_or(Lag::ZERO).saturating_add(BEHIND);
    let outage = state.outages.words(&rule.name);
    let (word, verdict, note) = match behind {
        None if outage.is_some() => ("blind", VerdictWord::Unknown, String::new()),
        None if it.total.records == 0 => ("waiting", VerdictWord::Unknown, "nothing was received yet".to_owned()),
        None if it.total.records == it.before => {
            let note = "nothing has come since Plumbline was started; what came before is kept";
            ("blind", VerdictWord::Unknown, note.to_owned())
        }
        None => ("blind", VerdictWord::Unknown, "nobody vouches for how far it was seen".to_owned()),
        Some(behind) if behind > allowed => ("behind", VerdictWord::Lagging, behind_words(it, behind)),
        Some(_) => ("complete", VerdictWord::Converged, String::new()),
    };
    // What stands in the way explains why it is not complete; a trouble that holds nothing up explains nothing.
    let note = match outage.filter(|_| word != "complete") {
        Some(outage) if note.is_empty() => outage,
        Some(outage) => format!("{note}; {outage}"),
        None => note,
    };
    // The minute that is still going on would look like a fall.
    let whole = it.minutes.iter().filter(|(at, _)| *at < now.minute().0);
    SourceRow {
        source: rule.name.to_string(),
        what: state.config.source_kind(&rule.name, it.partitions.len()),
        state: word.to_owned(),
        verdict,
        note,
        rate_per_second: it.rate_per_second(now),
        rate_line: Line { values: whole.map(|(_, counts)| Some(counts.records as f64 / 60.0)).collect() },
        frontier,
        behind_seconds: behind.map(Lag::seconds),
        proof: it.partitions.values().next().map_or_else(String::new, |progress| proof_words(&progress.proof)),
        position: match it.partitions.values().next() {
            Some(progress) if it.partitions.len() == 1 => {
                progress.position.map_or_else(String::new, |position| format!("at {position}"))
            }
            Some(_) => format!("{} partitions", it.partitions.len()),
            None => String::new(),
        },
        records: it.total.records,
        issues: it.total.issues,
        unmapped: it.total.unmapped,
        duplicates: it.total.duplicates,
        late: it.total.late,
        feeds: state.config.feeds(&rule.name),
        partitions: partitions(&rule.name, it, now),
    }
}

fn behind_words(it: &SourceState, behind: Lag) -> String {
    let held = it.partitions.values().find_map(|progress| match &progress.proof {
        Proof::Held { why, since } => Some((*why, *since)),
        Proof::RelaySilent => Some((Held::Silent, ReceivedTime(0))),
        _ => None,
    });
    match held {
        Some((Held::Refused, since)) => {
            format!("held since {since}, when a request was refused: what was refused may still come")
        }
        Some((Held::Silent, _)) => {
            format!("nothing was heard for {behind}: until it is, what it could disprove is unknown")
        }
        Some((Held::Restarted, since)) => {
            format!("held since {since}: senders may still repeat what they sent while Plumbline was down")
        }
        Some((Held::Closing, since)) => format!("held since {since}, when Plumbline began to end"),
        None => format!("{behind} behind: reading catches up, or its holder does not vouch for more"),
    }
}

pub fn partitions(source: &SourceName, it: &SourceState, now: ReceivedTime) -> Vec<StreamPartition> {
    let partition = |progress: &Progress| StreamPartition {
        source: source.to_string(),
        partition: progress.partition.to_string(),
        position: progress.position,
        frontier: progress.frontier,
        behind_seconds: progress.frontier.map(|frontier| Lag(now.0 - frontier.0).seconds()),
        proof: proof_words(&progress.proof),
    };
    it.partitions.values().map(partition).collect()
}

fn proof_words(proof: &Proof) -> String {
    match proof {
        Proof::LogEnd => "end of the log".to_owned(),
        Proof::RelayRow => "last row of the relay".to_owned(),
        Proof::RelaySilent => "the relay is silent".to_owned(),
        Proof::Assumed { lateness } => format!("assumed: nothing is more than {} late", lateness.declared()),
        Proof::Held { why: Held::Refused, .. } => "held: a request was refused".to_owned(),
        Proof::Held { why: Held::Silent, .. } => "held: nothing was heard".to_owned(),
        Proof::Held { why: Held::Restarted, .. } => "held: restarted".to_owned(),
        Proof::Held { why: Held::Closing, .. } => "held: Plumbline is ending".to_owned(),
        Proof::Recording => "recording".to_owned(),
        Proof::InputEnd => "end of the recording".to_owned(),
    }
}

/// Gaps that touch the range, newest first.
pub fn gaps(state: &AppState, range: Range) -> Vec<GapRow> {
    let mut rows: Vec<_> = touching(state, range)
        .iter()
        .map(|gap| GapRow {
            source: gap.source.to_string(),
            partition: gap.partition.as_ref().map(ToString::to_string),
            from: gap.from,
            to: gap.to,
            reason: words::gap(&gap.reason),
        })
        .collect();
    rows.sort_by_key(|row| std::cmp::Reverse(row.from));
    rows
}

fn touching(state: &AppState, range: Range) -> Vec<Gap> {
    let states = state.sources.borrow().clone();
    let all = states.sources.values().flat_map(|it| &it.gaps);
    all.filter(|gap| gap.from < range.to && gap.to.is_none_or(|to| to > range.from)).cloned().collect()
}

/// Marks for charts: stretches in which a source was not watched, or brought what could not be read. Newest first.
pub fn marks(state: &AppState, range: Range) -> Vec<TimeMark> {
    let mut gaps = touching(state, range);
    gaps.sort_by_key(|gap| std::cmp::Reverse(gap.from));
    let mark = |gap: &Gap| TimeMark {
        at: gap.from.max(range.from),
        until: Some(gap.to.unwrap_or(range.to)),
        label: mark_words(gap),
    };
    gaps.iter().map(mark).collect()
}

/// Who reads a record that says nothing was there, and saw it: that is not blindness.
fn mark_words(gap: &Gap) -> String {
    match gap.reason {
        GapReason::Poison => format!("could not be read: {}", gap.source),
        _ => format!("blind: {}", gap.source),
    }
}

#[derive(Clone, Default, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct IssueParams {
    pub source: Option<String>,
    pub cursor: Option<String>,
    pub limit: Option<u32>,
}

pub async fn issues(State(state): State<AppState>, Query(params): Query<IssueParams>) -> Answer<Page<IssueRow>> {
    let source: Option<SourceName> = named(params.source.as_ref());
    let page = state.store.issues(source.as_ref(), &paging(params.cursor.as_deref(), params.limit)?).await?;
    let counts = state.store.issue_counts().await?;
    let total =
        counts.iter().filter(|it| source.as_ref().is_none_or(|source| it.source == *source)).map(|it| it.total).sum();
    let row = |row: &plumbline_store::IssueRow| {
        let issue = &row.issue;
        let partition =
            if issue.partition.as_str().is_empty() { String::new() } else { format!("{} ", issue.partition) };
        IssueRow {
            id: row.id.to_string(),
            source: issue.source.to_string(),
            position: format!("{partition}{}", issue.position),
            received: issue.received,
            reason: issue.reason.clone(),
            place: issue.place.clone(),
            bytes_base64: STANDARD.encode(&issue.bytes),
            bytes_total: issue.bytes_total,
        }
    };
    Ok(Json(Page {
        items: page.items.iter().map(row).collect(),
        next: page.next.map(|it| it.to_string()),
        total: Some(total),
    }))
}

/// Until when everything was seen, for pages that need one time.
pub fn seen_until(state: &AppState) -> Option<SourceTime> {
    let states = state.sources.borrow().clone();
    state
        .config
        .rules
        .sources
        .iter()
        .map(|rule| states.sources.get(&rule.name).and_then(|it| it.frontier()))
        .min()
        .flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_could_not_be_read_is_no_blindness() {
        let gap = |reason| Gap { source: "view".into(), partition: None, from: SourceTime(0), to: None, reason };
        assert_eq!(mark_words(&gap(GapReason::Poison)), "could not be read: view");
        assert_eq!(mark_words(&gap(GapReason::NotRunning)), "blind: view");
    }
}
