//! Which encoding a file is in, and its bytes as UTF-8.

use std::io::{self, Read};

use data_stack_core::{Code, ToolError};
use encoding_rs::{CoderResult, Decoder, Encoding, UTF_8, UTF_16BE, UTF_16LE, WINDOWS_1252};

/// An encoding found or given.
#[derive(Debug, Clone, Copy)]
pub struct Found {
    /// The encoding.
    pub encoding: &'static Encoding,
    /// Bytes of the byte order mark.
    pub bom: usize,
}

/// Reads the encoding off the file's first bytes, unless the caller names it.
///
/// `whole` says that the sample is the whole file, so that its last character is not merely cut off.
pub(crate) fn detect(sample: &[u8], whole: bool, given: Option<&str>) -> Result<Found, ToolError> {
    let marked = Encoding::for_bom(sample);
    if let Some(label) = given {
        let encoding = by_label(label)?;
        let bom = marked.filter(|(found, _)| *found == encoding).map_or(0, |(_, length)| length);
        return Ok(Found { encoding, bom });
    }
    if let Some((encoding, bom)) = marked {
        return Ok(Found { encoding, bom });
    }
    Ok(Found { encoding: guess(sample, whole), bom: 0 })
}

fn by_label(label: &str) -> Result<&'static Encoding, ToolError> {
    let label = match label.to_ascii_lowercase().replace('_', "-").as_str() {
        "latin-1" => "iso-8859-1".to_owned(),
        "utf16" => "utf-16".to_owned(),
        other => other.strip_prefix("cp").map_or_else(|| other.to_owned(), |page| format!("windows-{page}")),
    };
    Encoding::for_label(label.as_bytes()).ok_or_else(|| {
        ToolError::invalid("encoding", format!("`{label}` is not a known encoding"), "Leave `encoding` out to have it detected.").valid([
            "utf-8",
            "utf-16le",
            "utf-16be",
            "latin-1",
            "windows-1252",
            "shift_jis",
            "gbk",
        ])
    })
}

/// The likeliest encoding of bytes without a byte order mark.
pub(crate) fn guess(sample: &[u8], whole: bool) -> &'static Encoding {
    if let Some(encoding) = wide(sample) {
        return encoding;
    }
    if mostly_utf8(sample, whole) {
        return UTF_8;
    }
    let mut detector = chardetng::EncodingDetector::new(chardetng::Iso2022JpDetection::Deny);
    detector.feed(sample, true);
    let found = detector.guess(None, chardetng::Utf8Detection::Deny);
    if found == UTF_8 { WINDOWS_1252 } else { found }
}

/// UTF-16 without a mark: text in Latin letters has a zero in every second byte.
fn wide(sample: &[u8]) -> Option<&'static Encoding> {
    let sample = &sample[..sample.len().min(4096) & !1];
    let zeros = |offset: usize| sample.iter().skip(offset).step_by(2).filter(|byte| **byte == 0).count();
    let (even, odd, half) = (zeros(0), zeros(1), sample.len() / 2);
    match () {
        () if half < 2 => None,
        () if odd * 10 > half * 7 && even * 10 < half => Some(UTF_16LE),
        () if even * 10 > half * 7 && odd * 10 < half => Some(UTF_16BE),
        () => None,
    }
}

/// Whether the bytes are UTF-8, a few broken ones among many good ones allowed.
fn mostly_utf8(sample: &[u8], whole: bool) -> bool {
    let (mut good, mut bad) = (0_usize, 0_usize);
    for chunk in sample.utf8_chunks() {
        good += chunk.valid().chars().filter(|c| !c.is_ascii()).count();
        bad += usize::from(!chunk.invalid().is_empty());
    }
    let cut = !whole && std::str::from_utf8(&sample[sample.len().saturating_sub(4)..]).is_err();
    (bad - usize::from(cut).min(bad)) * 10 <= good
}

/// A reader's bytes as UTF-8. Bytes that are not valid in the encoding become U+FFFD and are counted; UTF-8 is passed on
/// as it is, since checking it is the scanner's work.
pub struct Utf8Reader<R> {
    inner: R,
    decoder: Option<Decoder>,
    raw: Vec<u8>,
    pending: usize,
    ended: bool,
    /// Bytes taken from the file so far.
    pub consumed: u64,
    /// Byte sequences replaced so far.
    pub replaced: u64,
}

impl<R: Read> Utf8Reader<R> {
    /// Reads `inner`, which stands behind the byte order mark.
    pub fn new(inner: R, encoding: &'static Encoding) -> Self {
        let decoder = (encoding != UTF_8).then(|| encoding.new_decoder_without_bom_handling());
        Self { inner, decoder, raw: Vec::new(), pending: 0, ended: false, consumed: 0, replaced: 0 }
    }

