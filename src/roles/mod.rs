//! What the program can be asked to do, a file per command.

pub(crate) mod admit;
pub(crate) mod apply;
pub(crate) mod backup;
pub(crate) mod carry;
pub(crate) mod clip;
pub(crate) mod demo;
pub(crate) mod doctor;
pub(crate) mod key;
pub(crate) mod lock;
pub(crate) mod log;
pub(crate) mod logging;
pub(crate) mod person;
pub(crate) mod place;
pub(crate) mod plan;
pub(crate) mod report;
pub(crate) mod revoke;
pub(crate) mod serve;
pub(crate) mod service;
pub(crate) mod shutdown;
pub(crate) mod site;
pub(crate) mod station;
pub(crate) mod stick;
