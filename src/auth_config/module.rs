//! The modules that take part: the file itself, and what it imports.

use std::rc::Rc;
use std::sync::mpsc;

use oxc_allocator::Allocator;
use oxc_ast::ast::{
    ExportDefaultDeclarationKind, ExportSpecifier, ImportDeclaration, ImportDeclarationSpecifier,
    ImportOrExportKind, Statement,
};
use oxc_span::{GetSpan as _, Span};

use super::common;
use super::expr::Expr;
use super::odd::{Effect, Oddity};
use super::parse::{self, Failure};
use super::value::{Binding, Scope, Value, both};
use super::{AuthConfig, Load, Place, Providers, Reach, VariableRead, providers};

/// More modules than this are not read.
const MODULES: usize = 200;
/// More expressions than this are not followed.
const STEPS: usize = 100_000;
/// A deeper call or expression is not followed.
const DEPTH: usize = 400;

/// A module, with what it exports.
pub(super) struct Module<'a> {
    pub(super) path: String,
    pub(super) source: &'a str,
    pub(super) exports: Vec<(String, Export<'a>)>,
    pub(super) scope: Rc<Scope<'a>>,
    done: bool,
}

#[derive(Clone)]
pub(super) enum Export<'a> {
    /// A name of the module's scope.
    Local(String),
    Value(Value<'a>, Place),
    /// A name of another module.
    From(usize, String),
}

/// Follows the sources, and keeps what was seen on the way.
pub(super) struct Machine<'a, 'l> {
    arena: &'a Allocator,
    load: &'l Load<'l>,
    pub(super) modules: Vec<Module<'a>>,
    pub(super) current: usize,
    pub(super) steps: usize,
    pub(super) depth: usize,
    /// How many calls we are in.
    pub(super) calls: usize,
    /// What holds where we are; each a condition over variables.
    pub(super) guards: Vec<Expr>,
    /// How many dead branches we are in.
    pub(super) dead: usize,
    /// How often `NODE_ENV` was read.
    pub(super) node_env: usize,
    pub(super) reads: Vec<VariableRead>,
    pub(super) oddities: Vec<Oddity>,
}

/// Reads the file on a thread of its own, whose stack is large enough for the deepest source within bounds.
pub(super) fn read(path: &str, source: &str, load: &Load<'_>) -> AuthConfig {
    let (ask, asked) = mpsc::channel::<(String, String)>();
    let (answer, answered) = mpsc::channel();
    std::thread::scope(|scope| {
        let follow = move || {
            let load = |importer: &str, specifier: &str| {
                ask.send((importer.to_owned(), specifier.to_owned())).ok()?;
                answered.recv().ok().flatten()
            };
            follow(path, source, &load)
        };
        let thread = std::thread::Builder::new()
            .stack_size(parse::STACK)
            .spawn_scoped(scope, follow);
        for (importer, specifier) in asked {
            if answer.send(load(&importer, &specifier)).is_err() {
                break;
            }
        }
        let config = thread.ok().and_then(|thread| thread.join().ok());
        config.unwrap_or_else(|| {
            let why = "the file could not be followed".to_owned();
            AuthConfig::undecided(path, source, why, Vec::new())
        })
    })
}

