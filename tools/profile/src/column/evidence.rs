//! Why a column has its type: what its values look like, counted, with the line of the first exception.

use super::Reading;
use crate::value::dressed::{Dressed, Style, dressed};
use crate::value::{self, DateOrder, Number};

/// Lines kept for showing where something is.
pub(crate) const LINES: usize = 5;

/// How many values look like what.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Shapes {
    pub(crate) integers: u64,
    pub(crate) floats: u64,
    pub(crate) padded: u64,
    pub(crate) long: u64,
    /// Integers of twelve digits or more.
    pub(crate) wide: u64,
    /// Dates, by order: day first, month first.
    pub(crate) moments: [u64; 2],
    /// Points in time with a time of day.
    pub(crate) timed: u64,
    pub(crate) booleans: u64,
    pub(crate) sentinels: u64,
    /// Numbers in a dress, by what sets off decimals: a point, a comma. They are counted among the others too.
    pub(crate) dressed: [u64; 2],
    /// Floats that read as whole numbers where a point sets thousands apart.
    pub(crate) grouped: u64,
    /// Times of day; counted among the others too.
    pub(crate) clocks: u64,
    pub(crate) others: u64,
    /// The first lines of: number, moment, boolean, other.
    first: [Option<u64>; 4],
}

impl Shapes {
    /// Counts a value `weight` times.
    pub(crate) fn add(&mut self, text: &[u8], weight: u64, line: impl Fn() -> u64) {
        let kind = self.classify(text, weight);
        if let Some(slot) = kind.and_then(|kind| self.first.get_mut(kind)) {
            let line = line();
            *slot = Some(slot.map_or(line, |first| first.min(line)));
        }
    }

    fn classify(&mut self, text: &[u8], weight: u64) -> Option<usize> {
        let first = text.first().copied().unwrap_or(b' ');
        if first.is_ascii_digit() || matches!(first, b'-' | b'+' | b'.' | b' ') {
            let digits = text.len() - usize::from(!first.is_ascii_digit());
            match value::number(text) {
                Number::Integer(_) => {
                    self.integers += weight;
                    self.wide += if digits >= 12 { weight } else { 0 };
                    return Some(0);
                }
                Number::Float(_) => {
                    self.floats += weight;
                    self.grouped += if dressed(text, Style::Comma).is_some() { weight } else { 0 };
                }
                Number::ZeroPadded => self.padded += weight,
                Number::TooLong => self.long += weight,
                Number::Not => return self.classify_other(text, weight),
            }
            return Some(0);
        }
        self.classify_other(text, weight)
    }

    fn classify_other(&mut self, text: &[u8], weight: u64) -> Option<usize> {
        let day = value::moment(text, DateOrder::DayFirst);
        let month = value::moment(text, DateOrder::MonthFirst);
        if let Some(found) = day.or(month) {
            self.moments[0] += if day.is_some() { weight } else { 0 };
            self.moments[1] += if month.is_some() { weight } else { 0 };
            self.timed += if found.timed { weight } else { 0 };
            return Some(1);
        }
        if value::is_sentinel(text) {
            self.sentinels += weight;
            return None;
        }
        if value::boolean(text).is_some() {
            self.booleans += weight;
            return Some(2);
        }
        self.clocks += if value::clock(text).is_some() { weight } else { 0 };
        for (slot, style) in self.dressed.iter_mut().zip([Style::Point, Style::Comma]) {
            *slot += if dressed(text, style).is_some() { weight } else { 0 };
        }
        self.others += weight;
        Some(3)
    }

    fn moments_any(&self) -> u64 {
        self.moments[0].max(self.moments[1])
    }

    /// All values.
    pub(crate) fn total(&self) -> u64 {
        self.valid() + self.sentinels
    }

    /// All values but those that stand for nothing.
    pub(crate) fn valid(&self) -> u64 {
        self.integers + self.floats + self.padded + self.long + self.moments_any() + self.booleans + self.others
    }

    /// The reading that at least `share` of the values call for.
    pub(crate) fn reading(&self, share: f64) -> Reading {
        let valid = self.valid() as f64;
        let numbers = self.integers + self.floats;
        let codes = self.padded + self.long;
        if valid == 0.0 {
            return Reading::Text;
        }
        if numbers as f64 >= share * valid && codes as f64 <= (1.0 - super::SHARE) * valid && self.wide * 2 < numbers {
            return Reading::Number;
        }
        if let Some(style) = self.style(share) {
            return Reading::Dressed(style);
        }
        if self.clocks as f64 >= share * valid {
            return Reading::Clock;
        }
        let order = if self.moments[1] > self.moments[0] { DateOrder::MonthFirst } else { DateOrder::DayFirst };
        if self.moments_any() as f64 >= share * valid { Reading::Moment(order) } else { Reading::Text }
    }

