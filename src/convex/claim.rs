//! The claims that Convex reads into a type (facts A1 step 1, A2), told apart once by their names.

/// A claim that has a fixed type.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Claim {
    Issuer,
    Subject,
    Audience,
    Expires,
    NotBefore,
    IssuedAt,
    JwtId,
    Name,
    GivenName,
    FamilyName,
    MiddleName,
    Nickname,
    Profile,
    Picture,
    Website,
    PreferredUsername,
    Email,
    EmailVerified,
    Gender,
    Birthday,
    Birthdate,
    Zoneinfo,
    Locale,
    PhoneNumber,
    PhoneNumberVerified,
    Address,
    UpdatedAt,
    AuthTime,
    Nonce,
    Acr,
    Amr,
    Azp,
    AtHash,
    CHash,
}

/// Of what a claim tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Class {
    /// One of those that are read first (RFC 7519, 4.1).
    Registered,
    /// The user (OpenID Connect Core, 5.1). A language tag may follow some names (5.2).
    User {
        /// Whether one may.
        localised: bool,
    },
    /// The token itself (OpenID Connect Core, 2).
    Token,
}

/// How Convex types a claim about the user or the token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Type {
    Text,
    Flag,
    Texts,
    Time,
    Address,
}

/// What follows a claim's name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Tag {
    /// Nothing.
    None,
    /// A number sign, and nothing behind it: for the user's claims it is no language tag.
    Empty,
    /// A language tag.
    Language,
}

impl Claim {
    /// The claim that a member's name stands for, and its language tag.
    pub(super) fn of(name: &str) -> (Option<Self>, Tag) {
        let exact = Self::named(name);
        // Names are short: a plain loop is quicker than a search.
        if exact.is_some() || !name.bytes().any(|byte| byte == b'#') {
            return (exact, Tag::None);
        }
        match name.split_once('#') {
            Some((base, "")) => (Self::named(base), Tag::Empty),
            Some((base, _)) => (Self::named(base), Tag::Language),
            None => (None, Tag::None),
        }
    }

    fn named(name: &str) -> Option<Self> {
        Some(match name {
            "iss" => Self::Issuer,
            "sub" => Self::Subject,
            "aud" => Self::Audience,
            "exp" => Self::Expires,
            "nbf" => Self::NotBefore,
            "iat" => Self::IssuedAt,
            "jti" => Self::JwtId,
            "name" => Self::Name,
            "given_name" => Self::GivenName,
            "family_name" => Self::FamilyName,
            "middle_name" => Self::MiddleName,
            "nickname" => Self::Nickname,
            "profile" => Self::Profile,
            "picture" => Self::Picture,
            "website" => Self::Website,
            "preferred_username" => Self::PreferredUsername,
            "email" => Self::Email,
            "email_verified" => Self::EmailVerified,
            "gender" => Self::Gender,
            "birthday" => Self::Birthday,
            "birthdate" => Self::Birthdate,
            "zoneinfo" => Self::Zoneinfo,
            "locale" => Self::Locale,
            "phone_number" => Self::PhoneNumber,
            "phone_number_verified" => Self::PhoneNumberVerified,
            "address" => Self::Address,
            "updated_at" => Self::UpdatedAt,
            "auth_time" => Self::AuthTime,
            "nonce" => Self::Nonce,
            "acr" => Self::Acr,
            "amr" => Self::Amr,
            "azp" => Self::Azp,
            "at_hash" => Self::AtHash,
            "c_hash" => Self::CHash,
            _ => return None,
        })
    }

    /// Of what it tells.
    pub(super) fn class(self) -> Class {
        match self {
            Self::Issuer
            | Self::Subject
            | Self::Audience
            | Self::Expires
            | Self::NotBefore
            | Self::IssuedAt
            | Self::JwtId => Class::Registered,
            Self::AuthTime
            | Self::Nonce
            | Self::Acr
            | Self::Amr
            | Self::Azp
            | Self::AtHash
            | Self::CHash => Class::Token,
            Self::Name
            | Self::GivenName
            | Self::FamilyName
            | Self::MiddleName
            | Self::Nickname
            | Self::Profile
            | Self::Picture
            | Self::Website => Class::User { localised: true },
            _ => Class::User { localised: false },
        }
    }

    /// The type of a claim about the user or the token.
    pub(super) fn wanted(self) -> Type {
        match self {
            Self::EmailVerified | Self::PhoneNumberVerified => Type::Flag,
            Self::Address => Type::Address,
            Self::UpdatedAt | Self::AuthTime => Type::Time,
            Self::Amr => Type::Texts,
            _ => Type::Text,
        }
    }
}

/// Claims, each there or not.
#[derive(Debug, Default, Clone, Copy)]
pub(super) struct Set(u64);

impl Set {
    /// Puts a claim in; whether it was there.
    pub(super) fn put(&mut self, claim: Claim) -> bool {
        let bit = 1 << claim as u32;
        let was_there = self.0 & bit != 0;
        self.0 |= bit;
        was_there
    }
}
