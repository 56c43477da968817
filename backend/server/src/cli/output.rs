//! Standard output is for answers, standard error for everything else. A reader that went away (`| head`) is no error.

use std::{
    fmt::Display,
    io::{self, ErrorKind, IsTerminal as _, Write as _},
    path::Path,
};

use anyhow::Context as _;

use crate::config::ConfigError;

/// Writes an answer to a file, or to standard output.
///
/// # Errors
/// When the file, or standard output, cannot be written.
pub fn answer(text: &str, file: Option<&Path>) -> anyhow::Result<()> {
    if let Some(file) = file {
        return std::fs::write(file, text).with_context(|| format!("{} cannot be written", file.display()));
    }
    let mut out = io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => Err(error).context("standard output cannot be written"),
        _ => Ok(()),
    }
}

/// Tells something beside the answer.
pub fn note(words: impl Display) {
    // Whoever closed standard error does not want to know.
    let _ = writeln!(io::stderr().lock(), "{words}");
}

/// Tells why a command ended.
pub fn error(error: &anyhow::Error) {
    match error.downcast_ref::<ConfigError>() {
        Some(ConfigError::Wrong(problems)) => note(problems.render(colour_err(), width()).trim_end()),
        _ => note(format_args!("error: {error:#}")),
    }
}

/// Whether answers may be coloured: at a terminal, unless `NO_COLOR` is set.
pub fn colour() -> bool {
    io::stdout().is_terminal() && no_color_is_unset()
}

pub fn colour_err() -> bool {
    io::stderr().is_terminal() && no_color_is_unset()
}

fn no_color_is_unset() -> bool {
    std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty())
}

/// Columns of the terminal, within what reads well.
pub fn width() -> usize {
    let columns = std::env::var("COLUMNS").ok().and_then(|columns| columns.parse().ok()).unwrap_or(100);
    columns.clamp(60, 140)
}
