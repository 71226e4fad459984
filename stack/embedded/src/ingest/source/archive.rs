//! Zip archives: which file in one is meant, and its content.

use std::fs::File;
use std::io::{BufReader, Read, Seek};

use data_stack_core::{Code, ToolError, nearest::nearest};
use zip::ZipArchive;
use zip::read::ZipFile;
use zip::result::ZipError;

/// Entries that an error lists.
const LISTED: usize = 20;

/// A zip archive, opened.
pub(crate) struct Archive<'a> {
    zip: ZipArchive<BufReader<&'a File>>,
    shown: &'a str,
}

impl<'a> Archive<'a> {
    /// Reads the archive's directory.
    pub(crate) fn open(file: &'a File, shown: &'a str) -> Result<Self, ToolError> {
        let zip = ZipArchive::new(BufReader::new(file)).map_err(|error| broken(shown, error))?;
        Ok(Self { zip, shown })
    }

    /// Whether it is a workbook, which is a zip archive too.
    pub(crate) fn is_workbook(&self) -> bool {
        ["xl/workbook.xml", "xl/workbook.bin", "content.xml"].iter().any(|part| self.zip.index_for_name(part).is_some())
    }

    /// The file called `wanted`, or the only one.
    pub(crate) fn entry(&mut self, wanted: Option<&str>) -> Result<Entry<'_, 'a>, ToolError> {
        let names = self.names();
        let (index, name) = choose(self.shown, &names, wanted)?;
        let shown = self.shown;
        let file = self.zip.by_index(index).map_err(|error| broken(shown, error))?;
        Ok(Entry { name, file })
    }

    /// The files in it, but for what operating systems add of their own.
    fn names(&self) -> Vec<(usize, String)> {
        let named = |index| Some((index, self.zip.name_for_index(index)?.ok()?.into_owned()));
        let ours = |(_, name): &(usize, String)| {
            !(name.ends_with('/') || name.starts_with("__MACOSX/") || name.rsplit('/').next().is_some_and(|name| name.starts_with('.')))
        };
        (0..self.zip.len()).filter_map(named).filter(ours).collect()
    }
}

/// A file in an archive.
pub(crate) struct Entry<'archive, 'file> {
    /// Its name, with the folders that it lies in.
    pub(crate) name: String,
    file: ZipFile<'archive, BufReader<&'file File>>,
}

impl Entry<'_, '_> {
    /// Bytes that the archive says it unpacks to.
    pub(crate) fn bytes(&self) -> u64 {
        self.file.size()
    }

    /// Bytes that it takes in the archive.
    pub(crate) fn packed_bytes(&self) -> u64 {
        self.file.compressed_size()
    }

    /// Its content; the end fails where the checksum is another.
    pub(crate) fn reader(&mut self) -> &mut impl Read {
        &mut self.file
    }
}

fn choose(shown: &str, names: &[(usize, String)], wanted: Option<&str>) -> Result<(usize, String), ToolError> {
    let all = || names.iter().map(|(_, name)| name.as_str());
    let listed: Vec<&str> = all().take(LISTED).collect();
    if let Some(wanted) = wanted {
        if let Some(found) = names.iter().find(|(_, name)| name == wanted) {
            return Ok(found.clone());
        }
        let alike = nearest(wanted, all(), 3);
        let hint = alike.first().map_or_else(|| "Choose one of its files.".to_owned(), |name| format!("Did you mean `{name}`?"));
        return Err(ToolError::invalid("entry", format!("{shown} holds no file `{wanted}`"), hint).valid(listed));
    }
    match names {
        [only] => Ok(only.clone()),
        [] => Err(ToolError::invalid("path", format!("{shown} holds no file"), "Check how the archive was made.")),
        several => {
            let message = format!("{shown} holds {} files", several.len());
            Err(ToolError::invalid("entry", message, "Name one of them in `entry`, or unpack the archive.").valid(listed))
        }
    }
}

fn broken(shown: &str, error: ZipError) -> ToolError {
    let hint = "Check that the archive is whole, or unpack it yourself.";
    let message = match error {
        ZipError::UnsupportedArchive(ZipError::PASSWORD_REQUIRED) => format!("{shown} is encrypted"),
        ZipError::CompressionMethodNotSupported(method) => format!("{shown} is packed by the method {method}, which is not read"),
        other => format!("{shown} cannot be unpacked: {other}"),
    };
    ToolError::new(Code::InvalidInput, message, hint).at("path")
}

/// Whether `file`, which begins as zip archives do, is a workbook. Leaves it at its beginning.
pub(crate) fn is_workbook(file: &mut File, shown: &str) -> Result<bool, ToolError> {
    let found = Archive::open(file, shown).map(|archive| archive.is_workbook());
    file.rewind().map_err(|error| crate::ingest::steps::io_error(&format!("{shown} cannot be read"), &error))?;
    found
}
