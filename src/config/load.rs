//! Settings from their layers.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use data_stack_core::nearest::nearest;
use data_stack_core::{Code, Effect, ToolError, Warning};
use serde_json::{Map, Value, json};

use super::key::{KEYS, Key};
use super::layer::{Flag, Layer, Origin, Sources, Stance};
use super::value::{Place, tidy};
use super::{Settings, rule::Rule};

/// The project's file, in the workspace.
const PROJECT_FILE: &str = "data-stack.toml";
/// The tables with settings of single environments.
const ENVIRONMENTS: &str = "env";

/// Settings with where each came from.
#[derive(Debug, Clone)]
pub struct Config {
    /// The values in force.
    pub settings: Settings,
    /// Of every setting by name, `workspace` included.
    pub origins: BTreeMap<&'static str, Origin>,
    /// What did not become as somebody wrote it, and why.
    pub warnings: Vec<Warning>,
    /// The files that were read.
    pub files: Vec<PathBuf>,
}

/// A file's settings, with those of single environments apart.
struct File {
    path: PathBuf,
    base: Vec<(String, Value)>,
    environments: Map<String, Value>,
}

/// The settings that `sources` make.
pub fn load(sources: &Sources) -> Result<Config, ToolError> {
    let (workspace, origin) = workspace(sources)?;
    let mut config = Config::default_for(workspace, origin, sources);
    let operator: Vec<File> = sources.files.iter().filter_map(|path| read(path).transpose()).collect::<Result<_, _>>()?;
    let project = read(&config.settings.workspace.join(PROJECT_FILE))?;
    config.files = operator.iter().chain(&project).map(|file| file.path.clone()).collect();

    for file in &operator {
        config.take_table(&file.base, Layer::File, &file.path, None, sources)?;
    }
    config.take_variables(sources)?;
    config.take_flags(sources, |flag| flag.key == "environment")?;
    config.check_environment(&operator, project.as_ref())?;
    for file in &operator {
        config.take_environment(file, Layer::EnvironmentTable, sources)?;
    }
    if let Some(file) = &project {
        config.take_table(&file.base, Layer::Project, &file.path, None, sources)?;
        config.take_environment(file, Layer::Project, sources)?;
    }
    config.take_flags(sources, |flag| flag.key != "environment")?;
    Ok(config)
}

/// The workspace: the flag's, the variable's, or the current folder.
fn workspace(sources: &Sources) -> Result<(PathBuf, Origin), ToolError> {
    let variable = sources.variables.iter().find(|(name, value)| name == "DATA_STACK_WORKSPACE" && !value.is_empty());
    let (path, origin) = match (&sources.workspace, variable) {
        (Some(path), _) => (path.clone(), Origin::new(Layer::Flag, "--workspace")),
        (None, Some((name, value))) => (PathBuf::from(value), Origin::new(Layer::Variable, name)),
        (None, None) => (sources.current_folder.clone(), Origin::new(Layer::Default, "the current folder")),
    };
    let path = match (path.strip_prefix("~"), &sources.home) {
        (Ok(rest), Some(home)) => home.join(rest),
        _ => sources.current_folder.join(path),
    };
    let found = path.canonicalize().map_err(|error| no_workspace(&path, &error.to_string()))?;
    if !found.is_dir() {
        return Err(no_workspace(&path, "it is not a folder"));
    }
    if found.parent().is_none() && origin.layer == Layer::Default {
        return Err(no_workspace(&path, "the root of the file system is never taken for it silently"));
    }
    Ok((found, origin))
}

fn no_workspace(path: &Path, reason: &str) -> ToolError {
    ToolError::invalid(
        "workspace",
        format!("{} cannot be the workspace: {reason}", path.display()),
        "Name an existing folder with --workspace or DATA_STACK_WORKSPACE.",
    )
}

