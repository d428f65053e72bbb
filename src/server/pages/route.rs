use axum::{
    extract::DefaultBodyLimit,
    handler::Handler,
    routing::{self, MethodRouter},
};

use crate::{
    radio::{Grants, Right},
    server::District,
};

/// What a page needs of who asks for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Need {
    /// Nothing.
    Anybody,
    /// That somebody is signed in.
    Member,
    /// That they may do this somewhere. To who may not do it where the thing lies, the page itself says so: 403, and 404 only
    /// of what is not there.
    May(Right),
    /// That they may do this in the whole district, as what lies in no unit needs: clips, people.
    Everywhere(Right),
}

impl Need {
    /// The right that somebody signed in lacks; none: they are let in.
    pub(super) fn lacking(self, grants: &Grants) -> Option<Right> {
        match self {
            Self::May(right) if !grants.may(right) => Some(right),
            Self::Everywhere(right) if !grants.may_everywhere(right) => Some(right),
            _ => None,
        }
    }
}

/// A page.
pub(super) struct Route {
    pub(super) method: &'static str,
    pub(super) path: &'static str,
    pub(super) need: Need,
    pub(super) answer: MethodRouter<District>,
    /// Whether it is the same for all who ask: nobody is asked who they are, and it may be kept and given again.
    pub(super) is_public: bool,
}

impl Route {
    /// A page that is looked at, and changes nothing.
    pub(super) fn get<H, T>(path: &'static str, need: Need, handler: H) -> Self
    where
        H: Handler<T, District>,
        T: 'static,
    {
        Self { method: "GET", path, need, answer: routing::get(handler), is_public: false }
    }

    /// A page for everybody in the world.
    pub(super) fn public<H, T>(path: &'static str, handler: H) -> Self
    where
        H: Handler<T, District>,
        T: 'static,
    {
        Self { is_public: true, ..Self::get(path, Need::Anybody, handler) }
    }

    /// A form that is sent. The guard has checked where it comes from and its token.
    pub(super) fn post<H, T>(path: &'static str, need: Need, handler: H) -> Self
    where
        H: Handler<T, District>,
        T: 'static,
    {
        Self { method: "POST", path, need, answer: routing::post(handler), is_public: false }
    }

    /// A form with files, which are taken in as they come: no limit on the whole, the page sets its own.
    pub(super) fn files<H, T>(path: &'static str, need: Need, handler: H) -> Self
    where
        H: Handler<T, District>,
        T: 'static,
    {
        let answer = routing::post(handler).layer(DefaultBodyLimit::disable());
        Self { method: "POST", path, need, answer, is_public: false }
    }
}
