// SPDX-License-Identifier: Apache-2.0

//! What of a node's metadata is checked in, for code to be generated from.

use std::collections::BTreeSet;
use std::path::PathBuf;

use codec::{Decode, Encode};
use frame_metadata::v14::{PalletMetadata, RuntimeMetadataV14, StorageEntryType};
use frame_metadata::{RuntimeMetadata, RuntimeMetadataPrefixed};
use scale_info::form::PortableForm;
use scale_info::{PortableRegistry, Type, TypeDef, TypeDefTuple};

use crate::folder;

/// Pallets that the generated code has.
const PALLETS: [&str; 6] = ["System", "Balances", "SubtensorModule", "Utility", "Sudo", "Commitments"];

/// Where it is checked in.
pub fn file() -> PathBuf {
	folder().join("metadata.scale")
}

/// The part of a node's metadata, version 14, that is needed: some pallets and the types they use. Without constants, of
/// which some change with each version, and without documentation.
pub fn stripped(served: &[u8]) -> Vec<u8> {
	let RuntimeMetadataPrefixed(prefix, metadata) =
		RuntimeMetadataPrefixed::decode(&mut &*served).expect("a node serves metadata");
	let RuntimeMetadata::V14(mut metadata) = metadata else { panic!("not metadata of version 14") };
	metadata.pallets.retain(|pallet| PALLETS.contains(&pallet.name.as_str()));
	metadata.pallets.iter_mut().for_each(forget_constants_and_docs);
	forget_types(&mut metadata);
	RuntimeMetadataPrefixed(prefix, RuntimeMetadata::V14(metadata)).encode()
}

fn forget_constants_and_docs(pallet: &mut PalletMetadata<PortableForm>) {
	pallet.constants.clear();
	pallet.storage.iter_mut().flat_map(|storage| &mut storage.entries).for_each(|entry| entry.docs.clear());
}

/// Leaves nothing in the place of types that are not used, so that the others keep their numbers.
fn forget_types(metadata: &mut RuntimeMetadataV14) {
	let used = used_types(metadata);
	for (id, place) in metadata.types.types.iter_mut().enumerate() {
		let ty = &mut place.ty;
		if !used.contains(&(id as u32)) {
			*ty = Type::new(Default::default(), [], TypeDef::Tuple(TypeDefTuple::new_portable([])), Vec::new());
		}
		ty.docs.clear();
		match &mut ty.type_def {
			TypeDef::Composite(composite) => composite.fields.iter_mut().for_each(|field| field.docs.clear()),
			TypeDef::Variant(variants) => {
				for variant in &mut variants.variants {
					variant.docs.clear();
					variant.fields.iter_mut().for_each(|field| field.docs.clear());
				}
			},
			_ => {},
		}
	}
}

/// The numbers of all types that the pallets and the transactions reach.
fn used_types(metadata: &RuntimeMetadataV14) -> BTreeSet<u32> {
	let mut named = vec![metadata.ty.id, metadata.extrinsic.ty.id];
	for extension in &metadata.extrinsic.signed_extensions {
		named.extend([extension.ty.id, extension.additional_signed.id]);
	}
	for pallet in &metadata.pallets {
		named.extend(pallet.calls.iter().map(|calls| calls.ty.id));
		named.extend(pallet.event.iter().map(|event| event.ty.id));
		named.extend(pallet.error.iter().map(|error| error.ty.id));
		for entry in pallet.storage.iter().flat_map(|storage| &storage.entries) {
			match &entry.ty {
				StorageEntryType::Plain(value) => named.push(value.id),
				StorageEntryType::Map { key, value, .. } => named.extend([key.id, value.id]),
			}
		}
	}
	let mut registry: PortableRegistry = metadata.types.clone();
	registry.retain(|id| named.contains(&id)).into_keys().collect()
}
