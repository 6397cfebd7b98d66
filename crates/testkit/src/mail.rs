//! A mail server on loopback, and mails as a reader sees them.

use std::{
    fs,
    io::{self, BufRead as _, BufReader, Write as _},
    net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream},
    path::Path,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    thread,
    time::{Duration, Instant},
};

use mailin::{Action, AuthMechanism, Handler, Response, SessionBuilder, response};
use mailparse::{MailHeaderMap as _, ParsedMail};

/// How long a mail may take to arrive.
const PATIENCE: Duration = Duration::from_mins(1);
const POLL: Duration = Duration::from_millis(20);
/// How long a client may be silent.
const SILENCE: Duration = Duration::from_secs(30);

/// A mail, taken apart.
#[derive(Clone, Debug)]
pub struct Letter {
    /// All of it.
    pub raw: String,
    /// The address that it is for.
    pub to: String,
    /// What it is about.
    pub subject: String,
    /// The part that is plain text.
    pub text: String,
    /// The part that is a page.
    pub page: String,
}

impl Letter {
    /// Takes a mail apart that has a text and a page.
    ///
    /// # Panics
    /// Where it is none.
    #[track_caller]
    pub fn parse(raw: &[u8]) -> Self {
        let parsed = match mailparse::parse_mail(raw) {
            Ok(parsed) => parsed,
            Err(error) => panic!("not a mail: {error}"),
        };
        let header = |name: &str| parsed.headers.get_first_value(name).unwrap_or_default();
        Self {
            to: header("To"),
            subject: header("Subject"),
            text: part(&parsed, "text/plain"),
            page: part(&parsed, "text/html"),
            raw: String::from_utf8_lossy(raw).into_owned(),
        }
    }

    /// The one-time token in it: the 40 hexadecimal digits that the text has.
    ///
    /// # Panics
    /// Where it has none, or the page has another.
    #[track_caller]
    pub fn token(&self) -> String {
        let of = |text: &str| {
            let mut words = text.split(|c: char| !c.is_ascii_alphanumeric());
            words.find(|word| word.len() == 40).map(str::to_owned)
        };
        match (of(&self.text), of(&self.page)) {
            (Some(text), Some(page)) if text == page => text,
            _ => panic!("no token, or two: {}", self.raw),
        }
    }
}

fn part(mail: &ParsedMail<'_>, kind: &str) -> String {
    let found = mail.subparts.iter().find(|part| part.ctype.mimetype == kind);
    found.and_then(|part| part.get_body().ok()).unwrap_or_default()
}

/// The mails in a folder of `.eml` files for an address, oldest first; waits until there are so many.
///
/// # Panics
/// Where they do not come.
#[track_caller]
pub fn in_folder(folder: &Path, to: &str, count: usize) -> Vec<Letter> {
    waited_for(count, || {
        let entries = fs::read_dir(folder).into_iter().flatten().flatten();
        let mut files: Vec<_> = entries.map(|entry| entry.path()).collect();
        files.retain(|file| file.extension().is_some_and(|ending| ending == "eml"));
        files.sort();
        let letters = files.iter().filter_map(|file| fs::read(file).ok());
        letters.map(|raw| Letter::parse(&raw)).filter(|letter| letter.to == to).collect()
    })
}

#[track_caller]
fn waited_for(count: usize, look: impl Fn() -> Vec<Letter>) -> Vec<Letter> {
    let deadline = Instant::now() + PATIENCE;
    loop {
        let letters = look();
        if letters.len() >= count {
            return letters;
        }
        let came = letters.len();
        assert!(Instant::now() < deadline, "{came} mails came instead of {count}");
        thread::sleep(POLL);
    }
}

/// What the server was told, and what it is to say.
#[derive(Debug, Default)]
struct Desk {
    letters: Vec<Letter>,
    busy: u32,
    unknown: Vec<String>,
    /// The only login that it takes, if it wants one.
    login: Option<(String, String)>,
}

/// A mail server that keeps what it is given. It ends with the process.
#[derive(Clone, Debug)]
pub struct MailServer {
    address: SocketAddr,
    desk: Arc<Mutex<Desk>>,
}

impl MailServer {
    /// Starts one that takes mails from everybody.
    pub fn start() -> Self {
        Self::start_with(None)
    }

