use std::{
    net::{IpAddr, SocketAddr},
    sync::Arc,
    time::Duration,
};

use anyhow::{Context, bail};
use loa::{
    clock::{Clock, SystemClock},
    playout::{
        keep::Anchor,
        link::{Allowance, Line},
        speaker::SpeakerName,
        station::{self, Settings, Sign, StationError},
    },
    radio::{StationId, StationKind},
    server::{self, District, Door, Limits},
};
use tokio::{net::TcpListener, task::JoinHandle};
use tokio_util::sync::CancellationToken;
use tracing::{error, info};

use super::{
    admit, clip::IntakeArguments, lock::LockArguments, logging::LogArguments, person, place::Place,
    service, station::SoundArguments,
};

/// How often the server says that it lives.
const TURN: Duration = Duration::from_secs(1);

/// Run the district: plan, hand out rundowns and clips, take confirmations.
#[derive(Debug, clap::Args)]
pub(crate) struct ServeArguments {
    #[command(flatten)]
    place: Place,
    #[command(flatten)]
    lock: LockArguments,
    /// The district's own station plays here: device, device:NAME, wav:PATH or silent. Without, it is another program's.
    #[arg(long, env = "LOA_SPEAKER", value_name = "SPEAKER")]
    speaker: Option<SpeakerName>,
    /// Which station is the district's own, where there are several of its kind.
    #[arg(long, env = "LOA_STATION", value_name = "ID")]
    station: Option<StationId>,
    /// Days beyond today that stations are sent their rundown for: so long can a line be cut.
    #[arg(long, env = "LOA_DAYS_AHEAD", value_name = "DAYS", default_value_t = 35,
          value_parser = clap::value_parser!(u32).range(1..=366))]
    days_ahead: u32,
    /// The address of a reverse proxy that is believed on whom it calls for (X-Forwarded-For, X-Forwarded-Proto); several
    /// with commas.
    #[arg(long, env = "LOA_PROXY", value_name = "ADDR", value_delimiter = ',')]
    proxy: Vec<IpAddr>,
    #[command(flatten)]
    sound: SoundArguments,
    #[command(flatten)]
    intake: IntakeArguments,
    #[command(flatten)]
    pub(crate) log: LogArguments,
}

/// Serves until it is asked to stop.
pub(crate) async fn run(arguments: ServeArguments) -> anyhow::Result<()> {
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let store = arguments.place.store().await?;
    let shelf = arguments.place.shelf()?;
    let listen = arguments.lock.listen;
    let listener = TcpListener::bind(listen)
        .await
        .with_context(|| format!("cannot listen at {listen}: choose another with --listen"))?;
    let address = listener.local_addr()?;
    let identity = arguments.lock.identity(&arguments.place, clock.now())?;
    let scheme = if identity.is_some() { "https" } else { "http" };
    let mut doors = vec![Door { listener, identity }];
    let own_door = match &arguments.speaker {
        Some(_) => Some(own_door(&mut doors, address).await?),
        None => None,
    };
    let limits = Limits {
        days_ahead: arguments.days_ahead,
        zone: arguments.sound.zone(),
        intake: arguments.intake.limits(),
        proxies: arguments.proxy.clone(),
        ..Limits::default()
    };
    let keyring = arguments.place.keyring(clock.now())?;
    let district = District::new(store, clock.clone(), shelf, keyring, limits);
    district.set_pin(arguments.lock.pin(&arguments.place, clock.now())?);

    person::welcome(district.store(), scheme, address).await?;

    let stop_server = CancellationToken::new();
    let stop_station = CancellationToken::new();
    let mut serving =
        tokio::spawn(server::serve(doors, district.clone(), stop_server.clone().cancelled_owned()));
    info!(%address, %scheme, "serving");
    let playing = match arguments.speaker.clone().zip(own_door) {
        Some((speaker, door)) => {
            let settings = own_station(&arguments, &district, speaker, door).await?;
            let stop = stop_station.clone().cancelled_owned();
            let server = serving.abort_handle();
            let lives = move || !server.is_finished();
            Some(tokio::spawn(play(settings, clock, lives, stop)))
        }
        None => None,
    };
    service::ready();

    // While its own station plays, that one's frames keep the watchdog off.
    let alive = || {
        if playing.as_ref().is_none_or(JoinHandle::is_finished) {
            service::alive();
        }
    };
    let served = attend(&mut serving, service::asked_to_stop(), alive).await;
    // First the station, so that its last records still find the server.
    stop_station.cancel();
    let station_stopped = match playing {
        Some(playing) => playing.await.context("the district's own station")?,
        None => Ok(()),
    };
    stop_server.cancel();
    if served.is_ok() {
        serving.await.context("the server")??;
    }
    district.store().close().await;
    served?;
    Ok(station_stopped?)
}

