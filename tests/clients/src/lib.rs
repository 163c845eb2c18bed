// SPDX-License-Identifier: Apache-2.0

//! Public clients that nobody here wrote, run against a real node over real sockets, each in an environment of its own
//! whose every package is pinned. `install.sh` makes the environments; `python` and `javascript` hold the scripts.

pub mod metadata;
pub mod scripts;
