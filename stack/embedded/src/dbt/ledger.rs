//! The run ledger: what dbt last built, when, in which run, and which tests found something since.
//!
//! It lies in the workspace's state and not among the user's tables, so reading commands can write it too and a dropped table
//! leaves no trace in the warehouse.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use data_stack_core::ports::dbt::{ContractColumn, DbtCommand, DbtJob, DbtNode, DbtReport, DbtRun, DbtStatus};
use data_stack_core::ports::warehouse::TableOrigin;
use data_stack_core::{Effect, ToolError};
use serde::{Deserialize, Serialize};

use super::artifacts::Manifest;
use super::{contracts, graph};
use crate::locking::{FileLock, Share};
use crate::private;
use crate::settings::Settings;

/// Runs that are remembered.
const RUNS: usize = 200;
/// Failing tests that an origin names.
const FAILING: usize = 10;

/// The ledger of a workspace.
#[derive(Debug, Clone)]
pub(crate) struct Ledger {
    path: PathBuf,
}

#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
struct Book {
    /// By `schema.name`, in lower case.
    tables: BTreeMap<String, Built>,
    /// By project and unique name.
    tests: BTreeMap<String, Tested>,
    /// By project, then by unique name: which text of a node was built last.
    checksums: BTreeMap<String, BTreeMap<String, String>>,
    /// Oldest first.
    runs: Vec<DbtRun>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Built {
    model: String,
    run_id: String,
    at: String,
    /// The tables that it was built from.
    parents: Vec<String>,
    /// The columns that it was declared to have, where that is enforced.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    contract: Option<Vec<ContractColumn>>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Tested {
    name: String,
    /// The tables that it is about.
    tables: Vec<String>,
    status: DbtStatus,
    failing_rows: Option<u64>,
    at: String,
}

impl Ledger {
    /// The ledger of these settings' workspace.
    pub(crate) fn of(settings: &Settings) -> Self {
        Self { path: settings.state.join("dbt").join("ledger.json") }
    }

    /// Enters a finished run. What cannot be entered is logged: the run itself is done.
    pub(super) fn record(&self, job: &DbtJob, report: &DbtReport, manifest: &Manifest, database: &Path) {
        use DbtCommand::{Build, Clone, Retry, Run, Seed, Snapshot, SourceFreshness, Test};
        if report.nodes.is_empty() || !matches!(job.command, Build | Run | Test | Seed | Snapshot | SourceFreshness | Retry | Clone) {
            return;
        }
        if let Err(error) = self.change(|book| Entering { job, report, manifest, database, now: now() }.enter(book)) {
            tracing::warn!(%error, "the run ledger was not written");
        }
    }

    /// Adds what is known of each table.
    pub(crate) fn add_to(&self, origins: &mut [TableOrigin]) {
        if origins.is_empty() {
            return;
        }
        let book = self.read();
        for origin in origins {
            book.describe(origin);
        }
    }

    /// Which text of each node was built last.
    pub(super) fn checksums(&self, project: &str) -> BTreeMap<String, String> {
        self.read().checksums.remove(project).unwrap_or_default()
    }

    /// The columns that each table was declared to have when it was last built, where that was enforced.
    pub(super) fn contracts(&self) -> BTreeMap<String, Vec<ContractColumn>> {
        self.read().tables.into_iter().filter_map(|(table, built)| Some((table, built.contract?))).collect()
    }

    fn read(&self) -> Book {
        match fs::read(&self.path) {
            Ok(content) => serde_json::from_slice(&content)
                .inspect_err(|error| tracing::warn!(%error, "the run ledger is damaged"))
                .unwrap_or_default(),
            Err(_) => Book::default(),
        }
    }

