//! Statements, and the patterns that bind names.

use std::rc::Rc;

use oxc_ast::ast::{
    BindingPattern, Declaration, Expression, ForStatementLeft, ImportOrExportKind, Statement,
    TSEnumMemberName, VariableDeclaration,
};
use oxc_span::{GetSpan as _, Span};

use super::expr::Expr;
use super::module::{Export, Machine};
use super::odd::{Effect, Form, Oddity};
use super::value::{Binding, Body, Closure, Entry, Scope, Value};

/// How a run of statements ends.
pub(super) enum Flow<'a> {
    Next,
    Return(Value<'a>),
    Throw,
}

impl<'a> Machine<'a, '_> {
    /// The statements of a module.
    pub(super) fn top(&mut self, statements: &'a [Statement<'a>], scope: &Rc<Scope<'a>>) {
        let value = match self.run(statements, scope) {
            Flow::Next => return,
            Flow::Return(value) => value,
            Flow::Throw => self.undecided(
                "the file throws",
                statements
                    .last()
                    .map_or(Span::new(0, 0), oxc_span::GetSpan::span),
            ),
        };
        let place = self.place(Span::new(0, 0));
        self.export("default", Export::Value(value, place));
    }

    pub(super) fn run(
        &mut self,
        statements: &'a [Statement<'a>],
        scope: &Rc<Scope<'a>>,
    ) -> Flow<'a> {
        self.hoist(statements, scope);
        self.sequence(statements, scope)
    }

    /// Functions are there before the first statement.
    fn hoist(&mut self, statements: &'a [Statement<'a>], scope: &Rc<Scope<'a>>) {
        for statement in statements {
            let function = match statement {
                Statement::FunctionDeclaration(function) => function,
                Statement::ExportDeclaration(export) => match &export.declaration {
                    Declaration::FunctionDeclaration(function) => function,
                    _ => continue,
                },
                Statement::ExportDefaultDeclaration(export) => match &export.declaration {
                    oxc_ast::ast::ExportDefaultDeclarationKind::FunctionDeclaration(function) => {
                        function
                    }
                    _ => continue,
                },
                _ => continue,
            };
            if let (Some(id), Some(_)) = (&function.id, &function.body) {
                let value = self.function(function, scope);
                scope.declare(
                    id.name.as_str(),
                    Binding {
                        value,
                        node_env: false,
                    },
                );
            }
        }
    }

    fn sequence(&mut self, statements: &'a [Statement<'a>], scope: &Rc<Scope<'a>>) -> Flow<'a> {
        for (at, statement) in statements.iter().enumerate() {
            if let Statement::IfStatement(branch) = statement {
                let rest = statements.get(at + 1..).unwrap_or_default();
                return self.branch(branch, rest, scope);
            }
            match self.statement(statement, scope) {
                Flow::Next => {}
                flow @ (Flow::Return(_) | Flow::Throw) => return flow,
            }
        }
        Flow::Next
    }

    /// An `if`, and what comes after it.
    fn branch(
        &mut self,
        branch: &'a oxc_ast::ast::IfStatement<'a>,
        rest: &'a [Statement<'a>],
        scope: &Rc<Scope<'a>>,
    ) -> Flow<'a> {
        self.depth += 1;
        let flow = self.branch_within(branch, rest, scope);
        self.depth -= 1;
        flow
    }

    fn branch_within(
        &mut self,
        branch: &'a oxc_ast::ast::IfStatement<'a>,
        rest: &'a [Statement<'a>],
        scope: &Rc<Scope<'a>>,
    ) -> Flow<'a> {
        let place = self.place(branch.test.span());
        let (test, node_env) = self.test(&branch.test, scope);
        if let Some(holds) = test.decided() {
            if node_env {
                self.note(Oddity::NodeEnvBranch {
                    place,
                    taken: Some(holds),
                });
            }
            let taken = if holds {
                Some(&branch.consequent)
            } else {
                branch.alternate.as_ref()
            };
            let flow = taken.map_or(Flow::Next, |taken| self.statement(taken, scope));
            return match flow {
                Flow::Next => self.sequence(rest, scope),
                Flow::Return(_) | Flow::Throw => flow,
            };
        }
        let not = Expr::Not(Box::new(test.clone())).fold(&place);
        self.guards.push(test.clone());
        let then = self.statement(&branch.consequent, scope);
        self.guards.pop();
        self.guards.push(not.clone());
        let otherwise = branch
            .alternate
            .as_ref()
            .map_or(Flow::Next, |alternate| self.statement(alternate, scope));
        self.guards.pop();
        // What throws where the variable is empty guards it, and stands in for nothing.
        if !matches!((&then, &otherwise), (Flow::Throw, _) | (_, Flow::Throw)) {
            self.note_fallback(&test, place.clone(), Form::If);
        }
        let returned = |flow: Flow<'a>| match flow {
            Flow::Return(value) => Some(value),
            Flow::Next => Some(Value::Expr(Expr::Undefined)),
            Flow::Throw => None,
        };
        let (then, otherwise) = match (then, otherwise) {
            (Flow::Next, Flow::Next) => return self.sequence(rest, scope),
            // Where it throws there is no configuration, so that what follows holds for the others.
            (Flow::Throw, Flow::Next) | (Flow::Next, Flow::Throw) => {
                return self.sequence(rest, scope);
            }
            (Flow::Next, otherwise) => {
                self.guards.push(test.clone());
                let then = self.sequence(rest, scope);
                self.guards.pop();
                (then, otherwise)
            }
            (then, Flow::Next) => {
                self.guards.push(not);
                let otherwise = self.sequence(rest, scope);
                self.guards.pop();
                (then, otherwise)
            }
            both => both,
        };
        match (returned(then), returned(otherwise)) {
            (Some(then), Some(otherwise)) => {
                Flow::Return(Value::choice(test, then, otherwise, &place))
            }
            (Some(value), None) | (None, Some(value)) => Flow::Return(value),
            (None, None) => Flow::Throw,
        }
    }

    fn statement(&mut self, statement: &'a Statement<'a>, scope: &Rc<Scope<'a>>) -> Flow<'a> {
        if !self.step() {
            return Flow::Return(self.undecided("too much code to follow", statement.span()));
        }
        self.depth += 1;
        let flow = self.statement_within(statement, scope);
        self.depth -= 1;
        flow
    }

    #[expect(clippy::too_many_lines, reason = "one arm for each kind")]
    fn statement_within(
        &mut self,
        statement: &'a Statement<'a>,
        scope: &Rc<Scope<'a>>,
    ) -> Flow<'a> {
        match statement {
            Statement::IfStatement(branch) => return self.branch(branch, &[], scope),
            Statement::BlockStatement(block) => {
                return self.run(&block.body, &Scope::inside(scope));
            }
            Statement::ExpressionStatement(statement) => {
                self.evaluate(&statement.expression, scope);
            }
            Statement::VariableDeclaration(declaration) => self.declaration(declaration, scope),
            Statement::TSEnumDeclaration(_) | Statement::ClassDeclaration(_) => {
                if let Some(declaration) = statement.as_declaration() {
                    self.declared(declaration, scope);
                }
            }
            Statement::ReturnStatement(statement) => {
                let value = statement
                    .argument
                    .as_ref()
                    .map(|argument| self.evaluate(argument, scope));
                return Flow::Return(value.unwrap_or(Value::Expr(Expr::Undefined)));
            }
            Statement::ThrowStatement(statement) => {
                self.evaluate(&statement.argument, scope);
                self.effect(Effect::Throw, statement.span);
                return Flow::Throw;
            }
            Statement::TryStatement(attempt) => {
                let flow = self.run(&attempt.block.body, &Scope::inside(scope));
                if let (Flow::Throw, Some(_)) = (&flow, &attempt.handler) {
                    return Flow::Return(self.undecided("a `catch` is not followed", attempt.span));
                }
                return match (&flow, &attempt.finalizer) {
                    (Flow::Next, Some(last)) => self.run(&last.body, &Scope::inside(scope)),
                    _ => flow,
                };
            }
            Statement::ForOfStatement(each) => {
                let list = self.evaluate(&each.right, scope);
                let slots = match (&list, &each.left) {
                    (Value::Array(slots), ForStatementLeft::VariableDeclaration(_)) => {
                        slots.borrow().clone()
                    }
                    _ => return self.maybe(&[&each.body], scope, each.span),
                };
                for slot in slots {
                    let inner = Scope::inside(scope);
                    if let ForStatementLeft::VariableDeclaration(declaration) = &each.left
                        && let Some(declarator) = declaration.declarations.first()
                    {
                        self.bind(&declarator.id, slot.value, false, &inner);
                    }
                    let pushed = slot.when.map(|when| self.guards.push(when)).is_some();
                    let flow = self.statement(&each.body, &inner);
                    if pushed {
                        self.guards.pop();
                    }
                    if !matches!(flow, Flow::Next) {
                        return Flow::Return(
                            self.undecided("a loop that is left early", each.span),
                        );
                    }
                }
            }
            Statement::ForStatement(each) => return self.maybe(&[&each.body], scope, each.span),
            Statement::ForInStatement(each) => return self.maybe(&[&each.body], scope, each.span),
            Statement::WhileStatement(each) => return self.maybe(&[&each.body], scope, each.span),
            Statement::DoWhileStatement(each) => {
                return self.maybe(&[&each.body], scope, each.span);
            }
            Statement::LabeledStatement(labeled) => {
                return self.maybe(&[&labeled.body], scope, labeled.span);
            }
            Statement::SwitchStatement(switch) => {
                self.evaluate(&switch.discriminant, scope);
                let statements: Vec<&Statement<'a>> = switch
                    .cases
                    .iter()
                    .flat_map(|case| &case.consequent)
                    .collect();
                return self.maybe(&statements, scope, switch.span);
            }
            Statement::BreakStatement(_) | Statement::ContinueStatement(_) => {
                return Flow::Return(self.undecided("a loop that is left early", statement.span()));
            }
            Statement::ExportDefaultDeclaration(export) => {
                self.export_default(&export.declaration, scope);
            }
            Statement::ExportDeclaration(export) => {
                for name in self.declared(&export.declaration, scope) {
                    self.export(&name.clone(), Export::Local(name));
                }
            }
            Statement::ExportNamedDeclaration(export)
                if export.export_kind == ImportOrExportKind::Value =>
            {
                self.export_names(&export.specifiers, None);
            }
            Statement::ExportFromDeclaration(export)
                if export.export_kind == ImportOrExportKind::Value =>
            {
                let from = self.module(export.source.value.as_str(), export.source.span);
                self.export_names(&export.specifiers, Some(from));
            }
            Statement::TSExportAssignment(export) => {
                let value = self.evaluate(&export.expression, scope);
                let place = self.place(export.expression.span());
                self.export("default", Export::Value(value, place));
            }
            _ => {}
        }
        Flow::Next
    }

    /// Code of which we cannot tell how often it is carried out.
    fn maybe(
        &mut self,
        statements: &[&'a Statement<'a>],
        scope: &Rc<Scope<'a>>,
        span: Span,
    ) -> Flow<'a> {
        let undecided = Expr::Undecided {
            why: "a loop or `switch` is not followed".to_owned(),
            place: self.place(span),
        };
        self.guards.push(undecided);
        let inner = Scope::inside(scope);
        let mut end = Flow::Next;
        for statement in statements {
            if !matches!(self.statement(statement, &inner), Flow::Next) {
                end = Flow::Return(self.undecided("a loop or `switch` is not followed", span));
            }
        }
        self.guards.pop();
        // At the top level nothing returns: a `break` of a `switch` must not end the module.
        if self.calls > 0 { end } else { Flow::Next }
    }

    /// Declares names, and says which.
    fn declared(&mut self, declaration: &'a Declaration<'a>, scope: &Rc<Scope<'a>>) -> Vec<String> {
        match declaration {
            Declaration::VariableDeclaration(variables) => {
                self.declaration(variables, scope);
                let identifiers = variables
                    .declarations
                    .iter()
                    .flat_map(|one| one.id.get_binding_identifiers());
                identifiers.map(|id| id.name.to_string()).collect()
            }
            Declaration::FunctionDeclaration(function) => {
                function.id.iter().map(|id| id.name.to_string()).collect()
            }
            Declaration::ClassDeclaration(class) if !class.declare => {
                let value = self.undecided("a class is not followed", class.span);
                let names: Vec<String> = class.id.iter().map(|id| id.name.to_string()).collect();
                for name in &names {
                    scope.declare(
                        name,
                        Binding {
                            value: value.clone(),
                            node_env: false,
                        },
                    );
                }
                names
            }
            Declaration::TSEnumDeclaration(named) if !named.declare => {
                let mut entries = Vec::new();
                for member in &named.body.members {
                    let place = self.place(member.span);
                    let value = match &member.initializer {
                        Some(value) => self.evaluate(value, scope),
                        None => self.undecided("the number of an enum", member.span),
                    };
                    let name = match &member.id {
                        TSEnumMemberName::Identifier(id) => id.name.to_string(),
                        TSEnumMemberName::String(text) | TSEnumMemberName::ComputedString(text) => {
                            text.value.to_string()
                        }
                        TSEnumMemberName::ComputedTemplateString(_) => continue,
                    };
                    entries.push(Entry {
                        name,
                        name_place: place.clone(),
                        place,
                        value,
                    });
                }
                scope.declare(
                    named.id.name.as_str(),
                    Binding {
                        value: Value::object(entries),
                        node_env: false,
                    },
                );
                vec![named.id.name.to_string()]
            }
            _ => Vec::new(),
        }
    }

    fn declaration(&mut self, declaration: &'a VariableDeclaration<'a>, scope: &Rc<Scope<'a>>) {
        // Types only: the global of this name stays what it is.
        if declaration.declare {
            return;
        }
        for one in &declaration.declarations {
            let before = self.node_env;
            let value = one
                .init
                .as_ref()
                .map_or(Value::Expr(Expr::Undefined), |init| {
                    self.evaluate(init, scope)
                });
            let node_env = self.node_env != before;
            self.bind(&one.id, value, node_env, scope);
        }
    }

    /// Gives the names of a pattern their values.
    pub(super) fn bind(
        &mut self,
        pattern: &'a BindingPattern<'a>,
        value: Value<'a>,
        node_env: bool,
        scope: &Rc<Scope<'a>>,
    ) {
        match pattern {
            BindingPattern::BindingIdentifier(id) => {
                scope.declare(id.name.as_str(), Binding { value, node_env });
            }
            BindingPattern::AssignmentPattern(default) => {
                let value = self.default(value, &default.right, default.span, scope);
                self.bind(&default.left, value, node_env, scope);
            }
            BindingPattern::ObjectPattern(object) => {
                for property in &object.properties {
                    let field = match self.key(&property.key, scope) {
                        Some(name) => self.member(&value, &name, property.key.span()),
                        None => self.undecided("the name of a property", property.span),
                    };
                    self.bind(&property.value, field, node_env, scope);
                }
                if let Some(rest) = &object.rest {
                    let value = self.undecided("the rest of an object", rest.span);
                    self.bind(&rest.argument, value, node_env, scope);
                }
            }
            BindingPattern::ArrayPattern(array) => {
                for (at, element) in array.elements.iter().enumerate() {
                    if let Some(element) = element {
                        let value = self.member(&value, &at.to_string(), element.span());
                        self.bind(element, value, node_env, scope);
                    }
                }
                if let Some(rest) = &array.rest {
                    let value = self.undecided("the rest of a list", rest.span);
                    self.bind(&rest.argument, value, node_env, scope);
                }
            }
        }
    }

    /// A value, or the default that is written for it.
    pub(super) fn default(
        &mut self,
        value: Value<'a>,
        default: &'a Expression<'a>,
        span: Span,
        scope: &Rc<Scope<'a>>,
    ) -> Value<'a> {
        let Value::Expr(expr) = &value else {
            return value;
        };
        match expr {
            Expr::Undefined => self.evaluate(default, scope),
            Expr::Variable { name, .. } => {
                let odd = Oddity::FallbackDead {
                    place: self.place(span),
                    variable: name.clone(),
                    form: Form::Default,
                };
                self.note(odd);
                self.dead += 1;
                self.evaluate(default, scope);
                self.dead -= 1;
                value
            }
            Expr::Conditional { .. } | Expr::Fallback { .. } => {
                self.undecided("a default for a value that hangs on a variable", span)
            }
            _ => value,
        }
    }

    pub(super) fn function(
        &mut self,
        function: &'a oxc_ast::ast::Function<'a>,
        scope: &Rc<Scope<'a>>,
    ) -> Value<'a> {
        match &function.body {
            Some(body) => Value::Function(Rc::new(Closure {
                parameters: &function.params,
                body: Body::Statements(body),
                scope: Rc::clone(scope),
                module: self.current,
                suspends: function.r#async || function.generator,
            })),
            None => self.undecided("a function without a body", function.span),
        }
    }
}
