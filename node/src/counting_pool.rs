//! The pool as the network and the RPC server see it: what it refuses is counted by reason, and how
//! long its answers take is measured. Everything else goes straight through.

use std::{
    collections::HashMap,
    pin::Pin,
    sync::Arc,
    time::{Duration, Instant},
};

use async_trait::async_trait;
use psephos_primitives::{Hash, Refusal};
use psephos_runtime::opaque::{Block, UncheckedExtrinsic};
use sc_transaction_pool_api::{
    error::{Error as PoolError, IntoPoolError},
    ChainEvent, ImportNotificationStream, MaintainedTransactionPool, PoolStatus, ReadyTransactions,
    TransactionPool, TransactionSource, TransactionStatusStreamFor, TxInvalidityReportMap,
};
use sp_runtime::transaction_validity::InvalidTransaction;
use substrate_prometheus_endpoint::{
    register, CounterVec, Histogram, HistogramOpts, Opts, PrometheusError, Registry, U64,
};

use crate::components::Pool;

type Error = <Pool as TransactionPool>::Error;
type InPool = <Pool as TransactionPool>::InPoolTransaction;
type Ready = Box<dyn ReadyTransactions<Item = Arc<InPool>> + Send>;

/// Upper bounds of the histogram's steps, in seconds: a ballot of five options takes about 2 ms, one of
/// 64 options in 16 contests half a second.
const STEPS: [f64; 10] = [
    0.001, 0.002, 0.004, 0.008, 0.016, 0.032, 0.064, 0.25, 1., 4.,
];

struct PoolMetrics {
    refused: CounterVec<U64>,
    seconds: Histogram,
}

/// A pool that counts what it refuses.
pub struct CountingPool {
    pool: Arc<Pool>,
    metrics: Option<PoolMetrics>,
}

impl CountingPool {
    /// Wraps a pool; without a registry nothing is counted.
    pub fn new(pool: Arc<Pool>, registry: Option<&Registry>) -> Result<Self, PrometheusError> {
        let metrics = registry.map(PoolMetrics::register).transpose()?;
        Ok(Self { pool, metrics })
    }

    /// Notes how long an answer took.
    fn time(&self, since: Instant) {
        if let Some(metrics) = &self.metrics {
            metrics.seconds.observe(since.elapsed().as_secs_f64());
        }
    }

    /// Counts a refusal, and hands the answer on.
    fn count<T>(&self, answer: Result<T, Error>) -> Result<T, Error> {
        answer.map_err(|error| match error.into_pool_error() {
            Ok(error) => {
                self.refused(&reason(&error));
                error.into()
            }
            Err(error) => {
                self.refused("node");
                error
            }
        })
    }

    fn refused(&self, reason: &str) {
        if let Some(metrics) = &self.metrics {
            metrics.refused.with_label_values(&[reason]).inc();
        }
    }
}

impl PoolMetrics {
    fn register(registry: &Registry) -> Result<Self, PrometheusError> {
        let refused = Opts::new(
            "psephos_refused_total",
            "Transactions that the pool refused, by reason (PSE-EXT-3)",
        );
        let seconds = HistogramOpts::new(
            "psephos_admission_seconds",
            "How long the pool took to admit or refuse what it was sent",
        )
        .buckets(STEPS.to_vec());
        Ok(Self {
            refused: register(CounterVec::new(refused, &["reason"])?, registry)?,
            seconds: register(Histogram::with_opts(seconds)?, registry)?,
        })
    }
}

/// Why a transaction was refused, as one of few labels: what a sender writes never becomes one.
fn reason(error: &PoolError) -> String {
    let label = match error {
        PoolError::InvalidTransaction(InvalidTransaction::Custom(code)) => {
            return Refusal::from_code(*code).map_or_else(|| "other".into(), name);
        }
        PoolError::InvalidTransaction(InvalidTransaction::BadProof) => "signature",
        PoolError::InvalidTransaction(InvalidTransaction::Stale | InvalidTransaction::Future) => {
            "nonce"
        }
        PoolError::AlreadyImported(_) | PoolError::TemporarilyBanned => "known",
        PoolError::ImmediatelyDropped => "full",
        _ => "other",
    };
    label.into()
}

/// The refusal's name as it stands in JSON.
fn name(refusal: Refusal) -> String {
    match serde_json::to_value(refusal) {
        Ok(serde_json::Value::String(name)) => name,
        _ => "other".into(),
    }
}

#[async_trait]
impl TransactionPool for CountingPool {
    type Block = Block;
    type Hash = Hash;
    type InPoolTransaction = InPool;
    type Error = Error;

    async fn submit_at(
        &self,
        at: Hash,
        source: TransactionSource,
        transactions: Vec<UncheckedExtrinsic>,
    ) -> Result<Vec<Result<Hash, Error>>, Error> {
        let since = Instant::now();
        let answers = self.pool.submit_at(at, source, transactions).await?;
        self.time(since);
        Ok(answers
            .into_iter()
            .map(|answer| self.count(answer))
            .collect())
    }

    async fn submit_one(
        &self,
        at: Hash,
        source: TransactionSource,
        transaction: UncheckedExtrinsic,
    ) -> Result<Hash, Error> {
        let since = Instant::now();
        let answer = self.pool.submit_one(at, source, transaction).await;
        self.time(since);
        self.count(answer)
    }

    async fn submit_and_watch(
        &self,
        at: Hash,
        source: TransactionSource,
        transaction: UncheckedExtrinsic,
    ) -> Result<Pin<Box<TransactionStatusStreamFor<Self>>>, Error> {
        let since = Instant::now();
        let answer = self.pool.submit_and_watch(at, source, transaction).await;
        self.time(since);
        self.count(answer)
    }

    async fn ready_at(&self, at: Hash) -> Ready {
        self.pool.ready_at(at).await
    }

    fn ready(&self) -> Ready {
        self.pool.ready()
    }

    async fn report_invalid(
        &self,
        at: Option<Hash>,
        errors: TxInvalidityReportMap<Hash>,
    ) -> Vec<Arc<InPool>> {
        self.pool.report_invalid(at, errors).await
    }

    fn futures(&self) -> Vec<InPool> {
        self.pool.futures()
    }

    fn status(&self) -> PoolStatus {
        self.pool.status()
    }

    fn import_notification_stream(&self) -> ImportNotificationStream<Hash> {
        self.pool.import_notification_stream()
    }

    fn on_broadcasted(&self, propagations: HashMap<Hash, Vec<String>>) {
        self.pool.on_broadcasted(propagations)
    }

    fn hash_of(&self, transaction: &UncheckedExtrinsic) -> Hash {
        self.pool.hash_of(transaction)
    }

    fn ready_transaction(&self, hash: &Hash) -> Option<Arc<InPool>> {
        self.pool.ready_transaction(hash)
    }

    async fn ready_at_with_timeout(&self, at: Hash, timeout: Duration) -> Ready {
        self.pool.ready_at_with_timeout(at, timeout).await
    }
}

#[async_trait]
impl MaintainedTransactionPool for CountingPool {
    async fn maintain(&self, event: ChainEvent<Block>) {
        self.pool.maintain(event).await;
    }
}
