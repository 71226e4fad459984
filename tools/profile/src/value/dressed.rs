//! Numbers in a dress: with thousands separators, a decimal comma, a currency or a percent sign.

/// What sets off decimals.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Style {
    /// `1,234.50`
    Point,
    /// `1.234,50`
    Comma,
}

/// A dressed number.
#[expect(clippy::struct_excessive_bools, reason = "four independent facts about how a number is written")]
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Dressed {
    /// As written: `12 %` is 12.
    pub(crate) value: f64,
    /// Whether it is written without decimals.
    pub(crate) whole: bool,
    /// Whether it wears anything that [`super::number`] does not read.
    pub(crate) worn: bool,
    /// Whether thousands are set apart.
    pub(crate) grouped: bool,
    /// The currency as written.
    pub(crate) currency: Option<&'static str>,
    /// Whether a percent sign follows.
    pub(crate) percent: bool,
}

/// The longest text that is tried.
const LONGEST: usize = 40;

/// Signs and codes of currencies, longer ones before their parts.
const CURRENCIES: [&str; 24] = [
    "US$", "R$", "$", "€", "£", "¥", "₹", "₽", "₩", "₪", "₺", "zł", "kr", "Kč", "USD", "EUR", "GBP", "CHF", "JPY", "CNY", "INR", "CAD",
    "AUD", "SEK",
];

/// Reads a number that may wear separators, signs and a currency.
pub(crate) fn dressed(text: &[u8], style: Style) -> Option<Dressed> {
    if text.len() > LONGEST || !text.iter().any(u8::is_ascii_digit) {
        return None;
    }
    let text = std::str::from_utf8(text).ok()?.trim();
    let (mut negative, bare) = match text.strip_prefix('(').and_then(|rest| rest.strip_suffix(')')) {
        Some(inner) => (true, inner),
        None => (false, text),
    };
    let mut worn = negative;
    let mut currency = None;
    let mut rest = bare;
    for _ in 0..2 {
        if let Some(unsigned) = rest.strip_prefix(['-', '−']) {
            (negative, rest) = (!negative, unsigned.trim_start());
        }
        if currency.is_none() {
            (currency, rest) = before(rest.strip_prefix('+').unwrap_or(rest));
        }
    }
    let percent = rest.ends_with('%');
    rest = rest.strip_suffix('%').unwrap_or(rest).trim_end();
    if currency.is_none() {
        (currency, rest) = after(rest);
    }
    worn |= currency.is_some() || percent;
    let digits = digits(rest, style, worn)?;
    let value = if negative { -digits.value } else { digits.value };
    Some(Dressed { value, whole: digits.whole, worn: worn || digits.worn, grouped: digits.grouped, currency, percent })
}

/// Whether the text is a number in a dress, in whichever style.
pub(crate) fn is_dressed(text: &[u8]) -> bool {
    [Style::Point, Style::Comma].into_iter().any(|style| dressed(text, style).is_some_and(|found| found.worn))
}

fn before(text: &str) -> (Option<&'static str>, &str) {
    let found = CURRENCIES.iter().find_map(|sign| text.strip_prefix(sign).map(|rest| (Some(*sign), rest.trim_start())));
    found.unwrap_or((None, text))
}

fn after(text: &str) -> (Option<&'static str>, &str) {
    let found = CURRENCIES.iter().find_map(|sign| text.strip_suffix(sign).map(|rest| (Some(*sign), rest.trim_end())));
    found.unwrap_or((None, text))
}

struct Digits {
    value: f64,
    whole: bool,
    worn: bool,
    grouped: bool,
}

/// Reads digits with decimals and thousands set apart by one kind of separator, in groups of three.
fn digits(text: &str, style: Style, sure: bool) -> Option<Digits> {
    let (point, group) = if style == Style::Point { ('.', ',') } else { (',', '.') };
    let (whole, fraction) = text.split_once(point).map_or((text, None), |(whole, fraction)| (whole, Some(fraction)));
    let separator = whole.chars().find(|c| !c.is_ascii_digit());
    if fraction.is_some_and(|digits| digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit())) {
        return None;
    }
    let mut plain = String::with_capacity(LONGEST);
    if let Some(separator) = separator {
        if separator != group && !matches!(separator, ' ' | '\u{a0}' | '\u{202f}' | '\'') {
            return None;
        }
        let groups: Vec<&str> = whole.split(separator).collect();
        let fits = |(at, group): (usize, &&str)| {
            group.bytes().all(|byte| byte.is_ascii_digit()) && if at == 0 { (1..=3).contains(&group.len()) } else { group.len() == 3 }
        };
        // `123 456 789` is as likely a telephone number as a count.
        let phone = separator == ' ' && !sure && fraction.is_none() && groups.len() > 2 && groups[0].len() == 3;
        if phone || !groups.iter().enumerate().all(fits) {
            return None;
        }
        plain.extend(groups);
    } else {
        plain.push_str(whole);
    }
    if plain.is_empty() || plain.len() > 18 || plain.len() > 1 && plain.starts_with('0') {
        return None;
    }
    if let Some(fraction) = fraction {
        plain.push('.');
        plain.push_str(fraction);
    }
    let value = fast_float2::parse(&plain).ok()?;
    let worn = separator.is_some() || fraction.is_some() && style == Style::Comma;
    Some(Digits { value, whole: fraction.is_none(), worn, grouped: separator.is_some() })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn point(text: &str) -> Option<f64> {
        dressed(text.as_bytes(), Style::Point).map(|found| found.value)
    }

    fn comma(text: &str) -> Option<f64> {
        dressed(text.as_bytes(), Style::Comma).map(|found| found.value)
    }

    #[test]
    fn numbers_are_read_in_both_styles() {
        assert_eq!((point("1,234.50"), comma("1.234,50")), (Some(1234.5), Some(1234.5)));
        assert_eq!((point("1,234"), comma("1,234")), (Some(1234.0), Some(1.234)));
        assert_eq!((point("$ -1,234,567"), point("-$5"), point("(12.50)")), (Some(-1_234_567.0), Some(-5.0), Some(-12.5)));
        assert_eq!((comma("12,5 %"), comma("1 234,56 €"), point("1'000 CHF")), (Some(12.5), Some(1234.56), Some(1000.0)));
        assert_eq!((point("42"), comma("42"), point("0.5"), comma("0,5")), (Some(42.0), Some(42.0), Some(0.5), Some(0.5)));
    }

    #[test]
    fn what_is_no_number_is_refused_in_both_styles() {
        for text in ["", "%", "A,1", "1,2,3", "12,34.5", "007", "$007", "123 456 789", "1,,234", "1.2.3", "12:30", "€", "5 apples"] {
            assert_eq!((point(text), comma(text).filter(|_| text != "1,2")), (None, None), "{text}");
        }
    }

    #[test]
    fn what_is_worn_is_told() {
        let read =
            |text: &str, style| dressed(text.as_bytes(), style).map(|found| (found.worn, found.grouped, found.currency, found.percent));
        assert_eq!(read("1234", Style::Point), Some((false, false, None, false)));
        assert_eq!(read("€ 1.234", Style::Comma), Some((true, true, Some("€"), false)));
        assert_eq!(read("5%", Style::Point), Some((true, false, None, true)));
        assert!(is_dressed(b"1,5") && is_dressed(b"1,234") && !is_dressed(b"1.5") && !is_dressed(b"15"));
    }
}
