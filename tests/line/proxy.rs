//! A bad line: between stations and district, it loses, doubles, delays and reorders calls and answers.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering},
    },
    time::Duration,
};

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
};

/// How long a piece takes on a long way.
const FAR: Duration = Duration::from_secs(2);

/// What a line does to a piece of a call. The order of events is the scheduler's; what happens, a seed's.
#[derive(Default)]
pub(crate) struct Harm {
    /// Nothing passes at all.
    pub(crate) cut: AtomicBool,
    /// Every piece takes two seconds.
    pub(crate) far: AtomicBool,
    /// Nothing more goes wrong.
    pub(crate) mended: AtomicBool,
    pub(crate) lost_calls: AtomicUsize,
    pub(crate) lost_answers: AtomicUsize,
    pub(crate) doubled: AtomicUsize,
    pub(crate) delayed: AtomicUsize,
    seed: AtomicU64,
}

impl Harm {
    /// A number below 100 that nobody chose.
    fn dice(&self) -> u64 {
        let mut x = self.seed.fetch_add(0x9E37_79B9_7F4A_7C15, Ordering::Relaxed);
        x = (x ^ (x >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        x = (x ^ (x >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        (x ^ (x >> 31)) % 100
    }
}

/// Starts the line; gives the address that stations call.
pub(crate) async fn start(district: &str, harm: Arc<Harm>) -> String {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    let district = district.trim_start_matches("http://").to_owned();
    tokio::spawn(async move {
        while let Ok((caller, _)) = listener.accept().await {
            // Whatever ends a connection, the caller sees it, as on a real line.
            tokio::spawn(carry(caller, district.clone(), harm.clone()));
        }
    });
    address
}

/// Carries a connection, piece by piece, until one side or the line ends it.
async fn carry(mut caller: TcpStream, district: String, harm: Arc<Harm>) -> std::io::Result<()> {
    if harm.cut.load(Ordering::Relaxed) {
        return Ok(());
    }
    let mut server = TcpStream::connect(&district).await?;
    let (mut call, mut answer) = (vec![0; 1 << 16], vec![0; 1 << 16]);
    loop {
        tokio::select! {
            read = caller.read(&mut call) => {
                let piece = &call[..read?];
                if piece.is_empty() {
                    return Ok(());
                }
                if lost(&harm, &harm.lost_calls).await {
                    return Ok(());
                }
                // A whole call that is sent twice: the second connection's answer reaches nobody.
                if !harm.mended.load(Ordering::Relaxed) && harm.dice() < 30 {
                    harm.doubled.fetch_add(1, Ordering::Relaxed);
                    let mut twin = TcpStream::connect(&district).await?;
                    twin.write_all(piece).await?;
                    tokio::spawn(async move {
                        tokio::time::timeout(Duration::from_secs(2), twin.read(&mut [0; 4096])).await
                    });
                }
                server.write_all(piece).await?;
            }
            read = server.read(&mut answer) => {
                let piece = &answer[..read?];
                if piece.is_empty() || lost(&harm, &harm.lost_answers).await {
                    return Ok(());
                }
                caller.write_all(piece).await?;
            }
        }
    }
}

/// Delays a piece now and then, by up to two seconds; says whether it is lost, and the connection with it.
async fn lost(harm: &Harm, count: &AtomicUsize) -> bool {
    if harm.cut.load(Ordering::Relaxed) {
        return true;
    }
    if harm.far.load(Ordering::Relaxed) {
        tokio::time::sleep(FAR).await;
    }
    if harm.mended.load(Ordering::Relaxed) {
        return false;
    }
    match harm.dice() {
        0..30 => {
            count.fetch_add(1, Ordering::Relaxed);
            true
        }
        30..50 => {
            harm.delayed.fetch_add(1, Ordering::Relaxed);
            tokio::time::sleep(Duration::from_millis(harm.dice() * 20)).await;
            false
        }
        _ => false,
    }
}
