//! placeholder
#[cfg(test)]
mod notation;
pub mod path;
pub mod view;
use crate::{Context, RestoreError};
use plumbline_model::{
    Change, Observation,
    journal::*,
    observation::{EventFact, LogFact},
    rules::Rules,
    span::SpanFact,
    state::StateFact,
};
#[derive(Default)]
pub struct Latency;
#[allow(unused_variables)]
impl Latency {
    pub fn configure(&mut self, rules: &Rules) {}
    pub(crate) fn advance(&mut self, cx: &Context<'_>, out: &mut Vec<Change>) {}
    pub(crate) fn tick(&mut self, cx: &Context<'_>, out: &mut Vec<Change>) {}
    pub(crate) fn take_dirty(&mut self, entries: &mut Vec<StateEntry>) {}
    pub(crate) fn load(&mut self, entry: &StateEntry) -> Result<(), RestoreError> {
        Ok(())
    }
    pub(crate) fn observe(
        &mut self,
        cx: &Context<'_>,
        observation: &Observation,
        span: &SpanFact,
        out: &mut Vec<Change>,
    ) {
    }
    pub(crate) fn observe_log(&mut self, cx: &Context<'_>, observation: &Observation, log: &LogFact) {}
}
