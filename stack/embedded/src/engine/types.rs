//! DuckDB's types: what a column holds, and the type's name as DuckDB writes it.

use duckdb::ffi;

use super::handle::text;
use super::session::identifier;

/// A type with its name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Type {
    /// As DuckDB writes it, such as `DECIMAL(18,3)` or `STRUCT(a INTEGER)[]`.
    pub(crate) name: String,
    /// What it holds.
    pub(crate) kind: Kind,
}

/// What a type holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A type without parts, by its number.
    Plain(ffi::duckdb_type),
    /// An exact number with `scale` digits after the point, kept in an integer of `storage`.
    Decimal { scale: u8, storage: ffi::duckdb_type },
    /// One of `labels`, kept as an integer of `storage`.
    Enum { labels: Vec<String>, storage: ffi::duckdb_type },
    /// Any number of elements.
    List(Box<Type>),
    /// A fixed number of elements.
    Array(Box<Type>, usize),
    /// Named fields.
    Struct(Vec<(String, Type)>),
    /// Keys and values.
    Map(Box<Type>, Box<Type>),
    /// One of several named members.
    Union(Vec<(String, Type)>),
}

impl Type {
    /// Reads a type and destroys the handle.
    pub(crate) fn take(mut raw: ffi::duckdb_logical_type) -> Self {
        let found = Self::read(raw);
        // SAFETY: the handle was given to us.
        unsafe { ffi::duckdb_destroy_logical_type(&raw mut raw) };
        found
    }

    fn read(raw: ffi::duckdb_logical_type) -> Self {
        // SAFETY: the handle is live.
        let id = unsafe { ffi::duckdb_get_type_id(raw) };
        let kind = read_kind(raw, id);
        let name = alias(raw).unwrap_or_else(|| name_of(&kind, id, raw));
        Self { name, kind }
    }
}

fn read_kind(raw: ffi::duckdb_logical_type, id: ffi::duckdb_type) -> Kind {
    // SAFETY (all blocks): the handle is live, and each function fits the type whose number was just read.
    match id {
        ffi::DUCKDB_TYPE_DUCKDB_TYPE_DECIMAL => unsafe {
            Kind::Decimal { scale: ffi::duckdb_decimal_scale(raw), storage: ffi::duckdb_decimal_internal_type(raw) }
        },
        ffi::DUCKDB_TYPE_DUCKDB_TYPE_ENUM => Kind::Enum { labels: labels(raw), storage: unsafe { ffi::duckdb_enum_internal_type(raw) } },
        ffi::DUCKDB_TYPE_DUCKDB_TYPE_LIST => Kind::List(boxed(unsafe { ffi::duckdb_list_type_child_type(raw) })),
        ffi::DUCKDB_TYPE_DUCKDB_TYPE_ARRAY => {
            let size = unsafe { ffi::duckdb_array_type_array_size(raw) } as usize;
            Kind::Array(boxed(unsafe { ffi::duckdb_array_type_child_type(raw) }), size)
        }
        ffi::DUCKDB_TYPE_DUCKDB_TYPE_MAP => {
            Kind::Map(boxed(unsafe { ffi::duckdb_map_type_key_type(raw) }), boxed(unsafe { ffi::duckdb_map_type_value_type(raw) }))
        }
        ffi::DUCKDB_TYPE_DUCKDB_TYPE_STRUCT => Kind::Struct(fields(raw)),
        ffi::DUCKDB_TYPE_DUCKDB_TYPE_UNION => Kind::Union(members(raw)),
        other => Kind::Plain(other),
    }
}

fn boxed(raw: ffi::duckdb_logical_type) -> Box<Type> {
    Box::new(Type::take(raw))
}

fn labels(raw: ffi::duckdb_logical_type) -> Vec<String> {
    // SAFETY: the handle is an enum's, the indexes are in range, each text is freed by `owned`.
    unsafe {
        (0..u64::from(ffi::duckdb_enum_dictionary_size(raw))).map(|index| owned(ffi::duckdb_enum_dictionary_value(raw, index))).collect()
    }
}

fn fields(raw: ffi::duckdb_logical_type) -> Vec<(String, Type)> {
    // SAFETY: the handle is a struct's, the indexes are in range.
    unsafe {
        (0..ffi::duckdb_struct_type_child_count(raw))
            .map(|index| {
                (owned(ffi::duckdb_struct_type_child_name(raw, index)), Type::take(ffi::duckdb_struct_type_child_type(raw, index)))
            })
            .collect()
    }
}

fn members(raw: ffi::duckdb_logical_type) -> Vec<(String, Type)> {
    // SAFETY: the handle is a union's, the indexes are in range.
    unsafe {
        (0..ffi::duckdb_union_type_member_count(raw))
            .map(|index| {
                (owned(ffi::duckdb_union_type_member_name(raw, index)), Type::take(ffi::duckdb_union_type_member_type(raw, index)))
            })
            .collect()
    }
}

/// Copies a text that DuckDB allocated for us, and frees it.
pub(super) fn owned(pointer: *mut std::ffi::c_char) -> String {
    let copy = text(pointer);
    // SAFETY: allocated by DuckDB for us, or null.
    unsafe { ffi::duckdb_free(pointer.cast()) };
    copy
}

fn alias(raw: ffi::duckdb_logical_type) -> Option<String> {
    // SAFETY: the handle is live.
    Some(owned(unsafe { ffi::duckdb_logical_type_get_alias(raw) })).filter(|alias| !alias.is_empty())
}

