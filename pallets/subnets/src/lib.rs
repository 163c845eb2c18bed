// SPDX-License-Identifier: Apache-2.0
//! # Subnets pallet
//!
//! The part of a Bittensor-family chain that validators, miners and their tools talk to: subnets and their neurons,
//! stake, uid weights, the Yuma epoch of each subnet and its payout. In a runtime it bears the instance name
//! `SubtensorModule` and upstream's storage names, which clients ask for.
//!
//! ## What happens in a block
//!
//! 1. The block emission, by the halving curve over total issuance, is split between subnets by the shares that
//!    `pallet-root-weights` keeps, and added to each subnet's pending emission.
//! 2. Every subnet whose tempo has come runs its Yuma epoch on what is pending and pays its neurons in stake. What
//!    rounding leaves over stays pending.
//!
//! ## Money
//!
//! Total issuance is balances plus stake plus pending emission, at any time. What is burned (fees, registrations, dust)
//! leaves it through [`BurnFromIssuance`].
//!
//! ## Keys
//!
//! A uid is a slot, a hotkey is the identity. Hotkeys need no balance: registration takes a `sufficients` reference on
//! the account, without which the nonce check would refuse its transactions, and releases it on replacement.

#![cfg_attr(not(feature = "std"), no_std)]
#![warn(missing_docs)]

extern crate alloc;

#[cfg(any(test, feature = "runtime-benchmarks"))]
mod benchmarking;
mod epoch;
mod issuance;
mod networks;
mod neurons;
mod registration;
mod root_network;
mod set_weights;
mod stake;
pub mod weights;

#[cfg(test)]
mod mock;
#[cfg(test)]
mod tests;

pub use issuance::{BlockEmission, BurnFromIssuance};
pub use neurons::{AxonInfo, NeuronInfoLite, PrometheusInfo};
pub use pallet::*;
pub use pallet_root_weights::ROOT_NETUID;
pub use weights::WeightInfo;

/// Hears of hotkeys that lose their uid.
pub trait OnNeuronRemoved<AccountId> {
	/// `hotkey` holds no uid of the subnet any more.
	fn on_neuron_removed(netuid: u16, hotkey: &AccountId);
}

impl<AccountId> OnNeuronRemoved<AccountId> for () {
	fn on_neuron_removed(_: u16, _: &AccountId) {}
}

#[frame_support::pallet]
pub mod pallet {
	use super::*;
	use alloc::vec::Vec;
	use frame_support::{
		pallet_prelude::*,
		traits::{
			fungible::{Balanced, Inspect, Mutate},
			ConstU16, ConstU64,
		},
	};
	use frame_system::pallet_prelude::*;

	// Vectors by uid keep upstream's plain type, which clients decode; all are bounded by `MaxAllowedUids`.
	#[pallet::pallet]
	#[pallet::without_storage_info]
	pub struct Pallet<T>(_);

	#[pallet::config]
	pub trait Config: frame_system::Config<RuntimeEvent: From<Event<Self>>> + pallet_root_weights::Config {
		/// The free balance of coldkeys, in rao.
		type Currency: Mutate<Self::AccountId, Balance = u64> + Balanced<Self::AccountId>;
		/// Told when a hotkey loses its uid, so that what others keep about it goes too.
		type OnNeuronRemoved: OnNeuronRemoved<Self::AccountId>;
		/// Measured extrinsic weights.
		type WeightInfo: WeightInfo;
	}

