//! Tests of the checkers in a small notation each: a few lines say what was seen and what is to be held of it.
//! One binary with a module per checker; `timeline` is what they share. Copy a test, change a line, run it.
#![allow(
    clippy::type_complexity,
    clippy::needless_range_loop,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test that meets what it cannot read must fail"
)]

mod convergence;
mod incident;
mod latency;
mod saga;
mod timeline;