impl Config {
    fn default_for(workspace: PathBuf, origin: Origin, sources: &Sources) -> Self {
        let mut settings = Settings::for_workspace(workspace);
        let mut origins: BTreeMap<&'static str, Origin> =
            KEYS.iter().map(|key| (key.name, Origin::new(Layer::Default, "built in"))).collect();
        let mut warnings = Vec::new();
        if sources.home.as_ref().is_some_and(|home| tidy(home) == settings.workspace) {
            let message = "The workspace is your home folder, so calls may read every file in it. Name a narrower folder with --workspace.";
            warnings.push(Warning { code: "workspace_is_home".into(), message: message.into() });
        }
        if sources.stance == Stance::Person {
            settings.effects = Effect::Destroy;
            origins.insert("effects", Origin::new(Layer::Default, "a person at a terminal: writes run, destroying asks first"));
        }
        origins.insert("workspace", origin);
        Self { settings, origins, warnings, files: Vec::new() }
    }

    /// Every setting by name with its value and its origin, the workspace first.
    pub fn rows(&self) -> impl Iterator<Item = (&'static str, Value, &Origin)> {
        let workspace = std::iter::once(("workspace", json!(self.settings.workspace)));
        let keys = KEYS.iter().map(|key| (key.name, (key.read)(&self.settings)));
        workspace.chain(keys).filter_map(|(name, value)| Some((name, value, self.origins.get(name)?)))
    }

    fn take_table(
        &mut self,
        table: &[(String, Value)],
        layer: Layer,
        path: &Path,
        environment: Option<&str>,
        sources: &Sources,
    ) -> Result<(), ToolError> {
        let folder = path.parent().unwrap_or(path);
        let from = environment.map_or_else(|| path.display().to_string(), |name| format!("{} [{ENVIRONMENTS}.{name}]", path.display()));
        for (name, raw) in table {
            let key = Key::find(name).ok_or_else(|| unknown(name, &from))?;
            self.take(key, raw, &Origin::new(layer, &from), Place { folder, home: sources.home.as_deref() })?;
        }
        Ok(())
    }

    fn take_environment(&mut self, file: &File, layer: Layer, sources: &Sources) -> Result<(), ToolError> {
        let name = self.settings.environment.clone();
        let Some(table) = file.environments.get(&name) else { return Ok(()) };
        let Value::Object(table) = table else {
            return Err(wrong(&format!("{ENVIRONMENTS}.{name}"), &file.path.display().to_string(), "a table", table));
        };
        self.take_table(&flatten(table), layer, &file.path, Some(&name), sources)
    }

    fn take_variables(&mut self, sources: &Sources) -> Result<(), ToolError> {
        for (name, value) in sources.variables.iter().filter(|(name, value)| name.starts_with("DATA_STACK_") && !value.is_empty()) {
            match KEYS.iter().find(|key| key.variable() == *name) {
                Some(key) => {
                    let place = Place { folder: &sources.current_folder, home: sources.home.as_deref() };
                    self.take(key, &json!(value), &Origin::new(Layer::Variable, name), place)?;
                }
                None => check_variable(name)?,
            }
        }
        Ok(())
    }

    fn take_flags(&mut self, sources: &Sources, wanted: impl Fn(&Flag) -> bool) -> Result<(), ToolError> {
        for flag in sources.flags.iter().filter(|flag| wanted(flag)) {
            let key = Key::find(&flag.key).ok_or_else(|| unknown(&flag.key, &flag.flag))?;
            let place = Place { folder: &sources.current_folder, home: sources.home.as_deref() };
            self.take(key, &flag.value, &Origin::new(Layer::Flag, &flag.flag), place)?;
        }
        Ok(())
    }

    fn take(&mut self, key: &'static Key, raw: &Value, origin: &Origin, place: Place<'_>) -> Result<(), ToolError> {
        let parsed = key.kind.parse(raw, place).map_err(|expected| wrong(key.name, &origin.from, &expected, raw))?;
        if let Some(caution) = parsed.caution {
            self.warn("setting_unreadable", format!("`{}` in {}: {caution}.", key.name, origin.from));
        }
        let has = (key.read)(&self.settings);
        if origin.layer == Layer::Project && !key.rule.admits(&has, &parsed.value, &self.settings.workspace) {
            self.warn_refused(key, &has, &parsed.value, &origin.from);
            return Ok(());
        }
        if origin.layer != Layer::Project || has != parsed.value {
            (key.write)(&mut self.settings, &parsed.value);
            self.origins.insert(key.name, origin.clone());
        }
        Ok(())
    }

