//! Hearing what SQL is sent.

use std::sync::{Arc, Mutex, PoisonError};

use guichet::store::Store;

/// The statements heard since somebody began to listen; none while nobody does.
#[derive(Clone, Default)]
pub(crate) struct Statements(Arc<Mutex<Option<Vec<String>>>>);

impl Statements {
    pub(crate) fn hear(&self, store: &mut Store) {
        let heard = self.clone();
        store.hear_statements(move |sql| {
            if let Some(statements) = heard.lock().as_mut() {
                statements.push(sql.to_owned());
            }
        });
    }

    pub(crate) async fn during<T>(&self, work: impl Future<Output = T>) -> (T, Vec<String>) {
        *self.lock() = Some(Vec::new());
        let result = work.await;
        (result, self.lock().take().unwrap_or_default())
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Option<Vec<String>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
