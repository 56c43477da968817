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
pub struct Sagas;
#[allow(unused_variables)]
impl Sagas {
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
        event: &EventFact,
        out: &mut Vec<Change>,
    ) {
    }
}
