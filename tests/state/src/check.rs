// SPDX-License-Identifier: Apache-2.0

//! Runs on a state what the runtime's pallets check of their own storage, and the preview of what root votes pay.

use std::collections::BTreeMap;
use std::panic::{self, AssertUnwindSafe};
use std::sync::{Mutex, PoisonError};

use frame_support::traits::{PalletsInfoAccess, TryDecodeEntireStorage, TryState, TryStateSelect};
use pallet_root_weights::RowReading;
use root_weights_runtime::{AllPalletsWithSystem, BlockNumber, RootWeights};
use sp_core::storage::{StorageData, StorageKey};
use sp_io::hashing::twox_128;

use crate::state::{Pairs, State};

/// What was found of a state.
pub struct Checked {
	/// Whether it is the state that the block's header names: all of it, unchanged.
	pub is_whole: bool,
	/// By their order in the runtime.
	pub pallets: Vec<Pallet>,
	/// What is stored under no pallet's name, such as the code.
	pub others: Size,
	/// What each subnet would earn, or why that cannot be told.
	pub preview: Result<Vec<Earning>, String>,
}

/// What was found of a pallet's storage.
pub struct Pallet {
	pub name: &'static str,
	pub size: Size,
	/// What does not hold, in words.
	pub broken: Vec<String>,
}

/// How much is stored.
#[derive(Clone, Copy, Default)]
pub struct Size {
	pub keys: u64,
	/// In values.
	pub bytes: u64,
}

/// What a subnet would earn of a block if the root epoch ran now, in rao.
pub struct Earning {
	pub netuid: u16,
	/// With each row of weights renormalized to sum to one, as the epoch does.
	pub renormalized: u64,
	/// With rows taken as they are stored.
	pub stored: u64,
}

impl Size {
	/// Of these pairs.
	pub fn of<'a>(pairs: impl IntoIterator<Item = (&'a StorageKey, &'a StorageData)>) -> Self {
		let add =
			|size: Self, value: &StorageData| Self { keys: size.keys + 1, bytes: size.bytes + value.0.len() as u64 };
		pairs.into_iter().fold(Self::default(), |size, (_, value)| add(size, value))
	}

	fn without(self, part: Self) -> Self {
		Self { keys: self.keys - part.keys, bytes: self.bytes - part.bytes }
	}
}

impl Checked {
	/// Names of all that is broken.
	pub fn broken(&self) -> Vec<&'static str> {
		let root = (!self.is_whole).then_some("root of the state");
		let pallets = self.pallets.iter().filter(|pallet| !pallet.broken.is_empty()).map(|pallet| pallet.name);
		root.into_iter().chain(pallets).chain(self.preview.is_err().then_some("preview")).collect()
	}
}

/// Checks all that can be checked; what is broken in one pallet does not keep the others from it.
pub fn check(state: &State) -> Checked {
	let mut externalities = state.externalities();
	let is_whole = *externalities.backend.root() == state.block.header.state_root;
	let block = state.block.header.number;
	externalities.execute_with(|| {
		let mut undecodable = undecodable();
		let pallets = AllPalletsWithSystem::infos().into_iter().map(|pallet| {
			let mut broken = undecodable.remove(pallet.name).unwrap_or_default();
			broken.extend(try_state(pallet.name, block).err());
			Pallet { name: pallet.name, size: size_of_pallet(&state.pairs, pallet.name), broken }
		});
		let pallets: Vec<_> = pallets.collect();
		let others = pallets.iter().fold(Size::of(&state.pairs), |rest, pallet| rest.without(pallet.size));
		Checked { is_whole, pallets, others, preview: preview() }
	})
}

/// By pallet, what does not decode, a line for each of its storage items.
fn undecodable() -> BTreeMap<String, Vec<String>> {
	let mut items = BTreeMap::<_, Vec<_>>::new();
	for error in AllPalletsWithSystem::try_decode_entire_state().err().unwrap_or_default() {
		let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
		let item = (text(&error.info.pallet_name), text(&error.info.storage_name));
		items.entry(item).or_default().push(error.key);
	}
	let mut lines = BTreeMap::<_, Vec<_>>::new();
	for ((pallet, item), keys) in items {
		let first = sp_core::bytes::to_hex(&keys[0], false);
		let line = format!("{} of {item} cannot be decoded, the first under {first}", keys.len());
		lines.entry(pallet).or_default().push(line);
	}
	lines
}

fn try_state(pallet: &str, block: BlockNumber) -> Result<(), String> {
	let only = TryStateSelect::Only(vec![pallet.into()]);
	caught(|| AllPalletsWithSystem::try_state(block, only))?.map_err(|error| <&str>::from(error).to_owned())
}

fn preview() -> Result<Vec<Earning>, String> {
	caught(|| {
		let renormalized = RootWeights::preview_emission(RowReading::Normalized);
		let stored: BTreeMap<_, _> = RootWeights::preview_emission(RowReading::AsStored).into_iter().collect();
		let earning = |(netuid, renormalized)| Earning {
			netuid,
			renormalized,
			stored: stored.get(&netuid).copied().unwrap_or(0),
		};
		renormalized.into_iter().map(earning).collect()
	})
}

/// Runs a check; one that panics, as sums that overflow do, has found something as well.
fn caught<T>(check: impl FnOnce() -> T) -> Result<T, String> {
	// Only the hook is told where it was.
	static WORDS: Mutex<String> = Mutex::new(String::new());
	let usual = panic::take_hook();
	panic::set_hook(Box::new(|info| *WORDS.lock().unwrap_or_else(PoisonError::into_inner) = info.to_string()));
	let result = panic::catch_unwind(AssertUnwindSafe(check));
	panic::set_hook(usual);
	let words = || WORDS.lock().unwrap_or_else(PoisonError::into_inner).replace('\n', " ");
	result.map_err(|_| format!("the check {}", words()))
}

fn size_of_pallet(pairs: &Pairs, name: &str) -> Size {
	let prefix = twox_128(name.as_bytes());
	let from = pairs.range(StorageKey(prefix.to_vec())..);
	Size::of(from.take_while(|(key, _)| key.0.starts_with(&prefix)))
}
