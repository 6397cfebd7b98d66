//! Who is meant: a customer by what a till has of them (rules 5, 6 and 8).

use regulars_kernel::{Actor, Permission, PersonId, Rule, StoreError, Violations, text};

use crate::{
    CardNumber, Consumer, CustomerError, CustomerStore, EmailAddress, LoyaltyId, MemberKey,
    Membership, Person, Stranger,
    filter::MAX_TERM_CHARS,
    search::{PhoneTerm, phone_text},
};

/// What names a person in a call, as it came in; absent and empty name nobody.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Identifier {
    /// The person's number (`consumerId`).
    pub id: Option<PersonId>,
    /// A loyalty id or a card number of the merchant's (`consumerLoyaltyId`, rule 5).
    pub loyalty_id: Option<String>,
    /// An e-mail address (`consumerEmail`).
    pub email: Option<String>,
    /// A phone number in international or national form (`consumerPhoneNumber`).
    pub phone_number: Option<String>,
}

impl Identifier {
    /// Whether it names nobody at all.
    pub fn is_empty(&self) -> bool {
        self.arguments().is_empty()
    }

    /// Says what is malformed, whoever is meant.
    pub fn check(&self) -> Result<(), Violations> {
        Named::read(self).map(drop)
    }

    /// The arguments that name somebody.
    pub fn arguments(&self) -> Vec<&'static str> {
        let given =
            |text: &Option<String>| text.as_ref().is_some_and(|text| !text.trim().is_empty());
        let all = [
            (self.id.is_some(), BY_ID),
            (given(&self.loyalty_id), BY_LOYALTY_ID),
            (given(&self.email), BY_EMAIL),
            (given(&self.phone_number), BY_PHONE),
        ];
        all.into_iter().filter_map(|(given, argument)| given.then_some(argument)).collect()
    }
}

/// Who is meant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Identified {
    /// A customer of the asker's merchant; archived ones are known by number, loyalty id and card alone.
    Member(Box<Consumer>),
    /// A registered person who is not a customer of the asker's merchant, or left: answers as a newcomer (rule 6).
    Newcomer(Stranger),
    /// The consumer who asks.
    Oneself(Box<Consumer>),
}

impl Identified {
    /// The person's number.
    pub const fn person(&self) -> PersonId {
        match self {
            Self::Member(consumer) | Self::Oneself(consumer) => consumer.id,
            Self::Newcomer(stranger) => stranger.id,
        }
    }

    /// The customer whose number or loyalty id was told, where they were merged into this one (rule 28).
    pub const fn named_as(&self) -> Option<PersonId> {
        match self {
            Self::Member(consumer) => consumer.named_as,
            Self::Newcomer(_) | Self::Oneself(_) => None,
        }
    }
}

/// The argument names, for the messages.
const BY_ID: &str = "consumerId";
const BY_LOYALTY_ID: &str = "consumerLoyaltyId";
const BY_EMAIL: &str = "consumerEmail";
const BY_PHONE: &str = "consumerPhoneNumber";

