//! The page as an MCP App: the same scripts without content, which the client hands over with each answer.

use std::fmt::Write;
use std::sync::OnceLock;

use super::{ECHARTS, STYLE, hash, script};

/// What speaks with the client: MCP Apps' messages, and nothing else.
const BRIDGE: &str = include_str!("app.js");

/// The app as one HTML document that loads nothing. Always the same bytes.
pub fn app() -> &'static str {
    static APP: OnceLock<String> = OnceLock::new();
    APP.get_or_init(|| {
        let mut out = String::with_capacity(ECHARTS.len() + 96 * 1024);
        out.push_str("<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n");
        let scripts = [script(), BRIDGE, ECHARTS].map(|source| format!("'{}'", hash(source))).join(" ");
        let _ = writeln!(
            out,
            "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; script-src {scripts}; style-src '{}'; img-src data: blob:; base-uri 'none'; form-action 'none'\">",
            hash(STYLE)
        );
        out.push_str("<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<meta name=\"color-scheme\" content=\"light dark\">\n");
        let _ = writeln!(out, "<title>Dashboard</title>\n<style>{STYLE}</style>\n</head>\n<body>");
        out.push_str("<div id=\"plain\"><p>The dashboard appears here when its data has come.</p></div>\n");
        let _ = writeln!(out, "<script>{}</script>\n<script>{BRIDGE}</script>\n<script>{ECHARTS}</script>\n</body>\n</html>", script());
        out
    })
}
