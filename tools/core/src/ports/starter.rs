//! The project that data-stack brings along, for a workspace that has none.

use crate::ToolError;

/// Places the project of models, tests, expectations and verified queries for the example's data.
pub trait Starter: Send + Sync {
    /// Whether the workspace has a dbt project already, in whatever state it is.
    fn is_needless(&self) -> bool;
    /// The table that the project is built on, as `schema.table`, and the columns that it reads.
    fn stands_on(&self) -> (&'static str, &'static [&'static str]);
    /// Places those of its folders that are not there yet and says which. Never changes what is there; an error where that
    /// stands in the project's own place.
    fn place(&self) -> Result<Vec<String>, ToolError>;
}
