//! What a caller may ask of a profile, checked.

use data_stack_csv::Given;

/// How thorough a profile is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Deserialize, serde::Serialize, schemars::JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Mode {
    /// The first 64 MB.
    Quick,
    /// Everything, in bounded memory.
    #[default]
    Standard,
    /// With more memory, for exact counts.
    Deep,
}

impl Mode {
    /// The name in results.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Quick => "quick",
            Self::Standard => "standard",
            Self::Deep => "deep",
        }
    }
}

/// What happens to lines that break the file's form.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Deserialize, serde::Serialize, schemars::JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum OnError {
    /// Refuse the file.
    Fail,
    /// Repair what is sure, list the rest.
    #[default]
    Report,
    /// Repair by best guess.
    Repair,
}

/// A profile's settings.
#[derive(Debug, Clone)]
pub struct Options {
    /// The columns to profile; all when empty.
    pub columns: Vec<String>,
    /// How thorough.
    pub mode: Mode,
    /// Most frequent values listed per column.
    pub top_k: usize,
    /// Percentiles reported, from 0 to 100.
    pub percentiles: Vec<f64>,
    /// Texts that mean missing, beside the empty one.
    pub null_values: Vec<String>,
    /// Aggregates only: no values of fewer than five rows, no examples, no extremes.
    pub share_safe: bool,
    /// The column that is to be predicted.
    pub target: Option<String>,
    /// What happens to lines that are not written as the others are.
    pub on_error: OnError,
    /// What the caller knows of how the file is written.
    pub given: Given,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            columns: Vec::new(),
            mode: Mode::Standard,
            top_k: 10,
            percentiles: vec![1.0, 5.0, 25.0, 50.0, 75.0, 95.0, 99.0],
            null_values: Vec::new(),
            share_safe: false,
            target: None,
            on_error: OnError::Report,
            given: Given::default(),
        }
    }
}

/// What is known of a file from outside.
#[derive(Debug, Clone, Default)]
pub struct Source {
    /// Where it lies.
    pub path: String,
    /// Its size in bytes.
    pub bytes: u64,
    /// When it was last changed, RFC 3339.
    pub modified: Option<String>,
}
