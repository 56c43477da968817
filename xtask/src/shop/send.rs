//! The senders: each feed has one that makes batches, and some that deliver them by HTTP and keep trying as good clients do: a
//! refusal for lack of room is retried after the time that it names. An answer that takes its time delays no later batch.

use std::{
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
        mpsc::{Receiver, SyncSender, TrySendError, sync_channel},
    },
    thread,
    time::Duration,
};

use serde_json::Value;

use super::{Fact, Feed, Told, otlp};
use crate::clock::Stopwatch;

/// Facts that wait for a receiver that is away; beyond it they are lost, and counted.
const QUEUE: usize = 50_000;
const BATCH: usize = 200;
/// How long a batch waits for more.
const LINGER: Duration = Duration::from_millis(200);
/// Requests of one feed that are under way at the same time.
const AT_ONCE: usize = 6;
const TIMEOUT: Duration = Duration::from_secs(30);
const BACKOFF_MIN: Duration = Duration::from_millis(100);
const BACKOFF_MAX: Duration = Duration::from_secs(2);

/// Where facts go.
#[derive(Clone, Debug)]
pub struct Target {
    /// `http://host:port` of the ingest of CloudEvents.
    pub to: String,
    /// `http://host:port` of the ingest of OTLP over HTTP.
    pub otlp: String,
}

/// What became of the facts.
#[derive(Default, Debug)]
pub struct Counters {
    pub delivered: AtomicU64,
    /// Requests that were tried again.
    pub retried: AtomicU64,
    /// Facts that the receiver refused for good.
    pub refused: AtomicU64,
    /// Facts that nobody could take in time.
    pub lost: AtomicU64,
}

enum Message {
    Fact(Fact),
    /// Nothing happened, and everything up to now was delivered.
    Alive,
}

/// One feed's sender.
pub struct Sender {
    queue: SyncSender<Message>,
    counters: Arc<Counters>,
}

impl Sender {
    pub fn start(feed: Feed, target: &Target, counters: Arc<Counters>) -> Self {
        let (queue, receiver) = sync_channel(QUEUE);
        let url = match feed {
            Feed::Traces => format!("{}/v1/traces", target.otlp),
            _ => format!("{}/ingest/{}", target.to, feed.name()),
        };
        let agent = ureq::Agent::new_with_config(
            ureq::Agent::config_builder().timeout_global(Some(TIMEOUT)).http_status_as_error(false).build(),
        );
        let (batches, taken) = sync_channel(0);
        let taken = Arc::new(Mutex::new(taken));
        for _ in 0..AT_ONCE {
            let (agent, url, counters) = (agent.clone(), url.clone(), Arc::clone(&counters));
            let poster = Poster { feed, url, agent, counters };
            let taken = Arc::clone(&taken);
            thread::spawn(move || poster.work(&taken));
        }
        thread::spawn(move || make_batches(&receiver, &batches));
        Self { queue, counters }
    }

