// SPDX-License-Identifier: Apache-2.0
//! Every defect and surprise of the reference chain, by its id in `DECISIONS.md`: impossible here, or as chosen.

mod emission;
mod epoch;
mod root;
mod row;
mod today;
