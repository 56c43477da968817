//! Tests of the convergence checker. `script` documents the notation, `expect` what can be expected.

mod expect;
mod script;

mod verdicts;

use expect::check;
