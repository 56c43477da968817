//! From the outside into the journal: one bounded queue, one loop, and the ways in that push (OTLP, CloudEvents over HTTP).

pub mod body;
pub mod cloudevents;
#[cfg(feature = "kafka")]
pub mod kafka;
pub mod otlp;
pub mod otlp_grpc;
pub mod otlp_http;
mod otlp_status;
pub mod outages;
pub mod push;
pub mod queue;
pub mod run;
pub mod sources;
pub mod standing;
pub mod trouble;
pub mod unread;
