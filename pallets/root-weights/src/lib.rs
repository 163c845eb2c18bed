// SPDX-License-Identifier: Apache-2.0
//! # Root weights pallet
//!
//! Root validators vote on how the block emission is divided between subnets. A vote is a row of `u16` weights, scaled up
//! on storage so that its largest entry is 65535. The scale of a stored row means nothing, and taking it at face value
//! lets a validator who spreads its vote over ten subnets pull several times harder than one of the same stake who
//! concentrates. This pallet renormalizes every row as it is read, so that a vote pulls exactly what its stake allows.
//!
//! ## Pallet API
//!
//! * [`Pallet::set_root_weights`]: the coldkey that owns a root validator's hotkey sets its row; or, where the chain has
//!   switched that on, [`Pallet::commit_root_weights`] first and [`Pallet::reveal_root_weights`] after the next epoch.
//! * [`Pallet::set_parameter`]: root changes a parameter, within bounds.
//! * Every tempo, in `on_initialize`, the root epoch turns rows and stake into [`EmissionShares`].
//! * [`Pallet::split_emission`]: the parts of a block's emission, for the pallet that mints and pays it.
//! * [`CheckRootVote`]: the transaction extension that keeps failing votes, which are free, out of the pool.
//!
//! What the pallet needs of its chain comes through the traits in [`mod@types`].
//!
//! ## Low-level notes
//!
//! Shares are stored and an amount is split when it is used. So the parts sum to the amount in every block, also when a
//! halving or the removal of a subnet falls between two epochs. With no valid vote the shares are empty and nothing may
//! be minted; an event says so.
//!
//! This pallet has to come before the one that pays in the runtime, so that an epoch's shares pay in its own block.

#![cfg_attr(not(feature = "std"), no_std)]
#![warn(missing_docs)]

extern crate alloc;

#[cfg(any(test, feature = "runtime-benchmarks"))]
mod benchmarking;
mod check_root_vote;
mod invariants;
mod parameters;
mod root_epoch;
mod rows;
pub mod types;
mod view;
mod vote;
pub mod weights;

#[cfg(test)]
mod mock;
#[cfg(test)]
mod tests;

pub use check_root_vote::{refusal, CheckRootVote, FindVote, OwnCalls, FIRST_REFUSAL};
pub use pallet::*;
pub use root_epoch::RowReading;
pub use rows::{OwnRows, PlainVec, RowsInMap};
#[cfg(any(test, feature = "runtime-benchmarks"))]
pub use types::BenchmarkHelper;
pub use types::{RootParameter, RootParameters, RootParams, RootRows, RootValidator, RootValidators, Subnets};
pub use view::{ReadVote, StoredVote, VoteDistortion};
pub use vote::{Ballot, Vote};
pub use weights::WeightInfo;

/// The root network's own netuid; nobody votes for it.
pub const ROOT_NETUID: u16 = 0;
/// Most `u16` of a salt: 64 make 1024 bits, more than anybody can guess.
pub const MAX_SALT: u32 = 64;

#[frame_support::pallet]
pub mod pallet {
	use super::*;
	use alloc::vec::Vec;
	use frame_support::pallet_prelude::*;
	use frame_system::pallet_prelude::*;
	use sp_core::H256;

	#[pallet::pallet]
	pub struct Pallet<T>(_);

	#[pallet::config]
	pub trait Config: frame_system::Config<RuntimeEvent: From<Event<Self>>> {
		/// Who votes, with which stake.
		type RootValidators: RootValidators<Self::AccountId>;
		/// The one list of subnets that can be voted for.
		type Subnets: Subnets;
		/// Parameters of the root network.
		type RootParams: RootParams;
		/// Where rows are kept: [`OwnRows`], or [`RowsInMap`] over a map that the chain has already.
		type RootRows: RootRows;
		/// What the next block mints, in rao.
		type BlockEmission: Get<u64>;
		/// What the root epoch may take of a block; one that would take more waits for another block. May be a constant,
		/// or follow what else the block has to do.
		type EpochBudget: Get<Weight>;
		/// Most root validators there can be.
		#[pallet::constant]
		type MaxValidators: Get<u32>;
		/// Most subnets there can be, and so the longest row.
		#[pallet::constant]
		type MaxSubnets: Get<u32>;
		/// Measured extrinsic weights.
		type WeightInfo: WeightInfo;
		/// Sets up what the benchmarks measure.
		#[cfg(any(test, feature = "runtime-benchmarks"))]
		type BenchmarkHelper: BenchmarkHelper<Self::AccountId>;
	}

	/// A root validator's row, `(netuid, weight)` ascending by netuid, scaled up to a largest entry of 65535. Empty on a
	/// chain that keeps rows elsewhere.
	///
	/// Twox: uids are small and assigned by the chain. At most `MaxValidators` rows.
	#[pallet::storage]
	pub type Rows<T: Config> = StorageMap<_, Twox64Concat, u16, PlainVec<(u16, u16), T::MaxSubnets>, ValueQuery>;

