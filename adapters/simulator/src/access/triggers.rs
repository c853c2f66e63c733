//! Triggers go out over HTTP, each twice, as a server does that is not sure.

use std::time::Duration;

use serde_json::Value;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::control::World;

const LOOK_EVERY: Duration = Duration::from_millis(20);

/// Sends to `address`, an `http://` one of this machine, until it is dropped.
pub(crate) async fn send(world: World, address: String) {
    let Some(rest) = address.strip_prefix("http://") else { return };
    let (host, path) = rest.split_once('/').unwrap_or((rest, ""));
    loop {
        for body in world.control_triggers() {
            for _ in 0..2 {
                // Who does not listen misses it; nothing is kept.
                let _ = post(host, path, &body).await;
            }
        }
        tokio::time::sleep(LOOK_EVERY).await;
    }
}

async fn post(host: &str, path: &str, body: &Value) -> std::io::Result<()> {
    let body = body.to_string();
    let head = format!(
        "POST /{path} HTTP/1.1\r\nHost: {host}\r\nContent-Type: application/json\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
        body.len()
    );
    let mut stream = TcpStream::connect(host).await?;
    stream.write_all(head.as_bytes()).await?;
    stream.write_all(body.as_bytes()).await?;
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await.map(|_| ())
}
