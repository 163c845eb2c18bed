// SPDX-License-Identifier: Apache-2.0

//! What can be wrong with a bucket: real files, fetched as a validator fetches them.

use std::fs::{self, File};
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use hostile::decoders::gradient::{encoded, layouts};
use hostile::decoders::object_key::WANTED;
use hostile::{Reading, OFFENDER, WINDOW};
use mechanisms::templar::freshness::OpenSpan;
use offchain_validator::bucket::{BucketAddress, BucketName, Kind, ObjectKey};
use offchain_validator::participant::{Objects, ObjectsSettings};
use offchain_validator::templar::debug::Debug;
use offchain_validator::templar::gather::{debug_samples, gather};
use tempfile::TempDir;
use tokio::runtime::{Builder, Runtime};

use crate::case::{Case, Cell, Class};

/// For tasks, threads and paths; nothing of it grows with what lies in the bucket.
const OVERHEAD: usize = 1 << 18;
/// Uploads count in the minute before now and in the one after.
const MINUTE: Duration = Duration::from_secs(60);

pub fn cell(class: Class) -> Cell {
	Cell::Cases(match class {
		Class::WrongShape
		| Class::Missing
		| Class::Extra
		| Class::Duplicate
		| Class::OutOfRange
		| Class::NotANumber
		| Class::Infinite
		| Class::Huge
		| Class::MalformedSamples
		| Class::LyingHeader => return Cell::None("it does not look into objects"),
		Class::Truncated => vec![
			case("an empty object", |place| fs::write(place.object(), b""), "invalid: cut off"),
			case("half an object", |place| fs::write(place.object(), &gradient()[..300]), "invalid: cut off"),
		],
		Class::Oversized => vec![
			case("a terabyte of nothing", |place| sparse(&place.object(), 1 << 40), "too large: 1099511627776 bytes"),
			case("every name but ours", |place| many(&place.bucket()), "missing"),
		],
		Class::WrongWindow => vec![
			case("too early", move |place| place.put_at(SystemTime::now() - 2 * MINUTE), "uploaded before the window"),
			case("too late", move |place| place.put_at(SystemTime::now() + 2 * MINUTE), "uploaded after the deadline"),
			case(
				"before time began",
				move |place| place.put_at(SystemTime::UNIX_EPOCH - MINUTE),
				"bucket cannot be read",
			),
			case("under another window", move |place| place.put_as(ObjectKey { window: 8, ..WANTED }), "missing"),
		],
		Class::WrongKey => vec![
			case("under another uid", move |place| place.put_as(ObjectKey { uid: 3, ..WANTED }), "missing"),
			case("as another kind", move |place| place.put_as(ObjectKey { kind: Kind::Debug, ..WANTED }), "missing"),
			case(
				"another miner's object",
				move |place| fs::write(place.object(), encoded(WINDOW, 3)),
				"invalid: from uid 3",
			),
		],
		Class::HostileCommitment => vec![
			case("no bucket", |place| fs::remove_dir(place.bucket()), "missing"),
			case(
				"a file for a bucket",
				|place| replace(&place.bucket(), |at| fs::write(at, b"")),
				"bucket cannot be read",
			),
			case(
				"a link for a bucket",
				|place| replace(&place.bucket(), |at| symlink("/", at)),
				"bucket cannot be read",
			),
			case("a link for an object", |place| symlink("/dev/zero", place.object()), "bucket cannot be read"),
			case("a folder for an object", |place| fs::create_dir(place.object()), "bucket cannot be read"),
		],
	})
}

fn gradient() -> Vec<u8> {
	encoded(WINDOW, OFFENDER)
}

/// Samples of a model in a bucket.
pub fn debug(what: &'static str, object: Vec<u8>, expected: &str) -> Case {
	let place = Place::new();
	let key = ObjectKey { kind: Kind::Debug, ..WANTED };
	fs::write(place.bucket().join(key.to_string()), object).expect("it can be written");
	let read = move || {
		let fetching = debug_samples(&place.objects, [place.offender()], WINDOW, Debug::max_bytes(2));
		let found = place.runtime.block_on(fetching).expect("our side is sound");
		Reading::of_debug(found.get(&OFFENDER))
	};
	Case::new(what, OVERHEAD, expected, read)
}

/// A gradient, or what is in its place, in a bucket.
fn case(what: &'static str, prepare: impl FnOnce(&Place) -> std::io::Result<()>, expected: &str) -> Case {
	let place = Place::new();
	prepare(&place).expect("it can be written");
	let read = move || {
		let (layouts, open) = (Arc::new(layouts()), around_now());
		let fetching = gather(&place.objects, [place.offender()], WINDOW, &open, &layouts);
		let mut found = place.runtime.block_on(fetching).expect("our side is sound");
		found.remove(&OFFENDER).expect("each miner gets a verdict").into()
	};
	Case::new(what, OVERHEAD, expected, read)
}

fn around_now() -> OpenSpan {
	let ms = |at: SystemTime| at.duration_since(SystemTime::UNIX_EPOCH).map_or(0, |since| since.as_millis() as u64);
	OpenSpan { opens_ms: ms(SystemTime::now() - MINUTE), closes_ms: ms(SystemTime::now() + MINUTE) }
}

/// A folder with the offender's bucket in it, and a validator that reads it.
struct Place {
	root: TempDir,
	objects: Objects,
	runtime: Runtime,
}

impl Place {
	fn new() -> Self {
		let root = tempfile::tempdir().expect("a folder can be made");
		let runtime = Builder::new_current_thread().enable_all().build().expect("it can be started");
		let name = BucketName::new("validator").expect("it is a name");
		let objects = Objects::open(ObjectsSettings::local(name, root.path()), 0, 100).expect("our bucket can be made");
		let place = Self { root, objects, runtime };
		fs::create_dir(place.bucket()).expect("a folder can be made");
		place
	}

	fn offender(&self) -> (u16, BucketAddress) {
		(OFFENDER, address("offender"))
	}

	fn bucket(&self) -> PathBuf {
		self.root.path().join("offender")
	}

	fn object(&self) -> PathBuf {
		self.bucket().join(WANTED.to_string())
	}

	fn put_as(&self, key: ObjectKey) -> std::io::Result<()> {
		fs::write(self.bucket().join(key.to_string()), gradient())
	}

	fn put_at(&self, changed: SystemTime) -> std::io::Result<()> {
		self.put_as(WANTED)?;
		File::options().write(true).open(self.object())?.set_modified(changed)
	}
}

fn address(name: &str) -> BucketAddress {
	BucketAddress::Local(BucketName::new(name).expect("it is a name"))
}

fn sparse(path: &Path, bytes: u64) -> std::io::Result<()> {
	File::create(path)?.set_len(bytes)
}

fn many(bucket: &Path) -> std::io::Result<()> {
	(0..100).try_for_each(|window| fs::write(bucket.join(format!("gradient-{window}-3-v1.safetensors")), b""))
}

fn replace(bucket: &Path, with: impl FnOnce(&Path) -> std::io::Result<()>) -> std::io::Result<()> {
	fs::remove_dir(bucket)?;
	with(bucket)
}
