//! Text in any encoding becomes UTF-8.

use std::fs::File;
use std::io::{BufWriter, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use chardetng::{EncodingDetector, Iso2022JpDetection, Utf8Detection};
use data_stack_core::ToolError;
use encoding_rs::{CoderResult, Encoding, UTF_8, UTF_16BE, UTF_16LE};

use crate::ingest::steps::{Steps, io_error};

const CHUNK: usize = 1 << 20;

/// UTF-8 text.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Utf8 {
    /// Where it lies.
    pub(crate) path: PathBuf,
    /// Bytes before the text: a byte order mark.
    pub(crate) skip: u64,
    /// The encoding that the source has.
    pub(crate) encoding: &'static Encoding,
    /// Whether offsets in the text are offsets in the source.
    pub(crate) as_stored: bool,
    /// Whether characters were replaced because their bytes mean nothing in the encoding.
    pub(crate) lossy: bool,
}

impl Utf8 {
    /// The text after its byte order mark.
    pub(crate) fn open(&self) -> Result<File, ToolError> {
        let mut file = open(&self.path)?;
        file.seek(SeekFrom::Start(self.skip)).map_err(|error| io_error("the working copy cannot be read", &error))?;
        Ok(file)
    }
}

/// Makes the text at `path` UTF-8: as it is when it is that already, else as a new file at `target`.
pub(crate) fn to_utf8(path: &Path, target: &Path, hint: Option<&str>, steps: &dyn Steps) -> Result<Utf8, ToolError> {
    let mut head = [0; 4096];
    let read = open(path)?.read(&mut head).map_err(|error| io_error("the working copy cannot be read", &error))?;
    let (encoding, skip) = match (Encoding::for_bom(&head[..read]), hint) {
        (Some((encoding, mark)), _) => (encoding, mark as u64),
        (None, Some(hint)) => (named(hint)?, 0),
        (None, None) => (detect(path, &head[..read], steps)?, 0),
    };
    if encoding == UTF_8 {
        return Ok(Utf8 { path: path.to_owned(), skip, encoding, as_stored: true, lossy: false });
    }
    let lossy = decode(path, target, encoding, skip, steps)?;
    Ok(Utf8 { path: target.to_owned(), skip: 0, encoding, as_stored: false, lossy })
}

fn open(path: &Path) -> Result<File, ToolError> {
    File::open(path).map_err(|error| io_error("the working copy cannot be read", &error))
}

fn named(hint: &str) -> Result<&'static Encoding, ToolError> {
    let compact: String = hint.chars().filter(|character| !matches!(character, '-' | '_' | ' ')).collect();
    Encoding::for_label(hint.as_bytes()).or_else(|| Encoding::for_label(compact.as_bytes())).ok_or_else(|| {
        let known = ["utf-8", "utf-16le", "utf-16be", "windows-1252", "latin1", "iso-8859-2", "windows-1251", "shift_jis", "gbk"];
        ToolError::invalid("dialect.encoding", format!("the encoding `{hint}` is not known"), "Use a name of the WHATWG encoding standard.")
            .valid(known)
    })
}

/// The encoding of text without a mark: UTF-8 where that fits, UTF-16 where every other byte is zero, else the likeliest.
fn detect(path: &Path, head: &[u8], steps: &dyn Steps) -> Result<&'static Encoding, ToolError> {
    if let Some(wide) = wide(head) {
        return Ok(wide);
    }
    let mut file = open(path)?;
    let mut detector = EncodingDetector::new(Iso2022JpDetection::Deny);
    let mut utf8 = Utf8Check::default();
    let mut buffer = vec![0; CHUNK];
    loop {
        steps.check()?;
        let read = file.read(&mut buffer).map_err(|error| io_error("the working copy cannot be read", &error))?;
        if read == 0 {
            break;
        }
        utf8.feed(&buffer[..read]);
        if utf8.seen_beyond_ascii() {
            detector.feed(&buffer[..read], false);
        }
    }
    detector.feed(&[], true);
    Ok(if utf8.fits() { UTF_8 } else { detector.guess(None, Utf8Detection::Deny) })
}

/// UTF-16 without a mark, told by the zero bytes of its ASCII characters.
fn wide(head: &[u8]) -> Option<&'static Encoding> {
    let pairs = head.len() / 2;
    let zeros = |parity: usize| head.iter().skip(parity).step_by(2).filter(|byte| **byte == 0).count();
    if pairs < 2 {
        None
    } else if zeros(1) * 10 > pairs * 7 && zeros(0) * 10 < pairs {
        Some(UTF_16LE)
    } else if zeros(0) * 10 > pairs * 7 && zeros(1) * 10 < pairs {
        Some(UTF_16BE)
    } else {
        None
    }
}

/// Tells UTF-8 with a few broken characters from text in another encoding.
#[derive(Default)]
struct Utf8Check {
    carried: Vec<u8>,
    wide: u64,
    broken: u64,
}

