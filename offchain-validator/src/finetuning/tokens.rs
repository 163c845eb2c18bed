// SPDX-License-Identifier: Apache-2.0

//! Samples as tokens. So far of one tokenizer: a byte is a token.

use super::samples::Sample;
use crate::model::Example;

/// Name of the tokenizer.
pub const BYTES: &str = "bytes";
/// Its tokens.
pub const VOCABULARY: usize = 256;

/// The sample as tokens, prompt and response in lines of their own, cut off after `max_tokens`; none if no token of the
/// response is left.
pub fn example(sample: &Sample, max_tokens: usize) -> Option<Example> {
	let prompt = sample.prompt.len().checked_add(1)?;
	let text = [sample.prompt.as_bytes(), b"\n", sample.response.as_bytes()].concat();
	let tokens: Vec<u32> = text.into_iter().take(max_tokens).map(u32::from).collect();
	(tokens.len() > prompt).then_some(Example { tokens, prompt })
}

/// Those of the samples that leave room for a response.
pub fn examples<'a>(samples: impl IntoIterator<Item = &'a Sample>, max_tokens: usize) -> Vec<Example> {
	samples.into_iter().filter_map(|sample| example(sample, max_tokens)).collect()
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn the_response_begins_after_the_prompts_line() {
		let sample = Sample { prompt: "Hi".into(), response: "you".into() };
		let tokens = |example: Example| String::from_utf8(example.tokens.iter().map(|token| *token as u8).collect());
		let whole = example(&sample, 99).expect("it fits");
		assert_eq!((whole.prompt, tokens(whole).as_deref()), (3, Ok("Hi\nyou")));
		let cut = example(&sample, 4).expect("it fits");
		assert_eq!(tokens(cut).as_deref(), Ok("Hi\ny"));
		assert_eq!(example(&sample, 3), None);
	}
}
