//! `register`: an account for who buys and for who sells, and the platform's own people.
//!
//! In four steps, so that every failing field is reported at once and no password is hashed inside a transaction:
//! [`draft`] judges the arguments, [`review`] asks whether the address is free, [`prepare`] hashes the password on the
//! pool, and [`commit`] writes the account and begins its first session.

use std::time::Instant;

use rand::CryptoRng;
use regulars_customer::{
    CustomerStore, EmailAddress, Kind, LoyaltyId, Membership, MerchantType, NewPerson, Person,
    Profile, Sharing, UserType,
    input::{AccountFields, account_profile},
};
use regulars_kernel::{MerchantId, PersonId, Rule, StoreError, Timestamp, Violations};
use regulars_merchant::{Merchant, MerchantStore};

use crate::{
    AuthError, AuthStore, MailStore, StaffStore,
    authority::Authority,
    mail::{self, Addressee, MailKind, MailSeed},
    password::{Password, PasswordHash},
    policy, role,
    session::{self, Grant, SessionSeed},
    staff::Assignment,
    store::Credentials,
};

/// What `register` is called with, as it came in.
#[derive(Clone, Debug, Default)]
pub struct Registration {
    /// Who they are.
    pub fields: AccountFields,
    /// The password.
    pub password1: Password,
    /// The password again.
    pub password2: Password,
    /// `CONSUMER` or `MERCHANT`, in any case.
    pub user_type: String,
    /// The trade of a merchant, in any case; other than for merchants without meaning. `OTHER` where not told.
    pub merchant_type: Option<String>,
}

/// Which kind of account it becomes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Side {
    Consumer,
    Merchant(MerchantType),
    Platform,
}

/// Judged arguments; what is wrong with them is kept until the address has been looked up too.
#[derive(Clone, Debug)]
pub struct Draft {
    wrong: Violations,
    email: Option<EmailAddress>,
    profile: Option<Profile>,
    side: Option<Side>,
    password: Password,
}

/// A draft with nothing wrong.
#[derive(Clone, Debug)]
pub struct Accepted {
    profile: Profile,
    email: EmailAddress,
    side: Side,
    password: Password,
}

/// An account ready to be written, with everything random about it: the transaction may run more than once.
#[derive(Clone, Debug)]
pub struct Prepared {
    profile: Profile,
    email: EmailAddress,
    side: Side,
    password: PasswordHash,
    loyalty_id: LoyaltyId,
    seed: SessionSeed,
    mail: MailSeed,
    /// The merchant through whose app they sign up.
    through: Option<MerchantId>,
}

/// Step 1: judges the arguments of `register`. Open to everyone.
pub fn draft(registration: &Registration, now: Timestamp) -> Draft {
    let mut wrong = Violations::new();
    let side = side(registration, &mut wrong);
    let passwords = (&registration.password1, &registration.password2);
    judge(&registration.fields, passwords, side, now, wrong)
}

/// Step 1 for an account of the platform's own people, who may see everything. There is no mutation for it: whoever can
/// reach the database may make one.
pub fn draft_admin(fields: &AccountFields, password: &Password, now: Timestamp) -> Draft {
    judge(fields, (password, password), Some(Side::Platform), now, Violations::new())
}

fn side(registration: &Registration, wrong: &mut Violations) -> Option<Side> {
    let told = registration.merchant_type.as_deref().filter(|text| !text.trim().is_empty());
    let trade = told.map_or(Ok(MerchantType::Other), MerchantType::parse);
    let trade = wrong.check("merchantType", trade);
    if registration.user_type.trim().is_empty() {
        wrong.add("userType", Rule::Required);
        return None;
    }
    match wrong.check("userType", UserType::parse(&registration.user_type))? {
        UserType::Consumer => Some(Side::Consumer),
        UserType::Merchant => trade.map(Side::Merchant),
    }
}

fn judge(
    fields: &AccountFields,
    passwords: (&Password, &Password),
    side: Option<Side>,
    now: Timestamp,
    mut wrong: Violations,
) -> Draft {
    let profile = account_profile(fields, now, &mut wrong);
    let own = [
        ("email", fields.email.trim()),
        ("first name", fields.firstname.trim()),
        ("last name", fields.lastname.trim()),
    ];
    wrong.extend(policy::check(("password1", "password2"), passwords, &own));
    // The address is looked up even where another field is wrong, so that one answer names every fault.
    let email = EmailAddress::parse(&fields.email).ok();
    Draft { wrong, email, profile, side, password: passwords.1.clone() }
}

/// Step 2, in a reading transaction of scope `Platform`: refuses a draft with everything that is wrong with it, an address
/// that somebody has among it (rule 2).
pub fn review(tx: &mut impl AuthStore, draft: &Draft) -> Result<Accepted, AuthError> {
    let mut wrong = draft.wrong.clone();
    if let Some(email) = &draft.email
        && tx.find_credentials_by_email(&email.key())?.is_some()
    {
        wrong.add("email", Rule::EmailTaken);
    }
    match (&draft.profile, &draft.email, draft.side) {
        (Some(profile), Some(email), Some(side)) if wrong.is_empty() => Ok(Accepted {
            profile: profile.clone(),
            email: email.clone(),
            side,
            password: draft.password.clone(),
        }),
        _ => Err(wrong.into()),
    }
}

