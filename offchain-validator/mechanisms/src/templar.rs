// SPDX-License-Identifier: Apache-2.0
//! The mechanism of Templar: miners publish compressed gradients, validators pay those that lower the loss most.
//!
//! In each window a validator takes the gradients of listed miners ([`peers`]) and checks when each was uploaded
//! ([`freshness`]), whether it repeats another's ([`overlap`]), and how far the miner's model is from its own ([`sync`]). It
//! evaluates a few miners ([`sampling`]) on the pages assigned to them and on random ones ([`scores`]), and folds all of it
//! into [`state::State`], whose final scores become shares ([`weights`]).
//!
//! The seed version of the mechanism and its later one are two settings of [`Params`]. Where the reference is at odds with
//! its documents or open to abuse, a [`crate::Policy`] decides; where we depart from it under either, the item concerned says
//! why.

pub mod freshness;
pub mod overlap;
pub mod params;
pub mod peers;
pub mod sampling;
pub mod scores;
pub mod state;
pub mod sync;
pub mod weights;

pub use params::Params;
pub use state::{Observations, Outcome, State, Verdict};
