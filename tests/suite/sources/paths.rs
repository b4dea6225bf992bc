//! The paths that a Rust file names: in `use` with its groups, and in the middle of code.

use super::tokens::{Token, tokens};

/// A path, from the crate's root where it began with `crate`, `self` or `super`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Named {
    pub(crate) segments: Vec<String>,
    /// From 1.
    pub(crate) line: usize,
}

/// The module that a file under `src/` is, from the crate's root.
pub(crate) fn module_of(path: &str) -> Vec<String> {
    let inside = path.split_once("src/").map_or(path, |(_, inside)| inside);
    let stem = inside.strip_suffix(".rs").unwrap_or(inside);
    let mut module: Vec<String> = stem.split('/').map(str::to_owned).collect();
    if module.last().is_some_and(|last| ["mod", "lib", "main"].contains(&last.as_str())) {
        module.pop();
    }
    module
}

/// Every path of two segments or more that a file names, `self` and `super` resolved.
pub(crate) fn paths(source: &str, module: &[String]) -> Vec<Named> {
    let tokens = tokens(source);
    let (mut found, mut at) = (Vec::new(), 0);
    // Where modules were opened inside of the file: the depth of their braces.
    let (mut modules, mut depth) = (Vec::new(), 0_usize);
    while at < tokens.len() {
        let text = tokens[at].text.as_str();
        match text {
            "{" => depth += 1,
            "}" => {
                depth = depth.saturating_sub(1);
                modules.pop_if(|(_, opened)| *opened == depth);
            }
            _ => {}
        }
        let before = at.checked_sub(1).map(|i| tokens[i].text.as_str());
        let opens = tokens.get(at + 1).is_some_and(|t| t.text == "{");
        if before == Some("mod") && opens {
            modules.push((text.to_owned(), depth));
        }
        if is_word(text) && before != Some(".") && follows(&tokens, at + 1) {
            let here: Vec<String> =
                module.iter().cloned().chain(modules.iter().map(|(name, _)| name.clone())).collect();
            let mut reader = Tree { tokens: &tokens, here: &here, found: &mut found };
            at = reader.read(at, &[]);
        } else {
            at += 1;
        }
    }
    found
}

fn is_word(text: &str) -> bool {
    text.chars().next().is_some_and(|c| c.is_alphabetic() || c == '_')
}

/// Whether the path goes on here: `::` and a word, a star or a group.
fn follows(tokens: &[Token], at: usize) -> bool {
    let next = tokens.get(at + 1).map_or("", |t| t.text.as_str());
    tokens.get(at).is_some_and(|t| t.text == "::") && (is_word(next) || next == "*" || next == "{")
}

struct Tree<'a> {
    tokens: &'a [Token],
    here: &'a [String],
    found: &'a mut Vec<Named>,
}

impl Tree<'_> {
    /// Reads the path that begins at a word; where it ends.
    fn read(&mut self, mut at: usize, prefix: &[String]) -> usize {
        let line = self.tokens[at].line;
        let mut segments = prefix.to_vec();
        segments.push(self.tokens[at].text.clone());
        at += 1;
        while follows(self.tokens, at) {
            at += 1;
            if self.tokens[at].text == "{" {
                return self.group(at + 1, &segments);
            }
            segments.push(self.tokens[at].text.clone());
            at += 1;
        }
        let segments = self.resolve(segments);
        if segments.len() > 1 {
            self.found.push(Named { segments, line });
        }
        at
    }

    /// Reads a group from behind its brace to behind its end.
    fn group(&mut self, mut at: usize, prefix: &[String]) -> usize {
        while let Some(token) = self.tokens.get(at) {
            match token.text.as_str() {
                "}" => return at + 1,
                "as" => at += 2,
                text if is_word(text) || text == "*" => at = self.read(at, prefix),
                _ => at += 1,
            }
        }
        at
    }

    fn resolve(&self, segments: Vec<String>) -> Vec<String> {
        let supers = segments.iter().take_while(|s| *s == "super").count();
        let own = segments.first().is_some_and(|s| s == "self");
        if supers == 0 && !own {
            return segments;
        }
        let base = self.here.iter().take(self.here.len().saturating_sub(supers)).cloned();
        let rest = segments.into_iter().skip(if own { 1 } else { supers });
        ["crate".to_owned()].into_iter().chain(base).chain(rest).collect()
    }
}

#[test]
fn groups_supers_and_code_are_resolved_from_the_root() {
    let source = "
        use crate::store::{Reader, words::{self, Book as B}};
        mod tests { use super::super::super::render; mod deep { use super::x; } }
        use super::csv;
        fn f() { ::sqlx::query(crate::app::run); x.store::<u8>(); let v: Vec<u8> = Vec::new(); }
        use self::inner::*;
    ";
    let module = module_of("src/gateway/market_data/mod.rs");
    assert_eq!(module, ["gateway", "market_data"]);
    let found: Vec<String> = paths(source, &module).iter().map(|n| n.segments.join("::")).collect();
    let expected = [
        "crate::store::Reader",
        "crate::store::words::self",
        "crate::store::words::Book",
        "crate::render",
        "crate::gateway::market_data::tests::x",
        "crate::gateway::csv",
        "sqlx::query",
        "crate::app::run",
        "Vec::new",
        "crate::gateway::market_data::inner::*",
    ];
    assert_eq!(found, expected);
}
