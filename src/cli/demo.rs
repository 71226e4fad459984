//! `demo`: everything once, on real data, through the real server and a real MCP client.

mod script;

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use clap::{ArgMatches, Command};
use data_stack_core::text::clean;
use data_stack_core::{Code, Progress, ProgressSink, ToolError};
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;

use super::exit::{Exit, Failure};
use super::screen::{Screen, Tone};
use super::table::Table;
use super::terminal::Terminal;
use super::{Cli, install};
use crate::mcp::client::{Client, ClientError, Connect, ServerCommand, Step as Seen, Target, Watch};
use script::{Step, steps};

/// The folder that is made where none is named.
const FOLDER: &str = "data-stack-demo";
/// How long a single step may take: the first one sets up dbt and Great Expectations where they are not yet.
const LIMIT: Duration = Duration::from_secs(1_800);
/// How long each look at a running job waits for its end, in seconds.
const POLL_S: u32 = 1;
/// The bundled data.
const TRANSACTIONS: &[u8] = include_bytes!("../../data/transactions.csv");
/// Where the data is from, with its licence.
const SOURCE: &str = include_str!("../../data/SOURCE.md");

/// A step that was taken.
struct Taken {
    step: &'static Step,
    envelope: Value,
    took: Duration,
}

impl Taken {
    /// Whether it came to what it should, or could not for want of something that the demonstration can do without.
    fn is_well(&self) -> bool {
        self.envelope["ok"] == true || self.is_missing()
    }

    fn is_missing(&self) -> bool {
        self.step.is_dispensable() && self.envelope["error"]["code"] == "unavailable"
    }
}

/// The arguments of `demo`: none of its own.
pub(super) fn arguments(command: Command) -> Command {
    command.after_help(format!("Works in --workspace, or in a new folder ./{FOLDER}. Needs no Docker; may be run again. The first run sets up dbt and Great Expectations with Python; where that cannot be, it says so and shows the rest."))
}

/// Shows everything.
pub(super) fn run(cli: &mut Cli<'_>, _matches: &ArgMatches) -> Result<Exit, Failure> {
    let folder = cli.globals.workspace.clone().unwrap_or_else(|| cli.around.current_folder.join(FOLDER));
    let workspace = prepare(&folder)?;
    if !cli.globals.json {
        introduce(cli.screen, &workspace)?;
    }
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    let taken = runtime.block_on(play(cli, &workspace));
    runtime.shutdown_background();
    let taken = taken?;
    let reports = keep_reports(&workspace, &taken)?;
    conclude(cli, &workspace, &taken, &reports)?;
    Ok(if taken.iter().all(Taken::is_well) { Exit::Done } else { Exit::Failed })
}

/// Makes the workspace and puts the data there.
fn prepare(folder: &Path) -> Result<PathBuf, ToolError> {
    let write = |name: &str, content: &[u8]| {
        let path = folder.join(name);
        // A file that is there already keeps its time, so that a second run finds everything as it was.
        if std::fs::read(&path).is_ok_and(|found| found == content) { Ok(()) } else { std::fs::write(path, content) }
    };
    std::fs::create_dir_all(folder)
        .and_then(|()| write("transactions.csv", TRANSACTIONS))
        .and_then(|()| write("SOURCE.md", SOURCE.as_bytes()))
        .and_then(|()| folder.canonicalize())
        .map_err(|error| {
            let message = format!("{} cannot be written: {error}", folder.display());
            ToolError::new(Code::Unavailable, message, "Name a folder that you can write with --workspace.")
        })
}

fn introduce(screen: &mut Screen, workspace: &Path) -> std::io::Result<()> {
    screen.line(&screen.paint(Tone::Strong, "data-stack demo"))?;
    screen.line("The December 2010 sales of a UK online gift shop (Daqing Chen, Online Retail, UCI, CC BY 4.0),")?;
    screen.line("asked by a real MCP client of the real server: the same calls that an agent makes.\n")?;
    screen.line(&format!("workspace  {}", workspace.display()))?;
    screen.flush()
}

