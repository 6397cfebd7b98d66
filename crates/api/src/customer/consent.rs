//! What customers decided about being contacted (rule 29): the decisions that stand, their history, and `setConsent`.

use std::{collections::HashMap, sync::Arc};

use juniper::{Executor, GraphQLInputObject, graphql_object};
use regulars_customer::{ConsentSort, NewDecision, consent};
use regulars_kernel::{
    MerchantId, Page, PageRequest, Permission, PersonId,
    page::{Keyed, PageArguments, SortKey},
};

use super::{
    choice::{ConsentChannel, ConsentRecorder, ConsentState},
    user::USER,
};
use crate::{
    connection::{Lists, connection},
    context::Context,
    error::ApiError,
    fast::Fast,
    global_id::Id,
    level::{Level, LoadName},
    merchant::{self, MerchantNode},
    mutation::{self, Asked, Call, Needs, turned_down},
    scalar::{DateTime, DateTimeArgument, ExpectedErrorType},
    sibling::{Referred, Sibling},
    trail::{About, Effect, Place},
};

/// What decisions refer to.
#[derive(Default)]
pub struct ConsentReferred {
    merchants: Referred<MerchantId>,
}

/// A decision, and those loaded with it.
#[derive(Clone)]
pub struct Consent(Sibling<regulars_customer::Consent, ConsentReferred>);

/// A decision; its scalar fields take the short way.
pub type ConsentNode = Fast<Consent>;

impl Keyed<ConsentSort> for ConsentNode {
    fn sort_key(&self, field: ConsentSort) -> SortKey {
        self.0.0.sort_key(field)
    }

    fn pk(&self) -> i64 {
        self.0.0.id.get()
    }
}

crate::fast_object! {
    #[graphql(name = "ConsentNode", context = Context)]
    /// What a customer decided about being contacted by one channel.
    impl Consent {
        leaves {
            /// By what they are contacted.
            "channel" => fn channel(&self) -> ConsentChannel { self.0.new.decision.channel.into() }
            /// Whether they agreed.
            "state" => fn state(&self) -> ConsentState { self.0.new.decision.state.into() }
            /// Where they said it.
            "source" => fn source(&self) -> &str { &self.0.new.decision.source }
            /// What they read when they decided, where that is known.
            "wording" => fn wording(&self) -> Option<&str> { self.0.new.decision.wording.as_deref() }
            /// When they decided.
            "decidedAt" => fn decided_at(&self) -> DateTime { DateTime(self.0.new.decision.decided_at) }
            /// When it was written down here.
            "recordedAt" => fn recorded_at(&self) -> DateTime { DateTime(self.0.new.recorded_at) }
            /// As what somebody wrote it down.
            "recordedBy" => fn recorded_by(&self) -> ConsentRecorder { self.0.new.recorded_by.into() }
        }
        fields {
            /// Who may, or may not, contact them.
            fn merchant(&self, context: &Context) -> Result<Option<MerchantNode>, ApiError> {
                let level = self.0.referred(|all| &all.merchants, |row| Some(row.new.merchant));
                merchant::node::load(context, level, self.0.new.merchant)
            }
        }
    }
}

connection!(
    ConsentNodeConnection,
    ConsentNodeEdge,
    ConsentNode,
    ConsentSort,
    "A page of decisions.",
    "One of the decisions."
);

/// The decisions that stand of one customer, loaded for all of their level.
pub(crate) fn standing(
    context: &Context,
    level: &Level<PersonId>,
    person: PersonId,
) -> Result<Vec<ConsentNode>, ApiError> {
    let found = context.load(level, "consents", person, |ids| {
        let actor = context.actor();
        let items = context.read(|tx| consent::list_standing(tx, actor, ids))?;
        let page = Page { items, has_next: false, has_previous: false };
        let mut of: HashMap<PersonId, Vec<ConsentNode>> = HashMap::new();
        for one in Sibling::page(page).items {
            of.entry(one.new.person).or_default().push(Fast(Consent(one)));
        }
        Ok(of)
    })?;
    Ok(found.unwrap_or_default())
}

/// A page of one customer's history, loaded for all of their level.
pub(crate) fn history(
    executor: &Executor<'_, '_, Context>,
    level: &Arc<Level<PersonId>>,
    person: PersonId,
    channel: Option<ConsentChannel>,
    paging: &PageArguments,
) -> Result<ConsentNodeConnection, ApiError> {
    let (context, name) = (executor.context(), LoadName::at("consentHistory", executor));
    let channel = channel.map(ConsentChannel::to_domain);
    let lists = context.lists(level, name, |people| {
        let page = PageRequest::<ConsentSort>::parse(paging, "consentHistory")?;
        let actor = context.actor();
        let found = context.read(|tx| consent::history(tx, actor, people, channel, &page))?;
        let (people, found): (Vec<PersonId>, Vec<_>) = found.into_iter().unzip();
        let pages = Sibling::pages(found).map(|page| page.map(|one| Fast(Consent(one))));
        let level = Arc::clone(level);
        Ok(Lists::new(
            people.into_iter().map(Into::into).zip(pages),
            page.order,
            move |context, person| {
                let count = context.load(&level, name.and("number"), person.into(), |people| {
                    let actor = context.actor();
                    let counts =
                        context.read(|tx| consent::count_history(tx, actor, people, channel))?;
                    Ok(counts.into_iter().collect::<HashMap<PersonId, u64>>())
                })?;
                Ok(count.unwrap_or_default())
            },
        ))
    })?;
    Ok(lists.of(person.into()))
}

