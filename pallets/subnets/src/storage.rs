// SPDX-License-Identifier: Apache-2.0
//! What the pallet keeps. Names, keys and types are upstream's, which clients ask for; a doc says where the meaning differs.

use frame_support::pallet_macros::pallet_section;

/// Of networks, by netuid.
#[pallet_section]
mod networks {
	/// Subnets that exist, and the root network.
	#[pallet::storage]
	pub type NetworksAdded<T> = StorageMap<_, Identity, u16, bool, ValueQuery>;
	/// Block in which the subnet was created.
	#[pallet::storage]
	pub type NetworkRegisteredAt<T> = StorageMap<_, Identity, u16, u64, ValueQuery>;
	/// What creating a subnet costs, in rao; it is burned.
	#[pallet::storage]
	pub type NetworkMinLockCost<T> = StorageValue<_, u64, ValueQuery, ConstU64<1_000_000_000_000>>;
	/// Coldkey that owns the subnet; none does if root created it.
	#[pallet::storage]
	pub type SubnetOwner<T: Config> = StorageMap<_, Identity, u16, T::AccountId, OptionQuery>;
	/// Hotkey on which the owner's cut is staked, and whose uid nobody takes over.
	#[pallet::storage]
	pub type SubnetOwnerHotkey<T: Config> = StorageMap<_, Identity, u16, T::AccountId, OptionQuery>;
	/// Part of a subnet's emission that its owner gets, per 65535.
	#[pallet::storage]
	pub type SubnetOwnerCut<T> = StorageValue<_, u16, ValueQuery, ConstU16<11_796>>;
	/// What clients write behind an amount of the subnet.
	#[pallet::storage]
	pub type TokenSymbol<T> = StorageMap<_, Identity, u16, Vec<u8>, ValueQuery>;
	/// How the subnet reaches consensus: always by Yuma.
	#[pallet::storage]
	pub type SubnetEpochConsensus<T> = StorageMap<_, Identity, u16, EpochConsensus, ValueQuery>;
	/// Mechanisms of the subnet: always one.
	#[pallet::storage]
	pub type MechanismCountCurrent<T> = StorageMap<_, Twox64Concat, u16, u8, ValueQuery, ConstU8<1>>;
	/// How mechanisms share: never set, as there is but one.
	#[pallet::storage]
	pub type MechanismEmissionSplit<T> = StorageMap<_, Twox64Concat, u16, Vec<u16>, OptionQuery>;
	/// Removed subnets of which neurons, records or stake are still there, the oldest first.
	#[pallet::storage]
	pub type RemovedNetworks<T: Config> = StorageValue<_, BoundedVec<u16, T::MaxSubnets>, ValueQuery>;
	/// The last key of [`Alpha`] that was looked at for the first of [`RemovedNetworks`].
	#[pallet::storage]
	pub type ReturnCursor<T> = StorageValue<_, Vec<u8>, OptionQuery>;
}

