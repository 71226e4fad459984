//! The tool `profile_csv`.

use data_stack_core::ports::sources::OpenedSource;
use data_stack_core::{Code, Ctx, Effect, Example, Limits, Port, Reply, Spec, Tool, ToolError};
use data_stack_csv::{Delimiter, Given, Quoting};

use crate::answer::Answer;
use crate::baseline::Baseline;
use crate::budget::Detail;
use crate::options::{Mode, OnError, Options};
use crate::result::Profile;
use crate::sources;
use crate::suggest::Kind;

/// Profiles a file of separated text.
#[derive(Debug, Clone, Copy)]
pub struct ProfileCsv;

/// The arguments of `profile_csv`.
#[derive(Debug, Clone, Default, serde::Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Input {
    /// A file, a glob of files of the same columns, or an allowed http(s) or s3 address.
    pub path: Option<String>,
    /// Instead of `path`: a warehouse table, as `table` or `schema.table`.
    pub table: Option<String>,
    /// Instead of `path`: a SELECT on the warehouse.
    pub sql: Option<String>,
    /// A workbook's sheet; by default the first.
    pub sheet: Option<String>,
    /// A zip archive's file.
    pub entry: Option<String>,
    /// Only these.
    pub columns: Option<Vec<String>>,
    /// Such as `;`, `\t` or `||`. This and the next four are found by themselves.
    pub delimiter: Option<String>,
    /// One character, or empty for none.
    pub quote: Option<String>,
    /// The first row names the columns.
    pub header: Option<bool>,
    /// Such as `latin-1`.
    pub encoding: Option<String>,
    /// Lines before the header.
    #[schemars(range(max = 1_000_000))]
    pub skip_rows: Option<u32>,
    /// Texts that mean missing, such as `N/A`.
    pub null_values: Option<Vec<String>>,
    /// Of broken lines. Default report.
    pub on_error: Option<OnError>,
    /// Default standard.
    pub mode: Option<Mode>,
    /// Tokens of the answer: low 4,000, medium (default) 12,000, high 30,000.
    pub detail: Option<Detail>,
    /// Frequent values per column; default 10.
    #[schemars(range(max = 100))]
    pub top_k: Option<u32>,
    /// From 0 to 100.
    pub percentiles: Option<Vec<f64>>,
    /// A column to predict: adds how the others bear on it, and leaks.
    pub target: Option<String>,
    /// An earlier profile (`artifact://…`, a .json) or file: adds what changed, with a verdict.
    pub baseline: Option<String>,
    /// Files to make for other tools.
    pub suggest: Option<Vec<Kind>>,
    /// HTML too.
    pub report: Option<bool>,
    /// No value of fewer than five rows.
    pub share_safe: Option<bool>,
}

impl Tool for ProfileCsv {
    type Input = Input;
    type Output = Profile;

    const SPEC: Spec = Spec {
        name: "profile_csv",
        title: "Profile a CSV file",
        description: include_str!("profile_csv.md"),
        effect: Effect::Read,
        max_effect: Effect::Read,
        idempotent: true,
        open_world: true,
        ports: &[Port::Sources, Port::Files],
        limits: Limits::seconds(3600),
        examples: &[
            Example {
                title: "What is in the file",
                arguments: r#"{"path": "transactions.csv"}"#,
                expect: &[("/file/rows", "42481"), ("/file/columns", "8"), ("/columns/3/type", "\"integer\"")],
            },
            Example {
                title: "Two columns, briefly",
                arguments: r#"{"path": "transactions.csv", "columns": ["Country", "UnitPrice"], "detail": "low"}"#,
                expect: &[("/columns/0/name", "\"UnitPrice\""), ("/columns/1/type", "\"categorical\"")],
            },
        ],
    };

