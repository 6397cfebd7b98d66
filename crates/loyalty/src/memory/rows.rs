//! The rows, and what is found out about them without regard to scope.

use std::collections::{BTreeMap, BTreeSet};

use regulars_customer::segment::{OrderFact, RedemptionFact, SegmentFacts, VisitFact};
use regulars_kernel::{
    AccountId, EntryId, IntentId, LoyaltyCardId, MerchantId, PersonId, Points, RedemptionId,
    RewardId, Timestamp,
};

use crate::{
    Book, LoyaltyCard, LoyaltyReward, Program, PromotionId, Redeemed, Redemption, RedemptionIntent,
    ledger_store::EarningLine,
    seal::{Seal, SealedHead},
    welcome::WelcomeMark,
};

type Member = (MerchantId, PersonId);

#[derive(Clone, Debug, Default)]
pub(super) struct Rows {
    pub(super) cards: BTreeMap<LoyaltyCardId, LoyaltyCard>,
    pub(super) rewards: BTreeMap<RewardId, LoyaltyReward>,
    pub(super) books: BTreeMap<AccountId, Book>,
    pub(super) redemptions: BTreeMap<RedemptionId, Redemption>,
    pub(super) intents: Vec<RedemptionIntent>,
    /// Which redemption became of which promise.
    pub(super) kept: BTreeMap<RedemptionId, IntentId>,
    pub(super) orders: BTreeMap<Member, Vec<OrderFact>>,
    pub(super) visits: BTreeMap<Member, Vec<VisitFact>>,
    pub(super) earning_lines: BTreeMap<(MerchantId, EntryId), Vec<EarningLine>>,
    pub(super) seals: Vec<(Seal, Vec<SealedHead>)>,
    /// What was said of lines that somebody wrote by hand.
    pub(super) reasons: BTreeMap<(MerchantId, EntryId), String>,
    pub(super) welcomed: BTreeMap<(MerchantId, LoyaltyCardId), BTreeSet<WelcomeMark>>,
}

impl Rows {
    /// Whether a book is of a card that collects points.
    pub(super) fn collects_points(&self, book: &Book) -> bool {
        let card = self.cards.get(&book.account.card);
        card.is_some_and(|card| matches!(card.program, Program::Points(_)))
    }

    /// Every use of a promotion that counts (rule 23), by whom and when.
    pub(super) fn uses(
        &self,
        now: Timestamp,
    ) -> impl Iterator<Item = (PromotionId, MerchantId, Option<PersonId>, Timestamp)> {
        let standing = self.redemptions.values().filter(|row| row.reversed_at.is_none());
        let redeemed = standing
            .map(|row| (row.redeemed.promotion(), row.merchant, row.person, row.created_at));
        let open = self.intents.iter().filter(move |intent| intent.is_open(now));
        let promised =
            open.map(|row| (row.promised.promotion(), row.merchant, row.person, row.created_at));
        redeemed.chain(promised)
    }

    /// Everything that segments can ask of a customer, added to facts that have nothing yet.
    pub(super) fn know(&self, facts: &mut SegmentFacts) {
        let member = (facts.membership.merchant, facts.membership.person);
        let books = || {
            self.books
                .values()
                .filter(move |book| (book.account.merchant, book.account.person) == member)
        };
        let points = books().filter(|book| self.collects_points(book));
        facts.points_earned = sum(points.filter_map(|book| book.account.counted()));
        let stamps = books().filter(|book| !self.collects_points(book));
        facts.stamps = sum(stamps.map(|book| book.account.balance));
        facts.loyalty_cards = books().map(|book| book.account.card).collect();
        for order in self.orders.get(&member).into_iter().flatten() {
            facts.orders.add(order, facts.currency);
        }
        for visit in self.visits.get(&member).into_iter().flatten() {
            facts.visits.add(*visit);
        }
        let own = self.redemptions.values().filter(|row| {
            row.reversed_at.is_none() && (row.merchant, row.person) == (member.0, Some(member.1))
        });
        for row in own {
            if let Redeemed::Offer { offer } = row.redeemed {
                facts.redemptions.add(RedemptionFact { offer, created_at: row.created_at });
            }
        }
    }
}

/// A sum that stays at the largest number rather than go round: no comparison of a segment can tell.
fn sum(points: impl Iterator<Item = Points>) -> i64 {
    points.fold(0, |sum, points| sum.saturating_add(points.get()))
}
