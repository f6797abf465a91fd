//! Files in a bucket of an S3-compatible service.

use std::{io, ops::Range, sync::Arc, time::Duration};

use bytes::Bytes;
use futures_util::{StreamExt, TryStreamExt, stream::BoxStream};
use object_store::{
    BackoffConfig, ClientOptions, ObjectMeta, ObjectStore, ObjectStoreExt, PutPayload, RetryConfig,
    aws::{AmazonS3, AmazonS3Builder},
    buffered::BufWriter,
    path::Path,
};
use tokio::io::AsyncWriteExt;

use super::{Found, shard_of};
use crate::config::{self, BadSetting};

/// Bytes of a part; what is smaller is sent at once. S3 takes none smaller.
const PART_BYTES: usize = 5 << 20;
/// Parts of one file that are on their way at once.
const PARTS_AT_ONCE: usize = 2;
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// How long the service may be silent.
const READ_TIMEOUT: Duration = Duration::from_secs(20);
/// How often what failed is tried again, and for how long.
const RETRIES_MAX: usize = 3;
const RETRY_WITHIN: Duration = Duration::from_secs(20);
const SETTING: &str = "GUICHET_FILES";

pub(super) struct Bucket {
    store: Arc<AmazonS3>,
    prefix: Path,
}

/// Parts that were sent are taken back when it is aborted.
pub(super) struct Writing(BufWriter);

impl Bucket {
    /// Asks nobody yet.
    pub(super) fn new(settings: &config::Bucket) -> Result<Self, BadSetting> {
        let client = ClientOptions::new()
            .with_connect_timeout(CONNECT_TIMEOUT)
            .with_read_timeout(READ_TIMEOUT)
            // A reader may be slow.
            .with_timeout_disabled();
        let retry = RetryConfig {
            backoff: BackoffConfig::default(),
            max_retries: RETRIES_MAX,
            retry_timeout: RETRY_WITHIN,
        };
        let mut builder = AmazonS3Builder::new()
            .with_bucket_name(&settings.name)
            .with_region(&settings.region)
            .with_access_key_id(&settings.access_key_id)
            .with_secret_access_key(&settings.secret_access_key)
            .with_retry(retry);
        let mut allows_http = false;
        if let Some(endpoint) = &settings.endpoint {
            allows_http = endpoint.scheme() == "http";
            builder = builder.with_endpoint(endpoint.as_str().trim_end_matches('/'));
        }
        let client = client.with_allow_http(allows_http);
        let store = builder.with_client_options(client).build();
        Ok(Self {
            store: Arc::new(store.map_err(|error| refused(&error))?),
            prefix: Path::from(settings.prefix.as_str()),
        })
    }

    pub(super) async fn check(&self) -> Result<(), BadSetting> {
        use object_store::Error::{NotFound, PermissionDenied, Unauthenticated};
        let probe = self.prefix.clone().join("probe");
        let written = match self.store.put(&probe, PutPayload::new()).await {
            Ok(_) => self.store.delete(&probe).await,
            Err(error) => Err(error),
        };
        match written {
            Ok(()) => Ok(()),
            Err(error @ (NotFound { .. } | PermissionDenied { .. } | Unauthenticated { .. })) => {
                Err(refused(&error))
            }
            Err(error) => {
                tracing::warn!(%error, "files cannot be reached now");
                Ok(())
            }
        }
    }

    pub(super) fn begin(&self, key: &str) -> Writing {
        let store = Arc::clone(&self.store) as Arc<dyn ObjectStore>;
        let writer = BufWriter::with_capacity(store, self.path(key), PART_BYTES);
        Writing(writer.with_max_concurrency(PARTS_AT_ONCE))
    }

    pub(super) async fn read(
        &self,
        key: &str,
        range: Range<u64>,
    ) -> io::Result<BoxStream<'static, io::Result<Bytes>>> {
        let options = object_store::GetOptions::new().with_range(Some(range));
        let got = self.store.get_opts(&self.path(key), options).await?;
        Ok(got.into_stream().map_err(io::Error::from).boxed())
    }

    pub(super) async fn remove(&self, key: &str) -> io::Result<()> {
        match self.store.delete(&self.path(key)).await {
            Ok(()) | Err(object_store::Error::NotFound { .. }) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }

    pub(super) fn list(&self, shard: u8) -> BoxStream<'_, io::Result<Found>> {
        let folder = self.prefix.clone().join(format!("{shard:02x}"));
        let listed = self.store.list(Some(&folder));
        let found = |meta: ObjectMeta| Found {
            key: meta.location.filename().unwrap_or_default().to_owned(),
            written_at: meta.last_modified,
        };
        listed.map_ok(found).map_err(io::Error::from).boxed()
    }

    fn path(&self, key: &str) -> Path {
        self.prefix.clone().join(shard_of(key)).join(key)
    }
}

impl Writing {
    pub(super) async fn write(&mut self, piece: Bytes) -> io::Result<()> {
        Ok(self.0.put(piece).await?)
    }

    /// Where this fails, parts that were sent are taken away by the bucket's rule for unfinished ones.
    pub(super) async fn finish(mut self) -> io::Result<()> {
        self.0.shutdown().await
    }

    pub(super) async fn abort(mut self) -> io::Result<()> {
        Ok(self.0.abort().await?)
    }
}

fn refused(error: &object_store::Error) -> BadSetting {
    BadSetting {
        setting: SETTING.to_owned(),
        why: error.to_string(),
    }
}
