//! The tables of known error lines in one.

use super::{Known, clerk, convex, push, web};

/// Every known line. Of two that stand in one line and are said by one, the earlier counts.
pub(super) fn known() -> impl Iterator<Item = &'static Known> {
    [push::LINES, convex::LINES, clerk::LINES, web::LINES]
        .into_iter()
        .flatten()
}

/// A line, shorter to write.
pub(super) const fn line(
    pattern: &'static str,
    who: &'static str,
    meaning: &'static str,
    rules: &'static [&'static str],
    fix: &'static str,
) -> Known {
    Known {
        pattern,
        who,
        meaning,
        rules,
        fix,
    }
}
