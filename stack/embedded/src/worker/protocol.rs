//! What parent and worker say to one another: JSON in frames of a 32-bit little-endian length.

use std::io::{self, Read, Write};

use data_stack_core::{Effect, ToolError};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::engine::Sandbox;
use crate::engine::catalog::CatalogRequest;
use crate::engine::flatten::FlattenRequest;
use crate::engine::query::QueryRequest;
use crate::ingest::IngestWork;

/// No frame is longer; a longer length means that the stream is broken.
pub const MAX_FRAME: usize = 1 << 30;

/// From the parent.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ToWorker {
    /// Do this; the answer is a [`FromWorker::Done`].
    Run {
        /// Names the work; larger than any before.
        id: u64,
        /// What the engine may reach and use.
        sandbox: Sandbox,
        /// The work.
        request: Box<Request>,
    },
    /// Stop this work if it still runs; it answers with an error.
    Interrupt {
        /// The work's name.
        id: u64,
    },
    /// Say how far the running work is, if that is known.
    Poll,
}

/// From the worker.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FromWorker {
    /// The running work's progress.
    Progress {
        /// How much is done, in the unit that `message` names.
        done: f64,
        /// How much there is.
        total: Option<f64>,
        /// The phase and the item.
        message: String,
    },
    /// The work ended. The answer's shape follows from the request.
    Done(Result<Value, ToolError>),
}

/// The kinds of work. A family of work adds a variant here and an arm in `dispatch`.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Request {
    /// Opens the engine and answers its version as a text.
    Version,
    /// Runs one statement; answers a [`QueryAnswer`](crate::engine::query::QueryAnswer).
    Query(QueryRequest),
    /// Looks into the catalogue; answers a [`Catalog`](data_stack_core::ports::warehouse::Catalog).
    Catalog(CatalogRequest),
    /// Writes rows as text into a new file; answers a [`Flattened`](crate::engine::flatten::Flattened).
    Flatten(FlattenRequest),
    /// Looks at or loads prepared files; the answer's shape follows from the request in it.
    Ingest(Box<IngestWork>),
}

impl Request {
    /// Whether the work may leave something behind in the engine that a later request must not meet.
    pub fn leaves_traces(&self) -> bool {
        match self {
            Self::Version | Self::Catalog(_) | Self::Flatten(_) => false,
            Self::Ingest(ingest) => ingest.writes(),
            Self::Query(query) => query.effect > Effect::Read,
        }
    }
}

/// Writes one frame.
pub fn write_frame<T: Serialize>(writer: &mut impl Write, message: &T) -> io::Result<()> {
    writer.write_all(&frame(message)?)?;
    writer.flush()
}

/// A message as a frame.
pub fn frame<T: Serialize>(message: &T) -> io::Result<Vec<u8>> {
    let mut bytes = vec![0; 4];
    serde_json::to_writer(&mut bytes, message)?;
    let length = u32::try_from(bytes.len() - 4).ok().filter(|length| *length as usize <= MAX_FRAME);
    let length = length.ok_or_else(|| io::Error::new(io::ErrorKind::InvalidData, "a message is longer than a frame may be"))?;
    bytes[..4].copy_from_slice(&length.to_le_bytes());
    Ok(bytes)
}

/// Reads one frame; `None` at the end of the stream.
pub fn read_frame<T: DeserializeOwned>(reader: &mut impl Read) -> io::Result<Option<T>> {
    let mut header = [0; 4];
    if let Err(error) = reader.read_exact(&mut header) {
        return if error.kind() == io::ErrorKind::UnexpectedEof { Ok(None) } else { Err(error) };
    }
    let mut body = vec![0; frame_length(header)?];
    reader.read_exact(&mut body)?;
    Ok(Some(serde_json::from_slice(&body)?))
}

/// The length that a frame's header states.
pub fn frame_length(header: [u8; 4]) -> io::Result<usize> {
    let length = u32::from_le_bytes(header) as usize;
    if length > MAX_FRAME {
        return Err(io::Error::new(io::ErrorKind::InvalidData, format!("a frame claims {length} bytes")));
    }
    Ok(length)
}
