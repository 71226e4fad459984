//! Plays a script, step by step.

use std::io::Write;
use std::time::{Duration, Instant};

use anyhow::Context;
use serde_json::Value;
use serde_saphyr::Spanned;

use super::Options;
use super::act::{Seen, act};
use super::check::{Matcher, brief};
use super::file::Script;
use super::path::Selector;
use super::report::{Played, PlayedStep, Problem};
use super::snapshot::Snapshots;
use super::step::{Ending, Step};
use super::variables::Variables;
use super::workspace::Workspace;
use crate::mcp::client::{Client, Connect, Target};

/// How long a step waits before it is tried again.
const PAUSE: Duration = Duration::from_millis(100);

/// A session under way.
struct Session<'a> {
    script: &'a Script,
    snapshots: Snapshots<'a>,
    target: Target,
    variables: Variables,
    client: Option<Client>,
}

/// Plays the script. Fails only when the log cannot be written or no workspace can be made.
pub(super) async fn play(script: &Script, options: &Options, log: &mut dyn Write) -> anyhow::Result<Played> {
    writeln!(log, "\n{}  ({})", script.name, script.path.display())?;
    let workspace = Workspace::make(script)?;
    let mut session = Session {
        script,
        snapshots: Snapshots { script, workspace: workspace.folder(), update: options.update },
        target: workspace.target(script, options)?,
        variables: Variables::new(script.variables.clone()),
        client: None,
    };
    session.variables.set("workspace", workspace.folder().to_string_lossy().into());

    let mut played = Played { name: script.name.clone(), path: script.path.clone(), steps: Vec::new(), kept: None };
    let started = Instant::now();
    let connected = session.connect().await;
    played.add("connect", 1, started.elapsed(), connected.err().map(|error| broken(&error)).into_iter().collect(), log)?;
    for step in &script.steps {
        if !played.passed() {
            played.skip(step, log)?;
            continue;
        }
        let started = Instant::now();
        let problems = session.step(&step.value).await;
        played.add(&step.value.title(), step.defined.line(), started.elapsed(), problems, log)?;
    }
    if let Some(client) = session.client.take() {
        client.close().await;
    }
    if !played.passed() {
        for line in workspace.log_tail() {
            writeln!(log, "        server: {line}")?;
        }
        if options.keep {
            let kept = workspace.keep();
            writeln!(log, "        the workspace is kept in {}", kept.display())?;
            played.kept = Some(kept);
        }
    }
    Ok(played)
}

impl Played {
    fn add(&mut self, title: &str, line: u64, duration: Duration, problems: Vec<Problem>, log: &mut dyn Write) -> std::io::Result<()> {
        let step = PlayedStep { title: title.into(), line, duration, problems, skipped: false };
        step.write(log)?;
        self.steps.push(step);
        log.flush()
    }

    fn skip(&mut self, step: &Spanned<Step>, log: &mut dyn Write) -> std::io::Result<()> {
        let (title, line) = (step.value.title(), step.defined.line());
        let step = PlayedStep { title, line, duration: Duration::ZERO, problems: Vec::new(), skipped: true };
        step.write(log)?;
        self.steps.push(step);
        Ok(())
    }
}

