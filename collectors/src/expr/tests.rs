//! Proves what selectors find, what they refuse, and that no expression people may write can bring the process down.

use std::sync::Arc;

use ::cel::Env;
use serde_json::{Value, json};

use super::*;

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

#[test]
fn what_a_record_lacks_is_not_there_and_a_function_that_is_not_there_is_a_mistake() {
    let view = record();
    assert_eq!(cel("nowhere == 'x'", &view), Ok(None));
    for (text, name) in [("type.beginsWith('order.')", "beginsWith"), ("lenght(type) > 3", "lenght")] {
        let failure = cel(text, &view).unwrap_err();
        assert_eq!(failure.reason, format!("`{name}` is no function"), "{text}");
    }
}

#[test]
fn mistakes_are_told_when_the_configuration_is_read() {
    let env = Arc::new(Env::stdlib());
    for (text, said) in [
        ("order.id", "does not begin with `$`"),
        ("$.a[", "is not a JSONPath"),
        (&format!("${}", "[0]".repeat(400)), "longer than"),
        (&format!("$[?{}]", "(".repeat(40)), "nested more than"),
    ] {
        let error = Path::parse(text).unwrap_err();
        assert!(error.contains(said), "{error}");
    }
    for (text, said) in [
        ("a &&", "is not CEL"),
        ("", "is not CEL"),
        (&"(".repeat(2000), "longer than"),
        (&format!("{}1{}", "[".repeat(40), "]".repeat(40)), "nested more than"),
    ] {
        let error = Cel::parse(text, &env).unwrap_err();
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
