//! The enums of the customers object, under the names that the API has.

use juniper::GraphQLEnum;
use regulars_customer::{Country, Gender, Sharing, UserType};
use regulars_merchant::EntitySource;

/// A GraphQL enum with the names of a closed list of a domain crate; a test holds the two together.
macro_rules! choice {
    ($(#[$doc:meta])* $name:ident, $text:literal, [$($variant:ident)+]) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, GraphQLEnum)]
        #[graphql(name = $text, rename_all = "none")]
        #[allow(missing_docs, reason = "they are what they are called")]
        pub enum $name { $($variant,)+ }

        impl $name {
            /// Every value.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)+];

            /// The name.
            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant => stringify!($variant),)+ }
            }

            /// The value of that name.
            pub fn of_name(name: &str) -> Option<Self> {
                match name { $(stringify!($variant) => Some(Self::$variant),)+ _ => None }
            }
        }
    };
}

choice! {
    /// Which side of the counter an account is on.
    UserUserType, "UserUserType", [CONSUMER MERCHANT]
}
choice! {
    /// A person's gender.
    UserGender, "UserGender", [MALE FEMALE OTHER]
}
choice! {
    /// What a merchant's business is.
    UserMerchantType, "UserMerchantType",
    [RESTAURANT CAFE BAR RETAIL GROCERY BEAUTY FITNESS HOTEL OTHER]
}
choice! {
    /// The system that a record came from.
    UserEntitySource, "UserEntitySource",
    [SHOPIFY SALESFORCE SPOTIFY FILE POS API SQUARE HUBSPOT STRIPE WOOCOMMERCE]
}
choice! {
    /// How much of a registered person's account a merchant sees.
    ConsumerSharing, "ConsumerSharing", [FULL NAME]
}
choice! {
    /// By what a merchant reaches a customer.
    ConsentChannel, "ConsentChannel", [EMAIL SMS PHONE PUSH POST]
}
choice! {
    /// Whether a customer agreed to be contacted, or said no. Who said nothing has no state.
    ConsentState, "ConsentState", [GRANTED DENIED]
}
choice! {
    /// As what somebody wrote down what a customer decided: the customer themselves, one of the merchant's people, an app of
    /// the merchant's, or a program such as a connector.
    ConsentRecorder, "ConsentRecorder", [CONSUMER STAFF APP SYSTEM]
}
choice! {
    /// Countries, by ISO 3166-1 alpha-2.
    UserCountry, "UserCountry", [
        AD AE AF AG AI AL AM AO AQ AR AS AT AU AW AX AZ BA BB BD BE BF BG BH BI BJ BL BM BN BO BQ
        BR BS BT BV BW BY BZ CA CC CD CF CG CH CI CK CL CM CN CO CR CU CV CW CX CY CZ DE DJ DK DM
        DO DZ EC EE EG EH ER ES ET FI FJ FK FM FO FR GA GB GD GE GF GG GH GI GL GM GN GP GQ GR GS
        GT GU GW GY HK HM HN HR HT HU ID IE IL IM IN IO IQ IR IS IT JE JM JO JP KE KG KH KI KM KN
        KP KR KW KY KZ LA LB LC LI LK LR LS LT LU LV LY MA MC MD ME MF MG MH MK ML MM MN MO MP MQ
        MR MS MT MU MV MW MX MY MZ NA NC NE NF NG NI NL NO NP NR NU NZ OM PA PE PF PG PH PK PL PM
        PN PR PS PT PW PY QA RE RO RS RU RW SA SB SC SD SE SG SH SI SJ SK SL SM SN SO SR SS ST SV
        SX SY SZ TC TD TF TG TH TJ TK TL TM TN TO TR TT TV TW TZ UA UG UM US UY UZ VA VC VE VG VI
        VN VU WF WS YE YT ZA ZM ZW
    ]
}

crate::leaf_enums!(UserUserType, UserGender, UserMerchantType, UserEntitySource, UserCountry);
crate::leaf_enums!(ConsentChannel, ConsentState, ConsentRecorder);

impl From<UserType> for UserUserType {
    fn from(kind: UserType) -> Self {
        match kind {
            UserType::Consumer => Self::CONSUMER,
            UserType::Merchant => Self::MERCHANT,
        }
    }
}

impl UserGender {
    /// The domain's value.
    pub fn to_domain(self) -> Option<Gender> {
        Gender::from_name(self.name())
    }
}

