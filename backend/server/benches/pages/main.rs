//! Every page of the API on a directory of ten million observations: half a day of states, spans and saga events, with some
//! faults among them. Promised are 100 ms at p99.
//!
//! `cargo bench -p plumbline --bench pages`. The directory is made once, through the pipeline as the server drives it, and stays in
//! `target/bench`; `PLUMBLINE_BENCH_OBSERVATIONS` makes a smaller one. The promise is held against what a request costs in
//! processor time, because the machine is shared and everything that is read lies in its memory; the wall's time stands beside.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a bench that cannot run should stop")]
#![allow(clippy::disallowed_methods, reason = "how long a request takes is what is measured")]

mod shop;
#[path = "../support/mod.rs"]
mod support;

use std::{
    env, fs,
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use plumbline::clock::ManualClock;
use plumbline_measure::{figure, process_time, quantile, thread_time};
use serde_json::Value;

use self::support::{Client, Product};

const CONFIG: &str = include_str!("shop.yaml");
/// Requests of each kind.
const REQUESTS: usize = 200;

fn main() {
    let filter = env::args().skip(1).find(|word| !word.starts_with('-')).unwrap_or_default();
    let wanted: Vec<_> = KINDS.into_iter().filter(|kind| kind.0.contains(&filter)).collect();
    if wanted.is_empty() {
        return;
    }
    let given = env::var("PLUMBLINE_BENCH_OBSERVATIONS").ok().map(|count| count.parse().expect("a number"));
    let count: u64 = given.unwrap_or(10_000_000);
    let folder = directory(count);
    let end = shop::end(count);
    let product = Product::start(&folder, ManualClock::at(end), CONFIG);
    let mut client = Client::connect(product.http);
    let names = Names::ask(&mut client);
    // The first turns of the ingest loop look at everything once.
    std::thread::sleep(Duration::from_secs(3));
    println!("{:<34} {:>9} {:>9} {:>9} {:>9}  ms", "page", "cpu p50", "cpu p99", "wall p50", "wall p99");
    let (mut longest, mut dearest) = (Duration::ZERO, Duration::ZERO);
    for (name, path) in wanted {
        let (mut spent, mut took) = (Vec::new(), Vec::new());
        for nth in 0..REQUESTS {
            let path = path(nth, &names);
            let (process, thread, started) = (process_time(), thread_time(), Instant::now());
            let (status, body) = client.get(&path);
            took.push(started.elapsed());
            spent.push((process_time() - process).saturating_sub(thread_time() - thread));
            assert_eq!(status, 200, "{path}: {}", String::from_utf8_lossy(&body));
        }
        let ms = |times: &mut [Duration], share| quantile(times, share).as_secs_f64() * 1e3;
        let figures = [ms(&mut spent, 0.5), ms(&mut spent, 0.99), ms(&mut took, 0.5), ms(&mut took, 0.99)];
        println!("{name:<34} {:>9.2} {:>9.2} {:>9.2} {:>9.2}", figures[0], figures[1], figures[2], figures[3]);
        longest = longest.max(quantile(&mut took, 0.99));
        dearest = dearest.max(quantile(&mut spent, 0.99));
    }
    // What is promised is how long a reader waits.
    figure("pages/slowest at p99", longest.as_secs_f64() * 1e3, "ms");
    figure("pages/slowest at p99, processor time", dearest.as_secs_f64() * 1e3, "ms");
    product.stop();
}

/// Names that pages are asked for, taken from the lists.
struct Names {
    findings: Vec<String>,
    instances: Vec<String>,
    traces: Vec<String>,
    incidents: Vec<String>,
}

impl Names {
    fn ask(client: &mut Client) -> Self {
        let mut names = |path: &str, field: &str| {
            let (status, body) = client.get(path);
            assert_eq!(status, 200, "{path}: {}", String::from_utf8_lossy(&body));
            let page: Value = serde_json::from_slice(&body).expect("JSON");
            let items = page["items"].as_array().expect("a list").iter();
            let names: Vec<_> = items.map(|it| it[field].to_string().trim_matches('"').to_owned()).collect();
            assert!(!names.is_empty(), "{path} is empty");
            names
        };
        Self {
            findings: names("/api/v1/findings?limit=200", "id"),
            instances: names("/api/v1/sagas/checkout/instances?limit=200", "instance"),
            traces: names("/api/v1/traces?limit=200&last=12h&sort=slowest", "trace"),
            incidents: names("/api/v1/incidents?state=all&limit=200", "number"),
        }
    }
}

/// The path of the `nth` request.
type Request = fn(usize, &Names) -> String;

fn nth(names: &[String], nth: usize) -> &str {
    &names[nth % names.len()]
}

/// Every page, and the lists with the filters that they offer.
const KINDS: [(&str, Request); 31] = [
    ("status", |_, _| "/api/v1/status".into()),
    ("overview", |_, _| "/api/v1/overview?last=1h".into()),
    ("overview of half a day", |_, _| "/api/v1/overview?last=12h".into()),
    ("replicas", |_, _| "/api/v1/replicas?last=1h".into()),
    ("replica of half a day", |_, _| "/api/v1/replicas/order/order-view?last=12h".into()),
    ("findings", |_, _| "/api/v1/findings".into()),
    ("findings of a replica", |_, _| "/api/v1/findings?entity=order&replica=order-view&state=all&sort=longest".into()),
    ("finding", |n, names| format!("/api/v1/findings/{}", nth(&names.findings, n))),
    ("keys", |n, _| format!("/api/v1/keys?q={}", n % 10)),
    ("lineage", |n, _| format!("/api/v1/lineage/order/{}?last=12h", shop::key(n as u64 * 7))),
    ("search of a key", |n, _| format!("/api/v1/search?q={}", shop::key(n as u64 * 7))),
    ("search of anything", |n, _| format!("/api/v1/search?q=1{n}")),
    ("sagas", |_, _| "/api/v1/sagas?last=1h".into()),
    ("sagas of half a day", |_, _| "/api/v1/sagas?last=12h".into()),
    ("instances", |_, _| "/api/v1/sagas/checkout/instances".into()),
    ("instances by name", |n, _| format!("/api/v1/sagas/checkout/instances?q={n}")),
    ("instance", |n, names| format!("/api/v1/sagas/checkout/{}", nth(&names.instances, n))),
    ("latency", |_, _| "/api/v1/latency?last=1h".into()),
    ("latency of half a day", |_, _| "/api/v1/latency?last=12h".into()),
    ("latency of an operation", |_, _| {
        "/api/v1/latency?last=12h&service=orders&operation=POST%20%2Forders%2F%7Bid%7D%2F1".into()
    }),
    ("traces", |_, _| "/api/v1/traces?last=1h".into()),
    ("slowest traces of half a day", |_, _| "/api/v1/traces?last=12h&sort=slowest".into()),
    ("failed traces of a service", |_, _| "/api/v1/traces?last=12h&service=gateway&errors=true&sort=slowest".into()),
    ("trace", |n, names| format!("/api/v1/traces/{}", nth(&names.traces, n))),
    ("streams", |_, _| "/api/v1/streams".into()),
    ("incidents", |_, _| "/api/v1/incidents?state=all".into()),
    ("incident", |n, names| format!("/api/v1/incidents/{}", nth(&names.incidents, n))),
    ("collectors", |_, _| "/api/v1/collectors?last=1h".into()),
    ("issues", |_, _| "/api/v1/issues".into()),
    ("report of half a day", |_, _| "/api/v1/report?last=12h&format=json".into()),
    ("settings", |_, _| "/api/v1/settings".into()),
];

/// The directory with so many observations, made if it is not there.
fn directory(count: u64) -> PathBuf {
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).parent().expect("the target folder").join("bench");
    let folder = target.join(format!("shop-{count}"));
    let done = folder.join("complete");
    if !done.exists() {
        println!("making a directory of {count} observations in {}", folder.display());
        let _ = fs::remove_dir_all(&folder);
        fs::create_dir_all(&folder).expect("a folder");
        let started = Instant::now();
        shop::fill(&folder, &support::config(&folder, (1, 2), CONFIG).rules, count);
        fs::write(&done, "").expect("written");
        println!("that took {:.0} s", started.elapsed().as_secs_f64());
    }
    folder
}
