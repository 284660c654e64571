//! Literals: what is put together of parts.

use super::Place;
use super::expr::Expr;
use super::module::Machine;
use super::odd::Oddity;
use super::value::{Entry, Scope, Slot, Value, both};
use oxc_ast::ast::{
    ArrayExpression, ArrayExpressionElement, ObjectExpression, ObjectPropertyKind, PropertyKey,
    PropertyKind, TemplateLiteral,
};
use oxc_span::{GetSpan as _, Span};
use std::rc::Rc;

/// A list that would grow beyond this is not followed: a few lines that double it again and again would fill the memory.
const MOST_SLOTS: usize = 10_000;
/// Choices within choices beyond this are not followed: each level doubles the work.
const MOST_CHOICES: usize = 8;

impl<'a> Machine<'a, '_> {
    pub(super) fn template(
        &mut self,
        template: &'a TemplateLiteral<'a>,
        scope: &Rc<Scope<'a>>,
    ) -> Value<'a> {
        let span = template.span;
        let mut parts = Vec::new();
        for (at, quasi) in template.quasis.iter().enumerate() {
            match &quasi.value.cooked {
                Some(text) if !quasi.lone_surrogates => {
                    parts.push(Expr::Text(text.to_string()));
                }
                _ => parts.push(Expr::Undecided {
                    why: "an escape that is no character".to_owned(),
                    place: self.place(span),
                }),
            }
            if let Some(part) = template.expressions.get(at) {
                let value = self.evaluate(part, scope);
                parts.push(value.lower(&self.place(part.span())));
            }
        }
        self.concat(parts, span)
    }

    pub(super) fn list(
        &mut self,
        array: &'a ArrayExpression<'a>,
        scope: &Rc<Scope<'a>>,
    ) -> Value<'a> {
        let mut slots = Vec::new();
        for element in &array.elements {
            match element {
                ArrayExpressionElement::SpreadElement(spread) => {
                    let value = self.evaluate(&spread.argument, scope);
                    let place = self.place(spread.span);
                    spread_list(&value, None, &place, &mut slots, 0);
                }
                ArrayExpressionElement::Elision(hole) => {
                    slots.push(Slot {
                        when: None,
                        value: Value::Expr(Expr::Undefined),
                        place: self.place(hole.span),
                    });
                }
                _ => {
                    if let Some(element) = element.as_expression() {
                        let value = self.evaluate(element, scope);
                        slots.push(Slot {
                            when: None,
                            value,
                            place: self.place(element.span()),
                        });
                    }
                }
            }
        }
        self.steps += slots.len();
        Value::array(slots)
    }

    pub(super) fn object(
        &mut self,
        object: &'a ObjectExpression<'a>,
        scope: &Rc<Scope<'a>>,
    ) -> Value<'a> {
        let mut entries = Vec::new();
        for property in &object.properties {
            match property {
                ObjectPropertyKind::SpreadProperty(spread) => {
                    let value = self.evaluate(&spread.argument, scope);
                    let place = self.place(spread.span);
                    if let Some(why) = spread_object(&value, &place, &mut entries, 0) {
                        return self.undecided(why, spread.span);
                    }
                }
                ObjectPropertyKind::ObjectProperty(property) => {
                    let Some(name) = self.key(&property.key, scope) else {
                        return self.undecided("the name of a property", property.key.span());
                    };
                    let value = if property.kind == PropertyKind::Init {
                        self.evaluate(&property.value, scope)
                    } else {
                        self.undecided("a getter or setter", property.span)
                    };
                    let (name_place, place) = (
                        self.place(property.key.span()),
                        self.place(property.value.span()),
                    );
                    set(
                        &mut entries,
                        Entry {
                            name,
                            name_place,
                            place,
                            value,
                        },
                    );
                }
            }
        }
        self.steps += entries.len();
        Value::object(entries)
    }

    /// The name of a property, when it can be told.
    pub(super) fn key(
        &mut self,
        key: &'a PropertyKey<'a>,
        scope: &Rc<Scope<'a>>,
    ) -> Option<String> {
        match (key, key.as_expression()) {
            (PropertyKey::StaticIdentifier(id), _) => Some(id.name.to_string()),
            (_, Some(expression)) => match self.evaluate(expression, scope) {
                Value::Expr(Expr::Text(name)) => Some(name),
                Value::Expr(Expr::Number(number)) => Some(number.to_string()),
                _ => None,
            },
            (_, None) => None,
        }
    }

    pub(super) fn concat(&mut self, parts: Vec<Expr>, span: Span) -> Value<'a> {
        let place = self.place(span);
        let mut flat: Vec<Expr> = Vec::new();
        for part in parts {
            match part {
                Expr::Concat(inner) => flat.extend(inner),
                part => flat.push(part),
            }
        }
        let mut whole: Vec<Expr> = Vec::new();
        for part in flat {
            let first = whole.is_empty();
            match (whole.last_mut(), part) {
                (Some(Expr::Text(before)), Expr::Text(text)) => before.push_str(&text),
                (_, Expr::Text(text)) if text.is_empty() && !first => {}
                (last, part) => {
                    if let (Some(Expr::Text(before)), Some(variable)) = (last, origin(&part))
                        && before.to_ascii_lowercase().ends_with("://")
                    {
                        self.note(Oddity::SchemeDoubled {
                            place: place.clone(),
                            variable: variable.to_owned(),
                        });
                    }
                    whole.push(part);
                }
            }
        }
        Value::Expr(Expr::Concat(whole).fold(&place))
    }
}

