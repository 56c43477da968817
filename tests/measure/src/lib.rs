//! What the benches have in common. The machine that measures is shared, so that the clock on the wall tells of other people's
//! work: speed is measured in processor time. It must know nothing of what is measured.

mod cpu;
mod figure;

pub use cpu::{CpuTime, ThreadTime, process_time, thread_time};
pub use figure::{figure, quantile};
pub use peak_alloc::PeakAlloc;
