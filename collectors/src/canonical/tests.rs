//! Proves which values are equal in which type, and which are refused.

use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;
use crate::config::{Precision, ValuesConfig};

const CAPTURE: Written = Written { unit: None, scale: None, capture: true };

fn is(kind: FieldType, value: Value) -> Result<String, String> {
    canonical(kind, &value, Written::default())
}

#[test]
fn numbers_are_equal_as_numbers() {
    for (value, expected) in [
        (json!(10), "10"),
        (json!(10.0), "10"),
        (json!("10.00"), "10"),
        (json!("1e1"), "10"),
        (json!(-0.0), "0"),
        (json!(0.1), "0.1"),
        (json!("+.50"), "0.5"),
        (json!("-0012.340"), "-12.34"),
        (json!(18_446_744_073_709_551_615_u64), "18446744073709551615"),
        (json!("123456789012345678901234567890.5"), "123456789012345678901234567890.5"),
        (json!(1e300), "1e300"),
        (json!("1.25e-300"), "1.25e-300"),
    ] {
        assert_eq!(is(FieldType::Number, value.clone()).as_deref(), Ok(expected), "{value}");
    }
    for value in
        [json!("NaN"), json!("ten"), json!(""), json!("-"), json!("1.2.3"), json!("1e"), json!(true), json!([1])]
    {
        assert_eq!(is(FieldType::Number, value.clone()), Err("a number".into()), "{value}");
    }
}

#[test]
fn decimals_round_half_away_from_zero() {
    for (value, expected) in [
        ("10.5", "10.50"),
        ("10.505", "10.51"),
        ("-10.505", "-10.51"),
        ("10.50499", "10.50"),
        ("9.995", "10.00"),
        ("0.004", "0.00"),
        ("-0.004", "0.00"),
        ("0.005", "0.01"),
        ("1e3", "1000.00"),
    ] {
        assert_eq!(is(FieldType::Decimal(2), json!(value)).as_deref(), Ok(expected), "{value}");
    }
    assert_eq!(is(FieldType::Decimal(0), json!(2.5)).as_deref(), Ok("3"));
    assert_eq!(is(FieldType::Decimal(28), json!(1)).unwrap().len(), 30);
}

#[test]
fn captured_decimals_are_read_in_all_modes_of_debezium_and_never_guessed() {
    let read = |value, scale| canonical(FieldType::Decimal(2), &value, Written { scale, ..CAPTURE });
    assert_eq!(read(json!("BBo="), None).as_deref(), Ok("10.50"));
    assert_eq!(read(json!("BBo="), Some(1)).as_deref(), Ok("105.00"));
    assert_eq!(read(json!("++Y="), None).as_deref(), Ok("-10.50"));
    assert_eq!(read(json!("10.50"), None).as_deref(), Ok("10.50"), "decimal.handling.mode=string");
    assert_eq!(read(json!(10.5), None).as_deref(), Ok("10.50"), "decimal.handling.mode=double");
    assert_eq!(read(json!({ "scale": 1, "value": "aQ==" }), None).as_deref(), Ok("10.50"));
    assert!(read(json!("1234"), None).unwrap_err().contains("both a numeral and base64"));
    assert_eq!(read(json!("1234"), Some(2)).as_deref(), Ok("-26588.24"));
    assert!(read(json!("BBo"), None).is_err(), "not padded, so not base64");
    assert!(is(FieldType::Decimal(2), json!("BBo=")).is_err(), "only change capture sends base64");
    let wide = json!("AAAAAAAAAAAAAAAAAAAAAAAA");
    assert!(read(wide, None).is_err(), "18 bytes are more than 38 digits");
}

#[test]
fn timestamps_are_equal_as_instants_cut_to_their_precision() {
    let noon = "2026-11-21T12:00:00.123Z";
    for value in [
        json!("2026-11-21T12:00:00.123456Z"),
        json!("2026-11-21T13:00:00.123+01:00"),
        json!("2026-11-21 12:00:00.123999"),
        json!("2026-11-21 12:00:00.123+00"),
        json!(1_795_262_400_123_i64),
        json!(1_795_262_400_123_456_i64),
        json!(1_795_262_400_123_456_789_i64),
        json!(1_795_262_400.123_9),
        json!("1795262400123"),
    ] {
        assert_eq!(is(FieldType::Timestamp(Precision::Ms), value.clone()).as_deref(), Ok(noon), "{value}");
    }
    let day = FieldType::Timestamp(Precision::D);
    assert_eq!(is(day, json!(20_778)).as_deref(), Ok("2026-11-21T00:00:00Z"), "days, as Debezium's Date");
    assert_eq!(is(day, json!("2026-11-21")).as_deref(), Ok("2026-11-21T00:00:00Z"));
    let second = FieldType::Timestamp(Precision::S);
    assert_eq!(is(second, json!("1969-12-31T23:59:59.5Z")).as_deref(), Ok("1969-12-31T23:59:59Z"), "cut downwards");
    let unit = |unit| Written { unit: Some(unit), ..Written::default() };
    assert_eq!(canonical(second, &json!(-1.5), unit(TimeUnit::S)).as_deref(), Ok("1969-12-31T23:59:58Z"));
    assert_eq!(canonical(second, &json!(5000), unit(TimeUnit::Ms)).as_deref(), Ok("1970-01-01T00:00:05Z"));
    for value in [json!(5000), json!(0), json!("soon"), json!(true), json!("2026-13-01"), json!(1e300)] {
        assert!(is(second, value.clone()).is_err(), "{value}");
    }
}

