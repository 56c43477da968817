//! From the file to what the checkers (`Rules`) and the collectors (`Decoder`) need.

mod mappings;
mod matchers;
mod rules;

pub use self::{
    mappings::{doubts, mappings},
    matchers::{MatcherError, matchers},
    rules::{clock_error, rules, saga_sources},
};
