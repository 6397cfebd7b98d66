//! As much of SOQL as a sync needs: `SELECT … FROM X WHERE … ORDER BY … LIMIT n`. Everything else is malformed.

mod condition;
mod word;

pub(super) use self::condition::{Condition, Literal, Operator};
use self::word::{Word, Words};
use super::reply::Refused;

/// What is selected.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Selected {
    /// How many there are.
    Count,
    /// Columns, with paths: `Account.Name`.
    Columns(Vec<String>),
}

/// A query.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Query {
    pub(super) selected: Selected,
    pub(super) object: String,
    pub(super) condition: Option<Condition>,
    /// Columns to sort by, each with whether the greatest comes first.
    pub(super) order: Vec<(String, bool)>,
    pub(super) limit: Option<usize>,
}

impl Query {
    /// Reads a query.
    pub(super) fn parse(text: &str) -> Result<Self, Refused> {
        let mut words = Words::of(text)?;
        words.keyword("SELECT")?;
        let selected = select(&mut words)?;
        words.keyword("FROM")?;
        let object = words.name()?;
        let condition =
            if words.take_keyword("WHERE") { Some(Condition::parse(&mut words)?) } else { None };
        let mut order = Vec::new();
        if words.take_keyword("ORDER") {
            words.keyword("BY")?;
            loop {
                let column = words.name()?;
                let falls = words.take_keyword("DESC");
                if !falls {
                    words.take_keyword("ASC");
                }
                order.push((column, falls));
                if !words.take(&Word::Sign(",")) {
                    break;
                }
            }
        }
        let limit = if words.take_keyword("LIMIT") {
            let number = words.number()?.parse();
            Some(number.map_err(|_no_number| Refused::malformed("unexpected LIMIT"))?)
        } else {
            None
        };
        words.end()?;
        Ok(Self { selected, object, condition, order, limit })
    }
}

fn select(words: &mut Words) -> Result<Selected, Refused> {
    let mut columns = Vec::new();
    loop {
        let column = words.name()?;
        if words.take(&Word::Sign("(")) {
            if !column.eq_ignore_ascii_case("COUNT") || !columns.is_empty() {
                return Err(Refused::malformed(format!("unexpected token: '{column}('")));
            }
            words.sign(")")?;
            return Ok(Selected::Count);
        }
        columns.push(column);
        if !words.take(&Word::Sign(",")) {
            return Ok(Selected::Columns(columns));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_sync_asks_is_understood() {
        let query = Query::parse(
            "SELECT Id, Account.Name FROM Contact WHERE SystemModstamp >= 2026-11-01T00:00:00.000Z AND SystemModstamp < 2026-11-02T00:00:00Z \
             AND (SystemModstamp > 2026-11-01T01:00:00Z OR (SystemModstamp = 2026-11-01T01:00:00Z AND Id > '003')) ORDER BY SystemModstamp, Id LIMIT 5",
        )
        .unwrap();
        assert_eq!(query.selected, Selected::Columns(vec!["Id".into(), "Account.Name".into()]));
        assert_eq!(query.order, [("SystemModstamp".into(), false), ("Id".into(), false)]);
        assert_eq!(query.limit, Some(5));
        assert!(
            matches!(query.condition, Some(Condition::All(conditions)) if conditions.len() == 3)
        );
        let query = Query::parse(
            r"select count() from Contact where LastName in ('O\'Neill', '\\') and Email != null",
        )
        .unwrap();
        assert_eq!(query.selected, Selected::Count);
    }

    #[test]
    fn everything_else_is_malformed() {
        for text in [
            "",
            "SELECT FROM Contact",
            "SELECT * FROM Contact",
            "SELECT Id Contact",
            "SELECT Id FROM Contact WHERE",
            "SELECT Id FROM Contact WHERE Id",
            "SELECT Id FROM Contact WHERE Name = 'a",
            "SELECT Id FROM Contact WHERE Name = 'a' OR Id = 'b' AND Id = 'c'",
            "SELECT Id FROM Contact WHERE (Name = 'a'",
            "SELECT Id FROM Contact WHERE Name LIKE 'a%'",
            "SELECT Id FROM Contact GROUP BY Name",
            "SELECT Id FROM Contact LIMIT many",
            "SELECT Id FROM Contact OFFSET 5",
            "SELECT COUNT(Id) FROM Contact",
            "SELECT Id, (SELECT Id FROM Cases) FROM Contact",
            "SELECT Id FROM Contact WHERE Name = 'a' ' OR Id != ''",
        ] {
            let refused = Query::parse(text).unwrap_err();
            assert_eq!(refused.code, "MALFORMED_QUERY", "{text}");
        }
    }
}
