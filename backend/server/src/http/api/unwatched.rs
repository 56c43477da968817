//! The time in which a source was not seen, in words: a share of a range that was not checked needs its reason (SEM-9).

use plumbline_model::Lag;

/// Less than this is the second between two tellings of frontiers.
const LEAST: Lag = Lag::from_secs(2);

/// `missing` is the time over which the frontier did not advance, `behind` how far before the end of the range it stands now
/// (`None`: nobody vouches for any). `None` where nothing is missing.
pub fn words(missing: Lag, behind: Option<Lag>) -> Option<String> {
    if missing < LEAST {
        return None;
    }
    let Some(behind) = behind else {
        return Some(format!("not watched for {missing}; nobody vouches for how far it has been seen"));
    };
    // The end of the range is not seen yet; that is no failure, only not over.
    let end = behind.min(missing);
    let before = Lag(missing.0 - end.0);
    Some(match (end >= LEAST, before >= LEAST) {
        (true, true) => format!("the last {end} are not seen yet, and it was not watched for {before} before them"),
        (true, false) => format!("the last {end} are not seen yet"),
        (false, _) => format!("not watched for {missing}: nothing vouched for what happened in that time"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(missing: i64, behind: Option<i64>) -> Option<String> {
        words(Lag::from_secs(missing), behind.map(Lag::from_secs))
    }

    #[test]
    fn what_is_not_seen_yet_is_told_from_what_never_will_be() {
        assert_eq!(of(1, Some(1)), None);
        assert_eq!(of(32, Some(31)).unwrap(), "the last 31.0 s are not seen yet");
        assert_eq!(
            of(300, Some(30)).unwrap(),
            "the last 30.0 s are not seen yet, and it was not watched for 4 m 30 s before them"
        );
        assert!(of(300, Some(0)).unwrap().starts_with("not watched for 5 m:"));
        assert!(of(300, None).unwrap().contains("nobody vouches"));
    }
}
