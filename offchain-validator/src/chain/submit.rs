// SPDX-License-Identifier: Apache-2.0

//! Signing and submitting calls, and what became of them.

use std::collections::BTreeMap;

use subxt::client::OnlineClientAtBlockImpl;
use subxt::config::DefaultExtrinsicParamsBuilder;
use subxt::error::{DispatchError, TransactionEventsError, TransactionFinalizedSuccessError};
use subxt::extrinsics::ExtrinsicEvents;
use subxt::transactions::TransactionProgress;

use super::surface::Need;
use super::{error, AtBlock, BlockId, Call, Chain, ChainError, Config, Signer};

/// Blocks for which a signed call may be included; after that no node takes it any more.
const MORTALITY: u64 = 128;

/// A call and who signs it.
#[derive(Clone, Debug)]
pub struct Submission {
	/// What is called.
	pub call: Call,
	/// Who signs it and pays for it.
	pub signer: Signer,
}

/// A submission that the node has taken into its pool.
struct Pending {
	call: String,
	progress: TransactionProgress<Config, OnlineClientAtBlockImpl<Config>>,
}

impl Chain {
	/// Signs and submits `call`, and waits until it has succeeded in a finalized block, which is returned.
	pub async fn submit(&self, call: Call, signer: &Signer) -> Result<BlockId, ChainError> {
		let at = self.at_finalized().await?;
		let nonce = self.next_nonce(signer).await?;
		let pending = self.enter_pool(&at, &call, signer, nonce).await?;
		self.finalize(pending).await
	}

	/// Signs and submits in the given order without waiting in between, then waits until all have succeeded.
	///
	/// Calls of one signer are executed in this order. Returns the block of each, or the first failure.
	pub async fn submit_all(&self, submissions: Vec<Submission>) -> Result<Vec<BlockId>, ChainError> {
		let at = self.at_finalized().await?;
		let mut nonces = BTreeMap::new();
		let mut pending = Vec::with_capacity(submissions.len());
		for Submission { call, signer } in submissions {
			// Counted here after the first: whether the node counts its pool at once is its own affair.
			let nonce = match nonces.get(&signer.account()) {
				Some(next) => *next,
				None => self.next_nonce(&signer).await?,
			};
			pending.push(self.enter_pool(&at, &call, &signer, nonce).await?);
			nonces.insert(signer.account(), nonce.saturating_add(1));
		}
		futures::future::try_join_all(pending.into_iter().map(|pending| self.finalize(pending))).await
	}

	async fn next_nonce(&self, signer: &Signer) -> Result<u64, ChainError> {
		self.ask("reading the next nonce", self.rpc.system_account_next_index(&signer.account())).await
	}

	async fn enter_pool(&self, at: &AtBlock, call: &Call, signer: &Signer, nonce: u64) -> Result<Pending, ChainError> {
		call.shapes().for_each(|shape| self.uses(Need::Call(shape)));
		let block = at.block();
		let params = DefaultExtrinsicParamsBuilder::<Config>::new()
			.nonce(nonce)
			.mortal_from_unchecked(MORTALITY, block.number.into(), block.hash)
			.build();
		let submitting = async {
			let payload = call.payload();
			let mut signable = at.client().transactions().create_signable_offline(&payload, params)?;
			signable.sign(signer.keypair())?.submit_and_watch().await
		};
		let action = format!("submitting {}", call.path());
		let progress = self
			.within(self.deadlines.request, &action, submitting)
			.await?
			.map_err(|error| refusal(at, call, error.into()))?;
		Ok(Pending { call: call.path(), progress })
	}

	async fn finalize(&self, Pending { call, progress }: Pending) -> Result<BlockId, ChainError> {
		let action = format!("waiting until {call} is finalized");
		let outcome = async {
			let included = progress.wait_for_finalized().await?;
			let events = included.wait_for_success().await?;
			let at = included.at().await?;
			Ok((events, at))
		};
		let (events, at) = self
			.within(self.deadlines.finality, &action, outcome)
			.await?
			.map_err(|error: subxt::Error| failure(&call, error))?;
		if let Some(error) = sudo_error(&events, &at) {
			return Err(dispatch_failure(&call, &error));
		}
		Ok(BlockId { number: u32::try_from(at.block_number()).unwrap_or(u32::MAX), hash: at.block_hash() })
	}
}

/// The error of the call inside `Sudo.sudo`, which itself succeeds whatever became of that call.
fn sudo_error(events: &ExtrinsicEvents<Config>, at: &subxt::OnlineClientAtBlock<Config>) -> Option<DispatchError> {
	let sudid = events
		.iter()
		.filter_map(Result::ok)
		.find(|event| event.pallet_name() == "Sudo" && event.event_name() == "Sudid")?;
	match sudid.field_bytes().split_first()? {
		(1, error) => DispatchError::decode_from(error, at.metadata()).ok(),
		_ => None,
	}
}

