//! Claims: what is held against a replica on the ground of its standing, when it is due, and what stands in the way of
//! deciding it (SEM-1, SEM-5, SEM-8). A claim knows of clocks, gaps and baselines; it is not told to anybody.
//!
//! What both sides were *seen* to hold needs no baseline: a replica that was seen with an older value and not since is
//! stale whatever else is unknown. Absence that nobody observed does: it needs a complete baseline of both sides, and a key
//! of which neither side's first observation tells of a past (an update or a delete of something that was never seen
//! created). Such a key was there before watching began, also under a baseline that is declared to be empty: the log is
//! not read from its beginning, so what the other side lacks may lie before it, and a value that matches no remembered
//! write may have been written then. An announced snapshot, or the creation of the key under watch, makes up for that.

use plumbline_model::{Lag, Reason, SourceTime, Why};
use smallvec::SmallVec;

use super::{
    history::Write,
    judge::World,
    keys::{Held, KeyState},
    places::PlaceId,
    plan::MAIN,
    row::{Mask, fields},
    standing::{Existence, Lack, Standing},
};

/// One thing held against a replica.
#[derive(Clone, PartialEq, Debug)]
pub(super) struct Claim {
    pub reason: Reason,
    /// When it has to have come right. `None` where no time can be said.
    pub due: Option<SourceTime>,
    /// Since when it is so; `None`: since before it was watched.
    pub since: Option<SourceTime>,
    /// The first write that the replica lacks.
    pub first: Option<Lack>,
    pub behind: Option<u32>,
    /// The fields whose value the authority is said never to have written.
    pub strange: Mask,
    pub ruling: Ruling,
}

#[derive(Clone, PartialEq, Debug)]
pub(super) enum Ruling {
    /// It can be decided when the place has been seen up to the time.
    Wait {
        place: PlaceId,
        until: SourceTime,
    },
    Holds,
    Cannot(Why),
}

/// A key's replica, looked at.
#[derive(Clone, Copy)]
pub(super) struct Subject<'a> {
    pub world: &'a World<'a>,
    pub key: &'a KeyState,
    pub replica: usize,
    pub standing: &'a Standing,
    /// It was decided before and what the replica holds is the same: only a new gap can undo that, and undoes `proven`. What
    /// is proven of single fields outlasts changes of the others (`Own::proven`).
    pub proven: bool,
}

