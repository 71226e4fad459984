//! The tool over ports in memory, with the real chart engine.
#![allow(clippy::panic, clippy::unwrap_used, missing_docs, reason = "a test fails by panicking")]

use std::sync::{Arc, Mutex};

use data_stack_core::ports::dashboards::{App, Dashboards, StoredDashboard};
use data_stack_core::ports::warehouse::{
    Catalog, CatalogJob, Column, Parameters, QueryJob, QueryPage, Table, TableColumn, TableOrigin, Warehouse,
};
use data_stack_core::ports::{Artifacts, Ports};
use data_stack_core::{AnyTool, BoxFuture, Code, Control, Ctx, Effect, Reply, ResourceLink, ToolError};
use data_stack_dashboard::RenderDashboard;
use futures::FutureExt;
use serde_json::{Value, json};

/// Names with types.
type Columns = Vec<(&'static str, &'static str)>;

/// Answers each statement with the rows of the first key that it contains, and keeps what it was asked.
#[derive(Default)]
struct Canned {
    answers: Vec<(&'static str, Columns, Value)>,
    asked: Mutex<Vec<(String, Value)>>,
}

impl Warehouse for Canned {
    fn query<'a>(&'a self, job: QueryJob, _: &'a Control) -> BoxFuture<'a, Result<QueryPage, ToolError>> {
        async move {
            assert_eq!(job.effect, Effect::Read);
            let Parameters::Named(values) = &job.parameters else { panic!("parameters are named") };
            self.asked.lock().unwrap().push((job.sql.clone(), json!(values)));
            let unknown = || ToolError::new(Code::InvalidInput, format!("no such table in: {}", job.sql), "Look it up.");
            let (_, columns, rows) = self.answers.iter().find(|(key, ..)| job.sql.contains(key)).ok_or_else(unknown)?;
            let columns = columns.iter().map(|(name, kind)| Column { name: (*name).into(), kind: (*kind).into() }).collect();
            let rows = rows.as_array().unwrap().iter().map(|row| row.as_array().unwrap().clone()).collect();
            let loaded_at = Some("2026-01-02T00:00:00Z".to_owned());
            let origins = vec![TableOrigin { table: "main.sales".into(), kind: "table".into(), loaded_at, ..TableOrigin::default() }];
            Ok(QueryPage { columns, rows, origins, ..QueryPage::default() })
        }
        .boxed()
    }

    fn page<'a>(&'a self, _: &'a str, _: usize, _: &'a Control) -> BoxFuture<'a, Result<QueryPage, ToolError>> {
        async { Err(ToolError::internal("no page is asked for")) }.boxed()
    }

    fn catalog<'a>(&'a self, _: CatalogJob, _: &'a Control) -> BoxFuture<'a, Result<Catalog, ToolError>> {
        let column = |name: &str, kind: &str| TableColumn { name: name.into(), kind: kind.into(), ..TableColumn::default() };
        let columns = vec![column("day", "DATE"), column("country", "VARCHAR"), column("revenue", "DOUBLE"), column("sale_id", "BIGINT")];
        let loaded_at = Some("2026-01-02T00:00:00Z".into());
        let table = Table { schema: "main".into(), name: "sales".into(), kind: "table".into(), loaded_at, columns, ..Table::default() };
        let catalog = Catalog { tables: vec![table], modified_at: Some("2026-01-03T04:05:06Z".into()), ..Catalog::default() };
        async move { Ok(catalog) }.boxed()
    }
}

#[derive(Default)]
struct Kept {
    artifacts: Mutex<Vec<(String, Vec<u8>)>>,
    dashboards: Mutex<Vec<(String, String)>>,
}

impl Artifacts for Kept {
    fn put(&self, name: &str, mime_type: &str, bytes: &[u8]) -> Result<ResourceLink, ToolError> {
        let mut kept = self.artifacts.lock().unwrap();
        kept.push((name.to_owned(), bytes.to_vec()));
        let uri = format!("artifact://{}", kept.len());
        Ok(ResourceLink { uri, name: name.into(), mime_type: mime_type.into(), bytes: bytes.len() as u64, path: format!("/kept/{name}") })
    }

