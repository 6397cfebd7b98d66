//! Records that merchants keep of somebody who has an account by now (rule 4).
//!
//! An address that somebody merely typed opens nothing: what counts is one that they proved. Phone numbers count once they
//! can be proved.

use regulars_kernel::{
    Actor, MerchantId, PersonId, Timestamp,
    page::{Keyed, SortKey},
    pk_sort,
};

use crate::{CustomerError, CustomerStore, EmailAddress, Person, sharing::own_account};

/// The most records that are offered to somebody.
pub const MAX_CLAIMABLE: usize = 100;

/// A record of a merchant's that is offered to whoever proved the address in it. Of what the merchant wrote it shows no
/// more than tells what it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claimable {
    /// Whose record it is.
    pub merchant: MerchantId,
    /// The managed customer.
    pub person: PersonId,
    /// What the merchant calls them.
    pub firstname: String,
    /// Since when they are the merchant's customer.
    pub created_at: Timestamp,
}

pk_sort! {
    /// What the list of these can be ordered by: the pk alone.
    pub enum ClaimableSort of "claimableProfiles"
}

impl Keyed<ClaimableSort> for Claimable {
    fn sort_key(&self, field: ClaimableSort) -> SortKey {
        match field {}
    }

    fn pk(&self) -> i64 {
        self.person.get()
    }
}

/// `claimableProfiles`: the live managed records of any merchant that carry an address which the consumer who asks has
/// proved, by ascending number and at most [`MAX_CLAIMABLE`]. Runs in the scope `Platform`, since they are other merchants'.
pub fn list(tx: &mut impl CustomerStore, actor: &Actor) -> Result<Vec<Claimable>, CustomerError> {
    let account = own_account(tx, actor)?;
    Ok(tx.claimable(&proved(&account))?)
}

/// The keys of the addresses that somebody has proved. A second one is kept only once it is.
pub fn proved(account: &Person) -> Vec<String> {
    let own = account.profile.email.as_ref().filter(|_| account.verified);
    own.into_iter().chain(&account.profile.secondary_email).map(EmailAddress::key).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{LoyaltyId, NewPerson, Profile};

    #[test]
    fn rule_4_only_what_was_proved_counts() {
        let address = |text: &str| EmailAddress::parse(text).ok();
        let profile = Profile {
            email: address("Ada@Example.com"),
            secondary_email: address("ada@second.example"),
            ..Profile::default()
        };
        let at = Timestamp::from_seconds(0);
        let new = NewPerson::consumer(profile, LoyaltyId::from_entropy(1), at);
        let mut account = new.with_id(PersonId::new(1));
        assert_eq!(proved(&account), ["ada@second.example"]);
        account.verified = true;
        assert_eq!(proved(&account), ["ada@example.com", "ada@second.example"]);
        account.profile = Profile::default();
        assert_eq!(proved(&account), Vec::<String>::new());
    }
}
