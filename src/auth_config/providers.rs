//! The list of providers, entry by entry.

use super::expr::{Evaluated, Expr, Field, Item};
use super::odd::Oddity;
use super::{AuthConfig, Place};

/// `providers` of the default export.
#[derive(Debug, Clone, PartialEq)]
pub enum Providers {
    /// Every entry is an object that is known as far as its variables are.
    Known(Vec<ProviderEntry>),
    /// The list, or a part of it, cannot be told without running the file.
    Undecided {
        /// Why, as a fragment.
        why: String,
        /// Where.
        place: Place,
        /// The entries that could be told.
        known: Vec<ProviderEntry>,
    },
    /// There is no default export, or no list in it.
    Missing,
}

/// What could not be told, and why.
pub type Opaque = (String, Place);

/// One object of the list.
#[derive(Debug, Clone, PartialEq)]
pub struct ProviderEntry {
    /// Where it is written.
    pub place: Place,
    /// It is in the list when this is truthy; `None`: always.
    pub when: Option<Expr>,
    /// Its fields in their order, also those that Convex does not know.
    pub fields: Vec<Field>,
}

/// One object of the list, with variables put in.
#[derive(Debug, Clone, PartialEq)]
pub struct EvaluatedEntry<'e> {
    /// The entry.
    pub entry: &'e ProviderEntry,
    /// Whether it is in the list; `None` when that cannot be told.
    pub present: Option<bool>,
    /// Each field's value, in the order of the fields.
    pub values: Vec<Evaluated>,
}

impl ProviderEntry {
    /// The field of exactly this name; of several, the last one, as JavaScript has it.
    pub fn field(&self, name: &str) -> Option<&Field> {
        self.fields.iter().rev().find(|field| field.name == name)
    }

    /// `type`.
    pub fn kind(&self) -> Option<&Field> {
        self.field("type")
    }

    /// `domain`.
    pub fn domain(&self) -> Option<&Field> {
        self.field("domain")
    }

    /// `applicationID`.
    pub fn application_id(&self) -> Option<&Field> {
        self.field("applicationID")
    }

    /// `issuer`.
    pub fn issuer(&self) -> Option<&Field> {
        self.field("issuer")
    }

    /// `jwks`.
    pub fn jwks(&self) -> Option<&Field> {
        self.field("jwks")
    }

    /// `algorithm`.
    pub fn algorithm(&self) -> Option<&Field> {
        self.field("algorithm")
    }

    /// The entry with these variables.
    pub fn evaluate(&self, variables: &dyn Fn(&str) -> Option<String>) -> EvaluatedEntry<'_> {
        let present = match self.when.as_ref().map(|when| when.evaluate(variables)) {
            None => Some(true),
            Some(Evaluated::Known(plain)) => Some(plain.truthy()),
            Some(Evaluated::Unset(_) | Evaluated::Undecided { .. }) => None,
        };
        EvaluatedEntry {
            entry: self,
            present,
            values: self
                .fields
                .iter()
                .map(|field| field.value.evaluate(variables))
                .collect(),
        }
    }
}

impl EvaluatedEntry<'_> {
    /// The value of a field.
    pub fn value(&self, name: &str) -> Option<&Evaluated> {
        let at = self
            .entry
            .fields
            .iter()
            .rposition(|field| field.name == name)?;
        self.values.get(at)
    }
}

impl AuthConfig {
    /// The entries that could be told, also when others could not.
    pub fn entries(&self) -> &[ProviderEntry] {
        match &self.providers {
            Providers::Known(entries) | Providers::Undecided { known: entries, .. } => entries,
            Providers::Missing => &[],
        }
    }

    /// The entries that could be told, with these variables.
    pub fn entries_with(
        &self,
        variables: &dyn Fn(&str) -> Option<String>,
    ) -> Vec<EvaluatedEntry<'_>> {
        self.entries()
            .iter()
            .map(|entry| entry.evaluate(variables))
            .collect()
    }
}

