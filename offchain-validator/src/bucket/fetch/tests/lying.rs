// SPDX-License-Identifier: Apache-2.0

//! Servers that say what is not so.

use std::net::TcpListener;
use std::time::Instant;

use super::*;

const CONTENT: &[u8] = b"gradient";
/// From 2001 to 5138.
const OPEN: OpenSpan = OpenSpan { opens_ms: 1_000_000_000_000, closes_ms: 100_000_000_000_000 };

async fn judged(trick: impl Fn(&Asked, Answer) -> Vec<Step> + Send + Sync + 'static) -> Fetched {
	let (_proxy, bucket) = through(&uploaded(CONTENT).await, trick);
	bucket.fetch(&KEY, Some(&OPEN), CAP, LIMIT).await.unwrap()
}

fn endless() -> Step {
	Step::Repeat(vec![b' '; 1 << 16])
}

#[tokio::test]
async fn the_time_of_upload_is_the_servers_word() {
	let dated = |date: &'static str| judged(move |_, answer| answer.with("last-modified", date).whole());
	is_object(&dated("Sun, 22 Nov 2026 10:00:00 GMT").await, CONTENT);
	assert_eq!(dated("Sun, 09 Sep 2001 01:46:39 GMT").await, Fetched::TooEarly { uploaded_ms: 999_999_999_000 });
	assert!(matches!(dated("Fri, 31 Dec 9999 23:59:59 GMT").await, Fetched::TooLate { .. }));
	assert_eq!(dated("Fri, 01 Jan 1960 00:00:00 GMT").await, Fetched::TooEarly { uploaded_ms: 0 });
	for date in ["yesterday", "Fri, 31 Dec 99999999999 23:59:59 GMT"] {
		is_unreachable(&dated(date).await, "");
	}
	// Without a date nothing is in time.
	let undated = judged(|_, answer| answer.without("last-modified").whole()).await;
	assert_eq!(undated, Fetched::TooEarly { uploaded_ms: 0 });
}

#[tokio::test]
async fn more_than_is_allowed_is_not_read() {
	let began = Instant::now();
	let large = |_: &Asked, answer: Answer| vec![answer.with("content-length", "1001").head(), endless()];
	assert_eq!(fetched(CONTENT, large).await, Fetched::TooLarge { size: CAP + 1 });
	let largest = |_: &Asked, answer: Answer| answer.with("content-length", &u64::MAX.to_string()).whole();
	let refused = fetched(CONTENT, largest).await;
	assert!(matches!(refused, Fetched::TooLarge { .. } | Fetched::Unreachable(_)), "{refused:?}");
	assert!(began.elapsed() < LIMIT);
}

#[tokio::test]
async fn a_length_that_is_not_the_bodys_is_no_object() {
	let of_length =
		|length: &'static str| fetched(CONTENT, move |_, answer| answer.with("content-length", length).whole());
	for length in ["9", "-1", "8, 9", "eight", "99999999999999999999999"] {
		is_unreachable(&of_length(length).await, "");
	}
	// What follows the length said is not of the object.
	is_object(&of_length("7").await, &CONTENT[..7]);
	let without = fetched(CONTENT, |_, answer| answer.without("content-length").whole()).await;
	is_unreachable(&without, "Content-Length");
}

#[tokio::test]
async fn what_has_no_end_is_given_up() {
	let began = Instant::now();
	let body = |_: &Asked, answer: Answer| vec![answer.without("content-length").head(), endless()];
	is_unreachable(&fetched(CONTENT, body).await, "");
	let refusal =
		|_: &Asked, answer: Answer| vec![answer.status("403 Forbidden").without("content-length").head(), endless()];
	is_unreachable(&fetched(CONTENT, refusal).await, "more than 4194304 bytes");
	let header = |_: &Asked, _: Answer| vec![Step::Send(b"HTTP/1.1 200 OK\r\nx: ".to_vec()), endless()];
	is_unreachable(&fetched(CONTENT, header).await, "");
	let headers =
		|_: &Asked, _: Answer| vec![Step::Send(b"HTTP/1.1 200 OK\r\n".to_vec()), Step::Repeat(b"x: y\r\n".to_vec())];
	is_unreachable(&fetched(CONTENT, headers).await, "");
	is_unreachable(&fetched(CONTENT, |_, _| vec![endless()]).await, "");
	assert!(began.elapsed() < 5 * LIMIT, "{:?}", began.elapsed());
}

#[tokio::test]
async fn redirects_are_not_followed() {
	let elsewhere = TcpListener::bind("127.0.0.1:0").unwrap();
	elsewhere.set_nonblocking(true).unwrap();
	let location = format!("http://{}/secret", elsewhere.local_addr().unwrap());
	for status in [301, 302, 303, 307, 308] {
		let (status, location) = (format!("{status} Elsewhere"), location.clone());
		let redirect = move |_: &Asked, answer: Answer| answer.status(&status).with("location", &location).whole();
		is_unreachable(&fetched(CONTENT, redirect).await, "");
	}
	assert!(elsewhere.accept().is_err(), "somebody came");
}

