//! Writes separated text as this crate reads it: RFC 4180, UTF-8, every field quoted; header and rows only.
//!
//! `normalise FILE… FOLDER` writes each file to `FOLDER/<name>_converted.csv` and prints its account, tab-separated: name, rows,
//! rejected records, blank lines, lines before the table, or the error.
#![expect(clippy::print_stdout, reason = "a program for people")]

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::Path;

use data_stack_csv::{Chunks, Given, Layout, Step, Table, Tally, examine};

fn main() -> std::io::Result<()> {
    let mut arguments: Vec<String> = std::env::args().skip(1).collect();
    let folder = arguments.pop().unwrap_or_default();
    for path in &arguments {
        let name = Path::new(path).file_name().unwrap_or_default().to_string_lossy().into_owned();
        let mut out = BufWriter::new(File::create(Path::new(&folder).join(format!("{name}_converted.csv")))?);
        match convert(path, &mut out) {
            Ok((layout, tally)) => {
                let before = layout.header.lines_before;
                println!("{name}\t{}\t{}\t{}\t{before}\t{:?}", tally.rows, tally.rejected, tally.blank, layout.dialect.marks);
            }
            Err(error) => println!("{name}\t{error}"),
        }
    }
    Ok(())
}

fn convert(path: &str, out: &mut impl Write) -> Result<(Layout, Tally), Box<dyn std::error::Error>> {
    let mut file = File::open(path)?;
    let mut forced = None;
    'again: loop {
        let layout = examine(&mut file, &Given::default(), forced)?;
        let mut tally = Tally::default();
        let mut text = Vec::new();
        if layout.header.present {
            write_row(&mut text, layout.header.found.iter().map(|name| Some(name.as_bytes())));
        }
        let mut chunks = Chunks::new(&mut file, layout.clone(), forced.is_none(), false, |_: &[u8]| {})?;
        loop {
            match chunks.step()? {
                Step::End => break,
                Step::Reencode(encoding) => {
                    forced = Some(encoding);
                    continue 'again;
                }
                Step::Chunk(chunk) => {
                    for record in &chunk.records {
                        let mut table = Table::new(layout.width());
                        table.push(&chunk.text, record, layout.dialect.marks);
                        write_row(&mut text, (0..layout.width()).map(|column| table.column(column).next().flatten()));
                    }
                    tally.add(chunk.tally);
                }
            }
        }
        out.write_all(&text)?;
        return Ok((layout, tally));
    }
}

fn write_row<'a>(out: &mut Vec<u8>, fields: impl Iterator<Item = Option<&'a [u8]>>) {
    for (position, field) in fields.enumerate() {
        if position > 0 {
            out.push(b',');
        }
        out.push(b'"');
        for byte in field.unwrap_or_default() {
            if *byte == b'"' {
                out.push(b'"');
            }
            out.push(*byte);
        }
        out.push(b'"');
    }
    out.push(b'\n');
}
