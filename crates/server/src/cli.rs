//! The command line: what can be asked of the program, and the help that explains it.

pub(crate) mod import;

use std::path::PathBuf;

use chrono::NaiveDate;
use clap::{Args, Parser, Subcommand};
use regulars_auth::erasure::Reason;

/// What `regulars` was asked to do.
#[derive(Debug, Parser)]
#[command(
    name = "regulars",
    version,
    about = "A customer and loyalty service: consumers, offers, loyalty cards, orders and points over GraphQL",
    long_about = "Regulars keeps a merchant's customers and what they earn and redeem, and serves it all over GraphQL.\n\n\
                  Out of the box it needs nothing but a directory to write to: data lives in one SQLite file there. Give it \
                  a PostgreSQL address instead to run many servers over one database.",
    after_long_help = EXAMPLES,
    arg_required_else_help = true,
    disable_help_subcommand = true,
    propagate_version = true
)]
pub(crate) struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub(crate) command: Command,
}

const EXAMPLES: &str = "\
Examples:
  Try it: a demo world on http://127.0.0.1:8080/graphql, with logins to use and a request to paste
      regulars serve --demo

  Run it for real on SQLite, reachable from other machines
      regulars serve --listen 0.0.0.0:8080 --data-dir /var/lib/regulars

  Run it on PostgreSQL: make keys once, migrate once, then start as many servers as you like
      regulars keys --out keys.toml    # the [keys] section of a configuration file; keep it secret
      regulars migrate --config keys.toml --database-url postgres://regulars@db/regulars
      regulars serve   --config keys.toml --database-url postgres://regulars@db/regulars

  Make the first account of the platform's own people, with the settings that the server has
      regulars user create --email you@example.com --admin --data-dir /var/lib/regulars

  Fill an empty database with a world of a stated size
      regulars demo --consumers 200000 --orders 1000000 --data-dir bench

Configuration:
  Every setting has a default and can be given in a TOML file (--config), in the environment and,
  for the most used, as a flag; later ones win, in that order. `request_timeout` in the section
  [http] of the file is REGULARS_HTTP_REQUEST_TIMEOUT in the environment. `regulars config` prints
  the reference: every setting with its meaning, what is allowed, and its default.";

/// The commands.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Serve the GraphQL API until stopped
    #[command(long_about = "Serve the GraphQL API at /graphql until stopped.\n\n\
        SIGTERM or SIGINT (Ctrl-C) ends it gracefully: no new requests, those under way are finished; a second one ends it \
        at once. A SQLite database is brought up to date first; PostgreSQL only with --migrate or --demo.")]
    Serve(Serve),
    /// Create the database, or bring it up to date with this version
    #[command(
        long_about = "Create the database's tables, or bring them up to date with this version of the \
        program.\n\nSafe to run again, and by several machines at once: one does the work, the others wait for it. A database \
        of a newer version than the program is left alone and refused."
    )]
    Migrate(Sources),
    /// Fill an empty database with a made-up world
    #[command(
        long_about = "Fill an empty database with a made-up world: merchants with stores, staff, customers, \
        orders, offers, loyalty cards, points and redemptions.\n\nThe same sizes, seed and day make the same world every \
        time, but for the hash of its password. A database that holds merchants or customers already is refused. Everyone's password is `regulars-demo`; owners are \
        merchant@example.com, merchant2@example.com and so on.",
        after_long_help = "Examples:\n  regulars demo\n  regulars demo --consumers 200000 --orders 1000000 --merchants 3 --data-dir bench"
    )]
    Demo(Demo),
    /// Print the schema of the GraphQL API (SDL)
    Schema,
    /// Print the reference of all settings, with their defaults (TOML)
    Config,
    /// Print new secret keys, ready to be put into a configuration file
    #[command(
        long_about = "Print a new [keys] section for a configuration file, or write it to a file of its own (--out) \
        that only its owner can read.\n\n\
        On SQLite, or with --demo, such keys are made in the data directory at the first start. PostgreSQL, and mode = \
        \"production\", want them configured, the same on every server: losing the pepper makes every password useless, \
        losing the signing key ends every session, losing the encryption key the connections to outside systems.\n\n\
        To add or rotate one key, take its line alone: the section [keys] of `regulars config` says how."
    )]
    Keys(Keys),
    /// Look after the accounts of the platform's own people
    User(User),
    /// Answer what people may demand of those who keep their data
    Consumer(Consumer),
    /// Look after the books of points and stamps
    Ledger(Ledger),
    /// Import customers, cards, balances, orders or products from a file
    #[command(
        long_about = "Import customers, card numbers, balances of an older system, orders or products from a file of CSV or JSON \
        Lines.\n\nColumns are recognised by their headers, in English and German; --preview shows how, and --map says what a column means \
        that is not. Start with --dry-run: it goes through all of the file and says what would be created, changed, linked and refused.\n\n\
        Importing the same file again changes nothing, and a stopped import goes on where it was. Rows that are refused are written into a \
        file beside it, with what is wrong with them, to be corrected and imported by themselves.\n\nWorks beside a running server and without one.",
        after_long_help = "Examples:\n  regulars import customers customers.csv --preview\n  \
        regulars import customers customers.csv --dry-run --data-dir /var/lib/regulars\n  \
        regulars import customers customers.csv --map 'Shoe size=extraInfo.shoeSize' --country DE\n  \
        regulars import balances balances.csv --loyalty-card Coffee --merchant 1 --config /etc/regulars/regulars.toml"
    )]
    Import(Box<import::Import>),
}

