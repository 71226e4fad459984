//! Messages in and out of a connection, and what of their text can be read.

use std::io;

use rmcp::RoleServer;
use rmcp::model::{ClientJsonRpcMessage, ClientRequest, ErrorCode, ErrorData, GetMeta, ProtocolVersion, RequestId, ServerJsonRpcMessage};
use rmcp::transport::Transport;
use serde_json::Value;
use tokio::sync::{mpsc, oneshot};

/// Messages that wait in a channel.
pub(super) const QUEUE: usize = 32;

/// A connection whose ends are channels.
pub(super) struct Channel {
    incoming: mpsc::Receiver<ClientJsonRpcMessage>,
    outgoing: Option<mpsc::Sender<ServerJsonRpcMessage>>,
    written: Option<oneshot::Receiver<()>>,
    opened: bool,
}

impl Channel {
    /// A connection; `written` fires when what was sent has left, and closing waits for it.
    pub(super) fn new(
        incoming: mpsc::Receiver<ClientJsonRpcMessage>,
        outgoing: mpsc::Sender<ServerJsonRpcMessage>,
        written: Option<oneshot::Receiver<()>>,
    ) -> Self {
        Self { incoming, outgoing: Some(outgoing), written, opened: false }
    }

    /// Before a client has chosen its revision, only requests mean anything; the library would end the connection at any other
    /// message, and a stray notification is no reason for that.
    fn admits(&mut self, message: &ClientJsonRpcMessage) -> bool {
        if self.opened {
            return true;
        }
        let ClientJsonRpcMessage::Request(request) = message else { return false };
        self.opened = match &request.request {
            ClientRequest::InitializeRequest(_) => true,
            ClientRequest::DiscoverRequest(_) | ClientRequest::PingRequest(_) => false,
            other => {
                let meta = other.get_meta();
                let known = meta.protocol_version().is_some_and(|version| ProtocolVersion::KNOWN_VERSIONS.contains(&version));
                known && meta.missing_required_keys(&ProtocolVersion::V_2026_07_28).is_empty()
            }
        };
        true
    }
}

impl Transport<RoleServer> for Channel {
    type Error = io::Error;

    fn send(&mut self, message: ServerJsonRpcMessage) -> impl Future<Output = Result<(), io::Error>> + Send + 'static {
        let outgoing = self.outgoing.clone();
        async move {
            let outgoing = outgoing.ok_or_else(closed)?;
            outgoing.send(message).await.map_err(|_| closed())
        }
    }

    async fn receive(&mut self) -> Option<ClientJsonRpcMessage> {
        loop {
            let message = self.incoming.recv().await?;
            if self.admits(&message) {
                return Some(message);
            }
        }
    }

    async fn close(&mut self) -> Result<(), io::Error> {
        self.outgoing = None;
        if let Some(written) = self.written.take() {
            let _ = written.await;
        }
        Ok(())
    }
}

fn closed() -> io::Error {
    io::Error::new(io::ErrorKind::NotConnected, "the connection is closed")
}

/// What a line or a body is.
pub(super) enum Parsed {
    /// A message.
    Message(Box<ClientJsonRpcMessage>),
    /// Nothing that can be served; the answer says why.
    Refused(Box<ServerJsonRpcMessage>),
    /// Nothing that needs an answer.
    Ignored,
}

/// Reads one message.
pub(super) fn parse(text: &[u8]) -> Parsed {
    let text = text.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(text).trim_ascii();
    if text.is_empty() {
        return Parsed::Ignored;
    }
    match serde_json::from_slice(text) {
        Ok(message) => Parsed::Message(Box::new(message)),
        Err(_) => refuse(text),
    }
}

/// The answer to a message that was longer than `limit` bytes and was thrown away unread.
pub(super) fn too_long(limit: usize) -> ServerJsonRpcMessage {
    let message = format!("a message may be at most {limit} bytes long; this one was dropped");
    ServerJsonRpcMessage::error(ErrorData::new(ErrorCode::INVALID_REQUEST, message, None), None)
}

fn refuse(text: &[u8]) -> Parsed {
    let refused =
        |code, message: &'static str, id| Parsed::Refused(Box::new(ServerJsonRpcMessage::error(ErrorData::new(code, message, None), id)));
    let Ok(value) = serde_json::from_slice::<Value>(text) else {
        return refused(ErrorCode::PARSE_ERROR, "this is not JSON in UTF-8, one message a line", None);
    };
    match &value {
        Value::Array(_) => refused(ErrorCode::INVALID_REQUEST, "batches are not served; send one message at a time", None),
        // What needs no answer gets none: notifications that we do not know, and answers to questions that we did not ask.
        Value::Object(object) if object.contains_key("method") && !object.contains_key("id") => Parsed::Ignored,
        Value::Object(object) if object.contains_key("result") || object.contains_key("error") => Parsed::Ignored,
        Value::Object(object) => {
            let id = object.get("id").and_then(|id| serde_json::from_value::<RequestId>(id.clone()).ok());
            refused(ErrorCode::INVALID_REQUEST, "this is not a JSON-RPC 2.0 request: `jsonrpc`, `id`, `method` and `params`", id)
        }
        _ => refused(ErrorCode::INVALID_REQUEST, "a message is a JSON object", None),
    }
}

#[cfg(test)]
mod tests {
    use super::{Parsed, parse};
    use serde_json::json;

    fn answer(text: &[u8]) -> serde_json::Value {
        match parse(text) {
            Parsed::Refused(message) => serde_json::to_value(message).unwrap(),
            Parsed::Message(_) => json!("message"),
            Parsed::Ignored => json!("ignored"),
        }
    }

    #[test]
    fn what_cannot_be_read_is_answered_and_what_needs_no_answer_is_not() {
        for (text, code) in [
            (&b"{\"jsonrpc\":\"2.0\",\"id\":1,\"meth"[..], -32700),
            (b"\xff\xfe{}", -32700),
            (b"hello", -32700),
            (b"[{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"ping\"}]", -32600),
            (b"42", -32600),
            (b"{\"id\":1}", -32600),
            (b"{\"jsonrpc\":\"1.0\",\"id\":1,\"method\":\"ping\"}", -32600),
        ] {
            assert_eq!(answer(text)["error"]["code"], code, "{}", String::from_utf8_lossy(text));
        }
        for text in [&b""[..], b" \r", b"{\"method\":\"$/progress\"}", b"{\"id\":7,\"result\":3,\"jsonrpc\":\"1\"}"] {
            assert_eq!(answer(text), json!("ignored"), "{}", String::from_utf8_lossy(text));
        }
    }

    #[test]
    fn a_request_is_read_with_or_without_a_byte_order_mark_and_carriage_return() {
        let ping = b"{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"ping\"}";
        assert_eq!(answer(ping), json!("message"));
        assert_eq!(answer(&[b"\xEF\xBB\xBF", &ping[..], b"\r"].concat()), json!("message"));
    }

    #[test]
    fn the_id_of_a_refused_request_comes_back() {
        assert_eq!(answer(b"{\"jsonrpc\":\"2.0\",\"id\":\"a\",\"method\":5}")["id"], "a");
    }

    #[test]
    fn nesting_without_end_is_refused() {
        let deep = "[".repeat(100_000);
        assert_eq!(answer(deep.as_bytes())["error"]["code"], -32700);
    }
}
