//! What clients ask for, and what becomes of it on the way. A new operation is a variant of [`Call`], with an arm in
//! [`crate::generate`], in [`crate::act`] (what the product does) and in [`crate::model`] (what it ought to do).

/// An operation. Numbers of customers, stores, cards and so on are places in the [`crate::setting::Setting`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Call {
    /// Somebody came by. `ago`: so many microseconds before it is sent; absent: now.
    Visit { customer: usize, cents: i64, store: usize, ago: Option<i64>, keyed: bool },
    /// An open order, with its lines and a tip.
    Open { customer: Option<usize>, store: usize, lines: Vec<Line>, tip: i64 },
    /// It is paid.
    Checkout { order: Back, ago: Option<i64> },
    /// A stamp by hand.
    Stamp { customer: usize, card: Option<usize>, store: usize },
    /// Somebody takes a card.
    Enroll { card: usize },
    /// A promise of a redemption.
    Promise { what: What, customer: Option<usize>, store: usize },
    /// It is kept. `customer`: who brings the code, where the till says it.
    Confirm { intent: Back, customer: Option<usize>, store: usize },
    /// It is called off.
    Cancel { intent: Back },
    /// A code for everybody is used.
    Fixed { offer: usize, customer: Option<usize>, store: usize },
    /// A part of an order goes back, or all of it.
    Refund { order: Back, how: How },
    /// It is taken back as if it had never been.
    Void { order: Back },
    /// The worker notes what has lapsed and expired, and dies after so many accounts, where it does.
    Tend { dies_after: Option<usize> },
    /// The worker seals the books.
    Seal,
}

/// Which of those that there are: the last is 0, the one before it 1, and so on round the list.
pub(crate) type Back = usize;

/// So many units of a product (absent: of something else), at so many cents each.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Line {
    pub(crate) product: Option<usize>,
    pub(crate) quantity: i32,
    pub(crate) unit: i64,
}

/// What is promised.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum What {
    Points { card: usize, points: i64 },
    Reward { reward: usize },
    Stamps { card: usize },
    Offer { offer: usize },
}

/// How much goes back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum How {
    Whole,
    /// So many cents.
    Amount(i64),
    /// Of the line of that place (round the list) so many units, or all that are left.
    Line(usize, Option<i32>),
}

impl Call {
    /// What it is called in tables.
    pub(crate) const fn name(&self) -> &'static str {
        match self {
            Self::Visit { .. } => "visit",
            Self::Open { .. } => "open",
            Self::Checkout { .. } => "checkout",
            Self::Stamp { .. } => "stamp",
            Self::Enroll { .. } => "enroll",
            Self::Promise { what: What::Points { .. }, .. } => "promise points",
            Self::Promise { what: What::Reward { .. }, .. } => "promise reward",
            Self::Promise { what: What::Stamps { .. }, .. } => "promise stamps",
            Self::Promise { what: What::Offer { .. }, .. } => "promise offer",
            Self::Confirm { .. } => "confirm",
            Self::Cancel { .. } => "cancel",
            Self::Fixed { .. } => "use fixed code",
            Self::Refund { how: How::Whole, .. } => "refund whole",
            Self::Refund { how: How::Amount(_), .. } => "refund amount",
            Self::Refund { how: How::Line(..), .. } => "refund line",
            Self::Void { .. } => "void",
            Self::Tend { .. } => "tend",
            Self::Seal => "seal",
        }
    }
}

/// What a client does next, and how it fares. What it asks for is the last part, so that a history reads as a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Step {
    /// Which client.
    pub(crate) client: usize,
    /// How long after the step before it.
    pub(crate) wait: Wait,
    /// What becomes of the message.
    pub(crate) fate: Fate,
    pub(crate) act: Act,
}

/// A new message under a key of its own, or one that was sent before.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Act {
    Send {
        key: u32,
        call: Call,
    },
    /// The client sends the oldest message again that it has no answer to; where it has all, one that was answered.
    Again {
        message: Back,
    },
}

/// How the clock goes on. It never goes back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Wait {
    /// By so many microseconds.
    For(i64),
    /// To the next instant at which something begins, expires or lapses, and so many microseconds past or before it.
    Edge(i64),
    /// To the next midnight of the merchant's, and so many microseconds past or before it.
    Midnight(i64),
}

/// A fault at a named point, or none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fate {
    /// None.
    Clean,
    /// The transaction loses against another one, after all that it did, and is run again.
    Contended,
    /// The process dies before it commits: nothing happened, and nobody is told.
    DiesBeforeCommit,
    /// It commits, and the answer is lost.
    AnswerLost,
    /// The message arrives twice.
    Twice,
    /// The message is under way for long: it arrives when it is sent again, after others.
    Late,
}

/// A message as it travels.
#[derive(Clone, Debug)]
pub(crate) struct Message {
    pub(crate) key: u32,
    pub(crate) client: usize,
    pub(crate) call: Call,
    /// The order or the promise that it is about, by its place in the list of all.
    pub(crate) target: usize,
    /// When it was sent first.
    pub(crate) sent_at: i64,
}
