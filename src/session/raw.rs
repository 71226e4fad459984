//! Raw messages on a connection of their own: what no well-behaved client sends.

use std::time::Duration;

use anyhow::{Context, bail};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;
use serde_json::{Map, Value, json};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::process::{ChildStdin, ChildStdout};

use crate::mcp::client::{ServerCommand, Target};

/// The most bytes that one message may be repeated to.
const LONGEST: usize = 256 << 20;

/// What is sent, and how many answers are awaited.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Raw {
    /// Messages: text, `{base64: …}`, or `{repeat: text, times: n}`. Over stdio each is a line, over HTTP a request body.
    send: Vec<Value>,
    /// How many answers are awaited before the input is closed.
    #[serde(default)]
    answers: usize,
    /// Headers for HTTP, in place of the usual ones.
    #[serde(default)]
    headers: Map<String, Value>,
}

impl Raw {
    /// Sends everything and collects what comes back: `{answers: […], exit: code}` over stdio, `{answers: [{status, body}]}` over HTTP.
    pub(super) async fn play(&self, target: &Target, limit: Duration) -> anyhow::Result<Value> {
        let messages = self.send.iter().map(bytes).collect::<anyhow::Result<Vec<_>>>()?;
        let exchange = async {
            match target {
                Target::Command(command) => over_stdio(command, &messages, self.answers).await,
                Target::Url { url, token } => over_http(url, token.as_deref(), messages, &self.headers).await,
            }
        };
        tokio::time::timeout(limit, exchange).await.with_context(|| format!("it took longer than {:.1} s", limit.as_secs_f64()))?
    }

    /// Checks the messages.
    pub(super) fn verify(&self) -> anyhow::Result<()> {
        self.send.iter().try_for_each(|message| bytes(message).map(|_| ()))
    }
}

async fn over_stdio(command: &ServerCommand, messages: &[Vec<u8>], wanted: usize) -> anyhow::Result<Value> {
    let mut child = command.process()?.spawn().context("the server cannot be started")?;
    let (input, output) = child.stdin.take().zip(child.stdout.take()).context("the server has no input or output")?;
    let mut output = BufReader::new(output);
    let (input, answers) = tokio::join!(write(input, messages), read(&mut output, wanted));
    let (input, mut answers) = (input?, answers?);
    drop(input);
    let (rest, status) = tokio::join!(read(&mut output, usize::MAX), child.wait());
    answers.extend(rest?);
    Ok(json!({"answers": answers, "exit": status?.code()}))
}

async fn over_http(url: &str, token: Option<&str>, messages: Vec<Vec<u8>>, headers: &Map<String, Value>) -> anyhow::Result<Value> {
    let client = reqwest::Client::new();
    let mut answers = Vec::new();
    for body in messages {
        let mut request = client.post(url).body(body);
        if headers.is_empty() {
            request = request.header("content-type", "application/json").header("accept", "application/json, text/event-stream");
        }
        for (name, value) in headers {
            request = request.header(name, value.as_str().context("a header's value is text")?);
        }
        if let Some(token) = token.filter(|_| !headers.keys().any(|name| name.eq_ignore_ascii_case("authorization"))) {
            request = request.bearer_auth(token);
        }
        let response = request.send().await?;
        let status = response.status().as_u16();
        let body = response.text().await?;
        answers.push(json!({"status": status, "body": serde_json::from_str(&body).unwrap_or(Value::String(body))}));
    }
    Ok(json!({"answers": answers}))
}

/// The bytes of a message.
fn bytes(message: &Value) -> anyhow::Result<Vec<u8>> {
    if let Some(text) = message.as_str() {
        return Ok(text.as_bytes().to_vec());
    }
    if let Some(encoded) = message["base64"].as_str() {
        return STANDARD.decode(encoded).context("`base64` cannot be decoded");
    }
    match (message["repeat"].as_str(), message["times"].as_u64().and_then(|times| usize::try_from(times).ok())) {
        (Some(text), Some(times)) if text.len().saturating_mul(times) <= LONGEST => Ok(text.repeat(times).into_bytes()),
        (Some(_), Some(_)) => bail!("a repeated message may be {LONGEST} bytes long at most"),
        _ => bail!("a message is text, `{{base64: …}}` or `{{repeat: text, times: n}}`"),
    }
}

/// Sends the messages as lines and hands the input back, still open. A server that stops reading is no error of the script's.
async fn write(mut input: ChildStdin, messages: &[Vec<u8>]) -> anyhow::Result<ChildStdin> {
    for message in messages {
        let sent = async {
            input.write_all(message).await?;
            input.write_all(b"\n").await?;
            input.flush().await
        };
        match sent.await {
            Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => break,
            other => other?,
        }
    }
    Ok(input)
}

/// Reads lines until there are `wanted` or the output ends; what is JSON is kept as JSON.
async fn read(output: &mut BufReader<ChildStdout>, wanted: usize) -> anyhow::Result<Vec<Value>> {
    let mut answers = Vec::new();
    let mut line = Vec::new();
    while answers.len() < wanted {
        line.clear();
        if output.read_until(b'\n', &mut line).await? == 0 {
            break;
        }
        let text = String::from_utf8_lossy(&line);
        let text = text.trim_end();
        answers.push(serde_json::from_str(text).unwrap_or_else(|_| Value::String(text.to_owned())));
    }
    Ok(answers)
}
