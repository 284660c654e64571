//! The two pictures as text. Each sign has an ASCII form of the same width, and none means anything by its colour alone.

use crate::escape::visible;
use crate::picture::{Chain, Joint, Link, TimeLine};
use unicode_width::{UnicodeWidthChar as _, UnicodeWidthStr as _};

/// The widest line that the chain stands on; beyond it, its links stand far from each other.
const WIDEST: usize = 96;
/// Narrower than this, the links stand below each other.
const NARROW: usize = 68;
/// The columns of a joint with its blanks: ` ─✗─ `.
const JOINT: usize = 5;
/// How far apart the marks of the time line stand at least.
const GAP: usize = 9;

/// The chain: its links beside each other, or on narrow terminals below each other.
pub(super) fn chain(chain: &Chain, width: usize, ascii: bool) -> Vec<String> {
    if width < NARROW {
        return column(chain, width, ascii);
    }
    let count = chain.links.len();
    let room = width.min(WIDEST).saturating_sub(2 + JOINT * (count - 1));
    let audiences = chain.breaks().iter().any(|rule| rule.contains("audience"));
    let widest = |link: &Link| {
        let audience = link.audience.as_deref().filter(|_| audiences);
        let parts = [Some(link.name), Some(&*link.value), audience];
        let widest = parts
            .into_iter()
            .flatten()
            .map(|part| visible(part).width());
        widest.max().unwrap_or(0)
    };
    let mut widths: Vec<usize> = chain.links.iter().map(widest).collect();
    // What is too wide is taken from the widest.
    while widths.iter().sum::<usize>() > room
        && let Some(widest) = widths.iter_mut().max()
    {
        *widest -= 1;
    }
    let row = |texts: Vec<String>, signs: &dyn Fn(usize) -> String| {
        let mut line = String::from("  ");
        for (index, (text, width)) in texts.iter().zip(&widths).enumerate() {
            let text = elided(text, *width);
            line.push_str(&text);
            line.push_str(&" ".repeat(width - text.width()));
            if index + 1 < count {
                line.push_str(&signs(index));
            }
        }
        line.trim_end().to_owned()
    };
    let blank = |_: usize| " ".repeat(JOINT);
    let texts = |part: &dyn Fn(&Link) -> String| chain.links.iter().map(part).collect();
    let mut lines = vec![
        row(texts(&|link| link.name.to_owned()), &blank),
        row(texts(&|link| visible(&link.value)), &|index| {
            format!(" {} ", sign(chain.joints.get(index), ascii))
        }),
    ];
    if audiences {
        let audience = |link: &Link| visible(link.audience.as_deref().unwrap_or_default());
        lines.push(row(texts(&audience), &blank));
    }
    lines
}

fn sign(joint: Option<&Joint>, ascii: bool) -> &'static str {
    match (joint, ascii) {
        (Some(Joint::Holds), false) => "───",
        (Some(Joint::Holds), true) => "---",
        (Some(Joint::Broken(_)), false) => "─✗─",
        (Some(Joint::Broken(_)), true) => "-X-",
        (Some(Joint::Unknown) | None, false) => "─?─",
        (Some(Joint::Unknown) | None, true) => "-?-",
    }
}

fn column(chain: &Chain, width: usize, ascii: bool) -> Vec<String> {
    let names = chain.links.iter().map(|link| link.name.len()).max();
    let names = names.unwrap_or(0);
    let bar = if ascii { "|" } else { "│" };
    let mut lines = Vec::new();
    for (index, link) in chain.links.iter().enumerate() {
        let value = elided(&visible(&link.value), width.saturating_sub(names + 4));
        lines.push(format!("  {:<names$}  {value}", link.name));
        match chain.joints.get(index) {
            Some(Joint::Broken(rule)) => {
                let cross = if ascii { "X" } else { "✗" };
                lines.push(format!("  {cross} {rule}"));
            }
            Some(Joint::Holds) => lines.push(format!("  {bar}")),
            Some(Joint::Unknown) => lines.push("  ? not looked at".to_owned()),
            None => {}
        }
    }
    lines
}

/// A text in so many columns; of a longer one the middle is left out.
fn elided(text: &str, width: usize) -> String {
    if text.width() <= width {
        return text.to_owned();
    }
    let half = width.saturating_sub(1) / 2;
    let take = |characters: &mut dyn Iterator<Item = char>, most: usize| {
        let mut used = 0;
        characters
            .take_while(|character| {
                used += character.width().unwrap_or(0);
                used <= most
            })
            .collect::<Vec<char>>()
    };
    let head: String = take(&mut text.chars(), width.saturating_sub(1) - half)
        .into_iter()
        .collect();
    let tail: String = take(&mut text.chars().rev(), half)
        .into_iter()
        .rev()
        .collect();
    // One column in either form.
    format!("{head}~{tail}")
}

