//! `cargo xtask …`: parses the command line and calls the library; nothing else.

use anyhow::Result;
use clap::{Parser, Subcommand};
use xtask::web;

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
}

fn main() -> Result<()> {
    match Cli::parse().command {
        Command::Web => web::build_here_or_in_child(),
    }
}
