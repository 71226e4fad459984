//! Values as JSON, without loss.
//!
//! | DuckDB | JSON |
//! |---|---|
//! | BOOLEAN, NULL | `true`, `false`, `null` |
//! | TINYINT … BIGINT, UTINYINT … UINTEGER | a number; a string where it is beyond ±2^53 |
//! | UBIGINT, HUGEINT, UHUGEINT, BIGNUM, DECIMAL | a string of digits, so that no reader rounds it |
//! | FLOAT, DOUBLE | the shortest number that reads back the same; `"NaN"`, `"Infinity"`, `"-Infinity"` |
//! | VARCHAR, JSON, ENUM, UUID, BIT | a string |
//! | DATE, TIME, TIMESTAMP | ISO 8601; `"infinity"`, `"-infinity"` |
//! | TIMESTAMP WITH TIME ZONE | ISO 8601 in UTC with `Z`; TIME WITH TIME ZONE with its offset |
//! | INTERVAL | an ISO 8601 duration; months, days and time do not mix |
//! | BLOB, GEOMETRY | base64; longer than 64 KiB: `{"base64", "bytes", "truncated"}` |
//! | LIST, ARRAY | an array |
//! | STRUCT | an object |
//! | MAP | an array of `[key, value]` |
//! | UNION | `{member: value}` |

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use duckdb::ffi;
use serde_json::{Map, Number, Value, json};

use super::outcome::Chunk;
use super::temporal;
use super::types::{Kind, Type};
use super::vector::{ListEntry, Vector};

/// Integers up to here survive every JSON reader.
const SAFE_INTEGER: i64 = 1 << 53;
/// Bytes of a binary value that are shown.
const BLOB_LIMIT: usize = 64 * 1024;

/// A row of a chunk as JSON values.
pub(crate) fn row(chunk: &Chunk, columns: &[(String, Type)], row: usize) -> Vec<Value> {
    columns.iter().enumerate().map(|(index, (_, kind))| value(kind, &chunk.column(index), row)).collect()
}

/// Whether values of the type can be shown; a type that cannot has to be cast.
pub(crate) fn supports(kind: &Type) -> bool {
    match &kind.kind {
        Kind::Plain(ffi::DUCKDB_TYPE_DUCKDB_TYPE_VARIANT | ffi::DUCKDB_TYPE_DUCKDB_TYPE_INVALID | ffi::DUCKDB_TYPE_DUCKDB_TYPE_ANY) => {
            false
        }
        Kind::Plain(_) | Kind::Decimal { .. } | Kind::Enum { .. } => true,
        Kind::List(element) | Kind::Array(element, _) => supports(element),
        Kind::Struct(parts) | Kind::Union(parts) => parts.iter().all(|(_, part)| supports(part)),
        Kind::Map(key, value) => supports(key) && supports(value),
    }
}

fn value(kind: &Type, vector: &Vector<'_>, row: usize) -> Value {
    if vector.is_null(row) {
        return Value::Null;
    }
    match &kind.kind {
        Kind::Plain(id) => plain(*id, vector, row),
        Kind::Decimal { scale, storage } => Value::String(decimal(integer(*storage, vector, row), *scale)),
        Kind::Enum { labels, storage } => {
            labels.get(integer(*storage, vector, row) as usize).map_or(Value::Null, |label| Value::String(label.clone()))
        }
        Kind::List(element) => list(element, &vector.list_child(), vector.get(row)),
        Kind::Array(element, size) => list(element, &vector.array_child(), ListEntry { offset: (row * size) as u64, length: *size as u64 }),
        Kind::Struct(fields) => Value::Object(
            fields.iter().enumerate().map(|(index, (name, kind))| (name.clone(), value(kind, &vector.struct_child(index), row))).collect(),
        ),
        Kind::Map(key, element) => map(key, element, &vector.list_child(), vector.get(row)),
        Kind::Union(members) => union(members, vector, row),
    }
}

