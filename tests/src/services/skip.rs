//! Skipped tests. The test harness cannot skip at run time, so a skip is printed and written to a file, from which
//! `cargo xtask test` counts it as ignored and not as passed.

use std::{fs, io::Write, thread};

use xtask::{
    services::{Service, is_required},
    workspace,
};

/// Name of the test on whose thread this is called.
pub fn test_name() -> String {
    thread::current().name().unwrap_or("(a test without a name)").to_owned()
}

/// Skips the test, or fails it where the service is required.
#[expect(clippy::panic, reason = "a required server that is missing fails the test that asked for it")]
pub fn skip<T>(test: &str, service: Service, error: &anyhow::Error) -> Option<T> {
    match is_required(service) {
        Ok(false) => {}
        Ok(true) => panic!("{service} is required (PLUMBLINE_REQUIRE) and not to be had: {error:#}"),
        Err(bad) => panic!("PLUMBLINE_REQUIRE: {bad}"),
    }
    println!("skipped {test}: no {service}: {error:#}");
    if let Err(unwritten) = record(test, service, error) {
        panic!("{test} is skipped and cannot be counted as such: {unwritten:#}");
    }
    None
}

fn record(test: &str, service: Service, error: &anyhow::Error) -> anyhow::Result<()> {
    let file = workspace::target_dir("services")?.join("skipped.log");
    let reason = format!("{error:#}").replace(['\n', '\t'], " ");
    let mut file = fs::File::options().create(true).append(true).open(file)?;
    Ok(writeln!(file, "{test}\tno {service}: {reason}")?)
}
