//! The words of an SQL text, as DuckDB's scanner cuts them.
//!
//! DuckDB's parser decides what a statement is; the words decide only what it must not name, and how strong a `CREATE` or
//! `ALTER` is.

/// A piece of SQL.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Token {
    /// A name or keyword, in lower case, without its quotes.
    Word(String),
    /// A text literal without its quotes.
    Text(String),
    /// Any other character.
    Symbol(char),
}

/// A token and the byte at which it begins.
pub(crate) type Placed = (usize, Token);

/// Cuts a text into tokens; comments and blanks are left out. `None` where the text ends inside a literal or comment.
pub(crate) fn tokens(sql: &str) -> Option<Vec<Placed>> {
    let mut scanner = Scanner { sql, at: 0 };
    let mut found = Vec::new();
    loop {
        scanner.skip_blanks()?;
        let start = scanner.at;
        let Some(next) = scanner.rest().chars().next() else { return Some(found) };
        found.push((start, scanner.token(next)?));
    }
}

struct Scanner<'sql> {
    sql: &'sql str,
    at: usize,
}

impl<'sql> Scanner<'sql> {
    fn rest(&self) -> &'sql str {
        &self.sql[self.at..]
    }

    fn skip_blanks(&mut self) -> Option<()> {
        loop {
            let rest = self.rest();
            let blank = rest.len() - rest.trim_start().len();
            self.at += blank;
            if self.rest().starts_with("--") {
                self.at += self.rest().find(['\n', '\r']).unwrap_or(self.rest().len());
            } else if self.rest().starts_with("/*") {
                self.at += comment_length(self.rest())?;
            } else if blank == 0 {
                return Some(());
            }
        }
    }

    fn token(&mut self, next: char) -> Option<Token> {
        match next {
            '\'' => self.quoted('\'', false).map(Token::Text),
            '"' => self.quoted('"', false).map(|name| Token::Word(name.to_lowercase())),
            'e' | 'E' if self.rest()[1..].starts_with('\'') => {
                self.at += 1;
                self.quoted('\'', true).map(Token::Text)
            }
            '$' => Some(self.dollar()),
            _ if is_name(next) => Some(Token::Word(self.name().to_lowercase())),
            _ => {
                self.at += next.len_utf8();
                Some(Token::Symbol(next))
            }
        }
    }

    fn name(&mut self) -> &'sql str {
        let rest = self.rest();
        let length = rest.find(|c: char| !is_name(c) && c != '$').unwrap_or(rest.len());
        self.at += length;
        &rest[..length]
    }

    /// A quoted piece; a doubled quote stands for one, and a backslash, where those count, keeps what follows from ending it.
    fn quoted(&mut self, quote: char, backslashes: bool) -> Option<String> {
        self.at += 1;
        let mut text = String::new();
        loop {
            let next = self.rest().chars().next()?;
            self.at += next.len_utf8();
            if next == quote {
                if !self.rest().starts_with(quote) {
                    return Some(text);
                }
                self.at += 1;
            } else if next == '\\' && backslashes {
                let escaped = self.rest().chars().next()?;
                self.at += escaped.len_utf8();
                text.push(next);
                text.push(escaped);
                continue;
            }
            text.push(next);
        }
    }

    /// `$$text$$`, `$tag$text$tag$`, or the `$` of a placeholder.
    fn dollar(&mut self) -> Token {
        let rest = self.rest();
        let tag_end = rest[1..].find(|c: char| !is_name(c)).map_or(rest.len(), |end| end + 1);
        let tag_fits = !rest[1..].starts_with(|c: char| c.is_ascii_digit());
        if tag_fits && rest[tag_end..].starts_with('$') {
            let (tag, body) = rest.split_at(tag_end + 1);
            if let Some(length) = body.find(tag) {
                self.at += length + 2 * tag.len();
                return Token::Text(body[..length].to_owned());
            }
        }
        self.at += 1;
        Token::Symbol('$')
    }
}

fn is_name(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '_' || !c.is_ascii()
}

/// The length of a comment with all that are nested in it.
fn comment_length(text: &str) -> Option<usize> {
    let mut depth = 0_usize;
    let mut at = 0;
    while at < text.len() {
        match text.as_bytes().get(at..at + 2) {
            Some(b"/*") => (depth, at) = (depth + 1, at + 2),
            Some(b"*/") => (depth, at) = (depth - 1, at + 2),
            _ => at += 1,
        }
        if depth == 0 {
            return Some(at);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::{Token, tokens};

    fn words(sql: &str) -> Vec<String> {
        tokens(sql)
            .into_iter()
            .flatten()
            .map(|(_, token)| match token {
                Token::Word(word) => word,
                Token::Text(text) => format!("'{text}'"),
                Token::Symbol(symbol) => symbol.into(),
            })
            .collect()
    }

    #[test]
    fn comments_are_passed_over_with_all_that_are_nested_in_them() {
        assert_eq!(words("a /* b /* c */ d */ e -- f\n g"), ["a", "e", "g"]);
        assert_eq!(tokens("a /* /* */"), None);
    }

    #[test]
    fn literals_are_read_as_duckdb_reads_them() {
        assert_eq!(words(r#"'it''s' E'a\'b' $$c'd$$ $t$ $$ $t$ "A""b" $1"#), ["'it's'", r"'a\'b'", "'c'd'", "' $$ '", "a\"b", "$", "1"]);
        assert_eq!(tokens("'open"), None);
    }
}