fn plain(id: ffi::duckdb_type, vector: &Vector<'_>, row: usize) -> Value {
    match id {
        ffi::DUCKDB_TYPE_DUCKDB_TYPE_BOOLEAN => Value::Bool(vector.get::<u8>(row) != 0),
        ffi::DUCKDB_TYPE_DUCKDB_TYPE_FLOAT => float(vector.get(row)),
        ffi::DUCKDB_TYPE_DUCKDB_TYPE_DOUBLE => double(vector.get(row)),
        ffi::DUCKDB_TYPE_DUCKDB_TYPE_VARCHAR => Value::String(String::from_utf8_lossy(vector.bytes(row)).into_owned()),
        ffi::DUCKDB_TYPE_DUCKDB_TYPE_BLOB | ffi::DUCKDB_TYPE_DUCKDB_TYPE_GEOMETRY => blob(vector.bytes(row)),
        ffi::DUCKDB_TYPE_DUCKDB_TYPE_BIT => Value::String(bits(vector.bytes(row))),
        ffi::DUCKDB_TYPE_DUCKDB_TYPE_BIGNUM => Value::String(bignum(vector.bytes(row))),
        ffi::DUCKDB_TYPE_DUCKDB_TYPE_UUID => Value::String(uuid(vector.get(row))),
        ffi::DUCKDB_TYPE_DUCKDB_TYPE_UHUGEINT => Value::String(vector.get::<u128>(row).to_string()),
        ffi::DUCKDB_TYPE_DUCKDB_TYPE_HUGEINT => Value::String(vector.get::<i128>(row).to_string()),
        ffi::DUCKDB_TYPE_DUCKDB_TYPE_UBIGINT => Value::String(vector.get::<u64>(row).to_string()),
        ffi::DUCKDB_TYPE_DUCKDB_TYPE_INTERVAL => Value::String(temporal::interval(vector.get(row))),
        ffi::DUCKDB_TYPE_DUCKDB_TYPE_SQLNULL => Value::Null,
        _ => temporal_value(id, vector, row).unwrap_or_else(|| small_integer(integer(id, vector, row))),
    }
}

fn temporal_value(id: ffi::duckdb_type, vector: &Vector<'_>, row: usize) -> Option<Value> {
    let text = match id {
        ffi::DUCKDB_TYPE_DUCKDB_TYPE_DATE => temporal::date(vector.get(row)),
        ffi::DUCKDB_TYPE_DUCKDB_TYPE_TIME => temporal::time(i128::from(vector.get::<i64>(row)) * 1_000),
        ffi::DUCKDB_TYPE_DUCKDB_TYPE_TIME_NS => temporal::time(i128::from(vector.get::<i64>(row))),
        ffi::DUCKDB_TYPE_DUCKDB_TYPE_TIME_TZ => temporal::time_with_zone(vector.get(row)),
        ffi::DUCKDB_TYPE_DUCKDB_TYPE_TIMESTAMP => temporal::timestamp(vector.get(row), 1_000),
        ffi::DUCKDB_TYPE_DUCKDB_TYPE_TIMESTAMP_S => temporal::timestamp(vector.get(row), 1_000_000_000),
        ffi::DUCKDB_TYPE_DUCKDB_TYPE_TIMESTAMP_MS => temporal::timestamp(vector.get(row), 1_000_000),
        ffi::DUCKDB_TYPE_DUCKDB_TYPE_TIMESTAMP_NS => temporal::timestamp(vector.get(row), 1),
        ffi::DUCKDB_TYPE_DUCKDB_TYPE_TIMESTAMP_TZ => temporal::instant(vector.get(row)),
        _ => return None,
    };
    Some(Value::String(text))
}

/// An integer of any physical type.
fn integer(storage: ffi::duckdb_type, vector: &Vector<'_>, row: usize) -> i128 {
    match storage {
        ffi::DUCKDB_TYPE_DUCKDB_TYPE_TINYINT => vector.get::<i8>(row).into(),
        ffi::DUCKDB_TYPE_DUCKDB_TYPE_SMALLINT => vector.get::<i16>(row).into(),
        ffi::DUCKDB_TYPE_DUCKDB_TYPE_INTEGER => vector.get::<i32>(row).into(),
        ffi::DUCKDB_TYPE_DUCKDB_TYPE_BIGINT => vector.get::<i64>(row).into(),
        ffi::DUCKDB_TYPE_DUCKDB_TYPE_UTINYINT => vector.get::<u8>(row).into(),
        ffi::DUCKDB_TYPE_DUCKDB_TYPE_USMALLINT => vector.get::<u16>(row).into(),
        ffi::DUCKDB_TYPE_DUCKDB_TYPE_UINTEGER => vector.get::<u32>(row).into(),
        _ => vector.get::<i128>(row),
    }
}

fn small_integer(number: i128) -> Value {
    match i64::try_from(number) {
        Ok(small) if (-SAFE_INTEGER..=SAFE_INTEGER).contains(&small) => small.into(),
        _ => Value::String(number.to_string()),
    }
}

fn double(number: f64) -> Value {
    Number::from_f64(number).map_or_else(|| Value::String(special(number).into()), Value::Number)
}

/// A single-precision number as the shortest decimal that reads back the same in single precision.
fn float(number: f32) -> Value {
    number.to_string().parse().map_or(Value::Null, double)
}

fn special(number: f64) -> &'static str {
    match (number.is_nan(), number > 0.0) {
        (true, _) => "NaN",
        (false, true) => "Infinity",
        (false, false) => "-Infinity",
    }
}

