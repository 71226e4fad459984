//! Any bytes have a layout or are refused.
#![no_main]

use std::collections::HashSet;
use std::io::Cursor;

use data_stack_csv::{Given, examine};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let Ok(layout) = examine(&mut Cursor::new(data), &Given::default(), None) else { return };
    let names: HashSet<&String> = layout.header.names.iter().collect();
    assert_eq!(names.len(), layout.width());
    assert!(layout.width() > 0);
});
