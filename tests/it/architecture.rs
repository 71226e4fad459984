//! The rules of the architecture, held against the source: who may name what, and what no one may forget.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use data_stack::catalog;

use crate::program::checkout;

/// Most lines of production code in a file, without comments and blank lines.
const LONGEST: usize = 300;

/// Crates below `tools` that are no family of tools: what tools and backends share beside the contract.
const LIBRARIES: &[&str] = &["charts", "csv"];

/// A source file.
struct Source {
    /// Relative to the checkout, with `/`.
    path: String,
    /// What ships: without the unit tests and without comments.
    code: String,
    /// All of it.
    text: String,
}

impl Source {
    fn read(path: &Path) -> Self {
        let text = std::fs::read_to_string(path).unwrap();
        let shipped = text.split("#[cfg(test)]\nmod ").next().unwrap_or(&text);
        let code = shipped.lines().map(|line| line.split("//").next().unwrap_or(line)).collect::<Vec<_>>().join("\n");
        Self { path: relative(path), code, text }
    }

    fn is_test(&self) -> bool {
        self.path.ends_with("/tests.rs") || self.path.contains("/tests/") || self.path.contains("/fixtures")
    }
}

fn relative(path: &Path) -> String {
    path.strip_prefix(checkout()).unwrap().to_string_lossy().replace('\\', "/")
}

/// All files below a folder whose names end so.
fn files(folder: &str, ending: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![checkout().join(folder)];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path()) {
            if entry.is_dir() {
                folders.push(entry);
            } else if entry.to_string_lossy().ends_with(ending) {
                found.push(entry);
            }
        }
    }
    found.sort();
    found
}

/// The code that ships below these folders.
fn sources(folders: &[&str]) -> Vec<Source> {
    let all = folders.iter().flat_map(|folder| files(folder, ".rs"));
    all.map(|path| Source::read(&path)).filter(|source| !source.is_test() && source.path.contains("src/")).collect()
}

/// Fails with every line that holds one of the words, in files outside of the place that may.
fn only(place: &[&str], words: &[&str], folders: &[&str], rule: &str) {
    let mut broken = Vec::new();
    for source in sources(folders) {
        if place.iter().any(|place| source.path.starts_with(place)) {
            continue;
        }
        for line in source.code.lines().filter(|line| words.iter().any(|word| holds(line, word))) {
            broken.push(format!("{}: {}", source.path, line.trim()));
        }
    }
    assert!(broken.is_empty(), "{rule}:\n{}", broken.join("\n"));
}

/// Whether the line holds the word, not as a part of a longer name.
fn holds(line: &str, word: &str) -> bool {
    line.match_indices(word).any(|(at, _)| !line[..at].ends_with(|character: char| character.is_alphanumeric() || character == '_'))
}

#[test]
fn only_src_mcp_knows_the_protocol_and_only_src_cli_the_terminal() {
    let all = ["src", "tools", "stack"];
    only(&["src/mcp"], &["rmcp::", "rmcp;"], &all, "only src/mcp names rmcp");
    only(&["src/cli"], &["clap::", "clap_complete::", "indicatif::"], &all, "only src/cli names the terminal's libraries");
    only(&["src/cli"], &["println!", "print!", "eprintln!", "eprint!", "dbg!"], &all, "only src/cli prints");
}

#[test]
fn a_tool_computes_and_only_a_backend_connects() {
    let forbidden = [
        "std::net::Tcp",
        "std::net::Udp",
        "std::process",
        "tokio::net",
        "tokio::process",
        "tokio::fs",
        "File::open",
        "File::create",
        "File::options",
        "OpenOptions",
        "fs::read",
        "fs::write",
        "fs::create_dir",
        "fs::remove",
        "fs::rename",
        "fs::copy",
        "fs::metadata",
        "Command::new",
        "env::var",
        "reqwest::",
        "duckdb::",
        "bollard::",
    ];
    only(&[], &forbidden, &["tools"], "a tool opens no file, socket or process");
}

/// The names of the crates that a manifest depends on in production.
fn dependencies(manifest: &Path) -> Vec<String> {
    let text = std::fs::read_to_string(manifest).unwrap();
    let section = text.split("\n[").find(|section| section.starts_with("dependencies]")).unwrap_or_default();
    section
        .lines()
        .skip(1)
        .filter_map(|line| line.split(['.', ' ', '=']).next())
        .filter(|name| !name.is_empty())
        .map(str::to_owned)
        .collect()
}

/// What a crate of ours may depend on among our crates: a family or a backend on the contract and the libraries, a library on
/// the contract, the contract on none.
fn allowed(manifest: &str) -> Vec<String> {
    let shared = match manifest.strip_prefix("tools/").and_then(|path| path.strip_suffix("/Cargo.toml")) {
        Some("core") => Vec::new(),
        Some(name) if LIBRARIES.contains(&name) => vec!["core"],
        _ => [&["core"], LIBRARIES].concat(),
    };
    shared.iter().map(|name| format!("data-stack-{name}")).collect()
}

#[test]
fn tools_and_backends_depend_on_the_contract_and_libraries_and_never_on_each_other() {
    let mut broken = Vec::new();
    for manifest in files("tools", "Cargo.toml").into_iter().chain(files("stack", "Cargo.toml")) {
        let allowed = allowed(&relative(&manifest));
        for name in dependencies(&manifest).iter().filter(|name| name.starts_with("data-stack") && !allowed.contains(name)) {
            broken.push(format!("{} depends on {name}", relative(&manifest)));
        }
    }
    assert_eq!(broken, Vec::<String>::new());
}

