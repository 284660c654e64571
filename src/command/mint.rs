//! `clerkcheck template --mint`: makes a token of the template in a development instance, checks it at once, and takes back what it made.

use super::template::{Access, stopped};
use super::{check, fail};
use crate::cli::{CheckArgs, NetworkArgs, TemplateArgs};
use crate::escape::shorten;
use crate::facts::Facts;
use crate::gather::{self, clerk_api::Clerk};
use crate::paste;
use crate::render::Style;
use std::io::{self, Write};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// Mints, checks, revokes.
#[expect(clippy::too_many_arguments, reason = "what a command works with")]
pub(super) fn run(
    args: &TemplateArgs,
    who: &str,
    facts: &Facts,
    access: &Access,
    clerk: &mut Clerk,
    style: Style,
    out: &mut dyn Write,
    err: &mut dyn Write,
) -> io::Result<u8> {
    let instance = facts
        .world
        .templates
        .as_ref()
        .and_then(|templates| templates.instance.as_ref());
    let environment = instance
        .and_then(|instance| instance.environment.as_deref())
        .unwrap_or("unknown");
    if !access.secret.is_test || environment != "development" {
        return fail(
            err,
            &format!(
                "--mint makes sessions and tokens only in a development instance; {} is of a {environment} one",
                access.secret.source
            ),
        );
    }
    if !(who.starts_with("user_") || who.starts_with("sess_")) {
        return fail(
            err,
            "--mint: name a user (user_…) or a session (sess_…) of the instance",
        );
    }
    // While a session is being made the lock is held: an interrupt waits for its id, and takes it back.
    let made: Arc<Mutex<Option<String>>> = Arc::default();
    let session = if who.starts_with("user_") {
        writeln!(
            err,
            "clerkcheck: creates a session for {} at {}, makes a token of the template `{}` in it, checks the token, and revokes the session",
            shorten(who),
            clerk.host(),
            args.name
        )?;
        let mut other = match Clerk::new(&access.base, &access.secret, &args.network, facts) {
            Ok(other) => other,
            Err(sentence) => return fail(err, &sentence),
        };
        let left = Arc::clone(&made);
        crate::interrupt::at_exit(move || {
            if let Some(id) = left.lock().unwrap_or_else(PoisonError::into_inner).take() {
                let _ = other.revoke(&id, &mut io::sink());
            }
        });
        let mut lock = made.lock().unwrap_or_else(PoisonError::into_inner);
        match clerk.create_session(who, err) {
            Ok(id) => {
                *lock = Some(id.clone());
                id
            }
            Err(trouble) => {
                drop(lock);
                let note = if trouble.is_uncertain() {
                    "A session may have been made all the same. Look in the dashboard, under the user, and revoke it there."
                } else {
                    "No session was made."
                };
                return stopped(&trouble, clerk, Some(note.to_owned()), style, out);
            }
        }
    } else {
        writeln!(
            err,
            "clerkcheck: makes a token of the template `{}` in the session {} at {}, and checks it",
            args.name,
            shorten(who),
            clerk.host()
        )?;
        who.to_owned()
    };
    let result = match clerk.mint(&session, &args.name, err) {
        Err(trouble) => stopped(&trouble, clerk, None, style, out),
        Ok(token) => {
            let left = gather::left(&args.network, facts);
            checked(args, token.expose(), left, style, out, err)
        }
    };
    let id = made.lock().unwrap_or_else(PoisonError::into_inner).take();
    if let Some(id) = id
        && let Err(trouble) = clerk.revoke(&id, err)
    {
        let words = crate::escape::visible(&trouble.words());
        writeln!(
            err,
            "clerkcheck: the session {} could not be revoked: {words}. Revoke it in the dashboard, under the user.",
            crate::escape::visible(&id)
        )?;
    }
    result
}

/// The check of the minted token, as if it had been pasted, in the time that is left.
fn checked(
    args: &TemplateArgs,
    token: &str,
    left: Duration,
    style: Style,
    out: &mut dyn Write,
    err: &mut dyn Write,
) -> io::Result<u8> {
    let check = CheckArgs {
        configuration: args.configuration.clone(),
        network: NetworkArgs {
            timeout: left.as_secs_f64(),
            ..args.network.clone()
        },
        report: args.report.clone(),
        ..CheckArgs::default()
    };
    let scope = match super::scope("check", &check::STEPS, &check.report) {
        Ok(scope) => scope,
        Err(sentence) => return fail(err, &sentence),
    };
    let mut paste = paste::read(token.as_bytes());
    match check::judge(&check, Some(&mut paste), &scope, style, out, err)? {
        Ok(judged) => Ok(judged.exit),
        Err(sentence) => fail(err, &sentence),
    }
}