/// Starts the server and plays the steps through an MCP client.
async fn play(cli: &mut Cli<'_>, workspace: &Path) -> Result<Vec<Taken>, Failure> {
    let started = Instant::now();
    let folder = workspace.display().to_string();
    let server = ServerCommand::new(install::executable()?).args(["mcp", "--workspace", &folder, "--effects", "write"]);
    let client = Client::connect(&Target::Command(server), Connect::default()).await.map_err(|error| unanswered(&error))?;
    if !cli.globals.json {
        cli.screen.line(&format!("server     started and greeted in {}\n", spent(started.elapsed())))?;
        cli.screen.flush()?;
    }
    let mut taken = Vec::new();
    for (number, step) in steps().iter().enumerate() {
        let started = Instant::now();
        let face = Terminal::new(cli.screen.dialog, CancellationToken::new());
        let envelope = finished(&client, step, &face).await;
        face.clear();
        let done = Taken { step, envelope: envelope.map_err(|error| unanswered(&error))?, took: started.elapsed() };
        if !cli.globals.json {
            report(cli.screen, number + 1, &done)?;
        }
        taken.push(done);
    }
    client.close().await;
    Ok(taken)
}

/// Makes the call and follows it where it goes on as a job.
async fn finished(client: &Client, step: &Step, face: &Terminal) -> Result<Value, ClientError> {
    let see = |step: Seen| face.report(Progress { done: step.done, total: step.total, message: step.message });
    let answer = client.call(step.tool, &step.arguments(), Watch::within(LIMIT).on_progress(see)).await?;
    let Some(job) = answer.structured()["job"]["job_id"].as_str() else { return Ok(answer.structured().clone()) };
    loop {
        let asked = json!({"action": "status", "job_id": job, "wait_s": POLL_S});
        let answer = client.call("job", &asked, Watch::within(LIMIT)).await?;
        let status = &answer.structured()["data"]["job"];
        if status["state"] != "running" {
            let asked = json!({"action": "result", "job_id": job});
            return Ok(client.call("job", &asked, Watch::within(LIMIT)).await?.structured()["data"]["result"].clone());
        }
        let message = status["message"].as_str().unwrap_or_default().to_owned();
        face.report(Progress { done: status["done"].as_f64().unwrap_or_default(), total: status["total"].as_f64(), message });
    }
}

fn unanswered(error: &ClientError) -> ToolError {
    ToolError::new(Code::Unavailable, error.to_string(), "Run `data-stack doctor` in the workspace to see what is missing.")
}

fn report(screen: &mut Screen, number: usize, taken: &Taken) -> std::io::Result<()> {
    let title = screen.paint(Tone::Strong, &format!("{number}. {}", taken.step.title));
    let about = screen.paint(Tone::Faint, &format!("{} in {}", taken.step.tool, spent(taken.took)));
    screen.line(&format!("{title}  {about}"))?;
    if taken.envelope["ok"] == true {
        show(screen, taken)?;
    } else {
        if taken.envelope["data"].is_object() {
            show(screen, taken)?;
        }
        let error = &taken.envelope["error"];
        let message = error["message"].as_str().unwrap_or("no reason was given");
        let (tone, word) = if taken.is_missing() { (Tone::Doubtful, "not here:") } else { (Tone::Bad, "failed:") };
        screen.line(&format!("{} {}", screen.paint(tone, word), clean(message, 1_000)))?;
        if let Some(hint) = error["hints"][0].as_str() {
            screen.line(&clean(hint, 500))?;
        }
    }
    screen.line("")?;
    screen.flush()
}

fn show(screen: &mut Screen, taken: &Taken) -> std::io::Result<()> {
    let data = &taken.envelope["data"];
    match (data["columns"].as_array(), data["rows"].as_array()) {
        (Some(columns), Some(rows)) if taken.step.is_question() => Table::of_result(columns, rows).show(screen),
        _ => screen.line(&(taken.step.says)(data)),
    }
}

