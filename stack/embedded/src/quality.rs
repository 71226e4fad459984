//! Great Expectations on a copy of the warehouse, through the runner of `stack/quality`.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use data_stack_core::ports::Quality;
use data_stack_core::ports::quality::{ExpectationsJob, ExpectationsReport};
use data_stack_core::{BoxFuture, Code, Control, ToolError, text};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::child::{self, Program};
use crate::private;
use crate::python::{Environments, GREAT_EXPECTATIONS};
use crate::settings::Settings;
use crate::warehouse::copy::copy;
use crate::warehouse::lease::Lease;
use crate::warehouse::paths::Paths;

/// The runner, as the checkout has it.
const RUNNER: [(&str, &str); 3] = [
    ("run.py", include_str!("../../quality/run.py")),
    ("suite.py", include_str!("../../quality/suite.py")),
    ("mask.py", include_str!("../../quality/mask.py")),
];
/// Folders of a workspace in which suites are looked for, in this order.
const PLACES: [&str; 2] = ["quality/suites", "stack/quality/suites"];
/// Lines of what the runner says besides that an error shows.
const TAIL: usize = 15;
/// Variables of this process that the runner gets.
const VARIABLES: [&str; 6] = ["PATH", "HOME", "LANG", "TZ", "TMPDIR", "LD_LIBRARY_PATH"];

/// Judges suites with Great Expectations.
pub struct EmbeddedQuality {
    settings: Arc<Settings>,
    environments: Environments,
    paths: Paths,
    lease: Lease,
}

/// What the runner answers.
#[derive(Deserialize)]
#[serde(untagged)]
enum Answer {
    Failed { error: RunnerError },
    Judged(ExpectationsReport),
}

#[derive(Deserialize)]
struct RunnerError {
    code: String,
    message: String,
}

impl EmbeddedQuality {
    /// Suites over these settings' warehouse; nothing is set up or started yet.
    pub(crate) fn new(settings: &Arc<Settings>, lease: Lease) -> Self {
        Self {
            environments: Environments::new(&settings.cache, settings.environments.clone()),
            paths: Paths::new(settings.workspace.clone(), settings.granted()),
            settings: Arc::clone(settings),
            lease,
        }
    }

    async fn judge(&self, job: ExpectationsJob, control: &Control) -> Result<Option<ExpectationsReport>, ToolError> {
        let suites = match &job.suites {
            Some(folder) => Some(self.paths.folder("suites", folder)?),
            None => PLACES.iter().map(|place| self.settings.workspace.join(place)).find(|folder| folder.is_dir()),
        };
        let Some(suites) = suites else { return Ok(None) };
        let python = self.environments.python(&GREAT_EXPECTATIONS, control).await?;
        let folder = self.settings.state.join("quality");
        let runner = runner(&folder)?;
        let warehouse = copy(&self.settings.database, &self.lease, &folder.join("read"), control).await?;
        if !warehouse.exists() {
            return Err(ToolError::new(Code::NotFound, "the workspace has no warehouse yet", "Load files with `ingest` first."));
        }
        control.progress(0.0, None, "judging expectations");
        let mut arguments =
            vec!["-E".into(), "-s".into(), "-B".into(), runner.into_os_string(), warehouse.into_os_string(), suites.into_os_string()];
        for suite in &job.only {
            arguments.push(format!("--suite={suite}").into());
        }
        let environment = VARIABLES.iter().filter_map(|name| Some(((*name).into(), std::env::var_os(name)?)));
        let environment = environment.chain([("GX_ANALYTICS_ENABLED".into(), "false".into())]).collect();
        let program = Program { path: python, arguments, folder, environment };
        self.carry_out(&program, control).await.map(Some)
    }

    async fn carry_out(&self, program: &Program, control: &Control) -> Result<ExpectationsReport, ToolError> {
        let (mut answer, mut tail) = (None, Vec::new());
        let ended = child::run(program, control, |line| match serde_json::from_slice::<Value>(line) {
            Ok(value) if value.is_object() => answer = Some(value),
            _ => {
                tail.push(text::clean(&String::from_utf8_lossy(line), 300));
                if tail.len() > TAIL {
                    tail.remove(0);
                }
            }
        });
        if let Some(error) = ended.await?.stopped {
            return Err(error);
        }
        match answer.map(serde_json::from_value) {
            Some(Ok(Answer::Judged(report))) => Ok(report),
            Some(Ok(Answer::Failed { error })) => {
                let code = if error.code == "invalid_suite" { Code::InvalidInput } else { Code::Failed };
                Err(ToolError::new(code, text::clean(&error.message, 1_000), "Mend the suite that is named.").at("suites"))
            }
            _ => {
                let said = tail.last().map_or("it said nothing", String::as_str);
                Err(ToolError::new(
                    Code::Failed,
                    format!("Great Expectations ended without an answer: {said}"),
                    "`details.log_tail` holds what it said last.",
                )
                .details(json!({ "log_tail": tail })))
            }
        }
    }
}

/// The runner's path; its files are written if they are not there as this binary has them.
fn runner(folder: &Path) -> Result<PathBuf, ToolError> {
    let folder = folder.join("runner");
    let write = || {
        private::folder(&folder)?;
        for (name, content) in RUNNER {
            if fs::read(folder.join(name)).ok().as_deref() != Some(content.as_bytes()) {
                fs::write(folder.join(name), content)?;
            }
        }
        Ok(())
    };
    write().map_err(|error: std::io::Error| {
        let message = format!("{} cannot be written: {error}", folder.display());
        ToolError::new(Code::Unavailable, message, "Mend the folder's rights, or free disk space.")
    })?;
    Ok(folder.join("run.py"))
}

impl Quality for EmbeddedQuality {
    fn expectations<'a>(
        &'a self,
        job: ExpectationsJob,
        control: &'a Control,
    ) -> BoxFuture<'a, Result<Option<ExpectationsReport>, ToolError>> {
        Box::pin(self.judge(job, control))
    }
}
