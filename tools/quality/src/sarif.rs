//! SARIF 2.1.0, which code hosts show beside the lines that it names.

use serde_json::{Value, json};

use crate::validate::{Check, Status};

/// The checks that do not hold, as SARIF.
pub(crate) fn render(checks: &[Check]) -> Value {
    let found: Vec<&Check> = checks.iter().filter(|check| check.status != Status::Pass).collect();
    let rules: Vec<Value> = found.iter().map(|check| json!({"id": check.id, "shortDescription": {"text": check.name}})).collect();
    let results: Vec<Value> = found.iter().map(|check| result(check)).collect();
    json!({
        "version": "2.1.0",
        "runs": [{"tool": {"driver": {"name": "data-stack validate", "rules": rules}}, "results": results}],
    })
}

fn result(check: &Check) -> Value {
    let level = if check.status == Status::Fail { "error" } else { "warning" };
    let mut result = json!({"ruleId": check.id, "level": level, "message": {"text": check.evidence}});
    if let Some(file) = &check.file {
        let region = json!({"startLine": check.line.unwrap_or(1)});
        result["locations"] = json!([{"physicalLocation": {"artifactLocation": {"uri": file}, "region": region}}]);
    }
    result
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::validate::Severity;

    #[test]
    fn only_what_does_not_hold_is_a_result_and_it_names_its_line() {
        let failed = Check {
            id: "dbt/unique_orders".into(),
            name: "unique_orders".into(),
            status: Status::Fail,
            severity: Severity::Error,
            evidence: "3 rows".into(),
            file: Some("models/schema.yml".into()),
            line: Some(7),
            ..Check::default()
        };
        let passed = Check { id: "dbt/ok".into(), ..Check::default() };
        let expected = json!({"version": "2.1.0", "runs": [{
            "tool": {"driver": {"name": "data-stack validate", "rules": [{"id": "dbt/unique_orders", "shortDescription": {"text": "unique_orders"}}]}},
            "results": [{"ruleId": "dbt/unique_orders", "level": "error", "message": {"text": "3 rows"}, "locations": [
                {"physicalLocation": {"artifactLocation": {"uri": "models/schema.yml"}, "region": {"startLine": 7}}}]}],
        }]});
        assert_eq!(render(&[failed, passed]), expected);
    }
}
