//! The private copy: hashed as stored, unpacked within bounds, refused when the source changes underway.

use std::fs::File;
use std::io::{self, BufReader, Read, Write};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use data_stack_core::{Code, ToolError};

use crate::ingest::steps::{Steps, io_error};

const CHUNK: usize = 1 << 20;

/// How much a source may hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SizeLimits {
    /// Bytes of a source as stored.
    pub stored: u64,
    /// Bytes of a source when unpacked.
    pub unpacked: u64,
    /// How many times larger than stored a source may unpack, once it is larger than [`SizeLimits::ratio_from`].
    pub ratio: u64,
    /// Unpacked bytes from which the ratio counts.
    pub ratio_from: u64,
}

impl Default for SizeLimits {
    fn default() -> Self {
        Self { stored: 32 << 30, unpacked: 64 << 30, ratio: 200, ratio_from: 256 << 20 }
    }
}

/// An open source.
pub(crate) struct Input {
    /// Path or address for people, without credentials.
    pub(crate) shown: String,
    /// The file's name, by which its format is told.
    pub(crate) name: String,
    /// The open file.
    pub(crate) file: File,
    /// Size and time of change when opened.
    pub(crate) opened: (u64, SystemTime),
}

/// A private copy of a source.
#[derive(Debug)]
pub(crate) struct Copied {
    /// Where it lies, unpacked.
    pub(crate) path: PathBuf,
    /// Bytes as stored.
    pub(crate) stored: u64,
    /// Bytes unpacked.
    pub(crate) unpacked: u64,
    /// BLAKE3 of the source as stored, hex.
    pub(crate) blake3: String,
    /// The beginning of the unpacked bytes.
    pub(crate) head: Vec<u8>,
}

/// Copies `input` to `path`.
pub(crate) fn copy(input: Input, path: &Path, limits: SizeLimits, steps: &dyn Steps) -> Result<Copied, ToolError> {
    let Input { shown, file, opened, .. } = input;
    check_size(&shown, opened.0, limits)?;
    let mut source = Hashing { file, hasher: blake3::Hasher::new(), read: 0, limit: limits.stored };
    let mut packed = BufReader::with_capacity(CHUNK, &mut source);
    let broken = |error: io::Error| unreadable(&shown, &error);
    let packing = Packing::of(io::BufRead::fill_buf(&mut packed).map_err(broken)?);
    let mut target = Target::create(path, opened.0, limits)?;
    match packing {
        Packing::None => target.take(&mut packed, &shown, steps)?,
        Packing::Gzip => target.take(&mut flate2::bufread::MultiGzDecoder::new(&mut packed), &shown, steps)?,
        Packing::Zstd => {
            let mut unpacked = zstd::stream::read::Decoder::with_buffer(&mut packed).map_err(broken)?;
            target.take(&mut unpacked, &shown, steps)?;
        }
    }
    // Bytes after the archive's end belong to the file's hash too.
    io::copy(&mut packed, &mut io::sink()).map_err(broken)?;
    unchanged(&shown, &source, opened)?;
    let blake3 = source.hasher.finalize().to_hex().to_string();
    target.file.flush().map_err(|error| io_error("the working copy cannot be written", &error))?;
    Ok(Copied { path: path.to_owned(), stored: source.read, unpacked: target.written, blake3, head: target.head })
}

enum Packing {
    None,
    Gzip,
    Zstd,
}

impl Packing {
    fn of(head: &[u8]) -> Self {
        match head {
            [0x1f, 0x8b, ..] => Self::Gzip,
            [0x28, 0xb5, 0x2f, 0xfd, ..] => Self::Zstd,
            _ => Self::None,
        }
    }
}

fn check_size(shown: &str, bytes: u64, limits: SizeLimits) -> Result<(), ToolError> {
    if bytes <= limits.stored {
        return Ok(());
    }
    let message = format!("{shown} has {bytes} bytes; at most {} are read", limits.stored);
    Err(ToolError::new(Code::Limit, message, "Split the file, or let the operator raise the limit."))
}

fn unchanged(shown: &str, source: &Hashing, (bytes, modified): (u64, SystemTime)) -> Result<(), ToolError> {
    let now = source.file.metadata().and_then(|metadata| Ok((metadata.len(), metadata.modified()?)));
    match now {
        Ok(now) if now == (bytes, modified) && source.read == bytes => Ok(()),
        Ok(_) => {
            let message = format!("{shown} changed while it was read; nothing was loaded");
            Err(ToolError::new(Code::Unavailable, message, "Call again when nothing writes to the file any more.").retryable())
        }
        Err(error) => Err(unreadable(shown, &error)),
    }
}

fn unreadable(shown: &str, error: &io::Error) -> ToolError {
    match error.kind() {
        io::ErrorKind::UnexpectedEof | io::ErrorKind::InvalidData | io::ErrorKind::InvalidInput | io::ErrorKind::Other
            if error.get_ref().is_some() =>
        {
            io_error(&format!("{shown} cannot be unpacked"), error).hint("The archive may be damaged or incomplete.")
        }
        _ => io_error(&format!("{shown} cannot be read"), error),
    }
}

/// Hashes and counts what it reads; a file that grows past the limit underway is an error.
struct Hashing {
    file: File,
    hasher: blake3::Hasher,
    read: u64,
    limit: u64,
}

