//! Elements read back: the XML of OFX 2, which has no attributes, no comments and no mixed content.

/// An element with its text or its children.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Element {
    pub(super) name: String,
    pub(super) text: String,
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

    /// The text of the first element of that name anywhere inside.
    pub(super) fn text(&self, name: &str) -> Option<&str> {
        self.find(name).map(|e| e.text.as_str())
    }

    /// All elements of that name anywhere inside, in order.
    pub(super) fn all<'a>(&'a self, name: &str) -> Vec<&'a Self> {
        let mut found = Vec::new();
        for child in &self.children {
            if child.name == name {
                found.push(child);
            }
            found.extend(child.all(name));
        }
        found
    }
}

/// Reads a file: its root element.
///
/// # Errors
/// The line, and what is wrong there.
pub(super) fn parse(text: &str) -> Result<Element, String> {
    let mut open: Vec<Element> = vec![Element::default()];
    let mut rest = text;
    while let Some(start) = rest.find('<') {
        let (before, after) = rest.split_at(start);
        let above = || text.get(..text.len().saturating_sub(after.len())).unwrap_or_default().matches('\n').count();
        let wrong = |what: &str| format!("line {}: {what}", above().saturating_add(1));
        let (tag, next) = after.trim_start_matches('<').split_once('>').ok_or_else(|| wrong("a tag is not closed"))?;
        let said = unescaped(before).ok_or_else(|| wrong("an entity is not known"))?;
        if let Some(innermost) = open.last_mut() {
            innermost.text.push_str(&said);
        }
        if let Some(name) = tag.strip_prefix('/') {
            let mut done = open.pop().unwrap_or_default();
            if done.name != name || open.is_empty() {
                return Err(wrong(&format!("</{name}> closes what is not open")));
            }
            let mixed = !done.children.is_empty() && !done.text.trim().is_empty();
            if mixed {
                return Err(wrong(&format!("{name} has text between its elements")));
            }
            done.text = String::from(done.text.trim());
            if let Some(parent) = open.last_mut() {
                parent.children.push(done);
            }
        } else if !tag.starts_with('?') {
            let plain = !tag.is_empty() && tag.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'.');
            if !plain {
                return Err(wrong(&format!("<{tag}> is no element of OFX")));
            }
            open.push(Element { name: tag.to_owned(), ..Element::default() });
        }
        rest = next;
    }
    let unclosed = open.get(1..).and_then(<[Element]>::last).map(|e| e.name.clone());
    let root = open.into_iter().next().unwrap_or_default();
    match (unclosed, root.children.as_slice()) {
        (Some(name), _) => Err(format!("the file ends inside of {name}")),
        (None, [only]) if only.name == "OFX" => Ok(only.clone()),
        _ => Err("line 1: is no OFX; one element OFX is needed".to_owned()),
    }
}

fn unescaped(text: &str) -> Option<String> {
    let mut parts = text.split('&');
    let mut found = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let (entity, rest) = part.split_once(';')?;
        found.push(match entity {
            "amp" => '&',
            "lt" => '<',
            "gt" => '>',
            "quot" => '"',
            "apos" => '\'',
            _ => return None,
        });
        found.push_str(rest);
    }
    Some(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_ofx_is_refused_with_its_line() {
        let root = parse("<?xml?>\n<OFX><A>x &amp; y</A><B><A>z</A></B></OFX>\n").unwrap();
        assert_eq!((root.text("A"), root.all("A").len()), (Some("x & y"), 2));
        for (text, says) in [
            ("", "line 1: is no OFX"),
            ("<OFX>\n<A>1</B></OFX>", "line 2: </B> closes what is not open"),
            ("<OFX>\n<A", "line 2: a tag is not closed"),
            ("<OFX><A>1</A>", "the file ends inside of OFX"),
            ("<OFX>\n\n<A>&x;</A></OFX>", "line 3: an entity is not known"),
            ("<OFX>text<A>1</A></OFX>", "line 1: OFX has text between its elements"),
            ("<OFX><A b=\"1\">1</A></OFX>", "line 1: <A b=\"1\"> is no element"),
            ("<OFX></OFX></OFX>", "closes what is not open"),
        ] {
            let found = parse(text).unwrap_err();
            assert!(found.contains(says), "{text:?}: {found}");
        }
    }
}
