//! A doctor for Clerk JWT set-ups, above all for Clerk with Convex.
//!
//! The way through: `gather` the world into `Facts`, ask every `Rule` about them, render the `Report`. Only `gather` and `fetch` see the
//! world; everything else is a pure function over facts.

pub mod answer;
pub mod auth_config;
pub mod provider;
pub mod secret;
