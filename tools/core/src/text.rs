//! Text that came from data: shown as data, never able to steer a terminal or a reader.

/// `text` without control characters (but newline and tab), ANSI escapes and bidirectional overrides, cut to `limit`
/// characters with an ellipsis.
pub fn clean(text: &str, limit: usize) -> String {
    let mut out = String::with_capacity(text.len().min(limit * 4));
    let mut characters = text.chars().peekable();
    let mut count = 0;
    while let Some(character) = characters.next() {
        if character == '\u{1b}' {
            skip_escape(&mut characters);
            continue;
        }
        if is_steering(character) {
            continue;
        }
        if count == limit {
            out.push('…');
            break;
        }
        out.push(character);
        count += 1;
    }
    out
}

fn is_steering(character: char) -> bool {
    let control = character.is_control() && character != '\n' && character != '\t';
    control || matches!(character, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}')
}

/// Passes over what follows an ESC: a CSI sequence up to its final byte, an OSC up to its terminator, or one character.
fn skip_escape(characters: &mut std::iter::Peekable<std::str::Chars<'_>>) {
    match characters.next() {
        Some('[') => {
            characters.by_ref().find(|c| ('\u{40}'..='\u{7e}').contains(c));
        }
        Some(']') => {
            characters.by_ref().find(|c| matches!(c, '\u{7}' | '\\'));
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::clean;

    #[test]
    fn escapes_controls_and_overrides_are_removed() {
        assert_eq!(clean("a\u{1b}[31mred\u{1b}[0m\u{202e}b\u{0}c\n", 100), "aredbc\n");
        assert_eq!(clean("\u{1b}]8;;http://x\u{7}link", 100), "link");
    }

    #[test]
    fn long_text_is_cut_with_an_ellipsis() {
        assert_eq!(clean("äöüß", 2), "äö…");
    }
}
