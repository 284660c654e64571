//! Members of objects, read and set, and variables that are set anew.

use super::Place;
use super::expr::{Expr, Operator};
use super::literal::set;
use super::module::Machine;
use super::odd::Oddity;
use super::value::{Binding, Entry, Scope, Slot, Value};
use oxc_ast::ast::{
    AssignmentExpression, AssignmentOperator, AssignmentTarget, ComputedMemberExpression,
    StaticMemberExpression,
};
use oxc_span::{GetSpan as _, Span};
use std::rc::Rc;

impl<'a> Machine<'a, '_> {
    /// `object.name`, or `object?.name`.
    pub(super) fn named(
        &mut self,
        member: &'a StaticMemberExpression<'a>,
        scope: &Rc<Scope<'a>>,
    ) -> Value<'a> {
        let object = self.evaluate(&member.object, scope);
        self.optional_member(
            &object,
            member.property.name.as_str(),
            member.optional,
            member.span,
        )
    }

    /// `object[name]`, or `object?.[name]`.
    pub(super) fn computed(
        &mut self,
        member: &'a ComputedMemberExpression<'a>,
        scope: &Rc<Scope<'a>>,
    ) -> Value<'a> {
        let span = member.span;
        let object = self.evaluate(&member.object, scope);
        let before = self.node_env;
        let key = self.evaluate(&member.expression, scope);
        if self.node_env != before {
            let place = self.place(span);
            self.note(Oddity::NodeEnvBranch { place, taken: None });
        }
        let place = self.place(member.expression.span());
        match Expr::Concat(vec![key.lower(&place)]).fold(&place) {
            Expr::Text(name) => self.optional_member(&object, &name, member.optional, span),
            _ => self.undecided("the name of a property", member.expression.span()),
        }
    }

    fn optional_member(
        &mut self,
        object: &Value<'a>,
        name: &str,
        optional: bool,
        span: Span,
    ) -> Value<'a> {
        match object {
            Value::Expr(Expr::Undefined | Expr::Null) if optional => Value::Expr(Expr::Undefined),
            _ => self.member(object, name, span),
        }
    }

    /// `object.name`.
    pub(super) fn member(&mut self, object: &Value<'a>, name: &str, span: Span) -> Value<'a> {
        if !self.step() {
            return self.undecided("too much code to follow", span);
        }
        match object {
            Value::Process if name == "env" => Value::Env,
            Value::Env => self.read_variable(name, span),
            Value::Object(entries) => {
                let entry = entries
                    .borrow()
                    .iter()
                    .rev()
                    .find(|entry| entry.name == name)
                    .cloned();
                entry.map_or(Value::Expr(Expr::Undefined), |entry| entry.value)
            }
            Value::Array(slots) => {
                let slots = slots.borrow();
                if slots.iter().any(|slot| slot.when.is_some()) {
                    return self.undecided("an entry of a list that hangs on a variable", span);
                }
                match (name, name.parse::<usize>()) {
                    ("length", _) => Value::Expr(Expr::Number(f64::from(
                        u32::try_from(slots.len()).unwrap_or(u32::MAX),
                    ))),
                    (_, Ok(at)) => slots
                        .get(at)
                        .map_or(Value::Expr(Expr::Undefined), |slot| slot.value.clone()),
                    (_, Err(_)) => self.undecided("a property of a list", span),
                }
            }
            Value::Choice(choice) => {
                let place = self.place(span);
                let (then, otherwise) = (
                    self.member(&choice.1, name, span),
                    self.member(&choice.2, name, span),
                );
                Value::choice(choice.0.clone(), then, otherwise, &place)
            }
            Value::Url(of) => {
                let url = Expr::Url {
                    of: Box::new(of.clone()),
                    part: name.to_owned(),
                };
                Value::Expr(url.fold(&self.place(span)))
            }
            Value::Global(global) => match (global.as_str(), name) {
                ("", "process") => Value::Process,
                ("", name) => Value::Global(name.to_owned()),
                (global, name) => Value::Global(format!("{global}.{name}")),
            },
            Value::Module(module) => match self.exported(*module, name, 0) {
                Some((value, _)) => value,
                None => Value::Expr(Expr::Undefined),
            },
            Value::Expr(Expr::Undecided { .. }) => object.clone(),
            Value::Expr(expr) if name == "length" => {
                let length = Expr::Method {
                    on: Box::new(expr.clone()),
                    name: "length".to_owned(),
                    arguments: Vec::new(),
                };
                Value::Expr(length.fold(&self.place(span)))
            }
            Value::Expr(_) | Value::Function(_) | Value::Process => {
                self.undecided("this property is not followed", span)
            }
        }
    }

    /// `name = value` and its like.
    pub(super) fn assignment(
        &mut self,
        assignment: &'a AssignmentExpression<'a>,
        scope: &Rc<Scope<'a>>,
    ) -> Value<'a> {
        let span = assignment.span;
        let place = self.place(span);
        let AssignmentTarget::AssignmentTargetIdentifier(id) = &assignment.left else {
            return self.assign_member(assignment, scope);
        };
        let name = id.name.as_str();
        let Some(old) = scope.get(name) else {
            self.evaluate(&assignment.right, scope);
            return self.undecided("a global is set", span);
        };
        let before = self.node_env;
        let op = match assignment.operator {
            AssignmentOperator::LogicalNullish => Some(Operator::Nullish),
            AssignmentOperator::LogicalOr => Some(Operator::Or),
            AssignmentOperator::LogicalAnd => Some(Operator::And),
            _ => None,
        };
        let value = match (assignment.operator, op) {
            (AssignmentOperator::Assign, _) => self.evaluate(&assignment.right, scope),
            (AssignmentOperator::Addition, _) => {
                let right = self.evaluate(&assignment.right, scope).lower(&place);
                self.concat(vec![old.value.lower(&place), right], span)
            }
            (_, Some(op)) => self.fallback(
                op,
                old.value.clone(),
                old.node_env,
                &assignment.right,
                span,
                scope,
            ),
            _ => self.undecided("an operator that is not followed", span),
        };
        let kept = match self.guard(&place) {
            Some(test) => Value::choice(test, value.clone(), old.value, &place),
            None => value.clone(),
        };
        if self.dead == 0 {
            scope.assign(
                name,
                Binding {
                    value: kept,
                    node_env: old.node_env || self.node_env != before,
                },
            );
        }
        value
    }

    /// `object.name = value`.
    fn assign_member(
        &mut self,
        assignment: &'a AssignmentExpression<'a>,
        scope: &Rc<Scope<'a>>,
    ) -> Value<'a> {
        let span = assignment.span;
        let target = assignment
            .left
            .as_member_expression()
            .map(|member| (member, self.evaluate(member.object(), scope)));
        let value = self.evaluate(&assignment.right, scope);
        let place = self.place(span);
        match target {
            Some((member, Value::Object(entries)))
                if assignment.operator == AssignmentOperator::Assign =>
            {
                let Some(name) = member.static_property_name() else {
                    taint(&Value::Object(entries), &place, 0);
                    return value;
                };
                let old = entries
                    .borrow()
                    .iter()
                    .find(|entry| entry.name == name)
                    .map(|entry| entry.value.clone());
                let kept = match self.guard(&place) {
                    Some(test) => Value::choice(
                        test,
                        value.clone(),
                        old.unwrap_or(Value::Expr(Expr::Undefined)),
                        &place,
                    ),
                    None => value.clone(),
                };
                let entry = Entry {
                    name: name.to_string(),
                    name_place: self.place(member.span()),
                    place: self.place(assignment.right.span()),
                    value: kept,
                };
                if self.dead == 0 {
                    set(&mut entries.borrow_mut(), entry);
                }
            }
            Some((_, Value::Expr(Expr::Undecided { why, place })))
                if why.starts_with("CommonJS") =>
            {
                let value = Value::Expr(Expr::Undecided {
                    why,
                    place: place.clone(),
                });
                self.export("default", super::module::Export::Value(value, place));
            }
            Some((_, object)) => taint(&object, &place, 0),
            None => {}
        }
        value
    }
}

/// Forgets what a value was, when code that is not followed may have changed it.
pub(super) fn taint(value: &Value<'_>, place: &Place, level: usize) {
    let undecided = Expr::Undecided {
        why: "code that is not followed may have changed it".to_owned(),
        place: place.clone(),
    };
    match value {
        Value::Array(slots) => slots.borrow_mut().push(Slot {
            when: None,
            value: Value::Expr(undecided),
            place: place.clone(),
        }),
        Value::Object(entries) => {
            for entry in entries.borrow_mut().iter_mut() {
                match &entry.value {
                    Value::Expr(_) => entry.value = Value::Expr(undecided.clone()),
                    inner if level < 16 => taint(&inner.clone(), place, level + 1),
                    _ => {}
                }
            }
        }
        Value::Choice(choice) if level < 16 => {
            taint(&choice.1, place, level + 1);
            taint(&choice.2, place, level + 1);
        }
        _ => {}
    }
}
