//! What could not be read may be what somebody seems to lack. So it is a gap in its file (ENG-4, SEM-3): at its own time where
//! that is known, else between the times of the records around it, and no verdict that the gap touches accuses.

use plumbline_model::{Record, SourceTime, journal::Gap, journal::GapReason};

use super::{Input, tape::Line};

/// The stretches of one file in which something could not be read, in the order in which they become known.
#[derive(Default)]
pub struct Unread {
    stretches: Vec<Stretch>,
    /// The last record that is stepped.
    stepped: Option<usize>,
    /// The time of the last record that has one.
    time: Option<SourceTime>,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Stretch {
    /// The record behind which it is known; `None` before all.
    after: Option<usize>,
    /// `None` where nothing before it has a time.
    from: Option<SourceTime>,
    /// `None` where nothing behind it has a time.
    to: Option<SourceTime>,
}

impl Unread {
    /// Takes the next record of the file, which is number `index` of those that were read.
    pub fn take(&mut self, index: usize, line: &Line) {
        let hides = line.decoded.issues.iter().any(|issue| issue.kind.hides());
        let Some(at) = line.stands else {
            if hides && self.stretches.last().is_none_or(|last| last.to.is_some()) {
                self.stretches.push(Stretch { after: self.stepped, from: self.time, to: None });
            }
            return;
        };
        // Those since the last record with a time came before this one, or within what files are out of order.
        for open in self.stretches.iter_mut().rev().take_while(|it| it.to.is_none()) {
            open.to = Some(at.max(open.from.unwrap_or(at)));
            open.from = open.from.map(|from| from.min(at));
        }
        self.time = Some(at);
        // Records behind the end of the check are not stepped.
        if line.at.is_some() {
            self.stepped = Some(index);
            if hides {
                self.stretches.push(Stretch { after: Some(index), from: Some(at), to: Some(at) });
            }
        }
    }

    /// The gaps that are known behind a record, or (`None`) before all, between the beginning and the end of all files.
    pub fn behind(
        &self,
        record: Option<usize>,
        input: &Input,
        begin: SourceTime,
        end: SourceTime,
    ) -> impl Iterator<Item = Record> {
        let first = self.stretches.partition_point(|it| it.after < record);
        let here = self.stretches[first..].iter().take_while(move |it| it.after == record);
        here.filter(move |it| it.from.is_none_or(|from| from <= end)).map(move |it| {
            let from = it.from.unwrap_or(begin.min(it.to.unwrap_or(begin)));
            Record::Gap(Gap {
                source: input.tape.source.clone(),
                partition: Some(input.tape.partition.clone()),
                from,
                to: Some(it.to.unwrap_or(end)),
                reason: GapReason::Poison,
            })
        })
    }
}

#[cfg(test)]
mod tests {
    use plumbline_collectors::{Decoded, Decoder, RawRecord, config::OrderedMap};

    use super::*;

    /// A record at a time, or without one; `!` cannot be read.
    fn line(word: &str) -> Line {
        let time = word.trim_end_matches('!').parse::<i64>().ok().map(SourceTime);
        let mut decoded = Decoded::default();
        if word.ends_with('!') {
            // No source is called so: an issue is all that comes of it.
            let none = Decoder::compile(&OrderedMap::default(), &OrderedMap::default(), &[], &OrderedMap::default());
            decoded = none.unwrap().decode(&RawRecord::default());
        }
        Line { decoded, at: time.filter(|time| time.0 <= 99), stands: time }
    }

    /// Where the gaps of a file are, and behind which record they are told.
    fn gaps(words: &str) -> Vec<String> {
        let mut unread = Unread::default();
        let words: Vec<_> = words.split_whitespace().collect();
        words.iter().enumerate().for_each(|(index, word)| unread.take(index, &line(word)));
        let config = crate::config::parse(
            "c.yaml",
            "sources: { s: { file: { format: json } } }",
            &|_| None,
            crate::config::Purpose::Offline,
        );
        let inputs = super::super::inputs(&["s=f".to_owned()], &config.unwrap(), plumbline_model::ReceivedTime(0));
        let input = inputs.unwrap().remove(0);
        let of = |record: Option<usize>| {
            let said = move |gap| match gap {
                Record::Gap(gap) => format!(
                    "{}: {}..{}",
                    record.map_or("-".to_owned(), |it| it.to_string()),
                    gap.from.0,
                    gap.to.unwrap().0
                ),
                other => panic!("{other:?}"),
            };
            unread.behind(record, &input, SourceTime(1), SourceTime(99)).map(said).collect::<Vec<_>>()
        };
        std::iter::once(None).chain((0..words.len()).map(Some)).flat_map(of).collect()
    }

    #[test]
    fn a_gap_is_as_narrow_as_its_neighbours_allow() {
        assert_eq!(gaps("10 20 30"), [""; 0]);
        assert_eq!(gaps("10 ! 20 30"), ["0: 10..20"]);
        assert_eq!(gaps("10 ! ! x ! 20 ! 30"), ["0: 10..20", "5: 20..30"], "one after the other are one");
        assert_eq!(gaps("10 20! 30"), ["1: 20..20"], "its own time is known");
        assert_eq!(gaps("! 10 20 !"), ["-: 1..10", "2: 20..99"], "up to the beginning and the end of all files");
        assert_eq!(gaps("20 ! 10 ! 30"), ["0: 10..20", "2: 10..30"], "files need not be in order");
        assert_eq!(gaps("! !"), ["-: 1..99"]);
        assert_eq!(gaps("10 20 100 ! 110 120! !"), [""; 0], "behind the end of the check");
        assert_eq!(gaps("10 ! 100 ! 20 30"), ["0: 10..100", "0: 20..100"], "in part behind it");
    }
}
