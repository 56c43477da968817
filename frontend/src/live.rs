//! What keeps pages true: the status that the page came with, then one event stream (a snapshot, then deltas that count
//! up; a hole in the count starts it anew). A delta names pages; theirs ask again, at most once a second. Nothing is
//! fetched while paused, and a lost connection is told with the age of what is shown.

use std::collections::BTreeSet;

use leptos::{prelude::*, server::codee::string::FromToStringCodec};
use plumbline_model::{ReceivedTime, api::Status};

use crate::api::{self, Answer};

/// A question to the API whose answer came with the page, or is fetched.
pub type Asked = Resource<Answer, FromToStringCodec>;

/// The stream's condition.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Connection {
    /// The page as the server rendered it; nothing was asked yet.
    Still,
    Open,
    Lost,
}

/// The live state, as context.
#[derive(Clone, Copy)]
pub struct Live {
    initial: Asked,
    pushed: RwSignal<Option<Status>>,
    pub connection: RwSignal<Connection>,
    pub paused: RwSignal<bool>,
    /// Seconds without a message, counted while the connection is lost.
    pub silent_seconds: RwSignal<u32>,
    /// Topics of the deltas that came during the last beat.
    changed: RwSignal<BTreeSet<String>>,
}

impl Live {
    /// Provides the live state; in the browser it opens the stream.
    pub fn provide() {
        let live = Self::still();
        provide_context(live);
        #[cfg(feature = "hydrate")]
        Effect::new(move |_| stream::open(live));
    }

    /// The state before anything was heard.
    fn still() -> Self {
        Self {
            initial: Resource::new_str(|| (), |()| api::get("/api/v1/status".to_owned())),
            pushed: RwSignal::new(None),
            connection: RwSignal::new(Connection::Still),
            paused: RwSignal::new(false),
            silent_seconds: RwSignal::new(0),
            changed: RwSignal::new(BTreeSet::new()),
        }
    }

    /// The newest status; `None` while it is not known. Inside a `Transition` this waits for the first one.
    pub fn status(self) -> Option<Status> {
        let first = self.initial.map(|answer| answer.decode().ok()).flatten();
        self.pushed.get().or(first)
    }

    /// The server's time of the newest status.
    pub fn now(self) -> Option<ReceivedTime> {
        self.status().map(|status| status.now)
    }

    /// [`Live::now`] without following it: for what is drawn once with the answer it belongs to.
    pub fn now_untracked(self) -> Option<ReceivedTime> {
        untrack(|| self.now())
    }

    /// Grows when the pages of `topic` may have changed.
    pub fn beat(self, topic: &'static str) -> ReadSignal<u32> {
        let (beat, set_beat) = signal(0);
        Effect::new(move |_| {
            if self.changed.read().contains(topic) {
                set_beat.update(|beat| *beat += 1);
            }
        });
        beat
    }

    pub fn toggle(self) {
        self.paused.update(|paused| *paused = !*paused);
    }
}

/// The page's live state. Where none was provided (a part drawn by itself) nothing is heard; a second stream would end
/// with that part, and what listens to it would not.
pub fn use_live() -> Live {
    use_context::<Live>().unwrap_or_else(Live::still)
}

#[cfg(feature = "hydrate")]
mod stream {
    use std::{cell::RefCell, collections::BTreeSet, rc::Rc, time::Duration};

    use leptos::prelude::*;
    use plumbline_model::api::LiveMessage;
    use wasm_bindgen::{JsCast, closure::Closure};
    use web_sys::{EventSource, MessageEvent};

    use super::{Connection, Live};

    /// Pages ask again at most once in this time.
    const BEAT: Duration = Duration::from_secs(1);
    /// Waited before a stream that the server closed is opened again.
    const AGAIN: Duration = Duration::from_secs(3);

    /// What the stream has told so far.
    #[derive(Default)]
    struct Heard {
        version: Option<u64>,
        /// Topics since the last beat.
        topics: BTreeSet<String>,
        /// A snapshot came before: another one means that something was missed.
        before: bool,
    }

    pub(super) fn open(live: Live) {
        let heard = Rc::new(RefCell::new(Heard::default()));
        connect(live, Rc::clone(&heard));
        set_interval(
            move || {
                if live.connection.get_untracked() == Connection::Lost {
                    live.silent_seconds.update(|seconds| *seconds += 1);
                }
                if live.paused.get_untracked() || heard.borrow().topics.is_empty() {
                    return;
                }
                live.changed.set(std::mem::take(&mut heard.borrow_mut().topics));
            },
            BEAT,
        );
    }

    fn connect(live: Live, heard: Rc<RefCell<Heard>>) {
        let Ok(source) = EventSource::new("/api/v1/events") else {
            live.connection.set(Connection::Lost);
            return;
        };
        let again = {
            let (source, heard) = (source.clone(), Rc::clone(&heard));
            move |after: Duration| {
                source.close();
                heard.borrow_mut().version = None;
                let heard = Rc::clone(&heard);
                set_timeout(move || connect(live, heard), after);
            }
        };
        let on_message = {
            let again = again.clone();
            Closure::<dyn FnMut(MessageEvent)>::new(move |event: MessageEvent| {
                let Some(message) = event.data().as_string().and_then(|text| crate::decode::from_str(&text).ok())
                else {
                    return;
                };
                live.connection.set(Connection::Open);
                live.silent_seconds.set(0);
                if !hear(live, &mut heard.borrow_mut(), message) {
                    again(Duration::ZERO);
                }
            })
        };
        let on_error = {
            let source = source.clone();
            Closure::<dyn FnMut()>::new(move || {
                live.connection.set(Connection::Lost);
                // While it is connecting, the browser tries again by itself.
                if source.ready_state() == EventSource::CLOSED {
                    again(AGAIN);
                }
            })
        };
        source.set_onmessage(Some(on_message.as_ref().unchecked_ref()));
        source.set_onerror(Some(on_error.as_ref().unchecked_ref()));
        on_message.forget();
        on_error.forget();
    }

    /// Takes a message in; false where one before it was missed.
    fn hear(live: Live, heard: &mut Heard, message: LiveMessage) -> bool {
        let (version, status) = match message {
            LiveMessage::Snapshot { version, status } => {
                if std::mem::replace(&mut heard.before, true) {
                    heard.topics.extend(TOPICS.map(str::to_owned));
                }
                (version, status)
            }
            LiveMessage::Delta { version, status, topics } => {
                match heard.version {
                    // Told before the snapshot was made: it is in there already.
                    Some(last) if version <= last => return true,
                    Some(last) if version == last + 1 => {}
                    _ => return false,
                }
                heard.topics.extend(topics);
                (version, status)
            }
        };
        heard.version = Some(version);
        if !live.paused.get_untracked() {
            live.pushed.set(Some(*status));
        }
        true
    }

    /// All that pages listen to.
    const TOPICS: [&str; 10] = [
        "overview",
        "replicas",
        "lineage",
        "sagas",
        "latency",
        "streams",
        "incidents",
        "report",
        "collectors",
        "settings",
    ];
}
