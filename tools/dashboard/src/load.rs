//! Where a dashboard comes from: a specification in the call, a stored one, a question, or a table.

use data_stack_core::nearest::nearest;
use data_stack_core::{Code, Ctx, ToolError};
use serde_json::{Map, Value};

use crate::query::Runner;
use crate::render_dashboard::Input;
use crate::spec::Dashboard;
use crate::suggest;
use crate::template::{self, Template};

/// A working specification, for errors.
const EXAMPLE: &str = r#"Such as {"title": "Sales", "tiles": [{"type": "bar", "title": "By country", "sql": "SELECT country, sum(amount) AS revenue FROM sales GROUP BY 1", "x": "country", "y": "revenue"}]}."#;

/// A dashboard and why it is as it is.
pub(crate) struct Loaded {
    pub(crate) dashboard: Dashboard,
    pub(crate) why: Vec<String>,
    /// The text of its file, where it comes from one unchanged.
    pub(crate) text: Option<String>,
}

/// The dashboard that the call means.
pub(crate) async fn load(input: &Input, ctx: &Ctx) -> Result<Loaded, ToolError> {
    one_source(input)?;
    let mut loaded = if let Some(spec) = &input.spec {
        Loaded { dashboard: of_json(Value::Object(spec.clone()))?, why: Vec::new(), text: None }
    } else if let Some(name) = &input.dashboard {
        let text = ctx.ports.dashboards()?.read(name)?;
        Loaded { dashboard: of_yaml(&text, name)?, why: Vec::new(), text: Some(text) }
    } else if let Some(sql) = &input.sql {
        let mut runner = Runner::new(ctx, Map::new()).await?;
        let heading = input.title.clone().unwrap_or_else(|| "Answer".to_owned());
        let (tile, why) = suggest::tile(&heading, sql, &runner.rows(sql).await.map_err(|error| error.at("sql"))?.data);
        Loaded { dashboard: Dashboard { title: heading, tiles: vec![tile], ..Dashboard::default() }, why: vec![why], text: None }
    } else {
        let mut runner = Runner::new(ctx, Map::new()).await?;
        let table = input.table.as_deref().unwrap_or_default();
        let (dashboard, why) = template::fill(input.template.unwrap_or_default(), table, &mut runner).await?;
        Loaded { dashboard, why, text: None }
    };
    if let Some(title) = &input.title {
        loaded.dashboard.title.clone_from(title);
    }
    if let Some(patch) = &input.patch {
        loaded.dashboard = patched(&loaded.dashboard, patch)?;
        loaded.text = None;
    }
    Ok(loaded)
}

/// Refuses a call that names no dashboard, or two.
fn one_source(input: &Input) -> Result<(), ToolError> {
    let alone = input.template == Some(Template::Operations) && input.table.is_none();
    let given = [input.spec.is_some(), input.dashboard.is_some(), input.sql.is_some(), input.table.is_some(), alone];
    if given.iter().filter(|given| **given).count() != 1 {
        let message = "give exactly one of `spec`, `dashboard`, `sql` and `table`";
        return Err(ToolError::new(Code::InvalidInput, message, format!("`table` makes a dashboard by itself. {EXAMPLE}")).at("spec"));
    }
    if input.template.is_some() && input.table.is_none() && !alone {
        return Err(ToolError::invalid("template", "a `template` fills itself from a `table`, and none is given", "Name the table."));
    }
    Ok(())
}

/// A specification from JSON; a mistake is named by its path.
pub(crate) fn of_json(value: Value) -> Result<Dashboard, ToolError> {
    serde_path_to_error::deserialize(value).map_err(|error| {
        let path = error.path().to_string();
        let field = if path == "." { "spec".to_owned() } else { format!("spec.{path}") };
        let message = error.inner().to_string();
        ToolError::invalid(field, message.clone(), hint(&message))
    })
}

/// A specification from its file; a mistake is named by its line and column.
pub(crate) fn of_yaml(text: &str, name: &str) -> Result<Dashboard, ToolError> {
    // `y: n` names a column: only `true` and `false` are truth values here.
    let options = serde_saphyr::options! { strict_booleans: true };
    serde_saphyr::from_str_with_options(text, options).map_err(|error| {
        let message = error.without_snippet().to_string();
        let place = error.location().map_or_else(String::new, |place| format!(":{}:{}", place.line(), place.column()));
        ToolError::invalid("dashboard", format!("dashboards/{name}.yaml{place}: {message}"), hint(&message))
    })
}

/// The specification as its file holds it.
pub(crate) fn to_yaml(dashboard: &Dashboard) -> Result<String, ToolError> {
    serde_saphyr::to_string(dashboard).map_err(|error| ToolError::internal(format!("the dashboard cannot be written: {error}")))
}

