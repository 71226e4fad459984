//! The report of a run: dbt's artifacts where it left them, its events where it did not.

use std::collections::BTreeMap;

use data_stack_core::ports::dbt::{DbtCommand, DbtJob, DbtNode, DbtReport, DbtStatus};
use data_stack_core::text;

use super::artifacts::{Manifest, Node, RunResult, RunResults};
use super::listen::{Heard, HeardNode, status};
use super::project::Project;
use super::run::Session;
use super::{failure, graph};

/// Characters of a message and of compiled SQL.
const MESSAGE: usize = 4_000;
const SQL: usize = 20_000;
/// Names that a failure affects.
const AFFECTED: usize = 50;

/// Puts together what is known of a run.
pub(super) fn assemble(job: &DbtJob, project: &Project, session: &Session<'_>, heard: Heard, manifest: Option<&Manifest>) -> DbtReport {
    let problems = if heard.stopped.is_some() { Vec::new() } else { failure::problems(&heard) };
    let results = RunResults::read(&session.target(), &heard.run_id);
    let mut nodes = Assembler { project, manifest }.nodes(results, &heard.nodes);
    if heard.nodes.is_empty() && matches!(job.command, DbtCommand::Compile | DbtCommand::Show) {
        nodes.retain(|node| node.status != DbtStatus::Ok);
    }
    nodes.sort_by(|a, b| a.status.cmp(&b.status).then_with(|| a.unique_id.cmp(&b.unique_id)));
    let unfinished = heard.total.saturating_sub(nodes.len() as u64);
    DbtReport {
        project: project.name.clone(),
        folder: project.folder.display().to_string(),
        run_id: heard.run_id,
        version: heard.version,
        elapsed_s: heard.elapsed_s,
        problems,
        nodes,
        unfinished,
        compiled: heard.compiled,
        log: heard.tail.into(),
        printed_bytes: heard.printed_bytes,
        files: Vec::new(),
        stopped: heard.stopped,
        succeeded: heard.succeeded,
    }
}

struct Assembler<'a> {
    project: &'a Project,
    manifest: Option<&'a Manifest>,
}

