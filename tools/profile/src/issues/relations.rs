//! Issues of columns together.

use super::issue;
use crate::result::{Issue, Profile, Severity};

/// Issues of one kind reported at most.
const MOST: usize = 10;

/// Issues that relations between columns show.
pub(super) fn find(profile: &Profile) -> Vec<Issue> {
    let mut issues = Vec::new();
    let equal = |a: &str, b: &str| {
        profile.dependencies.iter().any(|found| found.equal && [&found.from, &found.to].iter().all(|name| *name == a || *name == b))
    };
    for pair in profile.correlations.iter().filter(|pair| pair.value.abs() >= 0.9 && !equal(&pair.a, &pair.b)).take(MOST) {
        let message = format!("`{}` and `{}` are highly correlated ({} {:.3})", pair.a, pair.b, pair.method, pair.value);
        let columns = vec![pair.a.clone(), pair.b.clone()];
        issues.push(Issue { columns, ..issue("high_correlation", Severity::Info, message).fix("Keep one of them in a model.") });
    }
    for found in profile.dependencies.iter().take(2 * MOST) {
        let columns = vec![found.from.clone(), found.to.clone()];
        let scope = if found.basis.is_some() { " of the compared rows" } else { "" };
        if found.equal {
            let message =
                format!("`{}` and `{}` hold the same values in all{scope} rows", found.from, found.to).replace("all of the", "all");
            issues.push(Issue { columns, ..issue("duplicate_column", Severity::Warning, message).fix("Drop one of them.") });
        } else if found.holds < 1.0 {
            let message = format!("`{}` decides `{}` but in {:.2} %{scope}", found.from, found.to, 100.0 * (1.0 - found.holds));
            let fix = "Look at the lines: usually one of the two values is wrong there.";
            issues.push(Issue { columns, ..issue("broken_dependency", Severity::Info, message).at(found.lines.clone()).fix(fix) });
        }
    }
    for leak in profile.target.iter().flat_map(|target| &target.leaks).take(MOST) {
        let message = format!("`{}` may give the target away: {}", leak.column, leak.reason);
        let fix = "Leave it out of a model unless it is known before the target is.";
        issues.push(issue("target_leak", Severity::Warning, message).on(&leak.column).fix(fix));
    }
    issues
}
