// SPDX-License-Identifier: Apache-2.0

//! What can go wrong between us and a chain.

use std::error::Error;
use std::time::Duration;

use subxt::error::{BackendError, RpcError};
use subxt::rpcs;

/// What another library said.
pub(super) type Cause = Box<dyn Error + Send + Sync>;

/// An error of the chain client.
#[derive(Debug, thiserror::Error)]
pub enum ChainError {
	/// Nobody answers at the endpoint, or what answers is no chain.
	#[error("no chain answers at {endpoint}")]
	Connect {
		/// Address that was tried.
		endpoint: String,
		#[source]
		source: Cause,
	},
	/// A step was not done in time.
	#[error("{action} took longer than {within:?} ({endpoint})")]
	Deadline {
		/// The step.
		action: String,
		/// Address of the node.
		endpoint: String,
		/// Time it was given.
		within: Duration,
	},
	/// The node refused a question or answered with something else.
	#[error("{action} failed ({endpoint})")]
	Request {
		/// The step.
		action: String,
		/// Address of the node.
		endpoint: String,
		#[source]
		source: Box<subxt::Error>,
	},
	/// The chain does not have all that will be used of it.
	#[error(
		"the chain at {endpoint} lacks, of what {purpose} uses: {}. It is no chain of this shape, or one of another version: \
		check the endpoint, or take the node and this program from the same version",
		.missing.join("; ")
	)]
	Lacks {
		/// Address of the node.
		endpoint: String,
		/// What it would be used for.
		purpose: String,
		/// Each in words.
		missing: Vec<String>,
	},
	/// The node stopped sending blocks.
	#[error("the node at {endpoint} stopped sending finalized blocks")]
	NoMoreBlocks {
		/// Address of the node.
		endpoint: String,
	},
	/// A call did not get into a finalized block.
	#[error("{call} was not included{}", detail(.reason))]
	NotIncluded {
		/// `Pallet.call`.
		call: String,
		/// What the node says of it; may be empty.
		reason: String,
		#[source]
		source: Box<subxt::Error>,
	},
	/// A call was included and failed.
	#[error("{call} failed with {error}{}", detail(.docs))]
	Dispatch {
		/// `Pallet.call`.
		call: String,
		/// `Pallet.ErrorName`, or the name of an error outside pallets.
		error: String,
		/// What the error's documentation says; may be empty.
		docs: String,
	},
	/// The chain refused a call before it got into a block.
	#[error("{call} was refused with {error}{}", detail(.docs))]
	Refused {
		/// `Pallet.call`.
		call: String,
		/// `Pallet.ErrorName`.
		error: String,
		/// What the error's documentation says; may be empty.
		docs: String,
	},
	/// The text is no secret key.
	#[error("not a secret key of the form `phrase//derivation`")]
	Secret {
		#[source]
		source: Cause,
	},
}

impl ChainError {
	/// Whether the chain could not be reached or went away, as opposed to: it answered, and we do not like what it said.
	pub fn is_unavailable(&self) -> bool {
		match self {
			Self::Connect { .. } | Self::Deadline { .. } | Self::NoMoreBlocks { .. } => true,
			// What a node that goes away does to a question on its way.
			Self::Request { source, .. } | Self::NotIncluded { source, .. } => is_transport(source.as_ref()),
			Self::Lacks { .. } | Self::Dispatch { .. } | Self::Refused { .. } | Self::Secret { .. } => false,
		}
	}

	/// `Pallet.ErrorName` if the chain failed a call with it, in a block or before.
	pub fn dispatch_error(&self) -> Option<&str> {
		match self {
			Self::Dispatch { error, .. } | Self::Refused { error, .. } => Some(error),
			_ => None,
		}
	}
}

