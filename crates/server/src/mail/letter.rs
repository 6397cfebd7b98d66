//! What a mail says: a text and a page from the templates beside the code.

use std::time::{Duration, UNIX_EPOCH};

use lettre::{
    Address, Message,
    address::AddressError,
    message::{Mailbox, MultiPart, header},
};
use minijinja::{Environment, context};
use regulars_auth::mail::{MailKind, MailToken, delivery::DueMail};
use regulars_kernel::Timestamp;

use crate::config::{self, TOKEN};

/// The templates: the name's ending says whether what is filled in is escaped.
const TEMPLATES: [(&str, &str); 10] = [
    ("layout.html", include_str!("../../templates/mail/layout.html")),
    ("layout.txt", include_str!("../../templates/mail/layout.txt")),
    ("activation.html", include_str!("../../templates/mail/activation.html")),
    ("activation.txt", include_str!("../../templates/mail/activation.txt")),
    ("invitation.html", include_str!("../../templates/mail/invitation.html")),
    ("invitation.txt", include_str!("../../templates/mail/invitation.txt")),
    ("password_reset.html", include_str!("../../templates/mail/password_reset.html")),
    ("password_reset.txt", include_str!("../../templates/mail/password_reset.txt")),
    ("secondary_email.html", include_str!("../../templates/mail/secondary_email.html")),
    ("secondary_email.txt", include_str!("../../templates/mail/secondary_email.txt")),
];

