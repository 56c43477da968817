//! The scalars whose JSON form is OTLP's own.

use std::fmt;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde::{Deserialize, Deserializer, de};

/// A member that may be null, which means its default as in all of protobuf's JSON.
pub(super) fn nullable<'de, D: Deserializer<'de>, T: Deserialize<'de> + Default>(from: D) -> Result<T, D::Error> {
    Option::<T>::deserialize(from).map(Option::unwrap_or_default)
}

macro_rules! scalars {
    ($($(#[$doc:meta])* $name:ident($raw:ty) expects $expects:literal { $($visit:item)+ })+) => { $(
        $(#[$doc])*
        #[derive(Clone, PartialEq, Default, Debug)]
        pub(super) struct $name(pub $raw);

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                struct Visitor;
                impl de::Visitor<'_> for Visitor {
                    type Value = $name;
                    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                        f.write_str($expects)
                    }
                    $($visit)+
                }
                deserializer.deserialize_any(Visitor)
            }
        }
    )+ };
}

scalars! {
    /// Bytes of an id, of whatever length; the length is checked where the id is used.
    Hex(Vec<u8>) expects "an id in hexadecimal" {
        fn visit_str<E: de::Error>(self, text: &str) -> Result<Hex, E> {
            hex::decode(text).map(Hex).map_err(|_| E::invalid_value(de::Unexpected::Str(text), &self))
        }
    }
    Base64(Vec<u8>) expects "bytes in base64" {
        fn visit_str<E: de::Error>(self, text: &str) -> Result<Base64, E> {
            STANDARD.decode(text).map(Base64).map_err(|_| E::invalid_value(de::Unexpected::Str(text), &self))
        }
    }
    Int(i64) expects "a whole number of 64 bits, as text or number" {
        fn visit_i64<E: de::Error>(self, number: i64) -> Result<Int, E> {
            Ok(Int(number))
        }
        fn visit_u64<E: de::Error>(self, number: u64) -> Result<Int, E> {
            i64::try_from(number).map(Int).map_err(|_| E::invalid_value(de::Unexpected::Unsigned(number), &self))
        }
        fn visit_str<E: de::Error>(self, text: &str) -> Result<Int, E> {
            text.parse().map(Int).map_err(|_| E::invalid_value(de::Unexpected::Str(text), &self))
        }
    }
    Unsigned(u64) expects "a whole number of 64 bits without sign, as text or number" {
        fn visit_u64<E: de::Error>(self, number: u64) -> Result<Unsigned, E> {
            Ok(Unsigned(number))
        }
        fn visit_i64<E: de::Error>(self, number: i64) -> Result<Unsigned, E> {
            u64::try_from(number).map(Unsigned).map_err(|_| E::invalid_value(de::Unexpected::Signed(number), &self))
        }
        fn visit_str<E: de::Error>(self, text: &str) -> Result<Unsigned, E> {
            text.parse().map(Unsigned).map_err(|_| E::invalid_value(de::Unexpected::Str(text), &self))
        }
    }
    /// Names of enums are not allowed, unlike in protobuf's usual JSON.
    Enum(i32) expects "an enum as its number" {
        fn visit_i64<E: de::Error>(self, number: i64) -> Result<Enum, E> {
            i32::try_from(number).map(Enum).map_err(|_| E::invalid_value(de::Unexpected::Signed(number), &self))
        }
        fn visit_u64<E: de::Error>(self, number: u64) -> Result<Enum, E> {
            i32::try_from(number).map(Enum).map_err(|_| E::invalid_value(de::Unexpected::Unsigned(number), &self))
        }
    }
    Double(f64) expects "a number, or `NaN`, `Infinity`, `-Infinity`" {
        fn visit_f64<E: de::Error>(self, number: f64) -> Result<Double, E> {
            Ok(Double(number))
        }
        fn visit_i64<E: de::Error>(self, number: i64) -> Result<Double, E> {
            Ok(Double(number as f64))
        }
        fn visit_u64<E: de::Error>(self, number: u64) -> Result<Double, E> {
            Ok(Double(number as f64))
        }
        fn visit_str<E: de::Error>(self, text: &str) -> Result<Double, E> {
            match text {
                "NaN" => Ok(Double(f64::NAN)),
                "Infinity" => Ok(Double(f64::INFINITY)),
                "-Infinity" => Ok(Double(f64::NEG_INFINITY)),
                _ => text.parse().map(Double).map_err(|_| E::invalid_value(de::Unexpected::Str(text), &self)),
            }
        }
    }
}
