//! Inputs that can be read only once: standard input, and pipes such as `<(zcat …)`. Files are read twice, so what such an input
//! gives is first written to a temporary file, which has no name and is gone with the process.

use std::{
    fs::File,
    io::{self, Seek as _},
    path::Path,
    sync::Arc,
};

use plumbline_collectors::recording::ReadError;

use super::Input;

/// Stands for standard input.
pub const STDIN: &str = "-";

/// What an input gave.
#[derive(Clone, Debug)]
pub struct Spool(Arc<File>);

impl Spool {
    /// All of it, from the beginning. Readings must follow one another: they share one place in the file.
    pub fn open(&self) -> io::Result<File> {
        let mut file = self.0.try_clone()?;
        file.rewind()?;
        Ok(file)
    }
}

/// The inputs, with what can be read only once kept aside.
///
/// # Errors
/// Where such an input cannot be read, or not kept.
pub fn keep(inputs: &[Input]) -> Result<Vec<Input>, ReadError> {
    let one = |input: &Input| {
        let spool = spool(&input.path).map_err(|reason| ReadError { file: input.path.clone(), line: 0, reason })?;
        Ok(Input { spool, ..input.clone() })
    };
    inputs.iter().map(one).collect()
}

fn spool(path: &Path) -> io::Result<Option<Spool>> {
    if path == Path::new(STDIN) {
        return copy(io::stdin().lock()).map(Some);
    }
    if readable_again(path) { Ok(None) } else { copy(File::open(path)?).map(Some) }
}

/// Whether it can be opened again and read from its beginning. What cannot be looked at is told when it is read.
pub fn readable_again(path: &Path) -> bool {
    path != Path::new(STDIN) && path.metadata().map_or(true, |found| found.is_file() || found.is_dir())
}

fn copy(mut from: impl io::Read) -> io::Result<Spool> {
    let kept = |error: io::Error| io::Error::new(error.kind(), format!("it is kept aside to be read twice: {error}"));
    let mut file = tempfile::tempfile().map_err(kept)?;
    io::copy(&mut from, &mut file).map_err(kept)?;
    Ok(Spool(Arc::new(file)))
}