    /// Changes the book as a whole, one process at a time.
    fn change(&self, change: impl FnOnce(&mut Book)) -> Result<(), ToolError> {
        let lock = self.path.with_extension("lock");
        // Held for a few milliseconds by others; so long that waiting is no matter.
        let _lock = loop {
            if let Some(lock) = FileLock::try_take(&lock, Share::Alone)? {
                break lock;
            }
            std::thread::sleep(std::time::Duration::from_millis(2));
        };
        let mut book = self.read();
        change(&mut book);
        self.write(&book).map_err(|error| super::project::unwritable(&self.path, &error))
    }

    fn write(&self, book: &Book) -> io::Result<()> {
        let folder = self.path.parent().unwrap_or(Path::new("."));
        private::folder(folder)?;
        let mut file = tempfile::NamedTempFile::new_in(folder)?;
        serde_json::to_writer(&mut file, book)?;
        file.flush()?;
        file.persist(&self.path).map_err(|error| error.error)?;
        Ok(())
    }
}

impl Book {
    fn describe(&self, origin: &mut TableOrigin) {
        let key = origin.table.to_lowercase();
        if let Some(built) = self.tables.get(&key) {
            origin.model = Some(built.model.clone());
            origin.built_at = Some(built.at.clone());
            origin.built_by = Some(built.run_id.clone());
        }
        origin.failing_tests = self.failing(|table| *table == key);
        let above = self.above(&key);
        origin.failing_upstream = self.failing(|table| above.contains(table) && *table != key);
    }

    /// The tests that last found something on such a table.
    fn failing(&self, on: impl Fn(&String) -> bool) -> Vec<String> {
        let failed =
            |test: &&Tested| matches!(test.status, DbtStatus::Error | DbtStatus::Fail | DbtStatus::Warn) && test.tables.iter().any(&on);
        let told = |test: &Tested| {
            let rows = test.failing_rows.map(|rows| format!(", {rows} rows")).unwrap_or_default();
            format!("{} ({}{rows}, {})", test.name, if test.status == DbtStatus::Warn { "warning" } else { "failure" }, test.at)
        };
        self.tests.values().filter(failed).take(FAILING).map(told).collect()
    }

    /// Every table that this one was built from.
    fn above(&self, key: &str) -> BTreeSet<String> {
        let mut seen = BTreeSet::new();
        let mut stack = vec![key.to_owned()];
        while let Some(key) = stack.pop() {
            for parent in self.tables.get(&key).into_iter().flat_map(|built| &built.parents) {
                if seen.insert(parent.clone()) {
                    stack.push(parent.clone());
                }
            }
        }
        seen
    }
}

struct Entering<'a> {
    job: &'a DbtJob,
    report: &'a DbtReport,
    manifest: &'a Manifest,
    database: &'a Path,
    now: String,
}

