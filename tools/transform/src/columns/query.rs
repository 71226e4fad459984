//! The columns that a query gives, from DuckDB's syntax tree of it.

use std::collections::BTreeMap;

use serde_json::Value;

use super::scope::{Output, Relation, Scope};

/// Looks columns up; knows the columns of tables by `schema.name` in lower case.
pub(super) struct Resolver<'a> {
    tables: &'a dyn Fn(&str) -> Option<Vec<String>>,
}

/// The `with` queries that a query sees, by name in lower case.
type Named = BTreeMap<String, Vec<Output>>;

impl<'a> Resolver<'a> {
    pub(super) fn new(tables: &'a dyn Fn(&str) -> Option<Vec<String>>) -> Self {
        Self { tables }
    }

    /// The columns of a whole query.
    pub(super) fn outputs(&self, node: &Value) -> Vec<Output> {
        self.query(node, &Named::new(), None)
    }

    fn query(&self, node: &Value, withs: &Named, outer: Option<&Scope<'_>>) -> Vec<Output> {
        let mut withs = withs.clone();
        for entry in list(&node["cte_map"]["map"]) {
            let columns = renamed(self.query(&entry["value"]["query"]["node"], &withs, outer), &entry["value"]["aliases"]);
            withs.insert(text(&entry["key"]).to_lowercase(), columns);
        }
        match text(&node["type"]) {
            "SELECT_NODE" => self.select(node, &withs, outer),
            "SET_OPERATION_NODE" => {
                let sides = list(&node["children"]).iter().chain([&node["left"], &node["right"]]).filter(|side| side.is_object());
                let by_name = text(&node["setop_type"]).contains("NAME");
                let mut sides = sides.map(|side| self.query(side, &withs, outer));
                let first = sides.next().unwrap_or_default();
                sides.fold(first, |all, side| united(all, side, by_name))
            }
            "RECURSIVE_CTE_NODE" => {
                let first = self.query(&node["left"], &withs, outer);
                withs.insert(text(&node["cte_name"]).to_lowercase(), first.clone());
                united(first, self.query(&node["right"], &withs, outer), false)
            }
            "CTE_NODE" => {
                let columns = renamed(self.query(&node["query"], &withs, outer), &node["aliases"]);
                withs.insert(text(&node["cte_name"]).to_lowercase(), columns);
                self.query(&node["child"], &withs, outer)
            }
            _ => Vec::new(),
        }
    }

    fn select(&self, node: &Value, withs: &Named, outer: Option<&Scope<'_>>) -> Vec<Output> {
        let mut scope = Scope { outer, ..Scope::default() };
        self.from(&node["from_table"], withs, &mut scope);
        for item in list(&node["select_list"]) {
            let outputs = if item["class"] == "STAR" { self.star(item, withs, &scope) } else { vec![self.item(item, withs, &scope)] };
            scope.selected.extend(outputs);
        }
        scope.selected
    }

    /// Adds what stands in a `from` clause to the scope.
    fn from(&self, table: &Value, withs: &Named, scope: &mut Scope<'_>) {
        let alias = text(&table["alias"]);
        let mut relation = Relation { alias: alias.to_owned(), ..Relation::default() };
        match text(&table["type"]) {
            "BASE_TABLE" => relation = self.table(table, withs),
            "SUBQUERY" => relation.columns = Some(self.query(&table["subquery"]["node"], withs, Some(scope))),
            "JOIN" => return self.join(table, withs, scope),
            "EXPRESSION_LIST" => {
                let width = table["values"].get(0).map_or(0, |row| list(row).len());
                let column = |at| Output { name: format!("col{at}"), computed: true, ..Output::default() };
                relation.columns = Some((0..width).map(column).collect());
            }
            "TABLE_FUNCTION" => {
                let names = list(&table["column_name_alias"]).iter().map(text);
                let made = self.expression(&table["function"], withs, scope);
                let columns: Vec<Output> = names.map(|name| Output { name: name.to_owned(), computed: true, ..made.clone() }).collect();
                relation.alias = if alias.is_empty() { text(&table["function"]["function_name"]).to_owned() } else { alias.to_owned() };
                relation.columns = Some(columns).filter(|columns| !columns.is_empty());
            }
            "EMPTY" | "" => return,
            other => relation.alias = if alias.is_empty() { other.to_lowercase() } else { alias.to_owned() },
        }
        relation.columns = relation.columns.map(|columns| renamed(columns, &table["column_name_alias"]));
        scope.relations.push(relation);
    }

