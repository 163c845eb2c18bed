// SPDX-License-Identifier: Apache-2.0

use super::super::hparams;
use super::super::store::tests::server::{Answer, Server};
use super::*;

fn limits() -> Limits {
	hparams::tests::read("hparams/localnet-finetuning.json").expect("they hold").samples
}

fn line(number: usize) -> String {
	format!("{{\"prompt\": \"p{number}\", \"response\": \"r{number}\"}}\n")
}

fn lines(numbers: std::ops::Range<usize>) -> String {
	numbers.map(line).collect()
}

/// Prompts without their `p`.
fn numbers<'a>(samples: impl IntoIterator<Item = &'a Sample>) -> Vec<usize> {
	samples.into_iter().map(|sample| sample.prompt[1..].parse().expect("a number")).collect()
}

fn pool(count: usize) -> Pool {
	Pool::parse(lines(0..count).as_bytes(), usize::MAX)
}

#[tokio::test]
async fn all_files_of_a_folder_are_read_by_name() {
	let folder = tempfile::tempdir().expect("a folder can be made");
	fs::write(folder.path().join("b.jsonl"), lines(2..4)).expect("it can be written");
	fs::write(folder.path().join("a.jsonl"), lines(0..2).trim_end()).expect("it can be written");
	fs::write(folder.path().join("c.txt"), lines(4..6)).expect("it can be written");
	let source: Source = folder.path().display().to_string().parse().expect("a folder");
	let pool = source.read(&limits()).await.expect("there are samples");
	assert_eq!((numbers(&pool.samples), pool.bad_lines), (vec![0, 1, 2, 3], 0));

	let few = Limits { max_bytes: (line(0).len() * 5 / 2) as u64, ..limits() };
	let pool = source.read(&few).await.expect("there are samples");
	assert_eq!((numbers(&pool.samples), pool.bad_lines), (vec![0, 1], 1), "the line cut off is none");
	let few = Limits { max_samples: 3, ..limits() };
	assert_eq!(source.read(&few).await.expect("there are samples").samples.len(), 3);
}

#[tokio::test]
async fn without_a_sample_there_is_an_error() {
	let folder = tempfile::tempdir().expect("a folder can be made");
	let source = Source::Folder(folder.path().into());
	assert!(matches!(source.read(&limits()).await, Err(SamplesError::Nothing { bad_lines: 0 })));
	fs::write(folder.path().join("a.jsonl"), "{}\nrubbish\n").expect("it can be written");
	assert!(matches!(source.read(&limits()).await, Err(SamplesError::Nothing { bad_lines: 2 })));
	let missing = Source::Folder(folder.path().join("missing"));
	assert!(matches!(missing.read(&limits()).await, Err(SamplesError::Read { .. })));
}

#[test]
fn bad_lines_are_counted_and_harm_no_other() {
	let bad = "{\"prompt\": \"p\"}\n[]\n\u{0}\n{\"prompt\": \"\", \"response\": \"r\"}\n{\"prompt\": 1, \"response\": \"r\"}\n";
	let text = format!("{}{bad}\n  \n{}", line(0), line(1));
	let pool = Pool::parse(text.as_bytes(), usize::MAX);
	assert_eq!((numbers(&pool.samples), pool.bad_lines), (vec![0, 1], 5));
	assert_eq!(Pool::parse(&[0xff; 9], usize::MAX).bad_lines, 1);
}

#[test]
fn a_block_draws_the_same_for_everybody_and_another_block_others() {
	let pool = pool(100);
	let drawn = numbers(pool.draw(&[7; 32], "samples", 10));
	assert_eq!(drawn, numbers(pool.draw(&[7; 32], "samples", 10)));
	assert_ne!(drawn, numbers(pool.draw(&[8; 32], "samples", 10)));
	let mut all = numbers(pool.draw(&[7; 32], "samples", 1_000));
	all.sort_unstable();
	assert_eq!(all, (0..100).collect::<Vec<_>>(), "each at most once");
}

#[test]
fn parts_are_disjoint_and_together_all() {
	let pool = pool(30);
	let sorted = |mut numbers: Vec<usize>| {
		numbers.sort_unstable();
		numbers
	};
	let parts: Vec<Vec<usize>> = (0..4).map(|uid| numbers(pool.part(uid, 3))).collect();
	assert_eq!(sorted(parts[..3].concat()), (0..30).collect::<Vec<_>>());
	assert_eq!(sorted(parts[3].clone()), sorted(parts[0].clone()), "uids above the parts share them");
	assert_ne!(parts[3], parts[0], "but not their order");
}

#[test]
fn text_is_cut_into_prompts_and_what_follows() {
	let samples = cut("äbcdefgh-rest", 1, 3);
	assert_eq!(samples[0], Sample { prompt: "ä".into(), response: "bcd".into() });
	assert_eq!(samples.len(), 3);
	let lines = to_lines(&samples).expect("they are JSON");
	assert_eq!(Pool::parse(&lines, usize::MAX).samples, samples);
	assert!(cut("abc", 0, 1).is_empty());
}

#[tokio::test]
async fn a_url_is_read_as_far_as_allowed_and_not_waited_for() {
	let server = Server::start(|path| match path {
		"/samples.jsonl" => Answer::Body(lines(0..3).into()),
		"/endless" => Answer::Endless,
		"/silent" => Answer::Nothing,
		_ => Answer::Status(404),
	});
	let read = |path: &str, limits: Limits| {
		let source: Source = format!("{}{path}", server.endpoint).parse().expect("a URL");
		async move { source.read(&limits).await }
	};
	assert_eq!(numbers(&read("/samples.jsonl", limits()).await.expect("samples").samples), [0, 1, 2]);
	assert!(matches!(read("/missing", limits()).await, Err(SamplesError::Http { .. })));
	let few = Limits { max_bytes: 1_000, ..limits() };
	assert!(matches!(read("/endless", few).await, Err(SamplesError::Nothing { .. })));
	let brief = Limits { seconds: 1, ..limits() };
	assert!(matches!(read("/silent", brief).await, Err(SamplesError::Late { .. })));
}
