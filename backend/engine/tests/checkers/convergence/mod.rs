//! Tests of the convergence checker. `script` documents the notation, `expect` what can be expected.

mod expect;
mod script;

mod authorities;
mod baselines;
mod caches;
mod findings;
mod nines;
mod order;
mod partial;
mod probes;
mod properties;
mod snapshots;
mod unknown;
mod verdicts;
mod wandering;

use expect::check;
