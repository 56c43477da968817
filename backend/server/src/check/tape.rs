//! Reading a recording record by record, decoded, up to the common end.

use plumbline_collectors::{
    Decoded, Decoder, Issue, RawRecord,
    recording::{ReadError, Reader, Recorded},
};
use plumbline_model::SourceTime;

use super::Input;

/// What one record of a file gave.
pub struct Line {
    pub decoded: Decoded,
    /// Its least source time; `None` where it gave nothing that has a time.
    pub at: Option<SourceTime>,
    /// The same where it lies behind the common end, so that `at` is `None`.
    pub stands: Option<SourceTime>,
}

/// The records of a file, decoded.
pub struct Lines<'a> {
    reader: Reader,
    decoder: &'a Decoder,
    until: Option<SourceTime>,
}

impl<'a> Lines<'a> {
    pub fn open(input: &Input, decoder: &'a Decoder, until: Option<SourceTime>) -> Result<Self, ReadError> {
        let reader = match &input.spool {
            None => Reader::open(&input.path, input.tape.clone())?,
            Some(spool) => {
                let failed = |reason| ReadError { file: input.path.clone(), line: 0, reason };
                Reader::new(spool.open().map_err(failed)?, &input.path, input.tape.clone())?
            }
        };
        Ok(Self { reader, decoder, until })
    }

    fn line(&self, record: &RawRecord) -> Line {
        let mut decoded = self.decoder.decode(record);
        let stands = least(&decoded);
        if let Some(until) = self.until {
            decoded.observations.retain(|observation| observation.at <= until);
            decoded.snapshots.retain(|mark| mark.at <= until);
        }
        Line { at: least(&decoded), stands, decoded }
    }
}

fn least(decoded: &Decoded) -> Option<SourceTime> {
    let marks = decoded.snapshots.iter().map(|mark| mark.at);
    decoded.observations.iter().map(|observation| observation.at).chain(marks).min()
}

impl Iterator for Lines<'_> {
    type Item = Result<Line, ReadError>;

    fn next(&mut self) -> Option<Self::Item> {
        let line = match self.reader.next()? {
            Ok(Recorded::Record(record)) => self.line(&record),
            Ok(Recorded::Issue(issue)) => of_issue(issue),
            Err(error) => return Some(Err(error)),
        };
        Some(Ok(line))
    }
}

fn of_issue(issue: Issue) -> Line {
    Line { decoded: Decoded { issues: vec![issue], ..Decoded::default() }, at: None, stands: None }
}