/// Where data and settings come from; every command that touches data takes these.
#[derive(Debug, Clone, Default, Args)]
pub(crate) struct Sources {
    /// Read settings from this TOML file (see `regulars config`)
    #[arg(long, value_name = "FILE", env = "REGULARS_CONFIG", hide_env_values = true)]
    pub(crate) config: Option<PathBuf>,
    /// Keep data and keys in this directory [default: data]
    #[arg(long, value_name = "DIR")]
    pub(crate) data_dir: Option<PathBuf>,
    /// Use this database [default: the file regulars.db in the data directory]
    ///
    /// `sqlite:<path>` or `sqlite://<path>` (three slashes before an absolute path), or
    /// `postgres://user:password@host:port/database`. A password on a command line is seen by others on the machine:
    /// `REGULARS_DATABASE_URL` keeps it to yourself.
    #[arg(long, value_name = "URL")]
    pub(crate) database_url: Option<String>,
}

/// `regulars serve`.
#[derive(Debug, Args)]
pub(crate) struct Serve {
    /// Migrate, fill an empty database with a small demo world, and print logins to try it with
    #[arg(long)]
    pub(crate) demo: bool,
    /// Listen on this address and port [default: 127.0.0.1:8080]
    #[arg(long, value_name = "ADDRESS")]
    pub(crate) listen: Option<String>,
    /// Create the database or bring it up to date first (SQLite's default file always is)
    #[arg(long)]
    pub(crate) migrate: bool,
    #[command(flatten)]
    pub(crate) sources: Sources,
}

/// `regulars keys`.
#[derive(Debug, Args)]
pub(crate) struct Keys {
    /// Write them to this new file, which only its owner can read, and print nothing
    #[arg(long, value_name = "FILE")]
    pub(crate) out: Option<PathBuf>,
}

/// `regulars demo`.
#[derive(Debug, Args)]
pub(crate) struct Demo {
    #[command(flatten)]
    pub(crate) size: WorldSize,
    #[command(flatten)]
    pub(crate) sources: Sources,
}