    fn reserve(&self, _: &str) -> Result<std::path::PathBuf, ToolError> {
        Err(ToolError::internal("nothing is reserved"))
    }

    fn adopt(&self, _: &std::path::Path, _: &str) -> Result<ResourceLink, ToolError> {
        Err(ToolError::internal("nothing is adopted"))
    }

    fn find(&self, _: &str) -> Result<ResourceLink, ToolError> {
        Err(ToolError::internal("nothing is looked up"))
    }

    fn list(&self, _: usize) -> Result<Vec<ResourceLink>, ToolError> {
        Ok(Vec::new())
    }
}

impl Dashboards for Kept {
    fn list(&self) -> Result<Vec<StoredDashboard>, ToolError> {
        let kept = self.dashboards.lock().unwrap();
        let one = |(name, text): &(String, String)| StoredDashboard {
            name: name.clone(),
            path: name.clone(),
            bytes: text.len() as u64,
            modified_at: None,
        };
        Ok(kept.iter().map(one).collect())
    }

    fn read(&self, name: &str) -> Result<String, ToolError> {
        let kept = self.dashboards.lock().unwrap();
        let found = kept.iter().rev().find(|(known, _)| known == name).map(|(_, text)| text.clone());
        found.ok_or_else(|| ToolError::new(Code::NotFound, "no such dashboard", "List them."))
    }

    fn write(&self, name: &str, text: &str) -> Result<StoredDashboard, ToolError> {
        self.dashboards.lock().unwrap().push((name.to_owned(), text.to_owned()));
        Ok(StoredDashboard { name: name.into(), path: name.into(), bytes: text.len() as u64, modified_at: None })
    }

    fn publish(&self, app: App, files: &[(String, String)]) -> Result<Vec<String>, ToolError> {
        let mut kept = self.artifacts.lock().unwrap();
        kept.extend(files.iter().map(|(path, text)| (format!("{}/{path}", app.folder()), text.clone().into_bytes())));
        Ok(files.iter().map(|(path, _)| format!("{}/{path}", app.folder())).collect())
    }
}

/// Values that break what is not careful.
fn hostile() -> Value {
    json!([
        ["<img src=x onerror=alert(1)>", "NaN", "infinity", null],
        ["مرحبا بالعالم", "Infinity", "290000-01-01", null],
        ["👩‍👩‍👧 東京", 1e300, "2024-01-01", null],
        ["</script><script>alert(2)</script>", -1e-300, "0044-03-15 (BC)", null],
    ])
}

struct Bench {
    warehouse: Arc<Canned>,
    kept: Arc<Kept>,
}

impl Bench {
    fn new() -> Self {
        let summary = json!([["day", 300, 0, 900], ["country", 3, 12.5, 900], ["revenue", 500, 0, 900], ["sale_id", 900, 0, 900]]);
        let cube =
            json!([["2024-01-01", "UK", 10, 100], ["2024-01-08", "UK", 3, 20], ["2024-01-08", "<script>alert(1)</script>", 2, 30.5]]);
        let answers = vec![
            ("SUMMARIZE", vec![("n", "VARCHAR"), ("u", "BIGINT"), ("m", "DECIMAL(9,2)"), ("c", "BIGINT")], summary),
            ("date_diff", vec![("days", "BIGINT"), ("timed", "BIGINT")], json!([[400, 0]])),
            ("WITH top_0", vec![("week", "DATE"), ("country", "VARCHAR"), ("rows", "BIGINT"), ("revenue", "DOUBLE")], cube),
            ("quantile_cont", vec![("from", "DOUBLE"), ("rows", "BIGINT")], json!([[0, 10], [1, 30], [2, 2]])),
            ("SELECT *", vec![("day", "DATE"), ("country", "VARCHAR")], json!([["2024-01-08", "UK"]])),
            ("count(*)", vec![("rows", "BIGINT")], json!([[15]])),
            ("sum(", vec![("total", "DOUBLE")], json!([[150.5]])),
            ("by_country", vec![("country", "VARCHAR"), ("revenue", "DECIMAL(18,2)")], json!([["UK", "10.50"], ["NO", "3"]])),
            ("fits", vec![("total", "DOUBLE")], json!([[13.5]])),
            ("nothing", vec![("country", "VARCHAR")], json!([])),
            ("hostile", vec![("name", "VARCHAR"), ("n", "DOUBLE"), ("day", "DATE"), ("none", "BIGINT")], hostile()),
            ("many", vec![("name", "VARCHAR"), ("n", "BIGINT")], (0..10_000).map(|at| json!([format!("c{at}"), at])).collect()),
        ];
        Self { warehouse: Arc::new(Canned { answers, ..Canned::default() }), kept: Arc::default() }
    }

