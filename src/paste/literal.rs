//! Object literals as consoles print them: JSON, and JavaScript's looser writing.

use serde_json::{Map, Number, Value};

/// The deepest nesting that is read.
const DEEPEST: usize = 64;

/// Reads one object at the start of a text; gives what is behind it too.
pub(super) fn object(text: &str) -> Option<(Map<String, Value>, &str)> {
    let mut reader = Reader { rest: text };
    match reader.value(0)? {
        Value::Object(members) => Some((members, reader.rest)),
        _ => None,
    }
}

struct Reader<'a> {
    rest: &'a str,
}

impl Reader<'_> {
    fn blanks(&mut self) {
        loop {
            self.rest = self.rest.trim_start();
            if let Some(comment) = self.rest.strip_prefix("//") {
                self.rest = comment.split_once('\n').map_or("", |(_, rest)| rest);
            } else if let Some(comment) = self.rest.strip_prefix("/*") {
                self.rest = comment.split_once("*/").map_or("", |(_, rest)| rest);
            } else {
                return;
            }
        }
    }

    fn take(&mut self, sign: &str) -> bool {
        self.blanks();
        match self.rest.strip_prefix(sign) {
            Some(rest) => {
                self.rest = rest;
                true
            }
            None => false,
        }
    }

    fn value(&mut self, depth: usize) -> Option<Value> {
        if depth > DEEPEST {
            return None;
        }
        self.blanks();
        match self.rest.bytes().next()? {
            b'{' if self.rest.starts_with("{{") => self.shortcode(),
            b'{' => self.members(depth).map(Value::Object),
            b'[' => self.items(depth),
            b'"' | b'\'' | b'`' => self.string().map(Value::String),
            _ => self.word(),
        }
    }

    fn shortcode(&mut self) -> Option<Value> {
        let end = self.rest.find("}}")? + 2;
        let (code, rest) = self.rest.split_at(end);
        self.rest = rest;
        Some(Value::String(code.to_owned()))
    }

    fn members(&mut self, depth: usize) -> Option<Map<String, Value>> {
        self.take("{");
        let mut members = Map::new();
        loop {
            if self.take("}") {
                return Some(members);
            }
            let name = match self.rest.bytes().next()? {
                b'"' | b'\'' | b'`' => self.string()?,
                _ => {
                    self.bare(|character| character == ':' || character == ',' || character == '}')?
                }
            };
            if self.take(":") {
                let value = self.value(depth + 1)?;
                members.insert(name, value);
            }
            if !self.take(",") {
                self.blanks();
                if !self.rest.starts_with('}') {
                    return None;
                }
            }
        }
    }

    fn items(&mut self, depth: usize) -> Option<Value> {
        // `[Function: x]`, `[AsyncFunction (anonymous)]`, `[Getter]`: what consoles print for what is no data.
        for mark in [
            "[Function",
            "[AsyncFunction",
            "[Getter",
            "[Object",
            "[Array",
            "[Circular",
        ] {
            if self.rest.starts_with(mark) {
                let end = self.rest.find(']')? + 1;
                self.rest = self.rest.get(end..)?;
                return Some(Value::Null);
            }
        }
        self.take("[");
        let mut items = Vec::new();
        loop {
            if self.take("]") {
                return Some(Value::Array(items));
            }
            items.push(self.value(depth + 1)?);
            if !self.take(",") {
                self.blanks();
                if !self.rest.starts_with(']') {
                    return None;
                }
            }
        }
    }

    fn string(&mut self) -> Option<String> {
        let quote = self.rest.chars().next()?;
        let mut text = String::new();
        let mut characters = self.rest.char_indices().skip(1);
        while let Some((at, character)) = characters.next() {
            match character {
                '\\' => match characters.next()?.1 {
                    'n' => text.push('\n'),
                    't' => text.push('\t'),
                    'r' => text.push('\r'),
                    'u' => {
                        let hex: String = characters
                            .by_ref()
                            .take(4)
                            .map(|(_, digit)| digit)
                            .collect();
                        text.push(
                            u32::from_str_radix(&hex, 16)
                                .ok()
                                .and_then(char::from_u32)?,
                        );
                    }
                    other => text.push(other),
                },
                end if end == quote => {
                    self.rest = self.rest.get(at + 1..)?;
                    return Some(text);
                }
                other => text.push(other),
            }
        }
        None
    }

    fn bare(&mut self, ends: impl Fn(char) -> bool) -> Option<String> {
        let end = self.rest.find(ends)?;
        let (word, rest) = self.rest.split_at(end);
        self.rest = rest;
        let word = word.trim();
        (!word.is_empty() && word.len() <= 256 && !word.contains('\n')).then(|| word.to_owned())
    }

    fn word(&mut self) -> Option<Value> {
        if let Some(call) = self.rest.strip_prefix("new Date(") {
            self.rest = call;
            let value = self.value(0)?;
            return self.take(")").then_some(value);
        }
        let word = self.bare(|character| matches!(character, ',' | '}' | ']' | '\n' | ')'))?;
        let plain = word.replace('_', "");
        Some(match word.as_str() {
            // Python's words too.
            "true" | "True" => Value::Bool(true),
            "false" | "False" => Value::Bool(false),
            "null" | "undefined" | "NaN" | "None" => Value::Null,
            _ => serde_json::from_str::<Number>(&plain).map_or_else(
                |_| {
                    if word.contains("ƒ") || word.contains("=>") {
                        Value::Null
                    } else {
                        Value::String(word.clone())
                    }
                },
                Value::Number,
            ),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::object;
    use serde_json::json;

    #[test]
    fn reads_what_consoles_print() {
        let text = "{ userId: 'user_1', getToken: [AsyncFunction (anonymous)], 'a-b': [1, 2,], x: undefined, c: {{user.id}} } rest";
        let (members, rest) = object(text).unwrap();
        assert_eq!(
            json!(members),
            json!({"userId": "user_1", "getToken": null, "a-b": [1, 2], "x": null, "c": "{{user.id}}"})
        );
        assert_eq!(rest, " rest");
        assert!(object("{ a: ").is_none());
        assert!(object(&"{a:".repeat(100_000)).is_none());
    }
}