/// How large a made-up world is.
#[derive(Clone, Debug, Args)]
pub(crate) struct WorldSize {
    /// Customers, over all merchants: 300 to 20,000,000
    #[arg(long, value_name = "N", default_value_t = 400, value_parser = clap::value_parser!(u32).range(300..=20_000_000))]
    pub(crate) consumers: u32,
    /// Orders, over all merchants: at most 100,000,000
    #[arg(long, value_name = "N", default_value_t = 1_500, value_parser = clap::value_parser!(u32).range(0..=100_000_000))]
    pub(crate) orders: u32,
    /// Merchants, 2 to 50; the first owns most of the customers
    #[arg(long, value_name = "N", default_value_t = 2, value_parser = clap::value_parser!(u32).range(2..=50))]
    pub(crate) merchants: u32,
    /// Make another world of the same size
    #[arg(long, value_name = "N", default_value_t = 1)]
    pub(crate) seed: u64,
    /// The day on which the world's history ends, as in 2026-11-30; 2000 to 2099 [default: today in UTC]
    #[arg(long, value_name = "DATE", value_parser = day)]
    pub(crate) today: Option<NaiveDate>,
}

/// A day that a world can have its present on: its people were born, and its offers end, some years from there.
fn day(text: &str) -> Result<NaiveDate, String> {
    let day = text.parse().map_err(|_form| "expected a date, as in 2026-11-30".to_owned())?;
    let within = NaiveDate::from_ymd_opt(2000, 1, 1)..=NaiveDate::from_ymd_opt(2099, 12, 31);
    if within.contains(&Some(day)) {
        Ok(day)
    } else {
        Err("expected a day of this century".to_owned())
    }
}

impl Default for WorldSize {
    /// What `serve --demo` makes.
    fn default() -> Self {
        Self { consumers: 400, orders: 1_500, merchants: 2, seed: 1, today: None }
    }
}

/// `regulars user`.
#[derive(Debug, Args)]
pub(crate) struct User {
    /// What to do with accounts.
    #[command(subcommand)]
    pub(crate) command: UserCommand,
}

/// The commands of `regulars user`.
#[derive(Debug, Subcommand)]
pub(crate) enum UserCommand {
    /// Create an account for one of the platform's own people
    #[command(
        long_about = "Create an account for one of the platform's own people, in the database and with the keys of a server \
        that has been started before: give the same --config, --data-dir and --database-url, and the same REGULARS_… \
        variables. Neither a database nor keys are made here.\n\nThe password is asked for twice at the terminal, without showing it; scripts use --password-stdin or --generate-password. Merchants and consumers sign up \
        through the API (`register`).",
        after_long_help = "Examples:\n  regulars user create --email you@example.com --admin --data-dir /var/lib/regulars\n  \
        regulars user create --email you@example.com --admin --config /etc/regulars/regulars.toml\n  \
        pass show regulars | regulars user create --email you@example.com --admin --password-stdin"
    )]
    Create(UserCreate),
}

/// `regulars user create`.
#[derive(Debug, Args)]
pub(crate) struct UserCreate {
    /// The address to log in with
    #[arg(long, value_name = "ADDRESS")]
    pub(crate) email: String,
    /// One of the platform's own people, who see every account and belong to no merchant: the only kind of account made
    /// here, and so the default
    #[arg(long)]
    pub(crate) admin: bool,
    /// First name
    #[arg(long, value_name = "NAME", default_value = "Platform")]
    pub(crate) firstname: String,
    /// Last name
    #[arg(long, value_name = "NAME", default_value = "Admin")]
    pub(crate) lastname: String,
    /// Read the password from the first line of standard input
    #[arg(long, conflicts_with = "generate_password")]
    pub(crate) password_stdin: bool,
    /// Make a password and print it, once
    #[arg(long)]
    pub(crate) generate_password: bool,
    #[command(flatten)]
    pub(crate) sources: Sources,
}

/// `regulars ledger`.
#[derive(Debug, Args)]
pub(crate) struct Ledger {
    /// What to do.
    #[command(subcommand)]
    pub(crate) command: LedgerCommand,
}

