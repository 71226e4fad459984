//! What a statement is and whether the call may run it.
//!
//! DuckDB's own parser says how many statements a text holds and of which type; the text itself is never trusted to say so.

use data_stack_core::{Code, Effect, ToolError};
use duckdb::ffi;

use super::handle::{Connection, EngineError};
use super::lexer::{Placed, Token, tokens};
use super::statement::Prepared;

/// Functions that a `SELECT` can call and that do more than read: they write files, change the instance for later calls,
/// or take raw addresses.
const FORBIDDEN_FUNCTIONS: [&str; 12] = [
    "enable_logging",
    "disable_logging",
    "truncate_duckdb_logs",
    "enable_profiling",
    "disable_profiling",
    "checkpoint",
    "force_checkpoint",
    "arrow_scan",
    "arrow_scan_dumb",
    "json_execute_serialized_sql",
    "import_database",
    "copy_database",
];

const LIMITS_ARE_PARAMETERS: &str = "Limits are parameters of the call: `memory_mb`, `threads`, `timeout_s`.";

/// A statement that the call may run.
pub(crate) struct Admitted<'connection> {
    /// Bound, ready for its parameters.
    pub(crate) prepared: Prepared<'connection>,
    /// Its type, such as `SELECT`.
    pub(crate) kind: &'static str,
    /// The SQL that was prepared, without what may follow its end.
    pub(crate) sql: String,
    /// Whether it is a form such as `SHOW` that stands inside another statement only as a subquery.
    pub(crate) shows: bool,
}

/// Why a text was not admitted.
pub(crate) enum Refusal {
    /// DuckDB does not understand it.
    Engine(EngineError),
    /// It is understood and not allowed.
    Policy(Box<ToolError>),
}

impl From<EngineError> for Refusal {
    fn from(error: EngineError) -> Self {
        Self::Engine(error)
    }
}

impl From<ToolError> for Refusal {
    fn from(error: ToolError) -> Self {
        Self::Policy(Box::new(error))
    }
}

/// How a statement is to be explained.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Explaining {
    /// Not at all.
    No,
    /// Its plan, without running it.
    Plan,
    /// Its plan with times, after running it.
    Analyze,
}

/// Parses, judges and binds `sql`. A text that itself begins with `EXPLAIN` is judged by what it explains.
pub(crate) fn admit<'connection>(
    connection: &'connection Connection,
    sql: &str,
    allowed: Effect,
    explaining: Explaining,
) -> Result<Admitted<'connection>, Refusal> {
    let words = tokens(sql).unwrap_or_default();
    if let Some((prefix, inner)) = explained(sql, &words) {
        return explain(connection, inner, allowed, &prefix);
    }
    let (prepared, kind) = judge(connection, sql, &words, allowed)?;
    match explaining {
        Explaining::No => Ok(Admitted { prepared, kind, sql: without_end(sql, &words).to_owned(), shows: shows(&words) }),
        Explaining::Plan => explain(connection, sql, allowed, "EXPLAIN"),
        Explaining::Analyze => explain(connection, sql, allowed, "EXPLAIN ANALYZE"),
    }
}

/// The text up to the semicolons that end it.
fn without_end<'sql>(sql: &'sql str, words: &[Placed]) -> &'sql str {
    let ends = words.iter().rev().take_while(|(_, token)| *token == Token::Symbol(';'));
    ends.last().map_or(sql, |(start, _)| &sql[..*start])
}

fn shows(words: &[Placed]) -> bool {
    words.first().and_then(keyword).is_some_and(|first| ["show", "describe", "desc", "summarize"].contains(&first))
}

/// Judges `inner` by itself and prepares it behind `prefix`. Only text that alone is one allowed statement is ever put
/// there, so nothing in it can reach out of the explanation.
fn explain<'connection>(
    connection: &'connection Connection,
    inner: &str,
    allowed: Effect,
    prefix: &str,
) -> Result<Admitted<'connection>, Refusal> {
    drop(judge(connection, inner, &tokens(inner).unwrap_or_default(), allowed)?);
    let sql = format!("{prefix} {inner}");
    let prepared = connection.extract(&sql)?.prepare()?;
    Ok(Admitted { prepared, kind: "EXPLAIN", sql, shows: false })
}

/// The `EXPLAIN …` at the head of a text, rebuilt, and the text that it explains.
fn explained<'sql>(sql: &'sql str, words: &[Placed]) -> Option<(String, &'sql str)> {
    let mut rest = words.iter().peekable();
    rest.next_if(|(_, token)| is_word(token, "explain"))?;
    let mut prefix = String::from("EXPLAIN");
    if rest.next_if(|(_, token)| is_word(token, "analyze")).is_some() {
        prefix.push_str(" ANALYZE");
    }
    if rest.peek().is_some_and(|(_, token)| *token == Token::Symbol('(')) && is_option(rest.clone().nth(1)) {
        for (_, token) in rest.by_ref() {
            prefix.push_str(&written(token));
            if *token == Token::Symbol(')') {
                break;
            }
        }
    }
    rest.peek().map(|(start, _)| (prefix, &sql[*start..]))
}

