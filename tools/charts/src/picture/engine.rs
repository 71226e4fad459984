//! QuickJS with ECharts: one context, warm, drawing one figure at a time.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};

use data_stack_core::{Code, ToolError};
use rquickjs::{CatchResultExt, Context, Ctx, Function, Object, Runtime};

use super::{Size, Theme, raster};
use crate::page::{ECHARTS, ENGINE};

/// The thread's stack; ECharts' deepest calls need a part of it.
pub(super) const STACK: usize = 8 << 20;
/// What a script may use of the stack.
const SCRIPT_STACK: usize = 6 << 20;
/// What the engine may use of memory, so that a figure with absurd options fails alone.
const MEMORY: usize = 512 << 20;

/// A figure to draw.
pub(super) struct Job {
    figure: String,
    size: Size,
    theme: Theme,
    stop: Stop,
    answer: Sender<Result<String, ToolError>>,
}

/// Stops a drawing that nobody waits for.
#[derive(Clone)]
pub(super) struct Stop(Arc<AtomicBool>);

impl Stop {
    pub(super) fn stop(&self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

impl Job {
    /// The figure as JSON, and where its answer will come.
    pub(super) fn new(figure: String, size: Size, theme: Theme) -> (Self, Receiver<Result<String, ToolError>>) {
        let (answer, receiver) = channel();
        (Self { figure, size, theme, stop: Stop(Arc::default()), answer }, receiver)
    }

    pub(super) fn stopper(&self) -> Stop {
        self.stop.clone()
    }
}

/// Draws what comes until no one can send any more. After a failure that the engine may not survive it begins anew.
pub(super) fn serve(queue: &Receiver<Job>) {
    let mut engine = Engine::load();
    while let Ok(job) = queue.recv() {
        let drawn = match &engine {
            Ok(engine) => engine.draw(&job),
            Err(error) => Err(error.clone()),
        };
        let failed = drawn.is_err();
        // The caller may have stopped waiting.
        let _ = job.answer.send(drawn);
        if failed {
            engine = Engine::load();
        }
    }
}

struct Engine {
    context: Context,
    runtime: Runtime,
}

impl Engine {
    fn load() -> Result<Self, ToolError> {
        let broken = |error: rquickjs::Error| ToolError::internal(format!("the drawing engine does not start: {error}"));
        let runtime = Runtime::new().map_err(broken)?;
        runtime.set_memory_limit(MEMORY);
        runtime.set_max_stack_size(SCRIPT_STACK);
        let context = Context::full(&runtime).map_err(broken)?;
        context.with(|context| {
            prepare(&context).catch(&context).map_err(|error| ToolError::internal(format!("the drawing engine does not load: {error}")))
        })?;
        Ok(Self { context, runtime })
    }

    fn draw(&self, job: &Job) -> Result<String, ToolError> {
        let stop = job.stop.clone();
        self.runtime.set_interrupt_handler(Some(Box::new(move || stop.0.load(Ordering::Relaxed))));
        let drawn = self.context.with(|context| {
            call(&context, job).catch(&context).map_err(|error| {
                let reason = error.to_string();
                let reason = reason.lines().next().unwrap_or_default().chars().take(300).collect::<String>();
                let hint = "Check `options` against the ECharts documentation, or leave them out.";
                ToolError::new(Code::Failed, format!("ECharts cannot draw this figure: {reason}"), hint)
            })
        });
        self.runtime.set_interrupt_handler(None);
        drawn
    }
}

fn prepare(context: &Ctx<'_>) -> rquickjs::Result<()> {
    let measure = Function::new(context.clone(), |text: String, size: f64| raster::width(&text, size))?;
    context.globals().set("measure", measure)?;
    // ECharts asks for timers that a single drawing never waits for.
    context.eval::<(), _>("globalThis.setTimeout ??= () => 0; globalThis.clearTimeout ??= () => {};")?;
    context.eval::<(), _>(ECHARTS)?;
    // Scripts declare constants, which become properties of the global object only when they are set there.
    context.eval::<(), _>(ENGINE.replacen("const Engine =", "globalThis.Engine =", 1))?;
    context.eval::<(), _>(include_str!("draw.js").replacen("const Draw =", "globalThis.Draw =", 1))?;
    context.eval::<(), _>("Draw.start()")
}

fn call(context: &Ctx<'_>, job: &Job) -> rquickjs::Result<String> {
    let draw: Object<'_> = context.globals().get("Draw")?;
    let svg: Function<'_> = draw.get("svg")?;
    svg.call((job.figure.as_str(), job.theme.as_str(), job.size.width, job.size.height))
}
