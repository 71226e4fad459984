//! `profile_csv`'s engine beside DuckDB's SUMMARIZE on the same files in the same process, turn by turn.
#![expect(clippy::unwrap_used, clippy::print_stdout, reason = "a benchmark prints, and stops at the first fault")]

use std::fs::File;
use std::path::{Path, PathBuf};
use std::time::Instant;

use data_stack_core::ports::warehouse::{Explain, Parameters, QueryLimits};
use data_stack_core::{Control, Effect};
use data_stack_embedded::engine::query::{QueryRequest, run};
use data_stack_embedded::engine::{Access, Interrupter, Sandbox, Session, Target};
use data_stack_profile::{Options, Source, profile_reader};

const ROUNDS: usize = 5;
const LIMITS: QueryLimits = QueryLimits { memory: 2 << 30, temporary: 1 << 30, threads: 2, output: 16 << 20 };

fn main() {
    let folder = tempfile::tempdir().unwrap();
    let workspace = folder.path().canonicalize().unwrap();
    let data = Path::new(env!("CARGO_MANIFEST_DIR")).join("data/transactions.csv");
    let text = std::fs::read_to_string(data).unwrap();
    println!("{:<28} {:>14} {:>14} {:>8}   (median of {ROUNDS})", "file", "profile_csv", "SUMMARIZE", "ratio");
    for copies in [1, 20] {
        let path = repeat(&workspace, &text, copies);
        let sandbox = Sandbox::new(vec![workspace.clone()], workspace.join("none.duckdb"), workspace.clone(), LIMITS);
        let session = Session::open(sandbox, Interrupter::default()).unwrap();
        let (mut ours, mut theirs) = (Vec::new(), Vec::new());
        for round in 0..=ROUNDS {
            let (one, other) = (timed(|| profile(&path)), timed(|| summarize(&session, &workspace, &path)));
            // The first round warms the page cache and is not counted.
            if round > 0 {
                ours.push(one);
                theirs.push(other);
            }
        }
        let (ours, theirs) = (median(ours), median(theirs));
        let rows = text.lines().count() * copies;
        println!("{:<28} {:>11.0} ms {:>11.0} ms {:>8.2}", format!("{rows} rows"), ours, theirs, ours / theirs);
    }
}

/// The rows so many times under one header.
fn repeat(workspace: &Path, text: &str, copies: usize) -> PathBuf {
    let (header, rows) = text.split_once('\n').unwrap();
    let path = workspace.join(format!("{copies}.csv"));
    std::fs::write(&path, format!("{header}\n{}", rows.repeat(copies))).unwrap();
    path
}

fn profile(path: &Path) {
    let file = File::open(path).unwrap();
    let source = Source { path: path.display().to_string(), bytes: file.metadata().unwrap().len(), modified: None };
    let profile = profile_reader(file, &source, &Options::default(), &Control::unlimited()).unwrap();
    std::hint::black_box(profile);
}

fn summarize(session: &Session, workspace: &Path, path: &Path) {
    let request = QueryRequest {
        target: Target::new(workspace.join("none.duckdb"), Access::Read),
        snapshot: false,
        sql: format!("SUMMARIZE SELECT * FROM read_csv('{}')", path.display()),
        parameters: Parameters::Positional(Vec::new()),
        effect: Effect::Read,
        explain: Explain::None,
        limit: 100,
        spill: workspace.join("spill"),
        spill_bytes: 1 << 20,
        export: None,
    };
    std::hint::black_box(run(session, &request).unwrap());
}

fn timed(work: impl FnOnce()) -> f64 {
    let begun = Instant::now();
    work();
    begun.elapsed().as_secs_f64() * 1e3
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}
