//! What waits for an approver: they listen, read, and say whether it may air.

use std::collections::{HashMap, HashSet};

use askama::Template;
use axum::{
    extract::State,
    response::{IntoResponse, Response},
};
use serde::Deserialize;

use super::{
    clips::{by_whom, drawing, length, one::ruled},
    fault::Fault,
    form::Form,
    notice::Notice,
    page::{Page, wrong},
    visitor::{Reader, Visitor},
    words::Phrase,
};
use crate::{
    library::Facts,
    radio::{Approval, Campaign, Clip, ClipId, Item, Programme, ProgrammeId, Right, Subject},
    server::District,
    store::{HeldBack, Pending, Ruled, Rules, Said},
};

const ADDRESS: &str = "/approvals";

/// One thing that waits.
struct Case {
    pending: Pending,
    /// A clip's own, or those of a programme in order.
    parts: Vec<Part>,
    /// The clip itself, if it is one.
    clip: Option<Clip>,
    drawing: super::clips::Drawing,
    /// What does not air meanwhile.
    held: Option<HeldBack>,
    /// Why this visitor cannot approve it; none: they can.
    hindered: Option<Phrase>,
    /// The comment as it was written, and what is wrong with it.
    comment: String,
    error: String,
}

/// A part of a programme, in words; a recording with what is needed to hear it.
struct Part {
    words: String,
    sound: Option<Clip>,
}

impl Case {
    fn noun(&self) -> &'static str {
        self.pending.subject.noun()
    }

    fn id(&self) -> &str {
        self.pending.subject.id()
    }

    /// A name of its own on the page.
    fn anchor(&self) -> String {
        format!("{}-{}", self.noun(), self.id())
    }

    fn length(&self) -> String {
        self.clip.as_ref().map(|clip| length(clip.duration_ms())).unwrap_or_default()
    }
}

#[derive(Template)]
#[template(path = "pages/approvals.html")]
struct Approvals {
    v: Visitor,
    waiting: Vec<Case>,
    returned: Vec<Case>,
    four_eyes: bool,
    may_switch: bool,
}

impl Approvals {
    fn kind(&self, case: &Case) -> Phrase {
        match case.pending.subject {
            Subject::Clip(_) => self.v.of("approval.clip"),
            Subject::Programme(_) => self.v.of("approval.programme"),
        }
    }

    fn made(&self, case: &Case) -> Option<Phrase> {
        let maker = case.pending.makers.first()?;
        let (name, at) = (maker.name.as_ref()?, maker.at?);
        let key = match case.pending.subject {
            Subject::Clip(_) => "approval.made",
            Subject::Programme(_) => "approval.made-programme",
        };
        Some(by_whom(&self.v, key, name, at))
    }

    fn held(&self, case: &Case) -> Option<Phrase> {
        let held = case.held.as_ref()?;
        let count = self.v.dates().number(&held.count);
        let phrase = self.v.of("approval.held").with("count", count);
        Some(phrase.with("time", self.v.dates().moment(&held.first)))
    }

    fn last(&self, case: &Case) -> Option<(String, String)> {
        let last = case.pending.last.as_ref()?;
        let (_, state) = super::clips::approval(&self.v, Approval::of(Some(last)));
        let comment = last.comment.clone().unwrap_or_default();
        Some((format!("{state}, {}", ruled(&self.v, last)), comment))
    }
}

/// A form that was filled in and could not be kept: of what, what it says, and what is wrong.
struct Unkept {
    subject: Subject,
    comment: String,
    error: String,
}

struct Known<'a> {
    clips: HashMap<&'a ClipId, &'a Clip>,
    programmes: HashMap<&'a ProgrammeId, &'a Programme>,
    campaigns: &'a [Campaign],
    held: HashMap<ProgrammeId, HeldBack>,
}

impl<'a> Known<'a> {
    fn new(rules: &'a Rules, held: Vec<HeldBack>) -> Self {
        Self {
            clips: rules.clips.iter().map(|clip| (&clip.id, clip)).collect(),
            programmes: rules.programmes.iter().map(|one| (&one.id, one)).collect(),
            campaigns: &rules.campaigns,
            held: held.into_iter().map(|held| (held.programme.clone(), held)).collect(),
        }
    }