    /// What sets off decimals, where at least `share` of the values are numbers and some wear a dress.
    fn style(&self, share: f64) -> Option<Style> {
        let [point, comma] = [self.integers + self.floats + self.dressed[0], self.integers + self.grouped + self.dressed[1]];
        let numbers = point.max(comma);
        let plain = self.dressed == [0, 0] || self.wide * 2 >= numbers;
        if plain || (numbers as f64) < share * self.valid() as f64 {
            return None;
        }
        Some(if comma > point { Style::Comma } else { Style::Point })
    }

    /// The line of the first value that is not a boolean.
    pub(crate) fn first_unlike_boolean(&self) -> Option<u64> {
        [self.first[0], self.first[1], self.first[3]].into_iter().flatten().min()
    }
}

/// A value that does not fit its column.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Exception {
    pub(crate) line: u64,
    pub(crate) text: String,
}

/// What the numbers of a column wear, counted.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Dress {
    pub(crate) worn: u64,
    pub(crate) grouped: u64,
    pub(crate) percents: u64,
    /// Numbers with a currency, and the first currency seen.
    pub(crate) currencies: u64,
    pub(crate) currency: Option<&'static str>,
    /// Whether another currency was seen too.
    pub(crate) mixed: bool,
    /// Values that can be read with points and commas exchanged too.
    pub(crate) either: u64,
    /// Those that are another number then.
    pub(crate) ambiguous: u64,
}

impl Dress {
    fn add(&mut self, found: &Dressed, other: Option<Dressed>) {
        self.worn += u64::from(found.worn);
        self.grouped += u64::from(found.grouped);
        self.percents += u64::from(found.percent);
        self.either += u64::from(other.is_some());
        self.ambiguous += u64::from(other.is_some_and(|other| other.value.total_cmp(&found.value).is_ne()));
        if let Some(currency) = found.currency {
            self.currencies += 1;
            self.mixed |= *self.currency.get_or_insert(currency) != currency;
        }
    }
}

/// What a column that is read as numbers or points in time held.
#[derive(Debug, Clone, Default)]
pub(crate) struct Evidence {
    /// Values that fitted and were whole numbers.
    pub(crate) integers: u64,
    /// Values that fitted and were written with a point or an exponent.
    pub(crate) floats: u64,
    /// Of those, the ones without a fraction.
    pub(crate) whole: u64,
    /// The range of the integers, exact beyond 2^53.
    pub(crate) range: Option<(i64, i64)>,
    /// Points in time.
    pub(crate) moments: u64,
    /// Those with a time of day.
    pub(crate) timed: u64,
    /// Dates that are valid in the other order too.
    pub(crate) either: u64,
    /// Those that are another date then.
    pub(crate) ambiguous: u64,
    /// What the values that did not fit look like.
    pub(crate) others: Shapes,
    /// The first value that did not fit and does not stand for nothing.
    pub(crate) exception: Option<Exception>,
    /// The lines of the first values that did not fit.
    pub(crate) lines: Vec<u64>,
    /// Texts that stand for nothing, and how often.
    pub(crate) sentinels: Vec<(String, u64)>,
    /// The lines of the first of these.
    pub(crate) sentinel_lines: Vec<u64>,
    /// What dressed numbers wear.
    pub(crate) dress: Dress,
    /// Times of day.
    pub(crate) clocks: u64,
}

impl Evidence {
    /// Reads a number, or counts an exception.
    #[inline]
    pub(crate) fn number(&mut self, text: &[u8], line: impl Fn() -> u64) -> Option<f64> {
        match value::number(text) {
            Number::Integer(value) => {
                self.integers += 1;
                self.range = Some(self.range.map_or((value, value), |(low, high)| (low.min(value), high.max(value))));
                Some(value as f64)
            }
            Number::Float(value) => {
                self.floats += 1;
                self.whole += u64::from(value.fract() == 0.0);
                Some(value)
            }
            _ => {
                self.refuse(text, line);
                None
            }
        }
    }

    /// Reads a number that may wear a dress, or counts an exception.
    pub(crate) fn dressed(&mut self, text: &[u8], style: Style, line: impl Fn() -> u64) -> Option<f64> {
        let Some(found) = dressed(text, style) else {
            self.refuse(text, line);
            return None;
        };
        let other = if style == Style::Point { Style::Comma } else { Style::Point };
        let plain = found.whole && !found.grouped;
        self.dress.add(&found, if plain { Some(found) } else { dressed(text, other) });
        if found.whole {
            let value = found.value as i64;
            self.integers += 1;
            self.range = Some(self.range.map_or((value, value), |(low, high)| (low.min(value), high.max(value))));
        } else {
            self.floats += 1;
            self.whole += u64::from(found.value.fract() == 0.0);
        }
        Some(found.value)
    }

    /// Reads a time of day, or counts an exception.
    pub(crate) fn clock(&mut self, text: &[u8], line: impl Fn() -> u64) -> Option<i64> {
        let micros = value::clock(text);
        self.clocks += u64::from(micros.is_some());
        if micros.is_none() {
            self.refuse(text, line);
        }
        micros
    }

