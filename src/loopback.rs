//! An embedded Clerk instance on loopback: discovery, keys and tokens shaped like Clerk's, for the demo.

use std::io::{self, Read as _, Write as _};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::{KeyPair, KeySize};
use aws_lc_rs::signature::{KeyPair as _, RSA_PKCS1_SHA256};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

/// The header category of Clerk's session tokens.
pub const SESSION: &str = "cl_B7d4PD111AAA";
/// The header category of tokens from Clerk's JWT templates.
pub const TEMPLATE: &str = "cl_B7d4PD222AAA";

const MAX_HEAD: usize = 16 * 1024;
const MAX_CONNECTIONS: usize = 64;
const PATIENCE: Duration = Duration::from_secs(5);

/// A running instance. It stops when it is dropped.
pub struct Instance {
    address: SocketAddr,
    key: KeyPair,
    key_id: String,
    stop: Arc<AtomicBool>,
    thread: Option<thread::JoinHandle<()>>,
}

impl Instance {
    /// Makes a fresh key and listens on a free port.
    pub fn start() -> io::Result<Self> {
        let failed = |_| io::Error::other("cannot make a key");
        let key = KeyPair::generate(KeySize::Rsa2048).map_err(failed)?;
        let mut id = [0; 20];
        aws_lc_rs::rand::fill(&mut id).map_err(failed)?;
        let key_id = format!("ins_{}", id.map(letter).iter().collect::<String>());

        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        let address = listener.local_addr()?;
        let pages = Arc::new(Pages::new(&format!("http://{address}"), &key_id, &key));
        let stop = Arc::new(AtomicBool::new(false));
        let stopped = Arc::clone(&stop);
        let thread = thread::Builder::new().spawn(move || serve(&listener, &pages, &stopped))?;
        Ok(Self {
            address,
            key,
            key_id,
            stop,
            thread: Some(thread),
        })
    }

    /// The issuer. The address, not a name: `localhost` can also mean `::1`, where nothing listens.
    pub fn issuer(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The key's id, which is the instance's id at Clerk.
    pub fn key_id(&self) -> &str {
        &self.key_id
    }

    /// Signs claims, with a header like Clerk's of this category.
    pub fn mint(&self, claims: &Value, category: &str) -> io::Result<String> {
        let mut header = json!({"alg": "RS256", "cat": category, "kid": self.key_id});
        // When the token was first issued: a number, or no member at all.
        if claims["iat"].is_number() {
            header["oiat"] = claims["iat"].clone();
        }
        header["typ"] = "JWT".into();
        let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
        let message = format!("{}.{}", part(&header), part(claims));
        let mut signature = vec![0; self.key.public_modulus_len()];
        self.key
            .sign(
                &RSA_PKCS1_SHA256,
                &SystemRandom::new(),
                message.as_bytes(),
                &mut signature,
            )
            .map_err(|_| io::Error::other("cannot sign"))?;
        Ok(format!("{message}.{}", URL_SAFE_NO_PAD.encode(signature)))
    }

    /// A token as the JWT template `convex` gives it, issued at `now`.
    pub fn template_token(&self, now: i64, lifetime: i64) -> io::Result<String> {
        self.mint(&self.template_claims(now, lifetime), TEMPLATE)
    }

    /// A plain session token, which has no audience, issued at `now`.
    pub fn session_token(&self, now: i64) -> io::Result<String> {
        self.mint(&self.session_claims(now), SESSION)
    }

    /// The claims of [`Self::template_token`], to change before minting.
    pub fn template_claims(&self, now: i64, lifetime: i64) -> Value {
        json!({
            "aud": "convex",
            "azp": "http://localhost:3000",
            "email": "ada@example.com",
            "email_verified": true,
            "exp": now + lifetime,
            "iat": now,
            "iss": self.issuer(),
            "jti": "5f1c3a9be02d47868a41",
            "name": "Ada Lovelace",
            "nbf": now - 5,
            "sub": "user_2vAdaLovelace0000000000eAda",
        })
    }

    /// The claims of [`Self::session_token`], to change before minting.
    pub fn session_claims(&self, now: i64) -> Value {
        json!({
            "azp": "http://localhost:3000",
            "exp": now + 60,
            "fva": [0, -1],
            "iat": now,
            "iss": self.issuer(),
            "jti": "a07be51d22c94d0f9b3e",
            "nbf": now - 10,
            "sid": "sess_2vAdaSession000000000000000",
            "sts": "active",
            "sub": "user_2vAdaLovelace0000000000eAda",
            "v": 2,
        })
    }

    /// Serves until the process ends.
    pub fn wait(mut self) {
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

impl Drop for Instance {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::SeqCst);
        // The listener waits for a connection: this one lets it see that it is over.
        let woken = TcpStream::connect_timeout(&self.address, PATIENCE).is_ok();
        if let Some(thread) = self.thread.take()
            && woken
        {
            let _ = thread.join();
        }
    }
}

fn letter(byte: u8) -> char {
    const LETTERS: &[u8; 32] = b"ABCDEFGHJKLMNPQRSTUVWXYZabcdefgh";
    char::from(LETTERS[usize::from(byte) % LETTERS.len()])
}

struct Pages {
    discovery: String,
    keys: String,
}

impl Pages {
    fn new(issuer: &str, key_id: &str, key: &KeyPair) -> Self {
        let public = key.public_key();
        let number = |bytes: &[u8]| URL_SAFE_NO_PAD.encode(bytes);
        let discovery = json!({
            "issuer": issuer,
            "authorization_endpoint": format!("{issuer}/oauth/authorize"),
            "token_endpoint": format!("{issuer}/oauth/token"),
            "revocation_endpoint": format!("{issuer}/oauth/token/revoke"),
            "introspection_endpoint": format!("{issuer}/oauth/token_info"),
            "userinfo_endpoint": format!("{issuer}/oauth/userinfo"),
            "jwks_uri": format!("{issuer}/.well-known/jwks.json"),
            "scopes_supported": ["openid", "profile", "email", "public_metadata", "private_metadata", "offline_access"],
            "response_types_supported": ["code"],
            "response_modes_supported": ["form_post", "query"],
            "grant_types_supported": ["authorization_code", "refresh_token"],
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": ["RS256"],
            "token_endpoint_auth_methods_supported": ["client_secret_basic", "none", "client_secret_post"],
            "claims_supported": ["aud", "exp", "iat", "iss", "sub", "email", "name"],
            "code_challenge_methods_supported": ["S256"],
            "backchannel_logout_supported": false,
            "frontchannel_logout_supported": false,
        });
        let keys = json!({"keys": [{
            "use": "sig",
            "kty": "RSA",
            "kid": key_id,
            "alg": "RS256",
            "n": number(public.modulus().big_endian_without_leading_zero()),
            "e": number(public.exponent().big_endian_without_leading_zero()),
        }]});
        Self {
            discovery: discovery.to_string(),
            keys: keys.to_string(),
        }
    }