/// Of a subnet's parameters, by netuid; the bounds stand at [`Hyperparameter`].
#[pallet_section]
mod hyperparameters {
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
	/// How far weights above consensus are cut to it before they buy bonds, per 65535: all the way by default.
	#[pallet::storage]
	pub type BondsPenalty<T> = StorageMap<_, Identity, u16, u16, ValueQuery, ConstU16<{ u16::MAX }>>;
	/// Whether a bond is the moving average of a weight, and not a share of a server that stake has bought.
	#[pallet::storage]
	pub type Yuma3On<T> = StorageMap<_, Identity, u16, bool, ValueQuery>;
	/// Whether each bond moves at a pace of its own; with [`Yuma3On`] only.
	#[pallet::storage]
	pub type LiquidAlphaOn<T> = StorageMap<_, Identity, u16, bool, ValueQuery>;
	/// The slowest and the fastest of those paces: part of a bond that an epoch renews, per 65535.
	#[pallet::storage]
	pub type AlphaValues<T> = StorageMap<_, Identity, u16, (u16, u16), ValueQuery, DefaultAlphaValues>;
	/// How sharply the pace turns from the slowest to the fastest, in hundredths.
	#[pallet::storage]
	pub type AlphaSigmoidSteepness<T> = StorageMap<_, Identity, u16, i16, ValueQuery, ConstI16<1_000>>;
	/// Rao below which the stake of a uid counts as none in an epoch, unless it is the owner's.
	#[pallet::storage]
	pub type MinValidatorStake<T> = StorageMap<_, Identity, u16, u64, ValueQuery>;
	/// Whether only uids with stake have permits.
	#[pallet::storage]
	pub type PermitsNeedStake<T> = StorageMap<_, Identity, u16, bool, ValueQuery>;
	/// Whether the subnet's owner has a permit, above the number of the others, and its weight on itself counts.
	#[pallet::storage]
	pub type OwnerPermitOn<T> = StorageMap<_, Identity, u16, bool, ValueQuery>;
	/// Blocks without new weights after which a validator's stake stops counting.
	#[pallet::storage]
	pub type ActivityCutoff<T> = StorageMap<_, Identity, u16, u16, ValueQuery, ConstU16<5_000>>;
	/// Blocks after its registration in which a neuron is not replaced.
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
	/// Whether weights are committed first and revealed later; off by default, unlike upstream.
	#[pallet::storage]
	pub type CommitRevealWeightsEnabled<T> = StorageMap<_, Identity, u16, bool, ValueQuery>;
	/// Epochs between a commitment and its reveal.
	#[pallet::storage]
	pub type RevealPeriodEpochs<T> = StorageMap<_, Twox64Concat, u16, u64, ValueQuery, ConstU64<1>>;
	/// Least stake in rao with which a hotkey sets root weights.
	#[pallet::storage]
	pub type StakeThreshold<T> = StorageValue<_, u64, ValueQuery>;
	/// Blocks that must pass between two announcements of one hotkey's axon, and of its metrics.
	#[pallet::storage]
	pub type ServingRateLimit<T> = StorageMap<_, Identity, u16, u64, ValueQuery, ConstU64<10>>;
	/// Whether hotkeys may register.
	#[pallet::storage]
	pub type NetworkRegistrationAllowed<T> = StorageMap<_, Identity, u16, bool, ValueQuery, ConstBool<true>>;
	/// Price of a registration, in rao.
	#[pallet::storage]
	pub type Burn<T> = StorageMap<_, Identity, u16, u64, ValueQuery, ConstU64<1_000_000_000>>;
	/// Lowest price of a registration, in rao.
	#[pallet::storage]
	pub type MinBurn<T> = StorageMap<_, Identity, u16, u64, ValueQuery, ConstU64<500_000>>;
	/// Highest price of a registration, in rao.
	#[pallet::storage]
	pub type MaxBurn<T> = StorageMap<_, Identity, u16, u64, ValueQuery, ConstU64<100_000_000_000>>;
	/// Blocks between two adjustments of the price.
	#[pallet::storage]
	pub type AdjustmentInterval<T> = StorageMap<_, Identity, u16, u16, ValueQuery, ConstU16<360>>;
	/// Part of the price that an adjustment keeps, per 2⁶⁴ − 1.
	#[pallet::storage]
	pub type AdjustmentAlpha<T> = StorageMap<_, Identity, u16, u64, ValueQuery>;
	/// Registrations an interval at which the price stays; three times as many are the most.
	#[pallet::storage]
	pub type TargetRegistrationsPerInterval<T> = StorageMap<_, Identity, u16, u16, ValueQuery, ConstU16<32>>;
	/// Most registrations a block.
	#[pallet::storage]
	pub type MaxRegistrationsPerBlock<T> = StorageMap<_, Identity, u16, u16, ValueQuery, ConstU16<32>>;
}

/// Of neurons, by netuid and uid or hotkey, and of what their epochs found.
#[pallet_section]
mod neurons {
	/// Number of uids of a subnet; they are `0..n`.
	#[pallet::storage]
	pub type SubnetworkN<T> = StorageMap<_, Identity, u16, u16, ValueQuery>;
	/// Uid of a hotkey on a subnet.
	#[pallet::storage]
	pub type Uids<T: Config> = StorageDoubleMap<_, Identity, u16, Blake2_128Concat, T::AccountId, u16, OptionQuery>;
	/// Hotkey of a uid.
	#[pallet::storage]
	pub type Keys<T: Config> = StorageDoubleMap<_, Identity, u16, Identity, u16, T::AccountId, OptionQuery>;
	/// Block in which the hotkey of a uid was registered.
	#[pallet::storage]
	pub type BlockAtRegistration<T> = StorageDoubleMap<_, Identity, u16, Identity, u16, u64, ValueQuery>;
	/// Registrations in this block.
	#[pallet::storage]
	pub type RegistrationsThisBlock<T> = StorageMap<_, Identity, u16, u16, ValueQuery>;
	/// Registrations since the price was adjusted.
	#[pallet::storage]
	pub type RegistrationsThisInterval<T> = StorageMap<_, Identity, u16, u16, ValueQuery>;
	/// Block in which the price was adjusted.
	#[pallet::storage]
	pub type LastAdjustmentBlock<T> = StorageMap<_, Identity, u16, u64, ValueQuery>;
	/// Where a hotkey serves its axon.
	#[pallet::storage]
	pub type Axons<T: Config> =
		StorageDoubleMap<_, Identity, u16, Blake2_128Concat, T::AccountId, AxonInfo, OptionQuery>;
	/// Where a hotkey serves its metrics.
	#[pallet::storage]
	pub type Prometheus<T: Config> =
		StorageDoubleMap<_, Identity, u16, Blake2_128Concat, T::AccountId, PrometheusInfo, OptionQuery>;

