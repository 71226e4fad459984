//! The profile of a reader, from bytes to result.

use std::io::{Read, Seek};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Mutex, PoisonError};

use data_stack_core::{Code, Control, Pace, ToolError, nearest};
use data_stack_csv::{Chunk, Chunks, Layout, Step, Tally, examine};
use encoding_rs::UTF_8;
use polars::prelude::SchemaRef;

use crate::column::{Column, Limits, Reading, RowSample};
use crate::finish::Examined;
use crate::options::{Mode, OnError, Options, Source};
use crate::read::batch::{Batch, Cells, text_schema, with_polars, with_table};
use crate::result::{ChunkCounts, Profile};
use crate::sketch::{duplicates::Duplicates, hash};

/// What a quick profile reads.
const QUICK: u64 = 64 << 20;
/// Fields below which a batch is not worth a second thread.
const SMALL: usize = 50_000;

/// The columns of a file with all that was gathered, not yet judged.
pub(crate) struct Gathering {
    pub(crate) layout: Layout,
    pub(crate) columns: Vec<Column>,
    /// The lines of the rows that the columns keep for comparing.
    pub(crate) lines: RowSample,
    pub(crate) tally: Tally,
    pub(crate) chunks: ChunkCounts,
    pub(crate) duplicates: Option<(u64, bool)>,
    pub(crate) consumed: u64,
    pub(crate) complete: bool,
    pub(crate) read_twice: u64,
}

/// Profiles what `reader` holds: the whole engine without a tool around it, for benchmarks and other callers.
///
/// Reads from the beginning; stops with `cancelled` or `timeout` when `control` says so.
pub fn profile_reader<R: Read + Seek + Send>(
    mut reader: R,
    source: &Source,
    options: &Options,
    control: &Control,
) -> Result<Profile, ToolError> {
    let gathering = gather(&mut reader, source, options, control)?;
    Ok(crate::finish::profile(&gathering, source, options))
}

/// Profiles what `reader` holds and gives what is handed on beside the profile.
pub(crate) fn examine_reader<R: Read + Seek + Send>(
    mut reader: R,
    source: &Source,
    options: &Options,
    control: &Control,
) -> Result<Examined, ToolError> {
    let gathering = gather(&mut reader, source, options, control)?;
    Ok(crate::finish::examined(&gathering, source, options))
}

fn gather<R: Read + Seek + Send>(reader: &mut R, source: &Source, options: &Options, control: &Control) -> Result<Gathering, ToolError> {
    let mut layout = examine(reader, &options.given, None)?;
    loop {
        let indices = selection(&layout.header.names, &options.columns, options.target.as_deref())?;
        let limits = limits(options, indices.len(), layout.width());
        let columns = indices.into_iter().map(|index| Column::new(index, None, &limits)).collect();
        let open_minded = options.given.encoding.is_none() && layout.encoding.bom == 0 && layout.encoding.encoding == UTF_8;
        let keep = if options.mode == Mode::Deep { 1 << 26 } else { 1 << 22 };
        let mut duplicates = Duplicates::new(keep);
        let chunks = Chunks::new(&mut *reader, layout.clone(), open_minded, options.on_error == OnError::Repair, |record: &[u8]| {
            duplicates.add(hash(record));
        })?;
        let mut pass = Pass::new(&layout, columns, source, options, control);
        pass.lines = RowSample::new(limits.sample);
        match pass.run(chunks)? {
            Ended::Reencode(encoding) => layout = examine(reader, &options.given, Some(encoding))?,
            Ended::Done { complete } => {
                let mut found = pass.into_gathering(Some(duplicates.count()), complete);
                read_again(&mut found, reader, source, options, control, &limits)?;
                return Ok(found);
            }
        }
    }
}

