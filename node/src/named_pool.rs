// SPDX-License-Identifier: GPL-3.0-or-later WITH Classpath-exception-2.0
//! A transaction pool that says why it refuses.
//!
//! The runtime can tell the pool a number alone, which RPC passes on as it is. RPC prints an error that is no pool's in
//! its own words, however: so here a number that has a name becomes such an error. Knows no name itself.

use async_trait::async_trait;
use sc_transaction_pool_api::{
	error::{Error as PoolError, IntoPoolError},
	BlockHash, ChainEvent, ImportNotificationStream, MaintainedTransactionPool, PoolStatus, ReadyTransactions,
	TransactionFor, TransactionPool, TransactionSource, TransactionStatusStreamFor, TxHash, TxInvalidityReportMap,
};
use sp_runtime::transaction_validity::InvalidTransaction;
use std::{collections::HashMap, fmt, pin::Pin, sync::Arc, time::Duration};

/// The name and meaning of a number in `InvalidTransaction::Custom`.
pub type Names = fn(u8) -> Option<String>;

/// A pool that gives refusals by number their names, and is the pool within in all else.
pub struct NamedPool<Pool> {
	pool: Pool,
	names: Names,
}

impl<Pool: TransactionPool> NamedPool<Pool> {
	/// Refuses as `pool` does, in the words of `names`.
	pub fn new(pool: Pool, names: Names) -> Self {
		Self { pool, names }
	}

	fn told(&self, error: Pool::Error) -> NamedError<Pool::Error> {
		NamedError::of(error, self.names)
	}
}

/// Why a transaction did not get into the pool.
#[derive(thiserror::Error)]
pub enum NamedError<E> {
	/// The runtime refused it for a reason that has a name.
	#[error("{0}")]
	Refused(String),
	/// As the pool's interface knows it, with an RPC code and text of its own.
	#[error("{0}")]
	Pool(#[from] PoolError),
	/// As the pool within has it.
	#[error("{0}")]
	Other(E),
}

// RPC puts this into the answer's data, for people to read.
impl<E: fmt::Display> fmt::Debug for NamedError<E> {
	fn fmt(&self, formatter: &mut fmt::Formatter) -> fmt::Result {
		fmt::Display::fmt(self, formatter)
	}
}

impl<E: IntoPoolError> NamedError<E> {
	fn of(error: E, names: Names) -> Self {
		match error.into_pool_error() {
			Ok(PoolError::InvalidTransaction(InvalidTransaction::Custom(code))) => names(code).map_or_else(
				|| Self::Pool(PoolError::InvalidTransaction(InvalidTransaction::Custom(code))),
				Self::Refused,
			),
			Ok(error) => Self::Pool(error),
			Err(error) => Self::Other(error),
		}
	}
}

impl<E: IntoPoolError> IntoPoolError for NamedError<E> {
	fn into_pool_error(self) -> Result<PoolError, Self> {
		match self {
			Self::Pool(error) => Ok(error),
			Self::Refused(_) | Self::Other(_) => Err(self),
		}
	}
}

type Ready<Pool> =
	Box<dyn ReadyTransactions<Item = Arc<<Pool as TransactionPool>::InPoolTransaction>> + Send + 'static>;

#[async_trait]
impl<Pool: TransactionPool> TransactionPool for NamedPool<Pool> {
	type Block = Pool::Block;
	type Hash = Pool::Hash;
	type InPoolTransaction = Pool::InPoolTransaction;
	type Error = NamedError<Pool::Error>;

	async fn submit_at(
		&self,
		at: BlockHash<Self>,
		source: TransactionSource,
		xts: Vec<TransactionFor<Self>>,
	) -> Result<Vec<Result<TxHash<Self>, Self::Error>>, Self::Error> {
		let outcomes = self.pool.submit_at(at, source, xts).await.map_err(|error| self.told(error))?;
		Ok(outcomes.into_iter().map(|outcome| outcome.map_err(|error| self.told(error))).collect())
	}

	async fn submit_one(
		&self,
		at: BlockHash<Self>,
		source: TransactionSource,
		xt: TransactionFor<Self>,
	) -> Result<TxHash<Self>, Self::Error> {
		self.pool.submit_one(at, source, xt).await.map_err(|error| self.told(error))
	}

	async fn submit_and_watch(
		&self,
		at: BlockHash<Self>,
		source: TransactionSource,
		xt: TransactionFor<Self>,
	) -> Result<Pin<Box<TransactionStatusStreamFor<Self>>>, Self::Error> {
		self.pool.submit_and_watch(at, source, xt).await.map_err(|error| self.told(error))
	}

	async fn ready_at(&self, at: BlockHash<Self>) -> Ready<Self> {
		self.pool.ready_at(at).await
	}

	fn ready(&self) -> Ready<Self> {
		self.pool.ready()
	}

	async fn report_invalid(
		&self,
		at: Option<BlockHash<Self>>,
		errors: TxInvalidityReportMap<TxHash<Self>>,
	) -> Vec<Arc<Self::InPoolTransaction>> {
		self.pool.report_invalid(at, errors).await
	}

	fn futures(&self) -> Vec<Self::InPoolTransaction> {
		self.pool.futures()
	}

	fn status(&self) -> PoolStatus {
		self.pool.status()
	}

	fn import_notification_stream(&self) -> ImportNotificationStream<TxHash<Self>> {
		self.pool.import_notification_stream()
	}

	fn on_broadcasted(&self, propagations: HashMap<TxHash<Self>, Vec<String>>) {
		self.pool.on_broadcasted(propagations)
	}

	fn hash_of(&self, xt: &TransactionFor<Self>) -> TxHash<Self> {
		self.pool.hash_of(xt)
	}

	fn ready_transaction(&self, hash: &TxHash<Self>) -> Option<Arc<Self::InPoolTransaction>> {
		self.pool.ready_transaction(hash)
	}

	async fn ready_at_with_timeout(&self, at: BlockHash<Self>, timeout: Duration) -> Ready<Self> {
		self.pool.ready_at_with_timeout(at, timeout).await
	}
}

#[async_trait]
impl<Pool: MaintainedTransactionPool> MaintainedTransactionPool for NamedPool<Pool> {
	async fn maintain(&self, event: ChainEvent<Self::Block>) {
		self.pool.maintain(event).await;
	}
}

#[cfg(test)]
mod tests {
	use super::*;

	fn refused(code: u8) -> NamedError<PoolError> {
		let names = |code| (code == 109).then(|| "Pallet.Error: No such thing.".to_owned());
		NamedError::of(PoolError::InvalidTransaction(InvalidTransaction::Custom(code)), names)
	}

	#[test]
	fn a_number_with_a_name_is_told_by_it() {
		let error = refused(109).into_pool_error().expect_err("RPC would tell the number");
		assert_eq!(error.to_string(), "Pallet.Error: No such thing.");
		assert_eq!(format!("{error:?}"), error.to_string());
	}

	#[test]
	fn everything_else_stays_as_the_pool_has_it() {
		let error = refused(110).into_pool_error().expect("a pool error");
		assert!(matches!(error, PoolError::InvalidTransaction(InvalidTransaction::Custom(110))));
		let error = NamedError::of(PoolError::TemporarilyBanned, |_| Some("a name".to_owned()));
		assert!(matches!(error.into_pool_error(), Ok(PoolError::TemporarilyBanned)));
	}
}
