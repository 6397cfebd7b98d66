//! What the columns of balances, orders and products are called, and those that say whose they are.

use super::{EMAIL, Known, PHONE, UPDATED};

/// Who somebody is, where a row is of something of theirs.
pub(super) const OWNER: Known = &[
    (
        "customerId",
        &["customerid", "kundennummer", "kundennr", "kundenid", "customernumber", "contactid"],
    ),
    (
        "loyaltyId",
        &[
            "loyaltyid",
            "consumerloyaltyid",
            "card",
            "cardnumber",
            "cardno",
            "loyaltycardnumber",
            "kartennummer",
            "kartennr",
            "kundenkarte",
            "kundenkartennummer",
        ],
    ),
    ("email", EMAIL),
    ("phoneNumber", PHONE),
];

pub(super) const BALANCES: Known = &[
    ("sourceId", &["sourceid", "balanceid", "id"]),
    ("updatedAt", UPDATED),
    (
        "loyaltyCard",
        &["loyaltycard", "program", "programme", "loyaltyprogram", "programm", "bonusprogramm"],
    ),
    (
        "amount",
        &[
            "amount",
            "points",
            "balance",
            "stamps",
            "pointsbalance",
            "punkte",
            "punktestand",
            "stempel",
            "guthaben",
            "saldo",
        ],
    ),
    (
        "expiresOn",
        &[
            "expireson",
            "expires",
            "expiresat",
            "expirydate",
            "validuntil",
            "ablauf",
            "ablaufdatum",
            "gueltigbis",
            "verfallsdatum",
        ],
    ),
];

pub(super) const ORDERS: Known = &[
    ("sourceId", &["sourceid", "orderid", "id", "bestellid"]),
    ("updatedAt", UPDATED),
    (
        "number",
        &[
            "number",
            "ordernumber",
            "orderno",
            "name",
            "bestellnummer",
            "bestellnr",
            "belegnummer",
            "bonnummer",
            "rechnungsnummer",
        ],
    ),
    (
        "completedAt",
        &[
            "completedat",
            "processedat",
            "paidat",
            "createdat",
            "orderdate",
            "date",
            "datum",
            "bestelldatum",
            "kaufdatum",
            "belegdatum",
        ],
    ),
    ("currency", &["currency", "currencycode", "currencyisocode", "waehrung"]),
    ("channel", &["channel", "source", "store", "location", "kanal", "filiale", "shop"]),
    ("online", &["online", "isonline"]),
    ("discount", &["discount", "discountamount", "rabatt"]),
    ("extra", &["extra", "shipping", "tip", "versand", "versandkosten", "trinkgeld"]),
    (
        "total",
        &[
            "total",
            "totalprice",
            "totalamount",
            "summe",
            "gesamt",
            "gesamtbetrag",
            "betrag",
            "amount",
        ],
    ),
    ("cancelledAt", &["cancelledat", "canceledat", "storniertam"]),
    ("test", &["test", "istest"]),
    ("links", &["links"]),
    ("items", &["items", "lines", "lineitems"]),
    (
        "items.name",
        &[
            "itemsname",
            "lineitemname",
            "itemname",
            "productname",
            "artikel",
            "artikelname",
            "artikelbezeichnung",
        ],
    ),
    ("items.productId", &["itemsproductid", "productid", "artikelnummer", "lineitemsku"]),
    (
        "items.quantity",
        &["itemsquantity", "lineitemquantity", "quantity", "qty", "menge", "anzahl"],
    ),
    (
        "items.unitPrice",
        &[
            "itemsunitprice",
            "lineitemprice",
            "unitprice",
            "itemprice",
            "einzelpreis",
            "stueckpreis",
        ],
    ),
    ("items.discount", &["itemsdiscount", "lineitemdiscount", "itemdiscount"]),
    ("refunds", &["refunds"]),
    ("refunds.id", &["refundsid", "refundid"]),
    ("refunds.at", &["refundsat", "refundedat", "erstattetam"]),
    ("refunds.amount", &["refundsamount", "refundamount", "refundedamount", "erstattung"]),
];

pub(super) const PRODUCTS: Known = &[
    ("sourceId", &["sourceid", "productid", "id", "handle", "artikelid"]),
    ("updatedAt", UPDATED),
    (
        "name",
        &[
            "name",
            "title",
            "productname",
            "artikel",
            "artikelname",
            "bezeichnung",
            "produkt",
            "produktname",
        ],
    ),
    ("price", &["price", "unitprice", "preis", "verkaufspreis", "variantprice", "bruttopreis"]),
    ("currency", &["currency", "pricecurrency", "currencycode", "waehrung"]),
    ("sku", &["sku", "variantsku", "productnumber", "artikelnummer", "artikelnr"]),
];
