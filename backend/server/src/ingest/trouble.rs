//! Whether the journal can be written. While it cannot, every batch fails for the same reason: it is said on `/readyz` and in
//! the frame of every page, and in the log once a minute, not with every batch.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use plumbline_model::{Lag, ReceivedTime};
use plumbline_store::StoreError;

/// Between two lines of the log about the same trouble.
const SAY_EVERY: Lag = Lag::from_secs(60);

/// Shared by the loop, which knows, and by those who tell. Cheap to clone.
#[derive(Clone, Default)]
pub struct Trouble(Arc<Mutex<Option<Present>>>);

struct Present {
    since: ReceivedTime,
    said: ReceivedTime,
    error: String,
    /// Writes that failed since.
    failed: u64,
}

impl Trouble {
    /// A write failed.
    pub fn met(&self, error: &StoreError, now: ReceivedTime) {
        let mut present = self.lock();
        let it = present.get_or_insert_with(|| Present {
            since: now,
            said: now.minus(SAY_EVERY),
            error: String::new(),
            failed: 0,
        });
        it.error = error.to_string();
        it.failed += 1;
        if now >= it.said.plus(SAY_EVERY) {
            it.said = now;
            tracing::error!(%error, failed = it.failed, since = %it.since, "nothing can be written; senders are told to try again");
        }
    }

    /// A write succeeded.
    pub fn over(&self, now: ReceivedTime) {
        if let Some(it) = self.lock().take() {
            let after = Lag(now.0 - it.since.0);
            tracing::info!(%after, failed = it.failed, "it can be written again; nothing that was acknowledged is lost");
        }
    }

    /// What is wrong, for people; `None` while all is well.
    pub fn words(&self) -> Option<String> {
        self.lock().as_ref().map(|it| format!("nothing can be written since {}: {}", it.since, it.error))
    }

    fn lock(&self) -> MutexGuard<'_, Option<Present>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_says_since_when_and_why_until_it_is_over() {
        let trouble = Trouble::default();
        assert_eq!(trouble.words(), None);
        let full = StoreError::Full { file: "journal.sqlite".to_owned() };
        trouble.met(&full, ReceivedTime::from_secs(1_795_262_400));
        trouble.met(&full, ReceivedTime::from_secs(1_795_262_460));
        let words = trouble.clone().words().unwrap();
        assert!(
            words.starts_with("nothing can be written since 2026-11-21T12:00:00Z: the disk is full: journal"),
            "{words}"
        );
        trouble.over(ReceivedTime::from_secs(1_795_262_500));
        assert_eq!(trouble.words(), None);
    }
}
