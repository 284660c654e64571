//! A Convex deployment, asked: its variables and providers with a key, its answer to a token without one.

use super::api::{Owner, Trouble};
use super::{Spinner, policy_for};
use crate::answer::Answer;
use crate::auth_config::Reach;
use crate::censor::Censor;
use crate::cli::{DeploymentArgs, NetworkArgs};
use crate::deployment::{self, Access, Deployment, Probe, ProbeAnswer, Target};
use crate::facts::{Facts, World};
use crate::fetch::api::{Api, Call, Verb};
use crate::fetch::socket::{Conversation, Ended};
use crate::fetch::{ClockSample, may_fetch};
use crate::report::Detail;
use crate::secret::Secret;
use serde_json::{Value, json};
use std::io::Write;

/// The client that the sync protocol is spoken as: its path names a version of it.
const SYNC: &str = "api/1.45.0/sync";

/// The world with what the deployment says of itself, where that is asked for.
pub fn look(
    world: World,
    args: &DeploymentArgs,
    network: &NetworkArgs,
    err: &mut dyn Write,
) -> Result<(World, Vec<Detail>), String> {
    if !args.deployment {
        return Ok((world, Vec::new()));
    }
    if network.offline {
        return Err("--deployment asks the deployment, --offline asks nobody".to_owned());
    }
    let access = deployment::access(world.project.as_ref(), args.url.as_deref())?;
    ask(world, &access, network, err)
}

fn ask(
    mut world: World,
    access: &Access,
    network: &NetworkArgs,
    err: &mut dyn Write,
) -> Result<(World, Vec<Detail>), String> {
    crate::interrupt::install();
    let facts = Facts::unjudged(world.clone());
    let authorization = Secret::new(format!("Convex {}", access.key.expose()));
    let mut owner = Owner::new(&access.target.url, authorization, network, &facts)?;
    let words = |trouble: Trouble| match trouble.status() {
        Some(401 | 403) => format!("it refuses the key: {}", trouble.words()),
        _ => trouble.words(),
    };
    let wanted = wanted(&world);
    let variables = owner
        .call(Verb::Get, "api/v1/list_environment_variables", None, err)
        .map_err(&words)
        .and_then(|value| deployment::variables(&value, &wanted));
    let query = json!({"path": "_system/frontend/listAuthProviders", "args": {}, "format": "json"});
    let providers = owner
        .call(Verb::Post, "api/query", Some(query), err)
        .map_err(words)
        .and_then(|value| deployment::providers(&value));
    if let Some(ahead) = owner.ahead {
        world.saw_clock(ahead);
    }
    world.deployment = Some(Deployment {
        target: access.target.clone(),
        is_production: access.is_production,
        variables,
        providers,
    });
    Ok((world, owner.log))
}

/// The variables that auth.config reads: the only ones that are of interest.
fn wanted(world: &World) -> Vec<String> {
    let configs = world
        .project
        .iter()
        .flat_map(|project| &project.auth_configs);
    let mut names: Vec<String> = configs
        .flat_map(|config| &config.reads)
        .filter(|read| read.reach != Reach::Never)
        .map(|read| read.name.clone())
        .filter(|name| !deployment::BUILT_IN.contains(&name.as_str()))
        .collect();
    names.sort();
    names.dedup();
    names
}

/// What the deployment answers to the token, in the cheapest way: it authenticates, and runs no function. Beside it: by how many seconds the local clock is
/// ahead of the deployment's, where that was seen.
pub fn probe(
    target: &Target,
    token: &str,
    network: &NetworkArgs,
    facts: &Facts,
    err: &mut dyn Write,
) -> Result<(Probe, Option<f64>), String> {
    let api = open(target, network, facts)?;
    let call = Call {
        verb: Verb::Post,
        url: target
            .url
            .join("api/query_batch")
            .map_err(|error| error.to_string())?,
        authorization: Some(Secret::new(format!("Bearer {token}"))),
        headers: Vec::new(),
        body: Some(json!({"queries": []})),
        asks_for_secret: false,
    };
    let waiting = Spinner::start(target.url.host_str().unwrap_or_default(), err);
    let called = api.call(&call);
    waiting.stop(err);
    let called = called.map_err(|error| error.to_string())?;
    let answer = match called.answer {
        Answer::Response(response) => ProbeAnswer::read(response.status, &response.body),
        Answer::Fault(fault) => ProbeAnswer::Unknown(crate::view::fault_words(&fault)),
    };
    let probe = Probe {
        target: target.clone(),
        answer,
        by_socket: false,
        browser: None,
    };
    Ok((probe, called.clock.as_ref().map(ClockSample::offset)))
}

