//! The difference between two JSON values, line by line.

use serde_json::Value;

/// Lines shown around each change.
const AROUND: usize = 2;
/// Beyond so many lines the difference is told from its first change only.
const LONGEST: usize = 2_000;

/// `expected …, got …` for small values; a unified difference for larger ones.
pub(super) fn between(expected: &Value, got: &Value) -> String {
    let small = |value: &Value| !matches!(value, Value::Array(_) | Value::Object(_)) || value.to_string().len() <= 60;
    if small(expected) && small(got) {
        return format!("expected {expected}, got {got}");
    }
    lines(&pretty(expected), &pretty(got))
}

/// A unified difference: `-` was expected, `+` was got.
pub(super) fn lines(expected: &str, got: &str) -> String {
    let (old, new): (Vec<&str>, Vec<&str>) = (expected.lines().collect(), got.lines().collect());
    if old.len().max(new.len()) > LONGEST {
        return first_change(&old, &new);
    }
    let script = script(&old, &new);
    let near = |index: usize| {
        let (from, to) = (index.saturating_sub(AROUND), (index + AROUND + 1).min(script.len()));
        script[from..to].iter().any(|(mark, _)| *mark != ' ')
    };
    let mut shown = vec!["- expected, + got:".to_owned()];
    let mut skipped = false;
    for (index, (mark, line)) in script.iter().enumerate() {
        if near(index) {
            shown.push(format!("{mark} {line}"));
        } else if !skipped {
            shown.push("  …".to_owned());
        }
        skipped = !near(index);
    }
    shown.join("\n")
}

/// Pretty-printed JSON.
pub(super) fn pretty(value: &Value) -> String {
    serde_json::to_string_pretty(value).unwrap_or_default()
}

fn first_change(old: &[&str], new: &[&str]) -> String {
    let at = old.iter().zip(new).take_while(|(old, new)| old == new).count();
    let line = |lines: &[&str]| lines.get(at).copied().unwrap_or("(the end)").to_owned();
    format!("they differ from line {} on:\n- {}\n+ {}", at + 1, line(old), line(new))
}

/// The lines of both, marked, by the longest common subsequence.
fn script<'a>(old: &[&'a str], new: &[&'a str]) -> Vec<(char, &'a str)> {
    let mut longest = vec![vec![0_u32; new.len() + 1]; old.len() + 1];
    for (i, old_line) in old.iter().enumerate().rev() {
        for (j, new_line) in new.iter().enumerate().rev() {
            longest[i][j] = if old_line == new_line { longest[i + 1][j + 1] + 1 } else { longest[i + 1][j].max(longest[i][j + 1]) };
        }
    }
    let (mut i, mut j, mut script) = (0, 0, Vec::new());
    while i < old.len() || j < new.len() {
        if i < old.len() && j < new.len() && old[i] == new[j] {
            script.push((' ', old[i]));
            (i, j) = (i + 1, j + 1);
        } else if j == new.len() || (i < old.len() && longest[i + 1][j] >= longest[i][j + 1]) {
            script.push(('-', old[i]));
            i += 1;
        } else {
            script.push(('+', new[j]));
            j += 1;
        }
    }
    script
}

#[cfg(test)]
mod tests {
    use super::{between, lines};
    use serde_json::json;

    #[test]
    fn small_values_stand_side_by_side() {
        assert_eq!(between(&json!(1), &json!("1")), r#"expected 1, got "1""#);
    }

    #[test]
    fn only_the_changed_lines_and_their_neighbours_are_shown() {
        let old = "a\nb\nc\nd\ne\nf\ng";
        let new = "a\nb\nc\nX\ne\nf\ng";
        assert_eq!(lines(old, new), "- expected, + got:\n  …\n  b\n  c\n- d\n+ X\n  e\n  f\n  …");
    }
}
