// SPDX-License-Identifier: Apache-2.0
//! Names and addresses on the web that upstream keeps of subnets and coldkeys. Nobody has any here; the types stand in
//! records that clients decode.

use alloc::vec::Vec;

use codec::{Decode, Encode};
use scale_info::TypeInfo;

/// Of a subnet; upstream's record, field for field.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, TypeInfo)]
#[allow(missing_docs, reason = "the names are those of upstream's record, which clients know")]
pub struct SubnetIdentityV3 {
	pub subnet_name: Vec<u8>,
	pub github_repo: Vec<u8>,
	pub subnet_contact: Vec<u8>,
	pub subnet_url: Vec<u8>,
	pub discord: Vec<u8>,
	pub description: Vec<u8>,
	pub logo_url: Vec<u8>,
	pub additional: Vec<u8>,
}

/// Of a coldkey; upstream's record, field for field.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, TypeInfo)]
#[allow(missing_docs, reason = "the names are those of upstream's record, which clients know")]
pub struct ChainIdentityV2 {
	pub name: Vec<u8>,
	pub url: Vec<u8>,
	pub github_repo: Vec<u8>,
	pub image: Vec<u8>,
	pub discord: Vec<u8>,
	pub description: Vec<u8>,
	pub additional: Vec<u8>,
}