fn decimal(unscaled: i128, scale: u8) -> String {
    let scale = usize::from(scale);
    let sign = if unscaled < 0 { "-" } else { "" };
    let digits = format!("{:0>width$}", unscaled.unsigned_abs(), width = scale + 1);
    let (whole, fraction) = digits.split_at(digits.len() - scale);
    if fraction.is_empty() { format!("{sign}{whole}") } else { format!("{sign}{whole}.{fraction}") }
}

fn blob(bytes: &[u8]) -> Value {
    if bytes.len() <= BLOB_LIMIT {
        return Value::String(BASE64.encode(bytes));
    }
    json!({ "base64": BASE64.encode(&bytes[..BLOB_LIMIT]), "bytes": bytes.len(), "truncated": true })
}

/// A bit string: the first byte says how many leading bits of the second are padding.
fn bits(bytes: &[u8]) -> String {
    let Some((&padding, rest)) = bytes.split_first() else { return String::new() };
    let all = rest.iter().flat_map(|byte| (0..8).rev().map(move |bit| if byte >> bit & 1 == 1 { '1' } else { '0' }));
    all.skip(usize::from(padding)).collect()
}

/// A number of any size: three bytes of sign and length, then the magnitude, the highest byte first; all inverted when negative.
fn bignum(bytes: &[u8]) -> String {
    const HEADER: usize = 3;
    let Some(magnitude) = bytes.get(HEADER..) else { return "0".into() };
    let negative = bytes[0] & 0x80 == 0;
    let mut limbs: Vec<u32> = vec![0];
    for byte in magnitude {
        multiply_add(&mut limbs, if negative { !byte } else { *byte });
    }
    let sign = if negative { "-" } else { "" };
    let digits: Vec<String> = limbs.iter().rev().map(|limb| format!("{limb:09}")).collect();
    let digits = digits.concat();
    let significant = digits.trim_start_matches('0');
    if significant.is_empty() { "0".into() } else { format!("{sign}{significant}") }
}

/// `limbs * 256 + byte`, in limbs of nine decimal digits, the lowest first.
fn multiply_add(limbs: &mut Vec<u32>, byte: u8) {
    const BASE: u64 = 1_000_000_000;
    let mut carry = u64::from(byte);
    for limb in limbs.iter_mut() {
        carry += u64::from(*limb) * 256;
        *limb = (carry % BASE) as u32;
        carry /= BASE;
    }
    if carry > 0 {
        limbs.push(carry as u32);
    }
}

/// A UUID is kept with its highest bit inverted, so that it sorts as a signed number.
fn uuid(stored: i128) -> String {
    let hex = format!("{:032x}", (stored as u128) ^ (1 << 127));
    format!("{}-{}-{}-{}-{}", &hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..])
}

fn list(element: &Type, child: &Vector<'_>, entry: ListEntry) -> Value {
    (entry.offset..entry.offset + entry.length).map(|index| value(element, child, index as usize)).collect()
}

fn map(key: &Type, element: &Type, entries: &Vector<'_>, entry: ListEntry) -> Value {
    let (keys, values) = (entries.struct_child(0), entries.struct_child(1));
    let range = entry.offset as usize..(entry.offset + entry.length) as usize;
    range.map(|index| Value::Array(vec![value(key, &keys, index), value(element, &values, index)])).collect()
}

/// A union is a struct whose first field is the number of the member that is set.
fn union(members: &[(String, Type)], vector: &Vector<'_>, row: usize) -> Value {
    let tag = usize::from(vector.struct_child(0).get::<u8>(row));
    members.get(tag).map_or(Value::Null, |(name, kind)| {
        let set = value(kind, &vector.struct_child(tag + 1), row);
        Value::Object(Map::from_iter([(name.clone(), set)]))
    })
}

#[cfg(test)]
mod tests {
    use super::{bignum, bits, decimal};

    #[test]
    fn decimals_keep_every_digit() {
        let cases = [(0, 0, "0"), (-5, 2, "-0.05"), (1_500, 3, "1.500"), (-1, 38, "-0.00000000000000000000000000000000000001")];
        assert_eq!(cases.map(|(number, scale, _)| decimal(number, scale)), cases.map(|(_, _, text)| text.to_owned()));
    }

    #[test]
    fn bits_lose_their_padding() {
        assert_eq!(bits(&[3, 0b1111_0101]), "10101");
    }

    #[test]
    fn numbers_of_any_size_are_exact() {
        assert_eq!(bignum(&[0x80, 0, 9, 1, 0, 0, 0, 0, 0, 0, 0, 0]), "18446744073709551616");
        assert_eq!(bignum(&[0x7f, 0xff, 0xfe, 0xfe]), "-1");
    }
}