fn follow(path: &str, source: &str, load: &Load<'_>) -> AuthConfig {
    let arena = Allocator::default();
    let mut machine = Machine {
        arena: &arena,
        load,
        modules: Vec::new(),
        current: 0,
        steps: 0,
        depth: 0,
        calls: 0,
        guards: Vec::new(),
        dead: 0,
        node_env: 0,
        reads: Vec::new(),
        oddities: Vec::new(),
    };
    let whole = Place::new(path, source, 0, 0);
    let broken = match machine.enter(path.to_owned(), source) {
        Ok(()) => None,
        Err(Failure::Bounds(why)) => Some((why.to_owned(), whole)),
        Err(Failure::Syntax(message, place)) => {
            machine.oddities.push(Oddity::SyntaxError {
                message: message.clone(),
                place: place.clone(),
            });
            Some((message, place))
        }
    };
    let (providers, list) = if let Some((why, place)) = broken {
        (
            Providers::Undecided {
                why,
                place,
                known: Vec::new(),
            },
            None,
        )
    } else {
        let export = machine
            .exported(0, "default", 0)
            .map(|(value, place)| match value {
                // Convex does not call it, and it has no `providers`.
                Value::Function(_) => (Expr::Object(Vec::new()), place),
                value => (value.lower(&place), place),
            });
        providers::from_export(export, &mut machine.oddities)
    };
    for read in machine.reads.iter().filter(|read| read.imported) {
        let odd = Oddity::ImportedVariable {
            variable: read.name.clone(),
            place: read.place.clone(),
        };
        if !machine.oddities.contains(&odd) {
            machine.oddities.push(odd);
        }
    }
    AuthConfig {
        path: path.to_owned(),
        source: source.to_owned(),
        providers,
        reads: machine.reads,
        oddities: machine.oddities,
        list,
    }
}

