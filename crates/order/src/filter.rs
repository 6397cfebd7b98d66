//! Which orders.

use regulars_customer::{
    EmailAddress,
    identity::{Marks, Number},
    search::PhoneTerm,
};
use regulars_kernel::{
    OrderTypeId, PersonId, StoreAccess, StoreId, Timestamp, Violations,
    text::{MAX_CHARS, clean},
};
use regulars_merchant::Archived;

use crate::{Duration, Order, OrderState};

/// A span of time; absent ends are open.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Period {
    /// From this instant on (`_Gte`).
    pub from: Option<Timestamp>,
    /// Before this instant (`_Lt`).
    pub before: Option<Timestamp>,
}

impl Period {
    /// Whether an instant lies within. What has not happened lies in the open period alone.
    pub fn admits(self, at: Option<Timestamp>) -> bool {
        let Some(at) = at else { return self == Self::default() };
        self.from.is_none_or(|from| at >= from) && self.before.is_none_or(|before| at < before)
    }
}

/// Which orders somebody asks for. Absent is no filter; so is an empty text.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct OrderFilter {
    /// Bought by this person.
    pub consumer: Option<PersonId>,
    /// Bought by somebody whose phone number fits, in any of the forms of rule 9.
    pub consumer_phone_number: Option<String>,
    /// Bought by the person with exactly this loyalty id, or one of the merchant's own card numbers (rule 5).
    pub consumer_loyalty_id: Option<String>,
    /// Bought by the person with this e-mail address, whatever the case.
    pub consumer_email: Option<String>,
    /// Bought there.
    pub store: Option<StoreId>,
    /// Completed then.
    pub completed_at: Period,
    /// Put down here then.
    pub created_at: Period,
    /// Completed within the last so long.
    pub duration: Option<Duration>,
    /// In that state.
    pub state: Option<OrderState>,
    /// Paid and done, or not.
    pub completed: Option<bool>,
    /// Fulfilled like that.
    pub order_type: Option<OrderTypeId>,
    /// In use, archived, or both.
    pub archived: Archived,
}

impl OrderFilter {
    /// Refuses control characters and over-long texts.
    pub fn check(&self) -> Violations {
        let mut wrong = Violations::new();
        self.texts(&mut wrong);
        wrong
    }

    /// The phone number, the loyalty id or card number, and the e-mail address that the buyer is known by.
    fn texts(&self, wrong: &mut Violations) -> [Option<String>; 3] {
        let mut text = |argument, typed: Option<&str>| {
            wrong.check(argument, clean(typed?, MAX_CHARS)).flatten()
        };
        [
            text("consumer_PhoneNumber", self.consumer_phone_number.as_deref()),
            text("consumer_LoyaltyId", self.consumer_loyalty_id.as_deref()),
            text("consumer_Email", self.consumer_email.as_deref()),
        ]
    }

    /// What to ask the rows for, within stores and as of an instant; refuses what [`Self::check`] refuses.
    pub fn query(self, within: StoreAccess, now: Timestamp) -> Result<OrderQuery, Violations> {
        let mut wrong = Violations::new();
        let [phone_number, number, email] = self.texts(&mut wrong);
        wrong.into_result()?;
        let mut completed_at = self.completed_at;
        if let Some(duration) = self.duration {
            completed_at.from = completed_at.from.max(Some(duration.before(now)));
        }
        Ok(OrderQuery {
            consumer: self.consumer,
            buyer: Marks {
                phone: phone_number.map(|typed| PhoneTerm::beginning(&typed)),
                number: number.map(|typed| Number::of(&typed)),
                email_key: email.map(|typed| EmailAddress::key_of(&typed)),
            },
            store: self.store,
            completed_at,
            created_at: self.created_at,
            state: self.state,
            completed: self.completed,
            order_type: self.order_type,
            archived: self.archived,
            within,
        })
    }
}

/// What the rows are asked for: a checked filter and the asker's reach.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OrderQuery {
    /// Bought by this person.
    pub consumer: Option<PersonId>,
    /// Bought by somebody like that, compared with what the order's merchant sees of the buyer (the membership), never with
    /// an account; several buyers may fit. In `Person` scope always anyone.
    pub buyer: Marks,
    /// Bought there.
    pub store: Option<StoreId>,
    /// Completed then.
    pub completed_at: Period,
    /// Put down here then.
    pub created_at: Period,
    /// In that state.
    pub state: Option<OrderState>,
    /// Paid and done, or not.
    pub completed: Option<bool>,
    /// Fulfilled like that.
    pub order_type: Option<OrderTypeId>,
    /// In use, archived, or both.
    pub archived: Archived,
    /// In one of these stores.
    pub within: StoreAccess,
}

