//! A server on loopback that answers each path as it was told, over TLS or plainly, well-behaved or not.

use std::collections::BTreeMap;
use std::io::{self, Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex};
use std::thread;
use std::time::Duration;

use rustls::{ServerConfig, ServerConnection, StreamOwned};
use serde_json::{Value, json};

use super::HOST;
use super::certificates::{Authority, Leaf};

/// One request, as it came.
#[derive(Debug, Clone)]
pub(crate) struct Request {
    pub(crate) method: String,
    pub(crate) path: String,
    /// Names in lower case.
    pub(crate) headers: Vec<(String, String)>,
}

impl Request {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let mut headers = self.headers.iter();
        headers
            .find(|(known, _)| known == name)
            .map(|(_, value)| value.as_str())
    }
}

/// What a path answers: bytes, sent as they are, and then an end.
#[derive(Debug, Clone)]
pub(crate) struct Reply {
    bytes: Vec<u8>,
    end: End,
    after: usize,
}

#[derive(Debug, Clone)]
enum End {
    /// The connection is closed.
    Close,
    /// Nothing more is sent until the client closes.
    Silence,
    /// The same again and again until the client closes.
    Repeat(Vec<u8>),
    /// These bytes again and again, one each second.
    Drip(Vec<u8>),
}

impl Reply {
    /// These bytes instead of HTTP, or of part of it; then the connection is closed.
    pub(crate) fn raw(bytes: impl Into<Vec<u8>>) -> Self {
        Self {
            bytes: bytes.into(),
            end: End::Close,
            after: 0,
        }
    }

    /// A whole answer with these headers, besides its length.
    pub(crate) fn with(status: u16, headers: &[(&str, &str)], body: impl AsRef<[u8]>) -> Self {
        let body = body.as_ref();
        let length = body.len().to_string();
        let mut reply = Self::head(status, headers);
        reply
            .bytes
            .splice(reply.bytes.len() - 2.., length_header(&length));
        reply.bytes.extend(body);
        reply
    }

    /// A whole answer in JSON.
    pub(crate) fn json(value: &Value) -> Self {
        let headers = [("Content-Type", "application/json")];
        Self::with(200, &headers, value.to_string())
    }

    /// A redirect.
    pub(crate) fn redirect(status: u16, location: &str) -> Self {
        Self::with(status, &[("Location", location)], "")
    }

    /// A status and headers, without a body or its length: a start for the `then_` methods.
    pub(crate) fn head(status: u16, headers: &[(&str, &str)]) -> Self {
        let mut head = format!("HTTP/1.1 {status} Status\r\nConnection: close\r\n");
        for (name, value) in headers {
            head.extend([name, ": ", value, "\r\n"]);
        }
        Self::raw(head + "\r\n")
    }

    /// Never a byte.
    pub(crate) fn never() -> Self {
        Self::raw("").then_silence()
    }

    /// Headers without end.
    pub(crate) fn endless_headers() -> Self {
        Self::raw("HTTP/1.1 200 OK\r\n").then_repeat("X-More: and more, and more, and more\r\n")
    }

    /// A body in chunks, without end.
    pub(crate) fn endless_body() -> Self {
        Self::head(200, &[("Transfer-Encoding", "chunked")]).then_repeat(chunk(&[b' '; 8192]))
    }

    /// A body of this many bytes, in chunks of the given size, ended as it should be.
    pub(crate) fn chunked(length: usize, size: usize) -> Self {
        let mut reply = Self::head(200, &[("Transfer-Encoding", "chunked")]);
        let mut left = length;
        while left > 0 {
            let count = size.min(left);
            reply.bytes.extend(chunk(&vec![b' '; count]));
            left -= count;
        }
        reply.bytes.extend(b"0\r\n\r\n");
        reply
    }

    /// After that, nothing is sent and the connection stays open.
    pub(crate) fn then_silence(mut self) -> Self {
        self.end = End::Silence;
        self
    }

