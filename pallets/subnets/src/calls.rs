// SPDX-License-Identifier: Apache-2.0
//! What users and root can ask for: upstream's calls under its indices, and from 200 on this pallet's own.

use frame_support::pallet_macros::pallet_section;

#[pallet_section]
mod calls {
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
			Self::do_free(&hotkey, Self::request_to_set(0, netuid, &dests, &weights, version_key))
		}

		/// Move `amount_staked` rao from the balance of the signing coldkey to its stake on `hotkey`, kept on `netuid`.
		///
		/// ## Dispatch Origin
		///
		/// Signed by any coldkey.
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

		/// Announce where the signing hotkey serves its axon.
		///
		/// ## Dispatch Origin
		///
		/// Signed by a hotkey that holds a uid of the subnet.
		///
		/// ## Details
		///
		/// `ip_type` is 4 or 6; the placeholders are kept as they are. Free of charge.
		#[pallet::call_index(4)]
		#[pallet::weight((<T as Config>::WeightInfo::serve_axon(), DispatchClass::Normal, Pays::No))]
		pub fn serve_axon(
			origin: OriginFor<T>,
			netuid: u16,
			version: u32,
			ip: u128,
			port: u16,
			ip_type: u8,
			protocol: u8,
			placeholder1: u8,
			placeholder2: u8,
		) -> DispatchResult {
			let hotkey = ensure_signed(origin)?;
			let axon =
				AxonInfo { block: Self::block(), version, ip, port, ip_type, protocol, placeholder1, placeholder2 };
			Self::do_free(&hotkey, Ok(FreeRequest::Axon(netuid, axon)))
		}

		/// Announce where the signing hotkey serves its metrics.
		///
		/// ## Dispatch Origin
		///
		/// Signed by a hotkey that holds a uid of the subnet.
		///
		/// ## Details
		///
		/// `ip_type` is 4 or 6. Free of charge.
		#[pallet::call_index(5)]
		#[pallet::weight((<T as Config>::WeightInfo::serve_prometheus(), DispatchClass::Normal, Pays::No))]
		pub fn serve_prometheus(
			origin: OriginFor<T>,
			netuid: u16,
			version: u32,
			ip: u128,
			port: u16,
			ip_type: u8,
		) -> DispatchResult {
			let hotkey = ensure_signed(origin)?;
			let prometheus = PrometheusInfo { block: Self::block(), version, ip, port, ip_type };
			Self::do_free(&hotkey, Ok(FreeRequest::Prometheus(netuid, prometheus)))
		}

		/// Register `hotkey` on a subnet; the price is burned.
		///
		/// ## Dispatch Origin
		///
		/// Signed by the coldkey that owns `hotkey`, or by any if nobody does.
		///
		/// ## Details
		///
		/// Its weight is the most that a registration on the subnet can cost in the block; what it, or a refusal, costs less is
		/// given back.
		#[pallet::call_index(7)]
		#[pallet::weight(Pallet::<T>::most_weight_of_registration(*netuid))]
		pub fn burned_register(origin: OriginFor<T>, netuid: u16, hotkey: T::AccountId) -> DispatchResultWithPostInfo {
			let coldkey = ensure_signed(origin)?;
			let neurons = SubnetworkN::<T>::get(netuid).into();
			let registered = Self::do_burned_register(coldkey, netuid, hotkey);
			let rows = registered.map_err(|error| error.with_weight(Self::weight_of_registration(neurons, 0)))?;
			Ok(Some(Self::weight_of_registration(neurons, rows)).into())
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

		/// Create a subnet under the lowest free number, owned by the signing coldkey; the price is burned.
		///
		/// ## Dispatch Origin
		///
		/// Signed by the coldkey that owns `hotkey`, or by any if nobody does.
		///
		/// ## Details
		///
		/// `hotkey` takes uid 0 and is where the owner's cut is staked.
		#[pallet::call_index(59)]
		#[pallet::weight(<T as Config>::WeightInfo::register_network())]
		pub fn register_network(origin: OriginFor<T>, hotkey: T::AccountId) -> DispatchResult {
			let coldkey = ensure_signed(origin)?;
			Self::do_register_network(coldkey, hotkey)
		}

		/// Remove the subnet `netuid`.
		///
		/// ## Dispatch Origin
		///
		/// Root.
		///
		/// ## Details
		///
		/// `coldkey` must own it, which guards against the wrong number; of a subnet without owner it may be any. What is pending
		/// is burned, and for every call the subnet is gone at once. Its neurons, parameters and records go in the blocks that
		/// follow, and the stake that is kept on it goes back to its owners' balances.
		#[pallet::call_index(61)]
		#[pallet::weight(<T as Config>::WeightInfo::dissolve_network())]
		pub fn dissolve_network(origin: OriginFor<T>, coldkey: T::AccountId, netuid: u16) -> DispatchResult {
			ensure_root(origin)?;
			Self::do_dissolve_network(coldkey, netuid)
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

		/// Keep less of what the nominators of `hotkey` earn: `take` per 65535.
		///
		/// ## Dispatch Origin
		///
		/// Signed by the coldkey that owns `hotkey`.
		#[pallet::call_index(65)]
		#[pallet::weight(<T as Config>::WeightInfo::decrease_take())]
		pub fn decrease_take(origin: OriginFor<T>, hotkey: T::AccountId, take: u16) -> DispatchResult {
			let coldkey = ensure_signed(origin)?;
			Self::do_decrease_take(coldkey, hotkey, take)
		}

		/// Keep more of what the nominators of `hotkey` earn: `take` per 65535.
		///
		/// ## Dispatch Origin
		///
		/// Signed by the coldkey that owns `hotkey`.
		///
		/// ## Details
		///
		/// At most [`MAX_DELEGATE_TAKE`], and once in a while.
		#[pallet::call_index(66)]
		#[pallet::weight(<T as Config>::WeightInfo::increase_take())]
		pub fn increase_take(origin: OriginFor<T>, hotkey: T::AccountId, take: u16) -> DispatchResult {
			let coldkey = ensure_signed(origin)?;
			Self::do_increase_take(coldkey, hotkey, take)
		}

		/// Set the weights of the signing hotkey on several subnets, on all of them or on none.
		///
		/// ## Dispatch Origin
		///
		/// Signed by a hotkey that holds a uid of each subnet.
		///
		/// ## Details
		///
		/// `weights` are the `(uid, weight)` of each of `netuids`. Free of charge.
		#[pallet::call_index(80)]
		#[pallet::weight((Pallet::<T>::weight_of_rows(weights.iter().map(Vec::len), <T as Config>::WeightInfo::set_weights), DispatchClass::Normal, Pays::No))]
		pub fn batch_set_weights(
			origin: OriginFor<T>,
			netuids: Vec<Compact<u16>>,
			weights: Vec<Vec<(Compact<u16>, Compact<u16>)>>,
			version_keys: Vec<Compact<u64>>,
		) -> DispatchResult {
			let hotkey = ensure_signed(origin)?;
			let rows = SentRow::unpack(&netuids, &weights, &version_keys);
			Self::do_free(&hotkey, rows.map(FreeRequest::Set))
		}

		/// Move all of the signing coldkey's stake on `hotkey`, on whatever subnet, back to its balance.
		///
		/// ## Dispatch Origin
		///
		/// Signed by the coldkey that staked.
		#[pallet::call_index(83)]
		#[pallet::weight(<T as Config>::WeightInfo::unstake_all())]
		pub fn unstake_all(origin: OriginFor<T>, hotkey: T::AccountId) -> DispatchResult {
			let coldkey = ensure_signed(origin)?;
			Self::do_unstake_all(coldkey, hotkey)
		}

		/// Move `alpha_amount` rao of the signing coldkey's stake to another hotkey, subnet or both.
		///
		/// ## Dispatch Origin
		///
		/// Signed by the coldkey that staked.
		#[pallet::call_index(85)]
		#[pallet::weight(<T as Config>::WeightInfo::move_stake())]
		pub fn move_stake(
			origin: OriginFor<T>,
			origin_hotkey: T::AccountId,
			destination_hotkey: T::AccountId,
			origin_netuid: u16,
			destination_netuid: u16,
			alpha_amount: u64,
		) -> DispatchResult {
			let coldkey = ensure_signed(origin)?;
			let from = Holding { hotkey: origin_hotkey, coldkey: coldkey.clone(), netuid: origin_netuid };
			let to = Holding { hotkey: destination_hotkey, coldkey, netuid: destination_netuid };
			Self::do_move_stake(from, to, alpha_amount)
		}

		/// Give `alpha_amount` rao of the signing coldkey's stake on `hotkey` to another coldkey.
		///
		/// ## Dispatch Origin
		///
		/// Signed by the coldkey that staked.
		#[pallet::call_index(86)]
		#[pallet::weight(<T as Config>::WeightInfo::move_stake())]
		pub fn transfer_stake(
			origin: OriginFor<T>,
			destination_coldkey: T::AccountId,
			hotkey: T::AccountId,
			origin_netuid: u16,
			destination_netuid: u16,
			alpha_amount: u64,
		) -> DispatchResult {
			let coldkey = ensure_signed(origin)?;
			let from = Holding { hotkey: hotkey.clone(), coldkey, netuid: origin_netuid };
			let to = Holding { hotkey, coldkey: destination_coldkey, netuid: destination_netuid };
			Self::do_move_stake(from, to, alpha_amount)
		}

		/// Keep `alpha_amount` rao of the signing coldkey's stake on `hotkey` on another subnet.
		///
		/// ## Dispatch Origin
		///
		/// Signed by the coldkey that staked.
		#[pallet::call_index(87)]
		#[pallet::weight(<T as Config>::WeightInfo::move_stake())]
		pub fn swap_stake(
			origin: OriginFor<T>,
			hotkey: T::AccountId,
			origin_netuid: u16,
			destination_netuid: u16,
			alpha_amount: u64,
		) -> DispatchResult {
			let coldkey = ensure_signed(origin)?;
			let from = Holding { hotkey: hotkey.clone(), coldkey: coldkey.clone(), netuid: origin_netuid };
			let to = Holding { hotkey, coldkey, netuid: destination_netuid };
			Self::do_move_stake(from, to, alpha_amount)
		}

		/// [`Self::add_stake`] for clients that set a limit to the price.
		///
		/// ## Dispatch Origin
		///
		/// Signed by any coldkey.
		///
		/// ## Details
		///
		/// The price is 1, [`ALPHA_PRICE`]; `allow_partial` makes no difference.
		#[pallet::call_index(88)]
		#[pallet::weight(<T as Config>::WeightInfo::add_stake())]
		pub fn add_stake_limit(
			origin: OriginFor<T>,
			hotkey: T::AccountId,
			netuid: u16,
			amount_staked: u64,
			limit_price: u64,
			allow_partial: bool,
		) -> DispatchResult {
			let coldkey = ensure_signed(origin)?;
			let _ = allow_partial; // The whole amount has one price.
			ensure!(limit_price >= ALPHA_PRICE, Error::<T>::SlippageTooHigh);
			Self::do_add_stake(coldkey, hotkey, netuid, amount_staked)
		}

		/// [`Self::remove_stake`] for clients that set a limit to the price.
		///
		/// ## Dispatch Origin
		///
		/// Signed by the coldkey that staked.
		///
		/// ## Details
		///
		/// The price is 1, [`ALPHA_PRICE`]; `allow_partial` makes no difference.
		#[pallet::call_index(89)]
		#[pallet::weight(<T as Config>::WeightInfo::remove_stake())]
		pub fn remove_stake_limit(
			origin: OriginFor<T>,
			hotkey: T::AccountId,
			netuid: u16,
			amount_unstaked: u64,
			limit_price: u64,
			allow_partial: bool,
		) -> DispatchResult {
			let coldkey = ensure_signed(origin)?;
			let _ = allow_partial; // The whole amount has one price.
			ensure!(limit_price <= ALPHA_PRICE, Error::<T>::SlippageTooHigh);
			Self::do_remove_stake(coldkey, hotkey, netuid, amount_unstaked)
		}

		/// Promise weights by their hash, to be revealed [`RevealPeriodEpochs`] epochs later.
		///
		/// ## Dispatch Origin
		///
		/// Signed by a hotkey that holds a uid of the subnet.
		///
		/// ## Details
		///
		/// The hash is BLAKE2-256 of the SCALE encoding of (hotkey, netuid, uids, weights, salt, version key). Free of charge.
		#[pallet::call_index(96)]
		#[pallet::weight((<T as Config>::WeightInfo::commit_weights(), DispatchClass::Normal, Pays::No))]
		pub fn commit_weights(origin: OriginFor<T>, netuid: u16, commit_hash: H256) -> DispatchResult {
			let hotkey = ensure_signed(origin)?;
			Self::do_free(&hotkey, Self::request_to_commit(0, netuid, commit_hash))
		}

		/// Set the weights that were promised.
		///
		/// ## Dispatch Origin
		///
		/// Signed by a hotkey that holds a uid of the subnet.
		///
		/// ## Details
		///
		/// Entries on uids that changed hands since the promise are left out. Free of charge.
		#[pallet::call_index(97)]
		#[pallet::weight((<T as Config>::WeightInfo::reveal_weights(uids.len() as u32), DispatchClass::Normal, Pays::No))]
		pub fn reveal_weights(
			origin: OriginFor<T>,
			netuid: u16,
			uids: Vec<u16>,
			values: Vec<u16>,
			salt: Vec<u16>,
			version_key: u64,
		) -> DispatchResult {
			let hotkey = ensure_signed(origin)?;
			Self::do_free(&hotkey, Self::request_to_reveal(0, netuid, &uids, &values, &salt, version_key))
		}

		/// Reveal several promises of one subnet, all of them or none.
		///
		/// ## Dispatch Origin
		///
		/// Signed by a hotkey that holds a uid of the subnet.
		///
		/// ## Details
		///
		/// Free of charge.
		#[pallet::call_index(98)]
		#[pallet::weight((Pallet::<T>::weight_of_rows(uids_list.iter().map(Vec::len), <T as Config>::WeightInfo::reveal_weights), DispatchClass::Normal, Pays::No))]
		pub fn batch_reveal_weights(
			origin: OriginFor<T>,
			netuid: u16,
			uids_list: Vec<Vec<u16>>,
			values_list: Vec<Vec<u16>>,
			salts_list: Vec<Vec<u16>>,
			version_keys: Vec<u64>,
		) -> DispatchResult {
			let hotkey = ensure_signed(origin)?;
			let reveals = unpack_reveals(netuid, &uids_list, &values_list, &salts_list, &version_keys);
			Self::do_free(&hotkey, reveals.map(|reveals| FreeRequest::Reveal(netuid, reveals)))
		}

		/// Promise weights on several subnets, on all of them or on none.
		///
		/// ## Dispatch Origin
		///
		/// Signed by a hotkey that holds a uid of each subnet.
		///
		/// ## Details
		///
		/// Free of charge.
		#[pallet::call_index(100)]
		#[pallet::weight((<T as Config>::WeightInfo::commit_weights().saturating_mul(netuids.len() as u64), DispatchClass::Normal, Pays::No))]
		pub fn batch_commit_weights(
			origin: OriginFor<T>,
			netuids: Vec<Compact<u16>>,
			commit_hashes: Vec<H256>,
		) -> DispatchResult {
			let hotkey = ensure_signed(origin)?;
			let commits = unpack_commits(&netuids, &commit_hashes);
			Self::do_free(&hotkey, commits.map(FreeRequest::Commit))
		}

		/// [`Self::commit_weights`] for a mechanism of the subnet, of which there is one, number 0.
		///
		/// ## Dispatch Origin
		///
		/// Signed by a hotkey that holds a uid of the subnet.
		#[pallet::call_index(115)]
		#[pallet::weight((<T as Config>::WeightInfo::commit_weights(), DispatchClass::Normal, Pays::No))]
		pub fn commit_mechanism_weights(
			origin: OriginFor<T>,
			netuid: u16,
			mecid: u8,
			commit_hash: H256,
		) -> DispatchResult {
			let hotkey = ensure_signed(origin)?;
			Self::do_free(&hotkey, Self::request_to_commit(mecid, netuid, commit_hash))
		}

		/// [`Self::reveal_weights`] for a mechanism of the subnet, of which there is one, number 0.
		///
		/// ## Dispatch Origin
		///
		/// Signed by a hotkey that holds a uid of the subnet.
		#[pallet::call_index(116)]
		#[pallet::weight((<T as Config>::WeightInfo::reveal_weights(uids.len() as u32), DispatchClass::Normal, Pays::No))]
		pub fn reveal_mechanism_weights(
			origin: OriginFor<T>,
			netuid: u16,
			mecid: u8,
			uids: Vec<u16>,
			values: Vec<u16>,
			salt: Vec<u16>,
			version_key: u64,
		) -> DispatchResult {
			let hotkey = ensure_signed(origin)?;
			Self::do_free(&hotkey, Self::request_to_reveal(mecid, netuid, &uids, &values, &salt, version_key))
		}

		/// [`Self::set_weights`] for a mechanism of the subnet, of which there is one, number 0.
		///
		/// ## Dispatch Origin
		///
		/// Signed by a hotkey that holds a uid of the subnet.
		#[pallet::call_index(119)]
		#[pallet::weight((<T as Config>::WeightInfo::set_weights(dests.len() as u32), DispatchClass::Normal, Pays::No))]
		pub fn set_mechanism_weights(
			origin: OriginFor<T>,
			netuid: u16,
			mecid: u8,
			dests: Vec<u16>,
			weights: Vec<u16>,
			version_key: u64,
		) -> DispatchResult {
			let hotkey = ensure_signed(origin)?;
			Self::do_free(&hotkey, Self::request_to_set(mecid, netuid, &dests, &weights, version_key))
		}

		/// Create the subnet `netuid`, which nobody owns, with the given tempo.
		///
		/// ## Dispatch Origin
		///
		/// Root.
		#[pallet::call_index(200)]
		#[pallet::weight(<T as Config>::WeightInfo::create_network())]
		pub fn create_network(origin: OriginFor<T>, netuid: u16, tempo: u16) -> DispatchResult {
			ensure_root(origin)?;
			Self::do_create_network(netuid, tempo)
		}

		/// Set a parameter of a subnet.
		///
		/// ## Dispatch Origin
		///
		/// Root, or signed by the coldkey that owns the subnet where [`Hyperparameter::is_owners`].
		#[pallet::call_index(201)]
		#[pallet::weight(<T as Config>::WeightInfo::set_hyperparameter())]
		pub fn set_hyperparameter(origin: OriginFor<T>, netuid: u16, parameter: Hyperparameter) -> DispatchResult {
			Self::ensure_may_set(origin, netuid, &parameter)?;
			Self::do_set_hyperparameter(netuid, parameter)
		}

		/// Make `coldkey` the owner of a subnet, whose cut is staked on `hotkey`.
		///
		/// ## Dispatch Origin
		///
		/// Root.
		#[pallet::call_index(202)]
		#[pallet::weight(<T as Config>::WeightInfo::set_subnet_owner())]
		pub fn set_subnet_owner(
			origin: OriginFor<T>,
			netuid: u16,
			coldkey: T::AccountId,
			hotkey: T::AccountId,
		) -> DispatchResult {
			ensure_root(origin)?;
			Self::do_set_subnet_owner(netuid, coldkey, hotkey)
		}

		/// Set the part of emission that owners of subnets get: `cut` per 65535.
		///
		/// ## Dispatch Origin
		///
		/// Root.
		#[pallet::call_index(203)]
		#[pallet::weight(<T as Config>::WeightInfo::set_subnet_owner_cut())]
		pub fn set_subnet_owner_cut(origin: OriginFor<T>, cut: u16) -> DispatchResult {
			ensure_root(origin)?;
			SubnetOwnerCut::<T>::put(cut);
			Self::deposit_event(Event::SubnetOwnerCutSet { cut });
			Ok(())
		}
	}
}
