//! Expressions.

use super::expr::Expr;
use super::module::Machine;
use super::odd::Effect;
use super::value::{Body, Closure, Scope, Value};
use oxc_ast::ast::{ArrowFunctionBody, ArrowFunctionExpression, ChainElement, Expression};
use oxc_span::{GetSpan as _, Span};
use std::rc::Rc;

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
            Expression::TemplateLiteral(template) => self.template(template, scope),
            Expression::Identifier(id) => self.identifier(id.name.as_str(), span, scope),
            Expression::ArrayExpression(array) => self.list(array, scope),
            Expression::ObjectExpression(object) => self.object(object, scope),
            Expression::ArrowFunctionExpression(arrow) => self.arrow(arrow, scope),
            Expression::FunctionExpression(function) => self.function(function, scope),
            Expression::ConditionalExpression(conditional) => self.conditional(conditional, scope),
            Expression::LogicalExpression(logical) => self.logical(logical, scope),
            Expression::UnaryExpression(unary) => self.unary(unary, scope),
            Expression::BinaryExpression(binary) => self.binary(binary, scope),
            Expression::StaticMemberExpression(member) => self.named(member, scope),
            Expression::ComputedMemberExpression(member) => self.computed(member, scope),
            Expression::ChainExpression(chain) => match &chain.expression {
                ChainElement::CallExpression(call) => self.call(call, scope),
                ChainElement::TSNonNullExpression(inner) => self.evaluate(&inner.expression, scope),
                ChainElement::StaticMemberExpression(member) => self.named(member, scope),
                ChainElement::ComputedMemberExpression(member) => self.computed(member, scope),
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
            Expression::ImportMeta(_) => {
                self.effect(Effect::ImportMeta, span);
                self.undecided("`import.meta`", span)
            }
            Expression::AssignmentExpression(assignment) => self.assignment(assignment, scope),
            _ => self.undecided("this kind of expression is not followed", span),
        }
    }

    fn identifier(&mut self, name: &str, span: Span, scope: &Rc<Scope<'a>>) -> Value<'a> {
        if let Some(binding) = scope.get(name) {
            self.node_env += usize::from(binding.node_env);
            return binding.value;
        }
        match name {
            "undefined" => Value::Expr(Expr::Undefined),
            "process" => Value::Process,
            "globalThis" => Value::Global(String::new()),
            "module" | "exports" | "require" => self.undecided("CommonJS is not followed", span),
            name => Value::Global(name.to_owned()),
        }
    }

    fn arrow(
        &mut self,
        arrow: &'a ArrowFunctionExpression<'a>,
        scope: &Rc<Scope<'a>>,
    ) -> Value<'a> {
        let body = match (&arrow.body, arrow.body.as_expression()) {
            (_, Some(expression)) => Body::Expression(expression),
            (ArrowFunctionBody::FunctionBody(body), None) => Body::Statements(body),
            (_, None) => return self.undecided("a function without a body", arrow.span),
        };
        Value::Function(Rc::new(Closure {
            parameters: &arrow.params,
            body,
            scope: Rc::clone(scope),
            module: self.current,
            suspends: arrow.r#async,
        }))
    }
}
