// SPDX-License-Identifier: Apache-2.0

//! What is measured and paid on the subnet: the mechanism, its parameters, and its words in reports.

use std::path::Path;

use clap::ValueEnum;
use offchain_validator::hparams::{Hparams as _, HparamsError};
use offchain_validator::journal::ScoredMiner;
use offchain_validator::{boltzmann, finetuning, templar};

/// Tokens of a page and pages held out, for a mechanism that knows no pages.
const SAMPLED_PAGES: (u32, u64) = (2_048, 8);

/// Which mechanism.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Name {
	/// Compressed gradients, by what each does to the loss.
	Templar,
	/// Slices of trained parameters, by how far each goes along the gradient.
	Boltzmann,
	/// Whole models, by how often each beats the others.
	Finetuning,
}

/// A mechanism and its parameters.
#[derive(Clone, Debug)]
pub enum Mechanism {
	Templar(templar::Hparams),
	Boltzmann(boltzmann::Hparams),
	Finetuning(finetuning::Hparams),
}

/// A figure of a miner that is plotted by window.
pub struct Plotted {
	/// A heading.
	pub title: &'static str,
	/// What it is.
	pub caption: &'static str,
	/// From the first validator's journal.
	pub of: fn(&ScoredMiner) -> Option<f64>,
}

impl Mechanism {
	/// The parameters in `file`, or those of the local network.
	pub fn read(name: Name, file: Option<&Path>) -> Result<Self, HparamsError> {
		match name {
			Name::Templar => parameters(file, include_str!("../../../../hparams/localnet.json")).map(Self::Templar),
			Name::Boltzmann => {
				parameters(file, include_str!("../../../../hparams/localnet-boltzmann.json")).map(Self::Boltzmann)
			},
			Name::Finetuning => {
				parameters(file, include_str!("../../../../hparams/localnet-finetuning.json")).map(Self::Finetuning)
			},
		}
	}

	/// Its name, as the programs know it.
	pub fn name(&self) -> &'static str {
		match self {
			Self::Templar(_) => templar::Hparams::MECHANISM,
			Self::Boltzmann(_) => boltzmann::Hparams::MECHANISM,
			Self::Finetuning(_) => finetuning::Hparams::MECHANISM,
		}
	}

	/// The parameters as the programs read them.
	pub fn to_json(&self) -> serde_json::Result<Vec<u8>> {
		match self {
			Self::Templar(hparams) => serde_json::to_vec_pretty(hparams),
			Self::Boltzmann(hparams) => serde_json::to_vec_pretty(hparams),
			Self::Finetuning(hparams) => serde_json::to_vec_pretty(hparams),
		}
	}

	/// Blocks of a window.
	pub fn blocks_per_window(&self) -> u32 {
		match self {
			Self::Templar(hparams) => hparams.windows.blocks_per_window,
			Self::Boltzmann(hparams) => hparams.windows.blocks_per_window,
			Self::Finetuning(hparams) => hparams.windows.blocks_per_window,
		}
	}

	/// Tokens of a page, at most 2^24, and the least number of pages that are held out.
	pub fn pages(&self) -> (u32, u64) {
		match self {
			Self::Templar(hparams) => (hparams.data.page_tokens as u32, hparams.evaluation.heldout_pages as u64),
			Self::Boltzmann(hparams) => (hparams.data.page_tokens as u32, hparams.evaluation.heldout_pages as u64),
			Self::Finetuning(_) => SAMPLED_PAGES, // Samples are cut from them.
		}
	}

	/// What the loss in the journal is of.
	pub fn loss_of(&self) -> &'static str {
		match self {
			Self::Templar(_) | Self::Boltzmann(_) => "the shared model on held-out pages",
			Self::Finetuning(_) => "the best model on the window's samples",
		}
	}

	/// What that loss is compared with.
	pub fn first_is(&self) -> &'static str {
		match self {
			Self::Templar(_) | Self::Boltzmann(_) => "after the first window",
			Self::Finetuning(_) => "of the base model",
		}
	}

	/// Whether a run of the usual length learns more than how frequent each byte is.
	pub fn learns_words(&self) -> bool {
		match self {
			Self::Templar(_) => true,
			Self::Boltzmann(_) | Self::Finetuning(_) => false,
		}
	}

	/// What a score is made of.
	pub fn score_is(&self) -> &'static str {
		match self {
			Self::Templar(_) => "Rating, own-pages indicator and sync together",
			Self::Boltzmann(_) => "Moving average of the cosine between a miner's step and the validator's gradient",
			Self::Finetuning(_) => "Moving average of the parts of the reward",
		}
	}

	/// More to plot of each miner.
	pub fn plotted(&self) -> &'static [Plotted] {
		match self {
			Self::Templar(_) => &[
				Plotted {
				title: "Rating by miner",
				caption: "OpenSkill ordinal, \u{3bc} \u{2212} 3\u{3c3}",
				of: |miner| Some(miner.figure("mu")? - 3.0 * miner.figure("sigma")?),
				},
				Plotted {
					title: "Confidence by miner",
					caption: "Chance, in percent, that a miner\u{2019}s order to both neighbours in the window is right",
					of: |miner| Some(100.0 * miner.figure("confidence")?),
				},
			],
			Self::Boltzmann(_) => &[Plotted {
				title: "Cosine by miner",
				caption: "Cosine between a miner's step and the validator's gradient on its pages, in each window",
				of: |miner| miner.figure("cosine"),
			}],
			Self::Finetuning(_) => &[
				Plotted {
					title: "Win rate by miner",
					caption: "Part of the comparisons that a miner's model has won, in each window",
					of: |miner| miner.figure("win_rate"),
				},
				Plotted {
					title: "Loss by miner",
					caption: "Mean loss of a miner's model on the window's samples, in nats per byte",
					of: |miner| miner.figure("mean_loss"),
				},
			],
		}
	}
}

fn parameters<H: offchain_validator::hparams::Hparams>(file: Option<&Path>, localnet: &str) -> Result<H, HparamsError> {
	match file {
		Some(file) => H::read(file),
		None => H::parse(localnet, Path::new("the local network's own")),
	}
}