/// The life of a token: names, line, and the time since `iat`.
pub(super) fn time_line(line: &TimeLine, width: usize, ascii: bool) -> Vec<String> {
    let width = width.min(WIDEST).saturating_sub(4);
    let columns = line.columns(width, GAP);
    let place = |name: &str| line.marks.iter().position(|mark| mark.name == name);
    let column = |name: &str| place(name).and_then(|index| columns.get(index)).copied();
    let (issued, expires) = (column("iat").unwrap_or(0), column("exp").unwrap_or(0));
    let end = columns.last().copied().unwrap_or(0);
    let bar: String = (0..=end)
        .map(|at| {
            let mark = columns.iter().position(|column| *column == at);
            match mark.and_then(|index| line.marks.get(index)) {
                Some(mark) if mark.name == "now" => {
                    if ascii {
                        '@'
                    } else {
                        '●'
                    }
                }
                Some(_) => {
                    if ascii {
                        '|'
                    } else {
                        '┼'
                    }
                }
                None if at > issued && at < expires => {
                    if ascii {
                        '='
                    } else {
                        '━'
                    }
                }
                None => {
                    if ascii {
                        '.'
                    } else {
                        '┄'
                    }
                }
            }
        })
        .collect();
    let labels = |text: &dyn Fn(usize) -> String| {
        let mut labels = String::from("  ");
        for (index, column) in columns.iter().enumerate() {
            let column = column + 2;
            labels.push_str(&" ".repeat(column.saturating_sub(labels.width())));
            labels.push_str(&text(index));
        }
        labels
    };
    let name = |index: usize| {
        line.marks
            .get(index)
            .map_or("", |mark| mark.name)
            .to_owned()
    };
    let words = |index: usize| {
        line.marks
            .get(index)
            .map_or("", |mark| &mark.words)
            .to_owned()
    };
    vec![labels(&name), format!("  {bar}"), labels(&words)]
}

#[cfg(test)]
mod tests {
    use super::{chain, elided, time_line};
    use crate::picture::{Chain, Joint, Link, Mark, TimeLine};

    fn broken(value: &str) -> Chain {
        let link = |name, value: &str| Link {
            name,
            value: value.to_owned(),
            audience: Some("\"convex\"".to_owned()),
        };
        Chain {
            links: vec![
                link("Clerk instance", "cool-ocelot-25"),
                link("token", value),
                link("auth.config", "cool-ocelot-25"),
                link("deployment", "happy-animal-123"),
            ],
            joints: vec![
                Joint::Holds,
                Joint::Broken("issuer-mismatch"),
                Joint::Unknown,
            ],
        }
    }

    #[test]
    fn the_chain_stands_in_a_row_or_a_column() {
        assert_eq!(
            chain(&broken("brave-lemur-7"), 80, false),
            [
                "  Clerk instance     token             auth.config        deployment",
                "  cool-ocelot-25 ─── brave-lemur-7 ─✗─ cool-ocelot-25 ─?─ happy-animal-123",
            ]
        );
        assert_eq!(
            chain(&broken("brave-lemur-7"), 40, true),
            [
                "  Clerk instance  cool-ocelot-25",
                "  |",
                "  token           brave-lemur-7",
                "  X issuer-mismatch",
                "  auth.config     cool-ocelot-25",
                "  ? not looked at",
                "  deployment      happy-animal-123",
            ]
        );
    }

    #[test]
    fn every_line_fits_and_hides_nothing() {
        for value in [
            "clerk.a-very-long-host-name.of.some.example.com",
            "אבג\u{202e}x",
            "",
            "日本語日本語日本語日本語",
        ] {
            for width in [40, 67, 68, 80, 200] {
                for ascii in [false, true] {
                    for line in chain(&broken(value), width, ascii) {
                        let columns = unicode_width::UnicodeWidthStr::width(line.as_str());
                        assert!(
                            columns <= width && !line.contains('\u{202e}'),
                            "{width}: {line}"
                        );
                    }
                }
            }
        }
        assert_eq!(elided("abcdefgh", 5), "ab~gh");
    }

    #[test]
    fn the_time_line_fits_and_names_each_mark() {
        let mark = |name, at: f64| Mark {
            name,
            at,
            words: format!("+{at} s"),
        };
        let line = TimeLine {
            marks: vec![
                mark("nbf", 0.0),
                mark("iat", 5.0),
                mark("exp", 65.0),
                mark("now", 300.0),
            ],
        };
        for width in [40, 80, 200] {
            let lines = time_line(&line, width, true);
            assert!(lines.iter().all(|line| line.len() <= width), "{lines:?}");
            for name in ["nbf", "iat", "exp", "now"] {
                let at = lines[0].find(name).unwrap();
                assert!(b"|@".contains(&lines[1].as_bytes()[at]), "{lines:?}");
            }
        }
    }
}
