//! Rust as words and signs, without comments and without what stands between quotes.

/// A word, a number, `::`, or one sign.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Token {
    pub(crate) text: String,
    /// From 1.
    pub(crate) line: usize,
}

/// The words and signs of a file.
pub(crate) fn tokens(source: &str) -> Vec<Token> {
    let mut reader = Reader { rest: source, line: 1, found: Vec::new() };
    while !reader.rest.is_empty() {
        reader.step();
    }
    reader.found
}

struct Reader<'a> {
    rest: &'a str,
    line: usize,
    found: Vec<Token>,
}

impl Reader<'_> {
    fn step(&mut self) {
        let rest = self.rest;
        let length = if rest.starts_with("//") {
            rest.find('\n').unwrap_or(rest.len())
        } else if rest.starts_with("/*") {
            block_comment(rest)
        } else if let Some(length) = quoted(rest) {
            length
        } else {
            self.token()
        };
        let (passed, rest) = self.rest.split_at(length);
        self.line += passed.matches('\n').count();
        self.rest = rest;
    }

    /// Keeps the token that stands here, if one does; how long it is.
    fn token(&mut self) -> usize {
        let first = self.rest.chars().next().unwrap();
        let word = |c: char| c.is_alphanumeric() || c == '_';
        let length = if self.rest.starts_with("::") {
            2
        } else if word(first) {
            self.rest.find(|c| !word(c)).unwrap_or(self.rest.len())
        } else {
            first.len_utf8()
        };
        if !first.is_whitespace() {
            self.found.push(Token { text: self.rest[..length].to_owned(), line: self.line });
        }
        length
    }
}

fn block_comment(text: &str) -> usize {
    let (mut depth, mut at) = (0_usize, 0);
    while at < text.len() {
        let rest = &text[at..];
        if rest.starts_with("/*") {
            depth += 1;
            at += 2;
        } else if rest.starts_with("*/") {
            depth -= 1;
            at += 2;
        } else {
            at += rest.chars().next().unwrap().len_utf8();
        }
        if depth == 0 {
            break;
        }
    }
    at
}

/// The length of the string, character or lifetime that stands here.
fn quoted(text: &str) -> Option<usize> {
    let prefix = ["br", "cr", "b", "c", "r", ""].into_iter().find(|p| {
        text.strip_prefix(p).is_some_and(|rest| {
            let raw = p.ends_with('r');
            rest.starts_with('"') || (raw && rest.trim_start_matches('#').starts_with('"'))
        })
    });
    if let Some(prefix) = prefix {
        let rest = &text[prefix.len()..];
        let hashes = rest.len() - rest.trim_start_matches('#').len();
        let open = prefix.len() + hashes + 1;
        let end = if prefix.ends_with('r') { raw_end(&text[open..], hashes) } else { end_of(&text[open..], '"') };
        return Some(open + end);
    }
    let open = if text.starts_with("b'") { 2 } else { usize::from(text.starts_with('\'')) };
    if open == 0 {
        return None;
    }
    let mut inside = text[open..].chars();
    let (first, second) = (inside.next()?, inside.next());
    if first == '\\' || second == Some('\'') {
        return Some(open + end_of(&text[open..], '\''));
    }
    // A lifetime: its name goes with it.
    let name = text[open..].find(|c: char| !(c.is_alphanumeric() || c == '_'));
    Some(open + name.unwrap_or(text.len() - open))
}

fn raw_end(text: &str, hashes: usize) -> usize {
    let close = format!("\"{}", "#".repeat(hashes));
    text.find(&close).map_or(text.len(), |at| at + close.len())
}

fn end_of(text: &str, close: char) -> usize {
    let mut escaped = false;
    for (at, c) in text.char_indices() {
        if escaped {
            escaped = false;
        } else if c == '\\' {
            escaped = true;
        } else if c == close {
            return at + c.len_utf8();
        }
    }
    text.len()
}

#[test]
fn comments_and_quoted_text_are_no_words() {
    let source = r##"
        // use a;
        /* use b; /* nested */ use c; */ let d = "use \" e;"; let f = r#"use " g;"#;
        let h: &'i str = 'j'; let k = '\''; let l = b'"'; m::n!()
    "##;
    let words: Vec<String> = tokens(source).into_iter().map(|t| t.text).collect();
    let expected = "let d = ; let f = ; let h : & str = ; let k = ; let l = ; m :: n ! ( )";
    assert_eq!(words.join(" "), expected);
    assert_eq!(tokens("a\n/*\n*/ b").last().unwrap().line, 3);
}
