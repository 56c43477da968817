//! Proves what selectors find, what they refuse, and that no expression people may write can bring the process down.

use std::sync::Arc;

use ::cel::Env;
use serde_json::{Value, json};

use super::*;
use crate::format::Format;

fn record() -> Value {
    json!({ "id": 7, "type": "order.placed", "data": { "total_cents": 1050, "lines": [{ "n": 1 }, { "n": 2 }] } })
}

fn cel(text: &str, view: &Value) -> Result<Option<Value>, Failure> {
    let cel = Cel::parse(text, &Arc::new(Env::stdlib())).unwrap();
    cel.evaluate(&Scope { view, record: &|| json!({ "topic": "orders" }), extra: &[("status", json!("open"))] })
}

#[test]
fn paths_find_one_value_nothing_or_too_many() {
    let record = record();
    let find = |text: &str| format!("{:?}", Path::parse(text).unwrap().find(&record));
    assert_eq!(find("$.id"), "One(Number(7))");
    assert_eq!(find("$['id']"), "One(Number(7))");
    assert_eq!(find("$.data.lines[1].n"), "One(Number(2))");
    assert_eq!(find("$.data.lines[?@.n == 1].n"), "One(Number(1))");
    assert_eq!(find("$.data.missing"), "Nothing");
    assert_eq!(find("$.id.deeper"), "Nothing");
    assert_eq!(find("$..n"), "Many(2)");
    assert_eq!(Path::parse("$").unwrap().find(&record), Found::One(&record));
}

#[test]
fn expressions_see_the_record_its_members_and_its_circumstances() {
    let record = record();
    for (text, expected) in [
        ("double(value.data.total_cents) / 100.0", json!(10.5)),
        ("type.startsWith('order.')", json!(true)),
        ("record.topic", json!("orders")),
        ("status", json!("open")),
        ("data.lines.map(line, line.n)", json!([1, 2])),
        ("has(value.data.tax) ? value.data.tax : null", json!(null)),
    ] {
        assert_eq!(cel(text, &record), Ok(Some(expected)), "{text}");
    }
    for missing in ["value.nothing", "nothing", "data.lines2.size()"] {
        assert_eq!(cel(missing, &record), Ok(None), "{missing}");
    }
    for wrong in ["type + 1", "1 / 0", "data.lines[9]"] {
        assert!(cel(wrong, &record).is_err(), "{wrong}");
    }
}

/// What is said of an expression that is refused, and the part of it that is meant.
fn refused(text: &str) -> String {
    let wrong = Cel::parse(text, &Arc::new(Env::stdlib())).unwrap_err();
    format!("{} [{}]", wrong.message, wrong.part.map_or("", |part| &text[part]))
}

#[test]
fn functions_that_are_not_there_are_refused() {
    assert_eq!(cel("nowhere == 'x'", &record()), Ok(None), "what a record lacks is not there");
    for (text, said) in [
        ("type.startWith('order.')", "there is no function `startWith` (did you mean `startsWith`?) [startWith]"),
        ("lenght(type) > 3", "there is no function `lenght` [lenght]"),
        ("true || data.lines.all(it, siez(it) > 1)", "there is no function `siez` (did you mean `size`?) [siez]"),
        ("optional.off(1).hasValue()", "there is no function `off` [off]"),
        ("data.lines.exists('x')", "`exists` is not written like that [exists]"),
    ] {
        assert_eq!(refused(text), said, "{text}");
    }
    for right in [
        "size(type) > 3 && type.size() > 3",
        "type.matches('^o') && type.contains('o') && type.endsWith('d')",
        "timestamp('2026-11-21T11:59:00Z').getFullYear() == 2026 && duration('1s') < duration('2s')",
        "optional.of(1).hasValue() && int('7') == 7 && string(7) == '7' && double(1) < 2.0 && uint(1) == 1u",
        "data.lines.exists_one(it, it.n == 1) && data.lines.filter(it, has(it.n)).map(it, it.n) == [1, 2]",
        "type(type) == string && dyn(1) == 1 && bytes('a') == b'a' && bool('true')",
    ] {
        assert_eq!(cel(right, &record()), Ok(Some(json!(true))), "{right}");
    }
}

#[test]
fn every_function_that_is_suggested_is_there() {
    let env = Arc::new(Env::stdlib());
    for name in spoken::FUNCTIONS.into_iter().filter(|name| !spoken::MACROS.contains(name)) {
        let called = [format!("{name}(id)"), format!("id.{name}()")];
        assert!(called.iter().any(|text| Cel::parse(text, &env).is_ok()), "{name}");
    }
}

#[test]
fn what_record_never_has_is_refused() {
    for (text, said) in [
        ("record.topc == 'x'", "`record` has no member `topc` (did you mean `topic`?) [topc]"),
        ("record['offfset'] > 1", "`record` has no member `offfset` (did you mean `offset`?) [offfset]"),
        ("has(record.header)", "`record` has no member `header` (did you mean `headers`?) [header]"),
        ("'d' == record.op", "`record.op` is never `d` (did you mean `delete`?) [d]"),
        ("record.op in ['create', 'removed']", "`record.op` is never `removed` [removed]"),
    ] {
        assert_eq!(refused(text), said, "{text}");
    }
    for right in ["record.op != 'delete'", "[{'x': 1}].all(record, record.x == 1)", "record.headers.x == 'op'"] {
        assert!(Cel::parse(right, &Arc::new(Env::stdlib())).is_ok(), "{right}");
    }
}

