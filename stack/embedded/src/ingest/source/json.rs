//! JSON becomes one object a line, each with the line and offset at which it begins.

use std::io::{BufRead, BufReader, Read, Write};

use data_stack_core::{Code, ToolError};
use serde::de::IgnoredAny;

use crate::ingest::csv::records::{MAX_RECORD, Place};
use crate::ingest::rejects::RejectLog;
use crate::ingest::steps::{Steps, io_error};

/// The member that holds the line.
pub(crate) const LINE: &str = "_data_stack_line";
/// The member that holds the offset.
pub(crate) const OFFSET: &str = "_data_stack_offset";

const VALUES_A_STEP: u64 = 16_384;

/// What was read.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct JsonTally {
    /// Objects.
    pub(crate) rows: u64,
    /// Lines or values that are no objects.
    pub(crate) rejected: u64,
    /// Lines that hold anything; absent where values are not one a line.
    pub(crate) lines: Option<u64>,
    /// Bytes of the longest object written.
    pub(crate) longest: usize,
}

/// Takes objects, checks them and writes them.
struct Sink<'a, W> {
    out: W,
    log: &'a mut RejectLog,
    tally: JsonTally,
}

impl<W: Write> Sink<'_, W> {
    fn take(&mut self, place: Place, text: &[u8]) -> Result<(), ToolError> {
        if let Some(reason) = fault(text) {
            self.tally.rejected += 1;
            return self.log.add(place.line, Some(place.offset), None, reason, text);
        }
        self.tally.rows += 1;
        let rest = text[1..].trim_ascii_start();
        let comma = if rest.first() == Some(&b'}') { "" } else { "," };
        let mut line = format!("{{\"{LINE}\":{},\"{OFFSET}\":{}{comma}", place.line, place.offset).into_bytes();
        // Line ends stand between JSON tokens only, never within them.
        line.extend(rest.iter().map(|byte| if matches!(byte, b'\n' | b'\r') { b' ' } else { *byte }));
        line.push(b'\n');
        self.tally.longest = self.tally.longest.max(line.len());
        self.out.write_all(&line).map_err(|error| io_error("the working copy cannot be written", &error))
    }
}

/// Why a text is no JSON object, if it is none.
fn fault(text: &[u8]) -> Option<String> {
    if let Err(error) = std::str::from_utf8(text) {
        return Some(format!("byte {} is not valid UTF-8", error.valid_up_to() + 1));
    }
    match serde_json::from_slice::<IgnoredAny>(text) {
        Err(error) => Some(format!("not valid JSON: {error}")),
        Ok(_) if text.first() != Some(&b'{') => Some("not a JSON object".to_owned()),
        Ok(_) => None,
    }
}

/// Reads one object a line.
pub(crate) fn lines<W: Write>(
    text: impl Read,
    out: W,
    log: &mut RejectLog,
    steps: &dyn Steps,
    label: &str,
) -> Result<JsonTally, ToolError> {
    let mut sink = Sink { out, log, tally: JsonTally::default() };
    let mut reader = BufReader::with_capacity(1 << 20, text);
    let mut place = Place { line: 0, offset: 0 };
    let mut filled = 0;
    let mut line = Vec::new();
    loop {
        line.clear();
        let read = Read::by_ref(&mut reader).take(MAX_RECORD as u64).read_until(b'\n', &mut line);
        let read = read.map_err(|error| io_error("the source cannot be read", &error))?;
        if read == 0 {
            break;
        }
        if read == MAX_RECORD && line.last() != Some(&b'\n') {
            return Err(too_long(place.line + 1));
        }
        place.line += 1;
        let value = line.trim_ascii();
        if !value.is_empty() {
            filled += 1;
            sink.take(place, value)?;
        }
        place.offset += read as u64;
        if place.line.is_multiple_of(VALUES_A_STEP) {
            steps.check()?;
            steps.progress(place.line as f64, None, format!("reading {label}, {} rows", sink.tally.rows));
        }
    }
    finish(sink, Some(filled))
}

