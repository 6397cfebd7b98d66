//! The ways out of the house.

use std::{
    fs::OpenOptions,
    io::{self, Write as _},
    os::unix::fs::OpenOptionsExt as _,
    path::{Path, PathBuf},
    time::Duration,
};

use lettre::{
    Message, SmtpTransport, Transport as _,
    transport::smtp::{
        authentication::Credentials,
        client::{Tls, TlsParameters},
    },
};
use regulars_auth::mail::delivery::{DueMail, Outcome};

use crate::{
    config::{self, MailTransport, Security},
    data_dir,
};

/// A mail holds a token: for the owner alone.
const OWNER_ONLY: u32 = 0o600;
/// Steps of a conversation with a mail server that may each take as long as allowed: connecting, greeting, TLS, login,
/// sender, recipient, message, and its acceptance.
const STEPS: u32 = 10;

/// Where mails go.
pub(crate) enum Transport {
    /// Into a folder, each as a file.
    Folder(PathBuf),
    /// To a mail server.
    Smtp {
        /// How it is spoken to.
        server: Box<SmtpTransport>,
        /// How long one step of the conversation may take.
        timeout: Duration,
    },
}

/// Why there is no way out.
#[derive(Debug, thiserror::Error)]
pub(crate) enum TransportFault {
    /// The folder cannot be made.
    #[error("the folder for mails {} cannot be made: {source}", path.display())]
    Folder {
        /// The folder.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
    /// There is no TLS to be had.
    #[error("mails cannot be sent by TLS: {0}")]
    Tls(#[from] lettre::transport::smtp::Error),
}

impl Transport {
    /// The way that the settings name; none where another process sends.
    pub(crate) fn of(mail: &config::Mail, data_dir: &Path) -> Result<Option<Self>, TransportFault> {
        match mail.transport {
            MailTransport::Off => Ok(None),
            MailTransport::Folder => {
                let path = mail.folder(data_dir);
                match data_dir::make(&path) {
                    Ok(()) => Ok(Some(Self::Folder(path))),
                    Err(source) => Err(TransportFault::Folder { path, source }),
                }
            }
            MailTransport::Smtp => {
                let server = Box::new(server(mail)?);
                Ok(Some(Self::Smtp { server, timeout: mail.smtp_timeout }))
            }
        }
    }

    /// How long one mail may take.
    pub(crate) const fn longest(&self) -> Duration {
        match self {
            Self::Folder(_) => Duration::from_secs(1),
            Self::Smtp { timeout, .. } => timeout.saturating_mul(STEPS),
        }
    }

    /// Sends a mail. What went wrong is told without the mail, which holds a token.
    pub(crate) fn send(&self, mail: &DueMail, message: &Message) -> Outcome {
        let (id, kind) = (mail.id.get(), mail.kind.word());
        match self {
            Self::Folder(folder) => match write(folder, mail, &message.formatted()) {
                Ok(()) => Outcome::Sent,
                Err(error) => {
                    tracing::warn!(mail = id, kind, %error, "a mail was not written into the folder");
                    Outcome::Undelivered
                }
            },
            Self::Smtp { server, .. } => match server.send(message) {
                Ok(_response) => Outcome::Sent,
                Err(error) => {
                    let code = error.status().map(u16::from);
                    tracing::warn!(mail = id, kind, code, "a mail server did not take a mail");
                    outcome(code)
                }
            },
        }
    }
}

/// What an answer of a mail server means: there is no such mailbox, or something that may pass. A login that is refused is a
/// setting that may be mended.
const fn outcome(code: Option<u16>) -> Outcome {
    match code {
        Some(550 | 551 | 553) => Outcome::Refused,
        _ => Outcome::Undelivered,
    }
}

fn server(mail: &config::Mail) -> Result<SmtpTransport, TransportFault> {
    let host = mail.smtp_host.trim_start_matches('[').trim_end_matches(']');
    let tls = match mail.smtp_security {
        Security::None => Tls::None,
        Security::Starttls => Tls::Required(TlsParameters::new(host.to_owned())?),
        Security::Tls => Tls::Wrapper(TlsParameters::new(host.to_owned())?),
    };
    let mut builder = SmtpTransport::builder_dangerous(host)
        .port(mail.smtp_port)
        .tls(tls)
        .timeout(Some(mail.smtp_timeout));
    if !mail.smtp_user.is_empty() {
        let password = mail.smtp_password.expose().to_owned();
        builder = builder.credentials(Credentials::new(mail.smtp_user.clone(), password));
    }
    Ok(builder.build())
}

/// Writes a mail as a file, whole or not at all: whoever looks into the folder finds no half ones.
fn write(folder: &Path, mail: &DueMail, bytes: &[u8]) -> io::Result<()> {
    let name = format!("{:08}-{}.eml", mail.id.get(), mail.kind.word());
    let draft = folder.join(format!(".{name}.draft"));
    let mut options = OpenOptions::new();
    let mut file = options.write(true).create(true).truncate(true).mode(OWNER_ONLY).open(&draft)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    std::fs::rename(draft, folder.join(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_mailbox_that_is_not_there_is_final() {
        for (code, expected) in [
            (Some(550), Outcome::Refused),
            (Some(553), Outcome::Refused),
            (Some(535), Outcome::Undelivered),
            (Some(552), Outcome::Undelivered),
            (Some(421), Outcome::Undelivered),
            (None, Outcome::Undelivered),
        ] {
            assert_eq!(outcome(code), expected, "{code:?}");
        }
    }
}