	/// Subnets that exist, and the root network.
	#[pallet::storage]
	pub type NetworksAdded<T> = StorageMap<_, Identity, u16, bool, ValueQuery>;
	/// Number of uids of a subnet; they are `0..n`.
	#[pallet::storage]
	pub type SubnetworkN<T> = StorageMap<_, Identity, u16, u16, ValueQuery>;
	/// Most uids of a subnet.
	#[pallet::storage]
	pub type MaxAllowedUids<T> = StorageMap<_, Identity, u16, u16, ValueQuery, ConstU16<256>>;
	/// Most uids with a validator permit.
	#[pallet::storage]
	pub type MaxAllowedValidators<T> = StorageMap<_, Identity, u16, u16, ValueQuery, ConstU16<64>>;
	/// Blocks between two epochs, less one; 0 for never.
	#[pallet::storage]
	pub type Tempo<T> = StorageMap<_, Identity, u16, u16, ValueQuery, ConstU16<99>>;
	/// Consensus majority, per 65535.
	#[pallet::storage]
	pub type Kappa<T> = StorageMap<_, Identity, u16, u16, ValueQuery, ConstU16<32_767>>;
	/// Temperature of the consensus sigmoid; the root network's alone has an effect.
	#[pallet::storage]
	pub type Rho<T> = StorageMap<_, Identity, u16, u16, ValueQuery, ConstU16<10>>;
	/// Part of the bonds that an epoch keeps, per million.
	#[pallet::storage]
	pub type BondsMovingAverage<T> = StorageMap<_, Identity, u16, u64, ValueQuery, ConstU64<900_000>>;
	/// Blocks without new weights after which a validator's stake stops counting.
	#[pallet::storage]
	pub type ActivityCutoff<T> = StorageMap<_, Identity, u16, u16, ValueQuery, ConstU16<5_000>>;
	/// Blocks after registration in which a neuron is replaced only if all are immune.
	#[pallet::storage]
	pub type ImmunityPeriod<T> = StorageMap<_, Identity, u16, u16, ValueQuery, ConstU16<4_096>>;
	/// Fewest entries of a weight row.
	#[pallet::storage]
	pub type MinAllowedWeights<T> = StorageMap<_, Identity, u16, u16, ValueQuery>;
	/// Largest part of a row, per 65535, that one entry may have.
	#[pallet::storage]
	pub type MaxWeightsLimit<T> = StorageMap<_, Identity, u16, u16, ValueQuery, ConstU16<{ u16::MAX }>>;
	/// Oldest version key accepted with weights.
	#[pallet::storage]
	pub type WeightsVersionKey<T> = StorageMap<_, Identity, u16, u64, ValueQuery>;
	/// Blocks that must pass between two settings of one uid's weights.
	#[pallet::storage]
	pub type WeightsSetRateLimit<T> = StorageMap<_, Identity, u16, u64, ValueQuery>;
	/// Whether weights are committed first and revealed later. Only the root network's has an effect.
	#[pallet::storage]
	pub type CommitRevealWeightsEnabled<T> = StorageMap<_, Identity, u16, bool, ValueQuery>;
	/// Least stake in rao with which a hotkey sets root weights.
	#[pallet::storage]
	pub type StakeThreshold<T> = StorageValue<_, u64, ValueQuery>;
	/// Price of a registration, in rao.
	#[pallet::storage]
	pub type Burn<T> = StorageMap<_, Identity, u16, u64, ValueQuery, ConstU64<1_000_000_000>>;
	/// Blocks since the last epoch.
	#[pallet::storage]
	pub type BlocksSinceLastStep<T> = StorageMap<_, Identity, u16, u64, ValueQuery>;

	/// Uid of a hotkey on a subnet.
	#[pallet::storage]
	pub type Uids<T: Config> = StorageDoubleMap<_, Identity, u16, Blake2_128Concat, T::AccountId, u16, OptionQuery>;
	/// Hotkey of a uid.
	#[pallet::storage]
	pub type Keys<T: Config> = StorageDoubleMap<_, Identity, u16, Identity, u16, T::AccountId, OptionQuery>;
	/// Block in which the hotkey of a uid was registered.
	#[pallet::storage]
	pub type BlockAtRegistration<T> = StorageDoubleMap<_, Identity, u16, Identity, u16, u64, ValueQuery>;
	/// Weight rows, `(uid, weight)` ascending by uid, scaled up to a largest entry of 65535.
	#[pallet::storage]
	pub type Weights<T> = StorageDoubleMap<_, Identity, u16, Identity, u16, Vec<(u16, u16)>, ValueQuery>;
	/// Bond rows, per 65535 of the largest on the same server.
	#[pallet::storage]
	pub type Bonds<T> = StorageDoubleMap<_, Identity, u16, Identity, u16, Vec<(u16, u16)>, ValueQuery>;

