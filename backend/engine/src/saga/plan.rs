//! A declared saga, compiled: event types by number, and for each of its promises the sources that could still keep it.
//! It must not know any instance.

use hashbrown::HashMap;
use plumbline_model::{
    EventType, SourceName,
    rules::{Rules, SagaRule, StepRule},
};
use smallvec::SmallVec;

use super::{
    event::Kind,
    sources::{SourceIndex, Sources},
};

/// A saga type and what its event types mean to it.
pub(super) struct Plan {
    pub rule: SagaRule,
    pub declared: Vec<Declared>,
    /// The sources that could still bring the start or an end.
    pub sources: Vec<SourceIndex>,
    /// Per step, the sources that could still disprove that it is late: those of its event and, because an end closes
    /// every wait, those of the saga (ENG-4).
    pub step_sources: Vec<Vec<SourceIndex>>,
    // order: only looked up.
    kinds: HashMap<EventType, u16>,
}

/// What a declared event type does. One type may do several things: the last step is often the end as well.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Declared {
    pub event: EventType,
    pub start: bool,
    pub end: Option<End>,
    /// The steps that it completes, in declared order.
    pub steps: SmallVec<[u16; 1]>,
    /// The steps that it undoes.
    pub undoes: SmallVec<[u16; 1]>,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum End {
    Completed,
    Failed,
}

impl Plan {
    pub fn new(rule: &SagaRule, rules: &Rules, sources: &mut Sources) -> Self {
        let mut plan = Self {
            rule: rule.clone(),
            declared: Vec::new(),
            sources: Vec::new(),
            step_sources: Vec::new(),
            kinds: HashMap::new(),
        };
        plan.declare(&rule.start).start = true;
        for event in &rule.completed {
            plan.declare(event).end = Some(End::Completed);
        }
        for event in &rule.failed {
            plan.declare(event).end.get_or_insert(End::Failed);
        }
        for (step, at) in rule.steps.iter().zip(0..) {
            plan.declare(&step.event).steps.push(at);
            if let Some(undo) = &step.compensate {
                plan.declare(undo).undoes.push(at);
            }
        }
        let all: Vec<_> = rules.sources.iter().map(|source| source.name.clone()).collect();
        let named = if rule.sources.is_empty() { &all } else { &rule.sources };
        plan.sources = intern(named.iter(), sources);
        plan.step_sources = rule.steps.iter().map(|step| intern(step.sources.iter().chain(named), sources)).collect();
        plan
    }

    /// Whether both judge alike; clock errors aside.
    pub fn same(&self, other: &Self) -> bool {
        self.rule == other.rule && self.sources == other.sources && self.step_sources == other.step_sources
    }

    fn declare(&mut self, event: &EventType) -> &mut Declared {
        let next = self.declared.len();
        let index = *self.kinds.entry(event.clone()).or_insert(u16::try_from(next).unwrap_or(u16::MAX));
        if usize::from(index) == next {
            self.declared.push(Declared {
                event: event.clone(),
                start: false,
                end: None,
                steps: SmallVec::new(),
                undoes: SmallVec::new(),
            });
        }
        &mut self.declared[usize::from(index)]
    }

    /// The number of a declared type; `None` where the saga does not declare it.
    pub fn kind(&self, event: &EventType) -> Option<Kind> {
        self.kinds.get(event).map(|index| Kind::declared(*index))
    }

    pub fn meaning(&self, kind: Kind) -> Option<&Declared> {
        self.declared.get(kind.as_declared()?)
    }

    pub fn step(&self, step: usize) -> &StepRule {
        &self.rule.steps[step]
    }
}

fn intern<'a>(names: impl Iterator<Item = &'a SourceName>, sources: &mut Sources) -> Vec<SourceIndex> {
    let mut indices = Vec::new();
    for name in names {
        let index = sources.intern(name);
        if !indices.contains(&index) {
            indices.push(index);
        }
    }
    indices
}
