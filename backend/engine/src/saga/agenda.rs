//! Who is to be looked at when: a sorted set of times and places in the slab, as dense as it gets. A million open instances
//! have three entries each, nearly all of them added behind all others, where a B-tree would be left half empty. It must not
//! know what an entry is for.

use std::collections::VecDeque;

/// Entries that lie together: large enough that they are full but for their ends, small enough that moving them is nothing.
const CHUNK: usize = 256;

/// A sorted set of `(time, place)`.
pub(super) struct Agenda<T> {
    /// None is empty; sorted, and one behind the other.
    chunks: VecDeque<Vec<(T, u32)>>,
}

impl<T> Default for Agenda<T> {
    fn default() -> Self {
        Self { chunks: VecDeque::new() }
    }
}

impl<T: Ord + Copy> Agenda<T> {
    pub fn insert(&mut self, time: T, place: u32) {
        let entry = (time, place);
        let (at, chunks) = (self.chunk_of(&entry), self.chunks.len());
        let Some(chunk) = self.chunks.get_mut(at) else {
            return self.chunks.push_back(vec![entry]);
        };
        let Err(within) = chunk.binary_search(&entry) else { return };
        if chunk.len() < CHUNK {
            chunk.insert(within, entry);
        } else if within == CHUNK && at + 1 == chunks {
            self.chunks.push_back(vec![entry]);
        } else {
            let later = chunk.split_off(CHUNK / 2);
            chunk.shrink_to_fit();
            self.chunks.insert(at + 1, later);
            self.insert(time, place);
        }
    }

    pub fn remove(&mut self, time: T, place: u32) {
        let entry = (time, place);
        let at = self.chunk_of(&entry);
        let Some(chunk) = self.chunks.get_mut(at) else { return };
        if let Ok(within) = chunk.binary_search(&entry) {
            chunk.remove(within);
        }
        if chunk.is_empty() {
            self.chunks.remove(at);
        }
    }

    /// The earliest entry.
    pub fn first(&self) -> Option<(T, u32)> {
        self.chunks.front()?.first().copied()
    }

    pub fn pop_first(&mut self) -> Option<(T, u32)> {
        let (time, place) = self.first()?;
        self.remove(time, place);
        Some((time, place))
    }

    pub fn places(&self) -> impl Iterator<Item = u32> + '_ {
        self.chunks.iter().flatten().map(|(_, place)| *place)
    }

    pub fn clear(&mut self) {
        self.chunks.clear();
    }

    /// The chunk in which an entry lies or would lie.
    fn chunk_of(&self, entry: &(T, u32)) -> usize {
        self.chunks.partition_point(|chunk| chunk.first().is_some_and(|first| first <= entry)).saturating_sub(1)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn it_is_a_sorted_set(steps in prop::collection::vec((0..3_u8, 0..40_i64, 0..20_u32), 0..3_000)) {
            let (mut agenda, mut set) = (Agenda::default(), BTreeSet::new());
            for (step, time, place) in steps {
                match step {
                    0 => {
                        agenda.remove(time, place);
                        set.remove(&(time, place));
                    }
                    // Mostly insertions, so that chunks are split.
                    _ => {
                        agenda.insert(time, place);
                        set.insert((time, place));
                    }
                }
                prop_assert_eq!(agenda.first(), set.first().copied());
            }
            prop_assert_eq!(agenda.places().collect::<Vec<_>>(), set.iter().map(|it| it.1).collect::<Vec<_>>());
            while let Some(first) = set.pop_first() {
                prop_assert_eq!(agenda.pop_first(), Some(first));
            }
            prop_assert_eq!(agenda.pop_first(), None);
        }
    }

    #[test]
    fn what_is_added_in_order_fills_it() {
        let mut agenda = Agenda::default();
        (0..10 * CHUNK).for_each(|at| agenda.insert(at, 7));
        assert_eq!(agenda.chunks.len(), 10);
        assert!(agenda.chunks.iter().all(|chunk| chunk.capacity() == CHUNK));
    }
}