/// Copies the HTML reports out of the artifact store to where a person looks for them.
fn keep_reports(workspace: &Path, taken: &[Taken]) -> Result<Vec<PathBuf>, ToolError> {
    let links = taken.iter().flat_map(|taken| taken.envelope["links"].as_array().into_iter().flatten());
    let mut kept = Vec::new();
    for made in links.filter(|link| link["mime_type"].as_str().is_some_and(|kind| kind.starts_with("text/html"))) {
        let is_pipeline = made["name"].as_str().is_some_and(|name| name.starts_with("transform"));
        let page = workspace.join(if is_pipeline { "pipeline-report.html" } else { "eda-report.html" });
        std::fs::read(made["path"].as_str().unwrap_or_default()).and_then(|content| std::fs::write(&page, content)).map_err(|error| {
            let message = format!("{} cannot be written: {error}", page.display());
            ToolError::new(Code::Unavailable, message, "Free disk space, or name a folder that you can write with --workspace.")
        })?;
        kept.push(page);
    }
    Ok(kept)
}

fn conclude(cli: &mut Cli<'_>, workspace: &Path, taken: &[Taken], reports: &[PathBuf]) -> Result<(), Failure> {
    let program = install::executable()?;
    let paste = format!("claude mcp add data-stack -- {} mcp --workspace {}", quoted(&program), quoted(workspace));
    if cli.globals.json {
        let steps: Vec<Value> = taken
            .iter()
            .map(|taken| json!({"title": taken.step.title, "took_ms": taken.took.as_secs_f64() * 1e3, "answer": taken.envelope}))
            .collect();
        let ok = taken.iter().all(Taken::is_well);
        return cli.answer("demo", "local", ok, json!({"workspace": workspace, "reports": reports, "steps": steps, "claude": paste}));
    }
    let screen = &mut *cli.screen;
    screen.line(&screen.paint(Tone::Strong, "Where it is"))?;
    screen.line(&format!("data       {}", workspace.join("transactions.csv").display()))?;
    for report in reports {
        screen.line(&format!("report     {} (open it in a browser)", report.display()))?;
    }
    screen.line(&format!("record     {} (`audit verify` checks it)\n", workspace.join(".data-stack/audit").display()))?;
    screen.line(&screen.paint(Tone::Strong, "Give it to Claude"))?;
    screen.line(&paste)?;
    Ok(())
}

/// A duration as people read it.
fn spent(took: Duration) -> String {
    if took < Duration::from_secs(1) { format!("{} ms", took.as_millis()) } else { format!("{:.1} s", took.as_secs_f64()) }
}

/// A path as a shell reads it.
fn quoted(path: &Path) -> String {
    let text = path.display().to_string();
    let plain = text.chars().all(|letter| letter.is_alphanumeric() || "/._-+@%:,".contains(letter));
    if plain { text } else { format!("'{}'", text.replace('\'', "'\\''")) }
}

#[cfg(test)]
mod tests {
    use super::{TRANSACTIONS, prepare, quoted};
    use std::path::Path;

    #[test]
    fn the_workspace_is_made_once_and_left_alone_the_second_time() {
        let folder = tempfile::tempdir().unwrap();
        let workspace = prepare(&folder.path().join("a/b")).unwrap();
        let file = workspace.join("transactions.csv");
        assert_eq!(std::fs::read(&file).unwrap(), TRANSACTIONS);
        let before = std::fs::metadata(&file).unwrap().modified().unwrap();
        prepare(&workspace).unwrap();
        assert_eq!(std::fs::metadata(&file).unwrap().modified().unwrap(), before);
        assert!(std::fs::read_to_string(workspace.join("SOURCE.md")).unwrap().contains("CC BY 4.0"));
    }

    #[test]
    fn paths_are_safe_to_paste() {
        assert_eq!(quoted(Path::new("/a/b-c.d")), "/a/b-c.d");
        assert_eq!(quoted(Path::new("/a b/it's")), "'/a b/it'\\''s'");
    }
}
