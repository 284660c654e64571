//! The one room that asks the network: every URL at the same time, hop by hop, under the policy of what is asked and what never is.
#![expect(
    clippy::disallowed_methods,
    reason = "the moment of an answer is part of the answer"
)]

pub mod api;
mod classify;
mod guard;
mod names;
mod roots;
pub mod socket;

use std::collections::BTreeMap;
use std::fmt;
use std::net::IpAddr;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use reqwest::header::{
    ACCEPT, AGE, CONTENT_ENCODING, CONTENT_TYPE, DATE, HeaderMap, HeaderName, LOCATION,
};
use reqwest::{Client, Proxy};
use tokio::task::JoinSet;
use tokio::time::{Instant, timeout_at};
use url::Url;

pub use self::guard::{forbidden, is_loopback_host, may_fetch};
use self::names::{GuardedResolver, SharedNames};
use self::roots::Roots;
use crate::answer::{Answer, Answers, Fault, MAX_REDIRECTS, Response};

/// The largest body that is read.
pub const MAX_BODY: usize = 1024 * 1024;

/// One URL to ask.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FetchRequest {
    /// What to ask.
    pub url: Url,
    /// The `Accept` header.
    pub accept: &'static str,
}

impl FetchRequest {
    /// Asks for JSON, as Convex does.
    pub fn json(url: Url) -> Self {
        Self {
            url,
            accept: "application/json",
        }
    }
}

/// Which way the requests leave this machine. Loopback and `--resolve` hosts are asked directly in any case.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Egress {
    /// Through the proxy of the environment or the system, if there is one.
    #[default]
    System,
    /// Never through a proxy.
    Direct,
    /// Through this proxy.
    Proxy(String),
}

/// Names a host's address by hand, as curl's option does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Resolve {
    /// The host name.
    pub host: String,
    /// The port of the URLs it is for.
    pub port: u16,
    /// Where to connect.
    pub addr: IpAddr,
}

/// What the environment says about certificates, as the caller gathered it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Environment {
    /// `SSL_CERT_FILE`.
    pub ssl_cert_file: Option<PathBuf>,
    /// Whether `SSL_CERT_DIR` is set. The TLS library reads it itself.
    pub ssl_cert_dir_is_set: bool,
    /// `NODE_EXTRA_CA_CERTS`.
    pub node_extra_ca_certs: Option<PathBuf>,
}

/// What may be asked, and how.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Policy {
    /// The time for everything together.
    pub timeout: Duration,
    /// Files with certificates to trust besides the system's.
    pub cacert: Vec<PathBuf>,
    /// Hosts whose address is given.
    pub resolve: Vec<Resolve>,
    /// Loopback hosts that the user configured as an issuer. A host that is not loopback gains nothing here.
    pub loopback_hosts: Vec<String>,
    /// More certificates.
    pub environment: Environment,
    /// The way out.
    pub egress: Egress,
}

impl Default for Policy {
    fn default() -> Self {
        Self {
            timeout: Duration::from_secs(10),
            cacert: Vec::new(),
            resolve: Vec::new(),
            loopback_hosts: Vec::new(),
            environment: Environment::default(),
            egress: Egress::System,
        }
    }
}

impl Policy {
    fn pin(&self, url: &Url) -> Option<&Resolve> {
        let (host, port) = (url.host_str()?, url.port_or_known_default()?);
        self.resolve
            .iter()
            .find(|pin| pin.port == port && pin.host.eq_ignore_ascii_case(host))
    }
}

/// A server's clock beside ours, from an answer that no cache kept.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ClockSample {
    /// The `Date` header, in seconds since the epoch.
    pub date_header: i64,
    /// When its headers arrived, by our clock, in seconds since the epoch.
    pub received_at: f64,
    /// How long the answer took, connection included.
    pub round_trip: Duration,
}

/// What came of it all.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Fetched {
    /// Each hop under its own URL.
    pub answers: Answers,
    /// The first server's clock that was seen, in the order of the requests.
    pub clock: Option<ClockSample>,
    /// How long each hop took, by URL.
    pub timings: BTreeMap<String, Duration>,
    /// What was named and gave nothing, like a variable whose file holds no certificate.
    pub warnings: Vec<String>,
}

/// Nothing could be asked at all.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FetchSetupError {
    /// A file of `--cacert` cannot be used.
    Certificate {
        /// The file.
        path: PathBuf,
        /// Why not.
        why: String,
    },
    /// The proxy is not one.
    Proxy(String),
    /// The TLS client cannot be built, mostly as the system has no roots.
    Client(String),
    /// The system gave no means to wait for the network.
    Runtime(String),
}