/// Finds who is meant, without any effect.
///
/// "Anyone" of rule 6 is every registered person. A customer whom another merchant manages is not among them: they have no
/// account, nobody but that merchant knows of them, and they never agreed to be known elsewhere. Their loyalty id names
/// nobody here, as one that was never given out ([`CustomerStore::stranger`] finds accounts alone).
///
/// A merchant's people find members by every identifier (e-mail and phone need [`Permission::ViewConsumer`]), and by an exact
/// loyalty id anyone ([`Permission::IdentifyConsumer`], rule 6). Consumers find themselves, by any identifier of theirs
/// or by none (rule 8).
///
/// # Errors
/// Whoever all identifiers together name is meant: an e-mail address tells the members of a family apart who share a
/// phone. Several people for all that was told, or identifiers that point at different people, are `Invalid` and name
/// masked candidates (rule 8); so is a loyalty id or a card that is blocked (rule 5); no identifier is `Invalid` for all but
/// consumers. [`CustomerError::NobodyNamed`] where
/// any identifier names nobody.
pub fn identify(
    tx: &mut impl CustomerStore,
    actor: &Actor,
    who: &Identifier,
) -> Result<Identified, CustomerError> {
    if let Actor::Consumer { person } = actor {
        return oneself(tx, *person, &Named::read(who)?);
    }
    actor.require(Permission::IdentifyConsumer)?;
    let named = Named::read(who)?;
    if named.email.is_some() || named.phone.is_some() || named.id.is_some() {
        actor.require(Permission::ViewConsumer)?;
    }
    let mut found: Vec<Candidates> = Vec::new();
    if let Some(id) = named.id {
        // Who left is a newcomer, whom the loyalty id alone names.
        let members = tx.consumers(&[id])?;
        let members = meant(tx, members)?.into_iter().filter(|member| !member.left);
        let people = members.map(member_of).collect();
        found.push(Candidates { argument: BY_ID, people });
    }
    if let Some(text) = &named.loyalty_id {
        let people = by_number(tx, text)?;
        if people.is_empty() && tx.is_blocked(&Number::of(text))? {
            let sentence = "This number is blocked: the customer has another one.";
            let blocked = Rule::Invalid(sentence.to_owned());
            return Err(Violations::of(BY_LOYALTY_ID, blocked).into());
        }
        found.push(Candidates { argument: BY_LOYALTY_ID, people });
    }
    for (key, argument) in [
        (named.email.clone().map(MemberKey::Email), BY_EMAIL),
        (named.phone.clone().map(MemberKey::Phone), BY_PHONE),
    ] {
        if let Some(key) = key {
            let members = tx.members_by(&key)?.into_iter();
            let people = members.filter(|member| !member.archived).map(member_of).collect();
            found.push(Candidates { argument, people });
        }
    }
    agree(&found)
}

/// Everyone whom one identifier names.
struct Candidates {
    argument: &'static str,
    people: Vec<Identified>,
}

/// Identifiers as they came in, checked and brought into the form that is looked for.
struct Named {
    id: Option<PersonId>,
    loyalty_id: Option<String>,
    email: Option<String>,
    phone: Option<PhoneTerm>,
}

impl Named {
    fn read(who: &Identifier) -> Result<Self, Violations> {
        let mut wrong = Violations::new();
        let mut given = |argument: &'static str, text: &Option<String>| {
            let text = text.as_deref().map(str::trim).filter(|text| !text.is_empty())?;
            wrong.check(argument, text::check_line(text, MAX_TERM_CHARS).map(|()| text.to_owned()))
        };
        let loyalty_id = given(BY_LOYALTY_ID, &who.loyalty_id);
        let email = given(BY_EMAIL, &who.email).map(|text| EmailAddress::key_of(&text));
        let phone = given(BY_PHONE, &who.phone_number);
        if phone.as_ref().is_some_and(|text| !text.chars().any(|c| c.is_ascii_digit())) {
            wrong.add(BY_PHONE, Rule::Phone);
        }
        wrong.into_result()?;
        let phone = phone.map(|text| PhoneTerm::whole(&text));
        Ok(Self { id: who.id, loyalty_id, email, phone })
    }

    /// The argument that was given, where it is one alone.
    fn alone(&self) -> Option<&'static str> {
        let given = [
            (self.id.is_some(), BY_ID),
            (self.loyalty_id.is_some(), BY_LOYALTY_ID),
            (self.email.is_some(), BY_EMAIL),
            (self.phone.is_some(), BY_PHONE),
        ];
        let mut given = given.into_iter().filter(|(is_given, _)| *is_given);
        let (_, first) = given.next()?;
        given.next().is_none().then_some(first)
    }
}

