// SPDX-License-Identifier: Apache-2.0

//! Files that are there whole or not at all, also when the machine stops in between.

use std::fs::File;
use std::io::{self, Write as _};
use std::path::Path;

use tempfile::NamedTempFile;

/// Replaces the file at `path`; its folder must exist.
pub fn write(path: &Path, bytes: &[u8]) -> io::Result<()> {
	let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
	let mut file = NamedTempFile::new_in(folder)?;
	file.write_all(bytes)?;
	file.as_file().sync_all()?;
	file.persist(path).map_err(|error| error.error)?;
	// The name is only safe once its folder is.
	File::open(folder)?.sync_all()
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn a_file_is_replaced_and_nothing_else_is_left() {
		let folder = tempfile::tempdir().expect("a folder can be made");
		let path = folder.path().join("state.json");
		write(&path, b"one").expect("it can be written");
		write(&path, b"two").expect("it can be replaced");
		assert_eq!(std::fs::read(&path).expect("it is there"), b"two");
		assert_eq!(std::fs::read_dir(folder.path()).expect("it is there").count(), 1);
	}
}
