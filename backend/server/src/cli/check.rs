//! `plumbline check`: recorded files in, report and exit code out.

use anyhow::bail;
use clap::Args;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use plumbline_model::{ReceivedTime, SourceTime};

use super::{Exit, config::ConfigArgs, exit, reporting::ReportingArgs};
use crate::{
    check::{self, Options, Progress},
    clock::{Clock as _, SystemClock},
    config::{Config, Purpose},
};

/// Below so many records nobody needs to be told how far it is.
const LONG: u64 = 50_000;

/// Check recorded files with the same engine, and report
///
/// Reads JSON lines, JSON arrays, CSV, CloudEvents, Debezium's envelope and OTLP/JSON, plain, gzip or zstd, in event time: no
/// server, no network. A file belongs to the source that is named like it (orders-db.jsonl.gz to `orders-db`), or to
/// the one that is given before it: SOURCE=FILE. The files are taken for recordings of one common interval, which ends at
/// the latest time in any of them, or at --until: what is due by then is decided, what is due later is unknown.
#[derive(Args, Debug)]
#[command(after_help = exit::HELP)]
pub struct CheckArgs {
    /// The recordings; SOURCE=- is standard input
    #[arg(required = true, value_name = "[SOURCE=]FILE")]
    files: Vec<String>,
    #[command(flatten)]
    config: ConfigArgs,
    /// The end of the recordings (RFC 3339); later records are left out
    #[arg(long, value_name = "TIME", value_parser = super::time)]
    until: Option<SourceTime>,
    /// Report only what belongs to the time from here on (RFC 3339); everything is read
    #[arg(long, value_name = "TIME", value_parser = super::time)]
    from: Option<SourceTime>,
    /// Report only what belongs to the time up to here (RFC 3339)
    #[arg(long, value_name = "TIME", value_parser = super::time)]
    to: Option<SourceTime>,
    #[command(flatten)]
    reporting: ReportingArgs,
    /// Do not exit with 2 for lines that cannot be read; they are counted and shown all the same
    #[arg(long)]
    allow_issues: bool,
}

#[cfg(test)]
impl CheckArgs {
    /// Reads the files from a folder instead of the working directory, which tests share.
    pub(super) fn in_folder(&mut self, folder: &std::path::Path) {
        for file in &mut self.files {
            let (source, name) =
                file.split_once('=').map_or((None, file.as_str()), |(source, name)| (Some(source), name));
            let path = folder.join(name).display().to_string();
            *file = source.map_or_else(|| path.clone(), |source| format!("{source}={path}"));
        }
    }
}

/// What a check answers, and how it ends.
pub(super) struct Answer {
    pub written: String,
    pub exit: Exit,
    /// Why, where it does not end well.
    pub note: Option<String>,
}

pub fn run(args: &CheckArgs) -> anyhow::Result<Exit> {
    let config = args.config.load(Purpose::Offline)?;
    let bar = Bar::new();
    let answer = answer(args, &config, SystemClock.now(), args.reporting.colour(), |progress| bar.tell(progress));
    bar.clear();
    let answer = answer?;
    args.reporting.write(&answer.written, answer.exit, answer.note.as_deref())
}

/// Everything but reading the configuration and writing the answer.
pub(super) fn answer(
    args: &CheckArgs,
    config: &Config,
    now: ReceivedTime,
    colour: bool,
    progress: impl FnMut(Progress),
) -> anyhow::Result<Answer> {
    let inputs = match check::inputs(&args.files, config, now) {
        Ok(inputs) => inputs,
        Err(errors) => bail!("{}", errors.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n       ")),
    };
    let options = Options { until: args.until, from: args.from, to: args.to, now };
    let checked = check::check(config, &inputs, options, progress)?;
    let written = args.reporting.render(&checked.report, colour)?;
    if checked.issues > 0 && !args.allow_issues {
        let what = plumbline_model::prose::counted(checked.issues, "record");
        let them = if checked.issues == 1 { "it" } else { "them" };
        let note = format!("{what} could not be read, or not wholly; --allow-issues passes over {them}");
        return Ok(Answer { written, exit: Exit::BadInput, note: Some(note) });
    }
    let verdict = args.reporting.gate.judge(&checked.report);
    Ok(Answer { written, exit: verdict.exit, note: verdict.words })
}

/// Tells how far a long check has come, on a terminal's standard error.
struct Bar(ProgressBar);

impl Bar {
    fn new() -> Self {
        let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::hidden());
        Self(bar)
    }

    fn tell(&self, progress: Progress) {
        match progress {
            Progress::Scanned(records) if records >= LONG => {
                self.show("reading   {human_pos} records, {per_sec}");
                self.0.set_position(records);
            }
            Progress::Begin { records } if records >= LONG => {
                self.0.set_length(records);
                self.0.set_position(0);
                self.show("checking  {wide_bar} {human_pos}/{human_len}, {per_sec}, {eta} left");
            }
            Progress::Stepped(records) => self.0.set_position(records),
            Progress::Scanned(_) | Progress::Begin { .. } => {}
        }
    }

    fn show(&self, template: &str) {
        // The templates are constants; one that cannot be read leaves the bar's own style.
        if let Ok(style) = ProgressStyle::with_template(template) {
            self.0.set_style(style);
        }
        self.0.set_draw_target(ProgressDrawTarget::stderr());
    }

    fn clear(&self) {
        self.0.finish_and_clear();
    }
}
