//! Rows under a header: each becomes a JSON object of texts, whose types the configuration declares. An empty cell is null,
//! because CSV has no other way to say so.

use std::io::{self, BufRead};

use csv::{ByteRecord, ReaderBuilder};
use serde_json::{Map, Value};

use super::{MAX_RECORD_BYTES, Recorded, Tape};
use crate::{Issue, IssueKind, Place};

pub(super) struct Rows<R> {
    rows: csv::Reader<R>,
    columns: Vec<String>,
    tape: Tape,
}

impl<R: BufRead> Rows<R> {
    pub fn new(input: R, delimiter: u8, tape: Tape) -> io::Result<Self> {
        // Rows of another length are reported one by one below.
        let mut rows = ReaderBuilder::new().delimiter(delimiter).flexible(true).from_reader(input);
        let header = rows.byte_headers().map_err(readable)?;
        let columns = header.iter().enumerate().map(|(at, name)| column(at, name)).collect::<io::Result<_>>()?;
        Ok(Self { rows, columns, tape })
    }

    fn row(&self, row: &ByteRecord) -> Recorded {
        let (line, number) = row.position().map_or((0, 0), |at| (at.line(), at.record() + 1));
        let wrong = |place, reason: String, expected: &str| {
            let record = self.tape.record(number, line, row.as_slice().to_vec());
            Recorded::Issue(Issue::of(&record, IssueKind::Malformed, place, reason, expected))
        };
        if row.len() != self.columns.len() {
            let expected = format!("{} cells as in the header", self.columns.len());
            return wrong(Place::Whole, format!("the row has {} cells", row.len()), &expected);
        }
        if row.as_slice().len() > MAX_RECORD_BYTES {
            let expected = format!("at most {MAX_RECORD_BYTES} bytes");
            return wrong(Place::Whole, format!("the row has {} bytes", row.as_slice().len()), &expected);
        }
        let mut members = Map::new();
        for (name, cell) in self.columns.iter().zip(row) {
            let value = match std::str::from_utf8(cell) {
                Ok("") => Value::Null,
                Ok(text) => Value::String(text.to_owned()),
                Err(_) => {
                    let place = Place::Member(format!("line {line}, column `{name}`"));
                    return wrong(place, "the cell is not UTF-8".to_owned(), "UTF-8 text");
                }
            };
            members.insert(name.clone(), value);
        }
        Recorded::Record(self.tape.record(number, line, Value::Object(members).to_string().into_bytes()))
    }
}

impl<R: BufRead> Iterator for Rows<R> {
    type Item = io::Result<Recorded>;

    fn next(&mut self) -> Option<Self::Item> {
        let mut row = ByteRecord::new();
        match self.rows.read_byte_record(&mut row) {
            Ok(true) => Some(Ok(self.row(&row))),
            Ok(false) => None,
            Err(error) => Some(Err(readable(error))),
        }
    }
}

fn column(at: usize, name: &[u8]) -> io::Result<String> {
    let text = std::str::from_utf8(name).map_err(|_| {
        let shown = String::from_utf8_lossy(name);
        let reason = format!("line 1, column {} of the header: `{shown}` is not UTF-8; expected UTF-8 text", at + 1);
        io::Error::new(io::ErrorKind::InvalidData, reason)
    })?;
    Ok(text.trim().to_owned())
}

/// The reader is flexible and everything is read as bytes, so what is left are errors of the input.
fn readable(error: csv::Error) -> io::Error {
    match error.into_kind() {
        csv::ErrorKind::Io(error) => error,
        other => io::Error::new(io::ErrorKind::InvalidData, format!("{other:?}")),
    }
}
