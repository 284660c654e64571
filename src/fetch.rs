//! The one room that asks the network: every URL at the same time, hop by hop, under the policy of what is asked and what never is.
#![expect(
    clippy::disallowed_methods,
    reason = "the moment of an answer is part of the answer"
)]

pub mod api;
mod classify;
mod connection;
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
    ACCEPT, AGE, CONTENT_ENCODING, CONTENT_TYPE, DATE, HeaderMap, HeaderName, LOCATION, USER_AGENT,
};
use reqwest::{Client, Proxy};
use tokio::task::JoinSet;
use tokio::time::{Instant, timeout, timeout_at};
use tower::util::MapFutureLayer;
use url::Url;

use self::connection::Connecting;
pub use self::guard::{forbidden, is_loopback_host, may_fetch};
use self::names::{GuardedResolver, SharedNames};
use self::roots::Roots;
use crate::answer::{Answer, Answers, Fault, MAX_REDIRECTS, Response};

/// The largest body that is read.
pub const MAX_BODY: usize = 1024 * 1024;
/// The time for the body of an answer whose status says it all.
const PATIENCE: Duration = Duration::from_secs(1);
/// What Convex sends when it asks an issuer (facts A3): some firewalls look at it.
const ACCEPTED: &str = "application/json";
const AGENT: &str = "Convex/1.0";

/// One URL to ask, as Convex does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FetchRequest {
    /// What to ask.
    pub url: Url,
    /// Loopback origins that the user configured for the provider whose document this is.
    pub loopback: Vec<Origin>,
}

impl FetchRequest {
    /// Asks for a document of a provider that is not on loopback.
    pub fn json(url: Url) -> Self {
        Self {
            url,
            loopback: Vec::new(),
        }
    }
}

/// A host and a port.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Origin {
    /// The host, without brackets.
    pub host: String,
    /// The port.
    pub port: u16,
}

impl Origin {
    /// The origin of a URL, where it has a host.
    pub fn of(url: &Url) -> Option<Self> {
        let host = url.host_str()?;
        Some(Self {
            host: host
                .trim_start_matches('[')
                .trim_end_matches(']')
                .to_owned(),
            port: url.port_or_known_default()?,
        })
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

impl Resolve {
    /// Reads `HOST:PORT:ADDR`, of one host and one address; an IPv6 address may stand in brackets.
    pub fn parse(text: &str) -> Result<Self, String> {
        let read = || {
            let (host, rest) = text.split_once(':')?;
            let (port, address) = rest.split_once(':')?;
            let address = address.trim_start_matches('[').trim_end_matches(']');
            // curl's `*` and `+` stand for no one host.
            let is_host = !host.is_empty() && !host.contains(['*', '+']);
            is_host.then_some(())?;
            Some(Self {
                host: host.to_owned(),
                port: port.parse().ok()?,
                addr: address.parse().ok()?,
            })
        };
        read().ok_or_else(|| format!("`{text}` is not HOST:PORT:ADDR"))
    }
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
    /// Loopback origins that the user configured, for every request. One that is not on loopback gains nothing here.
    pub loopback: Vec<Origin>,
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
            loopback: Vec::new(),
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

impl ClockSample {
    /// By how many seconds our clock is ahead of the server's at least; behind, where it is negative. The server can have looked at its clock as early as
    /// the request left, and its seconds are whole ones: nearly one more may have passed.
    pub fn offset(&self) -> f64 {
        #[expect(clippy::cast_precision_loss, reason = "seconds since the epoch")]
        let most = self.received_at - self.date_header as f64;
        let least = most - self.round_trip.as_secs_f64() - 1.0;
        if most < 0.0 { most } else { least.max(0.0) }
    }
}

/// When the time for the network is over, for all requests of a run. It begins with the first of them: a person who is asked for a token takes none of it.
#[derive(Debug, Clone, Default)]
pub struct Deadline(Arc<OnceLock<Instant>>);

impl Deadline {
    /// The time that is left of the whole.
    pub fn left(&self, whole: Duration) -> Duration {
        let end = self.0.get_or_init(|| Instant::now() + whole);
        end.saturating_duration_since(Instant::now())
    }
}

/// What came of it all.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Fetched {
    /// Each hop under its own URL.
    pub answers: Answers,
    /// The server's clock that is nearest to ours: a clock is wrong only where every other one says so.
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
    let mut all = Fetched::default();
    if requests.is_empty() {
        return Ok(all);
    }
    let mut asking = Asking::new(policy)?;
    for request in requests {
        asking.ask(request.clone());
    }
    while let Some(arrived) = asking.next(None)? {
        all.extend(arrived.outcome?);
    }
    all.warnings = asking.warnings();
    Ok(all)
}

impl Fetched {
    /// Adds what came of more.
    pub fn extend(&mut self, more: Self) {
        for (url, answer) in more.answers.iter() {
            self.answers.insert(url, answer.clone());
        }
        self.timings.extend(more.timings);
        self.warnings.extend(more.warnings);
        self.clock = nearest(self.clock, more.clock);
    }
}

fn nearest(one: Option<ClockSample>, other: Option<ClockSample>) -> Option<ClockSample> {
    one.into_iter()
        .chain(other)
        .min_by(|a, b| a.offset().abs().total_cmp(&b.offset().abs()))
}

/// Requests under way: answers are taken as they arrive, and more can be asked for meanwhile. Its time begins when it is made.
pub struct Asking {
    room: Arc<Room>,
    runtime: Option<tokio::runtime::Runtime>,
    tasks: JoinSet<(Url, Result<Vec<Hop>, FetchSetupError>)>,
}

/// What one request came to.
#[derive(Debug)]
pub struct Arrived {
    /// The URL that was asked for.
    pub url: Url,
    /// Its answer and those of its redirects.
    pub outcome: Result<Fetched, FetchSetupError>,
}

/// One thread does all: requests wait for the network, not for each other.
fn runtime() -> Result<tokio::runtime::Runtime, FetchSetupError> {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| FetchSetupError::Runtime(error.to_string()))
}

impl Asking {
    /// Nothing is asked yet.
    pub fn new(policy: &Policy) -> Result<Self, FetchSetupError> {
        Ok(Self {
            room: Arc::new(Room::new(policy)),
            runtime: Some(runtime()?),
            tasks: JoinSet::new(),
        })
    }

