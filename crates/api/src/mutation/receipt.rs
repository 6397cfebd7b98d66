//! What is remembered of a mutation that happened or was refused, under its idempotency key.

use regulars_auth::{account::Closed, audit::Field};
use regulars_kernel::{
    ApiKeyId, ApplicationId, CampaignId, ConnectionId, Currency, IntentId, LoyaltyCardId,
    MerchantId, Money, OfferId, OrderId, OrderTipId, PersonId, Points, ProductId, RedemptionId,
    RewardId, RoleId, SaleReviewId, StoreGroupId, StoreId, SyncReviewId, SyncRunId,
};
use regulars_loyalty::{
    NothingEarned, adjustment::Adjusted, redeeming::Reversed, stamp::Stamped, transfer::Transferred,
};
use regulars_order::{
    CheckedOut, DiscountKind, SaleWarning,
    attach::Attached,
    item::change::Written,
    merge::Merged,
    purchase::{Answered, RecordedPurchase},
    redeeming::{open::Changed, verify::Verified},
    refund::{Refunded, known::KnownRefund},
    visit::{Recorded, VisitWarning},
};

use super::Outcome;
use crate::{loyalty::redeeming::Seen, scalar::ExpectedErrorType, trail::Effect};

/// What a mutation answers that happened. A replay has it from its text, and reads the rest anew.
pub(crate) trait Receipt: Sized + Send + 'static {
    /// What the audit log is told of it.
    fn effect(&self) -> Effect;
    /// The text from which [`Self::parse`] has it again.
    fn to_text(&self) -> String;
    /// The receipt of a text; none where it is none.
    fn parse(text: &str) -> Option<Self>;
}

macro_rules! numbers {
    ($($id:ty),+) => {$(
        impl Receipt for $id {
            fn effect(&self) -> Effect {
                Effect::of(self.get())
            }

            fn to_text(&self) -> String {
                self.to_string()
            }

            fn parse(text: &str) -> Option<Self> {
                text.parse().ok()
            }
        }
    )+};
}

numbers!(
    PersonId,
    RoleId,
    LoyaltyCardId,
    RewardId,
    ApplicationId,
    ApiKeyId,
    MerchantId,
    StoreId,
    StoreGroupId,
    ProductId,
    OrderId,
    CampaignId,
    OfferId,
    IntentId,
    RedemptionId,
    SaleReviewId,
    ConnectionId,
    SyncRunId,
    SyncReviewId
);

/// Numbers one after the other, with `:` between. The log is told of the one behind the arrow.
macro_rules! fields {
    ($($receipt:ident { $($field:ident),+ } => $told:ident;)+) => {$(
        impl Receipt for $receipt {
            fn effect(&self) -> Effect {
                Effect::of(self.$told.get())
            }

            fn to_text(&self) -> String {
                [$(self.$field.to_string()),+].join(":")
            }

            fn parse(text: &str) -> Option<Self> {
                let mut parts = text.split(':');
                let receipt = Self { $($field: parts.next()?.parse().ok()?),+ };
                parts.next().is_none().then_some(receipt)
            }
        }
    )+};
}

fields!(
    // The one who went.
    Merged { merge, merchant, other, survivor } => other;
    Changed { order, discount } => order;
    Written { order, item } => item;
    Stamped { entry, merchant, person, card } => person;
    Adjusted { entry, merchant, person, card } => person;
    // The one who gave.
    Transferred { merchant, out, into, from, to, from_card, to_card } => from;
);

/// `order:tip`. The log is told of the order.
impl Receipt for (OrderId, OrderTipId) {
    fn effect(&self) -> Effect {
        Effect::of(self.0.get())
    }

    fn to_text(&self) -> String {
        format!("{}:{}", self.0, self.1)
    }

    fn parse(text: &str) -> Option<Self> {
        let (order, tip) = text.split_once(':')?;
        Some((order.parse().ok()?, tip.parse().ok()?))
    }
}

/// `order:refund,refund`. The log is told of the order.
impl Receipt for Refunded {
    fn effect(&self) -> Effect {
        Effect::of(self.order.get())
    }

    fn to_text(&self) -> String {
        let refunds: Vec<_> = self.refunds.iter().map(ToString::to_string).collect();
        format!("{}:{}", self.order, refunds.join(","))
    }

