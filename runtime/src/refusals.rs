// SPDX-License-Identifier: Apache-2.0
//! What the numbers mean by which the pool refuses a call: the name of the error, and what it says.
//!
//! A runtime can tell the pool a number alone. Each pallet that refuses counts its errors from a number of its own, and
//! here they are counted back. Native code only: it is the node that tells people.

use alloc::{format, string::String};

use frame_support::traits::PalletInfoAccess;
use scale_info::{form::MetaForm, Type, TypeDef, TypeInfo, Variant};

use crate::{Commitments, RootWeights, Runtime, SubtensorModule};

/// The errors of one pallet, and the number of the first.
struct Refusals {
	first: u8,
	pallet: &'static str,
	errors: Type,
}

/// The pallets that refuse in the pool, in the order of their numbers.
fn pallets() -> [Refusals; 3] {
	[
		Refusals {
			first: pallet_subnets::FIRST_REFUSAL,
			pallet: SubtensorModule::name(),
			errors: pallet_subnets::Error::<Runtime>::type_info(),
		},
		Refusals {
			first: pallet_commitments::FIRST_REFUSAL,
			pallet: Commitments::name(),
			errors: pallet_commitments::Error::<Runtime>::type_info(),
		},
		Refusals {
			first: pallet_root_weights::FIRST_REFUSAL,
			pallet: RootWeights::name(),
			errors: pallet_root_weights::Error::<Runtime>::type_info(),
		},
	]
}

/// What `InvalidTransaction::Custom(code)` means, as `Pallet.Error: first sentence of its documentation`; none for a number
/// that is no pallet's.
pub fn refusal_name(code: u8) -> Option<String> {
	pallets().iter().find_map(|refusals| {
		let index = code.checked_sub(refusals.first)?;
		let error = refusals.variants().iter().find(|error| error.index == index)?;
		Some(format!("{}.{}{}", refusals.pallet, error.name, meaning(error)))
	})
}

impl Refusals {
	fn variants(&self) -> &[Variant<MetaForm>] {
		match &self.errors.type_def {
			TypeDef::Variant(errors) => &errors.variants,
			_ => &[],
		}
	}
}

/// The first sentence of an error's documentation, after a colon; empty without documentation.
fn meaning(error: &Variant<MetaForm>) -> String {
	let docs = error.docs.join(" ");
	let sentence = docs.split_inclusive(". ").next().unwrap_or_default().trim();
	if sentence.is_empty() {
		String::new()
	} else {
		format!(": {sentence}")
	}
}

#[cfg(test)]
mod tests {
	use super::*;
	use sp_runtime::transaction_validity::InvalidTransaction;

	/// Numbers that clients translate as subtensor's own.
	const UPSTREAMS: [core::ops::RangeInclusive<u8>; 2] = [0..=27, 255..=255];

	/// Phrases by which bittensor 11 takes a text for a refusal of another kind, and replaces it.
	const TAKEN: [&str; 9] = [
		"custom error",
		"extrinsic",
		"inability to pay some fees",
		"will be valid in the future",
		"transaction is outdated",
		"has a bad signature",
		"call is not expected",
		"block limit",
		"priority is too low",
	];

	#[test]
	fn a_refusal_is_told_by_name_and_first_sentence() {
		let refused = pallet_root_weights::refusal(pallet_root_weights::Error::<Runtime>::UnknownNetuid { netuid: 9 });
		let InvalidTransaction::Custom(code) = refused else { panic!("a number of our own: {refused:?}") };
		let told =
			"RootWeights.UnknownNetuid: An entry is for a subnet that does not exist; netuid 0 cannot be voted for.";
		assert_eq!(refusal_name(code).as_deref(), Some(told));
		assert_eq!(
			refusal_name(pallet_subnets::FIRST_REFUSAL).as_deref(),
			Some("SubtensorModule.SubnetNotExists: There is no subnet of this number.")
		);
		let told = refusal_name(pallet_commitments::FIRST_REFUSAL).expect("the pallet has errors");
		assert!(told.starts_with("Commitments.AccountNotAllowedCommit: "), "{told}");
	}

	#[test]
	fn other_numbers_have_no_name() {
		for code in UPSTREAMS.into_iter().flatten() {
			assert_eq!(refusal_name(code), None, "{code}");
		}
	}

	#[test]
	fn every_error_has_a_number_of_its_own() {
		let mut free = 0;
		for refusals in pallets() {
			assert!(refusals.first >= free, "{} begins among the numbers of another pallet", refusals.pallet);
			for error in refusals.variants() {
				let code = refusals.first.checked_add(error.index).expect("a number that fits");
				assert!(!UPSTREAMS.iter().any(|range| range.contains(&code)), "{} is upstream's {code}", error.name);
				let told = refusal_name(code).expect("a name");
				assert!(told.starts_with(&format!("{}.{}: ", refusals.pallet, error.name)), "{told}");
				assert!(!TAKEN.iter().any(|phrase| told.to_lowercase().contains(phrase)), "{told}");
				free = free.max(code + 1);
			}
		}
	}
}
