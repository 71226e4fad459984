//! Counts and times of calls, in Prometheus' text format.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

/// Upper bounds of the duration histogram, in seconds.
const BOUNDS: [f64; 10] = [0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1.0, 5.0, 30.0, 300.0];

/// The numbers of this process.
#[derive(Default)]
pub struct Metrics {
    series: Mutex<BTreeMap<(&'static str, &'static str), Series>>,
    bytes: AtomicU64,
    promoted: AtomicU64,
    truncated: AtomicU64,
}

#[derive(Default, Clone)]
struct Series {
    count: u64,
    seconds: f64,
    buckets: [u64; BOUNDS.len()],
}

impl Metrics {
    /// Counts a call that ended with `outcome`: `ok` or an error's code.
    pub fn record(&self, tool: &'static str, outcome: &'static str, seconds: f64, bytes: usize, truncated: bool) {
        if let Ok(mut series) = self.series.lock() {
            let series = series.entry((tool, outcome)).or_default();
            series.count += 1;
            series.seconds += seconds;
            for (bucket, bound) in series.buckets.iter_mut().zip(BOUNDS) {
                *bucket += u64::from(seconds <= bound);
            }
        }
        self.bytes.fetch_add(bytes as u64, Ordering::Relaxed);
        self.truncated.fetch_add(u64::from(truncated), Ordering::Relaxed);
    }

    /// Counts a call that became a job.
    pub fn promoted(&self) {
        self.promoted.fetch_add(1, Ordering::Relaxed);
    }

    /// The numbers as Prometheus scrapes them.
    pub fn render(&self, jobs_running: usize) -> String {
        let mut out = String::new();
        let series = self.series.lock().map(|series| series.clone()).unwrap_or_default();
        header(&mut out, "data_stack_calls_total", "counter", "Calls by tool and outcome.");
        for ((tool, outcome), series) in &series {
            let _ = writeln!(out, "data_stack_calls_total{{tool=\"{tool}\",outcome=\"{outcome}\"}} {}", series.count);
        }
        header(&mut out, "data_stack_call_duration_seconds", "histogram", "Time from request to answer.");
        for ((tool, outcome), series) in &series {
            histogram(&mut out, &format!("tool=\"{tool}\",outcome=\"{outcome}\""), series);
        }
        let single = [
            ("data_stack_result_bytes_total", "counter", "Bytes of answers.", self.bytes.load(Ordering::Relaxed)),
            ("data_stack_truncated_results_total", "counter", "Answers that were cut to size.", self.truncated.load(Ordering::Relaxed)),
            ("data_stack_jobs_started_total", "counter", "Calls that became jobs.", self.promoted.load(Ordering::Relaxed)),
            ("data_stack_jobs_running", "gauge", "Jobs that run now.", jobs_running as u64),
        ];
        for (name, kind, help, value) in single {
            header(&mut out, name, kind, help);
            let _ = writeln!(out, "{name} {value}");
        }
        out
    }
}

fn header(out: &mut String, name: &str, kind: &str, help: &str) {
    let _ = writeln!(out, "# HELP {name} {help}\n# TYPE {name} {kind}");
}

fn histogram(out: &mut String, labels: &str, series: &Series) {
    let name = "data_stack_call_duration_seconds";
    for (bound, count) in BOUNDS.iter().zip(series.buckets) {
        let _ = writeln!(out, "{name}_bucket{{{labels},le=\"{bound}\"}} {count}");
    }
    let _ = writeln!(out, "{name}_bucket{{{labels},le=\"+Inf\"}} {}", series.count);
    let _ = writeln!(out, "{name}_sum{{{labels}}} {}\n{name}_count{{{labels}}} {}", series.seconds, series.count);
}

#[cfg(test)]
mod tests {
    use super::Metrics;

    #[test]
    fn calls_are_counted_by_tool_and_outcome() {
        let metrics = Metrics::default();
        metrics.record("query_duckdb", "ok", 0.003, 100, false);
        metrics.record("query_duckdb", "ok", 0.2, 50, true);
        let text = metrics.render(1);
        for line in [
            "data_stack_calls_total{tool=\"query_duckdb\",outcome=\"ok\"} 2",
            "data_stack_call_duration_seconds_bucket{tool=\"query_duckdb\",outcome=\"ok\",le=\"0.005\"} 1",
            "data_stack_call_duration_seconds_bucket{tool=\"query_duckdb\",outcome=\"ok\",le=\"+Inf\"} 2",
            "data_stack_result_bytes_total 150",
            "data_stack_truncated_results_total 1",
            "data_stack_jobs_running 1",
        ] {
            assert!(text.lines().any(|found| found == line), "{line}\n{text}");
        }
    }
}