	/// Block of each uid's last weights.
	#[pallet::storage]
	pub type LastUpdate<T> = StorageMap<_, Identity, u16, Vec<u64>, ValueQuery>;
	/// Which uids may set weights.
	#[pallet::storage]
	pub type ValidatorPermit<T> = StorageMap<_, Identity, u16, Vec<bool>, ValueQuery>;
	/// Which uids set weights recently enough.
	#[pallet::storage]
	pub type Active<T> = StorageMap<_, Identity, u16, Vec<bool>, ValueQuery>;
	/// Rank of each uid, per 65535, as all below.
	#[pallet::storage]
	pub type Rank<T> = StorageMap<_, Identity, u16, Vec<u16>, ValueQuery>;
	/// Trust of each uid.
	#[pallet::storage]
	pub type Trust<T> = StorageMap<_, Identity, u16, Vec<u16>, ValueQuery>;
	/// Consensus of each uid.
	#[pallet::storage]
	pub type Consensus<T> = StorageMap<_, Identity, u16, Vec<u16>, ValueQuery>;
	/// Incentive of each uid.
	#[pallet::storage]
	pub type Incentive<T> = StorageMap<_, Identity, u16, Vec<u16>, ValueQuery>;
	/// Dividends of each uid.
	#[pallet::storage]
	pub type Dividends<T> = StorageMap<_, Identity, u16, Vec<u16>, ValueQuery>;
	/// Validator trust of each uid.
	#[pallet::storage]
	pub type ValidatorTrust<T> = StorageMap<_, Identity, u16, Vec<u16>, ValueQuery>;
	/// Pruning score of each uid; the lowest is replaced when the subnet is full.
	#[pallet::storage]
	pub type PruningScores<T> = StorageMap<_, Identity, u16, Vec<u16>, ValueQuery>;
	/// What each uid earned in the last epoch, in rao.
	#[pallet::storage]
	pub type Emission<T> = StorageMap<_, Identity, u16, Vec<u64>, ValueQuery>;

	/// Coldkey that owns a hotkey.
	#[pallet::storage]
	pub type Owner<T: Config> = StorageMap<_, Blake2_128Concat, T::AccountId, T::AccountId, OptionQuery>;
	/// Stake in rao of a coldkey on a hotkey, by the subnet it was added or earned on.
	#[pallet::storage]
	pub type Stake<T: Config> = StorageNMap<
		_,
		(NMapKey<Blake2_128Concat, T::AccountId>, NMapKey<Blake2_128Concat, T::AccountId>, NMapKey<Identity, u16>),
		u64,
		ValueQuery,
	>;
	/// Stake of a hotkey, in rao: what it weighs on every subnet and on root.
	#[pallet::storage]
	pub type TotalHotkeyStake<T: Config> = StorageMap<_, Blake2_128Concat, T::AccountId, u64, ValueQuery>;
	/// All stake, in rao.
	#[pallet::storage]
	pub type TotalStake<T> = StorageValue<_, u64, ValueQuery>;
	/// Balances, stake and pending emission together, in rao.
	#[pallet::storage]
	pub type TotalIssuance<T> = StorageValue<_, u64, ValueQuery>;
	/// All that was ever burned, in rao: fees, registrations, dust, the pending emission of removed subnets.
	#[pallet::storage]
	pub type TotalBurned<T> = StorageValue<_, u64, ValueQuery>;
	/// What a subnet has earned and not yet paid, in rao.
	#[pallet::storage]
	pub type PendingEmission<T> = StorageMap<_, Identity, u16, u64, ValueQuery>;

	#[pallet::event]
	#[pallet::generate_deposit(pub(super) fn deposit_event)]
	pub enum Event<T: Config> {
		/// A subnet was created.
		NetworkAdded {
			/// Its number.
			netuid: u16,
		},
		/// A subnet was removed; `burned` rao of pending emission left total issuance.
		NetworkRemoved {
			/// Its number.
			netuid: u16,
			/// Pending emission that nobody had earned yet.
			burned: u64,
		},
		/// A hotkey took a uid.
		NeuronRegistered {
			/// The subnet.
			netuid: u16,
			/// The slot.
			uid: u16,
			/// The identity.
			hotkey: T::AccountId,
		},
		/// A hotkey lost its uid to another.
		NeuronReplaced {
			/// The subnet.
			netuid: u16,
			/// The slot.
			uid: u16,
			/// Who held it.
			hotkey: T::AccountId,
		},
		/// A coldkey added stake.
		StakeAdded {
			/// Who pays.
			coldkey: T::AccountId,
			/// Who gains weight.
			hotkey: T::AccountId,
			/// Where it is kept.
			netuid: u16,
			/// Rao.
			amount: u64,
		},
		/// A coldkey took stake back.
		StakeRemoved {
			/// Who is paid.
			coldkey: T::AccountId,
			/// Who loses weight.
			hotkey: T::AccountId,
			/// Where it was kept.
			netuid: u16,
			/// Rao.
			amount: u64,
		},
		/// A neuron set its weights.
		WeightsSet {
			/// The subnet.
			netuid: u16,
			/// The slot.
			uid: u16,
		},
		/// `amount` rao left total issuance.
		Burned {
			/// Rao.
			amount: u64,
		},
		/// A subnet's epoch ran: `paid` rao went to neurons, `pending` stay.
		EpochRun {
			/// The subnet.
			netuid: u16,
			/// Rao paid as stake.
			paid: u64,
			/// Rao left over.
			pending: u64,
		},
	}