impl OrderQuery {
    /// Whether an order passes, as far as the order itself says it: all but [`Self::buyer`]. What a port answers is
    /// defined by this.
    pub fn admits(&self, order: &Order) -> bool {
        self.consumer.is_none_or(|consumer| order.consumer == Some(consumer))
            && self.store.is_none_or(|store| order.store == store)
            && self.completed_at.admits(order.completed_at)
            && self.created_at.admits(Some(order.created_at))
            && self.state.is_none_or(|state| order.state == state)
            && self.completed.is_none_or(|completed| order.completed == completed)
            && self.order_type.is_none_or(|order_type| order.order_type == order_type)
            && self.archived.admits(!order.is_active())
            && self.within.includes(order.store)
    }
}

#[cfg(test)]
mod tests {
    use regulars_kernel::Rule;

    use super::*;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_seconds(seconds)
    }

    #[test]
    fn a_period_includes_its_beginning_and_not_its_end() {
        let period = |from: Option<i64>, before: Option<i64>| Period {
            from: from.map(at),
            before: before.map(at),
        };
        for (period, instant, admitted) in [
            (period(None, None), None, true),
            (period(None, None), Some(5), true),
            (period(Some(5), None), None, false),
            (period(None, Some(5)), None, false),
            (period(Some(5), None), Some(4), false),
            (period(Some(5), None), Some(5), true),
            (period(None, Some(5)), Some(4), true),
            (period(None, Some(5)), Some(5), false),
            (period(Some(5), Some(5)), Some(5), false),
        ] {
            assert_eq!(period.admits(instant.map(at)), admitted, "{period:?} {instant:?}");
        }
    }

    #[test]
    fn a_duration_narrows_the_period_of_completion() {
        let now = at(1_000_000);
        for (from, duration, expected) in [
            (None, None, None),
            (None, Some("PT10S"), Some(999_990)),
            (Some(999_980), Some("PT10S"), Some(999_990)),
            (Some(999_995), Some("PT10S"), Some(999_995)),
            (Some(5), None, Some(5)),
        ] {
            let filter = OrderFilter {
                completed_at: Period { from: from.map(at), before: None },
                duration: duration.map(|text| Duration::parse(text).unwrap()),
                ..OrderFilter::default()
            };
            let query = filter.query(StoreAccess::All, now).unwrap();
            assert_eq!(query.completed_at.from, expected.map(at));
            assert_eq!(query.created_at, Period::default());
        }
    }

    #[test]
    fn an_empty_text_filters_nothing_and_nul_is_refused_by_name() {
        let texts = |text: &str| OrderFilter {
            consumer_phone_number: Some(text.to_owned()),
            consumer_loyalty_id: Some(text.to_owned()),
            consumer_email: Some(text.to_owned()),
            ..OrderFilter::default()
        };
        for blank in ["", "  ", &" ".repeat(MAX_CHARS + 1)] {
            assert!(texts(blank).query(StoreAccess::All, at(0)).unwrap().buyer.are_none());
        }
        let padded = format!("{}12\n", " ".repeat(MAX_CHARS));
        let buyer = |text: &str| texts(text).query(StoreAccess::All, at(0)).unwrap().buyer;
        assert_eq!(buyer(&padded), buyer("12"));
        let wrong = texts("a\0").query(StoreAccess::All, at(0)).unwrap_err();
        let fields: Vec<_> = wrong.iter().map(|violation| violation.field.unwrap()).collect();
        assert_eq!(fields, ["consumer_PhoneNumber", "consumer_LoyaltyId", "consumer_Email"]);
        assert_eq!(texts("a\0").check(), wrong);
        let wrong = texts(&"9".repeat(MAX_CHARS + 1)).query(StoreAccess::All, at(0)).unwrap_err();
        let rule = Rule::MaxLength { max: MAX_CHARS, actual: MAX_CHARS + 1 };
        assert!(wrong.iter().all(|violation| violation.rule == rule));
    }
}
