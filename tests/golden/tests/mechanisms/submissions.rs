// SPDX-License-Identifier: Apache-2.0
//! When a submission was uploaded, and whose it is.

use std::collections::BTreeMap;

use golden::{cases, recording, Tally};
use mechanisms::{
	templar::{
		freshness::{Freshness, OpenSpan},
		overlap::{copies, offenders, overlaps, Level, ParameterIndices, Submission},
	},
	Policy, Uid,
};
use serde::Deserialize;

#[derive(Deserialize)]
struct Upload {
	last_modified_s: Option<f64>,
	time_min_s: Option<f64>,
	time_max_s: Option<f64>,
	status: String,
}

/// The recorded times are seconds from some origin, in whole milliseconds.
fn milliseconds(seconds: f64) -> u64 {
	const ORIGIN: f64 = 1_000_000_000.0;
	((ORIGIN + seconds) * 1_000.0).round() as u64
}

/// Trap 6. But for one rule: an upload in the second in which the span opens is in time with us, since stores round down to whole
/// seconds. Uploads without a time, and objects read without bounds, are not judged here.
#[test]
fn uploads_are_early_or_late_where_the_reference_finds_them_so() {
	const FILE: &str = "mechanisms/freshness.json";
	let mut tally = Tally::default();
	for case in cases::<Upload>(FILE) {
		let (Some(uploaded), Some(opens), Some(closes)) = (case.last_modified_s, case.time_min_s, case.time_max_s)
		else {
			tally.under("without a time or a bound");
			continue;
		};
		let span = OpenSpan::after(milliseconds(opens), (closes - opens).round() as u64);
		assert_eq!(span.closes_ms, milliseconds(closes));
		let expected = match case.status.as_str() {
			"TOO_EARLY" if uploaded >= opens.floor() => {
				tally.under("of those in the second in which the span opens");
				Freshness::InTime
			},
			"TOO_EARLY" => Freshness::TooEarly,
			"TOO_LATE" => Freshness::TooLate,
			"IN_WINDOW" => Freshness::InTime,
			other => panic!("unknown status {other}"),
		};
		assert_eq!(span.judge(milliseconds(uploaded)), expected, "{uploaded} in {opens}..{closes}");
		tally.compared();
	}
	tally.finish(FILE, 9);
}

const OVERLAPS: &str = "mechanisms/overlap_head.json";

#[derive(Deserialize)]
struct OverlapCase {
	uids: Vec<Uid>,
	timestamps: BTreeMap<Uid, f64>,
	threshold: f64,
	/// By parameter, then by peer, then by chunk.
	indices: BTreeMap<String, Vec<Vec<Vec<u16>>>>,
	result: OverlapResult,
}

#[derive(Deserialize)]
struct OverlapResult {
	pairs_checked: usize,
	mean_overlap: f64,
	min_overlap: f64,
	max_overlap: f64,
	pairs_over_thresh: Vec<(Uid, Uid, f64)>,
	uids_over_thresh: BTreeMap<Uid, Level>,
}

/// One list of indices per parameter and peer.
fn flat_indices(case: &OverlapCase) -> Vec<(usize, Vec<Vec<u16>>)> {
	let flat = |peers: &Vec<Vec<Vec<u16>>>| (peers[0][0].len(), peers.iter().map(|chunks| chunks.concat()).collect());
	case.indices.values().map(flat).collect()
}

fn submissions<'a>(case: &OverlapCase, indices: &'a [(usize, Vec<Vec<u16>>)]) -> Vec<Submission<'a>> {
	let submission = |(position, uid): (usize, &Uid)| Submission {
		uid: *uid,
		// A time of zero is that of an upload without one.
		uploaded_ms: Some((case.timestamps[uid] * 1_000.0) as u64).filter(|time| *time > 0),
		binary_average: 0.0,
		parameters: indices
			.iter()
			.map(|(per_chunk, peers)| ParameterIndices { per_chunk: *per_chunk, indices: &peers[position] })
			.collect(),
	};
	case.uids.iter().enumerate().map(submission).collect()
}

/// Figures are equal, but for the rounding of the reference's f32; and so, as published, are offenders and levels.
#[test]
fn overlaps_are_those_of_the_reference() {
	let mut tally = Tally::default();
	for case in cases::<OverlapCase>(OVERLAPS) {
		let indices = flat_indices(&case);
		let submissions = submissions(&case, &indices);
		let shares: Vec<f64> = overlaps(&submissions).expect("one layout").iter().map(|pair| pair.share).collect();
		assert_eq!(shares.len(), case.result.pairs_checked);
		if !shares.is_empty() {
			let OverlapResult { mean_overlap, min_overlap, max_overlap, .. } = case.result;
			let mean = shares.iter().sum::<f64>() / shares.len() as f64;
			tally.close("mean", (mean, mean_overlap), 1e-6, "a gather");
			tally.close("least", (shares.iter().copied().fold(1.0, f64::min), min_overlap), 1e-6, "a gather");
			tally.close("most", (shares.iter().copied().fold(0.0, f64::max), max_overlap), 1e-6, "a gather");
		}

		let copied = copies(&submissions, case.threshold, Policy::AsPublished).expect("one layout");
		assert_eq!(copied.len(), case.result.pairs_over_thresh.len());
		for (copied, (first, second, share)) in copied.iter().zip(&case.result.pairs_over_thresh) {
			tally.close("share", (copied.share, *share), 1e-6, first);
			assert!([(*first, *second), (*second, *first)].contains(&(copied.offender, copied.original)));
		}
		let level = |(uid, share)| (uid, Level::of(share).expect("a share"));
		let levels: BTreeMap<Uid, Level> = offenders(&copied, Policy::AsPublished).into_iter().map(level).collect();
		assert_eq!(levels, case.result.uids_over_thresh);
		tally.compared();
	}
	tally.finish(OVERLAPS, 5);
}

/// Of two dated uploads we blame the later one, as the reference does. It differs where both have the same time: there the
/// reference blames the one listed first, we the one with the poorer history. Without a time we blame nobody.
#[test]
fn later_uploads_are_blamed_and_undated_ones_blame_nobody() {
	let mut tally = Tally::default();
	for case in cases::<OverlapCase>(OVERLAPS) {
		let indices = flat_indices(&case);
		let copied = copies(&submissions(&case, &indices), case.threshold, Policy::Corrected).expect("one layout");
		let time = |uid: &Uid| case.timestamps[uid];
		let pairs = case.result.pairs_over_thresh.iter();
		let dated: Vec<_> = pairs.filter(|(first, second, _)| time(first) > 0.0 && time(second) > 0.0).collect();
		assert_eq!(copied.len(), dated.len());
		for (copied, (first, second, _)) in copied.iter().zip(dated) {
			if time(first) == time(second) {
				assert_eq!(copied.offender, *first.max(second));
				tally.under("pairs uploaded at the same time");
			} else {
				assert!(time(&copied.offender) > time(&copied.original));
				tally.compared();
			}
		}
	}
	tally.finish(OVERLAPS, 1);
}

#[derive(Deserialize)]
struct Levels {
	levels: Vec<(f64, String)>,
}

#[test]
fn levels_of_copies_are_those_of_the_reference() {
	let Some(Levels { levels }) = recording(OVERLAPS) else { return };
	for (share, recorded) in &levels {
		let level = serde_json::from_value::<Level>(recorded.as_str().into()).ok();
		assert_eq!(Level::of(*share), level, "{share}: {recorded}");
	}
	assert!(!levels.is_empty());
}
