//! Personas and their workflows, as Markdown with front matter under `prompts/`.
//!
//! A persona is a prompt and a limit at once: it names the tools that an agent may use and the highest effect of its calls.

use data_stack_core::{Code, Effect, ToolError};
use serde::Deserialize;

/// A role that an agent takes on.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Persona {
    /// Its name, such as `data_analyst`.
    pub name: String,
    /// For people.
    pub title: String,
    /// One sentence.
    pub description: String,
    /// The tools it may use.
    pub tools: Vec<String>,
    /// The highest effect of its calls.
    pub effects: Effect,
    /// What the agent is told, in Markdown.
    #[serde(skip)]
    pub body: String,
    /// Ways of working, each a prompt of its own.
    #[serde(skip)]
    pub workflows: Vec<Workflow>,
}

/// A way of working that ends in a checked result.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Workflow {
    /// Its name, such as `explore-csv`.
    pub name: String,
    /// For people.
    pub title: String,
    /// One sentence.
    pub description: String,
    /// What it asks for, in order; few and short.
    #[serde(default)]
    pub arguments: Vec<Argument>,
    /// What the agent is told, in Markdown; `{{name}}` stands for an argument.
    #[serde(skip)]
    pub body: String,
}

/// An argument of a workflow.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Argument {
    /// Its name.
    pub name: String,
    /// One sentence.
    pub description: String,
    /// Whether the workflow needs it.
    #[serde(default)]
    pub required: bool,
    /// What its values are, for completion.
    #[serde(default)]
    pub completes: Completes,
}

/// What the values of an argument are.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Completes {
    /// Anything.
    #[default]
    Nothing,
    /// Files below the granted roots.
    File,
    /// Tables of the warehouse.
    Table,
    /// Columns of the table that the argument `table` names.
    Column,
}

/// The sources of one persona: the persona's file, then its workflows'.
struct Bundle {
    persona: &'static str,
    workflows: &'static [&'static str],
}

macro_rules! bundle {
    ($name:literal: $($workflow:literal),*) => {
        Bundle {
            persona: include_str!(concat!("../prompts/", $name, "/persona.md")),
            workflows: &[$(include_str!(concat!("../prompts/", $name, "/", $workflow, ".md"))),*],
        }
    };
}

static BUNDLES: &[Bundle] = &[
    bundle!("data_analyst": "explore-csv", "answer-question"),
    bundle!("data_engineer": "load-source", "investigate-failure"),
    bundle!("ml_engineer": "frame-problem"),
];

impl Persona {
    /// Whether it may use the tool.
    pub fn allows(&self, tool: &str) -> bool {
        self.tools.iter().any(|name| name == tool)
    }
}

impl Workflow {
    /// The text for an agent, with its arguments filled in; what is not given reads `(not given)`.
    pub fn render(&self, given: &serde_json::Map<String, serde_json::Value>) -> Result<String, ToolError> {
        if let Some(missing) = self.arguments.iter().find(|argument| argument.required && !given.contains_key(&argument.name)) {
            return Err(ToolError::invalid(
                &missing.name,
                format!("`{}` needs `{}`", self.name, missing.name),
                missing.description.clone(),
            ));
        }
        let text = |name: &str| {
            given
                .get(name)
                .and_then(|value| value.as_str())
                .map_or_else(|| "(not given)".to_owned(), |value| data_stack_core::text::clean(value, 1_000))
        };
        Ok(self
            .arguments
            .iter()
            .fold(self.body.clone(), |body, argument| body.replace(&format!("{{{{{}}}}}", argument.name), &text(&argument.name))))
    }
}

/// All personas, by name.
pub fn personas() -> Result<Vec<Persona>, ToolError> {
    BUNDLES.iter().map(read_bundle).collect()
}

/// The persona of that name.
pub fn persona(name: &str) -> Result<Persona, ToolError> {
    let all = personas()?;
    let names: Vec<String> = all.iter().map(|persona| persona.name.clone()).collect();
    all.into_iter().find(|persona| persona.name == name.replace('-', "_")).ok_or_else(|| {
        ToolError::new(Code::NotFound, format!("there is no persona `{name}`"), format!("The personas are: {}.", names.join(", ")))
            .at("persona")
            .valid(names)
    })
}

fn read_bundle(bundle: &Bundle) -> Result<Persona, ToolError> {
    let (mut persona, body): (Persona, String) = read(bundle.persona)?;
    persona.body = body;
    for source in bundle.workflows {
        let (mut workflow, body): (Workflow, String) = read(source)?;
        workflow.body = body;
        persona.workflows.push(workflow);
    }
    Ok(persona)
}

/// Parts a file into its front matter and its body.
fn read<T: serde::de::DeserializeOwned>(source: &str) -> Result<(T, String), ToolError> {
    let parted = source.strip_prefix("---\n").and_then(|rest| rest.split_once("\n---\n"));
    let (matter, body) = parted.ok_or_else(|| ToolError::internal("a prompt has no front matter"))?;
    let head = serde_saphyr::from_str(matter).map_err(|error| ToolError::internal(format!("a prompt's front matter is wrong: {error}")))?;
    Ok((head, body.trim().to_owned()))
}

#[cfg(test)]
mod tests {
    use super::{persona, personas};
    use serde_json::json;

    #[test]
    fn every_persona_reads_and_names_only_tools_that_exist() {
        let known: Vec<&str> = crate::catalog::entries().iter().map(|entry| entry.spec().name).collect();
        for persona in personas().unwrap() {
            assert!(!persona.workflows.is_empty() && persona.body.len() > 200, "{}", persona.name);
            for tool in &persona.tools {
                assert!(known.contains(&tool.as_str()), "{}: {tool}", persona.name);
            }
        }
    }

    #[test]
    fn a_workflow_is_filled_in_and_says_what_it_lacks() {
        let analyst = persona("data-analyst").unwrap();
        let workflow = analyst.workflows.iter().find(|workflow| workflow.name == "explore-csv").unwrap();
        let given = json!({"path": "orders.csv"});
        let text = workflow.render(given.as_object().unwrap()).unwrap();
        assert!(text.contains("orders.csv") && !text.contains("{{"), "{text}");
        assert_eq!(workflow.render(&serde_json::Map::new()).unwrap_err().field.as_deref(), Some("path"));
    }
}
