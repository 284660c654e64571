//! Values while a source is followed: symbolic texts, and lists, objects and functions that the code can still change or call.

use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;

use oxc_ast::ast::{Expression, FormalParameters, FunctionBody};

use super::Place;
use super::expr::{Expr, Field, Item, NODES};

/// More levels than this in one value, and it is said to be undecided.
const LEVELS: usize = 48;

#[derive(Clone)]
pub(super) enum Value<'a> {
    /// Anything that is not one of the below.
    Expr(Expr),
    Array(Rc<RefCell<Vec<Slot<'a>>>>),
    Object(Rc<RefCell<Vec<Entry<'a>>>>),
    Function(Rc<Closure<'a>>),
    /// One of two, by a test over variables.
    Choice(Rc<(Expr, Self, Self)>),
    /// `process`.
    Process,
    /// `process.env`, or `env` of `./_generated/server`.
    Env,
    /// A global or a part of one, by its dotted name.
    Global(String),
    /// `new URL(text)`.
    Url(Expr),
    /// `import * as`.
    Module(usize),
}

#[derive(Clone)]
pub(super) struct Slot<'a> {
    pub(super) when: Option<Expr>,
    pub(super) value: Value<'a>,
    pub(super) place: Place,
}

#[derive(Clone)]
pub(super) struct Entry<'a> {
    pub(super) name: String,
    pub(super) name_place: Place,
    pub(super) place: Place,
    pub(super) value: Value<'a>,
}

pub(super) struct Closure<'a> {
    pub(super) parameters: &'a FormalParameters<'a>,
    pub(super) body: Body<'a>,
    pub(super) scope: Rc<Scope<'a>>,
    pub(super) module: usize,
    /// `async` or a generator: a call gives something else than the returned value.
    pub(super) suspends: bool,
}

#[derive(Clone, Copy)]
pub(super) enum Body<'a> {
    Statements(&'a FunctionBody<'a>),
    Expression(&'a Expression<'a>),
}

/// The names of a block.
#[derive(Default)]
pub(super) struct Scope<'a> {
    names: RefCell<HashMap<String, Binding<'a>>>,
    parent: Option<Rc<Self>>,
}

#[derive(Clone)]
pub(super) struct Binding<'a> {
    pub(super) value: Value<'a>,
    /// `NODE_ENV` had a say in the value.
    pub(super) node_env: bool,
}

impl<'a> Scope<'a> {
    pub(super) fn inside(parent: &Rc<Self>) -> Rc<Self> {
        Rc::new(Self {
            names: RefCell::default(),
            parent: Some(Rc::clone(parent)),
        })
    }

    pub(super) fn get(self: &Rc<Self>, name: &str) -> Option<Binding<'a>> {
        let mut scope = Some(self);
        while let Some(at) = scope {
            if let Some(binding) = at.names.borrow().get(name) {
                return Some(binding.clone());
            }
            scope = at.parent.as_ref();
        }
        None
    }

    pub(super) fn declare(&self, name: &str, binding: Binding<'a>) {
        self.names.borrow_mut().insert(name.to_owned(), binding);
    }

    /// Changes a name where it was declared.
    pub(super) fn assign(self: &Rc<Self>, name: &str, binding: Binding<'a>) {
        let mut scope = Some(self);
        while let Some(at) = scope {
            if let Some(known) = at.names.borrow_mut().get_mut(name) {
                *known = binding;
                return;
            }
            scope = at.parent.as_ref();
        }
    }
}

impl<'a> Value<'a> {
    pub(super) fn array(slots: Vec<Slot<'a>>) -> Self {
        Self::Array(Rc::new(RefCell::new(slots)))
    }

    pub(super) fn object(entries: Vec<Entry<'a>>) -> Self {
        Self::Object(Rc::new(RefCell::new(entries)))
    }

