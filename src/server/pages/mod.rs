//! The pages: for people, in their language, rendered here and whole without scripts.
//!
//! [`list`] has every page with what it needs; [`guard`] sees to it before a page is asked. `docs/pages.md` says how a
//! page is added.

mod account;
mod agent;
mod approvals;
mod area;
mod assets;
mod campaigns;
mod choice;
mod clips;
mod condition;
mod confirm;
mod dates;
mod drawn;
mod emergency;
mod fault;
mod faults;
mod form;
mod guard;
mod help;
mod keeping;
mod lower;
mod notice;
mod page;
mod people;
mod public;
mod publishing;
mod record;
mod reports;
mod route;
mod selection;
mod sign_in;
mod state;
mod stations;
mod thing_form;
mod timetable;
mod today;
mod trail;
mod visitor;
mod welcome;
mod words;

use axum::{Router, response::Redirect, routing::get};

pub use self::route::Need;
use self::route::Route;
use super::{District, reports::CHECKED_AT};
use crate::radio::Right;

pub use self::words::Language;
pub(super) use self::{
    clips::send::PATH as UPLOADS, dates::Dates, fault::of_nothing, words::Phrase,
};

/// Every page: how it is asked for, what it needs, and who answers. The test of rights walks this list.
fn list() -> Vec<Route> {
    use Need::{Anybody, Everywhere, May, Member};
    vec![
        Route::get("/sign-in", Anybody, sign_in::show),
        Route::post("/sign-in", Anybody, sign_in::enter),
        Route::post("/sign-out", Member, sign_in::leave),
        Route::get("/welcome/{secret}", Anybody, welcome::show),
        Route::post("/welcome/{secret}", Anybody, welcome::accept),
        Route::get("/account", Member, account::show),
        Route::post("/account/password", Member, account::set_password),
        Route::post("/account/language", Member, account::set_language),
        Route::post("/account/sign-out", Member, account::end_session),
        Route::post("/account/sign-out-everywhere", Member, account::end_sessions),
        Route::get("/today", May(Right::See), today::show),
        Route::get("/clips", Everywhere(Right::See), clips::list::show),
        Route::files(clips::send::PATH, Everywhere(Right::Load), clips::send::take),
        Route::get("/clips/{clip}", Everywhere(Right::See), clips::one::show),
        Route::post("/clips/{clip}", Everywhere(Right::Load), clips::edit::save),
        Route::post("/clips/{clip}/retire", Everywhere(Right::Load), clips::edit::retire),
        Route::post("/clips/{clip}/bring-back", Everywhere(Right::Load), clips::edit::bring_back),
        Route::get("/approvals", Everywhere(Right::See), approvals::show),
        Route::post("/approvals", Everywhere(Right::Approve), approvals::rule),
        Route::post("/approvals/four-eyes", Everywhere(Right::People), approvals::set_four_eyes),
        Route::get("/trail", Everywhere(Right::Trail), trail::show),
        Route::get("/help", Member, help::show),
        Route::get("/first-steps", May(Right::See), help::first_steps),
        Route::get("/stations", May(Right::See), stations::list::show),
        Route::get("/stations/new", May(Right::Stations), stations::form::open),
        Route::post("/stations/new", May(Right::Stations), stations::form::save),
        Route::get("/stations/units/new", May(Right::Stations), stations::unit::new),
        Route::post("/stations/units/new", May(Right::Stations), stations::unit::add),
        Route::get("/stations/{station}", May(Right::See), stations::one::show),
        Route::get("/stations/{station}/edit", May(Right::Stations), stations::form::open),
        Route::post("/stations/{station}/edit", May(Right::Stations), stations::form::save),
        Route::post("/stations/{station}/code", May(Right::Stations), stations::access::code),
        Route::get("/stations/{station}/revoke", May(Right::Stations), stations::access::ask),
        Route::post("/stations/{station}/revoke", May(Right::Stations), stations::access::revoke),
        Route::get("/record", May(Right::See), record::list::show),
        Route::get("/record/{airing}", May(Right::See), record::one::show),
        Route::get("/reports", May(Right::Export), reports::form::show),
        Route::get("/reports/file", May(Right::Export), reports::file::fetch),
        Route::get("/reports/progress/{ticket}", May(Right::Export), reports::file::progress),
        Route::get("/timetable", May(Right::See), timetable::week::show),
        Route::get("/timetable/day", May(Right::See), timetable::day::show),
        Route::get("/timetable/schedules", May(Right::See), timetable::schedule::list::show),
        Route::get("/timetable/schedules/new", May(Right::Plan), timetable::schedule::one::open),
        Route::post("/timetable/schedules/new", May(Right::Plan), timetable::schedule::one::save),
        Route::get(
            "/timetable/schedules/{schedule}",
            May(Right::See),
            timetable::schedule::one::open,
        ),
        Route::post(
            "/timetable/schedules/{schedule}",
            May(Right::Plan),
            timetable::schedule::one::save,
        ),
        Route::post(
            "/timetable/schedules/{schedule}/end",
            May(Right::Plan),
            timetable::schedule::one::end,
        ),
        Route::get("/timetable/programmes", May(Right::See), timetable::programme::list),
        Route::get(
            "/timetable/programmes/new",
            Everywhere(Right::Plan),
            timetable::programme::open,
        ),
        Route::post(
            "/timetable/programmes/new",
            Everywhere(Right::Plan),
            timetable::programme::save,
        ),
        Route::get(
            "/timetable/programmes/{programme}",
            May(Right::See),
            timetable::programme::open,
        ),
        Route::post(
            "/timetable/programmes/{programme}",
            Everywhere(Right::Plan),
            timetable::programme::save,
        ),
        Route::get("/timetable/calendar", May(Right::See), timetable::calendar::show),
        Route::post("/timetable/calendar", Everywhere(Right::Plan), timetable::calendar::save),
        Route::post(
            "/timetable/calendar/quiet-hours",
            Everywhere(Right::Stations),
            timetable::calendar::save_quiet,
        ),
        Route::get("/timetable/copy", May(Right::Plan), timetable::copy::show),
        Route::post("/timetable/copy", May(Right::Plan), timetable::copy::save),
        Route::get("/timetable/move", May(Right::Plan), timetable::shift::show),
        Route::post("/timetable/move", May(Right::Plan), timetable::shift::save),
        Route::get("/timetable/sheet", May(Right::See), timetable::sheet::show),
        Route::get("/emergency", May(Right::See), emergency::list::show),
        Route::post("/emergency", May(Right::Ask), emergency::list::ask),
        Route::get("/emergency/prepared", May(Right::See), emergency::prepared::list),
        Route::get("/emergency/prepared/new", Everywhere(Right::Plan), emergency::prepared::open),
        Route::post("/emergency/prepared/new", Everywhere(Right::Plan), emergency::prepared::save),
        Route::get(
            "/emergency/prepared/{bulletin}",
            Everywhere(Right::Plan),
            emergency::prepared::open,
        ),
        Route::post(
            "/emergency/prepared/{bulletin}",
            Everywhere(Right::Plan),
            emergency::prepared::save,
        ),
        Route::post(
            "/emergency/prepared/{bulletin}/remove",
            Everywhere(Right::Plan),
            emergency::prepared::remove,
        ),
        Route::get("/emergency/{id}", May(Right::See), emergency::one::show),
        Route::get("/emergency/{id}/live", May(Right::See), emergency::one::live),
        Route::post("/emergency/{id}/agreement", May(Right::Agree), emergency::one::agree),
        Route::post("/emergency/{id}/cancellation", May(Right::See), emergency::one::cancel),
        Route::post("/emergency/{id}/correction", May(Right::See), emergency::one::correct),
        Route::get("/campaigns", May(Right::See), campaigns::list::show),
        Route::get("/campaigns/new", May(Right::Plan), campaigns::form::open),
        Route::post("/campaigns/new", May(Right::Plan), campaigns::form::save),
        Route::get("/campaigns/{campaign}", May(Right::See), campaigns::one::show),
        Route::get("/campaigns/{campaign}/edit", May(Right::Plan), campaigns::form::open),
        Route::post("/campaigns/{campaign}/edit", May(Right::Plan), campaigns::form::save),
        Route::get("/campaigns/{campaign}/channels", May(Right::See), campaigns::channels::show),
        Route::files(
            "/campaigns/{campaign}/channels",
            May(Right::Confirm),
            campaigns::channels::report,
        ),
        Route::post(
            "/channels/{report}/withdraw",
            May(Right::Confirm),
            campaigns::channels::withdraw,
        ),
        Route::get(
            "/channels/{report}/photograph",
            May(Right::See),
            campaigns::channels::photograph,
        ),
        Route::get("/keeping", Everywhere(Right::People), keeping::show),
        Route::post("/keeping", Everywhere(Right::People), keeping::save),
        Route::get("/confirm", May(Right::Confirm), confirm::show),
        Route::post("/confirm/{airing}", May(Right::Confirm), confirm::word::declare),
        Route::get("/faults", May(Right::See), faults::show),
        Route::post("/faults", May(Right::Report), faults::report),
        Route::post("/faults/{fault}/close", May(Right::Close), faults::close),
        Route::public("/public", public::list::show),
        Route::public("/p/{code}", public::one::show),
        Route::public("/p/{code}/poster", public::one::poster),
        Route::public("/p/{code}/qr.svg", public::one::qr),
        Route::public(CHECKED_AT, public::verify::show),
        Route::get("/publishing", Everywhere(Right::Publish), publishing::show),
        Route::post("/publishing", Everywhere(Right::Publish), publishing::switch),
        Route::post("/publishing/clips/{clip}", Everywhere(Right::Publish), publishing::clip),
        Route::post(
            "/publishing/campaigns/{campaign}",
            Everywhere(Right::Publish),
            publishing::campaign,
        ),
        Route::get("/people", Everywhere(Right::People), people::list::show),
        Route::post("/people", Everywhere(Right::People), people::list::add),
        Route::get("/people/{person}", Everywhere(Right::People), people::one::show),
        Route::post("/people/{person}/roles", Everywhere(Right::People), people::one::set_roles),
        Route::post("/people/{person}/disable", Everywhere(Right::People), people::one::disable),
        Route::post("/people/{person}/enable", Everywhere(Right::People), people::one::enable),
        Route::post("/people/{person}/link", Everywhere(Right::People), people::one::link),
        Route::post(
            "/people/{person}/sign-out",
            Everywhere(Right::People),
            people::one::end_sessions,
        ),
    ]
}

