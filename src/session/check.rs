//! What was expected of a value, held against the value.

use anyhow::{Context, bail};
use data_stack_core::nearest::nearest;
use regex::Regex;
use serde_json::{Map, Value};

/// The tests by name, as scripts write them.
const TESTS: [&str; 12] = ["equals", "not", "matches", "contains", "lacks", "gt", "gte", "lt", "lte", "length", "exists", "one_of"];

/// All that must hold for one value.
#[derive(Debug)]
pub(super) struct Matcher {
    tests: Vec<Test>,
}

#[derive(Debug)]
enum Test {
    Equals(Value),
    Not(Value),
    Matches(Regex),
    Contains(Value),
    Lacks(Value),
    Compares(&'static str, f64),
    Length(Matcher),
    Exists(bool),
    OneOf(Vec<Value>),
}

impl Matcher {
    /// Reads `{gt: 3, lt: 9}`; a value that is no such mapping is compared as a whole.
    pub(super) fn parse(expected: &Value) -> anyhow::Result<Self> {
        let tests = match expected {
            Value::Object(tests) if tests.keys().any(|name| TESTS.contains(&name.as_str())) => {
                tests.iter().map(|(name, value)| Test::parse(name, value)).collect::<anyhow::Result<_>>()?
            }
            plain => vec![Test::Equals(plain.clone())],
        };
        Ok(Self { tests })
    }

    /// What does not hold, each as a sentence; empty when all does.
    pub(super) fn problems(&self, got: Option<&Value>) -> Vec<String> {
        self.tests.iter().filter_map(|test| test.problem(got)).collect()
    }

    /// Whether all holds.
    pub(super) fn holds(&self, got: &Value) -> bool {
        self.problems(Some(got)).is_empty()
    }
}

impl Test {
    fn parse(name: &str, value: &Value) -> anyhow::Result<Self> {
        Ok(match name {
            "equals" => Self::Equals(value.clone()),
            "not" => Self::Not(value.clone()),
            "matches" => Self::Matches(pattern(value)?),
            "contains" => Self::Contains(value.clone()),
            "lacks" => Self::Lacks(value.clone()),
            "gt" => Self::Compares("gt", bound(name, value)?),
            "gte" => Self::Compares("gte", bound(name, value)?),
            "lt" => Self::Compares("lt", bound(name, value)?),
            "lte" => Self::Compares("lte", bound(name, value)?),
            "length" => Self::Length(Matcher::parse(value)?),
            "exists" => Self::Exists(value.as_bool().context("`exists` is true or false")?),
            "one_of" => Self::OneOf(value.as_array().context("`one_of` is a list")?.clone()),
            other => {
                let near = nearest(other, TESTS, 1).first().map(|name| format!("; did you mean `{name}`?"));
                bail!("unknown test `{other}`{}; the tests are {}", near.unwrap_or_default(), TESTS.join(", "))
            }
        })
    }

    fn problem(&self, got: Option<&Value>) -> Option<String> {
        let Some(got) = got else {
            return match self {
                Self::Exists(false) => None,
                _ => Some("there is nothing there".into()),
            };
        };
        let holds = match self {
            Self::Equals(expected) => same(expected, got),
            Self::Not(other) => !same(other, got),
            Self::Matches(pattern) => pattern.is_match(&text(got)),
            Self::Contains(part) => contains(got, part),
            Self::Lacks(part) => !contains(got, part),
            Self::Compares(name, bound) => number(got).is_some_and(|got| compares(name, got, *bound)),
            Self::Length(matcher) => length(got).is_some_and(|length| matcher.holds(&length.into())),
            Self::Exists(expected) => *expected,
            Self::OneOf(values) => values.iter().any(|value| same(value, got)),
        };
        (!holds).then(|| self.complaint(got))
    }

    fn complaint(&self, got: &Value) -> String {
        match self {
            Self::Equals(expected) => super::diff::between(expected, got),
            Self::Not(other) => format!("must not be {other}"),
            Self::Matches(pattern) => format!("expected a match of /{pattern}/, got {}", brief(got)),
            Self::Contains(part) => format!("expected to contain {part}, got {}", brief(got)),
            Self::Lacks(part) => format!("must not contain {part}, got {}", brief(got)),
            Self::Compares(name, bound) => format!("expected {name} {bound}, got {}", brief(got)),
            Self::Length(matcher) => {
                let length = length(got).map(Value::from);
                format!("of its length: {}", matcher.problems(length.as_ref()).join("; "))
            }
            Self::Exists(_) => format!("expected nothing there, got {}", brief(got)),
            Self::OneOf(values) => format!("expected one of {}, got {}", Value::from(values.clone()), brief(got)),
        }
    }
}

/// A value on one line, shortened.
pub(super) fn brief(value: &Value) -> String {
    const LONGEST: usize = 300;
    let whole = value.to_string();
    match whole.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}…", &whole[..end]),
        None => whole,
    }
}

