//! Exact decimal numbers: read from JSON, text, or the base64 form of change capture; compared as numbers, never as floats.

use std::fmt;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde_json::Value;

use super::Written;

/// More digits than any store's decimal type holds.
const MAX_DIGITS: usize = 1000;
/// Exponents beyond this are no measurements.
const MAX_EXPONENT: i64 = 10_000;
/// Zeros written out before or behind the digits; beyond it the text is scientific.
const PLAIN_ZEROS: i64 = 20;

/// ± digits × 10^exponent, with neither leading nor trailing zeros: one form for one number. Zero has no digits.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Numeral {
    negative: bool,
    digits: Vec<u8>,
    exponent: i64,
}

impl Numeral {
    /// Reads `-12.50`, `1e3`, `.5`. `None` for anything else, `NaN` and infinities among it.
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        let (negative, rest) = match text.as_bytes().first()? {
            b'-' => (true, &text[1..]),
            b'+' => (false, &text[1..]),
            _ => (false, text),
        };
        let (mantissa, exponent) = match rest.split_once(['e', 'E']) {
            Some((mantissa, exponent)) => (mantissa, exponent.parse::<i64>().ok()?),
            None => (rest, 0),
        };
        let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
        let digits: Vec<u8> = whole.bytes().chain(fraction.bytes()).collect();
        let fits = !digits.is_empty() && digits.len() <= MAX_DIGITS && exponent.abs() <= MAX_EXPONENT;
        let plain = digits.iter().all(u8::is_ascii_digit);
        (fits && plain).then(|| Self::normal(negative, digits, exponent - fraction.len() as i64))
    }

    /// A big-endian two's complement number of up to 16 bytes, `scale` of whose decimal digits are places.
    pub fn from_unscaled(bytes: &[u8], scale: i64) -> Option<Self> {
        let first = *bytes.first()?;
        if bytes.len() > 16 {
            return None;
        }
        let fill = if first & 0x80 == 0 { 0 } else { 0xFF };
        let mut wide = [fill; 16];
        wide[16 - bytes.len()..].copy_from_slice(bytes);
        let number = i128::from_be_bytes(wide);
        Some(Self::normal(number < 0, number.unsigned_abs().to_string().into_bytes(), -scale))
    }

    fn normal(negative: bool, mut digits: Vec<u8>, mut exponent: i64) -> Self {
        while digits.last() == Some(&b'0') {
            digits.pop();
            exponent += 1;
        }
        let zeros = digits.iter().take_while(|digit| **digit == b'0').count();
        digits.drain(..zeros);
        if digits.is_empty() {
            return Self { negative: false, digits, exponent: 0 };
        }
        Self { negative, digits, exponent }
    }

    /// Rounds to so many places, half away from zero.
    pub fn rounded(&self, places: u8) -> Self {
        let excess = -i64::from(places) - self.exponent;
        if excess <= 0 {
            return self.clone();
        }
        let Some(kept) = usize::try_from(excess).ok().and_then(|cut| self.digits.len().checked_sub(cut)) else {
            return Self { negative: false, digits: Vec::new(), exponent: 0 };
        };
        let up = self.digits[kept] >= b'5';
        let mut digits = self.digits[..kept].to_vec();
        if up {
            let nines = digits.iter().rev().take_while(|digit| **digit == b'9').count();
            let end = digits.len();
            digits[end - nines..].fill(b'0');
            match (end - nines).checked_sub(1) {
                Some(at) => digits[at] += 1,
                None => digits.insert(0, b'1'),
            }
        }
        Self::normal(self.negative, digits, -i64::from(places))
    }

    /// The text with exactly so many places, at least as many as the number has.
    pub fn with_places(&self, places: u8) -> String {
        let mut text = self.plain();
        let have = text.find('.').map_or(0, |dot| text.len() - dot - 1);
        if places > 0 && have == 0 {
            text.push('.');
        }
        text.extend(std::iter::repeat_n('0', usize::from(places).saturating_sub(have)));
        text
    }

    /// The number × 10^power, cut to a whole number towards minus infinity. `None` where it needs more than 128 bits.
    pub fn floor_scaled(&self, power: i64) -> Option<i128> {
        let exponent = self.exponent + power;
        let text = std::str::from_utf8(&self.digits).ok()?;
        let magnitude: i128 = if exponent >= 0 {
            let factor = 10_i128.checked_pow(u32::try_from(exponent).ok()?)?;
            if text.is_empty() { 0 } else { text.parse::<i128>().ok()?.checked_mul(factor)? }
        } else {
            let cut = usize::try_from(-exponent).ok()?.min(text.len());
            let kept = &text[..text.len() - cut];
            let whole = if kept.is_empty() { 0 } else { kept.parse::<i128>().ok()? };
            // Trailing zeros are never kept, so what was cut off is not zero.
            if self.negative { whole.checked_add(1)? } else { whole }
        };
        Some(if self.negative { -magnitude } else { magnitude })
    }

    fn plain(&self) -> String {
        let digits = String::from_utf8_lossy(&self.digits);
        let sign = if self.negative { "-" } else { "" };
        let places = usize::try_from(-self.exponent).unwrap_or(0);
        if digits.is_empty() {
            return "0".to_owned();
        }
        if self.exponent >= 0 {
            return format!("{sign}{digits}{}", "0".repeat(usize::try_from(self.exponent).unwrap_or(0)));
        }
        match digits.len().checked_sub(places) {
            Some(whole) if whole > 0 => format!("{sign}{}.{}", &digits[..whole], &digits[whole..]),
            _ => format!("{sign}0.{}{digits}", "0".repeat(places - digits.len())),
        }
    }
}

