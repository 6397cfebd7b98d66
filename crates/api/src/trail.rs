//! Writing the audit log.
//!
//! What a mutation did is written down in its own transaction, and stands or falls with it. What it was refused is written
//! down once everything else of it is undone: under an idempotency key beside the outcome, else in a transaction of its own
//! that the answer waits for. What a query was refused, and what was refused to nobody known, waits in a queue ([`queue`]) and
//! holds nobody up.

pub mod queue;
mod series;
mod thing;

use regulars_auth::{
    AuditStore, MailStore,
    audit::{
        Change, Doer, DoerKind, Field, Image, Log, MAX_NAME_CHARS, NewEntry, Outcome, Subject,
        Target, View, entries,
    },
};
use regulars_customer::EmailAddress;
use regulars_kernel::{
    Actor, ApiKeyId, ApplicationId, CampaignId, ConnectionId, IntentId, LoyaltyCardId, MerchantId,
    OfferId, OrderDiscountId, OrderId, OrderItemId, PersonId, ProductId, RedemptionId, RewardId,
    RoleId, SaleReviewId, Scope, StoreError, StoreGroupId, StoreId, SyncReviewId, SyncRunId,
    VisitId,
};
use regulars_loyalty::{LoyaltyStore, RedemptionKind};
use regulars_merchant::{EntitySource, MerchantStore};
use regulars_persistence::Tx;

use self::thing::Thing;
use crate::{
    context::Context,
    error::{ApiError, Codes},
    mutation,
    scalar::ExpectedErrorType,
};

/// How long the refused wait for their refusal to be written down, past the time of their request.
pub const PATIENCE: std::time::Duration = std::time::Duration::from_secs(5);

/// Entries of one statement.
const AT_ONCE: usize = 100;

/// Where somebody does something: whose log has it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    /// The merchant's in whose name they act; the platform's, where they act in nobody's.
    Own,
    /// This merchant's.
    Merchant(MerchantId),
    /// That of the merchant of this store.
    Store(StoreId),
    /// That of the merchant of this loyalty card.
    LoyaltyCard(LoyaltyCardId),
    /// That of the merchant for whom this person works.
    Employer(PersonId),
}

/// What something is about. Of what is yet to be made there is no number.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum About {
    /// Nothing in particular.
    Nothing,
    /// A customer.
    Customer(Option<PersonId>),
    /// What a customer decided about being contacted.
    Consents(Option<PersonId>),
    /// A customer by their id in another system, who may be yet to be made.
    Source(EntitySource, String),
    /// A person of whom the log may hold no value.
    Person(PersonId),
    /// Whoever asks, at every merchant.
    Memberships,
    /// An account, whoever asks or is named.
    Account(Option<PersonId>),
    /// What a member of staff was given.
    Post(PersonId),
    /// A member of staff.
    Staff(Option<PersonId>),
    /// A role.
    Role(Option<RoleId>),
    /// A store.
    Store(Option<StoreId>),
    /// A store group.
    StoreGroup(Option<StoreGroupId>),
    /// A product.
    Product(Option<ProductId>),
    /// A campaign.
    Campaign(Option<CampaignId>),
    /// An offer.
    Offer(Option<OfferId>),
    /// A loyalty card, which somebody takes.
    LoyaltyCard(LoyaltyCardId),
    /// A loyalty card, as it is made and changed.
    Card(Option<LoyaltyCardId>),
    /// A reward.
    Reward(Option<RewardId>),
    /// What the merchant has decided for all its stores.
    Settings,
    /// An application.
    Application(Option<ApplicationId>),
    /// A key of an application.
    ApiKey(Option<ApiKeyId>),
    /// An order.
    Order(Option<OrderId>),
    /// A line of an order.
    OrderItem(Option<OrderItemId>),
    /// The order of a line.
    OrderOf(Option<OrderItemId>),
    /// The order of a discount.
    OrderOfDiscount(OrderDiscountId),
    /// A visit.
    Visit(Option<VisitId>),
    /// A sale or a visit that somebody has looked at.
    SaleReview(SaleReviewId),
    /// A system that the merchant has connected.
    SyncConnection(Option<ConnectionId>),
    /// A run of one of them.
    SyncRun(SyncRunId),
    /// A question that one of them raises.
    SyncReview(SyncReviewId),
    /// A person of whom the log may hold no value, who is found meanwhile.
    Somebody,
    /// A promise of a redemption.
    RedemptionIntent(Option<IntentId>),
    /// A promise of a redemption that is looked at, and stays as it is.
    SeenIntent,
    /// A redemption of that kind that is yet to be made.
    Redemption(RedemptionKind),
    /// A redemption of that kind.
    RedemptionBy(RedemptionKind, RedemptionId),
}

