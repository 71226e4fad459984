//! Steps two and eight: an append-only record of every call, refusals included.
//!
//! Each process writes its own segment, a JSONL file whose lines are chained by BLAKE3: a line changed, removed or added later
//! breaks the chain. `index.jsonl`, chained in the same way, names every segment that was opened and its last line when it was
//! closed, so that a whole segment cannot vanish either.

mod chain;
mod verify;

use std::path::{Path, PathBuf};
use std::sync::Mutex;

use data_stack_core::{Code, Effect, ToolError};
use serde::Serialize;
use serde_json::{Value, json};

use super::frontend::Caller;
use chain::Chain;
pub use verify::{Verification, tail, verify};

/// Longest text of an argument that the record keeps, in characters.
const MAX_TEXT: usize = 500;

/// The record of this process.
pub struct Audit {
    folder: PathBuf,
    segment: String,
    chain: Mutex<Option<Chain>>,
}

/// How a call ended, for the record.
#[derive(Debug, Clone, Serialize)]
pub struct Closing<'a> {
    /// The call.
    pub request_id: &'a str,
    /// `allowed`, `denied`, `asked`, `confirmed` or `refused` (never reached policy).
    pub decision: &'static str,
    /// How far it reached.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub effect: Option<Effect>,
    /// `ok`, `job`, or the error's code.
    pub outcome: &'a str,
    /// From the request to the end.
    pub duration_ms: f64,
    /// Bytes of the answer.
    pub bytes: usize,
}

impl Audit {
    /// The record in `folder`; its segment is made with the first call.
    pub fn new(folder: PathBuf, segment: String) -> Self {
        Self { folder, segment, chain: Mutex::new(None) }
    }

    /// Records that a call arrived, before anything is decided about it.
    pub fn open(
        &self,
        request_id: &str,
        tool: &str,
        caller: &Caller,
        persona: Option<&str>,
        environment: &str,
        arguments: &Value,
    ) -> Result<(), ToolError> {
        let digest = blake3::hash(arguments.to_string().as_bytes()).to_hex();
        self.append(&json!({
            "event": "open", "request_id": request_id, "tool": data_stack_core::text::clean(tool, 100), "frontend": caller.frontend, "client": caller.client,
            "persona": persona, "environment": environment, "arguments": redact(arguments, ""), "arguments_blake3": digest.as_str(),
        }))
    }

    /// Makes the record durable; called before a call that changes anything.
    pub fn sync(&self) -> Result<(), ToolError> {
        self.with_chain(Chain::sync)
    }

    /// Records how a call ended.
    pub fn close(&self, closing: &Closing<'_>) -> Result<(), ToolError> {
        let mut event = serde_json::to_value(closing).map_err(|error| ToolError::internal(error.to_string()))?;
        event["event"] = json!("close");
        self.append(&event)
    }

    /// Ends the segment and enters its last line in the index.
    pub fn seal(&self) {
        let Ok(mut guard) = self.chain.lock() else { return };
        let Some(mut chain) = guard.take() else { return };
        let sealed = chain.sync().and_then(|()| {
            chain::index(&self.folder, &json!({"event": "sealed", "segment": self.segment, "lines": chain.lines(), "last": chain.last()}))
        });
        if let Err(error) = sealed {
            tracing::warn!(%error, "the audit segment could not be sealed");
        }
    }

    fn append(&self, event: &Value) -> Result<(), ToolError> {
        self.with_chain(|chain| chain.append(event))
    }

    fn with_chain(&self, work: impl FnOnce(&mut Chain) -> std::io::Result<()>) -> Result<(), ToolError> {
        let mut guard = self.chain.lock().map_err(|_| ToolError::internal("the audit record is poisoned"))?;
        let result = match guard.as_mut() {
            Some(chain) => work(chain),
            None => self.begin().and_then(|chain| work(guard.insert(chain))),
        };
        result.map_err(|error| unwritable(&self.folder, &error))
    }

    fn begin(&self) -> std::io::Result<Chain> {
        std::fs::create_dir_all(&self.folder)?;
        let name = format!("{}.jsonl", self.segment);
        let chain = Chain::open(&self.folder.join(&name))?;
        chain::index(&self.folder, &json!({"event": "opened", "segment": self.segment}))?;
        Ok(chain)
    }
}

