//! The custom scalars of the public API, each under the name and in the format that its clients know.

mod big_int;
mod date;
mod date_time;
mod decimal;
mod expected_error;
mod generic;
mod json_string;
mod opaque;
mod time;

pub use self::{
    big_int::BigInt,
    date::Date,
    date_time::{DateTime, DateTimeArgument},
    decimal::Decimal,
    expected_error::ExpectedErrorType,
    generic::GenericScalar,
    json_string::JSONString,
    time::Time,
};

crate::leaf_texts!(BigInt, Date, DateTime, Decimal, Time);
