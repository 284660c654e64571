//! A CONNECT proxy on loopback that takes every host to one server.

use std::io::{self, Write as _};
use std::net::{Ipv4Addr, Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;

use super::server::read_head;

/// What a proxy does with a request.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Conduct {
    /// Connects to the server on this port of loopback.
    To(u16),
    /// Wants a login.
    WantsLogin,
    /// Does not let anyone through.
    Refuses,
    /// Reads, and says nothing.
    Silent,
}

/// A running proxy. It accepts nothing more when it is dropped.
pub(crate) struct Proxy {
    address: SocketAddr,
    shared: Arc<Shared>,
}

#[derive(Default)]
struct Shared {
    stop: AtomicBool,
    connects: Mutex<Vec<String>>,
}

impl Proxy {
    pub(crate) fn start(conduct: Conduct) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let address = listener.local_addr().unwrap();
        let shared = Arc::new(Shared::default());
        let serving = Arc::clone(&shared);
        thread::spawn(move || {
            for client in listener.incoming() {
                if serving.stop.load(Ordering::SeqCst) {
                    return;
                }
                let serving = Arc::clone(&serving);
                thread::spawn(move || serving.tunnel(client?, conduct));
            }
        });
        Self { address, shared }
    }

    /// For `HTTPS_PROXY`.
    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The first line of each request so far, in the order in which they came.
    pub(crate) fn connects(&self) -> Vec<String> {
        self.shared.connects.lock().unwrap().clone()
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.shared.stop.store(true, Ordering::SeqCst);
        // The listener waits for a connection: this one lets it see that it is over.
        let _ = TcpStream::connect(self.address);
    }
}

impl Shared {
    fn tunnel(&self, mut client: TcpStream, conduct: Conduct) -> io::Result<()> {
        let head = read_head(&mut client)?;
        let line = head.lines().next().unwrap_or_default().to_owned();
        self.connects.lock().unwrap().push(line);
        let server = match conduct {
            Conduct::To(port) => TcpStream::connect((Ipv4Addr::LOCALHOST, port))?,
            Conduct::WantsLogin => {
                return client.write_all(
                    b"HTTP/1.1 407 Proxy Authentication Required\r\nProxy-Authenticate: Basic\r\nContent-Length: 0\r\n\r\n",
                );
            }
            Conduct::Refuses => {
                return client.write_all(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n");
            }
            Conduct::Silent => return io::copy(&mut client, &mut io::sink()).map(drop),
        };
        client.write_all(b"HTTP/1.1 200 Connection established\r\n\r\n")?;
        let (back_from, back_to) = (server.try_clone()?, client.try_clone()?);
        let back = thread::spawn(move || pass(&back_from, &back_to));
        pass(&client, &server);
        let _ = back.join();
        Ok(())
    }
}

/// Passes everything on, and the end too.
fn pass(mut from: &TcpStream, mut to: &TcpStream) {
    let _ = io::copy(&mut from, &mut to);
    let _ = to.shutdown(Shutdown::Write);
}