/// Step 3, outside of any transaction: hashes the password.
pub fn prepare(
    authority: &Authority,
    accepted: Accepted,
    rng: &mut impl CryptoRng,
    deadline: Instant,
) -> Result<Prepared, AuthError> {
    let password = authority.hasher().hash(accepted.password, deadline)?;
    Ok(Prepared {
        profile: accepted.profile,
        email: accepted.email,
        side: accepted.side,
        password,
        loyalty_id: LoyaltyId::from_entropy(rng.next_u64()),
        seed: SessionSeed::draw(rng),
        mail: MailSeed::draw(authority, rng),
        through: None,
    })
}

/// Step 4, in a writing transaction of scope `Platform`: writes the account ([`create`]), has the address be proved by a
/// mail, and begins the first session.
pub fn commit(
    tx: &mut (impl AuthStore + StaffStore + MailStore + CustomerStore + MerchantStore),
    authority: &Authority,
    prepared: &Prepared,
    now: Timestamp,
) -> Result<Grant, AuthError> {
    let person = create(tx, authority, prepared, now)?;
    let to =
        Addressee { person, address: prepared.email.clone(), verified: false, token_version: 0 };
    mail::queue(tx, &to, MailKind::Activation, &prepared.mail, now)?;
    let credentials = Credentials {
        person,
        email: prepared.email.as_str().to_owned(),
        password: None,
        token_version: 0,
        active: true,
        archived: false,
    };
    session::open(tx, authority, &credentials, &prepared.seed, now)
}

/// Step 4 without a mail and without a session. A consumer gets a loyalty id and joins the default merchant where there is one, and the merchant
/// through whose app they sign up (rule 7); a
/// merchant founds a tenant of the same number, with the system roles, and owns it. An address that was taken since the review is `unique`.
pub fn create(
    tx: &mut (impl AuthStore + StaffStore + CustomerStore + MerchantStore),
    authority: &Authority,
    prepared: &Prepared,
    now: Timestamp,
) -> Result<PersonId, AuthError> {
    if tx.find_credentials_by_email(&prepared.email.key())?.is_some() {
        return Err(email_taken());
    }
    let new = prepared.new_person(now);
    let person = tx.insert_person(new.clone()).map_err(|error| match error {
        StoreError::Taken("person.email_key") => email_taken(),
        // One in billions: the next try draws another.
        StoreError::Taken("person.loyalty_id") => StoreError::Contended.into(),
        other => other.into(),
    })?;
    tx.insert_credentials(person, &prepared.password)?;
    match prepared.side {
        Side::Consumer => {
            let account = new.with_id(person);
            let usual = authority.settings().default_merchant;
            if let Some(merchant) = usual {
                join(tx, &account, merchant, now)?;
            }
            if let Some(merchant) = prepared.through.filter(|through| usual != Some(*through)) {
                join(tx, &account, merchant, now)?;
            }
        }
        Side::Merchant(trade) => found(tx, authority, &prepared.profile, trade, person, now)?,
        Side::Platform => {}
    }
    Ok(person)
}

fn email_taken() -> AuthError {
    AuthError::Invalid(Violations::of("email", Rule::EmailTaken))
}

impl Prepared {
    /// The same through an app of a merchant, which a consumer then joins (rule 7).
    #[must_use]
    pub fn through(self, merchant: Option<MerchantId>) -> Self {
        Self { through: merchant, ..self }
    }

    fn new_person(&self, created_at: Timestamp) -> NewPerson {
        let platform = self.side == Side::Platform;
        let (user_type, merchant_type) = match self.side {
            Side::Consumer | Side::Platform => (UserType::Consumer, None),
            Side::Merchant(trade) => (UserType::Merchant, Some(trade)),
        };
        NewPerson {
            kind: Kind::Registered,
            user_type,
            merchant_type,
            loyalty_id: (self.side == Side::Consumer).then(|| self.loyalty_id.clone()),
            profile: self.profile.clone(),
            staff: platform,
            admin: platform,
            created_at,
        }
    }
}

/// A person who signs up where a deployment serves one merchant, or through a merchant's app, joined themselves: they share all (rule 7).
fn join(
    tx: &mut (impl CustomerStore + MerchantStore),
    account: &Person,
    merchant: MerchantId,
    now: Timestamp,
) -> Result<(), AuthError> {
    if tx.merchants(&[merchant])?.is_empty() {
        return Err(AuthError::NoDefaultMerchant(merchant));
    }
    let membership = Membership::of_account(account, merchant, Sharing::Full, now);
    Ok(tx.insert_membership(&membership)?)
}

fn found(
    tx: &mut (impl AuthStore + StaffStore),
    authority: &Authority,
    profile: &Profile,
    trade: MerchantType,
    founder: PersonId,
    now: Timestamp,
) -> Result<(), AuthError> {
    let merchant = founder.founded();
    let name = format!("{} {}", profile.firstname, profile.lastname);
    let settings = authority.settings();
    let (zone, currency) = (settings.merchant_time_zone, settings.merchant_currency);
    tx.insert_merchant(&Merchant {
        merchant_type: Some(trade.name().to_owned()),
        ..Merchant::new(merchant, name.trim(), zone, currency, now)
    })?;
    let owner = role::found(tx, merchant, now)?;
    let assignment =
        Assignment { roles: [owner].into(), all_stores: true, ..Assignment::default() };
    Ok(tx.insert_post(merchant, founder, &assignment, now)?)
}
