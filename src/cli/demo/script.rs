//! What the demonstration does, step by step.

use data_stack_core::text::clean;
use serde_json::Value;

use crate::cli::table::count;

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
        title: "What is in the file?",
        tool: "profile_csv",
        arguments: r#"{"path": "transactions.csv", "report": true}"#,
        says: profiled,
    },
    Step {
        title: "Load it into a table",
        tool: "ingest",
        arguments: r#"{"source": "transactions.csv", "table": "transactions", "mode": "replace", "force": true}"#,
        says: loaded,
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
    Step {
        title: "Show it to others",
        tool: "render_dashboard",
        arguments: r#"{"table": "transactions", "title": "Online Retail, December 2010", "save_as": "online-retail"}"#,
        says: drawn,
    },
];

fn profiled(data: &Value) -> String {
    let file = &data["file"];
    let issues = data["issues"].as_array().map_or(&[] as &[Value], Vec::as_slice);
    let first: Vec<String> =
        issues.iter().take(3).filter_map(|issue| issue["message"].as_str()).map(|message| format!("- {}", clean(message, 160))).collect();
    let score = data["quality"]["score"].as_f64().map_or_else(String::new, |score| format!(", quality {score:.1} of 100"));
    let head = format!(
        "{} rows × {} columns{score}, {} thing(s) to know",
        count(file["rows"].as_u64().unwrap_or(0)),
        file["columns"].as_u64().unwrap_or(0),
        issues.len()
    );
    std::iter::once(head).chain(first).collect::<Vec<_>>().join("\n")
}

fn loaded(data: &Value) -> String {
    // The load's report stands in `load` where the tool tells it apart from a preview.
    let report = if data["load"].is_object() { &data["load"] } else { data };
    let number = |name: &str| count(report[name].as_u64().unwrap_or(0));
    format!("{} rows read, {} rejected, {} in the table", number("rows_read"), number("rows_rejected"), number("rows_total"))
}

fn drawn(data: &Value) -> String {
    let tiles = data["tiles"].as_array().map_or(&[] as &[Value], Vec::as_slice);
    let first = tiles.iter().take(3).filter_map(|tile| tile["alt"].as_str()).map(|alt| format!("- {}", clean(alt, 160)));
    std::iter::once(format!("a dashboard of {} tiles", tiles.len())).chain(first).collect::<Vec<_>>().join("\n")
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
