// SPDX-License-Identifier: Apache-2.0

//! The votes to send: read from a file or built in, checked before anything runs.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::path::Path;

use mechanisms::emit::{to_u16, WeightsError};
use offchain_validator::chain::{AccountId, ChainError, Signer};
use offchain_validator::table::tao;
use serde::de::{Error as _, MapAccess, Visitor};
use serde::{Deserialize, Deserializer};

/// The development accounts with funds; validators belong to them in turn.
pub const COLDKEYS: [&str; 6] = ["//Alice", "//Bob", "//Charlie", "//Dave", "//Eve", "//Ferdie"];

/// Most that one coldkey may stake, in rao. It is given a tenth more at genesis, which pays for all else.
const MOST_PER_COLDKEY: u64 = 900_000_000_000_000;
/// Slots of the root network.
const MOST_VALIDATORS: usize = 64;
/// Subnets that the chain has room for, the one it begins with among them.
const MOST_SUBNETS: usize = 64;
const FIRST_SUBNET: u16 = 1;

/// Checked votes.
#[derive(Debug)]
pub struct Votes {
	/// All subnets that must exist.
	pub subnets: BTreeSet<u16>,
	/// The validators, in the order of the file.
	pub validators: Vec<Vote>,
}

/// One root validator and its vote.
#[derive(Debug)]
pub struct Vote {
	/// Secret of the owner.
	pub coldkey: &'static str,
	/// Secret of the validator, which holds no balance.
	pub hotkey: String,
	/// In rao.
	pub stake: u64,
	/// Weight by netuid, scaled so that the largest is 65535.
	pub weights: BTreeMap<u16, u16>,
}

