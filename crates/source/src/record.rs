//! What an outside system says of one thing, in this product's words: before anybody has judged it.
//!
//! A connector makes records; it never decides what becomes of them. Three values of a field are told apart everywhere: a
//! field that is absent says nothing, one that is null says that there is nothing, and a value is a value (engine rule 9).

use std::{collections::BTreeMap, fmt};

use chrono::NaiveDate;
use regulars_customer::{ConsentChannel, merge::MergeField};
use regulars_kernel::Timestamp;
use regulars_merchant::EntitySource;
pub use regulars_order::purchase::SourceVersion;

/// What a thing is called at its source: the kind of thing in the source's own words (`Contact`, `Customer`, `Order`) and its
/// id there. Ids are texts, whatever they look like: some are longer than any number of ours.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RecordKey {
    /// The source's word for such things: 1 to 64 characters.
    pub object: String,
    /// The id: 1 to 255 characters, compared byte by byte.
    pub id: String,
}

impl RecordKey {
    /// A key.
    pub fn new(object: impl Into<String>, id: impl Into<String>) -> Self {
        Self { object: object.into(), id: id.into() }
    }
}

impl fmt::Display for RecordKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.object, self.id)
    }
}

/// A field of a customer that a source can fill.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Field {
    /// One of the customer's own; never [`MergeField::ExtraInfo`] as a whole.
    Own(MergeField),
    /// A key of `extraInfo`, at its top. The value is the text of a JSON value.
    Extra(String),
}

const EXTRA: &str = "extraInfo.";

impl Field {
    /// The name in settings, reports and the database: `email`, `extraInfo.shopify`.
    pub fn name(&self) -> String {
        match self {
            Self::Own(field) => field.name().to_owned(),
            Self::Extra(key) => format!("{EXTRA}{key}"),
        }
    }

    /// The field of that name.
    pub fn from_name(name: &str) -> Option<Self> {
        match name.strip_prefix(EXTRA) {
            Some("") => None,
            Some(key) => Some(Self::Extra(key.to_owned())),
            None => MergeField::from_name(name)
                .filter(|field| *field != MergeField::ExtraInfo)
                .map(Self::Own),
        }
    }
}

/// A decision about being contacted, as a source has it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct RecordConsent {
    /// By which way.
    pub channel: ConsentChannel,
    /// Whether they agreed.
    pub granted: bool,
    /// When they decided, as the source knows it: without it the decision is as old as the record's version.
    pub at: Option<Timestamp>,
}

/// What a source says of a customer.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CustomerRecord {
    /// The fields that it names, with their values as texts; null is `None`. Dates as `2026-11-30`, genders and countries by
    /// their names in the API; phone numbers and e-mail addresses as the source has them.
    pub fields: BTreeMap<Field, Option<String>>,
    /// The card numbers that it names; absent: it says nothing of cards.
    pub cards: Option<Vec<String>>,
    /// Whether the source itself says that the address was proved. Counts only where the connection's settings say so.
    pub email_verified: bool,
    /// Our own number or loyalty id, where the source keeps it.
    pub own_id: Option<String>,
    /// Decisions about being contacted.
    pub consents: Vec<RecordConsent>,
    /// When the customer came to be at the source.
    pub created_at: Option<Timestamp>,
}

/// Who bought, as a source says it: the first of these that is there and names somebody.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Buyer {
    /// The customer's key at the source.
    pub key: Option<RecordKey>,
    /// A loyalty id or card number.
    pub loyalty_id: Option<String>,
    /// An e-mail address.
    pub email: Option<String>,
    /// A phone number.
    pub phone_number: Option<String>,
}

/// A line of an order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LineRecord {
    /// What was sold.
    pub name: String,
    /// The product's id at the source.
    pub product: Option<String>,
    /// How many; above nothing.
    pub quantity: u32,
    /// Of one, tax included: a decimal of major units.
    pub unit_price: String,
    /// What was taken off the line as a whole: a decimal of major units.
    pub discount: Option<String>,
}

/// What was given back of an order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RefundRecord {
    /// Its id at the source.
    pub id: String,
    /// When.
    pub at: Timestamp,
    /// How much: a decimal of major units.
    pub amount: String,
}

/// What a source says of an order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OrderRecord {
    /// Who bought.
    pub buyer: Buyer,
    /// The number that people know it by.
    pub number: Option<String>,
    /// When it was sold.
    pub completed_at: Timestamp,
    /// An ISO 4217 code.
    pub currency: String,
    /// The channel or store at the source, which decides whether it earns and where it counts (rule 12).
    pub channel: Option<String>,
    /// Whether it was sold online.
    pub online: bool,
    /// What was bought; at least one line.
    pub lines: Vec<LineRecord>,
    /// What was taken off the order as a whole: a decimal of major units.
    pub discount: Option<String>,
    /// What was given on top, delivery included: a decimal of major units. Earns nothing.
    pub extra: Option<String>,
    /// What it came to, as the source says: the lines must add up to it.
    pub total: String,
    /// What was given back since, each by its own id.
    pub refunds: Vec<RefundRecord>,
    /// When it was called off.
    pub cancelled_at: Option<Timestamp>,
    /// Whether it was only tried out: such orders are passed over.
    pub test: bool,
    /// Under which ids other systems know of it.
    pub links: Vec<(EntitySource, String)>,
}

/// What a source says of something that is sold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProductRecord {
    /// What it is called.
    pub name: String,
    /// Its price, tax included: a decimal of major units.
    pub price: Option<String>,
    /// An ISO 4217 code; absent: the merchant's.
    pub currency: Option<String>,
    /// The merchant's own number of it.
    pub sku: Option<String>,
}

/// What somebody had on a card in an older system, when they moved in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BalanceRecord {
    /// Whose.
    pub owner: Buyer,
    /// On which of our cards, by its number or name.
    pub loyalty_card: String,
    /// How many points or stamps; above nothing.
    pub amount: i64,
    /// The last day on which they are good; absent: as the card says.
    pub expires_on: Option<NaiveDate>,
}

/// Why a thing is not at its source any more.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Gone {
    /// It was deleted.
    Deleted,
    /// It was merged into another one, by that one's id.
    MergedInto(String),
    /// The source asks that nothing of it be kept (privacy law).
    Redacted,
}

/// What is said of a thing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Body {
    /// A customer.
    Customer(Box<CustomerRecord>),
    /// An order.
    Order(Box<OrderRecord>),
    /// A product.
    Product(Box<ProductRecord>),
    /// Points or stamps of an older system.
    Balance(Box<BalanceRecord>),
    /// A customer who is not there any more.
    Gone(Gone),
}

/// One thing that a source says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    /// What it is called there.
    pub key: RecordKey,
    /// Which version of it this is.
    pub version: SourceVersion,
    /// What is said.
    pub body: Body,
}

/// Something that was read and cannot be made a record of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BadRecord {
    /// Where it is: an id at the source, `line 17` of a file.
    pub reference: String,
    /// A stable word for what is wrong: `invalid`, `required`, `too_long`, `duplicate_key`, …
    pub code: String,
    /// Which column or field.
    pub path: Option<String>,
    /// A sentence for people, with the way out.
    pub message: String,
    /// What was read, whole: the reject file gives it back, and a replay reads it again.
    pub raw: String,
}

/// What a read gives, piece by piece.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Item {
    /// A record.
    Record(Record),
    /// What cannot be made one.
    Bad(BadRecord),
}
