//! Where in JSON a byte stands: one pass, no tree, so that a large HAR file costs nothing.

use super::place::tail;

/// A place in a document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Place {
    /// The JSON Pointer (RFC 6901).
    pub pointer: String,
    /// The value of `name` beside it, as HAR writes headers and cookies.
    pub beside: Option<String>,
    /// The value of `url` in the innermost object around it that has one, or whose `request` has one, as HAR writes requests.
    pub url: Option<String>,
}

/// How much of a line is looked at before a token.
const WINDOW: usize = 64 << 10;

/// The deepest nesting that is followed.
const DEEPEST: usize = 256;

enum Frame<'a> {
    Object {
        key: &'a str,
        name: Option<&'a str>,
        url: Option<&'a str>,
        in_value: bool,
    },
    Array(usize),
}

/// The places of ascending byte offsets, as far as the text is JSON.
pub(super) fn places(text: &str, offsets: &[usize]) -> Vec<Option<Place>> {
    let bytes = text.as_bytes();
    let mut found = Vec::with_capacity(offsets.len());
    let mut stack: Vec<Frame<'_>> = Vec::new();
    let mut at = 0;
    while at < bytes.len() && found.len() < offsets.len() {
        match bytes[at] {
            b'{' | b'[' if stack.len() >= DEEPEST => break,
            b'{' => stack.push(Frame::Object {
                key: "",
                name: None,
                url: None,
                in_value: false,
            }),
            b'[' => stack.push(Frame::Array(0)),
            b'}' | b']' => {
                let closed = stack.pop();
                match (closed, stack.last_mut()) {
                    (_, None) => break,
                    (
                        Some(Frame::Object { url: Some(of), .. }),
                        Some(Frame::Object { key, url, .. }),
                    ) if *key == "request" => *url = Some(of),
                    _ => {}
                }
            }
            b':' => {
                if let Some(Frame::Object { in_value, .. }) = stack.last_mut() {
                    *in_value = true;
                }
            }
            b',' => match stack.last_mut() {
                Some(Frame::Object { in_value, .. }) => *in_value = false,
                Some(Frame::Array(index)) => *index += 1,
                None => break,
            },
            b'"' => {
                let end = string_end(bytes, at + 1);
                let inside = text.get(at + 1..end).unwrap_or_default();
                while let Some(offset) = offsets.get(found.len())
                    && *offset < end
                {
                    found.push((*offset > at).then(|| place(&stack)).flatten());
                }
                if let Some(Frame::Object {
                    key,
                    name,
                    url,
                    in_value,
                }) = stack.last_mut()
                {
                    if !*in_value {
                        *key = inside;
                    } else if *key == "name" {
                        *name = Some(inside);
                    } else if *key == "url" {
                        *url = Some(inside);
                    }
                }
                at = end;
            }
            _ => {}
        }
        at += 1;
    }
    found.resize(offsets.len(), None);
    found
}

/// The place in a line's own JSON, as logs and DevTools rows have it.
pub(super) fn in_line(text: &str, offset: usize) -> Option<Place> {
    let before = tail(&text[..offset], WINDOW);
    let start = before.rfind('\n').map_or(0, |at| at + 1);
    let brace = before.get(start..)?.find("{\"")?;
    let from = offset - (before.len() - start - brace);
    let line = text.get(from..)?.split('\n').next()?;
    places(line, &[offset - from])
        .pop()
        .flatten()
        .filter(|place| !place.pointer.contains("//"))
}

/// The offset of the quote that ends a string, or the end of the text.
fn string_end(bytes: &[u8], mut at: usize) -> usize {
    while let Some(step) = bytes
        .get(at..)
        .and_then(|rest| memchr::memchr2(b'"', b'\\', rest))
    {
        at += step;
        if bytes[at] == b'"' {
            return at;
        }
        at += 2;
    }
    bytes.len()
}

fn place(stack: &[Frame<'_>]) -> Option<Place> {
    let mut pointer = String::new();
    let (mut beside, mut around) = (None, None);
    for frame in stack {
        pointer.push('/');
        match frame {
            Frame::Object { key, name, url, .. } => {
                pointer.push_str(&key.replace('~', "~0").replace('/', "~1"));
                beside = name.map(str::to_owned);
                around = url.or(around);
            }
            Frame::Array(index) => {
                pointer.push_str(&index.to_string());
                beside = None;
            }
        }
    }
    (!stack.is_empty()).then_some(Place {
        pointer,
        beside,
        url: around.map(str::to_owned),
    })
}

#[cfg(test)]
mod tests {
    use super::places;

    #[test]
    fn follows_keys_and_indices() {
        let text = r#"{"a":[1,{"name":"x","va\"l/":"TOKEN"}],"b":"TOKEN"}"#;
        let offsets: Vec<usize> = text.match_indices("TOKEN").map(|(at, _)| at).collect();
        let found = places(text, &offsets);
        let first = found[0].as_ref().unwrap();
        assert_eq!(first.pointer, "/a/1/va\\\"l~1");
        assert_eq!(first.beside.as_deref(), Some("x"));
        assert_eq!(found[1].as_ref().unwrap().pointer, "/b");
    }

    #[test]
    fn bears_what_is_not_json() {
        assert_eq!(places("]{,:\"\\", &[5]), [None]);
        assert_eq!(places("", &[0]), [None]);
    }
}