    /// What does not air while it waits: the programme itself, or those that have the clip.
    fn held(&self, subject: &Subject) -> Option<HeldBack> {
        let concerned: HashSet<&ProgrammeId> = match subject {
            Subject::Programme(id) => [id].into(),
            Subject::Clip(id) => {
                let programmes = self.programmes.values();
                programmes.filter(|one| self.sounds(one, id)).map(|one| &one.id).collect()
            }
        };
        let held = concerned.into_iter().filter_map(|id| self.held.get(id)).cloned();
        held.reduce(|one, other| {
            let count = one.count + other.count;
            let first = one.first.min(other.first);
            HeldBack { count, first, ..one }
        })
    }

    fn sounds(&self, programme: &Programme, clip: &ClipId) -> bool {
        programme.items.iter().any(|item| match item {
            Item::Clip(id) | Item::Chime(id) => id == clip,
            Item::Rotate(id) => {
                let campaign = self.campaigns.iter().find(|campaign| campaign.id == *id);
                campaign.is_some_and(|campaign| campaign.clips.contains(clip))
            }
            Item::Pause(_) => false,
        })
    }

    fn part(&self, v: &Visitor, id: &ClipId, is_chime: bool) -> Part {
        match self.clips.get(id) {
            None => {
                Part { words: v.of("approval.missing").with("name", id).to_string(), sound: None }
            }
            Some(clip) => {
                let chime = if is_chime {
                    format!(" · {}", v.of("approval.chime"))
                } else {
                    String::new()
                };
                let words = format!("{} ({}){chime}", clip.title, length(clip.duration_ms()));
                Part { words, sound: Some((*clip).clone()) }
            }
        }
    }

    fn parts(&self, v: &Visitor, subject: &Subject) -> Vec<Part> {
        let Subject::Programme(id) = subject else { return Vec::new() };
        let mut parts = Vec::new();
        for item in self.programmes.get(id).iter().flat_map(|programme| &programme.items) {
            match item {
                Item::Clip(id) => parts.push(self.part(v, id, false)),
                Item::Chime(id) => parts.push(self.part(v, id, true)),
                Item::Pause(ms) => {
                    let seconds = v.dates().decimal(&(f64::from(*ms) / 1000.0), 1);
                    let words = v.of("approval.pause").with("seconds", seconds).to_string();
                    parts.push(Part { words, sound: None });
                }
                Item::Rotate(id) => {
                    let campaign = self.campaigns.iter().find(|campaign| campaign.id == *id);
                    let name = campaign.map_or(id.as_str(), |campaign| campaign.title.as_str());
                    let words = v.of("approval.rotate").with("name", name).to_string();
                    parts.push(Part { words, sound: None });
                    for clip in campaign.iter().flat_map(|campaign| &campaign.clips) {
                        parts.push(self.part(v, clip, false));
                    }
                }
            }
        }
        parts
    }
}

async fn page(
    district: &District,
    reader: &Reader,
    unkept: Option<Unkept>,
) -> Result<Approvals, Fault> {
    let store = &district.store;
    let rules = store.rules().await?;
    let known = Known::new(&rules, store.held_back(reader.now()).await?);
    let four_eyes = store.four_eyes().await?;
    let actor = reader.actor();
    let may_approve = reader.grants().may_everywhere(Right::Approve);
    let (mut waiting, mut returned) = (Vec::new(), Vec::new());
    for pending in store.pending().await? {
        let clip = match &pending.subject {
            Subject::Clip(id) => known.clips.get(id).map(|clip| (*clip).clone()),
            Subject::Programme(_) => None,
        };
        let recording = match &clip {
            Some(clip) => store.recording(&clip.sha256).await?,
            None => None,
        };
        let facts: Option<Facts> =
            recording.map(|json| serde_json::from_str(&json)).transpose().map_err(Fault::failed)?;
        let hindered = if !may_approve {
            Some(reader.of("approval.cannot"))
        } else if four_eyes && pending.makers.iter().any(|maker| maker.is(&actor)) {
            Some(reader.of("approval.own-work"))
        } else {
            None
        };
        let unkept = unkept.as_ref().filter(|unkept| unkept.subject == pending.subject);
        let case = Case {
            parts: known.parts(reader, &pending.subject),
            held: known.held(&pending.subject),
            drawing: facts.map(|facts| drawing(&facts.waveform)).unwrap_or_default(),
            clip,
            hindered,
            comment: unkept.map(|unkept| unkept.comment.clone()).unwrap_or_default(),
            error: unkept.map(|unkept| unkept.error.clone()).unwrap_or_default(),
            pending,
        };
        match case.pending.approval {
            Approval::SentBack => returned.push(case),
            Approval::Waiting | Approval::Approved => waiting.push(case),
        }
    }
    let may_switch = reader.grants().may_everywhere(Right::People);
    Ok(Approvals { v: reader.visitor(), waiting, returned, four_eyes, may_switch })
}

