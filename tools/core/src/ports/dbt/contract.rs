//! What a project declares of its tables: the names and types that others build on.

use serde::{Deserialize, Serialize};

/// Which project to look at.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ContractsJob {
    /// The project's folder; the workspace's own project when absent.
    pub project: Option<String>,
}

/// What is declared of a source, model, seed or snapshot.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Contract {
    /// The node's name, with the source's for a table of one.
    pub name: String,
    /// `source`, `model`, `seed` or `snapshot`.
    pub kind: String,
    /// The schema of its table, in lower case, and the table, if it makes one in the warehouse.
    pub table: Option<(String, String)>,
    /// Whether the declared columns are all that there may be, with these types.
    pub enforced: bool,
    /// The columns that are declared.
    pub columns: Vec<ContractColumn>,
    /// The columns that were declared when it was last built here under an enforced contract.
    pub built: Option<Vec<ContractColumn>>,
    /// The file that declares it, below the project's folder.
    pub file: Option<String>,
    /// Everything that is built on it, dashboards and other uses included, by name.
    pub affects: Vec<String>,
}

/// A declared column.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ContractColumn {
    /// Its name.
    pub name: String,
    /// Its type, where one is declared.
    pub kind: Option<String>,
}