/// What is being done, for the log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Trace {
    action: String,
    place: Place,
    about: About,
    /// The address that somebody named who is nobody yet.
    named: Option<EmailAddress>,
    /// What is different once it is done, beside what images show.
    changes: Vec<Change>,
    /// Whether from where is nobody's to know any more.
    unplaced: bool,
}

impl Trace {
    /// Of an action by its root field.
    pub(crate) fn new(action: impl Into<String>) -> Self {
        let (place, about) = (Place::Own, About::Nothing);
        Self {
            action: action.into(),
            place,
            about,
            named: None,
            changes: Vec::new(),
            unplaced: false,
        }
    }

    /// With these changes, which no image shows.
    #[must_use]
    pub(crate) fn noting(mut self, changes: Vec<Change>) -> Self {
        self.changes = changes;
        self
    }

    /// By somebody of whom nothing may be known afterwards.
    #[must_use]
    pub(crate) const fn unplaced(mut self) -> Self {
        self.unplaced = true;
        self
    }

    /// Done there.
    #[must_use]
    pub(crate) const fn at(mut self, place: Place) -> Self {
        self.place = place;
        self
    }

    /// About that.
    #[must_use]
    pub(crate) fn about(mut self, about: About) -> Self {
        self.about = about;
        self
    }

    /// To the account of somebody who may be nobody: in the log of whom they work for.
    #[must_use]
    pub(crate) fn to(self, person: Option<PersonId>) -> Self {
        // No account has the number 0: nobody is looked for like anybody.
        let place = Place::Employer(person.unwrap_or(PersonId::new(0)));
        self.at(place).about(person.map_or(About::Nothing, |person| About::Account(Some(person))))
    }

    /// By an address, if it is one: what else was typed there, a password say, is nobody's to keep.
    #[must_use]
    pub(crate) fn naming(mut self, typed: &str) -> Self {
        self.named = EmailAddress::parse(typed).ok();
        self
    }
}

/// What a mutation did, beside what can be seen of its subject.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Effect {
    /// The number of what it made or changed, where that is one thing.
    pub(crate) made: Option<i64>,
    /// What ended with it, each by an entry of its own that says which field is false now.
    pub(crate) ended: Vec<(Target, Field)>,
}

impl Effect {
    /// That was made or changed, by its number, and nothing else.
    pub(crate) const fn of(made: i64) -> Self {
        Self { made: Some(made), ended: Vec::new() }
    }
}

/// Writes down what comes of one mutation. Lasts as long as its transaction, which may run more than once.
#[derive(Clone, Debug)]
pub(crate) struct Recorder {
    trace: Trace,
    actor: Actor,
    /// Of the address that was named, where it may not be kept.
    digest: Option<String>,
    /// Everything that is known beforehand.
    entry: NewEntry,
}

impl Recorder {
    /// The same of an account that was found meanwhile.
    pub(crate) fn of(mut self, person: Option<PersonId>) -> Self {
        self.trace = self.trace.to(person);
        self
    }

    fn log(&self, tx: &mut Tx<'_>) -> Result<Log, StoreError> {
        let own = self.actor.merchant();
        let found = match self.trace.place {
            Place::Employer(person) => return Ok(Log::Employer(person)),
            // Consumers alone do something at merchants that are not theirs: nobody else writes into a log of others.
            _ if self.actor.require_consumer().is_err() => None,
            Place::Own => None,
            Place::Merchant(merchant) => {
                tx.merchants(&[merchant])?.first().map(|merchant| merchant.id)
            }
            Place::Store(store) => tx.stores(&[store])?.first().map(|store| store.merchant),
            Place::LoyaltyCard(card) => {
                tx.loyalty_cards(&[card])?.first().map(|card| card.merchant)
            }
        };
        Ok(found.or(own).map_or(Log::Platform, Log::Merchant))
    }

