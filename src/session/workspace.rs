//! A workspace of its own for each session: fresh, and gone afterwards.

use std::path::{Path, PathBuf};

use anyhow::{Context, bail};

use super::Options;
use super::file::{Fixture, Script};
use crate::mcp::client::{Log, ServerCommand, Target};

/// The folders of a session.
pub(super) struct Workspace {
    root: tempfile::TempDir,
}

impl Workspace {
    /// A fresh workspace with the script's files in it.
    pub(super) fn make(script: &Script) -> anyhow::Result<Self> {
        let root = tempfile::Builder::new().prefix("data-stack-session-").tempdir().context("no temporary folder can be made")?;
        let workspace = Self { root };
        std::fs::create_dir_all(workspace.folder())?;
        let base = script.path.parent().unwrap_or(Path::new("."));
        for fixture in &script.server.files {
            workspace.add(base, &fixture.value).with_context(|| format!("{}:{}", script.path.display(), fixture.defined.line()))?;
        }
        Ok(workspace)
    }

    /// The folder that the server works in.
    pub(super) fn folder(&self) -> PathBuf {
        self.root.path().join("workspace")
    }

    /// What the server wrote to standard error.
    pub(super) fn log(&self) -> PathBuf {
        self.root.path().join("server.log")
    }

    /// The last lines that the server wrote to standard error.
    pub(super) fn log_tail(&self) -> Vec<String> {
        const LINES: usize = 15;
        let text = std::fs::read(self.log()).map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).unwrap_or_default();
        let lines: Vec<&str> = text.lines().collect();
        lines[lines.len().saturating_sub(LINES)..].iter().map(|line| (*line).to_owned()).collect()
    }

    /// Leaves the workspace on disk and says where.
    pub(super) fn keep(self) -> PathBuf {
        self.root.keep()
    }

    /// Which server the script talks to.
    pub(super) fn target(&self, script: &Script, options: &Options) -> anyhow::Result<Target> {
        if let Some(url) = options.url.as_ref().or(script.url.as_ref()) {
            return Ok(Target::Url { url: url.clone(), token: options.token.clone() });
        }
        let command = match script.server.command.split_first() {
            Some((program, args)) => ServerCommand::new(program).args(args),
            None => self.own_server(script, options)?,
        };
        let command = script
            .server
            .env
            .iter()
            .fold(command, |command, (name, value)| command.env(name, value.as_str().map_or_else(|| value.to_string(), str::to_owned)));
        Ok(Target::Command(command.folder(self.folder()).log(Log::File(self.log()))))
    }

    /// This program as a server, with nothing but the script's own settings.
    fn own_server(&self, script: &Script, options: &Options) -> anyhow::Result<ServerCommand> {
        let program = match &options.program {
            Some(program) => program.clone(),
            None => std::env::current_exe().context("this program does not know where it is")?,
        };
        let mut command = ServerCommand::new(program).args(["--workspace".into(), self.folder().into_os_string()]);
        for (flag, value) in [("--persona", &script.server.persona), ("--effects", &script.server.effects)] {
            command = value.iter().fold(command, |command, value| command.args([flag, value]));
        }
        Ok(command.args(&script.server.args).args(["mcp"]).env("XDG_CONFIG_HOME", self.root.path().join("config")))
    }

    fn add(&self, base: &Path, fixture: &Fixture) -> anyhow::Result<()> {
        let name = fixture.to.clone().or_else(|| fixture.copy.as_ref().and_then(|path| path.file_name()).map(PathBuf::from));
        let name = name.context("the file needs a name: `to: <name>`")?;
        if name.components().any(|part| !matches!(part, std::path::Component::Normal(_))) {
            bail!("{}: the name must lie within the workspace", name.display());
        }
        let target = self.folder().join(name);
        if let Some(folder) = target.parent() {
            std::fs::create_dir_all(folder)?;
        }
        match (&fixture.copy, &fixture.text) {
            (Some(source), _) => {
                let source = base.join(source);
                std::fs::copy(&source, &target).with_context(|| format!("{} cannot be copied", source.display()))?;
            }
            (None, text) => std::fs::write(&target, text.as_deref().unwrap_or_default())?,
        }
        Ok(())
    }
}