	/// Weight rows, `(uid, weight)` ascending by uid, scaled up to a largest entry of 65535.
	#[pallet::storage]
	pub type Weights<T> = StorageDoubleMap<_, Identity, u16, Identity, u16, Vec<(u16, u16)>, ValueQuery>;
	/// Bond rows, per 65535 of the largest on the same server.
	#[pallet::storage]
	pub type Bonds<T> = StorageDoubleMap<_, Identity, u16, Identity, u16, Vec<(u16, u16)>, ValueQuery>;
	/// Rows that a hotkey has promised and not revealed yet, the oldest first: hash, [`SubnetEpochIndex`] and block of the
	/// commitment, and the [`SubnetEpochIndex`] at which alone it can be revealed.
	#[pallet::storage]
	pub type WeightCommits<T: Config> = StorageDoubleMap<
		_,
		Twox64Concat,
		u16,
		Twox64Concat,
		T::AccountId,
		VecDeque<(H256, u64, u64, u64)>,
		OptionQuery,
	>;

	/// Blocks since the last epoch.
	#[pallet::storage]
	pub type BlocksSinceLastStep<T> = StorageMap<_, Identity, u16, u64, ValueQuery>;
	/// Block of the last epoch.
	#[pallet::storage]
	pub type LastEpochBlock<T> = StorageMap<_, Identity, u16, u64, ValueQuery>;
	/// Epochs that have run.
	#[pallet::storage]
	pub type SubnetEpochIndex<T> = StorageMap<_, Identity, u16, u64, ValueQuery>;
	/// Subnets whose epoch is due and has not run for want of room in a block: the oldest first, of one block the lower
	/// netuid; each once.
	#[pallet::storage]
	pub type DueEpochs<T: Config> = StorageValue<_, BoundedVec<u16, T::MaxSubnets>, ValueQuery>;
	/// Block for which an epoch was asked out of turn: never set, as there is no such call.
	#[pallet::storage]
	pub type PendingEpochAt<T> = StorageMap<_, Identity, u16, u64, ValueQuery>;

	/// Block of each uid's last weights or commitment.
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
}

/// Of stake and all other money, in rao.
#[pallet_section]
mod money {
	/// Coldkey that owns a hotkey.
	#[pallet::storage]
	pub type Owner<T: Config> = StorageMap<_, Blake2_128Concat, T::AccountId, T::AccountId, OptionQuery>;
	/// Part of what its nominators earn that the owner of a hotkey keeps, per 65535.
	#[pallet::storage]
	pub type Delegates<T: Config> =
		StorageMap<_, Blake2_128Concat, T::AccountId, u16, ValueQuery, ConstU16<MAX_DELEGATE_TAKE>>;
	/// Block in which the take of a hotkey last changed.
	#[pallet::storage]
	pub type LastTakeChange<T: Config> = StorageMap<_, Blake2_128Concat, T::AccountId, u64, OptionQuery>;
	/// Shares of a coldkey in the stake on a hotkey, kept on a subnet: of [`TotalHotkeyShares`] that are worth
	/// [`TotalHotkeyAlpha`]. An alpha is a rao, as its price is 1.
	#[pallet::storage]
	pub type Alpha<T: Config> = StorageNMap<
		_,
		(NMapKey<Blake2_128Concat, T::AccountId>, NMapKey<Blake2_128Concat, T::AccountId>, NMapKey<Identity, u16>),
		U64F64,
		ValueQuery,
	>;
	/// Stake on a hotkey, by the subnet it was added or earned on.
	#[pallet::storage]
	pub type TotalHotkeyAlpha<T: Config> =
		StorageDoubleMap<_, Blake2_128Concat, T::AccountId, Identity, u16, u64, ValueQuery>;
	/// All shares in the stake on a hotkey, kept on a subnet.
	#[pallet::storage]
	pub type TotalHotkeyShares<T: Config> =
		StorageDoubleMap<_, Blake2_128Concat, T::AccountId, Identity, u16, U64F64, ValueQuery>;
	/// All stake that is kept on a subnet.
	#[pallet::storage]
	pub type SubnetAlphaOut<T> = StorageMap<_, Identity, u16, u64, ValueQuery>;
	/// Hotkeys on which a coldkey has stake.
	#[pallet::storage]
	pub type StakedHotkeys<T: Config> =
		StorageDoubleMap<_, Blake2_128Concat, T::AccountId, Blake2_128Concat, T::AccountId, (), OptionQuery>;
	/// Stake on a hotkey on all subnets together: what it weighs on every subnet and on root.
	#[pallet::storage]
	pub type TotalHotkeyStake<T: Config> = StorageMap<_, Blake2_128Concat, T::AccountId, u64, ValueQuery>;
	/// All stake.
	#[pallet::storage]
	pub type TotalStake<T> = StorageValue<_, u64, ValueQuery>;
	/// Balances, stake and pending emission together.
	#[pallet::storage]
	pub type TotalIssuance<T> = StorageValue<_, u64, ValueQuery>;
	/// All that was ever burned: fees, registrations, dust, what was pending on removed subnets.
	#[pallet::storage]
	pub type TotalBurned<T> = StorageValue<_, u64, ValueQuery>;
	/// What the neurons of a subnet have earned and not yet been paid.
	#[pallet::storage]
	pub type PendingEmission<T> = StorageMap<_, Identity, u16, u64, ValueQuery>;
	/// What the owner of a subnet has earned and not yet been paid.
	#[pallet::storage]
	pub type PendingOwnerCut<T> = StorageMap<_, Identity, u16, u64, ValueQuery>;
}
