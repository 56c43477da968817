//! How long until a replica shows a write: a histogram over the cumulative share on a scale of nines (y = −log10(1 − share)),
//! both on one logarithmic axis of time. The promise is a corner: a curve that enters the tinted field breaks it. Writes
//! that are not shown yet stand in a column of their own and count in the denominator.

use leptos::prelude::*;
use plumbline_model::api::LagDistribution;

use super::scale::pct;
use crate::format;

/// Bars of the histogram over the whole axis.
const BINS: usize = 44;
/// The share of the width that times take; the rest belongs to "not yet".
const TIMES: f64 = 0.88;
const TOP: f64 = 20.0;
const BARS: f64 = 64.0;
const CURVE_TOP: f64 = TOP + BARS + 30.0;
const CURVE: f64 = 180.0;
const BOTTOM: f64 = CURVE_TOP + CURVE;

/// A logarithmic axis of seconds.
#[derive(Clone, Copy, Debug)]
struct Axis {
    low: f64,
    high: f64,
}

impl Axis {
    /// Whole decades around all that is drawn.
    fn around(parts: &[&LagDistribution], within_seconds: f64) -> Self {
        let buckets = || parts.iter().flat_map(|part| &part.buckets).filter(|bucket| bucket.count > 0);
        let low = buckets().map(|bucket| bucket.from_seconds).fold(within_seconds, f64::min).max(1e-4);
        let high = buckets().map(|bucket| bucket.to_seconds).fold(within_seconds * 2.0, f64::max);
        Self { low: 10_f64.powf(low.log10().floor()), high: 10_f64.powf(high.log10().ceil()) }
    }
    /// Share of the chart's width.
    fn x(self, seconds: f64) -> f64 {
        let share = (seconds.max(self.low) / self.low).log10() / (self.high / self.low).log10();
        share.clamp(0.0, 1.0) * TIMES
    }
    fn decades(self) -> Vec<f64> {
        let (low, high) = (self.low.log10().round() as i32, self.high.log10().round() as i32);
        (low..=high).map(|power| 10_f64.powi(power)).collect()
    }
}

/// The cumulative share at the end of each bucket, of all checked writes.
fn cumulative(part: &LagDistribution) -> Vec<(f64, f64)> {
    let shown: u64 = part.buckets.iter().map(|bucket| bucket.count).sum();
    let all = (shown + part.not_yet) as f64;
    let mut sum = 0;
    part.buckets
        .iter()
        .filter(|bucket| bucket.count > 0)
        .map(|bucket| {
            sum += bucket.count;
            (bucket.to_seconds, sum as f64 / all.max(1.0))
        })
        .collect()
}

/// Nines of a share, no more than the chart has.
fn nines(share: f64, most: f64) -> f64 {
    if share >= 1.0 { most } else { (-(1.0 - share).log10()).clamp(0.0, most) }
}

/// Counts by bin of the axis; a bucket that lies over several is split by its overlap, so that no comb appears.
fn bins(part: &LagDistribution, axis: Axis) -> Vec<f64> {
    let mut bins = vec![0.0; BINS];
    let place = |seconds: f64| axis.x(seconds) / TIMES * BINS as f64;
    for bucket in part.buckets.iter().filter(|bucket| bucket.count > 0) {
        let (from, to) = (place(bucket.from_seconds), place(bucket.to_seconds));
        let (first, last) = ((from as usize).min(BINS - 1), (to.ceil() as usize).clamp(1, BINS));
        if to - from < 1e-9 || last <= first + 1 {
            bins[first] += bucket.count as f64;
            continue;
        }
        for (index, bin) in bins.iter_mut().enumerate().take(last).skip(first) {
            let overlap = to.min(index as f64 + 1.0) - from.max(index as f64);
            *bin += bucket.count as f64 * overlap.max(0.0) / (to - from);
        }
    }
    bins
}

