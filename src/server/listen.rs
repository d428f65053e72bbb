//! The loop that takes connections. Slow heads end by hyper's timer, slow bodies in [`super::body`], slow readers in
//! [`super::taking`], slow handshakes here.

use std::{convert::Infallible, net::IpAddr, sync::Arc, time::Duration};

use axum::{Router, body::Body};
use futures_util::future::join_all;
use hyper_util::{
    rt::{TokioIo, TokioTimer},
    server::graceful::{GracefulShutdown, Watcher},
    service::TowerToHyperService,
};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::{TcpListener, TcpStream},
    sync::{OwnedSemaphorePermit, Semaphore, watch},
};
use tokio_rustls::TlsAcceptor;
use tower::ServiceExt;

use super::{
    District, Expiry, endings, keeping, log, reports, rolling, router, settling, taking::Taking,
    tending::tend, via::Via,
};
use crate::tls::Identity;

/// A request's head may not be larger, in bytes.
const LARGEST_HEAD: usize = 32 * 1024;

/// How soon work that broke is begun again.
const AGAIN: Duration = Duration::from_secs(10);

/// How often a certificate's files are looked at.
const REFRESH: Duration = Duration::from_secs(10);

/// Where callers come in.
#[derive(Debug)]
pub struct Door {
    /// The address.
    pub listener: TcpListener,
    /// What is shown there; none: plain HTTP.
    pub identity: Option<Arc<Identity>>,
}

impl Door {
    /// One without TLS.
    pub fn plain(listener: TcpListener) -> Self {
        Self { listener, identity: None }
    }
}

/// Serves every route at every door and keeps rundowns planned until `shutdown` is done; then lets those at work finish.
///
/// # Errors
/// TLS cannot be set up.
pub async fn serve(
    doors: Vec<Door>,
    district: District,
    shutdown: impl Future<Output = ()> + Send,
) -> std::io::Result<()> {
    let identities: Vec<_> = doors.iter().filter_map(|door| door.identity.clone()).collect();
    let graceful = GracefulShutdown::new();
    let hall = Hall::new(&district);
    let closing = watch::Sender::new(false);
    let mut accepting = Vec::new();
    for door in doors {
        let locked = door.identity.map(Identity::server).transpose();
        let lock = locked.map_err(std::io::Error::other)?.map(TlsAcceptor::from);
        accepting.push(accept(door.listener, lock, &hall, &graceful, closing.subscribe()));
    }
    let work = [
        tokio::spawn(tend(district.clone(), "planning", AGAIN, rolling::keep)),
        tokio::spawn(tend(district.clone(), "endings", AGAIN, endings::watch)),
        tokio::spawn(tend(district.clone(), "log", AGAIN, log::keep_signed)),
        tokio::spawn(tend(district.clone(), "log check", AGAIN, log::keep_checked)),
        tokio::spawn(tend(district.clone(), "judging", AGAIN, reports::ahead::keep)),
        tokio::spawn(tend(district.clone(), "judging again", AGAIN, reports::again::keep)),
        tokio::spawn(tend(district.clone(), "keeping", AGAIN, keeping::keep)),
        tokio::spawn(tend(district.clone(), "settling", AGAIN, settling::keep_settled)),
        tokio::spawn(tend(district.clone(), "certificate", AGAIN, move |district| {
            refresh(identities.clone(), district)
        })),
    ];
    tokio::join!(join_all(accepting), async {
        shutdown.await;
        closing.send_replace(true);
    });
    district.stopping.send_replace(true);
    if tokio::time::timeout(district.limits.farewell, graceful.shutdown()).await.is_err() {
        tracing::warn!("some callers would not finish and were cut off");
    }
    // What it had begun to write is whole or undone; the next start plans anew.
    work.iter().for_each(tokio::task::JoinHandle::abort);
    Ok(())
}

