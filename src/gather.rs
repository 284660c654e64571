//! Reads the world: files, environment, clock.

pub mod project;
mod walk;
