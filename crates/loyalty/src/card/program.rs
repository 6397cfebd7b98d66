//! What a loyalty card collects: points or stamps, how they are earned, and what they are good for.

pub mod change;
mod draft;

use regulars_kernel::{Money, Points};

pub(crate) use draft::Draft;

/// A rate with six decimals: so many millionths.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Millionths(i64);

impl Millionths {
    /// How many make one.
    pub const ONE: i64 = 1_000_000;

    /// So many millionths.
    pub const fn new(millionths: i64) -> Self {
        Self(millionths)
    }

    /// The number of millionths.
    pub const fn get(self) -> i64 {
        self.0
    }
}

/// The kinds of what a card collects.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum LoyaltyType {
    /// Points.
    Points,
    /// Stamps.
    Stamps,
}

impl LoyaltyType {
    /// The name in the API and in the database.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Points => "POINTS",
            Self::Stamps => "STAMPS",
        }
    }
}

/// The kinds of what points are good for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum PointsLoyaltyType {
    /// They pay an amount.
    Flat,
    /// They buy rewards.
    Product,
}

impl PointsLoyaltyType {
    /// The name in the API and in the database.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Flat => "FLAT",
            Self::Product => "PRODUCT",
        }
    }
}

/// What points are good for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Spending {
    /// They pay an amount (`FLAT`).
    Flat {
        /// The least number that pays; positive.
        points_needed: Points,
        /// Above it, in steps of so many; open: any number.
        incremental_points: Option<Points>,
        /// What one point pays, in millionths of a minor unit of the card's currency.
        point_worth: Millionths,
    },
    /// They buy the card's rewards (`PRODUCT`).
    Product,
}

impl Spending {
    /// Every kind's name in the API and in the database.
    pub const TYPES: [&'static str; 2] = ["FLAT", "PRODUCT"];

    /// Which of them it is.
    pub const fn kind(self) -> PointsLoyaltyType {
        match self {
            Self::Flat { .. } => PointsLoyaltyType::Flat,
            Self::Product => PointsLoyaltyType::Product,
        }
    }

    /// The kind's name in the API and in the database.
    pub const fn type_name(self) -> &'static str {
        self.kind().name()
    }
}

/// How points are earned and spent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PointsProgram {
    /// What they are good for.
    pub spending: Spending,
    /// Points for each unit (euro, dollar) of the card's currency spent; not negative.
    pub dollar_worth: Millionths,
    /// Points that come with the first earning (rule 15); not negative.
    pub initial_points: Points,
    /// The most points a person earns on one business date.
    pub max_points_per_day: Option<Points>,
    /// Lines of a lower unit price do not count.
    pub min_price: Option<Money>,
    /// Lines of a higher unit price do not count.
    pub max_price: Option<Money>,
    /// Whether the tax counts in what earns (rule 14).
    pub tax_included: bool,
    /// How many months points live (rule 19); open: for ever.
    pub validity_in_months: Option<u32>,
    /// How many days points are pending before they can be spent.
    pub activation_delay_days: u32,
}

impl PointsProgram {
    /// Points that are there at once and live for ever, without a cap.
    pub const fn new(spending: Spending, dollar_worth: Millionths) -> Self {
        Self {
            spending,
            dollar_worth,
            initial_points: Points::ZERO,
            max_points_per_day: None,
            min_price: None,
            max_price: None,
            tax_included: true,
            validity_in_months: None,
            activation_delay_days: 0,
        }
    }
}

/// How stamps are earned and spent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StampsProgram {
    /// How many stamps fill the card; positive.
    pub stamps_needed: u32,
    /// The most stamps a person gets on one business date.
    pub max_stamps_per_day: Option<u32>,
    /// How many days a stamp lives (rule 19); open: for ever.
    pub stamp_expiration_days: Option<u32>,
}

/// What a card collects.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Program {
    /// Points.
    Points(PointsProgram),
    /// Stamps.
    Stamps(StampsProgram),
}

impl Program {
    /// Every kind's name in the API and in the database.
    pub const TYPES: [&'static str; 2] = ["POINTS", "STAMPS"];

    /// Which of them it is.
    pub const fn kind(&self) -> LoyaltyType {
        match self {
            Self::Points(_) => LoyaltyType::Points,
            Self::Stamps(_) => LoyaltyType::Stamps,
        }
    }

    /// The kind's name in the API and in the database.
    pub const fn type_name(&self) -> &'static str {
        self.kind().name()
    }
}