    fn warn_refused(&mut self, key: &Key, has: &Value, wanted: &Value, from: &str) {
        let Key { name, kind, rule, .. } = key;
        let (has, wanted) = (kind.show(has), kind.show(wanted));
        self.warn(
            "project_setting_refused",
            format!("`{name}` = {wanted} in {from} is not taken, {has} stays: {}.", Rule::allowance(*rule)),
        );
    }

    fn warn(&mut self, code: &str, message: String) {
        self.warnings.push(Warning { code: code.into(), message });
    }

    /// A misspelt environment must not shed the limits of the one that was meant.
    fn check_environment(&self, operator: &[File], project: Option<&File>) -> Result<(), ToolError> {
        let name = self.settings.environment.as_str();
        let known: Vec<&str> = operator.iter().chain(project).flat_map(|file| file.environments.keys()).map(String::as_str).collect();
        if known.is_empty() || known.contains(&name) || self.origins.get("environment").is_some_and(|origin| origin.layer == Layer::Default)
        {
            return Ok(());
        }
        let hint = format!("Add a table [{ENVIRONMENTS}.{name}], even an empty one, or name one of: {}.", known.join(", "));
        Err(ToolError::invalid("environment", format!("no settings file knows the environment `{name}`"), hint).valid(known))
    }
}

fn read(path: &Path) -> Result<Option<File>, ToolError> {
    let text = match std::fs::read_to_string(path) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(error) => {
            let message = format!("{} cannot be read: {error}", path.display());
            return Err(ToolError::new(Code::InvalidInput, message, "Mend the file's permissions or its encoding (UTF-8)."));
        }
    };
    let mut table: Map<String, Value> = toml::from_str(&text).map_err(|error| {
        let message = format!("{} is not valid TOML: {}", path.display(), error.to_string().trim_end());
        ToolError::new(Code::InvalidInput, message, "Mend the line; `data-stack config show --origins` shows every setting and its name.")
    })?;
    let environments = match table.remove(ENVIRONMENTS) {
        None => Map::new(),
        Some(Value::Object(environments)) => environments,
        Some(other) => return Err(wrong(ENVIRONMENTS, &path.display().to_string(), "a table of tables", &other)),
    };
    Ok(Some(File { path: path.to_owned(), base: flatten(&table), environments }))
}

/// Nested tables as dotted names.
fn flatten(table: &Map<String, Value>) -> Vec<(String, Value)> {
    let mut out = Vec::new();
    for (name, value) in table {
        match value {
            Value::Object(inner) => out.extend(flatten(inner).into_iter().map(|(rest, value)| (format!("{name}.{rest}"), value))),
            other => out.push((name.clone(), other.clone())),
        }
    }
    out
}

fn unknown(name: &str, from: &str) -> ToolError {
    let near = nearest(name, KEYS.iter().map(|key| key.name), 1);
    let is_secret = ["token", "password", "secret"].iter().any(|word| name.contains(word));
    let hint = match near.first() {
        _ if name == "workspace" => "The workspace is set by --workspace or DATA_STACK_WORKSPACE only.".to_owned(),
        Some(near) => format!("Did you mean `{near}`?"),
        None if is_secret => "Secrets are given by reference only: `http.token_file` names a file.".to_owned(),
        None => "`data-stack config show --origins` shows every setting and its name.".to_owned(),
    };
    ToolError::invalid(name, format!("there is no setting `{name}` (in {from})"), hint).valid(near)
}

fn wrong(name: &str, from: &str, expected: &str, found: &Value) -> ToolError {
    ToolError::invalid(name, format!("`{name}` is {found} (in {from})"), format!("Give {expected}."))
}

/// Variables of other programs may begin like ours; only what is nearly one of ours is taken for a slip.
fn check_variable(name: &str) -> Result<(), ToolError> {
    let known: Vec<String> = KEYS.iter().map(Key::variable).collect();
    match known.iter().find(|known| strsim::osa_distance(known, name) <= 2) {
        None => Ok(()),
        Some(near) => {
            Err(ToolError::invalid(name, format!("there is no setting for the variable `{name}`"), format!("Did you mean `{near}`?")))
        }
    }
}
