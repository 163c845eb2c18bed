// SPDX-License-Identifier: Apache-2.0

//! One program for all end-to-end tests, so that they run side by side.

mod authorities;
mod calls;
mod clock;
mod emission;
mod flags;
mod hostile;
mod instant;
mod kills;
mod late;
mod manual;
mod node_only;
mod refusals;
mod restart;
mod s3;
mod surface;
mod training;
