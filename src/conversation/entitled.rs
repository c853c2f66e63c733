//! Who may decide an approval, asked anew whenever it matters.

use std::collections::{BTreeSet, HashSet};

use tracing::warn;

use crate::approval::{Approval, Away, Entitled, Quorum};
use crate::conversation::Engine;
use crate::directory::Person;
use crate::ids::PersonId;
use crate::plan::Call;
use crate::policy::Who;
use crate::ports::StoreError;

/// What a person may do with an approval at this moment.
pub(crate) struct Standing {
    pub(crate) entitled: Entitled,
    /// Which of its needs a yes of theirs would meet, by index.
    pub(crate) meets: Vec<usize>,
    /// Whose right it is, where it is not their own.
    pub(crate) on_behalf_of: Option<PersonId>,
}

/// Whom a question is put to.
#[derive(Clone, Copy)]
pub(super) struct Asks<'a> {
    pub(super) quorum: &'a Quorum,
    pub(super) approvers: &'a [String],
    pub(super) requester: &'a PersonId,
    /// What it is about: a contact is asked about their own client only.
    pub(super) calls: &'a [Call],
}

impl<'a> Asks<'a> {
    pub(super) fn of(approval: &'a Approval) -> Self {
        let Approval { quorum, approvers, requester, plan, .. } = approval;
        Self { quorum, approvers, requester, calls: &plan.calls }
    }
}

impl Engine {
    /// Whether `person` may decide `approval` at this moment, and which of its needs they meet. Fails
    /// closed: a group that cannot be read has no members.
    ///
    /// Whoever is away gives their right to a delegate, who needs an approver's role besides.
    pub(crate) async fn standing(
        &self,
        person: &Person,
        approval: &Approval,
    ) -> Result<Standing, StoreError> {
        let (entitled, meets) = self.own_standing(person, Asks::of(approval)).await;
        let mut standing = Standing { entitled, meets, on_behalf_of: None };
        if entitled == Entitled::No {
            return Ok(standing);
        }
        for away in self.store().away(self.now()).await? {
            let Some(principal) = self.people().get(&away.person) else { continue };
            let is_own = principal.id == approval.requester && !approval.quorum.self_approval;
            if away.delegate != person.id || is_own || approval.has_decided(&principal.id) {
                continue;
            }
            let (theirs, meets) = self.own_standing(principal, Asks::of(approval)).await;
            let needs = &approval.quorum.needs;
            let adds = meets.iter().any(|index| {
                !standing.meets.contains(index)
                    && needs.get(*index).is_some_and(|need| need.missing() > 0)
            });
            if theirs == Entitled::Yes && (adds || standing.entitled != Entitled::Yes) {
                standing.entitled = Entitled::Yes;
                standing.on_behalf_of = Some(principal.id.clone());
                standing.meets.extend(meets);
                standing.meets.sort_unstable();
                standing.meets.dedup();
                break;
            }
        }
        Ok(standing)
    }

    /// The same by their own right.
    pub(super) async fn own_standing(
        &self,
        person: &Person,
        asks: Asks<'_>,
    ) -> (Entitled, Vec<usize>) {
        if person.is_contact() && !person.is_contact_for(asks.calls) {
            return (Entitled::No, Vec::new());
        }
        if !person.may_approve() && !person.is_contact() {
            return (Entitled::No, Vec::new());
        }
        let within = self.groups_with(person, asks).await;
        let is_one_of = |names: &[String]| {
            self.is_named(names, person, asks.requester)
                || names.iter().any(|it| within.contains(it.as_str()))
        };
        let mut meets = Vec::new();
        for (index, need) in asks.quorum.needs.iter().enumerate() {
            let is_open = need.who.is_empty() && !person.is_contact();
            if is_open || is_one_of(&need.who) {
                meets.push(index);
            }
        }
        // A contact decides nothing but what a rule asks them for.
        let is_open = asks.approvers.is_empty() && !person.is_contact();
        let named = is_open || !meets.is_empty() || is_one_of(asks.approvers);
        (if named { Entitled::Yes } else { Entitled::NotNamed }, meets)
    }

