//! What a file is compared with: a stored profile, or an earlier file.

use data_stack_core::ports::sources::{OpenedSource, Wanted};
use data_stack_core::{Code, Ctx, ToolError};
use serde::Deserialize;

use crate::drift::snapshot::{FORMAT, Snapshot};
use crate::options::Options;
use crate::sources;

/// The largest stored profile that is read.
const LARGEST: u64 = 256 << 20;

/// A baseline, found but not yet read through.
pub(crate) enum Baseline {
    Stored(Snapshot),
    Data { opened: Vec<OpenedSource>, name: String },
}

/// The parts of a stored profile that are needed; other JSON has none of them.
#[derive(Deserialize)]
struct Stored {
    format: Option<String>,
    snapshot: Option<Snapshot>,
    data: Option<Answered>,
}

/// An answer kept by `analyze --output`, which says where the profile is stored.
#[derive(Deserialize)]
struct Answered {
    stored: Option<Link>,
}

#[derive(Deserialize)]
struct Link {
    uri: String,
}

impl Baseline {
    /// Opens what `name` names: an artifact, a stored profile in a file, or data as the profile itself takes it.
    pub(crate) async fn open(name: &str, ctx: &Ctx) -> Result<Self, ToolError> {
        let id = name.len() == 32 && name.bytes().all(|byte| byte.is_ascii_hexdigit());
        if id || name.starts_with("artifact://") {
            return artifact(name, ctx);
        }
        if std::path::Path::new(name).extension().is_some_and(|kind| kind.eq_ignore_ascii_case("json")) {
            return file(name, ctx);
        }
        let wanted = Wanted::Place { path: name.to_owned(), sheet: None, entry: None };
        let opened = ctx.ports.sources()?.open(wanted, &ctx.control).await.map_err(|error| error.at("baseline"))?;
        Ok(Self::Data { opened, name: name.to_owned() })
    }

    /// The snapshot to compare with; reads the data where it is data.
    pub(crate) fn snapshot(self, options: &Options, ctx: &Ctx) -> Result<Snapshot, ToolError> {
        match self {
            Self::Stored(snapshot) => Ok(snapshot),
            Self::Data { opened, name } => {
                let options = Options { target: None, columns: Vec::new(), ..options.clone() };
                let (found, _) = sources::examine(opened, &name, options, &ctx.control).map_err(|error| error.at("baseline"))?;
                Ok(found.snapshot)
            }
        }
    }
}

/// A stored profile, or an answer that says where it is stored.
fn file(path: &str, ctx: &Ctx) -> Result<Baseline, ToolError> {
    let mut opened = ctx.ports.files()?.open(path).map_err(|error| error.at("baseline"))?;
    if opened.bytes > LARGEST {
        return Err(unreadable("it is too large for a stored profile"));
    }
    let mut text = Vec::new();
    std::io::Read::read_to_end(&mut opened.file, &mut text).map_err(|error| unreadable(&error.to_string()))?;
    let stored = parse(&text)?;
    match stored.data.and_then(|answer| answer.stored) {
        Some(link) if stored.snapshot.is_none() => artifact(&link.uri, ctx),
        _ => snapshot(stored.format.as_deref(), stored.snapshot),
    }
}

fn artifact(uri: &str, ctx: &Ctx) -> Result<Baseline, ToolError> {
    let stored = parse(&ctx.ports.artifacts()?.read(uri, LARGEST).map_err(|error| error.at("baseline"))?)?;
    snapshot(stored.format.as_deref(), stored.snapshot)
}

fn parse(text: &[u8]) -> Result<Stored, ToolError> {
    serde_json::from_slice(text).map_err(|error| unreadable(&error.to_string()))
}

fn snapshot(format: Option<&str>, snapshot: Option<Snapshot>) -> Result<Baseline, ToolError> {
    match snapshot {
        Some(snapshot) if format == Some(FORMAT) => Ok(Baseline::Stored(snapshot)),
        _ => Err(unreadable(&format!("it has not the form `{FORMAT}`"))),
    }
}

fn unreadable(why: &str) -> ToolError {
    let message = format!("the baseline is no stored profile: {why}");
    ToolError::new(Code::InvalidInput, message, "Give the `stored.uri` that an earlier call answered with, or the earlier data file.")
        .at("baseline")
}
