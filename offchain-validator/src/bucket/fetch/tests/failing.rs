// SPDX-License-Identifier: Apache-2.0

//! Servers that are slow, overloaded or cut off.

use std::time::Instant;

use super::*;

const CONTENT: &[u8] = b"gradient";

/// A body that stops in the middle.
fn cut(answer: Answer) -> Vec<Step> {
	let half = answer.body.len() / 2;
	vec![answer.head(), Step::Send(answer.body[..half].to_vec())]
}

/// Plays `trick` on the first answer.
fn once(trick: impl Fn(Answer) -> Vec<Step>) -> impl Fn(&Asked, Answer) -> Vec<Step> {
	move |asked, answer| match asked.number {
		0 => trick(answer),
		_ => answer.whole(),
	}
}

#[tokio::test]
async fn an_honest_proxy_changes_nothing() {
	let (proxy, bucket) = through(&uploaded(CONTENT).await, |_, answer| answer.whole());
	is_object(&bucket.fetch(&KEY, None, CAP, LIMIT).await.unwrap(), CONTENT);
	assert_eq!(proxy.asked().len(), 1);
	let other = ObjectKey { window: 8, ..KEY };
	assert_eq!(bucket.fetch(&other, None, CAP, LIMIT).await.unwrap(), Fetched::Missing);
}

#[tokio::test]
async fn a_failure_that_passes_is_none() {
	is_object(&fetched(CONTENT, once(|answer| answer.status("503 Slow Down").whole())).await, CONTENT);
	is_object(&fetched(CONTENT, once(|_| vec![])).await, CONTENT);
	is_object(&fetched(CONTENT, once(cut)).await, CONTENT);
	is_object(&fetched(CONTENT, once(|_| vec![Step::Wait(LIMIT)])).await, CONTENT);
	is_object(&fetched(CONTENT, once(|answer| [cut(answer), vec![Step::Wait(LIMIT)]].concat())).await, CONTENT);
}

#[tokio::test]
async fn what_goes_on_failing_is_given_up() {
	is_unreachable(&fetched(CONTENT, |_, answer| answer.status("503 Slow Down").whole()).await, "");
	is_unreachable(&fetched(CONTENT, |_, _| vec![]).await, "");
	is_unreachable(&fetched(CONTENT, |_, answer| cut(answer)).await, "");
}

#[tokio::test]
async fn only_as_much_is_asked_for_again_as_is_missing() {
	let (proxy, bucket) = through(&uploaded(CONTENT).await, |asked, answer| {
		let is_for_the_rest = asked.head.to_lowercase().contains("range: bytes=4-7\r\n");
		match asked.number {
			0 => cut(answer),
			_ if is_for_the_rest => answer.whole(),
			_ => vec![],
		}
	});
	is_object(&bucket.fetch(&KEY, None, CAP, LIMIT).await.unwrap(), CONTENT);
	assert_eq!(proxy.asked().len(), 2);
}

#[tokio::test]
async fn nobody_takes_more_time_than_there_is() {
	let slow: [fn(Answer) -> Vec<Step>; 2] = [
		|answer| [vec![Step::Wait(LIMIT)], answer.whole()].concat(),
		|answer| {
			let bytes = answer.body.iter().flat_map(|byte| [Step::Send(vec![*byte]), Step::Wait(LIMIT / 25)]);
			[vec![answer.head()], bytes.collect()].concat()
		},
	];
	let own = uploaded(b"a gradient of many a byte").await;
	let limit = Duration::from_millis(300);
	for trick in slow {
		let (_proxy, bucket) = through(&own, move |_, answer| trick(answer));
		let began = Instant::now();
		is_unreachable(&bucket.fetch(&KEY, None, CAP, limit).await.unwrap(), "not read within 300ms");
		assert!(began.elapsed() < limit + time_for(1) + LIMIT / 5, "{:?}", began.elapsed());
	}
}

#[tokio::test]
async fn an_upload_is_tried_again() {
	let own = OwnBucket::S3(OwnKeys::of_tests(&server().account()));
	let proxy = proxy(|asked, answer| match asked.number {
		0 => answer.status("503 Slow Down").whole(),
		1 => vec![],
		_ => answer.whole(),
	});
	hasty_buckets_at(proxy.endpoint()).own(&own).unwrap().put(&KEY, CONTENT.into()).await.unwrap();
	let bucket = buckets_at(server().endpoint()).peer(&own.address()).unwrap();
	is_object(&bucket.fetch(&KEY, None, CAP, LIMIT).await.unwrap(), CONTENT);
}

#[tokio::test]
async fn parts_of_an_upload_that_fails_do_not_stay() {
	let own = OwnBucket::S3(OwnKeys::of_tests(&server().account()));
	let proxy = proxy(|asked, answer| match asked.path.contains("partNumber=2") {
		true => answer.status("400 Bad Request").whole(),
		false => answer.whole(),
	});
	let bucket = hasty_buckets_at(proxy.endpoint()).own(&own).unwrap();
	let refused = bucket.put(&KEY, vec![1; RANGE as usize + 1].into()).await;
	assert!(matches!(refused, Err(BucketError::Put { .. })), "{refused:?}");
	let asked = proxy.asked();
	let count = |method: &str, words: &str| {
		asked.iter().filter(|asked| asked.starts_with(method) && asked.contains(words)).count()
	};
	assert!(count("POST", "uploads") > 0, "{asked:?}");
	assert_eq!(count("POST", "uploads"), count("DELETE", "uploadId="), "{asked:?}");
}
