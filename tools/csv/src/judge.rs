//! What becomes of a record that is not plain: kept as it is, rewritten, passed over or rejected.

use std::collections::HashSet;

use crate::align::{Alignment, Place, Sorts};
use crate::layout::Layout;
use crate::literal::{Sort, sort};
use crate::marks::Marks;
use crate::records::{Fault, Record};
use crate::split::{each_field, write_record};
use crate::tally::Tally;

/// What becomes of a record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// It is a row as it stands.
    Keep,
    /// It is a row, written otherwise.
    Rewrite(Vec<u8>),
    /// It is blank.
    PassOver,
    /// It is left out, for this reason.
    Reject(String),
}

/// Knows the table well enough to judge a record.
pub(crate) struct Judge {
    width: usize,
    marks: Marks,
    sorts: Sorts,
    names: Vec<String>,
    /// Whether surplus fields may be joined and gaps guessed, so that fewer records are rejected.
    repair: bool,
    /// Another table that has begun: its first line and its number of fields.
    other: Option<(u64, usize)>,
    after_blank: bool,
}

impl Judge {
    pub(crate) fn new(layout: &Layout, repair: bool) -> Self {
        Self {
            width: layout.width(),
            marks: layout.dialect.marks,
            sorts: layout.sorts.clone(),
            names: layout.header.found.clone(),
            repair,
            other: None,
            after_blank: false,
        }
    }

    /// Whether a record is a row without further thought.
    #[inline]
    pub(crate) fn is_plain(&mut self, bytes: &[u8], record: Record) -> bool {
        let plain = record.fields == self.width
            && record.fault == Fault::None
            && !bytes.is_empty()
            && self.other.is_none()
            && !self.begins_like_header(bytes);
        self.after_blank &= !plain;
        plain
    }

    /// Whether a plain record holds nothing but delimiters and blanks.
    #[inline]
    pub(crate) fn is_empty(&self, bytes: &[u8]) -> bool {
        let delimiter = self.marks.delimiter.as_bytes();
        self.width > 1 && bytes.iter().all(|byte| *byte == b' ' || delimiter.contains(byte))
    }

    #[inline]
    fn begins_like_header(&self, bytes: &[u8]) -> bool {
        let Some(name) = self.names.first().map(String::as_bytes).filter(|name| !name.is_empty()) else { return false };
        bytes.starts_with(name) || self.marks.quote == bytes.first().copied() && bytes[1..].starts_with(name)
    }

    /// Judges a record that is not plain, and counts what is wrong with it.
    #[cold]
    pub(crate) fn judge(&mut self, chunk: &[u8], record: Record, line: u64, tally: &mut Tally) -> Verdict {
        let bytes = &chunk[record.start..record.end];
        if record.fields == 1 && bytes.trim_ascii().is_empty() {
            return self.blank(bytes, tally);
        }
        let mut fields = Vec::with_capacity(record.fields);
        each_field(chunk, &record, self.marks, |field| fields.push(field.value()));
        let sorts: Vec<Sort> = fields.iter().map(|field| sort(field.as_bytes())).collect();
        let after_blank = std::mem::take(&mut self.after_blank);
        if let Some(reason) = self.outside(&fields, &sorts, after_blank, line) {
            return Verdict::Reject(reason);
        }
        let verdict = self.fit(fields, &sorts, line, tally);
        if record.fault != Fault::None && !matches!(verdict, Verdict::Reject(_)) {
            tally.misquoted += 1;
            tally.misquoted_line.get_or_insert(line);
        }
        verdict
    }

    fn blank(&mut self, bytes: &[u8], tally: &mut Tally) -> Verdict {
        self.after_blank = true;
        if self.width == 1 && bytes.is_empty() {
            return Verdict::Keep;
        }
        tally.blank += 1;
        Verdict::PassOver
    }