    fn parse(text: &str) -> Option<Self> {
        let (order, refunds) = text.split_once(':')?;
        let refunds =
            refunds.split(',').map(|refund| refund.parse().ok()).collect::<Option<_>>()?;
        Some(Self { order: order.parse().ok()?, refunds })
    }
}

/// `order:warning,…:card=reason,…`.
impl Receipt for CheckedOut {
    fn effect(&self) -> Effect {
        Effect::of(self.order.get())
    }

    fn to_text(&self) -> String {
        let warnings: Vec<_> = self.warnings.iter().map(|one| one.code()).collect();
        format!("{}:{}:{}", self.order, warnings.join(","), NothingEarned::to_text(&self.nothing))
    }

    fn parse(text: &str) -> Option<Self> {
        let (order, rest) = text.split_once(':').unwrap_or((text, ""));
        let (warnings, nothing) = rest.split_once(':').unwrap_or((rest, ""));
        let warnings = listed(warnings).map(SaleWarning::from_code);
        Some(Self {
            order: order.parse().ok()?,
            warnings: warnings.collect::<Option<_>>()?,
            nothing: NothingEarned::parse(nothing)?,
        })
    }
}

/// `intent:offer:kind:currency:amount:points:rest:name`, with nothing where there is none.
impl Receipt for Verified {
    fn effect(&self) -> Effect {
        self.intent.map_or_else(Effect::default, |intent| Effect::of(intent.get()))
    }

    fn to_text(&self) -> String {
        let number = |id: Option<i64>| id.map(|id| id.to_string()).unwrap_or_default();
        format!(
            "{}:{}:{}:{}:{}:{}:{}:{}",
            number(self.intent.map(IntentId::get)),
            number(self.offer.map(OfferId::get)),
            self.kind.name(),
            self.amount.currency().code(),
            self.amount.minor(),
            self.points,
            self.to_pay.minor(),
            self.name
        )
    }

    fn parse(text: &str) -> Option<Self> {
        let parts: Vec<&str> = text.splitn(8, ':').collect();
        let [intent, offer, kind, currency, amount, points, rest, name] = parts.as_slice() else {
            return None;
        };
        let currency = Currency::from_code(currency)?;
        let money = |minor: &str| Some(Money::new(minor.parse().ok()?, currency));
        let number = |text: &str| -> Option<Option<i64>> {
            if text.is_empty() { Some(None) } else { text.parse().ok().map(Some) }
        };
        Some(Self {
            intent: number(intent)?.map(IntentId::new),
            offer: number(offer)?.map(OfferId::new),
            kind: DiscountKind::from_name(kind)?,
            amount: money(amount)?,
            points: Points::new(points.parse().ok()?),
            to_pay: money(rest)?,
            name: (*name).to_owned(),
        })
    }
}

/// The promise's number; `offer:` and the offer's for a code that is everybody's.
impl Receipt for Seen {
    fn effect(&self) -> Effect {
        match self {
            Self::Promise(intent) => Effect::of(intent.get()),
            Self::Fixed(_) => Effect::default(),
        }
    }

    fn to_text(&self) -> String {
        match self {
            Self::Promise(intent) => intent.to_string(),
            Self::Fixed(offer) => format!("offer:{offer}"),
        }
    }

    fn parse(text: &str) -> Option<Self> {
        match text.strip_prefix("offer:") {
            Some(offer) => offer.parse().ok().map(Self::Fixed),
            None => text.parse().ok().map(Self::Promise),
        }
    }
}

/// `redemption:points`.
impl Receipt for Reversed {
    fn effect(&self) -> Effect {
        Effect::of(self.redemption.get())
    }

    fn to_text(&self) -> String {
        format!("{}:{}", self.redemption, self.returned)
    }

    fn parse(text: &str) -> Option<Self> {
        let (redemption, returned) = text.split_once(':')?;
        let returned = Points::new(returned.parse().ok()?);
        Some(Self { redemption: redemption.parse().ok()?, returned })
    }
}

/// The parts of a list.
fn listed(text: &str) -> impl Iterator<Item = &str> {
    text.split(',').filter(|part| !part.is_empty())
}

