//! A column of text.

use std::cmp::Ordering;
use std::sync::OnceLock;

use super::Limits;
use super::evidence::{LINES, Shapes};
use super::numeric::Order;
use crate::sketch::counts::TextCounts;
use crate::sketch::distinct::Distinct;
use crate::sketch::hash;

/// What is summed over values: cheap to update, additive.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Texts {
    pub(crate) values: u64,
    /// Characters: fewest, most, all.
    pub(crate) shortest: Option<u64>,
    pub(crate) longest: u64,
    pub(crate) characters: u64,
    /// Values with blanks at an end, and the first lines of these.
    pub(crate) untrimmed: u64,
    pub(crate) untrimmed_lines: Vec<u64>,
    /// Values that a spreadsheet would run as a formula, and the first lines of these.
    pub(crate) formulas: u64,
    pub(crate) formula_lines: Vec<u64>,
    pub(crate) smallest: Option<Vec<u8>>,
    pub(crate) largest: Option<Vec<u8>>,
    pub(crate) shapes: Shapes,
}

impl Texts {
    fn add(&mut self, text: &[u8], weight: u64, line: impl Fn() -> u64) {
        let length = characters(text);
        self.values += weight;
        self.shortest = Some(self.shortest.map_or(length, |shortest| shortest.min(length)));
        self.longest = self.longest.max(length);
        self.characters += length * weight;
        let ends = |byte: Option<&u8>| byte.is_some_and(u8::is_ascii_whitespace);
        if ends(text.first()) || ends(text.last()) {
            self.untrimmed += weight;
            note_line(&mut self.untrimmed_lines, &line);
        }
        if is_formula(text) {
            self.formulas += weight;
            note_line(&mut self.formula_lines, &line);
        }
        if self.smallest.as_deref().is_none_or(|smallest| text < smallest) {
            self.smallest = Some(text[..text.len().min(400)].to_vec());
        }
        if self.largest.as_deref().is_none_or(|largest| text > largest) {
            self.largest = Some(text[..text.len().min(400)].to_vec());
        }
        self.shapes.add(text, weight, line);
    }
}

/// Keeps the smallest few lines.
fn note_line(lines: &mut Vec<u64>, line: impl Fn() -> u64) {
    let line = line();
    if lines.len() < LINES || lines.last().is_some_and(|last| line < *last) {
        let at = lines.partition_point(|known| *known < line);
        lines.insert(at, line);
        lines.truncate(LINES);
    }
}

/// Whether a spreadsheet would run the text: it begins with a formula's sign and is neither a number nor a dash.
fn is_formula(text: &[u8]) -> bool {
    match text {
        [b'=' | b'@' | b'\t' | b'\r', _, ..] => true,
        [b'+' | b'-', next, ..] => next.is_ascii_alphabetic() && text.iter().any(|byte| matches!(byte, b'(' | b'!' | b'|')),
        _ => false,
    }
}

/// Characters of UTF-8 text: the bytes that do not continue one.
#[inline]
fn characters(text: &[u8]) -> u64 {
    text.iter().map(|byte| u64::from((*byte as i8) >= -0x40)).sum()
}

/// The statistics of text.
///
/// While the different values are few, a row costs one look-up, and all else is computed from the counts in the end.
pub(crate) struct Textual {
    pub(crate) counts: TextCounts,
    /// Set once the different values are too many to keep.
    streamed: Option<(Texts, Distinct)>,
    pub(crate) order: Order,
    last: Option<Vec<u8>>,
    distinct_limit: usize,
    sample: TextSample,
    /// The sums over all values, once they are asked for.
    sums: OnceLock<Texts>,
}

impl Textual {
    /// Statistics within the limits.
    pub(crate) fn new(limits: &Limits) -> Self {
        Self {
            counts: TextCounts::new(limits.counted),
            streamed: None,
            order: Order::default(),
            last: None,
            distinct_limit: limits.distinct,
            sample: TextSample::new((limits.counted / 16).clamp(64, 4096)),
            sums: OnceLock::new(),
        }
    }

    /// Takes a value; gives its hash.
    #[inline]
    pub(crate) fn add(&mut self, text: &[u8], line: impl Fn() -> u64) -> u64 {
        let hash = hash(text);
        self.sample.push(text);
        if self.order.ascending || self.order.descending {
            self.follow(text);
        }
        if let Some((texts, distinct)) = self.streamed.as_mut() {
            texts.add(text, 1, &line);
            distinct.add(hash);
        }
        if !self.counts.bump(hash) {
            self.insert(hash, text, &line);
        }
        hash
    }

    fn follow(&mut self, text: &[u8]) {
        let Some(last) = self.last.as_mut() else {
            self.last = Some(text.to_vec());
            return;
        };
        match text.cmp(last.as_slice()) {
            Ordering::Less => self.order.ascending = false,
            Ordering::Greater => self.order.descending = false,
            Ordering::Equal => self.order.ties = true,
        }
        last.clear();
        last.extend_from_slice(text);
    }

    fn insert(&mut self, hash: u64, text: &[u8], line: &impl Fn() -> u64) {
        let kept_whole = text.len() <= 256;
        if self.streamed.is_none() && !(kept_whole && self.counts.has_room(text.len())) {
            self.stream();
            if let Some((texts, distinct)) = self.streamed.as_mut() {
                texts.add(text, 1, line);
                distinct.add(hash);
            }
        }
        if !self.counts.has_room(text.len()) {
            self.counts.prune();
        }
        self.counts.insert(hash, text, line());
    }

