// SPDX-License-Identifier: Apache-2.0

//! The text that models are trained and judged on: cut once into pages of tokens, assigned by window, read by number.
//!
//! Owns the corpus on disk, how text becomes tokens, and who is to read which page. Knows no chain, no tensor and no peer:
//! a block's hash comes in as bytes, batches go out as plain numbers. All of it is blocking; an async caller uses
//! `spawn_blocking`.

mod assignment;
pub mod corpus;
pub mod dataset;
mod manifest;
pub mod pages;
pub mod pool;
mod shard;
pub mod tokenizer;
mod tokens;

pub use assignment::{Assigned, Assignment};
pub use corpus::{cut, CorpusError, Cut, CutOptions};
pub use dataset::{Batch, Dataset, DatasetError};
pub use manifest::{Manifest, Origin, Shard};
pub use pages::{assigned, Seed};
pub use tokenizer::{Tokenizer, TokenizerError, TokenizerId};