    /// After that, these bytes again and again.
    pub(crate) fn then_repeat(mut self, bytes: impl Into<Vec<u8>>) -> Self {
        self.end = End::Repeat(bytes.into());
        self
    }

    /// After that, these bytes again and again, one each second.
    pub(crate) fn then_drip(mut self, bytes: impl Into<Vec<u8>>) -> Self {
        self.end = End::Drip(bytes.into());
        self
    }

    /// Answers only once the server has seen this many requests.
    pub(crate) fn after(mut self, requests: usize) -> Self {
        self.after = requests;
        self
    }
}

fn length_header(length: &str) -> Vec<u8> {
    format!("Content-Length: {length}\r\n\r\n").into_bytes()
}

fn chunk(bytes: &[u8]) -> Vec<u8> {
    let mut chunk = format!("{:x}\r\n", bytes.len()).into_bytes();
    chunk.extend(bytes);
    chunk.extend(b"\r\n");
    chunk
}

/// A running server. It accepts nothing more when it is dropped.
pub(crate) struct Server {
    address: SocketAddr,
    scheme: &'static str,
    shared: Arc<Shared>,
}

#[derive(Default)]
struct Shared {
    stop: AtomicBool,
    replies: Mutex<BTreeMap<String, Reply>>,
    seen: Mutex<Vec<Request>>,
    came: Condvar,
}

impl Server {
    /// Over TLS, with this certificate.
    pub(crate) fn tls(authority: &Authority, leaf: Leaf<'_>) -> Self {
        Self::start("https", Some(authority.config(leaf)))
    }

    /// Over TLS, for clients that speak HTTP/2 only.
    pub(crate) fn h2(authority: &Authority) -> Self {
        Self::start("https", Some(authority.config_h2()))
    }

    /// Without TLS.
    pub(crate) fn plain() -> Self {
        Self::start("http", None)
    }

    /// Without TLS, where the listener listens.
    pub(crate) fn on_listener(listener: TcpListener) -> Self {
        Self::serve("http", listener, None)
    }

    fn start(scheme: &'static str, config: Option<Arc<ServerConfig>>) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        Self::serve(scheme, listener, config)
    }

    fn serve(
        scheme: &'static str,
        listener: TcpListener,
        config: Option<Arc<ServerConfig>>,
    ) -> Self {
        let address = listener.local_addr().unwrap();
        let shared = Arc::new(Shared::default());
        let serving = Arc::clone(&shared);
        thread::spawn(move || {
            for stream in listener.incoming() {
                if serving.stop.load(Ordering::SeqCst) {
                    return;
                }
                let (serving, config) = (Arc::clone(&serving), config.clone());
                // A client that leaves in the middle is part of what is tested.
                thread::spawn(move || {
                    let _ = serving.connection(stream?, config);
                    io::Result::Ok(())
                });
            }
        });
        Self {
            address,
            scheme,
            shared,
        }
    }

    /// Where it listens.
    pub(crate) fn port(&self) -> u16 {
        self.address.port()
    }

    /// The issuer that it stands for, with its port.
    pub(crate) fn issuer(&self) -> String {
        match self.scheme {
            "https" => format!("https://{HOST}:{}", self.port()),
            _ => format!("http://{}", self.address),
        }
    }

    /// The URL of a path below [`Self::issuer`].
    pub(crate) fn url(&self, path: &str) -> String {
        format!("{}{path}", self.issuer())
    }

    /// Answers this path so from now on. Other paths are 404.
    pub(crate) fn on(&self, path: &str, reply: Reply) -> &Self {
        self.shared
            .replies
            .lock()
            .unwrap()
            .insert(path.to_owned(), reply);
        self
    }

