// SPDX-License-Identifier: Apache-2.0

//! The process that serves, and how it is started.

use std::convert::Infallible;
use std::ffi::OsStr;
use std::io::{self, BufRead as _, BufReader};
use std::net::Ipv4Addr;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::{env, fs, thread};

use hyper::server::conn::http1;
use hyper_util::rt::TokioIo;
use s3s::service::S3ServiceBuilder;
use s3s_fs::FileSystem;
use tempfile::TempDir;
use tokio::net::TcpListener;

use crate::keys::Keys;

/// Names the folder of the buckets to the process that is to serve.
const ASKED: &str = "S3_SERVER_FOLDER";
/// What it says once it does.
const SAYS: &str = "S3 server at ";

/// A server. Dropping it ends its process, and so does the end of ours.
pub struct Server {
	process: Child,
	endpoint: String,
	folder: TempDir,
	accounts: AtomicUsize,
}

impl Server {
	/// Starts this very program again with `arguments`, which must lead it to [`serve_if_asked`].
	pub fn start<S: AsRef<OsStr>>(arguments: impl IntoIterator<Item = S>) -> Self {
		let folder = tempfile::tempdir().expect("a folder can be made");
		let mut process = Command::new(env::current_exe().expect("this program has a path"))
			.args(arguments)
			.env(ASKED, folder.path())
			.stdin(Stdio::piped())
			.stdout(Stdio::piped())
			.spawn()
			.expect("this program can be started again");
		let mut said = BufReader::new(process.stdout.take().expect("it is piped")).lines().map_while(Result::ok);
		// A test says other things before, and after a minute that it still runs: it would end if nobody heard that.
		let endpoint = said.find_map(|line| Some(line.split_once(SAYS)?.1.to_owned()));
		thread::spawn(move || said.for_each(drop));
		Self { process, endpoint: endpoint.expect("it serves"), folder, accounts: AtomicUsize::new(0) }
	}

	/// Where it serves, such as `http://127.0.0.1:9000`.
	pub fn endpoint(&self) -> &str {
		&self.endpoint
	}

	/// An account that nobody has had yet, with an empty bucket.
	pub fn account(&self) -> String {
		let account = format!("account{}", self.accounts.fetch_add(1, Ordering::Relaxed));
		fs::create_dir(self.bucket(&account)).expect("it is new");
		account
	}

	/// The folder that is the bucket of `account`.
	pub fn bucket(&self, account: &str) -> std::path::PathBuf {
		self.folder.path().join(account)
	}
}

impl Drop for Server {
	fn drop(&mut self) {
		// It may have ended by itself.
		let _ = self.process.kill();
		let _ = self.process.wait();
	}
}

/// Serves for ever if this process is to; else returns at once.
pub fn serve_if_asked() {
	let Some(folder) = env::var_os(ASKED) else { return };
	// Whoever started us holds the other end, and lets go of it at the latest when it ends.
	thread::spawn(|| {
		let _ = io::copy(&mut io::stdin(), &mut io::sink());
		std::process::exit(0);
	});
	let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().expect("it can be started");
	let Err(error) = runtime.block_on(serve(Path::new(&folder)));
	panic!("the server cannot go on: {error}");
}

async fn serve(folder: &Path) -> io::Result<Infallible> {
	let mut builder = S3ServiceBuilder::new(FileSystem::new(folder).expect("the folder is there"));
	builder.set_auth(Keys);
	builder.set_access(Keys);
	let service = builder.build();
	let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
	println!("{SAYS}http://{}", listener.local_addr()?);
	loop {
		let (socket, _) = listener.accept().await?;
		socket.set_nodelay(true)?;
		let connection = http1::Builder::new().serve_connection(TokioIo::new(socket), service.clone());
		// The client may go at any time.
		tokio::spawn(async move { drop(connection.await) });
	}
}
