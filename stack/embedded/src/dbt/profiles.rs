//! A project's own `profiles.yml`: which of its targets work on the workspace's warehouse.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::project::WAREHOUSE;

/// The targets of one profile.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub(super) struct Profiles {
    /// The target when none is named; may read it from a variable.
    target: Option<String>,
    outputs: BTreeMap<String, Output>,
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
struct Output {
    path: Option<String>,
}

impl Profiles {
    /// The profile of that name; without targets where the text cannot be read, so that nothing is taken for the warehouse.
    pub(super) fn read(text: &str, profile: &str) -> Self {
        let all: Result<BTreeMap<String, Self>, _> = serde_saphyr::from_str(text);
        all.ok().and_then(|mut all| all.remove(profile)).unwrap_or_default()
    }

    /// Whether the target, or else the one that holds when none is named, finds its file in [`WAREHOUSE`].
    pub(super) fn on_warehouse(&self, target: Option<&str>, variable: impl Fn(&str) -> Option<String>) -> bool {
        let usual = || self.target.as_deref().map_or_else(|| "default".to_owned(), |text| resolved(text, variable));
        let name = target.map_or_else(usual, str::to_owned);
        self.outputs.get(&name).and_then(|output| output.path.as_deref()).is_some_and(|path| path.contains(WAREHOUSE))
    }
}

/// The text as dbt reads it, where it is `{{ env_var('NAME', 'default') }}` or plain.
fn resolved(text: &str, variable: impl Fn(&str) -> Option<String>) -> String {
    let Some((_, inside)) = text.split_once("env_var(") else { return text.trim().to_owned() };
    let mut quoted = inside.split(['\'', '"']).skip(1).step_by(2);
    let value = quoted.next().and_then(variable);
    value.or_else(|| quoted.next().map(str::to_owned)).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    const OURS: &str = include_str!("../../../dbt/profiles.yml");

    #[test]
    fn only_a_target_whose_file_is_the_warehouse_is_on_it() {
        let profiles = Profiles::read(OURS, "data_stack");
        let with = |value: Option<&'static str>| move |name: &str| value.filter(|_| name == "DATA_STACK_TARGET").map(str::to_owned);
        assert!(profiles.on_warehouse(None, with(None)));
        assert!(!profiles.on_warehouse(None, with(Some("stack"))));
        assert!(profiles.on_warehouse(Some("embedded"), with(Some("stack"))));
        assert!(!profiles.on_warehouse(Some("stack"), with(None)));
    }

    #[test]
    fn a_plain_profile_and_one_that_cannot_be_read() {
        let text = "p:\n  target: dev\n  outputs:\n    dev: {type: duckdb, path: \"{{ env_var('DATA_STACK_WAREHOUSE') }}\"}\n    prod: {type: duckdb, path: prod.duckdb}\n";
        let profiles = Profiles::read(text, "p");
        assert!(profiles.on_warehouse(None, |_| None));
        assert!(!profiles.on_warehouse(Some("prod"), |_| None));
        assert!(!Profiles::read("p: [", "p").on_warehouse(None, |_| None));
        assert!(!Profiles::read(text, "other").on_warehouse(None, |_| None));
    }
}
