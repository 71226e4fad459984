//! Every record is accounted for, whatever the size of the chunks. The first two bytes choose the settings.
#![no_main]

use std::io::Cursor;

use data_stack_csv::{Chunks, Delimiter, Given, Layout, Quoting, Step, Table, Tally, examine};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let Some((settings, text)) = data.split_first_chunk::<2>() else { return };
    let given = Given {
        delimiter: Delimiter::new(&text[..text.len().min(usize::from(settings[0] & 3))]),
        quote: [Quoting::Unknown, Quoting::Never, Quoting::With(b'\''), Quoting::With(b'"')][usize::from(settings[0] >> 2 & 3)],
        header: [None, None, Some(true), Some(false)][usize::from(settings[0] >> 4 & 3)],
        ..Given::default()
    };
    let Ok(layout) = examine(&mut Cursor::new(text), &given, None) else { return };
    let repair = settings[0] >> 6 & 1 == 1;
    let whole = read(text, &layout, repair, 1 << 20);
    let parts = read(text, &layout, repair, usize::from(settings[1]) + 1);
    assert_eq!(whole, parts);
});

/// The rows and the account.
fn read(text: &[u8], layout: &Layout, repair: bool, chunk: usize) -> (Vec<Vec<Option<Vec<u8>>>>, Tally) {
    let mut chunks = Chunks::new(Cursor::new(text), layout.clone(), false, repair, |_: &[u8]| {}).unwrap().chunk_bytes(chunk);
    let (mut rows, mut tally) = (Vec::new(), Tally::default());
    while let Step::Chunk(chunk) = chunks.step().unwrap() {
        for record in &chunk.records {
            let mut table = Table::new(layout.width());
            table.push(&chunk.text, record, layout.dialect.marks);
            rows.push((0..layout.width()).map(|column| table.column(column).next().flatten().map(<[u8]>::to_vec)).collect());
        }
        tally.add(chunk.tally);
    }
    assert_eq!(rows.len() as u64, tally.rows);
    (rows, tally)
}