    /// Answers as Clerk does: discovery of this issuer, and these keys.
    pub(crate) fn clerk(&self, issuer: &str, jwks: &str) -> &Self {
        let discovery = json!({
            "issuer": issuer,
            "authorization_endpoint": format!("{issuer}/oauth/authorize"),
            "token_endpoint": format!("{issuer}/oauth/token"),
            "jwks_uri": format!("{issuer}/.well-known/jwks.json"),
            "response_types_supported": ["code"],
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": ["RS256"],
        });
        let headers = [("Content-Type", "application/json")];
        self.on("/.well-known/openid-configuration", Reply::json(&discovery))
            .on("/.well-known/jwks.json", Reply::with(200, &headers, jwks))
    }

    /// The requests so far, in the order in which they came.
    pub(crate) fn requests(&self) -> Vec<Request> {
        self.shared.seen.lock().unwrap().clone()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.shared.stop.store(true, Ordering::SeqCst);
        // The listener waits for a connection: this one lets it see that it is over.
        let _ = TcpStream::connect(self.address);
    }
}

impl Shared {
    fn connection(&self, stream: TcpStream, config: Option<Arc<ServerConfig>>) -> io::Result<()> {
        stream.set_nodelay(true)?;
        let Some(config) = config else {
            return self.converse(stream);
        };
        let session = ServerConnection::new(config).map_err(io::Error::other)?;
        let mut stream = StreamOwned::new(session, stream);
        self.converse(&mut stream)?;
        stream.conn.send_close_notify();
        stream.flush()
    }

    /// One request and its reply.
    fn converse(&self, mut stream: impl Read + Write) -> io::Result<()> {
        let request = read_request(&mut stream)?;
        let path = request.path.clone();
        let mut seen = self.seen.lock().unwrap();
        seen.push(request);
        self.came.notify_all();
        let reply = self.replies.lock().unwrap().get(&path).cloned();
        let reply = reply.unwrap_or_else(|| {
            let body = r#"{"errors":[{"message":"not found","long_message":"Resource not found","code":"resource_not_found"}]}"#;
            Reply::with(404, &[("Content-Type", "application/json")], body)
        });
        let enough = self
            .came
            .wait_while(seen, |seen| seen.len() < reply.after)
            .unwrap();
        drop(enough);
        stream.write_all(&reply.bytes)?;
        stream.flush()?;
        match reply.end {
            End::Close => Ok(()),
            End::Silence => io::copy(&mut stream, &mut io::sink()).map(drop),
            End::Repeat(bytes) => loop {
                stream.write_all(&bytes)?;
            },
            End::Drip(bytes) => {
                for byte in bytes.iter().cycle() {
                    stream.write_all(&[*byte])?;
                    stream.flush()?;
                    // The pace of the stand-in, on which no test waits.
                    thread::sleep(Duration::from_secs(1));
                }
                Ok(())
            }
        }
    }
}

/// Reads a head, byte by byte, so that nothing behind it is lost.
pub(super) fn read_head(stream: &mut impl Read) -> io::Result<String> {
    let (mut head, mut byte) = (Vec::new(), [0]);
    while !head.ends_with(b"\r\n\r\n") {
        stream.read_exact(&mut byte)?;
        head.extend(byte);
    }
    Ok(String::from_utf8_lossy(&head).into_owned())
}

fn read_request(stream: &mut impl Read) -> io::Result<Request> {
    let head = read_head(stream)?;
    let mut lines = head.lines();
    let mut words = lines.next().unwrap_or_default().split(' ');
    let mut word = || words.next().unwrap_or_default().to_owned();
    Ok(Request {
        method: word(),
        path: word(),
        headers: lines
            .filter_map(|line| line.split_once(": "))
            .map(|(name, value)| (name.to_ascii_lowercase(), value.to_owned()))
            .collect(),
    })
}

/// The port of a listener that takes connections and never says a word.
pub(crate) fn silent() -> u16 {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let port = listener.local_addr().unwrap().port();
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            thread::spawn(move || io::copy(&mut &stream, &mut io::sink()));
        }
    });
    port
}
