//! Incidents: what must I act on?

use super::{FindingView, VerdictWord};
use crate::{ReceivedTime, SourceTime};

shapes! {
    pub struct IncidentRow {
        pub number: u32,
        /// One sentence; times in it are to the minute, `2026-11-21T14:54Z`.
        pub headline: String,
        /// The second line: what it concerns, in words.
        pub detail: String,
        pub verdict: VerdictWord,
        pub severity: String,
        /// `gathering`, `open`, `acknowledged`, `resolved`.
        pub state: String,
        pub rule: String,
        pub place: String,
        pub reason: String,
        pub partition: String,
        pub since: Option<SourceTime>,
        pub opened: ReceivedTime,
        pub resolved: Option<ReceivedTime>,
        pub open_findings: u32,
        pub all_findings: u32,
        pub told: u32,
    }

    pub struct IncidentPage {
        pub row: IncidentRow,
        pub acknowledged_by: Option<String>,
        pub findings: Vec<FindingView>,
        pub timeline: Vec<IncidentEvent>,
        pub deliveries: Vec<DeliveryView>,
    }

    /// Something in the story of an incident, in order of time.
    pub struct IncidentEvent {
        pub at: ReceivedTime,
        /// `finding`, `opened`, `told`, `not_told`, `acknowledged`, `note`, `resolved`.
        pub kind: String,
        pub title: String,
        pub detail: String,
        pub link: Option<String>,
    }

    /// One message to one receiver, with its tries.
    pub struct DeliveryView {
        /// The `webhook-id`.
        pub id: String,
        pub receiver: String,
        /// `waiting`, `delivered`, `dead`.
        pub state: String,
        pub created: ReceivedTime,
        pub next_try: Option<ReceivedTime>,
        pub attempts: Vec<AttemptView>,
    }

    pub struct AttemptView {
        pub at: ReceivedTime,
        pub status: Option<u16>,
        /// What went wrong, empty where nothing did.
        pub error: String,
        pub took_seconds: f64,
    }

    /// Body of the actions on an incident: acknowledge, resolve, note, silence, send-again.
    #[derive(Default)]
    #[serde(default)]
    pub struct IncidentAction {
        pub by: String,
        pub text: String,
        /// For a silence: how long, in seconds.
        pub for_seconds: Option<u32>,
    }
}
