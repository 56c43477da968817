//! A row: what one record says of the compared fields, as digests in the entity's declared order. Rows are compared on a
//! mask of fields and nothing else (SEM-6). Texts are kept beside it only where the configuration keeps values.

use compact_str::CompactString;
use plumbline_model::{FieldName, SourceTime, state::Field};
use serde::{Deserialize, Serialize};
use smallvec::SmallVec;

/// A set of compared fields, one bit each in declared order.
pub(super) type Mask = u64;
/// Compared fields that an entity may have: the bits of a mask.
pub const FIELDS_MAX: usize = 64;

/// A field that the replica does not map, or that no record has carried yet.
pub(super) const UNKNOWN: u64 = u64::MAX;

/// What is held of the compared fields.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
pub(super) struct Row {
    /// Three in place, because most entities compare few fields and a row is kept for every remembered write.
    digests: SmallVec<[u64; 3]>,
    extra: Option<Box<Extra>>,
}

/// What few rows have.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
struct Extra {
    /// By field; empty text where the value is not kept.
    texts: Vec<CompactString>,
    /// Fields that the record did not carry and that were taken from the write before it.
    carried_over: Mask,
    /// Bits of the replicas that should not have this state (SEM-6).
    not_held: u16,
    /// See `Write::counts_from`.
    counts_from: Option<SourceTime>,
}

impl Row {
    /// Reads a record's fields; names that are not compared are left out.
    pub fn read(fields: &[Field], names: &[FieldName]) -> Self {
        let mut row = Self { digests: SmallVec::from_elem(UNKNOWN, names.len()), extra: None };
        for (place, field) in fields.iter().enumerate() {
            // Decode gives fields in declared order, so the first guess is nearly always right.
            let guess = names.get(place).filter(|name| **name == field.name).map(|_| place);
            let Some(index) = guess.or_else(|| names.iter().position(|name| *name == field.name)) else { continue };
            if let Some(digest) = field.value.digest() {
                row.digests[index] = if digest == UNKNOWN { UNKNOWN - 1 } else { digest };
                if let Some(text) = field.value.text() {
                    row.set_text(index, text.into());
                }
            }
        }
        row
    }

    pub fn digest(&self, field: usize) -> u64 {
        self.digests.get(field).copied().unwrap_or(UNKNOWN)
    }

    pub fn text(&self, field: usize) -> Option<&CompactString> {
        self.extra.as_ref()?.texts.get(field).filter(|text| !text.is_empty())
    }

    /// Whether every field of the mask is known in both and equal.
    pub fn equals(&self, other: &Self, mask: Mask) -> bool {
        fields(mask).all(|field| {
            let digest = self.digest(field);
            digest != UNKNOWN && digest == other.digest(field)
        })
    }

    /// Whether it contradicts the other in nothing that it carries.
    pub fn agrees(&self, other: &Self) -> bool {
        (0..self.digests.len()).all(|at| self.digests[at] == UNKNOWN || self.digests[at] == other.digest(at))
    }

    /// The fields of the mask of which nothing is known.
    pub fn unknown(&self, mask: Mask) -> Mask {
        fields(mask).filter(|field| self.digest(*field) == UNKNOWN).map(|field| 1 << field).sum()
    }

    /// The fields of the mask in which the two differ, known or not.
    pub fn changed(&self, other: &Self, mask: Mask) -> Mask {
        fields(mask).filter(|field| self.digest(*field) != other.digest(*field)).map(|field| 1 << field).sum()
    }

    /// Fills what the record did not carry with what was known before (SEM-6).
    pub fn carry_over(&mut self, before: &Self) {
        for field in 0..self.digests.len() {
            if self.digests[field] == UNKNOWN && before.digest(field) != UNKNOWN {
                self.copy(field, before);
            }
        }
    }

    /// The same again after another write was put in between.
    pub fn carry_over_again(&mut self, before: &Self) {
        let carried = self.extra.as_ref().map_or(0, |extra| extra.carried_over);
        fields(carried).for_each(|field| self.copy(field, before));
        self.carry_over(before);
    }

    fn copy(&mut self, field: usize, from: &Self) {
        self.digests[field] = from.digest(field);
        self.extra.get_or_insert_default().carried_over |= 1 << field;
        let text = from.text(field).cloned().unwrap_or_default();
        if !text.is_empty() || self.text(field).is_some() {
            self.set_text(field, text);
        }
    }

    fn set_text(&mut self, field: usize, text: CompactString) {
        let texts = &mut self.extra.get_or_insert_default().texts;
        if texts.len() <= field {
            texts.resize(field + 1, CompactString::default());
        }
        texts[field] = text;
    }

    pub fn counts_from(&self) -> Option<SourceTime> {
        self.extra.as_ref()?.counts_from
    }

    pub fn set_counts_from(&mut self, at: SourceTime) {
        self.extra.get_or_insert_default().counts_from = Some(at);
    }

    pub fn not_held(&self) -> u16 {
        self.extra.as_ref().map_or(0, |extra| extra.not_held)
    }

    pub fn set_not_held(&mut self, replicas: u16) {
        if replicas != 0 {
            self.extra.get_or_insert_default().not_held = replicas;
        }
    }
}

/// The fields of a mask.
pub(super) fn fields(mask: Mask) -> impl Iterator<Item = usize> {
    let mut rest = mask;
    std::iter::from_fn(move || {
        let field = rest.trailing_zeros() as usize;
        rest &= rest.wrapping_sub(1);
        (field < FIELDS_MAX).then_some(field)
    })
}

#[cfg(test)]
mod tests {
    use plumbline_model::state::FieldValue;

    use super::*;

    fn value(name: &str, digest: u64, text: &str) -> Field {
        Field { name: name.into(), value: FieldValue::Value { digest, text: text.into() } }
    }

    #[test]
    fn rows_are_compared_on_known_fields_of_the_mask_only() {
        let names = ["a".into(), "b".into(), "c".into()];
        let left = Row::read(&[value("a", 1, ""), value("c", 3, "")], &names);
        let right = Row::read(&[value("c", 3, ""), value("a", 9, ""), value("other", 7, "")], &names);
        assert!(left.equals(&right, 0b100), "found by name, in any order");
        assert!(!left.equals(&right, 0b101));
        assert!(!left.equals(&right, 0b110), "b is known in neither");
        assert_eq!((left.unknown(0b111), left.changed(&right, 0b111)), (0b010, 0b001));
    }

    #[test]
    fn what_is_not_carried_stays_as_it_was_and_follows_when_another_write_comes_between() {
        let names = ["a".into(), "b".into()];
        let first = Row::read(&[value("a", 1, "one"), value("b", 2, "two")], &names);
        let mut third =
            Row::read(&[value("a", 5, "five"), Field { name: "b".into(), value: FieldValue::NotCarried }], &names);
        third.carry_over(&first);
        assert_eq!((third.digest(1), third.text(1).unwrap().as_str()), (2, "two"));
        let second = Row::read(&[value("a", 4, ""), value("b", 8, "eight")], &names);
        third.carry_over_again(&second);
        assert_eq!((third.digest(0), third.digest(1), third.text(1).unwrap().as_str()), (5, 8, "eight"));
    }

    #[test]
    fn the_digest_that_means_unknown_is_given_to_no_value() {
        let row = Row::read(&[value("a", UNKNOWN, "")], &["a".into()]);
        assert_eq!(row.unknown(1), 0);
    }
}