impl UserCountry {
    /// The domain's value.
    pub fn to_domain(self) -> Option<Country> {
        Country::from_alpha2(self.name())
    }
}

impl UserEntitySource {
    /// The domain's value.
    pub fn to_domain(self) -> Option<EntitySource> {
        EntitySource::from_name(self.name())
    }
}

impl ConsumerSharing {
    /// The domain's value.
    pub const fn to_domain(self) -> Sharing {
        match self {
            Self::FULL => Sharing::Full,
            Self::NAME => Sharing::Name,
        }
    }
}

impl ConsentChannel {
    /// The domain's value.
    pub const fn to_domain(self) -> regulars_customer::ConsentChannel {
        match self {
            Self::EMAIL => regulars_customer::ConsentChannel::Email,
            Self::SMS => regulars_customer::ConsentChannel::Sms,
            Self::PHONE => regulars_customer::ConsentChannel::Phone,
            Self::PUSH => regulars_customer::ConsentChannel::Push,
            Self::POST => regulars_customer::ConsentChannel::Post,
        }
    }
}

impl From<regulars_customer::ConsentChannel> for ConsentChannel {
    fn from(channel: regulars_customer::ConsentChannel) -> Self {
        use regulars_customer::ConsentChannel as Channel;
        match channel {
            Channel::Email => Self::EMAIL,
            Channel::Sms => Self::SMS,
            Channel::Phone => Self::PHONE,
            Channel::Push => Self::PUSH,
            Channel::Post => Self::POST,
        }
    }
}

impl ConsentState {
    /// The domain's value.
    pub const fn to_domain(self) -> regulars_customer::ConsentState {
        match self {
            Self::GRANTED => regulars_customer::ConsentState::Granted,
            Self::DENIED => regulars_customer::ConsentState::Denied,
        }
    }
}

impl From<regulars_customer::ConsentState> for ConsentState {
    fn from(state: regulars_customer::ConsentState) -> Self {
        match state {
            regulars_customer::ConsentState::Granted => Self::GRANTED,
            regulars_customer::ConsentState::Denied => Self::DENIED,
        }
    }
}

impl From<regulars_customer::ConsentRecorder> for ConsentRecorder {
    fn from(recorder: regulars_customer::ConsentRecorder) -> Self {
        use regulars_customer::ConsentRecorder as Recorder;
        match recorder {
            Recorder::Consumer => Self::CONSUMER,
            Recorder::Staff => Self::STAFF,
            Recorder::App => Self::APP,
            Recorder::System => Self::SYSTEM,
        }
    }
}

#[cfg(test)]
mod tests {
    use regulars_customer::MerchantType;

    use super::*;

    fn names<T: Copy>(all: &[T], name: impl Fn(T) -> &'static str) -> Vec<&'static str> {
        all.iter().map(|value| name(*value)).collect()
    }

    #[test]
    fn the_lists_are_those_of_the_domain() {
        assert_eq!(
            names(UserUserType::ALL, UserUserType::name),
            names(UserType::ALL, UserType::name)
        );
        assert_eq!(names(UserGender::ALL, UserGender::name), names(Gender::ALL, Gender::name));
        assert_eq!(
            names(UserMerchantType::ALL, UserMerchantType::name),
            names(MerchantType::ALL, MerchantType::name)
        );
        assert_eq!(
            names(UserEntitySource::ALL, UserEntitySource::name),
            names(&EntitySource::ALL, EntitySource::name)
        );
        assert_eq!(
            names(ConsumerSharing::ALL, ConsumerSharing::name),
            names(Sharing::ALL, Sharing::name)
        );
        for channel in regulars_customer::ConsentChannel::ALL {
            let named = ConsentChannel::from(*channel);
            assert_eq!((named.name(), named.to_domain()), (channel.name(), *channel));
        }
        for state in regulars_customer::ConsentState::ALL {
            let named = ConsentState::from(*state);
            assert_eq!((named.name(), named.to_domain()), (state.name(), *state));
        }
        for recorder in regulars_customer::ConsentRecorder::ALL {
            assert_eq!(ConsentRecorder::from(*recorder).name(), recorder.name());
        }
        let mut countries = names(Country::all(), Country::alpha2);
        countries.sort_unstable();
        assert_eq!(names(UserCountry::ALL, UserCountry::name), countries);
    }
}
