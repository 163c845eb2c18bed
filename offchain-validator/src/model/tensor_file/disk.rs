// SPDX-License-Identifier: Apache-2.0

//! Such files on a disk: written whole or not at all, read one tensor at a time.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, Read as _, Write as _};
use std::os::unix::fs::FileExt as _;
use std::path::Path;

use tempfile::NamedTempFile;

use super::header::{check_size, header, parse};
use super::{max_bytes, TensorFileError, TensorSpec, PREFIX};

/// An open file of known tensors. Its header has been checked, its numbers have not.
#[derive(Debug)]
pub(crate) struct TensorFile {
	file: File,
	/// Where the data begins.
	data: usize,
	places: Vec<(usize, usize)>,
	metadata: BTreeMap<String, String>,
}

/// Why a file cannot be opened.
#[derive(Debug)]
pub(crate) enum OpenError {
	/// The file system refused.
	File(io::Error),
	/// It is not the file it should be.
	Contents(TensorFileError),
}

impl From<io::Error> for OpenError {
	fn from(error: io::Error) -> Self {
		Self::File(error)
	}
}

impl From<TensorFileError> for OpenError {
	fn from(error: TensorFileError) -> Self {
		Self::Contents(error)
	}
}

impl TensorFile {
	/// Opens a file that must hold exactly `specs`, with metadata of at most so many bytes. Of a file that does not, no more
	/// is read than the header, and of that no more than it can need.
	pub(crate) fn open(path: &Path, specs: &[TensorSpec], metadata: usize) -> Result<Self, OpenError> {
		let mut file = File::open(path)?;
		let max = max_bytes(specs, metadata);
		let size = usize::try_from(file.metadata()?.len()).unwrap_or(usize::MAX);
		if size > max {
			return Err(TensorFileError::TooLarge { size, max }.into());
		}
		let Some(rest) = size.checked_sub(PREFIX) else {
			return Err(TensorFileError::CutOff { needed: PREFIX as u64, size }.into());
		};
		let mut prefix = [0; PREFIX];
		file.read_exact(&mut prefix)?;
		let length = u64::from_le_bytes(prefix);
		let Some(header) = usize::try_from(length).ok().filter(|length| *length <= rest) else {
			return Err(TensorFileError::CutOff { needed: length.saturating_add(PREFIX as u64), size }.into());
		};
		check_size(header, specs, max)?;
		let mut text = vec![0; header];
		file.read_exact(&mut text)?;
		let (metadata, places) = parse(&text, rest - header, specs, max)?;
		Ok(Self { file, data: PREFIX + header, places, metadata })
	}

	/// What the file says about itself.
	pub(crate) fn metadata(&self) -> &BTreeMap<String, String> {
		&self.metadata
	}

	/// The bytes of the tensor at `index` of those asked for; none if there are not so many.
	pub(crate) fn tensor(&self, index: usize) -> io::Result<Vec<u8>> {
		let (start, end) = self.places.get(index).copied().unwrap_or_default();
		let mut bytes = vec![0; end - start];
		self.file.read_exact_at(&mut bytes, (self.data + start) as u64)?;
		Ok(bytes)
	}
}

/// Writes the file of `specs` anew, with the bytes that `tensor` gives for each. It holds either what it held before or all
/// of that, even after a crash.
pub(crate) fn save(
	path: &Path,
	metadata: &BTreeMap<String, String>,
	specs: &[TensorSpec],
	mut tensor: impl FnMut(usize) -> Vec<u8>,
) -> io::Result<()> {
	let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
	let mut file = NamedTempFile::new_in(folder)?;
	file.write_all(&header(metadata, specs))?;
	for (index, spec) in specs.iter().enumerate() {
		let bytes = tensor(index);
		debug_assert_eq!(bytes.len(), spec.bytes());
		file.write_all(&bytes)?;
	}
	file.as_file().sync_all()?;
	file.persist(path)?;
	File::open(folder)?.sync_all() // Else the new name may be lost in a crash, and with it nothing but this step.
}
