//! Operators, and what only one side of them is carried out for.

use super::Place;
use super::call::THROWS;
use super::expr::{Expr, Operator};
use super::member::taint;
use super::module::Machine;
use super::odd::{Form, Oddity};
use super::value::{Scope, Value};
use oxc_ast::ast::{
    BinaryExpression, BinaryOperator, ConditionalExpression, Expression, LogicalExpression,
    LogicalOperator, UnaryExpression, UnaryOperator,
};
use oxc_span::{GetSpan as _, Span};
use std::rc::Rc;

/// Methods that compare a text with another.
const PREDICATES: [&str; 7] = [
    "startsWith",
    "endsWith",
    "includes",
    "indexOf",
    "test",
    "match",
    "search",
];

impl<'a> Machine<'a, '_> {
    pub(super) fn conditional(
        &mut self,
        conditional: &'a ConditionalExpression<'a>,
        scope: &Rc<Scope<'a>>,
    ) -> Value<'a> {
        let span = conditional.span;
        let place = self.place(span);
        let (test, node_env) = self.test(&conditional.test, scope);
        if let Some(holds) = test.decided() {
            if node_env {
                self.note(Oddity::NodeEnvBranch {
                    place,
                    taken: Some(holds),
                });
            }
            return self.evaluate(
                if holds {
                    &conditional.consequent
                } else {
                    &conditional.alternate
                },
                scope,
            );
        }
        let then = self.guarded(test.clone(), &conditional.consequent, scope);
        let otherwise = self.guarded(
            Expr::Not(Box::new(test.clone())).fold(&place),
            &conditional.alternate,
            scope,
        );
        if !throws(&then) && !throws(&otherwise) {
            self.note_fallback(&test, place.clone(), Form::Conditional);
        }
        Value::choice(test, then, otherwise, &place)
    }

    pub(super) fn logical(
        &mut self,
        logical: &'a LogicalExpression<'a>,
        scope: &Rc<Scope<'a>>,
    ) -> Value<'a> {
        let span = logical.span;
        let op = match logical.operator {
            LogicalOperator::Or => Operator::Or,
            LogicalOperator::And => Operator::And,
            LogicalOperator::Coalesce => Operator::Nullish,
        };
        let before = self.node_env;
        let left = self.evaluate(&logical.left, scope);
        let node_env = self.node_env != before;
        self.fallback(op, left, node_env, &logical.right, span, scope)
    }

    /// `left ?? right` and its like, with the left side at hand.
    pub(super) fn fallback(
        &mut self,
        op: Operator,
        left: Value<'a>,
        node_env: bool,
        right: &'a Expression<'a>,
        span: Span,
        scope: &Rc<Scope<'a>>,
    ) -> Value<'a> {
        let place = self.place(span);
        let form = match op {
            Operator::Nullish => Form::Nullish,
            Operator::Or => Form::Or,
            Operator::And => Form::And,
        };
        let Value::Expr(expr) = &left else {
            return match (op, &left) {
                (Operator::And | Operator::Or, Value::Choice(_)) => {
                    let test = left.test(&place);
                    let (then, otherwise) = if op == Operator::And {
                        (self.guarded(test.clone(), right, scope), left)
                    } else {
                        let not = Expr::Not(Box::new(test.clone())).fold(&place);
                        (left, self.guarded(not, right, scope))
                    };
                    Value::choice(test, then, otherwise, &place)
                }
                (_, Value::Choice(_) | Value::Global(_)) => {
                    self.undecided("a fallback for a value that hangs on a variable", span)
                }
                (Operator::And, _) => self.evaluate(right, scope),
                _ => left,
            };
        };
        if op == Operator::Nullish {
            return self.nullish(expr, right, place, scope);
        }
        if let Some(holds) = expr.decided() {
            if node_env {
                self.note(Oddity::NodeEnvBranch {
                    place,
                    taken: Some(holds),
                });
            }
            return if holds == (op == Operator::And) {
                self.evaluate(right, scope)
            } else {
                left
            };
        }
        let test = expr.clone();
        let guard = if op == Operator::And {
            test.clone()
        } else {
            Expr::Not(Box::new(test.clone())).fold(&place)
        };
        let right = self.guarded(guard, right, scope);
        if !throws(&right) {
            self.note_fallback(&test, place.clone(), form);
        }
        match right {
            Value::Expr(right) => Value::Expr(
                Expr::Fallback {
                    op,
                    left: Box::new(test),
                    right: Box::new(right),
                }
                .fold(&place),
            ),
            right if op == Operator::And => Value::choice(test, right, left, &place),
            right => Value::choice(test, left, right, &place),
        }
    }

    /// `left ?? right`, where the left side is known.
    fn nullish(
        &mut self,
        left: &Expr,
        right: &'a Expression<'a>,
        place: Place,
        scope: &Rc<Scope<'a>>,
    ) -> Value<'a> {
        match left {
            Expr::Undefined | Expr::Null => return self.evaluate(right, scope),
            Expr::Conditional { .. } | Expr::Fallback { .. } => {
                let absent = Expr::Equal(Box::new(left.clone()), Box::new(Expr::Undefined));
                let right = self.guarded(absent, right, scope).lower(&place);
                let whole = Expr::Fallback {
                    op: Operator::Nullish,
                    left: Box::new(left.clone()),
                    right: Box::new(right),
                };
                return Value::Expr(whole.fold(&place));
            }
            Expr::Undecided { .. } => {
                self.guarded(left.clone(), right, scope);
            }
            _ => {
                // A variable is a string or the push has failed.
                self.dead += 1;
                let right = self.evaluate(right, scope);
                self.dead -= 1;
                if !throws(&right) {
                    self.note_fallback(left, place, Form::Nullish);
                }
            }
        }
        Value::Expr(left.clone())
    }

    /// Evaluates what is only carried out when the test holds.
    fn guarded(
        &mut self,
        test: Expr,
        expression: &'a Expression<'a>,
        scope: &Rc<Scope<'a>>,
    ) -> Value<'a> {
        self.guards.push(test);
        let value = self.evaluate(expression, scope);
        self.guards.pop();
        value
    }

    /// A condition, and whether `NODE_ENV` has a say in it.
    pub(super) fn test(
        &mut self,
        expression: &'a Expression<'a>,
        scope: &Rc<Scope<'a>>,
    ) -> (Expr, bool) {
        let before = self.node_env;
        let value = self.evaluate(expression, scope);
        (
            value.test(&self.place(expression.span())),
            self.node_env != before,
        )
    }

    /// Notes that a presence test or fallback stands over a variable.
    pub(super) fn note_fallback(&mut self, test: &Expr, place: Place, form: Form) {
        if let Some(variable) = presence(test) {
            self.note(Oddity::FallbackDead {
                place,
                variable: variable.to_owned(),
                form,
            });
        }
    }

    pub(super) fn unary(
        &mut self,
        unary: &'a UnaryExpression<'a>,
        scope: &Rc<Scope<'a>>,
    ) -> Value<'a> {
        let span = unary.span;
        if unary.operator == UnaryOperator::Delete {
            let member = unary.argument.as_member_expression();
            if let Some(object) = member.map(|member| self.evaluate(member.object(), scope)) {
                taint(&object, &self.place(span), 0);
            }
            return Value::Expr(Expr::Bool(true));
        }
        let value = self.evaluate(&unary.argument, scope);
        let place = self.place(span);
        let expr = match (unary.operator, &value) {
            (UnaryOperator::LogicalNot, _) => Expr::Not(Box::new(value.test(&place))),
            (UnaryOperator::Typeof, Value::Function(_)) => Expr::Text("function".to_owned()),
            (UnaryOperator::Typeof, Value::Global(_)) => {
                return self.undecided("`typeof` of a global", span);
            }
            (UnaryOperator::Typeof, Value::Expr(expr)) => Expr::Kind(Box::new(expr.clone())),
            (UnaryOperator::Typeof, _) => Expr::Text("object".to_owned()),
            (UnaryOperator::Void, _) => Expr::Undefined,
            (UnaryOperator::UnaryNegation, Value::Expr(Expr::Number(number))) => {
                Expr::Number(-number)
            }
            _ => return self.undecided("an operator that is not followed", span),
        };
        Value::Expr(expr.fold(&place))
    }

    pub(super) fn binary(
        &mut self,
        binary: &'a BinaryExpression<'a>,
        scope: &Rc<Scope<'a>>,
    ) -> Value<'a> {
        let span = binary.span;
        let place = self.place(span);
        let left = self.evaluate(&binary.left, scope).lower(&place);
        let right = self.evaluate(&binary.right, scope).lower(&place);
        let equal = |left, right| Expr::Equal(Box::new(left), Box::new(right));
        match binary.operator {
            BinaryOperator::Addition
                if !matches!((&left, &right), (Expr::Number(_), _) | (_, Expr::Number(_))) =>
            {
                self.concat(vec![left, right], span)
            }
            BinaryOperator::StrictEquality => Value::Expr(equal(left, right).fold(&place)),
            BinaryOperator::StrictInequality => {
                Value::Expr(Expr::Not(Box::new(equal(left, right))).fold(&place))
            }
            BinaryOperator::Equality | BinaryOperator::Inequality => {
                let loose = match (&left, &right) {
                    // `== null` holds for both.
                    (_, Expr::Null | Expr::Undefined) => {
                        let (null, undefined) = (
                            equal(left.clone(), Expr::Null),
                            equal(left, Expr::Undefined),
                        );
                        Expr::Fallback {
                            op: Operator::Or,
                            left: Box::new(null),
                            right: Box::new(undefined),
                        }
                    }
                    (Expr::Number(_) | Expr::Bool(_), _) | (_, Expr::Number(_) | Expr::Bool(_)) => {
                        return self.undecided("a comparison of two kinds", span);
                    }
                    _ => equal(left, right),
                };
                let negated = binary.operator == BinaryOperator::Inequality;
                Value::Expr(
                    if negated {
                        Expr::Not(Box::new(loose))
                    } else {
                        loose
                    }
                    .fold(&place),
                )
            }
            _ => self.undecided("an operator that is not followed", span),
        }
    }
}

/// Whether a side calls what throws: it guards the other, and stands in for nothing.
fn throws(value: &Value<'_>) -> bool {
    matches!(value, Value::Expr(Expr::Undecided { why, .. }) if why == THROWS)
}

/// The variable whose presence a test asks for.
fn presence(test: &Expr) -> Option<&str> {
    match test {
        Expr::Variable { name, .. } => Some(name),
        Expr::Not(of) | Expr::Kind(of) => presence(of),
        // What a text is like says nothing of whether it is there.
        Expr::Method { name, .. } if PREDICATES.contains(&name.as_str()) => None,
        Expr::Method { on, .. } => presence(on),
        Expr::Equal(of, other)
            if matches!(**other, Expr::Undefined | Expr::Null) || matches!(**of, Expr::Kind(_)) =>
        {
            presence(of)
        }
        Expr::Concat(parts) => match parts.as_slice() {
            [part] => presence(part),
            _ => None,
        },
        _ => None,
    }
}
