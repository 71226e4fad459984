//! From a private copy to a part of a load plan: read, typed, counted, with its rejects.

use std::fs::File;
use std::io::{BufWriter, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

use data_stack_core::ports::ingest::{IngestJob, LoadCheck, Reject, SourceFile, SourceFormat};
use data_stack_core::{ToolError, Warning};

use super::copy::{self, Copied, Input, SizeLimits};
use super::encoding::{self, Utf8};
use super::{excel, format, json};
use crate::ingest::csv::clean::{self, RowSink};
use crate::ingest::csv::dialect;
use crate::ingest::plan::{Content, Part, Prepared, TextPlace};
use crate::ingest::rejects::RejectLog;
use crate::ingest::steps::{Steps, io_error};

/// Bytes from which the dialect is found.
const SAMPLE: u64 = 1 << 20;

/// What preparing works within.
pub(crate) struct Bench<'a> {
    /// A folder of ours alone.
    pub(crate) folder: &'a Path,
    pub(crate) limits: SizeLimits,
    pub(crate) steps: &'a dyn Steps,
}

/// A copied file whose format is known.
pub(crate) struct Staged {
    pub(crate) file: SourceFile,
    pub(crate) copied: Copied,
    number: usize,
}

/// Copies and hashes the file with this number.
pub(crate) fn stage(input: Input, number: usize, job: &IngestJob, bench: &Bench<'_>) -> Result<Staged, ToolError> {
    let (shown, name) = (input.shown.clone(), input.name.clone());
    let copied = copy::copy(input, None, &bench.folder.join(format!("{number}.source")), bench.limits, bench.steps).map_err(for_loads)?;
    let format = job.format.unwrap_or_else(|| format::detect(copied.entry.as_deref().unwrap_or(&name), &copied.head));
    let file = SourceFile { source: shown, format, bytes: copied.stored, blake3: copied.blake3.clone(), loaded_at: None };
    Ok(Staged { file, copied, number })
}

/// A load takes no file out of an archive of several.
fn for_loads(error: ToolError) -> ToolError {
    match error.field.as_deref() {
        Some("entry") => ToolError { hints: vec!["Unpack the archive, then load its files.".to_owned()], ..error.at("source") },
        Some(_) => error.at("source"),
        None => error,
    }
}

/// Reads a staged file to its end.
pub(crate) fn prepare(staged: Staged, job: &IngestJob, bench: &Bench<'_>) -> Result<Prepared, ToolError> {
    if staged.copied.unpacked == 0 {
        return Err(ToolError::invalid("source", format!("{} is empty", staged.file.source), "Check how the file was made."));
    }
    match staged.file.format {
        SourceFormat::Csv | SourceFormat::Tsv => separated(staged, job, bench),
        SourceFormat::Json | SourceFormat::Jsonl => objects(staged, job, bench),
        SourceFormat::Excel => workbook(staged, job, bench),
        SourceFormat::Parquet => Ok(parquet(staged)),
    }
}

impl Staged {
    fn path(&self, bench: &Bench<'_>, kind: &str) -> PathBuf {
        bench.folder.join(format!("{}.{kind}", self.number))
    }

    fn utf8(&self, job: &IngestJob, bench: &Bench<'_>) -> Result<Utf8, ToolError> {
        bench.steps.progress(0.0, None, format!("decoding {}", self.file.source));
        encoding::to_utf8(&self.copied.path, &self.path(bench, "utf8"), job.dialect.encoding.as_deref(), bench.steps)
    }

    fn finish(self, content: Content, rows: Option<u64>) -> Prepared {
        let Self { file, copied, .. } = self;
        let part = Part { source: file.source.clone(), blake3: copied.blake3, bytes: copied.stored, rows, rejected: 0, content };
        Prepared { part, file, rejects: Vec::new(), checks: Vec::new(), warnings: Vec::new(), text: None }
    }
}

impl Prepared {
    fn rejecting(mut self, log: RejectLog, text: &Utf8) -> Self {
        self.part.rejected = log.len();
        self.rejects = log.into_rejects();
        self.text = Some(TextPlace { path: text.path.clone(), skip: text.skip, as_stored: text.as_stored });
        if !text.as_stored {
            self.warn("encoding", format!("{} was decoded from {}", self.file.source, text.encoding.name()));
        }
        if text.lossy {
            self.warn(
                "encoding_loss",
                format!("some bytes of {} mean nothing in {} and became U+FFFD", self.file.source, text.encoding.name()),
            );
        }
        self
    }

    fn checked(mut self, check: &str, (passed, found): (bool, String)) -> Self {
        self.checks.push(LoadCheck { check: format!("{check} of {}", self.file.source), passed, found });
        self
    }

