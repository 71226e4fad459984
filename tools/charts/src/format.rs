//! How numbers are written: the names that charts use, and the same forms in text.

use data_stack_core::{ToolError, nearest::nearest};

/// How values are written. In specifications it is a name: `number`, `integer`, `compact`, `percent`, `bytes`, `currency:EUR`,
/// `date` or `text`; `number:2` fixes the decimals.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Format(String);

const NAMES: [&str; 8] = ["number", "integer", "compact", "percent", "bytes", "currency", "date", "text"];

impl Format {
    /// The format of this name.
    pub fn parse(name: &str, field: &str) -> Result<Self, ToolError> {
        let (kind, detail) = name.split_once(':').unwrap_or((name, ""));
        let fits = match kind {
            "currency" => detail.is_empty() || detail.len() == 3 && detail.bytes().all(|byte| byte.is_ascii_uppercase()),
            "number" | "percent" => detail.is_empty() || detail.len() == 1 && detail.as_bytes()[0].is_ascii_digit(),
            _ => detail.is_empty(),
        };
        if fits && NAMES.contains(&kind) {
            return Ok(Self(name.to_owned()));
        }
        let near = nearest(kind, NAMES, 1);
        let hint = near.first().map_or_else(|| "Such as `currency:EUR` or `percent`.".to_owned(), |near| format!("Did you mean `{near}`?"));
        Err(ToolError::invalid(field, format!("`{field}`: `{name}` is no format"), hint).valid(NAMES))
    }

    /// Its name.
    pub fn name(&self) -> &str {
        &self.0
    }

    /// A number in this format.
    pub fn write(&self, value: f64) -> String {
        let (kind, detail) = self.0.split_once(':').unwrap_or((&self.0, ""));
        let decimals = detail.parse::<usize>().ok();
        match kind {
            "integer" => fixed(value, 0),
            "compact" => scaled(value, &["", " k", " M", " bn", " tn"]),
            "bytes" => scaled(value, &[" B", " kB", " MB", " GB", " TB"]),
            "percent" => {
                let digits = decimals.unwrap_or(if value.abs() < 0.01 { 2 } else { 1 });
                format!("{} %", trimmed(&fixed(value * 100.0, digits)))
            }
            "currency" => {
                let digits = if value.abs() >= 1000.0 || value.fract() == 0.0 { 0 } else { 2 };
                let text = fixed(value.abs(), digits);
                format!("{}{}{text}", if value < 0.0 { "−" } else { "" }, sign(detail))
            }
            _ => decimals.map_or_else(|| plain(value), |decimals| fixed(value, decimals)),
        }
    }
}

fn sign(currency: &str) -> String {
    match currency {
        "EUR" => "€".to_owned(),
        "USD" => "$".to_owned(),
        "GBP" => "£".to_owned(),
        "JPY" => "¥".to_owned(),
        "INR" => "₹".to_owned(),
        "CNY" => "CN¥".to_owned(),
        "" => String::new(),
        other => format!("{other} "),
    }
}

/// A number as people read it: at most four significant decimals, very large and very small ones in powers of ten.
pub fn plain(value: f64) -> String {
    let size = value.abs();
    if size == 0.0 {
        return "0".to_owned();
    }
    if !(1e-4..1e15).contains(&size) {
        return format!("{value:.2e}").replace('-', "−");
    }
    if value.fract() == 0.0 {
        return fixed(value, 0);
    }
    let decimals = (3 - size.log10().floor() as i32).clamp(0, 6) as usize;
    trimmed(&fixed(value, decimals))
}

/// A count with its thousands set apart.
pub fn grouped(count: u64) -> String {
    let digits = count.to_string();
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// A share in percent; what is not nothing is never shown as nothing, what is not all never as all.
pub fn percent(share: f64) -> String {
    match share * 100.0 {
        value if value == 0.0 || share >= 1.0 => format!("{value:.0} %"),
        value if value < 0.1 => "< 0.1 %".to_owned(),
        value => format!("{:.1} %", value.min(99.9)),
    }
}

/// Bytes as people read them.
pub fn bytes(count: u64) -> String {
    scaled(count as f64, &[" bytes", " kB", " MB", " GB", " TB"])
}

fn fixed(value: f64, decimals: usize) -> String {
    let text = format!("{:.decimals$}", value.abs());
    let (whole, rest) = text.split_once('.').map_or((text.as_str(), ""), |(whole, rest)| (whole, rest));
    let zero = !text.bytes().any(|byte| (b'1'..=b'9').contains(&byte));
    let whole = whole.parse::<u64>().map_or_else(|_| whole.to_owned(), grouped);
    let minus = if value < 0.0 && !zero { "−" } else { "" };
    if rest.is_empty() { format!("{minus}{whole}") } else { format!("{minus}{whole}.{rest}") }
}

fn trimmed(text: &str) -> String {
    if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.').to_owned() } else { text.to_owned() }
}

fn scaled(value: f64, units: &[&str]) -> String {
    let mut size = value;
    let mut step = 0;
    while size.abs() >= 1000.0 && step + 1 < units.len() {
        size /= 1000.0;
        step += 1;
    }
    let digits = match size.abs() {
        below if below < 10.0 => 2,
        below if below < 100.0 => 1,
        _ => 0,
    };
    let text = if step == 0 { plain(size) } else { trimmed(&fixed(size, digits)) };
    format!("{text}{}", units[step])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_written_for_people() {
        let plainly = [0.0, 1234.0, -1_234_567.0, 2.345_678_9, 0.000_012, 1.5e17, 1e15].map(plain);
        assert_eq!(plainly, ["0", "1,234", "−1,234,567", "2.346", "1.20e−5", "1.50e17", "1.00e15"]);
        assert_eq!([0.0, 0.0004, 0.5, 0.9999, 1.0].map(percent), ["0 %", "< 0.1 %", "50.0 %", "99.9 %", "100 %"]);
        let written = |name: &str, value| Format::parse(name, "format").unwrap().write(value);
        assert_eq!(written("currency:EUR", -1234.6), "−€1,235");
        assert_eq!(written("compact", 1_250_000.0), "1.25 M");
        assert_eq!(written("percent", 0.125), "12.5 %");
        assert_eq!(written("number:2", 3.0), "3.00");
        assert_eq!(bytes(3_012_345), "3.01 MB");
    }

    #[test]
    fn an_unknown_format_names_the_nearest() {
        let error = Format::parse("percnt", "format").unwrap_err();
        assert_eq!((error.field.as_deref(), error.hints), (Some("format"), vec!["Did you mean `percent`?".to_owned()]));
    }
}
