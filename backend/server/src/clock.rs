//! The only place of the server that reads the time (TIM-1). Everything else is given a `Clock`, so that tests can hold it still.

use std::sync::{
    Arc,
    atomic::{AtomicI64, Ordering},
};

use plumbline_model::{Lag, ReceivedTime};

/// Tells the time that Plumbline's own machine has.
pub trait Clock: Send + Sync + 'static {
    fn now(&self) -> ReceivedTime;
}

/// A clock that can be shared.
pub type SharedClock = Arc<dyn Clock>;

/// The system's wall clock.
#[derive(Clone, Copy, Default, Debug)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "TIM-1: this is the one reader of the clock")]
    fn now(&self) -> ReceivedTime {
        let since_epoch = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
        ReceivedTime(i64::try_from(since_epoch.as_nanos()).unwrap_or(i64::MAX))
    }
}

/// A clock that stands until it is moved: for tests, and for reading recordings.
#[derive(Default, Debug)]
pub struct ManualClock(AtomicI64);

impl ManualClock {
    pub fn at(time: ReceivedTime) -> Arc<Self> {
        Arc::new(Self(AtomicI64::new(time.0)))
    }
    pub fn advance(&self, by: Lag) {
        self.0.fetch_add(by.0, Ordering::SeqCst);
    }
}

impl Clock for ManualClock {
    fn now(&self) -> ReceivedTime {
        ReceivedTime(self.0.load(Ordering::SeqCst))
    }
}
