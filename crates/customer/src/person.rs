//! A person: one row for the whole platform (rule 1).

use regulars_kernel::{PersonId, Timestamp};

use crate::{
    choice::{MerchantType, UserType},
    loyalty_id::LoyaltyId,
    profile::Profile,
};

/// Who keeps a person's profile.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// One merchant does: the person has no login and exactly one membership, which holds the profile.
    Managed,
    /// The person does: they have a login, and as many memberships as merchants they joined.
    Registered,
}

/// The account row. What logging in needs beside it (password, sessions) belongs to the `auth` crate.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "they are the fields of the API")]
pub struct Person {
    /// Unique over the platform.
    pub id: PersonId,
    /// Who keeps the profile.
    pub kind: Kind,
    /// Which side of the counter.
    pub user_type: UserType,
    /// The business of a tenant's founder.
    pub merchant_type: Option<MerchantType>,
    /// By which tills know the person; merchants have none.
    pub loyalty_id: Option<LoyaltyId>,
    /// A registered person's own profile; empty for managed people, whose merchant keeps it in the membership.
    pub profile: Profile,
    /// A merchant's logo.
    pub logo: Option<String>,
    /// Whether the person proved that the e-mail address is theirs.
    pub verified: bool,
    /// One of the platform's own people.
    pub staff: bool,
    /// One of the platform's own people who may everything.
    pub admin: bool,
    /// Whether the person put the account away; logging in takes it out again (rule 3).
    pub archived: bool,
    /// False once the account is deleted.
    pub active: bool,
    /// The last time the person logged in.
    pub last_login: Option<Timestamp>,
    /// When the account was archived or deleted.
    pub deleted_at: Option<Timestamp>,
    /// When the person came to be known.
    pub created_at: Timestamp,
    /// When anything but the last login changed.
    pub updated_at: Timestamp,
}

/// A person who is to be known from now on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewPerson {
    /// Who keeps the profile.
    pub kind: Kind,
    /// Which side of the counter.
    pub user_type: UserType,
    /// The business of a tenant's founder.
    pub merchant_type: Option<MerchantType>,
    /// By which tills will know the person; merchants need none.
    pub loyalty_id: Option<LoyaltyId>,
    /// A registered person's own profile; empty for managed people.
    pub profile: Profile,
    /// One of the platform's own people.
    pub staff: bool,
    /// One of the platform's own people who may everything.
    pub admin: bool,
    /// When.
    pub created_at: Timestamp,
}

impl NewPerson {
    /// A customer whom a merchant keeps.
    pub fn managed(loyalty_id: LoyaltyId, created_at: Timestamp) -> Self {
        Self {
            kind: Kind::Managed,
            user_type: UserType::Consumer,
            merchant_type: None,
            loyalty_id: Some(loyalty_id),
            profile: Profile::default(),
            staff: false,
            admin: false,
            created_at,
        }
    }

    /// A person who signs up to buy.
    pub const fn consumer(profile: Profile, loyalty_id: LoyaltyId, created_at: Timestamp) -> Self {
        Self {
            kind: Kind::Registered,
            user_type: UserType::Consumer,
            merchant_type: None,
            loyalty_id: Some(loyalty_id),
            profile,
            staff: false,
            admin: false,
            created_at,
        }
    }

    /// The row, once a store has given it a number.
    pub fn with_id(self, id: PersonId) -> Person {
        Person {
            id,
            kind: self.kind,
            user_type: self.user_type,
            merchant_type: self.merchant_type,
            loyalty_id: self.loyalty_id,
            profile: self.profile,
            logo: None,
            verified: false,
            staff: self.staff,
            admin: self.admin,
            archived: false,
            active: true,
            last_login: None,
            deleted_at: None,
            created_at: self.created_at,
            updated_at: self.created_at,
        }
    }
}
