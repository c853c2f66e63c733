//! Small lists that change rarely are read once in ten minutes.

use std::future::Future;
use std::sync::Arc;

use countersign::ports::CallError;
use jiff::{SignedDuration, Timestamp};
use tokio::sync::Mutex;

/// How long a list is good for. The product's own page reads scripts about as often.
const KEPT: SignedDuration = SignedDuration::from_mins(10);

/// A list with the time it was read. Whoever comes while it is being read waits for that reading.
pub(crate) struct Remembered<T>(Mutex<Option<(Timestamp, Arc<T>)>>);

impl<T> Default for Remembered<T> {
    fn default() -> Self {
        Self(Mutex::const_new(None))
    }
}

impl<T> Remembered<T> {
    pub(crate) async fn get(
        &self,
        now: Timestamp,
        read: impl Future<Output = Result<T, CallError>>,
    ) -> Result<Arc<T>, CallError> {
        let mut kept = self.0.lock().await;
        if let Some((at, value)) = kept.as_ref()
            && now.duration_since(*at) < KEPT
        {
            return Ok(Arc::clone(value));
        }
        let value = Arc::new(read.await?);
        *kept = Some((now, Arc::clone(&value)));
        Ok(value)
    }

    /// Puts in what was read for another purpose.
    pub(crate) async fn put(&self, now: Timestamp, value: T) {
        *self.0.lock().await = Some((now, Arc::new(value)));
    }
}
