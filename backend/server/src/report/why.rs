//! Why something could not be decided, counted, and with what would make it known: an unknown without a remedy is a dead end.

use plumbline_model::{Why, api::CountedWhy};

/// The whys with their counts, most frequent first; ties in the order of the enum.
pub fn counted(whys: &[(Why, u64)]) -> Vec<CountedWhy> {
    let mut sorted: Vec<_> = whys.iter().filter(|(_, count)| *count > 0).collect();
    sorted.sort_by(|left, right| right.1.cmp(&left.1).then_with(|| left.0.cmp(&right.0)));
    sorted.into_iter().map(|(why, count)| of(why, *count)).collect()
}

/// One of them.
pub fn of(why: &Why, count: u64) -> CountedWhy {
    CountedWhy { why: why.word().to_owned(), source: why.source().map(ToString::to_string), count, remedy: remedy(why) }
}

/// What a person can do about it; `None` where waiting is all.
pub fn remedy(why: &Why) -> Option<String> {
    Some(match why {
        Why::Blind { source } => format!("{source} has not been seen so far: see its state under Collectors"),
        Why::Gap { .. } => "records were missed or could not be read; newer writes are checked".to_owned(),
        Why::RelaySilent { source } => {
            format!("give the relay behind {source} a heartbeat table (`heartbeat.action.query`)")
        }
        Why::Clock => {
            "`within` is shorter than the clock error: raise it, or declare a smaller `clock_error`".to_owned()
        }
        Why::NoBaseline => "read the source from its start, take a snapshot, or declare `baseline: empty`".to_owned(),
        Why::HistoryIncomplete => "raise `history` of the entity".to_owned(),
        Why::NotCarried => "see that the path of the field is right and that the records carry it (PostgreSQL: `REPLICA IDENTITY FULL`)"
            .to_owned(),
        Why::InputEnded => "record longer than the longest deadline, or give `--until`".to_owned(),
        Why::NotProbed | Why::ProbeFailed => "the replica can only be asked, and did not answer".to_owned(),
        Why::NotSampled => "raise the rate of probes of the source".to_owned(),
        Why::Unresolved => "map the correlation id of these events under `events`".to_owned(),
        Why::Reconfigured | Why::BeganBeforeWatching | Why::Undetermined | Why::Forgotten => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn most_frequent_first_and_none_of_zero() {
        let told = counted(&[(Why::Clock, 1), (Why::NoBaseline, 9), (Why::InputEnded, 0), (Why::NotCarried, 1)]);
        let words: Vec<_> = told.iter().map(|it| (it.why.as_str(), it.count)).collect();
        assert_eq!(words, [("no baseline", 9), ("clock", 1), ("not carried", 1)]);
        assert!(told.iter().all(|it| it.remedy.is_some()));
    }
}
