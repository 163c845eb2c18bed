// SPDX-License-Identifier: Apache-2.0

//! The mechanism of Boltzmann at work: miners train on pages of their own and publish a part of their parameters,
//! everybody takes over the mean, validators pay for steps along the gradient.
//!
//! A window in order, the same for miner and validator but for the measuring:
//! 1. The window ends. The hash of its sync block says which elements of each parameter its slices hold ([`mod@slice`]),
//!    so that nobody knew them while it trained. The reference takes them from the window's number.
//! 2. While uploads are open each miner puts two slices into its bucket: of the parameters it began the window with, the
//!    *state*, and of those its training led to, the *delta*, which is a slice as well and no difference.
//! 3. All slices are fetched ([`gather`]). Where most miners hold another state than this node, the node takes theirs; then
//!    the deltas are held against it ([`acceptance`]).
//! 4. A validator draws miners by the hash of the first block after uploads have closed, computes its own gradient on
//!    their pages and scores their steps by it. It saves, and sets weights every few windows; the reference sets none.
//! 5. The mean of the accepted deltas is written into the model, bit for bit the same on all nodes.

pub mod acceptance;
#[cfg(feature = "torch")]
pub mod engine;
pub mod gather;
pub mod hparams;
#[cfg(feature = "torch")]
pub mod miner;
#[cfg(feature = "torch")]
mod node;
pub mod scores;
pub mod slice;
#[cfg(all(test, feature = "torch"))]
mod tests;
#[cfg(feature = "torch")]
pub mod validator;

pub use hparams::Hparams;
#[cfg(feature = "torch")]
pub use node::{NodeError, Settings};
