//! The project's graph: what is built from what.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use data_stack_core::ports::dbt::{DbtEntry, Lineage, LineageJob};
use data_stack_core::{Code, ToolError, nearest};

use super::artifacts::{Manifest, Node};

/// Everything that is built on a node, nearest first; tests are not.
pub(super) fn downstream<'a>(manifest: &'a Manifest, id: &str) -> Vec<(&'a str, &'a Node)> {
    walk(&[id.to_owned()], None, |id| manifest.child_map.get(id)).into_iter().skip(1).filter_map(|id| data_node(manifest, &id)).collect()
}

/// Everything that a node is built from, nearest first.
pub(super) fn upstream<'a>(manifest: &'a Manifest, id: &str) -> Vec<(&'a str, &'a Node)> {
    walk(&[id.to_owned()], None, |id| manifest.parent_map.get(id)).into_iter().skip(1).filter_map(|id| data_node(manifest, &id)).collect()
}

/// A node that holds or uses data, in contrast to one that checks it.
fn data_node<'a>(manifest: &'a Manifest, id: &str) -> Option<(&'a str, &'a Node)> {
    let found = [&manifest.nodes, &manifest.sources, &manifest.exposures].iter().find_map(|nodes| nodes.get_key_value(id));
    found.filter(|(_, node)| is_data(node)).map(|(id, node)| (id.as_str(), node))
}

fn is_data(node: &Node) -> bool {
    !matches!(node.resource_type.as_str(), "test" | "unit_test" | "operation" | "sql_operation" | "analysis")
}

/// The names that are reached within `depth` steps, breadth first, those begun with included.
fn walk<'a>(from: &[String], depth: Option<u32>, next: impl Fn(&str) -> Option<&'a Vec<String>>) -> Vec<String> {
    let mut seen: BTreeSet<String> = from.iter().cloned().collect();
    let mut queue: VecDeque<(String, u32)> = from.iter().map(|id| (id.clone(), 0)).collect();
    let mut reached = Vec::new();
    while let Some((id, steps)) = queue.pop_front() {
        if depth.is_none_or(|depth| steps < depth) {
            for id in next(&id).into_iter().flatten() {
                if seen.insert(id.clone()) {
                    queue.push_back((id.clone(), steps + 1));
                }
            }
        }
        reached.push(id);
    }
    reached
}

/// The part of the graph that the job asks for.
pub(super) fn lineage(job: &LineageJob, manifest: &Manifest) -> Result<Lineage, ToolError> {
    let roots = roots(job, manifest)?;
    let mut ids = roots.clone();
    if !job.names.is_empty() {
        if job.upstream {
            ids.extend(walk(&roots, job.depth, |id| manifest.parent_map.get(id)));
        }
        if job.downstream {
            ids.extend(walk(&roots, job.depth, |id| manifest.child_map.get(id)));
        }
    }
    let mut kept = BTreeSet::new();
    ids.retain(|id| data_node(manifest, id).is_some() && kept.insert(id.clone()));
    let edges = ids.iter().flat_map(|id| {
        let parents = manifest.parent_map.get(id).into_iter().flatten();
        parents.filter(|parent| kept.contains(*parent)).map(|parent| (parent.clone(), id.clone()))
    });
    let sql = ids.iter().filter_map(|id| Some((id.clone(), manifest.node(id)?.compiled_code.clone()?)));
    Ok(Lineage {
        edges: edges.collect(),
        nodes: ids.iter().filter_map(|id| Some(entry(id, manifest.node(id)?))).collect(),
        sql: if job.sql { sql.collect() } else { BTreeMap::new() },
    })
}

fn roots(job: &LineageJob, manifest: &Manifest) -> Result<Vec<String>, ToolError> {
    if job.names.is_empty() {
        return Ok(manifest.all().filter(|(_, node)| is_data(node)).map(|(id, _)| id.clone()).collect());
    }
    let mut roots = Vec::new();
    for name in &job.names {
        let wanted = name.trim_matches('+');
        let found = manifest.all().filter(|(id, node)| is_data(node) && (node.label() == wanted || node.name == wanted || *id == wanted));
        let before = roots.len();
        roots.extend(found.map(|(id, _)| id.clone()));
        if roots.len() == before {
            return Err(unknown(wanted, manifest));
        }
    }
    Ok(roots)
}

