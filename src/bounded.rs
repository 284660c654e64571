//! JSON of any size in little memory: all of it is read, and refused where it is not JSON, but of what stands inside arrays and objects only so
//! many values are kept.

use serde::de::{DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value};
use std::cell::Cell;
use std::fmt;

/// How many values may still be kept.
#[derive(Debug)]
pub struct Budget {
    left: Cell<usize>,
    is_exceeded: Cell<bool>,
}

impl Budget {
    /// For so many values.
    pub fn new(values: usize) -> Self {
        Self {
            left: Cell::new(values),
            is_exceeded: Cell::new(false),
        }
    }

    /// Whether a value was left out.
    pub fn is_exceeded(&self) -> bool {
        self.is_exceeded.get()
    }

    /// Whether one more may be kept.
    fn take(&self) -> bool {
        let left = self.left.get();
        self.left.set(left.saturating_sub(1));
        self.is_exceeded.set(self.is_exceeded.get() || left == 0);
        left > 0
    }
}

impl<'de> DeserializeSeed<'de> for &Budget {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for &Budget {
    type Value = Value;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("any JSON value")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_f64<E>(self, value: f64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let mut kept = Vec::new();
        while let Some(item) = items.next_element_seed(self)? {
            if self.take() {
                kept.push(item);
            }
        }
        Ok(Value::Array(kept))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Value, A::Error> {
        let mut kept = Map::new();
        while let Some(name) = members.next_key::<String>()? {
            let value = members.next_value_seed(self)?;
            if self.take() {
                kept.insert(name, value);
            }
        }
        Ok(Value::Object(kept))
    }
}

#[cfg(test)]
mod tests {
    use super::Budget;
    use serde::de::DeserializeSeed as _;
    use serde_json::{Value, json};

    fn read(text: &str, values: usize) -> (Result<Value, serde_json::Error>, bool) {
        let budget = Budget::new(values);
        let mut reader = serde_json::Deserializer::from_str(text);
        (budget.deserialize(&mut reader), budget.is_exceeded())
    }

    #[test]
    fn what_fits_is_read_as_it_stands() {
        let text = r#"{"a":[1,-2,1.5,null,true,"x",{"b":[]}],"a":{}}"#;
        for text in [text, "[[[]]]", "5", "\"\\ud83d\\ude00\""] {
            let (value, is_exceeded) = read(text, 100);
            let whole: Value = serde_json::from_str(text).unwrap();
            assert_eq!((value.unwrap(), is_exceeded), (whole, false));
        }
    }

    #[test]
    fn the_rest_is_looked_at_but_not_kept() {
        let (value, is_exceeded) = read(r#"[1,2,3,{"a":4}]"#, 2);
        assert_eq!((value.unwrap(), is_exceeded), (json!([1, 2]), true));
        for broken in ["[1,2,3,\"\\ud800\"]", "[1,2,3,1e999]", "[1,2,3,tru]"] {
            assert!(read(broken, 1).0.is_err(), "{broken}");
        }
    }
}
