//! What stands in a `from` clause, and how a name is looked up in it.

use std::collections::BTreeSet;

/// A column of a result and the columns of tables that it is made of.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Output {
    pub(super) name: String,
    /// Table, as `schema.name` in lower case, and column.
    pub(super) from: BTreeSet<(String, String)>,
    /// Whether it is anything but a copy.
    pub(super) computed: bool,
    /// What of it cannot be told.
    pub(super) unresolved: Option<String>,
}

impl Output {
    /// A column of a table, as it is there.
    pub(super) fn of_table(table: &str, column: &str) -> Self {
        Self { name: column.to_owned(), from: BTreeSet::from([(table.to_owned(), column.to_owned())]), ..Self::default() }
    }

    /// Takes in what another column is made of.
    pub(super) fn absorb(&mut self, other: &Self) {
        self.from.extend(other.from.iter().cloned());
        self.computed |= other.computed;
        self.unresolved = self.unresolved.take().or_else(|| other.unresolved.clone());
    }
}

/// Something that columns are taken from.
#[derive(Debug, Clone, Default)]
pub(super) struct Relation {
    /// The name that it goes by.
    pub(super) alias: String,
    /// The table that it is, if it is one whose columns nobody knows.
    pub(super) table: Option<String>,
    /// Its columns; `None` where they are not known.
    pub(super) columns: Option<Vec<Output>>,
    /// Columns that `*` does not show a second time.
    pub(super) joined: Vec<String>,
    /// Whether `*` shows it at all: the right side of a semi join is only looked at.
    pub(super) hidden: bool,
}

impl Relation {
    /// A column of it, if it has it or may have it.
    fn column(&self, name: &str) -> Option<Output> {
        match &self.columns {
            Some(columns) => columns.iter().find(|column| column.name.eq_ignore_ascii_case(name)).cloned(),
            None => Some(match &self.table {
                Some(table) => Output::of_table(table, name),
                None => Output {
                    name: name.to_owned(),
                    computed: true,
                    unresolved: Some(format!("the columns of {} are not known", self.alias)),
                    ..Output::default()
                },
            }),
        }
    }
}

/// The relations of a query, in a query around it.
#[derive(Debug, Clone, Default)]
pub(super) struct Scope<'a> {
    pub(super) relations: Vec<Relation>,
    /// What the query has already selected: DuckDB lets later columns name earlier ones.
    pub(super) selected: Vec<Output>,
    pub(super) outer: Option<&'a Scope<'a>>,
}

impl Scope<'_> {
    /// The column that a name of one or more parts means.
    pub(super) fn find(&self, parts: &[&str]) -> Option<Output> {
        let qualified = |relation: &&Relation, parts: &[&str]| relation.alias.eq_ignore_ascii_case(parts[0]);
        let found = match parts {
            [] => None,
            [name] => self.unqualified(name),
            [_, name, ..] => {
                let own = self.relations.iter().find(|relation| qualified(relation, parts)).and_then(|relation| relation.column(name));
                // A schema before the table, or a field behind the column.
                own.or_else(|| if self.knows_schema(parts) { self.find(&parts[1..]) } else { self.unqualified(parts[0]).map(field) })
            }
        };
        found.or_else(|| self.outer?.find(parts))
    }

    fn knows_schema(&self, parts: &[&str]) -> bool {
        parts.len() > 2 && self.relations.iter().any(|relation| relation.alias.eq_ignore_ascii_case(parts[1]))
    }

    fn unqualified(&self, name: &str) -> Option<Output> {
        let known = self.relations.iter().filter(|relation| relation.columns.is_some()).find_map(|relation| relation.column(name));
        known.or_else(|| self.selected.iter().find(|output| output.name.eq_ignore_ascii_case(name)).cloned()).or_else(|| {
            let mut unknown = self.relations.iter().filter(|relation| relation.columns.is_none());
            match (unknown.next(), unknown.next()) {
                (Some(only), None) => only.column(name),
                (Some(_), Some(_)) => Some(Output {
                    name: name.to_owned(),
                    computed: true,
                    unresolved: Some(format!("`{name}` may be of several tables whose columns are not known")),
                    ..Output::default()
                }),
                (None, _) => None,
            }
        })
    }
}

fn field(column: Output) -> Output {
    Output { computed: true, ..column }
}
