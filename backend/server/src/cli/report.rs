//! `plumbline report`: the report of a running server, as a person or a CI gate wants it.

use std::time::Duration;

use anyhow::{Context as _, bail};
use clap::Args;
use plumbline_model::api::{Problem, Report};
use reqwest::{Client, Url};

use super::{Exit, exit, reporting::ReportingArgs};

/// A server that does not answer within this is not there.
const TIMEOUT: Duration = Duration::from_secs(30);

/// Fetch the consistency report of a running server
#[derive(Args, Debug)]
#[command(after_help = exit::HELP)]
pub struct ReportArgs {
    /// Where the server's dashboard is
    #[arg(long, default_value = "http://127.0.0.1:8080", env = "PLUMBLINE_URL", hide_env_values = true)]
    url: Url,
    /// A token, where the server or what stands before it asks for one
    #[arg(long, env = "PLUMBLINE_TOKEN", hide_env_values = true)]
    token: Option<String>,
    /// The last so long, such as 1h or 7d
    #[arg(long, value_name = "DURATION", conflicts_with_all = ["from", "to"])]
    since: Option<plumbline_collectors::config::Duration>,
    /// From this time on (RFC 3339)
    #[arg(long, value_name = "TIME", value_parser = super::time)]
    from: Option<plumbline_model::SourceTime>,
    /// Up to this time (RFC 3339)
    #[arg(long, value_name = "TIME", value_parser = super::time)]
    to: Option<plumbline_model::SourceTime>,
    /// Only this entity; sagas and latency, which belong to none, are left out
    #[arg(long)]
    entity: Option<String>,
    /// Only this replica, and no sagas and latency
    #[arg(long)]
    replica: Option<String>,
    #[command(flatten)]
    reporting: ReportingArgs,
}

pub fn run(args: &ReportArgs) -> anyhow::Result<Exit> {
    super::tls();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    args.reporting.finish(&runtime.block_on(fetch(args))?)
}

async fn fetch(args: &ReportArgs) -> anyhow::Result<Report> {
    let mut url = args.url.clone();
    url.path_segments_mut()
        .map_err(|()| anyhow::anyhow!("--url: {} cannot be asked", args.url))?
        .pop_if_empty()
        .extend(["api", "v1", "report"]);
    let parameters = [
        ("since", args.since.map(|since| since.to_string())),
        ("from", args.from.map(|at| at.to_string())),
        ("to", args.to.map(|at| at.to_string())),
        ("entity", args.entity.clone()),
        ("replica", args.replica.clone()),
        ("format", Some("json".to_owned())),
    ];
    url.query_pairs_mut().extend_pairs(parameters.into_iter().filter_map(|(name, value)| Some((name, value?))));
    let client = Client::builder().timeout(TIMEOUT).build()?;
    let mut request = client.get(url);
    if let Some(token) = &args.token {
        request = request.bearer_auth(token);
    }
    let response = request.send().await.with_context(|| format!("no server answers at {}", args.url))?;
    let status = response.status();
    let body = response.bytes().await.context("the answer broke off")?;
    if !status.is_success() {
        let detail = serde_json::from_slice::<Problem>(&body).map(|problem| problem.detail);
        bail!("{} answered {status}: {}", args.url, detail.unwrap_or_else(|_| "no reason given".to_owned()));
    }
    serde_json::from_slice(&body).with_context(|| format!("{} did not answer with a report", args.url))
}
