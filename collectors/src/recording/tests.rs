//! Proves that files of every layout are read, at the right lines, and that damage stays where it is.

use std::io::{Cursor, Write};

use flate2::{Compression, write::GzEncoder};
use plumbline_model::SourceTime;
use proptest::prelude::*;

use super::*;

fn tape(format: FileFormat) -> Tape {
    Tape { source: "s".into(), partition: "f".into(), format, read: ReceivedTime::from_secs(1_795_262_400) }
}

fn reader(name: &str, format: FileFormat, content: impl Into<Vec<u8>>) -> Reader {
    Reader::new(Cursor::new(content.into()), Path::new(name), tape(format)).unwrap_or_else(|error| panic!("{error}"))
}

/// `line: payload`, or `line! reason` for an issue, or the error that ends the file.
fn said(reader: Reader) -> Vec<String> {
    let one = |it: Result<Recorded, ReadError>| match it {
        Ok(Recorded::Record(record)) => {
            let payload = record.payload.as_deref().map_or("-".into(), String::from_utf8_lossy);
            format!("{}: {payload}", record.line.unwrap())
        }
        Ok(Recorded::Issue(issue)) => format!("{}! {} {}", issue.offset.unwrap(), issue.place, issue.reason),
        Err(error) => error.to_string(),
    };
    reader.map(one).collect()
}

fn gzip(content: &str) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(content.as_bytes()).unwrap();
    encoder.finish().unwrap()
}

#[test]
fn lines_are_read_plain_and_packed() {
    let lines = "\u{feff}{\"a\":1}\r\n\n  {\"a\":2}\nnope\n{\"a\":3}";
    let expected = ["1: {\"a\":1}", "3: {\"a\":2}", "4: nope", "5: {\"a\":3}"];
    let zstd = zstd::encode_all(lines.as_bytes(), 1).unwrap();
    let twice = [gzip("{\"a\":1}\n"), gzip("\n{\"a\":2}\nnope\n{\"a\":3}")].concat();
    for content in [lines.as_bytes().to_vec(), gzip(lines), zstd, twice] {
        assert_eq!(said(reader("x", FileFormat::Json, content)), expected);
    }
    assert_eq!(said(reader("x", FileFormat::Json, "")), [""; 0]);
}

#[test]
fn a_damaged_first_line_does_not_join_the_second() {
    let lines = "{\"a\": {\n{\"a\":2}\n";
    assert_eq!(said(reader("x", FileFormat::Json, lines)), ["1: {\"a\": {", "2: {\"a\":2}"]);
}

#[test]
fn arrays_and_values_over_several_lines_are_taken_apart() {
    let array = "[\n  {\"a\": \"]},{[\\\"\"},\n  {\"a\":\n 2}, 3, \"x,y\"\n]\n";
    let expected = ["2: {\"a\": \"]},{[\\\"\"}", "3: {\"a\":\n 2}", "4: 3", "4: \"x,y\""];
    assert_eq!(said(reader("x", FileFormat::Json, array)), expected);
    let pretty = "{\n  \"a\": 1\n}\n{\n  \"a\": 2\n}\n";
    assert_eq!(said(reader("x", FileFormat::Json, pretty)), ["1: {\n  \"a\": 1\n}", "4: {\n  \"a\": 2\n}"]);
    assert_eq!(said(reader("x", FileFormat::Json, "[]")), [""; 0]);
    assert_eq!(said(reader("x", FileFormat::Json, "[1, {\"cut\":")), ["1: 1", "1: {\"cut\":"]);
}

/// Records are told apart by their number, whatever lines they stand on; messages speak of lines.
#[test]
fn records_on_one_line_are_told_apart() {
    let of = |name: &str, content: &str| -> Vec<_> {
        let place = |it: Result<Recorded, ReadError>| match it {
            Ok(Recorded::Record(record)) => (record.offset.unwrap(), record.line.unwrap()),
            other => panic!("{other:?}"),
        };
        reader(name, FileFormat::Json, content).map(place).collect()
    };
    assert_eq!(of("x", "[{\"a\":1},{\"a\":2}, {\"a\":3}]"), [(1, 1), (2, 1), (3, 1)]);
    assert_eq!(of("x", "[\n{\"a\":1},\n{\"a\":\n2},{\"a\":3}\n]"), [(1, 2), (2, 3), (3, 4)]);
    assert_eq!(of("x", "{\"a\":1}\n\n{\"a\":2}\n"), [(1, 1), (3, 3)], "one value a line: its number is the line");
    assert_eq!(of("x.csv", "a,b\r1,2\r3,4\r"), [(2, 1), (3, 1)], "line ends that are not counted");
    assert_eq!(of("x.csv", "a,b\n1,\"2\n2\"\n3,4\n"), [(2, 2), (3, 4)]);
}

