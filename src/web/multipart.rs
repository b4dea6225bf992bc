//! Forms with a file (RFC 7578): the texts, and the one file.

use std::collections::BTreeMap;
use std::future::{Ready, ready};

use actix_web::dev::Payload;
use actix_web::web::Bytes;
use actix_web::{FromRequest, HttpMessage as _, HttpRequest};
use desk::domain::chain::Hash;

use super::refusal::Refusal;

/// The longest text of a field, in bytes.
const LONGEST_TEXT: usize = 8 * 1024;
/// The most parts of a form.
const PARTS: usize = 32;

/// A file that came with a form; empty where none did.
#[derive(Clone, Debug, Default)]
pub(crate) struct Upload {
    pub(crate) name: String,
    pub(crate) bytes: Bytes,
}

impl FromRequest for Upload {
    type Error = Refusal;
    type Future = Ready<Result<Self, Refusal>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(Ok(request.extensions().get::<Self>().cloned().unwrap_or_default()))
    }
}

/// Whether a body of this type is a form with a file.
pub(crate) fn is_form(content_type: &str) -> bool {
    content_type.starts_with("multipart/form-data")
}

/// The fields of a form, and its file. The file's field holds its name and hash, so that a form with another file is
/// another form. What is no such form has no fields.
pub(crate) fn read(content_type: &str, body: &Bytes) -> (BTreeMap<String, String>, Upload) {
    let (mut fields, mut upload) = (BTreeMap::new(), Upload::default());
    let Some(boundary) = boundary(content_type) else { return (fields, upload) };
    let line = format!("--{boundary}");
    let mut at = 0;
    let mut starts = Vec::new();
    while let Some(found) = find(body, line.as_bytes(), at) {
        starts.push(found);
        at = found.saturating_add(line.len());
        if starts.len() > PARTS {
            return (BTreeMap::new(), Upload::default());
        }
    }
    for pair in starts.windows(2) {
        let [start, end] = pair else { continue };
        let from = start.saturating_add(line.len());
        let Some((head_end, content)) = content(body, from, *end) else { continue };
        let head = body.get(from..head_end).map(String::from_utf8_lossy).unwrap_or_default();
        let Some(name) = attribute(&head, "name") else { continue };
        let text = body.get(content.0..content.1).unwrap_or_default();
        if let Some(file) = attribute(&head, "filename") {
            let bytes = body.slice(content.0..content.1);
            fields.insert(name, format!("{file} {}", Hash::of(&bytes)));
            upload = Upload { name: base_name(&file), bytes };
        } else if text.len() <= LONGEST_TEXT {
            fields.insert(name, String::from_utf8_lossy(text).into_owned());
        }
    }
    (fields, upload)
}

/// Where a part's head ends, and where its content begins and ends.
fn content(body: &Bytes, from: usize, end: usize) -> Option<(usize, (usize, usize))> {
    let head_end = find(body, b"\r\n\r\n", from).filter(|at| *at < end)?;
    let begin = head_end.saturating_add(4);
    // The line break before a boundary belongs to it.
    let last = end.saturating_sub(2).max(begin);
    Some((head_end, (begin, last)))
}

fn boundary(content_type: &str) -> Option<String> {
    let named = content_type.split(';').map(str::trim).find_map(|part| part.strip_prefix("boundary="))?;
    let bare = named.trim_matches('"');
    ((1..=70).contains(&bare.len())).then(|| bare.to_owned())
}

/// A quoted value of a part's head.
fn attribute(head: &str, name: &str) -> Option<String> {
    let line = head.lines().find(|l| l.to_ascii_lowercase().starts_with("content-disposition:"))?;
    let rest = line.split(';').map(str::trim).find_map(|part| part.strip_prefix(name)?.strip_prefix("=\""))?;
    rest.strip_suffix('"').map(str::to_owned)
}

/// A file's name without folders and what does not belong into one.
fn base_name(path: &str) -> String {
    let name = path.rsplit(['/', '\\']).next().unwrap_or_default();
    name.chars().filter(|c| !c.is_control()).take(120).collect()
}

/// The first place of some bytes from another on.
fn find(body: &[u8], sought: &[u8], from: usize) -> Option<usize> {
    let first = *sought.first()?;
    let mut at = from;
    while let Some(rest) = body.get(at..) {
        let step = rest.iter().position(|b| *b == first)?;
        at = at.saturating_add(step);
        if body.get(at..).is_some_and(|rest| rest.starts_with(sought)) {
            return Some(at);
        }
        at = at.saturating_add(1);
    }
    None
}

#[cfg(test)]
mod tests {
    use std::fmt::Write as _;

    use super::*;

    fn form(parts: &[(&str, &str)]) -> Bytes {
        let mut body = String::new();
        for (head, content) in parts {
            let _ = write!(body, "--xYz\r\nContent-Disposition: form-data; {head}\r\n\r\n{content}\r\n");
        }
        Bytes::from(format!("{body}--xYz--\r\n"))
    }

    #[test]
    fn a_form_with_a_file_is_read_byte_by_byte() {
        let kind = "multipart/form-data; boundary=xYz";
        let body = form(&[
            ("name=\"form\"", "secret"),
            ("name=\"file\"; filename=\"C:\\docs\\june.ofx\"\r\nContent-Type: text/plain", "<OFX>\r\n--xY\r\n</OFX>"),
            ("name=\"mapping\"", ""),
        ]);
        let (fields, upload) = read(kind, &body);
        assert_eq!((fields["form"].as_str(), fields["mapping"].as_str()), ("secret", ""));
        assert_eq!((upload.name.as_str(), &upload.bytes[..]), ("june.ofx", &b"<OFX>\r\n--xY\r\n</OFX>"[..]));
        let (other, _) = read(kind, &form(&[("name=\"file\"; filename=\"C:\\docs\\june.ofx\"", "else")]));
        assert_ne!(fields["file"], other["file"], "another file is another form");
    }

    #[test]
    fn what_is_no_such_form_has_no_fields() {
        let body = form(&[("name=\"form\"", "secret")]);
        let many: Vec<(&str, &str)> = (0..40).map(|_| ("name=\"form\"", "x")).collect();
        for (kind, body) in [
            ("multipart/form-data", body.clone()),
            ("multipart/form-data; boundary=", body.clone()),
            ("multipart/form-data; boundary=other", body.clone()),
            ("multipart/form-data; boundary=xYz", Bytes::from_static(b"--xYz")),
            ("multipart/form-data; boundary=xYz", Bytes::from_static(b"--xYz\r\nno head--xYz--")),
            ("multipart/form-data; boundary=xYz", form(&many)),
        ] {
            assert!(read(kind, &body).0.is_empty(), "{kind}: {body:?}");
        }
    }
}