	/// Block in which a root validator last set its row or promised one.
	#[pallet::storage]
	pub type LastVote<T: Config> = StorageMap<_, Twox64Concat, u16, BlockNumberFor<T>, OptionQuery>;

	/// The row that a root validator has promised and not revealed.
	#[pallet::storage]
	pub type Commits<T: Config> = StorageMap<_, Twox64Concat, u16, Commit, OptionQuery>;

	/// `(netuid, share)` of each subnet that earned one in the last root epoch, per 2⁶⁴ − 1; they sum to 2⁶⁴ − 1, or
	/// there are none.
	#[pallet::storage]
	pub type EmissionShares<T: Config> = StorageValue<_, PlainVec<(u16, u64), T::MaxSubnets>, ValueQuery>;

	/// Root epochs that have run: the clock of promises, which no change of tempo and no delay can shift.
	#[pallet::storage]
	pub type EpochsRun<T> = StorageValue<_, u64, ValueQuery>;

	/// The block in which a root epoch was due that did not fit its budget, and waits.
	#[pallet::storage]
	pub type EpochDue<T: Config> = StorageValue<_, BlockNumberFor<T>, OptionQuery>;

	/// A promised row.
	#[derive(Clone, Copy, PartialEq, Eq, Debug, Encode, Decode, MaxEncodedLen, TypeInfo)]
	pub struct Commit {
		/// [`Pallet::commitment`] of what will be revealed.
		pub hash: H256,
		/// Root epochs that had run when it was made; it is revealed when one more has.
		pub epoch: u64,
	}

	#[pallet::event]
	#[pallet::generate_deposit(pub(super) fn deposit_event)]
	pub enum Event<T: Config> {
		/// A root validator's row was replaced.
		RootWeightsSet {
			/// Uid of the validator on the root network.
			uid: u16,
			/// Its hotkey.
			hotkey: T::AccountId,
		},
		/// A root validator promised a row.
		RootWeightsCommitted {
			/// Uid of the validator on the root network.
			uid: u16,
			/// Its hotkey.
			hotkey: T::AccountId,
			/// What it has to reveal after the next root epoch.
			hash: H256,
		},
		/// Root changed a parameter.
		ParameterSet {
			/// Which, and its new value.
			parameter: RootParameter,
		},
		/// The root epoch ran and found votes; `subnets` earn from this block on.
		EmissionSharesSet {
			/// Number of subnets with a share.
			subnets: u32,
		},
		/// The root epoch ran and found no stake that votes for a living subnet: no emission is minted until one does.
		NoValidRootVote,
		/// The root epoch did not fit its budget in this block and waits for one where it does.
		EpochDeferred {
			/// The block it was due in.
			due: BlockNumberFor<T>,
		},
	}

	#[pallet::error]
	pub enum Error<T> {
		/// Root weights are set on netuid 0 only.
		NotRootNetwork,
		/// `dests` and `weights` differ in length.
		UnequalLengths,
		/// More entries than there can be subnets.
		TooManyEntries,
		/// The hotkey is owned by another coldkey, or by none.
		NotHotkeyOwner,
		/// The hotkey is not registered on the root network.
		NotRootValidator,
		/// The hotkey has less stake than a vote needs.
		NotEnoughStake,
		/// The version key is older than the root network requires.
		OutdatedVersionKey,
		/// The validator's last vote is too recent.
		VotingTooSoon {
			/// Blocks to wait.
			blocks_left: u16,
		},
		/// A netuid is named twice.
		DuplicateNetuid {
			/// Which.
			netuid: u16,
		},
		/// An entry is for a subnet that does not exist; netuid 0 cannot be voted for.
		UnknownNetuid {
			/// Which.
			netuid: u16,
		},
		/// Fewer entries than the root network requires.
		TooFewEntries {
			/// How many it requires.
			minimum: u16,
		},
		/// An entry is a larger part of the row than the root network allows.
		MaxWeightExceeded {
			/// The subnet that gets it.
			netuid: u16,
		},
		/// No entry is above zero: such a vote has no direction.
		NoWeights,
		/// Rows are committed first on this chain, and then revealed.
		CommitRevealEnabled,
		/// Rows are set in the open on this chain.
		CommitRevealDisabled,
		/// The salt is longer than `MAX_SALT`.
		SaltTooLong,
		/// The validator has promised no row.
		NothingCommitted,
		/// A row is revealed after the next root epoch, not before.
		RevealTooEarly,
		/// More than one root epoch has run since the row was promised: promise again.
		CommitExpired,
		/// Row, salt or version key is another than was promised.
		NotWhatWasCommitted,
		/// A tempo of 0, or above `RootParameter::LONGEST_WAIT`.
		TempoOutOfBounds,
		/// A rho of 0, or above `RootParameter::STEEPEST_RHO`.
		RhoOutOfBounds,
		/// A minimum above `MaxSubnets`, which no row could reach.
		MinAllowedWeightsTooHigh,
		/// A limit of 0, which no row could keep.
		MaxWeightLimitTooLow,
		/// A rate limit above `RootParameter::LONGEST_WAIT`.
		RateLimitTooLong,
	}

