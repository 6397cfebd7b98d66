//! Registered people become customers of a merchant, and leave (rule 7).

use regulars_kernel::{
    Actor, MerchantId, PersonId, Rule, StoreError, StoreId, Timestamp, Violations,
};
use regulars_merchant::MerchantStore;

use crate::{
    CustomerError, CustomerStore, Identified, Identifier, Membership, NewPerson, Person, Profile,
    Sharing, Standing, Stranger,
    identity::{Number, identify},
    merge::{Named, meant},
    sharing::{own_account, rewrite},
};

/// The consumer who asks becomes a customer of a store's merchant, sharing everything. Whoever is one already stays as they
/// are, what they share included; one who left, or whom the merchant archived, comes back to the same membership.
pub fn join<S: CustomerStore + MerchantStore>(
    tx: &mut S,
    actor: &Actor,
    store: StoreId,
    now: Timestamp,
) -> Result<Membership, CustomerError> {
    actor.require_consumer()?;
    let store = regulars_merchant::store::get(tx, actor, store)?;
    if !store.is_live() {
        return Err(CustomerError::StoreNotFound);
    }
    let account = own_account(tx, actor)?;
    admit(tx, &account, store.merchant, Sharing::Full, now)
}

/// Makes a registered person a customer of a merchant: [`join`] for callers that have asked for permission themselves, such
/// as signing up through a merchant's app or enrolling in a program. Only where the person acts: a till must not bring
/// back one who left.
pub fn admit(
    tx: &mut impl CustomerStore,
    account: &Person,
    merchant: MerchantId,
    sharing: Sharing,
    now: Timestamp,
) -> Result<Membership, CustomerError> {
    let Some(before) = tx.find_membership(merchant, account.id)? else {
        let membership = Membership::of_account(account, merchant, sharing, now);
        return match tx.insert_membership(&membership) {
            Ok(()) => Ok(membership),
            // They joined twice at the same moment: run again, this finds the membership.
            Err(StoreError::Taken("membership.person_id")) => Err(StoreError::Contended.into()),
            Err(error) => Err(error.into()),
        };
    };
    let mut after = before.clone();
    match before.standing {
        // Nobody with an account is ever merged into somebody.
        Standing::Live | Standing::Merged(..) => {}
        Standing::Archived(_) => after.standing = Standing::Live,
        Standing::Left(_) | Standing::Erased(_) => {
            after.standing = Standing::Live;
            after.sharing = Some(sharing);
        }
    }
    rewrite(tx, &before, after, account, now)
}

/// Whoever shows their loyalty id at a till becomes a customer of the merchant by what is sold to them: a till sees the name
/// (`NAME`), until they say more. `None` for one who left, or was erased: only they come back, and what is sold to them is
/// kept without a customer. For callers that have asked for permission themselves; in the merchant's scope.
pub fn by_sale(
    tx: &mut impl CustomerStore,
    merchant: MerchantId,
    stranger: &Stranger,
    now: Timestamp,
) -> Result<Option<PersonId>, CustomerError> {
    if let Some(known) = tx.find_membership(merchant, stranger.id)? {
        return Ok((!known.standing.is_gone()).then_some(stranger.id));
    }
    let membership = prospect(merchant, stranger, now);
    match tx.insert_membership(&membership) {
        Ok(()) => {}
        // They joined at the same moment: run again, this finds the membership.
        Err(StoreError::Taken("membership.person_id")) => return Err(StoreError::Contended.into()),
        Err(error) => return Err(error.into()),
    }
    let account = tx.joined_account(merchant, stranger.id)?;
    let account = account.ok_or(CustomerError::ConsumerNotFound)?;
    rewrite(tx, &membership, membership.clone(), &account, now)?;
    Ok(Some(stranger.id))
}

/// The membership that a stranger would have by what is sold to them: what the door of rule 6 shows. The account can be read, and
/// held, once it is there.
pub fn prospect(merchant: MerchantId, stranger: &Stranger, now: Timestamp) -> Membership {
    let profile = Profile {
        firstname: stranger.firstname.clone(),
        city: stranger.city.clone(),
        ..Profile::default()
    };
    let seen = NewPerson::consumer(profile, stranger.loyalty_id.clone(), now).with_id(stranger.id);
    Membership::of_account(&seen, merchant, Sharing::Name, now)
}

/// Something is sold to a customer: one whom the merchant archived is revived by it (rule 7). `None` where they are no
/// customer any more, because they left or were erased: the sale is then kept without one. In a transaction that writes,
/// nobody changes the membership before it ends. Of one who was merged it is the other (rule 27). For callers that have asked for
/// permission themselves.
pub fn revive(
    tx: &mut impl CustomerStore,
    merchant: MerchantId,
    person: PersonId,
    now: Timestamp,
) -> Result<Option<Membership>, CustomerError> {
    let Some(before) = meant(tx, merchant, person)? else { return Ok(None) };
    match before.standing {
        Standing::Left(_) | Standing::Erased(_) => Ok(None),
        Standing::Live | Standing::Merged(..) => Ok(Some(before)),
        Standing::Archived(_) => {
            let after = Membership { standing: Standing::Live, updated_at: now, ..before };
            tx.update_membership(&after)?;
            Ok(Some(after))
        }
    }
}

