//! From a profile to the tool's answer: stored whole, made to fit, with what follows.

use data_stack_core::{Ctx, Reply, ResourceLink, ToolError, Truncated};
use serde::Serialize;
use serde_json::{Map, json};

use crate::budget;
use crate::drift::{self, snapshot};
use crate::finish::Examined;
use crate::profile_csv::Input;
use crate::result::{ColumnType, Profile, StoredLink, Suggestion};
use crate::suggest::{self, Material, Origin};
use crate::{report, summary};

/// The longest text that stands in the answer itself, as a share of the answer's budget.
const INLINE: usize = 8;

/// All that an answer is made of.
pub(crate) struct Answer<'a> {
    pub(crate) input: &'a Input,
    pub(crate) ctx: &'a Ctx,
    pub(crate) found: Examined,
    /// What the file is compared with.
    pub(crate) before: Option<snapshot::Snapshot>,
}

/// A profile as it is stored.
#[derive(Serialize)]
struct Stored<'a> {
    format: &'static str,
    #[serde(flatten)]
    profile: &'a Profile,
    snapshot: &'a snapshot::Snapshot,
}

impl Answer<'_> {
    /// The answer.
    pub(crate) fn reply(mut self) -> Result<Reply<Profile>, ToolError> {
        self.compare();
        let table = table_name(&self.found.profile.file.path);
        let mut summary = summary::of(&self.found.profile);
        let mut links = Vec::new();
        if self.input.report.unwrap_or(false) {
            let html = report::html(&self.found.profile);
            let link = self.ctx.ports.artifacts()?.put(&format!("{table}-profile.html"), "text/html", html.as_bytes())?;
            self.found.profile.report = Some(stored(&link));
            append!(summary, "\nReport: {}", link.path);
            links.push(link);
        }
        self.suggest(&table, &mut links)?;
        let whole = self.store(&table, &mut links)?;
        let detail = self.input.detail.unwrap_or_default();
        let mut profile = self.found.profile;
        let shrunk = budget::fit(&mut profile, detail);
        let truncated = shrunk.then(|| truncated(&profile, whole));
        let mut reply = next_actions(Reply::new(profile, summary), self.input).sized(detail.tokens());
        (reply.truncated, reply.links) = (truncated, links);
        Ok(reply)
    }

    fn compare(&mut self) {
        let Some(before) = &self.before else { return };
        let baseline = self.input.baseline.as_deref().unwrap_or_default();
        let drift = drift::between(before, &self.found.snapshot, baseline);
        self.found.profile.verdict = Some(drift.verdict);
        self.found.profile.drift = Some(drift);
    }

    /// Makes the files that were asked for.
    fn suggest(&mut self, table: &str, links: &mut Vec<ResourceLink>) -> Result<(), ToolError> {
        let mut suggestions: Vec<Suggestion> = Vec::new();
        for kind in self.input.suggest.iter().flatten() {
            if suggestions.iter().any(|made| made.kind == kind.as_str()) {
                continue;
            }
            let profile = &self.found.profile;
            let material = Material { profile, checks: &self.found.checks, table, origin: origin(self.input) };
            material.check(*kind)?;
            let made = suggest::make(*kind, &material);
            let link = self.ctx.ports.artifacts()?.put(&made.file, made.mime_type, made.text.as_bytes())?;
            let fits = made.text.len() * INLINE <= self.input.detail.unwrap_or_default().bytes();
            suggestions.push(Suggestion {
                kind: kind.as_str().to_owned(),
                checks: made.checks as u64,
                verified_rows: profile.scan.rows,
                verified_all: profile.scan.complete,
                uri: link.uri.clone(),
                path: link.path.clone(),
                text: fits.then_some(made.text),
            });
            links.push(link);
        }
        self.found.profile.suggestions = suggestions;
        Ok(())
    }

    /// Stores the whole profile, where there is a store; gives its size and address.
    fn store(&mut self, table: &str, links: &mut Vec<ResourceLink>) -> Result<(usize, Option<String>), ToolError> {
        let whole = Stored { format: snapshot::FORMAT, profile: &self.found.profile, snapshot: &self.found.snapshot };
        let text = serde_json::to_vec(&whole).map_err(|error| ToolError::internal(format!("the profile cannot be written: {error}")))?;
        let Some(artifacts) = self.ctx.ports.artifacts.as_deref() else { return Ok((text.len(), None)) };
        let link = artifacts.put(&format!("{table}-profile.json"), "application/json", &text)?;
        self.found.profile.stored = Some(stored(&link));
        let uri = link.uri.clone();
        links.push(link);
        Ok((text.len(), Some(uri)))
    }
}

fn stored(link: &ResourceLink) -> StoredLink {
    StoredLink { uri: link.uri.clone(), path: link.path.clone(), bytes: link.bytes }
}

/// What was left out to keep the budget, with the whole result as an artifact where there is a store.
fn truncated(profile: &Profile, (whole, full_result_uri): (usize, Option<String>)) -> Truncated {
    let folded = profile.folded.as_ref().map_or(0, |folded| folded.columns);
    let mut reason = "the least interesting columns are shown in less detail to keep the token budget of `detail`".to_owned();
    if folded > 0 {
        reason = format!("{reason}; {folded} of them are only named");
    }
    let shown = serde_json::to_vec(profile).map_or(0, |text| text.len());
    Truncated { bytes_dropped: Some(whole.saturating_sub(shown) as u64), reason, full_result_uri, ..Truncated::default() }
}

fn origin(input: &Input) -> Origin<'_> {
    match (&input.table, &input.sql) {
        (Some(table), _) => Origin::Table(table),
        (None, Some(sql)) => Origin::Query(sql),
        (None, None) => Origin::Place(input.path.as_deref().unwrap_or_default()),
    }
}

fn next_actions(reply: Reply<Profile>, input: &Input) -> Reply<Profile> {
    let path = match origin(input) {
        Origin::Table(table) => {
            return reply.next("query_duckdb", json!({ "sql": format!("SELECT * FROM {table} LIMIT 10") }), "Shows the first rows.");
        }
        Origin::Query(_) => return reply,
        Origin::Place(_) if reply.data.file.format == "arrow" => return reply,
        Origin::Place(path) => path,
    };
    let table = table_name(path);
    let mut load = json!({ "source": path, "table": table });
    if let Some(sheet) = &reply.data.file.sheet {
        load["sheet"] = json!(sheet);
    }
    let codes = reply.data.columns.iter().filter(|column| column.kind == ColumnType::Code && column.evidence.is_some());
    let types: Map<_, _> = codes.take(50).map(|column| (column.name.clone(), json!("VARCHAR"))).collect();
    if !types.is_empty() {
        load["types"] = types.into();
    }
    let reply = reply.next("ingest", load, "Loads the file into a table, so that it can be queried.");
    let sql = format!("SELECT * FROM \"{table}\" LIMIT 10");
    reply.next("query_duckdb", json!({ "sql": sql }), "Shows the first rows, once the table is loaded.")
}

/// A table name made from the file's name: lower-case letters, digits and underscores.
fn table_name(path: &str) -> String {
    let name = path.rsplit(['/', '\\']).next().unwrap_or(path);
    let stem = name.split('.').find(|part| !part.is_empty()).unwrap_or("data");
    let mut table: String = stem.chars().map(|c| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '_' }).collect();
    if !table.starts_with(|c: char| c.is_ascii_alphabetic()) {
        table.insert_str(0, "t_");
    }
    table.truncate(60);
    table
}