    /// Appends about `wanted` bytes of text; false once the file is known to have ended.
    pub fn fill(&mut self, text: &mut Vec<u8>, wanted: usize) -> Result<bool, ToolError> {
        if self.decoder.is_none() {
            let read = (&mut self.inner).take(wanted as u64).read_to_end(text).map_err(|error| unreadable(&error))?;
            self.consumed += read as u64;
            return Ok(read == wanted);
        }
        let before = text.len();
        while text.len() - before < wanted && !self.ended {
            self.decode_some(text)?;
        }
        Ok(!self.ended)
    }

    fn decode_some(&mut self, text: &mut Vec<u8>) -> Result<(), ToolError> {
        const BLOCK: usize = 256 * 1024;
        self.raw.resize(BLOCK, 0);
        let read = read_some(&mut self.inner, &mut self.raw[self.pending..]).map_err(|error| unreadable(&error))?;
        self.consumed += read as u64;
        self.ended = read == 0;
        let Some(decoder) = self.decoder.as_mut() else { return Ok(()) };
        let mut source = &self.raw[..self.pending + read];
        let start = text.len();
        let room = decoder.max_utf8_buffer_length(source.len()).unwrap_or(source.len() * 3 + 16);
        text.resize(start + room, 0);
        let (result, used, written, replaced) = decoder.decode_to_utf8(source, &mut text[start..], self.ended);
        text.truncate(start + written);
        self.replaced += u64::from(replaced);
        source = &source[used..];
        self.pending = source.len();
        debug_assert!(result == CoderResult::InputEmpty);
        self.raw.copy_within(used..used + self.pending, 0);
        Ok(())
    }
}

fn read_some(inner: &mut impl Read, buffer: &mut [u8]) -> io::Result<usize> {
    loop {
        match inner.read(buffer) {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            other => return other,
        }
    }
}

/// A failure to read, as the caller sees it.
pub(crate) fn unreadable(error: &io::Error) -> ToolError {
    ToolError::new(Code::Unavailable, format!("the file cannot be read: {error}"), "Check that the file is still there, then call again.")
        .at("path")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decoded(bytes: &[u8]) -> (String, &'static str, u64) {
        let found = detect(bytes, true, None).unwrap();
        let mut reader = Utf8Reader::new(&bytes[found.bom..], found.encoding);
        let mut text = Vec::new();
        while reader.fill(&mut text, 3).unwrap() {}
        (String::from_utf8_lossy(&text).into_owned(), found.encoding.name(), reader.replaced)
    }

    #[test]
    fn every_common_encoding_is_found_and_decoded() {
        let text = "name,city\nJörg,Köln\nRenée,Besançon\nJosé,Málaga\n";
        let latin: Vec<u8> = text.chars().map(|c| c as u8).collect();
        let little: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
        let big: Vec<u8> = text.encode_utf16().flat_map(u16::to_be_bytes).collect();
        let marked = [&b"\xff\xfe"[..], &little].concat();
        assert_eq!(decoded(text.as_bytes()), (text.to_owned(), "UTF-8", 0));
        assert_eq!(decoded(&[b"\xef\xbb\xbf", text.as_bytes()].concat()), (text.to_owned(), "UTF-8", 0));
        assert_eq!(decoded(&latin), (text.to_owned(), "windows-1252", 0));
        assert_eq!(decoded(&little), (text.to_owned(), "UTF-16LE", 0));
        assert_eq!(decoded(&big), (text.to_owned(), "UTF-16BE", 0));
        assert_eq!(decoded(&marked), (text.to_owned(), "UTF-16LE", 0));
    }

    #[test]
    fn one_broken_byte_among_many_good_ones_stays_utf8() {
        let text = format!("{}\u{e9}", "é,ü\n".repeat(100));
        let mut bytes = text.into_bytes();
        bytes.insert(40, 0xff);
        assert_eq!(guess(&bytes, true).name(), "UTF-8");
    }

    #[test]
    fn an_unknown_name_is_refused_with_the_known_ones() {
        let error = detect(b"a", true, Some("klingon")).unwrap_err();
        assert_eq!((error.field.as_deref(), error.valid_values.is_empty()), (Some("encoding"), false));
        assert_eq!(detect(b"a", true, Some("latin_1")).unwrap().encoding.name(), "windows-1252");
        assert_eq!(detect(b"a", true, Some("cp1251")).unwrap().encoding.name(), "windows-1251");
    }
}
