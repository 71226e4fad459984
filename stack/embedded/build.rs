//! Puts the starter project's files, as the checkout has them, into a list that the program carries.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::{env, fs, io};

/// The folder of the workspace, and the folder of the checkout that it is a copy of.
const PARTS: [(&str, &str); 3] = [("dbt", "../dbt"), ("quality", "../quality"), ("data-stack/context", "../context")];
/// What programs leave behind.
const LEFT: [&str; 5] = ["target", "logs", "dbt_packages", "__pycache__", ".user.yml"];

fn main() -> io::Result<()> {
    let here = PathBuf::from(env::var_os("CARGO_MANIFEST_DIR").unwrap_or_default());
    let mut list = String::from("&[\n");
    for (place, folder) in PARTS {
        let root = here.join(folder).canonicalize()?;
        println!("cargo::rerun-if-changed={}", root.display());
        let mut files = Vec::new();
        walk(&root, &mut files)?;
        files.sort();
        for file in files {
            let name = file.strip_prefix(&root).unwrap_or(&file).to_string_lossy();
            let _ = writeln!(list, "    ({place:?}, {name:?}, include_bytes!({:?})),", file.to_string_lossy());
        }
    }
    list.push_str("]\n");
    fs::write(PathBuf::from(env::var_os("OUT_DIR").unwrap_or_default()).join("starter.rs"), list)
}

fn walk(folder: &Path, files: &mut Vec<PathBuf>) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.file_name().is_some_and(|name| LEFT.iter().any(|left| name == *left)) {
            continue;
        }
        if path.is_dir() { walk(&path, files)? } else { files.push(path) }
    }
    Ok(())
}
