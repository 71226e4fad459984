//! The frame of the report: head, navigation, foot.

use super::{escape, grouped};
use crate::result::Profile;

/// Everything before the first section.
pub(super) fn begin(out: &mut String, profile: &Profile) {
    let file = &profile.file;
    let name = file.path.rsplit('/').next().unwrap_or(&file.path);
    let title = escape(name);
    let modified =
        file.modified.as_deref().map_or_else(String::new, |time| format!(" · changed {}", escape(time.get(..16).unwrap_or(time))));
    out.push_str("<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\">");
    out.push_str("<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; base-uri 'none'; form-action 'none'\">");
    out.push_str("<meta name=\"viewport\" content=\"width=device-width,initial-scale=1\"><meta name=\"referrer\" content=\"no-referrer\">");
    append!(out, "<title>{title} · profile</title><style>{}</style></head><body>", include_str!("style.css"));
    append!(
        out,
        "<header class=\"top\"><div><p class=\"kicker\">Data profile</p><h1>{title}</h1><p class=\"sub\">{} rows × {} columns · {}{modified}</p></div>\
         <nav><a href=\"#overview\">Overview</a><a href=\"#issues\">Issues</a><a href=\"#columns\">Columns</a><a href=\"#correlations\">Correlations</a></nav></header><main>",
        grouped(file.rows),
        grouped(file.columns),
        size(file.bytes)
    );
}

/// Everything behind the last section.
pub(super) fn end(out: &mut String, profile: &Profile) {
    let exact =
        if profile.scan.complete { "Every row was read." } else { "Only the beginning of the file was read: all numbers are sampled." };
    append!(
        out,
        "</main><footer>{exact} Numbers marked ≈ are estimates with the error given in their tooltip. Values that seem personal are masked.</footer><script>{}</script></body></html>",
        include_str!("script.js")
    );
}

/// Bytes as people read them.
fn size(bytes: u64) -> String {
    match bytes {
        0..1_000 => format!("{bytes} bytes"),
        1_000..1_000_000 => format!("{:.1} kB", bytes as f64 / 1e3),
        1_000_000..1_000_000_000 => format!("{:.1} MB", bytes as f64 / 1e6),
        _ => format!("{:.1} GB", bytes as f64 / 1e9),
    }
}
