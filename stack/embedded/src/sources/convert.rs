//! From an open file to text, as far as this process does it: unpacked, JSON and sheets written as rows.

use std::fs::File;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use data_stack_core::ports::ingest::Dialect;
use data_stack_core::ports::sources::{DeclaredColumn, Format, OpenedSource, Written};
use data_stack_core::{Control, ToolError, Warning};

use super::json::{self, Goal};
use super::text::TextWriter;
use crate::engine::flatten::Relation;
use crate::ingest::rejects::RejectLog;
use crate::ingest::source::copy::{self, Copied, Input, Packing, SizeLimits};
use crate::ingest::source::encoding;
use crate::ingest::source::excel;
use crate::ingest::source::json as objects;
use crate::ingest::steps::io_error;

/// Bytes by which a format is told.
const HEAD: usize = 64 << 10;
/// Rejected records that are kept to be shown.
const SHOWN: usize = 20;

/// Where and within what a source is made text.
pub(super) struct Bench<'a> {
    /// A folder of ours alone.
    pub(super) folder: &'a Path,
    /// The source's number, which tells its files apart.
    pub(super) number: usize,
    pub(super) limits: SizeLimits,
    pub(super) control: &'a Control,
}

impl Bench<'_> {
    /// A new file of this source.
    pub(super) fn path(&self, kind: &str) -> PathBuf {
        self.folder.join(format!("{}.{kind}", self.number))
    }
}

/// A source made text, or rows that a worker has to write as text.
pub(super) enum Readied {
    /// Text.
    Text(OpenedSource),
    /// Rows; the file of the source is only a stand-in.
    Rows(OpenedSource, Relation),
}

/// Opens `input` as text, as far as this process can.
pub(super) fn ready(mut input: Input, sheet: Option<&str>, entry: Option<&str>, bench: &Bench<'_>) -> Result<Readied, ToolError> {
    let (shown, name, modified) = (input.shown.clone(), input.name.clone(), input.opened.1);
    let packed = Packing::of(&mut input)?;
    if packed == Packing::None && entry.is_none() && sheet.is_none() {
        let format = super::format::of(&name, &head(&input)?);
        if matches!(format, Format::Csv | Format::Tsv) {
            let source = described(shown, input.file, format, modified)?;
            return Ok(Readied::Text(OpenedSource { stored_bytes: Some(input.opened.0), ..source }));
        }
    }
    let copied = copy::copy(input, entry, &bench.path("source"), bench.limits, bench.control)?;
    let format = super::format::of(copied.entry.as_deref().unwrap_or(&name), &copied.head);
    if let Some(sheet) = sheet.filter(|_| format != Format::Excel) {
        let message = format!("{shown} is no workbook and has no sheet `{sheet}`");
        return Err(ToolError::invalid("sheet", message, "Leave `sheet` out."));
    }
    converted(&copied, described(shown, open(&copied.path)?, format, modified)?, sheet, bench)
}

fn converted(copied: &Copied, source: OpenedSource, sheet: Option<&str>, bench: &Bench<'_>) -> Result<Readied, ToolError> {
    let source =
        OpenedSource { stored_bytes: Some(copied.stored), compression: copied.packing.as_str(), entry: copied.entry.clone(), ..source };
    match source.format {
        Format::Parquet => Ok(Readied::Rows(source, Relation::Parquet(copied.path.clone()))),
        Format::Arrow => Ok(Readied::Rows(source, Relation::Arrow(copied.path.clone()))),
        Format::Json | Format::Jsonl => from_objects(copied, source, bench).map(Readied::Text),
        Format::Excel => from_sheet(copied, source, sheet, bench).map(Readied::Text),
        Format::Csv | Format::Tsv | Format::Table | Format::Query => Ok(Readied::Text(source)),
    }
}

fn head(input: &Input) -> Result<Vec<u8>, ToolError> {
    let mut head = vec![0; HEAD];
    let read = input.file.read_at(&mut head, 0).map_err(|error| io_error(&format!("{} cannot be read", input.shown), &error))?;
    head.truncate(read);
    Ok(head)
}

