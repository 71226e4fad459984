//! The sandbox of paths, case by case.

use std::os::unix::fs::symlink;
use std::path::PathBuf;

use data_stack_core::Code;
use data_stack_core::ports::Files;
use rustix::fs::{CWD, FileType, Mode};

use super::LocalFiles;

struct World {
    _folder: tempfile::TempDir,
    base: PathBuf,
    files: LocalFiles,
}

/// A workspace and a granted folder beside a secret one, with links between them.
fn world() -> World {
    let folder = tempfile::tempdir().unwrap();
    let base = std::fs::canonicalize(folder.path()).unwrap();
    for name in ["workspace/sub", "granted", "secret", "workspace-2"] {
        std::fs::create_dir_all(base.join(name)).unwrap();
    }
    for name in [
        "workspace/a.csv",
        "workspace/b.csv",
        "workspace/sub/c.csv",
        "workspace/.hidden.csv",
        "granted/g.csv",
        "secret/s.csv",
        "workspace-2/x.csv",
    ] {
        std::fs::write(base.join(name), name).unwrap();
    }
    symlink(base.join("secret/s.csv"), base.join("workspace/escape.csv")).unwrap();
    symlink(base.join("secret"), base.join("workspace/escape")).unwrap();
    symlink(base.join("granted/g.csv"), base.join("workspace/inside.csv")).unwrap();
    symlink("loop.csv", base.join("workspace/loop.csv")).unwrap();
    rustix::fs::mknodat(CWD, base.join("workspace/pipe"), FileType::Fifo, Mode::from_raw_mode(0o600), 0).unwrap();
    let files = LocalFiles::new(base.join("workspace"), [base.join("granted"), base.join("absent")]).unwrap();
    World { _folder: folder, base, files }
}

#[test]
fn granted_files_open_and_tell_their_path_and_size() {
    let world = world();
    let base = world.base.display().to_string();
    let cases = [
        ("a.csv", "workspace/a.csv"),
        ("./sub/../a.csv", "workspace/a.csv"),
        ("sub/c.csv", "workspace/sub/c.csv"),
        (&format!("{base}/granted/g.csv"), "granted/g.csv"),
        ("inside.csv", "granted/g.csv"),
        ("../granted/g.csv", "granted/g.csv"),
    ];
    for (path, expected) in cases {
        let opened = world.files.open(path).unwrap();
        assert_eq!((opened.path, opened.bytes), (world.base.join(expected), expected.len() as u64), "{path}");
    }
}

#[test]
fn everything_else_is_refused_with_a_reason() {
    let world = world();
    let base = world.base.display().to_string();
    let cases = [
        ("", Code::InvalidInput, "empty"),
        ("a\0.csv", Code::InvalidInput, "NUL"),
        ("../secret/s.csv", Code::Denied, "outside"),
        ("../secret/absent.csv", Code::Denied, "outside"),
        ("../workspace-2/x.csv", Code::Denied, "outside"),
        ("sub/../../secret/s.csv", Code::Denied, "outside"),
        (&format!("{base}/secret/s.csv"), Code::Denied, "outside"),
        ("/etc/passwd", Code::Denied, "outside"),
        ("/proc/self/environ", Code::Denied, "outside"),
        ("/dev/zero", Code::Denied, "outside"),
        ("escape.csv", Code::Denied, "outside"),
        ("escape/s.csv", Code::Denied, "outside"),
        ("loop.csv", Code::Unavailable, "cannot be read"),
        ("pipe", Code::InvalidInput, "a FIFO"),
        ("sub", Code::InvalidInput, "a folder"),
        (".", Code::InvalidInput, "a folder"),
        ("absent.csv", Code::NotFound, "no file"),
    ];
    for (path, code, words) in cases {
        let error = world.files.open(path).unwrap_err();
        assert_eq!(error.code, code, "{path}: {error}");
        assert!(error.message.contains(words), "{path}: {error}");
        assert!(!error.hints.is_empty(), "{path} has no next step");
    }
}

#[test]
fn refusals_name_the_roots_and_missing_files_their_neighbours() {
    let world = world();
    let refusal = world.files.open("/etc/passwd").unwrap_err();
    for root in ["workspace", "granted"] {
        assert!(refusal.hints[0].contains(&world.base.join(root).display().to_string()));
    }
    assert_eq!(world.files.open("sub/d.csv").unwrap_err().valid_values, ["c.csv"]);
}

#[test]
fn globs_find_granted_files_only_in_order_of_name() {
    let world = world();
    let cases: [(&str, &[&str]); 4] = [
        ("*.csv", &["granted/g.csv", "workspace/a.csv", "workspace/b.csv"]),
        ("**/c.csv", &["workspace/sub/c.csv"]),
        ("[ab].csv", &["workspace/a.csv", "workspace/b.csv"]),
        (".hid*", &["workspace/.hidden.csv"]),
    ];
    for (pattern, expected) in cases {
        let expected: Vec<PathBuf> = expected.iter().map(|name| world.base.join(name)).collect();
        assert_eq!(world.files.resolve(pattern).unwrap(), expected, "{pattern}");
    }
}

#[test]
fn globs_never_list_outside_the_roots() {
    let world = world();
    let cases = [
        ("../*/s.csv", Code::InvalidInput),
        ("/etc/*", Code::Denied),
        ("escape/*", Code::Denied),
        ("z*", Code::NotFound),
        ("a[", Code::InvalidInput),
    ];
    for (pattern, code) in cases {
        assert_eq!(world.files.resolve(pattern).unwrap_err().code, code, "{pattern}");
    }
}

#[test]
fn completion_lists_what_is_granted() {
    let world = world();
    assert_eq!(world.files.complete("s", 10), ["sub/"]);
    assert_eq!(world.files.complete("sub/", 10), ["sub/c.csv"]);
    assert_eq!(world.files.complete("", 2), ["a.csv", "b.csv"]);
    assert_eq!(world.files.complete("/etc/pass", 10), Vec::<String>::new());
    let half = format!("{}/gr", world.base.display());
    assert_eq!(world.files.complete(&half, 10), [format!("{}/granted/", world.base.display())]);
}

#[test]
fn a_workspace_that_does_not_exist_is_an_error() {
    assert_eq!(LocalFiles::new("/no/such/folder", []).unwrap_err().code, Code::Unavailable);
}