    #[cold]
    fn stream(&mut self) {
        let mut distinct = Distinct::new(self.distinct_limit);
        for (entry, _) in self.counts.iter() {
            distinct.add(entry.hash);
        }
        self.streamed = Some((self.summed(), distinct));
    }

    fn summed(&self) -> Texts {
        let mut texts = Texts::default();
        for (entry, text) in self.counts.iter() {
            texts.add(text, entry.count, || entry.line);
        }
        texts
    }

    /// What all values sum up to; asked for when all are in.
    pub(crate) fn texts(&self) -> &Texts {
        self.streamed.as_ref().map_or_else(|| self.sums.get_or_init(|| self.summed()), |(texts, _)| texts)
    }

    /// What the values look like.
    pub(crate) fn shapes(&self) -> &Shapes {
        &self.texts().shapes
    }

    /// All values with their counts where these are exact, else some of them; and whether they are all.
    pub(crate) fn examined(&self) -> (Vec<(&[u8], u64)>, bool) {
        match self.streamed {
            None => (self.counts.iter().map(|(entry, text)| (text, entry.count)).collect(), true),
            Some(_) => (self.sample.texts().map(|text| (text, 1)).collect(), false),
        }
    }

    /// The number of different values, and whether it is exact.
    pub(crate) fn distinct(&self) -> (u64, bool) {
        self.streamed.as_ref().map_or_else(|| (self.counts.len() as u64, true), |(_, distinct)| distinct.count())
    }
}

/// Every n-th text, at most its first 256 bytes: what is judged where the different texts are too many to keep.
struct TextSample {
    arena: Vec<u8>,
    ends: Vec<u32>,
    stride: u64,
    value: u64,
    next: u64,
    limit: usize,
}

impl TextSample {
    fn new(limit: usize) -> Self {
        Self { arena: Vec::new(), ends: Vec::new(), stride: 1, value: 0, next: 0, limit }
    }

    #[inline]
    fn push(&mut self, text: &[u8]) {
        if self.value == self.next {
            self.keep(text);
        }
        self.value += 1;
    }

    fn keep(&mut self, text: &[u8]) {
        if self.ends.len() == self.limit {
            self.thin();
        }
        if self.value.is_multiple_of(self.stride) {
            self.arena.extend_from_slice(&text[..text.len().min(256)]);
            self.ends.push(self.arena.len() as u32);
        }
        self.next = (self.value / self.stride + 1) * self.stride;
    }

    #[cold]
    fn thin(&mut self) {
        let mut thinned = Self { stride: self.stride * 2, ..Self::new(self.limit) };
        for text in self.texts().step_by(2) {
            thinned.arena.extend_from_slice(text);
            thinned.ends.push(thinned.arena.len() as u32);
        }
        (thinned.value, thinned.next) = (self.value, self.next);
        *self = thinned;
    }

    fn texts(&self) -> impl Iterator<Item = &[u8]> {
        let starts = std::iter::once(0).chain(self.ends.iter().map(|end| *end as usize));
        starts.zip(&self.ends).map(|(start, end)| &self.arena[start..*end as usize])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn textual(values: impl Iterator<Item = String>, counted: usize) -> Textual {
        let mut textual = Textual::new(&Limits { counted, distinct: 1 << 20, sample: 0, null_values: Vec::new() });
        for (line, value) in values.enumerate() {
            textual.add(value.as_bytes(), || line as u64);
        }
        textual
    }

    #[test]
    fn counting_and_streaming_give_the_same_sums() {
        let values = || (0..5000).map(|i| format!("wörd {} ", i % 700));
        let counted = textual(values(), 1000);
        let streamed = textual(values(), 100);
        assert!(counted.streamed.is_none() && streamed.streamed.is_some());
        assert_eq!(counted.texts(), streamed.texts());
        assert_eq!((counted.distinct(), streamed.distinct()), ((700, true), (700, true)));
        assert_eq!((counted.texts().shortest, counted.texts().longest, counted.texts().untrimmed), (Some(7), 9, 5000));
    }

    #[test]
    fn texts_beyond_the_limit_are_judged_by_every_nth_of_them() {
        let streamed = textual((0..10_000).map(|i| format!("text {i}")), 100);
        let (examined, all) = streamed.examined();
        assert!(!all && examined.len() <= 64 && examined.len() > 32);
        assert_eq!((examined[0].0, examined[1].0), (&b"text 0"[..], &b"text 256"[..]));
    }

    #[test]
    fn formulas_are_what_a_spreadsheet_runs() {
        assert!([&b"=1+1"[..], b"@SUM(A1)", b"+cmd|' /C calc'!A0", b"-HYPERLINK(\"x\")"].iter().all(|text| is_formula(text)));
        assert!(![&b"-"[..], b"-5", b"+49 30 12", b"=", b"a=b", b"- list item (x)"].iter().any(|text| is_formula(text)));
    }

    #[test]
    fn the_order_of_texts_is_followed() {
        let order = textual(["a", "b", "b"].iter().map(ToString::to_string), 10).order;
        assert_eq!(order, Order { ascending: true, descending: false, ties: true });
    }
}
