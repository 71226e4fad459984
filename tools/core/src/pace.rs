//! How fast work goes and how long it will still take, in words for progress.

use std::time::{Duration, Instant};

/// Before this, a speed would only be noise.
const WARM_UP: Duration = Duration::from_millis(500);

/// The clock of one phase of work.
#[derive(Debug, Clone, Copy)]
pub struct Pace {
    started: Instant,
}

impl Pace {
    /// Begins now.
    pub fn start() -> Self {
        Self { started: Instant::now() }
    }

    /// Such as `1,200,000 rows, 600,000 rows/s, 3 s left`: `count` of `unit` so far, with `done` of `total` telling how far
    /// the work is. Speed and time left are said once they mean something.
    pub fn tell(&self, count: u64, unit: &str, done: f64, total: Option<f64>) -> String {
        phrase(self.started.elapsed(), count, unit, done, total)
    }
}

fn phrase(elapsed: Duration, count: u64, unit: &str, done: f64, total: Option<f64>) -> String {
    let text = format!("{} {unit}", grouped(count));
    if elapsed < WARM_UP {
        return text;
    }
    let seconds = elapsed.as_secs_f64();
    let speed = grouped((count as f64 / seconds) as u64);
    let left = total.filter(|total| done > 0.0 && *total >= done).map(|total| duration(seconds * (total - done) / done));
    let left = left.map(|left| format!(", {left} left")).unwrap_or_default();
    format!("{text}, {speed} {unit}/s{left}")
}

/// Digits in groups of three.
fn grouped(count: u64) -> String {
    let digits = count.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

fn duration(seconds: f64) -> String {
    match seconds.ceil() as u64 {
        seconds @ 0..120 => format!("{seconds} s"),
        seconds @ 120..7_200 => format!("{} min", seconds.div_ceil(60)),
        seconds => format!("{} h", seconds.div_ceil(3_600)),
    }
}

#[cfg(test)]
mod tests {
    use super::phrase;
    use std::time::Duration;

    #[test]
    fn speed_and_time_left_are_told_once_they_mean_something() {
        let tell = |millis, count, done, total| phrase(Duration::from_millis(millis), count, "rows", done, total);
        assert_eq!(tell(100, 5_000, 1.0, Some(10.0)), "5,000 rows");
        assert_eq!(tell(2_000, 1_200_000, 4.0, Some(10.0)), "1,200,000 rows, 600,000 rows/s, 3 s left");
        assert_eq!(tell(2_000, 999, 4.0, None), "999 rows, 499 rows/s");
        assert_eq!(tell(60_000, 60, 1.0, Some(11.0)), "60 rows, 1 rows/s, 10 min left");
        assert_eq!(tell(60_000, 60, 1.0, Some(1_000.0)), "60 rows, 1 rows/s, 17 h left");
    }
}
