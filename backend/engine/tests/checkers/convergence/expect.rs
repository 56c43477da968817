//! What a script may expect, and how it is compared with what the engine told.
//!
//! | expectation | |
//! | --- | --- |
//! | `expect 12s converged view k` | the verdict at that time, after everything of that time was seen |
//! | `expect 12s lagging view k due 15s` | `due` may be left out |
//! | `expect 15s diverged view k stale(1 behind, since 10s)` | the open finding; in brackets any of: `2 behind`, `since 10s`, `since unknown`, `due 15s`, `fields a b`, `expected x`, `held y`, `v3 not v2`, `missed POSITION`, `against SOURCE` (whose write it should show), `seen SOURCES` |
//! | `expect 15s unknown view k gap(view)` | why, with its source where it has one |
//! | `expect 15s opened view k` | a finding is told at exactly that time |
//! | `expect 20s resolved view k late` | the finding ended by then, so, and none is open |
//! | `expect 16s asked view k` | a probe is wanted at exactly that time |
//! | `expect 30s seen view 2` | so many keys were ever seen in it |
//! | `expect 30s open view 3, 1 not probed` | writes whose cells have not closed, and those of them that wait for an answer alone |
//! | `expect never finding` | of anything, ever |
//! | `expect 2 findings` | are opened in all |
//! | `expect 1 revisions` | are told in all |
//! | `expect cells view in-time 2, unobserved 1` | all that closed by the end; what is not named is 0; also `not-in-time`, `late`, `within-1s`, `within-10s`, `within-60s`, `unknown 1 gap` |
//! | `expect 61s keys view 1 converged, 2 unknown` | the gauge that is told then; what is not named is 0 |

use plumbline_engine::{Engine, convergence::ReplicaSummary};
use plumbline_model::{
    Change, Finding, Lag, Resolution, SourceTime, Subject, Verdict,
    finding::{Detail, EvidenceRole},
    rollup::{Amount, Cells, Keys, Series},
};

use super::script::{ENTITY, Script};
use crate::timeline::{Told, duration, time};

/// Plays a script and holds what was told against what it expects. Panics with all that fails and all that was told.
pub fn check(text: &str) {
    let script = Script::read(text);
    let mut timeline = script.timeline();
    let mut timed = Vec::new();
    for line in &script.expectations {
        let words: Vec<&str> = line.split_whitespace().skip(1).collect();
        if let Some(at) = words.first().filter(|word| word.ends_with('s')).and_then(|word| time(word)) {
            timeline.look(at);
            timed.push((at, line.clone(), words[1..].join(" ")));
        }
    }
    let mut failed = Vec::new();
    let told = timeline.play(|now, engine, told| {
        for (_, line, words) in timed.iter().filter(|(at, _, _)| *at == now) {
            let words: Vec<&str> = words.split_whitespace().collect();
            if let Err(why) = at_a_time(&words, now, engine, told) {
                failed.push(format!("{line}\n      {why}"));
            }
        }
    });
    let timeless = script.expectations.iter().filter(|line| !timed.iter().any(|(_, known, _)| known == *line));
    for line in timeless {
        let words: Vec<&str> = line.split_whitespace().skip(1).collect();
        if let Err(why) = in_all(&words, &told) {
            failed.push(format!("{line}\n      {why}"));
        }
    }
    assert!(!script.expectations.is_empty(), "a test that expects nothing cannot fail");
    let story: Vec<String> = told.iter().map(describe).collect();
    assert!(failed.is_empty(), "\n{}\n  {}\n  told:\n    {}\n", text, failed.join("\n  "), story.join("\n    "));
}

