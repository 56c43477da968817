//! `cargo xtask demo`: the product beside a simulated shop. The server is built first and starts at once; the dashboard's
//! WebAssembly is built behind it. The terminal says what the shop broke, what was found, and where to look.

mod ledger;
pub mod receiver;
mod server;

use std::{fs, net::TcpListener, path::PathBuf, sync::atomic::Ordering, thread, time::Duration};

use anyhow::{Context, Result};
use base64::{Engine, engine::general_purpose::STANDARD};
use clap::Args;
use serde::Deserialize;
use xxhash_rust::xxh3::xxh3_128;

use self::{
    ledger::{Finding, Ledger, News},
    server::{Addresses, Product},
};
use crate::{
    clock::{Stopwatch, unix_micros},
    shell,
    shop::{self, Fault, Running, Settings},
    web, workspace,
};

const LOOK_EVERY: Duration = Duration::from_secs(2);
const SUM_UP_EVERY: Duration = Duration::from_secs(60);
/// The first summing-up: every fault that strikes one order is due by then.
const FIRST_SUMMARY: Duration = Duration::from_secs(50);

#[derive(Args, Clone, Debug)]
pub struct Options {
    /// Faults that the shop has: none, all, or names with commas between
    #[arg(long, default_value = "all")]
    pub faults: String,
    /// The same seed gives the same shop
    #[arg(long, default_value_t = 1)]
    pub seed: u64,
    /// Orders per second, on average
    #[arg(long, default_value_t = 2.0)]
    pub rate: f64,
    /// Where the dashboard listens
    #[arg(long, default_value_t = 8080)]
    pub port: u16,
    /// Keep what is found in this folder, and go on from it
    #[arg(long)]
    pub data: Option<PathBuf>,
    /// Do not build the dashboard's WebAssembly
    #[arg(long)]
    pub no_web: bool,
    /// End after so many seconds; fails if anything was found that was not injected
    #[arg(long, value_name = "SECONDS")]
    pub seconds: Option<u64>,
}

/// Runs the demo until it is interrupted, or for the time asked for.
///
/// # Errors
/// When something does not build or start, or with `--seconds` when the shop was accused of what it did not do.
pub fn demo(options: &Options) -> Result<()> {
    let faults = Fault::list(&options.faults)?;
    let watch = Stopwatch::start();
    println!("building the server");
    let program = server::build()?;
    println!("built in {}", watch.seconds());

    let webhooks = TcpListener::bind("127.0.0.1:0").context("listening for webhooks")?;
    let addresses = Addresses {
        http: server::port(options.port)?,
        otlp_grpc: server::port(4317)?,
        otlp_http: server::port(4318)?,
        webhook: webhooks.local_addr()?.port(),
    };
    let secret = secret();
    receiver::listen(webhooks, &secret)?;
    let mut product = Product::new(program, &addresses, &data(options)?, &secret)?;
    product.start()?;
    if addresses.http != options.port {
        println!("port {} is taken; the dashboard listens on {}", options.port, addresses.http);
    }
    welcome(options, &faults, &addresses, &product);

    let settings = Settings { seed: options.seed, rate: options.rate, faults, tag: tag() };
    let shop = shop::serve(shop::Options::new(settings, &addresses.url(), &addresses.otlp_url()));
    if !options.no_web {
        build_web();
    }
    let mut demo = Demo { shop, product, ledger: Ledger::default(), url: addresses.url() };
    demo.watch(options.seconds.map(Duration::from_secs))
}

/// The folder for the journal: fresh unless one is named.
fn data(options: &Options) -> Result<PathBuf> {
    if let Some(dir) = &options.data {
        return std::path::absolute(dir).context("the data folder");
    }
    let dir = workspace::target_dir("demo")?.join("data");
    if dir.exists() {
        fs::remove_dir_all(&dir).with_context(|| format!("clearing {}", dir.display()))?;
    }
    Ok(dir)
}

/// A secret that serves this run alone.
fn secret() -> String {
    let now = format!("{} {}", unix_micros(), std::process::id());
    let half = |part: &str| xxh3_128(format!("{now} {part}").as_bytes()).to_le_bytes();
    format!("whsec_{}", STANDARD.encode([half("first"), half("second")].concat()))
}

/// Part of the ids of this run: the ids of another one over the same folder differ.
fn tag() -> String {
    let mut seconds = unix_micros() / 1_000_000;
    let mut tag = String::new();
    for _ in 0..5 {
        tag.insert(0, char::from_digit((seconds % 36) as u32, 36).unwrap_or('0'));
        seconds /= 36;
    }
    tag
}

