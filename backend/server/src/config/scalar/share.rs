//! A share, written as a percentage.

use std::{fmt, str::FromStr};

/// Parts per billion: seven nines are told exactly.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Share {
    ppb: u32,
}

const WHOLE: u32 = 1_000_000_000;

impl Share {
    pub const fn percent(percent: u32) -> Self {
        Self { ppb: percent * (WHOLE / 100) }
    }
    pub const fn ppm(self) -> u32 {
        self.ppb / 1_000
    }
    pub fn ratio(self) -> f64 {
        f64::from(self.ppb) / f64::from(WHOLE)
    }
}

impl FromStr for Share {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let number = text.trim().strip_suffix('%').ok_or(())?.trim_end();
        let (whole, rest) = number.split_once('.').unwrap_or((number, ""));
        let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
        if whole.is_empty() || whole.len() > 3 || rest.len() > 7 || !digits(whole) || !digits(rest) {
            return Err(());
        }
        let ppb = format!("{whole}{rest:0<7}").parse::<u64>().map_err(|_| ())?;
        if ppb > u64::from(WHOLE) {
            return Err(());
        }
        Ok(Self { ppb: u32::try_from(ppb).map_err(|_| ())? })
    }
}

impl fmt::Display for Share {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (whole, rest) = (self.ppb / 10_000_000, self.ppb % 10_000_000);
        let rest = format!("{rest:07}");
        match rest.trim_end_matches('0') {
            "" => write!(f, "{whole}%"),
            rest => write!(f, "{whole}.{rest}%"),
        }
    }
}

super::by_text!(Share, "a percentage such as `99.9%`, with at most 7 decimals", {
    "type": "string",
    "description": "A percentage.",
    "pattern": "^[0-9]{1,3}(\\.[0-9]{1,7})?%$",
    "examples": ["99.99%", "2%"],
});

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentages_are_exact() {
        for (text, ppm, said) in [("99.99%", 999_900, "99.99%"), ("2 %", 20_000, "2%"), ("100.0%", 1_000_000, "100%")] {
            let share: Share = text.parse().unwrap();
            assert_eq!((share.ppm(), share.to_string().as_str()), (ppm, said));
        }
        assert!(("99.9999999%".parse::<Share>().unwrap().ratio() - 0.999_999_999).abs() < 1e-12);
        for text in ["99.9", "0.5", "101%", "-1%", "%", "1.123456789%", "a%"] {
            assert_eq!(text.parse::<Share>(), Err(()), "{text}");
        }
    }
}