/// What a customer decided.
#[derive(Clone, Debug, GraphQLInputObject)]
pub struct SetConsentInput {
    /// The customer; consumers leave it out and mean themselves.
    pub consumer_id: Option<Id>,
    /// The merchant, which consumers name; merchants leave it out and mean themselves.
    pub merchant_id: Option<Id>,
    /// By what they are contacted.
    pub channel: ConsentChannel,
    /// Whether they agree. Of customers with an account a merchant writes down DENIED alone.
    pub state: ConsentState,
    /// Where they said it: `till`, `web-form`, the name of a connector; 1 to 50 characters.
    pub source: String,
    /// When they decided, from 1990 to now; now, where it is left out.
    pub decided_at: Option<DateTimeArgument>,
    /// What they read when they decided: at most 2,000 characters.
    pub wording: Option<String>,
    /// The same key with the same input answers what the first call answered: 1 to 255 characters.
    pub idempotency_key: Option<String>,
}

/// What is kept of a decision that was written down: whose it is, and about what.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Receipt {
    person: PersonId,
    merchant: MerchantId,
    channel: regulars_customer::ConsentChannel,
}

impl mutation::Receipt for Receipt {
    fn effect(&self) -> Effect {
        Effect::default()
    }

    fn to_text(&self) -> String {
        format!("{} {} {}", self.person, self.merchant, self.channel)
    }

    fn parse(text: &str) -> Option<Self> {
        let [person, merchant, channel] = text.split(' ').collect::<Vec<_>>().try_into().ok()?;
        let channel = regulars_customer::ConsentChannel::from_name(channel)?;
        Some(Self { person: person.parse().ok()?, merchant: merchant.parse().ok()?, channel })
    }
}

/// The answer of `setConsent`.
pub struct ConsentPayload {
    errors: Option<ExpectedErrorType>,
    written: Option<Receipt>,
}

/// The answer of `setConsent`.
#[graphql_object]
#[graphql(context = Context, scalar = juniper::DefaultScalarValue)]
impl ConsentPayload {
    /// Whether it happened.
    fn success(&self) -> bool {
        self.errors.is_none()
    }

    /// Null, or what was wrong: an object from the argument (or `nonFieldErrors`) to a list of `{message, code}`.
    fn errors(&self) -> Option<&ExpectedErrorType> {
        self.errors.as_ref()
    }

    /// What stands for that channel now: this decision, unless a later one is known. Null for whoever may not see customers.
    fn consent(&self, context: &Context) -> Result<Option<ConsentNode>, ApiError> {
        let Some(written) = self.written else { return Ok(None) };
        let actor = context.actor();
        if actor.require_consumer().is_err() && actor.require(Permission::ViewConsumer).is_err() {
            return Ok(None);
        }
        let mut found = context.read(|tx| consent::list_standing(tx, actor, &[written.person]))?;
        found.retain(|one| {
            one.new.merchant == written.merchant && one.new.decision.channel == written.channel
        });
        Ok(found.pop().map(|one| Fast(Consent(Sibling::alone(one)))))
    }
}

pub(crate) fn set_consent(
    asked: &Asked<'_, '_>,
    input: SetConsentInput,
) -> Result<ConsentPayload, ApiError> {
    let pk = |argument: &'static str, id: Option<&Id>| {
        let pk = id.map(|id| id.pk(USER)).transpose();
        pk.map_err(|error| ApiError::bad_id(argument, &error))
    };
    let ids = pk("consumerId", input.consumer_id.as_ref())
        .and_then(|consumer| Ok((consumer, pk("merchantId", input.merchant_id.as_ref())?)));
    let written = match ids {
        Err(error) => turned_down(asked, error)?,
        Ok((consumer, merchant)) => {
            let (who, at) = (consumer.map(PersonId::new), merchant.map(MerchantId::new));
            let (actor, now) = (asked.context().actor().clone(), asked.context().now());
            let own = actor.require_consumer().is_ok();
            let argument = if own && who.is_none_or(|who| actor.person() == Some(who)) {
                "merchantId"
            } else {
                "consumerId"
            };
            let about = About::Consents(if own { actor.person() } else { who });
            let call = Call::of(asked, Needs::ConsumerOr(Permission::ChangeConsumer));
            let call = call.about(argument).of_thing(about);
            let call = at.map_or(call.clone(), |merchant| call.at(Place::Merchant(merchant)));
            let new = NewDecision {
                channel: input.channel.to_domain(),
                state: input.state.to_domain(),
                source: input.source,
                decided_at: DateTimeArgument::instant(input.decided_at),
                wording: input.wording,
            };
            asked.context().mutate(&call, move |tx| {
                let stands = consent::set(tx, &actor, who, at, &new, now)?;
                Ok::<_, regulars_customer::CustomerError>(Receipt {
                    person: stands.new.person,
                    merchant: stands.new.merchant,
                    channel: stands.new.decision.channel,
                })
            })?
        }
    };
    let (written, errors) = written.split();
    Ok(ConsentPayload { errors, written })
}
