// SPDX-License-Identifier: Apache-2.0
//! The mechanism of Boltzmann: miners publish a small part of their trained parameters, validators pay those whose step
//! went along the gradient.
//!
//! A window's slice is the same elements for everybody ([`slices`]). Whoever follows the run writes the mean of all slices
//! into its parameters ([`aggregate`]), of those that pass the checks ([`baseline`]) and repeat no other's ([`copies`]). A
//! validator computes its own gradient on a miner's pages and compares the miner's step with it ([`scores`]), on as many
//! batches as it has time for ([`sample_rate`]). Scores are averaged over windows, and the averages become shares
//! ([`state::State`]).
//!
//! After unconst/boltzmann at commit `88b8142` and its README; where it departs from them, the item concerned says why.

pub mod aggregate;
pub mod baseline;
pub mod copies;
mod cosine;
pub mod params;
pub mod sample_rate;
pub mod scores;
pub mod slices;
pub mod state;

pub use baseline::{Baseline, InvalidSlice};
pub use params::{Params, ScoreForm};
pub use state::{Observations, State, Verdict};
