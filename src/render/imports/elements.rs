//! Elements of OFX with their lines: XML of 2.x, where all are closed, and SGML of 1.x, where those with a text need not be.

use super::error::ImportError;

/// How deep elements may stand in one another.
const DEEPEST: usize = 40;

/// An element with its text or its children.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Element {
    pub(super) name: String,
    pub(super) text: String,
    pub(super) line: u64,
    pub(super) children: Vec<Element>,
}

impl Element {
    /// The first child of that name.
    pub(super) fn child(&self, name: &str) -> Option<&Self> {
        self.children.iter().find(|c| c.name == name)
    }

    /// The first element of that name anywhere inside.
    pub(super) fn find(&self, name: &str) -> Option<&Self> {
        self.children.iter().find_map(|c| if c.name == name { Some(c) } else { c.find(name) })
    }

    /// The text of the first element of that name anywhere inside, where it has one.
    pub(super) fn text(&self, name: &str) -> Option<&str> {
        self.find(name).map(|e| e.text.as_str()).filter(|t| !t.is_empty())
    }

    /// All elements of that name anywhere inside, in order.
    pub(super) fn all<'a>(&'a self, name: &str, found: &mut Vec<&'a Self>) {
        for child in &self.children {
            if child.name == name {
                found.push(child);
            }
            child.all(name, found);
        }
    }
}

/// Elements that are open, the innermost last.
struct Open(Vec<Element>);

impl Open {
    /// Closes the innermost into the one around it.
    fn close(&mut self) {
        if let Some(mut done) = self.0.pop() {
            done.text = unescaped(done.text.trim());
            if let Some(around) = self.0.last_mut() {
                around.children.push(done);
            }
        }
    }

    /// One with a text of its own is over when another begins.
    fn end_text(&mut self) {
        if self.0.len() > 1 && self.0.last().is_some_and(|e| !e.text.trim().is_empty()) {
            self.close();
        }
    }
}

/// Reads a file: its element OFX.
///
/// # Errors
/// [`ImportError::Ofx`] with the line.
pub(super) fn parse(text: &str) -> Result<Element, ImportError> {
    let start = text.find("<OFX>").ok_or_else(|| wrong(1, "is no OFX; one element OFX is needed"))?;
    let (header, mut rest) = text.split_at(start);
    let mut line = lines(header).saturating_add(1);
    let mut open = Open(vec![Element::default()]);
    while let Some((before, after)) = rest.split_once('<') {
        line = line.saturating_add(lines(before));
        if let Some(innermost) = open.0.last_mut() {
            innermost.text.push_str(before);
        }
        let (tag, next) = after.split_once('>').ok_or_else(|| wrong(line, "a tag is not closed"))?;
        tagged(tag, line, &mut open)?;
        line = line.saturating_add(lines(tag));
        rest = next;
    }
    if let Some(unclosed) = open.0.get(1) {
        return Err(wrong(line, &format!("the file ends inside of {}", unclosed.name)));
    }
    let root = open.0.into_iter().next().unwrap_or_default();
    root.children.into_iter().next().ok_or_else(|| wrong(line, "is no OFX; one element OFX is needed"))
}

fn tagged(tag: &str, line: u64, open: &mut Open) -> Result<(), ImportError> {
    if let Some(name) = tag.strip_prefix('/') {
        let name = name.trim();
        if open.0.iter().skip(1).all(|e| e.name != name) {
            return Err(wrong(line, &format!("</{name}> closes what is not open")));
        }
        while open.0.last().is_some_and(|e| e.name != name) {
            open.close();
        }
        open.close();
        return Ok(());
    }
    if tag.starts_with('?') {
        return Ok(());
    }
    let (name, empty) = tag.strip_suffix('/').map_or((tag, false), |name| (name.trim_end(), true));
    if name.is_empty() || !name.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-')) {
        let name: String = name.chars().take(30).collect();
        return Err(wrong(line, &format!("<{name}> is no element of OFX")));
    }
    open.end_text();
    if open.0.len() > DEEPEST {
        return Err(wrong(line, &format!("elements stand more than {DEEPEST} deep in one another")));
    }
    open.0.push(Element { name: name.to_owned(), line, ..Element::default() });
    if empty {
        open.close();
    }
    Ok(())
}

fn lines(text: &str) -> u64 {
    u64::try_from(text.matches('\n').count()).unwrap_or(u64::MAX)
}

fn wrong(line: u64, what: &str) -> ImportError {
    ImportError::Ofx { line, what: what.to_owned() }
}

/// Entities as characters; SGML leaves a single `&` as it is.
fn unescaped(text: &str) -> String {
    if !text.contains('&') {
        return text.to_owned();
    }
    let known = [("&lt;", "<"), ("&gt;", ">"), ("&quot;", "\""), ("&apos;", "'"), ("&nbsp;", " ")];
    known.iter().fold(text.to_owned(), |text, (entity, sign)| text.replace(entity, sign)).replace("&amp;", "&")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ledg_9_elements_of_both_kinds_are_read() {
        let closed = "<?xml?>\n<OFX><A><B>x &amp; y</B><C>1</C></A></OFX>";
        let open = "OFXHEADER:100\nDATA:OFXSGML\n\n<OFX><A>\n<B>x & y\n<C>1\n</A></OFX>\n";
        for (text, line) in [(closed, 2), (open, 6)] {
            let root = parse(text).unwrap();
            let a = root.child("A").unwrap();
            assert_eq!((a.text("B"), a.text("C")), (Some("x & y"), Some("1")));
            assert_eq!(a.child("C").unwrap().line, line);
        }
        let empty = parse("<OFX><A><MEMO/><C>1</C></A></OFX>").unwrap();
        assert_eq!((empty.text("MEMO"), empty.text("C")), (None, Some("1")));
    }

    #[test]
    fn what_is_no_ofx_is_refused_with_its_line() {
        let deep = format!("<OFX>{}", "<A>".repeat(60));
        for (text, says) in [
            ("", "line 1: is no OFX"),
            ("<OFX>\n</B></OFX>", "line 2: </B> closes what is not open"),
            ("<OFX>\n<A", "line 2: a tag is not closed"),
            ("<OFX>\n<A>1</A>", "line 2: the file ends inside of OFX"),
            ("<OFX><A b=\"1\">1</A></OFX>", "is no element"),
            (&deep, "deep in one another"),
        ] {
            let found = parse(text).unwrap_err().to_string();
            assert!(found.contains(says), "{text:?}: {found}");
        }
    }
}
