//! `plumbline check`.
use super::Exit;
#[derive(clap::Args, Debug)]
pub struct CheckArgs {}
pub fn run(_: &CheckArgs) -> anyhow::Result<Exit> {
    Ok(Exit::Clean)
}