	#[pallet::error]
	pub enum Error<T> {
		/// There is no subnet of this number.
		SubnetNotExists,
		/// There is a subnet of this number already.
		SubnetExists,
		/// There are as many subnets as there can be.
		TooManySubnets,
		/// The root network takes no part in this; it has calls of its own.
		IsRoot,
		/// The hotkey holds a uid of this subnet already.
		HotKeyAlreadyRegisteredInSubNet,
		/// The hotkey holds no uid of this subnet.
		HotKeyNotRegisteredInSubNet,
		/// The hotkey was never registered anywhere.
		HotKeyAccountNotExists,
		/// The hotkey is owned by another coldkey.
		NonAssociatedColdKey,
		/// The balance does not cover the amount.
		NotEnoughBalance,
		/// The stake does not cover the amount.
		NotEnoughStake,
		/// An amount of zero.
		AmountTooLow,
		/// The subnet is full and nobody in it may be replaced.
		NoNeuronIdAvailable,
		/// The root network is full and every validator there has at least as much stake.
		StakeTooLowForRoot,
		/// `dests` and `weights` differ in length.
		WeightVecNotEqualSize,
		/// More entries than the subnet has uids.
		UidsLengthExceedUidsInSubNet,
		/// The hotkey has no validator permit, and these are not weights on itself alone.
		NeuronNoValidatorPermit,
		/// A uid is named twice.
		DuplicateUids {
			/// Which.
			uid: u16,
		},
		/// A uid that the subnet does not have.
		UidVecContainInvalidOne {
			/// Which.
			uid: u16,
		},
		/// Fewer entries than the subnet requires.
		WeightVecLengthIsLow {
			/// How many it requires.
			minimum: u16,
		},
		/// An entry is a larger part of the row than the subnet allows.
		MaxWeightExceeded {
			/// The uid that gets it.
			uid: u16,
		},
		/// The last weights are too recent.
		SettingWeightsTooFast {
			/// Blocks to wait.
			blocks_left: u16,
		},
		/// The version key is older than the subnet requires.
		IncorrectWeightVersionKey,
	}

	#[pallet::genesis_config]
	#[derive(frame_support::DefaultNoBound)]
	pub struct GenesisConfig<T: Config> {
		/// Tempo of the root network.
		pub root_tempo: u16,
		/// `(netuid, tempo)` of the subnets that exist from the start.
		pub networks: Vec<(u16, u16)>,
		#[doc(hidden)]
		#[serde(skip)]
		pub _config: PhantomData<T>,
	}

	#[pallet::genesis_build]
	impl<T: Config> BuildGenesisConfig for GenesisConfig<T> {
		fn build(&self) {
			TotalIssuance::<T>::put(T::Currency::total_issuance());
			Pallet::<T>::init_root_network(self.root_tempo);
			for (netuid, tempo) in &self.networks {
				Pallet::<T>::do_create_network(*netuid, *tempo).expect("genesis names each subnet once, none is 0");
			}
		}
	}

	#[pallet::hooks]
	impl<T: Config> Hooks<BlockNumberFor<T>> for Pallet<T> {
		fn on_initialize(block: BlockNumberFor<T>) -> Weight {
			let (netuids, minting) = Self::mint_block_emission();
			minting.saturating_add(Self::run_due_epochs(netuids, block))
		}

		#[cfg(feature = "try-runtime")]
		fn try_state(_: BlockNumberFor<T>) -> Result<(), sp_runtime::TryRuntimeError> {
			Self::do_try_state()
		}
	}

	#[pallet::call]
	impl<T: Config> Pallet<T> {
		/// Set the weights of the signing hotkey on a subnet, replacing its earlier row.
		///
		/// ## Dispatch Origin
		///
		/// Signed by a hotkey that holds a uid of the subnet.
		///
		/// ## Details
		///
		/// `dests` are uids, `weights` their weights in the same order, in any scale. Free of charge.
		#[pallet::call_index(0)]
		#[pallet::weight((<T as Config>::WeightInfo::set_weights(dests.len() as u32), DispatchClass::Normal, Pays::No))]
		pub fn set_weights(
			origin: OriginFor<T>,
			netuid: u16,
			dests: Vec<u16>,
			weights: Vec<u16>,
			version_key: u64,
		) -> DispatchResult {
			let hotkey = ensure_signed(origin)?;
			Self::do_set_weights(hotkey, netuid, dests, weights, version_key)
		}