/// Reads the columns once more whose first values misled.
fn read_again<R: Read + Seek + Send>(
    found: &mut Gathering,
    reader: &mut R,
    source: &Source,
    options: &Options,
    control: &Control,
    limits: &Limits,
) -> Result<(), ToolError> {
    let misread = |column: &Column| column.verdict().filter(|verdict| Some(*verdict) != column.reading);
    let wrong: Vec<(usize, Reading)> =
        found.columns.iter().enumerate().filter_map(|(slot, column)| misread(column).map(|reading| (slot, reading))).collect();
    if wrong.is_empty() {
        return Ok(());
    }
    let columns = wrong.iter().map(|(slot, reading)| Column::new(found.columns[*slot].index, Some(*reading), limits)).collect();
    let chunks = Chunks::new(reader, found.layout.clone(), false, options.on_error == OnError::Repair, |_: &[u8]| {})?;
    let mut pass = Pass::new(&found.layout, columns, source, options, control);
    pass.run(chunks)?;
    if pass.tally.rows != found.tally.rows {
        let message = "the file changed while it was read: its second reading found another number of rows";
        return Err(ToolError::new(Code::Failed, message, "Call again when nothing writes to the file.").at("path").retryable());
    }
    found.read_twice = wrong.len() as u64;
    for ((slot, _), column) in wrong.into_iter().zip(pass.columns) {
        found.columns[slot] = column.into_inner().unwrap_or_else(PoisonError::into_inner);
    }
    Ok(())
}

/// The columns to profile; the target is always among them.
fn selection(names: &[String], wanted: &[String], target: Option<&str>) -> Result<Vec<usize>, ToolError> {
    let target = target.map(|name| find(names, name, "target")).transpose()?;
    if wanted.is_empty() {
        return Ok((0..names.len()).collect());
    }
    let mut indices: Vec<usize> = target.into_iter().collect();
    for (position, name) in wanted.iter().enumerate() {
        let index = find(names, name, &format!("columns[{position}]"))?;
        if !indices.contains(&index) {
            indices.push(index);
        }
    }
    indices.sort_unstable();
    Ok(indices)
}

fn find(names: &[String], name: &str, field: &str) -> Result<usize, ToolError> {
    names.iter().position(|known| known == name).ok_or_else(|| {
        let near = nearest::nearest(name, names.iter().map(String::as_str), 5);
        let hint = if near.is_empty() { "Leave it out to see all columns." } else { "Use one of the valid values." };
        ToolError::invalid(field, format!("the file has no column `{name}`"), hint).valid(near)
    })
}

fn limits(options: &Options, columns: usize, width: usize) -> Limits {
    let share = |total: usize, low: usize, high: usize| (total / columns.max(1)).clamp(low, high);
    let more = if options.mode == Mode::Deep { 16 } else { 1 };
    Limits {
        counted: share(more << 20, 512, more << 16),
        distinct: share(more << 22, 1024, more << 20),
        sample: if width > 5000 { 0 } else { share(1 << 22, 1024, 1 << 16) },
        null_values: options.null_values.iter().map(|text| text.as_bytes().to_vec()).collect(),
    }
}

/// How a pass over the file ended.
enum Ended {
    Done { complete: bool },
    Reencode(&'static encoding_rs::Encoding),
}

/// One reading of the file.
struct Pass<'a> {
    layout: Layout,
    schema: SchemaRef,
    columns: Vec<Mutex<Column>>,
    lines: RowSample,
    source: &'a Source,
    options: &'a Options,
    control: &'a Control,
    tally: Tally,
    chunks: ChunkCounts,
    consumed: u64,
    pace: Pace,
}

impl<'a> Pass<'a> {
    fn new(layout: &Layout, columns: Vec<Column>, source: &'a Source, options: &'a Options, control: &'a Control) -> Self {
        let schema = text_schema(layout.width());
        let columns = columns.into_iter().map(Mutex::new).collect();
        let layout = layout.clone();
        let (tally, chunks) = (Tally::default(), ChunkCounts::default());
        let lines = RowSample::new(0);
        Self { layout, schema, columns, lines, source, options, control, tally, chunks, consumed: 0, pace: Pace::start() }
    }

    /// Scans on a thread of its own, one chunk ahead, while this one splits and the columns are updated.
    fn run<R: Read + Seek + Send, W: FnMut(&[u8]) + Send>(&mut self, mut chunks: Chunks<R, W>) -> Result<Ended, ToolError> {
        let (sender, receiver) = sync_channel(1);
        std::thread::scope(|scope| {
            let scanner = scope.spawn(move || scan_ahead(&mut chunks, &sender));
            let ended = self.consume(&receiver);
            drop(receiver);
            scanner.join().map_err(|_| ToolError::internal("the scanner of a profile stopped unexpectedly"))?;
            Ok(match ended? {
                Halt::Reencode(encoding) => Ended::Reencode(encoding),
                Halt::End => Ended::Done { complete: true },
                Halt::Enough => Ended::Done { complete: false },
            })
        })
    }

