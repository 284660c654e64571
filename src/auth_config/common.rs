//! `CommonJS`: a module without `import` and `export`, in which the bundler gives `module` and `exports` their meaning. What `module.exports` is at the
//! end is the default export.

use std::rc::Rc;

use oxc_ast::ast::{ModuleDeclaration, Statement};

use super::Place;
use super::value::{Binding, Entry, Scope, Value};

/// Whether a source is `CommonJS`: TypeScript's `export =` is, too.
pub(super) fn is_common(statements: &[Statement<'_>]) -> bool {
    !statements.iter().any(|statement| {
        let declaration = statement.as_module_declaration();
        declaration.is_some_and(|one| !matches!(one, ModuleDeclaration::TSExportAssignment(_)))
    })
}

/// Declares `module` and `exports`; the result is `module`.
pub(super) fn declare<'a>(scope: &Rc<Scope<'a>>) -> Value<'a> {
    let exports = Value::object(Vec::new());
    let place = Place::new("", "", 0, 0);
    let module = Value::object(vec![Entry {
        name: "exports".to_owned(),
        name_place: place.clone(),
        place,
        value: exports.clone(),
    }]);
    for (name, value) in [("module", module.clone()), ("exports", exports)] {
        let binding = Binding {
            value,
            node_env: false,
        };
        scope.declare(name, binding);
    }
    module
}

/// What a module exports at its end, and where that was set; `whole` is the file. `None`: it never spoke of exports.
pub(super) fn exported<'a>(module: &Value<'a>, whole: Place) -> Option<(Value<'a>, Place)> {
    let Value::Object(entries) = module else {
        return None;
    };
    let entries = entries.borrow();
    let exports = entries.iter().find(|entry| entry.name == "exports")?;
    if !exports.place.path.is_empty() {
        return Some((exports.value.clone(), exports.place.clone()));
    }
    match &exports.value {
        Value::Object(members) if members.borrow().is_empty() => None,
        value => Some((value.clone(), whole)),
    }
}