/// What is wrong with a votes file.
#[derive(Debug, thiserror::Error)]
pub enum VotesError {
	#[error("the file cannot be read")]
	Unreadable(#[from] std::io::Error),
	#[error("the file is not a list of votes")]
	Malformed(#[from] serde_json::Error),
	#[error("there is no validator: at least one must vote")]
	NoValidator,
	#[error("{0} validators: the root network has {MOST_VALIDATORS} slots")]
	TooManyValidators(usize),
	#[error("{0} different subnets, with netuid {FIRST_SUBNET} that is always there: at most {MOST_SUBNETS} fit")]
	TooManySubnets(usize),
	#[error("netuid 0 is the root network: subnets start at 1")]
	RootIsNoSubnet,
	#[error("validator {validator} has no stake: stake_rao must be at least 1")]
	NoStake { validator: usize },
	#[error("the validators of {coldkey} stake {} TAO together, and it has {} TAO to stake", tao(*.stake), tao(MOST_PER_COLDKEY))]
	TooMuchStake { coldkey: &'static str, stake: u64 },
	#[error("weights of validator {validator}")]
	Weights { validator: usize, source: WeightsError },
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
	#[serde(default)]
	subnets: BTreeSet<u16>,
	validators: Vec<Validator>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Validator {
	stake_rao: u64,
	weights: WeightByNetuid,
}

/// A JSON object whose keys are netuids, each at most once.
struct WeightByNetuid(BTreeMap<u16, f64>);

impl Votes {
	/// Reads and checks the file at `path`.
	pub fn read(path: &Path) -> Result<Self, VotesError> {
		Self::parse(&std::fs::read_to_string(path)?)
	}

	/// Three validators of equal stake that differ in how widely they spread their votes.
	pub fn example() -> Self {
		let text = include_str!("../votes.example.json");
		Self::parse(text).expect("the built-in votes are valid; a test reads them")
	}

	fn parse(text: &str) -> Result<Self, VotesError> {
		Self::check(serde_json::from_str(text)?)
	}

	fn check(file: File) -> Result<Self, VotesError> {
		match file.validators.len() {
			0 => return Err(VotesError::NoValidator),
			n if n > MOST_VALIDATORS => return Err(VotesError::TooManyValidators(n)),
			_ => {},
		}
		let voted = file.validators.iter().flat_map(|validator| validator.weights.0.keys());
		let subnets: BTreeSet<u16> = file.subnets.iter().chain(voted).copied().collect();
		if subnets.contains(&0) {
			return Err(VotesError::RootIsNoSubnet);
		}
		let n_subnets = subnets.len() + usize::from(!subnets.contains(&FIRST_SUBNET));
		if n_subnets > MOST_SUBNETS {
			return Err(VotesError::TooManySubnets(n_subnets));
		}
		let validators =
			file.validators.into_iter().enumerate().map(|(index, validator)| Vote::check(index, validator));
		let votes = Self { subnets, validators: validators.collect::<Result<_, _>>()? };
		votes.check_stakes()?;
		Ok(votes)
	}

	fn check_stakes(&self) -> Result<(), VotesError> {
		for coldkey in COLDKEYS {
			let stakes = self.validators.iter().filter(|vote| vote.coldkey == coldkey).map(|vote| vote.stake);
			let stake = stakes.fold(0u64, u64::saturating_add);
			if stake > MOST_PER_COLDKEY {
				return Err(VotesError::TooMuchStake { coldkey, stake });
			}
		}
		Ok(())
	}
}

impl Vote {
	/// The validator's account.
	pub fn account(&self) -> Result<AccountId, ChainError> {
		Ok(Signer::from_uri(&self.hotkey)?.account())
	}

	fn check(index: usize, validator: Validator) -> Result<Self, VotesError> {
		let number = index + 1;
		if validator.stake_rao == 0 {
			return Err(VotesError::NoStake { validator: number });
		}
		let shares: Vec<f64> = validator.weights.0.values().copied().collect();
		let weights = to_u16(&shares).map_err(|source| VotesError::Weights { validator: number, source })?;
		Ok(Self {
			coldkey: COLDKEYS[index % COLDKEYS.len()],
			hotkey: format!("//root/{number}"),
			stake: validator.stake_rao,
			weights: validator.weights.0.into_keys().zip(weights).collect(),
		})
	}
}

impl<'de> Deserialize<'de> for WeightByNetuid {
	fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
		struct Entries;
		impl<'de> Visitor<'de> for Entries {
			type Value = WeightByNetuid;

			fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
				f.write_str("an object with a weight for each netuid")
			}

			fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
				let mut weights = BTreeMap::new();
				while let Some((netuid, weight)) = map.next_entry::<u16, f64>()? {
					if weights.insert(netuid, weight).is_some() {
						return Err(A::Error::custom(format_args!("netuid {netuid} has two weights")));
					}
				}
				Ok(WeightByNetuid(weights))
			}
		}
		deserializer.deserialize_map(Entries)
	}
}

#[cfg(test)]
mod tests {
	use super::*;
	use offchain_validator::one_line;

	#[track_caller]
	fn check_refused(text: &str, reason: &str) {
		let error = one_line(&Votes::parse(text).expect_err("these votes are not valid"));
		assert!(error.contains(reason), "{error}");
	}

