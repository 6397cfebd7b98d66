//! How often promotions were redeemed or promised (rule 23).

use std::collections::BTreeMap;

use diesel::sql_types::{BigInt, Nullable};
use regulars_kernel::{LoyaltyCardId, MerchantId, OfferId, PersonId, Scope, StoreError, Timestamp};
use regulars_loyalty::{OwnUses, PromotionId};

use crate::{
    Tx,
    connection::AnyConnection,
    promotion::reach::near,
    statement::{Bind, Statement},
};

/// What counts of a table that names promotions: redemptions that stand, and intents that are open, which end with the
/// instant that follows.
const STANDING: &str = "u.reversed_at IS NULL";
const OPEN: &str = "u.state = 'OPEN' AND u.expires_at > ";

pub(super) fn total(
    tx: &mut Tx<'_>,
    promotions: &[PromotionId],
    now: Timestamp,
) -> Result<Vec<(PromotionId, i64)>, StoreError> {
    let offers = promotions.iter().filter_map(|id| match id {
        PromotionId::Offer(offer) => Some(offer.get()),
        PromotionId::Card(_) => None,
    });
    let cards = promotions.iter().filter_map(|id| match id {
        PromotionId::Card(card) => Some(card.get()),
        PromotionId::Offer(_) => None,
    });
    let (offers, cards): (Vec<i64>, Vec<i64>) = (offers.collect(), cards.collect());
    // A person sees nobody else's: PostgreSQL's wall has a door to the bare numbers.
    let counted = match (tx.scope(), &tx.connection) {
        (Scope::Person(_), AnyConnection::Pg(_)) => {
            Statement::new("SELECT u.offer_id, u.loyalty_card_id, u.uses FROM count_uses(")
                .bind(offers.into_iter().collect::<Bind>())
                .sql(", ")
                .bind(cards.into_iter().collect::<Bind>())
                .sql(", ")
                .bind(now.micros())
                .sql(") u")
        }
        (scope, _) => counted(scope, (&offers, &cards), now),
    };
    let rows: Vec<(Option<i64>, Option<i64>, i64)> = counted.load(tx.connection)?;
    let mut totals: BTreeMap<PromotionId, i64> = BTreeMap::new();
    for (offer, card, count) in rows {
        let Some(promotion) = promotion(offer, card) else { continue };
        let total = totals.entry(promotion).or_default();
        *total = total.saturating_add(count);
    }
    Ok(totals.into_iter().collect())
}

type CountedSql = (Nullable<BigInt>, Nullable<BigInt>, BigInt);

/// How often each was redeemed and how often it is promised, in reach of a scope.
fn counted(
    scope: Scope,
    (offers, cards): (&[i64], &[i64]),
    now: Timestamp,
) -> Statement<CountedSql> {
    let mut statement = Statement::new("");
    let parts = [
        (
            "SELECT u.offer_id, CAST(NULL AS BIGINT), COUNT(*) FROM offer p JOIN ",
            offers,
            " u ON u.merchant_id = p.merchant_id AND u.offer_id = p.id AND u.kind = 'OFFER'",
            " GROUP BY u.offer_id",
        ),
        (
            "SELECT CAST(NULL AS BIGINT), u.loyalty_card_id, COUNT(*) FROM loyalty_card p JOIN ",
            cards,
            " u ON u.merchant_id = p.merchant_id AND u.loyalty_card_id = p.id AND u.kind <> 'OFFER'",
            " GROUP BY u.loyalty_card_id",
        ),
    ];
    let mut between = "";
    for (select, ids, on, group) in parts {
        for (table, counts) in [("redemption", STANDING), ("redemption_intent", OPEN)] {
            statement.push(between);
            statement.push(select);
            statement.push(table);
            statement.push(on);
            statement.push(" WHERE p.id");
            statement.push_is_in(ids.iter().copied().collect::<Bind>());
            push_counting(&mut statement, counts, now);
            if let Scope::Merchant(merchant) = scope {
                statement.push(" AND p.merchant_id = ");
                statement.push_bind(merchant.get());
            }
            statement.push(group);
            between = " UNION ALL ";
        }
    }
    statement
}

pub(super) fn own(
    tx: &mut Tx<'_>,
    person: PersonId,
    merchants: &[MerchantId],
    now: Timestamp,
) -> Result<Vec<(PromotionId, OwnUses)>, StoreError> {
    if tx.scope().person().is_some_and(|own| own != person) {
        return Ok(Vec::new());
    }
    let merchants = near(tx.scope(), merchants);
    let mut statement = Statement::<(Nullable<BigInt>, Nullable<BigInt>, BigInt, BigInt)>::new("");
    let mut between = "";
    for (table, counts) in [("redemption", STANDING), ("redemption_intent", OPEN)] {
        statement.push(between);
        statement.push(
            "SELECT CASE WHEN u.kind = 'OFFER' THEN u.offer_id END AS offer_id, \
             CASE WHEN u.kind <> 'OFFER' THEN u.loyalty_card_id END AS card_id, \
             COUNT(*), MAX(u.created_at) FROM ",
        );
        statement.push(table);
        statement.push(" u WHERE u.person_id = ");
        statement.push_bind(person.get());
        statement.push(" AND u.merchant_id");
        statement.push_is_in(merchants.iter().copied().collect::<Bind>());
        push_counting(&mut statement, counts, now);
        statement.push(" GROUP BY 1, 2");
        between = " UNION ALL ";
    }
    let rows: Vec<(Option<i64>, Option<i64>, i64, i64)> = statement.load(tx.connection)?;
    let mut uses: BTreeMap<PromotionId, OwnUses> = BTreeMap::new();
    for (offer, card, count, last) in rows {
        let Some(promotion) = promotion(offer, card) else { continue };
        let last = Timestamp::from_micros(last);
        let own = uses.entry(promotion).or_insert(OwnUses { count: 0, last });
        own.count = own.count.saturating_add(count);
        own.last = own.last.max(last);
    }
    Ok(uses.into_iter().collect())
}

fn push_counting<ST>(statement: &mut Statement<ST>, counts: &'static str, now: Timestamp) {
    statement.push(" AND ");
    statement.push(counts);
    if counts == OPEN {
        statement.push_bind(now.micros());
    }
}

fn promotion(offer: Option<i64>, card: Option<i64>) -> Option<PromotionId> {
    let offer = offer.map(|id| PromotionId::Offer(OfferId::new(id)));
    offer.or_else(|| card.map(|id| PromotionId::Card(LoyaltyCardId::new(id))))
}
