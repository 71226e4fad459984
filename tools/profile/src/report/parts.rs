//! The sections of the report.

use super::{charts, escape, grouped, percent, readable};
use crate::result::{ColumnProfile, Exactness, Profile, Severity};

/// Issues listed in the report.
const ISSUES: usize = 200;
/// Columns of the heat map.
const HEAT: usize = 24;

/// The score, its parts and the file's facts.
pub(super) fn overview(out: &mut String, profile: &Profile) {
    let quality = &profile.quality;
    let grade = if quality.score >= 90.0 {
        "good"
    } else if quality.score >= 70.0 {
        "fair"
    } else {
        "poor"
    };
    append!(
        out,
        "<section id=\"overview\" class=\"cards\"><div class=\"card score {grade}\"><div class=\"ring\" style=\"--p:{:.1}\"><b>{:.0}</b></div><div><h2>Quality</h2><dl class=\"dims\">",
        quality.score,
        quality.score
    );
    let parts = &quality.dimensions;
    for (name, value) in [
        ("Completeness", parts.completeness),
        ("Validity", parts.validity),
        ("Consistency", parts.consistency),
        ("Uniqueness", parts.uniqueness),
        ("Structure", parts.structure),
    ] {
        append!(
            out,
            "<dt>{name}</dt><dd><meter min=\"0\" max=\"1\" low=\"0.7\" high=\"0.95\" optimum=\"1\" value=\"{value:.4}\"></meter><span>{}</span></dd>",
            percent(value)
        );
    }
    out.push_str("</dl></div></div>");
    facts(out, profile);
    types(out, profile);
    out.push_str("</section>");
}

fn facts(out: &mut String, profile: &Profile) {
    let file = &profile.file;
    let missing: u64 = profile.columns.iter().map(|column| column.nulls).sum();
    let cells = profile.scan.rows * profile.columns.len() as u64;
    let duplicates = profile.duplicates.map_or_else(
        || "not counted".to_owned(),
        |found| {
            let about = if found.exactness == Exactness::Exact { "" } else { "≈ " };
            format!("{about}{} ({})", grouped(found.rows), percent(found.ratio))
        },
    );
    let keys = if profile.key_candidates.is_empty() {
        "none found".to_owned()
    } else {
        escape(&profile.key_candidates[..profile.key_candidates.len().min(4)].join(", "))
    };
    let header = if file.has_header { "with header" } else { "no header" };
    let rows = [
        ("Missing cells", format!("{} ({})", grouped(missing), percent(crate::finish::share(missing, cells)))),
        ("Duplicate rows", duplicates),
        ("Key candidates", keys),
        ("Repaired · rejected rows", format!("{} · {}", grouped(file.ragged_rows), grouped(file.rejected_rows))),
        ("Written as", escape(&format!("{}, delimiter “{}”, {} line ends, {header}", file.encoding, file.delimiter, file.line_endings))),
    ];
    out.push_str("<div class=\"card\"><h2>At a glance</h2><dl class=\"facts\">");
    for (name, value) in rows {
        append!(out, "<dt>{name}</dt><dd>{value}</dd>");
    }
    out.push_str("</dl></div>");
}

fn types(out: &mut String, profile: &Profile) {
    let mut counts = std::collections::BTreeMap::<&str, usize>::new();
    for column in &profile.columns {
        *counts.entry(column.kind.as_str()).or_default() += 1;
    }
    out.push_str("<div class=\"card\"><h2>Columns by type</h2><ul class=\"types\">");
    for (name, count) in counts {
        append!(out, "<li><span class=\"tag {name}\">{name}</span><b>{count}</b></li>");
    }
    out.push_str("</ul>");
    if !profile.personal_data.is_empty() {
        let found: Vec<_> = profile.personal_data.iter().take(6).map(|found| format!("{} ({})", found.column, found.kind)).collect();
        append!(out, "<p class=\"personal\">Seems personal, masked here: {}</p>", escape(&found.join(", ")));
    }
    out.push_str("</div>");
}

