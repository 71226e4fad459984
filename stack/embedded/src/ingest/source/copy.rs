//! The private copy: hashed as stored, unpacked within bounds, refused when the source changes underway.

use std::fs::File;
use std::io::{self, BufReader, Read, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::SystemTime;

use data_stack_core::{Code, Pace, ToolError};

use super::archive::{self, Archive};
use super::format::named_as_workbook;
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
    /// How it was packed.
    pub(crate) packing: Packing,
    /// The file in the archive, where it was one.
    pub(crate) entry: Option<String>,
}

/// Copies `input`, or for an archive the file called `entry` or the only one, to `path`.
pub(crate) fn copy(mut input: Input, entry: Option<&str>, path: &Path, limits: SizeLimits, steps: &dyn Steps) -> Result<Copied, ToolError> {
    check_size(&input.shown, input.opened.0, limits)?;
    let packing = Packing::of(&mut input)?;
    if let Some(entry) = entry.filter(|_| packing != Packing::Zip) {
        let message = format!("{} is no zip archive and holds no file `{entry}`", input.shown);
        return Err(ToolError::invalid("entry", message, "Leave `entry` out."));
    }
    let mut target = Target::create(path, &input, limits)?;
    let read = Arc::new(AtomicU64::new(0));
    let mut source = Hashing { file: input.file, hasher: blake3::Hasher::new(), read: Arc::clone(&read), limit: limits.stored };
    let entry = target.fill(&mut source, packing, entry, steps)?;
    unchanged(&input.shown, &source, input.opened)?;
    let blake3 = source.hasher.finalize().to_hex().to_string();
    target.file.flush().map_err(|error| io_error("the working copy cannot be written", &error))?;
    let Target { written, head, .. } = target;
    Ok(Copied { path: path.to_owned(), stored: read.load(Ordering::Relaxed), unpacked: written, blake3, head, packing, entry })
}

/// How a source is packed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Packing {
    /// Not at all.
    None,
    Gzip,
    Zstd,
    Zip,
}

impl Packing {
    /// Tells it by the first bytes. A workbook is a zip archive too, but one to be read as it is.
    pub(crate) fn of(input: &mut Input) -> Result<Self, ToolError> {
        let mut head = [0; 4];
        let read = std::os::unix::fs::FileExt::read_at(&input.file, &mut head, 0).map_err(|error| unreadable(&input.shown, &error))?;
        Ok(match &head[..read] {
            [0x1f, 0x8b, ..] => Self::Gzip,
            [0x28, 0xb5, 0x2f, 0xfd] => Self::Zstd,
            b"PK\x03\x04" | b"PK\x05\x06" if !named_as_workbook(&input.name) && !archive::is_workbook(&mut input.file, &input.shown)? => {
                Self::Zip
            }
            _ => Self::None,
        })
    }

    /// The name in results; none where nothing is packed.
    pub(crate) const fn as_str(self) -> Option<&'static str> {
        match self {
            Self::None => None,
            Self::Gzip => Some("gzip"),
            Self::Zstd => Some("zstd"),
            Self::Zip => Some("zip"),
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
        Ok(now) if now == (bytes, modified) && source.read.load(Ordering::Relaxed) == bytes => Ok(()),
        Ok(_) => {
            let message = format!("{shown} changed while it was read; nothing was taken from it");
            Err(ToolError::new(Code::Unavailable, message, "Call again when nothing writes to the file any more.").retryable())
        }
        Err(error) => Err(unreadable(shown, &error)),
    }
}

fn unreadable(shown: &str, error: &io::Error) -> ToolError {
    use io::ErrorKind::{InvalidData, InvalidInput, Other, UnexpectedEof};
    let carried = error.get_ref().and_then(|inner| inner.downcast_ref::<ToolError>()).is_some();
    let torn = match error.kind() {
        UnexpectedEof => true,
        InvalidData | InvalidInput | Other => error.get_ref().is_some(),
        _ => false,
    };
    if torn && !carried {
        let message = format!("{shown} cannot be unpacked: {error}");
        return ToolError::new(Code::InvalidInput, message, "The archive is damaged or incomplete: fetch or make it again.").at("path");
    }
    io_error(&format!("{shown} cannot be read"), error)
}

/// Hashes and counts what it reads; a file that grows past the limit underway is an error.
struct Hashing {
    file: File,
    hasher: blake3::Hasher,
    read: Arc<AtomicU64>,
    limit: u64,
}

impl Read for Hashing {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.file.read(buffer)?;
        self.hasher.update(&buffer[..read]);
        if self.read.fetch_add(read as u64, Ordering::Relaxed) + read as u64 > self.limit {
            return Err(io::Error::other(ToolError::new(Code::Limit, "the source is larger than the limit", "Split the file.")));
        }
        Ok(read)
    }
}

