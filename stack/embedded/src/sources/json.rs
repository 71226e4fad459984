//! Objects become rows: a column for every name that any of them has, in order of appearance, and every value as it is written.

use std::collections::HashMap;
use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::Path;

use data_stack_core::ports::sources::DeclaredColumn;
use data_stack_core::{Code, Pace, ToolError};

use super::text::TextWriter;
use crate::ingest::source::json::{LINE, OFFSET};
use crate::ingest::steps::{Steps, io_error};

/// Names beyond this mean that the objects are maps and not rows.
const MOST_COLUMNS: usize = 20_000;
const ROWS_A_STEP: u64 = 8_192;

/// Where rows are written, and the bounds.
pub(super) struct Goal<'a> {
    pub(super) path: &'a Path,
    pub(super) limit: u64,
    pub(super) label: &'a str,
}

/// Writes the objects at `from`, one valid object a line, as rows.
pub(super) fn write(from: &Path, goal: &Goal<'_>, steps: &dyn Steps) -> Result<Vec<DeclaredColumn>, ToolError> {
    let mut columns = Columns::default();
    each_object(from, goal.label, "looking for columns in", steps, |line| columns.learn(line, goal.label))?;
    let names = columns.names.iter().map(|column| column.name.as_str());
    let mut writer = TextWriter::create(goal.path, names, goal.limit, goal.label)?;
    let mut row = Row::default();
    each_object(from, goal.label, "reading", steps, |line| row.write(line, &columns, &mut writer))?;
    writer.finish()?;
    Ok(columns.declared())
}

fn each_object(
    from: &Path,
    label: &str,
    doing: &str,
    steps: &dyn Steps,
    mut take: impl FnMut(&[u8]) -> Result<(), ToolError>,
) -> Result<(), ToolError> {
    let broken = |error: std::io::Error| io_error("the working copy cannot be read", &error);
    let file = File::open(from).map_err(broken)?;
    let total = file.metadata().map_err(broken)?.len() as f64;
    let mut reader = BufReader::with_capacity(1 << 20, file);
    let (pace, mut rows, mut done, mut line) = (Pace::start(), 0, 0, Vec::new());
    loop {
        line.clear();
        let read = reader.read_until(b'\n', &mut line).map_err(broken)?;
        if read == 0 {
            return Ok(());
        }
        take(line.trim_ascii_end())?;
        rows += 1;
        done += read as u64;
        if rows % ROWS_A_STEP == 1 {
            steps.check()?;
            let told = pace.tell(rows, "objects", done as f64, Some(total));
            steps.progress(done as f64, Some(total), format!("{doing} {label}: {told}"));
        }
    }
}

/// The names that objects have, and of what kinds their values are.
#[derive(Default)]
struct Columns {
    names: Vec<Found>,
    places: HashMap<Vec<u8>, usize>,
}

struct Found {
    name: String,
    /// The name as it is written, for the guess that objects are alike.
    written: Vec<u8>,
    kinds: u8,
}

/// Kinds of values, as JSON names them.
const KINDS: [&str; 5] = ["string", "number", "boolean", "object", "array"];

impl Columns {
    fn learn(&mut self, object: &[u8], label: &str) -> Result<(), ToolError> {
        for (position, (name, value)) in Members::of(object).enumerate() {
            let place = match self.place(position, name) {
                Some(place) => place,
                None => self.add(name, label)?,
            };
            self.names[place].kinds |= kind(value);
        }
        Ok(())
    }

    /// The column of the name as it is written; mostly the one at the same position.
    fn place(&self, position: usize, name: &[u8]) -> Option<usize> {
        if self.names.get(position).is_some_and(|found| found.written == name) {
            return Some(position);
        }
        self.places.get(name).copied()
    }

    fn add(&mut self, written: &[u8], label: &str) -> Result<usize, ToolError> {
        if self.names.len() == MOST_COLUMNS {
            let message = format!("the objects of {label} have more than {MOST_COLUMNS} different names");
            let hint = "They seem to be maps: turn names into values, as in `SELECT unnest(map_entries(…))`, and profile that by `sql`.";
            return Err(ToolError::new(Code::Limit, message, hint));
        }
        let name = text(written);
        // The same name may be written in several ways, with and without escapes.
        let place = self.names.iter().position(|found| found.name == name).unwrap_or(self.names.len());
        if place == self.names.len() {
            self.names.push(Found { name, written: written.to_owned(), kinds: 0 });
        }
        self.places.insert(written.to_owned(), place);
        Ok(place)
    }

    fn declared(self) -> Vec<DeclaredColumn> {
        self.names.into_iter().map(|Found { name, kinds, .. }| DeclaredColumn { name, kind: declared(kinds) }).collect()
    }
}

fn kind(value: &[u8]) -> u8 {
    match value.first() {
        Some(b'"') => 1,
        Some(b't' | b'f') => 4,
        Some(b'{') => 8,
        Some(b'[') => 16,
        Some(b'n') | None => 0,
        Some(_) => 2,
    }
}

fn declared(kinds: u8) -> Option<String> {
    let names: Vec<&str> = KINDS.iter().enumerate().filter(|(bit, _)| kinds >> bit & 1 == 1).map(|(_, name)| *name).collect();
    (!names.is_empty()).then(|| names.join(" or "))
}

/// The fields of one row, used again for the next.
#[derive(Default)]
struct Row {
    fields: Vec<Option<std::ops::Range<usize>>>,
}

