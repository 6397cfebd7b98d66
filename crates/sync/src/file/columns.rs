//! Which column of a file means what: as the mapping says, else as its header does.

use regulars_customer::merge::MergeField;

use super::{
    headers::{REJECT, recognised},
    settings::{Kind, Options},
    target::Target,
};

/// A column, or a key of JSON.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Column {
    /// What it is called in the file.
    pub header: String,
    /// What it means; none: it is passed over.
    pub target: Option<Target>,
    /// Whether the mapping says so; else its header did.
    pub mapped: bool,
    /// Whether an empty cell clears.
    pub(super) empty_clears: bool,
}

impl Column {
    /// Whether nobody knows what it means, so that it is passed over unasked.
    pub fn is_unknown(&self) -> bool {
        self.target.is_none() && !self.mapped && !REJECT.contains(&self.header.as_str())
    }
}

/// Why headers do not do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct NoColumns {
    /// The header that is in the way.
    pub(super) header: String,
    pub(super) message: String,
}

/// What each of the headers means. Of two that are recognised as one field the surer one has it.
pub(super) fn resolve(options: &Options, headers: &[&str]) -> Result<Vec<Column>, NoColumns> {
    let mut columns = Vec::with_capacity(headers.len());
    let mut guesses: Vec<Option<(Target, usize)>> = Vec::with_capacity(headers.len());
    for header in headers {
        let mapped = options.mapping.get(header.trim());
        let target = mapped.and_then(|mapped| mapped.target.clone());
        guesses.push(if mapped.is_some() { None } else { guess(options.kind, header) });
        columns.push(Column {
            header: (*header).to_owned(),
            target,
            mapped: mapped.is_some(),
            empty_clears: mapped
                .and_then(|mapped| mapped.empty_clears)
                .unwrap_or(options.empty_clears),
        });
    }
    for nth in 0..columns.len() {
        let Some(Some((target, rank))) = guesses.get(nth) else { continue };
        let surer = guesses.iter().enumerate().any(|(other, guess)| {
            guess
                .as_ref()
                .is_some_and(|(rival, rivals)| rival == target && (*rivals, other) < (*rank, nth))
        });
        let said = columns.iter().any(|column| column.target.as_ref() == Some(target));
        if (target.may_repeat() || !(surer || said))
            && let Some(column) = columns.get_mut(nth)
        {
            column.target = Some(target.clone());
        }
    }
    name_beside_first_name(options.kind, &mut columns);
    refuse_doubles(&columns)?;
    Ok(columns)
}

fn guess(kind: Kind, header: &str) -> Option<(Target, usize)> {
    let header = header.trim();
    if let Some(target) = Target::from_name(kind, header) {
        return Some((target, 0));
    }
    let (field, rank) = recognised(kind, header)?;
    Some((Target::from_name(kind, field)?, rank))
}

/// A column `Name` is the last name where another one is the first name; alone it may be both, and is left to people.
fn name_beside_first_name(kind: Kind, columns: &mut [Column]) {
    let has = |columns: &[Column], field| {
        columns.iter().any(|column| column.target == Some(Target::Own(field)))
    };
    if kind == Kind::Customers
        && has(columns, MergeField::Firstname)
        && !has(columns, MergeField::Lastname)
        && let Some(name) = columns
            .iter_mut()
            .find(|column| column.is_unknown() && column.header.trim().eq_ignore_ascii_case("name"))
    {
        name.target = Some(Target::Own(MergeField::Lastname));
    }
}

fn refuse_doubles(columns: &[Column]) -> Result<(), NoColumns> {
    for (nth, column) in columns.iter().enumerate() {
        let Some(target) = column.target.as_ref().filter(|target| !target.may_repeat()) else {
            continue;
        };
        let before = columns.iter().take(nth).find(|other| other.target.as_ref() == Some(target));
        if let Some(other) = before {
            return Err(NoColumns {
                header: column.header.clone(),
                message: format!(
                    "The columns \"{}\" and \"{}\" are both mapped to {}: map one of them to null.",
                    other.header,
                    column.header,
                    target.name()
                ),
            });
        }
    }
    Ok(())
}

/// What is missing for the rows of a file to say anything.
pub(super) fn missing(options: &Options, columns: &[Column]) -> Vec<String> {
    let has = |name: &str| {
        columns
            .iter()
            .filter_map(|column| column.target.as_ref())
            .any(|target| target.name() == name)
    };
    let mut missing = Vec::new();
    let mut need = |names: &[&str], what: &str| {
        if !names.iter().any(|name| has(name)) {
            let names = names.join(" or ");
            missing.push(format!("No column says {what}: map one to {names} (setting mapping)."));
        }
    };
    match options.kind {
        Kind::Customers => need(&["sourceId", "cards", "email"], "who a row is of"),
        Kind::Cards => {
            need(&["cards"], "the card numbers");
            need(&["sourceId", "loyaltyId", "email"], "whose a card is");
        }
        Kind::Balances => {
            need(&["customerId", "loyaltyId", "email", "phoneNumber"], "whose a balance is");
            need(&["amount"], "how many points or stamps there are");
            if options.loyalty_card.is_none() {
                need(&["loyaltyCard"], "on which card they are, nor does the setting loyaltyCard");
            }
        }
        Kind::Orders => {
            need(&["sourceId", "number"], "which order a row is of");
            need(&["completedAt"], "when it was");
            need(&["total"], "what it came to");
            if options.currency.is_none() {
                need(&["currency"], "the currency, nor does the setting currency");
            }
        }
        Kind::Products => {
            need(&["sourceId", "sku"], "which product a row is of");
            need(&["name"], "what it is called");
        }
    }
    missing
}

#[cfg(test)]
mod tests;