    fn table(&self, table: &Value, withs: &Named) -> Relation {
        let (schema, name) = (text(&table["schema_name"]), text(&table["table_name"]));
        let alias = if text(&table["alias"]).is_empty() { name } else { text(&table["alias"]) }.to_owned();
        if let Some(columns) = withs.get(&name.to_lowercase()).filter(|_| schema.is_empty()) {
            return Relation { alias, columns: Some(columns.clone()), ..Relation::default() };
        }
        let full = format!("{}.{name}", if schema.is_empty() { "main" } else { schema }).to_lowercase();
        let columns = (self.tables)(&full).map(|names| names.iter().map(|column| Output::of_table(&full, column)).collect());
        Relation { alias, columns, table: Some(full), ..Relation::default() }
    }

    fn join(&self, join: &Value, withs: &Named, scope: &mut Scope<'_>) {
        self.from(&join["left"], withs, scope);
        let before = scope.relations.len();
        self.from(&join["right"], withs, scope);
        let (left, right) = scope.relations.split_at_mut(before);
        let mut shared: Vec<String> = list(&join["using_columns"]).iter().map(|name| text(name).to_owned()).collect();
        if join["ref_type"] == "NATURAL" {
            let has =
                |relation: &Relation, name: &str| relation.columns.iter().flatten().any(|column| column.name.eq_ignore_ascii_case(name));
            let names = right.iter().flat_map(|relation| relation.columns.iter().flatten()).map(|column| column.name.clone());
            shared.extend(names.filter(|name| left.iter().any(|relation| has(relation, name))));
        }
        for relation in right {
            relation.joined.extend(shared.iter().cloned());
            relation.hidden |= matches!(text(&join["join_type"]), "SEMI" | "ANTI");
        }
    }

    /// The columns that a `*` stands for.
    fn star(&self, star: &Value, withs: &Named, scope: &Scope<'_>) -> Vec<Output> {
        if star["columns"] == true || star["expr"].is_object() {
            return vec![Output {
                name: "columns(…)".to_owned(),
                computed: true,
                unresolved: Some("`columns(…)` chooses its columns as it runs".to_owned()),
                ..Output::default()
            }];
        }
        let wanted = text(&star["relation_name"]);
        let left_out = |name: &str| {
            list(&star["exclude_list"]).iter().any(|out| text(out.get("column_name").unwrap_or(out)).eq_ignore_ascii_case(name))
        };
        let mut outputs = Vec::new();
        for relation in scope
            .relations
            .iter()
            .filter(|relation| if wanted.is_empty() { !relation.hidden } else { relation.alias.eq_ignore_ascii_case(wanted) })
        {
            let Some(columns) = &relation.columns else {
                outputs.push(Output {
                    name: format!("{}.*", relation.alias),
                    computed: true,
                    unresolved: Some(format!("the columns of {} are not known", relation.alias)),
                    ..Output::default()
                });
                continue;
            };
            let twice = |name: &str| wanted.is_empty() && relation.joined.iter().any(|joined| joined.eq_ignore_ascii_case(name));
            outputs.extend(columns.iter().filter(|column| !left_out(&column.name) && !twice(&column.name)).cloned());
        }
        for replaced in list(&star["replace_list"]) {
            if let Some(output) = outputs.iter_mut().find(|output| output.name.eq_ignore_ascii_case(text(&replaced["key"]))) {
                *output = Output { name: output.name.clone(), ..self.item(&replaced["value"], withs, scope) };
            }
        }
        for renamed in list(&star["rename_list"]) {
            let from = renamed["key"].get("column_name").unwrap_or(&renamed["key"]);
            if let Some(output) = outputs.iter_mut().find(|output| output.name.eq_ignore_ascii_case(text(from))) {
                text(&renamed["value"]).clone_into(&mut output.name);
            }
        }
        outputs
    }