/// The copy being written.
struct Target {
    file: io::BufWriter<File>,
    shown: String,
    written: u64,
    /// Bytes that the content takes packed.
    stored: u64,
    limits: SizeLimits,
    head: Vec<u8>,
    pace: Pace,
}

impl Target {
    fn create(path: &Path, input: &Input, limits: SizeLimits) -> Result<Self, ToolError> {
        let file = File::create_new(path).map_err(|error| io_error("the working copy cannot be made", &error))?;
        let (file, shown) = (io::BufWriter::with_capacity(CHUNK, file), input.shown.clone());
        Ok(Self { file, shown, written: 0, stored: input.opened.0, limits, head: Vec::new(), pace: Pace::start() })
    }

    /// Takes the whole source. Says which file of an archive was taken.
    fn fill(
        &mut self,
        source: &mut Hashing,
        packing: Packing,
        entry: Option<&str>,
        steps: &dyn Steps,
    ) -> Result<Option<String>, ToolError> {
        let so_far = Arc::clone(&source.read);
        let read = move |_: u64| so_far.load(Ordering::Relaxed);
        let mut packed = BufReader::with_capacity(CHUNK, &mut *source);
        match packing {
            Packing::None => self.take(&mut packed, "copying", &read, steps)?,
            Packing::Gzip => self.take(&mut flate2::bufread::MultiGzDecoder::new(&mut packed), "unpacking", &read, steps)?,
            Packing::Zstd => {
                let unpacked = zstd::stream::read::Decoder::with_buffer(&mut packed);
                self.take(&mut unpacked.map_err(|error| unreadable(&self.shown, &error))?, "unpacking", &read, steps)?;
            }
            Packing::Zip => {}
        }
        // All of an archive, and bytes after the end of what is packed, belong to the file's hash too.
        self.drain(&mut packed, &read, steps)?;
        if packing == Packing::Zip { self.unpack(&source.file, entry, steps).map(Some) } else { Ok(None) }
    }

    /// Takes a file of an archive.
    fn unpack(&mut self, archive: &File, entry: Option<&str>, steps: &dyn Steps) -> Result<String, ToolError> {
        let shown = self.shown.clone();
        let mut archive = Archive::open(archive, &shown)?;
        let mut entry = archive.entry(entry)?;
        self.stored = entry.packed_bytes();
        self.check_bounds(entry.bytes())?;
        let scale = (self.stored, entry.bytes().max(1));
        let read = move |written: u64| (written as f64 * scale.0 as f64 / scale.1 as f64) as u64;
        self.take(entry.reader(), "unpacking", &read, steps)?;
        Ok(entry.name)
    }

    fn take(&mut self, from: &mut dyn Read, doing: &str, stored: &dyn Fn(u64) -> u64, steps: &dyn Steps) -> Result<(), ToolError> {
        let mut buffer = vec![0; CHUNK];
        loop {
            steps.check()?;
            let read = match from.read(&mut buffer) {
                Ok(0) => return Ok(()),
                Ok(read) => read,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => return Err(unreadable(&self.shown, &error)),
            };
            if self.head.len() < CHUNK {
                self.head.extend_from_slice(&buffer[..read]);
            }
            self.file.write_all(&buffer[..read]).map_err(|error| io_error("the working copy cannot be written", &error))?;
            self.written += read as u64;
            self.check_bounds(self.written)?;
            self.report(doing, stored(self.written), steps);
        }
    }

    fn drain(&self, from: &mut dyn Read, stored: &dyn Fn(u64) -> u64, steps: &dyn Steps) -> Result<(), ToolError> {
        let mut buffer = vec![0; CHUNK];
        while from.read(&mut buffer).map_err(|error| unreadable(&self.shown, &error))? > 0 {
            steps.check()?;
            self.report("hashing", stored(0), steps);
        }
        Ok(())
    }

    fn report(&self, doing: &str, stored: u64, steps: &dyn Steps) {
        let (done, total) = (stored as f64, Some(self.stored as f64));
        let megabytes = self.written.max(stored) >> 20;
        steps.progress(done, total, format!("{doing} {}: {}", self.shown, self.pace.tell(megabytes, "MB", done, total)));
    }

    /// Whether so many unpacked bytes are too many.
    fn check_bounds(&self, bytes: u64) -> Result<(), ToolError> {
        let SizeLimits { unpacked, ratio, ratio_from, .. } = self.limits;
        let bomb = bytes > ratio_from && bytes / self.stored.max(1) > ratio;
        if bytes <= unpacked && !bomb {
            return Ok(());
        }
        let shown = &self.shown;
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
        let copied = copy(input, None, &folder.path().join("out"), limits, &Control::unlimited())?;
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
        let error = copy(input, None, &folder.path().join("out"), SizeLimits::default(), &Control::unlimited()).unwrap_err();
        assert_eq!((error.code, error.retryable), (Code::Unavailable, true));
    }
}
