//! Step seven: an answer that fits its reader.
//!
//! Never fails because of size: what does not fit is kept whole as an artifact, the longest lists are cut to what fits, and
//! the answer says so in `truncated`.

use data_stack_core::ports::Artifacts;
use data_stack_core::{Reply, Truncated, Warning};
use serde_json::Value;

/// Bytes that an estimated token takes.
pub const BYTES_PER_TOKEN: usize = 4;
/// Bytes of an envelope besides data, warnings and next steps.
const FRAME: usize = 1_024;
/// Longest summary, in characters.
const MAX_SUMMARY: usize = 2_000;

/// Cuts a reply to `tokens` estimated tokens, or to what its caller asked for.
pub fn shape(mut reply: Reply<Value>, tokens: usize, artifacts: Option<&dyn Artifacts>, request_id: &str) -> Reply<Value> {
    reply.summary = data_stack_core::text::clean(&reply.summary, MAX_SUMMARY);
    let tokens = tokens.max(reply.tokens);
    let budget = (tokens * BYTES_PER_TOKEN).saturating_sub(FRAME).max(reply.tokens * BYTES_PER_TOKEN);
    let whole = size(&reply.data);
    if whole <= budget {
        return reply;
    }
    let kept = keep_whole(&reply.data, artifacts, request_id, &mut reply.warnings);
    let dropped = cut(&mut reply.data, budget);
    let earlier = reply.truncated.take().unwrap_or_default();
    reply.truncated = Some(Truncated {
        rows_dropped: Some(dropped + earlier.rows_dropped.unwrap_or(0)),
        bytes_dropped: Some(whole.saturating_sub(size(&reply.data)) as u64),
        reason: format!("the result of {whole} bytes is larger than {tokens} tokens allow; its longest lists were cut"),
        next_cursor: earlier.next_cursor.filter(|_| false),
        full_result_uri: kept.as_ref().map(|link| link.uri.clone()),
    });
    reply.links.extend(kept);
    reply
}

fn keep_whole(
    data: &Value,
    artifacts: Option<&dyn Artifacts>,
    request_id: &str,
    warnings: &mut Vec<Warning>,
) -> Option<data_stack_core::ResourceLink> {
    let kept = artifacts?.put(&format!("{request_id}.json"), "application/json", data.to_string().as_bytes());
    kept.map_err(|error| {
        warnings.push(Warning { code: "result_not_kept".into(), message: format!("The whole result could not be kept: {error}") });
    })
    .ok()
}

/// The length of a value as compact JSON, without writing it.
pub fn size(value: &Value) -> usize {
    struct Counter(usize);
    impl std::io::Write for Counter {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0 += bytes.len();
            Ok(bytes.len())
        }
        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }
    let mut counter = Counter(0);
    // Counting cannot fail: a `Value` has string keys only and the counter takes every byte.
    let _ = serde_json::to_writer(&mut counter, value);
    counter.0
}

/// Cuts the largest list, again and again, then the longest texts, until the value fits; returns how many items went.
fn cut(data: &mut Value, budget: usize) -> u64 {
    let mut dropped = 0;
    while let over @ 1.. = size(data).saturating_sub(budget) {
        let Some(list) = largest_list(data) else { break };
        let before = list.len();
        let bytes: usize = list.iter().map(|item| size(item) + 1).sum();
        let keep = before * bytes.saturating_sub(over) / bytes.max(1);
        list.truncate(keep.min(before - 1));
        dropped += (before - list.len()) as u64;
    }
    if size(data) > budget {
        shorten(data, budget / 4);
    }
    dropped
}

/// The list that takes the most room: cut inside an item where one item takes more than half of its list.
fn largest_list(value: &mut Value) -> Option<&mut Vec<Value>> {
    match value {
        Value::Array(items) => {
            let whole: usize = items.iter().map(size).sum();
            let (at, heaviest) = items.iter().map(size).enumerate().max_by_key(|(_, size)| *size)?;
            let inside = heaviest * 2 > whole && has_list(&items[at]);
            if inside { largest_list(&mut items[at]) } else { Some(items).filter(|items| items.len() > 1) }
        }
        Value::Object(object) => {
            let heaviest = object.values_mut().filter(|item| has_list(item)).max_by_key(|item| size(item));
            heaviest.and_then(largest_list)
        }
        _ => None,
    }
}

/// Whether there is a list to cut anywhere in the value.
fn has_list(value: &Value) -> bool {
    match value {
        Value::Array(items) => items.len() > 1 || items.iter().any(has_list),
        Value::Object(object) => object.values().any(has_list),
        _ => false,
    }
}

fn shorten(value: &mut Value, limit: usize) {
    match value {
        Value::String(text) if text.len() > limit => *text = data_stack_core::text::clean(text, limit / 4),
        Value::Array(items) => items.iter_mut().for_each(|item| shorten(item, limit)),
        Value::Object(object) => object.values_mut().for_each(|item| shorten(item, limit)),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::{shape, size};
    use data_stack_core::Reply;
    use serde_json::{Value, json};

    fn fits(data: Value, tokens: usize) -> (Reply<Value>, bool) {
        let reply = shape(Reply::new(data, "s"), tokens, None, "r");
        let within = size(&reply.data) <= tokens * 4;
        (reply, within)
    }

    #[test]
    fn a_small_result_is_left_alone() {
        let data = json!({"rows": [[1], [2]]});
        let (reply, _) = fits(data.clone(), 1_000);
        assert_eq!((reply.data, reply.truncated), (data, None));
    }

    #[test]
    fn any_shape_of_large_result_is_made_to_fit() {
        let rows: Vec<Value> = (0..50_000).map(|n| json!([n, "text"])).collect();
        for data in [
            json!({"rows": rows, "columns": ["a", "b"]}),
            json!({"text": "x".repeat(1_000_000)}),
            json!({"columns": (0..3).map(|n| json!({"name": n, "values": (0..30_000).collect::<Vec<_>>()})).collect::<Vec<_>>()}),
            json!([[["y".repeat(500_000)]]]),
            json!({"deep": {"er": {"list": ["z".repeat(300_000), "z".repeat(300_000)]}}}),
        ] {
            let (reply, within) = fits(data, 5_000);
            assert!(within && reply.truncated.is_some(), "{}", size(&reply.data));
        }
    }

    #[test]
    fn rows_go_before_columns_and_are_counted() {
        let rows: Vec<Value> = (0..10_000).map(|n| json!([n])).collect();
        let (reply, _) = fits(json!({"rows": rows, "columns": ["n"]}), 2_000);
        let left = reply.data["rows"].as_array().map_or(0, Vec::len) as u64;
        assert_eq!(reply.truncated.and_then(|cut| cut.rows_dropped), Some(10_000 - left));
        assert_eq!(reply.data["columns"], json!(["n"]));
    }
}