impl Assembler<'_> {
    fn nodes(&self, results: Vec<RunResult>, heard: &BTreeMap<String, HeardNode>) -> Vec<DbtNode> {
        let mut nodes: BTreeMap<String, DbtNode> = heard.iter().map(|(id, heard)| (id.clone(), Self::from_events(id, heard))).collect();
        for result in results {
            let (id, node) = (result.unique_id.clone(), Self::from_artifact(result));
            nodes.insert(id, node);
        }
        let mut nodes: Vec<DbtNode> = nodes.into_values().collect();
        for node in &mut nodes {
            if let Some(known) = self.manifest.and_then(|manifest| manifest.node(&node.unique_id)) {
                self.describe(node, known);
            }
            if node.name.is_empty() {
                node.name = node.unique_id.rsplit('.').next().unwrap_or_default().to_owned();
            }
        }
        self.connect(&mut nodes);
        nodes
    }

    fn from_events(id: &str, heard: &HeardNode) -> DbtNode {
        DbtNode {
            unique_id: id.to_owned(),
            kind: id.split('.').next().unwrap_or_default().to_owned(),
            status: heard.status,
            message: heard.message.clone(),
            elapsed_s: heard.elapsed_s,
            ..DbtNode::default()
        }
    }

    fn from_artifact(result: RunResult) -> DbtNode {
        let status = status(&result.status).unwrap_or(DbtStatus::Error);
        let age = result.max_loaded_at_time_ago_in_s.map(|age| {
            let loaded = result.max_loaded_at.as_deref().unwrap_or("an unknown time");
            format!("the newest row is from {loaded}, {:.1} hours before the check", age / 3_600.0)
        });
        let message = result.error.or(age).or(result.message).filter(|_| status != DbtStatus::Skipped);
        let failed = matches!(status, DbtStatus::Error | DbtStatus::Fail | DbtStatus::Warn);
        DbtNode {
            kind: result.unique_id.split('.').next().unwrap_or_default().to_owned(),
            unique_id: result.unique_id,
            status,
            message: message.map(|message| text::clean(message.trim(), MESSAGE)).filter(|message| !message.is_empty()),
            elapsed_s: (result.execution_time * 1_000.0).round() / 1_000.0,
            rows: result.adapter_response["rows_affected"].as_u64(),
            failing_rows: result.failures.filter(|_| failed),
            compiled_sql: result.compiled_code.filter(|_| failed).map(|sql| cut(sql.trim())),
            ..DbtNode::default()
        }
    }

    fn describe(&self, node: &mut DbtNode, known: &Node) {
        node.name = known.label();
        node.kind.clone_from(&known.resource_type);
        node.materialized = known.config.materialized.clone().filter(|_| !node.kind.ends_with("test"));
        node.relation = known.relation_name.as_ref().map(|relation| relation.replace('"', ""));
        node.file = Some(known.original_file_path.clone()).filter(|file| !file.is_empty());
        node.column.clone_from(&known.column_name);
        node.severity = known.config.severity.as_ref().map(|severity| severity.to_lowercase());
        let about = known.about.as_ref().and_then(|id| self.manifest?.node(id)).map(Node::label);
        node.tests = about.or_else(|| known.model.clone());
        self.locate(node, known);
    }

    fn locate(&self, node: &mut DbtNode, known: &Node) {
        if !matches!(node.status, DbtStatus::Error | DbtStatus::Fail | DbtStatus::Warn) {
            return;
        }
        let file = self.project.file(&known.original_file_path);
        if file.extension().is_some_and(|extension| extension == "sql") {
            let message = node.message.clone().unwrap_or_default();
            (node.line, node.compiled_line) = failure::place(&message, node.compiled_sql.as_deref(), &file);
        } else if let Some(about) = node.tests.as_deref() {
            let about = about.rsplit('.').next().unwrap_or(about);
            node.line =
                failure::declared_at(&file, about, node.column.as_deref()).or_else(|| failure::declared_at(&file, &known.name, None));
        }
    }

    /// Says what failures reach and what kept the skipped back.
    fn connect(&self, nodes: &mut [DbtNode]) {
        let Some(manifest) = self.manifest else { return };
        let failed = |node: &DbtNode| matches!(node.status, DbtStatus::Error | DbtStatus::Fail);
        let broken: Vec<(String, String, Option<String>)> = nodes
            .iter()
            .filter(|node| failed(node))
            .map(|node| (node.unique_id.clone(), node.name.clone(), attached(manifest, &node.unique_id)))
            .collect();
        for node in nodes {
            if failed(node) {
                let root = attached(manifest, &node.unique_id).unwrap_or_else(|| node.unique_id.clone());
                let (uses, data): (Vec<_>, Vec<_>) =
                    graph::downstream(manifest, &root).into_iter().partition(|(_, node)| node.resource_type == "exposure");
                node.affects = data.iter().take(AFFECTED).map(|(_, node)| node.label()).collect();
                node.exposures = uses.iter().take(AFFECTED).map(|(_, node)| exposure(node)).collect();
            } else if node.status == DbtStatus::Skipped {
                let above: Vec<&str> = graph::upstream(manifest, &node.unique_id).into_iter().map(|(id, _)| id).collect();
                let blocks = |(id, _, about): &&(String, String, Option<String>)| {
                    above.contains(&id.as_str()) || about.as_deref().is_some_and(|about| above.contains(&about))
                };
                node.blocked_by = broken.iter().filter(blocks).map(|(_, name, _)| name.clone()).collect();
            }
        }
    }
}

/// The node that a test is about.
fn attached(manifest: &Manifest, id: &str) -> Option<String> {
    let node = manifest.node(id).filter(|node| node.resource_type.ends_with("test"))?;
    node.about.clone().or_else(|| manifest.parent_map.get(id)?.first().cloned())
}

fn exposure(node: &Node) -> String {
    node.url.as_ref().map_or_else(|| node.name.clone(), |url| format!("{} ({url})", node.name))
}

/// SQL of a length that an answer can hold.
fn cut(sql: &str) -> String {
    match sql.char_indices().nth(SQL) {
        Some((end, _)) => format!("{}\n-- cut here", &sql[..end]),
        None => sql.to_owned(),
    }
}
