//! What the operating system asks of the process: to end in order at the first SIGINT or SIGTERM, and at once at the second.

use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio_util::sync::CancellationToken;

/// What a shell reports of a process that a signal ended: 128 and the signal's number.
const ENDED_BY: i32 = 128;

/// Cancels `closing` at the first signal.
pub async fn watch(closing: CancellationToken) {
    // Both are watched from the beginning on: one that comes between two waits is kept.
    let (mut interrupt, mut terminate) = (signals(SignalKind::interrupt()), signals(SignalKind::terminate()));
    next(&mut interrupt, &mut terminate).await;
    tracing::info!("ending: no more is taken, what was taken is journaled; a second signal ends at once");
    closing.cancel();
    let kind = next(&mut interrupt, &mut terminate).await;
    tracing::warn!("ended at once by a second signal; nothing that was acknowledged is lost");
    std::process::exit(ENDED_BY + kind.as_raw_value());
}

fn signals(kind: SignalKind) -> Option<Signal> {
    signal(kind).inspect_err(|error| tracing::warn!(%error, "signals cannot be watched")).ok()
}

async fn next(interrupt: &mut Option<Signal>, terminate: &mut Option<Signal>) -> SignalKind {
    tokio::select! {
        () = one(interrupt) => SignalKind::interrupt(),
        () = one(terminate) => SignalKind::terminate(),
    }
}

async fn one(of: &mut Option<Signal>) {
    let came = match of {
        Some(signal) => signal.recv().await,
        None => None,
    };
    if came.is_none() {
        std::future::pending::<()>().await;
    }
}