    /// Asks for a URL, beside what is under way.
    pub fn ask(&mut self, request: FetchRequest) {
        let Some(runtime) = &self.runtime else {
            return;
        };
        if request.url.scheme() == "https" && self.tasks.is_empty() {
            warm_up();
        }
        let room = Arc::clone(&self.room);
        let task = async move {
            let url = request.url.clone();
            (url, room.chain(request).await)
        };
        self.tasks.spawn_on(task, runtime.handle());
    }

    /// The next request that comes to an end. `None`: none is under way, or none ended in this time.
    pub fn next(&mut self, patience: Option<Duration>) -> Result<Option<Arrived>, FetchSetupError> {
        let Some(runtime) = &self.runtime else {
            return Ok(None);
        };
        let tasks = &mut self.tasks;
        let joined = runtime.block_on(async {
            match patience {
                Some(patience) => timeout(patience, tasks.join_next()).await.ok().flatten(),
                None => tasks.join_next().await,
            }
        });
        let Some(joined) = joined else {
            return Ok(None);
        };
        let (url, hops) = joined.map_err(|error| FetchSetupError::Runtime(error.to_string()))?;
        let outcome = hops.map(|hops| {
            let mut fetched = Fetched::default();
            for hop in hops {
                fetched.clock = nearest(fetched.clock, hop.clock);
                fetched.timings.insert(hop.url.clone(), hop.took);
                fetched.answers.insert(hop.url, hop.answer);
            }
            fetched
        });
        Ok(Some(Arrived { url, outcome }))
    }

