//! Reading the record back: is it whole, and what does it say?

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader};
use std::path::Path;

use serde::Serialize;
use serde_json::Value;

use super::chain::{GENESIS, split};

/// What a check of the record found.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Verification {
    /// Segments read.
    pub segments: usize,
    /// Lines read in them.
    pub lines: u64,
    /// Segments that no process has closed: still running, or killed.
    pub unsealed: Vec<String>,
    /// What does not hold; empty when the record is whole.
    pub problems: Vec<String>,
}

#[derive(Default)]
struct Segment {
    sealed: Option<(u64, String)>,
}

/// Checks every line, every segment and the index.
pub fn verify(folder: &Path) -> std::io::Result<Verification> {
    let mut found = Verification::default();
    let index = folder.join("index.jsonl");
    if !index.exists() {
        return Ok(found);
    }
    for (name, segment) in read_index(&index, &mut found.problems)? {
        let path = folder.join(format!("{name}.jsonl"));
        found.segments += 1;
        if !path.exists() {
            found.problems.push(format!("{name}: the index names this segment and it is gone"));
            continue;
        }
        let problems = found.problems.len();
        let (lines, last) = check(&path, &name, &mut found.problems, |_| {})?;
        found.lines += lines;
        match segment.sealed {
            None => found.unsealed.push(name),
            Some(sealed) if sealed != (lines, last) && found.problems.len() == problems => {
                found.problems.push(format!("{name}: it was sealed with {} lines and now ends differently", sealed.0));
            }
            Some(_) => {}
        }
    }
    Ok(found)
}

/// The newest `limit` entries of all segments, oldest first.
pub fn tail(folder: &Path, limit: usize) -> std::io::Result<Vec<Value>> {
    let mut entries: Vec<Value> = Vec::new();
    if !folder.exists() {
        return Ok(entries);
    }
    let mut segments: Vec<_> = std::fs::read_dir(folder)?
        .filter_map(Result::ok)
        .map(|entry| entry.path())
        .filter(|path| path.extension().is_some_and(|kind| kind == "jsonl") && !path.ends_with("index.jsonl"))
        .collect();
    segments.sort();
    for path in segments.iter().rev() {
        let mut lines: Vec<Value> = BufReader::new(std::fs::File::open(path)?)
            .lines()
            .map_while(Result::ok)
            .filter_map(|line| serde_json::from_str(&line).ok())
            .collect();
        lines.append(&mut entries);
        entries = lines.split_off(lines.len().saturating_sub(limit));
        if entries.len() == limit {
            break;
        }
    }
    Ok(entries)
}

fn read_index(path: &Path, problems: &mut Vec<String>) -> std::io::Result<BTreeMap<String, Segment>> {
    let mut segments: BTreeMap<String, Segment> = BTreeMap::new();
    check(path, "index", problems, |entry| {
        let Some(name) = entry["segment"].as_str() else { return };
        let segment = segments.entry(name.to_owned()).or_default();
        if entry["event"] == "sealed" {
            segment.sealed = entry["lines"].as_u64().zip(entry["last"].as_str().map(str::to_owned));
        }
    })?;
    Ok(segments)
}

/// Follows a chain; reports its first break and returns how many lines it has and its last hash.
fn check(path: &Path, name: &str, problems: &mut Vec<String>, mut each: impl FnMut(&Value)) -> std::io::Result<(u64, String)> {
    let mut last = GENESIS.to_owned();
    let mut lines = 0;
    for line in BufReader::new(std::fs::File::open(path)?).lines() {
        let line = line?;
        lines += 1;
        let Some((body, hash)) = split(&line) else {
            problems.push(format!("{name}: line {lines} is not a record"));
            return Ok((lines, last));
        };
        let parsed: Value = serde_json::from_str(&line).unwrap_or_default();
        if blake3::hash(body.as_bytes()).to_hex().as_str() != hash || parsed["prev"] != last.as_str() || parsed["seq"] != lines {
            problems.push(format!("{name}: line {lines} was changed, or a line before it was removed or added"));
            return Ok((lines, last));
        }
        each(&parsed["entry"]);
        hash.clone_into(&mut last);
    }
    Ok((lines, last))
}
