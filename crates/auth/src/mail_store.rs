//! What mails ask of whoever keeps the rows.

use regulars_kernel::{PersonId, StoreError, Timestamp};

use crate::{
    mail::{
        Addressee, KeptMail, MailId, MailKind, NewMail,
        delivery::{DueMail, Settlement},
    },
    opaque::TokenDigest,
};

/// The outbox, and the tokens of what was sent. Every method needs the scope `Platform`: those who present a token have
/// proved nothing yet.
pub trait MailStore {
    /// The account in force that logs in by an address, its own or a proved second one, and that address as it is kept.
    /// The key is `EmailAddress::key`. In a transaction that writes, nobody else changes the account before this one ends.
    fn find_addressee(&mut self, key: &str) -> Result<Option<Addressee>, StoreError>;

    /// How many mails of a kind were written down for an account since then; for nobody none, at the same cost.
    fn count_mails(
        &mut self,
        person: Option<PersonId>,
        kind: MailKind,
        since: Timestamp,
    ) -> Result<u64, StoreError>;

    /// Puts a mail into the outbox, due at once.
    fn insert_mail(&mut self, mail: &NewMail) -> Result<MailId, StoreError>;

    /// Removes a mail that was put there in this transaction.
    fn take_back(&mut self, mail: MailId) -> Result<(), StoreError>;

    /// Has what waits of a kind for an account not be sent any more, but for the newest, and its tokens be void.
    fn withdraw_waiting(
        &mut self,
        person: PersonId,
        kind: MailKind,
        newest: MailId,
        at: Timestamp,
    ) -> Result<(), StoreError>;

    /// Has nothing of what waits for an account be sent any more, and every token of it be void, sent ones too.
    fn void_mails(&mut self, person: PersonId, at: Timestamp) -> Result<(), StoreError>;

    /// The mail whose token has that digest.
    fn find_mail(&mut self, digest: &TokenDigest) -> Result<Option<KeptMail>, StoreError>;

    /// Uses a token up, in one conditional step; answers whether it was still unused. Only one of several who do so at
    /// once is told so.
    fn use_mail(&mut self, digest: &TokenDigest, at: Timestamp) -> Result<bool, StoreError>;

    /// Claims mails that are due at `now`, the most overdue first and at most so many: each counts one attempt more, and
    /// is due again at `until` if nothing is heard of it. Several who claim at once get different ones.
    fn claim_mails(
        &mut self,
        now: Timestamp,
        until: Timestamp,
        most: u16,
    ) -> Result<Vec<DueMail>, StoreError>;

    /// Writes down what came of an attempt where it is still the last one and the mail waits; answers whether it was.
    /// What is not tried again loses its nonce: nobody makes its token a second time.
    fn settle_mail(
        &mut self,
        mail: MailId,
        attempt: u32,
        settlement: Settlement,
    ) -> Result<bool, StoreError>;
}
