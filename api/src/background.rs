//! Work that goes on beside the requests until the process stops.

use std::time::Duration;

use tokio::{
    sync::watch,
    task::JoinHandle,
    time::{sleep, timeout},
};

/// How long what is being done may take when the process stops. What does not end is undone by the
/// database, and done again.
const STOP_WITHIN: Duration = Duration::from_secs(5);

tokio::task_local! {
    /// Set in such work, but not in what it spawns.
    static BESIDE: ();
}

/// Has `is_here` say so of `work`.
pub fn beside<F: Future>(work: F) -> impl Future<Output = F::Output> {
    BESIDE.scope((), work)
}

/// Whether this is work that goes on beside the requests.
pub fn is_here() -> bool {
    BESIDE.try_with(|()| ()).is_ok()
}

/// A task in the background. Dropping it stops it too, without waiting for its end.
pub struct Background {
    name: &'static str,
    is_stopping: watch::Sender<bool>,
    task: JoinHandle<()>,
}

/// Tells a task in the background when to end. It asks between two pieces of work: a call to the database
/// is never cut short.
#[derive(Clone)]
pub struct Stopping(watch::Receiver<bool>);

impl Background {
    /// Begins `work`, under a name for the log. Must be called inside a Tokio runtime.
    pub fn start<F>(name: &'static str, work: impl FnOnce(Stopping) -> F) -> Self
    where
        F: Future<Output = ()> + Send + 'static,
    {
        let is_stopping = watch::Sender::new(false);
        let work = work(Stopping(is_stopping.subscribe()));
        let task = tokio::spawn(beside(work));
        Self {
            name,
            is_stopping,
            task,
        }
    }

    /// Lets the piece of work that is being done end, and begins no other.
    pub async fn stop(self) {
        self.is_stopping.send_replace(true);
        if timeout(STOP_WITHIN, self.task).await.is_err() {
            tracing::warn!(
                task = self.name,
                "it does not stop; the next start does it again"
            );
        }
    }
}

impl Stopping {
    pub fn is_now(&self) -> bool {
        *self.0.borrow() || self.0.has_changed().is_err()
    }

    /// Comes back when it is time to end.
    pub async fn wait(&mut self) {
        // Where the task was dropped nobody is there to say it any more.
        let _is_said = self.0.wait_for(|is| *is).await.is_ok();
    }

    /// Rests, but no longer than there is something to go on for; whether there is.
    pub async fn rest(&mut self, length: Duration) -> bool {
        tokio::select! {
            biased;
            () = self.wait() => false,
            () = sleep(length) => true,
        }
    }
}