fn is_option(token: Option<&Placed>) -> bool {
    token.is_some_and(|(_, token)| is_word(token, "analyze") || is_word(token, "format"))
}

fn written(token: &Token) -> String {
    match token {
        Token::Word(word) => format!(" {word}"),
        Token::Text(text) => format!(" {}", super::session::literal(text)),
        Token::Symbol(symbol) => symbol.to_string(),
    }
}

fn judge<'connection>(
    connection: &'connection Connection,
    sql: &str,
    words: &[Placed],
    allowed: Effect,
) -> Result<(Prepared<'connection>, &'static str), Refusal> {
    refuse_by_first_word(words)?;
    forbidden_functions(words)?;
    let statements = connection.extract(sql)?;
    exactly_one(statements.count(), words)?;
    let prepared = statements.prepare()?;
    let (kind, needed) = needed_effect(prepared.kind(), words)?;
    if needed > allowed { Err(too_weak(kind, needed, allowed).into()) } else { Ok((prepared, kind)) }
}

fn exactly_one(count: u64, words: &[Placed]) -> Result<(), ToolError> {
    if count == 1 {
        return Ok(());
    }
    if count == 0 {
        return Err(ToolError::invalid("sql", "the text holds no statement", "Send one SQL statement, such as `SELECT 1`."));
    }
    let semicolons = words.iter().rev().skip_while(|(_, token)| *token == Token::Symbol(';'));
    if semicolons.clone().any(|(_, token)| *token == Token::Symbol(';')) {
        let message = format!("the text holds {count} statements, and a call runs exactly one");
        return Err(ToolError::invalid("sql", message, "Send the statements one by one, or join them with CTEs (`WITH … SELECT`)."));
    }
    let message = format!("DuckDB runs this as {count} statements, and a call runs exactly one");
    Err(ToolError::invalid("sql", message, "Give PIVOT its values with `IN (…)`; then it is one statement."))
}

fn forbidden_functions(words: &[Placed]) -> Result<(), ToolError> {
    for (index, (_, token)) in words.iter().enumerate() {
        let called = words.get(index + 1).is_some_and(|(_, next)| *next == Token::Symbol('('));
        let Token::Word(word) = token else { continue };
        if called && FORBIDDEN_FUNCTIONS.contains(&word.as_str()) {
            let message = format!("the function `{word}` does more than read and is not available");
            return Err(denied(message, "Leave it out; `explain: \"analyze\"` gives the profile of a statement."));
        }
        if called && word == "query" {
            forbidden_in_query(words.get(index + 2), words.get(index + 3))?;
        }
    }
    Ok(())
}

/// `query('…')` runs its text, which must therefore be there to be read.
fn forbidden_in_query(argument: Option<&Placed>, end: Option<&Placed>) -> Result<(), ToolError> {
    match (argument, end) {
        (Some((_, Token::Text(text))), Some((_, Token::Symbol(')')))) => forbidden_functions(&tokens(text).unwrap_or_default()),
        _ => Err(denied("`query(…)` takes only a literal text here", "Write the query itself as a subquery instead of text.")),
    }
}

/// Statements that are refused whatever the mode, with what does their work instead.
fn refuse_by_first_word(words: &[Placed]) -> Result<(), ToolError> {
    let Some((_, Token::Word(first))) = words.first() else { return Ok(()) };
    let hint = match first.as_str() {
        "copy" | "export" => "To write a result to a file, run its SELECT with `format` csv, parquet or arrow, or with `save_as`.",
        "import" => "Load files with the `ingest` tool.",
        "attach" => "Name the file in the parameter `attach` (read-only) or `database`.",
        "detach" => "Files are detached when the call ends.",
        "use" => "Write the schema before the table's name, or name the file in the parameter `database`.",
        "install" | "load" => "Extensions are chosen by the operator.",
        "set" | "reset" => LIMITS_ARE_PARAMETERS,
        "pragma" if words.iter().any(|(_, token)| *token == Token::Symbol('=')) => LIMITS_ARE_PARAMETERS,
        "call" => "Use the table function in a SELECT, as in `SELECT * FROM pragma_version()`.",
        "begin" | "start" | "commit" | "rollback" | "abort" => "Each call is a transaction of its own.",
        "prepare" | "execute" | "deallocate" => "Send the statement itself, with its values in `params`.",
        "checkpoint" => "The file is checkpointed when a writing call ends.",
        "create" | "drop" if names_secret(words) => "Credentials are configured by the operator, never in SQL.",
        "create" if makes_temporary(words) => "A temporary object would end with this call; use a CTE, or make it without TEMPORARY.",
        _ => return Ok(()),
    };
    Err(denied(format!("{} is not available in SQL here", first.to_uppercase()), hint))
}