impl Read for Hashing {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.file.read(buffer)?;
        self.hasher.update(&buffer[..read]);
        self.read += read as u64;
        if self.read > self.limit {
            return Err(io::Error::other(ToolError::new(Code::Limit, "the source is larger than the limit", "Split the file.")));
        }
        Ok(read)
    }
}

/// The copy being written.
struct Target {
    file: io::BufWriter<File>,
    written: u64,
    stored: u64,
    limits: SizeLimits,
    head: Vec<u8>,
}

impl Target {
    fn create(path: &Path, stored: u64, limits: SizeLimits) -> Result<Self, ToolError> {
        let file = File::create_new(path).map_err(|error| io_error("the working copy cannot be made", &error))?;
        Ok(Self { file: io::BufWriter::with_capacity(CHUNK, file), written: 0, stored, limits, head: Vec::new() })
    }

    fn take(&mut self, from: &mut dyn Read, shown: &str, steps: &dyn Steps) -> Result<(), ToolError> {
        let mut buffer = vec![0; CHUNK];
        loop {
            steps.check()?;
            let read = match from.read(&mut buffer) {
                Ok(0) => return Ok(()),
                Ok(read) => read,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => return Err(unreadable(shown, &error)),
            };
            if self.head.len() < CHUNK {
                self.head.extend_from_slice(&buffer[..read]);
            }
            self.file.write_all(&buffer[..read]).map_err(|error| io_error("the working copy cannot be written", &error))?;
            self.written += read as u64;
            self.check_bounds(shown)?;
            steps.progress(self.written as f64, None, format!("hashing {shown}"));
        }
    }

    fn check_bounds(&self, shown: &str) -> Result<(), ToolError> {
        let SizeLimits { unpacked, ratio, ratio_from, .. } = self.limits;
        let bomb = self.written > ratio_from && self.written / self.stored.max(1) > ratio;
        if self.written <= unpacked && !bomb {
            return Ok(());
        }
        let message = if bomb {
            format!("{shown} unpacks to more than {ratio} times its size")
        } else {
            format!("{shown} unpacks to more than {unpacked} bytes")
        };
        Err(ToolError::new(Code::Limit, message, "Unpack the file yourself if you trust it, or let the operator raise the limit."))
    }
}

#[cfg(test)]
mod tests {
    use super::{Copied, Input, SizeLimits, copy};
    use data_stack_core::{Code, Control, ToolError};
    use std::io::Write;

    fn copied(content: &[u8], limits: SizeLimits) -> Result<(Copied, Vec<u8>), ToolError> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("in");
        std::fs::write(&path, content).unwrap();
        let file = std::fs::File::open(&path).unwrap();
        let opened = (content.len() as u64, file.metadata().unwrap().modified().unwrap());
        let input = Input { shown: "in".into(), name: "in".into(), file, opened };
        let copied = copy(input, &folder.path().join("out"), limits, &Control::unlimited())?;
        let bytes = std::fs::read(&copied.path).unwrap();
        Ok((copied, bytes))
    }

    fn gzip(content: &[u8]) -> Vec<u8> {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
        encoder.write_all(content).unwrap();
        encoder.finish().unwrap()
    }

    #[test]
    fn a_copy_is_unpacked_and_hashed_as_stored() {
        let content = b"a,b\n1,2\n";
        let twice = [gzip(b"a,b\n"), gzip(b"1,2\n")].concat();
        for stored in [content.to_vec(), gzip(content), twice, zstd::encode_all(&content[..], 3).unwrap()] {
            let (copied, bytes) = copied(&stored, SizeLimits::default()).unwrap();
            assert_eq!(
                (bytes.as_slice(), copied.blake3, copied.stored),
                (&content[..], blake3::hash(&stored).to_hex().to_string(), stored.len() as u64)
            );
        }
    }

    #[test]
    fn bombs_are_stopped_by_ratio_and_by_size() {
        let zeros = vec![b'0'; 4 << 20];
        let ratio = SizeLimits { ratio: 50, ratio_from: 1 << 20, ..SizeLimits::default() };
        let size = SizeLimits { unpacked: 3 << 20, ..SizeLimits::default() };
        for stored in [gzip(&zeros), zstd::encode_all(&zeros[..], 3).unwrap()] {
            assert_eq!(copied(&stored, ratio).unwrap_err().code, Code::Limit);
            assert_eq!(copied(&stored, size).unwrap_err().code, Code::Limit);
        }
        let stored = SizeLimits { stored: 1 << 20, ..SizeLimits::default() };
        assert_eq!(copied(&zeros, stored).unwrap_err().code, Code::Limit);
    }

    #[test]
    fn a_damaged_archive_says_so() {
        let mut stored = gzip(&vec![b'x'; 1 << 16]);
        stored.truncate(stored.len() / 2);
        let error = copied(&stored, SizeLimits::default()).unwrap_err();
        assert!(error.message.contains("in cannot be"), "{error}");
    }

    #[test]
    fn a_file_that_grew_since_it_was_opened_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("in");
        std::fs::write(&path, "a\n1\n").unwrap();
        let file = std::fs::File::open(&path).unwrap();
        let opened = (4, file.metadata().unwrap().modified().unwrap());
        std::fs::OpenOptions::new().append(true).open(&path).unwrap().write_all(b"2\n").unwrap();
        let input = Input { shown: "in".into(), name: "in".into(), file, opened };
        let error = copy(input, &folder.path().join("out"), SizeLimits::default(), &Control::unlimited()).unwrap_err();
        assert_eq!((error.code, error.retryable), (Code::Unavailable, true));
    }
}
