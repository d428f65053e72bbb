//! The loop that takes connections. Slow heads end by hyper's timer, slow bodies in [`super::body`], slow readers in
//! [`super::taking`].

use std::{convert::Infallible, sync::Arc, time::Duration};

use axum::body::Body;
use hyper_util::{
    rt::{TokioIo, TokioTimer},
    server::graceful::GracefulShutdown,
    service::TowerToHyperService,
};
use tokio::{net::TcpListener, sync::Semaphore};
use tower::ServiceExt;

use super::{District, rolling, router, taking::Taking};

/// A request's head may not be larger, in bytes.
const LARGEST_HEAD: usize = 32 * 1024;

/// Serves every route and keeps rundowns planned until `shutdown` is done; then lets those at work finish.
pub async fn serve(
    listener: TcpListener,
    district: District,
    shutdown: impl Future<Output = ()> + Send,
) -> std::io::Result<()> {
    let rolling = tokio::spawn(rolling::keep(district.clone()));
    let taken = accept(&listener, &district, shutdown).await;
    drop(listener);
    district.stopping.send_replace(true);
    if tokio::time::timeout(district.limits.farewell, taken.shutdown()).await.is_err() {
        tracing::warn!("some callers would not finish and were cut off");
    }
    // What it had begun to write is whole or undone; the next start plans anew.
    rolling.abort();
    Ok(())
}

async fn accept(
    listener: &TcpListener,
    district: &District,
    shutdown: impl Future<Output = ()> + Send,
) -> GracefulShutdown {
    let router = router(district.clone());
    let seats = Arc::new(Semaphore::new(district.limits.connections));
    let graceful = GracefulShutdown::new();
    let mut http = hyper::server::conn::http1::Builder::new();
    http.timer(TokioTimer::new())
        .header_read_timeout(district.limits.head)
        .max_buf_size(LARGEST_HEAD);
    let mut shutdown = std::pin::pin!(shutdown);
    loop {
        let connection = async {
            let seat = seats.clone().acquire_owned().await;
            (listener.accept().await, seat)
        };
        let (accepted, seat) = tokio::select! {
            () = &mut shutdown => return graceful,
            connection = connection => connection,
        };
        let stream = match accepted {
            Ok((stream, _)) => stream,
            Err(error) => {
                // Out of file handles, mostly: it passes when others leave.
                tracing::warn!(%error, "could not take a connection");
                tokio::time::sleep(Duration::from_millis(100)).await;
                continue;
            }
        };
        stream.set_nodelay(true).ok();
        let service = router
            .clone()
            .map_request(|request: hyper::Request<hyper::body::Incoming>| request.map(Body::new))
            .map_err(|never: Infallible| match never {});
        let stream = TokioIo::new(Taking::new(stream, district.limits.taking));
        let connection = http.serve_connection(stream, TowerToHyperService::new(service));
        let connection = graceful.watch(connection);
        tokio::spawn(async move {
            if let Err(error) = connection.await {
                tracing::debug!(%error, "a connection ended badly");
            }
            drop(seat);
        });
    }
}
