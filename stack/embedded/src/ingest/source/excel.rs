//! A sheet of a workbook becomes rows.

use std::fs::File;
use std::io::{Cursor, Read, Seek, SeekFrom};
use std::path::Path;
use std::sync::Arc;

use calamine::{Data, ExcelDateTime, Range, Reader};
use data_stack_core::ports::ingest::Dialect;
use data_stack_core::{Code, ToolError, nearest::nearest};

use super::copy::SizeLimits;
use crate::ingest::csv::clean::Rows;
use crate::ingest::csv::infer::As;
use crate::ingest::csv::records::Place;
use crate::ingest::names;
use crate::ingest::steps::{Steps, io_error};

/// A workbook is held in memory as a whole; a larger one should be saved in another format.
const MAX_UNPACKED: u64 = 2 << 30;

/// A sheet, read but not yet written.
pub(crate) struct Sheet {
    range: Range<Data>,
    header: Option<usize>,
    first: usize,
    /// Its name.
    pub(crate) name: String,
    /// The columns' names.
    pub(crate) names: Vec<String>,
    /// What the reader should know, as code and sentence.
    pub(crate) notes: Vec<(&'static str, String)>,
}

/// Opens a sheet of the workbook at `path`: the first, or the one named.
pub(crate) fn open(path: &Path, sheet: Option<&str>, hints: &Dialect, limits: SizeLimits) -> Result<Sheet, ToolError> {
    check_bomb(path, limits)?;
    let broken = |error: calamine::Error| {
        ToolError::invalid("source", format!("the workbook cannot be read: {error}"), "Save it again as xlsx, or as CSV.")
    };
    let bytes: Arc<[u8]> = std::fs::read(path).map_err(|error| io_error("the working copy cannot be read", &error))?.into();
    let mut workbook = calamine::open_workbook_auto_from_rs(Cursor::new(bytes)).map_err(broken)?;
    let all = workbook.sheet_names();
    let name = choose(&all, sheet)?;
    let range = workbook.worksheet_range(&name).map_err(broken)?;
    let mut sheet = layout(name, range, hints);
    if all.len() > 1 {
        sheet.notes.push(("sheets", format!("the workbook has {} sheets; `{}` was read", all.len(), sheet.name)));
    }
    Ok(sheet)
}

fn choose(all: &[String], wanted: Option<&str>) -> Result<String, ToolError> {
    let Some(wanted) = wanted else {
        return all.first().cloned().ok_or_else(|| ToolError::invalid("source", "the workbook has no sheets", "Use another file."));
    };
    let found = all.iter().find(|name| name.to_lowercase() == wanted.to_lowercase());
    found.cloned().ok_or_else(|| {
        let alike = nearest(wanted, all.iter().map(String::as_str), 3);
        let hint = alike.first().map_or_else(|| "Choose one of its sheets.".to_owned(), |name| format!("Did you mean `{name}`?"));
        ToolError::invalid("sheet", format!("the workbook has no sheet `{wanted}`"), hint).valid(all)
    })
}

/// The header is the first row of which every filled cell is text, below which anything stands.
fn layout(name: String, range: Range<Data>, hints: &Dialect) -> Sheet {
    let skipped = hints.skip_rows.unwrap_or(0) as usize;
    let top = range.start().map_or(0, |(row, _)| row as usize);
    let first = skipped.saturating_sub(top);
    let cells: Vec<Data> = range.rows().nth(first).map(<[Data]>::to_vec).unwrap_or_default();
    let texts = cells.iter().all(|cell| matches!(cell, Data::String(_) | Data::Empty)) && !cells.is_empty();
    let header = hints.header.unwrap_or(texts);
    let mut notes = Vec::new();
    let names = if header {
        let cells: Vec<String> = cells.iter().map(ToString::to_string).collect();
        let (names, changes) = names::columns(&cells);
        notes.extend(changes.into_iter().map(|note| ("header_names", note)));
        names
    } else {
        (1..=range.width()).map(|at| format!("column{at}")).collect()
    };
    Sheet { range, header: header.then_some(first), first: first + usize::from(header), name, names, notes }
}

/// What was read from a sheet.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct SheetTally {
    /// Rows with anything in them.
    pub(crate) rows: u64,
    /// Rows with nothing in them.
    pub(crate) blank: u64,
    /// Cells that hold an error such as `#N/A`, loaded as null.
    pub(crate) errors: u64,
    /// Rows below the header that the sheet has in all.
    pub(crate) expected: u64,
}

