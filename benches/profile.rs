//! `profile_csv`'s engine beside DuckDB's SUMMARIZE on the same files in the same process, turn by turn.
#![expect(clippy::unwrap_used, clippy::print_stdout, reason = "a benchmark prints, and stops at the first fault")]

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use data_stack_core::ports::warehouse::{Explain, Parameters, QueryLimits};
use data_stack_core::{Control, Effect};
use data_stack_embedded::engine::query::{QueryRequest, run};
use data_stack_embedded::engine::{Access, Interrupter, Sandbox, Session, Target};
use data_stack_profile::{Options, Source, profile_reader};

#[path = "profile/generate.rs"]
mod generate;

const LIMITS: QueryLimits = QueryLimits { memory: 2 << 30, temporary: 1 << 30, threads: 2, output: 16 << 20 };
/// Called with this and a path, the benchmark profiles it once and prints the most anonymous memory that it had.
const ONCE: &str = "--profile-once";

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    if let Some(at) = arguments.iter().position(|argument| argument == ONCE) {
        return println!("{}", memory_of(Path::new(&arguments[at + 1])));
    }
    let folder = tempfile::tempdir().unwrap();
    let workspace = folder.path().canonicalize().unwrap();
    let sandbox = Sandbox::new(vec![workspace.clone()], workspace.join("none.duckdb"), workspace.clone(), LIMITS);
    let session = Session::open(sandbox, Interrupter::default()).unwrap();
    let data = Path::new(env!("CARGO_MANIFEST_DIR")).join("data/transactions.csv");
    let text = std::fs::read_to_string(data).unwrap();
    let compare = |name: &str, rounds: usize, path: PathBuf| {
        compare(&session, &workspace, name, rounds, &path);
        std::fs::remove_file(path).unwrap();
    };
    println!("{:<34} {:>7} {:>14} {:>14} {:>7} {:>12}", "file", "MB", "profile_csv", "SUMMARIZE", "ratio", "memory");
    compare("42,480 sales of data/", 5, repeat(&workspace, &text, 1));
    compare("849,600 sales of data/", 5, repeat(&workspace, &text, 20));
    compare("10 million sales, 12 columns", 3, generate::sales(&workspace, 10_000_000).unwrap());
    compare("20,000 rows, 1,000 columns", 3, generate::wide(&workspace, 20_000).unwrap());
    compare("5 million rows of distinct texts", 3, generate::distinct(&workspace, 5_000_000).unwrap());
}

/// Prints the medians of both on one file, turn by turn, and the memory of a profile in a process of its own.
fn compare(session: &Session, workspace: &Path, name: &str, rounds: usize, path: &Path) {
    let (mut ours, mut theirs) = (Vec::new(), Vec::new());
    for round in 0..=rounds {
        let (one, other) = (timed(|| profile(path)), timed(|| summarize(session, workspace, path)));
        // The first round warms the page cache and is not counted.
        if round > 0 {
            ours.push(one);
            theirs.push(other);
        }
    }
    let (ours, theirs) = (median(ours), median(theirs));
    let once = Command::new(std::env::current_exe().unwrap()).arg(ONCE).arg(path).output().unwrap();
    let memory = String::from_utf8_lossy(&once.stdout).trim().to_owned();
    let megabytes = path.metadata().unwrap().len() / 1_000_000;
    println!("{name:<34} {megabytes:>7} {ours:>11.0} ms {theirs:>11.0} ms {:>7.2} {memory:>9} MB", ours / theirs);
}

/// The most anonymous memory in MB that this process has while it profiles a file, sampled every few milliseconds.
fn memory_of(path: &Path) -> u64 {
    let (over, most) = (AtomicBool::new(false), AtomicU64::new(0));
    std::thread::scope(|scope| {
        scope.spawn(|| {
            while !over.load(Ordering::Relaxed) {
                most.fetch_max(anonymous().unwrap_or(0), Ordering::Relaxed);
                std::thread::sleep(Duration::from_millis(5));
            }
        });
        profile(path);
        over.store(true, Ordering::Relaxed);
    });
    most.into_inner() / 1000
}

/// The process's anonymous resident memory in kB; `None` where the system does not say.
fn anonymous() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    status.lines().find_map(|line| line.strip_prefix("RssAnon:"))?.trim().trim_end_matches(" kB").parse().ok()
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
        copy: false,
        sql: format!("SUMMARIZE SELECT * FROM read_csv('{}')", path.display()),
        parameters: Parameters::Positional(Vec::new()),
        effect: Effect::Read,
        explain: Explain::None,
        limit: 10_000,
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