impl Row {
    fn write(&mut self, object: &[u8], columns: &Columns, writer: &mut TextWriter) -> Result<(), ToolError> {
        self.fields.clear();
        self.fields.resize(columns.names.len(), None);
        for (position, (name, value)) in Members::of(object).enumerate() {
            if let Some(place) = columns.place(position, name) {
                let start = value.as_ptr() as usize - object.as_ptr() as usize;
                self.fields[place] = (kind(value) != 0).then(|| start..start + value.len());
            }
        }
        for field in &self.fields {
            match field.clone().map(|range| &object[range]) {
                Some(value) if value[0] != b'"' => writer.field(Some(value)),
                Some(value) if memchr::memchr(b'\\', value).is_none() => writer.field(Some(&value[1..value.len() - 1])),
                Some(value) => writer.field(Some(decoded(value).as_bytes())),
                None => writer.field(None),
            }
        }
        writer.end_row()
    }
}

/// A name without its quotes, as text.
fn text(written: &[u8]) -> String {
    decoded(&[b"\"", written, b"\""].concat())
}

/// A string in quotes, as text. Half a surrogate pair, which JSON allows and text does not, stays as it is written.
fn decoded(quoted: &[u8]) -> String {
    serde_json::from_slice(quoted).unwrap_or_else(|_| String::from_utf8_lossy(&quoted[1..quoted.len() - 1]).into_owned())
}

/// The members of a valid object, names without quotes and values as they are written; not those that the copy was given.
struct Members<'a>(&'a [u8]);

impl<'a> Members<'a> {
    fn of(object: &'a [u8]) -> impl Iterator<Item = (&'a [u8], &'a [u8])> {
        let inner = object.get(1..object.len().saturating_sub(1)).unwrap_or_default();
        Members(inner).skip_while(|(name, _)| *name == LINE.as_bytes() || *name == OFFSET.as_bytes())
    }
}

impl<'a> Iterator for Members<'a> {
    type Item = (&'a [u8], &'a [u8]);

    fn next(&mut self) -> Option<Self::Item> {
        let rest = self.0.trim_ascii_start();
        let rest = rest.strip_prefix(b",").unwrap_or(rest).trim_ascii_start();
        let end = string_end(rest)?;
        let name = rest.get(1..end - 1)?;
        let rest = rest[end..].trim_ascii_start().strip_prefix(b":")?.trim_ascii_start();
        let end = value_end(rest);
        self.0 = &rest[end..];
        Some((name, rest[..end].trim_ascii_end()))
    }
}

/// The number of bytes of the string that `text` begins with.
fn string_end(text: &[u8]) -> Option<usize> {
    let mut at = 1;
    if text.first() != Some(&b'"') {
        return None;
    }
    loop {
        at += memchr::memchr2(b'"', b'\\', text.get(at..)?)?;
        if text[at] == b'"' {
            return Some(at + 1);
        }
        at += 2;
    }
}

/// The number of bytes of the value that `text` begins with.
fn value_end(text: &[u8]) -> usize {
    let mut depth = 0_usize;
    let mut at = 0;
    while let Some(byte) = text.get(at) {
        match byte {
            b'"' => at += string_end(&text[at..]).unwrap_or(text.len() - at) - 1,
            b'{' | b'[' => depth += 1,
            b'}' | b']' => depth = depth.saturating_sub(1),
            b',' if depth == 0 => return at,
            _ => {}
        }
        at += 1;
    }
    text.len()
}

#[cfg(test)]
mod tests {
    use super::{Goal, write};
    use data_stack_core::Control;

    fn written(lines: &str) -> (Vec<String>, String) {
        let folder = tempfile::tempdir().unwrap();
        let (from, path) = (folder.path().join("in"), folder.path().join("out"));
        std::fs::write(&from, lines).unwrap();
        let goal = Goal { path: &path, limit: 1 << 20, label: "x" };
        let columns = write(&from, &goal, &Control::unlimited()).unwrap();
        let columns = columns.into_iter().map(|column| format!("{}: {}", column.name, column.kind.unwrap_or_default())).collect();
        (columns, std::fs::read_to_string(&path).unwrap())
    }

    #[test]
    fn every_name_is_a_column_and_every_value_keeps_its_letters() {
        let (columns, text) = written(concat!(
            "{\"_data_stack_line\":1,\"_data_stack_offset\":0,\"a\": 1.10, \"b\":\"x,\\n\\\"y\\\"\",\"c\":null}\n",
            "{\"_data_stack_line\":2,\"_data_stack_offset\":0,\"b\":\"\",\"a\":12345678901234567890123,\"d\":{\"k\":[1,\"},\"]}}\n",
            "{\"_data_stack_line\":3,\"_data_stack_offset\":0}\n",
            "{\"_data_stack_line\":4,\"_data_stack_offset\":0,\"\\u0061\":\"1\",\"a\":true}\n",
        ));
        assert_eq!(columns, ["a: string or number or boolean", "b: string", "c: ", "d: object"]);
        let expected = concat!(
            "a,b,c,d\n",
            "1.10,\"x,\n\"\"y\"\"\",,\n",
            "12345678901234567890123,\"\",,\"{\"\"k\"\":[1,\"\"},\"\"]}\"\n",
            ",,,\n",
            "true,,,\n"
        );
        assert_eq!(text, expected);
    }
}
