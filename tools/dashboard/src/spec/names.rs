//! One name or several, and formats for one column or for each.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// One name or several.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum Names {
    /// None.
    #[default]
    #[serde(skip)]
    None,
    /// One.
    One(String),
    /// Several.
    Several(Vec<String>),
}

impl Names {
    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.list().is_empty()
    }

    /// The names.
    pub fn list(&self) -> &[String] {
        match self {
            Self::None => &[],
            Self::One(name) => std::slice::from_ref(name),
            Self::Several(names) => names,
        }
    }
}

/// One format, or one for each column.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum Formats {
    /// For all values.
    One(String),
    /// By column.
    Each(BTreeMap<String, String>),
}

impl Formats {
    /// The format of a column.
    pub fn of(&self, column: &str) -> Option<&str> {
        match self {
            Self::One(name) => Some(name),
            Self::Each(names) => names.get(column).map(String::as_str),
        }
    }
}
