//! The checker's state as it is kept between runs (SEM-12): one piece for each key, one for each entity's baselines, and two
//! small ones for the numbers of places and what is gathered for the next tick.

use plumbline_model::{EntityName, Key, journal::StateEntry};
use serde::{Deserialize, Serialize};

use super::{
    Convergence,
    baseline::Baselines,
    history::History,
    keys::{Covers, Flight, KeyState},
    places::PlaceName,
    plan::EntityPlan,
    side::{Class, Side},
    tally::Kept,
};
use crate::{RestoreError, context};

const LETTER: u8 = b'c';
/// Pieces that are not keys begin with what no entity's name begins with; they sort, and are loaded, before the keys.
const PLACES: &[u8] = b"\0places";
const TALLY: &[u8] = b"\0tally";
const BASES: &[u8] = b"\0bases\0";

/// A key without what is found from its name.
#[derive(Serialize, Deserialize)]
struct KeptKey {
    main: History,
    #[expect(clippy::box_collection, reason = "as in the key itself")]
    others: Option<Box<Vec<History>>>,
    sides: Box<[Side]>,
    covers: Covers,
}

impl Convergence {
    pub(crate) fn take_dirty(&mut self, entries: &mut Vec<StateEntry>) {
        if let Some(names) = self.places.take_grown() {
            entries.push(context::save(LETTER, PLACES, Some(&names)));
        }
        entries.push(context::save(LETTER, TALLY, Some(&self.tally.kept())));
        for entity in std::mem::take(&mut self.dirty_bases) {
            if let (Some(plan), Some(base)) = (self.plans.get(entity as usize), self.bases.get(entity as usize)) {
                let piece = [BASES, plan.name.as_str().as_bytes()].concat();
                entries.push(context::save(LETTER, &piece, Some(&(plan.shape, base))));
            }
        }
        for (entity, key) in std::mem::take(&mut self.gone) {
            entries.push(context::save(LETTER, &piece(&entity, &key), None::<&()>));
        }
        let mut slots = std::mem::take(&mut self.dirty);
        self.keys.sort(&mut slots, &self.plans);
        for slot in slots {
            let key = self.keys.get_mut(slot);
            key.dirty = false;
            let kept = KeptKey {
                main: key.main.clone(),
                others: key.others.clone(),
                sides: key.sides.clone(),
                covers: key.flight.as_ref().map(|flight| flight.covers.clone()).unwrap_or_default(),
            };
            if let Some(plan) = self.plans.get(key.entity as usize) {
                entries.push(context::save(LETTER, &piece(&plan.name, &key.key), Some(&kept)));
            }
        }
    }

    /// Loads one piece. Those that are not keys have to come first.
    /// Makes room to load about so many keys.
    pub(crate) fn expect_keys(&mut self, count: usize) {
        self.keys.reserve(count);
    }

    pub(crate) fn load(&mut self, entry: &StateEntry) -> Result<(), RestoreError> {
        self.loaded = true;
        let name = &entry.key[1..];
        match name {
            PLACES => {
                if let Some(names) = context::load::<Vec<PlaceName>>(entry)? {
                    self.places.load(names);
                    let (rules, places) = (&self.rules, &mut self.places);
                    // The plans refer to places.
                    self.plans = rules.entities.iter().map(|rule| EntityPlan::new(rule, rules, places)).collect();
                }
                Ok(())
            }
            TALLY => {
                if let Some(kept) = context::load::<Kept>(entry)? {
                    self.tally.load(kept);
                }
                Ok(())
            }
            _ if name.starts_with(BASES) => self.load_base(entry, &name[BASES.len()..]),
            _ => self.load_key(entry, name),
        }
    }

    fn load_base(&mut self, entry: &StateEntry, name: &[u8]) -> Result<(), RestoreError> {
        let Some((shape, base)) = context::load::<(u64, Baselines)>(entry)? else { return Ok(()) };
        let entity = std::str::from_utf8(name).ok().and_then(|name| self.names.get(name)).copied();
        // An entity that is not configured any more has no keys either.
        if let Some(entity) = entity.map(usize::from).filter(|entity| self.plans[*entity].shape == shape) {
            self.bases[entity] = base;
        }
        Ok(())
    }

    fn load_key(&mut self, entry: &StateEntry, name: &[u8]) -> Result<(), RestoreError> {
        let Some(kept) = context::load::<KeptKey>(entry)? else { return Ok(()) };
        let text = std::str::from_utf8(name).map_err(|_| context::bad(entry, "the key is not UTF-8"))?;
        let (entity, key) = text.split_once('\0').ok_or_else(|| context::bad(entry, "no entity before the key"))?;
        let Some(&entity) = self.names.get(entity) else {
            return Err(context::bad(entry, "the entity is not configured"));
        };
        if kept.sides.len() != self.plans[entity as usize].sides() {
            return Err(context::bad(entry, "the entity has another number of replicas"));
        }
        for (replica, side) in kept.sides.iter().enumerate() {
            self.tally.shift(entity, replica, Class::New, side.class);
        }
        let flight =
            (!kept.covers.is_empty()).then(|| Box::new(Flight { covers: kept.covers, armed: Default::default() }));
        self.keys.insert(KeyState {
            key: Key::new(key),
            main: kept.main,
            others: kept.others,
            sides: kept.sides,
            flight,
            entity,
            dirty: false,
        });
        Ok(())
    }
}

fn piece(entity: &EntityName, key: &Key) -> Vec<u8> {
    [entity.as_str().as_bytes(), b"\0", key.as_str().as_bytes()].concat()
}
