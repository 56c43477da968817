//! `GET /incidents`, `GET /incidents/{number}` and the actions on one: what must I act on?

use axum::{Json, extract::State, response::Response};
use plumbline_model::{
    Lag, ReceivedTime, SourceTime,
    api::{
        AttemptView, DeliveryView, FindingView, IncidentAction, IncidentEvent, IncidentPage, IncidentRow, Page, Range,
        VerdictWord,
    },
    finding::Rule,
    incident::{Decision, Incident, IncidentState, NotifyReason},
    journal::Command,
    prose,
};
use plumbline_store::{Delivery, DeliveryState, FindingFilter, FindingOrder, IncidentFilter, Paging};
use serde::Deserialize;

use super::{
    Answer,
    action::{self, Action},
    findings::{self, expected},
    params::paging,
};
use crate::http::{
    AppState,
    extract::{Path, Query},
    problem::ApiError,
};

#[derive(Clone, Default, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct IncidentParams {
    /// `open` (default), `resolved` or `all`.
    pub state: Option<String>,
    pub cursor: Option<String>,
    pub limit: Option<u32>,
}

/// Findings shown on an incident's page; the list of findings has all.
const FINDINGS: u32 = 50;
/// Findings that are told one by one in an incident's story.
const TOLD: usize = 5;

pub async fn list(State(state): State<AppState>, Query(params): Query<IncidentParams>) -> Answer<Page<IncidentRow>> {
    let states = match params.state.as_deref() {
        None | Some("open" | "") => vec![IncidentState::Gathering, IncidentState::Open, IncidentState::Acknowledged],
        Some("resolved") => vec![IncidentState::Resolved],
        Some("all") => vec![],
        Some(other) => return Err(expected("state", "open, resolved or all", other)),
    };
    let filter = IncidentFilter { states, ..IncidentFilter::default() };
    let page = state.store.incidents(&filter, &paging(params.cursor.as_deref(), params.limit)?).await?;
    let next = page.next.map(|cursor| cursor.to_string());
    Ok(Json(Page { items: rows(&state, &page.items).await?, next, total: None }))
}

/// What Overview shows: open ones, then those that ended in the range.
pub async fn newest(state: &AppState, range: Range, limit: u32) -> Result<Vec<IncidentRow>, ApiError> {
    // Asked for by themselves: what ended since may be more than a page, and must not push out what is still open.
    let of = |states| IncidentFilter {
        states,
        open_after: Some(ReceivedTime(range.from.0)),
        opened_before: Some(ReceivedTime(range.to.0)),
        ..IncidentFilter::default()
    };
    let open = vec![IncidentState::Gathering, IncidentState::Open, IncidentState::Acknowledged];
    let mut items = state.store.incidents(&of(open), &Paging::first(Paging::MAX)).await?.items;
    items.sort_by_key(|it| (std::cmp::Reverse(it.severity), it.opened));
    let ended = of(vec![IncidentState::Resolved]);
    items.extend(state.store.incidents(&ended, &Paging::first(limit)).await?.items);
    items.truncate(limit as usize);
    rows(state, &items).await
}

async fn rows(state: &AppState, incidents: &[Incident]) -> Result<Vec<IncidentRow>, ApiError> {
    let mut rows = Vec::with_capacity(incidents.len());
    for incident in incidents {
        rows.push(row(state, incident).await?);
    }
    Ok(rows)
}

async fn row(state: &AppState, it: &Incident) -> Result<IncidentRow, ApiError> {
    let example = match it.findings.first() {
        Some(id) => state.store.finding(*id).await?.map(|row| row.finding),
        None => None,
    };
    let told = state.store.decisions(it.id).await?.iter().filter(|it| it.reason.tells()).count();
    let verdict = match it.cause.rule {
        _ if it.state == IncidentState::Resolved => VerdictWord::Converged,
        Rule::Hotspot => VerdictWord::Lagging,
        _ => VerdictWord::Diverged,
    };
    let partition =
        if it.cause.partition.is_empty() { String::new() } else { format!(" · partition {}", it.cause.partition) };
    Ok(IncidentRow {
        number: it.number,
        headline: prose::incident_in(it, example.as_ref(), state.clock.now(), prose::Times::Stamped),
        detail: format!("{} · {}{partition}", it.cause.place, it.cause.reason),
        verdict,
        severity: it.severity.word().to_owned(),
        state: word(it.state).to_owned(),
        rule: it.cause.rule.word().to_owned(),
        place: it.cause.place.to_string(),
        reason: it.cause.reason.to_string(),
        partition: it.cause.partition.to_string(),
        since: it.since,
        opened: it.opened,
        resolved: it.resolved,
        open_findings: it.open_findings,
        all_findings: it.all_findings,
        told: told as u32,
    })
}

