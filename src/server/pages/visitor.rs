use std::{ops::Deref, sync::Arc};

use axum::{
    extract::FromRequestParts,
    http::{HeaderMap, Uri, header, request::Parts},
};

use super::{
    DAILY, Language, SELDOM, Way, assets, dates::Dates, fault::Fault, notice::Notice,
    state::SPEAKERS, words::Phrase,
};
use crate::{
    radio::{Grants, Right, UnitId, UtcMs},
    server::{
        District,
        log::Found,
        reports::again::Mended,
        via::Via,
        visit::{Member, Visit},
    },
    store::Actor,
};

/// Stations that are named where there may be many.
const NAMED: usize = 5;

/// Who looks at a page, signed in or not: their language, what their navigation shows, the token of their forms. Every
/// template has one, as `v`.
#[derive(Debug, Clone)]
pub(super) struct Visitor(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    visit: Visit,
    language: Language,
    token: String,
    path: String,
    query: String,
    agent: String,
    origin: String,
    notice: Option<Notice>,
    dates: Dates,
    log: Option<Found>,
    mended: Vec<(UtcMs, Mended)>,
    now: UtcMs,
}

/// A line of the navigation.
pub(super) struct Link {
    pub(super) href: &'static str,
    pub(super) text: Phrase,
    /// Whether it leads to the page that is shown, or to that above it.
    pub(super) is_current: bool,
}

/// The way to the pages that somebody may see.
pub(super) struct Navigation {
    pub(super) daily: Vec<Link>,
    /// What is needed now and then; never one thing alone, which needs no word above it.
    pub(super) seldom: Vec<Link>,
}

impl Navigation {
    pub(super) fn is_seldom_current(&self) -> bool {
        self.seldom.iter().any(|link| link.is_current)
    }
}

impl Visitor {
    pub(super) fn new(
        district: &District,
        visit: Visit,
        language: Language,
        address: &Uri,
        headers: &HeaderMap,
        notice: Option<Notice>,
    ) -> Self {
        let text = |name| headers.get(name).and_then(|value| value.to_str().ok());
        let scheme = if visit.via.secure { "https" } else { "http" };
        let host = text(header::HOST).unwrap_or("localhost");
        // A proxy may have made plain HTTP of it; what is posted says how the browser came. The guard has compared it.
        let origin = text(header::ORIGIN).filter(|origin| origin.ends_with(host));
        let origin = origin.map_or_else(|| format!("{scheme}://{host}"), str::to_owned);
        Self(Arc::new(Inner {
            origin,
            token: visit.form_token(),
            visit,
            language,
            path: address.path().to_owned(),
            query: address.query().unwrap_or_default().to_owned(),
            agent: text(header::USER_AGENT).unwrap_or_default().chars().take(200).collect(),
            notice,
            dates: Dates { zone: district.limits.zone, language },
            log: district.log.fault(),
            mended: district.mending.told(district.clock.now()),
            now: district.clock.now(),
        }))
    }

    /// The text of a key of the catalogue, `section.key`.
    pub(super) fn of(&self, key: &str) -> Phrase {
        self.0.language.of(key)
    }

    /// The text of a code, from the section of that name; the code itself where there is none.
    pub(super) fn code(&self, section: &str, code: &str) -> Phrase {
        self.0.language.code(section, code)
    }

    /// A speaker as its station names it, `device:NAME`, in words.
    pub(super) fn speaker(&self, text: &str) -> String {
        let (kind, name) = text.split_once(':').unwrap_or((text, ""));
        match name {
            _ if !SPEAKERS.contains(&kind) => text.to_owned(),
            "" => self.code("speaker", kind).to_string(),
            name => format!("{}: {name}", self.code("speaker", kind)),
        }
    }

    pub(super) fn language(&self) -> Language {
        self.0.language
    }

    /// When the page was asked for.
    pub(super) fn now(&self) -> UtcMs {
        self.0.now
    }

    /// Dates, times of day and numbers, as people here write them.
    pub(super) fn dates(&self) -> &Dates {
        &self.0.dates
    }

    /// The token for the hidden field `form-token` of each form.
    pub(super) fn token(&self) -> &str {
        &self.0.token
    }

    /// Whether a token is that of their forms.
    pub(super) fn knows(&self, token: &str) -> bool {
        self.0.visit.knows(token)
    }

    /// The address of a file in `static/`.
    pub(super) fn asset(&self, file: &str) -> String {
        assets::address(file)
    }

    pub(super) fn via(&self) -> Via {
        self.0.visit.via
    }

    /// What the browser calls itself.
    pub(super) fn agent(&self) -> &str {
        &self.0.agent
    }

    /// How these pages' addresses begin, as the browser sees them: `https://loa.example`.
    pub(super) fn origin(&self) -> &str {
        &self.0.origin
    }

    /// Who acts, for what the store notes.
    pub(super) fn actor(&self) -> Actor {
        self.0.visit.actor()
    }

    /// Who is signed in.
    pub(super) fn member(&self) -> Option<&Member> {
        self.0.visit.member.as_ref()
    }

    /// What the page before wanted said here.
    pub(super) fn notice(&self) -> Option<Phrase> {
        self.0.notice.as_ref().map(|notice| notice.phrase(self.0.language))
    }

    /// What somebody did to the database past Loa: everybody who is signed in is told on every page.
    pub(super) fn alarms(&self) -> Vec<Phrase> {
        if self.member().is_none() {
            return Vec::new();
        }
        self.fault().into_iter().chain(self.mended()).collect()
    }