/// Everyone whom a loyalty id or a card number names. A card's number may look like a loyalty id: then both count.
fn by_number(tx: &mut impl CustomerStore, text: &str) -> Result<Vec<Identified>, CustomerError> {
    let mut members = tx.members_by(&MemberKey::Card(CardNumber::key_of(text)))?;
    let mut strangers = Vec::new();
    if let Ok(loyalty_id) = LoyaltyId::parse(text) {
        let shown = tx.members_by(&MemberKey::LoyaltyId(loyalty_id.clone()))?;
        if shown.is_empty() {
            // Also people who left: their copy is empty, and they answer like anyone who has not joined.
            strangers.extend(tx.stranger(&loyalty_id)?);
        }
        members.extend(shown);
    }
    let mut members = meant(tx, members)?;
    // A card of one who left leads nowhere: only they come back (rule 7).
    members.retain(|member| !member.left);
    members.sort_by_key(|member| member.id);
    members.dedup_by_key(|member| member.id);
    let members = members.into_iter().map(member_of);
    Ok(members.chain(strangers.into_iter().map(Identified::Newcomer)).collect())
}

/// The customers whom others mean: of one who was merged the other, by whose number they came (rule 27).
fn meant(
    tx: &mut impl CustomerStore,
    found: Vec<Consumer>,
) -> Result<Vec<Consumer>, CustomerError> {
    let merged = |one: &Consumer| one.merged_into.map(|into| (into, one.id));
    let ends: Vec<PersonId> = found.iter().filter_map(merged).map(|(into, _)| into).collect();
    if ends.is_empty() {
        return Ok(found);
    }
    let survivors = tx.consumers(&ends)?;
    let follow = |one: Consumer| match merged(&one) {
        None => Some(one),
        Some((into, named_as)) => {
            let survivor = survivors.iter().find(|survivor| survivor.id == into)?;
            Some(Consumer { named_as: Some(named_as), ..survivor.clone() })
        }
    };
    Ok(found.into_iter().filter_map(follow).collect())
}

fn member_of(consumer: Consumer) -> Identified {
    Identified::Member(Box::new(consumer))
}

/// The one person whom all identifiers name (rule 8).
fn agree(found: &[Candidates]) -> Result<Identified, CustomerError> {
    if found.is_empty() {
        let sentence = "Name the customer by loyalty id, e-mail address or phone number.";
        return Err(Violations::of_input(Rule::Invalid(sentence.to_owned())).into());
    }
    let mut nobody = found.iter().filter(|named| named.people.is_empty());
    if let Some(first) = nobody.next() {
        let alone = nobody.next().is_none();
        return Err(CustomerError::NobodyNamed(alone.then_some(first.argument)));
    }
    let named_by_all = |one: &Identified| {
        found.iter().all(|named| named.people.iter().any(|other| other.person() == one.person()))
    };
    let mut everyone: Vec<&Identified> = found.iter().flat_map(|named| &named.people).collect();
    everyone.sort_by_key(|one| one.person());
    everyone.dedup_by_key(|one| one.person());
    let fitting: Vec<&Identified> =
        everyone.iter().copied().filter(|one| named_by_all(one)).collect();
    match (fitting.as_slice(), found) {
        ([one], _) => Ok((*one).clone()),
        ([], _) => {
            let sentence =
                format!("The identifiers name different customers: {}.", candidates(&everyone));
            Err(Violations::of_input(Rule::Invalid(sentence)).into())
        }
        (_, named) => {
            let sentence = format!(
                "More than one customer fits: {}. Say which by another identifier.",
                candidates(&fitting)
            );
            Err(match named {
                [Candidates { argument, .. }] => Violations::of(argument, Rule::Invalid(sentence)),
                _ => Violations::of_input(Rule::Invalid(sentence)),
            }
            .into())
        }
    }
}

/// Enough for somebody who faces the customer to tell them apart, and too little to learn whose identifier it is.
fn candidates(found: &[&Identified]) -> String {
    let masked = found.iter().map(|one| match one {
        Identified::Member(consumer) | Identified::Oneself(consumer) => {
            let profile = &consumer.profile;
            let mut parts = vec![initials(&profile.firstname), initials(&profile.lastname)];
            parts.extend(profile.email.as_ref().map(EmailAddress::masked));
            let last_two = |phone: &crate::PhoneNumber| {
                let digits = phone.last_four();
                format!("…{}", digits.get(2..).unwrap_or(digits))
            };
            parts.extend(profile.phone_number.as_ref().map(last_two));
            parts.retain(|part| !part.is_empty());
            format!("{} (pk {})", parts.join(" "), consumer.id)
        }
        Identified::Newcomer(stranger) => {
            format!("{} (not a customer yet)", initials(&stranger.firstname))
        }
    });
    masked.collect::<Vec<_>>().join("; ")
}

