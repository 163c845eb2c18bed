// SPDX-License-Identifier: Apache-2.0

//! Makes samples of runs as Cortex.t publishes them: the history of a run, one row for each step.
//!
//! A file is one run, as JSON Lines or as one JSON array of rows. A row has `_step`, and `prompts` and `responses`: objects
//! from a miner's uid to a text, as the run's history has them. Rows without those are of something else and passed over.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;
use serde_json::Value;

use super::Sample;

/// What to take of a run.
#[derive(Clone, Copy, Debug)]
pub struct Options<'a> {
	/// How many of its newest steps.
	pub latest_steps: usize,
	/// How many samples.
	pub max_samples: usize,
	/// Phrases that mark a response as a refusal, in whatever case.
	pub refusals: &'a [String],
}

/// What came of a run.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Imported {
	/// Its samples, each once, from the newest step on.
	pub samples: Vec<Sample>,
	/// Rows that are none of samples.
	pub other_rows: usize,
	/// Refusals that were left out.
	pub refused: usize,
}

/// Why a run cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
	/// It is neither an array of rows nor one row a line.
	#[error("the run is no JSON: neither an array of rows nor one a line")]
	Json(#[from] serde_json::Error),
}

#[derive(Deserialize)]
struct Row {
	#[serde(rename = "_step")]
	step: u64,
	prompts: BTreeMap<String, String>,
	responses: BTreeMap<String, String>,
}

/// The samples of a run.
pub fn run(text: &str, options: Options) -> Result<Imported, ImportError> {
	let rows: Vec<Value> = match text.trim_start().starts_with('[') {
		true => serde_json::from_str(text)?,
		false => serde_json::Deserializer::from_str(text).into_iter().collect::<Result<_, _>>()?,
	};
	let count = rows.len();
	let mut rows: Vec<Row> = rows.into_iter().filter_map(|row| serde_json::from_value(row).ok()).collect();
	let mut imported = Imported { other_rows: count - rows.len(), ..Imported::default() };
	rows.sort_by_key(|row| std::cmp::Reverse(row.step));
	let refusals: Vec<String> = options.refusals.iter().map(|phrase| phrase.to_lowercase()).collect();
	let mut seen = BTreeSet::new();
	for mut row in rows.into_iter().take(options.latest_steps) {
		for (uid, prompt) in row.prompts {
			let Some(response) = row.responses.remove(&uid) else { continue };
			let sample = Sample { prompt, response };
			if imported.samples.len() >= options.max_samples {
				return Ok(imported);
			} else if is_refusal(&sample.response, &refusals) {
				imported.refused += 1;
			} else if !sample.prompt.is_empty() && !sample.response.is_empty() && seen.insert(sample.clone()) {
				imported.samples.push(sample);
			}
		}
	}
	Ok(imported)
}

fn is_refusal(response: &str, refusals: &[String]) -> bool {
	let response = response.to_lowercase();
	refusals.iter().any(|phrase| response.contains(phrase))
}

#[cfg(test)]
mod tests {
	use serde_json::json;

	use super::*;

	fn import(text: &str, latest_steps: usize, max_samples: usize) -> Imported {
		let refusals = ["I cannot help".to_owned()];
		run(text, Options { latest_steps, max_samples, refusals: &refusals }).expect("it is a run")
	}

	fn rows() -> [Value; 4] {
		[
			json!({"_step": 1, "prompts": {"0": "old"}, "responses": {"0": "answer"}}),
			json!({"_step": 3, "modality": "text", "prompts": {"0": "who?", "1": "why?", "2": "how?", "3": "what?"},
				"responses": {"0": "me", "1": "Sorry, I CANNOT help with that.", "2": "so", "9": "nobody asked"}}),
			json!({"_step": 2, "prompts": {"0": "who?"}, "responses": {"0": "me"}}),
			json!({"_step": 4, "loss": 0.5}),
		]
	}

	#[test]
	fn the_newest_steps_come_first_and_refusals_not_at_all() {
		let lines: String = rows().iter().map(|row| format!("{row}\n")).collect();
		let array = json!(rows()).to_string();
		let sample = |prompt: &str, response: &str| Sample { prompt: prompt.into(), response: response.into() };
		let newest = vec![sample("who?", "me"), sample("how?", "so")];
		for text in [&lines, &array] {
			let expected = Imported { samples: newest.clone(), other_rows: 1, refused: 1 };
			assert_eq!(import(text, 1, 400), expected);
			let all = [&newest[..], &[sample("old", "answer")]].concat();
			assert_eq!(import(text, 3, 400).samples, all, "a pair that comes twice is one sample");
			assert_eq!(import(text, 3, 1).samples, newest[..1]);
		}
	}

	#[test]
	fn what_is_no_run_is_told() {
		let options = Options { latest_steps: 1, max_samples: 1, refusals: &[] };
		assert!(run("not a run", options).is_err() && run("[{]", options).is_err());
		assert_eq!(run("", options).expect("an empty run"), Imported::default());
	}
}
