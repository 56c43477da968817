//! `plumbline serve`.

use std::time::Duration;

use clap::Args;

use super::{Exit, config::ConfigArgs, output};
use crate::config::Purpose;

/// For threads that may block; by then all that was taken is journaled.
const THREADS_WITHIN: Duration = Duration::from_secs(2);

/// Watch: take in, check, show the dashboard, tell receivers
///
/// Ends in order on SIGINT or SIGTERM: what was taken in is journaled. A second one ends it at once, which, like a crash,
/// loses nothing that was acknowledged.
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
    // A thread of a driver that does not come to its end keeps nobody waiting.
    runtime.shutdown_timeout(THREADS_WITHIN);
    if let Err(error) = &outcome {
        output::note(format_args!("error: {error:#}"));
        return Ok(Exit::BadInput);
    }
    Ok(Exit::Clean)
}