/// What a `CREATE` or `DROP` is about, such as `table`, and the words before it, such as `or replace`.
fn object(words: &[Placed]) -> (Vec<&str>, Option<&str>) {
    let mut rest = words.iter().skip(1).filter_map(keyword).peekable();
    let mut before = Vec::new();
    while let Some(word) = rest.next_if(|word| ["or", "replace", "temp", "temporary", "persistent"].contains(word)) {
        before.push(word);
    }
    (before, rest.next())
}

fn names_secret(words: &[Placed]) -> bool {
    object(words).1 == Some("secret")
}

fn makes_temporary(words: &[Placed]) -> bool {
    object(words).0.iter().any(|word| ["temp", "temporary"].contains(word))
}

/// The effect that a statement of this type has, and the type's name.
fn needed_effect(kind: ffi::duckdb_statement_type, words: &[Placed]) -> Result<(&'static str, Effect), ToolError> {
    let has = |wanted| words.iter().any(|(_, token)| is_word(token, wanted));
    let known = match kind {
        ffi::duckdb_statement_type_DUCKDB_STATEMENT_TYPE_SELECT => ("SELECT", Effect::Read),
        ffi::duckdb_statement_type_DUCKDB_STATEMENT_TYPE_INSERT => ("INSERT", Effect::Write),
        ffi::duckdb_statement_type_DUCKDB_STATEMENT_TYPE_UPDATE => ("UPDATE", Effect::Write),
        ffi::duckdb_statement_type_DUCKDB_STATEMENT_TYPE_CREATE => {
            ("CREATE", if replaces_data(words) { Effect::Destroy } else { Effect::Write })
        }
        ffi::duckdb_statement_type_DUCKDB_STATEMENT_TYPE_CREATE_FUNC => ("CREATE", Effect::Write),
        ffi::duckdb_statement_type_DUCKDB_STATEMENT_TYPE_ALTER => ("ALTER", if has("drop") { Effect::Destroy } else { Effect::Write }),
        ffi::duckdb_statement_type_DUCKDB_STATEMENT_TYPE_MERGE_INTO => {
            ("MERGE", if has("delete") { Effect::Destroy } else { Effect::Write })
        }
        ffi::duckdb_statement_type_DUCKDB_STATEMENT_TYPE_ANALYZE | ffi::duckdb_statement_type_DUCKDB_STATEMENT_TYPE_VACUUM => {
            ("VACUUM", Effect::Write)
        }
        ffi::duckdb_statement_type_DUCKDB_STATEMENT_TYPE_DELETE => ("DELETE", Effect::Destroy),
        ffi::duckdb_statement_type_DUCKDB_STATEMENT_TYPE_DROP => ("DROP", Effect::Destroy),
        other => return Err(not_available(other, words)),
    };
    Ok(known)
}

fn not_available(kind: ffi::duckdb_statement_type, words: &[Placed]) -> ToolError {
    let name = words.first().and_then(keyword).map_or_else(|| format!("a statement of type {kind}"), str::to_uppercase);
    denied(format!("{name} is not available in SQL here"), "Use SELECT, or INSERT, UPDATE, CREATE and ALTER with `mode: \"write\"`.")
}

/// Whether a `CREATE OR REPLACE` puts new rows in the place of old ones; views and macros hold none.
fn replaces_data(words: &[Placed]) -> bool {
    let (before, what) = object(words);
    before.contains(&"replace") && !what.is_some_and(|what| ["view", "macro", "function"].contains(&what))
}

fn too_weak(kind: &str, needed: Effect, allowed: Effect) -> ToolError {
    let message = format!("the statement is a {kind}, which needs mode `{needed}`, and the call has mode `{allowed}`");
    let hint = format!("If this change is wanted, call again with `mode: \"{needed}\"`.");
    denied(message, hint).at("mode").valid([needed.as_str()])
}

fn denied(message: impl Into<String>, hint: impl Into<String>) -> ToolError {
    ToolError::new(Code::Denied, message, hint).at("sql")
}

fn is_word(token: &Token, wanted: &str) -> bool {
    matches!(token, Token::Word(word) if word == wanted)
}

fn keyword((_, token): &Placed) -> Option<&str> {
    if let Token::Word(word) = token { Some(word) } else { None }
}
