//! How every command that ends with a report writes it and judges it. It does not make reports.

use std::path::PathBuf;

use clap::Args;
use plumbline_model::api::Report;

use super::{Exit, gate::GateArgs, output};
use crate::report::{Format, render, text};

#[derive(Args, Debug)]
pub struct ReportingArgs {
    /// The form of the report
    #[arg(long, value_enum, default_value_t)]
    format: Format,
    /// Write the report to a file
    #[arg(long, short, value_name = "FILE")]
    output: Option<PathBuf>,
    #[command(flatten)]
    pub gate: GateArgs,
}

impl ReportingArgs {
    /// Whether the text form may be coloured.
    pub fn colour(&self) -> bool {
        self.output.is_none() && output::colour()
    }

    /// The report in the form that is asked for.
    ///
    /// # Errors
    /// When a figure cannot be drawn.
    pub fn render(&self, report: &Report, colour: bool) -> anyhow::Result<String> {
        Ok(match self.format {
            Format::Text => text::render(report, colour)?,
            format => render(report, format)?,
        })
    }

    /// Writes what was rendered where it is asked for, and tells why the command does not end well.
    ///
    /// # Errors
    /// When the file, or standard output, cannot be written.
    pub fn write(&self, written: &str, exit: Exit, note: Option<&str>) -> anyhow::Result<Exit> {
        output::answer(written, self.output.as_deref())?;
        if let Some(note) = note {
            output::note(note);
        }
        Ok(exit)
    }

    /// Renders, writes and judges a report.
    ///
    /// # Errors
    /// When it cannot be rendered or written.
    pub fn finish(&self, report: &Report) -> anyhow::Result<Exit> {
        let written = self.render(report, self.colour())?;
        let verdict = self.gate.judge(report);
        self.write(&written, verdict.exit, verdict.words.as_deref())
    }
}
