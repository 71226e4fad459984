//! Every setting, once: its name, its type, how a project may tighten it, and its place in [`Settings`].

use data_stack_core::Effect;
use serde_json::{Value, json};

use super::Settings;
pub use super::rule::Rule;
pub use super::value::{Kind, show_bytes};
use super::value::{seconds, strings};

/// A setting.
pub struct Key {
    /// Its name in files, such as `limits.wait_s`.
    pub name: &'static str,
    /// What it decides, in a sentence.
    pub about: &'static str,
    /// Its type.
    pub kind: Kind,
    /// How a project may change it.
    pub rule: Rule,
    /// Its value in its normal form.
    pub read: fn(&Settings) -> Value,
    pub(super) write: fn(&mut Settings, &Value),
}

impl Key {
    /// The variable that sets it, such as `DATA_STACK_LIMITS_WAIT_S`.
    pub fn variable(&self) -> String {
        format!("DATA_STACK_{}", self.name.replace('.', "_").to_ascii_uppercase())
    }

    /// The key of that name.
    pub fn find(name: &str) -> Option<&'static Self> {
        KEYS.iter().find(|key| key.name == name)
    }
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

fn number(value: &Value) -> u64 {
    value.as_u64().unwrap_or_default()
}

fn effect(value: &Value) -> Effect {
    serde_json::from_value(value.clone()).unwrap_or(Effect::Read)
}