fn described(name: String, file: File, format: Format, modified: SystemTime) -> Result<OpenedSource, ToolError> {
    let bytes = file.metadata().map_err(|error| io_error(&format!("{name} cannot be read"), &error))?.len();
    let (stored_bytes, compression, entry, sheet) = (None, None, None, None);
    Ok(OpenedSource { name, file, bytes, stored_bytes, modified: Some(modified), format, compression, entry, sheet, written: None })
}

fn open(path: &Path) -> Result<File, ToolError> {
    File::open(path).map_err(|error| io_error("the working copy cannot be read", &error))
}

/// The source with the text that was written for it at `path`.
pub(super) fn with_text(source: OpenedSource, path: &Path, written: Written) -> Result<OpenedSource, ToolError> {
    let file = open(path)?;
    let bytes = file.metadata().map_err(|error| io_error("the working copy cannot be read", &error))?.len();
    Ok(OpenedSource { file, bytes, written: Some(written), ..source })
}

/// A table's or a query's rows as a source.
pub(super) fn rows(name: String, format: Format, path: &Path, written: Written) -> Result<OpenedSource, ToolError> {
    let source = described(name, open(path)?, format, SystemTime::now())?;
    Ok(OpenedSource { modified: None, written: Some(written), ..source })
}

fn from_objects(copied: &Copied, source: OpenedSource, bench: &Bench<'_>) -> Result<OpenedSource, ToolError> {
    let name = &source.name;
    let text = encoding::to_utf8(&copied.path, &bench.path("utf8"), None, bench.control)?;
    let mut log = RejectLog::new(name, text.as_stored, text.skip);
    let lines = bench.path("lines");
    let out = File::create_new(&lines).map_err(|error| io_error("the working copy cannot be made", &error))?;
    let out = std::io::BufWriter::with_capacity(1 << 20, out);
    let input = text.open()?;
    let tally = match source.format {
        Format::Jsonl => objects::lines(input, out, &mut log, bench.control, name)?,
        _ => objects::document(input, out, &mut log, bench.control, name)?,
    };
    if tally.rows == 0 {
        return Err(ToolError::invalid("path", format!("{name} holds no JSON object"), "Use an array of objects, or one object a line."));
    }
    let path = bench.path("text");
    let goal = Goal { path: &path, limit: bench.limits.unpacked, label: name };
    let columns = json::write(&lines, &goal, bench.control)?;
    let (rejected, mut rejects) = (log.len(), log.into_rejects());
    rejects.truncate(SHOWN);
    with_text(source, &path, Written { columns, rejected, rejects, warnings: Vec::new() })
}

fn from_sheet(copied: &Copied, source: OpenedSource, sheet: Option<&str>, bench: &Bench<'_>) -> Result<OpenedSource, ToolError> {
    bench.control.check()?;
    bench.control.progress(0.0, None, format!("opening {}", source.name));
    let sheet = excel::open(&copied.path, sheet, &Dialect::default(), bench.limits)?;
    if sheet.names.is_empty() {
        return Err(ToolError::invalid(
            "sheet",
            format!("the sheet `{}` of {} is empty", sheet.name, source.name),
            "Choose another sheet.",
        ));
    }
    let path = bench.path("text");
    let mut writer = TextWriter::create(&path, sheet.names.iter().map(String::as_str), bench.limits.unpacked, &source.name)?;
    let tally = sheet.write(&mut writer, &[], bench.control)?;
    writer.finish()?;
    let columns = sheet.names.iter().map(|name| DeclaredColumn { name: name.clone(), kind: None }).collect();
    let mut warnings: Vec<Warning> = sheet.notes.into_iter().map(|(code, message)| Warning { code: code.into(), message }).collect();
    if tally.errors > 0 {
        let message = format!("{} cells hold an error such as #N/A and count as missing", tally.errors);
        warnings.push(Warning { code: "cell_errors".into(), message });
    }
    with_text(OpenedSource { sheet: Some(sheet.name), ..source }, &path, Written { columns, warnings, ..Written::default() })
}
