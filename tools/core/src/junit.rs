//! JUnit's XML, which every CI system shows.

use std::fmt::Write as _;

/// One checked thing.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Case {
    /// What it belongs to.
    pub class: String,
    /// Its name.
    pub name: String,
    /// Seconds.
    pub seconds: f64,
    /// How it ended.
    pub outcome: Outcome,
}

/// How a case ended.
#[derive(Debug, Clone, Default, PartialEq)]
pub enum Outcome {
    /// It holds.
    #[default]
    Passed,
    /// It does not hold.
    Failed(String),
    /// It could not be checked.
    Error(String),
    /// It was not checked.
    Skipped(String),
}

/// The cases as one suite.
pub fn render(suite: &str, cases: &[Case]) -> String {
    let count = |wanted: fn(&Outcome) -> bool| cases.iter().filter(|case| wanted(&case.outcome)).count();
    let seconds: f64 = cases.iter().map(|case| case.seconds).sum();
    let mut xml = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites>\n<testsuite name=\"{}\" tests=\"{}\" failures=\"{}\" errors=\"{}\" skipped=\"{}\" time=\"{seconds:.3}\">\n",
        escaped(suite),
        cases.len(),
        count(|outcome| matches!(outcome, Outcome::Failed(_))),
        count(|outcome| matches!(outcome, Outcome::Error(_))),
        count(|outcome| matches!(outcome, Outcome::Skipped(_))),
    );
    for case in cases {
        let (name, class) = (escaped(&case.name), escaped(&case.class));
        let _ = write!(xml, "<testcase name=\"{name}\" classname=\"{class}\" time=\"{:.3}\"", case.seconds);
        let _ = match &case.outcome {
            Outcome::Passed => writeln!(xml, "/>"),
            Outcome::Failed(why) => writeln!(xml, "><failure>{}</failure></testcase>", escaped(why)),
            Outcome::Error(why) => writeln!(xml, "><error>{}</error></testcase>", escaped(why)),
            Outcome::Skipped(why) => writeln!(xml, "><skipped message=\"{}\"/></testcase>", escaped(why)),
        };
    }
    xml.push_str("</testsuite>\n</testsuites>\n");
    xml
}

/// Text as XML, without what XML cannot hold.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\n' | '\t' => out.push(character),
            '\u{fffe}' | '\u{ffff}' => {}
            _ if character.is_control() => {}
            _ => out.push(character),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_outcome_is_written_and_counted() {
        let case = |name: &str, outcome| Case { class: "dbt".into(), name: name.into(), seconds: 0.5, outcome };
        let cases = [
            case("a", Outcome::Passed),
            case("b\u{1}<", Outcome::Failed("x & y".into())),
            case("c", Outcome::Error("no".into())),
            case("d", Outcome::Skipped("a \"b\"".into())),
        ];
        let expected = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites>\n\
            <testsuite name=\"s\" tests=\"4\" failures=\"1\" errors=\"1\" skipped=\"1\" time=\"2.000\">\n\
            <testcase name=\"a\" classname=\"dbt\" time=\"0.500\"/>\n\
            <testcase name=\"b&lt;\" classname=\"dbt\" time=\"0.500\"><failure>x &amp; y</failure></testcase>\n\
            <testcase name=\"c\" classname=\"dbt\" time=\"0.500\"><error>no</error></testcase>\n\
            <testcase name=\"d\" classname=\"dbt\" time=\"0.500\"><skipped message=\"a &quot;b&quot;\"/></testcase>\n\
            </testsuite>\n</testsuites>\n";
        assert_eq!(render("s", &cases), expected);
    }
}
