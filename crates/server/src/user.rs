//! `regulars user create`: the first account of the platform's own people, which no mutation makes.

use std::{
    io::{self, BufRead as _, IsTerminal as _},
    time::{Duration, Instant},
};

use regulars_auth::{AuditStore as _, AuthError, Authority, Password, audit::Image, register};
use regulars_customer::{CustomerStore as _, input::AccountFields};
use regulars_kernel::{Clock as _, Scope, SystemClock, Violations};
use regulars_persistence::Db;

use crate::{audit::by_command, cli::UserCreate, console::say};

/// Letters and digits that cannot be taken for one another.
const ALPHABET: &[u8; 32] = b"abcdefghijkmnpqrstuvwxyz23456789";
const GENERATED_LENGTH: usize = 24;
const HASHING: Duration = Duration::from_mins(1);

/// Why there is no new account.
#[derive(Debug, thiserror::Error)]
pub(crate) enum UserError {
    /// Something about it is refused.
    #[error("{}", listed(.0))]
    Refused(Violations),
    /// The two passwords differ.
    #[error("the two passwords are not the same")]
    Mismatch,
    /// No password came.
    #[error(
        "no password was given: run this at a terminal, or with --password-stdin or --generate-password"
    )]
    NoPassword,
    /// The terminal or standard input failed.
    #[error("the password cannot be read: {0}")]
    Terminal(#[from] io::Error),
    /// The machine has no randomness.
    #[error("this machine gives no random numbers: {0}")]
    Randomness(getrandom::Error),
    /// Anything else.
    #[error(transparent)]
    Auth(AuthError),
}

impl From<AuthError> for UserError {
    fn from(error: AuthError) -> Self {
        match error {
            AuthError::Invalid(violations) => Self::Refused(violations),
            other => Self::Auth(other),
        }
    }
}

/// Makes the account; `place` says in which database.
pub(crate) fn create(
    db: &Db,
    place: &str,
    authority: Authority,
    wanted: &UserCreate,
) -> Result<(), UserError> {
    let clock = SystemClock;
    let (password, generated) = password(wanted)?;
    let fields = AccountFields {
        email: wanted.email.clone(),
        firstname: wanted.firstname.clone(),
        lastname: wanted.lastname.clone(),
        ..AccountFields::default()
    };
    let draft = register::draft_admin(&fields, &Password::new(password), clock.now());
    let accepted = db.read(Scope::Platform, |tx| register::review(tx, &draft))?;
    let prepared =
        register::prepare(&authority, accepted, &mut rand::rng(), Instant::now() + HASHING)?;
    let now = clock.now();
    let person = db.write(Scope::Platform, None, move |tx| {
        let person = register::create(tx, &authority, &prepared, now)?;
        let account = tx.people(&[person])?.pop();
        let account = account.as_ref().map(Image::of_account).unwrap_or_default();
        let changes = Image::default().changes_to(&account);
        tx.append_audit(&[by_command("user create", None, person, changes, now)])?;
        Ok::<_, AuthError>(person)
    })?;
    say(&format!("Created platform admin {} (account {person}) in {place}.", wanted.email));
    if let Some(password) = generated {
        say(&format!("Password: {password}\nIt is not shown again."));
    }
    Ok(())
}

/// The password, and again where it was made here and has to be told.
fn password(wanted: &UserCreate) -> Result<(String, Option<String>), UserError> {
    if wanted.generate_password {
        let password = generate()?;
        return Ok((password.clone(), Some(password)));
    }
    if wanted.password_stdin {
        let mut line = String::new();
        io::stdin().lock().read_line(&mut line)?;
        let password = line.trim_end_matches(['\r', '\n']).to_owned();
        return if password.is_empty() { Err(UserError::NoPassword) } else { Ok((password, None)) };
    }
    if !io::stdin().is_terminal() {
        return Err(UserError::NoPassword);
    }
    let first = rpassword::prompt_password("Password: ")?;
    let second = rpassword::prompt_password("Password again: ")?;
    if first == second { Ok((first, None)) } else { Err(UserError::Mismatch) }
}

fn generate() -> Result<String, UserError> {
    let mut bytes = [0; GENERATED_LENGTH];
    getrandom::fill(&mut bytes).map_err(UserError::Randomness)?;
    // Thirty-two letters divide a byte evenly: each is as likely as any other.
    let letters = bytes.iter().filter_map(|byte| ALPHABET.get(usize::from(byte % 32)));
    Ok(letters.copied().map(char::from).collect())
}

fn listed(violations: &Violations) -> String {
    let mut lines = vec!["the account was not created:".to_owned()];
    lines.extend(violations.iter().map(|violation| {
        // The arguments of the API that the password is judged under are not what was typed here.
        let field = violation.field.map_or("account", |field| field.trim_end_matches(['1', '2']));
        format!("    {field}: {}", violation.rule)
    }));
    lines.join("\n")
}
