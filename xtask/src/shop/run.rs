//! The shop in real time: what happened up to now is handed to the senders, again and again.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
        mpsc,
    },
    thread,
    time::Duration,
};

use super::{
    Delivery, Feed, Injection, SECOND, Settings, Shop,
    send::{Counters, Sender, Target},
};
use crate::clock::unix_micros;

const STEP: Duration = Duration::from_millis(50);

/// How the shop is run.
#[derive(Clone, Debug)]
pub struct Options {
    pub settings: Settings,
    pub target: Target,
}

impl Options {
    pub fn new(settings: Settings, to: &str, otlp: &str) -> Self {
        Self { settings, target: Target { to: to.to_owned(), otlp: otlp.to_owned() } }
    }
}

/// A shop that runs in the background until the process ends.
pub struct Running {
    /// The faults as they happen.
    pub injections: mpsc::Receiver<Injection>,
    pub counters: Arc<Counters>,
    orders: Arc<AtomicU64>,
}

impl Running {
    pub fn orders(&self) -> u64 {
        self.orders.load(Ordering::Relaxed)
    }
}

/// Opens the shop.
pub fn serve(options: Options) -> Running {
    let counters = Arc::new(Counters::default());
    let orders = Arc::new(AtomicU64::new(0));
    let (tell, injections) = mpsc::channel();
    let running = Running { injections, counters: Arc::clone(&counters), orders: Arc::clone(&orders) };
    thread::spawn(move || work(options, &counters, &orders, &tell));
    running
}

fn work(options: Options, counters: &Arc<Counters>, orders: &AtomicU64, tell: &mpsc::Sender<Injection>) {
    let Options { settings, target } = options;
    let start = unix_micros();
    let mut delivery = Delivery::new(settings.seed, settings.faults.clone(), start);
    let mut shop = Shop::new(settings, start);
    let senders: Vec<(Feed, Sender)> =
        Feed::ALL.into_iter().map(|feed| (feed, Sender::start(feed, &target, Arc::clone(counters)))).collect();
    let mut alive_at = start;
    loop {
        let now = unix_micros();
        for fact in shop.advance(now) {
            delivery.push(fact);
        }
        for fact in delivery.due(now) {
            if let Some((_, sender)) = senders.iter().find(|(feed, _)| *feed == fact.feed) {
                sender.send(fact);
            }
        }
        if now - alive_at >= SECOND {
            alive_at = now;
            let alive = senders.iter().filter(|(feed, _)| delivery.silent_until(*feed, now).is_none());
            alive.for_each(|(_, sender)| sender.alive());
        }
        orders.store(shop.orders(), Ordering::Relaxed);
        for injection in shop.injected() {
            if tell.send(injection).is_err() {
                return;
            }
        }
        thread::sleep(STEP);
    }
}
