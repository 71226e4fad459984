//! The ways in which a file may be written, as far as its characters suggest them.

use memchr::memmem;

use crate::dialect::{Given, Quoting};
use crate::marks::{Delimiter, Marks, count};

/// Delimiters of one byte; the first of equally good ones wins.
const SINGLE: &[u8] = b",;\t|:~^\x1f\x01 ";
/// Longer delimiters, each tried where it stands at least as often as there are lines.
const LONG: [&str; 16] = ["||", "::", "~~", "^^", ";;", "\t\t", "|~|", "~|~", "^|^", "|#|", "#|#", " | ", "§", "¦", "；", "，"];
/// How much of the text is looked at.
const SAMPLE: usize = 1 << 18;

/// All ways worth trying, likelier ones first.
pub(crate) fn candidates(sample: &[u8], declared: Option<Delimiter>, given: &Given) -> Vec<Marks> {
    let sample = &sample[..sample.len().min(SAMPLE)];
    let delimiters = given.delimiter.or(declared).map_or_else(|| delimiters(sample), |one| vec![one]);
    let mut found = Vec::new();
    for delimiter in delimiters {
        let (delimiter, padded) = without_blank(delimiter).map_or((delimiter, is_padded(sample, delimiter)), |mark| (mark, true));
        for quote in quotes(sample, delimiter, given.quote) {
            for escape in escapes(sample, quote) {
                found.push(Marks { delimiter, quote, escape, padded });
            }
        }
    }
    found
}

/// The delimiters that occur. A byte that only ever stands within a longer delimiter is none itself.
fn delimiters(sample: &[u8]) -> Vec<Delimiter> {
    let lines = count(sample, b'\n').max(1);
    let long = LONG.iter().filter_map(|text| Delimiter::new(text.as_bytes()));
    let long: Vec<Delimiter> = long.filter(|delimiter| delimiter.count(sample) >= lines).collect();
    let within = |byte: u8| {
        let held = |delimiter: &Delimiter| delimiter.count(sample) * count(delimiter.as_bytes(), byte);
        long.iter().any(|delimiter| held(delimiter) * 50 >= count(sample, byte) * 49 && count(delimiter.as_bytes(), byte) > 0)
    };
    let single = SINGLE.iter().filter(|byte| memchr::memchr(**byte, sample).is_some() && !within(**byte));
    single.map(|byte| Delimiter::byte(*byte)).chain(long.iter().copied()).collect()
}

/// The mark of a delimiter such as `, `, whose blank is padding; `None` for any other.
fn without_blank(delimiter: Delimiter) -> Option<Delimiter> {
    match delimiter.as_bytes() {
        [mark, b' '] if *mark != b' ' => Some(Delimiter::byte(*mark)),
        _ => None,
    }
}

/// Whether a blank follows nearly every delimiter that does not end its line.
fn is_padded(sample: &[u8], delimiter: Delimiter) -> bool {
    if delimiter.as_bytes().contains(&b' ') {
        return false;
    }
    let (mut all, mut padded) = (0, 0);
    for at in memmem::find_iter(sample, delimiter.as_bytes()) {
        match sample.get(at + delimiter.len()) {
            None | Some(b'\n' | b'\r') => {}
            next => {
                all += 1;
                padded += usize::from(next == Some(&b' '));
            }
        }
    }
    all > 0 && padded * 50 >= all * 49
}

/// The quotes in use: the double one, and the single one where it stands around fields.
fn quotes(sample: &[u8], delimiter: Delimiter, given: Quoting) -> Vec<Option<u8>> {
    match given {
        Quoting::Never => return vec![None],
        Quoting::With(quote) => return vec![Some(quote)],
        Quoting::Unknown => {}
    }
    let around = |quote: u8| {
        let (opening, closing) = ([delimiter.as_bytes(), &[quote]].concat(), [&[quote], delimiter.as_bytes()].concat());
        let padded = [delimiter.as_bytes(), b" ", &[quote]].concat();
        let opening = memmem::find_iter(sample, &opening).count() + memmem::find_iter(sample, &padded).count();
        let closing = memmem::find_iter(sample, &closing).count();
        if opening >= 2 && opening.abs_diff(closing) <= opening / 4 { opening.min(closing) } else { 0 }
    };
    if around(b'\'') > around(b'"') { vec![Some(b'\''), Some(b'"')] } else { vec![Some(b'"')] }
}

/// What may stand before a quote that does not end its field: nothing, or a character that does so in the sample.
fn escapes(sample: &[u8], quote: Option<u8>) -> Vec<Option<u8>> {
    let Some(quote) = quote else { return vec![None] };
    let used = |escape: &u8| memmem::find(sample, &[*escape, quote]).is_some();
    std::iter::once(None).chain([b'\\', 0].into_iter().filter(used).map(Some)).collect()
}