fn pattern(value: &Value) -> anyhow::Result<Regex> {
    let source = value.as_str().context("`matches` is a regular expression, as text")?;
    Regex::new(source).with_context(|| format!("/{source}/ is no regular expression"))
}

fn bound(name: &str, value: &Value) -> anyhow::Result<f64> {
    // A variable stands for a number that is known only when the step is played.
    number(value)
        .or_else(|| value.as_str().filter(|text| text.contains("${")).map(|_| f64::NAN))
        .with_context(|| format!("`{name}` needs a number"))
}

/// A number, also where it is written as text because JSON numbers would lose some of it.
fn number(value: &Value) -> Option<f64> {
    value.as_f64().or_else(|| value.as_str().and_then(|text| text.parse().ok()))
}

fn compares(name: &str, got: f64, bound: f64) -> bool {
    match name {
        "gt" => got > bound,
        "gte" => got >= bound,
        "lt" => got < bound,
        _ => got <= bound,
    }
}

fn length(value: &Value) -> Option<usize> {
    match value {
        Value::String(text) => Some(text.chars().count()),
        Value::Array(items) => Some(items.len()),
        Value::Object(fields) => Some(fields.len()),
        _ => None,
    }
}

fn text(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

fn contains(whole: &Value, part: &Value) -> bool {
    match (whole, part) {
        (Value::String(whole), part) => whole.contains(&text(part)),
        (Value::Array(items), part) => {
            items.iter().any(|item| same(part, item) || (part.is_object() && item.is_object() && contains(item, part)))
        }
        (Value::Object(whole), Value::Object(part)) => includes(whole, part),
        _ => false,
    }
}

fn includes(whole: &Map<String, Value>, part: &Map<String, Value>) -> bool {
    part.iter().all(|(name, value)| whole.get(name).is_some_and(|got| same(value, got)))
}

/// Equality of values; a whole number equals the same number written as a decimal.
fn same(left: &Value, right: &Value) -> bool {
    match (left, right) {
        (Value::Number(left), Value::Number(right)) => {
            left == right || (left.is_f64() != right.is_f64() && left.as_f64() == right.as_f64())
        }
        (Value::Array(left), Value::Array(right)) => {
            left.len() == right.len() && left.iter().zip(right).all(|(left, right)| same(left, right))
        }
        (Value::Object(left), Value::Object(right)) => left.len() == right.len() && includes(right, left),
        _ => left == right,
    }
}

#[cfg(test)]
mod tests {
    use super::Matcher;
    use serde_json::{Value, json};

    fn problems(expected: &Value, got: &Value) -> Vec<String> {
        Matcher::parse(expected).unwrap().problems(Some(got))
    }

    #[test]
    fn every_test_holds_for_what_it_asks_and_for_nothing_else() {
        let cases = [
            (json!(3), json!(3.0), json!(4)),
            (json!({"equals": {"a": 1}}), json!({"a": 1}), json!({"a": 1, "b": 2})),
            (json!({"not": null}), json!(0), json!(null)),
            (json!({"matches": "^re.+s$"}), json!("rejects"), json!("reject")),
            (json!({"contains": "ell"}), json!("hello"), json!("halo")),
            (json!({"contains": {"name": "a"}}), json!([{"name": "a", "x": 1}]), json!([{"name": "b"}])),
            (json!({"lacks": 3}), json!([1, 2]), json!([1, 2, 3])),
            (json!({"gt": 1, "lte": 5}), json!("5"), json!(6)),
            (json!({"length": {"gte": 2}}), json!([1, 2]), json!([1])),
            (json!({"exists": true}), json!(null), Value::Null),
            (json!({"one_of": ["a", "b"]}), json!("b"), json!("c")),
        ];
        for (expected, good, bad) in cases {
            assert_eq!(problems(&expected, &good), Vec::<String>::new(), "{expected}");
            if expected != json!({"exists": true}) {
                assert_eq!(problems(&expected, &bad).len(), 1, "{expected}");
            }
        }
    }

    #[test]
    fn absence_is_a_problem_unless_it_is_what_was_asked_for() {
        assert_eq!(Matcher::parse(&json!({"exists": false})).unwrap().problems(None), Vec::<String>::new());
        assert_eq!(Matcher::parse(&json!(1)).unwrap().problems(None), ["there is nothing there"]);
    }

    #[test]
    fn an_unknown_test_beside_a_known_one_is_refused_with_the_nearest() {
        let error = Matcher::parse(&json!({"gt": 1, "matchs": "x"})).unwrap_err().to_string();
        assert!(error.contains("did you mean `matches`"), "{error}");
    }
}
