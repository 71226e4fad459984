//! What dbt says while it runs: one JSON event a line, and whatever macros and libraries print besides.

use std::collections::{BTreeMap, VecDeque};
use std::os::unix::process::ExitStatusExt;
use std::time::Instant;

use data_stack_core::ports::dbt::DbtStatus;
use data_stack_core::{Control, ToolError, text};
use serde::Deserialize;
use serde_json::Value;

use crate::child::Ended;

/// Lines of talk that are kept, and characters of each.
const TAIL: usize = 40;
const TALK: usize = 500;
/// Characters of an error that are kept.
const MESSAGE: usize = 4_000;
/// Errors and names that are kept.
const ERRORS: usize = 20;
const NAMES: usize = 100_000;
/// Events that only frame what the report says better.
const FRAME: [&str; 22] = [
    "AdapterRegistered",
    "CommandCompleted",
    "CompiledNode",
    "ConcurrencyLine",
    "EndOfRunSummary",
    "FinishedRunningStats",
    "Formatting",
    "FoundStats",
    "LogFreshnessResult",
    "LogModelResult",
    "LogNodeResult",
    "LogSeedResult",
    "LogSnapshotResult",
    "LogStartLine",
    "LogTestResult",
    "MainEncounteredError",
    "MainReportVersion",
    "RunResultError",
    "RunResultFailure",
    "SQLCompiledPath",
    "SkippingDetails",
    "StatsLine",
];

#[derive(Deserialize)]
struct Event {
    #[serde(default)]
    data: Value,
    info: Info,
}

#[derive(Deserialize)]
struct Info {
    name: String,
    #[serde(default)]
    msg: String,
    #[serde(default)]
    invocation_id: String,
}

/// A node as the events tell of it.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct HeardNode {
    pub(super) status: DbtStatus,
    pub(super) message: Option<String>,
    pub(super) elapsed_s: f64,
}

/// Everything that was heard of one run.
#[derive(Debug, Default)]
pub(super) struct Heard {
    pub(super) version: String,
    pub(super) run_id: String,
    /// Nodes that ended, by unique name.
    pub(super) nodes: BTreeMap<String, HeardNode>,
    /// How many nodes the run has.
    pub(super) total: u64,
    /// What ended the run as a whole.
    pub(super) errors: Vec<String>,
    pub(super) compiled: Option<String>,
    pub(super) tail: VecDeque<String>,
    printed: Vec<String>,
    pub(super) printed_bytes: u64,
    pub(super) elapsed_s: f64,
    pub(super) succeeded: bool,
    pub(super) stopped: Option<ToolError>,
}

impl Heard {
    /// The unique names that `ls` printed.
    pub(super) fn printed_ids(&self) -> Vec<String> {
        let id = |line: &String| Some(serde_json::from_str::<Value>(line).ok()?.get("unique_id")?.as_str()?.to_owned());
        self.printed.iter().filter_map(id).collect()
    }

    /// The selector that matches nothing, if that is why dbt did not run.
    pub(super) fn unmatched(&self) -> Option<String> {
        let found = |error: &String| {
            let (_, rest) = error.split_once("selection criterion '")?;
            Some(rest.split_once("' does not match")?.0.to_owned())
        };
        self.errors.iter().find_map(found)
    }
}

/// Takes in the lines of a run and reports its progress.
pub(super) struct Listener<'a> {
    heard: Heard,
    control: &'a Control,
    started: Instant,
}

impl<'a> Listener<'a> {
    pub(super) fn new(control: &'a Control) -> Self {
        Self { heard: Heard::default(), control, started: Instant::now() }
    }

    pub(super) fn begin(&self) {
        self.control.progress(0.0, None, "dbt starts");
    }

    /// Takes in one line.
    pub(super) fn line(&mut self, line: &[u8]) {
        match serde_json::from_slice::<Event>(line) {
            Ok(event) => self.event(event),
            Err(_) => self.talk(&String::from_utf8_lossy(&line[..line.len().min(4 * TALK)])),
        }
    }

    /// What was heard, once the process has ended.
    pub(super) fn end(mut self, ended: Ended) -> Heard {
        self.heard.elapsed_s = self.started.elapsed().as_secs_f64();
        self.heard.printed_bytes = ended.printed;
        self.heard.succeeded = ended.status.success() && ended.stopped.is_none();
        self.heard.stopped = ended.stopped;
        if let Some(signal) = ended.status.signal().filter(|_| self.heard.stopped.is_none()) {
            let reason = format!("dbt was ended from outside by signal {signal}; 9 is often the system's answer to want of memory");
            self.heard.errors.push(reason);
        }
        let silent = self.heard.errors.is_empty() && self.heard.nodes.is_empty();
        if !self.heard.succeeded && self.heard.stopped.is_none() && silent {
            // A wrong use of the command line or a crash: there are no events then.
            let said: Vec<&str> = self.heard.tail.iter().map(String::as_str).collect();
            self.heard.errors.push(text::clean(&said.join("\n"), MESSAGE));
        }
        self.heard
    }

