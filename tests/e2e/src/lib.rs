// SPDX-License-Identifier: Apache-2.0

//! What the end-to-end tests share: running the real programs, and an oracle for what they should say.
//!
//! The programs are not built from here: `ROOT_WEIGHTS_BIN_DIR` names the folder they are in, or else they are beside the
//! tests in the target folder.

pub mod link;
pub mod oracle;
pub mod programs;
pub mod random;
pub mod rpc;
pub mod training;