    /// What a JSON file holds.
    pub(super) fn of_json(value: &serde_json::Value, place: &Place) -> Self {
        use serde_json::Value as Json;
        Self::Expr(match value {
            Json::Null => Expr::Null,
            Json::Bool(value) => Expr::Bool(*value),
            Json::Number(number) => Expr::Number(number.as_f64().unwrap_or(f64::NAN)),
            Json::String(text) => Expr::Text(text.clone()),
            Json::Array(items) => {
                return Self::array(
                    items
                        .iter()
                        .map(|item| Slot {
                            when: None,
                            value: Self::of_json(item, place),
                            place: place.clone(),
                        })
                        .collect(),
                );
            }
            Json::Object(members) => {
                return Self::object(
                    members
                        .iter()
                        .map(|(name, value)| Entry {
                            name: name.clone(),
                            name_place: place.clone(),
                            place: place.clone(),
                            value: Self::of_json(value, place),
                        })
                        .collect(),
                );
            }
        })
    }

    /// One of two values; the test is over variables.
    pub(super) fn choice(test: Expr, then: Self, otherwise: Self, place: &Place) -> Self {
        match (then, otherwise) {
            (Self::Expr(then), Self::Expr(otherwise)) => Self::Expr(
                Expr::Conditional {
                    test: Box::new(test),
                    then: Box::new(then),
                    otherwise: Box::new(otherwise),
                }
                .fold(place),
            ),
            (then, otherwise) => Self::Choice(Rc::new((test, then, otherwise))),
        }
    }

    /// The value as an expression that outlives the syntax tree.
    pub(super) fn lower(&self, place: &Place) -> Expr {
        self.lowered(place, LEVELS, &mut (NODES * 20))
    }

    fn lowered(&self, place: &Place, levels: usize, budget: &mut usize) -> Expr {
        let undecided = |why: &str| Expr::Undecided {
            why: why.to_owned(),
            place: place.clone(),
        };
        *budget = budget.saturating_sub(1);
        if levels == 0 || *budget == 0 {
            return undecided("the value is too large");
        }
        match self {
            Self::Expr(expr) => expr.clone(),
            Self::Array(slots) => Expr::Array(
                slots
                    .borrow()
                    .iter()
                    .map(|slot| Item {
                        when: slot.when.clone(),
                        value: slot.value.lowered(&slot.place, levels - 1, budget),
                        place: slot.place.clone(),
                    })
                    .collect(),
            ),
            Self::Object(entries) => Expr::Object(
                entries
                    .borrow()
                    .iter()
                    .map(|entry| Field {
                        name: entry.name.clone(),
                        name_place: entry.name_place.clone(),
                        place: entry.place.clone(),
                        value: entry.value.lowered(&entry.place, levels - 1, budget),
                    })
                    .collect(),
            ),
            Self::Choice(choice) => Expr::Conditional {
                test: Box::new(choice.0.clone()),
                then: Box::new(choice.1.lowered(place, levels - 1, budget)),
                otherwise: Box::new(choice.2.lowered(place, levels - 1, budget)),
            },
            Self::Function(_) => undecided("a function as a value"),
            Self::Process | Self::Env => undecided("the whole of `process.env` as a value"),
            Self::Global(name) => undecided(&format!("`{name}` is not followed")),
            Self::Url(_) => undecided("a URL object as a value"),
            Self::Module(_) => undecided("a module as a value"),
        }
    }

    /// As a condition.
    pub(super) fn test(&self, place: &Place) -> Expr {
        match self {
            Self::Expr(expr) => expr.clone(),
            Self::Choice(choice) => Expr::Conditional {
                test: Box::new(choice.0.clone()),
                then: Box::new(choice.1.test(place)),
                otherwise: Box::new(choice.2.test(place)),
            }
            .fold(place),
            Self::Array(_)
            | Self::Object(_)
            | Self::Function(_)
            | Self::Process
            | Self::Env
            | Self::Url(_)
            | Self::Module(_) => Expr::Bool(true),
            Self::Global(_) => self.lower(place),
        }
    }
}

/// Both conditions; `None` is one that always holds.
pub(super) fn both(left: Option<Expr>, right: Option<Expr>, place: &Place) -> Option<Expr> {
    match (left, right) {
        (Some(left), Some(right)) => Some(
            Expr::Fallback {
                op: super::Operator::And,
                left: Box::new(left),
                right: Box::new(right),
            }
            .fold(place),
        ),
        (left, right) => left.or(right),
    }
}