#[test]
fn rows_become_objects_of_texts() {
    let rows = "id;total;note\n1;10.50;\"a;\nb\"\n2;;x\n3;1\n\"4\";\u{e4};\"\"\n";
    let expected = [
        "2: {\"id\":\"1\",\"note\":\"a;\\nb\",\"total\":\"10.50\"}",
        "4: {\"id\":\"2\",\"note\":\"x\",\"total\":null}",
        "5! the record the row has 2 cells",
        "6: {\"id\":\"4\",\"note\":null,\"total\":\"ä\"}",
    ];
    assert_eq!(said(reader("orders.CSV.gz", FileFormat::Json, rows)), expected);
    assert_eq!(said(reader("x", FileFormat::Csv, rows)), expected);
    assert_eq!(said(reader("x", FileFormat::Json, rows)), expected, "told by its first line");
    let latin = [&b"a,b\n"[..], b"1,\xe4\n2,x\n"].concat();
    assert_eq!(
        said(reader("x.csv", FileFormat::Json, latin)),
        ["2! line 2, column `b` the cell is not UTF-8", "3: {\"a\":\"2\",\"b\":\"x\"}"]
    );
    let header = Reader::new(Cursor::new(&b"a,gr\xf6sse\n1,2\n"[..]), Path::new("x.csv"), tape(FileFormat::Json));
    assert_eq!(
        header.err().unwrap().to_string(),
        "x.csv: after line 0: line 1, column 2 of the header: `gr\u{fffd}sse` is not UTF-8; expected UTF-8 text"
    );
    let refused = Reader::new(Cursor::new("a,b\n"), Path::new("x.csv"), tape(FileFormat::Debezium));
    assert!(refused.err().unwrap().to_string().contains("it is CSV, but its source does not hold plain rows"));
}

