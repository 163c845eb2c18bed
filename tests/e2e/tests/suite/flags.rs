// SPDX-License-Identifier: Apache-2.0

//! The node's flags do what its help says: metrics, limits of RPC, and refusal of what makes no sense together.

use std::net::Ipv4Addr;
use std::time::Duration;

use e2e::programs::{free_port, run, told, Node};
use e2e::rpc::Rpc;
use serde_json::{json, Value};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

const LOCALNET: [&str; 4] = ["--chain", "localnet", "--block-time", "250ms"];

/// Sends an HTTP request to this machine, and returns the whole answer.
async fn http(port: u16, request: &str) -> String {
	let exchange = async {
		let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).await?;
		stream.write_all(request.as_bytes()).await?;
		let mut answer = String::new();
		// A server that refuses may close before it has read everything.
		let _ = stream.read_to_string(&mut answer).await;
		Ok::<_, std::io::Error>(answer)
	};
	timeout(Duration::from_secs(30), exchange).await.expect("an answer in time").expect("the port is served")
}

async fn post(port: u16, body: &Value) -> String {
	let body = body.to_string();
	// RPC answers only who asks for it by a name of this machine, the port among it.
	let head = format!("POST / HTTP/1.1\r\nHost: localhost:{port}\r\nConnection: close");
	let length = body.len();
	let form = format!("Content-Type: application/json\r\nContent-Length: {length}");
	http(port, &format!("{head}\r\n{form}\r\n\r\n{body}")).await
}

fn request(method: &str, params: Value) -> Value {
	json!({ "jsonrpc": "2.0", "id": 1, "method": method, "params": params })
}

#[tokio::test]
async fn metrics_are_served_where_the_flag_says() {
	let folder = tempfile::tempdir().expect("a folder can be made");
	let port = free_port().to_string();
	let flags = [&LOCALNET[..], &["--prometheus-port", &port]].concat();
	let (node, _) = Node::start_with(&folder.path().join("first"), &flags).await;
	let height = Rpc::connect(&node).await.wait_until_final(3).await.number;
	let get = "GET /metrics HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
	let metrics = http(port.parse().expect("a number"), get).await;
	let blocks = metrics.lines().filter(|line| line.starts_with("substrate_block_height{"));
	let heights: Vec<u32> = blocks.filter_map(|line| line.rsplit(' ').next()?.parse().ok()).collect();
	assert!(!heights.is_empty() && heights.iter().any(|shown| *shown + 60 > height), "{height} in {metrics}");

	let base_path = folder.path().join("second");
	let arguments = [&flags[..], &["--base-path", base_path.to_str().expect("the path is text")]].concat();
	let output = run("root-weights-node", arguments).await;
	assert!(!output.status.success() && told(&output).contains("another port by `--prometheus-port`"), "{output:?}");
}

#[tokio::test]
async fn limits_of_rpc_hold() {
	let folder = tempfile::tempdir().expect("a folder can be made");
	let limits = [
		"--no-prometheus",
		"--rpc-max-batch-request-len=2",
		"--rpc-max-request-size=1",
		"--rpc-max-response-size=1",
		"--rpc-max-connections=2",
	];
	let (node, chain) = Node::start_with(folder.path(), &[&LOCALNET[..], &limits].concat()).await;
	let port = node.rpc_port();
	let call = request("system_chain", json!([]));
	let answer = post(port, &json!([call, call])).await;
	assert_eq!(answer.matches("Root weights localnet").count(), 2, "{answer}");
	let answer = post(port, &json!([call, call, call])).await;
	assert!(answer.contains("batch"), "{answer}");
	let answer = post(port, &request("system_chain", json!(["x".repeat(1_100_000)]))).await;
	assert!(answer.starts_with("HTTP/1.1 413"), "{answer}");
	let code = request("state_getStorage", json!(["0x3a636f6465"]));
	let answer = post(port, &code).await;
	assert!(answer.contains("Response is too big"), "{}", &answer[..answer.len().min(500)]);

	let _second = Rpc::connect(&node).await;
	let answer = post(port, &call).await;
	assert!(answer.starts_with("HTTP/1.1 429"), "{answer}");
	drop(chain);
}

#[tokio::test]
async fn flags_that_make_no_sense_are_refused_with_advice() {
	for (arguments, advice) in [
		(&["--chain", "localnet", "--alice"][..], "use `--chain local`"),
		(&["--dev", "--port", "1"], "use `--chain local`"),
		(&["--chain", "local", "--sealing", "instant"], "use `--chain localnet`"),
		(&["--dev", "--sealing", "manual", "--block-time", "1s"], "leave one of them out"),
		(&[], "no chain named"),
	] {
		let output = run("root-weights-node", arguments).await;
		let told = told(&output);
		assert!(!output.status.success() && told.contains(advice), "{arguments:?}: {told}");
	}
}