    /// Starts one that takes mails from whoever logs in so.
    pub fn start_for(user: &str, password: &str) -> Self {
        Self::start_with(Some((user.to_owned(), password.to_owned())))
    }

    fn start_with(login: Option<(String, String)>) -> Self {
        let bound = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))
            .and_then(|listener| Ok((listener.local_addr()?, listener)));
        let (address, listener) = match bound {
            Ok(bound) => bound,
            Err(error) => panic!("a free port: {error}"),
        };
        let server =
            Self { address, desk: Arc::new(Mutex::new(Desk { login, ..Desk::default() })) };
        let clerk = server.clone();
        thread::spawn(move || {
            for client in listener.incoming().flatten() {
                let clerk = clerk.clone();
                thread::spawn(move || drop(clerk.serve(&client)));
            }
        });
        server
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Has it be too busy for the next mails.
    pub fn be_busy(&self, mails: u32) {
        self.desk().busy = mails;
    }

    /// How many mails it is still too busy for.
    pub fn busy(&self) -> u32 {
        self.desk().busy
    }

    /// Has it know nobody of this address.
    pub fn forget(&self, address: &str) {
        self.desk().unknown.push(address.to_owned());
    }

    /// The mails for an address, in the order in which they came; waits until there are so many.
    ///
    /// # Panics
    /// Where they do not come.
    #[track_caller]
    pub fn letters(&self, to: &str, count: usize) -> Vec<Letter> {
        waited_for(count, || {
            let desk = self.desk();
            desk.letters.iter().filter(|letter| letter.to == to).cloned().collect()
        })
    }

    fn desk(&self) -> MutexGuard<'_, Desk> {
        self.desk.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Talks with one client.
    fn serve(&self, client: &TcpStream) -> io::Result<()> {
        client.set_read_timeout(Some(SILENCE))?;
        let mut builder = SessionBuilder::new("mail.test");
        let wants_login = self.desk().login.is_some();
        if wants_login {
            builder.insecure_enable_plaintext_auth().enable_auth(AuthMechanism::Plain);
        }
        let clerk = Clerk { desk: Arc::clone(&self.desk), known: !wants_login, bytes: Vec::new() };
        let mut session = builder.build(client.peer_addr()?.ip(), clerk);
        let (mut lines, mut out) = (BufReader::new(client), client);
        session.greeting().write_to(&mut out)?;
        out.flush()?;
        let mut line = Vec::new();
        while lines.read_until(b'\n', &mut line)? > 0 {
            let answer = session.process(&line);
            if answer.action != Action::NoReply {
                answer.write_to(&mut out)?;
                out.flush()?;
            }
            if answer.action == Action::Close {
                break;
            }
            line.clear();
        }
        Ok(())
    }
}

/// Who decides in one conversation.
struct Clerk {
    desk: Arc<Mutex<Desk>>,
    known: bool,
    bytes: Vec<u8>,
}

impl Clerk {
    fn desk(&self) -> MutexGuard<'_, Desk> {
        self.desk.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Handler for Clerk {
    fn auth_plain(&mut self, _for: &str, user: &str, password: &str) -> Response {
        let login = (user.to_owned(), password.to_owned());
        let known = self.desk().login.as_ref() == Some(&login);
        self.known = known;
        if self.known { response::AUTH_OK } else { response::INVALID_CREDENTIALS }
    }

    fn rcpt(&mut self, to: &str) -> Response {
        if !self.known {
            return response::AUTHENTICATION_REQUIRED;
        }
        let is_unknown = self.desk().unknown.iter().any(|address| address == to);
        if is_unknown { response::NO_MAILBOX } else { response::OK }
    }

    fn data_start(&mut self, _: &str, _: &str, _: bool, _: &[String]) -> Response {
        let mut desk = self.desk();
        if desk.busy > 0 {
            desk.busy -= 1;
            return response::NO_SERVICE;
        }
        drop(desk);
        self.bytes.clear();
        response::START_DATA
    }

    fn data(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.bytes.extend_from_slice(bytes);
        Ok(())
    }

    fn data_end(&mut self) -> Response {
        let letter = Letter::parse(&self.bytes);
        self.desk().letters.push(letter);
        response::OK
    }
}
