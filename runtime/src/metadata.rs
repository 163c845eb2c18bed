// SPDX-License-Identifier: Apache-2.0
//! The runtime's metadata in the form that clients can read.
//!
//! bittensor 9 takes type ids from metadata V14 and looks them up in the registry of V15. Since frame-metadata 23 the
//! two number types differently, because V15 registers the extrinsic's types before the pallets'. Here V15 registers the
//! pallets' first, as V14 does, so that both give every type of a pallet the same id.

use codec::Encode;
use frame_metadata::{
	v15::{CustomMetadata, ExtrinsicMetadata, OuterEnums, PalletMetadata, RuntimeApiMetadata, RuntimeMetadataV15},
	RuntimeMetadataPrefixed,
};
use scale_info::{IntoPortable, Registry};
use sp_core::OpaqueMetadata;
use sp_metadata_ir::MetadataIR;

use crate::Runtime;

/// Metadata of the given version, if the runtime serves it.
pub fn at_version(version: u32) -> Option<OpaqueMetadata> {
	if version == 15 {
		return Some(OpaqueMetadata::new(v15(Runtime::metadata_ir()).encode()));
	}
	Runtime::metadata_at_version(version)
}

fn v15(ir: MetadataIR) -> RuntimeMetadataPrefixed {
	let mut registry = Registry::new();
	let pallets = registry.map_into_portable(ir.pallets.into_iter().map(PalletMetadata::from));
	let extrinsic = ExtrinsicMetadata::from(ir.extrinsic).into_portable(&mut registry);
	let ty = registry.register_type(&ir.ty);
	let apis = registry.map_into_portable(ir.apis.into_iter().map(RuntimeApiMetadata::from));
	let outer_enums = OuterEnums::from(ir.outer_enums).into_portable(&mut registry);
	let metadata = RuntimeMetadataV15 {
		types: registry.into(),
		pallets,
		extrinsic,
		ty,
		apis,
		outer_enums,
		custom: CustomMetadata { map: Default::default() },
	};
	metadata.into()
}
