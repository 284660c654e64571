//! An HTTP application on loopback with state of its own: what it says is made by a function of what was asked.

use std::io::{self, BufRead, BufReader, Write as _};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;

use serde_json::Value;

/// One request, as it came.
#[derive(Debug, Clone, Default)]
pub(crate) struct Asked {
    pub(crate) method: String,
    /// The path, with its query.
    pub(crate) path: String,
    /// Names in lower case.
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: String,
}

impl Asked {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let mut headers = self.headers.iter();
        headers
            .find(|(known, _)| known == name)
            .map(|(_, value)| value.as_str())
    }

    /// The body as JSON.
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_default()
    }
}

/// What is said.
#[derive(Debug, Clone)]
pub(crate) enum Said {
    Json(u16, Value),
    /// With one more header.
    With(u16, &'static str, String, Value),
    /// A page of HTML.
    Html(u16),
    /// A redirect.
    To(String),
    /// Half an answer.
    CutOff,
    /// Never a byte.
    Never,
    /// The connection is closed without a byte; for a stand-in that fails, once.
    Gone,
    /// Raw HTTP without end of its own: the stream is handed over.
    Upgrade,
}

/// A running application. It accepts nothing more when it is dropped.
pub(crate) struct App {
    address: SocketAddr,
    stop: Arc<AtomicBool>,
    seen: Arc<Mutex<Vec<Asked>>>,
}

type Answer = dyn Fn(&Asked) -> Said + Send + Sync;
type Take = dyn Fn(&Asked, TcpStream) + Send + Sync;

impl App {
    /// Answers with this function.
    pub(crate) fn start(answer: impl Fn(&Asked) -> Said + Send + Sync + 'static) -> Self {
        Self::with_upgrade(answer, |_, _| {})
    }

    /// The same; a stream that is upgraded is handed to the second.
    pub(crate) fn with_upgrade(
        answer: impl Fn(&Asked) -> Said + Send + Sync + 'static,
        take: impl Fn(&Asked, TcpStream) + Send + Sync + 'static,
    ) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let address = listener.local_addr().unwrap();
        let (answer, take): (Arc<Answer>, Arc<Take>) = (Arc::new(answer), Arc::new(take));
        let stop = Arc::new(AtomicBool::new(false));
        let seen: Arc<Mutex<Vec<Asked>>> = Arc::default();
        let (stopped, log) = (Arc::clone(&stop), Arc::clone(&seen));
        thread::spawn(move || {
            for stream in listener.incoming() {
                if stopped.load(Ordering::SeqCst) {
                    return;
                }
                let (answer, take, log) =
                    (Arc::clone(&answer), Arc::clone(&take), Arc::clone(&log));
                // A client that leaves in the middle is part of what is tested.
                thread::spawn(move || {
                    let _ = converse(stream?, &*answer, &*take, &log);
                    io::Result::Ok(())
                });
            }
        });
        Self {
            address,
            stop,
            seen,
        }
    }

    /// Where it is.
    pub(crate) fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.address.port())
    }

    /// What was asked so far.
    pub(crate) fn seen(&self) -> Vec<Asked> {
        self.seen.lock().unwrap().clone()
    }

    /// The requests so far in short: `GET /v1/instance`.
    pub(crate) fn lines(&self) -> Vec<String> {
        self.seen()
            .iter()
            .map(|asked| format!("{} {}", asked.method, asked.path))
            .collect()
    }
}

impl Drop for App {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::SeqCst);
        // The listener waits for a connection: this one lets it see that it is over.
        let _ = TcpStream::connect(self.address);
    }
}

/// Requests and answers, one connection.
fn converse(
    stream: TcpStream,
    answer: &Answer,
    take: &Take,
    seen: &Mutex<Vec<Asked>>,
) -> io::Result<()> {
    stream.set_nodelay(true)?;
    let mut reader = BufReader::new(stream.try_clone()?);
    let mut writer = stream;
    loop {
        let asked = read(&mut reader)?;
        seen.lock().unwrap().push(asked.clone());
        let said = answer(&asked);
        let (status, more, kind, body) = match said {
            Said::Json(status, value) => {
                (status, String::new(), "application/json", value.to_string())
            }
            Said::With(status, name, text, value) => (
                status,
                format!("{name}: {text}\r\n"),
                "application/json",
                value.to_string(),
            ),
            Said::Html(status) => (
                status,
                String::new(),
                "text/html",
                "<!doctype html><title>Hello</title>".to_owned(),
            ),
            Said::To(location) => (
                307,
                format!("Location: {location}\r\n"),
                "text/plain",
                String::new(),
            ),
            Said::CutOff => {
                writer.write_all(
                    b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{\"object\":",
                )?;
                return writer.shutdown(std::net::Shutdown::Both);
            }
            Said::Gone => return writer.shutdown(std::net::Shutdown::Both),
            Said::Never => return io::copy(&mut reader, &mut io::sink()).map(drop),
            Said::Upgrade => {
                take(&asked, writer);
                return Ok(());
            }
        };
        write!(
            writer,
            "HTTP/1.1 {status} Status\r\nContent-Type: {kind}\r\n{more}Content-Length: {}\r\n\r\n{body}",
            body.len()
        )?;
        writer.flush()?;
    }
}

fn read(reader: &mut impl BufRead) -> io::Result<Asked> {
    let mut asked = Asked::default();
    let mut line = String::new();
    if reader.read_line(&mut line)? == 0 {
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    let mut words = line.split_whitespace().map(str::to_owned);
    asked.method = words.next().unwrap_or_default();
    asked.path = words.next().unwrap_or_default();
    loop {
        let mut line = String::new();
        reader.read_line(&mut line)?;
        let Some((name, value)) = line.trim_end().split_once(": ") else {
            break;
        };
        asked
            .headers
            .push((name.to_ascii_lowercase(), value.to_owned()));
    }
    let length = asked
        .header("content-length")
        .and_then(|text| text.parse().ok())
        .unwrap_or(0);
    let mut body = vec![0; length];
    reader.read_exact(&mut body)?;
    asked.body = String::from_utf8_lossy(&body).into_owned();
    Ok(asked)
}
