//! The addresses of resources.

/// What a resource address names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Address {
    /// `data://catalog`
    Catalog,
    /// `table://<schema>/<table>`
    Table {
        /// The schema.
        schema: String,
        /// The table.
        table: String,
    },
    /// `artifact://<id>`
    Artifact,
    /// `job://<id>`
    Job(String),
    /// `audit://tail`
    Audit,
    /// `ui://data-stack/<app>`
    App,
}

/// The addresses with a name to fill in.
pub(super) const TABLE_TEMPLATE: &str = "table://{schema}/{table}";
/// See [`TABLE_TEMPLATE`].
pub(super) const ARTIFACT_TEMPLATE: &str = "artifact://{id}";
/// See [`TABLE_TEMPLATE`].
pub(super) const JOB_TEMPLATE: &str = "job://{id}";

impl Address {
    /// Reads an address; `None` when it names nothing of ours.
    pub(super) fn parse(uri: &str) -> Option<Self> {
        match uri.split_once("://")? {
            ("data", "catalog") => Some(Self::Catalog),
            ("audit", "tail") => Some(Self::Audit),
            ("ui", app) if !app.is_empty() => Some(Self::App),
            ("artifact", id) if !id.is_empty() => Some(Self::Artifact),
            ("job", id) if !id.is_empty() => Some(Self::Job(id.to_owned())),
            ("table", path) => {
                let (first, second) = path.split_once('/')?;
                let (schema, table) = (decode(first)?, decode(second)?);
                (!schema.is_empty() && !table.is_empty()).then_some(Self::Table { schema, table })
            }
            _ => None,
        }
    }
}

/// The address of a table.
pub(super) fn of_table(schema: &str, table: &str) -> String {
    format!("table://{}/{}", encode(schema), encode(table))
}

fn encode(name: &str) -> String {
    use std::fmt::Write;
    name.bytes().fold(String::with_capacity(name.len()), |mut out, byte| {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            out.push(char::from(byte));
        } else {
            let _ = write!(out, "%{byte:02X}");
        }
        out
    })
}

fn decode(text: &str) -> Option<String> {
    let mut bytes = text.bytes();
    let mut out = Vec::with_capacity(text.len());
    while let Some(byte) = bytes.next() {
        if byte == b'%' {
            let mut digit = || char::from(bytes.next()?).to_digit(16);
            let (high, low) = (digit()?, digit()?);
            out.push((high * 16 + low) as u8);
        } else {
            out.push(byte);
        }
    }
    String::from_utf8(out).ok()
}

#[cfg(test)]
mod tests {
    use super::{Address, of_table};

    #[test]
    fn any_table_name_survives_its_address() {
        for (schema, table) in [("main", "orders"), ("my schema", "a/b?c#d%e"), ("größe", "税")] {
            let parsed = Address::parse(&of_table(schema, table));
            assert_eq!(parsed, Some(Address::Table { schema: schema.into(), table: table.into() }));
        }
    }

    #[test]
    fn what_is_not_ours_has_no_address() {
        for uri in ["", "table://main", "table:///t", "table://main/%zz", "data://other", "file:///etc/passwd", "job://"] {
            assert_eq!(Address::parse(uri), None, "{uri}");
        }
    }
}