#[test]
fn booleans_texts_bytes_and_json() {
    for (kind, value, expected) in [
        (FieldType::Boolean, json!("T"), Ok("true")),
        (FieldType::Boolean, json!(0), Ok("false")),
        (FieldType::Boolean, json!(2), Err(())),
        (FieldType::Text, json!("Ünï"), Ok("Ünï")),
        (FieldType::Text, json!(1.5), Ok("1.5")),
        (FieldType::Text, json!({}), Err(())),
        (FieldType::Bytes, json!("AAEC"), Ok("AAEC")),
        (FieldType::Bytes, json!("\\x000102"), Ok("AAEC")),
        (FieldType::Bytes, json!("\\x0"), Err(())),
        (FieldType::Json, json!({ "b": [1.0, "x"], "a": null }), Ok(r#"{"a":null,"b":[1,"x"]}"#)),
        (FieldType::Json, json!(r#"{"b": [1e0, "x"], "a": null}"#), Ok(r#"{"a":null,"b":[1,"x"]}"#)),
        (FieldType::Json, json!("5"), Ok(r#""5""#)),
    ] {
        assert_eq!(is(kind, value.clone()).as_deref().map_err(|_| ()), expected, "{kind:?} {value}");
    }
    assert_eq!(canonical(FieldType::Json, &json!("5"), CAPTURE).as_deref(), Ok("5"), "a JSON column holds JSON");
}

#[test]
fn what_is_kept_is_what_the_configuration_allows() {
    let (ours, theirs) = (Keeper::new([1; 32]), Keeper::new([2; 32]));
    let stored = ours.keep(ValuesConfig::Store, "paid");
    assert_eq!(stored.text(), Some("paid"));
    assert_eq!(stored, theirs.keep(ValuesConfig::Store, "paid"));
    let hashed = ours.keep(ValuesConfig::Hash, "paid");
    assert!(hashed.text().unwrap().starts_with('#') && hashed.digest() != stored.digest());
    assert_ne!(hashed.digest(), theirs.keep(ValuesConfig::Hash, "paid").digest(), "keyed");
    let dropped = ours.keep(ValuesConfig::Drop, "paid");
    assert_eq!((dropped.text(), dropped.digest()), (None, hashed.digest()));
    let long = ours.keep(ValuesConfig::Store, &"ä".repeat(1000));
    assert!(long.text().unwrap().len() <= digest::MAX_TEXT_BYTES);
}

proptest! {
    /// Reading what was written gives the same number, whatever its form; so canonical texts are unique.
    #[test]
    fn numerals_survive_being_written(negative: bool, digits in "[0-9]{1,30}", exponent in -400_i64..400) {
        let text = format!("{}{digits}e{exponent}", if negative { "-" } else { "" });
        let numeral = Numeral::parse(&text).unwrap();
        prop_assert_eq!(Numeral::parse(&numeral.to_string()), Some(numeral.clone()));
        prop_assert_eq!(numeral.rounded(2).rounded(2), numeral.rounded(2));
    }

    #[test]
    fn rounding_moves_a_number_by_half_a_place_at_most(cents in -1_000_000_i64..1_000_000, mills in 0_i64..1000) {
        let thousandths = cents * 1000 + mills;
        let numeral = Numeral::parse(&format!("{thousandths}e-5")).unwrap();
        let rounded = numeral.rounded(2).floor_scaled(5).unwrap();
        prop_assert!((rounded - i128::from(thousandths)).abs() <= 500, "{} became {}", thousandths, rounded);
        prop_assert_eq!(rounded % 1000, 0);
    }

    #[test]
    fn no_value_makes_conversion_panic(text in "\\PC{0,40}", number: f64, scale: Option<u8>, kind in 0..7_usize, places in 0_u8..=28) {
        let kinds = [FieldType::Text, FieldType::Number, FieldType::Decimal(places), FieldType::Timestamp(Precision::Us),
            FieldType::Boolean, FieldType::Json, FieldType::Bytes];
        for value in [json!(text), json!(number), json!({ "scale": number, "value": text }), json!([text])] {
            let _ = canonical(kinds[kind], &value, Written { unit: None, scale, capture: true });
            let _ = canonical(kinds[kind], &value, Written::default());
        }
    }
}