pub(super) async fn show(
    State(district): State<District>,
    reader: Reader,
) -> Result<Response, Fault> {
    Ok(Page(page(&district, &reader, None).await?).into_response())
}

/// An approver's word as the form sends it.
#[derive(Debug, Deserialize)]
pub(super) struct Word {
    noun: String,
    id: String,
    content: String,
    /// `approve` or `send-back`: the button.
    word: String,
    #[serde(default)]
    comment: String,
}

impl Word {
    fn subject(&self) -> Option<Subject> {
        match self.noun.as_str() {
            "clip" => self.id.parse().ok().map(Subject::Clip),
            "programme" => self.id.parse().ok().map(Subject::Programme),
            _ => None,
        }
    }
}

pub(super) async fn rule(
    State(district): State<District>,
    reader: Reader,
    Form(word): Form<Word>,
) -> Result<Response, Fault> {
    let subject = word.subject().ok_or(Fault::Unreadable)?;
    let content = word.content.parse().map_err(|_| Fault::Unreadable)?;
    let approved = match word.word.as_str() {
        "approve" => true,
        "send-back" => false,
        _ => return Err(Fault::Unreadable),
    };
    let comment = word.comment.trim();
    let refuse = async |error: &str| {
        let error = reader.of(error).to_string();
        let unkept = Unkept { subject: subject.clone(), comment: comment.to_owned(), error };
        Ok(wrong(page(&district, &reader, Some(unkept)).await?))
    };
    if !approved && comment.is_empty() {
        return refuse("approval.comment-missing").await;
    }
    let said = Said {
        subject: &subject,
        content,
        approved,
        comment: Some(comment).filter(|comment| !comment.is_empty()),
    };
    let title = title(&district, &subject).await?;
    match district.store.rule(&reader.actor(), &said, reader.now()).await? {
        Ruled::Done => {
            district.rules_changed();
            let key = if approved { "approval.was-approved" } else { "approval.was-sent-back" };
            Ok(Notice::about(key, &title).at(&reader, ADDRESS))
        }
        Ruled::Unknown => Ok(Notice::new("approval.gone").at(&reader, ADDRESS)),
        Ruled::Changed => refuse("approval.changed").await,
        Ruled::Own => refuse("approval.own-work").await,
    }
}

async fn title(district: &District, subject: &Subject) -> Result<String, Fault> {
    Ok(match subject {
        Subject::Clip(id) => district.store.clip(id).await?.map(|stored| stored.clip.title),
        Subject::Programme(id) => {
            let programmes = district.store.rules().await?.programmes;
            programmes.into_iter().find(|one| one.id == *id).map(|one| one.title)
        }
    }
    .unwrap_or_else(|| subject.id().to_owned()))
}

/// Whether four eyes are wanted.
#[derive(Debug, Deserialize)]
pub(super) struct FourEyes {
    on: bool,
}

pub(super) async fn set_four_eyes(
    State(district): State<District>,
    reader: Reader,
    Form(FourEyes { on }): Form<FourEyes>,
) -> Result<Response, Fault> {
    district.store.set_four_eyes(&reader.actor(), on, reader.now()).await?;
    let said = if on { "approval.four-eyes-is-on" } else { "approval.four-eyes-is-off" };
    Ok(Notice::new(said).at(&reader, ADDRESS))
}