/// `visit:warning,…:card=reason,…`.
impl Receipt for Recorded {
    fn effect(&self) -> Effect {
        Effect::of(self.visit.get())
    }

    fn to_text(&self) -> String {
        let warnings: Vec<_> = self.warnings.iter().map(|one| one.code()).collect();
        format!("{}:{}:{}", self.visit, warnings.join(","), NothingEarned::to_text(&self.nothing))
    }

    fn parse(text: &str) -> Option<Self> {
        let (visit, rest) = text.split_once(':')?;
        let (warnings, nothing) = rest.split_once(':')?;
        let warnings = listed(warnings).map(VisitWarning::from_code);
        Some(Self {
            visit: visit.parse().ok()?,
            warnings: warnings.collect::<Option<_>>()?,
            nothing: NothingEarned::parse(nothing)?,
        })
    }
}

/// `order:warning@path,…:card=reason,…`. What is read again was recorded before.
impl Receipt for RecordedPurchase {
    /// Of what was recorded before nothing is new.
    fn effect(&self) -> Effect {
        if self.replayed { Effect::default() } else { Effect::of(self.order.get()) }
    }

    fn to_text(&self) -> String {
        format!("{}:{}", self.order, self.answered.to_text())
    }

    fn parse(text: &str) -> Option<Self> {
        let (order, answered) = text.split_once(':')?;
        let (order, answered) = (order.parse().ok()?, Answered::parse(answered)?);
        Some(Self { order, replayed: true, answered })
    }
}

/// `order:pending:card=reason,…`.
impl Receipt for Attached {
    fn effect(&self) -> Effect {
        Effect::of(self.order.get())
    }

    fn to_text(&self) -> String {
        format!("{}:{}:{}", self.order, self.pending, NothingEarned::to_text(&self.nothing))
    }

    fn parse(text: &str) -> Option<Self> {
        let (order, rest) = text.split_once(':')?;
        let (pending, nothing) = rest.split_once(':')?;
        let nothing = NothingEarned::parse(nothing)?;
        Some(Self { order: order.parse().ok()?, pending: pending.parse().ok()?, nothing })
    }
}

/// `name:order:refund`, with nothing where there is none yet. The log is told of the order.
impl Receipt for KnownRefund {
    fn effect(&self) -> Effect {
        self.order.map_or_else(Effect::default, |order| Effect::of(order.get()))
    }

    fn to_text(&self) -> String {
        let order = self.order.map(|id| id.to_string()).unwrap_or_default();
        let refund = self.refund.map(|id| id.to_string()).unwrap_or_default();
        format!("{}:{order}:{refund}", self.id)
    }

    fn parse(text: &str) -> Option<Self> {
        let (id, rest) = text.split_once(':')?;
        let (order, refund) = rest.split_once(':')?;
        let order = if order.is_empty() { None } else { Some(order.parse().ok()?) };
        let refund = if refund.is_empty() { None } else { Some(refund.parse().ok()?) };
        Some(Self { id: id.parse().ok()?, order, refund })
    }
}

/// `person`, or `person:key,key` with the keys that were revoked.
impl Receipt for Closed {
    fn effect(&self) -> Effect {
        let revoked = self.revoked.iter().map(|key| ((*key).into(), Field::Active));
        Effect { ended: revoked.collect(), ..Effect::of(self.person.get()) }
    }

    fn to_text(&self) -> String {
        if self.revoked.is_empty() {
            return self.person.to_string();
        }
        let revoked: Vec<_> = self.revoked.iter().map(ToString::to_string).collect();
        format!("{}:{}", self.person, revoked.join(","))
    }

    fn parse(text: &str) -> Option<Self> {
        let (person, revoked) = text.split_once(':').unwrap_or((text, ""));
        let keys = revoked.split(',').filter(|key| !key.is_empty());
        let revoked = keys.map(|key| key.parse().ok()).collect::<Option<_>>()?;
        Some(Self { person: person.parse().ok()?, revoked })
    }
}

/// An outcome as it is recorded.
#[derive(serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Record {
    Done(String),
    Refused(ExpectedErrorType),
}

