//! The slice of tool families: one line a family.

use std::sync::OnceLock;

use data_stack_core::{AnyTool, Schemas, Spec};

/// Every tool of every family.
static FAMILIES: &[&[&dyn AnyTool]] = &[
    data_stack_dashboard::TOOLS,
    data_stack_ingest::TOOLS,
    data_stack_jobs::TOOLS,
    data_stack_profile::TOOLS,
    data_stack_quality::TOOLS,
    data_stack_query::TOOLS,
    data_stack_transform::TOOLS,
];

/// A tool in the catalogue.
pub struct Entry {
    tool: &'static dyn AnyTool,
    schemas: OnceLock<Schemas>,
}

impl Entry {
    /// What is known before a call.
    pub fn spec(&self) -> &'static Spec {
        self.tool.spec()
    }

    /// Its schemas, made on first use.
    pub fn schemas(&self) -> &Schemas {
        self.schemas.get_or_init(|| self.tool.schemas())
    }

    /// The tool itself.
    pub fn tool(&self) -> &'static dyn AnyTool {
        self.tool
    }
}

/// All tools, by name.
pub fn entries() -> &'static [Entry] {
    static ENTRIES: OnceLock<Vec<Entry>> = OnceLock::new();
    ENTRIES.get_or_init(|| sorted(FAMILIES.iter().flat_map(|family| family.iter().copied())))
}

/// A catalogue of other tools, by name, that lives as long as the process: for tests of what surrounds a tool.
pub fn of(tools: &[&'static dyn AnyTool]) -> &'static [Entry] {
    Box::leak(sorted(tools.iter().copied()).into_boxed_slice())
}

fn sorted(tools: impl Iterator<Item = &'static dyn AnyTool>) -> Vec<Entry> {
    let mut entries: Vec<Entry> = tools.map(|tool| Entry { tool, schemas: OnceLock::new() }).collect();
    entries.sort_by_key(|entry| entry.spec().name);
    entries
}
