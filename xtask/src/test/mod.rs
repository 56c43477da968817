//! `cargo xtask test`: everything that must hold, cheap checks first, with a count at the end. A skipped test is printed with
//! its reason and counted as ignored, never as passed.

mod binaries;
mod count;
mod skips;

use std::{fs, time::Duration};

use anyhow::{Context, Result, bail};
use clap::{Args, ValueEnum};

use self::{binaries::Binary, count::Count};
use crate::{clock::Stopwatch, services, shell, tidy, web, workspace};

#[derive(Args, Clone, Debug, Default)]
pub struct Options {
    /// Fail where a service is not to be had instead of skipping: `all`, or names with commas between
    #[arg(long, value_name = "NAMES", env = "PLUMBLINE_REQUIRE", default_value = "")]
    pub require: String,
    /// Run only these parts
    #[arg(long, value_name = "PARTS", value_delimiter = ',')]
    pub only: Vec<Part>,
    /// Run only tests whose name contains this
    #[arg(long, value_name = "WORDS")]
    pub filter: Option<String>,
}

/// The parts of a whole run, in their order.
#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
pub enum Part {
    /// rustfmt
    Fmt,
    /// The repository's own rules
    Tidy,
    /// Lints, warnings denied
    Clippy,
    /// The dashboard's WebAssembly, which the browser tests load
    Web,
    /// Tests beside the code: unit, notation, property, store, server
    Unit,
    /// Tests that span crates: simulation, real servers, foreign clients, browser
    Span,
    /// Of those, the ones with clients that others wrote
    Foreign,
    /// Of those, the ones in Chromium
    Browser,
    /// Examples in the documentation
    Doc,
}

impl Part {
    const WHOLE: [Self; 7] = [Self::Fmt, Self::Tidy, Self::Clippy, Self::Web, Self::Unit, Self::Span, Self::Doc];

    fn words(self) -> &'static str {
        match self {
            Self::Fmt => "format",
            Self::Tidy => "the repository's rules",
            Self::Clippy => "lints",
            Self::Web => "the dashboard's WebAssembly",
            Self::Unit => "tests beside the code",
            Self::Span => "tests that span crates",
            Self::Foreign => "tests with foreign clients",
            Self::Browser => "tests in the browser",
            Self::Doc => "examples in the documentation",
        }
    }
}

/// Runs the parts and prints the closing count.
///
/// # Errors
/// When anything failed.
pub fn test(options: &Options) -> Result<()> {
    let watch = Stopwatch::start();
    services::required_in(&options.require)?;
    let parts = if options.only.is_empty() { Part::WHOLE.to_vec() } else { options.only.clone() };
    let mut run = Run { options, total: Count::default(), binaries: None };
    for part in parts {
        run.part(part);
    }
    let total = run.total;
    println!("\nall of it took {}", watch.seconds());
    println!("{}", total.cargo_line());
    println!("{}", total.plain_line());
    if total.failed > 0 { bail!("{} failed", total.failed) } else { Ok(()) }
}

struct Run<'a> {
    options: &'a Options,
    total: Count,
    /// Compiled when the first part needs them.
    binaries: Option<Vec<Binary>>,
}

impl Run<'_> {
    fn part(&mut self, part: Part) {
        println!("\n== {}", part.words());
        let watch = Stopwatch::start();
        let counted = match part {
            Part::Fmt => one(fmt()),
            Part::Tidy => one(tidy::tidy()),
            Part::Clippy => one(clippy()),
            Part::Web => one(web::build_here_or_in_child(web::Options::default())),
            Part::Unit => self.tests(|binary| !binary.spans_crates(), None),
            Part::Span => self.tests(Binary::spans_crates, None),
            Part::Foreign => self.tests(Binary::spans_crates, Some("foreign::")),
            Part::Browser => self.tests(Binary::spans_crates, Some("browser::")),
            Part::Doc => self.doc(),
        };
        let count = counted.unwrap_or_else(|error| {
            println!("FAILED: {error:#}");
            Count::FAILED
        });
        println!("{} ({})", count.plain_line(), watch.seconds());
        self.total += count;
    }

    fn tests(&mut self, choose: impl Fn(&Binary) -> bool, module: Option<&str>) -> Result<Count> {
        let filter = module.or(self.options.filter.as_deref());
        if self.binaries.is_none() {
            println!("compiling the tests");
            self.binaries = Some(binaries::compile()?);
        }
        let mut count = Count::default();
        for binary in self.binaries.iter().flatten().filter(|binary| choose(binary)) {
            count += binary.run(filter, &self.options.require)?;
        }
        Ok(count)
    }

    fn doc(&self) -> Result<Count> {
        let log = workspace::target_dir("logs")?.join("doc-tests.log");
        let mut command = shell::cargo();
        command.current_dir(workspace::root()?).args(["test", "--workspace", "--doc", "--quiet"]);
        let ended = shell::quietly(&mut command, &log, Duration::from_secs(1200));
        let count = count::parse(&fs::read_to_string(&log).context("the log of the documentation's examples")?);
        if count.failed > 0 { Ok(count).inspect(|_| println!("{ended:?}")) } else { ended.map(|()| count) }
    }
}

/// A check that holds or does not counts as one test.
fn one(check: Result<()>) -> Result<Count> {
    check.map(|()| Count { passed: 1, ..Count::default() })
}

fn fmt() -> Result<()> {
    shell::run(shell::cargo().current_dir(workspace::root()?).args(["fmt", "--all", "--check"]))
}

fn clippy() -> Result<()> {
    let root = workspace::root()?;
    let deny = ["--", "-D", "warnings"];
    let mut whole = shell::cargo();
    whole.current_dir(&root).args(["clippy", "--quiet", "--workspace", "--all-targets"]).args(deny);
    shell::run(&mut whole)?;
    let mut web = shell::cargo();
    web.current_dir(&root).args(["clippy", "--quiet", "--package", "xtask", "--all-targets", "--features", "web"]);
    shell::run(web.args(deny))
}
