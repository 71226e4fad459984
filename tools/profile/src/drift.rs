//! What changed since an earlier profile.

mod compare;
mod measures;
mod names;
pub(crate) mod snapshot;

use std::collections::HashMap;

use crate::result::{ColumnDrift, Drift, Retyped, Verdict};
use snapshot::{ColumnSnapshot, Snapshot};

/// Rows lost from which on somebody should look, as a share.
const ROWS_LOST: f64 = 0.5;

/// How `now` differs from `before`.
pub(crate) fn between(before: &Snapshot, now: &Snapshot, baseline: &str) -> Drift {
    let matched = names::matched(before, now);
    let mut drift = Drift {
        baseline: baseline.to_owned(),
        verdict: Verdict::Pass,
        rows_before: before.rows,
        rows_now: now.rows,
        reasons: of_rows(before, now),
        added: matched.added,
        removed: matched.removed,
        renamed: matched.renamed,
        retyped: Vec::new(),
        columns: Vec::new(),
        stable: 0,
    };
    let by_name: HashMap<&str, &ColumnSnapshot> = before.columns.iter().map(|column| (column.name.as_str(), column)).collect();
    for column in &now.columns {
        let earlier = drift.renamed.iter().find(|renamed| renamed.to == column.name).map_or(column.name.as_str(), |renamed| &renamed.from);
        let Some(earlier) = by_name.get(earlier) else { continue };
        if earlier.kind != column.kind {
            drift.retyped.push(Retyped { column: column.name.clone(), from: earlier.kind.clone(), to: column.kind.clone() });
        }
        let found = compare::columns(earlier, column);
        if found.verdict == Verdict::Pass {
            drift.stable += 1;
        } else {
            drift.columns.push(found);
        }
    }
    drift.columns.sort_by(|a, b| b.verdict.cmp(&a.verdict).then(strength(b).total_cmp(&strength(a))));
    drift.verdict = verdict(&drift);
    drift
}

fn strength(column: &ColumnDrift) -> f64 {
    column.psi.unwrap_or(0.0).max(column.ks.unwrap_or(0.0)) + (column.nulls.1 - column.nulls.0).abs()
}

fn of_rows(before: &Snapshot, now: &Snapshot) -> Vec<String> {
    let mut reasons = Vec::new();
    if now.rows == 0 && before.rows > 0 {
        reasons.push("there are no rows any more".to_owned());
    } else if (now.rows as f64) < before.rows as f64 * (1.0 - ROWS_LOST) {
        reasons.push(format!("{} rows became {}", before.rows, now.rows));
    }
    reasons
}

fn verdict(drift: &Drift) -> Verdict {
    let mut worst = drift.columns.iter().map(|column| column.verdict).max().unwrap_or(Verdict::Pass);
    if !drift.added.is_empty() || !drift.renamed.is_empty() || !drift.reasons.is_empty() {
        worst = worst.max(Verdict::Warn);
    }
    if !drift.removed.is_empty() || drift.rows_now == 0 && drift.rows_before > 0 { Verdict::Fail } else { worst }
}