    /// What was named and gave nothing so far.
    pub fn warnings(&self) -> Vec<String> {
        self.room.warnings()
    }
}

impl Drop for Asking {
    fn drop(&mut self) {
        // A lookup that hangs in the system's resolver must not hold us.
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

/// Whether every file of `--cacert` can be used.
pub fn certificates(policy: &Policy) -> Result<(), FetchSetupError> {
    roots::named(policy).map(drop)
}

/// Opens the crypto library's random generator while names are resolved and connections made: its first use can take 20 ms.
fn warm_up() {
    let _ = std::thread::Builder::new().spawn(|| {
        let _ = aws_lc_rs::rand::fill(&mut [0; 1]);
    });
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

impl Received {
    /// The server's clock. A date that a cache kept says nothing of it.
    fn clock(&self) -> Option<ClockSample> {
        let is_fresh = text(&self.headers, &AGE).is_none_or(|age| age.trim() == "0");
        let date_header = self.response.date.filter(|_| is_fresh)?;
        Some(ClockSample {
            date_header,
            received_at: self.at.duration_since(UNIX_EPOCH).ok()?.as_secs_f64(),
            round_trip: self.round_trip,
        })
    }
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
        let mut policy = self.policy.clone();
        policy.loopback.extend(request.loopback);
        let mut permitted = may_fetch(&url, &policy);
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
            let hop = self.hop(&url, &policy).await?;
            let next = match &hop.answer {
                Answer::Response(response) => response
                    .redirects_to(url.as_str())
                    .and_then(|next| Url::parse(&next).ok()),
                Answer::Fault(_) => None,
            };
            hops.push(hop);
            let Some(next) = next else { break };
            permitted = guard::may_redirect(&url, &next, &policy);
            url = next;
        }
        Ok(hops)
    }

    async fn hop(&self, url: &Url, policy: &Policy) -> Result<Hop, FetchSetupError> {
        let request = self
            .client(url, policy)?
            .get(url.clone())
            .header(ACCEPT, ACCEPTED)
            .header(USER_AGENT, AGENT);
        let started = Instant::now();
        let received = self
            .receive(request, url.host_str().unwrap_or_default(), true)
            .await;
        Ok(Hop {
            url: url.to_string(),
            clock: received.as_ref().ok().and_then(Received::clock),
            answer: match received {
                Ok(received) => Answer::Response(received.response),
                Err(fault) => Answer::Fault(fault),
            },
            took: started.elapsed(),
        })
    }

    /// Sends a request and reads its answer, under the caps, until the deadline. A server may close a connection just when it is used again: what only
    /// reads is then asked once more, on another.
    async fn receive(
        &self,
        request: reqwest::RequestBuilder,
        host: &str,
        only_reads: bool,
    ) -> Result<Received, Fault> {
        let started = Instant::now();
        let again = request.try_clone().filter(|_| only_reads);
        let sent = async {
            match (request.send().await, again) {
                (Err(error), Some(again)) if classify::is_dropped(&error) => again.send().await,
                (sent, _) => sent,
            }
        };
        let response = self.answer(sent, host).await?;
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
        match seen.status {
            200..300 => read_body(response, self.deadline, &mut seen.body).await?,
            // The way goes on; nobody reads this.
            _ if seen.redirects_to(response.url().as_str()).is_some() => {}
            // The status is the answer; the body only says more of it.
            _ => {
                let soon = self.deadline.min(Instant::now() + PATIENCE);
                let _ = read_body(response, soon, &mut seen.body).await;
            }
        }
        Ok(Received {
            response: seen,
            headers,
            at,
            round_trip,
        })
    }

    /// Waits for what was sent until the deadline. The fault tells what there was no answer to.
    async fn answer(
        &self,
        sent: impl Future<Output = reqwest::Result<reqwest::Response>>,
        host: &str,
    ) -> Result<reqwest::Response, Fault> {
        let connecting = Connecting::default();
        match timeout_at(self.deadline, connecting.during(sent)).await {
            Ok(sent) => sent.map_err(|error| classify::fault(&error, self.names.stage(host))),
            Err(_) if connecting.is_under_way() => {
                Err(Fault::TimedOut(self.names.stage(host).to_owned()))
            }
            Err(_) => Err(Fault::TimedOut("waiting for the answer".to_owned())),
        }
    }

    fn route(&self, url: &Url, policy: &Policy) -> Route {
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
        } else if guard::is_configured_loopback(url, policy) {
            Route::Loopback
        } else {
            Route::Open
        }
    }

