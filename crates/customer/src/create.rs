//! A merchant puts down a customer of its own (rules 1 and 2).

use regulars_kernel::{
    Actor, MerchantId, Permission, PersonId, Rule, StoreError, Timestamp, Violations,
};
use regulars_merchant::EntitySource;

use crate::{
    CardNumber, Change, Consumer, CustomerError, CustomerStore, EmailAddress, Kind, LoyaltyId,
    MemberKey, Membership, NewConsumer, NewPerson, Profile, Standing, input::Checked,
};

/// Creates a managed customer of the asker's merchant. Needs [`Permission::ChangeConsumer`] and, of the customer, one of
/// name, phone number, e-mail and card.
///
/// An e-mail address that another customer of this merchant shows is refused, in any case; who has an account elsewhere is
/// not told (rule 2). So are a card and a source id that this merchant has already, and a card in the form of a loyalty id. `loyalty_id` comes from fresh
/// randomness; should the platform have it already the transaction is to be run again with another
/// ([`StoreError::Contended`]).
pub fn create(
    tx: &mut impl CustomerStore,
    actor: &Actor,
    new: &NewConsumer,
    loyalty_id: LoyaltyId,
    now: Timestamp,
) -> Result<Consumer, CustomerError> {
    let merchant = actor.require(Permission::ChangeConsumer)?;
    let mut wrong = Violations::new();
    let checked = new.fields.check(None, now, &mut wrong);
    let source = new.source(&mut wrong);
    if let Some((source, id)) = &source
        && find_by_source(tx, *source, id)?.is_some()
    {
        wrong.add("entitySourceId", source_taken());
    }
    insert(tx, merchant, Draft { checked, source, loyalty_id }, now, wrong).map_err(taken)
}

/// A customer who may be put down, if nothing in the rows speaks against it.
pub(crate) struct Draft {
    pub(crate) checked: Checked,
    pub(crate) source: Option<(EntitySource, String)>,
    pub(crate) loyalty_id: LoyaltyId,
}

/// Writes a customer, once nothing speaks against it. Keys that are taken all the same are the store's own errors: see
/// [`taken`].
pub(crate) fn insert(
    tx: &mut impl CustomerStore,
    merchant: MerchantId,
    draft: Draft,
    now: Timestamp,
    mut wrong: Violations,
) -> Result<Consumer, CustomerError> {
    let Draft { checked, source, loyalty_id } = draft;
    refuse_taken(tx, &checked, &mut wrong)?;
    let mut profile = Profile::default();
    checked.apply_to(&mut profile);
    let cards = checked.cards.value().cloned().unwrap_or_default();
    if wrong.is_empty() && is_nobody(&profile, &cards) {
        let sentence = "A customer needs a name, a phone number, an e-mail address or a card.";
        wrong.add_to_input(Rule::Invalid(sentence.to_owned()));
    }
    wrong.into_result()?;
    let archived = checked.archived.value().copied().unwrap_or_default();
    let (entity_source, entity_source_id) = source.unzip();
    let person = tx.insert_person(NewPerson::managed(loyalty_id.clone(), now))?;
    let membership = Membership {
        merchant,
        person,
        kind: Kind::Managed,
        sharing: None,
        loyalty_id: Some(loyalty_id),
        profile,
        verified: false,
        cards,
        extra_info: checked.extra_info.value().cloned(),
        num_of_order_discounts_allowed: checked
            .num_of_order_discounts_allowed
            .value()
            .copied()
            .unwrap_or_default(),
        entity_source,
        entity_source_id,
        standing: if archived { Standing::Archived(now) } else { Standing::Live },
        last_login: None,
        created_at: now,
        updated_at: now,
    };
    tx.insert_membership(&membership)?;
    Ok(membership.into())
}

/// Notes what a new customer cannot have because another of the merchant's has it: an e-mail address that any of them
/// shows, registered members included (rule 2), and cards.
fn refuse_taken(
    tx: &mut impl CustomerStore,
    checked: &Checked,
    wrong: &mut Violations,
) -> Result<(), CustomerError> {
    if let Change::Set(email) = &checked.email
        && !tx.members_by(&MemberKey::Email(email.key()))?.is_empty()
    {
        wrong.add("email", Rule::EmailTaken);
    }
    for card in checked.cards.value().into_iter().flatten() {
        refuse_card(tx, card, None, wrong)?;
    }
    Ok(())
}