fn at_a_time(words: &[&str], now: SourceTime, engine: &Engine, told: &[Told]) -> Result<(), String> {
    match words {
        ["keys", replica, counts @ ..] => keys(replica, counts, now, told),
        ["asked", replica, key] => {
            let asked = told.iter().filter(|it| it.now == now).any(|it| {
                matches!(&it.change, Change::ProbeWanted { replica: asked, key: of, .. }
                    if asked.as_str() == *replica && of.as_str() == *key)
            });
            asked.then_some(()).ok_or_else(|| "nothing was asked".to_owned())
        }
        ["opened", replica, key] => {
            let opened = told.iter().any(|it| {
                it.now == now && matches!(&it.change, Change::Opened(finding) if is_of(finding, replica, key))
            });
            opened.then_some(()).ok_or_else(|| "no finding was opened then".to_owned())
        }
        ["seen", replica, count] => {
            let seen = summary(replica, engine).seen;
            (seen.to_string() == *count).then_some(()).ok_or_else(|| format!("{seen} were"))
        }
        ["open", replica, counts @ ..] => {
            let of = summary(replica, engine);
            let told = format!("{}, {} not probed", of.open_cells, of.unasked_cells);
            (told == counts.join(" ")).then_some(()).ok_or(told)
        }
        ["resolved", replica, key, how, rest @ ..] => resolved(replica, key, how, rest, told),
        [verdict, replica, key, rest @ ..] => {
            let context = engine.context();
            let verdicts = engine.convergence().verdicts_of_key(&context, &ENTITY.into(), &(*key).into());
            let found = verdicts.into_iter().find(|it| it.replica.as_str() == *replica);
            let found = found.ok_or_else(|| "the key was never seen, or the replica is not checked".to_owned())?;
            let open = open(replica, key, told);
            compare(verdict, rest, &found.verdict, open.as_ref())
        }
        _ => Err("this expectation is not known".to_owned()),
    }
}

fn summary(replica: &str, engine: &Engine) -> ReplicaSummary {
    let all = engine.convergence().summary(&engine.context());
    all.into_iter().find(|it| it.replica.as_str() == replica).expect("a checked replica")
}

fn compare(expected: &str, rest: &[&str], verdict: &Verdict, open: Option<&Finding>) -> Result<(), String> {
    let same = match (expected, verdict, rest) {
        ("converged", Verdict::Converged, []) | ("lagging", Verdict::Lagging { .. }, []) => true,
        ("lagging", Verdict::Lagging { due }, ["due", at]) => Some(*due) == time(at),
        ("unknown", Verdict::Unknown { why }, word) => {
            let source = why.source().map(|source| format!("({source})")).unwrap_or_default();
            word.join(" ") == format!("{}{source}", why.word())
        }
        ("diverged", Verdict::Diverged { reason }, rest) => {
            let finding = open.ok_or("diverged, and no finding is open")?;
            let Detail::Divergence { reason: told, .. } = &finding.detail else { return Err("another rule".into()) };
            if told != reason {
                return Err(format!("the verdict says {reason}, the finding {told}"));
            }
            return details(&rest.join(" "), finding);
        }
        _ => false,
    };
    if same && open.is_some() != matches!(verdict, Verdict::Diverged { .. }) {
        return Err(format!("{verdict:?}, and a finding is open"));
    }
    same.then_some(()).ok_or_else(|| format!("it is {verdict:?}"))
}

