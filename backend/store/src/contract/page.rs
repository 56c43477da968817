//! Pages of lists: a bounded number of items, and a cursor that stays good while items come and go (keyset paging).

use std::fmt;

use crate::StoreError;

/// What to answer: at most `limit` items behind `after`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Paging {
    pub limit: u32,
    pub after: Option<Cursor>,
}

impl Paging {
    /// More than this is never answered at once (LIM-1).
    pub const MAX: u32 = 1_000;

    pub const fn first(limit: u32) -> Self {
        Self { limit, after: None }
    }
    pub fn after(limit: u32, cursor: Option<Cursor>) -> Self {
        Self { limit, after: cursor }
    }
    pub(crate) fn bounded(&self) -> u32 {
        self.limit.clamp(1, Self::MAX)
    }
}

#[derive(Clone, PartialEq, Debug)]
pub struct Page<T> {
    pub items: Vec<T>,
    /// Where the next page begins; `None` behind the last item.
    pub next: Option<Cursor>,
}

impl<T> Page<T> {
    pub const fn empty() -> Self {
        Self { items: Vec::new(), next: None }
    }
    pub fn map<U>(self, change: impl FnMut(T) -> U) -> Page<U> {
        Page { items: self.items.into_iter().map(change).collect(), next: self.next }
    }
}

/// The sort keys of the last item of a page. Its text is opaque to everybody else and safe in a URL.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Cursor(Vec<i64>);

impl Cursor {
    pub(crate) fn new(keys: impl Into<Vec<i64>>) -> Self {
        Self(keys.into())
    }
    /// The keys, if there are as many as the list sorts by.
    pub(crate) fn keys<const N: usize>(&self) -> Result<[i64; N], StoreError> {
        <[i64; N]>::try_from(self.0.as_slice()).map_err(|_| StoreError::Cursor(self.to_string()))
    }
    /// Reads what `Display` writes.
    ///
    /// # Errors
    /// `StoreError::Cursor` for anything else.
    pub fn parse(text: &str) -> Result<Self, StoreError> {
        let keys: Result<Vec<i64>, _> =
            text.split('.').map(|part| u64::from_str_radix(part, 16).map(|raw| raw as i64)).collect();
        keys.map(Self).map_err(|_| StoreError::Cursor(text.to_owned()))
    }
}

impl fmt::Display for Cursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, key) in self.0.iter().enumerate() {
            let dot = if index == 0 { "" } else { "." };
            write!(f, "{dot}{:x}", *key as u64)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cursors_travel_as_text() {
        let cursor = Cursor::new([-3, 0, i64::MAX]);
        assert_eq!(Cursor::parse(&cursor.to_string()).unwrap(), cursor);
        assert!(matches!(Cursor::parse("no cursor"), Err(StoreError::Cursor(_))));
        assert!(matches!(cursor.keys::<2>(), Err(StoreError::Cursor(_))), "a cursor of another list");
    }
}