impl fmt::Display for FetchSetupError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Certificate { path, why } => write!(
                formatter,
                "cannot use the certificates in {}: {why}",
                path.display()
            ),
            Self::Proxy(why) => write!(formatter, "cannot use the proxy: {why}"),
            Self::Client(why) => write!(formatter, "cannot set up TLS: {why}"),
            Self::Runtime(why) => write!(formatter, "cannot start the network runtime: {why}"),
        }
    }
}

impl std::error::Error for FetchSetupError {}

/// Asks every URL at the same time and follows their redirects. Ends within the policy's time; what did not answer by then is a fault.
pub fn fetch(requests: &[FetchRequest], policy: &Policy) -> Result<Fetched, FetchSetupError> {
    if requests.is_empty() {
        return Ok(Fetched::default());
    }
    if requests
        .iter()
        .any(|request| request.url.scheme() == "https")
    {
        warm_up();
    }
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| FetchSetupError::Runtime(error.to_string()))?;
    let result = runtime.block_on(fetch_all(requests, policy));
    // A lookup that hangs in the system's resolver must not hold us.
    runtime.shutdown_background();
    result
}

/// Opens the crypto library's random generator while names are resolved and connections made: its first use can take 20 ms.
fn warm_up() {
    let _ = std::thread::Builder::new().spawn(|| {
        let _ = aws_lc_rs::rand::fill(&mut [0; 1]);
    });
}

async fn fetch_all(requests: &[FetchRequest], policy: &Policy) -> Result<Fetched, FetchSetupError> {
    let room = Arc::new(Room::new(policy));
    let mut tasks = JoinSet::new();
    for (index, request) in requests.iter().enumerate() {
        let (room, request) = (Arc::clone(&room), request.clone());
        tasks.spawn(async move { (index, room.chain(request).await) });
    }
    let mut chains = BTreeMap::new();
    while let Some(joined) = tasks.join_next().await {
        let (index, chain) = joined.map_err(|error| FetchSetupError::Runtime(error.to_string()))?;
        chains.insert(index, chain?);
    }
    let mut fetched = Fetched {
        warnings: room.warnings(),
        ..Fetched::default()
    };
    for hop in chains.into_values().flatten() {
        fetched.clock = fetched.clock.or(hop.clock);
        fetched.timings.insert(hop.url.clone(), hop.took);
        fetched.answers.insert(hop.url, hop.answer);
    }
    Ok(fetched)
}

/// One hop, as it is recorded.
struct Hop {
    url: String,
    answer: Answer,
    clock: Option<ClockSample>,
    took: Duration,
}

/// A response, with what is not kept of it.
struct Received {
    response: Response,
    headers: HeaderMap,
    /// When its headers arrived.
    at: SystemTime,
    /// How long they took, connection included.
    round_trip: Duration,
}

/// The client that a URL goes through.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Route {
    /// Plain HTTP on loopback: needs neither roots nor proxy.
    Plain,
    /// HTTPS on a configured loopback host: never through a proxy.
    Loopback,
    /// The `--resolve` entry of this number: never through a proxy, which would resolve by itself.
    Pinned(usize),
    /// All others.
    Open,
}

struct Room {
    policy: Policy,
    deadline: Instant,
    names: SharedNames,
    clients: Mutex<BTreeMap<Route, Client>>,
    /// Read once, and only when TLS is needed.
    roots: OnceLock<Result<Roots, FetchSetupError>>,
}

impl Room {
    fn new(policy: &Policy) -> Self {
        // A time without end must not overflow the clock.
        let timeout = policy.timeout.min(Duration::from_hours(24));
        Self {
            policy: Policy {
                timeout,
                ..policy.clone()
            },
            deadline: Instant::now() + timeout,
            names: SharedNames::default(),
            clients: Mutex::new(BTreeMap::new()),
            roots: OnceLock::new(),
        }
    }

    fn roots(&self) -> Result<&Roots, FetchSetupError> {
        self.roots
            .get_or_init(|| roots::extra(&self.policy))
            .as_ref()
            .map_err(Clone::clone)
    }

    fn warnings(&self) -> Vec<String> {
        match self.roots.get() {
            Some(Ok(roots)) => roots.warnings.clone(),
            Some(Err(_)) | None => Vec::new(),
        }
    }

