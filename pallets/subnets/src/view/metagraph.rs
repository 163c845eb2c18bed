// SPDX-License-Identifier: Apache-2.0
//! A subnet and its neurons in one record, whole or in the parts a client asks for.

use alloc::{vec, vec::Vec};

use codec::{Compact, Decode, Encode};
use scale_info::TypeInfo;
use substrate_fixed::types::I96F32;

use super::{
	columns::{Columns, Keyring},
	compact,
	dynamic::{emissions, Emissions},
	ChainIdentityV2, SubnetHyperparamsV2, SubnetIdentityV3,
};
use crate::{AxonInfo, Burn, Config, MaxAllowedUids, MechanismCountCurrent, Pallet, SubnetworkN};

/// Lists each field once, with the number by which clients ask for it.
macro_rules! metagraph {
	($($number:literal $field:ident: $type:ty,)*) => {
		/// A subnet and its neurons; upstream's record, field for field.
		///
		/// Of the subnet's money see [`DynamicInfo`](super::DynamicInfo), of stakes and emission
		/// [`SubnetState`](super::SubnetState). `alpha_dividends_per_hotkey` is what of its emission each hotkey earned
		/// as a validator; root pays none of its own.
		#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, TypeInfo)]
		#[allow(missing_docs, reason = "the names are those of upstream's record, which clients know")]
		pub struct Metagraph<AccountId> {
			pub netuid: Compact<u16>,
			$(pub $field: $type,)*
		}

		/// The parts of a [`Metagraph`] that were asked for; upstream's record, field for field.
		///
		/// Only here: `validators`, the uids with a permit by ascending stake, and `commitments`, what hotkeys have
		/// published, as it is stored.
		#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, TypeInfo)]
		#[allow(missing_docs, reason = "the names are those of upstream's record, which clients know")]
		pub struct SelectiveMetagraph<AccountId> {
			pub netuid: Compact<u16>,
			$(pub $field: Option<$type>,)*
			pub validators: Option<Vec<Compact<u16>>>,
			pub commitments: Option<Vec<(AccountId, Vec<Compact<u8>>)>>,
		}

		/// Which fields of a [`Metagraph`] are asked for.
		#[derive(Clone, Copy)]
		struct Asked {
			$($field: bool,)*
		}

		impl Asked {
			const ALL: Self = Self { $($field: true,)* };

			/// The fields of these numbers, of which there are more elsewhere; other numbers say nothing.
			fn numbered(numbers: &[u16]) -> Self {
				Self { $($field: numbers.contains(&$number),)* }
			}
		}

		impl<AccountId> SelectiveMetagraph<AccountId> {
			fn of(metagraph: Metagraph<AccountId>, asked: Asked) -> Self {
				Self {
					netuid: metagraph.netuid,
					$($field: asked.$field.then_some(metagraph.$field),)*
					validators: None,
					commitments: None,
				}
			}
		}
	};
}

metagraph! {
	1 name: Vec<Compact<u8>>,
	2 symbol: Vec<Compact<u8>>,
	3 identity: Option<SubnetIdentityV3>,
	4 network_registered_at: Compact<u64>,
	5 owner_hotkey: AccountId,
	6 owner_coldkey: AccountId,
	7 block: Compact<u64>,
	8 tempo: Compact<u16>,
	9 last_step: Compact<u64>,
	10 blocks_since_last_step: Compact<u64>,
	11 subnet_emission: Compact<u64>,
	12 alpha_in: Compact<u64>,
	13 alpha_out: Compact<u64>,
	14 tao_in: Compact<u64>,
	15 alpha_out_emission: Compact<u64>,
	16 alpha_in_emission: Compact<u64>,
	17 tao_in_emission: Compact<u64>,
	18 pending_alpha_emission: Compact<u64>,
	19 pending_root_emission: Compact<u64>,
	20 subnet_volume: Compact<u128>,
	21 moving_price: I96F32,
	22 rho: Compact<u16>,
	23 kappa: Compact<u16>,
	24 min_allowed_weights: Compact<u16>,
	25 max_weights_limit: Compact<u16>,
	26 weights_version: Compact<u64>,
	27 weights_rate_limit: Compact<u64>,
	28 activity_cutoff: Compact<u64>,
	29 max_validators: Compact<u16>,
	30 num_uids: Compact<u16>,
	31 max_uids: Compact<u16>,
	32 burn: Compact<u64>,
	33 difficulty: Compact<u64>,
	34 registration_allowed: bool,
	35 pow_registration_allowed: bool,
	36 immunity_period: Compact<u16>,
	37 min_difficulty: Compact<u64>,
	38 max_difficulty: Compact<u64>,
	39 min_burn: Compact<u64>,
	40 max_burn: Compact<u64>,
	41 adjustment_alpha: Compact<u64>,
	42 adjustment_interval: Compact<u16>,
	43 target_regs_per_interval: Compact<u16>,
	44 max_regs_per_block: Compact<u16>,
	45 serving_rate_limit: Compact<u64>,
	46 commit_reveal_weights_enabled: bool,
	47 commit_reveal_period: Compact<u64>,
	48 liquid_alpha_enabled: bool,
	49 alpha_high: Compact<u16>,
	50 alpha_low: Compact<u16>,
	51 bonds_moving_avg: Compact<u64>,
	52 hotkeys: Vec<AccountId>,
	53 coldkeys: Vec<AccountId>,
	54 identities: Vec<Option<ChainIdentityV2>>,
	55 axons: Vec<AxonInfo>,
	56 active: Vec<bool>,
	57 validator_permit: Vec<bool>,
	58 pruning_score: Vec<Compact<u16>>,
	59 last_update: Vec<Compact<u64>>,
	60 emission: Vec<Compact<u64>>,
	61 dividends: Vec<Compact<u16>>,
	62 incentives: Vec<Compact<u16>>,
	63 consensus: Vec<Compact<u16>>,
	64 trust: Vec<Compact<u16>>,
	65 rank: Vec<Compact<u16>>,
	66 block_at_registration: Vec<Compact<u64>>,
	67 alpha_stake: Vec<Compact<u64>>,
	68 tao_stake: Vec<Compact<u64>>,
	69 total_stake: Vec<Compact<u64>>,
	70 tao_dividends_per_hotkey: Vec<(AccountId, Compact<u64>)>,
	71 alpha_dividends_per_hotkey: Vec<(AccountId, Compact<u64>)>,
}

