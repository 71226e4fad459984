//! A table's name for a source that comes without one.

/// The name that the source's file suggests: `in/Orders 2024.csv.gz` becomes `orders_2024`, `sales-*.csv` becomes `sales`.
pub(crate) fn derive(source: &str) -> Option<String> {
    let path = if source.contains("://") { source.split(['?', '#']).next().unwrap_or(source) } else { source };
    let file = path.trim_end_matches('/').rsplit('/').next().unwrap_or(path);
    let stem = file.split('.').find(|part| !part.is_empty()).unwrap_or_default();
    let words: Vec<String> =
        stem.split(|character: char| !character.is_alphanumeric()).filter(|word| !word.is_empty()).map(str::to_lowercase).collect();
    let name = words.join("_");
    match name.chars().next() {
        None => None,
        Some(first) if first.is_ascii_digit() => Some(format!("t_{name}")),
        Some(_) => Some(name),
    }
}

/// The name as it stands in SQL.
pub(crate) fn sql(table: &str) -> String {
    table.strip_prefix("main.").unwrap_or(table).to_owned()
}

#[cfg(test)]
mod tests {
    use super::derive;

    #[test]
    fn names_follow_the_file() {
        let cases = [
            ("transactions.csv", Some("transactions")),
            ("in/Orders 2024.csv.gz", Some("orders_2024")),
            ("sales-*.csv", Some("sales")),
            ("https://host/a/2024-orders.parquet?token=x", Some("t_2024_orders")),
            ("s3://bucket/in/", Some("in")),
            ("*.csv", None),
            ("", None),
        ];
        for (source, expected) in cases {
            assert_eq!(derive(source).as_deref(), expected, "{source}");
        }
    }
}
