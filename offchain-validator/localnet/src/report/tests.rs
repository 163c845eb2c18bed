// SPDX-License-Identifier: Apache-2.0

//! What the report holds, and the example that the renderers are tested with.

use super::*;

/// The example, with the figures a chain answers with.
pub(crate) fn example() -> Report {
	let normalized = [450_385_397, 225_192_699, 163_776_508, 121_351_382, 6_549_002];
	let unnormalized = [300_401_089, 226_969_712, 206_942_973, 169_588_075, 16_016_359];
	let column = |figures: [u64; 5]| (1..=10).map(|n| (n, figures[usize::from(n - 1).min(4)])).collect();
	let votes = Votes::example();
	let pulls = [4.0, 10.0, 4.0 / 3.0];
	let validator = |(index, vote): (usize, &Vote)| Validator {
		validator: index + 1,
		uid: index as u16,
		hotkey: vote.account().expect("the key is valid").to_string(),
		coldkey: vote.coldkey,
		stake: vote.stake,
		stake_share: 1.0 / 3.0,
		stored: vote.weights.clone(),
		read: vote.weights.iter().map(|(netuid, w)| (*netuid, f64::from(*w) / (pulls[index] * 65_535.0))).collect(),
		units: pulls[index],
		raw_pull: pulls[index] / pulls.iter().sum::<f64>(),
	};
	Report {
		blocks: 25,
		root: RootEmission {
			block_emission: 1_000_000_000,
			normalized: column(normalized),
			unnormalized: column(unnormalized),
		},
		issuance: Issuance {
			total: 6_000_003_000_000_000,
			balances: 5_997_000_000_000_000,
			stake: 3_000_000_000_000,
			pending: 3_000_000_000,
		},
		votes: votes.validators.iter().enumerate().map(validator).collect(),
		payouts: (20..23).map(|block| Payout { block, rao: 1_000_000_000 }).collect(),
		chain: ChainFacts {
			name: "Localnet".into(),
			runtime: "root-weights-runtime 1".into(),
			genesis: format!("0x{}", "ab".repeat(32)),
			block_hash: format!("0x{}", "cd".repeat(32)),
			timestamp: 1_795_000_000_000,
		},
		training: None,
	}
}

#[test]
fn json_holds_what_programs_look_for() {
	let json = serde_json::to_value(example()).expect("the report serializes");
	assert_eq!(json["blocks"], 25);
	assert_eq!(json["root"]["block_emission"], 1_000_000_000);
	assert_eq!(json["root"]["normalized"]["1"], 450_385_397);
	assert_eq!(json["root"]["unnormalized"]["10"], 16_016_359);
	assert_eq!(json["votes"][2]["stored"]["3"], 4_369);
	for place in ["total", "balances", "stake", "pending"] {
		assert!(json["issuance"][place].is_u64(), "{place}");
	}
	assert!(json["chain"]["block_hash"].is_string() && json["chain"]["timestamp"].is_u64());
}

#[test]
fn a_row_that_is_missing_or_another_is_noticed() {
	let votes = Votes::example();
	let vote = &votes.validators[2];
	let mut row = RootValidator {
		uid: 0,
		hotkey: vote.account().expect("the key is valid"),
		stake: 1,
		stored: vote.weights.clone(),
		read: BTreeMap::new(),
	};
	assert!(row_of(vote, 3, &[row.clone()]).is_ok());
	assert!(matches!(row_of(vote, 3, &[]), Err(ReportError::NoRow { validator: 3 })));
	row.stored.insert(2, 17_475);
	assert!(matches!(row_of(vote, 3, &[row]), Err(ReportError::OtherRow { validator: 3 })));
}

#[test]
fn both_files_are_written_into_a_new_folder() {
	let folder = std::env::temp_dir().join(format!("localnet-report-{}", std::process::id())).join("new");
	let files = write(&example(), &folder).expect("the folder can be made");
	let read = |path: &Path| fs::read_to_string(path).expect("the file is there");
	assert!(read(&files.html).starts_with("<!DOCTYPE html>"));
	assert!(serde_json::from_str::<serde_json::Value>(&read(&files.json)).is_ok());
	fs::remove_dir_all(folder.parent().expect("it has one")).expect("the folder can be removed");
}