    /// What to look at, where `made` has the number of what was made meanwhile.
    fn thing(&self, log: Log, made: Option<i64>) -> Thing {
        match (&self.trace.about, log) {
            (About::Order(id), Log::Merchant(merchant)) => id
                .or(made.map(OrderId::new))
                .map_or(Subject::Nothing.into(), |id| Thing::Order(merchant, id)),
            (About::OrderItem(id), Log::Merchant(merchant)) => id
                .or(made.map(OrderItemId::new))
                .map_or(Subject::Nothing.into(), |id| Thing::OrderItem(merchant, id)),
            (About::Campaign(id), Log::Merchant(merchant)) => id
                .or(made.map(CampaignId::new))
                .map_or(Subject::Nothing.into(), |id| Thing::Campaign(merchant, id)),
            (About::Offer(id), Log::Merchant(merchant)) => id
                .or(made.map(OfferId::new))
                .map_or(Subject::Nothing.into(), |id| Thing::Offer(merchant, id)),
            (About::Card(id), Log::Merchant(merchant)) => id
                .or(made.map(LoyaltyCardId::new))
                .map_or(Subject::Nothing.into(), |id| Thing::Card(merchant, id)),
            (About::Reward(id), Log::Merchant(merchant)) => id
                .or(made.map(RewardId::new))
                .map_or(Subject::Nothing.into(), |id| Thing::Reward(merchant, id)),
            (About::OrderOf(Some(item)), Log::Merchant(merchant)) => {
                Thing::OrderOf(merchant, *item)
            }
            (About::OrderOfDiscount(discount), Log::Merchant(merchant)) => {
                Thing::OrderOfDiscount(merchant, *discount)
            }
            (About::RedemptionBy(kind, id), Log::Merchant(merchant)) => {
                Thing::Redemption(merchant, *kind, *id)
            }
            (About::Visit(id), Log::Merchant(merchant)) => id
                .or(made.map(VisitId::new))
                .map_or(Subject::Nothing.into(), |id| Thing::Visit(merchant, id)),
            (About::SaleReview(id), Log::Merchant(merchant)) => Thing::SaleReview(merchant, *id),
            (About::SyncConnection(id), Log::Merchant(merchant)) => id
                .or(made.map(ConnectionId::new))
                .map_or(Subject::Nothing.into(), |id| Thing::SyncConnection(merchant, id)),
            (About::SyncRun(id), Log::Merchant(merchant)) => Thing::SyncRun(merchant, *id),
            (About::SyncReview(id), Log::Merchant(merchant)) => Thing::SyncReview(merchant, *id),
            (About::RedemptionIntent(id), Log::Merchant(merchant)) => id
                .or(made.map(IntentId::new))
                .map_or(Subject::Nothing.into(), |id| Thing::Intent(merchant, id)),
            (About::SeenIntent, _) => {
                made.map(IntentId::new).map_or(Subject::Nothing.into(), Thing::SeenIntent)
            }
            (About::Redemption(kind), Log::Merchant(merchant)) => made
                .map(RedemptionId::new)
                .map_or(Subject::Nothing.into(), |id| Thing::Redemption(merchant, *kind, id)),
            _ => self.subject(log, made).into(),
        }
    }

