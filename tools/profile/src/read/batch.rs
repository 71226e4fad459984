//! Some rows of the file as columns of text.

use data_stack_csv::{Marks, Record, Table};
use polars::prelude::{CsvParseOptions, CsvReadOptions, DataFrame, DataType, SchemaRef, SerReader};

/// Rows that follow one another in the file.
pub(crate) struct Batch {
    /// The number of rows.
    pub(crate) rows: usize,
    /// The line of the first row.
    pub(crate) first_line: u64,
    /// The lines of the rows as distance from `first_line`, where they do not simply count up.
    pub(crate) lines: Option<Vec<u32>>,
    pub(crate) cells: Cells,
}

/// The fields, as one of the two splitters gives them.
pub(crate) enum Cells {
    /// From polars.
    Frame(DataFrame),
    /// From ours.
    Table(Table),
}

impl Batch {
    /// Calls `visit` with every row's number in the batch and its field in `column`, `None` where the field is missing.
    #[inline]
    pub(crate) fn visit(&self, column: usize, mut visit: impl FnMut(usize, Option<&[u8]>)) {
        match &self.cells {
            Cells::Table(table) => table.column(column).enumerate().for_each(|(row, field)| visit(row, field)),
            Cells::Frame(frame) => {
                let Some(texts) = frame.columns().get(column).and_then(|column| column.as_materialized_series().str().ok()) else { return };
                let mut row = 0;
                let complete = texts.null_count() == 0;
                for part in texts.downcast_iter() {
                    if complete {
                        for field in part.values_iter() {
                            visit(row, Some(field.as_bytes()));
                            row += 1;
                        }
                    } else {
                        for field in part {
                            visit(row, field.map(str::as_bytes));
                            row += 1;
                        }
                    }
                }
            }
        }
    }

    /// The line of the file on which a row begins, from 1.
    pub(crate) fn line(&self, row: usize) -> u64 {
        self.first_line + self.lines.as_ref().and_then(|lines| lines.get(row)).map_or(row as u64, |distance| u64::from(*distance))
    }
}

/// Splits clean text with polars; `None` where polars fails or counts other rows than the scanner did.
pub(crate) fn with_polars(text: &[u8], rows: usize, marks: Marks, schema: &SchemaRef) -> Option<DataFrame> {
    let parse =
        CsvParseOptions::default().with_separator(marks.delimiter.single()?).with_quote_char(marks.quote).with_truncate_ragged_lines(false);
    let frame = CsvReadOptions::default()
        .with_has_header(false)
        .with_schema(Some(schema.clone()))
        .with_rechunk(false)
        .with_parse_options(parse)
        .into_reader_with_file_handle(std::io::Cursor::new(text))
        .finish()
        .ok()?;
    (frame.height() == rows && frame.width() == schema.len()).then_some(frame)
}

/// The schema that makes polars only split: `width` columns of text.
pub(crate) fn text_schema(width: usize) -> SchemaRef {
    let fields = (0..width).map(|index| polars::prelude::Field::new(index.to_string().into(), DataType::String));
    std::sync::Arc::new(fields.collect())
}

/// Splits any text with our own splitter.
pub(crate) fn with_table(text: &[u8], records: &[Record], marks: Marks, width: usize) -> Table {
    let mut table = Table::new(width);
    for record in records {
        table.push(text, record, marks);
    }
    table
}