/// Sets a field: an old one keeps its place in the order, as in JavaScript.
pub(super) fn set<'a>(entries: &mut Vec<Entry<'a>>, entry: Entry<'a>) {
    match entries.iter_mut().find(|old| old.name == entry.name) {
        Some(old) => *old = entry,
        None => entries.push(entry),
    }
}

/// The elements of `...list`.
pub(super) fn spread_list<'a>(
    value: &Value<'a>,
    when: Option<Expr>,
    place: &Place,
    slots: &mut Vec<Slot<'a>>,
    level: usize,
) {
    match value {
        Value::Array(list) if slots.len() + list.borrow().len() <= MOST_SLOTS => {
            let list = list.borrow().clone();
            slots.extend(list.into_iter().map(|slot| Slot {
                when: both(when.clone(), slot.when, place),
                ..slot
            }));
        }
        Value::Choice(choice) if level < MOST_CHOICES && slots.len() < MOST_SLOTS => {
            let not = Expr::Not(Box::new(choice.0.clone())).fold(place);
            spread_list(
                &choice.1,
                both(when.clone(), Some(choice.0.clone()), place),
                place,
                slots,
                level + 1,
            );
            spread_list(
                &choice.2,
                both(when, Some(not), place),
                place,
                slots,
                level + 1,
            );
        }
        _ => {
            let value = match value.lower(place) {
                undecided @ Expr::Undecided { .. } => undecided,
                _ => Expr::Undecided {
                    why: "a spread of something that is not a known list".to_owned(),
                    place: place.clone(),
                },
            };
            slots.push(Slot {
                when,
                value: Value::Expr(value),
                place: place.clone(),
            });
        }
    }
}

/// The fields of `...object`; why not, when they cannot be told.
fn spread_object<'a>(
    value: &Value<'a>,
    place: &Place,
    entries: &mut Vec<Entry<'a>>,
    level: usize,
) -> Option<&'static str> {
    match value {
        Value::Object(object) => {
            let object = object.borrow().clone();
            for entry in object {
                set(entries, entry);
            }
            None
        }
        Value::Expr(Expr::Undefined | Expr::Null | Expr::Bool(_)) => None,
        Value::Choice(choice) if level < MOST_CHOICES => {
            let (mut then, mut otherwise) = (entries.clone(), entries.clone());
            // One side of `test && { ... }` and of `test || { ... }` is the test itself, which spreads to nothing.
            for (side, entries) in [(&choice.1, &mut then), (&choice.2, &mut otherwise)] {
                let is_test = matches!(side, Value::Expr(expr) if *expr == choice.0);
                let why = (!is_test).then(|| spread_object(side, place, entries, level + 1));
                if let Some(Some(why)) = why {
                    return Some(why);
                }
            }
            let undefined = Value::Expr(Expr::Undefined);
            for entry in then.iter().chain(&otherwise).cloned().collect::<Vec<_>>() {
                let side = |side: &[Entry<'a>]| {
                    side.iter()
                        .find(|one| one.name == entry.name)
                        .map_or(undefined.clone(), |one| one.value.clone())
                };
                let value = Value::choice(choice.0.clone(), side(&then), side(&otherwise), place);
                set(entries, Entry { value, ..entry });
            }
            None
        }
        _ => Some("a spread of something that is not a known object"),
    }
}

/// The variable that a text begins with.
fn origin(part: &Expr) -> Option<&str> {
    match part {
        Expr::Variable { name, .. } => Some(name),
        Expr::Concat(parts) => parts.first().and_then(origin),
        Expr::Fallback { left, .. } => origin(left),
        _ => None,
    }
}
