//! The command line: arguments, exit codes, what goes to standard output (answers) and standard error (everything else).
//! Nothing here checks or decides; each command is a thin call into the library.

mod check;
mod config;
mod exit;
mod gate;
mod output;
mod replay;
mod report;
mod reporting;
mod serve;

use std::ffi::OsString;

use clap::{Parser, Subcommand};
use plumbline_model::SourceTime;

pub use self::exit::Exit;

/// Says, continuously and with evidence, whether the state that services hold in different places agrees.
#[derive(Parser, Debug)]
#[command(
    name = "plumbline",
    version,
    about,
    propagate_version = true,
    subcommand_required = true,
    arg_required_else_help = true,
    after_help = "Begin with:\n  plumbline config init          write a file to start from\n  plumbline serve                watch, and show it at http://127.0.0.1:8080\n  plumbline check orders.jsonl   check recorded files, without a server"
)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand, Debug)]
enum Command {
    /// Watch: take in, check, show the dashboard, tell receivers
    Serve(serve::ServeArgs),
    /// Check recorded files with the same engine, and report
    Check(check::CheckArgs),
    /// Ask what other rules would have found in the journal
    Replay(replay::ReplayArgs),
    /// Fetch the consistency report of a running server
    Report(report::ReportArgs),
    /// Write, check or describe the configuration
    #[command(subcommand)]
    Config(config::ConfigCommand),
}

/// Parses the arguments and runs the command.
pub fn main(arguments: impl IntoIterator<Item = impl Into<OsString> + Clone>) -> std::process::ExitCode {
    let cli = match Cli::try_parse_from(arguments) {
        Ok(cli) => cli,
        Err(error) => {
            // Help and version are answers; a wrong argument is bad input. Clap knows which stream is whose.
            let _ = error.print();
            return if error.use_stderr() { Exit::BadInput.into() } else { Exit::Clean.into() };
        }
    };
    let outcome = match cli.command {
        Command::Serve(args) => serve::run(&args),
        Command::Check(args) => check::run(&args),
        Command::Replay(args) => replay::run(&args),
        Command::Report(args) => report::run(&args),
        Command::Config(command) => config::run(&command),
    };
    outcome
        .unwrap_or_else(|error| {
            output::error(&error);
            Exit::BadInput
        })
        .into()
}

/// One TLS provider for all clients of this process; installing it again is no error.
fn tls() {
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
}

/// Reads a time of the command line.
fn time(text: &str) -> Result<SourceTime, String> {
    SourceTime::parse(text).ok_or_else(|| "expected an RFC 3339 time such as 2026-11-21T10:00:00Z".to_owned())
}

#[cfg(test)]
mod tests;