    async fn call(&self, arguments: Value) -> Result<Reply<Value>, ToolError> {
        let ports = Ports {
            warehouse: Some(self.warehouse.clone()),
            artifacts: Some(self.kept.clone()),
            dashboards: Some(self.kept.clone()),
            ..Ports::default()
        };
        let ctx = Ctx { request_id: "r".into(), environment: "local".into(), control: Control::unlimited(), ports: Arc::new(ports) };
        RenderDashboard.bind(arguments)?.run(ctx).await
    }

    fn pages(&self) -> Vec<String> {
        let kept = self.kept.artifacts.lock().unwrap();
        kept.iter().map(|(_, bytes)| String::from_utf8(bytes.clone()).unwrap()).collect()
    }
}

#[tokio::test]
async fn a_table_becomes_a_page_that_tells_where_its_numbers_come_from() {
    let bench = Bench::new();
    let reply = bench.call(json!({ "table": "sales" })).await.unwrap();
    let titles: Vec<&str> = reply.data["tiles"].as_array().unwrap().iter().map(|tile| tile["title"].as_str().unwrap()).collect();
    let expected = [
        "Rows",
        "Total revenue",
        "Revenue by week",
        "Revenue by country",
        "country as shares, by week",
        "How revenue spreads",
        "Newest rows",
    ];
    assert_eq!(titles, expected);
    let line = &reply.data["tiles"][2];
    let told = json!([line["rows"], line["as_of"], line["sources"], line["fresh_as_of"], line["alt"]]);
    let alt = "Area chart of revenue by week, 2 rows. revenue: least 50.5 (2024-01-08), most 100 (2024-01-01).";
    assert_eq!(told, json!([3, "2026-01-03T04:05:06Z", ["main.sales"], "2026-01-02T00:00:00Z", alt]));
    assert!(reply.summary.contains(alt), "{}", reply.summary);
    let page = &bench.pages()[0];
    assert!(page.len() < 2_000_000 && page.contains("default-src 'none'") && !page.contains("<script>alert"));
}

#[tokio::test]
async fn the_same_data_gives_the_same_bytes() {
    let bench = Bench::new();
    for _ in 0..2 {
        bench.call(json!({ "table": "sales" })).await.unwrap();
    }
    let pages = bench.pages();
    assert!(pages[0] == pages[1]);
}

#[tokio::test]
async fn a_question_becomes_a_picture_in_the_answer() {
    let bench = Bench::new();
    let reply = bench.call(json!({ "sql": "SELECT by_country", "title": "Revenue", "target": "png", "theme": "dark" })).await.unwrap();
    assert_eq!(reply.data["why"], json!(["One number for each `country` is compared best by bars, largest first."]));
    let [image] = reply.images.as_slice() else { panic!("one picture") };
    assert_eq!((image.mime_type.as_str(), &image.bytes[1..4]), ("image/png", &b"PNG"[..]));
    assert_eq!(image.alt, "Bar chart of revenue by country, 2 rows. revenue: least 3 (NO), most 10.5 (UK).");
}