impl Subject<'_> {
    /// The claims: on the writes of each history that it lacks, on fields already proven to be strange, and on other strange
    /// ones. Each is due at its own time, and what can not be decided of one takes nothing from the others.
    pub fn claims(&self) -> SmallVec<[Claim; 2]> {
        let mut claims: SmallVec<[Claim; 2]> = self.standing.lacks.iter().map(|lack| self.lacking(*lack)).collect();
        if self.standing.existence == Existence::Orphan && claims.is_empty() {
            claims.push(self.orphan_of_nothing());
        }
        let proven = self.standing.strange & self.key.sides[self.replica].proven();
        let strange = [proven, self.standing.strange & !proven];
        claims.extend(strange.into_iter().filter(|fields| *fields != 0).map(|fields| self.strange(fields)));
        claims
    }

    /// It lacks writes: it holds an older value, or nothing, or something that was deleted.
    fn lacking(&self, lack: Lack) -> Claim {
        let plan = &self.world.plan.replicas[self.replica];
        let writes = &self.key.history(lack.history).writes;
        let side = &self.key.sides[self.replica];
        let accused = side.open().and_then(|open| open.accused);
        let proven = self.proven && accused.is_some_and(|(history, _)| usize::from(history) == lack.history);
        let left_at = side.left_at(lack.history).unwrap_or(SourceTime::MIN);
        let unseen = self.key.held(self.replica) == Held::Unseen;
        // What it never should have held is held against it only since it came.
        let never = self.standing.existence == Existence::Orphan && lack.index == 0;
        let came = if never { self.appeared(plan.mask()) } else { SourceTime::MIN };
        let mut claim = Claim {
            reason: self.reason(lack),
            due: None,
            since: None,
            first: None,
            behind: Some(self.behind(lack)),
            strange: 0,
            ruling: Ruling::Cannot(Why::NoBaseline),
        };
        for (offset, write) in writes[lack.index..].iter().enumerate() {
            let Some(mut from) = self.counts_from(lack.history, write) else { continue };
            from = from.max(came);
            if unseen && let Ok(known_from) = self.world.base.known_from(self.replica) {
                from = from.max(known_from);
            }
            let due = from.max(left_at).plus(plan.within);
            claim.due = Some(due);
            claim.since = (!write.sight.baseline()).then_some(write.sight.at.max(left_at).max(came));
            claim.first = Some(Lack { index: lack.index + offset, ..lack });
            let error = plan.against[lack.history].clock_error;
            if let Some(wait) = self.wait(due.plus(error)) {
                claim.ruling = wait;
                return claim;
            }
            let from = write.sight.at.minus(error).max(if side.seen { side.sight.at } else { SourceTime::MIN });
            match if proven { None } else { self.gap_in_replica(from) } {
                // What it lacks may have come in the gap; a later write that it lacks may not.
                Some(why) => claim.ruling = Ruling::Cannot(why),
                None => {
                    let unknown = (due <= side.unknown_to()).then_some(Why::HistoryIncomplete);
                    let doubt = if proven { None } else { unknown.or_else(|| self.doubt_of_lacking(lack, unseen)) };
                    claim.ruling = doubt.map_or(Ruling::Holds, Ruling::Cannot);
                    return claim;
                }
            }
        }
        claim
    }

    fn doubt_of_lacking(&self, lack: Lack, unseen: bool) -> Option<Why> {
        let newest = self.key.history(lack.history).newest().map_or(SourceTime::MIN, |newest| newest.sight.at);
        let gap = self.gap_in_authority(lack.history, newest);
        if gap.is_some() || !unseen {
            return gap;
        }
        let own = self.world.base.known_from(self.replica).err();
        own.or_else(|| if self.beginning_seen() { None } else { self.doubt_of_baselines() })
    }

    /// It holds something in these fields that the authority is not known to have written.
    fn strange(&self, strange: Mask) -> Claim {
        let plan = &self.world.plan.replicas[self.replica];
        let side = &self.key.sides[self.replica];
        let since = self.appeared(strange);
        let conflicting = self.conflicting();
        let older = self.older_by_version();
        let mut claim = Claim {
            reason: if conflicting {
                Reason::Conflicting
            } else if older {
                Reason::Stale
            } else {
                Reason::Phantom
            },
            due: None,
            since: Some(since).filter(|since| *since != SourceTime::MIN),
            first: None,
            behind: None,
            strange,
            ruling: Ruling::Cannot(Why::NoBaseline),
        };
        // Of what was there before it was watched, the snapshot that found it is the earliest that can be said.
        let from =
            if since == SourceTime::MIN { self.world.base.end_of(self.replica, &side.sight) } else { Some(since) };
        let Some(from) = from else { return claim };
        let newest = self.key.main.newest().and_then(|newest| self.counts_from(MAIN, newest));
        // A version says only that it is old; what it lacks is written no later than the newest write.
        let complete = || self.baselines_end(self.concerned(strange));
        let from = if older { from.max(newest.unwrap_or(from)) } else { from.max(complete()) };
        let due = from.plus(plan.within);
        claim.due = Some(due);
        let error = plan.against.iter().map(|against| against.clock_error).max().unwrap_or(Lag::ZERO);
        if let Some(wait) = self.wait(due.plus(error)) {
            claim.ruling = wait;
        } else {
            let doubt = if self.proven { None } else { self.gap_in_replica(side.sight.at) };
            let unproven = if conflicting || older { 0 } else { strange & !side.proven() };
            let doubt = doubt.or_else(|| if unproven == 0 { None } else { self.doubt_of_history(unproven) });
            claim.ruling = doubt.map_or(Ruling::Holds, Ruling::Cannot);
        }
        claim
    }

    /// It holds a key that the authority was never seen to have.
    fn orphan_of_nothing(&self) -> Claim {
        let plan = &self.world.plan.replicas[self.replica];
        let side = &self.key.sides[self.replica];
        let since = Some(self.appeared(plan.mask())).filter(|since| *since != SourceTime::MIN);
        let mut claim = Claim {
            reason: Reason::Orphan,
            due: None,
            since,
            first: None,
            behind: None,
            strange: 0,
            ruling: Ruling::Cannot(Why::NoBaseline),
        };
        let Some(from) = since.or_else(|| self.world.base.end_of(self.replica, &side.sight)) else { return claim };
        let due = from.max(self.baselines_end([MAIN])).plus(plan.within);
        claim.due = Some(due);
        if let Some(wait) = self.wait(due.plus(plan.against[MAIN].clock_error)) {
            claim.ruling = wait;
        } else if !self.proven {
            let doubt = self.gap_in_replica(side.sight.at).or_else(|| self.gap_in_authority(MAIN, SourceTime::MIN));
            claim.ruling = doubt.or_else(|| self.doubt_of_baselines()).map_or(Ruling::Holds, Ruling::Cannot);
        } else {
            claim.ruling = Ruling::Holds;
        }
        claim
    }

    /// Since when these fields hold what they hold, or one wrong value after another. What was wrong on both sides of a gap
    /// may have been right in it.
    fn appeared(&self, among: Mask) -> SourceTime {
        let side = &self.key.sides[self.replica];
        let Some(own) = side.own() else { return side.changed_at };
        let place = self.world.own_place(self.key, self.replica);
        let appeared = |field: usize| {
            let since = *own.appeared.get(field)?;
            let interrupted =
                own.wandering & (1 << field) != 0 && self.world.gap(place, since, side.changed_at).is_some();
            Some(if interrupted { side.changed_at } else { since })
        };
        fields(among).filter_map(appeared).min().unwrap_or(side.changed_at)
    }

    fn reason(&self, lack: Lack) -> Reason {
        let top = self.key.sides[self.replica].top(lack.history);
        let writes = &self.key.history(lack.history).writes;
        let had_it = |top: u32| writes.get(lack.index).is_some_and(|write| write.seq <= top);
        match self.standing.existence {
            Existence::Missing => Reason::Missing,
            Existence::Orphan => Reason::Orphan,
            Existence::Same if self.conflicting() => Reason::Conflicting,
            Existence::Same if top.is_some_and(had_it) => Reason::Regressed,
            Existence::Same => Reason::Stale,
        }
    }

    /// Whether the authority wrote this version, and wrote something else (within one incarnation, SEM-7).
    fn conflicting(&self) -> bool {
        let (Held::Row(row), Some(version)) =
            (self.key.held(self.replica), self.key.sides[self.replica].sight.version())
        else {
            return false;
        };
        let mask = self.world.plan.replicas[self.replica].against[MAIN].mask;
        // Versions compare only within one incarnation: what it was seen to have left behind is not what it shows again.
        let top = self.key.sides[self.replica].top(MAIN);
        let earlier = |write: &&Write| top.is_some_and(|top| write.seq <= top) && !write.expects(self.replica);
        let same_version = |write: &&Write| write.expects(self.replica) && write.sight.version() == Some(version);
        let differs =
            |write: &Write| row.changed(&write.row, mask & !row.unknown(mask) & !write.row.unknown(mask)) != 0;
        // From the newest back, where an equal one is found soonest.
        let incarnation = self.key.main.writes.iter().rev().take_while(|write| !earlier(write));
        let mut of_version = incarnation.filter(same_version).peekable();
        of_version.peek().is_some() && of_version.all(differs)
    }

    /// Whether the version says that it is older than all that is remembered, where content cannot.
    fn older_by_version(&self) -> bool {
        let (main, held) = (&self.key.main, self.key.sides[self.replica].sight.version());
        let Some(oldest) = main.writes.first() else { return false };
        let incomplete = main.cut || oldest.sight.continues() || oldest.sight.baseline();
        let older = held.zip(oldest.sight.version()).is_some_and(|(held, oldest)| held < oldest);
        incomplete && older && main.last_absent(self.replica).is_none()
    }

    /// The writes from `lack` on that changed what the replica is compared on, and those that were forgotten among them.
    fn behind(&self, lack: Lack) -> u32 {
        let mask: Mask = self.world.plan.replicas[self.replica].against[lack.history].mask;
        let writes = &self.key.history(lack.history).writes;
        let changes = |index: usize| {
            let (before, write) = (&writes[index - 1], &writes[index]);
            let hole = write.seq - before.seq - 1;
            let same = before.expects(self.replica) == write.expects(self.replica);
            hole + u32::from(!same || write.row.changed(&before.row, mask) != 0)
        };
        1 + (lack.index + 1..writes.len()).map(changes).sum::<u32>()
    }

    /// From when the deadline of a write counts; `None` for a row of a snapshot whose end is not known.
    fn counts_from(&self, history: usize, write: &Write) -> Option<SourceTime> {
        if write.sight.baseline() {
            self.world.base.end_of(self.world.plan.authorities[history], &write.sight)
        } else {
            Some(write.counts_from())
        }
    }

    /// What has to be seen before it can be decided; also past the last change of the replica, behind which a record may
    /// still come that stands before it.
    fn wait(&self, until: SourceTime) -> Option<Ruling> {
        let until = until.max(self.key.sides[self.replica].changed_at);
        let place = self.world.unseen_place(self.key, self.replica, until)?;
        Some(Ruling::Wait { place, until })
    }

    fn gap_in_replica(&self, from: SourceTime) -> Option<Why> {
        self.world.gap(self.world.own_place(self.key, self.replica), from, SourceTime::MAX)
    }

    fn gap_in_authority(&self, history: usize, from: SourceTime) -> Option<Why> {
        self.world.gap(self.world.authority_place(self.key, history), from, SourceTime::MAX)
    }

    /// Why values of these fields that match none may still be the authority's.
    fn doubt_of_history(&self, strange: Mask) -> Option<Why> {
        let from = |history: usize| self.key.history(history).writes.first().map_or(SourceTime::MIN, |it| it.sight.at);
        let gap = self.concerned(strange).find_map(|history| self.gap_in_authority(history, from(history)));
        let past = |history: usize| {
            let history = self.key.history(history);
            history.cut || history.writes.first().is_some_and(|first| first.sight.continues())
        };
        let cut = self.concerned(strange).any(past) || self.key.sides[self.replica].has_past;
        gap.or_else(|| self.doubt_of_bases(self.concerned(strange))).or_else(|| cut.then_some(Why::HistoryIncomplete))
    }

    /// Why absence that nobody observed proves nothing.
    fn doubt_of_baselines(&self) -> Option<Why> {
        let first = self.key.main.writes.first();
        let past = first.is_some_and(|first| first.sight.continues()) || self.key.sides[self.replica].has_past;
        self.doubt_of_bases([MAIN]).or_else(|| past.then_some(Why::NoBaseline))
    }

    /// The histories that decide the fields.
    fn concerned(&self, fields: Mask) -> impl Iterator<Item = usize> {
        let against = self.world.plan.replicas[self.replica].against.iter().enumerate();
        against.filter(move |(_, against)| against.mask & fields != 0).map(|(history, _)| history)
    }

    /// The authorities of the histories, and the replica.
    fn sides(&self, histories: impl IntoIterator<Item = usize>) -> impl Iterator<Item = usize> {
        histories.into_iter().map(|history| self.world.plan.authorities[history]).chain([self.replica])
    }

    fn doubt_of_bases(&self, histories: impl IntoIterator<Item = usize>) -> Option<Why> {
        self.sides(histories).find_map(|side| self.world.base.known_from(side).err())
    }

    /// When the last of the baselines was complete.
    fn baselines_end(&self, histories: impl IntoIterator<Item = usize>) -> SourceTime {
        let known = self.sides(histories).filter_map(|side| self.world.base.known_from(side).ok());
        known.max().unwrap_or(SourceTime::MIN)
    }

    /// Whether the present incarnation of the key was seen to begin.
    fn beginning_seen(&self) -> bool {
        let start = self.key.main.last_absent(self.replica).map_or(0, |gone| gone + 1);
        start > 0 || self.key.main.writes.first().is_some_and(|first| first.sight.creates())
    }
}
