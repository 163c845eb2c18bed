// SPDX-License-Identifier: Apache-2.0
//! The straightforward published algorithms, which the benches measure against.
//!
//! Written afresh from their description (`tests/vectors/chain/README.md`), in the plainest form and with the reference's
//! number formats, so they also round and fail as it does: `tests/golden/tests/baseline` holds them to its recorded
//! results, bit for bit. Nothing of this is compiled into the crate.

pub mod epoch;
pub mod root;