fn details(text: &str, finding: &Finding) -> Result<(), String> {
    let (word, details) = text.split_once('(').unwrap_or((text, ""));
    let Detail::Divergence { reason, fields, behind, expected_version, held_version } = &finding.detail else {
        return Err("another rule".into());
    };
    let mut wrong = Vec::new();
    if !word.is_empty() && reason.word() != word {
        wrong.push(format!("it is {reason}"));
    }
    let mut hold = |same: bool, what: String| {
        if !same {
            wrong.push(what)
        }
    };
    for detail in details.trim_end_matches(')').split(", ").filter(|detail| !detail.is_empty()) {
        let words: Vec<&str> = detail.split_whitespace().collect();
        match words.as_slice() {
            [count, "behind"] => {
                hold(behind.map(|it| it.to_string()).as_deref() == Some(count), format!("{behind:?} behind"))
            }
            ["since", "unknown"] => hold(finding.since.is_none(), format!("since {:?}", finding.since)),
            ["since", at] => hold(finding.since == time(at), format!("since {:?}", finding.since)),
            ["due", at] => hold(finding.due == time(at), format!("due {:?}", finding.due)),
            ["fields", names @ ..] => {
                let told: Vec<&str> = fields.iter().map(|diff| diff.field.as_str()).collect();
                hold(told == *names, format!("fields {told:?}"));
            }
            ["expected", text] => {
                let told: Vec<_> = fields.iter().map(|diff| diff.expected.as_deref()).collect();
                hold(told.contains(&Some(*text)), format!("expected {told:?}"));
            }
            ["held", text] => {
                let told: Vec<_> = fields.iter().map(|diff| diff.held.as_deref()).collect();
                hold(told.contains(&Some(*text)), format!("held {told:?}"));
            }
            [expected, "not", held] => {
                let told = [expected_version, held_version].map(|it| it.map(|it| format!("v{it}")).unwrap_or_default());
                hold(told == [*expected, *held], format!("versions {told:?}"));
            }
            ["missed", position] => {
                let first = finding.evidence.iter().find(|it| it.role == EvidenceRole::FirstMissed);
                let first = first.or_else(|| finding.evidence.iter().find(|it| it.role == EvidenceRole::Expected));
                let told = first.map(|it| it.id.position.order.to_string());
                hold(told.as_deref() == Some(position), format!("missed {told:?}"));
            }
            ["against", source] => {
                let expected = finding.evidence.iter().find(|it| it.role == EvidenceRole::Expected);
                let told = expected.map(|it| it.id.source.as_str());
                hold(told == Some(*source), format!("against {told:?}"));
            }
            ["seen", names @ ..] => {
                let told: Vec<&str> = finding.frontiers.iter().map(|it| it.source.as_str()).collect();
                hold(told == *names, format!("seen {told:?}"));
            }
            _ => hold(false, format!("{detail:?} is not known")),
        }
    }
    if wrong.is_empty() { Ok(()) } else { Err(wrong.join("; ")) }
}

fn resolved(replica: &str, key: &str, how: &str, rest: &[&str], told: &[Told]) -> Result<(), String> {
    if let Some(open) = open(replica, key, told) {
        return Err(format!("{} is still open", open.id));
    }
    let opened = told.iter().rev().find_map(|it| match &it.change {
        Change::Opened(finding) if is_of(finding, replica, key) => Some(finding.id),
        _ => None,
    });
    let opened = opened.ok_or("nothing was ever open")?;
    let resolution = told.iter().rev().find_map(|it| match &it.change {
        Change::Resolved { id, resolution } if *id == opened => Some(resolution),
        _ => None,
    });
    let Resolution { at, how: told, .. } = resolution.ok_or("it was not resolved")?;
    let right_time = match rest {
        ["at", time_text] => *at == time(time_text),
        _ => true,
    };
    let same = format!("{told:?}").to_lowercase() == how && right_time;
    same.then_some(()).ok_or_else(|| format!("it was resolved {told:?} at {at:?}"))
}

fn in_all(words: &[&str], told: &[Told]) -> Result<(), String> {
    let count = |is: fn(&Change) -> bool| told.iter().filter(|it| is(&it.change)).count();
    let (opened, wanted) = match words {
        ["never", "finding"] => (count(|it| matches!(it, Change::Opened(_))), 0),
        [number, "findings"] => (count(|it| matches!(it, Change::Opened(_))), number.parse().map_err(|_| "a number")?),
        [number, "revisions"] => {
            (count(|it| matches!(it, Change::Revised(_))), number.parse().map_err(|_| "a number")?)
        }
        ["cells", replica, counts @ ..] => return cells(replica, counts, told),
        _ => return Err("this expectation is not known".to_owned()),
    };
    if opened == wanted { Ok(()) } else { Err(format!("there were {opened}")) }
}

