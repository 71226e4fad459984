//! The tool: declared once, called from everywhere.

use std::time::Duration;

use schemars::JsonSchema;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{BoxFuture, Code, Ctx, Port, Reply, ToolError, schema};

/// How far a call reaches. The order is the ladder on which an operator sets the highest rung allowed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Effect {
    /// Changes nothing that outlives the call but artifacts of its own.
    Read,
    /// Adds or changes data in a way that can be taken back.
    Write,
    /// Removes or overwrites data for good.
    Destroy,
}

impl Effect {
    /// The rung's name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Write => "write",
            Self::Destroy => "destroy",
        }
    }
}

impl std::fmt::Display for Effect {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Everything about a tool that is known before it is called.
#[derive(Debug)]
pub struct Spec {
    /// `verb_noun`, at most 64 of `[a-z0-9_]`.
    pub name: &'static str,
    /// For people.
    pub title: &'static str,
    /// For models: what it does, when to use it, what comes next; at most 2 KB.
    pub description: &'static str,
    /// The least effect that a call may have.
    pub effect: Effect,
    /// The greatest effect that a call may have.
    pub max_effect: Effect,
    /// Whether the same call twice leaves the same state as once.
    pub idempotent: bool,
    /// Whether it reaches beyond this machine.
    pub open_world: bool,
    /// The backends without which it cannot run.
    pub ports: &'static [Port],
    /// Its limits.
    pub limits: Limits,
    /// Calls that work on the demonstration workspace; each is run as a test.
    pub examples: &'static [Example],
}

/// A tool's own limits.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// How long a call may run in all, as a job included.
    pub deadline: Duration,
}

impl Limits {
    /// A limit in seconds.
    pub const fn seconds(deadline: u64) -> Self {
        Self { deadline: Duration::from_secs(deadline) }
    }
}

/// A call that works on the demonstration workspace (`transactions.csv`, ingested as table `transactions`).
#[derive(Debug)]
pub struct Example {
    /// What it shows.
    pub title: &'static str,
    /// The arguments, as JSON.
    pub arguments: &'static str,
    /// A JSON pointer into the result's `data` and the JSON value that must stand there.
    pub expect: &'static [(&'static str, &'static str)],
}

/// A tool, as its family writes it: a unit struct with typed input and output.
pub trait Tool: Clone + Send + Sync + 'static {
    /// The arguments. Derives `Deserialize` with `deny_unknown_fields` and `JsonSchema`; its doc comments are the
    /// parameters' documentation.
    type Input: DeserializeOwned + JsonSchema + Send + 'static;
    /// The result's `data`.
    type Output: Serialize + JsonSchema + Send + 'static;

    /// What is known before a call.
    const SPEC: Spec;

    /// How far this call reaches; must lie between the spec's `effect` and `max_effect`.
    fn effect(&self, input: &Self::Input) -> Effect {
        let _ = input;
        Self::SPEC.effect
    }

    /// What a person is asked before a call that needs consent: one sentence that names the target.
    fn consequence(&self, input: &Self::Input) -> String {
        format!("{} ({})", Self::SPEC.title, self.effect(input))
    }

    /// Does the work.
    fn run(&self, input: Self::Input, ctx: &Ctx) -> impl Future<Output = Result<Reply<Self::Output>, ToolError>> + Send;
}

/// A tool's JSON Schemas, in the portable subset that every client accepts (see [`schema`]).
#[derive(Debug, Clone, PartialEq)]
pub struct Schemas {
    /// Of the arguments.
    pub input: Value,
    /// Of the result's `data`.
    pub output: Value,
}

/// A tool without its types: what the host keeps in its catalogue.
pub trait AnyTool: Send + Sync {
    /// What is known before a call.
    fn spec(&self) -> &'static Spec;
    /// Its schemas, computed afresh; the host keeps them.
    fn schemas(&self) -> Schemas;
    /// Binds validated arguments to the tool.
    fn bind(&self, arguments: Value) -> Result<Box<dyn Call>, ToolError>;
}

/// A tool with its arguments, ready to run once.
pub trait Call: Send {
    /// How far it reaches.
    fn effect(&self) -> Effect;
    /// What it would do, in a sentence for the person who is asked.
    fn consequence(&self) -> String;
    /// Runs it.
    fn run(self: Box<Self>, ctx: Ctx) -> BoxFuture<'static, Result<Reply<Value>, ToolError>>;
}

struct Bound<T: Tool> {
    tool: T,
    input: T::Input,
}

impl<T: Tool> AnyTool for T {
    fn spec(&self) -> &'static Spec {
        &T::SPEC
    }

    fn schemas(&self) -> Schemas {
        Schemas { input: schema::input::<T::Input>(), output: schema::output::<T::Output>() }
    }

    fn bind(&self, arguments: Value) -> Result<Box<dyn Call>, ToolError> {
        let input = serde_json::from_value(arguments).map_err(|error| {
            ToolError::new(Code::InvalidInput, error.to_string(), format!("See the input schema of `{}`.", T::SPEC.name))
        })?;
        Ok(Box::new(Bound { tool: self.clone(), input }))
    }
}

impl<T: Tool> Call for Bound<T> {
    fn effect(&self) -> Effect {
        self.tool.effect(&self.input)
    }

    fn consequence(&self) -> String {
        self.tool.consequence(&self.input)
    }

    fn run(self: Box<Self>, ctx: Ctx) -> BoxFuture<'static, Result<Reply<Value>, ToolError>> {
        Box::pin(async move {
            let reply = self.tool.run(self.input, &ctx).await?;
            let data = serde_json::to_value(&reply.data)
                .map_err(|error| ToolError::internal(format!("the result cannot be written as JSON: {error}")))?;
            Ok(reply.map(|_| data))
        })
    }
}
