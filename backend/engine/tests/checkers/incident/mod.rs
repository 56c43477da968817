//! Tests of the incident fold: timelines on a virtual clock, what is grouped, and what a message says.

mod grouping;
mod message;
mod properties;
mod timeline;
mod timelines;
