//! Where the frontiers stand at the end of the input. A deadline counts as passed once every frontier that matters is beyond it by
//! the clock errors of both sides (SEM-1); for what is due by the common end to be decided, and nothing that is due later
//! (SEM-4), each source's frontier stands at the end plus its own error plus the greatest error among those it is held
//! against.

use std::collections::BTreeMap;

use plumbline_model::{Lag, SourceName, SourceTime, rules::Rules};

/// The final frontier of each source.
pub fn frontiers(rules: &Rules, end: SourceTime) -> BTreeMap<SourceName, SourceTime> {
    let errors: BTreeMap<_, _> = rules.sources.iter().map(|source| (&source.name, source.clock_error)).collect();
    let error = |source: &SourceName| errors.get(source).copied().unwrap_or_default();
    let mut together: Vec<Vec<&SourceName>> = Vec::new();
    for entity in &rules.entities {
        let authorities = entity.fields.iter().filter_map(|field| field.authority.as_ref()).chain([&entity.authority]);
        for authority in authorities.filter_map(|name| entity.replica(name)) {
            together.extend(entity.replicas.iter().map(|replica| vec![&authority.source, &replica.source]));
        }
    }
    for saga in &rules.sagas {
        together.push(saga.sources.iter().chain(saga.steps.iter().flat_map(|step| &step.sources)).collect());
    }
    rules
        .sources
        .iter()
        .map(|source| {
            let others = together.iter().filter(|group| group.contains(&&source.name)).flatten();
            let greatest = others.map(|other| error(other)).max().unwrap_or(Lag::ZERO);
            (source.name.clone(), end.plus(source.clock_error).plus(greatest))
        })
        .collect()
}
