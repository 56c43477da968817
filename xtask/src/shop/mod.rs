//! The simulated shop of the demo: gateway, orders (event-sourced, with a read model), a cache, stock, payment, shipping,
//! notification. It is deterministic from its seed and runs on a clock that is handed in; it knows nothing of Plumbline.

mod checkout;
mod deliver;
mod fact;
mod fault;
mod otlp;
mod rng;
mod run;
mod send;
mod stock;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

pub use deliver::Delivery;
pub use fact::{CloudEvent, Context, Fact, Feed, Kind, Span, Told};
pub use fault::{Fault, Injection, Timetable};
use rng::Rng;
pub use run::{Options, Running, serve};
use stock::{Move, Stock};

const MILLI: i64 = 1000;
const SECOND: i64 = 1_000_000;

#[derive(Clone, Debug)]
pub struct Settings {
    pub seed: u64,
    /// Orders per second, on average.
    pub rate: f64,
    pub faults: Vec<Fault>,
    /// Part of every id, so that the ids of two runs differ.
    pub tag: String,
}

/// The shop: what happens in it is asked for by time.
pub struct Shop {
    settings: Settings,
    rng: Rng,
    timetable: Timetable,
    start: i64,
    next_order: i64,
    orders: u64,
    stock: Stock,
    /// What will happen, in order of time and then of planning.
    planned: BTreeMap<(i64, u64), Step>,
    plans: u64,
    injections: Vec<Injection>,
    /// Begin of the lasting faults that were labelled last.
    lasting: BTreeMap<Fault, i64>,
}

/// Something that will happen.
enum Step {
    Tell(Feed, Told),
    /// The item's quantity changes; the version is known only then.
    Stock(Move),
}

impl Shop {
    /// A shop that opens at `start` (microseconds since 1970).
    pub fn new(settings: Settings, start: i64) -> Self {
        let mut shop = Self {
            rng: Rng::new(settings.seed),
            timetable: Timetable::new(settings.faults.clone()),
            start,
            next_order: start + SECOND,
            orders: 0,
            stock: Stock::new(&settings.tag),
            planned: BTreeMap::new(),
            plans: 0,
            injections: Vec::new(),
            lasting: BTreeMap::new(),
            settings,
        };
        for item in 0..shop.stock.items() {
            let delivery = Move { item, quantity: 5000, context: None, cause: None };
            shop.plan(start + 100 * MILLI, Step::Stock(delivery));
        }
        shop
    }

    /// What happens up to `now`, in order of time.
    pub fn advance(&mut self, now: i64) -> Vec<Fact> {
        let mut facts = Vec::new();
        loop {
            let planned = self.planned.first_key_value().map_or(i64::MAX, |((at, _), _)| *at);
            if planned.min(self.next_order) > now {
                break;
            }
            if self.next_order <= planned {
                self.order(self.next_order);
            } else if let Some(((at, _), step)) = self.planned.pop_first() {
                self.happen(at, step, &mut facts);
            }
        }
        for fault in Fault::ALL {
            self.label_lasting(fault, now);
        }
        facts
    }

    /// The faults that happened since the last call.
    pub fn injected(&mut self) -> Vec<Injection> {
        std::mem::take(&mut self.injections)
    }

    pub fn orders(&self) -> u64 {
        self.orders
    }

    fn order(&mut self, at: i64) {
        self.orders += 1;
        let gap_seconds = self.rng.exponential(1.0 / self.settings.rate.max(0.01));
        self.next_order = at + MILLI + (gap_seconds * 1e6) as i64;
        let fault = self.timetable.strike(at - self.start);
        checkout::checkout(self, at, fault);
    }

    fn happen(&mut self, at: i64, step: Step, facts: &mut Vec<Fact>) {
        match step {
            Step::Tell(feed, told) => facts.push(Fact { feed, at, told }),
            Step::Stock(change) => {
                let lag = self.rng.between(40, 300) * MILLI;
                let (row, (copied, copy)) = self.stock.apply(&change, at, lag);
                facts.push(Fact { feed: Feed::StockDb, at, told: Told::Cloud(row) });
                self.plan(copied, Step::Tell(Feed::StockView, Told::Cloud(copy)));
            }
        }
    }

    fn plan(&mut self, at: i64, step: Step) {
        self.plans += 1;
        self.planned.insert((at, self.plans), step);
    }

    fn inject(&mut self, fault: Fault, at: i64, subject: &str) {
        self.injections.push(Injection { fault, at, subject: subject.to_owned() });
    }

    fn label_lasting(&mut self, fault: Fault, now: i64) {
        let Some(age) = self.timetable.lasting(fault, now - self.start) else { return };
        if self.lasting.insert(fault, age) != Some(age) {
            self.inject(fault, self.start + age, "");
        }
    }
}