    /// Reads a point in time, or counts an exception.
    #[inline]
    pub(crate) fn moment(&mut self, text: &[u8], order: DateOrder, line: impl Fn() -> u64) -> Option<i64> {
        if let Some(moment) = value::moment(text, order) {
            self.moments += 1;
            self.timed += u64::from(moment.timed);
            self.either += u64::from(moment.either);
            self.ambiguous += u64::from(moment.ambiguous);
            return Some(moment.micros);
        }
        self.refuse(text, line);
        None
    }

    #[cold]
    fn refuse(&mut self, text: &[u8], line: impl Fn() -> u64) {
        let before = self.others.sentinels;
        self.others.add(text, 1, &line);
        if self.others.sentinels > before {
            self.sentinel(text);
            if self.sentinel_lines.len() < LINES {
                self.sentinel_lines.push(line());
            }
            return;
        }
        if self.lines.len() < LINES {
            self.lines.push(line());
        }
        if self.exception.is_none() {
            let text = data_stack_core::text::clean(&String::from_utf8_lossy(&text[..text.len().min(200)]), 40);
            self.exception = Some(Exception { line: line(), text });
        }
    }

    fn sentinel(&mut self, text: &[u8]) {
        let text = String::from_utf8_lossy(text);
        if let Some((_, count)) = self.sentinels.iter_mut().find(|(known, _)| *known == text) {
            *count += 1;
        } else if self.sentinels.len() < 8 {
            self.sentinels.push((text.into_owned(), 1));
        }
    }

    /// Values that did not fit, those that stand for nothing left out.
    pub(crate) fn exceptions(&self) -> u64 {
        self.others.valid()
    }

    /// Values that fitted.
    pub(crate) fn fitted(&self) -> u64 {
        self.integers + self.floats + self.moments + self.clocks
    }

    /// The reading that all values together call for.
    pub(crate) fn verdict(&self, read: Reading, share: f64) -> Reading {
        let mut all = self.others.clone();
        match read {
            Reading::Dressed(style) => {
                let numbers = self.integers + self.floats;
                all.others += numbers;
                all.dressed[usize::from(style == Style::Comma)] += numbers;
                all.dressed[usize::from(style == Style::Point)] += self.dress.either;
            }
            Reading::Clock => {
                all.others += self.clocks;
                all.clocks += self.clocks;
            }
            Reading::Moment(DateOrder::DayFirst) => {
                all.moments[0] += self.moments;
                all.moments[1] += self.either;
            }
            Reading::Moment(DateOrder::MonthFirst) => {
                all.moments[1] += self.moments;
                all.moments[0] += self.either;
            }
            Reading::Number | Reading::Text => {
                all.integers += self.integers;
                all.floats += self.floats;
            }
        }
        all.reading(share)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reading(values: &[&str]) -> Reading {
        let mut shapes = Shapes::default();
        for value in values {
            shapes.add(value.as_bytes(), 1, || 1);
        }
        shapes.reading(0.99)
    }

    #[test]
    fn values_decide_the_reading() {
        assert_eq!(reading(&["1", "2.5", "-3"]), Reading::Number);
        assert_eq!(reading(&["1", "N/A", "-"]), Reading::Number);
        assert_eq!(reading(&["007", "123"]), Reading::Text);
        assert_eq!(reading(&["4111111111111111", "5500000000000004"]), Reading::Text);
        assert_eq!(reading(&["2020-01-01", "2020-01-02 10:00"]), Reading::Moment(DateOrder::DayFirst));
        assert_eq!(reading(&["12/31/2020", "01/02/2020"]), Reading::Moment(DateOrder::MonthFirst));
        assert_eq!(reading(&["1", "A"]), Reading::Text);
        assert_eq!(reading(&["N/A"]), Reading::Text);
        assert_eq!(reading(&["$1,234.50", "$3", "7"]), Reading::Dressed(Style::Point));
        assert_eq!(reading(&["1.234,5", "1.500", "3"]), Reading::Dressed(Style::Comma));
        assert_eq!(reading(&["8:26", "23:59:59", "N/A"]), Reading::Clock);
        assert_eq!(reading(&["1,5", "apples"]), Reading::Text);
    }

    #[test]
    fn an_exception_is_kept_with_its_line_and_a_sentinel_is_counted_apart() {
        let mut evidence = Evidence::default();
        let values = ["1", "N/A", "x", "y"];
        let read: Vec<_> = values.iter().zip(2..).map(|(text, line)| evidence.number(text.as_bytes(), || line)).collect();
        assert_eq!(read, [Some(1.0), None, None, None]);
        assert_eq!(evidence.exception, Some(Exception { line: 4, text: "x".into() }));
        assert_eq!((evidence.exceptions(), evidence.sentinels.as_slice()), (2, &[("N/A".to_owned(), 1)][..]));
    }
}