	#[pallet::hooks]
	impl<T: Config> Hooks<BlockNumberFor<T>> for Pallet<T> {
		fn on_initialize(block: BlockNumberFor<T>) -> Weight {
			Self::root_epoch_if_due(block)
		}

		#[cfg(feature = "std")]
		fn integrity_test() {
			Self::check_configuration();
		}

		#[cfg(feature = "try-runtime")]
		fn try_state(_: BlockNumberFor<T>) -> Result<(), sp_runtime::TryRuntimeError> {
			Self::do_try_state()
		}
	}

	#[pallet::call]
	impl<T: Config> Pallet<T> {
		/// Set the root weights of `hotkey`, replacing its earlier row.
		///
		/// ## Dispatch Origin
		///
		/// Signed by the coldkey that owns `hotkey`.
		///
		/// ## Details
		///
		/// `dests` are netuids, `weights` their weights in the same order, in any scale; `netuid` is 0. The row is scaled
		/// up to the full `u16` range and stored; it is renormalized each time it is read. Free of charge; what would fail
		/// is refused by [`CheckRootVote`] before it gets here.
		#[pallet::call_index(0)]
		#[pallet::weight((T::WeightInfo::set_root_weights(dests.len() as u32), DispatchClass::Normal, Pays::No))]
		pub fn set_root_weights(
			origin: OriginFor<T>,
			netuid: u16,
			hotkey: T::AccountId,
			dests: Vec<u16>,
			weights: Vec<u16>,
			version_key: u64,
		) -> DispatchResult {
			let coldkey = ensure_signed(origin)?;
			let ballot = Ballot { netuid, dests: &dests, weights: &weights, version_key };
			Self::do_vote(&coldkey, &Vote::Set(&hotkey, ballot))
		}

		/// Promise a row by the hash of (`hotkey`, netuid 0, dests, weights, salt, version key), in SCALE by Blake2-256, so
		/// that nobody can copy it before it counts. A later promise replaces an earlier one.
		///
		/// ## Dispatch Origin
		///
		/// Signed by the coldkey that owns `hotkey`.
		#[pallet::call_index(1)]
		#[pallet::weight((T::WeightInfo::commit_root_weights(), DispatchClass::Normal, Pays::No))]
		pub fn commit_root_weights(origin: OriginFor<T>, hotkey: T::AccountId, commit_hash: H256) -> DispatchResult {
			let coldkey = ensure_signed(origin)?;
			Self::do_vote(&coldkey, &Vote::Commit(&hotkey, commit_hash))
		}

		/// Set the row that was promised: after the first root epoch since then, and before the second.
		///
		/// ## Dispatch Origin
		///
		/// Signed by the coldkey that owns `hotkey`.
		#[pallet::call_index(2)]
		#[pallet::weight((T::WeightInfo::reveal_root_weights(dests.len() as u32), DispatchClass::Normal, Pays::No))]
		pub fn reveal_root_weights(
			origin: OriginFor<T>,
			hotkey: T::AccountId,
			dests: Vec<u16>,
			weights: Vec<u16>,
			salt: Vec<u16>,
			version_key: u64,
		) -> DispatchResult {
			let coldkey = ensure_signed(origin)?;
			let ballot = Ballot { netuid: ROOT_NETUID, dests: &dests, weights: &weights, version_key };
			Self::do_vote(&coldkey, &Vote::Reveal(&hotkey, ballot, &salt))
		}

		/// Change one parameter of the root network.
		///
		/// ## Dispatch Origin
		///
		/// Root.
		#[pallet::call_index(3)]
		#[pallet::weight(T::WeightInfo::set_parameter())]
		pub fn set_parameter(origin: OriginFor<T>, parameter: RootParameter) -> DispatchResult {
			ensure_root(origin)?;
			Self::do_set_parameter(parameter)
		}
	}

	impl<T: Config> Call<T> {
		/// The vote that the call casts, if it does.
		pub fn as_vote(&self) -> Option<Vote<'_, T::AccountId>> {
			match self {
				Self::set_root_weights { netuid, hotkey, dests, weights, version_key } => {
					let ballot = Ballot { netuid: *netuid, dests, weights, version_key: *version_key };
					Some(Vote::Set(hotkey, ballot))
				},
				Self::commit_root_weights { hotkey, commit_hash } => Some(Vote::Commit(hotkey, *commit_hash)),
				Self::reveal_root_weights { hotkey, dests, weights, salt, version_key } => {
					let ballot = Ballot { netuid: ROOT_NETUID, dests, weights, version_key: *version_key };
					Some(Vote::Reveal(hotkey, ballot, salt))
				},
				_ => None,
			}
		}
	}
}
