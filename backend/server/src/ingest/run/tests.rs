//! The loop with everything around it but the network: requests go to the real router, time passes when a test says so.

use axum::{
    Router,
    body::{Body, Bytes},
    http::Request,
};
use plumbline_model::{
    Lag,
    journal::{Held, Progress, Proof},
};
use plumbline_store::{Options, SqliteStore};
use tempfile::TempDir;
use tower::ServiceExt as _;

use super::*;
use crate::{
    clock::{Clock as _, ManualClock},
    config::{self, Purpose},
    http::{self, AppState},
    serve::{Assembled, Prepared, assemble},
};

const START: ReceivedTime = ReceivedTime::from_secs(1_795_262_400);
const EVENT: &str = r#"{"specversion":"1.0","id":"ID","source":"/s","type":"t","time":"2026-11-21T12:00:00Z","data":{"id":"k1","status":"paid"}}"#;

struct Rig {
    folder: TempDir,
    clock: Arc<ManualClock>,
    state: AppState,
    journal: Loop,
    memory: Memory,
    router: Router,
}

impl Rig {
    async fn new(delivery: &str) -> Self {
        Self::open(TempDir::new().unwrap(), ManualClock::at(START), delivery).await
    }

    /// The same folder and time in another process.
    async fn restarted(self, delivery: &str) -> Self {
        let Self { folder, clock, state, journal, memory, router } = self;
        drop((state, journal, memory, router));
        Self::open(folder, clock, delivery).await
    }

    async fn open(folder: TempDir, clock: Arc<ManualClock>, delivery: &str) -> Self {
        let text = format!(
            "limits: {{ max_body: 1KiB }}
data_dir: {:?}
listen: 127.0.0.1:0
sources: {{ shop: {{ http: {{ path: /in }}, lateness: 2s, silence: 1m, retry_horizon: 10s, delivery: {delivery} }} }}
entities:
  order:
    within: 2s
    compare: {{ status: text }}
    replicas: {{ a: {{ source: shop, key: $.data.id, fields: {{ status: $.data.status }} }} }}
",
            folder.path()
        );
        let config = config::parse("rig.yaml", &text, &|_| None, Purpose::Serve).unwrap_or_else(|it| panic!("{it:?}"));
        let prepared = Prepared::of(config).await.unwrap();
        let options = Options { durable: false, ..Options::default() };
        let store = Arc::new(SqliteStore::open(folder.path(), options).await.unwrap());
        let Assembled { state, mut journal, first, .. } =
            assemble(store, &prepared, Arc::clone(&clock) as SharedClock, CancellationToken::new()).await.unwrap();
        let mut memory = Memory::default();
        journal.journal(first, &mut memory).await;
        let router = http::router(state.clone());
        Self { folder, clock, state, journal, memory, router }
    }

    /// A request, and what it brings through the loop; its status.
    async fn post(&mut self, kind: &str, body: impl Into<Body>) -> u16 {
        let request = Request::post("/in").header("content-type", kind).body(body.into()).unwrap();
        let mut answer = std::pin::pin!(self.router.clone().oneshot(request));
        loop {
            tokio::select! {
                answer = answer.as_mut() => return answer.unwrap().status().as_u16(),
                Some(queued) = self.journal.queue.recv() => self.journal.take(vec![queued], &mut self.memory).await,
            }
        }
    }

    async fn event(&mut self, id: &str) -> u16 {
        self.post("application/cloudevents+json", EVENT.replace("ID", id)).await
    }

    /// So many seconds, each with its tick.
    async fn pass(&mut self, seconds: u32) {
        for _ in 0..seconds {
            self.clock.advance(Lag::from_secs(1));
            self.journal.tick(&mut self.memory).await;
        }
    }

    /// Seconds since the start that the source's frontier stands at, and why it is held.
    fn frontier(&self) -> (Option<i64>, Option<Held>) {
        let Some(Progress { frontier, proof, .. }) =
            self.memory.states.sources.get("shop").and_then(|it| it.partitions.values().next())
        else {
            return (None, None);
        };
        let held = if let Proof::Held { why, .. } = proof { Some(*why) } else { None };
        (frontier.map(|at| (at.0 - START.0) / 1_000_000_000), held)
    }
}