#[test]
fn names_that_records_hardly_have_are_doubted() {
    let doubts = |text: &str, format: Format, fields: &[&str]| -> Vec<String> {
        let cel = Cel::parse(text, &Arc::new(Env::stdlib())).unwrap();
        let said = cel.doubts(&Names { format: Some(format), fields });
        said.into_iter().map(|doubt| format!("{} [{}]", doubt.message, &text[doubt.part.unwrap()])).collect()
    };
    let none = "is no attribute of CloudEvents: without it nothing is found";
    for (text, expected) in [
        ("typ.startsWith('x') || typ == 'typ'", vec![format!("`typ` {none} (did you mean `type`?) [typ]")]),
        ("'statu' == statu", vec![format!("`statu` {none} (did you mean `status`?) [statu]")]),
        ("valu.x == 1", vec![format!("`valu` {none} (did you mean `value`?) [valu]")]),
        ("value.typ == type && value.tenant == correlationid && record.key == subject && status == data.a", vec![]),
        ("data.lines.all(it, it.n > 0) && type(data.n) == int", vec![]),
    ] {
        assert_eq!(doubts(text, Format::CloudEvents, &["status"]), expected, "{text}");
    }
    let member = "is read as a member of the record";
    for (text, expected) in [
        ("recrod.topic == 'x'", vec![format!("`recrod` {member} (did you mean `record`?) [recrod]")]),
        ("staus == 'x'", vec![format!("`staus` {member} (did you mean `status`?) [staus]")]),
        ("typ == 'x' && records.x == 1 && values.y == 2 && valeu == 1", vec![]),
    ] {
        assert_eq!(doubts(text, Format::Json, &["status"]), expected, "{text}");
    }
}

#[test]
fn mistakes_are_told_when_the_configuration_is_read() {
    let env = Arc::new(Env::stdlib());
    for (text, said) in [
        ("order.id", "does not begin with `$` (did you mean `$.order.id`?)"),
        (".order", "does not begin with `$` (did you mean `$.order`?)"),
        ("order id", "does not begin with `$`"),
        ("$.a[", "is not a JSONPath: `[` cannot be read, from its character 4 on"),
        ("$.order-id.x", "`-id.x` cannot be read, from its character 8 on (did you mean `$['order-id'].x`?)"),
        ("$.größe[", "`[` cannot be read, from its character 8 on"),
        ("$.", "is not a JSONPath: "),
        (&format!("${}", "[0]".repeat(400)), "longer than"),
        (&format!("$[?{}]", "(".repeat(40)), "nested more than"),
    ] {
        let error = Path::parse(text).unwrap_err().message;
        assert!(error.contains(said), "{error}");
    }
    for (text, said) in [
        ("a &&", "`a &&` is not CEL: it ends too early (at its character 5)"),
        ("", "is not CEL"),
        ("has(id)", "in `has(id)`, `has` does not ask for a member"),
        ("a ==\n == b", "is not CEL: `==` is not expected there (at its line 2, character 2)"),
        (&"(".repeat(2000), "longer than"),
        (&format!("{}1{}", "[".repeat(40), "]".repeat(40)), "nested more than"),
    ] {
        let error = Cel::parse(text, &env).unwrap_err().message;
        assert!(error.contains(said), "{error}");
    }
}

/// The stack of a test thread is 2 MiB, as is that of a runtime's worker.
#[test]
fn the_longest_allowed_chains_do_not_overflow_the_stack() {
    let record = record();
    for (unit, end) in
        [("1+", "1"), ("!", "true"), ("-", "1"), ("id.", "id"), ("true?1:", "1"), ("true&&", "true"), ("id==", "1")]
    {
        let (mut longest, env) = (0, Arc::new(Env::stdlib()));
        for times in (0..=1024 / unit.len()).rev() {
            let text = format!("{}{end}", unit.repeat(times));
            if let Ok(cel) = Cel::parse(&text, &env) {
                let _ = cel.evaluate(&Scope { view: &record, record: &|| Value::Null, extra: &[] });
                longest = times;
                break;
            }
        }
        assert!(longest >= 30, "{unit}: {longest} is too few for people");
    }
}

proptest::proptest! {
    #![proptest_config(proptest::prelude::ProptestConfig::with_cases(64))]
    #[test]
    fn no_text_makes_the_compilers_panic(text in "[\\PC]{0,60}", code in "[a-z0-9 ().\\[\\]{}'\"+*/<>=!&|?:,$@-]{0,60}") {
        let env = Arc::new(Env::stdlib());
        for text in [&text, &code] {
            let _ = Cel::parse(text, &env);
            let _ = Path::parse(text);
            let _ = Path::parse(&format!("${text}"));
        }
    }
}