/// Numbers by which clients ask for what only a [`SelectiveMetagraph`] has.
const VALIDATORS: u16 = 72;
const COMMITMENTS: u16 = 73;

impl<T: Config> Pallet<T> {
	/// A network and its neurons; `None` if there is no such network.
	pub fn metagraph(netuid: u16) -> Option<Metagraph<T::AccountId>> {
		Self::metagraph_in(netuid, &emissions::<T>(), Asked::ALL)
	}

	/// All networks and their neurons, root first.
	pub fn metagraphs() -> Vec<Option<Metagraph<T::AccountId>>> {
		let emissions = emissions::<T>();
		let whole = |netuid| Self::metagraph_in(netuid, &emissions, Asked::ALL);
		Self::network_netuids().into_iter().map(whole).collect()
	}

	/// A subnet's neurons as one of its mechanisms sees them, of which there is but number 0.
	pub fn mechagraph(netuid: u16, mecid: u8) -> Option<Metagraph<T::AccountId>> {
		(mecid < MechanismCountCurrent::<T>::get(netuid)).then(|| Self::metagraph(netuid)).flatten()
	}

	/// The parts of a network's [`Metagraph`] that `asked` numbers; `None` if there is no such network.
	///
	/// What hotkeys have published is not in this pallet, so `commitments` says it, encoded.
	pub fn selective_metagraph(
		netuid: u16,
		asked: &[u16],
		commitments: impl FnOnce(u16) -> Vec<(T::AccountId, Vec<u8>)>,
	) -> Option<SelectiveMetagraph<T::AccountId>> {
		let fields = Asked::numbered(asked);
		let of_validators = asked.contains(&VALIDATORS);
		let to_read = Asked { total_stake: fields.total_stake || of_validators, ..fields };
		let metagraph = Self::metagraph_in(netuid, &emissions::<T>(), to_read)?;
		let validators = of_validators.then(|| validators(&metagraph));
		let commitments = asked.contains(&COMMITMENTS).then(|| {
			let published = commitments(netuid).into_iter();
			published.map(|(hotkey, bytes)| (hotkey, compact(&bytes))).collect()
		});
		Some(SelectiveMetagraph { validators, commitments, ..SelectiveMetagraph::of(metagraph, fields) })
	}

	/// [`Self::selective_metagraph`] as one of the subnet's mechanisms sees it, of which there is but number 0.
	pub fn selective_mechagraph(
		netuid: u16,
		mecid: u8,
		asked: &[u16],
		commitments: impl FnOnce(u16) -> Vec<(T::AccountId, Vec<u8>)>,
	) -> Option<SelectiveMetagraph<T::AccountId>> {
		let exists = mecid < MechanismCountCurrent::<T>::get(netuid);
		exists.then(|| Self::selective_metagraph(netuid, asked, commitments)).flatten()
	}

