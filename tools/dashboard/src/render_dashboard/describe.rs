//! How a specification is written: its JSON Schema and an example, for whoever is about to write one.

use data_stack_core::{Reply, schema};
use serde_json::json;

use super::types::Output;
use crate::spec::Dashboard;

/// A specification that shows what one can say.
pub(crate) const EXAMPLE: &str = include_str!("example.yaml");

/// The reference.
pub(super) fn reference() -> Reply<Output> {
    let schema = schema::input::<Dashboard>();
    let reference = json!({ "schema": schema, "example": EXAMPLE });
    let summary = format!("A dashboard is YAML or JSON such as:\n{EXAMPLE}\nThe whole schema is in `data.reference.schema`.");
    Reply::new(Output { reference: Some(reference), ..Output::default() }, summary)
}

#[cfg(test)]
mod tests {
    use super::EXAMPLE;
    use crate::lint::of_specification;
    use crate::load::of_yaml;

    #[test]
    fn the_example_is_a_dashboard_without_findings() {
        let dashboard = of_yaml(EXAMPLE, "example").unwrap();
        assert_eq!(of_specification(&dashboard), []);
    }
}
