//! Whether a promotion is available to someone, somewhere, at an instant: facts in, decision out (rule 32).

use std::{fmt, time::Duration};

use chrono::NaiveTime;
use regulars_customer::segment::{self, SegmentFacts};
use regulars_kernel::{StoreGroupId, StoreId, Timestamp};
use regulars_merchant::{Tz, Weekdays, schedule};

use crate::{Campaign, Offer, Status, Target, Terms};

/// Why a promotion is not available. Codes are part of the API and never change their meaning.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Reason {
    /// It was given up.
    Archived,
    /// The merchant has it not in force.
    NotActive,
    /// Its time has not come.
    NotStarted,
    /// Its time is over.
    Ended,
    /// Its campaign was given up.
    CampaignArchived,
    /// The merchant has its campaign not in force.
    CampaignNotActive,
    /// Its campaign's time has not come.
    CampaignNotStarted,
    /// Its campaign's time is over.
    CampaignEnded,
    /// It does not run here.
    WrongStore,
    /// Its campaign does not run here.
    CampaignWrongStore,
    /// It does not run today.
    WrongWeekday,
    /// It runs at another time of the day.
    OutsideHours,
    /// It is meant for others.
    SegmentMismatch,
    /// It has been redeemed, or promised, as often as it can be.
    EnrollmentLimitReached,
    /// This customer has redeemed it, or been promised it, and it cannot be had twice.
    AlreadyRedeemed,
    /// This customer has redeemed it, or been promised it, too short a while ago.
    RepeatTooSoon {
        /// When it can be had again.
        again_at: Timestamp,
    },
}

impl Reason {
    /// The stable code.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Archived => "archived",
            Self::NotActive => "not_active",
            Self::NotStarted => "not_started",
            Self::Ended => "ended",
            Self::CampaignArchived => "campaign_archived",
            Self::CampaignNotActive => "campaign_not_active",
            Self::CampaignNotStarted => "campaign_not_started",
            Self::CampaignEnded => "campaign_ended",
            Self::WrongStore => "wrong_store",
            Self::CampaignWrongStore => "campaign_wrong_store",
            Self::WrongWeekday => "wrong_weekday",
            Self::OutsideHours => "outside_hours",
            Self::SegmentMismatch => "segment_mismatch",
            Self::EnrollmentLimitReached => "enrollment_limit_reached",
            Self::AlreadyRedeemed => "already_redeemed",
            Self::RepeatTooSoon { .. } => "repeat_too_soon",
        }
    }
}

/// The sentence that people read.
impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Archived => "This promotion has been withdrawn.",
            Self::NotActive => "This promotion is not active.",
            Self::NotStarted => "This promotion has not started yet.",
            Self::Ended => "This promotion has ended.",
            Self::CampaignArchived => "The campaign of this promotion has been withdrawn.",
            Self::CampaignNotActive => "The campaign of this promotion is not active.",
            Self::CampaignNotStarted => "The campaign of this promotion has not started yet.",
            Self::CampaignEnded => "The campaign of this promotion has ended.",
            Self::WrongStore => "This promotion does not run in this store.",
            Self::CampaignWrongStore => {
                "The campaign of this promotion does not run in this store."
            }
            Self::WrongWeekday => "This promotion does not run on this day of the week.",
            Self::OutsideHours => "This promotion does not run at this time of day.",
            Self::SegmentMismatch => "This promotion is meant for other customers.",
            Self::EnrollmentLimitReached => "This promotion has been redeemed as often as it can.",
            Self::AlreadyRedeemed => "This promotion can be redeemed once by each customer.",
            Self::RepeatTooSoon { again_at } => {
                return write!(f, "This promotion can be redeemed again from {again_at}.");
            }
        })
    }
}

/// The decision.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Eligibility {
    /// Everything that stands against it; in the order of [`Reason`]'s variants.
    pub reasons: Vec<Reason>,
}

impl Eligibility {
    /// Whether nothing stands against it.
    pub const fn available(&self) -> bool {
        self.reasons.is_empty()
    }
}

/// A store that is asked about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// The store; none for a merchant who has not put a store down yet.
    pub store: Option<StoreId>,
    /// The groups that it is in.
    pub groups: Vec<StoreGroupId>,
    /// Its clock.
    pub zone: Tz,
    /// When its business day begins (rule 26).
    pub day_starts_at: NaiveTime,
}

/// How often a promotion was redeemed. Open intents count as redemptions, those taken back do not (rule 23).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Uses {
    /// By everybody. Need not be known (0) where the terms have no limit.
    pub total: i64,
    /// By the customer.
    pub own: i64,
    /// The customer's last one.
    pub last: Option<Timestamp>,
}

/// All that a decision rests on, beside the terms.
#[derive(Clone, Copy, Debug)]
pub struct Facts<'a> {
    /// The instant asked about.
    pub at: Timestamp,
    /// The stores asked about: it is enough that one suits (rule 26). None: nothing suits.
    pub places: &'a [Place],
    /// How often it was redeemed.
    pub uses: Uses,
    /// Who asks, as segments see them.
    pub customer: &'a SegmentFacts,
}