/// Shows renewed certificates to those who call from then on; says until when what is shown holds.
async fn refresh(identities: Vec<Arc<Identity>>, district: District) {
    loop {
        if let Some(expires_at) = identities.iter().map(|identity| identity.not_after()).min() {
            let what = "tls-certificate";
            let remedy = "after that stations may no longer believe it and call no more; renew the files of --tls-cert and --tls-key, or start loa serve anew if the certificate is its own";
            district.set_expiry(Expiry { what, expires_at, remedy });
        }
        tokio::time::sleep(REFRESH).await;
        for identity in &identities {
            match identity.refresh() {
                Ok(false) => {}
                Ok(true) => {
                    tracing::info!(until = %identity.not_after(), "a renewed certificate is shown")
                }
                Err(error) => tracing::error!(%error, "the certificate from before is still shown"),
            }
        }
    }
}

/// What every connection is served with.
struct Hall {
    router: Router,
    http: hyper::server::conn::http1::Builder,
    seats: Arc<Semaphore>,
    head: Duration,
    taking: Duration,
    proxies: Arc<[IpAddr]>,
}

impl Hall {
    fn new(district: &District) -> Self {
        let limits = &district.limits;
        let mut http = hyper::server::conn::http1::Builder::new();
        http.timer(TokioTimer::new()).header_read_timeout(limits.head).max_buf_size(LARGEST_HEAD);
        Self {
            router: router(district.clone()),
            http,
            seats: Arc::new(Semaphore::new(limits.connections)),
            head: limits.head,
            taking: limits.taking,
            proxies: limits.proxies.clone().into(),
        }
    }

    /// Serves one caller, after the handshake if there is one, on a task of its own.
    fn take(
        &self,
        stream: TcpStream,
        lock: Option<TlsAcceptor>,
        watcher: Watcher,
        seat: OwnedSemaphorePermit,
        mut closing: watch::Receiver<bool>,
    ) {
        let Ok(peer) = stream.peer_addr() else { return };
        let via = Via { address: peer.ip().to_canonical(), secure: lock.is_some() };
        stream.set_nodelay(true).ok();
        let stream = Taking::new(stream, self.taking);
        let (http, router, head) = (self.http.clone(), self.router.clone(), self.head);
        let proxies = self.proxies.clone();
        tokio::spawn(async move {
            let closed = async { closing.wait_for(|closing| *closing).await.is_ok() };
            match lock {
                None => talk(stream, (via, proxies), &http, router, watcher).await,
                Some(lock) => tokio::select! {
                    _ = closed => {}
                    shaken = tokio::time::timeout(head, lock.accept(stream)) => match shaken {
                        Ok(Ok(stream)) => talk(stream, (via, proxies), &http, router, watcher).await,
                        Ok(Err(error)) => tracing::debug!(%error, "a handshake failed"),
                        Err(_) => tracing::debug!("a handshake took too long"),
                    },
                },
            }
            drop(seat);
        });
    }
}

async fn talk(
    stream: impl AsyncRead + AsyncWrite + Send + Unpin + 'static,
    (via, proxies): (Via, Arc<[IpAddr]>),
    http: &hyper::server::conn::http1::Builder,
    router: Router,
    watcher: Watcher,
) {
    let service = router
        .map_request(move |mut request: hyper::Request<hyper::body::Incoming>| {
            let via = via.behind(&proxies, request.headers());
            request.extensions_mut().insert(via);
            request.map(Body::new)
        })
        .map_err(|never: Infallible| match never {});
    let connection = http.serve_connection(TokioIo::new(stream), TowerToHyperService::new(service));
    if let Err(error) = watcher.watch(connection).await {
        tracing::debug!(%error, "a connection ended badly");
    }
}

async fn accept(
    listener: TcpListener,
    lock: Option<TlsAcceptor>,
    hall: &Hall,
    graceful: &GracefulShutdown,
    mut closing: watch::Receiver<bool>,
) {
    loop {
        let connection = async {
            let seat = hall.seats.clone().acquire_owned().await;
            (listener.accept().await, seat)
        };
        let (accepted, seat) = tokio::select! {
            _ = closing.wait_for(|closing| *closing) => return,
            connection = connection => connection,
        };
        match (accepted, seat) {
            (Ok((stream, _)), Ok(seat)) => {
                hall.take(stream, lock.clone(), graceful.watcher(), seat, closing.clone());
            }
            (Err(error), _) => {
                // Out of file handles, mostly: it passes when others leave.
                tracing::warn!(%error, "could not take a connection");
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
            // The seats are never closed.
            (Ok(_), Err(_)) => return,
        }
    }
}
