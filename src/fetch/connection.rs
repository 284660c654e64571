//! Whether a request has its connection yet. The client tells it to nobody, and a clock could only guess.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// Whether the connection that a request asked for is still being made.
#[derive(Debug, Clone, Default)]
pub(super) struct Connecting(Arc<AtomicBool>);

tokio::task_local! {
    /// That of the request which this task waits for.
    static CONNECTING: Connecting;
}

impl Connecting {
    pub(super) fn is_under_way(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }

    fn set(&self, is_under_way: bool) {
        self.0.store(is_under_way, Ordering::Relaxed);
    }

    /// Waits for a request; what it connects to meanwhile is seen here.
    pub(super) async fn during<F: Future>(&self, request: F) -> F::Output {
        CONNECTING.scope(self.clone(), request).await
    }
}

/// Marks the beginning and the end of a connection. A request begins its own in its own task.
pub(super) fn watch<F: Future>(connection: F) -> impl Future<Output = F::Output> {
    let connecting = CONNECTING.try_with(Connecting::clone).unwrap_or_default();
    connecting.set(true);
    async move {
        let made = connection.await;
        connecting.set(false);
        made
    }
}