impl Sheet {
    /// Writes the rows to `sink`. A row's line is its number in the sheet.
    pub(crate) fn write(&self, sink: &mut impl Rows, nulls: &[String], steps: &dyn Steps) -> Result<SheetTally, ToolError> {
        let top = self.range.start().map_or(0, |(row, _)| u64::from(row));
        let leading = self.header.map_or(self.first, |header| header + 1);
        let mut tally = SheetTally { expected: self.range.height().saturating_sub(leading) as u64, ..SheetTally::default() };
        for (at, row) in self.range.rows().enumerate().skip(self.first) {
            steps.check()?;
            tally.errors += row.iter().filter(|cell| matches!(cell, Data::Error(_))).count() as u64;
            let values: Vec<Option<(String, As)>> = row.iter().map(|cell| value(cell, nulls)).collect();
            if values.iter().all(Option::is_none) {
                tally.blank += 1;
                continue;
            }
            tally.rows += 1;
            let place = Place { line: top + at as u64 + 1, offset: 0 };
            sink.row(place, values.iter().map(|value| value.as_ref().map(|(text, how)| (text.as_bytes(), *how))))?;
        }
        Ok(tally)
    }
}

/// A cell's text, read as its type in the sheet: text stays text, whatever it looks like.
fn value(cell: &Data, nulls: &[String]) -> Option<(String, As)> {
    match cell {
        Data::Empty | Data::Error(_) => None,
        Data::String(text) if text.is_empty() || nulls.contains(text) => None,
        Data::String(text) => Some((text.replace('\0', ""), As::Text)),
        Data::Int(number) => Some((number.to_string(), As::Written)),
        Data::Float(number) => Some((float(*number), As::Written)),
        Data::Bool(truth) => Some((truth.to_string(), As::Written)),
        Data::DateTime(moment) => Some((date_time(*moment), As::Written)),
        Data::DateTimeIso(text) => Some((text.clone(), As::Written)),
        Data::DurationIso(text) => Some((text.clone(), As::Text)),
    }
}

/// Sheets hold every number as a float: whole ones are written as integers.
fn float(number: f64) -> String {
    const EXACT: f64 = 9_007_199_254_740_992.0;
    if number.fract() == 0.0 && number.abs() < EXACT { format!("{}", number as i64) } else { format!("{number:?}") }
}

fn date_time(moment: ExcelDateTime) -> String {
    if !moment.is_datetime() {
        return float(moment.as_f64());
    }
    let (year, month, day, hour, minute, second, milli) = moment.to_ymd_hms_milli();
    let clock =
        if milli == 0 { format!("{hour:02}:{minute:02}:{second:02}") } else { format!("{hour:02}:{minute:02}:{second:02}.{milli:03}") };
    if moment.as_f64() < 1.0 {
        clock
    } else if (hour, minute, second, milli) == (0, 0, 0, 0) {
        format!("{year:04}-{month:02}-{day:02}")
    } else {
        format!("{year:04}-{month:02}-{day:02} {clock}")
    }
}

/// Refuses a workbook that claims to unpack to more than may be, before it is unpacked.
fn check_bomb(path: &Path, limits: SizeLimits) -> Result<(), ToolError> {
    let broken = |error: std::io::Error| io_error("the working copy cannot be read", &error);
    let mut file = File::open(path).map_err(broken)?;
    let stored = file.metadata().map_err(broken)?.len();
    let unpacked = claimed(&mut file, stored).map_err(broken)?;
    let bomb = unpacked > limits.ratio_from && unpacked / stored.max(1) > limits.ratio;
    if unpacked.max(stored) <= limits.unpacked.min(MAX_UNPACKED) && !bomb {
        return Ok(());
    }
    let message = format!("the workbook has {stored} bytes and claims to unpack to {unpacked}");
    Err(ToolError::new(Code::Limit, message, "Save the sheet as CSV or Parquet, or split it."))
}

/// The sum of the sizes that a zip archive's directory claims; 0 for other files.
fn claimed(file: &mut File, stored: u64) -> std::io::Result<u64> {
    const TAIL: u64 = 66_000;
    let from = stored.saturating_sub(TAIL);
    file.seek(SeekFrom::Start(from))?;
    let mut tail = Vec::new();
    file.take(TAIL).read_to_end(&mut tail)?;
    let Some(end) = tail.windows(4).rposition(|bytes| bytes == b"PK\x05\x06") else { return Ok(0) };
    let number = |bytes: &[u8], at: usize| {
        bytes.get(at..at + 4).map_or(0, |four| u64::from(u32::from_le_bytes([four[0], four[1], four[2], four[3]])))
    };
    let (length, start) = (number(&tail, end + 12), number(&tail, end + 16));
    file.seek(SeekFrom::Start(start))?;
    let mut directory = Vec::new();
    file.take(length.min(64 << 20)).read_to_end(&mut directory)?;
    let mut total = 0u64;
    let mut at = 0;
    while directory.get(at..at + 4) == Some(b"PK\x01\x02") {
        total = total.saturating_add(number(&directory, at + 24));
        let lengths = directory.get(at + 28..at + 34).unwrap_or(&[0; 6]);
        at += 46 + lengths.chunks(2).map(|two| usize::from(u16::from_le_bytes([two[0], two[1]]))).sum::<usize>();
    }
    Ok(total)
}
