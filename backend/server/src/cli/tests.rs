//! Proves the command line from end to end but for the process: each folder of `tests/check` holds a configuration, recordings
//! and the arguments (`args`, one line a run); `expected` is what is answered, with the exit code.
//! `UPDATE_EXPECTED=1 cargo test` writes it anew: read the difference before you commit it.

use std::{fs, path::Path};

use clap::{CommandFactory as _, Parser as _};
use plumbline_model::ReceivedTime;

use super::*;
use crate::config::Purpose;

/// The answer to one line of arguments.
fn answer(folder: &Path, arguments: &str) -> String {
    let words = ["plumbline", "check"].into_iter().chain(arguments.split_whitespace());
    let cli = match Cli::try_parse_from(words) {
        Ok(cli) => cli,
        Err(error) => return format!("{error}exit {}\n", Exit::BadInput.code()),
    };
    let Command::Check(mut args) = cli.command else { panic!("{arguments} is no check") };
    args.in_folder(folder);
    let text = fs::read_to_string(folder.join("plumbline.yaml")).unwrap();
    let config = crate::config::parse("plumbline.yaml", &text, &|_| None, Purpose::Offline).unwrap();
    let now = ReceivedTime::parse("2026-11-22T00:00:00Z").unwrap();
    let said = match check::answer(&args, &config, now, false, |_| ()) {
        Ok(answer) => {
            let note = answer.note.map(|note| format!("\n{note}\n")).unwrap_or_default();
            format!("{}{note}exit {}\n", answer.written, answer.exit.code())
        }
        Err(error) => format!("error: {error:#}\nexit {}\n", Exit::BadInput.code()),
    };
    // Paths are those of whoever runs it.
    said.replace(&format!("{}/", folder.display()), "")
}

#[test]
fn recordings_are_answered_as_expected() {
    let folders = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/check");
    let mut folders: Vec<_> = fs::read_dir(folders).unwrap().map(|entry| entry.unwrap().path()).collect();
    folders.sort();
    assert!(folders.len() >= 8, "{folders:?}");
    let mut wrong = Vec::new();
    for folder in folders {
        let runs = fs::read_to_string(folder.join("args")).unwrap();
        let said: Vec<_> = runs.lines().map(|run| format!("$ check {run}\n{}", answer(&folder, run))).collect();
        let said = said.join("\n");
        let file = folder.join("expected");
        if std::env::var_os("UPDATE_EXPECTED").is_some() {
            fs::write(&file, &said).unwrap();
        }
        let expected = fs::read_to_string(&file).unwrap_or_default();
        if said != expected {
            wrong.push(format!("{}\n--- expected\n{expected}\n--- said\n{said}", folder.display()));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}

/// What can be read only once is read once: a pipe is answered like the file that is poured into it.
#[cfg(target_os = "linux")]
#[test]
fn a_pipe_is_answered_like_its_file() {
    use std::{io::Write as _, os::fd::AsRawFd as _, thread};

    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/check/clean");
    let pour = |name: &str| {
        let content = fs::read(folder.join(name)).unwrap();
        let (reader, mut writer) = std::io::pipe().unwrap();
        (reader, thread::spawn(move || writer.write_all(&content).unwrap()))
    };
    let (orders, view) = (pour("orders-db.jsonl"), pour("view.jsonl"));
    let pipe = |(reader, _): &(std::io::PipeReader, _)| format!("/dev/fd/{}", reader.as_raw_fd());
    let (from_orders, from_view) = (pipe(&orders), pipe(&view));
    let said = answer(&folder, &format!("orders-db={from_orders} view={from_view}"));
    assert!(said.contains("Consistent:") && said.ends_with("exit 0\n"), "{said}");
    assert_eq!(said, answer(&folder, "orders-db.jsonl view.jsonl"));
    let twice = answer(&folder, &format!("orders-db={from_orders} view={from_orders}"));
    assert_eq!(twice, format!("error: {from_orders} is given twice\nexit 2\n"), "it cannot be read for both");
    for (reader, poured) in [orders, view] {
        drop(reader);
        poured.join().unwrap();
    }
}

#[test]
fn the_arguments_are_sound_and_their_help_is_what_it_was() {
    Cli::command().debug_assert();
    let mut said = String::new();
    for words in [&["plumbline", "--help"][..], &["plumbline", "check", "-h"], &["plumbline", "report", "-h"]] {
        said += &format!("{}\n", Cli::try_parse_from(words).unwrap_err());
    }
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/help.txt");
    if std::env::var_os("UPDATE_EXPECTED").is_some() {
        fs::write(&file, &said).unwrap();
    }
    assert_eq!(said, fs::read_to_string(&file).unwrap_or_default());
}

#[test]
fn wrong_arguments_are_bad_input() {
    for words in
        [&["plumbline", "chek"][..], &["plumbline", "check"], &["plumbline", "check", "a", "--min-coverage", "2"]]
    {
        assert!(Cli::try_parse_from(words).unwrap_err().use_stderr(), "{words:?}");
    }
}
