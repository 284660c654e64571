//! Calls: of functions in the source, of methods, and of the globals that configurations use.

use std::rc::Rc;

use oxc_ast::ast::{Argument, CallExpression, Expression, NewExpression};
use oxc_span::{GetSpan as _, Span};

use super::expr::Expr;
use super::literal::spread_list;
use super::member::taint;
use super::module::Machine;
use super::odd::Effect;
use super::statement::Flow;
use super::value::{Body, Closure, Scope, Slot, Value, both};

/// What the value of a call is that does not return.
pub(super) const THROWS: &str = "the function throws";

impl<'a> Machine<'a, '_> {
    pub(super) fn call(
        &mut self,
        call: &'a CallExpression<'a>,
        scope: &Rc<Scope<'a>>,
    ) -> Value<'a> {
        let span = call.span;
        let callee = call.callee.get_inner_expression();
        let member = match callee {
            Expression::ChainExpression(chain) => chain.expression.as_member_expression(),
            _ => callee.as_member_expression(),
        };
        if let Some(member) = member
            && let Some(name) = member.static_property_name()
        {
            let object = self.evaluate(member.object(), scope);
            if member.optional() && matches!(object, Value::Expr(Expr::Undefined | Expr::Null)) {
                return Value::Expr(Expr::Undefined);
            }
            let arguments = self.arguments(&call.arguments, scope);
            return self.method(&object, name, arguments, span);
        }
        let function = self.evaluate(callee, scope);
        let arguments = self.arguments(&call.arguments, scope);
        self.apply(&function, arguments, span)
    }

    fn arguments(&mut self, arguments: &'a [Argument<'a>], scope: &Rc<Scope<'a>>) -> Vec<Slot<'a>> {
        let mut slots = Vec::new();
        for argument in arguments {
            let place = self.place(argument.span());
            match (argument, argument.as_expression()) {
                (_, Some(expression)) => {
                    let value = self.evaluate(expression, scope);
                    slots.push(Slot {
                        when: None,
                        value,
                        place,
                    });
                }
                (Argument::SpreadElement(spread), None) => {
                    let value = self.evaluate(&spread.argument, scope);
                    spread_list(&value, None, &place, &mut slots, 0);
                }
                (_, None) => {}
            }
        }
        slots
    }

    fn apply(&mut self, function: &Value<'a>, arguments: Vec<Slot<'a>>, span: Span) -> Value<'a> {
        match function {
            Value::Function(closure) => self.invoke(&Rc::clone(closure), arguments, span),
            Value::Global(name) => {
                let name = name.clone();
                self.global(&name, arguments, span)
            }
            _ => self.opaque(arguments, "a call of code that is not followed", span),
        }
    }

    fn invoke(
        &mut self,
        closure: &Rc<Closure<'a>>,
        arguments: Vec<Slot<'a>>,
        span: Span,
    ) -> Value<'a> {
        if closure.suspends || arguments.iter().any(|argument| argument.when.is_some()) {
            return self.opaque(arguments, "a call that is not followed", span);
        }
        if !self.step() {
            return self.undecided("too much code to follow", span);
        }
        let before = std::mem::replace(&mut self.current, closure.module);
        self.depth += 4;
        self.calls += 1;
        let scope = Scope::inside(&closure.scope);
        let parameters = closure.parameters;
        let rest: Vec<Slot<'a>> = arguments
            .get(parameters.items.len()..)
            .unwrap_or_default()
            .to_vec();
        let mut arguments = arguments.into_iter();
        for parameter in &parameters.items {
            let mut value = arguments
                .next()
                .map_or(Value::Expr(Expr::Undefined), |slot| slot.value);
            if let Some(default) = &parameter.initializer {
                value = self.default(value, default, parameter.span, &scope);
            }
            self.bind(&parameter.pattern, value, false, &scope);
        }
        if let Some(parameter) = &parameters.rest {
            self.bind(&parameter.rest.argument, Value::array(rest), false, &scope);
        }
        let value = match closure.body {
            Body::Expression(expression) => self.evaluate(expression, &scope),
            Body::Statements(body) => match self.run(&body.statements, &scope) {
                Flow::Next => Value::Expr(Expr::Undefined),
                Flow::Return(value) => value,
                Flow::Throw => self.undecided(THROWS, span),
            },
        };
        self.calls -= 1;
        self.depth -= 4;
        self.current = before;
        value
    }

    /// A call that is not followed: what is handed over may be called, or changed.
    fn opaque(&mut self, arguments: Vec<Slot<'a>>, why: &str, span: Span) -> Value<'a> {
        let place = self.place(span);
        let unknown = Expr::Undecided {
            why: why.to_owned(),
            place: place.clone(),
        };
        for argument in arguments {
            match &argument.value {
                Value::Function(closure) if !closure.suspends && self.depth < 200 => {
                    let given = closure.parameters.items.iter();
                    let given = given
                        .map(|_| Slot {
                            when: None,
                            value: Value::Expr(unknown.clone()),
                            place: place.clone(),
                        })
                        .collect();
                    self.guards.push(unknown.clone());
                    self.invoke(closure, given, span);
                    self.guards.pop();
                }
                value => taint(value, &place, 0),
            }
        }
        Value::Expr(unknown)
    }

    fn global(&mut self, name: &str, arguments: Vec<Slot<'a>>, span: Span) -> Value<'a> {
        let place = self.place(span);
        let effect = match name.split_once('.').map_or(name, |(first, _)| first) {
            "Date" | "performance" => Some(Effect::Date),
            "fetch" | "XMLHttpRequest" | "WebSocket" => Some(Effect::Fetch),
            "setTimeout" | "setInterval" | "queueMicrotask" => Some(Effect::Timer),
            "crypto" => Some(Effect::Random),
            _ if name == "Math.random" => Some(Effect::Random),
            _ => None,
        };
        if let Some(effect) = effect {
            self.effect(effect, span);
            return self.undecided("it differs from run to run", span);
        }
        if name.starts_with("console.") {
            return Value::Expr(Expr::Undefined);
        }
        match (name, arguments.first().map(|first| &first.value)) {
            ("String", Some(value)) => {
                Value::Expr(Expr::Concat(vec![value.lower(&place)]).fold(&place))
            }
            ("Boolean", Some(value)) => {
                let twice = Expr::Not(Box::new(Expr::Not(Box::new(value.test(&place)))));
                Value::Expr(twice.fold(&place))
            }
            ("Object.freeze" | "Object.seal" | "structuredClone", Some(value)) => value.clone(),
            ("Array.isArray", Some(Value::Array(_))) => Value::Expr(Expr::Bool(true)),
            ("Object.values", Some(Value::Object(entries))) => {
                let entries = entries.borrow();
                Value::array(
                    entries
                        .iter()
                        .map(|entry| Slot {
                            when: None,
                            value: entry.value.clone(),
                            place: entry.place.clone(),
                        })
                        .collect(),
                )
            }
            _ => self.opaque(arguments, &format!("`{name}` is not followed"), span),
        }
    }

    fn method(
        &mut self,
        object: &Value<'a>,
        name: &str,
        arguments: Vec<Slot<'a>>,
        span: Span,
    ) -> Value<'a> {
        let place = self.place(span);
        match object {
            Value::Array(list) => {
                let list = Rc::clone(list);
                self.list_method(&list, name, arguments, span)
            }
            Value::Object(_) | Value::Module(_) | Value::Global(_) => {
                let function = self.member(object, name, span);
                if matches!(object, Value::Object(_)) && matches!(function, Value::Expr(_)) {
                    taint(object, &place, 0);
                }
                self.apply(&function, arguments, span)
            }
            Value::Url(of) if matches!(name, "toString" | "toJSON") => Value::Expr(
                Expr::Url {
                    of: Box::new(of.clone()),
                    part: "href".to_owned(),
                }
                .fold(&place),
            ),
            Value::Expr(on @ Expr::Undecided { .. }) => {
                let on = on.clone();
                self.opaque(arguments, "a call of code that is not followed", span);
                Value::Expr(on)
            }
            Value::Expr(on) => {
                if arguments.iter().any(|argument| {
                    !matches!(argument.value, Value::Expr(_)) || argument.when.is_some()
                }) {
                    return self.opaque(
                        arguments,
                        "this use of a text's method is not followed",
                        span,
                    );
                }
                let arguments = arguments
                    .iter()
                    .map(|argument| argument.value.lower(&argument.place));
                // Of a text it is `+` by another name.
                let is_text = matches!(on, Expr::Text(_) | Expr::Variable { .. } | Expr::Concat(_));
                if name == "concat" && is_text {
                    let parts = std::iter::once(on.clone()).chain(arguments).collect();
                    return self.concat(parts, span);
                }
                let arguments = arguments.collect();
                Value::Expr(
                    Expr::Method {
                        on: Box::new(on.clone()),
                        name: name.to_owned(),
                        arguments,
                    }
                    .fold(&place),
                )
            }
            Value::Choice(choice)
                if matches!(
                    name,
                    "filter" | "map" | "concat" | "slice" | "flat" | "join" | "trim" | "replace"
                ) =>
            {
                let (then, otherwise) = (
                    self.method(&choice.1, name, arguments.clone(), span),
                    self.method(&choice.2, name, arguments, span),
                );
                Value::choice(choice.0.clone(), then, otherwise, &place)
            }
            _ => {
                taint(object, &place, 0);
                self.opaque(arguments, &format!("`{name}` is not followed"), span)
            }
        }
    }

    #[expect(clippy::too_many_lines, reason = "one arm for each kind")]
    fn list_method(
        &mut self,
        list: &Rc<std::cell::RefCell<Vec<Slot<'a>>>>,
        name: &str,
        arguments: Vec<Slot<'a>>,
        span: Span,
    ) -> Value<'a> {
        let place = self.place(span);
        let slots = list.borrow().clone();
        self.steps += slots.len() + arguments.len();
        match (name, arguments.first().map(|first| first.value.clone())) {
            ("push" | "unshift", _) => {
                let guard = self.guard(&place);
                if self.dead == 0 {
                    let more = arguments.into_iter().map(|slot| Slot {
                        when: both(guard.clone(), slot.when, &place),
                        ..slot
                    });
                    let at = if name == "push" { slots.len() } else { 0 };
                    list.borrow_mut().splice(at..at, more);
                }
                self.undecided("the length that `push` gives", span)
            }
            ("concat", _) => {
                let mut whole = slots;
                for argument in arguments {
                    match &argument.value {
                        value @ (Value::Array(_) | Value::Choice(_)) => {
                            spread_list(value, argument.when.clone(), &place, &mut whole, 0);
                        }
                        _ => whole.push(argument),
                    }
                }
                Value::array(whole)
            }
            ("slice", None) => Value::array(slots),
            ("flat", None) => {
                let mut whole = Vec::new();
                for slot in slots {
                    match &slot.value {
                        value @ (Value::Array(_) | Value::Choice(_)) => {
                            spread_list(value, slot.when.clone(), &place, &mut whole, 0);
                        }
                        _ => whole.push(slot),
                    }
                }
                Value::array(whole)
            }
            ("filter", Some(Value::Global(global))) if global == "Boolean" => {
                let mut whole = Vec::new();
                for slot in slots {
                    truthy(slot, &mut whole, 0);
                }
                Value::array(whole)
            }
            ("filter" | "map" | "forEach" | "flatMap", Some(function @ Value::Function(_))) => {
                let mut whole = Vec::new();
                // A place in the list is known while nothing before hangs on a variable.
                let mut at = Some(0_u32);
                for slot in slots {
                    at = at.filter(|_| slot.when.is_none());
                    let index = match at {
                        Some(at) => Value::Expr(Expr::Number(f64::from(at))),
                        None => self.undecided("a place in a list that hangs on a variable", span),
                    };
                    at = at.map(|at| at + 1);
                    let pushed = slot
                        .when
                        .clone()
                        .map(|when| self.guards.push(when))
                        .is_some();
                    let result = self.apply(
                        &function,
                        vec![
                            Slot {
                                when: None,
                                ..slot.clone()
                            },
                            Slot {
                                when: None,
                                value: index,
                                place: slot.place.clone(),
                            },
                        ],
                        span,
                    );
                    if pushed {
                        self.guards.pop();
                    }
                    match name {
                        "filter" => {
                            let test = result.test(&slot.place);
                            match test.decided() {
                                Some(true) => whole.push(slot),
                                Some(false) => {}
                                None => whole.push(Slot {
                                    when: both(slot.when.clone(), Some(test), &place),
                                    ..slot
                                }),
                            }
                        }
                        "flatMap" => spread_list(&result, slot.when, &place, &mut whole, 0),
                        _ => whole.push(Slot {
                            value: result,
                            ..slot
                        }),
                    }
                }
                if name == "forEach" {
                    Value::Expr(Expr::Undefined)
                } else {
                    Value::array(whole)
                }
            }
            ("join", separator) if slots.iter().all(|slot| slot.when.is_none()) => {
                let separator = separator.map_or(Expr::Text(",".to_owned()), |separator| {
                    separator.lower(&place)
                });
                let mut parts = Vec::new();
                for (at, slot) in slots.iter().enumerate() {
                    if at > 0 {
                        parts.push(separator.clone());
                    }
                    parts.push(match slot.value.lower(&slot.place) {
                        Expr::Undefined | Expr::Null => Expr::Text(String::new()),
                        part => part,
                    });
                }
                self.concat(parts, span)
            }
            _ => {
                taint(&Value::Array(Rc::clone(list)), &place, 0);
                self.opaque(
                    arguments,
                    &format!("`{name}` of a list is not followed"),
                    span,
                )
            }
        }
    }

    pub(super) fn construct(
        &mut self,
        new: &'a NewExpression<'a>,
        scope: &Rc<Scope<'a>>,
    ) -> Value<'a> {
        let constructor = self.evaluate(&new.callee, scope);
        let arguments = self.arguments(&new.arguments, scope);
        match (&constructor, arguments.as_slice()) {
            (Value::Global(name), [text]) if name == "URL" => match &text.value {
                Value::Url(of) => Value::Url(of.clone()),
                value => Value::Url(value.lower(&text.place)),
            },
            (Value::Global(name), _) if name == "Date" => {
                self.effect(Effect::Date, new.span);
                self.undecided("it differs from run to run", new.span)
            }
            _ => self.opaque(
                arguments,
                "an object of a class that is not followed",
                new.span,
            ),
        }
    }
}

/// The entries of `filter(Boolean)`.
fn truthy<'a>(slot: Slot<'a>, whole: &mut Vec<Slot<'a>>, level: usize) {
    let place = slot.place.clone();
    match &slot.value {
        Value::Choice(choice) if level < 16 => {
            let not = Expr::Not(Box::new(choice.0.clone())).fold(&place);
            let then = both(slot.when.clone(), Some(choice.0.clone()), &place);
            truthy(
                Slot {
                    when: then,
                    value: choice.1.clone(),
                    place: place.clone(),
                },
                whole,
                level + 1,
            );
            // The falsy side of `test && { ... }` is the test itself.
            if !matches!(&choice.2, Value::Expr(expr) if *expr == choice.0) {
                truthy(
                    Slot {
                        when: both(slot.when, Some(not), &place),
                        value: choice.2.clone(),
                        place,
                    },
                    whole,
                    level + 1,
                );
            }
        }
        Value::Expr(expr) => match expr.decided() {
            Some(true) => whole.push(slot),
            Some(false) => {}
            None => {
                let when = both(slot.when.clone(), Some(expr.clone()), &place);
                whole.push(Slot { when, ..slot });
            }
        },
        _ => whole.push(slot),
    }
}