#[tokio::test]
async fn parameters_are_bound_to_the_queries_that_ask_for_them() {
    let bench = Bench::new();
    let spec = json!({
        "title": "T", "parameters": { "country": { "type": "text", "default": "UK" } },
        "tiles": [{ "type": "number", "sql": "SELECT count(*) WHERE c = $country" }, { "type": "number", "sql": "SELECT count(*)" }],
    });
    bench.call(json!({ "spec": spec, "parameters": { "country": "x' OR 1=1" } })).await.unwrap();
    let asked = bench.warehouse.asked.lock().unwrap().clone();
    let expected = [("SELECT count(*) WHERE c = $country", json!({ "country": "x' OR 1=1" })), ("SELECT count(*)", json!({}))];
    assert_eq!(asked, expected.map(|(sql, values)| (sql.to_owned(), values)));
}

#[tokio::test]
async fn mistakes_are_named_by_their_path_and_nothing_is_written() {
    let bench = Bench::new();
    let tile = |tile: Value| json!({ "spec": { "title": "T", "tiles": [tile] }, "save_as": "t" });
    let cases = [
        (
            tile(json!({ "type": "bar", "sql": "SELECT by_country", "x": "county", "y": "revenue" })),
            "spec.tiles[0].x",
            "Did you mean `country`?",
        ),
        (
            tile(json!({ "type": "bar", "sql": "SELECT by_country", "x": "country", "y": "country" })),
            "spec.tiles[0].y",
            "Name a column of numbers",
        ),
        (tile(json!({ "type": "bar", "sql": "SELECT unknown", "x": "a", "y": "b" })), "spec.tiles[0].sql", "Look it up."),
        (tile(json!({ "type": "bar", "data": "x" })), "spec.tiles[0].data", "Add it to `data`."),
        (tile(json!({ "type": "table", "sql": "SELECT $country" })), "spec.tiles[0].sql", "Add `country` to `parameters`."),
        (json!({ "spec": { "title": "T" } }), "spec.tiles", "Add one, such as"),
        (json!({ "table": "sale" }), "table", "Did you mean `sales`?"),
        (json!({}), "spec", "`table` makes a dashboard by itself."),
    ];
    for (arguments, field, hint) in cases {
        let error = bench.call(arguments.clone()).await.unwrap_err();
        assert_eq!(error.field.as_deref(), Some(field), "{arguments}: {error}");
        assert!(error.hints[0].starts_with(hint), "{arguments}: {:?}", error.hints);
    }
    assert!(bench.pages().is_empty() && bench.kept.dashboards.lock().unwrap().is_empty());
}

#[tokio::test]
async fn a_dashboard_is_kept_patched_and_compared() {
    let bench = Bench::new();
    bench.call(json!({ "table": "sales", "save_as": "sales" })).await.unwrap();
    let reply = bench.call(json!({ "dashboard": "sales", "patch": { "title": "All sales" }, "save_as": "sales" })).await.unwrap();
    assert_eq!(reply.data["changes"], json!(["changed dashboard.title"]));
    let shown = bench.call(json!({ "action": "show", "dashboard": "sales" })).await.unwrap();
    assert_eq!(shown.data["spec"]["title"], "All sales");
    let checked = bench.call(json!({ "dashboard": "sales", "dry_run": true })).await.unwrap();
    assert_eq!(checked.summary, "All sales: 7 tiles, nothing wrong that would stop it.");
}

#[tokio::test]
async fn an_empty_result_is_shown_as_one_and_found() {
    let bench = Bench::new();
    let spec = json!({ "title": "T", "tiles": [{ "type": "bar", "title": "None", "sql": "SELECT nothing", "x": "country", "y": "n" }] });
    let reply = bench.call(json!({ "spec": spec })).await.unwrap();
    assert_eq!(reply.data["findings"][0]["path"], "tiles[0].sql");
    assert_eq!(reply.data["tiles"][0]["alt"], "None: The query gives no rows.");
}

