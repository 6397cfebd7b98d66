//! Who was welcomed before (rule 15): marks of people under keys that no database holds.

use std::sync::Arc;

use regulars_auth::{
    Authority,
    mark::{Mark, MarkKind},
};
use regulars_customer::{EmailAddress, Membership};
use regulars_loyalty::{WelcomeMark, welcome::Recognise};

/// Knows people by what their membership shows: a proved e-mail address, a phone number, card numbers, an id at a source.
/// Marks are one merchant's own, and have nothing in common with another's.
#[derive(Clone, Debug)]
pub struct Marks(Arc<Authority>);

impl Marks {
    /// Under the keys in use.
    pub const fn new(authority: Arc<Authority>) -> Self {
        Self(authority)
    }
}

impl Recognise for Marks {
    fn marks(&self, member: &Membership) -> Vec<WelcomeMark> {
        let marker = self.0.marker();
        let mut marks = Vec::new();
        let mut add =
            |kind: MarkKind, value: &str| marks.extend(marker.marks(member.merchant, kind, value));
        let proved = member.profile.email.as_ref().filter(|_| member.verified);
        if let Some(email) = proved.map(EmailAddress::key) {
            add(MarkKind::Email, &email);
        }
        if let Some(phone) = &member.profile.phone_number {
            add(MarkKind::Phone, phone.as_str());
        }
        for card in &member.cards {
            add(MarkKind::Card, &card.key());
        }
        if let Some((source, id)) = member.entity_source.zip(member.entity_source_id.as_deref()) {
            add(MarkKind::Source, &format!("{}\0{id}", source.name()));
        }
        // The current key's come first.
        let of =
            |mark: Mark| WelcomeMark { kind: mark.kind.word(), key: mark.key, digest: mark.digest };
        marks.into_iter().map(of).collect()
    }
}
