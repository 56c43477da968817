//! Proves that values are read as they are written, and that every problem of a file is named at its place.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::{parse, read};

#[derive(Deserialize, Debug, PartialEq)]
#[serde(deny_unknown_fields)]
struct Top {
    name: String,
    #[serde(default)]
    things: BTreeMap<String, Thing>,
    #[serde(default)]
    list: Vec<Thing>,
}

#[derive(Deserialize, Debug, PartialEq)]
#[serde(deny_unknown_fields)]
struct Thing {
    size: u8,
    #[serde(default)]
    kind: Kinds,
}

#[derive(Deserialize, Debug, PartialEq, Default)]
#[serde(rename_all = "snake_case")]
enum Kinds {
    #[default]
    Plain,
    Cut(u8),
}

fn said(text: &str) -> Vec<String> {
    let problems = read::<Top>(&parse(text).unwrap()).unwrap_err();
    let problems = crate::config::yaml::Problems::new("f", text, problems);
    problems.to_string().lines().map(str::to_owned).collect()
}

#[test]
fn what_is_right_is_read() {
    let top: Top =
        read(&parse("name: 1.10\nthings: { a: { size: 3, kind: { cut: 2 } } }\nlist: [{ size: 1 }]").unwrap()).unwrap();
    assert_eq!(top.name, "1.10", "a text is what was written");
    assert_eq!(top.things["a"], Thing { size: 3, kind: Kinds::Cut(2) });
    assert_eq!(top.list, [Thing { size: 1, kind: Kinds::Plain }]);
}

#[test]
fn every_problem_of_a_file_is_named_at_once() {
    let text = "nam: x\nthings:\n  a: { size: big }\n  b: { siz: 1 }\n  c: { size: 300, kind: ct }\n  d: {size: 1, kind: {plain: 1}}\n";
    let expected = [
        "f:1:1: the key `nam` is not known here (did you mean `name`? expected one of `name`, `things`, `list`)",
        "f:3:14: expected a whole number, found `big`",
        "f:4:8: the key `siz` is not known here (did you mean `size`? expected one of `size`, `kind`)",
        "f:5:14: expected a whole number, found the number 300",
        "f:5:25: `ct` is not known here (did you mean `cut`? expected one of `plain`, `cut`)",
        "f:6:23: `plain` takes no value: write `plain` alone",
    ];
    assert_eq!(said(text), expected);
}

#[test]
fn a_list_is_no_map_and_nothing_is_an_empty_one() {
    let help = "(write `name: …` and so on, without `-`)";
    assert_eq!(said("- name: a\n"), [format!("f:1:1: expected a map of keys and values, found a list {help}")]);
    let help = "(write `size: …` and so on, without `-`)";
    assert_eq!(
        said("name: a\nthings: { o: [1, plain] }\nlist: [[2]]"),
        [
            format!("f:2:11: expected a map of keys and values, found a list {help}"),
            format!("f:3:8: expected a map of keys and values, found a list {help}"),
        ]
    );
    let empty: Top = read(&parse("name: a\nthings:\n#  a: { size: 3 }\nlist:\n").unwrap()).unwrap();
    assert_eq!((empty.things.len(), empty.list.len()), (0, 0));
    assert_eq!(said("name: a\nthings:\n  a:\n"), ["f:3:3: the key `size` is missing"]);
    assert_eq!(said("name:\n"), ["f:1:1: expected a text, found nothing"]);
}

#[test]
fn a_wrong_value_of_a_variant_is_one_problem() {
    assert_eq!(
        said("name: a\nthings: { o: { size: 1, kind: { cut: -1 } } }"),
        ["f:2:38: expected a whole number, found the number -1"]
    );
}

#[test]
fn long_values_are_quoted_by_their_beginning() {
    let text = format!("name: a\nlist: {}", "x".repeat(100_000));
    assert_eq!(said(&text), [format!("f:2:7: expected a list, found `{}…`", "x".repeat(80))]);
}

#[test]
fn a_value_that_was_wrong_is_not_called_missing_too() {
    assert_eq!(
        said("name: [1]\nlist: [{ size: x }, { size: 1 }]"),
        ["f:1:1: expected a text, found a list", "f:2:16: expected a whole number, found `x`"]
    );
}
