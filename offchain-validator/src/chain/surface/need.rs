// SPDX-License-Identifier: Apache-2.0

//! What a declaration says of a chain, and whether a chain has it. Knows no name of any chain.

use std::fmt;
use std::marker::PhantomData;

use subxt::metadata::Metadata;

/// A call and the names of its arguments.
#[derive(Debug, PartialEq, Eq)]
pub struct CallShape {
	pub(in crate::chain) pallet: &'static str,
	pub(in crate::chain) name: &'static str,
	pub(in crate::chain) arguments: &'static [&'static str],
}

impl CallShape {
	pub(in crate::chain) const fn new(
		pallet: &'static str,
		name: &'static str,
		arguments: &'static [&'static str],
	) -> Self {
		Self { pallet, name, arguments }
	}
}

/// A storage item: its keys, as a tuple, and what is under them.
pub struct Item<K, V> {
	pub(in crate::chain) pallet: &'static str,
	pub(in crate::chain) name: &'static str,
	types: PhantomData<fn(K) -> V>,
}

impl<K: Arity, V> Item<K, V> {
	/// A declaration. These programs make theirs in [`crate::chain::surface`] alone.
	pub const fn new(pallet: &'static str, name: &'static str) -> Self {
		Self { pallet, name, types: PhantomData }
	}

	/// That a chain must have it.
	pub const fn need(&self) -> Need {
		Need::Item { pallet: self.pallet, name: self.name, keys: K::COUNT }
	}
}

/// A runtime call: its arguments, as a tuple, and its answer.
pub struct Method<A, V> {
	pub(in crate::chain) api: &'static str,
	pub(in crate::chain) name: &'static str,
	types: PhantomData<fn(A) -> V>,
}

impl<A: Arity, V> Method<A, V> {
	/// A declaration. These programs make theirs in [`crate::chain::surface`] alone.
	pub const fn new(api: &'static str, name: &'static str) -> Self {
		Self { api, name, types: PhantomData }
	}

	/// That a chain must have it.
	pub const fn need(&self) -> Need {
		Need::Method { api: self.api, name: self.name, arguments: A::COUNT }
	}
}

/// A tuple of keys or arguments.
pub trait Arity {
	/// How many there are.
	const COUNT: usize;
}

impl Arity for () {
	const COUNT: usize = 0;
}

impl<A> Arity for (A,) {
	const COUNT: usize = 1;
}

impl<A, B> Arity for (A, B) {
	const COUNT: usize = 2;
}

impl<A, B, C> Arity for (A, B, C) {
	const COUNT: usize = 3;
}

/// One thing that a chain must have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Need {
	/// A call with just these arguments, in whichever order.
	Call(&'static CallShape),
	/// A storage item.
	Item {
		/// Where it is.
		pallet: &'static str,
		/// What it is called.
		name: &'static str,
		/// How many keys it has.
		keys: usize,
	},
	/// A runtime call.
	Method {
		/// The API it is of.
		api: &'static str,
		/// What it is called.
		name: &'static str,
		/// How many arguments it takes.
		arguments: usize,
	},
}

impl fmt::Display for Need {
	fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
		match self {
			Self::Call(CallShape { pallet, name, arguments }) => {
				write!(f, "call {pallet}.{name}({})", arguments.join(", "))
			},
			Self::Item { pallet, name, keys } => write!(f, "storage {pallet}.{name} by {}", count(*keys, "key")),
			Self::Method { api, name, arguments } => {
				write!(f, "runtime call {api}.{name} of {}", count(*arguments, "argument"))
			},
		}
	}
}

fn count(number: usize, of: &str) -> String {
	match number {
		0 => format!("no {of}"),
		1 => format!("1 {of}"),
		_ => format!("{number} {of}s"),
	}
}

/// What a chain has.
pub(in crate::chain) trait Offer {
	/// The names of a call's arguments; none without the call.
	fn call(&self, pallet: &str, name: &str) -> Option<Vec<String>>;
	/// How many keys a storage item has; none without the item.
	fn item(&self, pallet: &str, name: &str) -> Option<usize>;
	/// How many arguments a runtime call takes; none without it.
	fn method(&self, api: &str, name: &str) -> Option<usize>;
}

impl Offer for Metadata {
	fn call(&self, pallet: &str, name: &str) -> Option<Vec<String>> {
		let call = self.pallet_by_name(pallet)?.call_variant_by_name(name)?;
		Some(call.fields.iter().map(|field| field.name.clone().unwrap_or_default()).collect())
	}

	fn item(&self, pallet: &str, name: &str) -> Option<usize> {
		Some(self.pallet_by_name(pallet)?.storage()?.entry_by_name(name)?.keys().len())
	}

