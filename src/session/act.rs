//! The actions of steps, and what comes back from them.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use anyhow::Context;
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;

use super::step::{Cancel, Completion, Step};
use super::variables::Variables;
use crate::mcp::client::{Answer, Client, ClientError, Listing, Subject, Watch};

/// What a step brought back.
#[derive(Debug, Default)]
pub(super) struct Seen {
    /// How it ended: `ok`, an error's code, `job`, `cancelled`, `timeout`, or the number of a JSON-RPC error.
    pub(super) outcome: Value,
    /// The result that paths look into.
    pub(super) subject: Value,
    /// Its text.
    pub(super) text: String,
    /// The progress on the way.
    pub(super) steps: Vec<crate::mcp::client::Step>,
}

impl Seen {
    /// A step that went well.
    pub(super) fn ok(subject: Value) -> Self {
        Self { outcome: "ok".into(), text: texts(&subject).join("\n\n"), subject, ..Self::default() }
    }

    /// How a tool's call ended.
    fn answered(answer: &Answer, steps: Vec<crate::mcp::client::Step>) -> Self {
        let subject = answer.structured().clone();
        let outcome = match (&subject["error"]["code"], answer.is_error()) {
            (Value::String(code), _) => code.as_str(),
            (_, true) => "error",
            _ if subject["job"].is_object() && subject["data"].is_null() => "job",
            _ => "ok",
        };
        Self { outcome: outcome.into(), text: answer.text(), subject, steps }
    }

    /// How a request ended that was not answered. What says that the connection or the server is broken is an error of the step.
    fn unanswered(error: ClientError) -> anyhow::Result<Self> {
        let outcome: Value = match &error {
            ClientError::Refused { code, .. } => (*code).into(),
            ClientError::Cancelled => "cancelled".into(),
            ClientError::Timeout(_) => "timeout".into(),
            _ => return Err(error.into()),
        };
        let text = error.to_string();
        let subject = match error {
            ClientError::Refused { code, message, data } => json!({"code": code, "message": message, "data": data}),
            _ => Value::Null,
        };
        Ok(Self { outcome, subject, text, ..Self::default() })
    }
}

/// Does what the step says, over the connection.
pub(super) async fn act(step: &Step, client: &Client, variables: &Variables, limit: Duration) -> anyhow::Result<Seen> {
    let arguments = Value::Object(variables.fill_all(&step.args)?);
    if let Some(tool) = &step.call {
        return call(client, &variables.text(tool)?, &arguments, step.cancel, limit).await;
    }
    let request = async {
        if let Some(name) = &step.prompt {
            client.prompt(&variables.text(name)?, &arguments).await.map_or_else(Seen::unanswered, |result| Ok(Seen::ok(result)))
        } else if let Some(uri) = &step.resource {
            client.read(&variables.text(uri)?).await.map_or_else(Seen::unanswered, |result| Ok(Seen::ok(resource(result))))
        } else if let Some(completion) = &step.complete {
            complete(client, completion, &arguments, variables).await
        } else if let Some(kind) = step.list {
            list(client, kind.into()).await
        } else {
            Ok(Seen::ok(Value::Null))
        }
    };
    tokio::time::timeout(limit, request).await.unwrap_or_else(|_| Seen::unanswered(ClientError::Timeout(limit)))
}

async fn call(client: &Client, tool: &str, arguments: &Value, cancel: Option<Cancel>, limit: Duration) -> anyhow::Result<Seen> {
    let token = CancellationToken::new();
    let steps = Arc::new(Mutex::new(Vec::new()));
    let watch = Watch::within(limit).cancelled_by(token.clone()).on_progress(|step| {
        steps.lock().unwrap_or_else(PoisonError::into_inner).push(step);
        if matches!(cancel, Some(Cancel::FirstProgress)) {
            token.cancel();
        }
    });
    let pause = async {
        match cancel {
            Some(Cancel::AfterMs(pause)) => tokio::time::sleep(Duration::from_millis(pause)).await,
            _ => std::future::pending().await,
        }
        token.cancel();
        std::future::pending::<()>().await;
    };
    let result = tokio::select! {
        result = client.call(tool, arguments, watch) => result,
        () = pause => Err(ClientError::Cancelled),
    };
    let steps = std::mem::take(&mut *steps.lock().unwrap_or_else(PoisonError::into_inner));
    match result {
        Ok(answer) => Ok(Seen::answered(&answer, steps)),
        Err(error) => Ok(Seen { steps, ..Seen::unanswered(error)? }),
    }
}

async fn complete(client: &Client, completion: &Completion, others: &Value, variables: &Variables) -> anyhow::Result<Seen> {
    let subject = match (&completion.prompt, &completion.template) {
        (Some(prompt), _) => Subject::Prompt(prompt.clone()),
        (None, template) => Subject::Resource(template.clone().context("`complete` needs either `prompt` or `template`")?),
    };
    let written = variables.text(&completion.value)?;
    client.complete(&subject, &completion.argument, &written, others).await.map_or_else(Seen::unanswered, |result| Ok(Seen::ok(result)))
}

async fn list(client: &Client, listing: Listing) -> anyhow::Result<Seen> {
    client.list(listing).await.map_or_else(Seen::unanswered, |items| Ok(Seen::ok(json!({"items": items}))))
}

/// A resource's contents, each with its text read as JSON under `json` where it is JSON.
fn resource(mut result: Value) -> Value {
    for content in result["contents"].as_array_mut().into_iter().flatten() {
        let read = content["text"].as_str().and_then(|text| serde_json::from_str::<Value>(text).ok());
        if let (Some(read), Some(fields)) = (read, content.as_object_mut()) {
            fields.insert("json".into(), read);
        }
    }
    result
}

/// Every text in a prompt's messages or a resource's contents.
fn texts(subject: &Value) -> Vec<String> {
    let messages = subject["messages"].as_array().into_iter().flatten().map(|message| &message["content"]["text"]);
    let contents = subject["contents"].as_array().into_iter().flatten().map(|content| &content["text"]);
    messages.chain(contents).filter_map(Value::as_str).map(str::to_owned).collect()
}
