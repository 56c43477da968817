//! The notifier against receivers that answer, hang or fail, on a clock that stands.

use std::sync::Mutex;

use plumbline_model::incident::{IncidentId, OutboxMessage};
use plumbline_store::{Delivery, Page, Paging, ReceiverCounts};
use tokio::time::Instant;

use super::*;
use crate::clock::ManualClock;

/// What the outbox holds: a message that waits, or what became of it.
#[derive(Default)]
struct Kept(Mutex<Vec<(OutboxMessage, ReceivedTime, Vec<Attempt>)>>);

impl Kept {
    fn put(&self, receiver: &str, ids: impl IntoIterator<Item = String>) {
        let due = ReceivedTime(0);
        let message = |id: String| OutboxMessage {
            id: id.into(),
            receiver: receiver.into(),
            incident: IncidentId(1),
            created: due,
            body: "{}".to_owned(),
        };
        self.0.lock().unwrap().extend(ids.into_iter().map(|id| (message(id), due, Vec::new())));
    }

    /// Outcomes of the tries of messages whose id begins so.
    fn outcomes(&self, ids: &str) -> Vec<Vec<Tried>> {
        let kept = self.0.lock().unwrap();
        let its = kept.iter().filter(|(message, ..)| message.id.starts_with(ids));
        its.map(|(_, _, attempts)| attempts.iter().map(|it| it.outcome).collect()).collect()
    }
}

#[async_trait]
impl Outbox for Kept {
    async fn due_messages(&self, now: ReceivedTime, of_each: u32) -> Result<Vec<DueMessage>, StoreError> {
        let mut count: BTreeMap<ReceiverName, u32> = BTreeMap::new();
        let mut waits = |message: &OutboxMessage| {
            let count = count.entry(message.receiver.clone()).or_default();
            *count += 1;
            *count <= of_each
        };
        let kept = self.0.lock().unwrap();
        let due = kept.iter().filter(|(message, due, _)| *due <= now && waits(message));
        Ok(due
            .map(|(message, _, tries)| DueMessage { message: message.clone(), attempts: tries.len() as u32 })
            .collect())
    }

    async fn record_attempt(&self, message: &str, attempt: &Attempt) -> Result<bool, StoreError> {
        let mut kept = self.0.lock().unwrap();
        let (_, due, attempts) = kept.iter_mut().find(|(kept, ..)| kept.id == message).unwrap();
        *due = match attempt.outcome {
            Tried::RetryAt(time) => time,
            Tried::Delivered | Tried::Dead => ReceivedTime(i64::MAX),
        };
        attempts.push(attempt.clone());
        Ok(true)
    }

    async fn next_due(&self) -> Result<Option<ReceivedTime>, StoreError> {
        unreachable!("it looks every half second")
    }
    async fn send_again(&self, _: &str, _: ReceivedTime) -> Result<bool, StoreError> {
        unreachable!("nobody asks")
    }
    async fn delivery(&self, _: &str) -> Result<Option<Delivery>, StoreError> {
        unreachable!("nobody asks")
    }
    async fn deliveries(&self, _: IncidentId) -> Result<Vec<Delivery>, StoreError> {
        unreachable!("nobody asks")
    }
    async fn dead_letters(&self, _: &Paging) -> Result<Page<Delivery>, StoreError> {
        unreachable!("nobody asks")
    }
    async fn receiver_counts(&self) -> Result<Vec<ReceiverCounts>, StoreError> {
        unreachable!("nobody asks")
    }
}

/// A receiver that takes its time, and what it was sent, when.
struct Ear {
    takes: Duration,
    status: Option<u16>,
    heard: Mutex<Vec<(String, Instant)>>,
}

impl Ear {
    fn new(takes: Duration, status: Option<u16>) -> Arc<Self> {
        Arc::new(Self { takes, status, heard: Mutex::default() })
    }