impl<'a> Machine<'a, '_> {
    /// A JSON file: its members are exports, and it is the default one.
    fn json(&mut self, mut module: Module<'a>) -> Result<(), Failure> {
        let whole = Place::new(&module.path, module.source, 0, 0);
        let value: serde_json::Value = serde_json::from_str(module.source)
            .map_err(|error| Failure::Syntax(error.to_string(), whole.clone()))?;
        let value = Value::of_json(&value, &whole);
        if let Value::Object(entries) = &value {
            let members = entries.borrow();
            let members = members.iter().map(|entry| {
                (
                    entry.name.clone(),
                    Export::Value(entry.value.clone(), whole.clone()),
                )
            });
            module.exports.extend(members);
        }
        module
            .exports
            .push(("default".to_owned(), Export::Value(value, whole)));
        module.done = true;
        self.modules.push(module);
        Ok(())
    }

    /// Whether the nearest `package.json` says that its files are ECMAScript modules: then `module` and `exports` are names of nothing.
    fn is_of_modules(&self, path: &str) -> bool {
        let mut above = "./package.json".to_owned();
        for _ in path.split('/') {
            if let Some((_, text)) = (self.load)(path, &above) {
                let package: Option<serde_json::Value> = serde_json::from_str(&text).ok();
                return package.is_none_or(|package| package["type"] == "module");
            }
            above = format!("../{}", above.trim_start_matches("./"));
        }
        false
    }

    fn enter(&mut self, path: String, source: &str) -> Result<(), Failure> {
        let source = self.arena.alloc_str(source);
        let at = self.modules.len();
        let scope = Rc::new(Scope::default());
        let module = Module {
            path,
            source,
            exports: Vec::new(),
            scope: Rc::clone(&scope),
            done: false,
        };
        if module
            .path
            .rsplit_once('.')
            .is_some_and(|(_, kind)| kind == "json")
        {
            return self.json(module);
        }
        let program = parse::parse(self.arena, &module.path, source)?;
        let is_common = common::is_common(&program.body) && !self.is_of_modules(&module.path);
        self.modules.push(module);
        let before = std::mem::replace(&mut self.current, at);
        let common = is_common.then(|| common::declare(&scope));
        for statement in &program.body {
            match statement {
                Statement::ImportDeclaration(import) => self.import(import, &scope),
                Statement::ExportAllDeclaration(export)
                    if export.export_kind == ImportOrExportKind::Value =>
                {
                    if let Some(from) =
                        self.module(export.source.value.as_str(), export.source.span)
                    {
                        match &export.exported {
                            Some(name) => {
                                let place = self.place(export.span);
                                self.export(
                                    name.name().as_str(),
                                    Export::Value(Value::Module(from), place),
                                );
                            }
                            None => self.export("*", Export::From(from, "*".to_owned())),
                        }
                    }
                }
                _ => {}
            }
        }
        self.top(&program.body, &scope);
        if let Some(module) = common {
            let place = self.place(Span::new(0, 0));
            if let Some((value, place)) = common::exported(&module, place) {
                self.export("default", Export::Value(value, place));
            }
        }
        if let Some(module) = self.modules.get_mut(at) {
            module.done = true;
        }
        self.current = before;
        Ok(())
    }

    fn import(&mut self, import: &'a ImportDeclaration<'a>, scope: &Rc<Scope<'a>>) {
        if import.import_kind == ImportOrExportKind::Type {
            return;
        }
        let specifiers = import
            .specifiers
            .as_ref()
            .map_or(&[][..], |specifiers| specifiers.as_slice());
        let only_types = !specifiers.is_empty()
            && specifiers.iter().all(|one| matches!(one, ImportDeclarationSpecifier::ImportSpecifier(one) if one.import_kind == ImportOrExportKind::Type));
        if only_types {
            return;
        }
        let specifier = import.source.value.as_str();
        let generated = specifier.starts_with('.')
            && specifier
                .trim_end_matches(".js")
                .ends_with("_generated/server");
        let module = if generated {
            None
        } else {
            self.module(specifier, import.source.span)
        };
        for one in specifiers {
            let (name, local, span) = match one {
                ImportDeclarationSpecifier::ImportSpecifier(one) => (
                    one.imported.name().to_string(),
                    one.local.name.as_str(),
                    one.span,
                ),
                ImportDeclarationSpecifier::ImportDefaultSpecifier(one) => {
                    ("default".to_owned(), one.local.name.as_str(), one.span)
                }
                ImportDeclarationSpecifier::ImportNamespaceSpecifier(one) => {
                    ("*".to_owned(), one.local.name.as_str(), one.span)
                }
            };
            let value = match module {
                _ if generated && name == "env" => Value::Env,
                Some(module) if name == "*" => Value::Module(module),
                Some(module) => match self.exported(module, &name, 0) {
                    Some((value, _)) => value,
                    None => self.undecided("the imported module does not export this", span),
                },
                None => self.undecided("imported code that was not read", span),
            };
            scope.declare(
                local,
                Binding {
                    value,
                    node_env: false,
                },
            );
        }
    }

    /// The module that a specifier names, followed to its end; `None` for packages, cycles and what is not there.
    pub(super) fn module(&mut self, specifier: &str, span: Span) -> Option<usize> {
        if !specifier.starts_with('.') || self.modules.len() >= MODULES || self.depth >= DEPTH {
            return None;
        }
        let importer = self.modules.get(self.current)?.path.clone();
        let place = self.place(span);
        let Some((path, source)) = (self.load)(&importer, specifier) else {
            self.oddities.push(Oddity::ImportUnread {
                specifier: specifier.to_owned(),
                place,
            });
            return None;
        };
        if let Some(known) = self.modules.iter().position(|module| module.path == path) {
            return self
                .modules
                .get(known)
                .filter(|module| module.done)
                .map(|_| known);
        }
        let at = self.modules.len();
        self.depth += 20;
        let entered = self.enter(path, &source);
        self.depth -= 20;
        match entered {
            Ok(()) => Some(at),
            Err(Failure::Bounds(_)) => None,
            Err(Failure::Syntax(message, place)) => {
                self.oddities.push(Oddity::SyntaxError { message, place });
                None
            }
        }
    }

    /// What a module exports under a name, and where it is written.
    pub(super) fn exported(
        &mut self,
        module: usize,
        name: &str,
        level: usize,
    ) -> Option<(Value<'a>, Place)> {
        let found = self.modules.get(module)?;
        let export = found
            .exports
            .iter()
            .rev()
            .find(|(exported, _)| exported == name)
            .map(|(_, export)| export.clone());
        let whole = Place::new(&found.path, found.source, 0, 0);
        match export {
            Some(Export::Value(value, place)) => Some((value, place)),
            Some(Export::Local(local)) => found
                .scope
                .get(&local)
                .map(|binding| (binding.value, whole)),
            Some(Export::From(other, name)) if level < 16 => self.exported(other, &name, level + 1),
            None if name != "default" && level < 16 => {
                let all: Vec<usize> = found
                    .exports
                    .iter()
                    .filter_map(|(_, export)| {
                        matches!(export, Export::From(_, name) if name == "*").then_some(export)
                    })
                    .filter_map(|export| match export {
                        Export::From(other, _) => Some(*other),
                        Export::Local(_) | Export::Value(..) => None,
                    })
                    .collect();
                all.into_iter()
                    .find_map(|other| self.exported(other, name, level + 1))
            }
            Some(Export::From(..)) | None => None,
        }
    }

    pub(super) fn export(&mut self, name: &str, export: Export<'a>) {
        if let Some(module) = self.modules.get_mut(self.current) {
            module.exports.push((name.to_owned(), export));
        }
    }

    /// `export default ...`.
    pub(super) fn export_default(
        &mut self,
        kind: &'a ExportDefaultDeclarationKind<'a>,
        scope: &Rc<Scope<'a>>,
    ) {
        let place = self.place(kind.span());
        let value = match (kind, kind.as_expression()) {
            (_, Some(expression)) => self.evaluate(expression, scope),
            (ExportDefaultDeclarationKind::FunctionDeclaration(function), None) => {
                self.function(function, scope)
            }
            (_, None) => self.undecided("a class as the default export", kind.span()),
        };
        self.export("default", Export::Value(value, place));
    }

    #[expect(
        clippy::option_option,
        reason = "no source, and a source that was not read, are two things"
    )]
    /// `export { a as b }`, also `from` another module.
    pub(super) fn export_names(
        &mut self,
        specifiers: &'a [ExportSpecifier<'a>],
        from: Option<Option<usize>>,
    ) {
        for one in specifiers {
            let (local, name) = (one.local.name(), one.exported.name());
            let export = match from {
                Some(Some(module)) => Export::From(module, local.to_string()),
                Some(None) => Export::Value(
                    self.undecided("imported code that was not read", one.span),
                    self.place(one.span),
                ),
                None => Export::Local(local.to_string()),
            };
            self.export(name.as_str(), export);
        }
    }

    pub(super) fn place(&self, span: Span) -> Place {
        match self.modules.get(self.current) {
            Some(module) => Place::new(
                &module.path,
                module.source,
                span.start as usize,
                span.end as usize,
            ),
            None => Place::new("", "", 0, 0),
        }
    }

    pub(super) fn undecided(&self, why: &str, span: Span) -> Value<'a> {
        Value::Expr(Expr::Undecided {
            why: why.to_owned(),
            place: self.place(span),
        })
    }

    /// Whether the bounds of steps and depth are kept; counts a step.
    pub(super) fn step(&mut self) -> bool {
        self.steps += 1;
        self.steps <= STEPS && self.depth <= DEPTH
    }

    pub(super) fn reach(&self) -> Reach {
        match (self.dead, self.guards.is_empty()) {
            (0, true) => Reach::Always,
            (0, false) => Reach::Sometimes,
            _ => Reach::Never,
        }
    }

    /// What holds where we are.
    pub(super) fn guard(&self, place: &Place) -> Option<Expr> {
        self.guards
            .iter()
            .fold(None, |whole, guard| both(whole, Some(guard.clone()), place))
    }

    pub(super) fn read_variable(&mut self, name: &str, span: Span) -> Value<'a> {
        if name == "NODE_ENV" {
            self.node_env += 1;
            return Value::Expr(Expr::Text("production".to_owned()));
        }
        let place = self.place(span);
        let read = VariableRead {
            name: name.to_owned(),
            place: place.clone(),
            imported: self.current != 0,
            reach: self.reach(),
        };
        if !self.reads.contains(&read) {
            self.reads.push(read);
        }
        Value::Expr(Expr::Variable {
            name: name.to_owned(),
            place,
        })
    }

    pub(super) fn effect(&mut self, what: Effect, span: Span) {
        let odd = Oddity::SideEffect {
            what,
            place: self.place(span),
            reach: self.reach(),
        };
        self.note(odd);
    }

    pub(super) fn note(&mut self, odd: Oddity) {
        if !self.oddities.contains(&odd) {
            self.oddities.push(odd);
        }
    }
}