	/// What takes a read for each neuron is empty unless it is asked for.
	fn metagraph_in(netuid: u16, emissions: &Emissions, asked: Asked) -> Option<Metagraph<T::AccountId>> {
		let subnet = Self::dynamic_info_in(netuid, emissions)?;
		let parameters = SubnetHyperparamsV2::read::<T>(netuid);
		let (columns, keyring) = (Columns::read::<T>(netuid), Keyring::<T>::read(netuid)?);
		let neurons = keyring.hotkeys.len();
		let amounts = |asked: bool, read: fn(&Keyring<T>) -> Vec<u64>| {
			if asked {
				compact(&read(&keyring))
			} else {
				Vec::new()
			}
		};
		let by_hotkey = |amounts: Vec<u64>| keyring.hotkeys.iter().cloned().zip(compact(&amounts)).collect();
		let alpha_dividends = by_hotkey(columns.validator_emission());
		let tao_dividends = by_hotkey(vec![0; neurons]);
		Some(Metagraph {
			netuid: Compact(netuid),
			name: subnet.subnet_name,
			symbol: subnet.token_symbol,
			identity: subnet.subnet_identity,
			network_registered_at: subnet.network_registered_at,
			owner_hotkey: subnet.owner_hotkey,
			owner_coldkey: subnet.owner_coldkey,
			block: Compact(Self::block()),
			tempo: subnet.tempo,
			last_step: subnet.last_step,
			blocks_since_last_step: subnet.blocks_since_last_step,
			subnet_emission: subnet.emission,
			alpha_in: subnet.alpha_in,
			alpha_out: subnet.alpha_out,
			tao_in: subnet.tao_in,
			alpha_out_emission: subnet.alpha_out_emission,
			alpha_in_emission: subnet.alpha_in_emission,
			tao_in_emission: subnet.tao_in_emission,
			pending_alpha_emission: subnet.pending_alpha_emission,
			pending_root_emission: subnet.pending_root_emission,
			subnet_volume: subnet.subnet_volume,
			moving_price: subnet.moving_price,
			rho: parameters.rho,
			kappa: parameters.kappa,
			min_allowed_weights: parameters.min_allowed_weights,
			max_weights_limit: parameters.max_weights_limit,
			weights_version: parameters.weights_version,
			weights_rate_limit: parameters.weights_rate_limit,
			activity_cutoff: parameters.activity_cutoff,
			max_validators: parameters.max_validators,
			num_uids: Compact(SubnetworkN::<T>::get(netuid)),
			max_uids: Compact(MaxAllowedUids::<T>::get(netuid)),
			burn: Compact(Burn::<T>::get(netuid)),
			difficulty: parameters.difficulty,
			registration_allowed: parameters.registration_allowed,
			pow_registration_allowed: false,
			immunity_period: parameters.immunity_period,
			min_difficulty: parameters.min_difficulty,
			max_difficulty: parameters.max_difficulty,
			min_burn: parameters.min_burn,
			max_burn: parameters.max_burn,
			adjustment_alpha: parameters.adjustment_alpha,
			adjustment_interval: parameters.adjustment_interval,
			target_regs_per_interval: parameters.target_regs_per_interval,
			max_regs_per_block: parameters.max_regs_per_block,
			serving_rate_limit: parameters.serving_rate_limit,
			commit_reveal_weights_enabled: parameters.commit_reveal_weights_enabled,
			commit_reveal_period: parameters.commit_reveal_period,
			liquid_alpha_enabled: parameters.liquid_alpha_enabled,
			alpha_high: parameters.alpha_high,
			alpha_low: parameters.alpha_low,
			bonds_moving_avg: parameters.bonds_moving_avg,
			coldkeys: if asked.coldkeys { keyring.coldkeys() } else { Vec::new() },
			identities: vec![None; neurons],
			axons: if asked.axons { keyring.axons() } else { Vec::new() },
			active: columns.active,
			validator_permit: columns.validator_permit,
			pruning_score: compact(&columns.pruning_score),
			last_update: compact(&columns.last_update),
			emission: compact(&columns.emission),
			dividends: compact(&columns.dividends),
			incentives: compact(&columns.incentive),
			consensus: compact(&columns.consensus),
			trust: compact(&columns.trust),
			rank: compact(&columns.rank),
			block_at_registration: amounts(asked.block_at_registration, Keyring::block_at_registration),
			alpha_stake: amounts(asked.alpha_stake, Keyring::alpha_stake),
			tao_stake: amounts(asked.tao_stake, Keyring::tao_stake),
			total_stake: amounts(asked.total_stake, Keyring::total_stake),
			tao_dividends_per_hotkey: tao_dividends,
			alpha_dividends_per_hotkey: alpha_dividends,
			hotkeys: keyring.hotkeys,
		})
	}
}

/// Uids with a permit, by ascending stake.
fn validators<AccountId>(metagraph: &Metagraph<AccountId>) -> Vec<Compact<u16>> {
	let neurons = (0u16..).zip(metagraph.validator_permit.iter().zip(&metagraph.total_stake));
	let mut validators: Vec<(u64, u16)> =
		neurons.filter(|(_, (permit, _))| **permit).map(|(uid, (_, stake))| (stake.0, uid)).collect();
	validators.sort_unstable();
	validators.into_iter().map(|(_, uid)| Compact(uid)).collect()
}