    /// Why a record is no row of this table: it repeats the header or belongs to another table.
    fn outside(&mut self, fields: &[String], sorts: &[Sort], after_blank: bool, line: u64) -> Option<String> {
        if !self.names.is_empty() && fields.iter().eq(&self.names) {
            return Some("it repeats the header".to_owned());
        }
        let known: HashSet<&String> = if fields.len() == self.width { HashSet::new() } else { self.names.iter().collect() };
        let same = fields.iter().filter(|field| !field.is_empty() && known.contains(field)).count();
        if self.other.is_none() && self.begins_table(fields, sorts, same, after_blank) {
            self.other = Some((line, fields.len()));
        }
        let (begins, width) = self.other?;
        let ours = fields.len() == self.width && width != self.width && self.sorts.mismatches(sorts) == 0;
        (!ours).then(|| format!("it belongs to another table, which begins on line {begins}"))
    }

    /// Whether a record is the header of another table: words only, another number of them, and names of ours among them or a
    /// blank line before it.
    fn begins_table(&self, fields: &[String], sorts: &[Sort], same: usize, after_blank: bool) -> bool {
        if fields.len() == self.width || fields.len() < 2 || sorts.iter().any(|sort| sort.is_literal()) {
            return false;
        }
        let full = || sorts.iter().all(|sort| *sort == Sort::Text);
        let different = || fields.iter().collect::<HashSet<_>>().len() == fields.len();
        let among_values = || self.sorts.mismatches(sorts) > 0;
        same * 2 > fields.len().max(self.width) || after_blank && full() && different() && among_values()
    }

    fn fit(&self, fields: Vec<String>, sorts: &[Sort], line: u64, tally: &mut Tally) -> Verdict {
        let (count, width) = (fields.len(), self.width);
        if count == width {
            return Verdict::Keep;
        }
        let fits = count < width && self.sorts.mismatches(sorts) == 0;
        let alignment = if fits || count == 1 && width > 2 { None } else { self.sorts.align(sorts, self.repair) };
        if count < width && (count > 1 || width < 3) {
            tally.short += 1;
            tally.short_line.get_or_insert(line);
            let moved = alignment.filter(|found| found.gaps.first().is_some_and(|gap| *gap < count));
            return moved.and_then(|found| self.rewritten(fields, &found)).map_or(Verdict::Keep, Verdict::Rewrite);
        }
        match alignment {
            Some(found) if count > width && (self.repair || is_certain(&found)) => {
                tally.long += 1;
                tally.long_line.get_or_insert(line);
                match self.rewritten(fields, &found) {
                    Some(text) => Verdict::Rewrite(text),
                    None => Verdict::Reject(wrong_number(count, width)),
                }
            }
            _ => Verdict::Reject(wrong_number(count, width)),
        }
    }

    /// The record with every field in its column; `None` if the marks cannot say so.
    fn rewritten(&self, fields: Vec<String>, alignment: &Alignment) -> Option<Vec<u8>> {
        let mut values: Vec<Option<String>> = Vec::with_capacity(self.width);
        for (field, place) in fields.into_iter().zip(&alignment.places) {
            while alignment.gaps.binary_search(&values.len()).is_ok() {
                values.push(None);
            }
            match (place, values.last_mut()) {
                (Place::Column, _) => values.push(Some(field).filter(|field| !field.is_empty())),
                (Place::Onto, Some(before)) => {
                    let text = before.take().unwrap_or_default();
                    *before = Some(format!("{text}{}{field}", String::from_utf8_lossy(self.marks.delimiter.as_bytes())));
                }
                _ => {}
            }
        }
        values.resize(self.width, None);
        let mut out = Vec::new();
        write_record(&values, self.marks, &mut out).map(|()| out)
    }
}

/// Whether fields left out leave no doubt: they stand at the end, or others fit only without them.
fn is_certain(found: &Alignment) -> bool {
    let left_out = found.places.iter().filter(|place| **place == Place::Nowhere).count();
    let at_end = found.places.iter().rev().take_while(|place| **place == Place::Nowhere).count();
    left_out == at_end || found.mismatches == 0 && found.moved > 0
}

fn wrong_number(count: usize, width: usize) -> String {
    format!("{count} {} where {width} are expected", if count == 1 { "field" } else { "fields" })
}
