//! Closed lists of values, with the names that the API and the database use. Names are read in any case.

use std::fmt;

use regulars_kernel::Rule;

macro_rules! choices {
    ($($(#[$doc:meta])* $name:ident { $($(#[$variant_doc:meta])* $variant:ident = $text:literal,)+ })+) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum $name { $($(#[$variant_doc])* $variant,)+ }

        impl $name {
            /// Every value, in the order of the documentation.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)+];

            /// The name in the API and in the database.
            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant => $text,)+ }
            }

            /// The value of exactly that name.
            pub fn from_name(name: &str) -> Option<Self> {
                match name { $($text => Some(Self::$variant),)+ _ => None }
            }

            /// Reads a name in any case; refuses what is not on the list.
            pub fn parse(text: &str) -> Result<Self, Rule> {
                Self::from_name(&text.trim().to_ascii_uppercase())
                    .ok_or_else(|| Rule::InvalidChoice(text.trim().to_owned()))
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.name())
            }
        }
    )+};
}

choices! {
    /// A person's gender, where they told it.
    Gender {
        /// Male.
        Male = "MALE",
        /// Female.
        Female = "FEMALE",
        /// Neither of the two.
        Other = "OTHER",
    }
    /// Which side of the counter an account is on.
    UserType {
        /// Buys.
        Consumer = "CONSUMER",
        /// Sells: a tenant's founder or one of its staff.
        Merchant = "MERCHANT",
    }
    /// What a merchant's business is.
    MerchantType {
        /// A restaurant.
        Restaurant = "RESTAURANT",
        /// A café.
        Cafe = "CAFE",
        /// A bar.
        Bar = "BAR",
        /// A shop.
        Retail = "RETAIL",
        /// A grocery.
        Grocery = "GROCERY",
        /// A hairdresser, a cosmetics studio.
        Beauty = "BEAUTY",
        /// A gym.
        Fitness = "FITNESS",
        /// A hotel.
        Hotel = "HOTEL",
        /// Anything else.
        Other = "OTHER",
    }
    /// How much of a registered person's account a merchant sees (rule 7).
    Sharing {
        /// The whole profile.
        Full = "FULL",
        /// First name, last name and city.
        Name = "NAME",
    }
    /// By what a merchant reaches somebody (rule 29).
    ConsentChannel {
        /// Electronic mail.
        Email = "EMAIL",
        /// Short messages.
        Sms = "SMS",
        /// Calls.
        Phone = "PHONE",
        /// Messages of an app.
        Push = "PUSH",
        /// Letters.
        Post = "POST",
    }
    /// What somebody decided (rule 29). Who decided nothing has no state.
    ConsentState {
        /// The merchant may.
        Granted = "GRANTED",
        /// The merchant may not.
        Denied = "DENIED",
    }
    /// As what somebody wrote a decision down.
    ConsentRecorder {
        /// The customer themselves.
        Consumer = "CONSUMER",
        /// One of the merchant's people.
        Staff = "STAFF",
        /// An app of the merchant's.
        App = "APP",
        /// A program of the platform's, such as one that brings decisions in from another system.
        System = "SYSTEM",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read_in_any_case_and_nothing_else_is() {
        for gender in Gender::ALL {
            assert_eq!(Gender::parse(&format!(" {} ", gender.name().to_lowercase())), Ok(*gender));
            assert_eq!(Gender::from_name(gender.name()), Some(*gender));
        }
        for kind in MerchantType::ALL {
            assert_eq!(MerchantType::parse(kind.name()), Ok(*kind));
        }
        assert_eq!(UserType::parse("Consumer"), Ok(UserType::Consumer));
        assert_eq!(Sharing::parse("name"), Ok(Sharing::Name));
        assert_eq!(UserType::parse("ADMIN"), Err(Rule::InvalidChoice("ADMIN".to_owned())));
        assert_eq!(Gender::from_name("male"), None, "stored names are exact");
    }
}