#[test]
fn every_family_is_in_the_catalogue() {
    let catalogue = std::fs::read_to_string(checkout().join("src/catalog.rs")).unwrap();
    let families = std::fs::read_dir(checkout().join("tools")).unwrap().map(|entry| entry.unwrap()).filter(|entry| entry.path().is_dir());
    let names = families.map(|entry| entry.file_name().to_string_lossy().into_owned());
    let names: Vec<String> = names.filter(|name| name != "core" && !LIBRARIES.contains(&name.as_str())).collect();
    let forgotten: Vec<&String> = names.iter().filter(|name| !catalogue.contains(&format!("data_stack_{name}::TOOLS"))).collect();
    assert_eq!(forgotten, Vec::<&String>::new());
    assert!(!names.is_empty());
}

#[test]
fn every_tool_has_a_description_an_example_and_a_session() {
    let sessions: String = files("tests/sessions", ".yaml").iter().map(|path| std::fs::read_to_string(path).unwrap()).collect();
    for entry in catalog::entries() {
        let spec = entry.spec();
        assert!(spec.description.len() > 100, "{} describes itself too briefly", spec.name);
        assert!(!spec.examples.is_empty(), "{} has no example", spec.name);
        assert!(sessions.contains(&format!("call: {}", spec.name)), "no session calls {}", spec.name);
    }
}

#[test]
fn no_source_file_is_forgotten() {
    let mut forgotten = Vec::new();
    let crates: BTreeSet<PathBuf> = ["src", "tools", "stack"].iter().flat_map(|folder| files(folder, ".rs")).collect();
    let integration = files("tests/it", ".rs").into_iter().collect::<BTreeSet<_>>();
    for path in crates.iter().chain(&integration) {
        let stem = path.file_stem().unwrap().to_string_lossy().into_owned();
        let folder = path.parent().unwrap();
        let own_root = relative(path).contains("/tests/") && !integration.contains(path) && !relative(path).contains("src/");
        if ["lib", "main", "build"].contains(&stem.as_str()) || ["bin", "benches", "examples"].contains(&name(folder)) || own_root {
            continue;
        }
        let parents = [folder.with_extension("rs"), folder.join("lib.rs"), folder.join("main.rs"), folder.join("mod.rs")];
        let declared =
            parents.iter().filter_map(|parent| std::fs::read_to_string(parent).ok()).any(|text| text.contains(&format!("mod {stem};")));
        if !declared {
            forgotten.push(relative(path));
        }
    }
    assert_eq!(forgotten, Vec::<String>::new(), "no module declares them, so they are never compiled");
}

fn name(folder: &Path) -> &str {
    folder.file_name().and_then(|name| name.to_str()).unwrap_or_default()
}

#[test]
fn files_stay_small_and_say_what_they_are() {
    let mut broken = Vec::new();
    for source in sources(&["src", "tools", "stack"]) {
        let lines = source.code.lines().filter(|line| !line.trim().is_empty()).count();
        if lines > LONGEST {
            broken.push(format!("{}: {lines} lines of production code", source.path));
        }
        if !source.text.starts_with("//!") {
            broken.push(format!("{}: does not begin by saying what it is", source.path));
        }
        for line in source.text.lines().filter(|line| ["TODO", "FIXME", "XXX"].iter().any(|mark| holds(line, mark))) {
            broken.push(format!("{}: unfinished: {}", source.path, line.trim()));
        }
    }
    assert!(broken.is_empty(), "{}", broken.join("\n"));
}

#[test]
fn every_folder_at_the_top_has_a_page_about_itself() {
    let folders = std::fs::read_dir(checkout()).unwrap().map(|entry| entry.unwrap()).filter(|entry| entry.path().is_dir());
    let ours = folders.filter(|entry| !entry.file_name().to_string_lossy().starts_with('.')).map(|entry| entry.path());
    let tracked = ours.filter(|path| !["target", "node_modules", "data-stack-demo"].contains(&name(path)));
    let without: Vec<String> = tracked
        .filter(|path| !["README.md", "SOURCE.md"].iter().any(|page| path.join(page).exists()))
        .map(|path| relative(&path))
        .collect();
    // Scripts say in their first lines what they do.
    let without: Vec<&String> = without.iter().filter(|folder| *folder != "scripts").collect();
    assert_eq!(without, Vec::<&String>::new());
}

#[test]
fn prompts_name_only_tools_that_exist() {
    let known: BTreeSet<&str> = catalog::entries().iter().map(|entry| entry.spec().name).collect();
    for persona in data_stack::prompts::personas().unwrap() {
        for text in std::iter::once(&persona.body).chain(persona.workflows.iter().map(|workflow| &workflow.body)) {
            let words = text
                .split('`')
                .skip(1)
                .step_by(2)
                .filter(|word| ["profile_", "query_", "describe_"].iter().any(|verb| word.starts_with(verb)));
            let unknown: Vec<&str> = words.filter(|word| !known.contains(word)).collect();
            assert_eq!(unknown, Vec::<&str>::new(), "{}", persona.name);
        }
        let words = persona.body.split_whitespace().count();
        assert!(words <= 600, "{} speaks {words} words", persona.name);
    }
}
