//! The account of every record of a file: kept, repaired or rejected.

/// Rejected and repaired lines that are kept to be shown.
pub(crate) const SHOWN: usize = 20;

/// A line that was left out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rejected {
    /// The line on which the record begins, from 1.
    pub line: u64,
    /// Where the record begins in the file, where the file is UTF-8.
    pub offset: Option<u64>,
    /// Why, in words.
    pub reason: String,
    /// Its text, cleaned, at most 200 characters.
    pub raw: String,
}

/// What was found and done while scanning.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Tally {
    /// Records kept.
    pub rows: u64,
    /// Records left out.
    pub rejected: u64,
    /// The first records left out.
    pub rejects: Vec<Rejected>,
    /// Records kept with fewer fields than columns.
    pub short: u64,
    /// Records kept without surplus empty fields.
    pub long: u64,
    /// Records kept whose quotes break RFC 4180.
    pub misquoted: u64,
    /// The first line with such a quote.
    pub misquoted_line: Option<u64>,
    /// The first line with surplus fields.
    pub long_line: Option<u64>,
    /// The first line with fewer fields.
    pub short_line: Option<u64>,
    /// Blank lines passed over.
    pub blank: u64,
    /// Byte sequences that are not valid in the encoding.
    pub invalid: u64,
    /// NUL bytes.
    pub nuls: u64,
}

impl Tally {
    /// Adds what another stretch of the file held.
    pub fn add(&mut self, other: Self) {
        self.rows += other.rows;
        self.rejected += other.rejected;
        let room = SHOWN - self.rejects.len().min(SHOWN);
        self.rejects.extend(other.rejects.into_iter().take(room));
        self.short += other.short;
        self.long += other.long;
        self.misquoted += other.misquoted;
        self.misquoted_line = self.misquoted_line.or(other.misquoted_line);
        self.long_line = self.long_line.or(other.long_line);
        self.short_line = self.short_line.or(other.short_line);
        self.blank += other.blank;
        self.invalid += other.invalid;
        self.nuls += other.nuls;
    }
}
