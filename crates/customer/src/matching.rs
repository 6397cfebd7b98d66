//! Who a record of another system is: pure rules of evidence. Nobody is chosen by guess; where two could be meant, or one who
//! has another record there already, somebody decides.

use chrono::NaiveDate;
use regulars_kernel::{PersonId, text::fold};

/// Parts before the `@` that belong to an office, and not to a person.
const ROLES: [&str; 22] = [
    "abuse",
    "accounting",
    "accounts",
    "admin",
    "billing",
    "booking",
    "bookings",
    "contact",
    "hello",
    "help",
    "info",
    "kontakt",
    "mail",
    "marketing",
    "noreply",
    "no-reply",
    "office",
    "orders",
    "postmaster",
    "sales",
    "service",
    "support",
];
/// What people type who are asked for an address and will not give one.
const TESTS: [&str; 8] = ["asdf", "demo", "dummy", "fake", "none", "null", "test", "xxx"];
/// Domains at which nobody is reached (RFC 2606).
const NOWHERE: [&str; 3] = ["invalid", "localhost", "test"];

/// What a record says that tells who somebody is, in the forms in which it is compared.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Signs {
    /// The key of the e-mail address ([`crate::EmailAddress::key`]), where it counts: the source's word for it is taken.
    pub email: Option<String>,
    /// The phone number in international form, where no other record of the source has it.
    pub phone: Option<String>,
    /// The first and the last name.
    pub name: (String, String),
    /// The birth date.
    pub birthday: Option<NaiveDate>,
}

/// A customer who could be meant: one who shows the record's address or number.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Candidate {
    /// Who.
    pub person: PersonId,
    /// The key of the e-mail address, where it counts here.
    pub email: Option<String>,
    /// The phone number.
    pub phone: Option<String>,
    /// The first and the last name.
    pub name: (String, String),
    /// The birth date.
    pub birthday: Option<NaiveDate>,
    /// Whether another record of the same source is theirs already.
    pub is_linked: bool,
}

/// By which sign somebody was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sign {
    /// An e-mail address that counts on both sides.
    Email,
    /// A phone number that is of one on both sides, and the same name or birth date.
    Phone,
}

/// Who a record is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Match {
    /// Nobody who is here.
    Nobody,
    /// This customer.
    One(PersonId, Sign),
    /// Any of these: somebody decides. In ascending order; not empty.
    Undecided(Vec<PersonId>),
}

/// Whether an address tells of a person: it is neither an office's, nor made up.
pub fn is_personal(email: &str) -> bool {
    let Some((local, domain)) = email.rsplit_once('@') else { return false };
    let local = local.split('+').next().unwrap_or(local);
    let top = domain.rsplit('.').next().unwrap_or(domain);
    !ROLES.contains(&local) && !TESTS.contains(&local) && !NOWHERE.contains(&top)
}

/// Decides who a record is, among the customers who show its address or its number (engine rules 13 to 15).
///
/// An address or a number that more than `shared_by` customers show is no sign of anybody.
pub fn decide(signs: &Signs, candidates: &[Candidate], shared_by: usize) -> Match {
    let by_email: Vec<&Candidate> = match &signs.email {
        Some(email) if is_personal(email) => {
            candidates.iter().filter(|one| one.email.as_ref() == Some(email)).collect()
        }
        _ => Vec::new(),
    };
    if !by_email.is_empty() && by_email.len() <= shared_by {
        return agree(&by_email, Sign::Email);
    }
    let Some(phone) = &signs.phone else { return Match::Nobody };
    let mut by_phone = candidates.iter().filter(|one| one.phone.as_ref() == Some(phone));
    match (by_phone.next(), by_phone.next()) {
        // Several share the number: it is nobody's own.
        (Some(one), None) if is_also(signs, one) => agree(&[one], Sign::Phone),
        _ => Match::Nobody,
    }
}

fn agree(found: &[&Candidate], sign: Sign) -> Match {
    match found {
        [one] if !one.is_linked => Match::One(one.person, sign),
        _ => {
            let mut people: Vec<PersonId> = found.iter().map(|one| one.person).collect();
            people.sort_unstable();
            people.dedup();
            Match::Undecided(people)
        }
    }
}

/// Whether a second sign says that it is the same person, and none that it is another.
fn is_also(signs: &Signs, candidate: &Candidate) -> bool {
    if let (Some(theirs), Some(ours)) = (signs.birthday, candidate.birthday) {
        return theirs == ours;
    }
    let name = |(first, last): &(String, String)| (fold(first.trim()), fold(last.trim()));
    let (theirs, ours) = (name(&signs.name), name(&candidate.name));
    !theirs.0.is_empty() && !theirs.1.is_empty() && theirs == ours
}

#[cfg(test)]
mod tests;