    fn answer(&self, method: &str, path: &str) -> (&'static str, &str) {
        match (method, path) {
            (
                "GET" | "HEAD",
                "/.well-known/openid-configuration" | "/.well-known/oauth-authorization-server",
            ) => ("200 OK", &self.discovery),
            ("GET" | "HEAD", "/.well-known/jwks.json") => ("200 OK", &self.keys),
            ("GET" | "HEAD", "/v1/health") => ("200 OK", r#"{"status":"healthy"}"#),
            ("GET" | "HEAD", _) => (
                "404 Not Found",
                r#"{"errors":[{"message":"not found","long_message":"Resource not found","code":"resource_not_found"}]}"#,
            ),
            _ => (
                "405 Method Not Allowed",
                r#"{"errors":[{"message":"method not allowed","long_message":"Method not allowed","code":"method_not_allowed"}]}"#,
            ),
        }
    }
}

fn serve(listener: &TcpListener, pages: &Arc<Pages>, stop: &AtomicBool) {
    let open = Arc::new(AtomicUsize::new(0));
    for stream in listener.incoming() {
        if stop.load(Ordering::SeqCst) {
            return;
        }
        let stream = match stream {
            Ok(stream) => stream,
            // The client left before it was let in.
            Err(error) if is_passing(error.kind()) => continue,
            // The listener is of no more use: asking it again would only spin.
            Err(_) => return,
        };
        if open.fetch_add(1, Ordering::SeqCst) >= MAX_CONNECTIONS {
            open.fetch_sub(1, Ordering::SeqCst);
            continue;
        }
        let (pages, guard) = (Arc::clone(pages), Arc::clone(&open));
        let spawned = thread::Builder::new().spawn(move || {
            let _ = converse(stream, &pages);
            guard.fetch_sub(1, Ordering::SeqCst);
        });
        if spawned.is_err() {
            open.fetch_sub(1, Ordering::SeqCst);
        }
    }
}

fn is_passing(kind: io::ErrorKind) -> bool {
    matches!(
        kind,
        io::ErrorKind::ConnectionAborted
            | io::ErrorKind::ConnectionReset
            | io::ErrorKind::Interrupted
    )
}

/// One request and its answer.
fn converse(mut stream: TcpStream, pages: &Pages) -> io::Result<()> {
    stream.set_write_timeout(Some(PATIENCE))?;
    let end = Instant::now() + PATIENCE;
    let mut head = Vec::new();
    let mut block = [0; 1024];
    while !head.windows(4).any(|window| window == b"\r\n\r\n") {
        let left = end.saturating_duration_since(Instant::now());
        if left.is_zero() || head.len() > MAX_HEAD {
            return Ok(());
        }
        stream.set_read_timeout(Some(left))?;
        match stream.read(&mut block)? {
            0 => return Ok(()),
            count => head.extend(block.iter().take(count)),
        }
    }
    let head = String::from_utf8_lossy(&head);
    let mut words = head.lines().next().unwrap_or_default().split(' ');
    let method = words.next().unwrap_or_default();
    let target = words.next().unwrap_or_default();
    let path = target.split('?').next().unwrap_or_default();
    let (status, body) = pages.answer(method, path);
    let length = body.len();
    let shown = if method == "HEAD" { "" } else { body };
    write!(
        stream,
        "HTTP/1.1 {status}\r\nContent-Type: application/json\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n{shown}"
    )?;
    stream.flush()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::answer::Answer;
    use crate::fetch::{FetchRequest, Origin, Policy, fetch};

    #[test]
    fn its_tokens_verify_under_its_keys_over_the_wire() {
        let instance = Instance::start().unwrap();
        let url = format!("{}/.well-known/jwks.json", instance.issuer());
        let policy = Policy {
            loopback: Origin::of(&url.parse().unwrap()).into_iter().collect(),
            ..Policy::default()
        };
        let fetched = fetch(&[FetchRequest::json(url.parse().unwrap())], &policy).unwrap();
        let Some(Answer::Response(response)) = fetched.answers.get(&url) else {
            panic!("{fetched:?}");
        };
        let keys: Value = serde_json::from_slice(&response.body).unwrap();
        assert_eq!(keys["keys"][0]["kid"], instance.key_id());
        let jwk = serde_json::from_value(keys["keys"][0].clone()).unwrap();
        let key = jsonwebtoken::DecodingKey::from_jwk(&jwk).unwrap();
        for token in [
            instance.template_token(1000, 60).unwrap(),
            instance.session_token(1000).unwrap(),
        ] {
            let (message, signature) = token.rsplit_once('.').unwrap();
            let verified = jsonwebtoken::crypto::verify(
                signature,
                message.as_bytes(),
                &key,
                jsonwebtoken::Algorithm::RS256,
            );
            assert!(verified.unwrap());
        }
    }

    #[test]
    fn bad_requests_do_not_stop_it() {
        let instance = Instance::start().unwrap();
        for bytes in [&b"\r\n\r\n"[..], b"\xff\xfe \x00\r\n\r\n", b"GET\r\n\r\n"] {
            let mut stream = TcpStream::connect(instance.address).unwrap();
            stream.write_all(bytes).unwrap();
            let mut answer = String::new();
            stream.read_to_string(&mut answer).unwrap();
            assert!(answer.starts_with("HTTP/1.1 4"), "{answer}");
        }
        let mut stream = TcpStream::connect(instance.address).unwrap();
        stream.write_all(b"GET /nothing HTTP/1.1\r\n\r\n").unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        assert!(answer.contains("resource_not_found"), "{answer}");
    }

    #[test]
    fn it_stops_when_dropped() {
        let instance = Instance::start().unwrap();
        let address = instance.address;
        drop(instance);
        assert!(TcpStream::connect(address).is_err());
    }

    #[test]
    fn headers_hold_the_first_time_of_issue() {
        let instance = Instance::start().unwrap();
        let header = |token: String| -> Value {
            let first = token.split('.').next().unwrap();
            serde_json::from_slice(&URL_SAFE_NO_PAD.decode(first).unwrap()).unwrap()
        };
        let session = header(instance.session_token(1000).unwrap());
        let cat = SESSION;
        let expected = json!({"alg": "RS256", "cat": cat, "kid": instance.key_id(), "oiat": 1000, "typ": "JWT"});
        assert_eq!(session, expected);
        let bare = header(instance.mint(&json!({}), TEMPLATE).unwrap());
        assert_eq!(bare.get("oiat"), None);
    }

    #[test]
    fn it_serves_several_at_once_and_answers_head() {
        let instance = Instance::start().unwrap();
        let connect = |_| TcpStream::connect(instance.address).unwrap();
        let mut streams: Vec<TcpStream> = (0..8).map(connect).collect();
        // The last one first: none waits for those before it.
        for (number, stream) in streams.iter_mut().enumerate().rev() {
            let method = if number % 2 == 0 { "GET" } else { "HEAD" };
            write!(stream, "{method} /.well-known/jwks.json HTTP/1.1\r\n\r\n").unwrap();
            let mut answer = String::new();
            stream.read_to_string(&mut answer).unwrap();
            let (head, body) = answer.split_once("\r\n\r\n").unwrap();
            assert!(head.starts_with("HTTP/1.1 200"), "{head}");
            assert_eq!(body.is_empty(), method == "HEAD");
        }
    }
}