    /// The URL and its redirects, one after the other.
    async fn chain(&self, request: FetchRequest) -> Result<Vec<Hop>, FetchSetupError> {
        let mut hops = Vec::new();
        let mut url = request.url;
        let mut permitted = may_fetch(&url, &self.policy);
        for redirects in 0.. {
            if permitted.is_ok() && redirects > MAX_REDIRECTS {
                // The URL may have answered before, in a circle: that answer stays.
                if !hops.iter().any(|hop: &Hop| hop.url == url.as_str()) {
                    let fault = Fault::Protocol(format!("more than {MAX_REDIRECTS} redirects"));
                    hops.push(Hop::unasked(&url, fault));
                }
                break;
            }
            if let Err(why) = permitted {
                hops.push(Hop::unasked(&url, Fault::Forbidden(why)));
                break;
            }
            let hop = self.hop(&url, request.accept).await?;
            let next = match &hop.answer {
                Answer::Response(response) => response
                    .redirects_to(url.as_str())
                    .and_then(|next| Url::parse(&next).ok()),
                Answer::Fault(_) => None,
            };
            hops.push(hop);
            let Some(next) = next else { break };
            permitted = guard::may_redirect(&url, &next, &self.policy);
            url = next;
        }
        Ok(hops)
    }

    async fn hop(&self, url: &Url, accept: &'static str) -> Result<Hop, FetchSetupError> {
        let client = self.client(url)?;
        let started = Instant::now();
        let mut clock = None;
        let answer = match self.ask(&client, url, accept, &mut clock).await {
            Ok(response) => Answer::Response(response),
            Err(fault) => Answer::Fault(fault),
        };
        Ok(Hop {
            url: url.to_string(),
            answer,
            clock,
            took: started.elapsed(),
        })
    }

    async fn ask(
        &self,
        client: &Client,
        url: &Url,
        accept: &'static str,
        clock: &mut Option<ClockSample>,
    ) -> Result<Response, Fault> {
        let host = url.host_str().unwrap_or_default();
        let request = client.get(url.clone()).header(ACCEPT, accept);
        let received = self.receive(request, host, self.deadline).await?;
        // A date that a cache kept says nothing about the clock.
        let fresh = text(&received.headers, &AGE).is_none_or(|age| age.trim() == "0");
        let date = received.response.date.filter(|_| fresh);
        *clock = date.and_then(|date_header| {
            Some(ClockSample {
                date_header,
                received_at: received.at.duration_since(UNIX_EPOCH).ok()?.as_secs_f64(),
                round_trip: received.round_trip,
            })
        });
        Ok(received.response)
    }

    /// Sends a request and reads its answer, under the caps, until the deadline.
    async fn receive(
        &self,
        request: reqwest::RequestBuilder,
        host: &str,
        deadline: Instant,
    ) -> Result<Received, Fault> {
        let started = Instant::now();
        let mut response = timeout_at(deadline, request.send())
            .await
            .map_err(|_| self.late(host, started))?
            .map_err(|error| classify::fault(&error, self.names.stage(host)))?;
        let (at, round_trip) = (SystemTime::now(), started.elapsed());
        let headers = response.headers().clone();
        let mut seen = Response {
            status: response.status().as_u16(),
            content_type: text(&headers, &CONTENT_TYPE),
            location: text(&headers, &LOCATION),
            date: text(&headers, &DATE).as_deref().and_then(http_date),
            body: Vec::new(),
        };
        if seen.status == 407 {
            return Err(Fault::Unreachable(
                "407: a proxy on the way wants a login".to_owned(),
            ));
        }
        if let Some(coding) = text(&headers, &CONTENT_ENCODING)
            && !coding.trim().eq_ignore_ascii_case("identity")
        {
            return Err(Fault::Protocol(
                "the body is compressed, which was not asked for".to_owned(),
            ));
        }
        if response
            .content_length()
            .is_some_and(|length| length > MAX_BODY as u64)
        {
            return Err(Fault::TooLarge);
        }
        loop {
            let chunk = timeout_at(deadline, response.chunk())
                .await
                .map_err(|_| Fault::TimedOut("reading the body".to_owned()))?
                .map_err(|error| classify::fault(&error, "reading the body"))?;
            let Some(chunk) = chunk else { break };
            if seen.body.len() + chunk.len() > MAX_BODY {
                return Err(Fault::TooLarge);
            }
            seen.body.extend_from_slice(&chunk);
        }
        Ok(Received {
            response: seen,
            headers,
            at,
            round_trip,
        })
    }