/// Says again and again that the server lives, until it is asked to stop.
///
/// # Errors
/// The server has ended without being asked: the program must not live on without it.
async fn attend(
    serving: &mut JoinHandle<std::io::Result<()>>,
    asked: impl Future<Output = ()>,
    alive: impl Fn(),
) -> anyhow::Result<()> {
    let mut asked = std::pin::pin!(asked);
    let mut turn = tokio::time::interval(TURN);
    loop {
        tokio::select! {
            () = &mut asked => return Ok(()),
            ended = &mut *serving => {
                ended.context("the server broke")?.context("the server failed")?;
                bail!("the server ended without being asked to");
            }
            _ = turn.tick() => alive(),
        }
    }
}

/// Plays at the district's own station. When that cannot go on, the communes still have their server.
async fn play(
    settings: Settings,
    clock: Arc<dyn Clock>,
    server_lives: impl Fn() -> bool + Send,
    stop: impl Future<Output = ()>,
) -> Result<(), StationError> {
    let sign = |sign| match sign {
        Sign::Alive if server_lives() => service::alive(),
        // It is the server's readiness that others wait for, and a station alone is no district.
        Sign::Ready | Sign::Alive => {}
    };
    let stopped = station::run(settings, clock, sign, stop).await;
    if let Err(error) = &stopped {
        error!(%error, "the district's own station does not play");
    }
    stopped
}

/// A door that the district's own station reaches by plain HTTP: the one that there is, or another on this machine only.
/// So it needs nobody to vouch for a certificate that is in the same program.
async fn own_door(doors: &mut Vec<Door>, address: SocketAddr) -> anyhow::Result<SocketAddr> {
    let is_plain = doors.iter().all(|door| door.identity.is_none());
    let here = IpAddr::from([127, 0, 0, 1]);
    if is_plain && address.ip().is_unspecified() {
        return Ok(SocketAddr::new(here, address.port()));
    }
    if is_plain && address.ip().is_loopback() {
        return Ok(address);
    }
    let listener = TcpListener::bind((here, 0)).await.context("no free port on this machine")?;
    let own = listener.local_addr()?;
    doors.push(Door::plain(listener));
    Ok(own)
}

/// The district's own station talks to the district as every other does, over HTTP.
async fn own_station(
    arguments: &ServeArguments,
    district: &District,
    speaker: SpeakerName,
    door: SocketAddr,
) -> anyhow::Result<Settings> {
    let store = district.store();
    let of_district: Vec<StationId> = store
        .stations()
        .await?
        .into_iter()
        .filter(|station| station.kind == StationKind::District)
        .map(|station| station.id)
        .collect();
    let station = match (&arguments.station, of_district.as_slice()) {
        (Some(chosen), _) => chosen.clone(),
        (None, [only]) => only.clone(),
        (None, []) => bail!(
            "no station of kind district is known: apply its TOML first, or leave --speaker out"
        ),
        (None, _) => {
            bail!("there are several stations of kind district: choose one with --station")
        }
    };
    let data = arguments.place.data.join("station");
    let code = match Anchor::read(&data)? {
        Some(_) => None,
        None => {
            let key = district.keyring().newest().key;
            Some(admit::code(store, &station, key, None).await?)
        }
    };
    Ok(Settings {
        server: format!("http://{door}"),
        line: Line::default(),
        allowance: Allowance::default(),
        code,
        data,
        speaker: Arc::new(speaker),
        hours: arguments.sound.hours(),
        control: arguments.sound.control(),
        trust_clock: false,
    })
}

#[cfg(test)]
mod tests {
    use std::{future::pending, io};

    use super::*;

    #[tokio::test]
    async fn a_server_that_ends_by_itself_ends_the_program_with_the_reason() {
        for (ends, expected) in [
            (Ok(()), "the server ended without being asked to"),
            (Err(io::Error::other("no more handles")), "the server failed: no more handles"),
        ] {
            let mut serving = tokio::spawn(async { ends });
            let error = attend(&mut serving, pending(), || {}).await.unwrap_err();
            assert_eq!(format!("{error:#}"), expected);
        }
        let mut serving = tokio::spawn(async { panic!("a bug") });
        let error = attend(&mut serving, pending(), || {}).await.unwrap_err();
        assert!(format!("{error:#}").starts_with("the server broke: "), "{error:#}");
    }

    #[tokio::test]
    async fn a_server_that_is_asked_to_stop_is_no_error() {
        let mut serving = tokio::spawn(pending());
        attend(&mut serving, async {}, || {}).await.unwrap();
        assert!(!serving.is_finished());
        serving.abort();
    }
}
