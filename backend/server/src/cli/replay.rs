//! `plumbline replay`: the journal under other rules.

use std::path::PathBuf;

use clap::Args;
use indicatif::{ProgressBar, ProgressDrawTarget};
use plumbline_model::SourceTime;
use plumbline_store::{Access, Options as StoreOptions, SqliteStore};

use super::{Exit, config::ConfigArgs, exit, reporting::ReportingArgs};
use crate::{
    clock::{Clock as _, SystemClock},
    config::Purpose,
    replay::{self, Options},
};

/// Ask what other rules would have found in the journal
///
/// Steps the journal of a data directory, also of a running server's, under the given configuration, and reports. Deadlines,
/// steps of sagas, objectives and thresholds may differ from those in force; what decides how records are decoded
/// (sources, match, key, fields, types, values, events, holds, authority) may not, and every such difference is named.
#[derive(Args, Debug)]
#[command(after_help = exit::HELP)]
pub struct ReplayArgs {
    #[command(flatten)]
    config: ConfigArgs,
    /// The data directory; by default the one that the configuration names
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
    /// Report only what belongs to the time from here on (RFC 3339); the journal is stepped from its beginning
    #[arg(long, value_name = "TIME", value_parser = super::time)]
    from: Option<SourceTime>,
    /// Step and report up to here (RFC 3339)
    #[arg(long, value_name = "TIME", value_parser = super::time)]
    to: Option<SourceTime>,
    #[command(flatten)]
    reporting: ReportingArgs,
}

pub fn run(args: &ReplayArgs) -> anyhow::Result<Exit> {
    let config = args.config.load(Purpose::Offline)?;
    let dir = args.data.as_ref().unwrap_or(&config.file.data_dir);
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr());
    let report = runtime.block_on(async {
        let options = StoreOptions { access: Access::Read, ..StoreOptions::default() };
        let store = SqliteStore::open(dir, options).await?;
        let options = Options { from: args.from, to: args.to, now: SystemClock.now() };
        let told = |done, of| {
            bar.set_length(of);
            bar.set_position(done);
        };
        anyhow::Ok(replay::replay(&store, &config, options, told).await?)
    });
    bar.finish_and_clear();
    args.reporting.finish(&report?)
}