    /// The time for connecting to one server.
    fn connect_timeout(&self) -> Duration {
        self.policy.timeout / 2
    }

    /// The fault when all time is over before an answer came.
    fn late(&self, host: &str, started: Instant) -> Fault {
        let stage = self.names.stage(host);
        let words = if stage.starts_with("looking up") {
            stage
        } else if started.elapsed() < self.connect_timeout() {
            // A late hop: nothing says whether its connection was ready.
            "connecting, or waiting for the answer"
        } else {
            "waiting for the answer"
        };
        Fault::TimedOut(words.to_owned())
    }

    fn route(&self, url: &Url) -> Route {
        let pin = self.policy.pin(url);
        if let Some(index) = self
            .policy
            .resolve
            .iter()
            .position(|entry| Some(entry) == pin)
        {
            Route::Pinned(index)
        } else if url.scheme() == "http" {
            Route::Plain
        } else if guard::is_configured_loopback(url, &self.policy) {
            Route::Loopback
        } else {
            Route::Open
        }
    }

    fn client(&self, url: &Url) -> Result<Client, FetchSetupError> {
        if let Some(host) = url.host_str() {
            self.names.target(host);
        }
        let route = self.route(url);
        let mut clients = self.clients.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(client) = clients.get(&route) {
            return Ok(client.clone());
        }
        let client = self.build(route)?;
        clients.insert(route, client.clone());
        Ok(client)
    }

    fn build(&self, route: Route) -> Result<Client, FetchSetupError> {
        let pinned = match route {
            Route::Pinned(index) => self.policy.resolve.get(index).map(|pin| pin.addr),
            Route::Plain | Route::Loopback | Route::Open => None,
        };
        let loopback = match route {
            Route::Plain | Route::Loopback => true,
            Route::Pinned(_) => pinned.is_some_and(|address| address.to_canonical().is_loopback()),
            Route::Open => false,
        };
        let resolver = GuardedResolver {
            names: self.names.clone(),
            loopback,
            pinned,
        };
        let mut builder = Client::builder()
            .user_agent(concat!("clerkcheck/", env!("CARGO_PKG_VERSION")))
            .redirect(reqwest::redirect::Policy::none())
            .referer(false)
            .connect_timeout(self.connect_timeout())
            .http1_only()
            .dns_resolver(resolver);
        builder = match route {
            Route::Plain => builder.tls_certs_only([]),
            Route::Loopback | Route::Pinned(_) | Route::Open => {
                builder.tls_certs_merge(self.roots()?.certificates.iter().cloned())
            }
        };
        builder = match (route, &self.policy.egress) {
            (Route::Open, Egress::System) => builder,
            (Route::Open, Egress::Proxy(proxy)) => {
                let proxy = Proxy::all(proxy)
                    .map_err(|error| FetchSetupError::Proxy(root_cause(&error)))?;
                builder.no_proxy().proxy(proxy)
            }
            _ => builder.no_proxy(),
        };
        builder
            .build()
            .map_err(|error| FetchSetupError::Client(classify::no_client(root_cause(&error))))
    }
}

impl Hop {
    fn unasked(url: &Url, fault: Fault) -> Self {
        Self {
            url: url.to_string(),
            answer: Answer::Fault(fault),
            clock: None,
            took: Duration::ZERO,
        }
    }
}

/// The innermost cause: the outer ones can show URLs with credentials.
fn root_cause(error: &reqwest::Error) -> String {
    let mut cause: &dyn std::error::Error = error;
    while let Some(inner) = cause.source() {
        cause = inner;
    }
    cause.to_string()
}

fn text(headers: &HeaderMap, name: &HeaderName) -> Option<String> {
    headers
        .get(name)
        .map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned())
}

fn http_date(text: &str) -> Option<i64> {
    let date = jiff::fmt::rfc2822::DateTimeParser::new()
        .parse_timestamp(text.trim())
        .ok()?;
    Some(date.as_second())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_of_http() {
        assert_eq!(
            http_date("Sun, 06 Nov 1994 08:49:37 GMT"),
            Some(784_111_777)
        );
        assert_eq!(http_date("yesterday"), None);
    }

    #[test]
    fn nothing_asked_is_nothing_built() {
        let policy = Policy {
            cacert: vec!["/nonexistent".into()],
            ..Policy::default()
        };
        assert_eq!(fetch(&[], &policy), Ok(Fetched::default()));
    }
}
