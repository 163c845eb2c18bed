// SPDX-License-Identifier: Apache-2.0

//! TCP connections from one node to another through this process, which can be cut.

use std::io;
use std::net::Ipv4Addr;

use tokio::io::copy_bidirectional;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinHandle;

/// Carries what one node of this machine sends to another, for as long as it is whole.
///
/// Nodes tell each other of every address that they know, so that in time all know where the link begins. Whoever else
/// comes in there is turned away: a node dials from the port that it listens on.
pub struct Link {
	entrance: u16,
	is_whole: watch::Sender<bool>,
	carrier: JoinHandle<io::Result<()>>,
}

impl Link {
	/// A link from the node of port `from` to that of port `to`, which may listen only later.
	pub async fn between(from: u16, to: u16) -> Self {
		let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.expect("some port is free");
		let entrance = listener.local_addr().expect("it is bound").port();
		let (is_whole, watched) = watch::channel(true);
		Self { entrance, is_whole, carrier: tokio::spawn(carry(listener, from, to, watched)) }
	}

	/// The port where it begins.
	pub fn entrance(&self) -> u16 {
		self.entrance
	}

	/// Breaks all connections; new ones break at once.
	pub fn cut(&self) {
		self.is_whole.send_replace(false);
	}

	/// Carries new connections again.
	pub fn heal(&self) {
		self.is_whole.send_replace(true);
	}
}

impl Drop for Link {
	fn drop(&mut self) {
		self.carrier.abort();
	}
}

async fn carry(listener: TcpListener, from: u16, to: u16, is_whole: watch::Receiver<bool>) -> io::Result<()> {
	loop {
		let (mut inner, dialer) = listener.accept().await?;
		if dialer.port() != from {
			continue;
		}
		let mut is_whole = is_whole.clone();
		tokio::spawn(async move {
			let through = async {
				let mut outer = TcpStream::connect((Ipv4Addr::LOCALHOST, to)).await?;
				copy_bidirectional(&mut inner, &mut outer).await
			};
			// Either end may go at any time, which is what the link is for.
			tokio::select! {
				biased;
				_ = is_whole.wait_for(|is_whole| !is_whole) => {},
				_ = through => {},
			}
		});
	}
}

#[cfg(test)]
mod tests {
	use super::*;
	use crate::programs::free_port;
	use tokio::io::{AsyncReadExt, AsyncWriteExt};
	use tokio::net::TcpSocket;

	async fn echo(listener: TcpListener) {
		while let Ok((stream, _)) = listener.accept().await {
			let (mut from, mut to) = stream.into_split();
			tokio::spawn(async move { tokio::io::copy(&mut from, &mut to).await });
		}
	}

	/// Whether what is sent through `stream` comes back.
	async fn answers(stream: &mut TcpStream) -> bool {
		let mut answer = [0];
		stream.write_all(b"?").await.is_ok() && stream.read_exact(&mut answer).await.is_ok()
	}

	/// Dials from `port`, as often as one likes.
	async fn dial(port: u16, link: &Link) -> TcpStream {
		let socket = TcpSocket::new_v4().expect("there are sockets");
		socket.set_reuseaddr(true).expect("it can be set");
		socket.set_reuseport(true).expect("it can be set");
		socket.bind((Ipv4Addr::LOCALHOST, port).into()).expect("the port is free");
		socket.connect((Ipv4Addr::LOCALHOST, link.entrance()).into()).await.expect("it listens")
	}

	#[tokio::test]
	async fn what_is_cut_breaks_and_what_is_healed_carries_again() {
		let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.expect("some port is free");
		let [node, stranger] = [free_port(), free_port()];
		let link = Link::between(node, listener.local_addr().expect("it is bound").port()).await;
		tokio::spawn(echo(listener));

		let mut first = dial(node, &link).await;
		assert!(answers(&mut first).await && !answers(&mut dial(stranger, &link).await).await);
		link.cut();
		assert!(!answers(&mut first).await && !answers(&mut dial(node, &link).await).await);
		link.heal();
		assert!(!answers(&mut first).await && answers(&mut dial(node, &link).await).await);
	}
}