    /// The same of what the crate of the log knows.
    fn subject(&self, log: Log, made: Option<i64>) -> Subject {
        let merchant = match log {
            Log::Merchant(merchant) => Some(merchant),
            Log::Platform | Log::Employer(_) => None,
        };
        let person = |id: Option<PersonId>| id.or(made.map(PersonId::new));
        match (&self.trace.about, merchant) {
            (About::Customer(id), Some(merchant)) => {
                person(*id).map_or(Subject::Nothing, |id| Subject::Member(merchant, id))
            }
            (About::Customer(id) | About::Consents(id), None) => {
                person(*id).map_or(Subject::Nothing, Subject::Person)
            }
            (About::Consents(id), Some(merchant)) => {
                person(*id).map_or(Subject::Nothing, |id| Subject::Consents(merchant, id))
            }
            (About::Source(source, id), Some(merchant)) => match made {
                Some(made) => Subject::Member(merchant, PersonId::new(made)),
                None => Subject::Source(merchant, *source, id.clone()),
            },
            (About::Memberships, _) => {
                self.actor.person().map_or(Subject::Nothing, Subject::Memberships)
            }
            (About::Account(id), _) => person(*id).map_or(Subject::Nothing, Subject::Account),
            (About::Post(id), Some(merchant)) => Subject::Post(merchant, *id),
            (About::Staff(id), Some(merchant)) => {
                person(*id).map_or(Subject::Nothing, |id| Subject::Staff(merchant, id))
            }
            (About::Role(id), Some(merchant)) => id
                .or(made.map(RoleId::new))
                .map_or(Subject::Nothing, |id| Subject::Role(merchant, id)),
            (About::Application(id), Some(merchant)) => id
                .or(made.map(ApplicationId::new))
                .map_or(Subject::Nothing, |id| Subject::Application(merchant, id)),
            (About::ApiKey(id), Some(merchant)) => id
                .or(made.map(ApiKeyId::new))
                .map_or(Subject::Nothing, |id| Subject::ApiKey(merchant, id)),
            (About::Store(id), Some(merchant)) => id
                .or(made.map(StoreId::new))
                .map_or(Subject::Nothing, |id| Subject::Store(merchant, id)),
            (About::StoreGroup(id), Some(merchant)) => id
                .or(made.map(StoreGroupId::new))
                .map_or(Subject::Nothing, |id| Subject::StoreGroup(merchant, id)),
            (About::Product(id), Some(merchant)) => id
                .or(made.map(ProductId::new))
                .map_or(Subject::Nothing, |id| Subject::Product(merchant, id)),
            (About::Person(person), _) => Subject::Person(*person),
            (About::Somebody, _) => person(None).map_or(Subject::Nothing, Subject::Person),
            (About::LoyaltyCard(card), _) => Subject::LoyaltyCard(*card),
            (About::Settings, Some(merchant)) => Subject::Settings(merchant),
            (
                About::Nothing
                | About::Settings
                | About::Card(_)
                | About::Reward(_)
                | About::Source(..)
                | About::Post(_)
                | About::Staff(_)
                | About::Role(_)
                | About::Application(_)
                | About::ApiKey(_)
                | About::Store(_)
                | About::StoreGroup(_)
                | About::Product(_)
                | About::Order(_)
                | About::OrderItem(_)
                | About::Campaign(_)
                | About::Offer(_)
                | About::OrderOf(_)
                | About::OrderOfDiscount(_)
                | About::RedemptionBy(..)
                | About::Visit(_)
                | About::SaleReview(_)
                | About::SyncConnection(_)
                | About::SyncRun(_)
                | About::SyncReview(_)
                | About::RedemptionIntent(_)
                | About::SeenIntent
                | About::Redemption(_),
                _,
            ) => Subject::Nothing,
        }
    }

