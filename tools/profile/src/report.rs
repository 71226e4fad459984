//! The report: one HTML file that needs nothing else and asks nothing of the network.
//!
//! Everything is drawn here as HTML and SVG; the only script filters the columns. All text from the data is escaped, and a
//! content security policy forbids the page to load or send anything.

mod charts;
mod page;
mod parts;

use crate::result::Profile;

/// Bytes of the page beyond which columns are listed without their charts, so that it stays below 3 MB.
const CHARTED: usize = 2_200_000;

/// The report of a profile.
pub(crate) fn html(profile: &Profile) -> String {
    let mut out = String::with_capacity(64 * 1024);
    page::begin(&mut out, profile);
    parts::overview(&mut out, profile);
    parts::issues(&mut out, profile);
    parts::columns(&mut out, profile, CHARTED);
    parts::correlations(&mut out, profile);
    parts::rejects(&mut out, profile);
    page::end(&mut out, profile);
    out
}

/// Text made safe for HTML, in elements and in quoted attributes.
pub(crate) fn escape(text: &str) -> String {
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

/// A count with its thousands set apart.
pub(crate) fn grouped(count: u64) -> String {
    let digits = count.to_string();
    let mut out = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            out.push('\u{202f}');
        }
        out.push(digit);
    }
    out
}

/// A number as people read it: at most five significant digits.
pub(crate) fn readable(value: f64) -> String {
    let size = value.abs();
    if value.fract() == 0.0 && size < 1e12 {
        let sign = if value < 0.0 { "−" } else { "" };
        return format!("{sign}{}", grouped(size as u64));
    }
    if !(1e-4..1e9).contains(&size) {
        return format!("{value:.3e}");
    }
    let decimals = (4 - size.log10().floor() as i32).clamp(0, 8) as usize;
    let text = format!("{value:.decimals$}");
    if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.').to_owned() } else { text }
}

/// A share in percent.
pub(crate) fn percent(share: f64) -> String {
    match share * 100.0 {
        value if value == 0.0 || value >= 99.95 && share >= 1.0 => format!("{value:.0} %"),
        value if value < 0.1 => "< 0.1 %".to_owned(),
        value => format!("{:.1} %", value.min(99.9)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_cannot_leave_its_place() {
        assert_eq!(escape("<img src=x onerror='a' \"b\">&"), "&lt;img src=x onerror=&#39;a&#39; &quot;b&quot;&gt;&amp;");
    }

    #[test]
    fn numbers_are_written_for_people() {
        let found = [0.0, 1234.0, -1_234_567.0, 2.345_678_9, 0.000_012, 1.5e12].map(readable);
        assert_eq!(found, ["0", "1\u{202f}234", "−1\u{202f}234\u{202f}567", "2.3457", "1.200e-5", "1.500e12"]);
        assert_eq!([0.0, 0.0004, 0.5, 0.9999, 1.0].map(percent), ["0 %", "< 0.1 %", "50.0 %", "99.9 %", "100 %"]);
    }
}