    fn noted(mut self, notes: Vec<(&'static str, String)>) -> Self {
        for (code, message) in notes {
            self.warn(code, message);
        }
        self
    }

    fn warn(&mut self, code: &str, message: String) {
        self.warnings.push(Warning { code: code.to_owned(), message });
    }
}

fn create(path: &Path) -> Result<BufWriter<File>, ToolError> {
    let file = File::create_new(path).map_err(|error| io_error("the working copy cannot be made", &error))?;
    Ok(BufWriter::with_capacity(1 << 20, file))
}

fn sample(text: &Utf8) -> Result<(Vec<u8>, bool), ToolError> {
    let mut sample = Vec::new();
    text.open()?.take(SAMPLE).read_to_end(&mut sample).map_err(|error| io_error("the working copy cannot be read", &error))?;
    let whole = (sample.len() as u64) < SAMPLE;
    Ok((sample, whole))
}

fn log(staged: &Staged, text: &Utf8) -> RejectLog {
    RejectLog::new(&staged.file.source, text.as_stored, text.skip)
}

fn separated(staged: Staged, job: &IngestJob, bench: &Bench<'_>) -> Result<Prepared, ToolError> {
    let text = staged.utf8(job, bench)?;
    let (beginning, whole) = sample(&text)?;
    let layout = dialect::find(&beginning, whole, staged.file.format, &job.dialect)?;
    let path = staged.path(bench, "rows");
    let mut sink = RowSink::new(create(&path)?, layout.names.clone());
    let mut log = log(&staged, &text);
    let source = staged.file.source.clone();
    let tally = clean::read(text.open()?, &layout, &mut sink, &mut log, bench.steps, &source, staged.copied.unpacked)?;
    let rows = sink.finish()?;
    let surprises = rows.columns.iter().filter_map(|column| column.surprise.clone()).map(|surprise| ("type_surprise", surprise)).collect();
    let content = Content::Rows { path, columns: rows.columns, longest: rows.longest };
    let prepared = staged.finish(content, Some(rows.rows)).rejecting(log, &text).noted(layout.notes).noted(surprises);
    Ok(prepared.checked("rows", tally.verdict()))
}

fn objects(staged: Staged, job: &IngestJob, bench: &Bench<'_>) -> Result<Prepared, ToolError> {
    let text = staged.utf8(job, bench)?;
    let path = staged.path(bench, "json");
    let mut log = log(&staged, &text);
    let (input, out, source) = (text.open()?, create(&path)?, staged.file.source.clone());
    let tally = match staged.file.format {
        SourceFormat::Jsonl => json::lines(input, out, &mut log, bench.steps, &source)?,
        _ => json::document(input, out, &mut log, bench.steps, &source)?,
    };
    if tally.rows == 0 {
        return Err(ToolError::invalid("source", format!("{source} holds no JSON object"), "Check the file, or its `format`."));
    }
    let content = Content::Json { path, longest: tally.longest };
    let prepared = staged.finish(content, Some(tally.rows)).rejecting(log, &text);
    let verdict = tally.lines.map_or_else(
        || (true, format!("{} objects were read, {} rejected", tally.rows, tally.rejected)),
        |lines| {
            (
                lines == tally.rows + tally.rejected,
                format!("{lines} filled lines; read were {} rows, {} rejected", tally.rows, tally.rejected),
            )
        },
    );
    Ok(prepared.checked("rows", verdict))
}

fn workbook(staged: Staged, job: &IngestJob, bench: &Bench<'_>) -> Result<Prepared, ToolError> {
    let sheet = excel::open(&staged.copied.path, job.sheet.as_deref(), &job.dialect, bench.limits)?;
    let path = staged.path(bench, "rows");
    let mut sink = RowSink::new(create(&path)?, sheet.names.clone());
    let nulls = job.dialect.null_values.clone().unwrap_or_default();
    let tally = sheet.write(&mut sink, &nulls, bench.steps)?;
    let rows = sink.finish()?;
    if rows.columns.is_empty() {
        return Err(ToolError::invalid("sheet", format!("the sheet of {} is empty", staged.file.source), "Choose another sheet."));
    }
    let mut notes = sheet.notes;
    if tally.errors > 0 {
        notes.push(("cell_errors", format!("{} cells hold an error such as #N/A and are loaded as null", tally.errors)));
    }
    let content = Content::Rows { path, columns: rows.columns, longest: rows.longest };
    let found = format!("the sheet has {} rows below the header: {} read, {} blank", tally.expected, tally.rows, tally.blank);
    let verdict = (tally.expected == tally.rows + tally.blank, found);
    Ok(staged.finish(content, Some(rows.rows)).noted(notes).checked("rows", verdict))
}

fn parquet(staged: Staged) -> Prepared {
    let path = staged.copied.path.clone();
    staged.finish(Content::Parquet { path }, None)
}

/// The line at an offset of a text, in part; nothing when it cannot be read.
pub(crate) fn line_at(text: &TextPlace, offset: u64) -> Vec<u8> {
    let read = || -> std::io::Result<Vec<u8>> {
        let mut file = File::open(&text.path)?;
        file.seek(SeekFrom::Start(text.skip + offset))?;
        let mut bytes = Vec::new();
        file.take(1024).read_to_end(&mut bytes)?;
        let end = memchr::memchr2(b'\n', b'\r', &bytes).unwrap_or(bytes.len());
        bytes.truncate(end);
        Ok(bytes)
    };
    read().unwrap_or_default()
}

/// A misfit that the engine found, as a rejected line with its text.
pub(crate) fn reject(prepared: &Prepared, line: u64, offset: u64, column: String, reason: String) -> Reject {
    let raw = prepared.text.as_ref().map(|text| line_at(text, offset)).unwrap_or_default();
    let raw = data_stack_core::text::clean(&String::from_utf8_lossy(&raw), 200);
    let byte_offset = prepared.text.as_ref().filter(|text| text.as_stored).map(|text| text.skip + offset);
    Reject { source: prepared.file.source.clone(), line, byte_offset, column: Some(column), reason, raw }
}