/// Reads an array of objects, or objects one after the other.
pub(crate) fn document<W: Write>(
    text: impl Read,
    out: W,
    log: &mut RejectLog,
    steps: &dyn Steps,
    label: &str,
) -> Result<JsonTally, ToolError> {
    let mut sink = Sink { out, log, tally: JsonTally::default() };
    let mut splitter = Splitter::default();
    let mut reader = BufReader::with_capacity(1 << 20, text);
    loop {
        let chunk = reader.fill_buf().map_err(|error| io_error("the source cannot be read", &error))?;
        if chunk.is_empty() {
            break;
        }
        let length = chunk.len();
        for byte in chunk {
            if splitter.feed(*byte)? {
                sink.take(splitter.began, &splitter.value)?;
            }
        }
        reader.consume(length);
        steps.check()?;
        steps.progress(splitter.at.offset as f64, None, format!("reading {label}, {} rows", sink.tally.rows));
    }
    splitter.finish()?;
    finish(sink, None)
}

fn finish<W: Write>(mut sink: Sink<'_, W>, lines: Option<u64>) -> Result<JsonTally, ToolError> {
    sink.out.flush().map_err(|error| io_error("the working copy cannot be written", &error))?;
    Ok(JsonTally { lines, ..sink.tally })
}

fn too_long(line: u64) -> ToolError {
    let message = format!("the JSON value at line {line} is longer than 16 MiB");
    ToolError::new(Code::Limit, message, "Write the data as an array of objects, or one object a line.")
}

/// What may come next outside of an object.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Expect {
    Start,
    Value,
    ValueOrEnd,
    Comma,
    Nothing,
}

/// Cuts a document into its objects.
struct Splitter {
    expect: Expect,
    array: bool,
    depth: u32,
    in_text: bool,
    escaped: bool,
    value: Vec<u8>,
    began: Place,
    at: Place,
}

impl Default for Splitter {
    fn default() -> Self {
        let place = Place { line: 1, offset: 0 };
        Self { expect: Expect::Start, array: false, depth: 0, in_text: false, escaped: false, value: Vec::new(), began: place, at: place }
    }
}

impl Splitter {
    /// Takes a byte; true when it completes an object.
    fn feed(&mut self, byte: u8) -> Result<bool, ToolError> {
        let here = self.at;
        self.at.offset += 1;
        self.at.line += u64::from(byte == b'\n');
        if self.depth > 0 {
            return self.within(byte);
        }
        match (byte, self.expect) {
            (b' ' | b'\t' | b'\r' | b'\n', _) => {}
            (b'[', Expect::Start) => (self.array, self.expect) = (true, Expect::ValueOrEnd),
            (b'{', Expect::Start | Expect::Value | Expect::ValueOrEnd) => self.begin(here),
            (b'{', Expect::Nothing) if !self.array => self.begin(here),
            (b',', Expect::Comma) => self.expect = Expect::Value,
            (b']', Expect::Comma | Expect::ValueOrEnd) => self.expect = Expect::Nothing,
            _ => return Err(unexpected(byte, here)),
        }
        Ok(false)
    }

    fn begin(&mut self, here: Place) {
        self.began = here;
        self.depth = 1;
        self.value.clear();
        self.value.push(b'{');
    }

    fn within(&mut self, byte: u8) -> Result<bool, ToolError> {
        self.value.push(byte);
        if self.value.len() > MAX_RECORD {
            return Err(too_long(self.began.line));
        }
        if self.in_text {
            let closes = byte == b'"' && !self.escaped;
            self.escaped = byte == b'\\' && !self.escaped;
            self.in_text = !closes;
            return Ok(false);
        }
        match byte {
            b'"' => self.in_text = true,
            b'{' | b'[' => self.depth += 1,
            b'}' | b']' => self.depth -= 1,
            _ => {}
        }
        if self.depth == 0 {
            self.expect = if self.array { Expect::Comma } else { Expect::Nothing };
        }
        Ok(self.depth == 0)
    }