/// Notes what a change would take from another customer. What a customer has already it keeps without a question: a
/// registered member may have come to show the same address since, and records are saved again every night. An address
/// that is new is refused where another managed customer has it; only a new customer is refused one that a registered
/// member shows (rule 2).
pub(crate) fn refuse_taken_from(
    tx: &mut impl CustomerStore,
    own: &Membership,
    checked: &Checked,
    wrong: &mut Violations,
) -> Result<(), CustomerError> {
    let kept = own.profile.email.as_ref().map(EmailAddress::key);
    if let Change::Set(email) = &checked.email
        && kept.as_ref() != Some(&email.key())
    {
        let showing = tx.members_by(&MemberKey::Email(email.key()))?;
        // What was merged into this customer is no other one.
        let other = |member: &Consumer| member.merged_into.unwrap_or(member.id) != own.person;
        let rival = |member: &Consumer| other(member) && member.kind == Kind::Managed;
        if showing.iter().any(rival) {
            wrong.add("email", Rule::EmailTaken);
        }
    }
    for card in checked.cards.value().into_iter().flatten() {
        if own.cards.iter().all(|held| held.key() != card.key()) {
            refuse_card(tx, card, Some(own.person), wrong)?;
        }
    }
    Ok(())
}

fn refuse_card(
    tx: &mut impl CustomerStore,
    card: &CardNumber,
    own: Option<PersonId>,
    wrong: &mut Violations,
) -> Result<(), CustomerError> {
    // At a till it could mean two people (rule 8). Nothing is looked up, and the owner of the number is refused it like anybody:
    // whoever may not identify customers is not told which numbers are somebody's.
    if LoyaltyId::parse(&card.key()).is_ok() {
        wrong.add("cards", like_a_loyalty_id(card));
        return Ok(());
    }
    let holders = tx.members_by(&MemberKey::Card(card.key()))?;
    if holders.iter().any(|member| Some(member.id) != own) {
        wrong.add("cards", card_taken(card));
    }
    Ok(())
}

/// The member that came from a source under an id.
pub(crate) fn find_by_source(
    tx: &mut impl CustomerStore,
    source: EntitySource,
    id: &str,
) -> Result<Option<PersonId>, CustomerError> {
    let found = tx.members_by(&MemberKey::Source(source, id.to_owned()))?;
    Ok(found.first().map(|member| member.id))
}

/// What a unique key says that was free when it was looked at: another transaction was faster.
pub(crate) fn taken(error: CustomerError) -> CustomerError {
    match error {
        CustomerError::Store(StoreError::Taken("membership.email_key")) => {
            Violations::of("email", Rule::EmailTaken).into()
        }
        CustomerError::Store(StoreError::Taken("membership_card.card_key")) => {
            let sentence = "One of these cards is blocked, or another customer has it already.";
            Violations::of("cards", Rule::Invalid(sentence.to_owned())).into()
        }
        CustomerError::Store(StoreError::Taken("membership.entity_source_id")) => {
            Violations::of("entitySourceId", source_taken()).into()
        }
        CustomerError::Store(StoreError::Taken("person.loyalty_id")) => {
            StoreError::Contended.into()
        }
        other => other,
    }
}

fn source_taken() -> Rule {
    Rule::Invalid("A customer with this source and id already exists.".to_owned())
}

fn card_taken(card: &CardNumber) -> Rule {
    Rule::Invalid(format!("Another customer has the card {card} already."))
}

fn like_a_loyalty_id(card: &CardNumber) -> Rule {
    Rule::Invalid(format!(
        "{card} has the form of a loyalty id (14 digits, the last a check digit) and cannot be a card."
    ))
}

fn is_nobody(profile: &Profile, cards: &[CardNumber]) -> bool {
    let named = !profile.firstname.is_empty() || !profile.lastname.is_empty();
    let reached = profile.email.is_some() || profile.phone_number.is_some();
    !named && !reached && cards.is_empty()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_that_another_transaction_took_first_is_named_or_tried_again() {
        for (key, field) in [
            ("membership.email_key", Some("email")),
            ("membership_card.card_key", Some("cards")),
            ("membership.entity_source_id", Some("entitySourceId")),
            ("person.loyalty_id", None),
        ] {
            match (taken(StoreError::Taken(key).into()), field) {
                (CustomerError::Invalid(wrong), Some(_)) => {
                    assert_eq!(wrong.iter().next().unwrap().field, field, "{key}");
                }
                (CustomerError::Store(StoreError::Contended), None) => {}
                (other, _) => panic!("{key}: {other:?}"),
            }
        }
        let other = taken(StoreError::Unavailable.into());
        assert!(matches!(other, CustomerError::Store(StoreError::Unavailable)));
    }
}
