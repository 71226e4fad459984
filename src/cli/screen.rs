//! Where commands write: standard output for answers, standard error for everything about them.

use std::io::{self, BufWriter, IsTerminal, Write};

use data_stack_core::ToolError;
use data_stack_core::text::clean;
use serde_json::Value;

/// Widest line where the terminal does not say.
const WIDTH: usize = 120;

/// The two streams and what is at their other ends.
pub struct Screen {
    out: Box<dyn Write + Send>,
    err: Box<dyn Write + Send>,
    /// Whether a person reads standard output.
    pub terminal: bool,
    /// Whether a person can be asked: standard input and standard error are a terminal.
    pub dialog: bool,
    /// Whether to colour.
    pub colour: bool,
    /// Columns of the terminal; no limit where a program reads.
    pub width: Option<usize>,
}

/// What a text's colour says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tone {
    /// All is well.
    Good,
    /// Take note.
    Doubtful,
    /// Something failed.
    Bad,
    /// A heading.
    Strong,
    /// Less important.
    Faint,
}

impl Screen {
    /// This process's streams.
    pub fn of_process() -> Self {
        let (out, err) = (io::stdout(), io::stderr());
        let terminal = out.is_terminal();
        let plain = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty())
            || std::env::var_os("TERM").is_some_and(|term| term == "dumb");
        Self {
            terminal,
            dialog: io::stdin().is_terminal() && err.is_terminal(),
            colour: terminal && err.is_terminal() && !plain,
            width: terminal.then(columns),
            out: Box::new(BufWriter::new(out)),
            err: Box::new(err),
        }
    }

    /// Streams that lead elsewhere and at whose ends are programs.
    pub fn to(out: impl Write + Send + 'static, err: impl Write + Send + 'static) -> Self {
        Self { out: Box::new(out), err: Box::new(err), terminal: false, dialog: false, colour: false, width: None }
    }

    /// Writes to standard output.
    pub fn out(&mut self, text: &str) -> io::Result<()> {
        self.out.write_all(text.as_bytes())
    }

    /// Standard output, for those that write to it by themselves.
    pub fn writer(&mut self) -> &mut dyn Write {
        &mut self.out
    }

    /// Writes a line to standard output.
    pub fn line(&mut self, text: &str) -> io::Result<()> {
        self.out(text)?;
        self.out("\n")
    }

    /// Writes a value to standard output: indented for people, on one line for programs.
    pub fn json(&mut self, value: &Value) -> io::Result<()> {
        let text = if self.terminal { format!("{value:#}") } else { value.to_string() };
        self.line(&text)
    }

    /// Writes to standard error, after everything that was written to standard output.
    pub fn err(&mut self, text: &str) -> io::Result<()> {
        self.out.flush()?;
        self.err.write_all(text.as_bytes())
    }

    /// Writes `label: text` to standard error.
    pub fn note(&mut self, tone: Tone, label: &str, text: &str) -> io::Result<()> {
        let label = self.paint(tone, &format!("{label}:"));
        self.err(&format!("{label} {text}\n"))
    }

    /// Writes a warning to standard error.
    pub fn warning(&mut self, text: &str) -> io::Result<()> {
        self.note(Tone::Doubtful, "warning", &clean(text, 2_000))
    }

    /// Writes an error and its next steps to standard error.
    pub fn error(&mut self, error: &ToolError) -> io::Result<()> {
        self.note(Tone::Bad, "error", &clean(&error.message, 4_000))?;
        error.hints.iter().try_for_each(|hint| self.note(Tone::Strong, "hint", &clean(hint, 2_000)))
    }

    /// `text` in the colour of `tone`, where colours are wanted.
    pub fn paint(&self, tone: Tone, text: &str) -> String {
        let code = match tone {
            Tone::Good => "32",
            Tone::Doubtful => "33",
            Tone::Bad => "1;31",
            Tone::Strong => "1",
            Tone::Faint => "2",
        };
        if self.colour { format!("\u{1b}[{code}m{text}\u{1b}[0m") } else { text.to_owned() }
    }

    /// Hands over everything that was written.
    pub fn flush(&mut self) -> io::Result<()> {
        self.out.flush()?;
        self.err.flush()
    }
}

/// The terminal's columns.
fn columns() -> usize {
    let said = console::Term::stdout().size_checked().map(|(_, columns)| usize::from(columns));
    said.filter(|columns| *columns >= 20).unwrap_or(WIDTH)
}