    /// What is wrong with the log.
    fn fault(&self) -> Option<Phrase> {
        let Found { fault, since } = self.0.log.as_ref()?;
        let entry = fault.entry.map(|entry| self.of("common.log-entry").with("number", entry));
        let entry = entry.map(|words| words.to_string()).unwrap_or_default();
        let what = self.code("log-fault", fault.kind.as_str());
        let words = self.of("common.log-fault").with("time", self.dates().moment(since));
        Some(words.with("what", what).with("entry", entry))
    }

    /// What was kept of airings and was put right: the last of it, and of how many days.
    fn mended(&self) -> Option<Phrase> {
        let (at, Mended { day, stations }) = self.0.mended.last()?;
        let more = |key: &str, count: usize| match count {
            0 => String::new(),
            count => self.of(key).with("count", count).to_string(),
        };
        let shown: Vec<&str> = stations.iter().take(NAMED).map(String::as_str).collect();
        let others = more("common.more-stations", stations.len().saturating_sub(NAMED));
        let words = self.of("common.kept-mended").with("time", self.dates().moment(at));
        let words = words.with("day", self.dates().date_of(day));
        let words = words.with(
            "stations",
            if shown.is_empty() { "…".to_owned() } else { shown.join(", ") + &others },
        );
        Some(words.with("more", more("common.more-days", self.0.mended.len() - 1)))
    }

    /// The way to the pages that they may see; none: they are not signed in.
    pub(super) fn navigation(&self) -> Option<Navigation> {
        let grants = &self.member()?.person.grants;
        let links = |ways: &[Way]| -> Vec<Link> {
            let shown = ways.iter().filter(|(_, _, need)| need.lacking(grants).is_none());
            shown.map(|(href, key, _)| self.way(href, key)).collect()
        };
        let (mut daily, mut seldom) = (links(DAILY), links(SELDOM));
        if seldom.len() == 1 {
            daily.append(&mut seldom);
        }
        Some(Navigation { daily, seldom })
    }

    fn way(&self, href: &'static str, key: &str) -> Link {
        let below = self.0.path.strip_prefix(href);
        let is_current = below.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
        Link { href, text: self.of(key), is_current }
    }

    /// The address of this page in the other language.
    pub(super) fn switch(&self) -> String {
        let (_, address) = self.chosen();
        let joint = if address.contains('?') { '&' } else { '?' };
        format!("{address}{joint}lang={}", self.0.language.other())
    }

    /// An address as one who reads another language than Vietnamese goes on to it where no browser remembers that.
    pub(super) fn link(&self, address: impl AsRef<str>) -> String {
        let address = address.as_ref();
        let joint = if address.contains('?') { '&' } else { '?' };
        match self.0.language {
            Language::Vi => address.to_owned(),
            other => format!("{address}{joint}lang={other}"),
        }
    }

    /// The language that the address chooses, and the address without it.
    pub(super) fn switched(&self) -> Option<(Language, String)> {
        let (chosen, address) = self.chosen();
        Some((chosen?, address))
    }

    fn chosen(&self) -> (Option<Language>, String) {
        let mut chosen = None;
        let rest: Vec<&str> = self
            .0
            .query
            .split('&')
            .filter(|pair| match pair.strip_prefix("lang=") {
                Some(code) => {
                    chosen = code.parse().ok().or(chosen);
                    false
                }
                None => !pair.is_empty(),
            })
            .collect();
        let path = &self.0.path;
        let address =
            if rest.is_empty() { path.clone() } else { format!("{path}?{}", rest.join("&")) };
        (chosen, address)
    }

    /// Where to sign in; afterwards back to this page, if it was only looked at.
    pub(super) fn sign_in_address(&self, comes_back: bool) -> String {
        if !comes_back {
            return "/sign-in".to_owned();
        }
        let query =
            if self.0.query.is_empty() { String::new() } else { format!("?{}", self.0.query) };
        let next = format!("{}{query}", self.0.path);
        let form = serde_html_form::to_string([("next", next)]).unwrap_or_default();
        format!("/sign-in?{form}")
    }
}

impl<S: Sync> FromRequestParts<S> for Visitor {
    type Rejection = Fault;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Fault> {
        parts
            .extensions
            .get::<Self>()
            .cloned()
            .ok_or_else(|| Fault::failed("a page without its guard"))
    }
}

/// Somebody signed in who looks at a page.
#[derive(Debug, Clone)]
pub(super) struct Reader {
    visitor: Visitor,
    pub(super) member: Member,
}

impl Deref for Reader {
    type Target = Visitor;

    fn deref(&self) -> &Visitor {
        &self.visitor
    }
}

impl Reader {
    /// For a template's `v`.
    pub(super) fn visitor(&self) -> Visitor {
        self.visitor.clone()
    }

    /// What they are where.
    pub(super) fn grants(&self) -> &Grants {
        &self.member.person.grants
    }

    /// Whether they may in a unit, given with those it lies in.
    pub(super) fn may_in<'a>(
        &self,
        right: Right,
        ancestry: impl IntoIterator<Item = &'a UnitId>,
    ) -> bool {
        self.grants().may_in(right, ancestry)
    }
}

impl<S: Sync> FromRequestParts<S> for Reader {
    type Rejection = Fault;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Fault> {
        let visitor = Visitor::from_request_parts(parts, state).await?;
        let member = visitor.member().cloned();
        let member = member.ok_or_else(|| Fault::failed("a member's page that anybody may see"))?;
        Ok(Self { visitor, member })
    }
}
