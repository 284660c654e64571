//! stub
use crate::convex::Cause;
use crate::facts::Facts;
use crate::rule::{Finding, Place};
pub fn rule(_: &Cause, _: &Facts) -> Option<&'static str> { None }
pub fn finding(_: &Cause, _: &Facts) -> Finding { Finding::new(Place::Nowhere, "") }
