//! `transform`: a pipeline of tools from a file to what dashboards show, with one report.

mod dashboard;
mod project;
mod report;
mod steps;
mod types;

use data_stack_core::{Ctx, Effect, Example, Limits, Port, Reply, Spec, Tool, ToolError, text};

use steps::Course;
pub use types::{TransformInput, TransformOutput};

/// The names of the pipelines.
pub const PIPELINES: [&str; 1] = ["eda-to-dashboard"];

/// Runs a pipeline.
#[derive(Debug, Clone, Copy)]
pub struct Transform;

impl Tool for Transform {
    type Input = TransformInput;
    type Output = TransformOutput;

    const SPEC: Spec = Spec {
        name: "transform",
        title: "Run a pipeline from file to dashboard",
        description: include_str!("transform.md"),
        effect: Effect::Write,
        max_effect: Effect::Write,
        idempotent: true,
        open_world: true,
        ports: &[Port::Tools, Port::Dbt],
        limits: Limits::seconds(4 * 3_600),
        examples: &[Example {
            title: "From the file to tables for dashboards",
            arguments: r#"{"source": "transactions.csv"}"#,
            expect: &[("/steps/2/state", "\"done\""), ("/steps/4/state", "\"done\"")],
        }],
    };

    fn consequence(&self, input: &TransformInput) -> String {
        let source = text::clean(&input.source, 200);
        format!("Load {source} into its table, replacing what is there, build the dbt project's tables, and record the quality score.")
    }

    async fn run(&self, input: TransformInput, ctx: &Ctx) -> Result<Reply<TransformOutput>, ToolError> {
        let course = Course::new(&input, ctx)?;
        let (output, links, failure) = course.run().await;
        report::reply(output, links, failure, ctx)
    }
}

#[cfg(test)]
mod tests;
