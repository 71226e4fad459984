//! A tool to call, a table to read, and a client that speaks raw messages.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use data_stack_core::ports::Warehouse;
use data_stack_core::ports::warehouse::{Catalog, CatalogJob, QueryJob, QueryPage, Table, TableColumn};
use data_stack_core::{BoxFuture, Code, Control, Ctx, Effect, Image, Limits, Ports, Reply, Spec, Tool, ToolError};
use rmcp::ServiceExt;
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader, DuplexStream, Lines, ReadHalf, WriteHalf};

use crate::catalog;
use crate::config::Settings;
use crate::mcp::server::Server;
use crate::pipeline::Pipeline;

/// Does as it is told.
#[derive(Clone)]
pub(super) struct Probe;

#[derive(serde::Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Order {
    /// What to do.
    action: String,
    /// How long to sleep.
    #[serde(default)]
    seconds: f64,
}

#[derive(serde::Serialize, schemars::JsonSchema)]
pub(super) struct Done {
    action: String,
}

impl Tool for Probe {
    type Input = Order;
    type Output = Done;
    const SPEC: Spec = Spec {
        name: "probe",
        title: "Probe",
        description: "Does as it is told.",
        effect: Effect::Read,
        max_effect: Effect::Destroy,
        idempotent: false,
        open_world: false,
        ports: &[],
        limits: Limits::seconds(3_600),
        examples: &[],
    };

    fn effect(&self, order: &Order) -> Effect {
        if order.action == "destroy" { Effect::Destroy } else { Effect::Read }
    }

    fn consequence(&self, _: &Order) -> String {
        "Removes everything\u{1b}[31m for good".into()
    }

    async fn run(&self, order: Order, ctx: &Ctx) -> Result<Reply<Done>, ToolError> {
        match order.action.as_str() {
            "panic" => panic!("a defect"),
            "fail" => return Err(ToolError::new(Code::Failed, "it failed", "Try something else.")),
            "sleep" => tokio::select! {
                ended = ctx.control.ended() => return Err(ended),
                () = tokio::time::sleep(Duration::from_secs_f64(order.seconds)) => {}
            },
            "step" => {
                ctx.control.progress(1.0, Some(3.0), "first 1/3");
                tokio::time::sleep(Duration::from_secs_f64(order.seconds)).await;
            }
            _ => {}
        }
        let mut reply = Reply::new(Done { action: order.action }, "It is done.");
        reply.images.push(Image { mime_type: "image/png".into(), bytes: vec![1, 2, 3], alt: "a dot".into() });
        Ok(reply)
    }
}

/// Always changes something.
#[derive(Clone)]
pub(super) struct Writer;

impl Tool for Writer {
    type Input = Order;
    type Output = Done;
    const SPEC: Spec =
        Spec { name: "write", title: "Write", effect: Effect::Write, max_effect: Effect::Write, idempotent: true, ..Probe::SPEC };

    async fn run(&self, order: Order, _: &Ctx) -> Result<Reply<Done>, ToolError> {
        Ok(Reply::new(Done { action: order.action }, "It is written."))
    }
}

/// A warehouse of two tables.
struct Tables;

impl Warehouse for Tables {
    fn query<'a>(&'a self, _: QueryJob, _: &'a Control) -> BoxFuture<'a, Result<QueryPage, ToolError>> {
        Box::pin(async { Ok(QueryPage::default()) })
    }

    fn page<'a>(&'a self, _: &'a str, _: usize, _: &'a Control) -> BoxFuture<'a, Result<QueryPage, ToolError>> {
        Box::pin(async { Ok(QueryPage::default()) })
    }

    fn catalog<'a>(&'a self, job: CatalogJob, _: &'a Control) -> BoxFuture<'a, Result<Catalog, ToolError>> {
        let column = TableColumn { name: "amount".into(), kind: "DOUBLE".into(), nullable: true, ..TableColumn::default() };
        let tables = ["orders", "returned orders"].map(|name| Table {
            schema: "main".into(),
            name: name.into(),
            kind: "table".into(),
            rows: Some(3),
            columns: vec![column.clone()],
            ..Table::default()
        });
        let wanted = |table: &Table| job.table.as_ref().is_none_or(|name| *name == table.name);
        let tables = tables.into_iter().filter(wanted).collect();
        Box::pin(async { Ok(Catalog { schemas: vec!["main".into()], total_tables: 2, tables, ..Catalog::default() }) })
    }
}

