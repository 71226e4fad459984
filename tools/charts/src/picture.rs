//! Pictures without a browser: ECharts' own server-side rendering in QuickJS, and PNG from its SVG.

mod engine;
mod raster;

use std::sync::OnceLock;
use std::sync::mpsc::{self, RecvTimeoutError, Sender};
use std::time::Duration;

use data_stack_core::{Code, Control, ToolError};

use crate::Figure;
use engine::Job;
pub use raster::unwritable;

/// How often a waiting call looks whether it must stop.
const LOOK: Duration = Duration::from_millis(20);
/// The largest side of a picture, in pixels.
const LARGEST: u32 = 4096;

/// The colours of a picture.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Theme {
    /// Dark on white.
    #[default]
    Light,
    /// Light on dark.
    Dark,
}

impl Theme {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Light => "light",
            Self::Dark => "dark",
        }
    }
}

/// The size of a picture, and how many pixels a PNG has for each of its units.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Size {
    /// In pixels at scale 1.
    pub width: u32,
    /// In pixels at scale 1.
    pub height: u32,
    /// 2 is sharp on most screens.
    pub scale: f32,
}

impl Default for Size {
    fn default() -> Self {
        Self { width: 800, height: 450, scale: 2.0 }
    }
}

/// A drawn figure.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Picture {
    /// The SVG document.
    pub svg: String,
}

impl Picture {
    /// The picture as PNG.
    pub fn png(&self, scale: f32) -> Result<Vec<u8>, ToolError> {
        raster::png(&self.svg, scale)
    }
}

/// The drawing engine: one QuickJS with ECharts loaded, on a thread of its own, warm after the first use.
#[derive(Debug)]
pub struct Renderer {
    jobs: Sender<Job>,
}

impl Renderer {
    /// The process's own renderer. The first call starts it and returns at once; it loads while the caller prepares its data.
    pub fn shared() -> &'static Self {
        static SHARED: OnceLock<Renderer> = OnceLock::new();
        SHARED.get_or_init(Self::start)
    }

    fn start() -> Self {
        let (jobs, queue) = mpsc::channel();
        // Without a thread the queue is dropped, and every call says that the engine is not there.
        let _ = std::thread::Builder::new().name("charts".into()).stack_size(engine::STACK).spawn(move || engine::serve(&queue));
        Self { jobs }
    }

    /// Draws a figure. Blocks until it is drawn or the call must stop.
    pub fn draw(&self, figure: &Figure, size: Size, theme: Theme, control: &Control) -> Result<Picture, ToolError> {
        if size.width < 100 || size.height < 80 || size.width.max(size.height) > LARGEST {
            let message = format!("{} × {} is no size for a picture", size.width, size.height);
            return Err(ToolError::invalid("size", message, format!("Between 100 × 80 and {LARGEST} × {LARGEST} pixels.")));
        }
        let figure =
            serde_json::to_string(figure).map_err(|error| ToolError::internal(format!("the figure cannot be written: {error}")))?;
        let (job, answer) = Job::new(figure, size, theme);
        let stop = job.stopper();
        self.jobs.send(job).map_err(|_| gone())?;
        loop {
            match answer.recv_timeout(LOOK) {
                Ok(drawn) => return drawn.map(|svg| Picture { svg }),
                Err(RecvTimeoutError::Disconnected) => return Err(gone()),
                Err(RecvTimeoutError::Timeout) => control.check().inspect_err(|_| stop.stop())?,
            }
        }
    }
}

fn gone() -> ToolError {
    let hint = "Ask for `html`, which the browser draws, or start the server again.";
    ToolError::new(Code::Unavailable, "the drawing engine has stopped", hint)
}

#[cfg(test)]
mod tests;
