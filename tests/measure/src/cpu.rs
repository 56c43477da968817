//! Processor time as criterion's measurement: of one thread where the work is done in place, of the process where other
//! threads do a part of it (a store's writers).

use std::{marker::PhantomData, time::Duration};

use criterion::measurement::{Measurement, ValueFormatter, WallTime};
use rustix::time::{ClockId, clock_gettime};

/// What the whole process has spent on all cores.
pub fn process_time() -> Duration {
    spent(ClockId::ProcessCPUTime)
}

/// What this thread has spent.
pub fn thread_time() -> Duration {
    spent(ClockId::ThreadCPUTime)
}

fn spent(clock: ClockId) -> Duration {
    let spent = clock_gettime(clock);
    // These clocks start at zero and do not go back.
    Duration::new(spent.tv_sec.unsigned_abs(), spent.tv_nsec.unsigned_abs() as u32)
}

/// Whose time is measured.
pub trait Whose {
    fn spent() -> Duration;
}

/// This thread's.
pub struct Thread;
/// The process's.
pub struct Process;

impl Whose for Thread {
    fn spent() -> Duration {
        thread_time()
    }
}
impl Whose for Process {
    fn spent() -> Duration {
        process_time()
    }
}

/// Measures what was spent, not how long it took.
pub struct Spent<W>(PhantomData<W>);

/// Processor time of the process.
pub type CpuTime = Spent<Process>;
/// Processor time of the thread.
pub type ThreadTime = Spent<Thread>;

impl<W> Default for Spent<W> {
    fn default() -> Self {
        Self(PhantomData)
    }
}

impl<W: Whose> Measurement for Spent<W> {
    type Intermediate = Duration;
    type Value = Duration;

    fn start(&self) -> Duration {
        W::spent()
    }
    fn end(&self, start: Duration) -> Duration {
        W::spent().saturating_sub(start)
    }
    fn add(&self, left: &Duration, right: &Duration) -> Duration {
        *left + *right
    }
    fn zero(&self) -> Duration {
        Duration::ZERO
    }
    fn to_f64(&self, value: &Duration) -> f64 {
        WallTime.to_f64(value)
    }
    fn formatter(&self) -> &dyn ValueFormatter {
        WallTime.formatter()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waiting_is_not_spending() {
        let before = process_time();
        std::thread::sleep(Duration::from_millis(200));
        assert!(process_time() - before < Duration::from_millis(150));
    }
}