/// Who stands at a till.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AtTill {
    /// The customer, whose membership is locked.
    pub member: Membership,
    /// The one who was named, where they were merged into the customer: what is written for them goes back by an undo (rule 28).
    pub named_as: Option<PersonId>,
}

impl AtTill {
    /// A customer who was found under the lock ([`meant`]), from the number that was asked for ([`asked_for`]).
    pub fn of(member: Membership, asked: PersonId) -> Self {
        let named_as = (member.person != asked).then_some(asked);
        Self { member, named_as }
    }

    /// Notes by whose name a row came.
    pub fn note(&self, tx: &mut impl CustomerStore, row: Named) -> Result<(), StoreError> {
        match self.named_as {
            Some(other) => tx.note_named(self.member.merchant, other, row),
            None => Ok(()),
        }
    }
}

/// The number that somebody named, before any merge was followed. What [`identify`] followed was read without a lock: where the
/// number leads is found again from here ([`meant`]), as a merge or its undo may have come between.
pub fn asked_for(found: &Identified) -> PersonId {
    found.named_as().unwrap_or_else(|| found.person())
}

/// Who is meant at a till, as a customer whose membership is locked: [`by_sale`] for a newcomer, [`revive`] for everybody
/// else. `None` for one who left or was erased.
fn joined(
    tx: &mut impl CustomerStore,
    merchant: MerchantId,
    found: &Identified,
    now: Timestamp,
) -> Result<Option<AtTill>, CustomerError> {
    let asked = asked_for(found);
    let is_gone = match found {
        Identified::Newcomer(stranger) => by_sale(tx, merchant, stranger, now)?.is_none(),
        Identified::Member(_) | Identified::Oneself(_) => false,
    };
    if is_gone {
        return Ok(None);
    }
    let member = revive(tx, merchant, asked, now)?;
    Ok(member.map(|member| AtTill::of(member, asked)))
}

/// Who is meant at a till, as a customer whose membership is locked. For what is nothing without its customer, other than a
/// sale, which is kept without one ([`at_sale`]). Needs what [`identify`] needs; in the merchant's scope.
///
/// # Errors
/// Those of [`identify`], and [`CustomerError::Invalid`] for one who left or was erased: only they come back (rule 7).
pub fn at_till(
    tx: &mut impl CustomerStore,
    actor: &Actor,
    merchant: MerchantId,
    who: &Identifier,
    now: Timestamp,
) -> Result<AtTill, CustomerError> {
    let found = identify(tx, actor, who)?;
    joined(tx, merchant, &found, now)?.ok_or_else(|| {
        let sentence =
            "This customer left, and comes back by themselves alone: nothing is counted for them.";
        let argument = if who.loyalty_id.is_some() { "consumerLoyaltyId" } else { "consumerId" };
        Violations::of(argument, Rule::Invalid(sentence.to_owned())).into()
    })
}

/// Why a sale is kept without a customer, although one was told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unnamed {
    /// Nobody is known by it.
    Nobody,
    /// More than one fits, or the identifiers name different people (rule 8).
    Several,
    /// The number is blocked (rule 5).
    Blocked,
    /// They left, or were erased (rule 7).
    Gone,
}

/// Whom a sale is kept for that has happened already, as a customer whose membership is locked: as [`at_till`], but who
/// cannot be told is no error (rule 10). Identifiers that are malformed are refused before ([`Identifier::check`]). Needs
/// what [`identify`] needs; in the merchant's scope.
pub fn at_sale(
    tx: &mut impl CustomerStore,
    actor: &Actor,
    merchant: MerchantId,
    who: &Identifier,
    now: Timestamp,
) -> Result<Result<AtTill, Unnamed>, CustomerError> {
    Ok(match named(tx, actor, who)? {
        Ok(found) => joined(tx, merchant, &found, now)?.ok_or(Unnamed::Gone),
        Err(unnamed) => Err(unnamed),
    })
}

/// Who is meant, without any effect, where who cannot be told is no error.
pub fn named(
    tx: &mut impl CustomerStore,
    actor: &Actor,
    who: &Identifier,
) -> Result<Result<Identified, Unnamed>, CustomerError> {
    match identify(tx, actor, who) {
        Ok(found) => Ok(Ok(found)),
        Err(CustomerError::NobodyNamed(_)) => Ok(Err(Unnamed::Nobody)),
        Err(CustomerError::Invalid(_)) => {
            let number = who.loyalty_id.as_deref().map(Number::of);
            let blocked = number.map_or(Ok(false), |number| tx.is_blocked(&number))?;
            Ok(Err(if blocked { Unnamed::Blocked } else { Unnamed::Several }))
        }
        Err(error) => Err(error),
    }
}

/// The consumer who asks stops being a merchant's customer: the membership is archived and its copy emptied; what the
/// merchant wrote itself, and the ledger, stay. Whoever left already stays away.
pub fn leave(
    tx: &mut impl CustomerStore,
    actor: &Actor,
    merchant: MerchantId,
    now: Timestamp,
) -> Result<Membership, CustomerError> {
    let person = actor.require_consumer()?;
    let account = own_account(tx, actor)?;
    let before = tx.find_membership(merchant, person)?.ok_or(CustomerError::MembershipNotFound)?;
    let mut after = before.clone();
    if !after.standing.is_gone() {
        after.standing = Standing::Left(now);
    }
    rewrite(tx, &before, after, &account, now)
}
