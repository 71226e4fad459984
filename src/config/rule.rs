//! What the project's file may do to a value that the operator set.

use std::path::Path;

use data_stack_core::Effect;
use serde_json::Value;

use super::value::strings;

/// How a setting is tightened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rule {
    /// Only the operator sets it.
    Operator,
    /// It may be chosen where the operator chose nothing.
    WhereUnset,
    /// A lower number is tighter.
    Lower,
    /// A lower rung of the ladder is tighter.
    LowerEffect,
    /// Folders at or below the operator's, or the workspace.
    Within,
    /// Texts that each begin with one of the operator's.
    Narrower,
    /// Texts that are among the operator's.
    Subset,
    /// Off is tighter than on.
    Off,
}

impl Rule {
    /// Whether `wanted` is no looser than what the operator has.
    pub(super) fn admits(self, has: &Value, wanted: &Value, workspace: &Path) -> bool {
        if has == wanted {
            return true;
        }
        match self {
            Self::Operator => false,
            Self::WhereUnset => has.is_null(),
            Self::Lower => number(wanted) <= number(has),
            Self::LowerEffect => effect(wanted) <= effect(has),
            Self::Within => {
                let has = strings(has);
                let below = |path: &str| Path::new(path).starts_with(workspace) || has.iter().any(|root| Path::new(path).starts_with(root));
                strings(wanted).iter().all(|path| below(path))
            }
            Self::Narrower => {
                let has = strings(has);
                strings(wanted).iter().all(|prefix| has.iter().any(|granted| prefix.starts_with(granted.as_str())))
            }
            Self::Subset => {
                let has = strings(has);
                strings(wanted).iter().all(|text| has.contains(text))
            }
            Self::Off => wanted == &Value::Bool(false),
        }
    }

    /// What the project's file may do, for the warning.
    pub(super) const fn allowance(self) -> &'static str {
        match self {
            Self::Operator => "only the operator may set it",
            Self::WhereUnset => "the operator has chosen already",
            Self::Lower | Self::LowerEffect => "a project may only lower it",
            Self::Within => "a project may only name folders inside those the operator granted",
            Self::Narrower => "a project may only narrow the operator's addresses",
            Self::Subset => "a project may only leave out some of the operator's",
            Self::Off => "a project may only turn it off",
        }
    }
}

fn number(value: &Value) -> f64 {
    value.as_f64().unwrap_or(f64::INFINITY)
}

/// What is no effect counts as the highest, so that it is never taken for a tighter one.
fn effect(value: &Value) -> Effect {
    serde_json::from_value(value.clone()).unwrap_or(Effect::Destroy)
}
