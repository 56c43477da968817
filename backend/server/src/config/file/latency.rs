//! `latency:`: what makes a hotspot.

use plumbline_collectors::config::Duration;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::config::scalar::Share;

#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct LatencyFile {
    /// A window is compared with the same window this long ago; with the preceding one while there is not enough history.
    pub baseline: Duration,
    pub hotspots: HotspotsFile,
    /// A finished trace is sealed when no span of it came for this long.
    pub settle: Duration,
    /// An unfinished trace is sealed as incomplete after this.
    pub give_up: Duration,
}

impl Default for LatencyFile {
    fn default() -> Self {
        Self {
            baseline: Duration::from_secs(86_400),
            hotspots: HotspotsFile::default(),
            settle: Duration::from_secs(10),
            give_up: Duration::from_secs(120),
        }
    }
}

/// Both must be exceeded.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct HotspotsFile {
    /// The least share of the critical path.
    pub min_share: Share,
    /// The least excess over the baseline, at p95.
    pub min_excess: Duration,
}

impl Default for HotspotsFile {
    fn default() -> Self {
        Self { min_share: Share::percent(2), min_excess: Duration::from_millis(10) }
    }
}