/// All settings but the workspace, which no file can set.
pub static KEYS: &[Key] = &[
    Key {
        name: "environment",
        about: "The environment that calls work on; `[env.<name>]` tables hold settings of its own.",
        kind: Kind::Text,
        rule: Rule::Operator,
        read: |settings| json!(settings.environment),
        write: |settings, value| settings.environment = text(value),
    },
    Key {
        name: "persona",
        about: "The persona that narrows tools and effects.",
        kind: Kind::Text,
        rule: Rule::WhereUnset,
        read: |settings| json!(settings.persona),
        write: |settings, value| settings.persona = value.as_str().map(str::to_owned),
    },
    Key {
        name: "effects",
        about: "The highest effect that a call may have: read, write or destroy.",
        kind: Kind::Effect(Effect::Read),
        rule: Rule::LowerEffect,
        read: |settings| json!(settings.effects),
        write: |settings, value| settings.effects = effect(value),
    },
    Key {
        name: "ask",
        about: "The effect from which a person is asked before each call.",
        kind: Kind::Effect(Effect::Write),
        rule: Rule::LowerEffect,
        read: |settings| json!(settings.ask),
        write: |settings, value| settings.ask = effect(value),
    },
    Key {
        name: "roots",
        about: "Folders besides the workspace whose files calls may read.",
        kind: Kind::Paths,
        rule: Rule::Within,
        read: |settings| json!(settings.roots),
        write: |settings, value| settings.roots = strings(value).into_iter().map(Into::into).collect(),
    },
    Key {
        name: "network",
        about: "Address prefixes that loads and profiles may fetch from.",
        kind: Kind::Texts,
        rule: Rule::Narrower,
        read: |settings| json!(settings.network),
        write: |settings, value| settings.network = strings(value),
    },
    Key {
        name: "limits.wait_s",
        about: "How long a caller waits before a call becomes a job.",
        kind: Kind::Seconds(0.0, 45.0),
        rule: Rule::Lower,
        read: |settings| shortest(settings.limits.wait.as_secs_f64()),
        write: |settings, value| settings.limits.wait = seconds(value),
    },
    Key {
        name: "limits.queue_s",
        about: "How long a call waits for its turn.",
        kind: Kind::Seconds(0.0, 600.0),
        rule: Rule::Lower,
        read: |settings| shortest(settings.limits.queue.as_secs_f64()),
        write: |settings, value| settings.limits.queue = seconds(value),
    },
    Key {
        name: "limits.concurrent",
        about: "How many calls run at once.",
        kind: Kind::Count(1, 1_024),
        rule: Rule::Lower,
        read: |settings| json!(settings.limits.concurrent),
        write: |settings, value| settings.limits.concurrent = number(value) as usize,
    },
    Key {
        name: "limits.result_tokens",
        about: "Estimated tokens (bytes / 4) of a result.",
        kind: Kind::Count(512, 200_000),
        rule: Rule::Lower,
        read: |settings| json!(settings.limits.result_tokens),
        write: |settings, value| settings.limits.result_tokens = number(value) as usize,
    },
    Key {
        name: "query.memory",
        about: "Memory that one query may use.",
        kind: Kind::Bytes(64 << 20),
        rule: Rule::Lower,
        read: |settings| json!(settings.query.memory),
        write: |settings, value| settings.query.memory = number(value),
    },
    Key {
        name: "query.temporary",
        about: "Temporary files that one query may write.",
        kind: Kind::Bytes(0),
        rule: Rule::Lower,
        read: |settings| json!(settings.query.temporary),
        write: |settings, value| settings.query.temporary = number(value),
    },
    Key {
        name: "query.threads",
        about: "Threads that one query may use.",
        kind: Kind::Count(1, 256),
        rule: Rule::Lower,
        read: |settings| json!(settings.query.threads),
        write: |settings, value| settings.query.threads = number(value) as usize,
    },
    Key {
        name: "query.output",
        about: "Result that one query may keep for paging.",
        kind: Kind::Bytes(1 << 20),
        rule: Rule::Lower,
        read: |settings| json!(settings.query.output),
        write: |settings, value| settings.query.output = number(value),
    },
    Key {
        name: "cache",
        about: "Folder for tools that data-stack sets up; by default in the user's cache.",
        kind: Kind::Path,
        rule: Rule::Operator,
        read: |settings| json!(settings.cache),
        write: |settings, value| settings.cache = value.as_str().map(Into::into),
    },
    Key {
        name: "python.dbt",
        about: "A virtual environment that has dbt-duckdb, instead of the one that data-stack sets up.",
        kind: Kind::Path,
        rule: Rule::Operator,
        read: |settings| json!(settings.python.get("dbt")),
        write: |settings, value| own_environment(settings, "dbt", value),
    },
    Key {
        name: "python.great_expectations",
        about: "A virtual environment that has great_expectations and duckdb, instead of the one that data-stack sets up.",
        kind: Kind::Path,
        rule: Rule::Operator,
        read: |settings| json!(settings.python.get("great_expectations")),
        write: |settings, value| own_environment(settings, "great_expectations", value),
    },
    Key {
        name: "http.bind",
        about: "Address and port of the HTTP server, or `unix:` and a socket file.",
        kind: Kind::Text,
        rule: Rule::Operator,
        read: |settings| json!(settings.http.bind),
        write: |settings, value| settings.http.bind = text(value),
    },
    Key {
        name: "http.token_file",
        about: "File that holds the HTTP server's bearer token; made on first use.",
        kind: Kind::Path,
        rule: Rule::Operator,
        read: |settings| json!(settings.http.token_file),
        write: |settings, value| settings.http.token_file = value.as_str().map(Into::into),
    },
    Key {
        name: "http.allowed_hosts",
        about: "Host names that requests may name besides loopback.",
        kind: Kind::Texts,
        rule: Rule::Subset,
        read: |settings| json!(settings.http.allowed_hosts),
        write: |settings, value| settings.http.allowed_hosts = strings(value),
    },
    Key {
        name: "http.allowed_origins",
        about: "Origins that browsers may send, with port.",
        kind: Kind::Texts,
        rule: Rule::Subset,
        read: |settings| json!(settings.http.allowed_origins),
        write: |settings, value| settings.http.allowed_origins = strings(value),
    },
    Key {
        name: "http.behind_proxy",
        about: "Whether a TLS-terminating proxy stands in front, so that a bind beyond loopback is acceptable.",
        kind: Kind::Switch,
        rule: Rule::Off,
        read: |settings| json!(settings.http.behind_proxy),
        write: |settings, value| settings.http.behind_proxy = value == &json!(true),
    },
    Key {
        name: "http.legacy_sse",
        about: "Whether the legacy HTTP+SSE endpoints are served.",
        kind: Kind::Switch,
        rule: Rule::Off,
        read: |settings| json!(settings.http.legacy_sse),
        write: |settings, value| settings.http.legacy_sse = value == &json!(true),
    },
    Key {
        name: "http.max_body",
        about: "Bytes of one request body.",
        kind: Kind::Bytes(1 << 10),
        rule: Rule::Lower,
        read: |settings| json!(settings.http.max_body),
        write: |settings, value| settings.http.max_body = number(value) as usize,
    },
    Key {
        name: "http.max_sessions",
        about: "Legacy sessions at once.",
        kind: Kind::Count(1, 65_536),
        rule: Rule::Lower,
        read: |settings| json!(settings.http.max_sessions),
        write: |settings, value| settings.http.max_sessions = number(value) as usize,
    },
];

fn own_environment(settings: &mut Settings, tool: &str, value: &Value) {
    match value.as_str() {
        Some(folder) => drop(settings.python.insert(tool.to_owned(), folder.into())),
        None => drop(settings.python.remove(tool)),
    }
}

/// 25 rather than 25.0.
fn shortest(number: f64) -> Value {
    if number.fract() == 0.0 { json!(number as u64) } else { json!(number) }
}