    /// Runs a step and writes down what is different after it. The step answers what it did with its receipt.
    pub(crate) fn watch<T, E: From<StoreError>>(
        &self,
        tx: &mut Tx<'_>,
        step: impl FnOnce(&mut Tx<'_>) -> Result<(T, Effect), E>,
    ) -> Result<T, E> {
        let log = self.log(tx)?;
        let before = self.thing(log, None).look(tx)?;
        let member = self.member(log);
        let stranger = member.look(tx)?;
        let (receipt, effect) = step(tx)?;
        // Of a line's order, and of a discount's, the number is known now.
        let thing = match (&self.trace.about, log, effect.made) {
            (
                About::OrderOf(_) | About::OrderOfDiscount(_),
                Log::Merchant(merchant),
                Some(order),
            ) => Thing::Order(merchant, OrderId::new(order)),
            _ => self.thing(log, effect.made),
        };
        let after = thing.look(tx)?;
        let changes = self.trace.changes.clone();
        let done = NewEntry { log, target: thing.target(), changes, ..self.entry.clone() };
        tx.append_audit(&entries(&done, &before, &after))?;
        let joined = member.look(tx)?;
        if joined != stranger {
            let done = NewEntry { target: member.target(), ..done.clone() };
            tx.append_audit(&entries(&done, &stranger, &joined))?;
        }
        for ended in effect.ended.chunks(AT_ONCE) {
            let entry = |(target, field): &(Target, Field)| NewEntry {
                target: Some(*target),
                changes: vec![Change::turned(*field, false)],
                ..done.clone()
            };
            tx.append_audit(&ended.iter().map(entry).collect::<Vec<_>>())?;
        }
        Ok(receipt)
    }

    /// The membership that comes with a loyalty card.
    fn member(&self, log: Log) -> Subject {
        match (&self.trace.about, log, self.actor.person()) {
            (About::LoyaltyCard(_), Log::Merchant(merchant), Some(person)) => {
                Subject::Member(merchant, person)
            }
            _ => Subject::Nothing,
        }
    }

    /// Writes down in the logs of merchants that somebody new has joined them.
    pub(crate) fn joined(
        &self,
        tx: &mut Tx<'_>,
        person: PersonId,
        actor: &Actor,
    ) -> Result<(), StoreError> {
        let memberships = Subject::Memberships(person).look(tx)?;
        if memberships == View::default() {
            return Ok(());
        }
        let doer = if self.entry.doer.app.is_some() { self.entry.doer } else { actor.into() };
        let done = NewEntry { doer, target: Some(person.into()), ..self.entry.clone() };
        tx.append_audit(&entries(&done, &View::default(), &memberships))
    }

    /// Writes down the same in the logs of merchants whom it concerns, with the changes that no image shows.
    pub(crate) fn told(&self, tx: &mut Tx<'_>, merchants: &[MerchantId]) -> Result<(), StoreError> {
        let target = self.subject(Log::Platform, None).target();
        let told = |merchant: &MerchantId| NewEntry {
            log: Log::Merchant(*merchant),
            target,
            changes: self.trace.changes.clone(),
            ..self.entry.clone()
        };
        merchants
            .chunks(AT_ONCE)
            .try_for_each(|some| tx.append_audit(&some.iter().map(told).collect::<Vec<_>>()))
    }

    /// Writes down something done to an account, by whoever proved meanwhile who they are.
    pub(crate) fn done(
        &self,
        tx: &mut Tx<'_>,
        person: PersonId,
        doer: Option<&Actor>,
        changes: Vec<Change>,
    ) -> Result<(), StoreError> {
        // An app that somebody logs in through stays the one who did it.
        let doer = match (self.entry.doer.app, doer.map(Doer::from)) {
            (Some(_), Some(proved)) => Doer { person: proved.person, ..self.entry.doer },
            (None, Some(proved)) => proved,
            (_, None) => self.entry.doer,
        };
        let (log, target) = (Log::Employer(person), Some(person.into()));
        let changes = self.named(target).into_iter().chain(changes).collect();
        tx.append_audit(&[NewEntry { log, doer, target, changes, ..self.entry.clone() }])
    }

    /// The fields of an account that were made, all or one.
    pub(crate) fn made(
        tx: &mut Tx<'_>,
        person: PersonId,
        only: Option<Field>,
    ) -> Result<Vec<Change>, StoreError> {
        let account = regulars_customer::CustomerStore::people(tx, &[person])?.pop();
        let image = account.as_ref().map(Image::of_account).unwrap_or_default();
        let mut changes = Image::default().changes_to(&image);
        changes.retain(|change| only.is_none_or(|field| change.field() == field));
        Ok(changes)
    }

    /// Writes down that somebody asked for something about an account that may be nobody's: the same work in either case.
    pub(crate) fn asked(&self, tx: &mut Tx<'_>) -> Result<(), StoreError> {
        let key = self.trace.named.as_ref().map(EmailAddress::key).unwrap_or_default();
        let person = tx.find_addressee(&key)?.map(|to| to.person);
        let found = self.clone().of(person);
        let done = NewEntry { log: found.log(tx)?, ..found.refusal_of(None) };
        tx.append_audit(&[done])
    }

    /// Writes down that it was refused.
    pub(crate) fn refused(&self, tx: &mut Tx<'_>, code: &str) -> Result<(), StoreError> {
        let refused = NewEntry { log: self.log(tx)?, ..self.refusal_of(Some(code)) };
        tx.append_audit(&[refused])
    }

    /// The address that was named: of a person whom the entry is about, whose erasure finds it there; of nobody a short keyed
    /// hash, by which a series is still one.
    fn named(&self, about: Option<Target>) -> Option<Change> {
        match about {
            Some(_) => self.trace.named.as_ref().map(Change::named),
            None => self.digest.as_deref().map(Change::digested),
        }
    }

    fn refusal_of(&self, code: Option<&str>) -> NewEntry {
        let target = self.subject(Log::Platform, None).target().or(match self.trace.about {
            About::Post(id) => Some(id.into()),
            About::Staff(id) => id.map(Into::into),
            About::Role(id) => id.map(Into::into),
            About::Application(id) => id.map(Into::into),
            About::ApiKey(id) => id.map(Into::into),
            About::Store(id) => id.map(Into::into),
            About::StoreGroup(id) => id.map(Into::into),
            About::Order(id) => id.map(Into::into),
            About::OrderItem(id) => id.map(Into::into),
            About::Card(id) => id.map(Into::into),
            About::Reward(id) => id.map(Into::into),
            About::Settings => self.actor.merchant().map(|merchant| merchant.founder().into()),
            About::Visit(id) => id.map(Into::into),
            About::SaleReview(id) => Some(id.into()),
            About::SyncConnection(id) => id.map(Into::into),
            About::SyncRun(id) => Some(id.into()),
            About::SyncReview(id) => Some(id.into()),
            About::RedemptionIntent(id) => id.map(Into::into),
            _ => None,
        });
        let outcome = code.map_or(Outcome::Done, |code| Outcome::Refused(cut(code)));
        let changes = self.named(target).into_iter().collect();
        NewEntry { target, outcome, changes, ..self.entry.clone() }
    }
}

fn cut(text: &str) -> String {
    text.chars().take(MAX_NAME_CHARS).collect()
}

impl Context {
    /// Who writes down what comes of something that whoever asks is doing.
    pub(crate) fn recorder(&self, trace: &Trace) -> Recorder {
        let actor = self.actor().clone();
        let mut entry = self.entry(&trace.action, Outcome::Done);
        entry.peer = entry.peer.filter(|_| !trace.unplaced);
        let marker = self.authority().marker();
        let digest = trace.named.as_ref().map(|address| marker.digest(&address.key()));
        Recorder { trace: trace.clone(), actor, digest, entry }
    }

