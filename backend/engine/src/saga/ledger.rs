//! Findings told against an instance, reconciled with what its promises say now: what is opened, revised and resolved.
//! Reconciling twice tells nothing the second time.

use plumbline_model::{Change, Finding, FindingId, Resolution, SourceTime, finding::Resolved, time::ReceivedTime};

use super::{
    finding::{Case, print},
    instance::{Instance, Told},
    judge::Verdict,
    plan::Plan,
    promise::{Outcome, Promise},
    sources::Sources,
    split::Split,
};

/// What the reconciliation rests on.
#[derive(Clone, Copy)]
pub(super) struct Basis<'a> {
    pub plan: &'a Plan,
    pub sources: &'a Sources,
    pub now: ReceivedTime,
    /// How a finding ended whose promise is no longer made.
    pub lost: Resolved,
}

/// Tells what changed among the findings of `instance`.
pub(super) fn reconcile(
    instance: &mut Instance,
    split: &Split,
    verdicts: &[Verdict<'_>],
    basis: Basis<'_>,
    out: &mut Vec<Change>,
) {
    let tells = |outcome: &Outcome| matches!(outcome, Outcome::Broken { .. } | Outcome::Skipped { .. });
    let broken = verdicts.iter().flat_map(|it| &it.promises).any(|it| tells(&it.1));
    if !broken && instance.told().is_empty() {
        return;
    }
    let mut told = std::mem::take(instance.told_mut());
    let mut made: Vec<FindingId> = Vec::new();
    for (index, verdict) in verdicts.iter().enumerate() {
        let case = Case { instance, events: &instance.events, split, index, plan: basis.plan, sources: basis.sources };
        for (promise, outcome) in &verdict.promises {
            let id = case.id(promise);
            made.push(id);
            let known = told.iter().position(|it| it.id == id);
            match (outcome, known) {
                (Outcome::Broken { .. } | Outcome::Skipped { .. }, known) => {
                    let entry = known.map(|at| told.remove(at));
                    let entry = broken_promise(&case, promise, outcome, entry, basis, out);
                    told.insert(known.unwrap_or(told.len()), entry);
                }
                (_, None) => {}
                (outcome, Some(at)) => {
                    let entry = told.remove(at);
                    out.push(mended(&case, outcome, &entry, basis));
                }
            }
        }
    }
    told.retain(|entry| {
        let lost = !made.contains(&entry.id);
        if lost && entry.open {
            out.push(resolved(entry.id, basis.lost, None, basis.now));
        }
        !lost
    });
    *instance.told_mut() = told;
}

/// Resolves whatever is still open of one run, because nothing more will be learned of it.
pub(super) fn give_up(instance: &mut Instance, run: u32, now: ReceivedTime, out: &mut Vec<Change>) {
    let Some(rare) = &mut instance.rare else { return };
    rare.told.retain(|entry| {
        if entry.run == run && entry.open {
            out.push(resolved(entry.id, Resolved::Unknown, None, now));
        }
        entry.run != run
    });
}

fn broken_promise(
    case: &Case<'_>,
    promise: &Promise<'_>,
    outcome: &Outcome,
    known: Option<Told>,
    basis: Basis<'_>,
    out: &mut Vec<Change>,
) -> Told {
    let run = case.instance.run_number(case.index);
    let opened = known.as_ref().map_or(basis.now, |entry| entry.opened);
    // What was left out is over when it is known: nobody is waiting.
    let (ended, finding): (_, &dyn Fn(ReceivedTime) -> Finding) = match outcome {
        Outcome::Skipped { by } => (Some((Resolved::Superseded, *by)), &|opened| case.skipped(promise, *by, opened)),
        Outcome::Broken { ended } => (*ended, &|opened| case.finding(promise, opened)),
        _ => (None, &|opened| case.finding(promise, opened)),
    };
    let told = finding(opened);
    let mut entry = Told { id: told.id, run, opened, print: print(&told), open: true };
    match &known {
        Some(before) if before.open && ended.is_none() && before.print != entry.print => {
            out.push(Change::Revised(Box::new(told)));
        }
        Some(before) if before.open || ended.is_some() => {}
        _ => {
            entry.opened = basis.now;
            out.push(Change::Opened(Box::new(finding(basis.now))));
        }
    }
    if let Some((how, event)) = ended {
        if known.is_none_or(|before| before.open) {
            let seen = &case.events[event];
            out.push(resolved(entry.id, how, Some((seen.at, case.sources.observation_id(seen))), basis.now));
        }
        entry.open = false;
    }
    entry
}

/// A finding whose promise turns out not to be broken.
fn mended(case: &Case<'_>, outcome: &Outcome, entry: &Told, basis: Basis<'_>) -> Change {
    match outcome {
        _ if basis.lost == Resolved::EngineChanged => resolved(entry.id, basis.lost, None, basis.now),
        Outcome::Kept { by } => {
            let seen = &case.events[*by];
            let proof = Some((seen.at, case.sources.observation_id(seen)));
            resolved(entry.id, Resolved::Disproved, proof, basis.now)
        }
        Outcome::Undecided(_) => resolved(entry.id, Resolved::Unknown, None, basis.now),
        Outcome::Open { .. } | Outcome::Broken { .. } | Outcome::Skipped { .. } => {
            resolved(entry.id, basis.lost, None, basis.now)
        }
    }
}

pub(super) fn resolved(
    id: FindingId,
    how: Resolved,
    proof: Option<(SourceTime, plumbline_model::ObservationId)>,
    found: ReceivedTime,
) -> Change {
    let (at, evidence) = proof.unzip();
    Change::Resolved { id, resolution: Resolution { at, found, how, evidence } }
}
