//! A person's consent out of band: where a client cannot ask, the call leaves a question that a person answers in a terminal of
//! this machine with `data-stack approve`; the same call, made again in time, then runs once.
//!
//! The boundary: no tool's argument writes here and `approve` answers at a terminal only, so a model cannot consent. A program that
//! runs as the same user can, as it could open the warehouse itself.

use std::fs;
use std::io;
use std::path::PathBuf;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::frontend::{Caller, Confirmation};
use crate::config::Settings;

/// How long a question, and the consent to it, holds.
const TTL: SignedDuration = SignedDuration::from_mins(10);
/// Digits of a code: enough to tell the open questions of ten minutes apart; it is no secret.
const CODE: usize = 8;

/// The questions of one workspace.
#[derive(Debug, Clone)]
pub struct Approvals {
    folder: PathBuf,
}

/// A call that waits for a person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Question {
    /// Names it: eight hexadecimal digits.
    pub code: String,
    /// The tool.
    pub tool: String,
    /// How far the call reaches: `write` or `destroy`.
    pub effect: String,
    /// What it would do, in a sentence that names the target.
    pub consequence: String,
    /// The environment that it would change.
    pub environment: String,
    /// Who asks: the frontend, and the client's own name.
    pub caller: String,
    /// BLAKE3 of tool and validated arguments, hex.
    pub digest: String,
    /// Until when it holds.
    pub expires_at: Timestamp,
    /// Whether a person said yes.
    pub approved: bool,
}

impl Approvals {
    /// The questions of the settings' workspace; touches nothing yet.
    pub fn of(settings: &Settings) -> Self {
        Self { folder: settings.state().join("approvals") }
    }

    /// Leaves a question about this call, or finds the one that is open already.
    ///
    /// # Errors
    /// When the folder cannot be written.
    pub fn ask(&self, confirmation: &Confirmation, caller: &Caller, environment: &str) -> io::Result<Question> {
        if let Some(open) = self.open()?.into_iter().find(|question| question.digest == confirmation.digest) {
            return Ok(open);
        }
        let client = caller.client.as_deref().map_or_else(String::new, |client| format!(" ({})", data_stack_core::text::clean(client, 80)));
        let question = Question {
            code: crate::clock::random_id("")[..CODE].to_owned(),
            tool: confirmation.tool.clone(),
            effect: confirmation.effect.to_string(),
            consequence: data_stack_core::text::clean(&confirmation.consequence, 1_000),
            environment: environment.to_owned(),
            caller: format!("{}{client}", caller.frontend),
            digest: confirmation.digest.clone(),
            expires_at: Timestamp::now().saturating_add(TTL).map_err(io::Error::other)?,
            approved: false,
        };
        self.write(&question)?;
        Ok(question)
    }

    /// What is open, the newest last; removes what has expired.
    ///
    /// # Errors
    /// When the folder cannot be read.
    pub fn open(&self) -> io::Result<Vec<Question>> {
        let entries = match fs::read_dir(&self.folder) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            other => other?,
        };
        let mut open = Vec::new();
        for entry in entries {
            let path = entry?.path();
            let question = fs::read(&path).ok().and_then(|text| serde_json::from_slice::<Question>(&text).ok());
            match question {
                Some(question) if question.expires_at > Timestamp::now() => open.push(question),
                Some(_) => drop(fs::remove_file(path)),
                // Half written, or not ours.
                None => {}
            }
        }
        open.sort_by_key(|question| question.expires_at);
        Ok(open)
    }

    /// Says yes to the question of this code; its new state, or nothing where none is open.
    ///
    /// # Errors
    /// When the folder cannot be read or written.
    pub fn approve(&self, code: &str) -> io::Result<Option<Question>> {
        let Some(question) = self.open()?.into_iter().find(|question| question.code == code) else { return Ok(None) };
        let approved = Question { approved: true, ..question };
        self.write(&approved)?;
        Ok(Some(approved))
    }

    /// Whether a person said yes to this very call; true once.
    pub(super) fn redeem(&self, digest: &str) -> bool {
        let open = self.open().unwrap_or_else(|error| {
            tracing::warn!(%error, "the approvals cannot be read");
            Vec::new()
        });
        // Of two calls at once only one removes the file.
        open.iter().any(|question| question.approved && question.digest == digest && fs::remove_file(self.path(&question.code)).is_ok())
    }

    fn write(&self, question: &Question) -> io::Result<()> {
        fs::create_dir_all(&self.folder)?;
        let mut file = tempfile::NamedTempFile::new_in(&self.folder)?;
        serde_json::to_writer(&mut file, question)?;
        file.persist(self.path(&question.code))?;
        Ok(())
    }

    fn path(&self, code: &str) -> PathBuf {
        self.folder.join(format!("{code}.json"))
    }
}

#[cfg(test)]
mod tests {
    use data_stack_core::Effect;
    use jiff::Timestamp;

    use super::{Approvals, Question};
    use crate::config::Settings;
    use crate::pipeline::{Caller, Confirmation};

    fn call(digest: &str) -> Confirmation {
        Confirmation { tool: "query_duckdb".into(), effect: Effect::Destroy, consequence: "drop table x".into(), digest: digest.into() }
    }

    #[test]
    fn an_approval_holds_once_for_its_call() {
        let folder = tempfile::tempdir().unwrap();
        let approvals = Approvals::of(&Settings::for_workspace(folder.path().into()));
        let caller = Caller { frontend: "mcp-stdio", client: Some("claude-code 2".into()), traceparent: None };
        assert!(!approvals.redeem("a"), "nobody was asked");
        let question = approvals.ask(&call("a"), &caller, "local").unwrap();
        assert_eq!(approvals.ask(&call("a"), &caller, "local").unwrap(), question, "the same call asks once");
        assert!(!approvals.redeem("a"), "asked is not approved");
        assert_eq!(approvals.approve("00000000").unwrap(), None);
        assert_eq!(approvals.approve(&question.code).unwrap(), Some(Question { approved: true, ..question }));
        assert!(!approvals.redeem("b"), "another call");
        assert!(approvals.redeem("a"));
        assert!(!approvals.redeem("a"), "used");
    }

    #[test]
    fn what_has_expired_is_gone() {
        let folder = tempfile::tempdir().unwrap();
        let approvals = Approvals { folder: folder.path().into() };
        let asked = approvals.ask(&call("a"), &Caller::default(), "local").unwrap();
        approvals.write(&Question { approved: true, expires_at: Timestamp::now(), ..asked }).unwrap();
        assert!(!approvals.redeem("a"));
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
    }
}