/// The commands of `regulars ledger`.
#[derive(Debug, Subcommand)]
pub(crate) enum LedgerCommand {
    /// Prove that the books of points and stamps add up
    #[command(
        long_about = "Prove that the books of points and stamps add up: replay every account's entries over its lots, compare what \
        comes out with what is kept, recompute the chain of hashes of each account and of each merchant's seals, and look for rows \
        that belong to nothing. Says which customer is off by what, and ends with exit code 1 if anything is; changes nothing.\n\n\
        Works beside a running server and without one. With --as-of it proves what was written until then, and sums up what was \
        held and owed at that moment.",
        after_long_help = "Examples:\n  regulars ledger verify --data-dir /var/lib/regulars\n  \
        regulars ledger verify --merchant 1 --as-of 2026-01-01T00:00:00Z --config /etc/regulars/regulars.toml"
    )]
    Verify(LedgerVerify),
}

/// `regulars ledger verify`.
#[derive(Debug, Args)]
pub(crate) struct LedgerVerify {
    /// Look at what was written until this instant (RFC 3339) [default: everything]
    #[arg(long, value_name = "INSTANT")]
    pub(crate) as_of: Option<chrono::DateTime<chrono::Utc>>,
    /// Only this merchant's books, by its number
    #[arg(long, value_name = "ID", value_parser = clap::value_parser!(i64).range(1..))]
    pub(crate) merchant: Option<i64>,
    #[command(flatten)]
    pub(crate) sources: Sources,
}

/// `regulars consumer`.
#[derive(Debug, Args)]
pub(crate) struct Consumer {
    /// What to do.
    #[command(subcommand)]
    pub(crate) command: ConsumerCommand,
}

/// The commands of `regulars consumer`.
#[derive(Debug, Subcommand)]
pub(crate) enum ConsumerCommand {
    /// Write everything that is known of a person into a file (JSON)
    #[command(
        long_about = "Write everything that is known of a consumer into a new file of JSON that only its owner can read: the \
        account, memberships, decisions about being contacted, orders, points, redemptions, log-ins, mails, and the audit log as \
        far as it is about them or of their doing. Passwords, tokens and who else acted are not in it.\n\nWorks beside a running server and without one. That it was done is written \
        down in the audit log. The keys of the document are those of `exportConsumer` in the API; nothing is cut off.",
        after_long_help = "Examples:\n  regulars consumer export 177 --out 177.json --data-dir /var/lib/regulars\n  \
        regulars consumer export 177 --merchant 1 --out 177.json --config /etc/regulars/regulars.toml"
    )]
    Export(ConsumerExport),
    /// Erase a person: what tells of them goes, the books stay
    #[command(
        long_about = "Erase a person, as the mutation eraseConsumer does: what tells of them goes from the account and from what \
        merchants have of them, from orders, mails, log-ins, the audit log and recorded requests, at once and for good. The \
        books stay under a number: ledger entries, orders with amounts, lines and dates, redemptions, visits.\n\n\
        Without --merchant it is a consumer's account and every membership of it; with --merchant what that merchant has of \
        them: a customer whom it keeps as a whole, of one with an account all but the account. People who work for a merchant are \
        dismissed first.\n\nWorks beside running servers and without them. It ends once nothing is left in SQLite's \
        free places and in the mail folder either; of PostgreSQL, VACUUM, archived logs and backups of either database are yours. Start \
        with --dry-run.",
        after_long_help = "Examples:\n  regulars consumer erase 178 --merchant 1 --dry-run --data-dir /var/lib/regulars\n  \
        regulars consumer erase 178 --merchant 1 --yes --data-dir /var/lib/regulars\n  \
        regulars consumer erase 177 --merchant 1 --yes --reason not-needed --config /etc/regulars/regulars.toml"
    )]
    Erase(ConsumerErase),
}

/// `regulars consumer export`.
#[derive(Debug, Args)]
pub(crate) struct ConsumerExport {
    /// The consumer's number (`pk` in the API)
    #[arg(value_name = "ID", value_parser = clap::value_parser!(i64).range(1..))]
    pub(crate) id: i64,
    /// Only what this merchant has of them, by its number
    #[arg(long, value_name = "MERCHANT", value_parser = clap::value_parser!(i64).range(1..))]
    pub(crate) merchant: Option<i64>,
    /// Write into this new file
    #[arg(long, value_name = "FILE")]
    pub(crate) out: PathBuf,
    #[command(flatten)]
    pub(crate) sources: Sources,
}

