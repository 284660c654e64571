//! Names of what a token stood in, and of what was undone to read it.

use super::aim::Aim;

/// In what a token stood.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Carrier {
    /// Alone, or in prose.
    Bare,
    /// An `Authorization` header, of whatever tool wrote it down.
    AuthorizationHeader,
    /// Another header, by its name in small letters.
    Header(String),
    /// A cookie that is sent, by its name.
    Cookie(String),
    /// A cookie that is set, by its name.
    SetCookie(String),
    /// JSON, by its JSON Pointer.
    Json(String),
    /// A literal of JavaScript.
    Javascript,
    /// An `Authenticate` message of Convex's WebSocket.
    ConvexWebsocket,
    /// A URL.
    Url,
    /// The body of a form.
    Form,
    /// An assignment of an env file or a shell.
    Env,
    /// YAML.
    Yaml,
    /// TOML.
    Toml,
    /// A line of a diff.
    Diff,
    /// Code in Markdown.
    Markdown,
    /// A terminal, with its prompts.
    Shell,
    /// What a console printed.
    Console,
    /// A line with other words in it.
    Log,
}

impl Carrier {
    /// The name in reports.
    pub fn name(&self) -> String {
        let fixed = match self {
            Self::Header(name) => return format!("header:{name}"),
            Self::Cookie(name) => return format!("cookie:{name}"),
            Self::SetCookie(name) => return format!("set-cookie:{name}"),
            Self::Json(pointer) => return format!("json:{pointer}"),
            Self::Bare => "bare",
            Self::AuthorizationHeader => "authorization-header",
            Self::Javascript => "javascript",
            Self::ConvexWebsocket => "convex-websocket",
            Self::Url => "url",
            Self::Form => "form",
            Self::Env => "env",
            Self::Yaml => "yaml",
            Self::Toml => "toml",
            Self::Diff => "diff",
            Self::Markdown => "markdown",
            Self::Shell => "shell",
            Self::Console => "console",
            Self::Log => "log",
        };
        fixed.to_owned()
    }

    /// How surely it is the token that Convex gets: the smallest is the best. A cookie of the instance asked for is the best cookie.
    pub(super) fn rank(&self, aim: Aim, suffix: Option<&str>) -> u8 {
        match (self, aim) {
            (Self::AuthorizationHeader, Aim::Convex) => 0,
            (Self::AuthorizationHeader, Aim::Unknown) => 1,
            (Self::ConvexWebsocket, _) => 2,
            (_, Aim::Convex) => 3,
            (Self::Json(pointer), _) if is_token_field(pointer) => 4,
            (Self::AuthorizationHeader, Aim::Elsewhere) => 5,
            (Self::Cookie(name) | Self::SetCookie(name), _) => {
                match name.strip_prefix("__session_") {
                    Some(own) if suffix == Some(own) => 6,
                    Some(_) => 7,
                    None if name == "__session" => 8,
                    None => 10,
                }
            }
            _ => 9,
        }
    }
}

pub(super) fn is_token_field(pointer: &str) -> bool {
    let key = pointer.rsplit('/').next().unwrap_or_default();
    matches!(
        key.to_ascii_lowercase().replace(['_', '-'], "").as_str(),
        "jwt" | "token" | "accesstoken" | "idtoken" | "sessiontoken" | "convextoken" | "authtoken"
    )
}

/// What was undone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Repair {
    /// The scheme `Bearer`.
    Bearer,
    /// The scheme, twice.
    BearerDoubled,
    /// Quotes around it.
    Quotes,
    /// Brackets, commas and full stops around it.
    Punctuation,
    /// Letters directly before it.
    Glued,
    /// Breaks of lines, with what stood at their ends and beginnings.
    Wrapping,
    /// Blanks inside.
    Blanks,
    /// Header, claims and signature each for itself.
    Parts,
    /// Soft line ends of mail, and `=XX`.
    QuotedPrintable,
    /// Tags of HTML inside.
    HtmlTags,
    /// Full-width letters and dots.
    FullWidth,
    /// Dashes of a word processor, written back as `-`.
    Dashes,
    /// The standard base64 alphabet, `+/` for `-_`.
    Base64Alphabet,
    /// `=` at the end of a part.
    Padding,
    /// Percent-encoding.
    PercentEncoding,
    /// Percent-encoding of percent-encoding.
    PercentEncodingTwice,
    /// Escapes of JSON or JavaScript.
    JsonEscapes,
    /// Backslashes of Markdown.
    MarkdownEscapes,
    /// Character references of HTML.
    HtmlEntities,
    /// Base64 of the whole.
    Base64,
    /// UTF-16.
    Utf16,
    /// A byte order mark.
    Bom,
    /// NUL bytes.
    Nul,
    /// Escape sequences of a terminal.
    Ansi,
    /// Marks without a width.
    ZeroWidth,
}

impl Repair {
    /// What it hides, if it was not the copying that made it necessary.
    pub(super) fn as_sent(self) -> Option<&'static str> {
        match self {
            Self::Base64Alphabet => Some(
                "The token holds `+` or `/`, as standard base64 does: if the client sends it so, Convex refuses it.",
            ),
            Self::Padding => Some(
                "A part of the token ends with `=`: if the client sends it so, Convex refuses it.",
            ),
            _ => None,
        }
    }

    /// The name in reports.
    pub fn name(self) -> &'static str {
        match self {
            Self::Bearer => "bearer",
            Self::BearerDoubled => "bearer-doubled",
            Self::Quotes => "quotes",
            Self::Punctuation => "punctuation",
            Self::Glued => "glued",
            Self::Wrapping => "wrapping",
            Self::Blanks => "blanks",
            Self::Parts => "parts",
            Self::QuotedPrintable => "quoted-printable",
            Self::HtmlTags => "html-tags",
            Self::FullWidth => "full-width",
            Self::Dashes => "dashes",
            Self::Base64Alphabet => "base64-alphabet",
            Self::Padding => "padding",
            Self::PercentEncoding => "percent-encoding",
            Self::PercentEncodingTwice => "percent-encoding-twice",
            Self::JsonEscapes => "json-escapes",
            Self::MarkdownEscapes => "markdown-escapes",
            Self::HtmlEntities => "html-entities",
            Self::Base64 => "base64",
            Self::Utf16 => "utf-16",
            Self::Bom => "bom",
            Self::Nul => "nul",
            Self::Ansi => "ansi",
            Self::ZeroWidth => "zero-width",
        }
    }
}
