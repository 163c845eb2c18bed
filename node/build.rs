// SPDX-License-Identifier: GPL-3.0-or-later WITH Classpath-exception-2.0
//! Hands the commit to the compiler, so that `--version` and a log say which code they come from.

fn main() {
	substrate_build_script_utils::generate_cargo_keys();
	substrate_build_script_utils::rerun_if_git_head_changed();
}
