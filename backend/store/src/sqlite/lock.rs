//! One process writes to a data directory: it holds an operating system's lock on the file `plumbline.lock`, which is
//! released when it ends, however it ends. The number in the file is for the error message only.

use std::{
    fs::{File, OpenOptions, TryLockError},
    io::{Read as _, Seek as _, Write as _},
    path::Path,
};

use crate::StoreError;

const NAME: &str = "plumbline.lock";

/// Held as long as this lives.
#[derive(Debug)]
pub(super) struct DirectoryLock {
    _file: File,
}

impl DirectoryLock {
    pub(super) fn take(dir: &Path) -> Result<Self, StoreError> {
        let path = dir.join(NAME);
        let not_writable = |cause| StoreError::NotWritable { path: path.clone(), cause };
        let mut file =
            OpenOptions::new().read(true).write(true).create(true).truncate(false).open(&path).map_err(not_writable)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                let mut text = String::new();
                let holder = file.read_to_string(&mut text).ok().and_then(|_| text.trim().parse().ok());
                return Err(StoreError::Locked { dir: dir.to_owned(), holder });
            }
            Err(TryLockError::Error(source)) => return Err(not_writable(source)),
        }
        let written =
            file.set_len(0).and_then(|()| file.rewind()).and_then(|()| writeln!(file, "{}", std::process::id()));
        written.map_err(not_writable)?;
        Ok(Self { _file: file })
    }
}
