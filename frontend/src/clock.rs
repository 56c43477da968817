//! Which clock the reader wants: UTC, which is what the server renders, or the local one, which only the browser knows and
//! takes over after hydration. Times are shown relative to the server's `now`, never to the machine's that shows them.

use leptos::prelude::*;
use plumbline_model::{Lag, SourceTime};

use crate::{
    format::{self, Civil, Moment},
    live::use_live,
    place::use_place,
};

/// The zone in which times are written.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub enum Zone {
    #[default]
    Utc,
    Local,
}

/// The reader's choice of zone, as context.
#[derive(Clone, Copy)]
pub struct Clock {
    zone: RwSignal<Zone>,
}

impl Clock {
    /// Provides the clock. `utc` in the URL, or stored as the reader's choice, keeps UTC.
    pub fn provide() -> Self {
        let clock = Self { zone: RwSignal::new(Zone::Utc) };
        provide_context(clock);
        let place = use_place();
        Effect::new(move |_| {
            let utc = place.read().has("utc") || crate::browser::stored("zone").as_deref() == Some("utc");
            clock.zone.set(if utc { Zone::Utc } else { Zone::Local });
        });
        clock
    }

    pub fn zone(self) -> Zone {
        self.zone.get()
    }

    /// Changes the zone and remembers it.
    pub fn toggle(self) {
        let next = if self.zone.get_untracked() == Zone::Utc { Zone::Local } else { Zone::Utc };
        crate::browser::store("zone", if next == Zone::Utc { "utc" } else { "local" });
        self.zone.set(next);
    }

    pub fn civil(self, at: impl Moment) -> Civil {
        let offset = match self.zone() {
            Zone::Utc => 0,
            Zone::Local => crate::browser::offset_minutes(at.ns()),
        };
        Civil::of(at, offset)
    }

    /// `2026-11-21 15:20:02.123 UTC`, for titles.
    pub fn exact(self, at: impl Moment) -> String {
        let civil = self.civil(at);
        let zone = if self.zone() == Zone::Utc { "UTC" } else { "local time" };
        format!("{} {} {zone}", civil.date, civil.precise())
    }
}

pub fn use_clock() -> Clock {
    use_context::<Clock>().unwrap_or_else(|| Clock { zone: RwSignal::new(Zone::Utc) })
}

/// `15:20:02`, exact on hover; with the day where it is not the server's today.
pub fn time(at: impl Moment) -> AnyView {
    stamp(at.ns(), |clock, at| {
        let civil = clock.civil(at);
        let today = use_live().now().map(|now| clock.civil(now).date);
        if today.is_none_or(|today| today == civil.date) {
            civil.clock
        } else {
            format!("{} {}", civil.day(), civil.minutes())
        }
    })
}

/// A time within a sentence: `15:20:02`, or `15:20` where the minute is all that is said; with the day where it is not the
/// server's today.
pub fn told(at: impl Moment, seconds: bool) -> AnyView {
    match seconds {
        true => stamp(at.ns(), |clock, at| with_day(clock, at, clock.civil(at).clock)),
        false => stamp(at.ns(), |clock, at| with_day(clock, at, clock.civil(at).minutes().to_owned())),
    }
}

fn with_day(clock: Clock, at: SourceTime, time: String) -> String {
    let (day, today) = (clock.civil(at), use_live().now().map(|now| clock.civil(now).date));
    if today.is_none_or(|today| today == day.date) { time } else { format!("{} {time}", day.day()) }
}

/// `15:20:02.123`.
pub fn time_precise(at: impl Moment) -> AnyView {
    stamp(at.ns(), |clock, at| clock.civil(at).precise())
}

/// `26 m`, exact on hover.
pub fn ago(at: impl Moment) -> AnyView {
    stamp(at.ns(), |clock, at| match use_live().now() {
        Some(now) => format::age(Lag(now.0.saturating_sub(at.0))),
        None => clock.civil(at).clock,
    })
}

/// As [`ago`], but a wait that has just begun is `0 s` long: "now" cannot be compared with a deadline.
pub fn waited(since: impl Moment) -> AnyView {
    stamp(since.ns(), |clock, at| match use_live().now() {
        Some(now) => match Lag(now.0.saturating_sub(at.0)) {
            short if short < Lag::from_secs(1) => "0 s".to_owned(),
            long => format::age(long),
        },
        None => clock.civil(at).clock,
    })
}

/// `21 Nov 2026`.
pub fn date(at: impl Moment) -> AnyView {
    stamp(at.ns(), |clock, at| {
        let civil = clock.civil(at);
        format!("{} {}", civil.day(), civil.date.get(..4).unwrap_or_default())
    })
}

/// A time whose words follow the clock, the exact time as its title. Not generic: it stands in every row of every table.
fn stamp(at_ns: i64, words: fn(Clock, SourceTime) -> String) -> AnyView {
    let (clock, at) = (use_clock(), SourceTime(at_ns));
    view! { <time class="nowrap" datetime=at.to_string() title=move || clock.exact(at)>{move || words(clock, at)}</time> }.into_any()
}

/// `14:20–15:20`, with days where the ends are not of one day.
pub fn range(from: impl Moment, to: impl Moment) -> AnyView {
    span(SourceTime(from.ns()), SourceTime(to.ns()))
}

fn span(from: SourceTime, to: SourceTime) -> AnyView {
    let clock = use_clock();
    let shown = move || {
        let (from, to) = (clock.civil(from), clock.civil(to));
        match from.date == to.date {
            true => format!("{}–{}", from.minutes(), to.minutes()),
            false => format!("{} {} – {} {}", from.day(), from.minutes(), to.day(), to.minutes()),
        }
    };
    view! { <span class="nowrap">{shown}</span> }.into_any()
}

/// Words at a time on an axis, in the reader's clock.
pub fn tick(at: SourceTime, words: fn(Civil) -> String) -> AnyView {
    let clock = use_clock();
    (move || words(clock.civil(at))).into_any()
}