fn cells(replica: &str, counts: &[&str], told: &[Told]) -> Result<(), String> {
    let mut sum = Amount::Cells(Cells::default());
    for it in told {
        if let Change::Rollup(rollup) = &it.change
            && matches!(&rollup.series, Series::Cells { replica: of, .. } if of.as_str() == replica)
        {
            sum.add(&rollup.amount);
        }
    }
    let Amount::Cells(sum) = sum else { return Err("no cells".into()) };
    let mut expected = Cells { lag: sum.lag.clone(), ..Cells::default() };
    let mut lag_max = None;
    for part in counts.join(" ").split(", ") {
        let words: Vec<&str> = part.split_whitespace().collect();
        let number = words[1].parse().unwrap_or(0);
        match words[0] {
            "in-time" => expected.in_time = number,
            "unobserved" => expected.unobserved = number,
            "not-in-time" => expected.not_in_time = number,
            "late" => expected.late = number,
            "within-1s" => expected.within_1s = number,
            "within-10s" => expected.within_10s = number,
            "within-60s" => expected.within_60s = number,
            "unknown" => {
                expected.unknown += number;
                let why = sum.whys.iter().find(|(why, _)| why.word() == words[2..].join(" "));
                if let Some((why, _)) = why {
                    expected.add_why(why.clone(), number);
                }
            }
            "lag-max" => lag_max = duration(words[1]),
            "none" => {}
            other => return Err(format!("{other:?} is not known")),
        }
    }
    // Thresholds are compared where a test names one.
    if !counts.iter().any(|word| word.starts_with("within")) {
        (expected.within_1s, expected.within_10s, expected.within_60s) =
            (sum.within_1s, sum.within_10s, sum.within_60s);
    }
    let near = |lag: Lag| (lag.0 - sum.lag.max().0).abs() <= lag.0 / 32 + 1_000;
    let same = expected == sum && lag_max.is_none_or(near);
    same.then_some(()).ok_or_else(|| format!("they are {sum:?}"))
}

fn keys(replica: &str, counts: &[&str], now: SourceTime, told: &[Told]) -> Result<(), String> {
    let mut expected = Keys::default();
    for part in counts.join(" ").split(", ") {
        let (number, word) = part.split_once(' ').ok_or("a number and a verdict")?;
        let number = number.parse().map_err(|_| "a number")?;
        match word {
            "converged" => expected.converged = number,
            "lagging" => expected.lagging = number,
            "diverged" => expected.diverged = number,
            "unknown" => expected.unknown = number,
            other => return Err(format!("{other:?} is no verdict")),
        }
    }
    let gauge = told.iter().filter(|it| it.now == now).find_map(|it| match &it.change {
        Change::Rollup(rollup) => match (&rollup.series, &rollup.amount) {
            (Series::Keys { replica: of, .. }, Amount::Keys(keys)) if of.as_str() == replica => Some(*keys),
            _ => None,
        },
        _ => None,
    });
    if gauge == Some(expected) { Ok(()) } else { Err(format!("the gauge says {gauge:?}")) }
}

/// The open finding of a subject, as it was told last.
pub fn open(replica: &str, key: &str, told: &[Told]) -> Option<Finding> {
    let mut open = None;
    for it in told {
        match &it.change {
            Change::Opened(finding) | Change::Revised(finding) if is_of(finding, replica, key) => {
                open = Some((**finding).clone());
            }
            Change::Resolved { id, .. } if open.as_ref().is_some_and(|finding| finding.id == *id) => open = None,
            _ => {}
        }
    }
    open
}

fn is_of(finding: &Finding, replica: &str, key: &str) -> bool {
    matches!(&finding.subject, Subject::Replica { replica: of, key: at, .. } if of.as_str() == replica && at.as_str() == key)
}

fn describe(told: &Told) -> String {
    let now = Lag(told.now.0);
    match &told.change {
        Change::Opened(finding) => format!(
            "{now}: opened {} {:?} {:?} since {:?} due {:?}",
            finding.id, finding.subject, finding.detail, finding.since, finding.due
        ),
        Change::Revised(finding) => format!("{now}: revised {} {:?}", finding.id, finding.detail),
        Change::Resolved { id, resolution } => {
            format!("{now}: resolved {id} {:?} at {:?}", resolution.how, resolution.at)
        }
        Change::Rollup(rollup) => format!("{now}: {:?} {:?}", rollup.series, rollup.amount),
        other => format!("{now}: {other:?}"),
    }
}
