// SPDX-License-Identifier: Apache-2.0
//! The record of a commitment, in the encoding and with the type description that clients know.

use alloc::{vec, vec::Vec};

use codec::{Decode, DecodeWithMemTracking, Encode, EncodeLike, Error, Input, MaxEncodedLen, Output};
use frame_support::{
	pallet_prelude::{BoundedVec, ConstU32, Get},
	CloneNoBound, DebugNoBound, EqNoBound, PartialEqNoBound,
};
use scale_info::{build::Variants, Path, Type, TypeInfo};

/// Longest raw data, in bytes.
const MAX_RAW: u32 = 128;
/// Index of the first variant after `Raw0` to `Raw128`.
const FIRST_HASH: u8 = 130;

/// One field: raw bytes, or the hash of something kept elsewhere.
///
/// On the wire and in metadata raw data of n bytes is a variant of its own, `Rawn` with index n + 1: clients send and
/// read `{"Raw5": "hello"}`. The description is therefore written by hand below.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Data {
	/// Nothing.
	None,
	/// Up to 128 bytes.
	Raw(BoundedVec<u8, ConstU32<MAX_RAW>>),
	/// BLAKE2 hash of 32 bytes.
	BlakeTwo256([u8; 32]),
	/// SHA-2 hash of 32 bytes.
	Sha256([u8; 32]),
	/// Keccak hash of 32 bytes.
	Keccak256([u8; 32]),
	/// SHA-3 hash of 32 bytes.
	ShaThree256([u8; 32]),
}

impl Encode for Data {
	fn size_hint(&self) -> usize {
		match self {
			Data::None => 1,
			Data::Raw(bytes) => bytes.len().saturating_add(1),
			_ => 33,
		}
	}

	fn encode_to<Dest: Output + ?Sized>(&self, dest: &mut Dest) {
		let (index, bytes): (u8, &[u8]) = match self {
			Data::None => (0, &[]),
			Data::Raw(bytes) => ((bytes.len() as u8).saturating_add(1), bytes), // At most 128 + 1.
			Data::BlakeTwo256(hash) => (FIRST_HASH, hash),
			Data::Sha256(hash) => (FIRST_HASH + 1, hash),
			Data::Keccak256(hash) => (FIRST_HASH + 2, hash),
			Data::ShaThree256(hash) => (FIRST_HASH + 3, hash),
		};
		dest.push_byte(index);
		dest.write(bytes);
	}
}

impl EncodeLike for Data {}

impl Decode for Data {
	fn decode<I: Input>(input: &mut I) -> Result<Self, Error> {
		Ok(match input.read_byte()? {
			0 => Data::None,
			index @ 1..FIRST_HASH => {
				let mut bytes = vec![0u8; usize::from(index.saturating_sub(1))];
				input.read(&mut bytes)?;
				Data::Raw(BoundedVec::try_from(bytes).map_err(|_| Error::from("raw data too long"))?)
			},
			FIRST_HASH => Data::BlakeTwo256(Decode::decode(input)?),
			131 => Data::Sha256(Decode::decode(input)?),
			132 => Data::Keccak256(Decode::decode(input)?),
			133 => Data::ShaThree256(Decode::decode(input)?),
			_ => return Err(Error::from("no such kind of data")),
		})
	}
}

impl DecodeWithMemTracking for Data {}

impl MaxEncodedLen for Data {
	fn max_encoded_len() -> usize {
		1 + MAX_RAW as usize
	}
}

/// Adds the variants `Raw$n`, whose content is a fixed array of n bytes.
macro_rules! raw_variants {
	($variants:expr, $($n:literal)*) => {{
		let variants = $variants;
		$(
			let variants = variants.variant(concat!("Raw", $n), |variant| {
				let fields = scale_info::build::Fields::unnamed().field(|field| field.ty::<[u8; $n]>());
				variant.index($n + 1).fields(fields)
			});
		)*
		variants
	}};
}

impl TypeInfo for Data {
	type Identity = Self;

	fn type_info() -> Type {
		let none = Variants::new().variant("None", |variant| variant.index(0));
		let mut variants = raw_variants!(none,
			0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23 24 25 26 27 28 29 30 31 32 33 34 35 36 37 38 39 40
			41 42 43 44 45 46 47 48 49 50 51 52 53 54 55 56 57 58 59 60 61 62 63 64 65 66 67 68 69 70 71 72 73 74 75 76 77 78
			79 80 81 82 83 84 85 86 87 88 89 90 91 92 93 94 95 96 97 98 99 100 101 102 103 104 105 106 107 108 109 110 111
			112 113 114 115 116 117 118 119 120 121 122 123 124 125 126 127 128
		);
		for (index, name) in (FIRST_HASH..).zip(["BlakeTwo256", "Sha256", "Keccak256", "ShaThree256"]) {
			variants = variants.variant(name, |variant| {
				let fields = scale_info::build::Fields::unnamed().field(|field| field.ty::<[u8; 32]>());
				variant.index(index).fields(fields)
			});
		}
		Type::builder().path(Path::new("Data", module_path!())).variant(variants)
	}
}

/// What a hotkey publishes.
#[derive(
	CloneNoBound,
	DebugNoBound,
	PartialEqNoBound,
	EqNoBound,
	Encode,
	Decode,
	DecodeWithMemTracking,
	MaxEncodedLen,
	TypeInfo,
)]
#[codec(mel_bound())]
#[scale_info(skip_type_params(MaxFields))]
pub struct CommitmentInfo<MaxFields: Get<u32>> {
	/// Its fields; most commitments have one.
	pub fields: BoundedVec<Data, MaxFields>,
}

impl<MaxFields: Get<u32>> CommitmentInfo<MaxFields> {
	/// A commitment of one field of raw bytes; none if they are too many.
	pub fn raw(bytes: Vec<u8>) -> Option<Self> {
		let field = Data::Raw(BoundedVec::try_from(bytes).ok()?);
		Some(Self { fields: BoundedVec::try_from(vec![field]).ok()? })
	}
}

/// A commitment as kept in storage.
#[derive(CloneNoBound, DebugNoBound, PartialEqNoBound, EqNoBound, Encode, Decode, MaxEncodedLen, TypeInfo)]
#[codec(mel_bound(BlockNumber: MaxEncodedLen))]
#[scale_info(skip_type_params(MaxFields))]
pub struct Registration<BlockNumber, MaxFields>
where
	BlockNumber: Clone + core::fmt::Debug + PartialEq + Eq,
	MaxFields: Get<u32>,
{
	/// Held for it, in rao; always 0, since hotkeys hold no balance.
	pub deposit: u64,
	/// Block of publication.
	pub block: BlockNumber,
	/// What was published.
	pub info: CommitmentInfo<MaxFields>,
}