/// A line of the navigation: where to, the text's key, and who is shown it.
type Way = (&'static str, &'static str, Need);

/// The day's work, in order.
const DAILY: &[Way] = &[
    ("/today", "nav.today", Need::May(Right::See)),
    ("/confirm", "nav.confirm", Need::May(Right::Confirm)),
    ("/clips", "nav.clips", Need::Everywhere(Right::See)),
    ("/approvals", "nav.approvals", Need::Everywhere(Right::See)),
    ("/timetable", "nav.timetable", Need::May(Right::See)),
    ("/stations", "nav.stations", Need::May(Right::See)),
    ("/campaigns", "nav.campaigns", Need::May(Right::See)),
    ("/record", "nav.record", Need::May(Right::See)),
    ("/emergency", "nav.emergency", Need::May(Right::See)),
    ("/faults", "nav.faults", Need::May(Right::See)),
];

/// What is needed now and then, under one word: all of it beside the day's work is more than a line of 1366 pixels.
const SELDOM: &[Way] = &[
    ("/reports", "nav.reports", Need::May(Right::Export)),
    ("/people", "nav.people", Need::Everywhere(Right::People)),
    ("/trail", "nav.trail", Need::Everywhere(Right::Trail)),
    ("/help", "nav.help", Need::Member),
];

/// How each page is asked for and what it needs, for those who test it: method, path, and what [`Need`] says.
pub fn needs() -> Vec<(&'static str, &'static str, Need)> {
    list().into_iter().map(|route| (route.method, route.path, route.need)).collect()
}

/// The pages and what belongs to them.
pub(super) fn routes(district: &District) -> Router<District> {
    list()
        .into_iter()
        .fold(Router::new(), |router, route| router.merge(guard::guarded(route, district)))
        .route("/", get(|| async { Redirect::to("/today") }))
        .route("/static/{version}/{file}", get(assets::fetch))
        .route("/confirm-worker.js", get(confirm::worker))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Nobody is shown a way that is closed to them.
    #[test]
    fn the_navigation_needs_what_its_pages_need() {
        let all = needs();
        for (path, _, need) in DAILY.iter().chain(SELDOM) {
            let page = all.iter().find(|(method, known, _)| *method == "GET" && known == path);
            assert_eq!(page.map(|(.., need)| *need), Some(*need), "{path}");
        }
    }
}