/// Why a mail cannot be written.
#[derive(Debug, thiserror::Error)]
pub(crate) enum LetterFault {
    /// A template is broken.
    #[error("a template is broken: {0}")]
    Template(#[from] minijinja::Error),
    /// The address is one that mail servers do not take.
    #[error("the address is none for a mail server: {0}")]
    Address(#[from] AddressError),
    /// The parts do not make a message.
    #[error(transparent)]
    Message(#[from] lettre::error::Error),
}

/// Writes mails.
pub(crate) struct Letters {
    templates: Environment<'static>,
    sender: Mailbox,
    mail: config::Mail,
}

impl Letters {
    /// Reads the templates. The sender was checked with the settings.
    pub(crate) fn new(mail: config::Mail, sender: Mailbox) -> Result<Self, LetterFault> {
        let mut templates = Environment::new();
        for (name, source) in TEMPLATES {
            templates.add_template(name, source)?;
        }
        Ok(Self { templates, sender, mail })
    }

    /// Writes one. Nothing that anybody typed but the address gets into its head.
    pub(crate) fn write(
        &self,
        mail: &DueMail,
        token: &MailToken,
        now: Timestamp,
    ) -> Result<Message, LetterFault> {
        let token = token.to_hex();
        let kind = mail.kind.word();
        let link = self.mail.link(mail.kind).replace(TOKEN, &token);
        let hours = hours_left(mail, now);
        let values = context! {
            subject => subject(mail.kind),
            firstname => mail.firstname.trim(),
            merchant => mail.merchant.as_deref().map(str::trim),
            token,
            link,
            days => hours / 24,
            hours,
        };
        let render =
            |ending| self.templates.get_template(&format!("{kind}.{ending}"))?.render(&values);
        let (text, page) = (render("txt")?, render("html")?);
        let to: Address = mail.address.as_str().parse()?;
        // The same mail, sent twice after a crash, is one for the mailbox too.
        let name: String = hex::encode(mail.digest.bytes()).chars().take(32).collect();
        let micros = u64::try_from(now.micros()).unwrap_or_default();
        Ok(Message::builder()
            .from(self.sender.clone())
            .to(Mailbox::new(None, to))
            .subject(subject(mail.kind))
            .date(UNIX_EPOCH + Duration::from_micros(micros))
            .message_id(Some(format!("<{name}@{}>", self.sender.email.domain())))
            .header(AutoSubmitted)
            .multipart(MultiPart::alternative_plain_html(text, page))?)
    }
}

/// How long the token is still good, in whole hours, one at least.
fn hours_left(mail: &DueMail, now: Timestamp) -> i64 {
    let seconds = mail.expires_at.seconds().saturating_sub(now.seconds());
    // A mail that went out at once says what the token was made for.
    (seconds.saturating_add(30 * 60) / 3_600).max(1)
}

const fn subject(kind: MailKind) -> &'static str {
    match kind {
        MailKind::Activation => "Confirm your e-mail address",
        MailKind::Invitation => "You are invited: set your password",
        MailKind::PasswordReset => "Set a new password",
        MailKind::SecondaryEmail => "Confirm your second e-mail address",
    }
}

/// Asks programs that answer mails by themselves not to answer this one (RFC 3834 §5).
#[derive(Clone, Copy)]
struct AutoSubmitted;

impl header::Header for AutoSubmitted {
    fn name() -> header::HeaderName {
        header::HeaderName::new_from_ascii_str("Auto-Submitted")
    }

    fn parse(_text: &str) -> Result<Self, Box<dyn std::error::Error + Send + Sync>> {
        Ok(Self)
    }

    fn display(&self) -> header::HeaderValue {
        header::HeaderValue::new(Self::name(), "auto-generated".to_owned())
    }
}

#[cfg(test)]
mod tests {
    use regulars_auth::{
        mail::{MailId, MailNonce},
        refresh::TokenDigest,
    };
    use regulars_customer::EmailAddress;

    use super::*;
    use crate::config::{Config, Flags};

    const NOW: Timestamp = Timestamp::from_micros(1_700_000_000_000_000);

    fn letters(change: impl FnOnce(&mut config::Mail)) -> Letters {
        let mut mail = Config::load(None, &Flags::default()).unwrap().mail;
        change(&mut mail);
        let sender = mail.sender().unwrap();
        Letters::new(mail, sender).unwrap()
    }

    fn due(kind: MailKind, firstname: &str, merchant: Option<&str>) -> DueMail {
        DueMail {
            id: MailId::new(7),
            kind,
            address: EmailAddress::parse("Ada@Example.com").unwrap(),
            firstname: firstname.to_owned(),
            merchant: merchant.map(str::to_owned),
            nonce: MailNonce::from_stored([0; 32]),
            digest: TokenDigest::from_stored([0xab; 32]),
            attempt: 1,
            expires_at: NOW.plus(kind.lifetime()),
        }
    }

    const TOKEN: &str = "00112233445566778899aabbccddeeff00112233";

    fn written(letters: &Letters, mail: &DueMail) -> String {
        let token = MailToken::parse(TOKEN).unwrap();
        let bytes = letters.write(mail, &token, NOW).unwrap().formatted();
        String::from_utf8(bytes).unwrap().replace("=\r\n", "")
    }

    #[test]
    fn every_kind_has_a_text_and_a_page_with_the_token() {
        let letters = letters(|_| ());
        for kind in MailKind::ALL {
            let text = written(&letters, &due(kind, "Ada", Some("Corner shop")));
            assert_eq!(text.matches(TOKEN).count(), 2, "{text}");
            for part in [
                "text/plain",
                "text/html",
                "To: Ada@Example.com\r\n",
                &format!("Subject: {}\r\n", subject(kind)),
                "Auto-Submitted: auto-generated\r\n",
                "Message-ID: <abababababababababababababababab@",
                "Ada",
            ] {
                assert!(text.contains(part), "{part}: {text}");
            }
            assert_eq!(text.contains("Corner shop"), kind == MailKind::Invitation, "{text}");
            let time = if kind.lifetime() > Duration::from_hours(24) { "7 days" } else { "1 hour" };
            assert!(text.contains(time), "{text}");
        }
    }

    #[test]
    fn a_link_takes_the_token_in() {
        let letters = letters(|mail| {
            mail.activation_link = "https://shop.example/verify?a=1&token={token}".to_owned();
        });
        let text = written(&letters, &due(MailKind::Activation, "Ada", None));
        assert!(text.contains(&format!("https://shop.example/verify?a=3D1&token=3D{TOKEN}")));
        assert!(text.contains("&amp;token=3D"), "{text}");
    }

    #[test]
    fn what_people_type_breaks_neither_head_nor_page() {
        let letters = letters(|_| ());
        let name = "<b>Ada</b>\r\nBcc: thief@example.com\r\n\r\n";
        let text = written(&letters, &due(MailKind::Invitation, name, Some("\"><script>")));
        let (head, body) = text.split_once("\r\n\r\n").unwrap();
        assert!(!head.contains("Bcc") && !head.contains("script"), "{head}");
        let page = body.split_once("text/html").unwrap().1;
        assert!(!page.contains("<b>Ada") && !page.contains("<script>"), "{page}");
        assert!(page.contains("&lt;b&gt;Ada"), "{page}");
    }

    #[test]
    fn an_address_that_mail_servers_do_not_take_is_an_error() {
        let letters = letters(|_| ());
        let mut mail = due(MailKind::Activation, "Ada", None);
        mail.address = EmailAddress::from_stored("a\r\nRCPT TO:<b@c.de>".to_owned());
        let token = MailToken::parse(TOKEN).unwrap();
        assert!(matches!(letters.write(&mail, &token, NOW), Err(LetterFault::Address(_))));
    }
}
