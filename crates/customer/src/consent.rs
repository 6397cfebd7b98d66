//! Whether a merchant may contact a customer, by which channel (rule 29).
//!
//! What somebody decided is kept for good, with when, how and by which words; of everything that is known of a channel the
//! decision of the latest date stands, whenever it came to be known, and an opt-out wins a tie. A customer who leaves, or is
//! archived, decides nothing by it: what they said stays as it was, to be read by whoever may see them.

use std::{cmp::Reverse, time::Duration};

use regulars_kernel::{
    Actor, ApplicationId, ConsentId, MerchantId, Page, PageRequest, Permission, PersonId, Rule,
    Timestamp, Violations,
    page::{KeyKind, Keyed, Order, SortField, SortKey, Term},
    text,
};

use crate::{
    ConsentChannel, ConsentRecorder, ConsentState, CustomerError, CustomerStore, Kind, Membership,
    Standing, sharing::own_account, update::own,
};

/// The most characters of a source.
pub const MAX_SOURCE_CHARS: usize = 50;
/// The most characters of what somebody read when they decided.
pub const MAX_WORDING_CHARS: usize = 2_000;
/// How far ahead of ours another system's clock may be.
pub const AHEAD: Duration = Duration::from_mins(5);
/// The first instant that a decision may have been taken at: the beginning of 1990.
pub const EARLIEST: Timestamp = Timestamp::from_micros(631_152_000 * Timestamp::MICROS_PER_SECOND);
/// The most decisions that are kept of a customer and a channel. Past it only an opt-out that changes something is.
pub const MAX_DECISIONS: u64 = 1_000;

/// What somebody decided about a channel. The same content twice is one decision.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decision {
    /// By what they are contacted.
    pub channel: ConsentChannel,
    /// Whether they are.
    pub state: ConsentState,
    /// Where it was said: `till`, `web-form`, the name of a connector.
    pub source: String,
    /// What they read when they decided.
    pub wording: Option<String>,
    /// When they decided.
    pub decided_at: Timestamp,
}

impl Decision {
    /// Which of two decisions of a channel stands: the greater one. Different decisions are never equal, so that it is the
    /// same one in whichever order they came.
    pub fn weight(&self) -> impl Ord + '_ {
        let denied = self.state == ConsentState::Denied;
        (self.decided_at, denied, Reverse((&self.source, &self.wording)))
    }
}

/// The decision that stands, out of all that are known of one channel; none where nothing is.
pub fn standing<'a>(decisions: impl IntoIterator<Item = &'a Decision>) -> Option<&'a Decision> {
    decisions.into_iter().max_by(|one, other| one.weight().cmp(&other.weight()))
}

/// A decision as it is to be written down.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewConsent {
    /// Whose it is to know.
    pub merchant: MerchantId,
    /// Who decided.
    pub person: PersonId,
    /// What.
    pub decision: Decision,
    /// When it came to be known.
    pub recorded_at: Timestamp,
    /// As what somebody wrote it down.
    pub recorded_by: ConsentRecorder,
    /// The person who did, where it was one who is known; of an app whoever holds it.
    pub recorded_by_person: Option<PersonId>,
    /// The app, where it was one.
    pub recorded_by_app: Option<ApplicationId>,
}

impl NewConsent {
    /// The same under its number.
    pub const fn with_id(self, id: ConsentId) -> Consent {
        Consent { id, new: self }
    }
}

/// A decision that was written down.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Consent {
    /// Its number.
    pub id: ConsentId,
    /// What was written down.
    pub new: NewConsent,
}

/// What a history of decisions can be ordered by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ConsentSort {
    /// When they were taken.
    DecidedAt,
}

impl SortField for ConsentSort {
    const LIST: &'static str = "consentHistory";

    fn from_name(name: &str) -> Option<Self> {
        (name == "decidedAt").then_some(Self::DecidedAt)
    }

    fn name(self) -> &'static str {
        match self {
            Self::DecidedAt => "decidedAt",
        }
    }

    fn kind(self) -> KeyKind {
        match self {
            Self::DecidedAt => KeyKind::Int,
        }
    }

    fn all() -> &'static [Self] {
        &[Self::DecidedAt]
    }

    fn default_order() -> Order<Self> {
        let newest = Term { field: Self::DecidedAt, descending: true };
        Order { terms: vec![newest], pk_descending: true }
    }
}

