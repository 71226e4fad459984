//! How sessions went, as JUnit XML: a suite for each session, a case for each step.

use std::fmt::Write;

use super::report::{Played, PlayedStep, Report};

/// The whole document.
pub(super) fn render(report: &Report) -> String {
    let cases: usize = report.sessions.iter().map(|session| session.steps.len()).sum();
    let failed: usize = report.sessions.iter().map(failures).sum();
    let mut out = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    // Writing to a string cannot fail.
    let _ = writeln!(out, "<testsuites name=\"data-stack sessions\" tests=\"{cases}\" failures=\"{failed}\">");
    for session in &report.sessions {
        suite(&mut out, session);
    }
    out.push_str("</testsuites>\n");
    out
}

fn suite(out: &mut String, session: &Played) {
    let skipped = session.steps.iter().filter(|step| step.skipped).count();
    let _ = writeln!(
        out,
        "  <testsuite name=\"{}\" file=\"{}\" tests=\"{}\" failures=\"{}\" skipped=\"{skipped}\" time=\"{:.3}\">",
        escape(&session.name),
        escape(&session.path.to_string_lossy()),
        session.steps.len(),
        failures(session),
        session.duration().as_secs_f64()
    );
    for step in &session.steps {
        case(out, session, step);
    }
    out.push_str("  </testsuite>\n");
}

fn case(out: &mut String, session: &Played, step: &PlayedStep) {
    let _ = write!(
        out,
        "    <testcase name=\"{}\" classname=\"{}\" line=\"{}\" time=\"{:.3}\"",
        escape(&step.title),
        escape(&session.name),
        step.line,
        step.duration.as_secs_f64()
    );
    if step.skipped {
        out.push_str("><skipped/></testcase>\n");
    } else if let Some(first) = step.problems.first() {
        let all: Vec<String> = step.problems.iter().map(|problem| format!("{}: {}", problem.what, problem.detail)).collect();
        let _ = writeln!(out, "><failure message=\"{}\">{}</failure></testcase>", escape(&first.what), escape(&all.join("\n")));
    } else {
        out.push_str("/>\n");
    }
}

fn failures(session: &Played) -> usize {
    session.steps.iter().filter(|step| !step.problems.is_empty()).count()
}

/// Text as XML may hold it; characters that XML cannot hold at all become `?`.
fn escape(text: &str) -> String {
    text.chars().fold(String::with_capacity(text.len()), |mut out, character| {
        match character {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\n' => out.push_str("&#10;"),
            '\t' => out.push(' '),
            character if character.is_control() || matches!(character, '\u{fffe}' | '\u{ffff}') => out.push('?'),
            character => out.push(character),
        }
        out
    })
}

#[cfg(test)]
mod tests {
    use super::render;
    use crate::session::report::{Played, PlayedStep, Problem, Report};
    use std::time::Duration;

    #[test]
    fn every_step_is_a_case_and_what_failed_says_why() {
        let step = |title: &str, problems: Vec<Problem>, skipped| PlayedStep {
            title: title.into(),
            line: 7,
            duration: Duration::from_millis(12),
            problems,
            skipped,
        };
        let problem = Problem { what: "$.a".into(), detail: "expected 1, got \"<2>\"".into() };
        let steps = vec![step("good", vec![], false), step("bad", vec![problem], false), step("later", vec![], true)];
        let report = Report { sessions: vec![Played { name: "a & b".into(), path: "s.yaml".into(), steps, kept: None }] };
        assert_eq!(
            render(&report),
            r#"<?xml version="1.0" encoding="UTF-8"?>
<testsuites name="data-stack sessions" tests="3" failures="1">
  <testsuite name="a &amp; b" file="s.yaml" tests="3" failures="1" skipped="1" time="0.036">
    <testcase name="good" classname="a &amp; b" line="7" time="0.012"/>
    <testcase name="bad" classname="a &amp; b" line="7" time="0.012"><failure message="$.a">$.a: expected 1, got &quot;&lt;2&gt;&quot;</failure></testcase>
    <testcase name="later" classname="a &amp; b" line="7" time="0.012"><skipped/></testcase>
  </testsuite>
</testsuites>
"#
        );
    }
}