pub fn distribution(
    now: &LagDistribution,
    before: &LagDistribution,
    within_seconds: f64,
    objective: Option<f64>,
) -> AnyView {
    let axis = Axis::around(&[now, before], within_seconds);
    let (curve, curve_before) = (cumulative(now), cumulative(before));
    let reached =
        |curve: &[(f64, f64)]| curve.iter().map(|(_, share)| *share).filter(|share| *share < 1.0).fold(0.0, f64::max);
    let wanted = objective.into_iter().chain([reached(&curve), reached(&curve_before), 0.99]).fold(0.0, f64::max);
    let most = (-(1.0 - wanted.min(0.999_999)).log10()).ceil().clamp(2.0, 6.0) + 0.3;
    let y = move |share: f64| CURVE - nines(share, most) / most * CURVE;
    let promise = axis.x(within_seconds);
    let words = summary(now, within_seconds);
    view! {
        <div class="tchart">
            <svg class="yaxis" width="56" height=BOTTOM + 40.0 aria-hidden="true">{levels(most, y)}</svg>
            <svg class="plot dist" width="100%" height=BOTTOM + 40.0 role="img" aria-label=words>
                {histogram(now, axis, within_seconds)}
                {objective.map(|objective| corner(promise, y(objective), objective))}
                {grid(most, y)}
                <svg y=CURVE_TOP width="100%" height=CURVE viewBox=format!("0 0 1000 {CURVE}") preserveAspectRatio="none" class="stretch">
                    <path class="line faint dashed" d=steps(&curve_before, axis, y) />
                    <path class="line ink" d=steps(&curve, axis, y) />
                </svg>
                <line class="promise" x1=pct(promise) x2=pct(promise) y1="4" y2=BOTTOM />
                <text class="halo strong" x=pct(promise) dx="6" y="13">{format!("promised within {}", format::period(within_seconds))}</text>
                {axis_labels(axis)}
            </svg>
        </div>
    }
    .into_any()
}

fn summary(now: &LagDistribution, within_seconds: f64) -> String {
    let shown: u64 = now.buckets.iter().map(|bucket| bucket.count).sum();
    format!(
        "{} writes shown, half of them within {}; {} not yet. Promised within {}.",
        format::count(shown),
        now.quantiles.p50_seconds.map_or_else(|| "an unknown time".to_owned(), format::duration),
        format::count(now.not_yet),
        format::period(within_seconds)
    )
}

fn histogram(part: &LagDistribution, axis: Axis, within_seconds: f64) -> AnyView {
    let bins = bins(part, axis);
    let most = bins.iter().copied().fold(1.0, f64::max);
    let width = TIMES / BINS as f64;
    let bars: Vec<AnyView> = bins
        .iter()
        .enumerate()
        .filter(|(_, count)| **count > 0.0)
        .map(|(index, count)| {
            // One write among a million is still a line of two pixels.
            let height = (count / most * BARS).max(2.0);
            let x = index as f64 * width;
            let late = x >= axis.x(within_seconds) - width / 2.0;
            view! {
                <rect class={if late { "bar late" } else { "bar" }} x=pct(x) width=pct(width * 0.9) y=TOP + BARS - height height=height>
                    <title>{format::counted(count.round() as u64, "write", "writes")}</title>
                </rect>
            }
            .into_any()
        })
        .collect();
    let not_yet = (part.not_yet > 0).then(|| {
        view! {
            <rect class="bar bad" x=pct(0.915) width=pct(0.06) y=TOP + BARS - 4.0 height="4" />
            <text class="strong" x=pct(0.945) y=TOP + BARS - 9.0 text-anchor="middle">{format::count(part.not_yet)}</text>
            <text x=pct(0.945) y=TOP + BARS + 15.0 text-anchor="middle">"not yet"</text>
        }
    });
    view! { <line class="grid" x1="0" x2="100%" y1=TOP + BARS + 0.5 y2=TOP + BARS + 0.5 />{bars}{not_yet} }.into_any()
}

/// The field that a kept promise stays out of: later than promised, by more than the objective allows.
fn corner(promise: f64, y: f64, objective: f64) -> AnyView {
    view! {
        <rect class="corner" x=pct(promise) width=pct(TIMES - promise) y=CURVE_TOP + y height=CURVE - y />
        <line class="promise" x1="0" x2=pct(TIMES) y1=CURVE_TOP + y y2=CURVE_TOP + y />
        <text class="halo" x=pct(TIMES) dx="-6" y=CURVE_TOP + y + 14.0 text-anchor="end">{format!("objective {}", format::percent(objective))}</text>
    }
    .into_any()
}

