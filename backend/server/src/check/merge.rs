//! The second reading: the records of all files in the order of their source times. Records of one file keep their order; ties
//! go by the order of sources in the configuration, then of the files as they were given (SEM-4).

use std::{cmp::Reverse, collections::BinaryHeap};

use plumbline_collectors::Decoded;
use plumbline_model::SourceTime;

use super::{CheckError, Input, tape::Lines};
use crate::config::Config;

/// The next record of all.
pub struct Next {
    /// Which file, and which of its records.
    pub file: usize,
    pub index: usize,
    pub decoded: Decoded,
}

/// What stands at the front of a file: time, order of its source, the file, the record.
type Front = Reverse<(SourceTime, usize, usize, usize)>;

pub struct Merge<'a> {
    files: Vec<File<'a>>,
    fronts: BinaryHeap<Front>,
}

struct File<'a> {
    lines: Lines<'a>,
    order: usize,
    /// Records taken from it.
    taken: usize,
    /// Of the record at its front.
    front: Decoded,
}

impl<'a> Merge<'a> {
    pub fn open(config: &'a Config, inputs: &[Input], until: Option<SourceTime>) -> Result<Self, CheckError> {
        let mut merge = Self { files: Vec::new(), fronts: BinaryHeap::new() };
        for input in inputs {
            let lines = Lines::open(input, &config.decoder, until)?;
            merge.files.push(File { lines, order: input.order, taken: 0, front: Decoded::default() });
        }
        for file in 0..merge.files.len() {
            merge.fill(file)?;
        }
        Ok(merge)
    }

    /// The time of the next record; `None` at the end of all files.
    pub fn peek(&self) -> Option<SourceTime> {
        self.fronts.peek().map(|Reverse((at, ..))| *at)
    }

    pub fn next(&mut self) -> Result<Option<Next>, CheckError> {
        let Some(Reverse((_, _, file, index))) = self.fronts.pop() else { return Ok(None) };
        let decoded = std::mem::take(&mut self.files[file].front);
        self.fill(file)?;
        Ok(Some(Next { file, index, decoded }))
    }

    /// Records read of a file, all of them at the end.
    pub fn taken(&self, file: usize) -> usize {
        self.files[file].taken
    }

    /// Brings the next record that has a time to the front of a file.
    fn fill(&mut self, index: usize) -> Result<(), CheckError> {
        let file = &mut self.files[index];
        for line in file.lines.by_ref() {
            let line = line?;
            let taken = file.taken;
            file.taken += 1;
            if let Some(at) = line.at {
                file.front = line.decoded;
                self.fronts.push(Reverse((at, file.order, index, taken)));
                return Ok(());
            }
        }
        Ok(())
    }
}
