//! What there is to plan with, read only.

use std::collections::HashMap;

use axum::{Json, extract::State};
use serde::Serialize;
use utoipa::ToSchema;

use crate::{
    radio::{Campaign, Programme, Schedule, Station, Unit, UtcMs},
    server::{District, login::OfPerson, problem::Refusal},
    store::Chain,
    wire::{ChainFault, Problem, StationStatus},
};

/// A station, when it was last heard of and how it said it was.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::server) struct StationView {
    /// The station.
    #[serde(flatten)]
    #[schema(value_type = Object)]
    station: Station,
    /// When it last called; none: never.
    last_contact: Option<UtcMs>,
    /// How it said it was, faults included.
    status: Option<StationStatus>,
    /// Whether its records are all here and follow from each other; none before the first.
    chain: Option<ChainView>,
}

/// Whether a station's records are all here and follow from each other.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::server) struct ChainView {
    /// The sequence number up to which nothing is missing; 0: the first is.
    head: u64,
    /// The highest sequence number that came.
    last: u64,
    /// How many are missing before it.
    missing: u64,
    /// Faults ever found, `gap` not counted.
    fault_count: u64,
    /// What is missing now, then the newest faults, at most 20. All but a gap stay for good.
    faults: Vec<ChainFault>,
}

impl From<Chain> for ChainView {
    fn from(chain: Chain) -> Self {
        let Chain { head, last, missing, fault_count, .. } = chain;
        let faults = chain.gap().into_iter().chain(chain.faults).collect();
        Self { head, last, missing, fault_count, faults }
    }
}

/// Declares a list of one kind of thing and the route that gives it.
macro_rules! list {
    ($(#[$doc:meta])* $route:ident, $path:literal, $list:ident of $thing:ty) => {
        $(#[$doc])*
        #[derive(Debug, Serialize, ToSchema)]
        pub(in crate::server) struct $list {
            /// By name.
            #[schema(value_type = Vec<Object>)]
            $route: Vec<$thing>,
        }

        $(#[$doc])*
        #[utoipa::path(
            get, path = $path, tag = "rules", security(("person" = [])),
            responses(
                (status = 200, description = "All of them.", body = $list),
                (status = 401, description = "No token, or an unknown one.", body = Problem, content_type = "application/problem+json"),
                (status = 403, description = "Not a person's token.", body = Problem, content_type = "application/problem+json"),
            )
        )]
        pub(in crate::server) async fn $route(
            State(district): State<District>,
            _: OfPerson,
        ) -> Result<Json<$list>, Refusal> {
            Ok(Json($list { $route: district.store.rules().await?.$route }))
        }
    };
}

list!(
    /// The tree of units.
    units, "/api/v1/units", Units of Unit
);
list!(
    /// What airs together.
    programmes, "/api/v1/programmes", Programmes of Programme
);
list!(
    /// Why something airs.
    campaigns, "/api/v1/campaigns", Campaigns of Campaign
);
list!(
    /// When what airs where.
    schedules, "/api/v1/schedules", Schedules of Schedule
);

/// The stations.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::server) struct Stations {
    /// By name.
    stations: Vec<StationView>,
}

/// The stations, when each was last heard of, how it said it was, and whether its records are all here.
#[utoipa::path(
    get, path = "/api/v1/stations", tag = "rules", security(("person" = [])),
    responses(
        (status = 200, description = "All of them.", body = Stations),
        (status = 401, description = "No token, or an unknown one.", body = Problem, content_type = "application/problem+json"),
        (status = 403, description = "Not a person's token.", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(in crate::server) async fn stations(
    State(district): State<District>,
    _: OfPerson,
) -> Result<Json<Stations>, Refusal> {
    let contacts = district.store.contacts().await?;
    let mut contacts: HashMap<_, _> =
        contacts.into_iter().map(|contact| (contact.station.clone(), contact)).collect();
    let chains = district.store.chains().await?;
    let mut chains: HashMap<_, _> =
        chains.into_iter().map(|chain| (chain.station.clone(), chain)).collect();
    let stations = district.store.stations().await?.into_iter().map(|station| {
        let contact = contacts.remove(&station.id);
        let last_contact = contact.as_ref().map(|contact| contact.at);
        let status = contact
            .and_then(|contact| contact.status)
            .map(|status| serde_json::from_str(&status))
            .transpose()
            .map_err(Refusal::internal)?;
        let chain = chains.remove(&station.id).map(ChainView::from);
        Ok(StationView { station, last_contact, status, chain })
    });
    Ok(Json(Stations { stations: stations.collect::<Result<_, Refusal>>()? }))
}