#[tokio::test]
async fn hostile_values_are_shown_and_never_run() {
    let bench = Bench::new();
    let tile = |kind: &str, y: &str| json!({ "type": kind, "title": kind, "sql": "SELECT hostile", "x": "name", "y": y });
    let dated = json!({ "type": "line", "title": "dated", "sql": "SELECT hostile", "x": "day", "y": "n" });
    let tiles = json!([tile("bar", "n"), tile("bar", "none"), tile("table", "n"), dated]);
    let reply = bench.call(json!({ "spec": { "title": "<b>T</b>", "tiles": tiles } })).await.unwrap();
    let findings: Vec<(&str, &str)> = reply.data["findings"]
        .as_array()
        .unwrap()
        .iter()
        .map(|finding| (finding["path"].as_str().unwrap(), finding["message"].as_str().unwrap()))
        .collect();
    let undrawable = "5 values are infinite, not a number or beyond the calendar and are left out";
    let expected = [
        ("tiles[0].sql", undrawable),
        ("tiles[1].sql", undrawable),
        ("tiles[1].y", "`none` has no value in any row"),
        ("tiles[2].sql", undrawable),
        ("tiles[3].sql", undrawable),
    ];
    assert_eq!(findings, expected);
    let page = &bench.pages()[0];
    assert!(!page.contains("<img src=x") && !page.contains("<script>alert") && !page.contains("<b>T"));
    assert!(page.contains("مرحبا بالعالم") && page.contains("👩‍👩‍👧 東京") && page.contains("1e+300"));
}

#[tokio::test]
async fn a_picture_says_what_its_font_cannot_write() {
    let bench = Bench::new();
    let spec = json!({ "title": "T", "tiles": [{ "type": "bar", "title": "n", "sql": "SELECT hostile", "x": "name", "y": "n" }] });
    let reply = bench.call(json!({ "spec": spec, "target": "png" })).await.unwrap();
    assert_eq!((reply.images.len(), reply.images[0].mime_type.as_str()), (1, "image/png"));
    let font: Vec<&str> = reply.warnings.iter().filter(|warning| warning.code == "font").map(|warning| warning.message.as_str()).collect();
    let expected = "the picture's font has no 京東👧👩: `html` and `svg` are shown with the reader's fonts, which may";
    assert_eq!(font, [expected]);
}

#[tokio::test]
async fn many_categories_are_cut_and_said_and_more_rows_than_a_chart_has_place_for_are_refused() {
    let bench = Bench::new();
    let tile =
        |kind: &str| json!({ "type": kind, "title": kind, "sql": "SELECT many", "x": "name", "y": "n", "sort": "descending", "limit": 20 });
    let reply = bench.call(json!({ "spec": { "title": "T", "tiles": [tile("bar"), tile("pie")] } })).await.unwrap();
    let alts: Vec<&str> = reply.data["tiles"].as_array().unwrap().iter().map(|tile| tile["alt"].as_str().unwrap()).collect();
    assert!(alts[0].starts_with("Bar chart of n by name, 20 rows."), "{alts:?}");
    assert!(reply.warnings[0].message.contains("a pie of 10000 parts is hard to read"), "{:?}", reply.warnings);
}

#[tokio::test]
async fn a_sum_is_checked_against_its_total() {
    let bench = Bench::new();
    let tile = |total: &str| json!({ "type": "bar", "sql": "SELECT by_country", "x": "country", "y": "revenue", "total": total });
    let spec = json!({ "title": "T", "tiles": [tile("SELECT fits"), tile("SELECT sum(wrong)")] });
    let reply = bench.call(json!({ "spec": spec })).await.unwrap();
    assert_eq!(reply.data["tiles"][1]["failed_checks"], json!(["The sum of revenue is 13.5 and the total is 150.5."]));
    let findings = reply.data["findings"].as_array().unwrap();
    assert_eq!(findings.iter().map(|finding| finding["path"].as_str().unwrap()).collect::<Vec<_>>(), ["tiles[1].total"]);
}

#[tokio::test]
async fn a_mistake_in_a_file_has_its_line_and_column() {
    let bench = Bench::new();
    let text =
        "title: T\ntiles:\n  - {type: table, sql: SELECT *}\n  - type: bar\n    sql: SELECT by_country\n    x: county\n    y: revenue\n";
    bench.kept.write("wrong", text).unwrap();
    let error = bench.call(json!({ "dashboard": "wrong" })).await.unwrap_err();
    assert!(error.message.starts_with("line 6, column 8: tiles[1].x: "), "{error}");
    assert_eq!(error.details.unwrap()["findings"][0]["line"], 6);
}

