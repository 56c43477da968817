//! How a hotspot comes and goes: suspected in one window, found in the next that shares no sample with it, over when it has
//! been calm for a while. It must not look at times itself (`judge` does that).

use plumbline_model::{
    Change, Evidence, Finding, FindingId, Lag, Resolution, Rule, Subject,
    finding::{Detail, EvidenceRole, Resolved, Severity},
    rules::LatencyRule,
    time::Minute,
    trace::PathPlace,
};
use serde::{Deserialize, Serialize};
use xxhash_rust::xxh3::xxh3_64;

use super::{
    history::{MINUTES, Stay},
    judge::{Baseline, Figures, Verdict, judge},
};
use crate::Context;

/// Calm windows in a row that end a hotspot. More, and it is told as lasting when it is over; fewer, and it flaps.
const CALM_WINDOWS: u8 = 3;
/// A suspicion that cannot be looked into within this many minutes is dropped.
const SUSPICION_MINUTES: i64 = 3;
/// Figures that changed by this part are told again.
const TOLD_PART: i64 = 4;

/// Minutes of a place that end with the one that has just become final, as few as are enough to judge.
pub(crate) struct Window {
    pub first: Minute,
    pub last: Minute,
    pub stay: Stay,
    pub figures: Figures,
}

#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub(crate) enum Stage {
    /// One window was hot, up to this minute.
    Suspect {
        since: Minute,
        until: Minute,
        baseline: Baseline,
    },
    Open {
        finding: Box<Finding>,
        since: Minute,
        judged: Minute,
        baseline: Baseline,
        calm: Option<(u8, Minute)>,
    },
}

/// What becomes of a stage.
pub(crate) enum Next {
    Stay(Stage),
    /// There is nothing (more) to hold against the place. With the minutes in which there was.
    Nothing(Option<(Minute, Minute)>),
}

impl Stage {
    /// From which minute on samples count for the next look.
    pub fn looks_from(&self) -> Minute {
        match self {
            Self::Suspect { until, .. } => Minute(until.0 + 1),
            Self::Open { .. } => Minute(i64::MIN),
        }
    }

    /// Judges a place that nothing is held against.
    pub fn begin(rule: &LatencyRule, window: &Window, baseline: Baseline) -> Option<Self> {
        (judge(rule, &window.figures, &baseline) == Verdict::Hot).then_some(Self::Suspect {
            since: window.first,
            until: window.last,
            baseline,
        })
    }

    /// Goes on at a minute that became final, with its window if it has enough samples.
    pub fn go_on(
        self,
        cx: &Context<'_>,
        place: &PathPlace,
        now: Minute,
        window: Option<&Window>,
        out: &mut Vec<Change>,
    ) -> Next {
        let rule = &cx.rules.latency;
        match self {
            Self::Suspect { since, until, baseline } => match window {
                Some(window) if judge(rule, &window.figures, &baseline) == Verdict::Hot => {
                    let finding = Box::new(finding(cx, place, since, window, &baseline));
                    out.push(Change::Opened(finding.clone()));
                    Next::Stay(Self::Open { finding, since, judged: now, baseline, calm: None })
                }
                Some(_) => Next::Nothing(None),
                None if now.0 - until.0 >= SUSPICION_MINUTES => Next::Nothing(None),
                None => Next::Stay(Self::Suspect { since, until, baseline }),
            },
            Self::Open { finding, since, judged, baseline, calm } => {
                let Some(window) = window else {
                    if now.0 - judged.0 < MINUTES {
                        return Next::Stay(Self::Open { finding, since, judged, baseline, calm });
                    }
                    resolve(cx, finding.id, Resolved::Unknown, None, out);
                    return Next::Nothing(Some((since, judged)));
                };
                let calm = match (judge(rule, &window.figures, &baseline), calm) {
                    (Verdict::Calm, Some((count, first))) => Some((count + 1, first)),
                    (Verdict::Calm, None) => Some((1, window.first)),
                    _ => None,
                };
                if let Some((CALM_WINDOWS.., first)) = calm {
                    resolve(cx, finding.id, Resolved::Recovered, Some(first), out);
                    return Next::Nothing(Some((since, Minute(first.0 - 1))));
                }
                let finding = match calm {
                    None => revise(finding, window, &baseline, out),
                    Some(_) => finding,
                };
                Next::Stay(Self::Open { finding, since, judged: now, baseline, calm })
            }
        }
    }
}

fn finding(cx: &Context<'_>, place: &PathPlace, since: Minute, window: &Window, baseline: &Baseline) -> Finding {
    let subject = match place.clone() {
        PathPlace::Operation { service, operation } => Subject::Operation { service, operation },
        PathPlace::Edge { from, to, edge } => Subject::Edge { from, to, edge },
    };
    // Plain data has no way to fail to be written.
    let identity = postcard::to_stdvec(&(Rule::Hotspot, &subject, since)).unwrap_or_default();
    let sources = &cx.rules.latency.sources;
    Finding {
        id: FindingId(xxh3_64(&identity)),
        rule: Rule::Hotspot,
        subject,
        severity: Severity::Warning,
        since: Some(since.start()),
        due: None,
        opened: cx.now,
        resolution: None,
        detail: detail(&window.figures, baseline),
        evidence: evidence(&window.stay),
        frontiers: sources.iter().filter_map(|source| cx.frontiers.evidence(source, None)).collect(),
    }
}

fn detail(figures: &Figures, baseline: &Baseline) -> Detail {
    Detail::Slower {
        p95: figures.p95,
        baseline_p95: baseline.p95,
        share_ppm: figures.share_ppm,
        samples: figures.samples,
        baseline: baseline.kind,
    }
}

fn evidence(stay: &Stay) -> Vec<Evidence> {
    let roots = stay.exemplars.iter().filter_map(|it| it.root.clone());
    roots.map(|(id, at)| Evidence { id, at, role: EvidenceRole::Exemplar }).collect()
}

/// Tells the finding again if its figures have become quite different.
fn revise(mut finding: Box<Finding>, window: &Window, baseline: &Baseline, out: &mut Vec<Change>) -> Box<Finding> {
    let told = match &finding.detail {
        Detail::Slower { p95, .. } => *p95,
        _ => Lag::ZERO,
    };
    if (window.figures.p95.0 - told.0).abs() >= told.0 / TOLD_PART {
        finding.detail = detail(&window.figures, baseline);
        finding.evidence = evidence(&window.stay);
        out.push(Change::Revised(finding.clone()));
    }
    finding
}

fn resolve(cx: &Context<'_>, id: FindingId, how: Resolved, at: Option<Minute>, out: &mut Vec<Change>) {
    let resolution = Resolution { at: at.map(Minute::start), found: cx.now, how, evidence: None };
    out.push(Change::Resolved { id, resolution });
}