impl Record {
    pub(super) fn of<T: Receipt>(outcome: &Outcome<T>) -> Self {
        match outcome {
            Outcome::Done(receipt) => Self::Done(receipt.to_text()),
            Outcome::Refused(errors) => Self::Refused(errors.clone()),
        }
    }

    pub(super) fn parse(text: &str) -> Option<Self> {
        serde_json::from_str(text).ok()
    }

    pub(super) fn to_text(&self) -> String {
        serde_json::to_string(self).unwrap_or_default()
    }

    pub(super) fn into_outcome<T: Receipt>(self) -> Option<Outcome<T>> {
        match self {
            Self::Done(receipt) => T::parse(&receipt).map(Outcome::Done),
            Self::Refused(errors) => Some(Outcome::Refused(errors)),
        }
    }
}

#[cfg(test)]
mod tests {
    use regulars_kernel::VisitId;

    use super::*;

    #[test]
    fn what_is_remembered_is_read_again() {
        let person = PersonId::new(7);
        // Before keys went with their makers, the text was the person's number alone.
        for (text, revoked) in [("7", vec![]), ("7:3", vec![3]), ("7:3,12", vec![3, 12])] {
            let revoked = revoked.into_iter().map(ApiKeyId::new).collect();
            let closed = Closed { person, revoked };
            assert_eq!((closed.to_text().as_str(), Closed::parse(text)), (text, Some(closed)));
        }
        for text in ["", ":3", "7:x", "x"] {
            assert_eq!(Closed::parse(text), None, "{text:?}");
        }
        for (text, warnings, nothing) in [
            ("7::", vec![], vec![]),
            (
                "7:late,same_visit:9=daily_cap_reached,12=too_little",
                vec![VisitWarning::Time(regulars_order::TimeFlag::Late), VisitWarning::Same],
                vec![(9, NothingEarned::DailyCapReached), (12, NothingEarned::TooLittle)],
            ),
        ] {
            let nothing = nothing.into_iter().map(|(card, why)| (LoyaltyCardId::new(card), why));
            let recorded =
                Recorded { visit: VisitId::new(7), warnings, nothing: nothing.collect() };
            assert_eq!(recorded.to_text(), text);
            assert_eq!(Recorded::parse(text), Some(recorded));
        }
        for text in ["", "7", "7:", "7:odd:", "7::9=odd", "7::x=too_little", "x::"] {
            assert_eq!(Recorded::parse(text), None, "{text:?}");
        }
        let verified = |intent: Option<i64>, offer: Option<i64>| Verified {
            kind: DiscountKind::Offer,
            intent: intent.map(IntentId::new),
            offer: offer.map(OfferId::new),
            amount: Money::new(150, Currency::EUR),
            points: Points::new(7),
            to_pay: Money::new(1_050, Currency::EUR),
            name: "Zwei: für „eins“".to_owned(),
        };
        for one in [verified(Some(3), None), verified(None, Some(9))] {
            assert_eq!(Verified::parse(&one.to_text()), Some(one));
        }
        for text in ["", "1:2:OFFER:EUR:1:2:3", "x::OFFER:EUR:1:2:3:N", "::ODD:EUR:1:2:3:N"] {
            assert_eq!(Verified::parse(text), None, "{text:?}");
        }
        let done = CheckedOut {
            order: OrderId::new(5),
            warnings: vec![SaleWarning::Underpaid, SaleWarning::CodeLetGo],
            nothing: vec![(LoyaltyCardId::new(9), NothingEarned::OfferEarnsNothing)],
        };
        // Before checking out answered the receipt, the text was the order's number alone.
        let bare = CheckedOut { warnings: Vec::new(), nothing: Vec::new(), ..done.clone() };
        assert_eq!(CheckedOut::parse(&done.to_text()), Some(done));
        assert_eq!(CheckedOut::parse("5"), Some(bare));
        for (seen, text) in
            [(Seen::Promise(IntentId::new(7)), "7"), (Seen::Fixed(OfferId::new(8)), "offer:8")]
        {
            assert_eq!((seen.to_text().as_str(), Seen::parse(text)), (text, Some(seen)));
        }
        let text = Record::of(&Outcome::Done(person)).to_text();
        let read = Record::parse(&text).and_then(Record::into_outcome::<PersonId>);
        assert_eq!(read, Some(Outcome::Done(person)));
    }
}
