//! `[mail]`: how mails leave the house, and where the links in them lead.

use std::{
    fmt,
    path::{Path, PathBuf},
    time::Duration,
};

use lettre::message::Mailbox;
use regulars_auth::mail::MailKind;
use serde::Deserialize;

use super::check::{Check, Section, seconds};

/// Where a link's token goes.
pub(crate) const TOKEN: &str = "{token}";

/// The section `[mail]`.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Mail {
    pub(crate) transport: Transport,
    pub(crate) folder: PathBuf,
    pub(crate) from: String,
    pub(crate) smtp_host: String,
    pub(crate) smtp_port: u16,
    pub(crate) smtp_security: Security,
    pub(crate) smtp_user: String,
    pub(crate) smtp_password: Secret,
    #[serde(with = "humantime_serde")]
    pub(crate) smtp_timeout: Duration,
    pub(crate) activation_link: String,
    pub(crate) invitation_link: String,
    pub(crate) password_reset_link: String,
    pub(crate) secondary_email_link: String,
}

/// How mails leave the house.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Transport {
    /// Each is written into a file.
    Folder,
    /// A mail server takes them.
    Smtp,
    /// They wait for another process.
    Off,
}

/// How a mail server is spoken to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Security {
    /// TLS from a plain beginning, which is refused where the server offers none.
    Starttls,
    /// TLS from the first byte.
    Tls,
    /// Readable by everybody on the way.
    None,
}

/// A text that must not be printed.
#[derive(Clone, Default, Deserialize)]
pub(crate) struct Secret(String);

impl Secret {
    /// The text, for the one place that needs it.
    pub(crate) fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

impl Mail {
    /// The folder for mails, by the directory for everything else.
    pub(crate) fn folder(&self, data_dir: &Path) -> PathBuf {
        if self.folder.as_os_str().is_empty() { data_dir.join("mail") } else { self.folder.clone() }
    }

    /// The address that a kind of mail leads to; empty for none.
    pub(crate) fn link(&self, kind: MailKind) -> &str {
        match kind {
            MailKind::Activation => &self.activation_link,
            MailKind::Invitation => &self.invitation_link,
            MailKind::PasswordReset => &self.password_reset_link,
            MailKind::SecondaryEmail => &self.secondary_email_link,
        }
    }

    /// Who mails are from.
    pub(crate) fn sender(&self) -> Option<Mailbox> {
        self.from.parse().ok()
    }
}

impl Section for Mail {
    const NAME: &'static str = "mail";
    const SECRET: &'static [&'static str] = &["smtp_password"];

    fn check(&self, check: &mut Check) {
        let smtp = self.transport == Transport::Smtp;
        check.rule("transport", "\"folder\", \"smtp\" or \"off\"", true);
        check.rule("folder", "a directory, or empty for mail in the data directory", true);
        check.rule(
            "from",
            "an address, also with a name, as in Shop <shop@example.com>",
            self.sender().is_some(),
        );
        check.rule(
            "smtp_host",
            "a host name or an IP address; needed where transport is \"smtp\"",
            is_host(&self.smtp_host) || (self.smtp_host.is_empty() && !smtp),
        );
        check.number("smtp_port", self.smtp_port, 1..=u16::MAX);
        check.rule("smtp_security", "\"starttls\", \"tls\" or \"none\"", true);
        check.rule(
            "smtp_user",
            "a name, or empty for no login; goes with smtp_password",
            self.smtp_user.is_empty() == self.smtp_password.expose().is_empty(),
        );
        check.rule("smtp_password", "a text, or empty for no login; goes with smtp_user", true);
        check.time("smtp_timeout", self.smtp_timeout, seconds(1)..=seconds(60));
        for (setting, link) in [
            ("activation_link", &self.activation_link),
            ("invitation_link", &self.invitation_link),
            ("password_reset_link", &self.password_reset_link),
            ("secondary_email_link", &self.secondary_email_link),
        ] {
            let allowed = "an http or https address with {token} in it, or empty for none";
            check.rule(setting, allowed, is_link(link));
        }
    }
}

fn is_host(text: &str) -> bool {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-._:[]".contains(c);
    !text.is_empty() && text.chars().all(plain)
}

fn is_link(text: &str) -> bool {
    let rest = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"));
    let plain = |c: char| c.is_ascii_graphic() && !"\"<>\\^`|".contains(c);
    text.is_empty()
        || rest.is_some_and(|rest| {
            !rest.starts_with(['/', '?', '#', '{'])
                && !rest.is_empty()
                && rest.chars().all(plain)
                && rest.matches(TOKEN).count() == 1
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_is_an_address_with_a_place_for_the_token() {
        for link in ["", "https://shop.example/verify?token={token}", "http://[::1]:3000/#/{token}"]
        {
            assert!(is_link(link), "{link}");
        }
        for link in [
            "https://shop.example/verify",
            "https://{token}",
            "https://",
            "shop.example/{token}",
            "javascript:alert({token})",
            "https://shop.example/{token}\r\nBcc: x",
            "https://shop.example/\"{token}",
            "https://shop.example/{token}/{token}",
        ] {
            assert!(!is_link(link), "{link}");
        }
    }
}
