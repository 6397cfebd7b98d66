//! What a connection to a shop is told.

use super::token::Way;
use crate::kind::{Setting, SettingType};

/// The version that is spoken where nothing else is said.
pub(super) const VERSION: &str = "2026-10";
/// The usual way to log in.
pub(super) const ACCESS: &str = "client_credentials";
/// The usual namespace of our metafields.
pub(super) const NAMESPACE: &str = "regulars";

const fn optional(name: &'static str, kind: SettingType, description: &'static str) -> Setting {
    Setting { name, description, kind, required: false, default: None, secret: false }
}

const fn usual(setting: Setting, default: &'static str) -> Setting {
    Setting { default: Some(default), ..setting }
}

const fn secret(setting: Setting) -> Setting {
    Setting { secret: true, ..setting }
}

/// All of them.
pub(super) const SETTINGS: &[Setting] = &[
    Setting {
        required: true,
        ..optional(
            "shop",
            SettingType::Text,
            "The shop's own address at Shopify, such as my-shop.myshopify.com (not the address that customers see).",
        )
    },
    usual(
        optional(
            "access",
            SettingType::Choice(Way::NAMES),
            "How to log in. client_credentials: with the client id and secret of your own app from the Dev Dashboard. static: with an access token that never ends, of a custom app made in the admin before 2026. refresh: with an access token that is renewed every hour, of a public app.",
        ),
        ACCESS,
    ),
    optional(
        "clientId",
        SettingType::Text,
        "The app's client id, from the Dev Dashboard; not needed with a static access token.",
    ),
    secret(optional(
        "clientSecret",
        SettingType::Text,
        "The app's client secret. It also proves that webhooks come from Shopify: with a static access token it is the app's API secret key.",
    )),
    secret(optional(
        "previousClientSecret",
        SettingType::Text,
        "The client secret before this one: for an hour after a change Shopify still signs with it.",
    )),
    secret(optional(
        "accessToken",
        SettingType::Text,
        "The access token, which begins with shpat_: only with access static or refresh.",
    )),
    secret(optional(
        "refreshToken",
        SettingType::Text,
        "The refresh token: only with access refresh. It is replaced each time it is used.",
    )),
    usual(
        optional(
            "version",
            SettingType::Text,
            "The version of Shopify's interface, from 2025-10 on. A new one comes every quarter, and each is there for a year.",
        ),
        VERSION,
    ),
    usual(
        optional(
            "trustVerifiedEmail",
            SettingType::Bool,
            "Whether an address that Shopify calls verified may tell who a customer is. Shopify calls every address verified that was entered in the admin or by an app: leave this off unless only customers themselves make accounts in your shop.",
        ),
        "false",
    ),
    usual(
        optional(
            "earnChannels",
            SettingType::Text,
            "The channels whose orders earn points, separated by commas: web (the online store), pos (tills), shopify_draft_order, or an app's number. With `locations` on, a till is pos:61234567890. Leave out what your own tills report themselves, or it earns twice.",
        ),
        "web",
    ),
    usual(
        optional(
            "unpaidOrders",
            SettingType::Bool,
            "Whether orders count before they are paid. Off: they count once they are paid.",
        ),
        "false",
    ),
    usual(
        optional(
            "locations",
            SettingType::Bool,
            "Whether to tell the tills of several places apart, as channels pos:61234567890. Needs the scope read_locations.",
        ),
        "false",
    ),
    usual(
        optional(
            "products",
            SettingType::Bool,
            "Whether to read which product a line of an order is. Needs the scope read_products.",
        ),
        "false",
    ),
    usual(
        optional(
            "bulk",
            SettingType::Bool,
            "Whether all customers and orders are read by Shopify's bulk operations, which is faster by far. Off: page by page.",
        ),
        "true",
    ),
    usual(
        optional(
            "namespace",
            SettingType::Text,
            "The namespace of the customer metafields `points`, `lifetime_points` and `loyalty_id`, which show points in the shop and bring the loyalty id back. E-mail is the customer's default address, phone their default number; both are taken as Shopify has them.",
        ),
        NAMESPACE,
    ),
    optional(
        "endpoint",
        SettingType::Text,
        "For tests against a fake: an address that is asked instead of the shop's. Has no effect where only public addresses may be asked.",
    ),
];

/// The host of a shop, as people write it: with or without https://, a path, or even its end.
pub(super) fn shop_of(text: &str) -> Option<String> {
    let text = text.trim().to_ascii_lowercase();
    let text =
        text.strip_prefix("https://").or_else(|| text.strip_prefix("http://")).unwrap_or(&text);
    let text = match text.strip_prefix("admin.shopify.com/store/") {
        Some(handle) => handle,
        None => text,
    };
    let host = text.split('/').next()?;
    let handle = host.strip_suffix(".myshopify.com").unwrap_or(host);
    let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    let fits = (1..=60).contains(&handle.len()) && !handle.starts_with('-');
    (fits && handle.bytes().all(plain)).then(|| format!("{handle}.myshopify.com"))
}

/// Whether it can be a namespace of metafields.
pub(super) fn is_namespace(text: &str) -> bool {
    let own = text.strip_prefix("$app").map(|rest| rest.strip_prefix(':').unwrap_or(rest));
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
    match own {
        Some("") => true,
        Some(rest) => rest.len() <= 200 && rest.bytes().all(plain),
        None => (3..=255).contains(&text.len()) && text.bytes().all(plain),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shop_is_found_in_what_people_paste() {
        let want = Some("my-shop.myshopify.com".to_owned());
        for text in [
            "my-shop.myshopify.com",
            " My-Shop ",
            "https://my-shop.myshopify.com/admin",
            "https://admin.shopify.com/store/my-shop/settings",
        ] {
            assert_eq!(shop_of(text), want, "{text}");
        }
        for text in ["", "shop.example.com", "a b", "x@127.0.0.1", "-a", "my-shop.myshopify.com:80"]
        {
            assert_eq!(shop_of(text), None, "{text}");
        }
    }

    #[test]
    fn namespaces_are_plain() {
        for good in ["regulars", "a_b-1", "$app", "$app:points"] {
            assert!(is_namespace(good), "{good}");
        }
        for bad in ["ab", "a b c", "", "$app:a b", "naïve"] {
            assert!(!is_namespace(bad), "{bad}");
        }
    }
}