impl Keyed<ConsentSort> for Consent {
    fn sort_key(&self, field: ConsentSort) -> SortKey {
        match field {
            ConsentSort::DecidedAt => SortKey::Int(self.new.decision.decided_at.micros()),
        }
    }

    fn pk(&self) -> i64 {
        self.id.get()
    }
}

/// A decision as it came in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewDecision {
    /// By what they are contacted.
    pub channel: ConsentChannel,
    /// Whether they are.
    pub state: ConsentState,
    /// Where it was said: 1 to [`MAX_SOURCE_CHARS`] characters.
    pub source: String,
    /// When they decided, from [`EARLIEST`] to [`AHEAD`] of now; now, where it is not said.
    pub decided_at: Option<Timestamp>,
    /// What they read: at most [`MAX_WORDING_CHARS`] characters.
    pub wording: Option<String>,
}

impl NewDecision {
    /// The decision, or everything that is wrong with it.
    pub fn check(&self, now: Timestamp) -> Result<Decision, Violations> {
        let mut wrong = Violations::new();
        let source = text::clean(&self.source, MAX_SOURCE_CHARS);
        let source = wrong.check("source", source.and_then(|text| text.ok_or(Rule::Required)));
        let wording = self.wording.as_deref().map(str::trim).filter(|words| !words.is_empty());
        wrong.check("wording", text::check(wording.unwrap_or_default(), MAX_WORDING_CHARS));
        let decided_at = wrong.check("decidedAt", instant(self.decided_at.unwrap_or(now), now));
        match (source, decided_at) {
            (Some(source), Some(decided_at)) if wrong.is_empty() => Ok(Decision {
                channel: self.channel,
                state: self.state,
                source,
                wording: wording.map(str::to_owned),
                decided_at,
            }),
            _ => Err(wrong),
        }
    }
}

fn instant(decided_at: Timestamp, now: Timestamp) -> Result<Timestamp, Rule> {
    let sentence = if decided_at < EARLIEST {
        "Nobody decided before 1990."
    } else if decided_at > now.plus(AHEAD) {
        "Nobody can have decided in the future."
    } else {
        return Ok(decided_at);
    };
    Err(Rule::Invalid(sentence.to_owned()))
}

/// `setConsent`: writes down what a customer decided, and answers what stands for that channel afterwards, which an older
/// decision does not change. Said again with the same content it is the same decision. The membership's `updated_at` moves
/// where another decision stands than before.
///
/// Merchants need [`Permission::ChangeConsumer`]. Of a registered customer they write down an opt-out, which is honoured
/// whichever way it comes in; an opt-in is the person's own (rule 3). Consumers decide for themselves, at a merchant whose
/// customer they are or were; who left says no alone.
pub fn set(
    tx: &mut impl CustomerStore,
    actor: &Actor,
    who: Option<PersonId>,
    at: Option<MerchantId>,
    new: &NewDecision,
    now: Timestamp,
) -> Result<Consent, CustomerError> {
    let membership = concerned(tx, actor, who, at)?;
    let mut wrong = Violations::new();
    let own = actor.require_consumer().is_ok();
    if new.state == ConsentState::Granted
        && let Some(sentence) = speaks_against_yes(&membership, own)
    {
        wrong.add("state", Rule::Invalid(sentence.to_owned()));
    }
    let decision = new.check(now).map_err(|more| wrong.extend(more));
    match decision {
        Ok(decision) if wrong.is_empty() => record(tx, actor, membership, decision, now),
        _ => Err(wrong.into()),
    }
}

