//! What is profiled, as the backend opened it: one file of text, or several as one data set.

mod joined;

use std::time::SystemTime;

use data_stack_core::ports::sources::{Format, OpenedSource, Wanted, Written};
use data_stack_core::{Control, ToolError, Warning};
use data_stack_csv::{Given, Known, Marks, Quoting};
use jiff::Timestamp;

use crate::engine::examine_reader;
use crate::finish::Examined;
use crate::options::{Options, Source};
use crate::privacy;
use crate::profile_csv::Input;
use crate::result::{FilePart, FileSet, Profile, Reject};
use joined::Joined;

/// Files of a set that are listed.
const LISTED: usize = 20;
/// Rejected lines that are shown.
const SHOWN: usize = 20;

/// What the arguments name.
pub(crate) fn wanted(input: &Input) -> Result<Wanted, ToolError> {
    let given = [("path", input.path.is_some()), ("table", input.table.is_some()), ("sql", input.sql.is_some())];
    let named: Vec<&str> = given.iter().filter(|(_, given)| *given).map(|(name, _)| *name).collect();
    if named.len() != 1 {
        let what = if named.is_empty() { "nothing to profile is named".to_owned() } else { format!("{} are given", named.join(" and ")) };
        let hint = "Give exactly one of `path`, `table` and `sql`.";
        return Err(ToolError::invalid(named.get(1).copied().unwrap_or("path"), what, hint));
    }
    let (sheet, entry) = (input.sheet.clone(), input.entry.clone());
    if let Some(path) = input.path.clone() {
        return Ok(Wanted::Place { path, sheet, entry });
    }
    if sheet.is_some() || entry.is_some() {
        let field = if sheet.is_some() { "sheet" } else { "entry" };
        return Err(ToolError::invalid(field, format!("`{field}` chooses within a file, and no file is named"), "Leave it out."));
    }
    let query = input.sql.clone().map(Wanted::Query);
    Ok(query.unwrap_or_else(|| Wanted::Table(input.table.clone().unwrap_or_default())))
}

/// Profiles what was opened as one data set called `name`.
pub(crate) fn examine(
    opened: Vec<OpenedSource>,
    name: &str,
    mut options: Options,
    control: &Control,
) -> Result<(Examined, Vec<Warning>), ToolError> {
    let [first, rest @ ..] = opened.as_slice() else { return Err(ToolError::internal("nothing was opened")) };
    let mut warnings = Vec::new();
    if first.written.is_some() {
        warnings.extend(is_given(&options.given).then(ignored));
        options.given = written_form();
    }
    let several = !rest.is_empty();
    let source = Source {
        path: if several { name.to_owned() } else { first.name.clone() },
        bytes: opened.iter().map(|source| source.bytes).sum(),
        modified: opened.iter().filter_map(|source| source.modified).max().and_then(rfc3339),
    };
    let about: Vec<About> = opened.iter().map(About::of).collect();
    let mut found = if several {
        let mut joined = Joined::new(opened, &options.given)?;
        let mut found = examine_reader(&mut joined, &source, &options, control)?;
        found.profile.file.encoding = joined.encoding();
        found.profile.file.files = Some(file_set(&about, &joined));
        found
    } else {
        let file = opened.into_iter().next().map(|source| source.file).ok_or_else(|| ToolError::internal("nothing was opened"))?;
        examine_reader(file, &source, &options, control)?
    };
    describe(&mut found.profile, &about);
    warnings.extend(about.into_iter().filter_map(|about| about.written).flat_map(|written| written.warnings));
    Ok((found, warnings))
}

/// What is known of an opened source beside its text.
struct About {
    name: String,
    format: Format,
    stored_bytes: Option<u64>,
    compression: Option<&'static str>,
    entry: Option<String>,
    sheet: Option<String>,
    written: Option<Written>,
}

impl About {
    fn of(source: &OpenedSource) -> Self {
        Self {
            name: source.name.clone(),
            format: source.format,
            stored_bytes: source.stored_bytes,
            compression: source.compression,
            entry: source.entry.clone(),
            sheet: source.sheet.clone(),
            written: source.written.clone(),
        }
    }
}

fn rfc3339(time: SystemTime) -> Option<String> {
    Timestamp::try_from(time).ok().map(|time| time.to_string())
}

/// The form in which backends write what is not text.
fn written_form() -> Given {
    let known = Some(Known { marks: Marks::plain(b','), header_rows: 1 });
    Given { skip_rows: Some(0), encoding: Some("utf-8".to_owned()), known, ..Given::default() }
}

fn is_given(given: &Given) -> bool {
    let Given { delimiter, quote, header, skip_rows, encoding, .. } = given;
    delimiter.is_some() || *quote != Quoting::Unknown || header.is_some() || skip_rows.is_some() || encoding.is_some()
}

fn ignored() -> Warning {
    let message =
        "`delimiter`, `quote`, `header`, `encoding` and `skip_rows` are about separated text; this source is none, so they were ignored";
    Warning { code: "arguments_ignored".into(), message: message.into() }
}

fn file_set(about: &[About], joined: &Joined) -> FileSet {
    let part =
        |(about, first_line): (&About, u64)| FilePart { path: about.name.clone(), bytes: about.stored_bytes.unwrap_or(0), first_line };
    let files = about.iter().zip(joined.first_lines()).take(LISTED).map(part).collect();
    FileSet { count: about.len() as u64, files }
}

/// Adds what the backend knows to the result.
fn describe(profile: &mut Profile, about: &[About]) {
    let Some(first) = about.first() else { return };
    let file = &mut profile.file;
    let format = match first.format {
        Format::Csv | Format::Tsv if file.delimiter == "\\t" => Format::Tsv,
        Format::Csv | Format::Tsv => Format::Csv,
        other => other,
    };
    format.as_str().clone_into(&mut file.format);
    file.compression = first.compression.map(str::to_owned);
    (file.entry, file.sheet) = (first.entry.clone(), first.sheet.clone());
    let stored: Option<u64> = about.iter().map(|about| about.stored_bytes).sum();
    if let Some(stored) = stored.filter(|stored| *stored != file.bytes) {
        file.text_bytes = Some(file.bytes);
        file.bytes = stored;
    }
    declare(profile, about);
    add_rejects(profile, about);
}

fn declare(profile: &mut Profile, about: &[About]) {
    let Some(columns) = about.first().and_then(|about| about.written.as_ref()).map(|written| &written.columns) else { return };
    for column in &mut profile.columns {
        let declared = columns.get((column.position as usize).saturating_sub(1));
        column.declared_type = declared.and_then(|declared| declared.kind.clone());
    }
}

/// What could not even be written as text counts as rejected too.
fn add_rejects(profile: &mut Profile, about: &[About]) {
    let before = profile.rejects.len();
    for written in about.iter().filter_map(|about| about.written.as_ref()) {
        profile.file.rejected_rows += written.rejected;
        let room = SHOWN.saturating_sub(profile.rejects.len());
        profile.rejects.extend(written.rejects.iter().take(room).map(|reject| Reject {
            line: reject.line,
            byte_offset: reject.byte_offset,
            reason: reject.reason.clone(),
            raw: Some(reject.raw.clone()),
        }));
    }
    if profile.rejects.len() > before {
        privacy::mask_rejects(profile);
    }
}
