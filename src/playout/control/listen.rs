use std::{
    convert::Infallible,
    fmt, io,
    net::{SocketAddr, TcpListener as StdListener},
    path::Path,
    str::FromStr,
    sync::Arc,
    time::Duration,
};

use axum::body::Body;
use hyper_util::{
    rt::{TokioIo, TokioTimer},
    service::TowerToHyperService,
};
use tokio::{net::TcpListener, sync::Semaphore, task::JoinSet};
use tower::ServiceExt as _;
use tracing::{debug, info, warn};

use super::{
    Control,
    guard::Guard,
    key::{ControlKey, random},
    routes,
};

/// Ports that are tried, from the one that is asked for.
const TRIES: u16 = 100;
/// Callers at a time. More would be somebody who means no good.
const SEATS: usize = 64;
/// For a request's head to arrive.
const HEAD: Duration = Duration::from_secs(5);
/// A request's head may not be larger, in bytes.
const LARGEST_HEAD: usize = 16 * 1024;

/// An address of this machine that no other machine reaches.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Address(SocketAddr);

/// Why a text is no such address.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "\"{0}\" is no address that only this machine reaches: write one like 127.0.0.1:8088, or none for no page"
)]
pub struct BadAddress(String);

impl FromStr for Address {
    type Err = BadAddress;

    fn from_str(text: &str) -> Result<Self, BadAddress> {
        let address: SocketAddr = text.parse().map_err(|_| BadAddress(text.to_owned()))?;
        let is_named = address.ip() == std::net::Ipv4Addr::LOCALHOST
            || address.ip() == std::net::Ipv6Addr::LOCALHOST;
        if is_named { Ok(Self(address)) } else { Err(BadAddress(text.to_owned())) }
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl Address {
    /// Takes the port, or the next that is free: another station may be on this machine.
    fn bind(self) -> io::Result<TcpListener> {
        let mut port = self.0.port();
        let last = port.saturating_add(TRIES);
        loop {
            match StdListener::bind((self.0.ip(), port)) {
                Ok(listener) => {
                    listener.set_nonblocking(true)?;
                    return TcpListener::from_std(listener);
                }
                Err(error) if error.kind() == io::ErrorKind::AddrInUse && port < last => port += 1,
                Err(error) => return Err(error),
            }
        }
    }
}

/// Serves the page, and leaves the key to it in the station's folder, until it is dropped.
///
/// # Errors
/// There is no free port, or the key cannot be left. The station is well without.
pub async fn serve(control: Arc<Control>, at: Address, folder: &Path) -> io::Result<Infallible> {
    let listener = at.bind()?;
    let key = ControlKey::new(listener.local_addr()?).map_err(io::Error::other)?;
    key.write(folder)?;
    info!(page = format!("http://{}/", key.address), "control at the site");
    let guard = Guard { key, token: random().map_err(io::Error::other)? };
    let router = routes::router(control, Arc::new(guard));
    let seats = Arc::new(Semaphore::new(SEATS));
    let mut http = hyper::server::conn::http1::Builder::new();
    http.timer(TokioTimer::new())
        .header_read_timeout(HEAD)
        .max_buf_size(LARGEST_HEAD)
        .keep_alive(false);
    // Whoever is being answered ends with the station.
    let mut callers = JoinSet::new();
    loop {
        let seat = seats.clone().acquire_owned().await.map_err(io::Error::other)?;
        let stream = match listener.accept().await {
            Ok((stream, _)) => stream,
            Err(error) => {
                warn!(%error, "could not take a connection at the site");
                tokio::time::sleep(Duration::from_millis(100)).await;
                continue;
            }
        };
        while callers.try_join_next().is_some() {}
        let service = router
            .clone()
            .map_request(|request: hyper::Request<hyper::body::Incoming>| request.map(Body::new))
            .map_err(|never: Infallible| match never {});
        let connection =
            http.serve_connection(TokioIo::new(stream), TowerToHyperService::new(service));
        callers.spawn(async move {
            if let Err(error) = connection.await {
                debug!(%error, "a call at the site ended badly");
            }
            drop(seat);
        });
    }
}
