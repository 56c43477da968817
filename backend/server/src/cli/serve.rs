//! `plumbline serve`.

use clap::Args;

use super::{Exit, config::ConfigArgs, output};
use crate::config::Purpose;

/// Watch: take in, check, show the dashboard, tell receivers
///
/// Ends in order on SIGINT or SIGTERM: what was taken in is journaled. A crash loses nothing that was acknowledged.
#[derive(Args, Debug)]
pub struct ServeArgs {
    #[command(flatten)]
    config: ConfigArgs,
}

pub fn run(args: &ServeArgs) -> anyhow::Result<Exit> {
    let config = args.config.load(Purpose::Serve)?;
    super::tls();
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let outcome = runtime.block_on(crate::serve::run(config));
    if let Err(error) = &outcome {
        output::note(format_args!("error: {error:#}"));
        return Ok(Exit::BadInput);
    }
    Ok(Exit::Clean)
}