/// The issues, most severe first.
pub(super) fn issues(out: &mut String, profile: &Profile) {
    let count = |severity: Severity| profile.issues.iter().filter(|issue| issue.severity == severity).count();
    append!(
        out,
        "<section id=\"issues\"><h2>Issues <small>{} errors · {} warnings · {} notes</small></h2>",
        count(Severity::Error),
        count(Severity::Warning),
        count(Severity::Info)
    );
    if profile.issues.is_empty() {
        out.push_str("<p class=\"mute\">None found.</p>");
    }
    out.push_str("<ul class=\"issues\">");
    for issue in profile.issues.iter().take(ISSUES) {
        let severity = issue.severity.as_str();
        let named = issue.columns.is_empty() || issue.columns.iter().all(|name| issue.message.contains(name.as_str()));
        let columns = if named { String::new() } else { format!(" <span class=\"mute\">{}</span>", escape(&issue.columns.join(", "))) };
        let fix = issue.fix.as_deref().map_or_else(String::new, |fix| format!("<p>{}</p>", coded(fix)));
        let code = escape(&issue.code.replace('_', " "));
        append!(out, "<li class=\"{severity}\"><span class=\"code\">{code}</span><div>{}{columns}{fix}</div></li>", coded(&issue.message));
    }
    out.push_str("</ul></section>");
}

/// A sentence with its `names` in type of their own.
fn coded(text: &str) -> String {
    let mut out = String::new();
    for (position, part) in text.split('`').enumerate() {
        if position % 2 == 1 {
            append!(out, "<b>{}</b>", escape(part));
        } else {
            out.push_str(&escape(part));
        }
    }
    out
}

/// The columns, each a row that opens into its charts.
pub(super) fn columns(out: &mut String, profile: &Profile, charted: usize) {
    out.push_str(
        "<section id=\"columns\"><div class=\"bar-top\"><h2>Columns</h2><input id=\"find\" type=\"search\" placeholder=\"Find a column or type…\" aria-label=\"Find a column\"><button id=\"open\" type=\"button\">Open all</button></div>",
    );
    let few = profile.columns.len() <= 12;
    for (position, column) in profile.columns.iter().enumerate() {
        let charted = out.len() < charted;
        column_card(out, column, few || position < 3, charted);
    }
    out.push_str("<p id=\"none\" class=\"mute\" hidden>No column fits.</p></section>");
}

fn column_card(out: &mut String, column: &ColumnProfile, open: bool, charted: bool) {
    let kind = column.kind.as_str();
    let open = if open { " open" } else { "" };
    let about = column.semantic_type.as_deref().unwrap_or_default();
    let find = escape(&format!("{} {kind} {about}", column.name).to_lowercase());
    append!(
        out,
        "<details class=\"col\"{open} data-find=\"{find}\"><summary><span class=\"no\">{}</span><b>{}</b><span class=\"tag {kind}\">{kind}</span><span class=\"mute about\">{}</span><span class=\"fill\" title=\"{} of rows have a value\"><i style=\"width:{:.1}%\"></i></span><span class=\"mute num\">{}</span>",
        column.position,
        escape(&column.name),
        escape(&about.replace('_', " ")),
        percent(1.0 - column.null_ratio),
        100.0 * (1.0 - column.null_ratio),
        distinct(column)
    );
    match &column.histogram {
        Some(histogram) if charted => charts::spark(out, &histogram.counts),
        _ => out.push_str("<span class=\"spark\"></span>"),
    }
    out.push_str("</summary>");
    if charted {
        column_body(out, column);
    }
    out.push_str("</details>");
}

fn distinct(column: &ColumnProfile) -> String {
    let about = if column.distinct.exactness == Exactness::Exact { "" } else { "≈ " };
    format!("{about}{} distinct", grouped(column.distinct.value))
}

fn column_body(out: &mut String, column: &ColumnProfile) {
    out.push_str("<div class=\"body\"><table class=\"stats\"><tbody>");
    for (name, value) in statistics(column) {
        append!(out, "<tr><th scope=\"row\">{name}</th><td>{value}</td></tr>");
    }
    out.push_str("</tbody></table>");
    if let Some(histogram) = &column.histogram {
        append!(out, "<figure><figcaption>Distribution{}</figcaption>", mark(column, "histogram"));
        charts::histogram(out, histogram);
        out.push_str("</figure>");
    }
    let wide = if column.histogram.is_none() { " class=\"wide\"" } else { "" };
    if !column.top_values.is_empty() {
        append!(out, "<figure{wide}><figcaption>Most frequent{}</figcaption>", mark(column, "top_values"));
        charts::bars(out, &column.top_values);
        out.push_str("</figure>");
    } else if !column.examples.is_empty() {
        let examples: Vec<_> =
            column.examples.iter().map(|example| format!("<li><span class=\"value\">{}</span></li>", escape(example))).collect();
        append!(out, "<figure{wide}><figcaption>Examples</figcaption><ol class=\"bars\">{}</ol></figure>", examples.concat());
    }
    out.push_str("</div>");
}