	fn method(&self, api: &str, name: &str) -> Option<usize> {
		Some(self.runtime_api_trait_by_name(api)?.method_by_name(name)?.inputs().len())
	}
}

/// What of `needs` a chain does not have, each in words.
pub(in crate::chain) fn missing(needs: &[Need], chain: &impl Offer) -> Vec<String> {
	needs.iter().filter_map(|need| lack(need, chain)).collect()
}

/// What is wrong with one need, if anything is.
fn lack(need: &Need, chain: &impl Offer) -> Option<String> {
	let there = match need {
		Need::Call(CallShape { pallet, name, arguments }) => chain.call(pallet, name).map(|theirs| {
			let same =
				theirs.len() == arguments.len() && arguments.iter().all(|ours| theirs.iter().any(|it| it == ours));
			(same, format!("({})", theirs.join(", ")))
		}),
		Need::Item { pallet, name, keys } => {
			chain.item(pallet, name).map(|theirs| (theirs == *keys, count(theirs, "key")))
		},
		Need::Method { api, name, arguments } => {
			chain.method(api, name).map(|theirs| (theirs == *arguments, count(theirs, "argument")))
		},
	};
	match there {
		Some((true, _)) => None,
		Some((false, theirs)) => Some(format!("{need}, of which it has one with {theirs}")),
		None => Some(need.to_string()),
	}
}

#[cfg(test)]
mod tests {
	use super::*;
	use crate::chain::surface::{Role, UIDS};
	use std::collections::BTreeMap;

	/// A chain that has what is put into it, by `place.name`.
	#[derive(Default)]
	struct Listed {
		calls: BTreeMap<String, Vec<String>>,
		items: BTreeMap<String, usize>,
		methods: BTreeMap<String, usize>,
	}

	impl Offer for Listed {
		fn call(&self, pallet: &str, name: &str) -> Option<Vec<String>> {
			self.calls.get(&format!("{pallet}.{name}")).cloned()
		}

		fn item(&self, pallet: &str, name: &str) -> Option<usize> {
			self.items.get(&format!("{pallet}.{name}")).copied()
		}

		fn method(&self, api: &str, name: &str) -> Option<usize> {
			self.methods.get(&format!("{api}.{name}")).copied()
		}
	}

	impl Listed {
		/// Just what `needs` ask for.
		fn with(needs: &[Need]) -> Self {
			let mut listed = Self::default();
			for need in needs {
				match need {
					Need::Call(CallShape { pallet, name, arguments }) => {
						let arguments = arguments.iter().rev().map(|argument| (*argument).to_owned()).collect();
						listed.calls.insert(format!("{pallet}.{name}"), arguments);
					},
					Need::Item { pallet, name, keys } => {
						listed.items.insert(format!("{pallet}.{name}"), *keys);
					},
					Need::Method { api, name, arguments } => {
						listed.methods.insert(format!("{api}.{name}"), *arguments);
					},
				}
			}
			listed
		}
	}

	#[test]
	fn a_chain_that_has_everything_lacks_nothing() {
		for role in [Role::Miner, Role::Validator, Role::Registrar, Role::RootObserver, Role::Localnet] {
			let needs = role.needs();
			assert_eq!(missing(&needs, &Listed::with(&needs)), Vec::<String>::new(), "{role}");
		}
	}

	#[test]
	fn all_that_is_missing_is_named_at_once() {
		let (participation, validation) = (Role::Miner.needs(), Role::Validator.needs());
		let found = missing(&validation, &Listed::with(&participation));
		let expected = [
			"storage SubtensorModule.Weights by 2 keys",
			"call SubtensorModule.set_weights(netuid, dests, weights, version_key)",
		];
		assert_eq!(found, expected);
	}

	#[test]
	fn another_shape_under_the_same_name_is_told_with_both() {
		let mut chain = Listed::with(&Role::Registrar.needs());
		chain.calls.insert("SubtensorModule.add_stake".into(), vec!["hotkey".into(), "amount_staked".into()]);
		chain.methods.insert("NeuronInfoRuntimeApi.get_neurons_lite".into(), 0);
		let expected = [
			"runtime call NeuronInfoRuntimeApi.get_neurons_lite of 1 argument, of which it has one with no argument",
			"call SubtensorModule.add_stake(hotkey, netuid, amount_staked), of which it has one with (hotkey, amount_staked)",
		];
		assert_eq!(missing(&Role::Registrar.needs(), &chain), expected);
		chain.items.insert("SubtensorModule.Uids".into(), 1);
		let expected = "storage SubtensorModule.Uids by 2 keys, of which it has one with 1 key";
		assert_eq!(missing(&[UIDS.need()], &chain), [expected]);
	}
}