/// The membership that a decision is about.
fn concerned(
    tx: &mut impl CustomerStore,
    actor: &Actor,
    who: Option<PersonId>,
    at: Option<MerchantId>,
) -> Result<Membership, CustomerError> {
    if let Actor::Consumer { person } = actor {
        if who.is_some_and(|id| id != *person) {
            return Err(CustomerError::ConsumerNotFound);
        }
        let merchant = at.ok_or_else(|| Violations::of("merchantId", Rule::Required))?;
        own_account(tx, actor)?;
        let found = tx.find_membership(merchant, *person)?;
        // Of whom a merchant erased nothing is written there again, unless they rejoin.
        let found = found.filter(|found| !matches!(found.standing, Standing::Erased(_)));
        return found.ok_or(CustomerError::MembershipNotFound);
    }
    let merchant = actor.require(Permission::ChangeConsumer)?;
    if at.is_some_and(|id| id != merchant) {
        let sentence = "A merchant writes down what its own customers decided.";
        return Err(Violations::of("merchantId", Rule::Invalid(sentence.to_owned())).into());
    }
    let id = who.ok_or_else(|| Violations::of("consumerId", Rule::Required))?;
    own(tx, merchant, id)
}

/// Why an opt-in is not taken.
const fn speaks_against_yes(membership: &Membership, own: bool) -> Option<&'static str> {
    match (membership.kind, membership.standing) {
        (Kind::Registered, _) if !own => {
            Some("Only the customer can agree: they have an account. An opt-out is taken.")
        }
        (_, Standing::Left(_)) => Some("You left this merchant: join again before you agree."),
        _ => None,
    }
}

/// Writes a checked decision down, once. Needs no permission of its own: callers have asked for theirs, and have the
/// membership from [`CustomerStore::find_membership`], so that nobody else writes beside them.
pub fn record(
    tx: &mut impl CustomerStore,
    actor: &Actor,
    membership: Membership,
    decision: Decision,
    now: Timestamp,
) -> Result<Consent, CustomerError> {
    let (merchant, person, channel) = (membership.merchant, membership.person, decision.channel);
    let of_channel =
        |one: &Consent| one.new.merchant == merchant && one.new.decision.channel == channel;
    let before = tx.standing_consents(&[person])?.into_iter().find(of_channel);
    if let Some(stands) = &before
        && tx.is_consent_known(merchant, person, &decision)?
    {
        return Ok(stands.clone());
    }
    let changes = before.as_ref().is_none_or(|stands| {
        standing([&stands.new.decision, &decision]).is_some_and(|one| *one == decision)
    });
    if tx.count_consents(merchant, person, channel)? >= MAX_DECISIONS {
        match (decision.state, before.as_ref()) {
            // Nothing that is still written down can bring a yes back.
            (ConsentState::Denied, Some(stands))
                if stands.new.decision.state == ConsentState::Denied =>
            {
                return Ok(stands.clone());
            }
            (ConsentState::Denied, _) if changes => {}
            _ => {
                let sentence =
                    format!("Of each channel at most {MAX_DECISIONS} decisions are kept.");
                return Err(Violations::of("channel", Rule::Invalid(sentence)).into());
            }
        }
    }
    let new = NewConsent {
        merchant,
        person,
        decision,
        recorded_at: now,
        recorded_by: recorder(actor),
        recorded_by_person: actor.person(),
        recorded_by_app: actor.app(),
    };
    let id = tx.insert_consent(&new)?;
    let written = new.with_id(id);
    if changes {
        tx.update_membership(&Membership { updated_at: now, ..membership })?;
    }
    Ok(if changes { written } else { before.unwrap_or(written) })
}

const fn recorder(actor: &Actor) -> ConsentRecorder {
    match actor {
        Actor::Consumer { .. } => ConsentRecorder::Consumer,
        Actor::Staff { .. } => ConsentRecorder::Staff,
        Actor::App { .. } => ConsentRecorder::App,
        Actor::Anonymous | Actor::Platform { .. } | Actor::System { .. } => ConsentRecorder::System,
    }
}

/// The ids of customers whose decisions the asker sees: consumers their own, a merchant's people with
/// [`Permission::ViewConsumer`] those of its customers.
fn visible(actor: &Actor, ids: &[PersonId]) -> Result<Vec<PersonId>, CustomerError> {
    let Ok(own) = actor.require_consumer() else {
        actor.require(Permission::ViewConsumer)?;
        return Ok(ids.to_vec());
    };
    Ok(if ids.contains(&own) { vec![own] } else { Vec::new() })
}

/// The decisions that stand, of each customer's channels: at the asking merchant, or one's own everywhere. People and
/// channels of whom nothing is known are left out.
pub fn list_standing(
    tx: &mut impl CustomerStore,
    actor: &Actor,
    ids: &[PersonId],
) -> Result<Vec<Consent>, CustomerError> {
    let ids = visible(actor, ids)?;
    Ok(tx.standing_consents(&ids)?)
}

