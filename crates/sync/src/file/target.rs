//! What a column of a file can mean: the names of the API, and which kinds of file have them.

use regulars_customer::{ConsentChannel, merge::MergeField};
use regulars_source::record::Field;

use super::settings::Kind;

macro_rules! targets {
    ($($(#[$doc:meta])* $name:ident = $text:literal,)+) => {
        /// What a column of a file means.
        #[derive(Clone, Debug, PartialEq, Eq)]
        pub enum Target {
            $($(#[$doc])* $name,)+
            /// A field of a customer's own; the e-mail address and phone number of a buyer, too.
            Own(MergeField),
            /// A key of `extraInfo`.
            Extra(String),
            /// Whether they agreed to be contacted so.
            Consent(ConsentChannel),
            /// When they decided.
            ConsentAt(ConsentChannel),
            /// `true`: they do not want to be contacted so; `false` says nothing.
            OptOut(ConsentChannel),
        }

        impl Target {
            /// Those that are a word alone.
            const PLAIN: &'static [(Self, &'static str)] = &[$((Self::$name, $text),)+];
        }
    };
}

targets! {
    /// The id at the source.
    SourceId = "sourceId",
    /// When it was changed there.
    UpdatedAt = "updatedAt",
    /// The source's own count of versions.
    Seq = "seq",
    /// When the customer came to be there.
    CreatedAt = "createdAt",
    /// Our loyalty id; of a buyer, a card number too.
    LoyaltyId = "loyaltyId",
    /// Card numbers.
    Cards = "cards",
    /// Whether the source proved the e-mail address.
    EmailVerified = "emailVerified",
    /// A JSON object of the merchant's own fields.
    ExtraInfo = "extraInfo",
    /// The buyer's or owner's id at the source.
    CustomerId = "customerId",
    /// The number that people know an order by.
    Number = "number",
    /// When it was sold.
    CompletedAt = "completedAt",
    /// The currency of the amounts.
    Currency = "currency",
    /// The channel or store at the source.
    Channel = "channel",
    /// Whether it was sold online.
    Online = "online",
    /// What was taken off an order as a whole.
    Discount = "discount",
    /// What was given on top.
    OnTop = "extra",
    /// What an order came to.
    Total = "total",
    /// When it was called off.
    CancelledAt = "cancelledAt",
    /// Whether it was only tried out.
    Test = "test",
    /// Under which ids other systems know of it.
    Links = "links",
    /// The lines, of JSON Lines alone.
    Items = "items",
    /// What a line sold.
    ItemName = "items.name",
    /// The product's id at the source.
    ItemProduct = "items.productId",
    /// How many of it.
    ItemQuantity = "items.quantity",
    /// What one costs.
    ItemUnitPrice = "items.unitPrice",
    /// What was taken off the line.
    ItemDiscount = "items.discount",
    /// What was given back, of JSON Lines alone.
    Refunds = "refunds",
    /// A refund's id.
    RefundId = "refunds.id",
    /// When it was given.
    RefundAt = "refunds.at",
    /// How much it was.
    RefundAmount = "refunds.amount",
    /// A product's name.
    Name = "name",
    /// A product's price.
    Price = "price",
    /// A product's own number at the merchant.
    Sku = "sku",
    /// On which card a balance is.
    LoyaltyCard = "loyaltyCard",
    /// How many points or stamps.
    Amount = "amount",
    /// The last day on which they are good.
    ExpiresOn = "expiresOn",
}

const EXTRA: &str = "extraInfo.";
const CONSENT_AT: &str = "ConsentAt";
const CONSENT: &str = "Consent";
const OPT_OUT: &str = "OptOut";

/// `EMAIL` as it stands in `emailConsent`.
fn of_channel(channel: ConsentChannel) -> String {
    channel.name().to_ascii_lowercase()
}

impl Target {
    /// The name in mappings, headers and reports.
    pub fn name(&self) -> String {
        match self {
            Self::Own(field) => field.name().to_owned(),
            Self::Extra(key) => format!("{EXTRA}{key}"),
            Self::Consent(channel) => format!("{}{CONSENT}", of_channel(*channel)),
            Self::ConsentAt(channel) => format!("{}{CONSENT_AT}", of_channel(*channel)),
            Self::OptOut(channel) => format!("{}{OPT_OUT}", of_channel(*channel)),
            plain => Self::PLAIN
                .iter()
                .find(|(target, _)| target == plain)
                .map_or_else(String::new, |(_, name)| (*name).to_owned()),
        }
    }

    /// What a name means in a file of that kind; none where such files have no such column.
    pub fn from_name(kind: Kind, name: &str) -> Option<Self> {
        let plain = Self::PLAIN.iter().find(|(_, text)| *text == name);
        let target = match plain {
            Some((target, _)) => target.clone(),
            None => Self::of_customer(name)?,
        };
        target.is_of(kind).then_some(target)
    }

    fn of_customer(name: &str) -> Option<Self> {
        match Field::from_name(name) {
            Some(Field::Own(field)) => return Some(Self::Own(field)),
            Some(Field::Extra(key)) => return Some(Self::Extra(key)),
            None => {}
        }
        let channel = |suffix: &str| {
            let word = name.strip_suffix(suffix)?;
            ConsentChannel::ALL.iter().copied().find(|channel| of_channel(*channel) == word)
        };
        channel(CONSENT_AT)
            .map(Self::ConsentAt)
            .or_else(|| channel(CONSENT).map(Self::Consent))
            .or_else(|| channel(OPT_OUT).map(Self::OptOut))
    }

    /// Whether files of that kind have it.
    fn is_of(&self, kind: Kind) -> bool {
        if matches!(self, Self::SourceId | Self::UpdatedAt | Self::Seq) {
            return true;
        }
        let names_somebody = matches!(
            self,
            Self::LoyaltyId | Self::Own(MergeField::Email | MergeField::PhoneNumber)
        );
        match kind {
            Kind::Customers => match self {
                Self::Own(field) => *field != MergeField::ExtraInfo,
                Self::Extra(_) | Self::Consent(_) | Self::ConsentAt(_) | Self::OptOut(_) => true,
                other => matches!(
                    other,
                    Self::CreatedAt
                        | Self::LoyaltyId
                        | Self::Cards
                        | Self::EmailVerified
                        | Self::ExtraInfo
                ),
            },
            Kind::Cards => names_somebody || matches!(self, Self::Cards),
            Kind::Balances => {
                names_somebody
                    || matches!(
                        self,
                        Self::CustomerId | Self::LoyaltyCard | Self::Amount | Self::ExpiresOn
                    )
            }
            Kind::Products => {
                matches!(self, Self::Name | Self::Price | Self::Currency | Self::Sku)
            }
            Kind::Orders => {
                names_somebody || matches!(self, Self::CustomerId) || self.is_of_order()
            }
        }
    }

    const fn is_of_order(&self) -> bool {
        matches!(
            self,
            Self::Number
                | Self::CompletedAt
                | Self::Currency
                | Self::Channel
                | Self::Online
                | Self::Discount
                | Self::OnTop
                | Self::Total
                | Self::CancelledAt
                | Self::Test
                | Self::Links
                | Self::Items
                | Self::Refunds
        ) || self.is_of_row()
    }

    /// Whether it is a number that names something, of which every digit counts.
    pub(super) const fn is_name(&self) -> bool {
        matches!(
            self,
            Self::SourceId
                | Self::CustomerId
                | Self::LoyaltyId
                | Self::Cards
                | Self::Number
                | Self::Sku
                | Self::ItemProduct
                | Self::RefundId
                | Self::Own(MergeField::PhoneNumber)
        )
    }

    /// Whether each row of an order has its own: lines and refunds.
    pub(super) const fn is_of_row(&self) -> bool {
        matches!(
            self,
            Self::ItemName
                | Self::ItemProduct
                | Self::ItemQuantity
                | Self::ItemUnitPrice
                | Self::ItemDiscount
                | Self::RefundId
                | Self::RefundAt
                | Self::RefundAmount
        )
    }

    /// Whether several columns may mean it.
    pub(super) const fn may_repeat(&self) -> bool {
        matches!(self, Self::Cards)
    }

    /// Every name that files of a kind have, for people: without the merchant's own.
    pub fn names(kind: Kind) -> Vec<String> {
        let plain = Self::PLAIN.iter().map(|(target, _)| target.clone());
        let own = MergeField::ALL.iter().map(|field| Self::Own(*field));
        let channels = ConsentChannel::ALL.iter().flat_map(|channel| {
            [Self::Consent(*channel), Self::ConsentAt(*channel), Self::OptOut(*channel)]
        });
        plain
            .chain(own)
            .chain(channels)
            .filter(|target| target.is_of(kind))
            .map(|t| t.name())
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_is_read_back_and_belongs_to_its_kinds_alone() {
        for kind in Kind::ALL {
            for name in Target::names(kind) {
                let target = Target::from_name(kind, &name);
                assert_eq!(target.map(|target| target.name()).as_deref(), Some(name.as_str()));
            }
        }
        let customers = Target::names(Kind::Customers);
        for name in [
            "sourceId",
            "updatedAt",
            "email",
            "firstname",
            "phoneNumber",
            "birthday",
            "cards",
            "numOfOrderDiscountsAllowed",
            "emailConsent",
            "smsOptOut",
            "postConsentAt",
        ] {
            assert!(customers.iter().any(|known| known == name), "{name}");
        }
        let extra = Target::from_name(Kind::Customers, "extraInfo.shoe size");
        assert_eq!(extra, Some(Target::Extra("shoe size".to_owned())));
        for name in ["extraInfo.", "emails", "total", "mailConsent", ""] {
            assert_eq!(Target::from_name(Kind::Customers, name), None, "{name}");
        }
        assert_eq!(Target::from_name(Kind::Products, "email"), None);
    }
}