    fn heard(&self) -> Vec<(String, Instant)> {
        self.heard.lock().unwrap().clone()
    }
}

#[async_trait]
impl Receiver for Ear {
    async fn send(&self, id: &str, _: ReceivedTime, _: &str) -> Answer {
        self.heard.lock().unwrap().push((id.to_owned(), Instant::now()));
        tokio::time::sleep(self.takes).await;
        Answer { status: self.status, note: String::new(), retry_after: None }
    }
}

const HANGS: Duration = Duration::from_secs(20);

/// Two receivers, the first of which never answers in time; the notifier over their outbox.
struct Scene {
    kept: Arc<Kept>,
    hung: Arc<Ear>,
    sound: Arc<Ear>,
    closing: CancellationToken,
    running: tokio::task::JoinHandle<()>,
}

fn scene(fill: impl FnOnce(&Kept)) -> Scene {
    let (kept, closing) = (Arc::new(Kept::default()), CancellationToken::new());
    fill(&kept);
    let (hung, sound) = (Ear::new(HANGS, None), Ear::new(Duration::ZERO, Some(204)));
    let receivers: [(ReceiverName, Arc<dyn Receiver>); 2] =
        [("hung".into(), Arc::clone(&hung) as _), ("sound".into(), Arc::clone(&sound) as _)];
    let notifier = Notifier {
        outbox: Arc::clone(&kept) as _,
        clock: ManualClock::at(ReceivedTime::from_secs(1_000)),
        receivers: receivers.into(),
        metrics: Arc::new(Metrics::default()),
        hub: Hub::new().0,
    };
    let running = tokio::spawn(notifier.run(closing.clone()));
    Scene { kept, hung, sound, closing, running }
}

fn ids(name: &str, count: u32) -> impl Iterator<Item = String> {
    let name = name.to_owned();
    (0..count).map(move |number| format!("{name}-{number}"))
}

#[tokio::test(start_paused = true)]
async fn a_receiver_that_hangs_holds_up_nobody_else() {
    let scene = scene(|kept| kept.put("hung", ids("h", 100)));
    tokio::time::sleep(Duration::from_secs(3)).await;
    let put = Instant::now();
    scene.kept.put("sound", ids("s", 20));
    tokio::time::sleep(Duration::from_secs(1)).await;
    let heard = scene.sound.heard();
    assert_eq!(heard.len(), 20, "all of them, though only some at once");
    assert!(heard.iter().all(|(_, at)| at.duration_since(put) <= LOOK_EVERY), "{heard:?}");
    assert_eq!(scene.kept.outcomes("s"), vec![vec![Tried::Delivered]; 20]);

    assert_eq!(scene.hung.heard().len(), AT_ONCE as usize, "and no more than so many hang at once");
    tokio::time::sleep(HANGS).await;
    let mut tried: Vec<_> = scene.hung.heard().into_iter().map(|(id, _)| id).collect();
    assert_eq!(tried.len(), 2 * AT_ONCE as usize);
    tried.sort();
    tried.dedup();
    assert_eq!(tried.len(), 2 * AT_ONCE as usize, "none was tried again while it was under way");
}

#[tokio::test(start_paused = true)]
async fn at_the_end_what_is_under_way_is_finished_and_nothing_is_begun() {
    let scene = scene(|kept| kept.put("hung", ids("h", 12)));
    tokio::time::sleep(Duration::from_secs(1)).await;
    scene.closing.cancel();
    scene.kept.put("sound", ids("s", 1));
    scene.running.await.unwrap();
    assert_eq!(scene.hung.heard().len(), AT_ONCE as usize);
    let outcomes = scene.kept.outcomes("h");
    let tried = outcomes.iter().filter(|it| matches!(it[..], [Tried::RetryAt(_)])).count();
    assert_eq!(tried, AT_ONCE as usize, "recorded once each: {outcomes:?}");
    assert!(scene.sound.heard().is_empty(), "it is told after the next start");
}