fn name_of(kind: &Kind, id: ffi::duckdb_type, raw: ffi::duckdb_logical_type) -> String {
    match kind {
        Kind::Plain(_) => plain_name(id).to_owned(),
        // SAFETY: the handle is a decimal's.
        Kind::Decimal { scale, .. } => format!("DECIMAL({},{scale})", unsafe { ffi::duckdb_decimal_width(raw) }),
        Kind::Enum { labels, .. } => {
            let quoted: Vec<String> = labels.iter().map(|label| super::session::literal(label)).collect();
            format!("ENUM({})", quoted.join(", "))
        }
        Kind::List(element) => format!("{}[]", element.name),
        Kind::Array(element, size) => format!("{}[{size}]", element.name),
        Kind::Struct(fields) => format!("STRUCT({})", parts(fields)),
        Kind::Map(key, value) => format!("MAP({}, {})", key.name, value.name),
        Kind::Union(members) => format!("UNION({})", parts(members)),
    }
}

fn parts(parts: &[(String, Type)]) -> String {
    let written: Vec<String> = parts.iter().map(|(name, kind)| format!("{} {}", bare_or_quoted(name), kind.name)).collect();
    written.join(", ")
}

/// Words that cannot name a field without quotes.
const RESERVED: &str = " all analyse analyze and any array as asc asymmetric both case cast check collate column constraint create default \
    deferrable desc describe distinct do else end except false fetch for foreign from group having in initially intersect into lambda \
    lateral leading limit not null offset on only or order pivot pivot_longer pivot_wider placing primary qualify references returning \
    select show some summarize symmetric table then to trailing true union unique unpivot using variadic when where window with ";

fn bare_or_quoted(name: &str) -> String {
    let plain =
        name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_') && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    let bare = plain && !RESERVED.contains(&format!(" {} ", name.to_lowercase()));
    if bare { name.to_owned() } else { identifier(name) }
}

fn plain_name(id: ffi::duckdb_type) -> &'static str {
    match id {
        ffi::DUCKDB_TYPE_DUCKDB_TYPE_BOOLEAN => "BOOLEAN",
        ffi::DUCKDB_TYPE_DUCKDB_TYPE_TINYINT => "TINYINT",
        ffi::DUCKDB_TYPE_DUCKDB_TYPE_SMALLINT => "SMALLINT",
        ffi::DUCKDB_TYPE_DUCKDB_TYPE_INTEGER => "INTEGER",
        ffi::DUCKDB_TYPE_DUCKDB_TYPE_BIGINT => "BIGINT",
        ffi::DUCKDB_TYPE_DUCKDB_TYPE_UTINYINT => "UTINYINT",
        ffi::DUCKDB_TYPE_DUCKDB_TYPE_USMALLINT => "USMALLINT",
        ffi::DUCKDB_TYPE_DUCKDB_TYPE_UINTEGER => "UINTEGER",
        ffi::DUCKDB_TYPE_DUCKDB_TYPE_UBIGINT => "UBIGINT",
        ffi::DUCKDB_TYPE_DUCKDB_TYPE_FLOAT => "FLOAT",
        ffi::DUCKDB_TYPE_DUCKDB_TYPE_DOUBLE => "DOUBLE",
        ffi::DUCKDB_TYPE_DUCKDB_TYPE_TIMESTAMP => "TIMESTAMP",
        ffi::DUCKDB_TYPE_DUCKDB_TYPE_DATE => "DATE",
        ffi::DUCKDB_TYPE_DUCKDB_TYPE_TIME => "TIME",
        ffi::DUCKDB_TYPE_DUCKDB_TYPE_INTERVAL => "INTERVAL",
        ffi::DUCKDB_TYPE_DUCKDB_TYPE_HUGEINT => "HUGEINT",
        ffi::DUCKDB_TYPE_DUCKDB_TYPE_UHUGEINT => "UHUGEINT",
        ffi::DUCKDB_TYPE_DUCKDB_TYPE_VARCHAR => "VARCHAR",
        ffi::DUCKDB_TYPE_DUCKDB_TYPE_BLOB => "BLOB",
        ffi::DUCKDB_TYPE_DUCKDB_TYPE_TIMESTAMP_S => "TIMESTAMP_S",
        ffi::DUCKDB_TYPE_DUCKDB_TYPE_TIMESTAMP_MS => "TIMESTAMP_MS",
        ffi::DUCKDB_TYPE_DUCKDB_TYPE_TIMESTAMP_NS => "TIMESTAMP_NS",
        ffi::DUCKDB_TYPE_DUCKDB_TYPE_UUID => "UUID",
        ffi::DUCKDB_TYPE_DUCKDB_TYPE_BIT => "BIT",
        ffi::DUCKDB_TYPE_DUCKDB_TYPE_TIME_TZ => "TIME WITH TIME ZONE",
        ffi::DUCKDB_TYPE_DUCKDB_TYPE_TIMESTAMP_TZ => "TIMESTAMP WITH TIME ZONE",
        ffi::DUCKDB_TYPE_DUCKDB_TYPE_BIGNUM => "BIGNUM",
        ffi::DUCKDB_TYPE_DUCKDB_TYPE_SQLNULL => "\"NULL\"",
        ffi::DUCKDB_TYPE_DUCKDB_TYPE_TIME_NS => "TIME_NS",
        ffi::DUCKDB_TYPE_DUCKDB_TYPE_GEOMETRY => "GEOMETRY",
        ffi::DUCKDB_TYPE_DUCKDB_TYPE_VARIANT => "VARIANT",
        _ => "UNKNOWN",
    }
}