/// The nearest name of `unknown field `x`, expected one of …`, or a working example.
fn hint(message: &str) -> String {
    let near = message.split_once('`').and_then(|(_, rest)| rest.split_once('`')).and_then(|(wrong, rest)| {
        let known = rest.split([' ', ',', '`']).filter(|word| !word.is_empty());
        nearest(wrong, known, 1).pop()
    });
    near.map_or_else(|| EXAMPLE.to_owned(), |near| format!("Did you mean `{near}`? {EXAMPLE}"))
}

/// The dashboard with a JSON merge patch (RFC 7386): null removes, objects are merged, other values are replaced.
fn patched(dashboard: &Dashboard, patch: &Map<String, Value>) -> Result<Dashboard, ToolError> {
    let mut value = serde_json::to_value(dashboard).map_err(|error| ToolError::internal(error.to_string()))?;
    merge(&mut value, &Value::Object(patch.clone()));
    of_json(value)
}

fn merge(under: &mut Value, patch: &Value) {
    let Value::Object(patch) = patch else {
        *under = patch.clone();
        return;
    };
    if !under.is_object() {
        *under = Value::Object(Map::new());
    }
    let Value::Object(under) = under else { return };
    for (key, value) in patch {
        if value.is_null() {
            under.shift_remove(key);
        } else {
            merge(under.entry(key.clone()).or_insert(Value::Null), value);
        }
    }
}

/// What differs between two specifications, as paths.
pub(crate) fn changes(before: &Value, after: &Value, path: &str, found: &mut Vec<String>) {
    match (before, after) {
        (Value::Object(before), Value::Object(after)) => {
            for (key, value) in before {
                match after.get(key) {
                    Some(now) => changes(value, now, &format!("{path}.{key}"), found),
                    None => found.push(format!("removed {path}.{key}")),
                }
            }
            found.extend(after.keys().filter(|key| !before.contains_key(*key)).map(|key| format!("added {path}.{key}")));
        }
        (Value::Array(before), Value::Array(after)) => {
            for (at, (before, after)) in before.iter().zip(after).enumerate() {
                changes(before, after, &format!("{path}[{at}]"), found);
            }
            found.extend((after.len()..before.len()).map(|at| format!("removed {path}[{at}]")));
            found.extend((before.len()..after.len()).map(|at| format!("added {path}[{at}]")));
        }
        _ if before != after => found.push(format!("changed {path}")),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_mistake_is_named_by_its_place_with_the_nearest_name() {
        let error = of_json(json!({ "title": "T", "tiles": [{ "type": "bars", "sql": "SELECT 1" }] })).unwrap_err();
        assert_eq!(error.field.as_deref(), Some("spec.tiles[0].type"));
        assert!(error.hints[0].starts_with("Did you mean `bar`? Such as {"), "{:?}", error.hints);
        let short = of_yaml("{title: T, tiles: [{type: bar, sql: SELECT 1, x: on, y: n}]}", "x").unwrap();
        assert_eq!((short.tiles[0].x.as_deref(), short.tiles[0].y.list()), (Some("on"), &["n".to_owned()][..]));
        let error = of_yaml("title: T\ntiles:\n  - type: bar\n    sqll: SELECT 1\n", "sales").unwrap_err();
        assert!(error.message.starts_with("dashboards/sales.yaml:4:"), "{error}");
        assert!(error.hints[0].starts_with("Did you mean `sql`?"), "{:?}", error.hints);
    }

    #[test]
    fn a_specification_survives_its_file() {
        let dashboard = of_json(json!({
            "title": "Sales: “all”", "parameters": { "c": { "type": "text", "default": "NO", "values": ["NO", "no"] } },
            "tiles": [{ "type": "line", "sql": "SELECT 1\nFROM t", "x": "m", "y": ["a", "b"], "format": { "a": "percent" }, "options": { "legend": { "show": false } } }],
        }))
        .unwrap();
        assert_eq!(of_yaml(&to_yaml(&dashboard).unwrap(), "x").unwrap(), dashboard);
    }

    #[test]
    fn a_patch_changes_what_it_names_and_the_difference_says_so() {
        let before = of_json(json!({ "title": "A", "description": "d", "tiles": [{ "type": "table", "sql": "SELECT 1" }] })).unwrap();
        let after = patched(&before, json!({ "title": "B", "description": null }).as_object().unwrap()).unwrap();
        let mut found = Vec::new();
        changes(&json!(before), &json!(after), "dashboard", &mut found);
        assert_eq!(found, ["changed dashboard.title", "removed dashboard.description"]);
    }
}
