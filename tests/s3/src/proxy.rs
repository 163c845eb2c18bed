// SPDX-License-Identifier: Apache-2.0

//! Stands between client and server, and does to the answers what a test says.

use std::io::{self, Read as _, Write as _};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

/// What a client asked for.
#[derive(Debug)]
pub struct Asked {
	/// Such as `GET`.
	pub method: String,
	/// The path with its query.
	pub path: String,
	/// Its number among all requests, from zero.
	pub number: usize,
	/// Its head, with the empty line.
	pub head: String,
}

/// What the server answered.
#[derive(Debug)]
pub struct Answer {
	/// The line with the status, and the headers, each with its end of line.
	pub head: Vec<String>,
	/// The body, as it was sent.
	pub body: Vec<u8>,
}

/// What the client gets to see.
#[derive(Clone, Debug)]
pub enum Step {
	/// These bytes.
	Send(Vec<u8>),
	/// These bytes again and again, until the client goes.
	Repeat(Vec<u8>),
	/// Nothing for so long.
	Wait(Duration),
}

/// A proxy, which lives as long as the process.
pub struct Proxy {
	endpoint: String,
	asked: Arc<Mutex<Vec<String>>>,
}

impl Answer {
	/// With a header of that value instead of those it has of the name.
	pub fn with(self, name: &str, value: &str) -> Self {
		let mut answer = self.without(name);
		answer.head.push(format!("{name}: {value}\r\n"));
		answer
	}

	/// Without headers of that name.
	pub fn without(mut self, name: &str) -> Self {
		let is_other = |line: &String| line.split(':').next().is_none_or(|found| !found.eq_ignore_ascii_case(name));
		self.head.retain(is_other);
		self
	}

	/// With another status, such as `503 Slow Down`.
	pub fn status(mut self, status: &str) -> Self {
		self.head[0] = format!("HTTP/1.1 {status}\r\n");
		self
	}

	/// The value of a header.
	pub fn header(&self, name: &str) -> Option<&str> {
		let mut headers = self.head.iter().filter_map(|line| line.split_once(':'));
		headers.find(|(found, _)| found.eq_ignore_ascii_case(name)).map(|(_, value)| value.trim())
	}

	/// The head alone, to be sent.
	pub fn head(&self) -> Step {
		Step::Send(format!("{}\r\n", self.head.concat()).into())
	}

	/// All of it.
	pub fn whole(self) -> Vec<Step> {
		vec![self.head(), Step::Send(self.body)]
	}
}

impl Proxy {
	/// Stands before the server at `endpoint`. Each of its answers goes through `trick`.
	pub fn start(endpoint: &str, trick: impl Fn(&Asked, Answer) -> Vec<Step> + Send + Sync + 'static) -> Self {
		let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a port is free");
		let server = endpoint.trim_start_matches("http://").to_owned();
		let endpoint = format!("http://{}", listener.local_addr().expect("it listens"));
		let (trick, asked) = (Arc::new(trick), Arc::<Mutex<Vec<String>>>::default());
		let log = asked.clone();
		thread::spawn(move || {
			for client in listener.incoming().flatten() {
				let (trick, log, server) = (trick.clone(), log.clone(), server.clone());
				// Whoever is cut off says so itself.
				thread::spawn(move || drop(pass(client, &server, &log, trick.as_ref())));
			}
		});
		Self { endpoint, asked }
	}

	/// Where it listens.
	pub fn endpoint(&self) -> &str {
		&self.endpoint
	}

	/// What it has passed on: methods and paths.
	pub fn asked(&self) -> Vec<String> {
		self.asked.lock().expect("nobody panics").clone()
	}
}

/// Passes one request on, and what comes of its answer back. One for each connection.
fn pass(
	mut client: TcpStream,
	server: &str,
	log: &Mutex<Vec<String>>,
	trick: &dyn Fn(&Asked, Answer) -> Vec<Step>,
) -> io::Result<()> {
	let (head, rest) = read_head(&mut client)?;
	let announced = head.iter().filter_map(|line| line.split_once(':'));
	let length = announced.filter(|(name, _)| name.eq_ignore_ascii_case("content-length"));
	let length = length.filter_map(|(_, value)| value.trim().parse().ok()).next().unwrap_or(0);
	let mut body = rest;
	let had = body.len();
	body.resize(length.max(had), 0);
	client.read_exact(&mut body[had..])?;

	let mut upstream = TcpStream::connect(server)?;
	let mut line = head[0].split(' ').map(str::to_owned);
	let (method, path) = (line.next().unwrap_or_default(), line.next().unwrap_or_default());
	let (first, others) = head.split_first().expect("a request has a line");
	upstream.write_all(format!("{first}connection: close\r\n{}\r\n", others.concat()).as_bytes())?;
	upstream.write_all(&body)?;
	let (answer, mut body) = read_head(&mut upstream)?;
	upstream.read_to_end(&mut body)?;

	let number = {
		let mut log = log.lock().expect("nobody panics");
		log.push(format!("{method} {path}"));
		log.len() - 1
	};
	let asked = Asked { method, path, number, head: head.concat() };
	let answer = Answer { head: answer, body }.with("connection", "close");
	trick(&asked, answer).into_iter().try_for_each(|step| take(&mut client, step))
}

fn take(client: &mut TcpStream, step: Step) -> io::Result<()> {
	match step {
		Step::Send(bytes) => client.write_all(&bytes),
		Step::Repeat(bytes) => loop {
			client.write_all(&bytes)?;
		},
		Step::Wait(time) => {
			thread::sleep(time);
			Ok(())
		},
	}
}

/// The lines of a head, without the empty one, and what was read beyond it.
fn read_head(stream: &mut TcpStream) -> io::Result<(Vec<String>, Vec<u8>)> {
	const END: &[u8] = b"\r\n\r\n";
	let mut bytes = Vec::new();
	let mut piece = [0; 4_096];
	let end = loop {
		if let Some(end) = bytes.windows(END.len()).position(|window| window == END) {
			break end;
		}
		match stream.read(&mut piece)? {
			0 => return Err(io::ErrorKind::UnexpectedEof.into()),
			read => bytes.extend_from_slice(&piece[..read]),
		}
	};
	let rest = bytes.split_off(end + END.len());
	let head = String::from_utf8_lossy(&bytes[..end]);
	Ok((head.split("\r\n").map(|line| format!("{line}\r\n")).collect(), rest))
}