fn welcome(options: &Options, faults: &[Fault], addresses: &Addresses, product: &Product) {
    println!("\n  dashboard   {}", addresses.url());
    println!("  report      curl {}/api/v1/report", addresses.url());
    println!("  log         {}", workspace::shown(product.log()));
    if let Some(pid) = product.pid() {
        println!("  try         kill -9 {pid}   (it is started again; nothing is lost and nothing comes twice)");
    }
    println!("\nthe shop opens: seed {}, {} orders/s, faults:", options.seed, options.rate);
    for fault in faults {
        println!("  {:<20} {}", fault.name(), fault.words());
    }
    if faults.is_empty() {
        println!("  none: nothing may be found");
    }
    println!();
}

/// In the background: pages become live when it is there.
fn build_web() {
    thread::spawn(|| {
        let watch = Stopwatch::start();
        println!("web      building the dashboard's WebAssembly; until then pages are as the server renders them");
        let log = match workspace::target_dir("logs") {
            Ok(dir) => dir.join("web.log"),
            Err(error) => return println!("web      {error:#}"),
        };
        match web::child(web::Options::default())
            .and_then(|mut child| shell::quietly(&mut child, &log, Duration::from_secs(1800)))
        {
            Ok(()) => println!("web      pages are live now, after {}", watch.seconds()),
            Err(error) => println!("web      not built: {error:#}"),
        }
    });
}

struct Demo {
    shop: Running,
    product: Product,
    ledger: Ledger,
    url: String,
}

#[derive(Deserialize)]
struct Page {
    items: Vec<Finding>,
}

impl Demo {
    fn watch(&mut self, limit: Option<Duration>) -> Result<()> {
        let watch = Stopwatch::start();
        let mut sum_up_at = FIRST_SUMMARY;
        loop {
            thread::sleep(LOOK_EVERY);
            self.restart_if_ended()?;
            for injection in self.shop.injections.try_iter() {
                println!("injected {:<20} {} {}", injection.fault.name(), injection.fault.words(), injection.subject);
                self.ledger.inject(injection);
            }
            self.look();
            let over = limit.is_some_and(|limit| watch.elapsed() >= limit);
            if over || watch.elapsed() >= sum_up_at {
                sum_up_at += SUM_UP_EVERY;
                self.sum_up(watch);
            }
            if over {
                let unexpected = self.ledger.unexpected();
                anyhow::ensure!(unexpected == 0, "{unexpected} findings that nobody injected");
                return Ok(());
            }
        }
    }

    fn restart_if_ended(&mut self) -> Result<()> {
        if let Some(how) = self.product.ended() {
            println!("\nthe server ended ({how}); starting it again over the same journal");
            self.product.start()?;
            println!("it goes on (process {})\n", self.product.pid().unwrap_or_default());
        }
        Ok(())
    }

    fn look(&mut self) {
        // While the server starts again there is nothing to see.
        let Ok(findings) = self.findings() else { return };
        for news in self.ledger.look(&findings, unix_micros()) {
            let (mark, finding) = match news {
                News::Found { fault, seconds, finding } => (format!("{fault} after {seconds} s"), finding),
                News::Also { fault, finding } => (format!("{fault}, too"), finding),
                News::Unexpected { finding } => ("NOT INJECTED".to_owned(), finding),
            };
            println!("found    {mark}: {}\n         {}{}", finding.sentence, self.url, finding.page());
        }
    }

    fn findings(&self) -> Result<Vec<Finding>> {
        let address = format!("{}/api/v1/findings?state=all&sort=newest&last=1h&limit=200", self.url);
        let text = ureq::get(&address).call()?.body_mut().read_to_string()?;
        let page: Page = serde_json::from_str(&text).with_context(|| format!("reading {address}"))?;
        Ok(page.items)
    }

    fn sum_up(&self, watch: Stopwatch) {
        let load = |counter: &std::sync::atomic::AtomicU64| counter.load(Ordering::Relaxed);
        let counters = &self.shop.counters;
        println!(
            "\nafter {}: {} orders, {} records delivered",
            watch.seconds(),
            self.shop.orders(),
            load(&counters.delivered)
        );
        for (words, count) in [("refused for good", load(&counters.refused)), ("lost", load(&counters.lost))] {
            if count > 0 {
                println!("  {count} records {words}");
            }
        }
        for line in self.ledger.summary() {
            println!("  {line}");
        }
        println!("  look at {}/incidents\n", self.url);
    }
}