impl fmt::Display for Numeral {
    /// Plain where it is short, else scientific with one digit before the point; one text for one number.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let magnitude = self.exponent + self.digits.len() as i64;
        if self.exponent <= PLAIN_ZEROS && magnitude >= -PLAIN_ZEROS {
            return f.write_str(&self.plain());
        }
        let (first, rest) = self.digits.split_at(1);
        let sign = if self.negative { "-" } else { "" };
        let point = if rest.is_empty() { "" } else { "." };
        let (first, rest) = (String::from_utf8_lossy(first), String::from_utf8_lossy(rest));
        write!(f, "{sign}{first}{point}{rest}e{}", magnitude - 1)
    }
}

/// The number in a JSON number or a text.
fn numeral(value: &Value) -> Option<Numeral> {
    match value {
        Value::Number(number) => Numeral::parse(&number.to_string()),
        Value::String(text) => Numeral::parse(text),
        _ => None,
    }
}

pub(super) fn canonical(value: &Value) -> Result<String, String> {
    numeral(value).map(|it| it.to_string()).ok_or_else(|| "a number".to_owned())
}

pub(super) fn decimal(value: &Value, places: u8, written: Written) -> Result<String, String> {
    let found = match value {
        Value::String(text) if written.capture => captured(text, places, written.scale)?,
        Value::Object(_) if written.capture => variable_scale(value),
        _ => numeral(value),
    };
    let numeral = found.ok_or_else(|| format!("a number with {places} places"))?;
    Ok(numeral.rounded(places).with_places(places))
}

/// A `numeric` column: base64 of its unscaled value by default, a numeral with `decimal.handling.mode=string`.
fn captured(text: &str, places: u8, scale: Option<u8>) -> Result<Option<Numeral>, String> {
    let unscaled =
        |scale: u8| STANDARD.decode(text).ok().and_then(|bytes| Numeral::from_unscaled(&bytes, i64::from(scale)));
    match (scale, Numeral::parse(text), unscaled(scale.unwrap_or(places))) {
        (Some(_), _, number) => Ok(number),
        (None, Some(_), Some(_)) => Err(format!(
            "a decimal, but `{text}` is both a numeral and base64: say `scale:` (the column's places) if it is base64, or declare `number`"
        )),
        (None, numeral, number) => Ok(numeral.or(number)),
    }
}

/// Debezium's `VariableScaleDecimal`: `{"scale": 2, "value": "BBo="}`.
fn variable_scale(value: &Value) -> Option<Numeral> {
    let bytes = STANDARD.decode(value.get("value")?.as_str()?).ok()?;
    Numeral::from_unscaled(&bytes, value.get("scale")?.as_i64().filter(|scale| scale.abs() <= MAX_EXPONENT)?)
}