    pub fn send(&self, fact: Fact) {
        if let Err(TrySendError::Full(_) | TrySendError::Disconnected(_)) = self.queue.try_send(Message::Fact(fact)) {
            self.counters.lost.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// A sign of life. Where the queue is full there are others.
    pub fn alive(&self) {
        let _ = self.queue.try_send(Message::Alive);
    }
}

/// Cuts the queue into batches, which wait here while every poster is busy. An empty batch is a sign of life.
fn make_batches(queue: &Receiver<Message>, batches: &SyncSender<Vec<Fact>>) {
    while let Ok(first) = queue.recv() {
        let watch = Stopwatch::start();
        let mut batch = Vec::new();
        let mut next = Ok(first);
        while let Ok(message) = next {
            if let Message::Fact(fact) = message {
                batch.push(fact);
            }
            if batch.len() >= BATCH {
                break;
            }
            next = queue.recv_timeout(LINGER.saturating_sub(watch.elapsed()));
        }
        if batches.send(batch).is_err() {
            return;
        }
    }
}

struct Poster {
    feed: Feed,
    url: String,
    agent: ureq::Agent,
    counters: Arc<Counters>,
}

/// What the receiver said to a request.
enum Said {
    Taken,
    /// Try again after that time.
    Later(Option<Duration>),
    /// It will never be taken.
    Refused(String),
}

impl Poster {
    fn work(&self, batches: &Mutex<Receiver<Vec<Fact>>>) {
        loop {
            let batch = batches.lock().unwrap_or_else(PoisonError::into_inner).recv();
            match batch {
                Ok(batch) => self.deliver(&batch),
                Err(_) => return,
            }
        }
    }

    fn deliver(&self, batch: &[Fact]) {
        let body = self.body(batch).to_string();
        let mut backoff = BACKOFF_MIN;
        loop {
            match self.post(&body) {
                Said::Taken => {
                    self.counters.delivered.fetch_add(batch.len() as u64, Ordering::Relaxed);
                    return;
                }
                Said::Refused(why) => {
                    self.counters.refused.fetch_add(batch.len() as u64, Ordering::Relaxed);
                    println!("{} refused {} records: {why}", self.url, batch.len());
                    return;
                }
                Said::Later(after) => {
                    self.counters.retried.fetch_add(1, Ordering::Relaxed);
                    thread::sleep(after.unwrap_or(backoff).clamp(BACKOFF_MIN, BACKOFF_MAX));
                    backoff = (backoff * 2).min(BACKOFF_MAX);
                }
            }
        }
    }

    fn post(&self, body: &str) -> Said {
        let kind = match self.feed {
            Feed::Traces => "application/json",
            _ => "application/cloudevents-batch+json",
        };
        let response = self.agent.post(&self.url).header("content-type", kind).send(body);
        // Not reached, or the connection broke: nobody knows whether it was taken, and ids make a second time harmless.
        let Ok(mut response) = response else { return Said::Later(None) };
        let after = response.headers().get("retry-after").and_then(|value| value.to_str().ok()?.parse().ok());
        match response.status().as_u16() {
            200..=299 => Said::Taken,
            408 | 425 | 429 | 500..=599 => Said::Later(after.map(Duration::from_secs)),
            status => Said::Refused(format!("{status}: {}", response.body_mut().read_to_string().unwrap_or_default())),
        }
    }

    fn body(&self, batch: &[Fact]) -> Value {
        if self.feed == Feed::Traces {
            return otlp::request(batch.iter().filter_map(|fact| match &fact.told {
                Told::Span(span) => Some(span),
                Told::Cloud(_) => None,
            }));
        }
        let events = batch.iter().filter_map(|fact| match &fact.told {
            Told::Cloud(event) => Some(event.json(self.feed, fact.at)),
            Told::Span(_) => None,
        });
        Value::Array(events.collect())
    }
}

#[cfg(test)]
mod tests {
    use std::{
        io::{Read, Write},
        net::TcpListener,
    };

    use serde_json::json;

    use super::{super::CloudEvent, *};

    fn fact() -> Fact {
        let event = CloudEvent {
            id: "e-1".into(),
            kind: "order.placed",
            subject: "o-1".into(),
            correlation: None,
            causation: None,
            context: None,
            data: json!({}),
        };
        Fact { feed: Feed::Events, at: 0, told: Told::Cloud(event) }
    }

    /// A receiver that has no room the first time and takes the second.
    #[test]
    fn a_batch_that_is_refused_for_lack_of_room_comes_again() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let to = format!("http://{}", listener.local_addr().unwrap());
        let receiver = thread::spawn(move || {
            let mut bodies = Vec::new();
            for answer in ["429 Too Many Requests\r\nretry-after: 1", "202 Accepted"] {
                let (mut stream, _) = listener.accept().unwrap();
                let mut request = Vec::new();
                let mut buffer = [0; 4096];
                while !request.ends_with(b"]") {
                    let read = stream.read(&mut buffer).unwrap();
                    request.extend_from_slice(&buffer[..read]);
                }
                write!(stream, "HTTP/1.1 {answer}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n").unwrap();
                let text = String::from_utf8(request).unwrap();
                bodies.push(text.split_once("\r\n\r\n").unwrap().1.to_owned());
            }
            bodies
        });
        let counters = Arc::new(Counters::default());
        let target = Target { otlp: to.clone(), to };
        let sender = Sender::start(Feed::Events, &target, Arc::clone(&counters));
        sender.send(fact());
        let bodies = receiver.join().unwrap();
        assert_eq!(bodies[0], bodies[1]);
        assert!(bodies[0].contains("\"id\":\"e-1\""), "{}", bodies[0]);
        while counters.delivered.load(Ordering::Relaxed) == 0 {
            thread::yield_now();
        }
        assert_eq!(counters.retried.load(Ordering::Relaxed), 1);
    }
}