    /// The chat groups named anywhere in `asks` that `person` is in. Each is read once, so that one
    /// decision has one answer.
    async fn groups_with<'a>(&self, person: &Person, asks: Asks<'a>) -> HashSet<&'a str> {
        let needs = asks.quorum.needs.iter().flat_map(|need| &need.who);
        let names: BTreeSet<&str> = needs.chain(asks.approvers).map(String::as_str).collect();
        let mut within = HashSet::new();
        for name in names {
            let Ok(Who::Group(group)) = Who::parse(name) else { continue };
            let Some(groups) = self.groups(group.platform) else {
                warn!(group = %group, "no adapter can read this group, so nobody is in it");
                continue;
            };
            match groups.contains(&group.id, person).await {
                Ok(true) => {
                    within.insert(name);
                }
                Ok(false) => {}
                Err(error) => {
                    warn!(error = %error, "a group could not be read, so nobody is in it")
                }
            }
        }
        within
    }

    /// By name, role, or as the requester's manager.
    fn is_named(&self, names: &[String], person: &Person, requester: &PersonId) -> bool {
        let manager = self.people().manager_of(requester);
        names.iter().any(|name| Who::parse(name).is_ok_and(|who| who.is(person, manager)))
    }

    /// Whether a click of `person` on `approval` could count: for drawing and for counting who there is.
    /// Groups of chat platforms are taken for granted here; they are asked at the click.
    pub fn could_decide(&self, person: &Person, approval: &Approval) -> bool {
        let is_requester = person.id == approval.requester;
        if is_requester && !approval.quorum.self_approval {
            return false;
        }
        if person.is_contact() {
            return person.is_contact_for(&approval.plan.calls) && self.is_asked(person, approval);
        }
        if !person.may_approve() {
            return false;
        }
        let has_group =
            |names: &[String]| names.iter().any(|it| matches!(Who::parse(it), Ok(Who::Group(_))));
        let away = self.known_away();
        let lets_them = |away: &&Away| away.delegate == person.id;
        let is_theirs = |principal: &&Person| {
            principal.id == approval.requester && !approval.quorum.self_approval
        };
        let principals = away.iter().filter(lets_them);
        let principals = principals.filter_map(|away| self.people().get(&away.person));
        let mut principals = principals.filter(|it| !is_theirs(it));
        approval.approvers.is_empty()
            || self.is_named(&approval.approvers, person, &approval.requester)
            || has_group(&approval.approvers)
            || principals.any(|it| self.is_named(&approval.approvers, it, &approval.requester))
    }

    /// Whether a need of `approval` names `person`, groups taken for granted.
    fn is_asked(&self, person: &Person, approval: &Approval) -> bool {
        approval.quorum.needs.iter().any(|need| {
            let has_group = need.who.iter().any(|it| matches!(Who::parse(it), Ok(Who::Group(_))));
            has_group || self.is_named(&need.who, person, &approval.requester)
        })
    }

    /// What `approval` lacks of the people there are: a sentence, or `None` when it can be reached.
    pub(crate) fn out_of_reach(&self, approval: &Approval) -> Option<String> {
        let able: Vec<&Person> =
            self.people().iter().filter(|it| self.could_decide(it, approval)).collect();
        let short = |needed: u8, able: usize, of: String| {
            let needs = if needed == 1 { "one person".into() } else { format!("{needed} people") };
            let could = match able {
                0 => "nobody could".to_owned(),
                able => format!("only {able} could"),
            };
            format!("needs {needs}{of} to approve it, and {could}")
        };
        let needed = approval.quorum.needed.max(1);
        if able.len() < usize::from(needed) {
            return Some(short(needed, able.len(), String::new()));
        }
        approval.quorum.needs.iter().find_map(|need| {
            let is_able = |person: &&&Person| {
                (need.who.is_empty() && !person.is_contact())
                    || self.is_named(&need.who, person, &approval.requester)
                    || need.who.iter().any(|it| matches!(Who::parse(it), Ok(Who::Group(_))))
            };
            let able = able.iter().filter(is_able).count();
            (able < usize::from(need.count)).then(|| {
                short(need.count, able, format!(" ({})", crate::policy::who::describe(&need.who)))
            })
        })
    }
}