    fn event(&mut self, event: Event) {
        let Event { data, info } = event;
        match info.name.as_str() {
            "MainReportVersion" => {
                field(&data, "version").trim_start_matches('=').clone_into(&mut self.heard.version);
                self.heard.run_id = info.invocation_id;
            }
            "UnableToPartialParse" => self.control.progress(0.0, None, "parsing the whole project"),
            "FoundStats" => self.control.progress(0.0, None, format!("found {}", text::clean(&field(&data, "stat_line"), 200))),
            "LogStartLine" => self.start(&data),
            "CompiledNode" => self.heard.compiled = Some(field(&data, "compiled")),
            "MainEncounteredError" => self.error(&field(&data, "exc")),
            "PrintEvent" if self.heard.printed.len() < NAMES && info.msg.starts_with("{\"unique_id\"") => self.heard.printed.push(info.msg),
            name => {
                self.result(&data);
                if !FRAME.contains(&name) {
                    self.talk(&info.msg);
                }
            }
        }
    }

    fn start(&mut self, data: &Value) {
        self.heard.total = data["total"].as_u64().unwrap_or(self.heard.total);
        let (index, total) = (data["index"].as_u64().unwrap_or_default(), self.heard.total);
        let kind = field(&data["node_info"], "resource_type");
        let name = field(&data["node_info"], "node_name");
        self.control.progress(self.heard.nodes.len() as f64, Some(total as f64), format!("{kind} {index}/{total} {name}"));
    }

    /// Takes in how a node ended, if the event says so.
    fn result(&mut self, data: &Value) {
        let node = &data["node_info"];
        let (id, said) = (field(node, "unique_id"), field(node, "node_status"));
        let Some(status) = status(&said) else {
            self.message(&id, data);
            return;
        };
        if id.is_empty() || (field(node, "node_finished_at").is_empty() && status != DbtStatus::Skipped) {
            return;
        }
        self.heard.total = data["total"].as_u64().unwrap_or(self.heard.total);
        let elapsed_s = data["execution_time"].as_f64().unwrap_or_default();
        let heard = self.heard.nodes.entry(id).or_default();
        (heard.status, heard.elapsed_s) = (status, elapsed_s);
        let done = self.heard.nodes.len() as f64;
        let name = field(node, "node_name");
        self.control.progress(done, Some((self.heard.total as f64).max(done)), format!("{name}: {said}"));
    }

    /// Takes in what dbt says of a failed node in its last words.
    fn message(&mut self, id: &str, data: &Value) {
        let said = !field(data, "msg").is_empty();
        if let Some(node) = self.heard.nodes.get_mut(id).filter(|_| said) {
            node.message.get_or_insert_with(|| text::clean(field(data, "msg").trim(), MESSAGE));
        }
    }

    fn error(&mut self, message: &str) {
        if self.heard.errors.len() < ERRORS {
            self.heard.errors.push(text::clean(message, MESSAGE));
        }
    }

    fn talk(&mut self, line: &str) {
        let line = text::clean(line.trim_end(), TALK);
        if line.is_empty() {
            return;
        }
        if self.heard.tail.len() == TAIL {
            self.heard.tail.pop_front();
        }
        self.heard.tail.push_back(line);
    }
}

/// dbt's words for how a node ended.
pub(super) fn status(said: &str) -> Option<DbtStatus> {
    Some(match said {
        "success" | "pass" | "no-op" | "reused" => DbtStatus::Ok,
        "warn" => DbtStatus::Warn,
        "fail" => DbtStatus::Fail,
        "error" | "runtime error" | "partial success" => DbtStatus::Error,
        "skipped" => DbtStatus::Skipped,
        _ => return None,
    })
}

fn field(data: &Value, name: &str) -> String {
    data[name].as_str().unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::{Arc, Mutex};
    use tokio_util::sync::CancellationToken;

    const LINES: &str = include_str!("../../tests/fixtures/dbt-events.jsonl");

    #[test]
    fn nodes_progress_and_talk_are_heard() {
        let said = Arc::new(Mutex::new(Vec::new()));
        let kept = said.clone();
        let control = Control::new(
            CancellationToken::new(),
            None,
            Arc::new(move |step: data_stack_core::Progress| kept.lock().unwrap().push(step.message)),
        );
        let mut listener = Listener::new(&control);
        LINES.lines().for_each(|line| listener.line(line.as_bytes()));
        listener.line(b"printed by a macro\x1b[0m");
        listener.line(&[b'x'; 10_000]);
        let heard = listener.heard;
        let statuses: Vec<_> = heard.nodes.iter().map(|(id, node)| (id.as_str(), node.status)).collect();
        let expected = [
            ("exposure.shop.sales_page", DbtStatus::Skipped),
            ("model.shop.stg_orders", DbtStatus::Ok),
            ("model.shop.totals", DbtStatus::Skipped),
            ("seed.shop.raw_orders", DbtStatus::Ok),
            ("test.shop.not_null_stg_orders_customer.e281953e2b", DbtStatus::Fail),
        ];
        assert_eq!(statuses, expected);
        assert_eq!(
            heard.nodes["test.shop.not_null_stg_orders_customer.e281953e2b"].message.as_deref(),
            Some("Got 1 result, configured to fail if != 0")
        );
        assert_eq!((heard.version.as_str(), heard.total, heard.run_id.len()), ("1.11.16", 5, 36));
        assert_eq!(heard.tail.iter().map(|line| line.chars().count()).collect::<Vec<_>>()[heard.tail.len() - 2..], [18, TALK + 1]);
        assert!(said.lock().unwrap().contains(&"model 2/5 stg_orders".to_owned()));
    }
}