/// The same over the sync WebSocket, as a browser asks.
pub fn probe_by_socket(
    target: &Target,
    token: &str,
    network: &NetworkArgs,
    facts: &Facts,
    err: &mut dyn Write,
) -> Result<(Probe, Option<f64>), String> {
    let api = open(target, network, facts)?;
    let url = target.url.join(SYNC).map_err(|error| error.to_string())?;
    let connect = json!({"type": "Connect", "sessionId": crate::fetch::socket::session_id(), "connectionCount": 0,
        "lastCloseReason": null, "clientTs": 0});
    let authenticate =
        json!({"type": "Authenticate", "baseVersion": 0, "tokenType": "User", "value": token});
    let messages = [connect, authenticate].map(|message| Secret::new(message.to_string()));
    let waiting = Spinner::start(target.url.host_str().unwrap_or_default(), err);
    let censor = Censor {
        sent: &[token],
        spares_unknown: false,
    };
    let conversation = api.converse(&url, &messages, censor, &decides);
    waiting.stop(err);
    let (answer, browser) = match conversation.map_err(|error| error.to_string())? {
        Ok(conversation) => heard(&conversation),
        Err(fault) => (ProbeAnswer::Unknown(crate::view::fault_words(&fault)), None),
    };
    let probe = Probe {
        target: target.clone(),
        answer,
        by_socket: true,
        browser,
    };
    Ok((probe, None))
}

/// Whether anything is sent to the deployment at all.
pub fn may_ask(target: &Target, network: &NetworkArgs, facts: &Facts) -> Result<bool, String> {
    let policy = policy_for(network, facts, &target.url);
    Ok(may_fetch(&target.url, &policy).is_ok())
}

fn open(target: &Target, network: &NetworkArgs, facts: &Facts) -> Result<Api, String> {
    crate::interrupt::install();
    let policy = policy_for(network, facts, &target.url);
    Api::new(&policy).map_err(|error| error.to_string())
}

/// Whether a message says what became of the token.
fn decides(message: &Value) -> bool {
    match message["type"].as_str() {
        Some("AuthError" | "FatalError") => true,
        Some("Transition") => message["endVersion"]["identity"].as_u64() > Some(0),
        _ => false,
    }
}

/// What the conversation came to, and what the browser client makes of it (facts: Convex, B2).
fn heard(conversation: &Conversation) -> (ProbeAnswer, Option<String>) {
    let last = conversation
        .messages
        .iter()
        .find(|message| decides(message));
    match (last, &conversation.ended) {
        (Some(message), _) if message["type"] == "Transition" => (ProbeAnswer::Accepted, None),
        (Some(message), _) => {
            let error = message["error"].as_str().unwrap_or_default().to_owned();
            let browser =
                format!("Failed to authenticate: \"{error}\", check your server auth config");
            let answer = ProbeAnswer::Refused {
                code: None,
                message: error,
                http_status: None,
            };
            (answer, Some(browser))
        }
        (None, Ended::Closed(code, reason)) => {
            let named = ["AuthProviderDiscoveryFailed", "InternalServerError"]
                .iter()
                .find(|name| reason.contains(**name));
            let browser = "no error, and it reconnects for ever; the app stays at \"loading\"";
            match named {
                Some(name) => (
                    ProbeAnswer::Refused {
                        code: Some((*name).to_owned()),
                        message: format!("the socket was closed with code {code}: {reason}"),
                        http_status: None,
                    },
                    Some(browser.to_owned()),
                ),
                None => (
                    ProbeAnswer::Unknown(format!(
                        "the socket was closed with code {code} and the reason `{reason}`"
                    )),
                    Some(browser.to_owned()),
                ),
            }
        }
        (None, Ended::Silent) => (
            ProbeAnswer::Unknown("no answer to the token within the time".to_owned()),
            None,
        ),
        (None, Ended::Broken(why)) => (ProbeAnswer::Unknown(why.clone()), None),
    }
}