/// Whether one of the causes is the transport's; a node that answers with an error of its own is there.
fn is_transport(error: &(dyn Error + 'static)) -> bool {
	client_error(error).is_some_and(|cause| answer(cause).is_none())
}

/// Why a node did not take a transaction, in its own words.
pub(super) fn refusal(error: &(dyn Error + 'static)) -> Option<String> {
	let data = answer(client_error(error)?)?.data.as_ref()?;
	Some(data.get().trim_matches('"').to_owned())
}

/// What the RPC client said, among the causes of an error.
fn client_error<'a>(error: &'a (dyn Error + 'static)) -> Option<&'a rpcs::Error> {
	let told = |error: &'a (dyn Error + 'static)| match error.downcast_ref().and_then(backend_error) {
		Some(BackendError::Rpc(RpcError::ClientError(cause))) => Some(cause),
		_ => error.downcast_ref(),
	};
	std::iter::successors(Some(error), |error| (*error).source()).find_map(told)
}

/// What the node's side did to a step, where the client does not name it as the step's cause.
fn backend_error(error: &subxt::Error) -> Option<&BackendError> {
	use subxt::error::{
		AccountNonceError, BlocksError, EventsError, ExtrinsicError, OnlineClientAtBlockError as AtBlock,
		RuntimeApiError, StorageError, TransactionProgressError,
	};
	use subxt::Error as E;
	match error {
		E::StorageError(
			StorageError::CannotFetchValue(cause)
			| StorageError::CannotIterateValues(cause)
			| StorageError::StreamFailure(cause),
		)
		| E::RuntimeApiError(RuntimeApiError::CannotCallApi(cause))
		| E::EventsError(EventsError::CannotFetchEventBytes(cause))
		| E::AccountNonceError(AccountNonceError::CouldNotRetrieve(cause))
		| E::BlocksError(BlocksError::CannotGetBlockHeaderStream(cause) | BlocksError::CannotGetBlockHeader(cause))
		| E::ExtrinsicError(
			ExtrinsicError::ErrorSubmittingTransaction(cause) | ExtrinsicError::TransactionStatusStreamError(cause),
		)
		| E::TransactionProgressError(TransactionProgressError::CannotGetNextProgressUpdate(cause))
		| E::OnlineClientAtBlockError(
			AtBlock::CannotGetCurrentBlock { reason: cause }
			| AtBlock::CannotGetBlockHash { reason: cause, .. }
			| AtBlock::CannotGetBlockHeader { reason: cause, .. }
			| AtBlock::CannotGetSpecVersion { reason: cause, .. },
		) => Some(cause),
		_ => None,
	}
}

/// What the node answered, if it did; the client wraps it once more than its own errors.
fn answer(error: &rpcs::Error) -> Option<&rpcs::UserError> {
	match error {
		rpcs::Error::User(answer) => Some(answer),
		rpcs::Error::Client(inner) => answer(inner.downcast_ref()?),
		_ => None,
	}
}

/// The transport's own words, which arrive wrapped several times over.
pub(super) fn transport(error: rpcs::Error) -> Cause {
	match error {
		rpcs::Error::Client(inner) => match inner.downcast::<rpcs::Error>() {
			Ok(error) => transport(*error),
			Err(words) => words,
		},
		other => other.into(),
	}
}

fn detail(docs: &str) -> String {
	if docs.is_empty() {
		String::new()
	} else {
		format!(": {docs}")
	}
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn everything_that_a_chain_lacks_is_told_at_once_and_what_to_do() {
		let missing =
			vec!["call Commitments.set_commitment(netuid, info)".to_owned(), "storage A.B by 1 key".to_owned()];
		let (endpoint, purpose) = ("ws://there".into(), "a miner".into());
		let error = ChainError::Lacks { endpoint, purpose, missing };
		assert_eq!(
			error.to_string(),
			"the chain at ws://there lacks, of what a miner uses: call Commitments.set_commitment(netuid, info); storage \
			A.B by 1 key. It is no chain of this shape, or one of another version: check the endpoint, or take the node and \
			this program from the same version"
		);
		assert!(!error.is_unavailable());
	}

	#[test]
	fn a_node_that_goes_away_in_the_middle_of_a_step_is_unavailable() {
		use subxt::error::{RuntimeApiError, StorageError};
		let gone = || {
			let reset = std::io::Error::from(std::io::ErrorKind::ConnectionReset);
			BackendError::Rpc(RpcError::ClientError(rpcs::Error::Client(Box::new(reset))))
		};
		let steps: [subxt::Error; 4] = [
			StorageError::CannotFetchValue(gone()).into(),
			StorageError::StreamFailure(gone()).into(),
			RuntimeApiError::CannotCallApi(gone()).into(),
			gone().into(),
		];
		for source in steps.map(Box::new) {
			let error = ChainError::Request { action: "reading".into(), endpoint: "ws://there".into(), source };
			assert!(error.is_unavailable(), "{error:?}");
		}
	}

	#[test]
	fn a_dispatch_error_is_told_with_its_meaning() {
		let error = ChainError::Dispatch {
			call: "RootWeights.set_root_weights".into(),
			error: "RootWeights.UnknownNetuid".into(),
			docs: "No such subnet.".into(),
		};
		assert_eq!(
			error.to_string(),
			"RootWeights.set_root_weights failed with RootWeights.UnknownNetuid: No such subnet."
		);
		assert_eq!(error.dispatch_error(), Some("RootWeights.UnknownNetuid"));
	}
}
