//! The lines that could not be read, with the reason for each.

use std::fmt::Write as _;

use data_stack_core::ports::ingest::Reject;
use data_stack_core::{Code, ToolError, text};

/// More rejected lines than this mean that the file is read wrongly, not that it holds bad lines.
const MAX_REJECTS: usize = 100_000;

/// Characters of a rejected line that are shown.
const MAX_RAW: usize = 200;

/// Rejected lines of one source.
#[derive(Debug, Clone)]
pub(crate) struct RejectLog {
    source: String,
    offsets: bool,
    skip: u64,
    rejects: Vec<Reject>,
}

impl RejectLog {
    /// A log for `source`; `offsets` says whether offsets in the text are offsets in the file, where the text begins after
    /// `skip` bytes.
    pub(crate) fn new(source: &str, offsets: bool, skip: u64) -> Self {
        Self { source: source.to_owned(), offsets, skip, rejects: Vec::new() }
    }

    /// Takes a line.
    pub(crate) fn add(
        &mut self,
        line: u64,
        offset: Option<u64>,
        column: Option<String>,
        reason: String,
        raw: &[u8],
    ) -> Result<(), ToolError> {
        if self.rejects.len() == MAX_REJECTS {
            let message = format!("more than {MAX_REJECTS} lines of {} cannot be read; the first: {reason}", self.source);
            return Err(ToolError::new(Code::Limit, message, "Call with `preview` and correct `dialect`, `format` or `types`."));
        }
        // Four bytes a character at most; the rest of a long line is not worth decoding.
        let raw = String::from_utf8_lossy(&raw[..raw.len().min(MAX_RAW * 4)]);
        let byte_offset = offset.filter(|_| self.offsets).map(|offset| offset + self.skip);
        self.rejects.push(Reject { source: self.source.clone(), line, byte_offset, column, reason, raw: text::clean(&raw, MAX_RAW) });
        Ok(())
    }

    /// How many lines were rejected.
    pub(crate) fn len(&self) -> u64 {
        self.rejects.len() as u64
    }

    /// The rejected lines, in the order of the file.
    pub(crate) fn into_rejects(mut self) -> Vec<Reject> {
        self.rejects.sort_by_key(|reject| reject.line);
        self.rejects
    }
}

/// The refusal to load files of which lines cannot be read.
pub(crate) fn refusal(rejects: &[Reject]) -> ToolError {
    const SHOWN: usize = 10;
    let mut message = format!("{} cannot be read and nothing was loaded", lines(rejects.len()));
    if let Some(first) = rejects.first() {
        let column = first.column.as_ref().map(|column| format!(", column `{column}`")).unwrap_or_default();
        let _ = write!(message, "; the first is line {} of {}{column}: {}", first.line, first.source, first.reason);
    }
    ToolError::new(Code::Failed, message, "Call again with `on_error` `reject` to load the rest and get these lines as a file.")
        .hint("Or correct `dialect`, `types` or the file.")
        .details(serde_json::json!({ "rows_rejected": rejects.len(), "rejects": rejects[..rejects.len().min(SHOWN)], "untrusted": true }))
}

/// `1 line`, `2 lines`.
pub(crate) fn lines(count: usize) -> String {
    format!("{count} line{}", if count == 1 { "" } else { "s" })
}

/// The rejected lines as CSV with a header.
pub(crate) fn as_csv(rejects: &[Reject]) -> String {
    let mut out = String::from("source,line,byte_offset,column,reason,raw\n");
    for reject in rejects {
        let offset = reject.byte_offset.map(|offset| offset.to_string()).unwrap_or_default();
        let column = reject.column.as_deref().unwrap_or_default();
        let fields = [&reject.source, &reject.line.to_string(), &offset, column, &reject.reason, &reject.raw].map(quoted);
        out.push_str(&fields.join(","));
        out.push('\n');
    }
    out
}

fn quoted(field: &str) -> String {
    if field.contains([',', '"', '\n', '\r']) { format!("\"{}\"", field.replace('"', "\"\"")) } else { field.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::{RejectLog, as_csv, refusal};
    use data_stack_core::Code;

    fn log() -> RejectLog {
        let mut log = RejectLog::new("a.csv", true, 0);
        log.add(7, Some(70), None, "expected 2 fields, found 3".into(), b"1,\"x\",3").unwrap();
        log.add(3, Some(30), Some("n".into()), "`abc` is no BIGINT".into(), &[b'x'; 900]).unwrap();
        log
    }

    #[test]
    fn rejects_are_ordered_cut_and_written_as_csv() {
        let rejects = log().into_rejects();
        assert_eq!(rejects[0].raw, format!("{}…", "x".repeat(200)));
        let expected = format!(
            "source,line,byte_offset,column,reason,raw\na.csv,3,30,n,`abc` is no BIGINT,{}…\na.csv,7,70,,\"expected 2 fields, found 3\",\"1,\"\"x\"\",3\"\n",
            "x".repeat(200)
        );
        assert_eq!(as_csv(&rejects), expected);
    }

    #[test]
    fn the_refusal_names_the_first_line_and_the_way_on() {
        let error = refusal(&log().into_rejects());
        assert_eq!(error.code, Code::Failed);
        assert_eq!(
            error.message,
            "2 lines cannot be read and nothing was loaded; the first is line 3 of a.csv, column `n`: `abc` is no BIGINT"
        );
        assert!(error.hints[0].contains("`reject`"));
    }
}