#[tokio::test]
async fn a_source_of_which_nothing_was_accepted_is_not_heard() {
    let mut rig = Rig::new("retried").await;
    for _ in 0..14 {
        rig.pass(1).await;
        assert_eq!(rig.post("application/json", "garbage").await, 400);
        assert_eq!(
            rig.post("application/cloudevents+json", r#"{"specversion":"1.0"}"#).await,
            400,
            "an event without id"
        );
    }
    rig.pass(1).await;
    assert_eq!(rig.frontier(), (None, Some(Held::Silent)), "28 requests were refused");
    assert_eq!(rig.event("1").await, 202);
    rig.pass(1).await;
    assert_eq!(rig.frontier(), (Some(14), None));
    assert_eq!(rig.post("application/json", "garbage").await, 400);
    rig.pass(1).await;
    assert_eq!(rig.frontier(), (Some(15), None), "one that was refused changes nothing among those that are accepted");
    assert_eq!(rig.post("application/cloudevents-batch+json", "[]").await, 202, "a heartbeat");
}

#[tokio::test]
async fn a_body_that_did_not_come_whole_holds_the_frontier() {
    let broken = || {
        let pieces = [Ok(Bytes::from("{")), Err(std::io::Error::other("reset"))];
        Body::from_stream(futures::stream::iter(pieces))
    };
    for (status, body) in [(400, broken()), (413, vec![b'x'; 2_000].into())] {
        let mut rig = Rig::new("retried").await;
        assert_eq!(rig.event("1").await, 202);
        rig.pass(5).await;
        assert_eq!(rig.frontier(), (Some(3), None));
        assert_eq!(rig.post("application/json", body).await, status);
        rig.pass(9).await;
        assert_eq!(rig.frontier(), (Some(3), Some(Held::Refused)), "{status}: its sender may send it again");
        rig.pass(1).await;
        assert_eq!(rig.frontier(), (Some(13), None));
    }
}

#[tokio::test]
async fn no_frontier_moves_from_the_closing_of_the_listeners_to_the_end_of_the_horizon() {
    for delivery in ["retried", "once"] {
        let mut rig = Rig::new(delivery).await;
        rig.event("1").await;
        rig.pass(5).await;
        assert_eq!(rig.frontier(), (Some(3), None));
        rig.state.pushes.close(rig.clock.now());
        assert_eq!(rig.event("2").await, 202, "one that was on its way");
        rig.pass(30).await;
        assert_eq!(rig.frontier(), (Some(3), Some(Held::Closing)));
        let mut rig = rig.restarted(delivery).await;
        rig.event("3").await;
        rig.pass(1).await;
        let gaps: Vec<_> = rig.memory.states.sources["shop"].gaps.iter().collect();
        if delivery == "once" {
            let [gap] = gaps[..] else { panic!("{gaps:?}") };
            assert_eq!(gap.from, SourceTime(START.0).plus(Lag::from_secs(3)), "from the closing on, less the lateness");
        } else {
            assert!(gaps.is_empty(), "{gaps:?}");
            assert_eq!(rig.frontier(), (Some(3), Some(Held::Restarted)));
            rig.pass(9).await;
            assert_eq!(rig.frontier(), (Some(43), None), "45 s have passed, and with them the horizon");
        }
    }
}

#[tokio::test]
async fn it_is_ready_while_the_loop_ticks() {
    let mut rig = Rig::new("retried").await;
    let ready = async |rig: &Rig| {
        let request = Request::get("/readyz").body(Body::empty()).unwrap();
        let answer = rig.router.clone().oneshot(request).await.unwrap();
        let status = answer.status().as_u16();
        (status, String::from_utf8(axum::body::to_bytes(answer.into_body(), 10_000).await.unwrap().into()).unwrap())
    };
    let (status, text) = ready(&rig).await;
    assert!(status == 503 && text.contains("the server is starting"), "{text}");
    rig.pass(1).await;
    assert_eq!(ready(&rig).await.0, 200);
    rig.clock.advance(Lag::from_secs(5));
    assert_eq!(ready(&rig).await.0, 200);
    rig.clock.advance(Lag::from_secs(1));
    let (status, text) = ready(&rig).await;
    assert!(status == 503 && text.contains("stands since 2026-11-21T12:00:01Z"), "{text}");
    rig.pass(1).await;
    assert_eq!(ready(&rig).await.0, 200);
}
