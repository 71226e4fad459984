//! One statement, from its text to its rows.

use std::io;
use std::path::PathBuf;
use std::time::Instant;

use data_stack_core::ports::warehouse::{Column, Explain, ExportFormat, Parameters, TableOrigin};
use data_stack_core::{Code, Effect, ToolError, Warning};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::failure;
use super::gate::{Admitted, Explaining, Refusal, admit};
use super::handle::{Connection, EngineError};
use super::outcome::Outcome;
use super::session::{Attached, Session, Target};
use super::spill::Spill;
use super::types::Type;
use super::{bind, encode, export, hints, origins};

/// Bytes of rows in a first page; further rows are kept for the next.
const PAGE_BYTES: usize = 8 << 20;

/// A statement with everything that it needs, paths resolved.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct QueryRequest {
    /// The database files.
    pub target: Target,
    /// Read a copy when another process holds the file's lock.
    pub snapshot: bool,
    /// Read a copy and leave the file itself alone: another program has the warehouse's lease.
    pub copy: bool,
    /// Exactly one statement.
    pub sql: String,
    /// Values for its placeholders.
    pub parameters: Parameters,
    /// The greatest effect that it may have.
    pub effect: Effect,
    /// Whether to explain it.
    pub explain: Explain,
    /// Rows in the first page.
    pub limit: usize,
    /// Where rows beyond the first page are kept.
    pub spill: PathBuf,
    /// How many bytes of them are kept.
    pub spill_bytes: u64,
    /// Write the whole result to this new file instead.
    pub export: Option<(ExportFormat, PathBuf)>,
}

/// What a statement gave.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct QueryAnswer {
    /// The columns.
    pub columns: Vec<Column>,
    /// The first page.
    pub rows: Vec<Vec<Value>>,
    /// How many rows there are in all, where the result was read to its end.
    pub total_rows: Option<u64>,
    /// How many rows were changed.
    pub rows_changed: Option<u64>,
    /// The kind of statement.
    pub statement: String,
    /// The plan, if it was asked for.
    pub plan: Option<String>,
    /// Whether rows beyond the first page were kept.
    pub spilled: bool,
    /// The engine's time in milliseconds.
    pub elapsed_ms: f64,
    /// What the caller should know.
    pub warnings: Vec<Warning>,
    /// The tables that were read.
    pub origins: Vec<TableOrigin>,
}

impl QueryAnswer {
    fn warn(&mut self, code: &str, message: impl Into<String>) {
        self.warnings.push(Warning { code: code.into(), message: message.into() });
    }
}

/// Runs the statement on files attached for it alone.
pub fn run(session: &Session, request: &QueryRequest) -> Result<QueryAnswer, ToolError> {
    let started = Instant::now();
    let (attached, copied) = match (request.copy, request.snapshot) {
        (true, _) => (session.attach_copy(&request.target)?, true),
        (false, true) => session.attach_or_copy(&request.target)?,
        (false, false) => (session.attach(&request.target)?, false),
    };
    let mut answer = run_attached(session, &attached, request)?;
    if copied {
        answer.warn("snapshot", "Another program is working on the database; this was read from a copy of its last committed state.");
    }
    answer.elapsed_ms = started.elapsed().as_secs_f64() * 1_000.0;
    Ok(answer)
}

fn run_attached(session: &Session, attached: &Attached<'_>, request: &QueryRequest) -> Result<QueryAnswer, ToolError> {
    let connection = attached.connect().map_err(|error| ToolError::internal(error.message))?;
    let mut answer = match execute(&connection, request) {
        Ok(answer) => answer,
        Err(Refusal::Policy(error)) => return Err(*error),
        Err(Refusal::Engine(error)) => return Err(failure::translate(&error, &connection, attached.catalog(), session.sandbox())),
    };
    if answer.statement == "SELECT" {
        answer.origins = origins::of(&connection, attached.catalog(), &request.sql);
    }
    if answer.statement == "SELECT" && answer.total_rows == Some(0) && request.export.is_none() && is_empty(&request.parameters) {
        answer.warnings.extend(hints::explain_empty(&connection, &request.sql));
    }
    Ok(answer)
}

fn is_empty(parameters: &Parameters) -> bool {
    match parameters {
        Parameters::Positional(values) => values.is_empty(),
        Parameters::Named(values) => values.is_empty(),
    }
}

fn execute(connection: &Connection, request: &QueryRequest) -> Result<QueryAnswer, Refusal> {
    let explaining = match request.explain {
        Explain::None => Explaining::No,
        Explain::Plan => Explaining::Plan,
        Explain::Analyze => Explaining::Analyze,
    };
    let mut admitted = admit(connection, &request.sql, request.effect, explaining)?;
    if let Some((format, path)) = &request.export {
        return export::run(connection, &admitted, request, *format, path);
    }
    bind::bind(&admitted.prepared, &request.parameters)?;
    let outcome = if admitted.kind == "SELECT" { admitted.prepared.stream()? } else { admitted.prepared.execute()? };
    collect(outcome, &admitted, request)
}

