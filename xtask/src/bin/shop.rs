//! The simulated shop as a program of its own, for docker-compose.yml: it sends to a Plumbline that runs elsewhere.

use std::{net::TcpListener, process::ExitCode};

use anyhow::{Context, Result};
use clap::Parser;
use xtask::{
    clock::unix_micros,
    demo::receiver,
    shop::{self, Fault, Settings},
};

#[derive(Parser)]
#[command(about = "A simulated shop that sends CloudEvents and traces to Plumbline", version)]
struct Cli {
    /// Where CloudEvents go: http://host:port
    #[arg(long, env = "SHOP_TO", default_value = "http://127.0.0.1:8080")]
    to: String,
    /// Where traces go: http://host:port of OTLP over HTTP
    #[arg(long, env = "SHOP_OTLP", default_value = "http://127.0.0.1:4318")]
    otlp: String,
    /// Faults that the shop has: none, all, or names with commas between
    #[arg(long, env = "SHOP_FAULTS", default_value = "all")]
    faults: String,
    #[arg(long, env = "SHOP_SEED", default_value_t = 1)]
    seed: u64,
    /// Orders per second, on average
    #[arg(long, env = "SHOP_RATE", default_value_t = 2.0)]
    rate: f64,
    /// Where webhooks are received and printed: address:port
    #[arg(long, env = "SHOP_WEBHOOKS", requires = "webhook_secret")]
    webhooks: Option<String>,
    /// The secret of their signatures: whsec_…
    #[arg(long, env = "SHOP_WEBHOOK_SECRET", hide_env_values = true)]
    webhook_secret: Option<String>,
}

fn main() -> ExitCode {
    match run(Cli::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => fail(&error),
    }
}

#[expect(clippy::print_stderr, reason = "why the program failed is no part of its answer")]
fn fail(error: &anyhow::Error) -> ExitCode {
    eprintln!("error: {error:#}");
    ExitCode::FAILURE
}

/// Runs until the process is ended, and says what it breaks.
fn run(cli: Cli) -> Result<()> {
    let tag = format!("{:x}", (unix_micros() / 1_000_000) & 0xf_ffff);
    let settings = Settings { seed: cli.seed, rate: cli.rate, faults: Fault::list(&cli.faults)?, tag };
    if let (Some(address), Some(secret)) = (&cli.webhooks, &cli.webhook_secret) {
        let listener = TcpListener::bind(address).with_context(|| format!("listening on {address}"))?;
        receiver::listen(listener, secret)?;
    }
    let shop = shop::serve(shop::Options::new(settings, &cli.to, &cli.otlp));
    println!("the shop opens: seed {}, {} orders/s, to {} and {}", cli.seed, cli.rate, cli.to, cli.otlp);
    for injection in &shop.injections {
        println!("injected {:<20} {} {}", injection.fault.name(), injection.fault.words(), injection.subject);
    }
    Ok(())
}