/// The same page of each customer's history, of one channel or of all; with the same reach as [`list_standing`].
pub fn history(
    tx: &mut impl CustomerStore,
    actor: &Actor,
    ids: &[PersonId],
    channel: Option<ConsentChannel>,
    page: &PageRequest<ConsentSort>,
) -> Result<Vec<(PersonId, Page<Consent>)>, CustomerError> {
    let ids = visible(actor, ids)?;
    Ok(tx.consent_history(&ids, channel, page)?)
}

/// How many rows all pages of [`history`] have for each customer; those without any are left out.
pub fn count_history(
    tx: &mut impl CustomerStore,
    actor: &Actor,
    ids: &[PersonId],
    channel: Option<ConsentChannel>,
) -> Result<Vec<(PersonId, u64)>, CustomerError> {
    let ids = visible(actor, ids)?;
    Ok(tx.count_consent_history(&ids, channel)?)
}

#[cfg(test)]
mod tests {
    use proptest::{collection::vec, prelude::*};

    use super::*;

    fn decision() -> impl Strategy<Value = Decision> {
        let text = prop_oneof!["a", "b"];
        let state = prop_oneof![Just(ConsentState::Granted), Just(ConsentState::Denied)];
        (state, 0..4_i64, text, proptest::option::of("[ab]")).prop_map(
            |(state, at, source, wording)| Decision {
                channel: ConsentChannel::Sms,
                state,
                source,
                wording,
                decided_at: Timestamp::from_seconds(at),
            },
        )
    }

    proptest! {
        #[test]
        fn rule_29_the_latest_stands_in_whichever_order_they_came(
            (one, other) in vec(decision(), 0..12).prop_flat_map(|all| (Just(all.clone()), Just(all).prop_shuffle()))
        ) {
            let stands = standing(&one);
            prop_assert_eq!(stands, standing(&other));
            // Told twice, each is one.
            prop_assert_eq!(stands, standing(one.iter().chain(&other)));
            let latest = one.iter().map(|one| one.decided_at).max();
            prop_assert_eq!(stands.map(|one| one.decided_at), latest);
            let no = |one: &&Decision| Some(one.decided_at) == latest && one.state == ConsentState::Denied;
            let denied = one.iter().any(|one| no(&one));
            prop_assert_eq!(stands.is_some_and(|one| one.state == ConsentState::Denied), denied);
        }
    }

    #[test]
    fn a_decision_is_bounded_in_its_texts_and_in_time() {
        let now = Timestamp::from_seconds(1_800_000_000);
        let new = |source: &str, wording: &str, at: Option<i64>| NewDecision {
            channel: ConsentChannel::Email,
            state: ConsentState::Granted,
            source: source.to_owned(),
            decided_at: at.map(Timestamp::from_seconds),
            wording: Some(wording.to_owned()),
        };
        let faults = |new: NewDecision| -> Vec<_> {
            new.check(now).unwrap_err().iter().filter_map(|fault| fault.field).collect()
        };
        let read = new(" till ", " Yes,\nmail me. ", None).check(now).unwrap();
        assert_eq!((read.source.as_str(), read.decided_at), ("till", now));
        assert_eq!(read.wording.as_deref(), Some("Yes,\nmail me."));
        assert_eq!(new("till", " ", None).check(now).unwrap().wording, None);
        for at in [631_152_000, 1_800_000_300] {
            assert!(new("till", "", Some(at)).check(now).is_ok(), "{at}");
        }
        for at in [631_151_999, 1_800_000_301, -1] {
            assert_eq!(faults(new("till", "", Some(at))), ["decidedAt"], "{at}");
        }
        for source in ["", " ", "a\nb", "a\0", &"x".repeat(51)] {
            assert_eq!(faults(new(source, "", None)), ["source"], "{source:?}");
        }
        for wording in ["a\0b", &"x".repeat(2_001)] {
            assert_eq!(faults(new("till", wording, None)), ["wording"]);
        }
        assert_eq!(faults(new("", "\0", Some(0))), ["source", "wording", "decidedAt"]);
    }
}