impl Utf8Check {
    fn feed(&mut self, bytes: &[u8]) {
        if self.carried.is_empty() && bytes.is_ascii() {
            return;
        }
        let mut text = std::mem::take(&mut self.carried);
        text.extend_from_slice(bytes);
        let mut rest = text.as_slice();
        loop {
            let (valid, error) = match std::str::from_utf8(rest) {
                Ok(valid) => (valid, None),
                Err(error) => (std::str::from_utf8(&rest[..error.valid_up_to()]).unwrap_or_default(), Some(error)),
            };
            self.wide += valid.chars().filter(|character| !character.is_ascii()).count() as u64;
            let Some(error) = error else { return };
            rest = &rest[error.valid_up_to()..];
            let Some(length) = error.error_len() else {
                rest.clone_into(&mut self.carried);
                return;
            };
            self.broken += 1;
            rest = &rest[length..];
        }
    }

    fn seen_beyond_ascii(&self) -> bool {
        self.wide + self.broken > 0 || !self.carried.is_empty()
    }

    fn fits(&self) -> bool {
        let broken = self.broken + u64::from(!self.carried.is_empty());
        broken == 0 || self.wide > broken * 10
    }
}

/// Writes the text as UTF-8 and says whether anything was lost.
fn decode(path: &Path, target: &Path, encoding: &'static Encoding, skip: u64, steps: &dyn Steps) -> Result<bool, ToolError> {
    let broken = |error: std::io::Error| io_error("the working copy cannot be written", &error);
    let mut file = open(path)?;
    std::io::copy(&mut Read::by_ref(&mut file).take(skip), &mut std::io::sink()).map_err(broken)?;
    let mut out = BufWriter::new(File::create_new(target).map_err(broken)?);
    let mut decoder = encoding.new_decoder_without_bom_handling();
    let (mut bytes, mut text) = (vec![0; CHUNK], vec![0; CHUNK]);
    let mut lossy = false;
    loop {
        steps.check()?;
        let read = file.read(&mut bytes).map_err(broken)?;
        let mut from = 0;
        loop {
            let (result, taken, made, replaced) = decoder.decode_to_utf8(&bytes[from..read], &mut text, read == 0);
            out.write_all(&text[..made]).map_err(broken)?;
            lossy |= replaced;
            from += taken;
            if result == CoderResult::InputEmpty {
                break;
            }
        }
        if read == 0 {
            out.flush().map_err(broken)?;
            return Ok(lossy);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Utf8, to_utf8};
    use data_stack_core::Control;

    fn decoded(bytes: &[u8], hint: Option<&str>) -> (String, String, bool) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("in");
        std::fs::write(&path, bytes).unwrap();
        let Utf8 { path, skip, encoding, as_stored, lossy } =
            to_utf8(&path, &folder.path().join("out"), hint, &Control::unlimited()).unwrap();
        assert!(!(as_stored && lossy));
        let text = std::fs::read(path).unwrap();
        (String::from_utf8_lossy(&text[skip as usize..]).into_owned(), encoding.name().to_owned(), lossy)
    }

    fn utf16(text: &str, order: fn(u16) -> [u8; 2]) -> Vec<u8> {
        text.encode_utf16().flat_map(order).collect()
    }

    #[test]
    fn encodings_are_told_apart_and_decoded() {
        let text = "name,ville\nJosé,Orléans\n";
        let latin: Vec<u8> = text.chars().map(|character| character as u8).collect();
        let little = utf16(text, u16::to_le_bytes);
        let cases = [
            (text.as_bytes().to_vec(), None, "UTF-8"),
            ([b"\xef\xbb\xbf", text.as_bytes()].concat(), None, "UTF-8"),
            ([b"\xff\xfe", little.as_slice()].concat(), None, "UTF-16LE"),
            ([b"\xfe\xff", utf16(text, u16::to_be_bytes).as_slice()].concat(), None, "UTF-16BE"),
            (little, None, "UTF-16LE"),
            (latin.clone(), None, "windows-1252"),
            (latin.clone(), Some("latin-1"), "windows-1252"),
            (latin, Some("ISO-8859-1"), "windows-1252"),
        ];
        for (bytes, hint, encoding) in cases {
            assert_eq!(decoded(&bytes, hint), (text.to_owned(), encoding.to_owned(), false), "{hint:?}");
        }
    }

    #[test]
    fn one_broken_character_does_not_make_utf_8_something_else() {
        let mut bytes = "é".repeat(50).into_bytes();
        bytes.push(0xff);
        assert_eq!(decoded(&bytes, None).1, "UTF-8");
    }

    #[test]
    fn bytes_that_mean_nothing_are_told() {
        assert_eq!(decoded(b"a\xff\n", Some("shift_jis")), ("a\u{fffd}\n".to_owned(), "Shift_JIS".to_owned(), true));
    }
}