    fn consume(&mut self, receiver: &Receiver<Result<Step, ToolError>>) -> Result<Halt, ToolError> {
        loop {
            self.control.check()?;
            match receiver.recv() {
                Err(_) | Ok(Ok(Step::End)) => return Ok(Halt::End),
                Ok(Err(error)) => return Err(error),
                Ok(Ok(Step::Reencode(encoding))) => return Ok(Halt::Reencode(encoding)),
                Ok(Ok(Step::Chunk(chunk))) => {
                    self.take(*chunk);
                    if self.options.on_error == OnError::Fail {
                        refuse_faults(&self.tally)?;
                    }
                    if self.options.mode == Mode::Quick && self.consumed >= QUICK && self.consumed < self.source.bytes {
                        return Ok(Halt::Enough);
                    }
                }
            }
        }
    }

    fn take(&mut self, mut chunk: Chunk) {
        self.consumed = chunk.consumed;
        self.tally.add(std::mem::take(&mut chunk.tally));
        let rows = chunk.records.len();
        if rows > 0 {
            let batch = self.split(chunk);
            (0..rows).for_each(|row| self.lines.push(batch.line(row)));
            self.update(&batch);
        }
        let total = (self.source.bytes > 0).then_some(self.source.bytes as f64);
        let told = self.pace.tell(self.tally.rows, "rows", self.consumed as f64, total);
        self.control.progress(self.consumed as f64, total, format!("profiling {}: {told}", self.source.path));
    }

    fn split(&mut self, chunk: Chunk) -> Batch {
        let marks = self.layout.dialect.marks;
        let rows = chunk.records.len();
        let frame = if chunk.clean { with_polars(&chunk.text, rows, marks, &self.schema) } else { None };
        let cells = if let Some(frame) = frame {
            self.chunks.polars += 1;
            Cells::Frame(frame)
        } else {
            self.chunks.own += 1;
            Cells::Table(with_table(&chunk.text, &chunk.records, marks, self.layout.width()))
        };
        Batch { rows, first_line: chunk.first_line, lines: chunk.lines, cells }
    }

    fn update(&self, batch: &Batch) {
        let next = AtomicUsize::new(0);
        let work = || {
            while let Some(column) = self.columns.get(next.fetch_add(1, Ordering::Relaxed)) {
                column.lock().unwrap_or_else(PoisonError::into_inner).update(batch);
            }
        };
        let threads = std::thread::available_parallelism().map_or(1, usize::from).min(self.columns.len());
        if threads < 2 || batch.rows * self.columns.len() < SMALL {
            return work();
        }
        std::thread::scope(|scope| {
            for _ in 1..threads {
                scope.spawn(work);
            }
            work();
        });
    }

    fn into_gathering(self, duplicates: Option<(u64, bool)>, complete: bool) -> Gathering {
        let columns = self.columns.into_iter().map(|column| column.into_inner().unwrap_or_else(PoisonError::into_inner)).collect();
        Gathering {
            layout: self.layout,
            columns,
            lines: self.lines,
            tally: self.tally,
            chunks: self.chunks,
            duplicates,
            consumed: self.consumed,
            complete,
            read_twice: 0,
        }
    }
}

/// Refuses a file with any line that is not written as the others are.
fn refuse_faults(tally: &Tally) -> Result<(), ToolError> {
    let rejected = tally.rejects.first().map(|reject| (reject.line, reject.reason.clone()));
    let short = tally.short_line.map(|line| (line, "it has fewer fields than there are columns".to_owned()));
    let misquoted = tally.misquoted_line.map(|line| (line, "its quotes break RFC 4180".to_owned()));
    let long = tally.long_line.map(|line| (line, "it has more fields than there are columns".to_owned()));
    let Some((line, reason)) = [rejected, short, long, misquoted].into_iter().flatten().min() else { return Ok(()) };
    let hint = "Call with `on_error` as `report` to profile the file and list such lines, or as `repair` to mend them.";
    Err(ToolError::invalid("path", format!("line {line} is faulty: {reason}"), hint))
}

/// Why the consumer stopped.
enum Halt {
    End,
    Enough,
    Reencode(&'static encoding_rs::Encoding),
}

fn scan_ahead<R: Read + Seek, W: FnMut(&[u8])>(chunks: &mut Chunks<R, W>, sender: &SyncSender<Result<Step, ToolError>>) {
    loop {
        let step = chunks.step();
        let over = !matches!(step, Ok(Step::Chunk(_)));
        if sender.send(step).is_err() || over {
            return;
        }
    }
}
