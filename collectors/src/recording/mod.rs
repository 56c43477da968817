//! Recordings for `plumbline check` (SEM-4): files of JSON lines, JSON arrays, CSV or OTLP/JSON, plain or compressed, read one
//! record at a time. A line that cannot be read is an issue and costs no other line anything; only a file that cannot be read
//! on ends it.

mod compression;
mod csv;
mod json;
mod kafka_line;
mod sniff;

#[cfg(test)]
mod tests;

use std::{
    fs::File,
    io::{self, BufReader, Cursor, Read},
    path::{Path, PathBuf},
};

use plumbline_model::{Partition, ReceivedTime, SourceName};
use thiserror::Error;

use crate::{
    Issue, RawRecord,
    config::{FileFormat, KafkaFormat, SourceConfig},
};

/// Bytes of one record at most (LIM-1). Longer ones are issues.
pub(crate) const MAX_RECORD_BYTES: usize = 64 << 20;

/// Bytes of a file by which its layout is told.
const HEAD_BYTES: u64 = 1 << 16;
/// The byte order mark that some programs put before UTF-8.
const BOM: &[u8] = b"\xef\xbb\xbf";

/// What a file is a recording of.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Tape {
    pub source: SourceName,
    /// The partition of its records: the name of the file, so that two files of one source are two partitions.
    pub partition: Partition,
    pub format: FileFormat,
    /// When it is read: no record can be of later than that (SEM-1).
    pub read: ReceivedTime,
}

/// One thing that a recording holds.
#[derive(Clone, PartialEq, Debug)]
pub enum Recorded {
    Record(RawRecord),
    /// A line that holds no record.
    Issue(Issue),
}

/// The file cannot be read on.
#[derive(Debug, Error)]
#[error("{file}: after line {line}: {reason}")]
pub struct ReadError {
    pub file: PathBuf,
    /// The last line that was read; 0 before the first.
    pub line: u64,
    pub reason: io::Error,
}

/// The records of a file, in order. Ends behind the first error.
pub struct Reader {
    file: PathBuf,
    line: u64,
    lines: Option<Box<dyn Iterator<Item = io::Result<Recorded>> + Send>>,
}

impl Tape {
    /// The tape of a file for a configured source; `None` for kinds of sources that cannot be recorded.
    pub fn of(name: &str, config: &SourceConfig, file: &Path, read: ReceivedTime) -> Option<Self> {
        let format = match (&config.kafka, &config.http, &config.otlp, &config.file) {
            (Some(kafka), ..) => match kafka.format {
                KafkaFormat::Json => FileFormat::Json,
                KafkaFormat::CloudEvents => FileFormat::CloudEvents,
                KafkaFormat::Debezium => FileFormat::Debezium,
            },
            (None, Some(_), ..) => FileFormat::CloudEvents,
            (None, None, Some(_), _) => FileFormat::Otlp,
            (None, None, None, Some(file)) => file.format,
            (None, None, None, None) => return None,
        };
        let partition = file.file_name().map(|name| Partition::new(name.to_string_lossy())).unwrap_or_default();
        Some(Self { source: SourceName::new(name), partition, format, read })
    }

    /// A record of this tape: which one it is, by which those of a file are told apart, and the line on which it begins.
    fn record(&self, number: u64, line: u64, payload: Vec<u8>) -> RawRecord {
        RawRecord {
            source: self.source.clone(),
            partition: self.partition.clone(),
            offset: Some(number),
            line: Some(line),
            received: self.read,
            recorded: true,
            payload: Some(payload.into()),
            ..RawRecord::default()
        }
    }
}

impl Reader {
    /// Opens a file.
    ///
    /// # Errors
    /// Where it cannot be opened, or its beginning cannot be read.
    pub fn open(file: &Path, tape: Tape) -> Result<Self, ReadError> {
        let failed = |reason| ReadError { file: file.to_owned(), line: 0, reason };
        let opened = File::open(file).map_err(failed)?;
        if opened.metadata().map_err(failed)?.is_dir() {
            return Err(failed(io::Error::new(io::ErrorKind::IsADirectory, "it is a directory; a file is expected")));
        }
        Self::new(opened, file, tape)
    }

    /// Reads from anywhere; `file` is for messages, and its name tells CSV.
    ///
    /// # Errors
    /// Where the beginning cannot be read.
    pub fn new(input: impl Read + Send + 'static, file: &Path, tape: Tape) -> Result<Self, ReadError> {
        let lines =
            Self::lines(input, file, tape).map_err(|reason| ReadError { file: file.to_owned(), line: 0, reason })?;
        Ok(Self { file: file.to_owned(), line: 0, lines: Some(lines) })
    }

    fn lines(
        input: impl Read + Send + 'static,
        file: &Path,
        tape: Tape,
    ) -> io::Result<Box<dyn Iterator<Item = io::Result<Recorded>> + Send>> {
        let mut input = compression::open(input)?;
        let mut head = Vec::new();
        if let Err(error) = input.by_ref().take(HEAD_BYTES).read_to_end(&mut head) {
            // What came before the damage is still read; the error comes where it stands.
            input = Box::new(Damaged(Some(error)));
        }
        let layout = sniff::layout(&head, file, tape.format)?;
        if head.starts_with(BOM) {
            head.drain(..BOM.len());
        }
        let input = BufReader::new(Cursor::new(head).chain(input));
        Ok(match layout {
            sniff::Layout::Csv { delimiter } => Box::new(csv::Rows::new(input, delimiter, tape)?),
            sniff::Layout::Lines => Box::new(json::Lines::new(input, tape)),
            sniff::Layout::Values => Box::new(json::Values::new(input, tape)),
        })
    }
}

/// The place in an input where it is damaged.
struct Damaged(Option<io::Error>);

impl Read for Damaged {
    fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
        self.0.take().map_or(Ok(0), Err)
    }
}

impl Iterator for Reader {
    type Item = Result<Recorded, ReadError>;

    fn next(&mut self) -> Option<Self::Item> {
        match self.lines.as_mut()?.next() {
            Some(Ok(recorded)) => {
                let line = match &recorded {
                    Recorded::Record(record) => record.line,
                    Recorded::Issue(issue) => issue.offset,
                };
                self.line = line.unwrap_or(self.line);
                Some(Ok(recorded))
            }
            Some(Err(reason)) => {
                self.lines = None;
                Some(Err(ReadError { file: self.file.clone(), line: self.line, reason }))
            }
            None => {
                self.lines = None;
                None
            }
        }
    }
}