impl Entering<'_> {
    fn enter(&self, book: &mut Book) {
        for node in &self.report.nodes {
            match node.kind.as_str() {
                "test" | "unit_test" | "source" if node.status != DbtStatus::Skipped => self.tested(book, node),
                "model" | "seed" | "snapshot" if node.status == DbtStatus::Ok && self.job.effect() > Effect::Read => self.built(book, node),
                _ => {}
            }
        }
        let failed = |node: &&DbtNode| matches!(node.status, DbtStatus::Error | DbtStatus::Fail);
        book.runs.push(DbtRun {
            run_id: self.report.run_id.clone(),
            request_id: self.job.request_id.clone(),
            project: self.report.project.clone(),
            command: self.job.command.as_str().to_owned(),
            ended_at: self.now.clone(),
            ok: self.report.nodes.iter().filter(|node| matches!(node.status, DbtStatus::Ok | DbtStatus::Warn)).count() as u64,
            failed: self.report.nodes.iter().filter(failed).count() as u64,
        });
        let surplus = book.runs.len().saturating_sub(RUNS);
        book.runs.drain(..surplus);
    }

    fn built(&self, book: &mut Book, node: &DbtNode) {
        let Some(known) = self.manifest.node(&node.unique_id) else { return };
        let checksums = book.checksums.entry(self.report.project.clone()).or_default();
        checksums.insert(node.unique_id.clone(), known.checksum.checksum.clone());
        let Some(table) = self.table(&node.unique_id) else { return };
        let parents = graph::upstream(self.manifest, &node.unique_id).into_iter().filter_map(|(id, _)| self.table(id));
        let built = Built {
            model: node.name.clone(),
            run_id: self.report.run_id.clone(),
            at: self.now.clone(),
            parents: parents.collect(),
            contract: known.contract.enforced.then(|| contracts::columns(known)),
        };
        book.tables.insert(table, built);
    }

    fn tested(&self, book: &mut Book, node: &DbtNode) {
        let parents = self.manifest.parent_map.get(&node.unique_id).into_iter().flatten();
        let about: Vec<String> = if node.kind == "source" { vec![node.unique_id.clone()] } else { parents.cloned().collect() };
        let name = if node.kind == "source" { format!("freshness of {}", node.name) } else { node.name.clone() };
        let tested = Tested {
            name,
            tables: about.iter().filter_map(|id| self.table(id)).collect(),
            status: node.status,
            failing_rows: node.failing_rows,
            at: self.now.clone(),
        };
        book.tests.insert(format!("{}:{}", self.report.project, node.unique_id), tested);
    }

    /// The node's table, if it is one of the warehouse.
    fn table(&self, id: &str) -> Option<String> {
        let database = self.database.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default();
        let (schema, name) = self.manifest.node(id)?.table_in(&database)?;
        Some(format!("{schema}.{name}"))
    }
}

fn now() -> String {
    let now = jiff::Timestamp::now();
    jiff::Timestamp::from_second(now.as_second()).unwrap_or(now).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn book() -> Book {
        let built = |model: &str, parents: &[&str]| Built {
            model: model.into(),
            run_id: "r1".into(),
            at: "2024-01-01T00:00:00Z".into(),
            parents: parents.iter().map(|parent| (*parent).to_owned()).collect(),
            contract: None,
        };
        let test = |name: &str, table: &str, status| Tested {
            name: name.into(),
            tables: vec![table.into()],
            status,
            failing_rows: Some(3),
            at: "2024-01-02T00:00:00Z".into(),
        };
        Book {
            tables: BTreeMap::from([
                ("main.orders".into(), built("orders", &["main.stg"])),
                ("main.stg".into(), built("stg", &["raw.lines"])),
            ]),
            tests: BTreeMap::from([
                ("a".into(), test("unique_orders", "main.orders", DbtStatus::Warn)),
                ("b".into(), test("not_null_lines", "raw.lines", DbtStatus::Fail)),
                ("c".into(), test("passed", "main.orders", DbtStatus::Ok)),
            ]),
            ..Book::default()
        }
    }

    #[test]
    fn an_origin_says_who_built_it_and_what_is_wrong_with_it_and_above_it() {
        let mut origin = TableOrigin { table: "main.Orders".into(), ..TableOrigin::default() };
        book().describe(&mut origin);
        let expected = TableOrigin {
            table: "main.Orders".into(),
            model: Some("orders".into()),
            built_at: Some("2024-01-01T00:00:00Z".into()),
            built_by: Some("r1".into()),
            failing_tests: vec!["unique_orders (warning, 3 rows, 2024-01-02T00:00:00Z)".into()],
            failing_upstream: vec!["not_null_lines (failure, 3 rows, 2024-01-02T00:00:00Z)".into()],
            ..TableOrigin::default()
        };
        assert_eq!(origin, expected);
    }

    #[test]
    fn a_book_survives_being_written_and_a_damaged_one_is_begun_anew() {
        let folder = tempfile::tempdir().unwrap();
        let ledger = Ledger::of(&Settings::new(folder.path(), vec![]));
        ledger.change(|changed| *changed = book()).unwrap();
        assert_eq!(ledger.read(), book());
        fs::write(&ledger.path, "{").unwrap();
        assert_eq!(ledger.read(), Book::default());
    }
}
