//! What the demonstration does, step by step.

use data_stack_core::text::clean;
use serde_json::Value;

/// The tool that does most of the work.
const TRANSFORM: &str = "transform";

/// A call of the demonstration.
pub(super) struct Step {
    pub(super) title: &'static str,
    pub(super) tool: &'static str,
    arguments: &'static str,
    /// What the answer's data comes to, in a line; questions show their rows instead.
    pub(super) says: fn(&Value) -> String,
}

impl Step {
    /// The call's arguments.
    pub(super) fn arguments(&self) -> Value {
        serde_json::from_str(self.arguments).unwrap_or_default()
    }

    /// Whether the rest can be shown without it: its tools may not be to be had here.
    pub(super) fn is_dispensable(&self) -> bool {
        self.tool == TRANSFORM
    }

    /// Whether the rows are the answer.
    pub(super) fn is_question(&self) -> bool {
        self.tool == "query_duckdb"
    }
}

/// All steps, in order.
pub(super) fn steps() -> &'static [Step] {
    STEPS
}

static STEPS: &[Step] = &[
    Step {
        title: "From the file to tables for dashboards",
        tool: TRANSFORM,
        arguments: r#"{"source": "transactions.csv"}"#,
        says: transformed,
    },
    Step {
        title: "Which countries bring the revenue?",
        tool: "query_duckdb",
        arguments: r#"{"sql": "select Country as country, count(distinct InvoiceNo) as invoices, round(sum(Quantity * UnitPrice), 2) as revenue, round(100 * sum(Quantity * UnitPrice) / sum(sum(Quantity * UnitPrice)) over (), 1) as percent from transactions group by Country order by revenue desc limit 5"}"#,
        says: nothing,
    },
    Step {
        title: "Which products sell best?",
        tool: "query_duckdb",
        arguments: r#"{"sql": "select StockCode as code, any_value(trim(Description)) as product, sum(Quantity) as units, round(sum(Quantity * UnitPrice), 2) as revenue from transactions where not starts_with(cast(InvoiceNo as varchar), 'C') and regexp_matches(cast(StockCode as varchar), '^[0-9]') group by StockCode order by revenue desc limit 5"}"#,
        says: nothing,
    },
    Step {
        title: "When is the basket fullest, and how much comes back?",
        tool: "query_duckdb",
        arguments: r#"{"sql": "with lines as (select InvoiceNo, InvoiceDate, Quantity * UnitPrice as amount, starts_with(cast(InvoiceNo as varchar), 'C') as returned from transactions) select dayname(InvoiceDate) as weekday, count(distinct InvoiceNo) filter (not returned) as orders, round(sum(amount) filter (not returned) / count(distinct InvoiceNo) filter (not returned), 2) as average_basket, round(-100 * coalesce(sum(amount) filter (returned), 0) / sum(amount) filter (not returned), 1) as returned_percent from lines group by weekday, isodow(InvoiceDate) order by isodow(InvoiceDate)"}"#,
        says: nothing,
    },
];

fn transformed(data: &Value) -> String {
    let steps = data["steps"].as_array().map_or(&[] as &[Value], Vec::as_slice);
    let placed: Vec<&str> = data["placed"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    let told = steps.iter().map(|step| {
        let text = |name: &str| step[name].as_str().unwrap_or_default();
        let state = text("state").replace('_', " ");
        let came = clean(text("summary").lines().next().unwrap_or_default(), 150);
        format!("{:<10} {state:<11} {:>6.1} s  {came}", text("step"), step["elapsed_s"].as_f64().unwrap_or_default())
    });
    let placed = (!placed.is_empty()).then(|| format!("placed     in the workspace: {}", placed.join(", ")));
    placed.into_iter().chain(told).collect::<Vec<_>>().join("\n")
}

fn nothing(_: &Value) -> String {
    String::new()
}

#[cfg(test)]
mod tests {
    use super::steps;

    #[test]
    fn every_step_is_a_call() {
        for step in steps() {
            assert!(step.arguments().is_object(), "{}", step.title);
        }
        assert_eq!(steps().iter().filter(|step| step.is_question()).count(), 3);
    }
}
