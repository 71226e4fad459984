//! How one column changed, and whether that is too much.

use super::measures::{Binned, binned, ks, of_categories};
use super::snapshot::{ColumnSnapshot, Points};
use crate::finish::share;
use crate::result::{Basis, ColumnDrift, Exactness, Verdict};

/// The population stability index from which on a column has changed, and changed too much.
const PSI: (f64, f64) = (0.1, 0.25);
/// The distance of the cumulative distributions from which on a column has changed.
const KS: f64 = 0.1;
/// The rise of the share of missing values from which on somebody should look, and which is too much.
const NULLS: (f64, f64) = (0.05, 0.2);
/// The share of rows in categories that were not there before from which on somebody should look.
const NEW: f64 = 0.01;
/// Categories that are named.
const NAMED: usize = 5;

/// Compares a column with itself before.
pub(super) fn columns(before: &ColumnSnapshot, now: &ColumnSnapshot) -> ColumnDrift {
    let mut found = ColumnDrift {
        column: now.name.clone(),
        verdict: Verdict::Pass,
        psi: None,
        ks: None,
        js: None,
        basis: None,
        nulls: (share(before.nulls, before.nulls + before.values), share(now.nulls, now.nulls + now.values)),
        new_values: Vec::new(),
        gone_values: Vec::new(),
        reasons: Vec::new(),
    };
    of_type(before, now, &mut found);
    of_nulls(&mut found);
    if before.values > 0 && now.values > 0 && before.kind == now.kind {
        of_values(before, now, &mut found);
    }
    found
}

impl ColumnDrift {
    fn raise(&mut self, verdict: Verdict, reason: String) {
        self.verdict = self.verdict.max(verdict);
        self.reasons.push(reason);
    }
}

/// Another type is a break, unless every value that was valid before still is.
fn of_type(before: &ColumnSnapshot, now: &ColumnSnapshot, found: &mut ColumnDrift) {
    if before.kind == now.kind {
        return;
    }
    let wider =
        [("integer", "float"), ("date", "timestamp"), ("categorical", "text"), ("text", "categorical"), ("code", "text"), ("text", "code")];
    let kept = wider.contains(&(before.kind.as_str(), now.kind.as_str())) || before.kind == "empty";
    let verdict = if kept { Verdict::Warn } else { Verdict::Fail };
    found.raise(verdict, format!("its type was {} and is {}", before.kind, now.kind));
}

fn of_nulls(found: &mut ColumnDrift) {
    let (before, now) = found.nulls;
    let rise = now - before;
    let text = format!("missing values rose from {:.2} % to {:.2} %", before * 100.0, now * 100.0);
    match () {
        () if rise >= NULLS.1 => found.raise(Verdict::Fail, text),
        () if rise >= NULLS.0 || before == 0.0 && rise > 0.0 => found.raise(Verdict::Warn, text),
        () => {}
    }
}

fn of_values(before: &ColumnSnapshot, now: &ColumnSnapshot, found: &mut ColumnDrift) {
    if let (Some(old), Some(new)) = (&before.numbers, &now.numbers) {
        let bins = binned(old, new);
        let distance = ks(old, new);
        found.ks = Some(distance);
        found.basis = basis(old, new);
        of_bins(&bins, before, now, found);
        let (n, m) = (before.values as f64, now.values as f64);
        // The two-sample test at one in a hundred.
        let least = KS.max(1.63 * ((n + m) / (n * m)).sqrt());
        if distance >= least && !now.running {
            found.raise(Verdict::Warn, format!("its distribution moved (KS {distance:.2})"));
        }
    }
    if let (Some(old), Some(new)) = (&before.categories, &now.categories) {
        of_bins(&of_categories(old, new), before, now, found);
        of_new_categories(old, new, found);
    }
}

fn of_bins(bins: &Binned, before: &ColumnSnapshot, now: &ColumnSnapshot, found: &mut ColumnDrift) {
    let psi = bins.psi();
    (found.psi, found.js) = (Some(psi), Some(bins.js()));
    // Few rows differ by chance alone: what they would differ by, twice, is allowed.
    let allowed = 2.0 * bins.chance(before.values, now.values);
    if now.running {
        return;
    }
    match () {
        () if psi >= PSI.1 + allowed => found.raise(Verdict::Fail, format!("its values are distributed otherwise (PSI {psi:.2})")),
        () if psi >= PSI.0 + allowed => found.raise(Verdict::Warn, format!("its values shifted (PSI {psi:.2})")),
        () => {}
    }
}

fn of_new_categories(old: &[(String, u64)], new: &[(String, u64)], found: &mut ColumnDrift) {
    let missing_in = |list: &[(String, u64)], name: &str| !list.iter().any(|(known, _)| known == name);
    let fresh: Vec<&(String, u64)> = new.iter().filter(|(name, _)| missing_in(old, name)).collect();
    let rows: u64 = fresh.iter().map(|(_, count)| count).sum();
    let all: u64 = new.iter().map(|(_, count)| count).sum();
    found.new_values = fresh.iter().take(NAMED).map(|(name, _)| data_stack_core::text::clean(name, 60)).collect();
    found.gone_values =
        old.iter().filter(|(name, _)| missing_in(new, name)).take(NAMED).map(|(name, _)| data_stack_core::text::clean(name, 60)).collect();
    if share(rows, all) >= NEW {
        found.raise(Verdict::Warn, format!("{} new values in {:.1} % of its rows", fresh.len(), 100.0 * share(rows, all)));
    }
}

fn basis(before: &Points, now: &Points) -> Option<Basis> {
    let error = before.error + now.error;
    (error > 0.0).then_some(Basis { method: Exactness::Sketch, error: Some(error) })
}
