//! A column of text as a part of the result.

use serde_json::Value;

use super::columns::{distinct_count, sketch, sorted};
use super::{share, texts as parts};
use crate::column::numeric::entropy;
use crate::column::textual::{Texts, Textual};
use crate::options::Options;
use crate::result::{Basis, ColumnProfile, ColumnType, Exactness, Lengths, TopValue};
use crate::semantics;
use crate::value::boolean;

pub(super) fn text(profile: &mut ColumnProfile, texts: &Textual, options: &Options) {
    let sums = texts.texts();
    profile.distinct = distinct_count(texts.distinct());
    profile.kind = semantics::text_type(texts, sums, profile.distinct.value);
    profile.evidence = semantics::text_evidence(texts, sums, profile.kind);
    let show = |bytes: &Option<Vec<u8>>| bytes.as_ref().map(|bytes| Value::from(shown(bytes)));
    (profile.min, profile.max) = (show(&sums.smallest), show(&sums.largest));
    profile.lengths = sums.shortest.map(|min| Lengths { min, max: sums.longest, mean: share(sums.characters, sums.values) });
    profile.sorted = sorted(texts.order, sums.values);
    profile.top_values = top_texts(texts, sums, options.top_k);
    composition(profile, texts, sums);
    if texts.counts.slack() > 0 && !profile.top_values.is_empty() {
        profile.inexact.insert("top_values".into(), sketch(texts.counts.slack() as f64));
    }
    if profile.kind == ColumnType::Boolean {
        let (mut trues, mut falses) = (0, 0);
        for (entry, text) in texts.counts.iter() {
            match boolean(text) {
                Some(true) => trues += entry.count,
                Some(false) => falses += entry.count,
                None => {}
            }
        }
        (profile.trues, profile.falses, profile.lengths) = (Some(trues), Some(falses), None);
    }
}

/// Shapes, words and entropy of texts.
fn composition(profile: &mut ColumnProfile, texts: &Textual, sums: &Texts) {
    let counted = profile.distinct.exactness == Exactness::Exact && texts.counts.len() as u64 == profile.distinct.value;
    if counted && sums.values > 0 {
        profile.entropy = Some(entropy(texts.counts.iter().map(|(entry, _)| entry.count), sums.values));
    }
    let sampled = |values: u64| Basis { method: Exactness::Sampled, error: Some(0.98 / (values as f64).sqrt()) };
    if matches!(profile.kind, ColumnType::Code | ColumnType::Text) && sums.longest <= 64 {
        let (patterns, all, values) = parts::patterns(texts);
        if !all && !patterns.is_empty() {
            profile.inexact.insert("patterns".into(), sampled(values));
        }
        profile.patterns = patterns;
    }
    if profile.kind == ColumnType::Text
        && let Some((facts, all, values)) = parts::facts(texts)
    {
        if !all {
            profile.inexact.insert("text".into(), sampled(values));
        }
        profile.text = Some(facts);
    }
}

fn top_texts(texts: &Textual, sums: &Texts, limit: usize) -> Vec<TopValue> {
    let slack = texts.counts.slack();
    let top = texts.counts.top(limit);
    if top.first().is_none_or(|(entry, _)| entry.count < 2) {
        return Vec::new();
    }
    let certain = top.into_iter().filter(|(entry, _)| slack == 0 || entry.count > 2 * slack);
    certain.map(|(entry, text)| TopValue { value: shown(text), count: entry.count, share: share(entry.count, sums.values) }).collect()
}

/// Text from the file, cleaned and cut for showing.
fn shown(text: &[u8]) -> String {
    data_stack_core::text::clean(&String::from_utf8_lossy(text), 100)
}
