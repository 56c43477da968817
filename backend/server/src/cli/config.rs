//! `plumbline config init | check | schema`.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use clap::{Args, Subcommand};

use super::{Exit, output};
use crate::config::{self, Config, Purpose, schema};

/// Where a configuration is looked for.
const DEFAULT: &str = "plumbline.yaml";

/// Where a command finds its configuration.
#[derive(Args, Debug)]
pub struct ConfigArgs {
    /// The configuration
    #[arg(
        long,
        short,
        default_value = DEFAULT,
        env = "PLUMBLINE_CONFIG",
        hide_env_values = true,
        value_name = "FILE"
    )]
    config: PathBuf,
}

impl ConfigArgs {
    /// Reads it, with the variables of this process. Warnings are told.
    pub fn load(&self, purpose: Purpose) -> anyhow::Result<Config> {
        load(&self.config, purpose)
    }
}

#[derive(Subcommand, Debug)]
pub enum ConfigCommand {
    /// Write a commented file to start from
    Init {
        /// Where to; `-` for standard output
        #[arg(default_value = DEFAULT)]
        file: PathBuf,
        /// Replace a file that is there
        #[arg(long)]
        force: bool,
    },
    /// Say what is wrong with a configuration: file, line, column, what was expected, the nearest name
    Check {
        #[arg(default_value = DEFAULT, env = "PLUMBLINE_CONFIG", hide_env_values = true)]
        file: PathBuf,
    },
    /// Print the JSON Schema of the configuration, for editors
    Schema,
}

pub fn run(command: &ConfigCommand) -> anyhow::Result<Exit> {
    match command {
        ConfigCommand::Init { file, force } => init(file, *force),
        ConfigCommand::Check { file } => check(file),
        ConfigCommand::Schema => output::answer(&schema::schema(), None).map(|()| Exit::Clean),
    }
}

fn load(file: &Path, purpose: Purpose) -> anyhow::Result<Config> {
    let config = config::load(file, &|name| std::env::var(name).ok(), purpose)?;
    if !config.warnings.list.is_empty() {
        output::note(config.warnings.render(output::colour_err(), output::width()).trim_end());
    }
    Ok(config)
}

fn init(file: &Path, force: bool) -> anyhow::Result<Exit> {
    if file == Path::new("-") {
        return output::answer(schema::STARTER, None).map(|()| Exit::Clean);
    }
    if file.exists() && !force {
        bail!("{} is there already; --force replaces it", file.display());
    }
    std::fs::write(file, schema::STARTER).with_context(|| format!("{} cannot be written", file.display()))?;
    let option = if file == Path::new(DEFAULT) { String::new() } else { format!(" --config {}", file.display()) };
    output::note(format_args!("{} is written: look it through, then `plumbline serve{option}`", file.display()));
    Ok(Exit::Clean)
}

fn check(file: &Path) -> anyhow::Result<Exit> {
    let config = load(file, Purpose::Serve)?;
    config::secrets::read(&config)?;
    let rules = &config.rules;
    let replicas: usize = rules.entities.iter().map(|entity| entity.replicas.len()).sum();
    let counted = |count: usize, noun: &str| plumbline_model::prose::counted(count as u64, noun);
    let said = format!(
        "{} is right: {}, {} with {}, {}\n",
        file.display(),
        counted(rules.sources.len(), "source"),
        counted(rules.entities.len(), "entity"),
        counted(replicas, "replica"),
        counted(rules.sagas.len(), "saga"),
    );
    output::answer(&said, None)?;
    Ok(Exit::Clean)
}