const fn word(state: IncidentState) -> &'static str {
    match state {
        IncidentState::Gathering => "gathering",
        IncidentState::Open => "open",
        IncidentState::Acknowledged => "acknowledged",
        IncidentState::Resolved => "resolved",
    }
}

pub async fn one(State(state): State<AppState>, Path(number): Path<u32>) -> Answer<IncidentPage> {
    let it = find(&state, number).await?;
    let filter = FindingFilter { incident: Some(it.id), ..FindingFilter::default() };
    let page = state.store.findings(&filter, FindingOrder::Longest, &Paging::first(FINDINGS)).await?;
    let findings: Vec<FindingView> = page.items.iter().map(findings::view).collect();
    let decisions = state.store.decisions(it.id).await?;
    let deliveries = state.store.deliveries(it.id).await?;
    Ok(Json(IncidentPage {
        row: row(&state, &it).await?,
        acknowledged_by: it.acknowledged.as_ref().map(|(_, by)| by.to_string()),
        timeline: timeline(&it, &findings, &decisions, &deliveries),
        findings,
        deliveries: deliveries.iter().map(delivery).collect(),
    }))
}

async fn find(state: &AppState, number: u32) -> Result<Incident, ApiError> {
    state.store.incident(number).await?.ok_or_else(|| ApiError::not_found(format!("there is no incident {number}")))
}

/// The story in order of time: what was found, who was told, and every decision not to tell, with its reason.
fn timeline(
    it: &Incident,
    findings: &[FindingView],
    decisions: &[Decision],
    deliveries: &[Delivery],
) -> Vec<IncidentEvent> {
    let event = |at, kind: &str, title: String, detail: String, link| IncidentEvent {
        at,
        kind: kind.to_owned(),
        title,
        detail,
        link,
    };
    let mut events = Vec::new();
    for finding in findings.iter().take(TOLD) {
        let due = finding
            .due
            .map_or_else(String::new, |due| format!("due {}", prose::Times::Stamped.clock(due, finding.opened)));
        events.push(event(
            finding.opened,
            "finding",
            finding.sentence.clone(),
            due,
            Some(format!("/api/v1/findings/{}", finding.id)),
        ));
        if let Some(at) = finding.resolved {
            let how = finding.resolution.clone().unwrap_or_default().replace('_', " ");
            events.push(event(at, "resolved", format!("No longer so: {}", finding.sentence), how, None));
        }
    }
    let opened: Vec<_> = findings.iter().map(|it| it.opened).collect();
    events.extend(untold(&opened, it.all_findings));
    events.push(event(
        it.opened,
        "opened",
        "Incident opened".to_owned(),
        match it.all_findings {
            1 => "one finding by now".to_owned(),
            some => format!("{some} findings share its cause by now"),
        },
        None,
    ));
    for decision in decisions {
        let receiver = decision.receiver.as_ref().map_or("nobody".to_owned(), ToString::to_string);
        let (title, detail) = match &decision.reason {
            NotifyReason::Opened => (format!("Told {receiver}"), "it is new".to_owned()),
            NotifyReason::Worse => (format!("Told {receiver}"), "it grew worse".to_owned()),
            NotifyReason::Ended => (format!("Told {receiver}"), "it ended".to_owned()),
            NotifyReason::Repeated => (format!("Told {receiver}"), "it is still open".to_owned()),
            NotifyReason::Asked => (format!("Told {receiver}"), "somebody asked for it".to_owned()),
            NotifyReason::EndedWhileGathering => {
                ("Not told".to_owned(), "it ended before anybody was told of it".to_owned())
            }
            NotifyReason::Silenced { until } => {
                let until = prose::Times::Stamped.clock(SourceTime(until.0), decision.at);
                ("Not told".to_owned(), format!("silenced until {until}"))
            }
            NotifyReason::Acknowledged => ("Not told".to_owned(), "somebody works on it".to_owned()),
            NotifyReason::NoReceiver => ("Not told".to_owned(), "no receiver is configured for it".to_owned()),
        };
        events.push(event(decision.at, if decision.reason.tells() { "told" } else { "not_told" }, title, detail, None));
    }
    for delivery in deliveries {
        if let DeliveryState::Dead { at } = delivery.state {
            events.push(event(
                at,
                "not_told",
                format!("Gave up telling {}", delivery.message.receiver),
                format!("{} tries", delivery.attempts_total),
                None,
            ));
        }
    }
    if let Some((at, by)) = &it.acknowledged {
        events.push(event(*at, "acknowledged", format!("{by} works on it"), String::new(), None));
    }
    for note in &it.notes {
        events.push(event(note.at, "note", format!("Note by {}", note.by), note.text.to_string(), None));
    }
    if let Some(at) = it.resolved {
        events.push(event(at, "resolved", "Incident resolved".to_owned(), String::new(), None));
    }
    events.sort_by_key(|it| it.at);
    events
}

