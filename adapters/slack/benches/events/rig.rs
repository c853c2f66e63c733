//! Slack from both sides, as cheap as can be: it shares the processors with the bot that is measured.
//!
//! Requests are signed and answers are counted here; whatever is not `chat.postMessage` goes on to the strict
//! pretend Slack.

use std::collections::HashMap;
use std::io::{Error, Result};
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use countersign_simulator::slack::{SIGNING_SECRET, sign};
use serde::Deserialize;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

/// No message of either side is longer.
const MESSAGE_MAX: usize = 256 * 1024;

/// A connection over which events go to the bot.
pub struct Sender {
    stream: TcpStream,
    read: Vec<u8>,
}

impl Sender {
    pub async fn to(bot: SocketAddr) -> Result<Self> {
        let stream = TcpStream::connect(bot).await?;
        stream.set_nodelay(true)?;
        Ok(Self { stream, read: Vec::new() })
    }

    /// How long the acknowledgement took; `None`: there was none.
    pub async fn deliver(&mut self, event: &str) -> Result<Option<Duration>> {
        let began = Instant::now();
        let now = jiff::Timestamp::now().as_second();
        let request = format!(
            "POST /slack/events HTTP/1.1\r\nhost: bot\r\ncontent-type: application/json\r\n\
             x-slack-request-timestamp: {now}\r\nx-slack-signature: {}\r\ncontent-length: {}\r\n\r\n{event}",
            sign(SIGNING_SECRET, now, event),
            event.len(),
        );
        self.stream.write_all(request.as_bytes()).await?;
        let answer = next(&mut self.stream, &mut self.read).await?;
        let acked = answer.is_some_and(|it| it.starts_with(b"HTTP/1.1 200"));
        Ok(acked.then(|| began.elapsed()))
    }
}

/// How often each thread was answered, by its `ts`.
#[derive(Clone, Default)]
pub struct Answers(Arc<Mutex<HashMap<String, u32>>>);

impl Answers {
    pub fn count(&self) -> u32 {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).values().sum()
    }

    pub fn of(&self, ts: &str) -> u32 {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).get(ts).copied().unwrap_or(0)
    }

    /// The number of this answer among all.
    fn add(&self, ts: &str) -> u32 {
        let mut answers = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        *answers.entry(ts.to_owned()).or_default() += 1;
        u32::try_from(answers.len()).unwrap_or(u32::MAX)
    }
}

/// Starts the side that the bot calls; the base of its methods.
pub async fn api(strict: SocketAddr, answers: Answers) -> Result<String> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
    let url = format!("http://{}/api", listener.local_addr()?);
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let answers = answers.clone();
            tokio::spawn(async move { serve(stream, strict, &answers).await });
        }
    });
    Ok(url)
}

async fn serve(mut bot: TcpStream, strict: SocketAddr, answers: &Answers) -> Result<()> {
    bot.set_nodelay(true)?;
    let (mut read, mut strict_read) = (Vec::new(), Vec::new());
    let mut strict_stream = None;
    while let Some(request) = next(&mut bot, &mut read).await? {
        if request.starts_with(b"POST /api/chat.postMessage ") {
            let answer = posted(&request, answers)?;
            bot.write_all(answer.as_bytes()).await?;
            continue;
        }
        let stream = match &mut strict_stream {
            Some(stream) => stream,
            none => none.insert(TcpStream::connect(strict).await?),
        };
        stream.write_all(&request).await?;
        let Some(answer) = next(stream, &mut strict_read).await? else { return Ok(()) };
        bot.write_all(&answer).await?;
    }
    Ok(())
}

#[derive(Deserialize)]
struct Posted {
    channel: String,
    thread_ts: String,
}

impl Posted {
    /// As JSON, or as the form that Bolt sends.
    fn read(body: &[u8]) -> Result<Self> {
        if body.starts_with(b"{") {
            return Ok(serde_json::from_slice(body)?);
        }
        let body = String::from_utf8_lossy(body);
        let field = |name: &str| {
            let value = body.split('&').find_map(|it| it.strip_prefix(name)?.strip_prefix('='));
            value.map(str::to_owned).ok_or_else(|| Error::other(format!("no {name} in {body}")))
        };
        Ok(Self { channel: field("channel")?, thread_ts: field("thread_ts")? })
    }
}

fn posted(request: &[u8], answers: &Answers) -> Result<String> {
    let posted = Posted::read(&request[head_of(request).unwrap_or(0)..])?;
    let number = answers.add(&posted.thread_ts);
    let body = format!(
        "{{\"ok\":true,\"channel\":\"{}\",\"ts\":\"1900000000.{number:06}\",\"message\":{{}}}}",
        posted.channel
    );
    Ok(format!(
        "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    ))
}

/// The next whole message of HTTP/1.1, told by its length; `None`: the other side has closed.
async fn next(stream: &mut TcpStream, read: &mut Vec<u8>) -> Result<Option<Vec<u8>>> {
    loop {
        if let Some(head) = head_of(read) {
            let whole = head + length(&read[..head]);
            if read.len() >= whole {
                let rest = read.split_off(whole);
                return Ok(Some(std::mem::replace(read, rest)));
            }
        }
        if read.len() > MESSAGE_MAX {
            return Err(Error::other("a message without an end"));
        }
        if stream.read_buf(read).await? == 0 {
            return Ok(None);
        }
    }
}

/// Where the body begins.
fn head_of(message: &[u8]) -> Option<usize> {
    message.windows(4).position(|it| it == b"\r\n\r\n").map(|it| it + 4)
}

fn length(head: &[u8]) -> usize {
    let head = String::from_utf8_lossy(head).to_ascii_lowercase();
    if head.contains("transfer-encoding: chunked") {
        // Only Bolt's acknowledgement, which is empty: the last chunk alone.
        return b"0\r\n\r\n".len();
    }
    let value = head.split("content-length:").nth(1).and_then(|it| it.split("\r\n").next());
    value.and_then(|it| it.trim().parse().ok()).unwrap_or(0)
}
