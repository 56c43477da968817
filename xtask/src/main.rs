//! `cargo xtask …`: parses the command line and calls the library; nothing else.

use anyhow::Result;
use clap::{Parser, Subcommand};
use xtask::{services, web};

#[derive(Parser)]
#[command(name = "cargo xtask", about = "Plumbline's own commands", version)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Build the dashboard's WebAssembly into target/site/pkg
    Web,
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

fn main() -> Result<()> {
    match Cli::parse().command {
        Command::Web => web::build_here_or_in_child(),
        Command::Services(Services::Up { services }) => services::up::up(&services),
        Command::Services(Services::Down { services }) => services::up::down(&services),
        Command::Services(Services::Status) => services::up::status(),
    }
}
