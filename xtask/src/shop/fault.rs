//! The faults that the shop can be made to have, their timetable, and what each should be found as. A fault is labelled when
//! it happens, so that what was found can be compared with what is true.

use std::fmt;

use anyhow::{Result, bail};

/// One kind of fault.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Fault {
    /// The read model misses the last update of an order.
    LostUpdate,
    /// The cache keeps an old value of an order.
    StaleCache,
    /// Payment never answers.
    StuckPayment,
    /// An order is cancelled and its stock is never released.
    FailedCompensation,
    /// The read model applies two updates in the wrong order.
    Reordered,
    /// Senders deliver twice and out of order, as at-least-once delivery may.
    Duplicates,
    /// The payment provider is slow for a while.
    SlowEdge,
    /// The read model's sender is silent for a while and delivers later.
    BlindCollector,
}

/// Seconds after which a fault strikes again: one that strikes an order, and one that lasts. A hotspot is over when it has
/// been calm for three minutes, and what is usual is measured in calm minutes.
const CYCLE_SECONDS: i64 = 240;
const LASTING_CYCLE_SECONDS: i64 = 600;

impl Fault {
    pub const ALL: [Self; 8] = [
        Self::StuckPayment,
        Self::LostUpdate,
        Self::StaleCache,
        Self::FailedCompensation,
        Self::Reordered,
        Self::Duplicates,
        Self::SlowEdge,
        Self::BlindCollector,
    ];

    pub const fn name(self) -> &'static str {
        match self {
            Self::LostUpdate => "lost-update",
            Self::StaleCache => "stale-cache",
            Self::StuckPayment => "stuck-payment",
            Self::FailedCompensation => "failed-compensation",
            Self::Reordered => "reordered",
            Self::Duplicates => "duplicates",
            Self::SlowEdge => "slow-edge",
            Self::BlindCollector => "blind-collector",
        }
    }

    pub const fn words(self) -> &'static str {
        match self {
            Self::LostUpdate => "the read model loses an update",
            Self::StaleCache => "the cache keeps an old value",
            Self::StuckPayment => "payment never answers",
            Self::FailedCompensation => "an order is cancelled, its stock never released",
            Self::Reordered => "the read model applies updates in the wrong order",
            Self::Duplicates => "senders deliver twice and out of order",
            Self::SlowEdge => "the payment provider is slow",
            Self::BlindCollector => "the read model's sender is silent",
        }
    }

    /// What it should be found as; `None` where nothing may be found.
    pub const fn expected(self) -> Option<&'static str> {
        match self {
            Self::LostUpdate | Self::Reordered => Some("order-view diverged"),
            Self::StaleCache => Some("order-cache diverged"),
            Self::StuckPayment => Some("checkout stuck at payment"),
            Self::FailedCompensation => Some("stock not released"),
            Self::SlowEdge => Some("hotspot of payment"),
            Self::Duplicates | Self::BlindCollector => None,
        }
    }

    /// When it begins in each cycle, and for how long it lasts; 0 where it strikes one order.
    const fn timetable_seconds(self) -> (i64, i64) {
        match self {
            Self::StuckPayment => (6, 0),
            Self::LostUpdate => (7, 0),
            Self::StaleCache => (9, 0),
            Self::FailedCompensation => (11, 0),
            Self::Reordered => (13, 0),
            Self::Duplicates => (15, 30),
            Self::BlindCollector => (100, 25),
            // Three minutes show what is usual; two whole ones are then slow.
            Self::SlowEdge => (200, 150),
        }
    }

    /// Reads `none`, `all`, or names with commas between.
    ///
    /// # Errors
    /// When a name is none of them.
    pub fn list(text: &str) -> Result<Vec<Self>> {
        let mut faults = Vec::new();
        for name in text.split(',').map(str::trim).filter(|name| !name.is_empty()) {
            match (name, Self::ALL.into_iter().find(|fault| fault.name() == name)) {
                ("none", _) => {}
                ("all", _) => faults.extend(Self::ALL),
                (_, Some(fault)) => faults.push(fault),
                (_, None) => {
                    let names = Self::ALL.map(Self::name).join(", ");
                    bail!("{name:?} is no fault; expected `none`, `all` or some of: {names}")
                }
            }
        }
        faults.sort();
        faults.dedup();
        Ok(faults)
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A fault that happened.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Injection {
    pub fault: Fault,
    pub at: i64,
    /// The key or the saga instance that it struck; empty where it strikes none in particular.
    pub subject: String,
}

/// When which fault strikes.
#[derive(Clone, Debug)]
pub struct Timetable {
    faults: Vec<Fault>,
    /// Times a fault that strikes single orders has struck.
    struck: Vec<(Fault, i64)>,
}

impl Timetable {
    pub fn new(faults: Vec<Fault>) -> Self {
        Self { struck: faults.iter().map(|fault| (*fault, 0)).collect(), faults }
    }

    /// The fault that strikes the order which arrives now, `age` microseconds after the shop's start.
    pub fn strike(&mut self, age: i64) -> Option<Fault> {
        let seconds = age.div_euclid(1_000_000);
        let due = self.struck.iter_mut().find(|(fault, struck)| {
            let (begin, lasts) = fault.timetable_seconds();
            lasts == 0 && seconds >= begin + *struck * CYCLE_SECONDS
        })?;
        due.1 += 1;
        Some(due.0)
    }

    /// Whether a fault that lasts is on, `age` microseconds after the start; and since when.
    pub fn lasting(&self, fault: Fault, age: i64) -> Option<i64> {
        let (begin, lasts) = fault.timetable_seconds();
        let since = age - begin * 1_000_000;
        if !self.faults.contains(&fault) || since < 0 {
            return None;
        }
        let in_cycle = since.rem_euclid(LASTING_CYCLE_SECONDS * 1_000_000);
        (in_cycle < lasts * 1_000_000).then(|| age - in_cycle)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: i64 = 1_000_000;

    #[test]
    fn faults_are_read_from_a_list() {
        assert_eq!(Fault::list("none").unwrap(), []);
        assert_eq!(Fault::list("all").unwrap().len(), Fault::ALL.len());
        assert_eq!(Fault::list("stale-cache,slow-edge").unwrap(), [Fault::StaleCache, Fault::SlowEdge]);
        assert!(Fault::list("slow").unwrap_err().to_string().contains("slow-edge"));
    }

    #[test]
    fn a_fault_strikes_one_order_a_cycle() {
        let mut table = Timetable::new(vec![Fault::StuckPayment]);
        let strikes: Vec<i64> = (0..500).filter(|second| table.strike(second * SECOND).is_some()).collect();
        assert_eq!(strikes, [6, 246, 486]);
    }

    #[test]
    fn a_lasting_fault_is_on_for_its_time() {
        let table = Timetable::new(vec![Fault::SlowEdge]);
        let on: Vec<i64> = (0..1000).filter(|it| table.lasting(Fault::SlowEdge, it * SECOND).is_some()).collect();
        assert_eq!((on[0], on[150], on.len()), (200, 800, 150 + 150));
        assert_eq!(table.lasting(Fault::BlindCollector, 101 * SECOND), None, "it is not among the chosen");
    }
}
