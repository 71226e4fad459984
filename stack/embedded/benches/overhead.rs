//! What the warehouse port adds to raw DuckDB: the same statement on an open connection, in a session that attaches and
//! detaches the file, and through a worker process.
#![expect(clippy::unwrap_used, clippy::print_stdout, reason = "a benchmark fails by panicking and prints its table")]

use std::time::Instant;

use data_stack_core::ports::warehouse::{Explain, Parameters, QueryJob, QueryLimits};
use data_stack_core::{Control, Effect};
use data_stack_embedded::Settings;
use data_stack_embedded::engine::query::{QueryRequest, run};
use data_stack_embedded::engine::{Access, Interrupter, Sandbox, Session, Target};

const ROUNDS: usize = 300;
const LIMITS: QueryLimits = QueryLimits { memory: 512 << 20, temporary: 256 << 20, threads: 2, output: 16 << 20 };
const STATEMENTS: [(&str, &str); 3] = [
    ("point", "SELECT a FROM t WHERE a = 4711"),
    ("aggregate", "SELECT b, count(*), sum(a) FROM t GROUP BY b ORDER BY b"),
    ("100 rows", "SELECT * FROM t LIMIT 100"),
];

fn main() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let workspace = folder.path().canonicalize().unwrap();
    let settings = Settings::new(&workspace, vec![env!("CARGO_BIN_EXE_embedded-test-worker").into()]);
    let raw = duckdb::Connection::open(&settings.database).unwrap();
    raw.execute_batch("SET threads = 2; CREATE TABLE t AS SELECT range AS a, 'group ' || range % 20 AS b FROM range(50000); CHECKPOINT")
        .unwrap();
    println!("{:<10} {:>12} {:>16} {:>16}  (median of {ROUNDS}, microseconds)", "statement", "raw DuckDB", "session", "worker process");
    let baselines = STATEMENTS.map(|(_, sql)| median(|| read_all(&raw, sql)));
    drop(raw);
    let sandbox = Sandbox::new(vec![workspace.clone()], settings.database.clone(), workspace, LIMITS);
    let session = Session::open(sandbox, Interrupter::default()).unwrap();
    let ports = data_stack_embedded::open(settings.clone());
    for ((name, sql), baseline) in STATEMENTS.into_iter().zip(baselines) {
        let request = request(&settings, sql);
        let in_session = median(|| drop(run(&session, &request).unwrap()));
        let in_worker = median(|| drop(runtime.block_on(ports.warehouse().unwrap().query(job(sql), &Control::unlimited())).unwrap()));
        println!(
            "{name:<10} {baseline:>12.0} {in_session:>9.0} {:>+6.0} {in_worker:>9.0} {:>+6.0}",
            in_session - baseline,
            in_worker - baseline
        );
    }
}

fn read_all(connection: &duckdb::Connection, sql: &str) {
    let mut statement = connection.prepare(sql).unwrap();
    let mut rows = statement.query([]).unwrap();
    while let Some(row) = rows.next().unwrap() {
        std::hint::black_box(row.get_ref(0).unwrap());
    }
}

fn median(mut work: impl FnMut()) -> f64 {
    work();
    let mut times: Vec<f64> = (0..ROUNDS)
        .map(|_| {
            let started = Instant::now();
            work();
            started.elapsed().as_secs_f64() * 1e6
        })
        .collect();
    times.sort_by(f64::total_cmp);
    times[ROUNDS / 2]
}

fn request(settings: &Settings, sql: &str) -> QueryRequest {
    QueryRequest {
        target: Target::new(&settings.database, Access::Read),
        snapshot: false,
        copy: false,
        sql: sql.into(),
        parameters: Parameters::Positional(Vec::new()),
        effect: Effect::Read,
        explain: Explain::None,
        limit: 100,
        spill: settings.state.join("unused"),
        spill_bytes: 1 << 20,
        export: None,
    }
}

fn job(sql: &str) -> QueryJob {
    QueryJob { limits: LIMITS, ..QueryJob::reading(sql, 100) }
}
