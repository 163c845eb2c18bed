// SPDX-License-Identifier: Apache-2.0

//! Tells the linker where libtorch is, so that the programs find it when they run. Every package with a program or a test
//! that links this one names this script: cargo hands link arguments to no other package.

use std::env;
use std::path::Path;

fn main() {
	println!("cargo::rerun-if-env-changed=LIBTORCH");
	// Without the variable torch-sys says what to do, if libtorch is wanted at all.
	if let Some(libtorch) = env::var_os("LIBTORCH") {
		println!("cargo::rustc-link-arg=-Wl,-rpath,{}", Path::new(&libtorch).join("lib").display());
	}
}