    fn entry(&self, action: &str, outcome: Outcome) -> NewEntry {
        let actor = self.actor();
        NewEntry {
            at: self.now(),
            log: actor.merchant().map_or(Log::Platform, Log::Merchant),
            doer: actor.into(),
            action: cut(action),
            target: None,
            outcome,
            changes: Vec::new(),
            request_id: self.request_id().to_owned(),
            peer: self.peer(),
        }
    }

    /// Turns a refusal into the payload's `errors` and writes it down; what is no refusal stays an error of the request.
    pub(crate) fn refuse<T>(
        &self,
        trace: &Trace,
        error: ApiError,
        codes: Codes,
    ) -> Result<mutation::Outcome<T>, ApiError> {
        let refused = mutation::refused(error, codes)?;
        if let mutation::Outcome::Refused(errors) = &refused {
            self.write_refusal(trace, errors);
        }
        Ok(refused)
    }

    fn write_refusal(&self, trace: &Trace, errors: &ExpectedErrorType) {
        let (recorder, code) = (self.recorder(trace), errors.code().to_owned());
        let log = match trace.place {
            Place::Employer(person) => Log::Employer(person),
            _ => recorder.entry.log,
        };
        let late = NewEntry { log, ..recorder.refusal_of(Some(&code)) };
        // Nobody waits for what nobody known is refused, and no network fills the log with it.
        if late.doer.kind == DoerKind::Anonymous {
            if self.may_note_refusal() {
                self.audit_queue().offer(late);
            } else {
                self.audit_queue().drop_one();
            }
            return;
        }
        // Even where the time of the request is over: whoever is refused gets no way round the log.
        let deadline = self.deadline() + PATIENCE;
        let written =
            self.write_by(Scope::Platform, deadline, move |tx| recorder.refused(tx, &code));
        if written.is_err() {
            self.audit_queue().offer(late);
        }
    }

    /// Has it be written down later that somebody was identified by a loyalty id or a card (rule 6).
    pub(crate) fn note_identified(&self, field: &str, person: PersonId) {
        let done = self.entry(field, Outcome::Done);
        self.audit_queue().offer(NewEntry { target: Some(person.into()), ..done });
    }

    /// Has it be written down later that something which only reads was refused, by its root field.
    pub(crate) fn note_refused(&self, field: &str, code: &str) {
        self.audit_queue().offer(self.entry(field, Outcome::Refused(cut(code))));
    }
}
