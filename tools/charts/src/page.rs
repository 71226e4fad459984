//! Pages: one HTML file that needs nothing else and asks nothing of the network.
//!
//! The page's content is JSON in a script element that browsers do not run; the page's own script builds elements from it,
//! data only ever as text. A content security policy admits these scripts and this style by their hashes and nothing else:
//! even markup that got into the page could neither run nor load anything.

mod app;
mod block;
mod interact;
mod lists;
mod number;
mod prose;
mod table;
mod truth;

use std::collections::BTreeMap;
use std::fmt::Write;
use std::sync::OnceLock;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Serialize;
use sha2::{Digest, Sha256};

pub use app::app;
pub use block::{Block, Cell, Section, Tone};
pub use interact::{Control, Filter, Recipe, Rows, Shape};
pub use lists::{Alerts, Bars, Card, Fact, Frequent, Notice, Part, Share};
pub use number::{Change, Number};
pub use prose::prose;
pub use table::{Table, TableColumn};
pub use truth::{Checked, Formats, Truth};

/// Draws the charts.
pub(crate) const ECHARTS: &str = include_str!("../vendor/echarts/echarts.min.js");
/// What drawing in the browser and in QuickJS share.
pub(crate) const ENGINE: &str = include_str!("engine.js");
const STYLE: &str = include_str!("page/page.css");

/// A page.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Page {
    /// What kind of page it is, such as `Data profile`.
    pub kicker: String,
    /// Its name.
    pub title: String,
    /// A sentence below the name.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub subtitle: String,
    /// Its content.
    pub sections: Vec<Section>,
    /// Sentences at its end.
    pub footer: Vec<String>,
    /// When its data was last changed, RFC 3339: the page says how long ago that is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fresh: Option<String>,
    /// What a reader may narrow it down by.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub filters: Vec<Filter>,
    /// What its queries were made with.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub controls: Vec<Control>,
    /// Rows that cells are made of, by name.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub data: BTreeMap<String, Rows>,
}

impl Page {
    /// The page as one HTML file. The same page gives the same bytes.
    pub fn html(&self) -> String {
        document(&self.title, &self.kicker, &self.subtitle, &embedded(self))
    }
}

/// The page as one HTML file, from its JSON.
pub fn html_of(page: &serde_json::Value) -> String {
    let text = |name: &str| page[name].as_str().unwrap_or_default();
    document(text("title"), text("kicker"), text("subtitle"), &embedded(page))
}

fn document(title: &str, kicker: &str, subtitle: &str, data: &str) -> String {
    let mut out = String::with_capacity(ECHARTS.len() + data.len() + 96 * 1024);
    let (title, kicker) = (escape(title), escape(kicker));
    out.push_str("<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n");
    let _ = writeln!(out, "<meta http-equiv=\"Content-Security-Policy\" content=\"{}\">", policy());
    out.push_str("<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<meta name=\"referrer\" content=\"no-referrer\">\n<meta name=\"color-scheme\" content=\"light dark\">\n");
    let _ = writeln!(out, "<title>{title} · {kicker}</title>\n<style>{STYLE}</style>\n</head>\n<body>");
    let _ = writeln!(
        out,
        "<div id=\"plain\"><h1>{title}</h1><p>{}</p><p>This page needs JavaScript, which it carries itself.</p></div>",
        escape(subtitle)
    );
    let _ = writeln!(out, "<script type=\"application/json\" id=\"page\">{data}</script>");
    let _ = writeln!(out, "<script>{}</script>\n<script>{ECHARTS}</script>\n</body>\n</html>", script());
    out
}

/// The page's own script; ECharts follows it, so that the page shows before a megabyte is read.
fn script() -> &'static str {
    static SCRIPT: OnceLock<String> = OnceLock::new();
    SCRIPT.get_or_init(|| {
        let parts = [
            ENGINE,
            include_str!("page/dom.js"),
            include_str!("page/cards.js"),
            include_str!("page/blocks.js"),
            include_str!("page/shape.js"),
            include_str!("page/filters.js"),
            include_str!("page/page.js"),
        ];
        parts.concat()
    })
}

/// The content security policy: these scripts and this style by their hashes, pictures made by the page itself, nothing else.
fn policy() -> &'static str {
    static POLICY: OnceLock<String> = OnceLock::new();
    POLICY.get_or_init(|| {
        format!(
            "default-src 'none'; script-src '{}' '{}'; style-src '{}'; img-src data: blob:; base-uri 'none'; form-action 'none'",
            hash(script()),
            hash(ECHARTS),
            hash(STYLE)
        )
    })
}

/// A source as content security policies name it.
fn hash(source: &str) -> String {
    format!("sha256-{}", STANDARD.encode(Sha256::digest(source.as_bytes())))
}

/// JSON that cannot end the script element it stands in.
fn embedded(value: &impl Serialize) -> String {
    let json = serde_json::to_string(value).unwrap_or_else(|_| "null".to_owned());
    json.replace('<', "\\u003c").replace('\u{2028}', "\\u2028").replace('\u{2029}', "\\u2029")
}

/// Text made safe for HTML, in elements and in quoted attributes.
pub fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            _ => out.push(c),
        }
    }
    out
}
