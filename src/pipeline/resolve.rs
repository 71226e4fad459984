//! Step one: catalogue ∩ persona ∩ policy ∩ ports present.

use std::sync::Arc;

use data_stack_core::{Code, Effect, Ports, ToolError};

use crate::catalog::Entry;
use crate::prompts::Persona;

/// The tools that a caller sees, by name.
pub fn visible(
    catalog: &'static [Entry],
    effects: Effect,
    persona: Option<&Persona>,
    ports: Arc<Ports>,
) -> impl Iterator<Item = &'static Entry> {
    catalog.iter().filter(move |entry| obstacle(entry, effects, persona, &ports).is_none())
}

/// The tool of that name, or why the caller cannot have it.
pub fn resolve(
    catalog: &'static [Entry],
    name: &str,
    effects: Effect,
    persona: Option<&Persona>,
    ports: &Arc<Ports>,
) -> Result<&'static Entry, ToolError> {
    let Some(entry) = catalog.iter().find(|entry| entry.spec().name == name) else {
        let known: Vec<&'static str> = visible(catalog, effects, persona, ports.clone()).map(|entry| entry.spec().name).collect();
        return Err(super::unknown_tool(name, &known));
    };
    match obstacle(entry, effects, persona, ports) {
        None => Ok(entry),
        Some(error) => Err(error),
    }
}

fn obstacle(entry: &Entry, effects: Effect, persona: Option<&Persona>, ports: &Ports) -> Option<ToolError> {
    let spec = entry.spec();
    if let Some(port) = spec.ports.iter().find(|port| !ports.has(**port)) {
        let message = format!("`{}` needs the {} backend, which this configuration does not have", spec.name, port.as_str());
        return Some(ToolError::new(Code::Unavailable, message, "Run `data-stack doctor` for what is missing and how to add it."));
    }
    if let Some(persona) = persona.filter(|persona| !persona.allows(spec.name)) {
        let message = format!("the persona `{}` does not use `{}`", persona.name, spec.name);
        return Some(ToolError::new(Code::Denied, message, format!("Use one of its tools: {}.", persona.tools.join(", "))));
    }
    if spec.effect > effects {
        let message = format!("`{}` would {}, and this server allows calls up to `{effects}`", spec.name, spec.effect);
        return Some(ToolError::new(
            Code::Denied,
            message,
            format!("Ask the operator to start data-stack with `--effects {}`.", spec.effect),
        ));
    }
    None
}