    fn finish(&self) -> Result<(), ToolError> {
        if self.depth == 0 && matches!(self.expect, Expect::Start | Expect::Nothing) {
            return Ok(());
        }
        let message = format!("the JSON ends in the middle, at line {}; its last value begins at line {}", self.at.line, self.began.line);
        Err(ToolError::invalid("source", message, "The file may be incomplete. If it holds one value a line, set `format` to `jsonl`."))
    }
}

fn unexpected(byte: u8, place: Place) -> ToolError {
    let message =
        format!("the JSON has `{}` at line {}, byte {}, where an object is expected", byte.escape_ascii(), place.line, place.offset);
    ToolError::invalid("source", message, "Use an array of objects, or one object a line with `format` `jsonl`.")
}

#[cfg(test)]
mod tests {
    use super::{JsonTally, document, lines};
    use crate::ingest::rejects::RejectLog;
    use data_stack_core::{Control, ToolError};

    type Read = (String, Vec<(u64, String)>, JsonTally);

    fn read_lines(text: &str) -> Result<Read, ToolError> {
        let (mut out, mut log) = (Vec::new(), RejectLog::new("x", true, 0));
        let tally = lines(text.as_bytes(), &mut out, &mut log, &Control::unlimited(), "x")?;
        let rejects = log.into_rejects().into_iter().map(|reject| (reject.line, reject.reason)).collect();
        Ok((String::from_utf8(out).unwrap(), rejects, tally))
    }

    fn read_document(text: &str) -> Result<(String, u64), ToolError> {
        let (mut out, mut log) = (Vec::new(), RejectLog::new("x", true, 0));
        let tally = document(text.as_bytes(), &mut out, &mut log, &Control::unlimited(), "x")?;
        Ok((String::from_utf8(out).unwrap(), tally.rows))
    }

    #[test]
    fn lines_that_are_no_objects_are_rejected_with_their_place() {
        let (out, rejects, tally) = read_lines("{\"a\":1}\r\n\n{}\n[1]\n{\"a\":\n{\"a\": 2}").unwrap();
        let expected = "{\"_data_stack_line\":1,\"_data_stack_offset\":0,\"a\":1}\n{\"_data_stack_line\":3,\"_data_stack_offset\":10}\n\
            {\"_data_stack_line\":6,\"_data_stack_offset\":23,\"a\": 2}\n";
        assert_eq!(out, expected);
        assert_eq!(rejects.iter().map(|(line, _)| *line).collect::<Vec<_>>(), [4, 5]);
        assert_eq!(rejects[0].1, "not a JSON object");
        assert_eq!((tally.rows, tally.rejected, tally.lines), (3, 2, Some(5)));
    }

    #[test]
    fn documents_are_cut_into_their_objects() {
        let (out, rows) = read_document("[\n {\"a\": \"x]},{\\\"\",\n  \"b\": [1, {}]},\n {} ]").unwrap();
        let expected = "{\"_data_stack_line\":2,\"_data_stack_offset\":3,\"a\": \"x]},{\\\"\",   \"b\": [1, {}]}\n{\"_data_stack_line\":4,\"_data_stack_offset\":38}\n";
        assert_eq!((out.as_str(), rows), (expected, 2));
        assert_eq!(read_document("{\"a\":1}\n{\"a\":2}").unwrap().1, 2);
        assert_eq!(read_document("[]").unwrap().1, 0);
    }

    #[test]
    fn broken_documents_are_refused_with_the_place() {
        for (text, words) in [
            ("[{\"a\":1}", "ends in the middle"),
            ("[{},]", "`]` at line 1"),
            ("[1]", "`1` at line 1"),
            ("[{}\n{}]", "`{` at line 2"),
            ("[{}]x", "`x`"),
        ] {
            let error = read_document(text).unwrap_err();
            assert!(error.message.contains(words), "{text}: {error}");
        }
    }
}
