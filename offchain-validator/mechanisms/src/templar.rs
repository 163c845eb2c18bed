// SPDX-License-Identifier: Apache-2.0
//! The mechanism of Templar: miners publish compressed gradients, validators pay those that lower the loss most.
//!
//! In each window a validator checks when a gradient was uploaded ([`freshness`]), whether it repeats another's
//! ([`overlap`]), and how far the miner's model is from its own ([`sync`]). It evaluates a few miners ([`sampling`]) on the
//! pages assigned to them and on random ones ([`scores`]), and folds all of it into [`state::State`], whose final scores
//! become shares ([`weights`]).
//!
//! Follows the seed version of the mechanism; where it departs from it, the item concerned says why.

pub mod freshness;
pub mod overlap;
pub mod params;
pub mod peers;
pub mod policy;
pub mod sampling;
pub mod scores;
pub mod state;
pub mod sync;
pub mod weights;

pub use params::Params;
pub use policy::Policy;
pub use state::{Observations, Outcome, State, Verdict};
