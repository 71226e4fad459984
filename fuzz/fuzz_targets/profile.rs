//! Any bytes have a profile or are refused, and its account is the reader's.
#![no_main]

use std::io::Cursor;

use data_stack_core::Control;
use data_stack_profile::{OnError, Options, Source, profile_reader};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let source = Source { path: "fuzz.csv".into(), bytes: data.len() as u64, modified: None };
    let run = |on_error| profile_reader(Cursor::new(data), &source, &Options { on_error, ..Options::default() }, &Control::unlimited());
    let (Ok(report), Ok(repair)) = (run(OnError::Report), run(OnError::Repair)) else { return };
    assert_eq!(report.file.rows + report.file.rejected_rows, repair.file.rows + repair.file.rejected_rows);
    assert!(repair.file.rejected_rows <= report.file.rejected_rows);
    serde_json::to_string(&report).unwrap();
});
