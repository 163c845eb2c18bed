// SPDX-License-Identifier: Apache-2.0

//! A small HTTP server on this machine, that may misbehave.

use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

/// What the server answers.
pub(in crate::finetuning) enum Answer {
	/// A body.
	Body(Vec<u8>),
	/// A status without one.
	Status(u16),
	/// A body that is shorter than its announced length.
	Short(Vec<u8>),
	/// A body without a length that does not end for a long time.
	Endless,
	/// Nothing, for longer than anybody waits.
	Nothing,
}

/// A server that lives as long as the process.
pub(in crate::finetuning) struct Server {
	/// Its address.
	pub endpoint: String,
	/// What it was asked for.
	pub asked: Arc<Mutex<Vec<String>>>,
}

impl Server {
	/// Starts one that answers to paths, with their queries.
	pub fn start(answer: impl Fn(&str) -> Answer + Send + Sync + 'static) -> Self {
		let listener = TcpListener::bind("127.0.0.1:0").expect("a port is free");
		let endpoint = format!("http://{}", listener.local_addr().expect("it listens"));
		let asked: Arc<Mutex<Vec<String>>> = Arc::default();
		let (answer, log) = (Arc::new(answer), asked.clone());
		thread::spawn(move || {
			for stream in listener.incoming().flatten() {
				let (answer, log) = (answer.clone(), log.clone());
				thread::spawn(move || {
					let path = request(&stream);
					log.lock().expect("nobody panics").push(path.clone());
					respond(stream, answer(&path));
				});
			}
		});
		Self { endpoint, asked }
	}
}

/// The path of a request.
fn request(mut stream: &TcpStream) -> String {
	let mut text = Vec::new();
	let mut byte = [0];
	while !text.ends_with(b"\r\n\r\n") && stream.read(&mut byte).is_ok_and(|read| read == 1) {
		text.push(byte[0]);
	}
	String::from_utf8_lossy(&text).split(' ').nth(1).unwrap_or_default().into()
}

/// The client may have gone, which is its right.
fn respond(mut stream: TcpStream, answer: Answer) {
	let head = |status: u16, length: usize| {
		format!("HTTP/1.1 {status} Status\r\nConnection: close\r\nContent-Length: {length}\r\n\r\n")
	};
	let _ = match answer {
		Answer::Body(body) => stream.write_all(&[head(200, body.len()).as_bytes(), &body].concat()),
		Answer::Short(body) => stream.write_all(&[head(200, body.len() + 1).as_bytes(), &body].concat()),
		Answer::Status(status) => stream.write_all(head(status, 0).as_bytes()),
		Answer::Nothing => {
			thread::sleep(Duration::from_secs(60));
			Ok(())
		},
		Answer::Endless => {
			let mut sent = stream.write_all(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n");
			while sent.is_ok() {
				sent = stream.write_all(&[b' '; 4_096]);
			}
			sent
		},
	};
}
