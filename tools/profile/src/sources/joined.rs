//! Several files with the same columns, read as one: decoded, and with one header.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};

use data_stack_core::ToolError;
use data_stack_core::ports::sources::OpenedSource;
use data_stack_csv::{Given, Known, Layout, LineEnds, Utf8Reader, examine};

const BLOCK: usize = 1 << 20;

/// One of the files.
struct Part {
    file: File,
    layout: Layout,
    /// Line of the whole at which its rows begin, once it was reached.
    first_line: u64,
}

/// The files one after the other as UTF-8, the headers of all but the first left out.
///
/// Its lines count through all files. It can be read from the beginning again, and from nowhere else.
pub(super) struct Joined {
    parts: Vec<Part>,
    at: usize,
    reader: Option<Utf8Reader<File>>,
    block: Vec<u8>,
    taken: usize,
    line: u64,
    last: u8,
}

impl Joined {
    /// Joins `sources`; fails where the columns of one are not those of the first.
    pub(super) fn new(sources: Vec<OpenedSource>, given: &Given) -> Result<Self, ToolError> {
        let mut parts: Vec<Part> = Vec::with_capacity(sources.len());
        let mut first_name = String::new();
        for mut source in sources {
            let first = parts.first().map(|part| &part.layout);
            let layout = examine(&mut source.file, &first.map_or_else(|| given.clone(), |first| like(first, given)), None);
            let layout = layout.map_err(|error| ToolError { message: format!("{}: {}", source.name, error.message), ..error })?;
            match first {
                Some(first) => same_columns(first, &first_name, &layout, &source.name)?,
                None => first_name.clone_from(&source.name),
            }
            parts.push(Part { file: source.file, layout, first_line: 0 });
        }
        Ok(Self { parts, at: 0, reader: None, block: Vec::new(), taken: 0, line: 1, last: b'\n' })
    }

    /// The encoding of the first file.
    pub(super) fn encoding(&self) -> String {
        self.parts.first().map(|part| part.layout.encoding.encoding.name().to_lowercase()).unwrap_or_default()
    }

    /// For each file, the line of the whole at which its rows begin.
    pub(super) fn first_lines(&self) -> impl Iterator<Item = u64> {
        self.parts.iter().map(|part| part.first_line)
    }

    /// Decodes the next block; false at the end of the last file.
    fn advance(&mut self) -> io::Result<bool> {
        self.block.clear();
        self.taken = 0;
        while self.block.is_empty() {
            let Some(part) = self.parts.get_mut(self.at) else { return Ok(false) };
            let mut skip = 0;
            if self.reader.is_none() {
                part.file.seek(SeekFrom::Start(part.layout.encoding.bom as u64))?;
                self.reader = Some(Utf8Reader::new(part.file.try_clone()?, part.layout.encoding.encoding));
                skip = if self.at > 0 { part.layout.header.data_start } else { 0 };
                part.first_line = self.line + if self.at > 0 { 0 } else { part.layout.header.lines_before as u64 };
            }
            let Some(reader) = self.reader.as_mut() else { return Ok(false) };
            let more = reader.fill(&mut self.block, BLOCK.max(skip)).map_err(io::Error::other)?;
            if part.layout.line_ends == LineEnds::Cr {
                self.block.iter_mut().filter(|byte| **byte == b'\r').for_each(|byte| *byte = b'\n');
            }
            self.block.drain(..skip.min(self.block.len()));
            self.line += memchr::memchr_iter(b'\n', &self.block).count() as u64;
            self.last = self.block.last().copied().unwrap_or(self.last);
            if !more {
                self.end_part();
            }
        }
        Ok(true)
    }

    /// A file may end without a line end; the next one's first row is a row of its own.
    fn end_part(&mut self) {
        self.reader = None;
        self.at += 1;
        if self.last != b'\n' && self.at < self.parts.len() {
            self.block.push(b'\n');
            self.line += 1;
            self.last = b'\n';
        }
    }
}

impl Read for Joined {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.taken == self.block.len() && !self.advance()? {
            return Ok(0);
        }
        let length = buffer.len().min(self.block.len() - self.taken);
        buffer[..length].copy_from_slice(&self.block[self.taken..self.taken + length]);
        self.taken += length;
        Ok(length)
    }
}

