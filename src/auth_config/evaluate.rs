//! Expressions.

use std::rc::Rc;

use oxc_ast::ast::{
    ArrayExpressionElement, ArrowFunctionBody, AssignmentOperator, AssignmentTarget,
    BinaryOperator, ChainElement, Expression, LogicalOperator, ObjectPropertyKind, PropertyKey,
    PropertyKind, UnaryOperator,
};
use oxc_span::{GetSpan as _, Span};

use super::Place;
use super::expr::{Expr, Operator};
use super::module::Machine;
use super::odd::{Form, Oddity};
use super::value::{Binding, Body, Closure, Entry, Scope, Slot, Value, both};

impl<'a> Machine<'a, '_> {
    pub(super) fn evaluate(
        &mut self,
        expression: &'a Expression<'a>,
        scope: &Rc<Scope<'a>>,
    ) -> Value<'a> {
        if !self.step() {
            return self.undecided("too much code to follow", expression.span());
        }
        self.depth += 1;
        let value = self.evaluate_within(expression, scope);
        self.depth -= 1;
        value
    }

    #[expect(clippy::too_many_lines, reason = "one arm for each kind")]
    fn evaluate_within(
        &mut self,
        expression: &'a Expression<'a>,
        scope: &Rc<Scope<'a>>,
    ) -> Value<'a> {
        let expression = expression.get_inner_expression();
        let span = expression.span();
        match expression {
            Expression::BooleanLiteral(literal) => Value::Expr(Expr::Bool(literal.value)),
            Expression::NullLiteral(_) => Value::Expr(Expr::Null),
            Expression::NumericLiteral(literal) => Value::Expr(Expr::Number(literal.value)),
            Expression::StringLiteral(literal) if !literal.lone_surrogates => {
                Value::Expr(Expr::Text(literal.value.to_string()))
            }
            Expression::RegExpLiteral(literal) => Value::Expr(Expr::Pattern {
                text: literal.regex.pattern.text.to_string(),
                flags: literal.regex.flags.to_string(),
            }),
            Expression::TemplateLiteral(template) => {
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
            Expression::Identifier(id) => match scope.get(id.name.as_str()) {
                Some(binding) => {
                    self.node_env += usize::from(binding.node_env);
                    binding.value
                }
                None => match id.name.as_str() {
                    "undefined" => Value::Expr(Expr::Undefined),
                    "process" => Value::Process,
                    "globalThis" => Value::Global(String::new()),
                    "module" | "exports" | "require" => {
                        self.undecided("CommonJS is not followed", span)
                    }
                    name => Value::Global(name.to_owned()),
                },
            },
            Expression::ArrayExpression(array) => {
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
            Expression::ObjectExpression(object) => {
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
                                return self
                                    .undecided("the name of a property", property.key.span());
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
            Expression::ArrowFunctionExpression(arrow) => Value::Function(Rc::new(Closure {
                parameters: &arrow.params,
                body: match (&arrow.body, arrow.body.as_expression()) {
                    (_, Some(expression)) => Body::Expression(expression),
                    (ArrowFunctionBody::FunctionBody(body), None) => Body::Statements(body),
                    (_, None) => return self.undecided("a function without a body", span),
                },
                scope: Rc::clone(scope),
                module: self.current,
                suspends: arrow.r#async,
            })),
            Expression::FunctionExpression(function) => self.function(function, scope),
            Expression::ConditionalExpression(conditional) => {
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
                self.note_fallback(&test, place.clone(), Form::Conditional);
                let then = self.under(test.clone(), &conditional.consequent, scope);
                let otherwise = self.under(
                    Expr::Not(Box::new(test.clone())).fold(&place),
                    &conditional.alternate,
                    scope,
                );
                Value::choice(test, then, otherwise, &place)
            }
            Expression::LogicalExpression(logical) => {
                let op = match logical.operator {
                    LogicalOperator::Or => Operator::Or,
                    LogicalOperator::And => Operator::And,
                    LogicalOperator::Coalesce => Operator::Nullish,
                };
                let before = self.node_env;
                let left = self.evaluate(&logical.left, scope);
                let node_env = self.node_env != before;
                self.logical(op, left, node_env, &logical.right, span, scope)
            }
            Expression::UnaryExpression(unary) if unary.operator == UnaryOperator::Delete => {
                let member = unary.argument.as_member_expression();
                if let Some(object) = member.map(|member| self.evaluate(member.object(), scope)) {
                    taint(&object, &self.place(span), 0);
                }
                Value::Expr(Expr::Bool(true))
            }
            Expression::UnaryExpression(unary) => {
                let value = self.evaluate(&unary.argument, scope);
                let place = self.place(span);
                let expr = match (unary.operator, &value) {
                    (UnaryOperator::LogicalNot, _) => Expr::Not(Box::new(value.test(&place))),
                    (UnaryOperator::Typeof, Value::Function(_)) => {
                        Expr::Text("function".to_owned())
                    }
                    (UnaryOperator::Typeof, Value::Global(_)) => {
                        return self.undecided("`typeof` of a global", span);
                    }
                    (UnaryOperator::Typeof, Value::Expr(expr)) => {
                        Expr::Kind(Box::new(expr.clone()))
                    }
                    (UnaryOperator::Typeof, _) => Expr::Text("object".to_owned()),
                    (UnaryOperator::Void, _) => Expr::Undefined,
                    (UnaryOperator::UnaryNegation, Value::Expr(Expr::Number(number))) => {
                        Expr::Number(-number)
                    }
                    _ => return self.undecided("an operator that is not followed", span),
                };
                Value::Expr(expr.fold(&place))
            }
            Expression::BinaryExpression(binary) => {
                let place = self.place(span);
                let left = self.evaluate(&binary.left, scope).lower(&place);
                let right = self.evaluate(&binary.right, scope).lower(&place);
                let equal = |left, right| Expr::Equal(Box::new(left), Box::new(right));
                match binary.operator {
                    BinaryOperator::Addition
                        if !matches!(
                            (&left, &right),
                            (Expr::Number(_), _) | (_, Expr::Number(_))
                        ) =>
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
                            (Expr::Number(_) | Expr::Bool(_), _)
                            | (_, Expr::Number(_) | Expr::Bool(_)) => {
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
            Expression::StaticMemberExpression(member) => {
                let object = self.evaluate(&member.object, scope);
                self.optional_member(
                    &object,
                    member.property.name.as_str(),
                    member.optional,
                    span,
                )
            }
            Expression::ComputedMemberExpression(member) => {
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
            Expression::ChainExpression(chain) => match &chain.expression {
                ChainElement::CallExpression(call) => self.call(call, scope),
                ChainElement::TSNonNullExpression(inner) => self.evaluate(&inner.expression, scope),
                ChainElement::StaticMemberExpression(member) => {
                    let object = self.evaluate(&member.object, scope);
                    self.optional_member(
                        &object,
                        member.property.name.as_str(),
                        member.optional,
                        span,
                    )
                }
                ChainElement::ComputedMemberExpression(member) => {
                    let object = self.evaluate(&member.object, scope);
                    let key = self.evaluate(&member.expression, scope);
                    match key {
                        Value::Expr(Expr::Text(name)) => {
                            self.optional_member(&object, &name, member.optional, span)
                        }
                        _ => self.undecided("the name of a property", span),
                    }
                }
                ChainElement::PrivateFieldExpression(_) => self.undecided("a private field", span),
            },
            Expression::CallExpression(call) => self.call(call, scope),
            Expression::NewExpression(new) => self.construct(new, scope),
            Expression::SequenceExpression(sequence) => {
                let mut last = Value::Expr(Expr::Undefined);
                for one in &sequence.expressions {
                    last = self.evaluate(one, scope);
                }
                last
            }
            Expression::AwaitExpression(awaited) => self.evaluate(&awaited.argument, scope),
            Expression::AssignmentExpression(assignment) => self.assignment(assignment, scope),
            _ => self.undecided("this kind of expression is not followed", span),
        }
    }

    /// `left ?? right` and its like, with the left side at hand.
    fn logical(
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
                        (self.under(test.clone(), right, scope), left)
                    } else {
                        let not = Expr::Not(Box::new(test.clone())).fold(&place);
                        (left, self.under(not, right, scope))
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
            return match expr {
                Expr::Undefined | Expr::Null => self.evaluate(right, scope),
                Expr::Conditional { .. } | Expr::Fallback { .. } => {
                    let fallback = self
                        .guarded(
                            Expr::Equal(Box::new(expr.clone()), Box::new(Expr::Undefined)),
                            right,
                            scope,
                        )
                        .lower(&place);
                    Value::Expr(
                        Expr::Fallback {
                            op,
                            left: Box::new(expr.clone()),
                            right: Box::new(fallback),
                        }
                        .fold(&place),
                    )
                }
                Expr::Undecided { .. } => {
                    self.guarded(expr.clone(), right, scope);
                    left
                }
                _ => {
                    // A variable is a string or the push has failed.
                    self.note_fallback(expr, place, form);
                    self.dead += 1;
                    self.evaluate(right, scope);
                    self.dead -= 1;
                    left
                }
            };
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
        self.note_fallback(expr, place.clone(), form);
        let test = expr.clone();
        let guard = if op == Operator::And {
            test.clone()
        } else {
            Expr::Not(Box::new(test.clone())).fold(&place)
        };
        match self.under(guard, right, scope) {
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

    /// Evaluates what is only carried out when the test holds.
    fn under(
        &mut self,
        test: Expr,
        expression: &'a Expression<'a>,
        scope: &Rc<Scope<'a>>,
    ) -> Value<'a> {
        self.guarded(test, expression, scope)
    }

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

    fn assignment(
        &mut self,
        assignment: &'a oxc_ast::ast::AssignmentExpression<'a>,
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
            (_, Some(op)) => self.logical(
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
        assignment: &'a oxc_ast::ast::AssignmentExpression<'a>,
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

/// Sets a field: an old one keeps its place in the order, as in JavaScript.
pub(super) fn set<'a>(entries: &mut Vec<Entry<'a>>, entry: Entry<'a>) {
    match entries.iter_mut().find(|old| old.name == entry.name) {
        Some(old) => *old = entry,
        None => entries.push(entry),
    }
}

/// A list that would grow beyond this is not followed: a few lines that double it again and again would fill the memory.
const MOST_SLOTS: usize = 10_000;
/// Choices within choices beyond this are not followed: each level doubles the work.
const MOST_CHOICES: usize = 8;

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

/// The variable that a text begins with.
fn origin(part: &Expr) -> Option<&str> {
    match part {
        Expr::Variable { name, .. } => Some(name),
        Expr::Concat(parts) => parts.first().and_then(origin),
        Expr::Fallback { left, .. } => origin(left),
        _ => None,
    }
}
