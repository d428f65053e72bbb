//! Behind a reverse proxy: whom the district takes a caller for.

use std::{io, net::SocketAddr};

use loa::store::{AuditFilter, Deed, Store};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _, copy_bidirectional},
    net::{TcpListener, TcpSocket, TcpStream},
};

use super::District;

/// Where the proxy calls the district from; callers come from others.
const PROXY: &str = "127.0.0.2";
const HOST: &str = "loa.test";
/// Whom somebody wants to be taken for.
const FORGED: &str = "X-Forwarded-For: 198.51.100.7\r\nX-Forwarded-Proto: https\r\n";

async fn connect(from: &str, to: SocketAddr) -> io::Result<TcpStream> {
    let socket = TcpSocket::new_v4()?;
    socket.bind(SocketAddr::new(from.parse().unwrap(), 0))?;
    socket.connect(to).await
}

/// A proxy as small as one can be: it adds to the end of a call's head whom it was called by, and that it was by HTTPS.
async fn proxy(to: SocketAddr) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((caller, peer)) = listener.accept().await {
            tokio::spawn(carry(caller, peer, to));
        }
    });
    address
}

async fn carry(mut caller: TcpStream, peer: SocketAddr, to: SocketAddr) -> io::Result<()> {
    let mut call = Vec::new();
    let end = loop {
        if caller.read_buf(&mut call).await? == 0 {
            return Ok(());
        }
        if let Some(end) = call.windows(4).position(|four| four == b"\r\n\r\n") {
            break end + 2;
        }
    };
    let told = format!("X-Forwarded-For: {}\r\nX-Forwarded-Proto: https\r\n", peer.ip());
    call.splice(end..end, told.into_bytes());
    let mut district = connect(PROXY, to).await?;
    district.write_all(&call).await?;
    copy_bidirectional(&mut caller, &mut district).await.map(drop)
}

/// One call; gives the whole answer.
async fn asked(from: &str, to: SocketAddr, head: &str, body: &str) -> String {
    let mut line = connect(from, to).await.unwrap();
    let length = body.len();
    let call = format!(
        "{head}Host: {HOST}\r\nAccept: text/html\r\nConnection: close\r\nContent-Length: {length}\r\n\r\n{body}"
    );
    line.write_all(call.as_bytes()).await.unwrap();
    let mut answer = String::new();
    line.read_to_string(&mut answer).await.unwrap();
    answer
}

/// Tries to sign in as nobody whom the district knows; gives the cookie that came with the form.
async fn try_to_sign_in(from: &str, to: SocketAddr, scheme: &str, more: &str) -> String {
    let form = asked(from, to, &format!("GET /sign-in HTTP/1.1\r\n{more}"), "").await;
    let cookie = form
        .lines()
        .find_map(|line| line.strip_prefix("set-cookie: "))
        .unwrap_or_else(|| panic!("{form}"));
    let (_, token) =
        form.split_once("name=\"form-token\" value=\"").unwrap_or_else(|| panic!("{form}"));
    let (token, _) = token.split_once('"').unwrap();
    let (pair, _) = cookie.split_once(';').unwrap();
    let head = format!(
        "POST /sign-in HTTP/1.1\r\n{more}Cookie: {pair}\r\nOrigin: {scheme}://{HOST}\r\nContent-Type: application/x-www-form-urlencoded\r\n"
    );
    let body = format!("form-token={token}&name=ai&password=mot+cau+bat+ky");
    let answer = asked(from, to, &head, &body).await;
    assert!(answer.starts_with("HTTP/1.1 422"), "{answer}");
    cookie.to_owned()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_caller_is_whom_the_proxy_names_and_nobody_else_can_say_so() {
    let folder = tempfile::tempdir().unwrap();
    let served = District::start(folder.path(), |serve| {
        serve.args(["--proxy", PROXY]);
    });
    let district: SocketAddr = served.address.trim_start_matches("http://").parse().unwrap();
    let proxy = proxy(district).await;
    let url = format!("sqlite:{}", folder.path().join("loa-data/loa.db").display());
    let (_, store) = Store::look(&url).await.unwrap();
    // What the trail says of the last who tried, and whether their cookie is for HTTPS alone.
    let tried = async |from: &str, to: SocketAddr, scheme: &str, more: &str| {
        let cookie = try_to_sign_in(from, to, scheme, more).await;
        let filter = AuditFilter { deed: Some(Deed::SignInFailed), ..AuditFilter::default() };
        let trail = store.trail(&filter, None, 1).await.unwrap();
        (trail[0].actor.address.clone(), cookie.contains("; Secure"))
    };
    let is = |address: &str, is_https| (address.to_owned(), is_https);
    assert_eq!(tried("127.0.0.3", proxy, "https", "").await, is("127.0.0.3", true));
    // What a caller writes into the head, the proxy passes on before its own word.
    assert_eq!(tried("127.0.0.4", proxy, "https", FORGED).await, is("127.0.0.4", true));
    // Past the proxy nobody is believed.
    assert_eq!(tried("127.0.0.5", district, "http", FORGED).await, is("127.0.0.5", false));
    assert_eq!(tried("127.0.0.5", district, "http", "").await, is("127.0.0.5", false));
    // The proxy itself, where it names nobody.
    assert_eq!(tried(PROXY, district, "http", "").await, is(PROXY, false));
    store.close().await;
}