/// `regulars consumer erase`.
#[derive(Debug, Args)]
pub(crate) struct ConsumerErase {
    /// The number of the person (`pk`)
    #[arg(value_name = "ID", value_parser = clap::value_parser!(i64).range(1..))]
    pub(crate) id: i64,
    /// Erase what this merchant has of them, by its number
    #[arg(long, value_name = "ID", value_parser = clap::value_parser!(i64).range(1..))]
    pub(crate) merchant: Option<i64>,
    /// Say what would go, and erase nobody
    #[arg(long, conflicts_with = "yes")]
    pub(crate) dry_run: bool,
    /// Erase them for good
    #[arg(long)]
    pub(crate) yes: bool,
    /// Why, for the receipt
    #[arg(long, value_enum, default_value_t = ErasureReason::Request)]
    pub(crate) reason: ErasureReason,
    #[command(flatten)]
    pub(crate) sources: Sources,
}

/// Why somebody is erased.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum ErasureReason {
    /// The person asked for it
    Request,
    /// The person withdrew their consent
    ConsentWithdrawn,
    /// What is known of them is not needed any more
    NotNeeded,
    /// They should never have been kept, or the law says so
    Unlawful,
}

impl ErasureReason {
    pub(crate) const fn to_domain(self) -> Reason {
        match self {
            Self::Request => Reason::Request,
            Self::ConsentWithdrawn => Reason::ConsentWithdrawn,
            Self::NotNeeded => Reason::NotNeeded,
            Self::Unlawful => Reason::Unlawful,
        }
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn every_command_and_every_flag_is_explained() {
        fn explained(command: &clap::Command) {
            assert!(command.get_about().is_some(), "{}", command.get_name());
            for argument in command.get_arguments() {
                assert!(
                    argument.get_help().is_some(),
                    "{} {}",
                    command.get_name(),
                    argument.get_id()
                );
            }
            command.get_subcommands().for_each(explained);
        }
        explained(&Cli::command());
    }

    #[test]
    fn serve_makes_the_world_that_demo_makes_by_default() {
        let Command::Demo(demo) = Cli::parse_from(["regulars", "demo"]).command else { panic!() };
        let WorldSize { consumers, orders, merchants, seed, today } = WorldSize::default();
        let size = demo.size;
        assert_eq!(
            (size.consumers, size.orders, size.merchants, size.seed, size.today),
            (consumers, orders, merchants, seed, today)
        );
    }

    #[test]
    fn what_makes_no_sense_is_refused() {
        for line in [
            "regulars serve --listen",
            "regulars demo --consumers 10",
            "regulars demo --orders -1",
            "regulars demo --merchants 1",
            "regulars demo --today yesterday",
            "regulars demo --today 2026-02-30",
            "regulars demo --today 1776-07-04",
            "regulars user create",
            "regulars user create --email a@example.com --password-stdin --generate-password",
            "regulars consumer export --out a.json",
            "regulars consumer export 0 --out a.json",
            "regulars consumer export 177",
            "regulars consumer erase",
            "regulars consumer erase 0 --yes",
            "regulars consumer erase 7 --yes --dry-run",
            "regulars surve",
        ] {
            assert!(Cli::try_parse_from(line.split(' ')).is_err(), "{line}");
        }
    }

    #[test]
    fn the_commands_of_the_help_are_understood() {
        for line in EXAMPLES.lines().map(str::trim).filter(|line| line.starts_with("regulars ")) {
            let words = line.split(['#', '>']).next().unwrap().split_whitespace();
            Cli::try_parse_from(words).unwrap_or_else(|error| panic!("{line}\n{error}"));
        }
    }
}