    /// One item of a select list.
    fn item(&self, item: &Value, withs: &Named, scope: &Scope<'_>) -> Output {
        let made = self.expression(item, withs, scope);
        let own = list(&item["column_names"]).last().map_or_else(|| text(&item["function_name"]), text);
        let name = if text(&item["alias"]).is_empty() { own } else { text(&item["alias"]) };
        Output { name: name.to_owned(), computed: made.computed || item["class"] != "COLUMN_REF", ..made }
    }

    /// Everything that an expression is made of.
    fn expression(&self, value: &Value, withs: &Named, scope: &Scope<'_>) -> Output {
        let mut made = Output::default();
        self.gather(value, withs, scope, &mut Vec::new(), &mut made);
        made
    }

    fn gather(&self, value: &Value, withs: &Named, scope: &Scope<'_>, bound: &mut Vec<String>, made: &mut Output) {
        match value {
            Value::Array(items) => items.iter().for_each(|item| self.gather(item, withs, scope, bound, made)),
            Value::Object(fields) => match text(&value["class"]) {
                "COLUMN_REF" => reference(value, scope, bound, made),
                "SUBQUERY" => {
                    self.query(&value["subquery"]["node"], withs, Some(scope)).iter().for_each(|output| made.absorb(output));
                    made.computed = true;
                    self.gather(&value["child"], withs, scope, bound, made);
                }
                "LAMBDA" => {
                    let before = bound.len();
                    bound.extend(parameters(&value["lhs"]));
                    self.gather(&value["expr"], withs, scope, bound, made);
                    bound.truncate(before);
                }
                "STAR" => self.star(value, withs, scope).iter().for_each(|output| made.absorb(output)),
                _ => fields.values().for_each(|field| self.gather(field, withs, scope, bound, made)),
            },
            _ => {}
        }
    }
}

/// Takes in what a name means, unless a lambda binds it.
fn reference(value: &Value, scope: &Scope<'_>, bound: &[String], made: &mut Output) {
    let parts: Vec<&str> = list(&value["column_names"]).iter().map(text).collect();
    if parts.first().is_some_and(|first| bound.iter().any(|name| name.eq_ignore_ascii_case(first))) {
        return;
    }
    match scope.find(&parts) {
        Some(found) => made.absorb(&found),
        None => made.unresolved = Some(format!("`{}` is not found", parts.join("."))),
    }
}

/// The names that a lambda binds: one, or a row of them.
fn parameters(value: &Value) -> Vec<String> {
    match value {
        Value::Array(items) => items.iter().flat_map(parameters).collect(),
        Value::Object(_) if value["class"] == "COLUMN_REF" => {
            list(&value["column_names"]).iter().map(|name| text(name).to_owned()).collect()
        }
        Value::Object(fields) => fields.values().flat_map(parameters).collect(),
        _ => Vec::new(),
    }
}

/// The columns with the first of them withs anew.
fn renamed(mut columns: Vec<Output>, names: &Value) -> Vec<Output> {
    for (column, name) in columns.iter_mut().zip(list(names)) {
        text(name).clone_into(&mut column.name);
    }
    columns
}

/// The columns of two queries put together, by place or by name.
fn united(mut all: Vec<Output>, more: Vec<Output>, by_name: bool) -> Vec<Output> {
    for (at, column) in more.into_iter().enumerate() {
        let same = if by_name { all.iter().position(|known| known.name.eq_ignore_ascii_case(&column.name)) } else { Some(at) };
        match same.and_then(|at| all.get_mut(at)) {
            Some(known) => known.absorb(&column),
            None => all.push(column),
        }
    }
    all
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}
