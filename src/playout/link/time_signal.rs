use std::{sync::Arc, time::Duration};

use tracing::debug;

use super::{District, pauses};
use crate::{clock::Clock as _, playout::station_clock::StationClock};

/// How soon the district is asked again until its answers are believed.
const SOON: Duration = Duration::from_secs(1);
/// How often it is asked afterwards: clocks drift, and the nearest answer counts most.
const SELDOM: Duration = Duration::from_mins(1);

/// Asks the district what time it is. Only answers that come at once say anything, so the other calls do not count.
#[derive(Debug)]
pub struct TimeSignal {
    /// Whom to ask.
    pub district: District,
    /// Who is told.
    pub clock: Arc<StationClock>,
}

impl TimeSignal {
    /// Asks for ever.
    pub async fn run(self) {
        let mut pause = pauses();
        loop {
            let asked = self.clock.monotonic();
            let wait = match self.district.time().await {
                Ok(time) => {
                    self.clock.hear(time, asked, self.clock.monotonic());
                    pause = pauses();
                    if self.clock.is_curious() { SOON } else { SELDOM }
                }
                Err(error) => {
                    debug!(%error, "the district does not tell the time");
                    pause.next().unwrap_or(SELDOM)
                }
            };
            tokio::time::sleep(wait).await;
        }
    }
}

#[cfg(test)]
mod tests {
    use tokio::{
        io::{AsyncReadExt as _, AsyncWriteExt as _},
        net::TcpListener,
    };

    use super::*;
    use crate::{
        clock::TestClock,
        playout::keep::Anchor,
        radio::{ClockState, UtcMs},
        signing::{DistrictKey, SecretKey},
        wire::TIME_HEADER,
    };

    const NOW: UtcMs = UtcMs(1_601_503_200_123);

    fn anchor(server: String) -> Anchor {
        Anchor {
            server,
            station: "thach-lam".parse().unwrap(),
            token: "secret".to_owned(),
            code_sha256: String::new(),
            pin: None,
            district_key: DistrictKey {
                number: 1,
                key: SecretKey::from_seed(&[1; 32]).public(),
                not_before: NOW,
                not_after: NOW,
            },
            sequence_mark: 0,
            rundown_version: 0,
        }
    }

    #[tokio::test]
    async fn a_station_that_does_not_know_the_day_is_told_it() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let server = format!("http://{}", listener.local_addr().unwrap());
        tokio::spawn(async move {
            loop {
                let (mut stream, _) = listener.accept().await.unwrap();
                let mut asked = [0; 1024];
                let _ = stream.read(&mut asked).await.unwrap();
                let answer = format!(
                    "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n{TIME_HEADER}: {time}\r\n\r\n",
                    time = NOW.0
                );
                stream.write_all(answer.as_bytes()).await.unwrap();
            }
        });
        let machine = Arc::new(TestClock::at(UtcMs(0)));
        let clock = Arc::new(StationClock::new(machine, UtcMs(NOW.0 - 1_000)));
        assert_eq!((clock.is_known(), clock.state()), (false, ClockState::Untrusted));
        assert_eq!(clock.now(), UtcMs(NOW.0 - 1_000));
        let district = District::new(&super::super::Line::default(), &anchor(server)).unwrap();
        let asking = tokio::spawn(TimeSignal { district, clock: clock.clone() }.run());
        while !clock.is_known() {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        asking.abort();
        assert_eq!((clock.now(), clock.state()), (NOW, ClockState::Holdover));
        assert_eq!(clock.fault().map(|fault| fault.code), Some("clock-wrong".to_owned()));
    }
}