impl Session<'_> {
    async fn connect(&mut self) -> anyhow::Result<()> {
        let how = Connect { era: self.script.era.into(), person: self.script.person.into(), ..Connect::default() };
        self.client = Some(Client::connect(&self.target, how).await?);
        Ok(())
    }

    /// Plays a step, again and again while it may be retried, and says what does not hold at last.
    async fn step(&mut self, step: &Step) -> Vec<Problem> {
        let give_up = Instant::now() + seconds(step.retry_s.unwrap_or_default());
        loop {
            let problems = match self.attempt(step).await {
                Ok(problems) => problems,
                Err(error) => vec![broken(&error)],
            };
            if problems.is_empty() || Instant::now() >= give_up {
                return problems;
            }
            tokio::time::sleep(PAUSE).await;
        }
    }

    async fn attempt(&mut self, step: &Step) -> anyhow::Result<Vec<Problem>> {
        let limit = seconds(step.timeout_s.unwrap_or(self.script.timeout_s));
        let seen = if let Some(ending) = step.reconnect {
            self.reconnect(ending).await?;
            Seen::ok(Value::Null)
        } else if let Some(raw) = &step.raw {
            Seen::ok(raw.play(&self.target, limit).await?)
        } else {
            act(step, self.client.as_ref().context("there is no connection")?, &self.variables, limit).await?
        };
        let problems = self.judge(step, &seen)?;
        if problems.is_empty() {
            self.save(step, &seen)?;
        }
        Ok(problems)
    }

    async fn reconnect(&mut self, ending: Ending) -> anyhow::Result<()> {
        if let Some(client) = self.client.take() {
            match ending {
                Ending::Close => client.close().await,
                Ending::Kill => client.kill().await,
            }
        }
        self.connect().await
    }

    fn judge(&self, step: &Step, seen: &Seen) -> anyhow::Result<Vec<Problem>> {
        let expected = step.expect.clone().unwrap_or_else(|| if step.cancel.is_some() { "cancelled" } else { "ok" }.into());
        let expected = self.variables.fill(&expected)?;
        if let Some(problem) = Matcher::parse(&expected)?.problems(Some(&seen.outcome)).first() {
            let detail = format!("{problem}: {}", seen.text);
            return Ok(vec![Problem { what: "outcome".into(), detail }]);
        }
        let mut problems = Vec::new();
        for (path, expected) in &step.check {
            let matcher = Matcher::parse(&self.variables.fill(expected)?)?;
            let got = Selector::parse(path)?.select(&seen.subject);
            problems.extend(matcher.problems(got.as_ref()).into_iter().map(|detail| Problem { what: path.clone(), detail }));
        }
        if let Some(expected) = &step.text {
            let details = Matcher::parse(&self.variables.fill(expected)?)?.problems(Some(&seen.text.clone().into()));
            problems.extend(details.into_iter().map(|detail| Problem { what: "text".into(), detail }));
        }
        problems.extend(progress(step, seen)?);
        if let Some(name) = &step.snapshot {
            let difference = self.snapshots.compare(name, &seen.subject)?;
            problems.extend(difference.map(|detail| Problem { what: "snapshot".into(), detail }));
        }
        Ok(problems)
    }

    fn save(&mut self, step: &Step, seen: &Seen) -> anyhow::Result<()> {
        for (name, path) in &step.save {
            let path = path.as_str().unwrap_or_default();
            let value = Selector::parse(path)?.select(&seen.subject);
            let value =
                value.with_context(|| format!("nothing to save as `{name}`: the result has no `{path}`: {}", brief(&seen.subject)))?;
            self.variables.set(name, value);
        }
        Ok(())
    }
}

/// What does not hold of the progress that was reported. It must never fall, whatever the script says.
fn progress(step: &Step, seen: &Seen) -> anyhow::Result<Option<Problem>> {
    let problem = |detail: String| Some(Problem { what: "progress".into(), detail });
    if let Some(pair) = seen.steps.windows(2).find(|pair| pair[1].done < pair[0].done) {
        return Ok(problem(format!("it fell from {} to {}", pair[0].done, pair[1].done)));
    }
    let Some(expected) = &step.progress else { return Ok(None) };
    if seen.steps.len() < expected.at_least {
        return Ok(problem(format!("expected at least {} steps, got {}", expected.at_least, seen.steps.len())));
    }
    if let Some(message) = &expected.message {
        let matcher = Matcher::parse(message)?;
        if !seen.steps.iter().any(|step| matcher.holds(&step.message.clone().into())) {
            let messages: Vec<&str> = seen.steps.iter().map(|step| step.message.as_str()).collect();
            return Ok(problem(format!("no message is as expected ({message}): {messages:?}")));
        }
    }
    Ok(None)
}

fn broken(error: &anyhow::Error) -> Problem {
    Problem { what: "error".into(), detail: format!("{error:#}") }
}

fn seconds(seconds: f64) -> Duration {
    Duration::try_from_secs_f64(seconds).unwrap_or(Duration::MAX / 4)
}
