//! Values that must never leave the process: masked wherever an answer would carry them.

use std::sync::OnceLock;

use data_stack_core::ToolError;
use serde_json::Value;

use super::Answer;

/// Shortest value that is treated as a secret; shorter ones would mask ordinary text.
const SHORTEST: usize = 8;

/// The secrets that this process was given through its environment.
pub(super) fn known() -> &'static [String] {
    static KNOWN: OnceLock<Vec<String>> = OnceLock::new();
    KNOWN.get_or_init(|| {
        std::env::vars().filter(|(name, value)| names_secret(name) && value.len() >= SHORTEST).map(|(_, value)| value).collect()
    })
}

/// Masks the secrets in every text of an answer.
pub(super) fn mask(answer: &mut Answer, secrets: &[String]) {
    if secrets.is_empty() {
        return;
    }
    answer.summary = masked(&answer.summary, secrets);
    if let Some(data) = &mut answer.envelope.data {
        mask_value(data, secrets);
    }
    if let Some(page) = &mut answer.app {
        mask_value(page, secrets);
    }
    if let Some(error) = &mut answer.envelope.error {
        mask_error(error, secrets);
    }
    for warning in &mut answer.envelope.warnings {
        warning.message = masked(&warning.message, secrets);
    }
}

fn mask_error(error: &mut ToolError, secrets: &[String]) {
    error.message = masked(&error.message, secrets);
    error.hints.iter_mut().for_each(|hint| *hint = masked(hint, secrets));
    if let Some(details) = &mut error.details {
        mask_value(details, secrets);
    }
}

fn mask_value(value: &mut Value, secrets: &[String]) {
    match value {
        Value::String(text) if secrets.iter().any(|secret| text.contains(secret.as_str())) => *text = masked(text, secrets),
        Value::Array(items) => items.iter_mut().for_each(|item| mask_value(item, secrets)),
        Value::Object(object) => object.values_mut().for_each(|item| mask_value(item, secrets)),
        _ => {}
    }
}

fn masked(text: &str, secrets: &[String]) -> String {
    secrets.iter().fold(text.to_owned(), |text, secret| text.replace(secret.as_str(), "***"))
}

fn names_secret(name: &str) -> bool {
    let name = name.to_ascii_uppercase();
    ["SECRET", "PASSWORD", "PASSWD", "TOKEN", "API_KEY", "PRIVATE_KEY"].iter().any(|word| name.contains(word)) && !name.ends_with("_FILE")
}

#[cfg(test)]
mod tests {
    use super::{mask, names_secret};
    use crate::pipeline::{Answer, Envelope};
    use data_stack_core::{Code, Effect, ToolError};
    use serde_json::json;

    #[test]
    fn a_secret_is_masked_in_data_summary_and_error() {
        let secrets = ["hunter2hunter2".to_owned()];
        let mut envelope = Envelope::empty("t", "r", "now", "local");
        envelope.data = Some(json!({"rows": [["x hunter2hunter2 y", 1]]}));
        envelope.error = Some(ToolError::new(Code::Failed, "login hunter2hunter2 failed", "Check hunter2hunter2."));
        let mut answer = Answer { envelope, summary: "hunter2hunter2".into(), images: Vec::new(), app: None, effect: Effect::Read };
        mask(&mut answer, &secrets);
        let error = answer.envelope.error.clone().unwrap();
        assert_eq!((answer.summary.as_str(), answer.envelope.data), ("***", Some(json!({"rows": [["x *** y", 1]]}))));
        assert_eq!((error.message.as_str(), error.hints[0].as_str()), ("login *** failed", "Check ***."));
    }

    #[test]
    fn names_tell_which_variables_are_secret() {
        assert_eq!(
            ["AWS_SECRET_ACCESS_KEY", "GITHUB_TOKEN", "HOME", "DATA_STACK_TOKEN_FILE"].map(names_secret),
            [true, true, false, false]
        );
    }
}