impl Seek for Joined {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        if to != SeekFrom::Start(0) {
            return Err(io::Error::new(io::ErrorKind::Unsupported, "several files are read from their beginning only"));
        }
        (self.at, self.reader, self.taken, self.line, self.last) = (0, None, 0, 1, b'\n');
        self.block.clear();
        Ok(0)
    }
}

/// How a further file is read: as the first was, but in its own encoding.
fn like(first: &Layout, given: &Given) -> Given {
    let known = Known { marks: first.dialect.marks, header_rows: first.header.rows };
    Given { known: Some(known), ..given.clone() }
}

fn same_columns(first: &Layout, first_name: &str, layout: &Layout, name: &str) -> Result<(), ToolError> {
    let (expected, found) = (&first.header.names, &layout.header.names);
    if expected == found {
        return Ok(());
    }
    let difference = |whole: &[String], part: &[String]| {
        let names: Vec<String> = whole.iter().filter(|name| !part.contains(name)).take(5).map(|name| format!("`{name}`")).collect();
        names.join(", ")
    };
    let (missing, added) = (difference(expected, found), difference(found, expected));
    let how = match (missing.is_empty(), added.is_empty()) {
        (true, true) => "they stand in another order".to_owned(),
        (false, true) => format!("it lacks {missing}"),
        (true, false) => format!("it adds {added}"),
        (false, false) => format!("it lacks {missing} and adds {added}"),
    };
    let message = format!("the columns of {name} are not those of {first_name}: {how}");
    Err(ToolError::invalid("path", message, "Use a pattern for files with the same columns, or profile the files one by one."))
}

#[cfg(test)]
mod tests {
    use super::Joined;
    use data_stack_core::ToolError;
    use data_stack_core::ports::sources::{Format, OpenedSource};
    use data_stack_csv::Given;
    use std::io::{Read, Seek, Write};

    fn source(name: &str, content: &[u8]) -> OpenedSource {
        let path = std::env::temp_dir().join(format!("data-stack-joined-{}-{name}", std::process::id()));
        let mut file = std::fs::File::options().read(true).write(true).create(true).truncate(true).open(&path).unwrap();
        std::fs::remove_file(path).unwrap();
        file.write_all(content).unwrap();
        let (stored_bytes, modified, compression, entry, sheet, written) = (None, None, None, None, None, None);
        let (name, bytes, format) = (name.to_owned(), content.len() as u64, Format::Csv);
        OpenedSource { name, file, bytes, stored_bytes, modified, format, compression, entry, sheet, written }
    }

    fn joined(contents: &[&[u8]]) -> Result<(String, Vec<u64>), ToolError> {
        let sources = contents.iter().enumerate().map(|(number, content)| source(&format!("{number}.csv"), content)).collect();
        let mut joined = Joined::new(sources, &Given::default())?;
        let (mut text, mut again) = (String::new(), String::new());
        joined.read_to_string(&mut text).unwrap();
        joined.rewind().unwrap();
        joined.read_to_string(&mut again).unwrap();
        assert_eq!(text, again);
        Ok((text, joined.first_lines().collect()))
    }

    #[test]
    fn files_are_one_text_with_one_header_whatever_their_encodings_and_line_ends() {
        let (text, lines) = joined(&[b"a,b\n1,x", b"\xef\xbb\xbfa,b\r\n2,y\r\n", b"a,b\r3,\xe9t\xe9\r", b"a,b\n"]).unwrap();
        assert_eq!(text, "a,b\n1,x\n2,y\r\n3,été\n");
        assert_eq!(lines, [2, 3, 4, 5]);
    }

    #[test]
    fn a_file_with_other_columns_is_named_with_the_difference() {
        let message = |second: &[u8]| joined(&[b"a,b\n1,x\n", second]).unwrap_err().message;
        assert_eq!(message(b"a,c\n1,x\n"), "the columns of 1.csv are not those of 0.csv: it lacks `b` and adds `c`");
        assert_eq!(message(b"b,a\n1,x\n"), "the columns of 1.csv are not those of 0.csv: they stand in another order");
        assert_eq!(message(b"a;b\n1;x\n"), "the columns of 1.csv are not those of 0.csv: it lacks `a`, `b` and adds `a;b`");
        assert!(message(b"").starts_with("1.csv: the file is empty"));
    }
}