/// That there are more findings than the story tells one by one, behind the last that it tells.
fn untold(opened: &[ReceivedTime], all: u32) -> Option<IncidentEvent> {
    let told = &opened[..opened.len().min(TOLD)];
    let all = opened.len().max(all as usize);
    let more = all - told.len();
    (more > 0).then(|| IncidentEvent {
        at: told.iter().max().copied().unwrap_or_default(),
        kind: "finding".to_owned(),
        title: prose::counted(more as u64, "more finding"),
        detail: format!("the story tells {} of {all} one by one: those that were open for longest", told.len()),
        link: None,
    })
}

fn delivery(it: &Delivery) -> DeliveryView {
    let (word, next_try) = match it.state {
        DeliveryState::Waiting { due } => ("waiting", Some(due)),
        DeliveryState::Delivered { .. } => ("delivered", None),
        DeliveryState::Dead { .. } => ("dead", None),
    };
    DeliveryView {
        id: it.message.id.to_string(),
        receiver: it.message.receiver.to_string(),
        state: word.to_owned(),
        created: it.message.created,
        next_try,
        attempts: it
            .attempts
            .iter()
            .map(|it| AttemptView {
                at: it.at,
                status: it.status,
                error: it.note.clone(),
                took_seconds: it.took.seconds(),
            })
            .collect(),
    }
}

/// `POST /incidents/{number}/{acknowledge|resolve|note|silence|send-again}`, as JSON or as a form. A form, which a page
/// without scripts sends, is answered by leading back to the incident.
pub async fn act(
    State(state): State<AppState>,
    Path((number, name)): Path<(u32, String)>,
    Action { asker, asked }: Action<IncidentAction>,
) -> Result<Response, ApiError> {
    let incident = find(&state, number).await?;
    let by = action::by(&asked.by);
    let id = incident.id.0;
    let command = match name.as_str() {
        "acknowledge" => Command::Acknowledge { incident: id, by },
        "resolve" => Command::Resolve { incident: id, by },
        "note" if asked.text.trim().is_empty() => {
            return Err(ApiError::bad_request("a note needs its `text`").at("text"));
        }
        "note" => Command::Note { incident: id, by, text: asked.text.trim().into() },
        "silence" => Command::Silence {
            matcher: format!("place={}", incident.cause.place).into(),
            until: state.clock.now().plus(Lag::from_secs(i64::from(asked.for_seconds.unwrap_or(3_600)))),
            by,
            why: asked.text.trim().into(),
        },
        "send-again" => Command::SendAgain { incident: id, by },
        other => {
            return Err(ApiError::not_found(format!(
                "there is no action {other:?}; there are acknowledge, resolve, note, silence, send-again"
            )));
        }
    };
    state.ingest.command(command).await?;
    Ok(asker.done(&format!("/incidents/{number}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_story_says_how_many_findings_it_leaves_out() {
        let opened: Vec<_> = (1..=7).map(ReceivedTime::from_secs).collect();
        assert_eq!(untold(&opened[..5], 5), None);
        let event = untold(&opened, 12).unwrap();
        assert_eq!((event.at, event.title.as_str()), (opened[4], "7 more findings"));
        assert_eq!(event.detail, "the story tells 5 of 12 one by one: those that were open for longest");
        assert_eq!(untold(&opened, 3).unwrap().title, "2 more findings", "a saga that broke two promises counts once");
    }
}
