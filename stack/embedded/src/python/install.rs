//! Building an environment: beside its place, whole or not at all.

use std::ffi::OsString;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use data_stack_core::{Code, Control, ToolError, text};
use serde_json::json;

use super::{PythonTool, interpreter, interpreter_in};
use crate::child::{self, Program};

/// Lines of an installer's output that an error shows.
const TAIL: usize = 20;
/// Variables that installers need to reach an index and to find their caches; no others are handed on.
const VARIABLES: [&str; 26] = [
    "PATH",
    "HOME",
    "LANG",
    "TMPDIR",
    "LD_LIBRARY_PATH",
    "XDG_CACHE_HOME",
    "XDG_CONFIG_HOME",
    "PYENV_ROOT",
    "PYENV_VERSION",
    "NETRC",
    "HTTP_PROXY",
    "HTTPS_PROXY",
    "NO_PROXY",
    "ALL_PROXY",
    "http_proxy",
    "https_proxy",
    "no_proxy",
    "all_proxy",
    "SSL_CERT_FILE",
    "SSL_CERT_DIR",
    "REQUESTS_CA_BUNDLE",
    "CURL_CA_BUNDLE",
    "SOURCE_DATE_EPOCH",
    "USER",
    "LOGNAME",
    "TERM",
];

/// Builds the tool's environment and puts it in its place. The caller holds the lock on the place.
pub(super) async fn install(tool: &PythonTool, cache: &Path, place: &Path, control: &Control) -> Result<PathBuf, ToolError> {
    let python = interpreter::find(control).await?;
    let part = Part::begin(cache, tool).map_err(|error| unwritable(cache, &error))?;
    let lock = part.folder.with_extension("txt");
    fs::write(&lock, tool.lock).map_err(|error| unwritable(cache, &error))?;
    let steps = match interpreter::program("uv") {
        Some(uv) => with_uv(&uv, &python, &part.folder, &lock),
        None => with_pip(&python, &part.folder, &lock),
    };
    let made = Installer { tool, cache, control }.carry_out(&steps).await;
    // Only a copy of what the binary holds.
    let _ = fs::remove_file(&lock);
    made?;
    publish(&part, place).map_err(|error| unwritable(cache, &error))?;
    Ok(interpreter_in(place))
}

type Step = (PathBuf, Vec<OsString>);

fn with_uv(uv: &Path, python: &Path, folder: &Path, lock: &Path) -> Vec<Step> {
    let make = arguments(&[&"venv", &"--quiet", &"--no-project", &"--python", &python, &folder]);
    let fill = arguments(&[
        &"pip",
        &"install",
        &"--no-progress",
        &"--compile-bytecode",
        &"--require-hashes",
        &"--no-deps",
        &"--python",
        &interpreter_in(folder),
        &"--requirement",
        &lock,
    ]);
    vec![(uv.to_owned(), make), (uv.to_owned(), fill)]
}

fn with_pip(python: &Path, folder: &Path, lock: &Path) -> Vec<Step> {
    let make = arguments(&[&"-I", &"-m", &"venv", &folder]);
    let fill = arguments(&[
        &"-I",
        &"-m",
        &"pip",
        &"install",
        &"--no-input",
        &"--disable-pip-version-check",
        &"--progress-bar",
        &"off",
        &"--require-hashes",
        &"--no-deps",
        &"--requirement",
        &lock,
    ]);
    vec![(python.to_owned(), make), (interpreter_in(folder), fill)]
}

fn arguments(parts: &[&dyn AsRef<std::ffi::OsStr>]) -> Vec<OsString> {
    parts.iter().map(|part| (*part).as_ref().to_owned()).collect()
}

struct Installer<'a> {
    tool: &'a PythonTool,
    cache: &'a Path,
    control: &'a Control,
}

impl Installer<'_> {
    async fn carry_out(&self, steps: &[Step]) -> Result<(), ToolError> {
        let total = self.tool.packages() as f64;
        self.control.progress(0.0, Some(total), format!("setting up {}: making an environment", self.tool.name));
        let mut done = 0.0;
        for (path, arguments) in steps {
            let mut tail = Vec::new();
            let program = self.program(path, arguments);
            let ended = child::run(&program, self.control, |line| {
                let line = text::clean(&String::from_utf8_lossy(line), 300);
                if let Some(package) = line.trim().strip_prefix("Collecting ") {
                    done += 1.0;
                    let package = package.split_whitespace().next().unwrap_or_default();
                    self.control.progress(done, Some(total), format!("setting up {}: {package}", self.tool.name));
                }
                tail.push(line);
                if tail.len() > TAIL {
                    tail.remove(0);
                }
            });
            let ended = ended.await?;
            if let Some(error) = ended.stopped {
                return Err(error);
            }
            if !ended.status.success() {
                return Err(self.failed(&tail));
            }
        }
        Ok(())
    }

    fn program(&self, path: &Path, arguments: &[OsString]) -> Program {
        let mut environment = interpreter::environment(&VARIABLES);
        environment.extend(std::env::vars_os().filter(|(name, _)| {
            let name = name.to_string_lossy();
            name.starts_with("PIP_") || name.starts_with("UV_")
        }));
        // uv would otherwise fetch an interpreter of its own.
        environment.push(("UV_PYTHON_DOWNLOADS".into(), "never".into()));
        Program { path: path.to_owned(), arguments: arguments.to_vec(), folder: self.cache.to_owned(), environment }
    }

    fn failed(&self, tail: &[String]) -> ToolError {
        let said = tail.iter().rev().find(|line| line.to_lowercase().contains("error")).or(tail.last());
        let said = said.map_or("the installer said nothing", |line| line.trim());
        let name = self.tool.name;
        ToolError::new(
            Code::Unavailable,
            format!("{name} could not be set up: {said}"),
            "Call again when a package index can be reached; `PIP_INDEX_URL` or `UV_INDEX_URL` names one of your own.",
        )
        .hint(format!("Or name an environment that has {name} in the setting `python.{name}`."))
        .details(json!({ "log_tail": tail }))
        .retryable()
    }
}

