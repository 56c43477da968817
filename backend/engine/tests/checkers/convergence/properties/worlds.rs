//! The kinds of worlds that truths are made of: what may happen in them, and how much.

use proptest::prelude::*;

/// What kind of world it is. Printed with a failing case, it makes the same one again.
#[derive(Clone, Copy, Default, Debug)]
pub struct World {
    pub seed: u64,
    pub keys: u64,
    /// Writes of each key.
    pub writes: u64,
    pub versions: bool,
    /// Values return; otherwise no value is ever written twice.
    pub returning: bool,
    /// Fields that did not change are not carried (logs only).
    pub sparse: bool,
    pub deletes: bool,
    pub skews: bool,
    /// The sources are pushed and not logs: records may overtake one another.
    pub pushed: bool,
    /// The full replica is a store that expires: it is without keys for a while, and what it brings back may be old.
    pub expires: bool,
    pub partitions: u32,
    /// The second field is decided by an authority of its own, and the main one does not know it.
    pub split: bool,
    /// How many of the first replicas take a snapshot in mid-stream (logs only).
    pub snapshots: u64,
}

pub fn worlds() -> impl Strategy<Value = World> {
    let sizes = (any::<u64>(), 1_u64..4, 1_u64..14, 1_u32..4, 0_u64..3);
    (sizes, any::<[bool; 8]>()).prop_map(|((seed, keys, writes, partitions, snapshots), flags)| {
        let [versions, returning, sparse, deletes, skews, pushed, expires, split] = flags;
        let (sparse, snapshots) = (sparse && !pushed, if pushed { 0 } else { snapshots });
        let flags = World { versions, returning, sparse, deletes, skews, pushed, expires, split, ..World::default() };
        World { seed, keys, writes, partitions, snapshots, ..flags }
    })
}