    fn client(&self, url: &Url, policy: &Policy) -> Result<Client, FetchSetupError> {
        if let Some(host) = url.host_str() {
            self.names.target(host);
        }
        let route = self.route(url, policy);
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
            // Several addresses of a host share it.
            .connect_timeout(self.policy.timeout)
            .connector_layer(MapFutureLayer::new(connection::watch))
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

/// Reads a body, under the caps, until a moment.
async fn read_body(
    mut response: reqwest::Response,
    deadline: Instant,
    body: &mut Vec<u8>,
) -> Result<(), Fault> {
    let coding = text(response.headers(), &CONTENT_ENCODING).unwrap_or_default();
    if is_compression(&coding) {
        return Err(Fault::Compressed);
    }
    let length = response.content_length();
    if length.is_some_and(|length| length > MAX_BODY as u64) {
        return Err(Fault::TooLarge);
    }
    loop {
        let chunk = timeout_at(deadline, response.chunk())
            .await
            .map_err(|_| Fault::TimedOut("reading the body".to_owned()))?
            .map_err(|error| classify::fault(&error, "reading the body"))?;
        let Some(chunk) = chunk else { return Ok(()) };
        if body.len() + chunk.len() > MAX_BODY {
            return Err(Fault::TooLarge);
        }
        body.extend_from_slice(&chunk);
    }
}

/// Whether a `Content-Encoding` names a compression (RFC 9110, 8.4.1, and the registry of codings). Whatever else stands there changes no body, and
/// clients pass over it.
fn is_compression(codings: &str) -> bool {
    const KNOWN: [&str; 9] = [
        "gzip",
        "x-gzip",
        "deflate",
        "compress",
        "x-compress",
        "br",
        "zstd",
        "dcb",
        "dcz",
    ];
    codings
        .split(',')
        .map(str::trim)
        .any(|coding| KNOWN.iter().any(|known| known.eq_ignore_ascii_case(coding)))
}

fn text(headers: &HeaderMap, name: &HeaderName) -> Option<String> {
    headers
        .get(name)
        .map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned())
}

/// The time of a `Date` header, in the one form that is sent or the two old ones that are read (RFC 9110, 5.6.7). They are all in GMT; what is written
/// otherwise is no date.
fn http_date(text: &str) -> Option<i64> {
    const FORMS: [&str; 3] = [
        "%a, %d %b %Y %H:%M:%S GMT",
        "%A, %d-%b-%y %H:%M:%S GMT",
        "%a %b %e %H:%M:%S %Y",
    ];
    let text = text.trim();
    FORMS.iter().find_map(|form| {
        let date = jiff::civil::DateTime::strptime(form, text).ok()?;
        let is_exact = date.strftime(form).to_string() == text;
        let at = date.to_zoned(jiff::tz::TimeZone::UTC).ok()?;
        is_exact.then(|| at.timestamp().as_second())
    })
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
        for old in ["Sunday, 06-Nov-94 08:49:37 GMT", "Sun Nov  6 08:49:37 1994"] {
            assert_eq!(http_date(old), Some(784_111_777), "{old}");
        }
        for other in [
            "yesterday",
            "",
            "Sun, 06 Nov 1994 08:49:37 +0200",
            "Sun, 06 Nov 1994 08:49:37 +0000",
            "Sun, 06 Nov 1994 08:49:37 EST",
            "Sun, 06 Nov 1994 08:49:37 UTC",
            "Sun, 6 Nov 1994 08:49:37 GMT",
            "06 Nov 1994 08:49:37 GMT",
            "Sun, 06 Nov 94 08:49:37 GMT",
            "Mon, 06 Nov 1994 08:49:37 GMT",
            "1994-11-06T08:49:37Z",
        ] {
            assert_eq!(http_date(other), None, "{other}");
        }
    }

    /// A date is the second that had begun: the clock may have been nearly one further.
    #[test]
    fn a_clock_is_wrong_by_what_is_certain() {
        let offset = |received_at: f64, round_trip: u64| {
            ClockSample {
                date_header: 1000,
                received_at,
                round_trip: Duration::from_secs(round_trip),
            }
            .offset()
        };
        // The server may have been at 1000.9 s, and ours 5 s ahead of it.
        for (received_at, round_trip, ahead) in [
            (1005.9, 0, 4.9),
            (1007.0, 0, 6.0),
            (1007.0, 2, 4.0),
            (1000.5, 0, 0.0),
            (1000.0, 0, 0.0),
            (995.0, 0, -5.0),
            (995.0, 3, -5.0),
        ] {
            assert!(
                (offset(received_at, round_trip) - ahead).abs() < 1e-6,
                "{received_at}"
            );
        }
    }

    #[test]
    fn only_compressions_are_compressed() {
        for coding in [
            "gzip",
            "GZIP",
            "x-gzip",
            "br",
            "zstd",
            "deflate",
            "identity, gzip",
        ] {
            assert!(is_compression(coding), "{coding}");
        }
        for coding in ["", "identity", "utf-8", "UTF-8", "none", "aws-chunked"] {
            assert!(!is_compression(coding), "{coding}");
        }
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