/// The shares 0 %, 90 %, 99 % … that fit.
fn shares(most: f64) -> Vec<f64> {
    (0..=most as i32).map(|nines| 1.0 - 10_f64.powi(-nines)).collect()
}

fn levels(most: f64, y: impl Fn(f64) -> f64) -> AnyView {
    let labels: Vec<AnyView> = shares(most)
        .into_iter()
        .map(|share| {
            view! { <text x="50" y=CURVE_TOP + y(share) + 4.0 text-anchor="end">{format::percent(share)}</text> }
                .into_any()
        })
        .collect();
    view! { <text x="50" y=TOP + BARS + 4.0 text-anchor="end">"writes"</text>{labels} }.into_any()
}

fn grid(most: f64, y: impl Fn(f64) -> f64) -> AnyView {
    let lines: Vec<AnyView> = shares(most)
        .into_iter()
        .map(|share| {
            let y = (CURVE_TOP + y(share)).round() + 0.5;
            view! { <line class="grid" x1="0" x2=pct(TIMES) y1=y y2=y /> }.into_any()
        })
        .collect();
    lines.into_any()
}

fn axis_labels(axis: Axis) -> AnyView {
    let labels: Vec<AnyView> = axis
        .decades()
        .into_iter()
        .map(|seconds| {
            let x = axis.x(seconds);
            let anchor = if x < 0.01 { "start" } else { "middle" };
            let words = match seconds {
                s if s < 1.0 => format!("{} ms", super::scale::trim(s * 1e3)),
                s if s < 100.0 => format!("{s} s"),
                s => format::age(format::lag(s)),
            };
            view! { <text x=pct(x) y=BOTTOM + 16.0 text-anchor=anchor>{words}</text> }.into_any()
        })
        .collect();
    labels.into_any()
}

/// The cumulative curve as steps from the left edge to where it ends.
fn steps(curve: &[(f64, f64)], axis: Axis, y: impl Fn(f64) -> f64) -> String {
    let Some(first) = curve.first() else { return String::new() };
    let mut path = format!("M0 {:.1}L{:.1} {:.1}", y(0.0), axis.x(first.0) * 1000.0, y(0.0));
    for (seconds, share) in curve {
        path.push_str(&format!("L{:.1} {:.1}", axis.x(*seconds) * 1000.0, y(*share)));
    }
    if let Some((_, share)) = curve.last() {
        path.push_str(&format!("L{:.1} {:.1}", TIMES * 1000.0, y(*share)));
    }
    path
}

#[cfg(test)]
mod tests {
    use plumbline_model::api::LagBucket;

    use super::*;

    fn part(buckets: &[(f64, f64, u64)], not_yet: u64) -> LagDistribution {
        let buckets =
            buckets.iter().map(|(from, to, count)| LagBucket { from_seconds: *from, to_seconds: *to, count: *count });
        LagDistribution { buckets: buckets.collect(), not_yet, ..Default::default() }
    }

    #[test]
    fn what_is_not_shown_yet_keeps_the_curve_below_one() {
        assert_eq!(cumulative(&part(&[(0.1, 0.2, 90), (0.2, 0.4, 9)], 1)), [(0.2, 0.9), (0.4, 0.99)]);
        assert_eq!(cumulative(&part(&[(0.1, 0.2, 5)], 0)), [(0.2, 1.0)]);
    }

    #[test]
    fn every_write_falls_into_one_bin() {
        let part = part(&[(0.0, 0.001, 3), (0.1, 0.2, 90), (500.0, 900.0, 9)], 1);
        let axis = Axis::around(&[&part], 10.0);
        assert!((bins(&part, axis).iter().sum::<f64>() - 102.0).abs() < 1e-6);
        assert!((axis.x(axis.low), axis.x(axis.high)) == (0.0, TIMES));
    }
}
