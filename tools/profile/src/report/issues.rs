//! What to know before using the data, most severe first.

use data_stack_charts::page::{Block, Notice, Section, Tone};

use crate::result::{Issue, Profile, Severity};

/// Issues listed in the report.
const ISSUES: usize = 300;

#[expect(clippy::unnecessary_wraps, reason = "one of the page's sections, which may have nothing to say")]
pub(super) fn section(profile: &Profile) -> Option<Section> {
    if profile.issues.is_empty() {
        let block = Block::Text { text: "Nothing found that would stand in the way of using this file.".to_owned() };
        return Some(Section::new("issues", "What to know", "", vec![block]));
    }
    let items = profile.issues.iter().take(ISSUES).map(notice).collect();
    Some(Section::new("issues", "What to know", "most severe first", vec![Block::Notices { items }]))
}

fn notice(issue: &Issue) -> Notice {
    let about = issue.column.iter().chain(&issue.columns).cloned().collect();
    Notice { tone: tone(issue.severity), code: issue.code.replace('_', " "), text: issue.message.clone(), fix: issue.fix.clone(), about }
}

pub(super) fn tone(severity: Severity) -> Tone {
    match severity {
        Severity::Error => Tone::Error,
        Severity::Warning => Tone::Warning,
        Severity::Info => Tone::Info,
    }
}
