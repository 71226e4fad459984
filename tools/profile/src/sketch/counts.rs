//! How often each value occurs: exact up to a limit of different values, the frequent ones only beyond.

use hashbrown::HashTable;

use super::mix;

/// A text and how often it occurs.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Entry {
    pub(crate) hash: u64,
    pub(crate) count: u64,
    /// The line on which it was first seen.
    pub(crate) line: u64,
    start: u32,
    length: u32,
}

/// Counts texts. Texts with the same 64-bit hash count as one.
///
/// Beyond `limit` different texts the rarer half is dropped (lossy counting, Manku and Motwani 2002): from then on a count
/// may be too high by at most [`TextCounts::slack`].
pub(crate) struct TextCounts {
    table: HashTable<Entry>,
    arena: Vec<u8>,
    limit: usize,
    slack: u64,
}

impl TextCounts {
    /// Counts at most `limit` different texts at a time.
    pub(crate) fn new(limit: usize) -> Self {
        Self { table: HashTable::new(), arena: Vec::new(), limit, slack: 0 }
    }

    /// How many different texts are held.
    pub(crate) fn len(&self) -> usize {
        self.table.len()
    }

    /// By how much a count may be too high; 0 while all are exact.
    pub(crate) fn slack(&self) -> u64 {
        self.slack
    }

    /// Counts `text` if it is known already.
    #[inline]
    pub(crate) fn bump(&mut self, hash: u64) -> bool {
        match self.table.find_mut(hash, |entry| entry.hash == hash) {
            Some(entry) => {
                entry.count += 1;
                true
            }
            None => false,
        }
    }

    /// Whether a further text can be taken without dropping others.
    pub(crate) fn has_room(&self, length: usize) -> bool {
        self.table.len() < self.limit && self.arena.len() + length < self.limit.saturating_mul(64)
    }

    /// Takes a text that is not known yet. The caller makes room first.
    pub(crate) fn insert(&mut self, hash: u64, text: &[u8], line: u64) {
        let kept = &text[..text.len().min(256)];
        let entry = Entry { hash, count: self.slack + 1, line, start: self.arena.len() as u32, length: kept.len() as u32 };
        self.arena.extend_from_slice(kept);
        self.table.insert_unique(hash, entry, |entry| entry.hash);
    }

    /// Drops the rarer half.
    #[cold]
    pub(crate) fn prune(&mut self) {
        let mut counts: Vec<u64> = self.table.iter().map(|entry| entry.count).collect();
        let middle = counts.len() / 2;
        if counts.is_empty() {
            return;
        }
        let median = *counts.select_nth_unstable(middle).1;
        let mut kept = Vec::with_capacity(middle);
        let mut arena = Vec::with_capacity(self.arena.len() / 2);
        for entry in self.table.iter().filter(|entry| entry.count > median) {
            let start = arena.len() as u32;
            arena.extend_from_slice(self.text(entry));
            kept.push(Entry { start, ..*entry });
        }
        self.table.clear();
        for entry in kept {
            self.table.insert_unique(entry.hash, entry, |entry| entry.hash);
        }
        self.arena = arena;
        self.slack = self.slack.max(median);
    }

    /// The text of an entry, at most its first 256 bytes.
    pub(crate) fn text(&self, entry: &Entry) -> &[u8] {
        let start = entry.start as usize;
        &self.arena[start..start + entry.length as usize]
    }

    /// All entries, in no order.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (&Entry, &[u8])> {
        self.table.iter().map(|entry| (entry, self.text(entry)))
    }

    /// The `limit` most frequent entries, ties in the order of first sight.
    pub(crate) fn top(&self, limit: usize) -> Vec<(&Entry, &[u8])> {
        let mut all: Vec<_> = self.iter().collect();
        all.sort_unstable_by(|a, b| b.0.count.cmp(&a.0.count).then(a.0.line.cmp(&b.0.line)).then(a.1.cmp(b.1)));
        all.truncate(limit);
        all
    }
}

/// Counts numbers, up to a limit of different ones.
pub(crate) struct NumberCounts {
    table: HashTable<(u64, u64)>,
    limit: usize,
}

impl NumberCounts {
    /// Counts at most `limit` different numbers.
    pub(crate) fn new(limit: usize) -> Self {
        Self { table: HashTable::new(), limit }
    }

    /// Counts a number; false when the limit is passed and the count must go on elsewhere.
    #[inline]
    pub(crate) fn add(&mut self, value: f64) -> bool {
        let bits = bits(value);
        let hash = mix(bits);
        if let Some(entry) = self.table.find_mut(hash, |entry| entry.0 == bits) {
            entry.1 += 1;
            return true;
        }
        self.table.insert_unique(hash, (bits, 1), |entry| mix(entry.0));
        self.table.len() <= self.limit
    }

    /// How many different numbers are held.
    pub(crate) fn len(&self) -> usize {
        self.table.len()
    }

    /// The numbers in order, each with its count.
    pub(crate) fn sorted(&self) -> Vec<(f64, u64)> {
        let mut all: Vec<(f64, u64)> = self.table.iter().map(|(bits, count)| (f64::from_bits(*bits), *count)).collect();
        all.sort_unstable_by(|a, b| a.0.total_cmp(&b.0));
        all
    }
}

/// The number's bits, with one zero only.
#[inline]
pub(crate) fn bits(value: f64) -> u64 {
    (value + 0.0).to_bits()
}

#[cfg(test)]
mod tests {
    use super::{NumberCounts, TextCounts};
    use crate::sketch::hash;

    fn count(counts: &mut TextCounts, text: &str, line: u64) {
        let hash = hash(text.as_bytes());
        if !counts.bump(hash) {
            if !counts.has_room(text.len()) {
                counts.prune();
            }
            counts.insert(hash, text.as_bytes(), line);
        }
    }

    #[test]
    fn counts_are_exact_and_ordered_below_the_limit() {
        let mut counts = TextCounts::new(10);
        for (line, text) in ["b", "a", "b", "c", "b", "a"].iter().enumerate() {
            count(&mut counts, text, line as u64);
        }
        let top: Vec<_> = counts.top(2).iter().map(|(entry, text)| (String::from_utf8_lossy(text).into_owned(), entry.count)).collect();
        assert_eq!((top, counts.slack()), (vec![("b".to_owned(), 3), ("a".to_owned(), 2)], 0));
    }

    #[test]
    fn a_heavy_hitter_survives_a_flood_and_its_count_stays_within_the_slack() {
        let mut counts = TextCounts::new(1000);
        for line in 0..200_000_u64 {
            count(&mut counts, &format!("unique {line}"), line);
            if line % 4 == 0 {
                count(&mut counts, "heavy", line);
            }
        }
        let top = counts.top(1);
        assert_eq!(top[0].1, b"heavy");
        assert!(top[0].0.count >= 50_000 && top[0].0.count <= 50_000 + counts.slack(), "{} ± {}", top[0].0.count, counts.slack());
        assert!(counts.len() <= 1000);
    }

    #[test]
    fn numbers_are_counted_by_value_and_zero_has_one_sign() {
        let mut counts = NumberCounts::new(2);
        assert!([0.0, -0.0, 1.5].into_iter().all(|value| counts.add(value)));
        assert!(!counts.add(2.5));
        assert_eq!(counts.sorted(), [(0.0, 2), (1.5, 1), (2.5, 1)]);
    }
}
