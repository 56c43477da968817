//! What can be wrong across the keys of `sagas:`: sources that are not there, steps that cannot be told apart.

use plumbline_collectors::config::SagaConfig;

use super::Look;
use crate::config::{compile, yaml::Path};

pub fn look(look: &mut Look<'_>) {
    let file = look.file;
    for (name, saga) in &file.sagas {
        let path = Path::of(&["sagas", name]);
        if saga.discover {
            let help = "declare its steps; learning them from the streams comes with a later version";
            look.key_error(&path.key("discover"), "`discover` is not built into this version", help);
        }
        ends(look, &path, saga);
        steps(look, &path, saga);
        from(look, &path, saga);
        deadlines(look, &path, saga);
    }
}

fn ends(look: &mut Look<'_>, path: &Path, saga: &SagaConfig) {
    let (completed, failed) = (saga.ends.completed.as_slice(), saga.ends.failed.as_slice());
    if completed.is_empty() && saga.steps.is_empty() {
        let message = "the saga has neither steps nor an end, so nothing can be late";
        look.error(path, message, "add `steps`, or `ends: { completed: … }` with `within`");
    }
    for event in completed {
        if failed.contains(event) {
            let message = format!("`{event}` cannot both complete the saga and fail it");
            look.error(&path.key("ends").key("failed"), message, "name it once");
        }
    }
    for (end, events) in [("completed", completed), ("failed", failed)] {
        if events.contains(&saga.start) {
            let message = format!("`{}` begins the saga and cannot end it", saga.start);
            look.error(&path.key("ends").key(end), message, "name another event");
        }
    }
    if failed.is_empty() {
        let help = "compensations are owed once the saga failed: add `ends: { failed: … }`";
        if saga.compensation.is_some() {
            look.key_error(&path.key("compensation"), "a saga that cannot fail owes no compensation", help);
        } else if let Some(at) = saga.steps.iter().position(|step| step.compensate.is_some()) {
            let path = path.key("steps").index(at).key("compensate");
            look.error(&path, "a saga that cannot fail owes no compensation", help);
        }
    }
}

fn steps(look: &mut Look<'_>, path: &Path, saga: &SagaConfig) {
    for (at, step) in saga.steps.iter().enumerate() {
        let path = path.key("steps").index(at).key("event");
        if step.event == saga.start {
            look.error(&path, format!("`{}` begins the saga, so it is no step", step.event), "leave the step out");
        }
        if saga.steps[..at].iter().any(|before| before.event == step.event) {
            let message = format!("`{}` completes two steps", step.event);
            look.error(&path, message, "one event completes one step; a repeated one is told apart by its type");
        }
        if saga.ends.failed.as_slice().contains(&step.event) {
            look.error(&path, format!("`{}` fails the saga, so it is no step", step.event), "leave the step out");
        }
        if saga.steps.iter().any(|other| other.compensate.as_ref() == Some(&step.event)) {
            look.error(&path, format!("`{}` undoes a step, so it is none", step.event), "leave the step out");
        }
    }
}

/// A saga that names no source needs one that brings events.
fn from(look: &mut Look<'_>, path: &Path, saga: &SagaConfig) {
    let file = look.file;
    let all_built = file.sources.values().all(super::sources::is_built);
    if saga.from.is_empty() && all_built && !file.sources.is_empty() && compile::saga_sources(file, saga).is_empty() {
        let help = "add a source of CloudEvents, or say under `events` which records are events";
        look.error(path, "no source brings events", help);
    }
}

fn deadlines(look: &mut Look<'_>, path: &Path, saga: &SagaConfig) {
    let steps =
        saga.steps.iter().enumerate().map(|(at, step)| (path.key("steps").index(at).key("within"), step.within));
    let all = [(path.key("within"), saga.within)]
        .into_iter()
        .chain([(path.key("compensation").key("within"), saga.compensation.as_ref().map(|it| it.within))])
        .chain(steps);
    let mut any = false;
    for (path, within) in all {
        any |= within.is_some();
        if within.is_some_and(|within| within.lag().0 == 0) {
            look.error(&path, "nothing is done within 0 s", "expected a time above zero, such as `30s`");
        }
    }
    if !any {
        let help = "add `within` to the saga or to its steps; deadlines are not learned by this version";
        look.warn(path, "the saga has no deadline, so nothing of it can be late", help);
    }
    if let Some(whole) = saga.within {
        let longer = saga.steps.iter().position(|step| step.within.is_some_and(|within| within > whole));
        if let Some(at) = longer {
            let message = format!("the step may take longer than the whole saga ({})", whole.lag());
            look.warn(&path.key("steps").index(at).key("within"), message, "the deadline of the whole comes first");
        }
    }
}
