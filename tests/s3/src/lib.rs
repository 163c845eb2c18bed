// SPDX-License-Identifier: Apache-2.0

//! A real S3 server in a process of its own, and a proxy before it that delays, cuts and lies.
//!
//! The server is [`s3s_fs`], which keeps buckets as folders. There is no program of it to build or install: a test or
//! benchmark starts itself a second time, and that process serves.

mod keys;
mod proxy;
mod server;

pub use keys::{reader, secret, writer};
pub use proxy::{Answer, Asked, Proxy, Step};
pub use server::{serve_if_asked, Server};