/// Settings in a folder of their own, as `change` wants them.
pub(super) fn settings(folder: &Path, change: impl FnOnce(&mut Settings)) -> Settings {
    let mut settings = Settings::for_workspace(folder.to_owned());
    change(&mut settings);
    settings
}

/// A pipeline over the test tools.
pub(super) fn pipeline(settings: Settings) -> Arc<Pipeline> {
    let ports = Ports { warehouse: Some(Arc::new(Tables)), ..Ports::default() };
    Pipeline::with_catalog(settings, None, ports, catalog::of(&[&Probe, &Writer]))
}

/// A pipeline in a temporary folder.
pub(super) fn workspace(change: impl FnOnce(&mut Settings)) -> (TempDir, Arc<Pipeline>) {
    let folder = tempfile::tempdir().unwrap();
    let pipeline = pipeline(settings(folder.path(), change));
    (folder, pipeline)
}

/// A client that sends and reads raw messages.
pub(super) struct Client {
    lines: Lines<BufReader<ReadHalf<DuplexStream>>>,
    writer: WriteHalf<DuplexStream>,
    capabilities: Option<Value>,
    next: u64,
    /// What came in between, in order.
    pub(super) heard: Vec<Value>,
}

impl Client {
    /// A client of the newest revision with these capabilities.
    pub(super) fn modern(server: Server, capabilities: Value) -> Self {
        Self::connect(server, Some(capabilities))
    }

    /// A client that has said hello in an older revision.
    pub(super) async fn legacy(server: Server, version: &str, capabilities: Value) -> Self {
        let mut client = Self::connect(server, None);
        let hello = json!({"protocolVersion": version, "capabilities": capabilities, "clientInfo": {"name": "test", "version": "1"}});
        let answer = client.request("initialize", hello).await;
        assert_eq!(answer["result"]["protocolVersion"], version, "{answer}");
        client.send(&json!({"jsonrpc": "2.0", "method": "notifications/initialized"})).await;
        client
    }

    fn connect(server: Server, capabilities: Option<Value>) -> Self {
        let (ours, theirs) = tokio::io::duplex(1 << 20);
        tokio::spawn(async move {
            if let Ok(running) = Box::pin(server.serve(theirs)).await {
                let _ = running.waiting().await;
            }
        });
        let (reader, writer) = tokio::io::split(ours);
        Self { lines: BufReader::new(reader).lines(), writer, capabilities, next: 0, heard: Vec::new() }
    }

    pub(super) async fn send(&mut self, message: &Value) {
        self.writer.write_all(format!("{message}\n").as_bytes()).await.unwrap();
    }

    pub(super) async fn receive(&mut self) -> Value {
        serde_json::from_str(&self.lines.next_line().await.unwrap().expect("the server has ended the connection")).unwrap()
    }

    /// Sends a request and returns its id.
    pub(super) async fn begin(&mut self, method: &str, mut params: Value) -> u64 {
        self.next += 1;
        if let Some(capabilities) = &self.capabilities {
            let meta = &mut params["_meta"];
            meta["io.modelcontextprotocol/protocolVersion"] = json!("2026-07-28");
            meta["io.modelcontextprotocol/clientInfo"] = json!({"name": "test", "version": "1"});
            meta["io.modelcontextprotocol/clientCapabilities"] = capabilities.clone();
        }
        self.send(&json!({"jsonrpc": "2.0", "id": self.next, "method": method, "params": params})).await;
        self.next
    }

    /// Reads until the answer to a request.
    pub(super) async fn answer(&mut self, id: u64) -> Value {
        loop {
            let message = self.receive().await;
            if message["id"] == id && message.get("method").is_none() {
                return message;
            }
            self.heard.push(message);
        }
    }

    pub(super) async fn request(&mut self, method: &str, params: Value) -> Value {
        let id = self.begin(method, params).await;
        self.answer(id).await
    }

    /// Calls the probe.
    pub(super) async fn probe(&mut self, arguments: Value) -> Value {
        self.request("tools/call", json!({"name": "probe", "arguments": arguments})).await
    }

    /// Reads until a notification of that method.
    pub(super) async fn hear(&mut self, method: &str) -> Value {
        loop {
            let message = self.receive().await;
            if message["method"] == method {
                return message;
            }
            self.heard.push(message);
        }
    }
}