impl Drop for Audit {
    fn drop(&mut self) {
        self.seal();
    }
}

fn unwritable(folder: &Path, error: &std::io::Error) -> ToolError {
    ToolError::new(
        Code::Unavailable,
        format!("the audit record in {} cannot be written: {error}", folder.display()),
        "Free disk space or mend the folder's permissions; until then only reading calls run.",
    )
    .retryable()
}

/// The arguments as the record keeps them: secrets masked, long texts cut (their digest stands beside them).
fn redact(value: &Value, key: &str) -> Value {
    match value {
        Value::Object(object) => {
            object.iter().map(|(key, item)| (key.clone(), redact(item, key))).collect::<serde_json::Map<_, _>>().into()
        }
        Value::Array(items) => items.iter().take(100).map(|item| redact(item, key)).collect(),
        _ if is_secret(key) => json!("***"),
        Value::String(text) => json!(data_stack_core::text::clean(&without_userinfo(text), MAX_TEXT)),
        other => other.clone(),
    }
}

fn is_secret(key: &str) -> bool {
    let key = key.to_ascii_lowercase();
    ["password", "passwd", "secret", "token", "api_key", "apikey", "credential", "private_key"].iter().any(|word| key.contains(word))
        && key != "result_tokens"
}

/// Addresses lose their user name and password.
fn without_userinfo(text: &str) -> String {
    match url::Url::parse(text) {
        Ok(mut address) if address.has_host() && (!address.username().is_empty() || address.password().is_some()) => {
            let cleared = address.set_username("").and_then(|()| address.set_password(None));
            if cleared.is_ok() { address.to_string() } else { "***".to_owned() }
        }
        _ => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::{Audit, Closing, redact, verify};
    use crate::pipeline::frontend::Caller;
    use data_stack_core::Effect;
    use serde_json::json;

    fn recorded(calls: usize) -> (tempfile::TempDir, Vec<String>) {
        let folder = tempfile::tempdir().unwrap();
        let audit = Audit::new(folder.path().into(), "segment".into());
        for number in 0..calls {
            let id = format!("r{number}");
            audit.open(&id, "query_duckdb", &Caller::default(), None, "local", &json!({"sql": "select 1"})).unwrap();
            audit
                .close(&Closing {
                    request_id: &id,
                    decision: "allowed",
                    effect: Some(Effect::Read),
                    outcome: "ok",
                    duration_ms: 1.0,
                    bytes: 10,
                })
                .unwrap();
        }
        drop(audit);
        let text = std::fs::read_to_string(folder.path().join("segment.jsonl")).unwrap();
        (folder, text.lines().map(str::to_owned).collect())
    }

    fn write(folder: &tempfile::TempDir, lines: &[String]) {
        std::fs::write(folder.path().join("segment.jsonl"), lines.join("\n") + "\n").unwrap();
    }

    #[test]
    fn an_untouched_record_verifies() {
        let (folder, lines) = recorded(3);
        let found = verify(folder.path()).unwrap();
        assert_eq!((lines.len(), found.segments, found.lines, found.problems), (6, 1, 6, Vec::<String>::new()));
    }

    #[test]
    fn a_changed_removed_or_cut_line_is_found() {
        for tamper in ["change", "remove", "cut", "vanish"] {
            let (folder, mut lines) = recorded(3);
            match tamper {
                "change" => lines[2] = lines[2].replace("select 1", "select 2"),
                "remove" => drop(lines.remove(2)),
                "cut" => lines.truncate(4),
                _ => std::fs::remove_file(folder.path().join("segment.jsonl")).unwrap(),
            }
            if tamper != "vanish" {
                write(&folder, &lines);
            }
            assert_eq!(verify(folder.path()).unwrap().problems.len(), 1, "{tamper}");
        }
    }

    #[test]
    fn secrets_and_userinfo_are_masked() {
        let given = json!({"source": "https://ann:pw@example.org/a.csv", "options": {"db_password": "x"}, "limit": 5});
        assert_eq!(redact(&given, ""), json!({"source": "https://example.org/a.csv", "options": {"db_password": "***"}, "limit": 5}));
    }
}