/// Why a node did not take a call. Of calls that are checked before they are let in, it tells the name or number of an error.
fn refusal(at: &AtBlock, call: &Call, error: subxt::Error) -> ChainError {
	let reason = error::refusal(&error).unwrap_or_default();
	let metadata = at.client().metadata();
	let named = || {
		let refusal = Refusal::read(&reason)?;
		let mut errors = metadata.pallet_by_name(refusal.pallet())?.error_variants()?.iter();
		let error = errors.find(|error| refusal.is(error.index, &error.name))?;
		Some((format!("{}.{}", refusal.pallet(), error.name), words(&error.docs)))
	};
	match named() {
		Some((error, docs)) => ChainError::Refused { call: call.path(), error, docs },
		None => ChainError::NotIncluded { call: call.path(), reason, source: Box::new(error) },
	}
}

/// The number by which a node refuses for the first error of each pallet that does, from the highest down.
const FIRST_REFUSALS: [(&str, u8); 3] = [("RootWeights", 200), ("Commitments", 190), ("SubtensorModule", 100)];

/// An error of a pallet, as a node tells it of a call that it did not let in.
#[derive(Debug, PartialEq, Eq)]
enum Refusal<'a> {
	/// In the words of our own node.
	Named { pallet: &'a str, error: &'a str },
	/// As any other node tells it.
	Numbered { pallet: &'static str, index: u8 },
}

impl<'a> Refusal<'a> {
	/// Reads "Pallet.Error: what it means" or "Custom error: 209".
	fn read(reason: &'a str) -> Option<Self> {
		if let Some(code) = reason.strip_prefix("Custom error: ") {
			let code: u8 = code.parse().ok()?;
			let (pallet, first) = FIRST_REFUSALS.into_iter().find(|(_, first)| code >= *first)?;
			return Some(Self::Numbered { pallet, index: code - first });
		}
		let path = reason.split_once(": ").map_or(reason, |(path, _)| path);
		let (pallet, error) = path.split_once('.')?;
		Some(Self::Named { pallet, error })
	}

	fn pallet(&self) -> &'a str {
		match self {
			Self::Named { pallet, .. } => pallet,
			Self::Numbered { pallet, .. } => pallet,
		}
	}

	/// Whether it is the error of this index and name.
	fn is(&self, index: u8, name: &str) -> bool {
		match self {
			Self::Named { error, .. } => *error == name,
			Self::Numbered { index: told, .. } => *told == index,
		}
	}
}

/// An item's documentation in one line.
fn words(docs: &[String]) -> String {
	docs.iter().map(|line| line.trim()).collect::<Vec<_>>().join(" ").trim().into()
}

fn failure(call: &str, error: subxt::Error) -> ChainError {
	use TransactionFinalizedSuccessError::SuccessError;
	match error {
		subxt::Error::TransactionEventsError(TransactionEventsError::ExtrinsicFailed(error))
		| subxt::Error::TransactionFinalizedSuccessError(SuccessError(TransactionEventsError::ExtrinsicFailed(
			error,
		))) => dispatch_failure(call, &error),
		other => ChainError::NotIncluded { call: call.into(), reason: String::new(), source: Box::new(other) },
	}
}

fn dispatch_failure(call: &str, error: &DispatchError) -> ChainError {
	let (error, docs) = match error {
		DispatchError::Module(module) => match module.details() {
			Ok(details) => {
				(format!("{}.{}", details.pallet.name(), details.variant.name), words(&details.variant.docs))
			},
			Err(_) => (module.details_string(), String::new()),
		},
		other => (format!("{other:?}"), other.to_string()),
	};
	ChainError::Dispatch { call: call.into(), error, docs }
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn a_refusal_by_number_is_of_the_pallet_that_counts_from_below_it() {
		let read = |code: u8| match Refusal::read(&format!("Custom error: {code}")) {
			Some(Refusal::Numbered { pallet, index }) => Some((pallet, index)),
			_ => None,
		};
		assert_eq!(read(100), Some(("SubtensorModule", 0)));
		assert_eq!(read(189), Some(("SubtensorModule", 89)));
		assert_eq!(read(191), Some(("Commitments", 1)));
		assert_eq!(read(209), Some(("RootWeights", 9)));
		assert_eq!(read(99), None, "subtensor's own numbers mean something else");
		assert_eq!(Refusal::read("Custom error: 256"), None);
	}

	#[test]
	fn a_refusal_by_name_is_read_as_our_node_tells_it() {
		let expected = Refusal::Named { pallet: "RootWeights", error: "NoWeights" };
		assert_eq!(Refusal::read("RootWeights.NoWeights: No entry is above zero: such a vote."), Some(expected));
		let expected = Refusal::Named { pallet: "RootWeights", error: "NoWeights" };
		assert_eq!(Refusal::read("RootWeights.NoWeights"), Some(expected));
		assert_eq!(Refusal::read("Transaction has a bad signature"), None);
		assert_eq!(Refusal::read(""), None);
	}
}
