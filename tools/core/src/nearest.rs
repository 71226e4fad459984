//! Did-you-mean: the names nearest to one that does not exist.

/// At most `limit` of `names`, nearest to `wanted` first; nothing that is not alike.
pub fn nearest<'a>(wanted: &str, names: impl IntoIterator<Item = &'a str>, limit: usize) -> Vec<String> {
    let wanted = wanted.to_lowercase();
    let mut scored: Vec<(f64, &str)> =
        names.into_iter().map(|name| (likeness(&wanted, &name.to_lowercase()), name)).filter(|(score, _)| *score >= 0.6).collect();
    scored.sort_by(|a, b| b.0.total_cmp(&a.0).then_with(|| a.1.cmp(b.1)));
    scored.into_iter().take(limit).map(|(_, name)| name.to_owned()).collect()
}

fn likeness(wanted: &str, name: &str) -> f64 {
    let contained = wanted.len() >= 3 && (name.contains(wanted) || wanted.contains(name) && name.len() >= 3);
    strsim::jaro_winkler(wanted, name).max(strsim::normalized_damerau_levenshtein(wanted, name)).max(if contained { 0.85 } else { 0.0 })
}

#[cfg(test)]
mod tests {
    use super::nearest;

    #[test]
    fn nearest_names_come_first_and_strangers_not_at_all() {
        let names = ["transactions", "customers", "transaction_lines"];
        assert_eq!(nearest("transaction", names, 2), ["transactions", "transaction_lines"]);
        assert_eq!(nearest("zzz", names, 3), Vec::<String>::new());
    }
}
