//! `cargo xtask …`: parses the command line and calls the library; nothing else.

use std::process::ExitCode;

use anyhow::Result;
use clap::{Parser, Subcommand};
use xtask::{bench, demo, services, test, tidy, web};

#[derive(Parser)]
#[command(name = "cargo xtask", about = "Plumbline's own commands", version)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// The product beside a simulated shop with labelled faults
    Demo(demo::Options),
    /// Build the dashboard's WebAssembly into target/site/pkg
    Web(web::Options),
    /// Everything that must hold: format, rules, lints, tests, real servers, browser
    Test(test::Options),
    /// Figures, as ratios to the goals that are named
    Bench(bench::Options),
    /// The repository's own rules
    Tidy,
    /// Real servers for work by hand
    #[command(subcommand)]
    Services(Services),
}

#[derive(Subcommand)]
enum Services {
    /// Start servers and leave them running
    Up {
        #[arg(required = true)]
        services: Vec<services::Service>,
    },
    /// End those named, or all of them
    Down { services: Vec<services::Service> },
    /// Say what runs
    Status,
}

fn main() -> ExitCode {
    match run(Cli::parse().command) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => fail(&error),
    }
}

#[expect(clippy::print_stderr, reason = "why a command failed is no part of its answer")]
fn fail(error: &anyhow::Error) -> ExitCode {
    eprintln!("error: {error:#}");
    ExitCode::FAILURE
}

fn run(command: Command) -> Result<()> {
    match command {
        Command::Demo(options) => demo::demo(&options),
        Command::Web(options) => web::build_here_or_in_child(options),
        Command::Test(options) => test::test(&options),
        Command::Bench(options) => bench::bench(&options),
        Command::Tidy => tidy::tidy(),
        Command::Services(Services::Up { services }) => services::up::up(&services),
        Command::Services(Services::Down { services }) => services::up::down(&services),
        Command::Services(Services::Status) => services::up::status(),
    }
}