#[tokio::test]
async fn what_is_said_to_be_compressed_is_left_as_it_is() {
	for encoding in ["gzip", "br", "deflate", "zstd"] {
		let compressed = move |_: &Asked, answer: Answer| answer.with("content-encoding", encoding).whole();
		is_object(&fetched(CONTENT, compressed).await, CONTENT);
	}
}

#[tokio::test]
async fn what_a_server_says_is_shown_in_part_and_without_control_characters() {
	let text = "\u{1b}[2J\r\nerror: all is lost\u{7}".repeat(1_000);
	let rude = move |_: &Asked, answer: Answer| {
		let answer = answer.status("400 Bad Request").with("content-length", &text.len().to_string());
		vec![answer.head(), Step::Send(text.clone().into())]
	};
	let Fetched::Unreachable(why) = fetched(CONTENT, rude).await else { panic!("it was refused") };
	assert!(why.contains("all is lost") && why.chars().count() <= MOST_TOLD, "{why}");
	assert!(!why.chars().any(char::is_control), "{why:?}");
}

/// What becomes of an object of two ranges if the answers to them, but not to the first look, go through `trick`.
async fn ranged(own: &OwnBucket, trick: impl Fn(Answer) -> Answer + Send + Sync + 'static) -> Fetched {
	let play = move |asked: &Asked, answer: Answer| match asked.number {
		0 => answer.whole(),
		_ => trick(answer).whole(),
	};
	let proxy = proxy(play);
	let bucket = buckets_at(proxy.endpoint()).peer(&own.address()).unwrap();
	bucket.fetch(&KEY, None, 2 * RANGE, 12 * LIMIT).await.unwrap()
}

#[tokio::test]
async fn all_ranges_are_of_the_object_that_was_looked_at() {
	let own = uploaded(&vec![1; RANGE as usize + 1]).await;
	let honest = ranged(&own, |answer| answer).await;
	assert!(matches!(honest, Fetched::Object { bytes, .. } if bytes.len() as u64 == RANGE + 1));
	is_unreachable(&ranged(&own, |answer| answer.with("etag", "\"other\"")).await, "changed");
	is_unreachable(&ranged(&own, |answer| answer.without("etag")).await, "changed");
	let dated = |answer: Answer| answer.with("last-modified", "Sun, 22 Nov 2026 10:00:00 GMT");
	is_unreachable(&ranged(&own, dated).await, "changed");
	let swapped = |answer: Answer| answer.status("412 Precondition Failed").with("content-length", "0");
	is_unreachable(&ranged(&own, swapped).await, "changed");
	is_unreachable(&ranged(&own, |answer| answer.status("200 OK")).await, "");
	for range in [
		"bytes 0-8388607/9000000",
		"bytes 1-8388608/8388609",
		"bytes 0-1/2",
		"bytes 5-4/8388609",
		"bytes */8388609",
		"bytes 0-18446744073709551615/18446744073709551615",
		"all of it",
	] {
		is_unreachable(&ranged(&own, move |answer| answer.with("content-range", range)).await, "");
	}
}

/// What comes of deleting old objects if the list of all goes through `trick`.
async fn cleaned(trick: impl Fn(Answer) -> Vec<Step> + Send + Sync + 'static) -> Result<usize, BucketError> {
	let own = uploaded(CONTENT).await;
	let play = move |asked: &Asked, answer: Answer| match asked.path.contains("list-type=2") {
		true => trick(answer),
		false => answer.whole(),
	};
	let proxy = proxy(play);
	buckets_at(proxy.endpoint()).own(&own).unwrap().delete_older(Kind::Gradient, KEY.uid, KEY.window + 1).await
}

#[tokio::test]
async fn a_list_that_is_rubbish_or_has_no_end_deletes_nothing() {
	assert!(matches!(cleaned(|answer| answer.whole()).await, Ok(1)));
	for text in ["", "<", "no list", "<ListBucketResult><Contents><Key>a</Key></Contents></ListBucketResult>"] {
		let rubbish = |answer: Answer| {
			let answer = answer.without("transfer-encoding").with("content-length", &text.len().to_string());
			vec![answer.head(), Step::Send(text.into())]
		};
		assert!(matches!(cleaned(rubbish).await, Err(BucketError::Delete { .. })), "{text}");
	}
	let endless =
		|answer: Answer| vec![answer.without("content-length").without("transfer-encoding").head(), endless()];
	assert!(matches!(cleaned(endless).await, Err(BucketError::Delete { .. })));
}
