//! Records of JSON files: by lines, which recovers best, or by values, for arrays and for values over several lines.

use std::io::{self, BufRead};

use super::{MAX_RECORD_BYTES, Recorded, Tape, kafka_line};
use crate::{Issue, IssueKind, Place, RawRecord};

/// How deep in brackets a byte of JSON stands; what is in texts does not count.
#[derive(Clone, Copy, Default)]
pub(super) struct Depth {
    brackets: usize,
    in_text: bool,
    escaped: bool,
}

impl Depth {
    pub fn take(&mut self, byte: u8) {
        if self.in_text {
            match byte {
                _ if self.escaped => self.escaped = false,
                b'\\' => self.escaped = true,
                b'"' => self.in_text = false,
                _ => {}
            }
            return;
        }
        match byte {
            b'"' => self.in_text = true,
            b'{' | b'[' => self.brackets += 1,
            b'}' | b']' => self.brackets = self.brackets.saturating_sub(1),
            _ => {}
        }
    }

    pub const fn is_open(self) -> bool {
        self.brackets > 0 || self.in_text
    }
}

/// One value a line.
pub(super) struct Lines<R> {
    input: R,
    tape: Tape,
    line: u64,
}

impl<R: BufRead> Lines<R> {
    pub const fn new(input: R, tape: Tape) -> Self {
        Self { input, tape, line: 0 }
    }

    /// The next line without its end; `None` at the end. Of a line that is too long only the beginning, and its length.
    fn line(&mut self) -> io::Result<Option<(Vec<u8>, usize)>> {
        let (mut line, mut length) = (Vec::new(), 0);
        loop {
            let bytes = self.input.fill_buf()?;
            if bytes.is_empty() {
                return Ok((length > 0).then_some((line, length)));
            }
            let end = bytes.iter().position(|byte| *byte == b'\n');
            let part = &bytes[..end.unwrap_or(bytes.len())];
            line.extend_from_slice(&part[..part.len().min(MAX_RECORD_BYTES.saturating_sub(line.len()))]);
            let taken = part.len() + usize::from(end.is_some());
            length += taken;
            self.input.consume(taken);
            if end.is_some() {
                return Ok(Some((line, length)));
            }
        }
    }
}

impl<R: BufRead> Iterator for Lines<R> {
    type Item = io::Result<Recorded>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            let (line, length) = match self.line() {
                Ok(line) => line?,
                Err(error) => return Some(Err(error)),
            };
            self.line += 1;
            let content = line.trim_ascii();
            if !content.is_empty() {
                let content = content.to_vec();
                return Some(Ok(recorded(&self.tape, [self.line; 2], content, length)));
            }
        }
    }
}

/// A record by its number and line; or the issue that it is too long, or that its Kafka envelope is damaged.
fn recorded(tape: &Tape, [number, line]: [u64; 2], content: Vec<u8>, length: usize) -> Recorded {
    let record = tape.record(number, line, content);
    if length > MAX_RECORD_BYTES + 2 {
        return Recorded::Issue(too_long(&record, length));
    }
    match kafka_line::unwrap(record) {
        Ok(record) => Recorded::Record(record),
        Err(issue) => Recorded::Issue(*issue),
    }
}

fn too_long(record: &RawRecord, length: usize) -> Issue {
    let reason = format!("the record has {length} bytes");
    Issue::of(record, IssueKind::Malformed, Place::Whole, reason, &format!("at most {MAX_RECORD_BYTES} bytes"))
}

/// The items of an array, or values one behind the other.
pub(super) struct Values<R> {
    input: R,
    tape: Tape,
    line: u64,
    /// Values read: a whole array may stand on one line, so the line does not tell them apart.
    count: u64,
    /// Inside of the outer array.
    in_array: bool,
    ended: bool,
}

impl<R: BufRead> Values<R> {
    pub const fn new(input: R, tape: Tape) -> Self {
        Self { input, tape, line: 1, count: 0, in_array: false, ended: false }
    }

    fn byte(&mut self) -> io::Result<Option<u8>> {
        let Some(byte) = self.input.fill_buf()?.first().copied() else { return Ok(None) };
        self.input.consume(1);
        self.line += u64::from(byte == b'\n');
        Ok(Some(byte))
    }

    /// The next value and the line on which it begins; its length where it is too long.
    fn value(&mut self) -> io::Result<Option<(u64, Vec<u8>, usize)>> {
        let (mut value, mut length, mut depth, mut from) = (Vec::new(), 0, Depth::default(), self.line);
        while let Some(byte) = self.byte()? {
            if value.is_empty() {
                match byte {
                    b'[' if !self.in_array => {
                        self.in_array = true;
                        continue;
                    }
                    b',' | b']' | b' ' | b'\t' | b'\r' | b'\n' => continue,
                    _ => from = self.line,
                }
            } else if !depth.is_open() && matches!(byte, b',' | b']' | b' ' | b'\t' | b'\r' | b'\n') {
                return Ok(Some((from, value, length)));
            }
            depth.take(byte);
            length += 1;
            if value.len() < MAX_RECORD_BYTES {
                value.push(byte);
            }
            if !depth.is_open() && matches!(byte, b'}' | b']') {
                return Ok(Some((from, value, length)));
            }
        }
        self.ended = true;
        Ok((!value.is_empty()).then_some((from, value, length)))
    }
}

impl<R: BufRead> Iterator for Values<R> {
    type Item = io::Result<Recorded>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.ended {
            return None;
        }
        match self.value() {
            Ok(value) => value.map(|(line, value, length)| {
                self.count += 1;
                Ok(recorded(&self.tape, [self.count, line], value, length))
            }),
            Err(error) => Some(Err(error)),
        }
    }
}