#[tokio::test]
async fn an_app_gets_the_page_and_a_model_the_same_facts_as_text() {
    let bench = Bench::new();
    let reply = bench.call(json!({ "table": "sales", "target": "app" })).await.unwrap();
    let page = reply.app.unwrap();
    assert_eq!((&page["title"], &page["filters"][1]["name"]), (&json!("sales"), &json!("country")));
    assert!(reply.summary.contains("Total revenue: 150.5.") && bench.pages().is_empty(), "{}", reply.summary);
}

#[tokio::test]
async fn pages_for_other_apps_are_text_that_people_read() {
    let bench = Bench::new();
    let spec = json!({
        "title": "Sales of {a} <b>", "parameters": { "country": { "type": "text", "default": "O'Brien", "values": ["O'Brien", "UK"] } },
        "data": { "all": "SELECT by_country" }, "filters": ["country"],
        "tiles": [
            { "type": "number", "title": "In one", "sql": "SELECT count(*) AS n FROM sales WHERE country = $country" },
            { "type": "bar", "title": "By country", "data": "all", "x": "country", "y": "revenue", "aggregate": "sum", "horizontal": true },
            { "type": "line", "title": "Calls", "promql": "rate(calls[5m])", "series": "tool" },
        ],
    });
    for target in ["streamlit", "evidence", "grafana"] {
        bench.call(json!({ "spec": spec, "target": target, "save_as": "sales" })).await.unwrap();
    }
    let kept = bench.kept.artifacts.lock().unwrap().clone();
    let text = |path: &str| String::from_utf8(kept.iter().find(|(name, _)| name == path).unwrap().1.clone()).unwrap();
    let python = text("streamlit/pages/sales.py");
    assert!(python.contains(r#"parameters["country"] = st.selectbox("country", ["O'Brien", "UK"], index=0)"#), "{python}");
    assert!(python.contains(r#"in_one_rows = query(IN_ONE_ROWS, {"country": parameters["country"]})"#), "{python}");
    assert!(
        python.contains(r#"charts.bar(all_rows, title="By country", x="country", y="revenue", aggregate="sum", horizontal=True)"#),
        "{python}"
    );
    let sql = text("evidence/sources/warehouse/sales_in_one_rows.sql");
    assert_eq!(sql, "SELECT count(*) AS n FROM sales WHERE country = 'O''Brien'\n");
    let markdown = text("evidence/pages/sales.md");
    assert!(markdown.contains(r#"<BarChart data={t0_0_1} title={"By country"} x={"country"} y={"revenue"} swapXY=true/>"#), "{markdown}");
    let grafana: Value = serde_json::from_str(&text("grafana/dashboards/sales.json")).unwrap();
    assert_eq!(grafana["panels"][0]["targets"][0]["rawSql"], "SELECT count(*) AS n FROM sales WHERE country = ${country:sqlstring}");
    assert_eq!(grafana["panels"][2]["targets"][0]["expr"], "rate(calls[5m])");
}

#[tokio::test]
async fn a_column_whose_name_is_code_is_no_part_of_an_evidence_page() {
    let bench = Bench::new();
    let tile = json!({ "type": "bar", "data": "all", "x": "country", "y": "revenue" });
    let spec = json!({ "title": "T", "data": { "all": "SELECT by_country" }, "filters": ["${alert(1)}"], "tiles": [tile] });
    let error = bench.call(json!({ "spec": spec, "target": "evidence" })).await.unwrap_err();
    assert_eq!((error.code, error.field.as_deref()), (Code::InvalidInput, Some("target")));
    assert!(bench.pages().is_empty());
}

#[tokio::test]
async fn how_a_specification_is_written_can_be_asked() {
    let reply = Bench::new().call(json!({ "action": "describe" })).await.unwrap();
    assert!(reply.summary.contains("tiles:") && reply.data["reference"]["schema"]["properties"]["tiles"].is_object(), "{}", reply.summary);
}
