//! How a command ends: one exit code for each kind of end, and an error with its next step on standard error.

use std::io;
use std::process::ExitCode;

use data_stack_core::{Code, ToolError};

use super::screen::{Screen, Tone};

/// How the program ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum Exit {
    /// It did what was asked.
    Done = 0,
    /// The work ran and failed.
    Failed = 1,
    /// The command or an argument is wrong.
    Usage = 2,
    /// Policy, persona or sandbox forbids it, or a person declined.
    Refused = 3,
    /// A person's consent is needed and nobody can be asked.
    Approval = 4,
    /// The deadline passed.
    Timeout = 5,
    /// Something it depends on is missing or out of reach.
    Missing = 6,
    /// A signal stopped it.
    Interrupted = 130,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}

impl From<Code> for Exit {
    fn from(code: Code) -> Self {
        match code {
            Code::InvalidInput => Self::Usage,
            Code::Denied => Self::Refused,
            Code::Unavailable => Self::Missing,
            Code::Timeout => Self::Timeout,
            Code::Cancelled => Self::Interrupted,
            Code::NotFound | Code::Limit | Code::Failed | Code::Internal => Self::Failed,
        }
    }
}

/// Why a command could not go on.
#[derive(Debug)]
pub enum Failure {
    /// Something is wrong that the user can act on.
    Tool(Box<ToolError>),
    /// Standard output or error is gone.
    Output(io::Error),
}

impl From<ToolError> for Failure {
    fn from(error: ToolError) -> Self {
        Self::Tool(Box::new(error))
    }
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        Self::Output(error)
    }
}

impl From<anyhow::Error> for Failure {
    fn from(error: anyhow::Error) -> Self {
        match error.downcast::<ToolError>() {
            Ok(known) => known.into(),
            Err(other) => {
                let message = format!("{other:#}");
                ToolError::new(Code::Failed, message, "Run `data-stack doctor` to see whether something is missing.").into()
            }
        }
    }
}

impl Failure {
    /// Tells the user and says how the program ends. A reader that has gone is no failure.
    pub(super) fn show(self, screen: &mut Screen) -> Exit {
        match self {
            Self::Tool(error) => {
                let exit = Exit::from(error.code);
                // With standard error gone there is nobody left to tell.
                let _ = screen.error(&error).and_then(|()| screen.flush());
                exit
            }
            Self::Output(error) if error.kind() == io::ErrorKind::BrokenPipe => Exit::Done,
            Self::Output(error) => {
                let _ = screen.note(Tone::Bad, "error", &format!("the output cannot be written: {error}"));
                Exit::Failed
            }
        }
    }
}

/// What clap has to say: help and versions are answers, everything else is a wrong usage.
pub(super) fn usage(error: &clap::Error, screen: &mut Screen) -> Result<Exit, Failure> {
    let coloured = screen.colour;
    let text = error.render();
    let text = if coloured { text.ansi().to_string() } else { text.to_string() };
    if error.use_stderr() {
        screen.err(&text)?;
        return Ok(Exit::Usage);
    }
    screen.out(&text)?;
    Ok(Exit::Done)
}

#[cfg(test)]
mod tests {
    use super::Exit;
    use data_stack_core::Code;

    #[test]
    fn every_code_has_its_exit_code() {
        let codes = [
            (Code::InvalidInput, 2),
            (Code::NotFound, 1),
            (Code::Denied, 3),
            (Code::Unavailable, 6),
            (Code::Limit, 1),
            (Code::Timeout, 5),
            (Code::Cancelled, 130),
            (Code::Failed, 1),
            (Code::Internal, 1),
        ];
        for (code, expected) in codes {
            assert_eq!(Exit::from(code) as u8, expected, "{code}");
        }
    }
}
