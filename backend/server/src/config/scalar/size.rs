//! An amount of memory.

use std::{fmt, str::FromStr};

/// Bytes, written with their unit.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Size {
    pub bytes: u64,
}

/// Greatest first, the binary ones before the decimal ones: `Display` relies on it.
const UNITS: [(&str, u64); 7] = [
    ("GiB", 1 << 30),
    ("MiB", 1 << 20),
    ("KiB", 1 << 10),
    ("GB", 1_000_000_000),
    ("MB", 1_000_000),
    ("kB", 1_000),
    ("B", 1),
];

impl Size {
    pub const fn mib(mib: u64) -> Self {
        Self { bytes: mib << 20 }
    }
    pub fn to_usize(self) -> usize {
        usize::try_from(self.bytes).unwrap_or(usize::MAX)
    }
}

impl FromStr for Size {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let text = text.trim();
        let digits = text.bytes().take_while(u8::is_ascii_digit).count();
        let (number, unit) = text.split_at(digits);
        let unit = unit.trim_start();
        let scale = UNITS.iter().find(|(name, _)| name.eq_ignore_ascii_case(unit)).map(|(_, scale)| *scale).ok_or(())?;
        let bytes = number.parse::<u64>().ok().and_then(|number| number.checked_mul(scale)).ok_or(())?;
        Ok(Self { bytes })
    }
}

impl fmt::Display for Size {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let exact = UNITS.iter().find(|(_, scale)| self.bytes >= *scale && self.bytes.is_multiple_of(*scale));
        match exact {
            Some((name, scale)) => write!(f, "{}{name}", self.bytes / scale),
            None => write!(f, "{}B", self.bytes),
        }
    }
}

super::by_text!(Size, "a size with its unit, such as `16MiB`", {
    "type": "string",
    "description": "An amount of memory with its unit.",
    "pattern": "^[0-9]+ ?([KMG]iB|[kKMG]B|B)$",
    "examples": ["16MiB", "1GiB"],
});

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_with_their_units() {
        for (text, bytes, said) in
            [("16MiB", 16 << 20, "16MiB"), ("1 GB", 1_000_000_000, "1GB"), ("0B", 0, "0B"), ("1536B", 1536, "1536B")]
        {
            let size: Size = text.parse().unwrap();
            assert_eq!((size.bytes, size.to_string().as_str()), (bytes, said));
        }
        for text in ["16", "MiB", "16XB", "-1B", "99999999999GiB", "1.5MiB"] {
            assert_eq!(text.parse::<Size>(), Err(()), "{text}");
        }
    }
}