fn collect(mut outcome: Outcome, admitted: &Admitted<'_>, request: &QueryRequest) -> Result<QueryAnswer, Refusal> {
    let mut answer = QueryAnswer { statement: admitted.kind.into(), rows_changed: outcome.rows_changed(), ..QueryAnswer::default() };
    if !outcome.has_rows() {
        return Ok(answer);
    }
    let columns = outcome.columns();
    check_types(&columns)?;
    answer.columns = described(&columns);
    Pages { answer: &mut answer, request, bytes: 0, spill: None }.read(outcome, &columns)?;
    if admitted.kind == "EXPLAIN" {
        answer.plan = Some(plan_of(&answer.rows));
    }
    Ok(answer)
}

/// The columns as callers see them.
pub(super) fn described(columns: &[(String, Type)]) -> Vec<Column> {
    columns.iter().map(|(name, kind)| Column { name: name.clone(), kind: kind.name.clone() }).collect()
}

fn check_types(columns: &[(String, Type)]) -> Result<(), ToolError> {
    match columns.iter().find(|(_, kind)| !encode::supports(kind)) {
        None => Ok(()),
        Some((name, kind)) => {
            let message = format!("the column `{name}` has the type {}, which has no JSON form here", kind.name);
            Err(ToolError::invalid("sql", message, format!("Cast it, as in `\"{name}\"::JSON` or `\"{name}\"::VARCHAR`.")))
        }
    }
}

/// `EXPLAIN` answers rows of a name and a text.
fn plan_of(rows: &[Vec<Value>]) -> String {
    let texts: Vec<&str> = rows.iter().filter_map(|row| row.get(1).and_then(Value::as_str)).collect();
    texts.join("\n")
}

/// Reads a result into the first page and the file of further rows.
struct Pages<'a> {
    answer: &'a mut QueryAnswer,
    request: &'a QueryRequest,
    bytes: usize,
    spill: Option<Spill>,
}

impl Pages<'_> {
    fn read(mut self, mut outcome: Outcome, columns: &[(String, Type)]) -> Result<(), Refusal> {
        let mut total = 0;
        while let Some(chunk) = outcome.next_chunk()? {
            for row in 0..chunk.len() {
                if !self.push(encode::row(&chunk, columns, row))? {
                    self.answer.warn("output_limit", self.over_limit(total));
                    return self.finish(None);
                }
                total += 1;
            }
        }
        self.finish(Some(total))
    }

    fn push(&mut self, row: Vec<Value>) -> Result<bool, ToolError> {
        if self.spill.is_none() && self.answer.rows.len() < self.request.limit {
            self.bytes += row.iter().map(size_of_value).sum::<usize>();
            if self.bytes <= PAGE_BYTES || self.answer.rows.is_empty() {
                self.answer.rows.push(row);
                return Ok(true);
            }
        }
        if self.spill.is_none() {
            self.spill = Some(Spill::create(&self.request.spill, self.request.spill_bytes).map_err(|error| unkept(&error))?);
        }
        self.spill.as_mut().map_or(Ok(false), |spill| spill.push(&row).map_err(|error| unkept(&error)))
    }

    fn finish(self, total: Option<u64>) -> Result<(), Refusal> {
        self.answer.total_rows = total;
        self.answer.spilled = self.spill.is_some();
        self.spill.map_or(Ok(()), |spill| spill.finish().map_err(|error| unkept(&error)))?;
        Ok(())
    }

    fn over_limit(&self, read: u64) -> String {
        format!(
            "Only the first {read} rows were kept: the result is larger than the limit of {} MiB. Aggregate or filter, or export it with \
             `format` parquet or csv.",
            self.request.spill_bytes >> 20
        )
    }
}

fn unkept(error: &io::Error) -> ToolError {
    ToolError::new(Code::Failed, format!("the rows beyond the first page cannot be kept: {error}"), "Check the space left on the disk.")
}

/// Roughly the bytes of a value as JSON.
fn size_of_value(value: &Value) -> usize {
    match value {
        Value::String(text) => text.len() + 3,
        Value::Array(values) => values.iter().map(size_of_value).sum::<usize>() + 2,
        Value::Object(fields) => fields.iter().map(|(key, value)| key.len() + 4 + size_of_value(value)).sum::<usize>() + 2,
        _ => 8,
    }
}

/// All rows of a trusted statement.
pub(super) fn rows_of(connection: &Connection, sql: &str) -> Result<Vec<Vec<Value>>, EngineError> {
    let mut outcome = connection.query(sql)?;
    let columns = outcome.columns();
    let mut rows = Vec::new();
    while let Some(chunk) = outcome.next_chunk()? {
        rows.extend((0..chunk.len()).map(|row| encode::row(&chunk, &columns, row)));
    }
    Ok(rows)
}
