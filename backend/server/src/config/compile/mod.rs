//! From the file to what the checkers need (`Rules`). Takes a validated file; decides nothing that a person could have got
//! wrong.

mod matchers;
mod rules;

pub use self::{
    matchers::{MatcherError, matchers},
    rules::{authority, clock_error, field_authority, rules, saga_sources},
};