fn unknown(wanted: &str, manifest: &Manifest) -> ToolError {
    let labels: Vec<String> = manifest.all().filter(|(_, node)| is_data(node)).map(|(_, node)| node.label()).collect();
    let near = nearest::nearest(wanted, labels.iter().map(String::as_str), 5);
    let hint =
        if near.is_empty() { "Leave `select` out for the whole graph.".to_owned() } else { format!("Did you mean {}?", near.join(", ")) };
    let wanted = data_stack_core::text::clean(wanted, 100);
    ToolError::new(Code::NotFound, format!("the project has no model, seed, snapshot, source or exposure `{wanted}`"), hint)
        .at("select")
        .valid(near)
}

/// A node as listings show it.
pub(super) fn entry(id: &str, node: &Node) -> DbtEntry {
    DbtEntry {
        unique_id: id.to_owned(),
        name: node.label(),
        kind: node.resource_type.clone(),
        tags: node.tags.clone(),
        materialized: node.config.materialized.clone().filter(|_| is_data(node)),
        relation: node.relation_name.as_ref().map(|relation| relation.replace('"', "")),
        action: None,
        changed: None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn manifest() -> Manifest {
        let node = |kind: &str, name: &str| serde_json::json!({"resource_type": kind, "name": name});
        serde_json::from_value(serde_json::json!({
            "nodes": {"model.s.a": node("model", "a"), "model.s.b": node("model", "b"), "model.s.c": node("model", "c"), "test.s.t": node("test", "t")},
            "sources": {"source.s.raw.x": {"resource_type": "source", "name": "x", "source_name": "raw"}},
            "exposures": {"exposure.s.page": node("exposure", "page")},
            "unit_tests": {"unit_test.s.u": {"resource_type": "unit_test", "name": "u", "checksum": "abc"}},
            "parent_map": {"model.s.a": ["source.s.raw.x"], "model.s.b": ["model.s.a"], "model.s.c": ["model.s.b"], "test.s.t": ["model.s.a"], "exposure.s.page": ["model.s.c"]},
            "child_map": {"source.s.raw.x": ["model.s.a"], "model.s.a": ["model.s.b", "test.s.t"], "model.s.b": ["model.s.c"], "model.s.c": ["exposure.s.page"]},
        }))
        .unwrap()
    }

    fn names(job: &LineageJob) -> Vec<String> {
        lineage(job, &manifest()).unwrap().nodes.into_iter().map(|node| node.name).collect()
    }

    #[test]
    fn the_graph_is_followed_in_the_asked_direction_and_depth() {
        let job = LineageJob { names: vec!["b".into()], upstream: true, downstream: true, ..LineageJob::default() };
        assert_eq!(names(&job), ["b", "a", "raw.x", "c", "page"]);
        assert_eq!(names(&LineageJob { depth: Some(1), ..job.clone() }), ["b", "a", "c"]);
        assert_eq!(names(&LineageJob { downstream: false, ..job.clone() }), ["b", "a", "raw.x"]);
        let edges = lineage(&LineageJob { depth: Some(1), ..job }, &manifest()).unwrap().edges;
        assert_eq!(edges, [("model.s.a".into(), "model.s.b".into()), ("model.s.b".into(), "model.s.c".into())]);
    }

    #[test]
    fn without_names_the_whole_graph_is_shown_and_an_unknown_name_is_an_error() {
        assert_eq!(names(&LineageJob::default()).len(), 5);
        let job = LineageJob { names: vec!["raw.y".into()], ..LineageJob::default() };
        let error = lineage(&job, &manifest()).unwrap_err();
        assert_eq!((error.code, error.valid_values[0].as_str()), (Code::NotFound, "raw.x"));
    }

    #[test]
    fn what_is_built_on_a_node_does_not_name_its_tests() {
        let manifest = manifest();
        let found: Vec<&str> = downstream(&manifest, "model.s.a").into_iter().map(|(id, _)| id).collect();
        assert_eq!(found, ["model.s.b", "model.s.c", "exposure.s.page"]);
    }
}
