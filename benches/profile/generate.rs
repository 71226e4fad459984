//! Files to profile, the same in every run: sales with twelve mixed columns, a wide table of numbers, long distinct texts.

use std::fs::File;
use std::io::{BufWriter, Result, Write};
use std::path::{Path, PathBuf};

/// `SplitMix64`: small, fast and good enough to make data.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    fn below(&mut self, limit: u64) -> u64 {
        ((u128::from(self.next()) * u128::from(limit)) >> 64) as u64
    }

    /// From 0 to 1.
    fn share(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// Around 0, roughly normal.
    fn normal(&mut self) -> f64 {
        (0..4).map(|_| self.share()).sum::<f64>() * 1.73 - 3.46
    }
}

const CATEGORIES: [&str; 12] =
    ["Grocery", "Electronics", "Clothing", "Home & Garden", "Toys", "Books", "Sports", "Beauty", "Automotive", "Health", "Music", "Office"];
const NOTES: [&str; 8] = [
    "\"delivered late, customer called\"",
    "gift wrap requested",
    "\"said \"\"leave at door\"\"\"",
    "fragile",
    "\"line one\nline two\"",
    "repeat buyer; VIP",
    "\"address: 12, High St\"",
    "ok",
];

fn write(folder: &Path, name: &str, fill: impl FnOnce(&mut BufWriter<File>) -> Result<()>) -> Result<PathBuf> {
    let path = folder.join(name);
    let mut out = BufWriter::with_capacity(1 << 20, File::create(&path)?);
    fill(&mut out)?;
    out.flush()?;
    Ok(path)
}

/// Sales: identifiers, times, codes, categories, numbers, booleans, addresses and notes with quotes, commas and line ends.
pub(crate) fn sales(folder: &Path, rows: u64) -> Result<PathBuf> {
    write(folder, "sales.csv", |out| {
        let mut random = Random(7);
        writeln!(out, "txn_id,txn_ts,customer_id,product_sku,category,quantity,unit_price,discount,total,is_returned,email,notes")?;
        for row in 0..rows {
            sale(out, &mut random, row, rows)?;
        }
        Ok(())
    })
}

fn sale(out: &mut impl Write, random: &mut Random, row: u64, rows: u64) -> Result<()> {
    let customers = (rows / 20).max(1000);
    let customer = ((random.share().powf(-1.0 / 1.2) - 1.0) * customers as f64 / 50.0).min(customers as f64 - 1.0) as u64;
    let (quantity, price) = (1 + random.below(20) * random.below(2), (3.0 + random.normal()).exp());
    let discount = (random.share() > 0.6).then(|| (random.share() * 50.0).round() / 100.0);
    let total = price * quantity as f64 * (1.0 - discount.unwrap_or(0.0));
    write!(out, "{},", 100_000_001 + row)?;
    time(out, row * 730 * 86_400 / rows + random.below(600))?;
    let category = CATEGORIES[random.below(12).min(random.below(12)) as usize];
    write!(out, ",C{customer:07},SKU-{:05},{category},{quantity},{price:.2},", random.below(5000))?;
    if let Some(discount) = discount {
        write!(out, "{discount}")?;
    }
    write!(out, ",{total:.2},{},", random.share() < 0.07)?;
    if random.share() > 0.03 {
        write!(out, "user{customer}@example.com")?;
    }
    let note = if random.share() > 0.7 { NOTES[random.below(8) as usize] } else { "" };
    writeln!(out, ",{note}")
}

/// A time so many seconds after the beginning of 2023, all months of 30 days.
fn time(out: &mut impl Write, seconds: u64) -> Result<()> {
    let (days, rest) = (seconds / 86_400, seconds % 86_400);
    let (year, month, day) = (2023 + days / 360, days % 360 / 30 + 1, (days % 30 + 1).min(28));
    write!(out, "{year}-{month:02}-{day:02} {:02}:{:02}:{:02}", rest / 3600, rest / 60 % 60, rest % 60)
}

/// A thousand columns of numbers, categories, dates, booleans and mostly missing numbers.
pub(crate) fn wide(folder: &Path, rows: u64) -> Result<PathBuf> {
    const COLUMNS: u64 = 1000;
    write(folder, "wide.csv", |out| {
        let mut random = Random(11);
        let names: Vec<String> = (0..COLUMNS).map(|column| format!("c{column:04}")).collect();
        writeln!(out, "{}", names.join(","))?;
        for _ in 0..rows {
            for column in 0..COLUMNS {
                if column > 0 {
                    out.write_all(b",")?;
                }
                match column % 20 {
                    0..10 => write!(out, "{:.3}", column as f64 + random.normal() * (1.0 + column as f64 / 50.0))?,
                    10..14 => write!(out, "{}", random.below(10_u64.pow(1 + column as u32 % 6)))?,
                    14..17 => write!(out, "v{}", random.below(3 + column % 40))?,
                    17 => write!(out, "20{:02}-{:02}-{:02}", 20 + random.below(4), 1 + random.below(12), 1 + random.below(28))?,
                    18 => write!(out, "{}", random.share() < 0.3)?,
                    _ if random.share() < 0.1 => write!(out, "{:.2}", random.share() * 20.0)?,
                    _ => {}
                }
            }
            out.write_all(b"\n")?;
        }
        Ok(())
    })
}

/// Four columns of long texts that hardly ever repeat.
pub(crate) fn distinct(folder: &Path, rows: u64) -> Result<PathBuf> {
    write(folder, "distinct.csv", |out| {
        let mut random = Random(13);
        writeln!(out, "uuid,token,url,name")?;
        for row in 0..rows {
            let (high, low) = (random.next(), random.next());
            write!(
                out,
                "{:08x}-{:04x}-4{:03x}-a{:03x}-{:012x},",
                high >> 32,
                high >> 16 & 0xffff,
                high & 0xfff,
                low >> 52,
                low & 0xffff_ffff_ffff
            )?;
            write!(out, "{:016x}{:016x},", random.next(), random.next())?;
            writeln!(out, "https://example.com/item/{:x}?ref={row},user {:x} of row {row}", random.next() >> 20, random.next() >> 40)?;
        }
        Ok(())
    })
}