/// Decides about terms that no campaign narrows: those of a loyalty card.
pub fn decide(terms: &Terms, facts: &Facts<'_>) -> Eligibility {
    judge(terms, None, facts)
}

impl Offer {
    /// Decides about an offer: its own terms, narrowed by its campaign's.
    pub fn eligibility(&self, facts: &Facts<'_>) -> Eligibility {
        judge(&self.terms, self.campaign.as_deref(), facts)
    }
}

fn judge(terms: &Terms, campaign: Option<&Campaign>, facts: &Facts<'_>) -> Eligibility {
    let at = facts.at;
    let mut against = Objections::default();
    against.unless(!terms.archived, Reason::Archived);
    against.unless(terms.status == Status::Active, Reason::NotActive);
    against.unless(terms.start_time.is_none_or(|start| start <= at), Reason::NotStarted);
    against.unless(terms.end_time.is_none_or(|end| at < end), Reason::Ended);
    if let Some(campaign) = campaign {
        let (start, end) = (campaign.start_time, campaign.end_time);
        against.unless(!campaign.archived, Reason::CampaignArchived);
        against.unless(campaign.status == Status::Active, Reason::CampaignNotActive);
        against.unless(start.is_none_or(|start| start <= at), Reason::CampaignNotStarted);
        against.unless(end.is_none_or(|end| at < end), Reason::CampaignEnded);
    }
    against.0.extend(against_places(terms, campaign, facts));
    let meant = |target: &Target| segment::evaluate(target.segment(), facts.customer);
    against.unless(terms.target.as_ref().is_none_or(meant), Reason::SegmentMismatch);
    let Uses { total, own, last } = facts.uses;
    let room = terms.enrollment_limit.is_none_or(|most| total < most);
    against.unless(room, Reason::EnrollmentLimitReached);
    against.unless(terms.repeatable || own == 0, Reason::AlreadyRedeemed);
    if let Some(again_at) = again_at(terms, last) {
        against.unless(again_at <= at, Reason::RepeatTooSoon { again_at });
    }
    Eligibility { reasons: against.0 }
}

#[derive(Default)]
struct Objections(Vec<Reason>);

impl Objections {
    fn unless(&mut self, holds: bool, reason: Reason) {
        if !holds {
            self.0.push(reason);
        }
    }
}

/// When a customer who redeemed a repeatable promotion may do so again; never past the last instant there is.
fn again_at(terms: &Terms, last: Option<Timestamp>) -> Option<Timestamp> {
    let hours = terms.repeat_delay_hours.filter(|_| terms.repeatable)?;
    let hours = u64::try_from(hours).unwrap_or_default();
    Some(last?.plus(Duration::from_secs(hours.saturating_mul(3_600))))
}

/// What stands against the store that suits best: one without objection if there is one, else the first of those with
/// the fewest. Place and time are judged together, because each store has its own clock.
fn against_places(terms: &Terms, campaign: Option<&Campaign>, facts: &Facts<'_>) -> Vec<Reason> {
    let mut best: Option<Vec<Reason>> = None;
    // A merchant has many stores and few clocks.
    let mut clocks: Vec<((Tz, NaiveTime), Vec<Reason>)> = Vec::new();
    for place in facts.places {
        let mut reasons = against_store(terms, campaign, place);
        let clock = (place.zone, place.day_starts_at);
        let known = clocks.iter().find(|(known, _)| *known == clock);
        if let Some((_, against_time)) = known {
            reasons.extend(against_time);
        } else {
            let against_time = against_time(terms, clock, facts.at);
            reasons.extend(&against_time);
            clocks.push((clock, against_time));
        }
        if reasons.is_empty() {
            return reasons;
        }
        if best.as_ref().is_none_or(|best| reasons.len() < best.len()) {
            best = Some(reasons);
        }
    }
    best.unwrap_or_else(|| vec![Reason::WrongStore])
}

fn against_store(terms: &Terms, campaign: Option<&Campaign>, place: &Place) -> Vec<Reason> {
    let mut reasons = Vec::new();
    if !terms.places.include(place.store, &place.groups) {
        reasons.push(Reason::WrongStore);
    }
    if campaign.is_some_and(|campaign| !campaign.places.include(place.store, &place.groups)) {
        reasons.push(Reason::CampaignWrongStore);
    }
    reasons
}

fn against_time(terms: &Terms, (zone, starts): (Tz, NaiveTime), at: Timestamp) -> Vec<Reason> {
    let hours = terms.hours();
    if schedule::is_open(terms.weekdays, hours, zone, starts, at) {
        return Vec::new();
    }
    let in_hours = schedule::is_open(Weekdays::EVERY_DAY, hours, zone, starts, at);
    // Within the hours, the day that counts is the one that the window began on (rule 26): not today, maybe.
    let wrong_weekday = in_hours || !schedule::is_open(terms.weekdays, None, zone, starts, at);
    let weekday = wrong_weekday.then_some(Reason::WrongWeekday);
    weekday.into_iter().chain((!in_hours).then_some(Reason::OutsideHours)).collect()
}

#[cfg(test)]
mod tests;