    async fn run(&self, input: Input, ctx: &Ctx) -> Result<Reply<Profile>, ToolError> {
        let options = options(&input)?;
        let ctx = Ctx { control: ctx.control.in_phases(), ..ctx.clone() };
        let baseline = match input.baseline.as_deref() {
            Some(name) => Some(Baseline::open(name, &ctx).await?),
            None => None,
        };
        let opened = ctx.ports.sources()?.open(sources::wanted(&input)?, &ctx.control).await?;
        let work = tokio::task::spawn_blocking(move || profile(&input, opened, baseline, &options, &ctx));
        work.await.map_err(|error| ToolError::internal(format!("the profile stopped unexpectedly: {error}")))?
    }
}

/// Profiles what was opened, and what it is compared with.
fn profile(
    input: &Input,
    opened: Vec<OpenedSource>,
    baseline: Option<Baseline>,
    options: &Options,
    ctx: &Ctx,
) -> Result<Reply<Profile>, ToolError> {
    let (found, warnings) = sources::examine(opened, input.path.as_deref().unwrap_or_default(), options.clone(), &ctx.control)?;
    let before = baseline.map(|baseline| baseline.snapshot(options, ctx)).transpose()?;
    let mut reply = Answer { input, ctx, found, before }.reply()?;
    reply.warnings.extend(warnings);
    Ok(reply)
}

fn options(input: &Input) -> Result<Options, ToolError> {
    let defaults = Options::default();
    let percentiles = input.percentiles.clone().unwrap_or(defaults.percentiles);
    if let Some(position) = percentiles.iter().position(|share| !(0.0..=100.0).contains(share)) {
        let message = format!("{} is no percentile", percentiles[position]);
        return Err(ToolError::invalid(format!("percentiles[{position}]"), message, "Percentiles lie between 0 and 100, such as 95."));
    }
    if percentiles.len() > 100 {
        return Err(ToolError::invalid("percentiles", "there are more than 100 percentiles", "Name at most 100."));
    }
    let quote = match input.quote.as_deref() {
        Some("") => Quoting::Never,
        Some(text) => Quoting::With(character("quote", text)?),
        None => Quoting::Unknown,
    };
    let delimiter = input.delimiter.as_deref().map(delimiter).transpose()?;
    if delimiter.and_then(Delimiter::single).is_some_and(|delimiter| quote == Quoting::With(delimiter)) {
        return Err(
            ToolError::new(Code::InvalidInput, "`quote` and `delimiter` are the same character", "Give two different ones.").at("quote")
        );
    }
    Ok(Options {
        columns: input.columns.clone().unwrap_or_default(),
        mode: input.mode.unwrap_or_default(),
        top_k: input.top_k.map_or(defaults.top_k, |count| count.min(100) as usize),
        percentiles,
        null_values: input.null_values.clone().unwrap_or_default(),
        share_safe: input.share_safe.unwrap_or(false),
        on_error: input.on_error.unwrap_or_default(),
        target: input.target.clone(),
        given: Given {
            delimiter,
            quote,
            header: input.header,
            skip_rows: input.skip_rows.map(|rows| rows as usize),
            encoding: input.encoding.clone(),
            known: None,
        },
    })
}

fn delimiter(text: &str) -> Result<Delimiter, ToolError> {
    let bytes = if text == "\\t" { b"\t" } else { text.as_bytes() };
    Delimiter::new(bytes).ok_or_else(|| {
        let hint = "Give such as `;`, `||`, or `\\t` for a tab.";
        ToolError::invalid("delimiter", "`delimiter` must be one to four bytes without line ends", hint)
    })
}

fn character(field: &str, text: &str) -> Result<u8, ToolError> {
    match text.as_bytes() {
        b"\\t" => Ok(b'\t'),
        [byte] if byte.is_ascii() && !matches!(byte, b'\n' | b'\r' | 0) => Ok(*byte),
        _ => Err(ToolError::invalid(
            field,
            format!("`{field}` must be one ASCII character"),
            "Give one character such as `;`, or `\\t` for a tab.",
        )),
    }
}