#[test]
fn kafka_records_keep_their_circumstances() {
    let lines = [
        r#"{"topic":"t","partition":3,"offset":9,"tstype":"create","ts":1795262340000,"broker":1,"headers":["ce_id","1","n",null],"key":"k","payload":"{\"a\":1}"}"#,
        r#"{"topic":"t","partition":3,"offset":10,"timestamp":"2026-11-21T11:59:00Z","headers":{"h":"v"},"key":{"id":5},"value":{"a": 2}}"#,
        r#"{"topic":"t","partition":3,"offset":11,"key":"k","value":null}"#,
        r#"{"topic":"t","partition":"x","offset":11,"value":1}"#,
        r#"{"topic":"t","partition":1,"offset":11,"value":1,"timestamp":"noon"}"#,
    ];
    let all: Vec<_> = reader("x", FileFormat::Json, lines.join("\n")).map(Result::unwrap).collect();
    let record = |index: usize| match &all[index] {
        Recorded::Record(record) => record,
        Recorded::Issue(issue) => panic!("{issue}"),
    };
    let minute = SourceTime::parse("2026-11-21T11:59:00Z");
    let first = record(0);
    assert_eq!((first.topic.as_str(), first.offset, first.timestamp), ("t", Some(1), minute));
    assert_eq!((first.key.as_deref(), first.payload.as_deref()), (Some(&b"k"[..]), Some(&br#"{"a":1}"#[..])));
    assert_eq!(first.header("CE_ID").map(|value| &value[..]), Some(&b"1"[..]));
    let second = record(1);
    assert_eq!((second.timestamp, second.key.as_deref()), (minute, Some(&br#"{"id":5}"#[..])));
    assert_eq!((second.payload.as_deref(), second.headers.len()), (Some(&br#"{"a": 2}"#[..]), 1));
    assert_eq!(record(2).payload, None, "a tombstone");
    assert_eq!(record(3).topic.as_str(), "", "no Kafka record, but a record that looks a little like one");
    assert!(
        matches!(&all[4], Recorded::Issue(issue) if issue.kind == crate::IssueKind::Time && issue.offset == Some(5))
    );
}

#[test]
fn places_are_those_of_the_file() {
    let mut records = reader("x", FileFormat::Json, "{\"a\":1}\n\n{\"a\": oops}\n");
    let Some(Ok(Recorded::Record(record))) = records.nth(1) else { panic!() };
    let sources = serde_saphyr::from_str("{ s: { file: { format: json } } }").unwrap();
    let decoder = crate::Decoder::compile(&sources, &Default::default(), &[], &Default::default()).unwrap();
    let issue = decoder.decode(&record).issues.remove(0);
    assert_eq!(issue.to_string(), "s/f@3, line 3, column 7: it cannot be read: expected value; expected JSON");
}

#[test]
fn a_file_that_cannot_be_read_on_says_where() {
    let mut packed = gzip(&"{\"a\":1}\n".repeat(2000));
    packed.truncate(packed.len() - 12);
    let said = said(reader("orders.jsonl.gz", FileFormat::Json, packed));
    let last = said.last().unwrap();
    assert!(last.starts_with("orders.jsonl.gz: after line "), "{last}");
    let missing = Reader::open(Path::new("/does/not/exist"), tape(FileFormat::Json)).err().unwrap();
    assert!(missing.to_string().starts_with("/does/not/exist: after line 0: "), "{missing}");
    assert!(
        Reader::open(Path::new("/"), tape(FileFormat::Json)).err().unwrap().to_string().contains("it is a directory")
    );
}

#[test]
fn a_tape_is_of_what_its_source_holds() {
    for (config, expected) in [
        ("{ kafka: { brokers: [b], topics: [t], format: debezium } }", Some(FileFormat::Debezium)),
        ("{ http: { path: /x } }", Some(FileFormat::CloudEvents)),
        ("{ otlp: {} }", Some(FileFormat::Otlp)),
        ("{ file: { format: csv } }", Some(FileFormat::Csv)),
        ("{ postgres: {} }", None),
    ] {
        let config: SourceConfig = serde_saphyr::from_str(config).unwrap();
        let tape = Tape::of("s", &config, Path::new("/a/orders.jsonl.gz"), ReceivedTime(0));
        assert_eq!(tape.as_ref().map(|tape| tape.format), expected);
        assert!(tape.is_none_or(|tape| tape.partition.as_str() == "orders.jsonl.gz"));
    }
}

proptest! {
    /// Lines in, lines out: nothing is lost, joined or invented, whatever they hold.
    #[test]
    fn no_line_is_lost(lines in proptest::collection::vec("[ -z|~]{0,30}", 0..20)) {
        let content = format!("{{}}\n{}", lines.join("\n"));
        let expected: Vec<_> = content.lines().enumerate().filter(|(_, line)| !line.trim_ascii().is_empty())
            .map(|(at, line)| format!("{}: {}", at + 1, line.trim_ascii())).collect();
        prop_assert_eq!(said(reader("x", FileFormat::Json, content)), expected);
    }

    /// Rows in, rows out: those of another length than the header are issues, and none is missing.
    #[test]
    fn no_row_is_lost(rows in proptest::collection::vec(proptest::collection::vec("[a-z0-9 ]{1,5}", 1..4), 0..20)) {
        let lines: Vec<_> = rows.iter().map(|row| row.join(",")).collect();
        let content = format!("a,b\n{}\n", lines.join("\n"));
        let said = said(reader("x.csv", FileFormat::Csv, content));
        let right = |said: &String| !said.contains('!');
        prop_assert_eq!(said.len(), rows.len());
        prop_assert_eq!(said.iter().filter(|it| right(it)).count(), rows.iter().filter(|row| row.len() == 2).count());
    }

    #[test]
    fn any_bytes_are_read_to_an_end(content: Vec<u8>, packed in 0..3_usize, csv: bool) {
        let head: &[u8] = [&b""[..], b"\x1f\x8b\x08", b"\x28\xb5\x2f\xfd"][packed];
        let name = if csv { "x.csv" } else { "x" };
        let content = [head, &content].concat();
        if let Ok(reader) = Reader::new(Cursor::new(content), Path::new(name), tape(FileFormat::Json)) {
            prop_assert!(reader.count() < 1000);
        }
    }
}
