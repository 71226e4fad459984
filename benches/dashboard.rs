//! A dashboard of twelve tiles over a million rows, and one picture warm, through the real server.
#![expect(clippy::unwrap_used, clippy::print_stdout, reason = "a benchmark prints, and stops at the first fault")]

use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::time::Instant;

use serde_json::{Value, json};

const ROUNDS: usize = 7;
const TABLE: &str = "CREATE TABLE sales AS SELECT DATE '2022-01-01' + CAST(i % 1000 AS INTEGER) AS day, 'country ' || (i * 7 % 12) AS country, \
                     'product ' || (i * 13 % 400) AS product, i % 50 AS quantity, (i * 31 % 10000) / 100.0 AS price FROM range(1000000) AS t(i)";

/// A server on stdio.
struct Server {
    child: Child,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
    next: u64,
}

impl Server {
    fn start(workspace: &std::path::Path) -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_data-stack"))
            .args(["mcp", "--effects", "write", "--workspace"])
            .arg(workspace)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let (input, output) = (child.stdin.take().unwrap(), BufReader::new(child.stdout.take().unwrap()));
        let mut server = Self { child, input, output, next: 0 };
        let hello = json!({"protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": {"name": "bench", "version": "1"}});
        server.request("initialize", &hello);
        server.send(&json!({"jsonrpc": "2.0", "method": "notifications/initialized"}));
        server
    }

    fn send(&mut self, message: &Value) {
        writeln!(self.input, "{message}").unwrap();
    }

    fn request(&mut self, method: &str, params: &Value) -> Value {
        self.next += 1;
        self.send(&json!({"jsonrpc": "2.0", "id": self.next, "method": method, "params": params}));
        loop {
            let mut line = String::new();
            assert!(self.output.read_line(&mut line).unwrap() > 0, "the server closed its output");
            let message: Value = serde_json::from_str(&line).unwrap();
            if message["id"] == self.next {
                return message["result"].clone();
            }
        }
    }

    /// Calls a tool; gives how long that took in milliseconds, and its data.
    fn call(&mut self, tool: &str, arguments: &Value) -> (f64, Value) {
        let begun = Instant::now();
        let result = self.request("tools/call", &json!({"name": tool, "arguments": arguments}));
        let spent = begun.elapsed().as_secs_f64() * 1e3;
        assert_eq!(result["structuredContent"]["ok"], true, "{result}");
        (spent, result["structuredContent"]["data"].clone())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn main() {
    let folder = tempfile::tempdir().unwrap();
    let mut server = Server::start(folder.path());
    server.call("query_duckdb", &json!({"sql": TABLE, "mode": "write"}));
    println!("{:<48} {:>10} {:>14} {:>14}", "measure (median)", "whole call", "its queries", "all else");
    for (target, name) in [("html", "12 tiles over 1,000,000 rows as HTML"), ("app", "the same for an MCP App")] {
        measure(&mut server, name, &json!({"spec": dashboard(), "target": target}));
    }
    let picture = json!({"sql": "SELECT country, sum(quantity * price) AS revenue FROM sales GROUP BY 1", "title": "Revenue"});
    for target in ["png", "svg"] {
        let mut arguments = picture.clone();
        arguments["target"] = json!(target);
        let cold = server.call("render_dashboard", &arguments).0;
        measure(&mut server, &format!("one chart as {} (first: {cold:.0} ms)", target.to_uppercase()), &arguments);
    }
    measure(&mut server, "template analytics, filling itself", &json!({"table": "sales"}));
}

fn measure(server: &mut Server, name: &str, arguments: &Value) {
    let (mut whole, mut queries) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        let (took, data) = server.call("render_dashboard", arguments);
        whole.push(took);
        // The same query is run once for all tiles that show it.
        let mut tiles: Vec<(&str, f64)> = data["tiles"]
            .as_array()
            .unwrap()
            .iter()
            .map(|tile| (tile["sql"].as_str().unwrap_or(""), tile["elapsed_ms"].as_f64().unwrap()))
            .collect();
        tiles.sort_by(|a, b| a.0.cmp(b.0));
        tiles.dedup_by(|a, b| a.0 == b.0);
        queries.push(tiles.iter().map(|(_, took)| took).sum::<f64>());
    }
    let (whole, queries) = (median(whole), median(queries));
    println!("{name:<48} {whole:>7.0} ms {queries:>11.0} ms {:>11.0} ms", whole - queries);
}

fn dashboard() -> Value {
    let by = |kind: &str, column: &str, measure: &str| {
        let sql = format!("SELECT {column} AS x, {measure} AS y FROM sales GROUP BY 1 ORDER BY 2 DESC LIMIT 40");
        json!({"type": kind, "title": format!("{measure} by {column}"), "sql": sql, "x": "x", "y": "y"})
    };
    let number = |measure: &str| json!({"type": "number", "title": measure, "sql": format!("SELECT {measure} AS n FROM sales")});
    let monthly =
        "SELECT date_trunc('month', day) AS month, country, sum(quantity * price) AS revenue FROM sales GROUP BY ALL ORDER BY ALL";
    let over_time = |kind: &str| json!({"type": kind, "title": kind, "sql": monthly, "x": "month", "y": "revenue", "series": "country"});
    let tiles = json!([
        number("count(*)"), number("sum(quantity * price)"), number("avg(price)"), number("count(DISTINCT product)"),
        over_time("line"), over_time("area"), by("bar", "country", "sum(quantity)"), by("bar", "product", "sum(price)"),
        by("pie", "country", "count(*)"), by("donut", "country", "sum(price)"), by("treemap", "product", "count(*)"),
        {"type": "table", "title": "Newest", "sql": "SELECT * FROM sales ORDER BY day DESC, product LIMIT 100"},
    ]);
    json!({"title": "Twelve tiles", "tiles": tiles})
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}