	fn validators(n: usize, stake: u64) -> String {
		let one = format!(r#"{{"stake_rao": {stake}, "weights": {{"1": 1}}}}"#);
		format!(r#"{{"validators": [{}]}}"#, vec![one; n].join(","))
	}

	#[test]
	fn the_example_is_the_table_of_the_readme() {
		let votes = Votes::example();
		assert_eq!(votes.subnets, (1..=10).collect());
		let stakes: BTreeSet<u64> = votes.validators.iter().map(|vote| vote.stake).collect();
		assert_eq!(stakes.len(), 1);
		let rows: Vec<_> = votes.validators.into_iter().map(|vote| vote.weights).collect();
		assert_eq!(rows[0], (1..=4).map(|netuid| (netuid, 65_535)).collect());
		assert_eq!(rows[1], (1..=10).map(|netuid| (netuid, 65_535)).collect());
		assert_eq!(rows[2], [(1, 65_535), (2, 17_476), (3, 4_369)].into());
	}

	#[test]
	fn validators_belong_to_the_development_accounts_in_turn() {
		let votes = Votes::parse(&validators(8, 5)).expect("eight is fine");
		let owners: Vec<_> = votes.validators.iter().map(|vote| vote.coldkey).collect();
		assert_eq!(&owners[5..], ["//Ferdie", "//Alice", "//Bob"]);
		let hotkeys: BTreeSet<_> = votes.validators.iter().map(|vote| &vote.hotkey).collect();
		assert_eq!(hotkeys.len(), 8);
	}

	#[test]
	fn subnets_may_have_gaps_and_need_no_votes() {
		let votes = r#"{"subnets": [65535, 3], "validators": [{"stake_rao": 1, "weights": {"7": 2, "12": 1}}]}"#;
		let votes = Votes::parse(votes).expect("these votes are valid");
		assert_eq!(votes.subnets, [3, 7, 12, 65_535].into());
		assert_eq!(votes.validators[0].weights, [(7, 65_535), (12, 32_768)].into());
	}

	#[test]
	fn what_is_no_votes_file_is_refused_with_the_place() {
		check_refused("votes", "line 1");
		check_refused(r#"{"validators": [{"stake_rao": 1, "weight": {"1": 1}}]}"#, "unknown field `weight`");
		check_refused(r#"{"validators": [{"stake_rao": -1, "weights": {"1": 1}}]}"#, "expected u64");
		check_refused(r#"{"validators": [{"stake_rao": 1, "weights": {"one": 1}}]}"#, "line 1");
		check_refused(r#"{"validators": [{"stake_rao": 1, "weights": {"65536": 1}}]}"#, "expected u16");
		check_refused(r#"{"validators": [{"stake_rao": 1, "weights": {"1": 1, "1": 2}}]}"#, "netuid 1 has two weights");
		check_refused(r#"{"validators": [{"stake_rao": 1, "weights": {"1": 1e999}}]}"#, "number out of range");
		check_refused(r#"{"validators": [{"stake_rao": 1, "weights": [1]}]}"#, "a weight for each netuid");
	}

	#[test]
	fn numbers_of_validators_and_subnets_are_bounded() {
		check_refused(r#"{"validators": []}"#, "no validator");
		check_refused(&validators(65, 1), "65 validators");
		assert!(Votes::parse(&validators(64, 1)).is_ok());
		let many = (2..=64).map(|netuid| netuid.to_string()).collect::<Vec<_>>().join(",");
		let vote = r#"[{"stake_rao": 1, "weights": {"70": 1}}]"#;
		check_refused(&format!(r#"{{"subnets": [{many}], "validators": {vote}}}"#), "65 different subnets");
	}

	#[test]
	fn the_root_network_is_no_subnet() {
		check_refused(r#"{"validators": [{"stake_rao": 1, "weights": {"0": 1}}]}"#, "netuid 0");
		check_refused(r#"{"subnets": [0], "validators": [{"stake_rao": 1, "weights": {"1": 1}}]}"#, "netuid 0");
	}

	#[test]
	fn stakes_must_be_there_and_affordable() {
		check_refused(&validators(1, 0), "validator 1 has no stake");
		check_refused(&validators(7, 600_000_000_000_000), "//Alice stake 1 200 000 TAO");
		check_refused(&validators(1, u64::MAX), "//Alice");
		assert!(Votes::parse(&validators(6, 900_000_000_000_000)).is_ok());
	}

	#[test]
	fn weights_must_point_somewhere() {
		check_refused(
			r#"{"validators": [{"stake_rao": 1, "weights": {}}]}"#,
			"weights of validator 1: all weights are zero",
		);
		check_refused(r#"{"validators": [{"stake_rao": 1, "weights": {"1": 0}}]}"#, "all weights are zero");
		check_refused(r#"{"validators": [{"stake_rao": 1, "weights": {"1": -0.5}}]}"#, "must not be negative");
	}
}
