//! How a field is compared.

/// How the values of a field are compared with what a rule names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Operator {
    /// Is equal. SQL: `=`.
    Exact,
    /// Is equal; texts compare folded anyway, so it says the same as `exact`. SQL: `=`.
    Iexact,
    /// Is equal to one of a list. SQL: `IN`.
    In,
    /// The text holds another. SQL: `instr(column, x) > 0`, on PostgreSQL `strpos`.
    Icontains,
    /// Is greater. SQL: `>`, texts by code point (`COLLATE "C"` on PostgreSQL).
    Gt,
    /// Is greater or equal.
    Gte,
    /// Is less.
    Lt,
    /// Is less or equal.
    Lte,
    /// Lies between two values, both included. SQL: `BETWEEN`.
    Range,
    /// Whether there is no value. SQL: `IS NULL` (a text also where it is empty), of rows `NOT EXISTS`.
    Isnull,
}

impl Operator {
    /// Every operator, in the order of the documentation.
    pub const ALL: &'static [Self] = &[
        Self::Exact,
        Self::Iexact,
        Self::In,
        Self::Icontains,
        Self::Gt,
        Self::Gte,
        Self::Lt,
        Self::Lte,
        Self::Range,
        Self::Isnull,
    ];

    /// The name in the API.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Exact => "exact",
            Self::Iexact => "iexact",
            Self::In => "in",
            Self::Icontains => "icontains",
            Self::Gt => "gt",
            Self::Gte => "gte",
            Self::Lt => "lt",
            Self::Lte => "lte",
            Self::Range => "range",
            Self::Isnull => "isnull",
        }
    }

    /// The operator of exactly that name.
    pub(super) fn from_name(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|operator| operator.name() == name)
    }

    /// The names of some, for the message that says what is allowed.
    pub(super) fn names(operators: &[Self]) -> String {
        operators.iter().map(|operator| operator.name()).collect::<Vec<_>>().join(", ")
    }
}
