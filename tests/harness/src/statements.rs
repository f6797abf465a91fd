//! Hearing what SQL is sent.

use std::sync::{Arc, Mutex, PoisonError};

use guichet::{background, store::Store};

/// A statement that was sent.
pub(crate) struct Heard {
    pub(crate) sql: String,
    /// Whether it is of work beside the requests.
    pub(crate) is_beside: bool,
}

/// The statements heard since somebody began to listen; none while nobody does.
#[derive(Clone, Default)]
pub(crate) struct Statements(Arc<Mutex<Option<Vec<Heard>>>>);

impl Statements {
    pub(crate) fn hear(&self, store: &mut Store) {
        let heard = self.clone();
        store.hear_statements(move |sql| {
            if let Some(statements) = heard.lock().as_mut() {
                statements.push(Heard {
                    sql: sql.to_owned(),
                    is_beside: background::is_here(),
                });
            }
        });
    }

    pub(crate) async fn during<T>(&self, work: impl Future<Output = T>) -> (T, Vec<Heard>) {
        *self.lock() = Some(Vec::new());
        let result = work.await;
        (result, self.lock().take().unwrap_or_default())
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Option<Vec<Heard>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
