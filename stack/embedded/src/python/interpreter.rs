//! Finding a Python that environments can be made with.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::time::Duration;

use data_stack_core::{Code, Control, ToolError};

use crate::child::{self, Program};

/// The versions that every lock file covers.
const OLDEST: (u32, u32) = (3, 11);
const NEWEST: (u32, u32) = (3, 13);
/// The user's own first, then by version.
const NAMES: [&str; 5] = ["python3", "python3.13", "python3.12", "python3.11", "python"];
/// How long an interpreter may take to say what it is.
const PATIENCE: Duration = Duration::from_secs(20);
/// Says the version, and whether environments can be made without uv.
const QUESTION: &str = "import sys, importlib.util as u\n\
                        print(*sys.version_info[:2], int(bool(u.find_spec('venv') and u.find_spec('ensurepip'))))";

/// An interpreter of a version that will do.
pub(super) async fn find(control: &Control) -> Result<PathBuf, ToolError> {
    let uv = program("uv").is_some();
    let mut seen = Vec::new();
    for path in NAMES.iter().filter_map(|name| program(name)) {
        match describe(&path, control).await? {
            Some((version, _)) if !(OLDEST..=NEWEST).contains(&version) => {
                seen.push(format!("{} is {}.{}", path.display(), version.0, version.1));
            }
            Some((_, false)) if !uv => seen.push(format!("{} has no `venv` module", path.display())),
            Some(_) => return Ok(path),
            None => seen.push(format!("{} does not run", path.display())),
        }
    }
    let found = if seen.is_empty() { "none is on PATH".to_owned() } else { seen.join(", ") };
    let message = format!("no Python from {}.{} to {}.{} was found: {found}", OLDEST.0, OLDEST.1, NEWEST.0, NEWEST.1);
    let hint = "Install Python 3.11, 3.12 or 3.13 with its `venv` module, or uv, and put it on PATH.";
    Err(ToolError::new(Code::Unavailable, message, hint))
}

/// The program of that name on PATH.
pub(super) fn program(name: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path).map(|folder| folder.join(name)).find(|file| file.is_file())
}

/// Whether the interpreter finds a module.
pub(super) async fn has_module(python: &Path, module: &str, control: &Control) -> Result<bool, ToolError> {
    if !python.exists() {
        let message = format!("there is no interpreter {}", python.display());
        return Err(ToolError::new(
            Code::Unavailable,
            message,
            "Name the folder of a virtual environment, the one that holds `bin/python`.",
        ));
    }
    let question = format!("import importlib.util as u, sys\nsys.exit(0 if u.find_spec('{module}') else 1)");
    Ok(ask(python, &question, control).await?.is_some())
}

async fn describe(python: &Path, control: &Control) -> Result<Option<((u32, u32), bool)>, ToolError> {
    let said = ask(python, QUESTION, control).await?.unwrap_or_default();
    let words: Vec<u32> = said.split_whitespace().filter_map(|word| word.parse().ok()).collect();
    Ok(match words.as_slice() {
        [major, minor, venv] => Some(((*major, *minor), *venv == 1)),
        _ => None,
    })
}

/// What the interpreter prints; `None` when it fails.
async fn ask(python: &Path, question: &str, control: &Control) -> Result<Option<String>, ToolError> {
    let program = Program {
        path: python.to_owned(),
        arguments: vec!["-I".into(), "-c".into(), question.into()],
        folder: "/".into(),
        environment: environment(&["PATH", "HOME", "LD_LIBRARY_PATH", "PYENV_ROOT", "PYENV_VERSION"]),
    };
    let mut said = String::new();
    let patience = control.within(PATIENCE);
    let ended = child::run(&program, &patience, |line| said.push_str(&String::from_utf8_lossy(line))).await;
    control.check()?;
    Ok(ended.ok().filter(|ended| ended.status.success()).map(|_| said))
}

/// These variables of this process.
pub(super) fn environment(names: &[&str]) -> Vec<(OsString, OsString)> {
    names.iter().filter_map(|name| Some(((*name).into(), std::env::var_os(name)?))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn an_interpreter_says_what_it_is() {
        let python = find(&Control::unlimited()).await.unwrap();
        let (version, _) = describe(&python, &Control::unlimited()).await.unwrap().unwrap();
        assert!((OLDEST..=NEWEST).contains(&version));
        assert!(has_module(&python, "json.tool", &Control::unlimited()).await.unwrap());
        assert!(!has_module(&python, "no_such_module", &Control::unlimited()).await.unwrap());
        assert_eq!(describe(Path::new("/bin/false"), &Control::unlimited()).await.unwrap(), None);
    }
}