/// The sign that a field is an estimate, with its error.
fn mark(column: &ColumnProfile, field: &str) -> String {
    let Some(basis) = column.inexact.get(field).or_else(|| column.inexact.get("*")) else { return String::new() };
    let method = if basis.method == Exactness::Sampled { "sampled" } else { "sketch" };
    let error = basis.error.map_or_else(String::new, |error| format!(", error at most {}", readable(error)));
    format!(" <abbr title=\"{method}{error}\">≈</abbr>")
}

fn statistics(column: &ColumnProfile) -> Vec<(String, String)> {
    let mut rows: Vec<(String, String)> = vec![("Missing".into(), format!("{} ({})", grouped(column.nulls), percent(column.null_ratio)))];
    rows.push((
        "Distinct".into(),
        column.unique_ratio.map_or_else(|| "0".to_owned(), |ratio| format!("{} ({})", grouped(column.distinct.value), percent(ratio))),
    ));
    for (name, field, value) in [
        ("Minimum", "min", &column.min),
        ("Median", "median", &column.median),
        ("Mean", "mean", &column.mean),
        ("Maximum", "max", &column.max),
    ] {
        if let Some(value) = value {
            rows.push((format!("{name}{}", mark(column, field)), charts::label(value)));
        }
    }
    let unit = if column.kind.is_moment() { " days" } else { "" };
    if let Some(value) = column.stddev {
        rows.push(("Standard deviation".into(), format!("{}{unit}", readable(value))));
    }
    if let (Some(low), Some(high)) = (column.quantiles.get("p25"), column.quantiles.get("p75")) {
        rows.push((format!("Middle half{}", mark(column, "quantiles")), format!("{} to {}", charts::label(low), charts::label(high))));
    }
    counts(column, &mut rows);
    rows
}

fn counts(column: &ColumnProfile, rows: &mut Vec<(String, String)>) {
    for (name, value) in [("Skewness", column.skew), ("Kurtosis", column.kurtosis)] {
        rows.extend(value.map(|value| (name.to_owned(), readable(value))));
    }
    for (name, value) in [("Zeros", column.zeros), ("Negative", column.negatives), ("True", column.trues), ("False", column.falses)] {
        rows.extend(value.filter(|value| *value > 0).map(|value| (name.to_owned(), grouped(value))));
    }
    if let Some(outliers) = column.outliers.filter(|outliers| outliers.mild > 0) {
        rows.push((
            format!("Outliers{}", mark(column, "outliers")),
            format!("{} ({} extreme)", grouped(outliers.mild), grouped(outliers.extreme)),
        ));
    }
    if let Some(lengths) = column.lengths {
        rows.push(("Characters".into(), format!("{} to {}, {} on average", lengths.min, lengths.max, readable(lengths.mean))));
    }
    if let Some(sorted) = &column.sorted {
        rows.push(("Order".into(), sorted.replace('_', " ")));
    }
    if let Some(evidence) = column.evidence.as_ref() {
        if evidence.exceptions > 0 {
            let line = evidence.first_exception_line.map_or_else(String::new, |line| format!(", first on line {}", grouped(line)));
            rows.push(("Do not fit the type".into(), format!("{}{line}", grouped(evidence.exceptions))));
        }
        rows.extend(evidence.note.as_ref().map(|note| ("Note".to_owned(), escape(note))));
    }
}

/// The heat map and the strongest pairs.
pub(super) fn correlations(out: &mut String, profile: &Profile) {
    out.push_str("<section id=\"correlations\"><h2>Correlations <small>Pearson, number columns</small></h2>");
    if profile.correlations.is_empty() {
        out.push_str("<p class=\"mute\">No two number columns go together noticeably.</p></section>");
        return;
    }
    charts::heat_map(out, &profile.correlations, HEAT);
    out.push_str("</section>");
}

/// The first lines that were left out.
pub(super) fn rejects(out: &mut String, profile: &Profile) {
    if profile.rejects.is_empty() {
        return;
    }
    out.push_str("<section id=\"rejects\"><h2>Rejected lines</h2><div class=\"scroll\"><table class=\"rejects\"><thead><tr><th>Line</th><th>Why</th><th>Text</th></tr></thead><tbody>");
    for reject in &profile.rejects {
        let raw = reject.raw.as_deref().unwrap_or_default();
        append!(out, "<tr><td>{}</td><td>{}</td><td><code>{}</code></td></tr>", grouped(reject.line), escape(&reject.reason), escape(raw));
    }
    out.push_str("</tbody></table></div></section>");
}
