// SPDX-License-Identifier: Apache-2.0

//! A TCP connection through this process, which can be cut.

use std::io;
use std::net::Ipv4Addr;

use tokio::io::copy_bidirectional;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinHandle;

/// Carries what comes in on a port of its own to another port of this machine, for as long as it is whole.
pub struct Link {
	port: u16,
	is_whole: watch::Sender<bool>,
	carrier: JoinHandle<io::Result<()>>,
}

impl Link {
	/// A link to `port`, where something may listen only later.
	pub async fn to(port: u16) -> Self {
		let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.expect("some port is free");
		let entrance = listener.local_addr().expect("it is bound").port();
		let (is_whole, watched) = watch::channel(true);
		Self { port: entrance, is_whole, carrier: tokio::spawn(carry(listener, port, watched)) }
	}

	/// Where it begins.
	pub fn port(&self) -> u16 {
		self.port
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

async fn carry(listener: TcpListener, port: u16, is_whole: watch::Receiver<bool>) -> io::Result<()> {
	loop {
		let (mut inner, _) = listener.accept().await?;
		let mut is_whole = is_whole.clone();
		tokio::spawn(async move {
			let through = async {
				let mut outer = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).await?;
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
	use tokio::io::{AsyncReadExt, AsyncWriteExt};

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

	#[tokio::test]
	async fn what_is_cut_breaks_and_what_is_healed_carries_again() {
		let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.expect("some port is free");
		let link = Link::to(listener.local_addr().expect("it is bound").port()).await;
		tokio::spawn(echo(listener));
		let connect = || async { TcpStream::connect((Ipv4Addr::LOCALHOST, link.port())).await.expect("it listens") };

		let mut first = connect().await;
		assert!(answers(&mut first).await);
		link.cut();
		assert!(!answers(&mut first).await && !answers(&mut connect().await).await);
		link.heal();
		assert!(!answers(&mut first).await && answers(&mut connect().await).await);
	}
}
