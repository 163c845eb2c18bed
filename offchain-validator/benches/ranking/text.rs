// SPDX-License-Identifier: Apache-2.0

//! The text: sources and documents of this checkout, cut into pages and shuffled.

use std::path::{Path, PathBuf};
use std::{fs, io};

use mechanisms::numpy::Generator;

/// Folders of the checkout with text that people wrote.
const FOLDERS: [&str; 5] = ["docs", "node", "offchain-validator", "pallets", "runtime"];

/// Pages of so many bytes, in an order that only the text decides.
pub fn pages(checkout: &Path, bytes: usize) -> io::Result<Vec<Vec<u32>>> {
	let mut text = Vec::new();
	for folder in FOLDERS {
		let mut files = files(&checkout.join(folder))?;
		files.sort();
		for file in files {
			text.extend(fs::read(file)?);
			text.push(0); // Ends a document.
		}
	}
	let pages: Vec<Vec<u32>> =
		text.chunks_exact(bytes).map(|page| page.iter().copied().map(u32::from).collect()).collect();
	let order = Generator::new(1).choice(pages.len(), pages.len()).expect("as many as there are");
	Ok(order.into_iter().map(|page| pages[page].clone()).collect())
}

fn files(folder: &Path) -> io::Result<Vec<PathBuf>> {
	let mut found = Vec::new();
	for entry in fs::read_dir(folder)? {
		let path = entry?.path();
		if path.is_dir() {
			found.extend(files(&path)?);
		} else if path.extension().is_some_and(|extension| extension == "rs" || extension == "md") {
			found.push(path);
		}
	}
	Ok(found)
}
