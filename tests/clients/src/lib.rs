// SPDX-License-Identifier: Apache-2.0

//! Public clients that nobody here wrote, run against a real node over real sockets, each in an environment of its own
//! whose every package is pinned. `install.sh` makes the environments; `python` and `javascript` hold the scripts.

pub mod metadata;
pub mod scripts;

use std::env;
use std::path::PathBuf;

/// The folder of this crate in the checkout that the test runs in: asked of cargo at run time, since checkouts may share a
/// target folder, and a path compiled in may be another one's.
pub fn folder() -> PathBuf {
	env::var_os("CARGO_MANIFEST_DIR").expect("tests are run by cargo").into()
}