/// From the default export to the entries.
pub(super) fn from_export(
    export: Option<(Expr, Place)>,
    oddities: &mut Vec<Oddity>,
) -> (Providers, Option<Expr>) {
    let Some((config, place)) = export else {
        oddities.push(Oddity::NoDefaultExport);
        return (Providers::Missing, None);
    };
    let undecided = |why: &str, place: &Place| Providers::Undecided {
        why: why.to_owned(),
        place: place.clone(),
        known: Vec::new(),
    };
    let list = match config {
        Expr::Object(fields) => {
            if let Some(field) = fields
                .into_iter()
                .rev()
                .find(|field| field.name == "providers")
            {
                field
            } else {
                oddities.push(Oddity::NoProviders { place });
                return (Providers::Missing, None);
            }
        }
        Expr::Undecided { why, place } => return (undecided(&why, &place), None),
        Expr::Conditional { .. } | Expr::Fallback { .. } => {
            return (
                undecided("the whole export hangs on a variable", &place),
                None,
            );
        }
        _ => {
            oddities.push(Oddity::NoProviders { place });
            return (Providers::Missing, None);
        }
    };
    let mut opaque = None;
    let mut entries = Vec::new();
    match list.value.clone() {
        Expr::Array(items) => items
            .into_iter()
            .for_each(|item| split(item, &mut entries, &mut opaque)),
        Expr::Undecided { why, place } => opaque = Some((why, place)),
        Expr::Conditional { .. } => match lists(None, list.value.clone(), &list.place) {
            Some(items) => items
                .into_iter()
                .for_each(|item| split(item, &mut entries, &mut opaque)),
            None => {
                opaque = Some((
                    "the list hangs on a variable".to_owned(),
                    list.place.clone(),
                ));
            }
        },
        _ => {
            oddities.push(Oddity::ProvidersNotArray { place: list.place });
            return (Providers::Missing, Some(list.value));
        }
    }
    for field in entries
        .iter()
        .flat_map(|entry: &ProviderEntry| &entry.fields)
    {
        let plain: String = field
            .name
            .chars()
            .filter(|char| !matches!(char, '_' | '-'))
            .collect();
        let spelled = plain.eq_ignore_ascii_case("applicationid") && field.name != "applicationID";
        let odd = Oddity::SpellingApplicationId {
            found: field.name.clone(),
            place: field.name_place.clone(),
        };
        if spelled && !oddities.contains(&odd) {
            oddities.push(odd);
        }
    }
    let providers = match opaque {
        Some((why, place)) => Providers::Undecided {
            why,
            place,
            known: entries,
        },
        None => Providers::Known(entries),
    };
    (providers, Some(list.value))
}

/// The entries of a list that is one of two, each with its condition.
fn lists(when: Option<Expr>, list: Expr, place: &Place) -> Option<Vec<Item>> {
    match list {
        Expr::Array(items) => Some(
            items
                .into_iter()
                .map(|item| Item {
                    when: super::value::both(when.clone(), item.when, &item.place),
                    ..item
                })
                .collect(),
        ),
        Expr::Conditional {
            test,
            then,
            otherwise,
        } => {
            let not = Expr::Not(test.clone()).fold(place);
            let mut items = lists(
                super::value::both(when.clone(), Some(*test), place),
                *then,
                place,
            )?;
            items.extend(lists(
                super::value::both(when, Some(not), place),
                *otherwise,
                place,
            )?);
            Some(items)
        }
        _ => None,
    }
}

fn split(item: Item, entries: &mut Vec<ProviderEntry>, opaque: &mut Option<Opaque>) {
    let Item { when, value, place } = item;
    if let Some(Expr::Undecided { why, place }) = &when {
        opaque.get_or_insert_with(|| (why.clone(), place.clone()));
    }
    match value {
        Expr::Object(fields) => entries.push(ProviderEntry {
            place,
            when,
            fields,
        }),
        Expr::Conditional {
            test,
            then,
            otherwise,
        } => {
            let not = Expr::Not(test.clone()).fold(&place);
            let then_when = super::value::both(when.clone(), Some(*test), &place);
            split(
                Item {
                    when: then_when,
                    value: *then,
                    place: place.clone(),
                },
                entries,
                opaque,
            );
            split(
                Item {
                    when: super::value::both(when, Some(not), &place),
                    value: *otherwise,
                    place: place.clone(),
                },
                entries,
                opaque,
            );
        }
        Expr::Undecided { why, place } => {
            opaque.get_or_insert((why, place));
        }
        // Convex finds no field in it.
        Expr::Null | Expr::Undefined | Expr::Bool(_) | Expr::Number(_) | Expr::Text(_) => {
            entries.push(ProviderEntry {
                place,
                when,
                fields: Vec::new(),
            });
        }
        _ => {
            opaque.get_or_insert(("the entry is not an object".to_owned(), place));
        }
    }
}