fn initials(name: &str) -> String {
    name.chars().next().map(|first| format!("{first}***")).unwrap_or_default()
}

/// The consumer who asks, where every identifier is theirs.
fn oneself(
    tx: &mut impl CustomerStore,
    person: PersonId,
    named: &Named,
) -> Result<Identified, CustomerError> {
    let account = tx.people(&[person])?.pop().ok_or(CustomerError::ConsumerNotFound)?;
    let marks = Marks {
        number: named.loyalty_id.as_deref().map(Number::of),
        email_key: named.email.clone(),
        phone: named.phone.clone(),
    };
    if named.id.is_some_and(|id| id != person) || !marks.are_of(tx, &account)? {
        return Err(CustomerError::NobodyNamed(named.alone()));
    }
    Ok(Identified::Oneself(Box::new(account.into())))
}

/// What somebody says of a person without naming them; absent says nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Marks {
    /// A loyalty id or a card number.
    pub number: Option<Number>,
    /// The key of an e-mail address ([`EmailAddress::key`]).
    pub email_key: Option<String>,
    /// A phone number.
    pub phone: Option<PhoneTerm>,
}

/// A typed number that is a loyalty id or a merchant's own card number: either may fit (rule 5).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Number {
    /// The loyalty id, if it is one.
    pub loyalty_id: Option<LoyaltyId>,
    /// The key it has as a card number ([`CardNumber::key`]).
    pub card_key: String,
}

impl Number {
    /// What a text may mean.
    pub fn of(typed: &str) -> Self {
        Self { loyalty_id: LoyaltyId::parse(typed).ok(), card_key: CardNumber::key_of(typed) }
    }
}

impl Marks {
    /// Whether they say nothing: anybody fits, known or not.
    pub fn are_none(&self) -> bool {
        *self == Self::default()
    }

    /// Whether all of them are what a merchant sees of a customer. What a port answers is defined by this.
    pub fn are_shown_by(&self, member: &Membership) -> bool {
        let profile = &member.profile;
        let phone = profile.phone_number.as_ref().map(phone_text).unwrap_or_default();
        let email_key = profile.email.as_ref().map(EmailAddress::key);
        let shows = |number: &Number| {
            (number.loyalty_id.is_some() && number.loyalty_id == member.loyalty_id)
                || member.cards.iter().any(|card| card.key() == number.card_key)
        };
        self.phone.as_ref().is_none_or(|term| term.matches(&phone))
            && self.number.as_ref().is_none_or(shows)
            && self.email_key.as_ref().is_none_or(|key| email_key.as_ref() == Some(key))
    }

    /// Whether all of them are a consumer's own, who asks for themselves: of the account, both its e-mail addresses, and of
    /// the cards that any merchant gave them. In a transaction of the person's own scope.
    pub fn are_of(
        &self,
        tx: &mut impl CustomerStore,
        account: &Person,
    ) -> Result<bool, StoreError> {
        let profile = &account.profile;
        let addresses = [&profile.email, &profile.secondary_email];
        let email = self
            .email_key
            .as_ref()
            .is_none_or(|key| addresses.into_iter().flatten().any(|own| own.key() == *key));
        let phone = self.phone.as_ref().is_none_or(|term| {
            profile.phone_number.as_ref().is_some_and(|phone| term.matches(&phone_text(phone)))
        });
        if !email || !phone {
            return Ok(false);
        }
        let Some(number) = &self.number else { return Ok(true) };
        if number.loyalty_id.is_some() && number.loyalty_id == account.loyalty_id {
            return Ok(true);
        }
        let cards = tx.cards_per_consumer(&[account.id])?;
        Ok(cards.iter().flat_map(|(_, cards)| cards).any(|card| card.key() == number.card_key))
    }
}