		/// Move `amount_staked` rao from the balance of the signing coldkey to its stake on `hotkey`, kept on `netuid`.
		///
		/// ## Dispatch Origin
		///
		/// Signed by the coldkey that owns `hotkey`.
		#[pallet::call_index(2)]
		#[pallet::weight(<T as Config>::WeightInfo::add_stake())]
		pub fn add_stake(
			origin: OriginFor<T>,
			hotkey: T::AccountId,
			netuid: u16,
			amount_staked: u64,
		) -> DispatchResult {
			let coldkey = ensure_signed(origin)?;
			Self::do_add_stake(coldkey, hotkey, netuid, amount_staked)
		}

		/// Move `amount_unstaked` rao of the signing coldkey's stake on `hotkey`, kept on `netuid`, back to its balance.
		///
		/// ## Dispatch Origin
		///
		/// Signed by the coldkey that staked.
		#[pallet::call_index(3)]
		#[pallet::weight(<T as Config>::WeightInfo::remove_stake())]
		pub fn remove_stake(
			origin: OriginFor<T>,
			hotkey: T::AccountId,
			netuid: u16,
			amount_unstaked: u64,
		) -> DispatchResult {
			let coldkey = ensure_signed(origin)?;
			Self::do_remove_stake(coldkey, hotkey, netuid, amount_unstaked)
		}

		/// Register `hotkey` on a subnet; the price is burned.
		///
		/// ## Dispatch Origin
		///
		/// Signed by the coldkey that owns `hotkey`, or by any if nobody does.
		#[pallet::call_index(7)]
		#[pallet::weight(<T as Config>::WeightInfo::burned_register())]
		pub fn burned_register(origin: OriginFor<T>, netuid: u16, hotkey: T::AccountId) -> DispatchResult {
			let coldkey = ensure_signed(origin)?;
			Self::do_burned_register(coldkey, netuid, hotkey)
		}

		/// The historic place of `RootWeights::set_root_weights`, to which it forwards.
		///
		/// ## Dispatch Origin
		///
		/// Signed by the coldkey that owns `hotkey`.
		#[pallet::call_index(8)]
		#[pallet::weight((
			<<T as pallet_root_weights::Config>::WeightInfo as pallet_root_weights::WeightInfo>::set_root_weights(
				dests.len() as u32
			),
			DispatchClass::Normal,
			Pays::No,
		))]
		pub fn set_root_weights(
			origin: OriginFor<T>,
			netuid: u16,
			hotkey: T::AccountId,
			dests: Vec<u16>,
			weights: Vec<u16>,
			version_key: u64,
		) -> DispatchResult {
			pallet_root_weights::Pallet::<T>::set_root_weights(origin, netuid, hotkey, dests, weights, version_key)
		}

		/// Create the subnet `netuid` with the given tempo.
		///
		/// ## Dispatch Origin
		///
		/// Root.
		#[pallet::call_index(60)]
		#[pallet::weight(<T as Config>::WeightInfo::create_network())]
		pub fn create_network(origin: OriginFor<T>, netuid: u16, tempo: u16) -> DispatchResult {
			ensure_root(origin)?;
			Self::do_create_network(netuid, tempo)
		}

		/// Remove the subnet `netuid` with its neurons. Its pending emission is burned; stake kept on it stays its owners'.
		///
		/// ## Dispatch Origin
		///
		/// Root.
		#[pallet::call_index(61)]
		#[pallet::weight(<T as Config>::WeightInfo::remove_network())]
		pub fn remove_network(origin: OriginFor<T>, netuid: u16) -> DispatchResult {
			ensure_root(origin)?;
			Self::do_remove_network(netuid)
		}

		/// Register `hotkey` on the root network; when that is full, in place of the validator with the least stake.
		///
		/// ## Dispatch Origin
		///
		/// Signed by the coldkey that owns `hotkey`, or by any if nobody does.
		#[pallet::call_index(62)]
		#[pallet::weight(<T as Config>::WeightInfo::root_register())]
		pub fn root_register(origin: OriginFor<T>, hotkey: T::AccountId) -> DispatchResult {
			let coldkey = ensure_signed(origin)?;
			Self::do_root_register(coldkey, hotkey)
		}
	}
}