/// A half-made environment; removed when dropped, unless it was put in its place.
struct Part {
    folder: PathBuf,
}

impl Part {
    fn begin(cache: &Path, tool: &PythonTool) -> io::Result<Self> {
        let part = Self { folder: cache.join(format!(".{}.part", tool.folder())) };
        // What a process that was killed has left; its lock is ours now.
        remove(&part.folder)?;
        Ok(part)
    }
}

impl Drop for Part {
    fn drop(&mut self) {
        if let Err(error) = remove(&self.folder) {
            tracing::warn!(folder = %self.folder.display(), %error, "a half-made environment remains");
        }
    }
}

fn remove(folder: &Path) -> io::Result<()> {
    match fs::remove_dir_all(folder) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

fn publish(part: &Part, place: &Path) -> io::Result<()> {
    for entry in fs::read_dir(part.folder.join("bin"))? {
        repoint(&entry?.path(), &part.folder, place)?;
    }
    remove(place)?;
    fs::rename(&part.folder, place)
}

/// Makes a script's first line name the interpreter at its final place.
fn repoint(script: &Path, from: &Path, to: &Path) -> io::Result<()> {
    if script.is_symlink() || !script.is_file() {
        return Ok(());
    }
    let content = fs::read(script)?;
    let old = format!("#!{}", from.display());
    match content.strip_prefix(old.as_bytes()) {
        Some(rest) => fs::write(script, [format!("#!{}", to.display()).as_bytes(), rest].concat()),
        None => Ok(()),
    }
}

fn unwritable(cache: &Path, error: &io::Error) -> ToolError {
    let message = format!("an environment cannot be made in the cache {}: {error}", cache.display());
    ToolError::new(Code::Unavailable, message, "Mend its rights, free disk space, or name another folder in the setting `cache`.")
}

#[cfg(test)]
mod tests {
    use super::super::Environments;
    use super::*;
    use std::collections::BTreeMap;
    use std::sync::Arc;
    use tokio_util::sync::CancellationToken;

    /// An environment without packages, and one whose package is not where its lock says.
    const EMPTY: PythonTool = PythonTool { name: "empty", used_for: "tests", lock: "# nothing\n", module: "json" };
    const BROKEN: PythonTool = PythonTool {
        name: "broken",
        used_for: "tests",
        lock: "gone @ file:///does/not/exist/gone-1.0-py3-none-any.whl --hash=sha256:0000000000000000000000000000000000000000000000000000000000000000\n",
        module: "gone",
    };

    fn names(folder: &Path) -> Vec<String> {
        let mut names: Vec<String> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    #[tokio::test]
    async fn two_who_want_an_environment_get_the_same_one_built_once() {
        let cache = tempfile::tempdir().unwrap();
        let environments = Environments::new(cache.path(), BTreeMap::new());
        let control = Control::unlimited();
        let (one, two) = tokio::join!(environments.python(&EMPTY, &control), environments.python(&EMPTY, &control));
        let one = one.unwrap();
        assert_eq!(one, two.unwrap());
        assert!(interpreter::has_module(&one, "json", &control).await.unwrap());
        let folder = cache.path().join("python");
        assert_eq!(names(&folder), [EMPTY.folder(), format!("{}.lock", EMPTY.folder())]);
        let pip = fs::read_to_string(one.with_file_name("pip")).unwrap_or_default();
        assert!(pip.is_empty() || pip.starts_with(&format!("#!{}", one.display())), "{pip}");
    }

    #[tokio::test]
    async fn an_installation_that_fails_says_why_and_leaves_nothing() {
        let cache = tempfile::tempdir().unwrap();
        let environments = Environments::new(cache.path(), BTreeMap::new());
        let error = environments.python(&BROKEN, &Control::unlimited()).await.unwrap_err();
        assert_eq!((error.code, error.retryable, error.hints.len()), (Code::Unavailable, true, 2));
        let tail = error.details.unwrap()["log_tail"].to_string();
        assert!(tail.contains("gone-1.0-py3-none-any.whl"), "{tail}");
        assert_eq!(names(&cache.path().join("python")), [format!("{}.lock", BROKEN.folder())]);
    }

    #[tokio::test]
    async fn a_cancelled_installation_leaves_nothing() {
        let cache = tempfile::tempdir().unwrap();
        let environments = Environments::new(cache.path(), BTreeMap::new());
        let cancel = CancellationToken::new();
        let fire = cancel.clone();
        let control = Control::new(cancel, None, Arc::new(move |_| fire.cancel()));
        let error = environments.python(&EMPTY, &control).await.unwrap_err();
        assert_eq!(error.code, Code::Cancelled);
        assert_eq!(names(&cache.path().join("python")), [format!("{}.lock", EMPTY.folder())]);
    }
}
