//! Settings: what is in force.

use crate::ReceivedTime;

shapes! {
    pub struct SettingsPage {
        pub version: String,
        pub environment: String,
        /// The effective configuration as YAML, secrets masked.
        pub configuration: String,
        pub digest: String,
        pub since: Option<ReceivedTime>,
        pub receivers: Vec<ReceiverRow>,
        pub silences: Vec<SilenceRow>,
        pub telemetry: Vec<Gauge>,
    }

    pub struct ReceiverRow {
        pub receiver: String,
        /// `webhook`.
        pub kind: String,
        /// Where it goes, without secrets.
        pub target: String,
        pub delivered: u64,
        pub waiting: u64,
        pub dead: u64,
    }

    pub struct SilenceRow {
        /// What it holds back: `place=order/order-view`, joined by `&&` where there are more.
        pub matcher: String,
        pub until: ReceivedTime,
        pub by: String,
        pub why: String,
    }

    /// Body of `POST /silences/end`.
    #[derive(Default)]
    #[serde(default)]
    pub struct SilenceEnd {
        /// As `SilenceRow` has it.
        pub matcher: String,
        pub by: String,
    }

    /// One figure of the program about itself.
    pub struct Gauge {
        pub name: String,
        pub value: f64,
        pub unit: String,
        pub help: String,
    }
}
