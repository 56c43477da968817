//! placeholder
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
pub struct Convergence;
#[allow(unused_variables)]
impl Convergence {
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
        state: &StateFact,
        out: &mut Vec<Change>,
    ) {
    }
    pub(crate) fn snapshot(&mut self, cx: &Context<'_>, snapshot: &Snapshot, out: &mut Vec<Change>) {}
    pub(crate) fn command(&mut self, cx: &Context<'_>, command: &Command, out: &mut Vec<Change>) {}
}
