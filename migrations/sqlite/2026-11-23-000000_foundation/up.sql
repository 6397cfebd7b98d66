-- People. One row a person for the whole platform; what one merchant has of them stands in membership (rule 1).
CREATE TABLE person (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    user_type TEXT NOT NULL CHECK (user_type IN ('CONSUMER', 'MERCHANT')),
    -- False for customers whom a merchant keeps and who cannot log in.
    registered BOOLEAN NOT NULL,
    email TEXT,
    -- Folded; unique among all who can log in (rule 2).
    email_key TEXT UNIQUE,
    secondary_email TEXT,
    secondary_email_key TEXT UNIQUE,
    verified BOOLEAN NOT NULL DEFAULT FALSE,
    password_hash TEXT,
    -- Raised whenever every access token handed out so far must die.
    token_version BIGINT NOT NULL DEFAULT 0,
    firstname TEXT NOT NULL DEFAULT '',
    lastname TEXT NOT NULL DEFAULT '',
    phone_number TEXT,
    -- ISO 8601, so that text order is date order.
    birthday TEXT,
    gender TEXT,
    country TEXT,
    city TEXT,
    street TEXT,
    zip_code TEXT,
    picture TEXT,
    logo TEXT,
    merchant_type TEXT,
    loyalty_id TEXT UNIQUE,
    staff BOOLEAN NOT NULL DEFAULT FALSE,
    admin BOOLEAN NOT NULL DEFAULT FALSE,
    archived BOOLEAN NOT NULL DEFAULT FALSE,
    active BOOLEAN NOT NULL DEFAULT TRUE,
    last_login BIGINT,
    deleted_at BIGINT,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL
);

-- A tenant carries the number of the account that founded it.
CREATE TABLE merchant (
    id INTEGER PRIMARY KEY REFERENCES person (id),
    name TEXT NOT NULL,
    merchant_type TEXT,
    time_zone TEXT NOT NULL,
    currency TEXT NOT NULL,
    num_of_order_discounts_allowed INTEGER NOT NULL DEFAULT 1 CHECK (num_of_order_discounts_allowed >= 0),
    logo TEXT,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL
);

CREATE TABLE session (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    person_id BIGINT NOT NULL REFERENCES person (id),
    created_at BIGINT NOT NULL,
    revoked_at BIGINT
);
CREATE INDEX session_person ON session (person_id);
CREATE INDEX session_created ON session (created_at);

CREATE TABLE refresh_token (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    session_id BIGINT NOT NULL REFERENCES session (id),
    person_id BIGINT NOT NULL REFERENCES person (id),
    -- SHA-256 of the token; the token itself is never kept.
    token_hash BLOB NOT NULL UNIQUE,
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    used_at BIGINT
);
CREATE INDEX refresh_token_session ON refresh_token (session_id);
CREATE INDEX refresh_token_expires ON refresh_token (expires_at);

-- Places.
CREATE TABLE store (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    merchant_id BIGINT NOT NULL,
    name TEXT NOT NULL,
    name_key TEXT NOT NULL,
    location TEXT,
    phone_number TEXT,
    country TEXT,
    state TEXT,
    city TEXT,
    city_key TEXT NOT NULL DEFAULT '',
    street TEXT,
    zip_code TEXT,
    -- Parts per million: 190000 is 19 %.
    tax_rate BIGINT,
    time_zone TEXT,
    -- HH:MM:SS of the merchant's clock at which a business day begins.
    day_starts_at TEXT NOT NULL DEFAULT '00:00:00',
    late_hours INTEGER NOT NULL DEFAULT 72,
    is_active BOOLEAN NOT NULL DEFAULT TRUE,
    archived BOOLEAN NOT NULL DEFAULT FALSE,
    extra_info TEXT,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    UNIQUE (merchant_id, id),
    FOREIGN KEY (merchant_id) REFERENCES merchant (id)
);
CREATE INDEX store_name ON store (merchant_id, name_key, id);
CREATE INDEX store_created ON store (merchant_id, created_at, id);

CREATE TABLE store_group (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    merchant_id BIGINT NOT NULL,
    name TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    UNIQUE (merchant_id, id),
    FOREIGN KEY (merchant_id) REFERENCES merchant (id)
);

CREATE TABLE store_group_member (
    merchant_id BIGINT NOT NULL,
    store_group_id BIGINT NOT NULL,
    store_id BIGINT NOT NULL,
    PRIMARY KEY (merchant_id, store_group_id, store_id),
    FOREIGN KEY (merchant_id, store_group_id) REFERENCES store_group (merchant_id, id),
    FOREIGN KEY (merchant_id, store_id) REFERENCES store (merchant_id, id)
);
CREATE INDEX store_group_member_back ON store_group_member (merchant_id, store_id);

-- Who works for a merchant, as what, and where.
CREATE TABLE staff_member (
    merchant_id BIGINT NOT NULL REFERENCES merchant (id),
    person_id BIGINT NOT NULL UNIQUE REFERENCES person (id),
    role TEXT NOT NULL,
    all_stores BOOLEAN NOT NULL,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (merchant_id, person_id)
);

CREATE TABLE staff_store (
    merchant_id BIGINT NOT NULL,
    person_id BIGINT NOT NULL,
    store_id BIGINT NOT NULL,
    PRIMARY KEY (merchant_id, person_id, store_id),
    FOREIGN KEY (merchant_id, person_id) REFERENCES staff_member (merchant_id, person_id),
    FOREIGN KEY (merchant_id, store_id) REFERENCES store (merchant_id, id)
);

CREATE TABLE product (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    merchant_id BIGINT NOT NULL,
    name TEXT NOT NULL,
    price BIGINT NOT NULL,
    currency TEXT NOT NULL,
    category TEXT,
    entity_source TEXT,
    entity_source_id TEXT,
    archived BOOLEAN NOT NULL DEFAULT FALSE,
    extra_info TEXT,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    UNIQUE (merchant_id, id),
    FOREIGN KEY (merchant_id) REFERENCES merchant (id)
);
CREATE UNIQUE INDEX product_source ON product (merchant_id, entity_source, entity_source_id)
    WHERE entity_source_id IS NOT NULL;

-- What a merchant has of a person. For registered people the profile columns are a copy of exactly what their sharing
-- shows (rule 7), null elsewhere.
CREATE TABLE membership (
    merchant_id BIGINT NOT NULL REFERENCES merchant (id),
    person_id BIGINT NOT NULL REFERENCES person (id),
    managed BOOLEAN NOT NULL,
    sharing TEXT CHECK (sharing IN ('FULL', 'NAME')),
    loyalty_id TEXT,
    email TEXT,
    email_key TEXT NOT NULL DEFAULT '',
    secondary_email TEXT,
    verified BOOLEAN NOT NULL DEFAULT FALSE,
    firstname TEXT NOT NULL DEFAULT '',
    firstname_key TEXT NOT NULL DEFAULT '',
    lastname TEXT NOT NULL DEFAULT '',
    lastname_key TEXT NOT NULL DEFAULT '',
    phone_number TEXT,
    birthday TEXT,
    gender TEXT,
    country TEXT,
    city TEXT,
    city_key TEXT NOT NULL DEFAULT '',
    street TEXT,
    zip_code TEXT,
    picture TEXT,
    extra_info TEXT,
    -- Folded copies of the texts that have no folded column here: a JSON object of texts, for segments (rule 31).
    folded_text TEXT NOT NULL DEFAULT '{}',
    entity_source TEXT,
    entity_source_id TEXT,
    creator_id BIGINT REFERENCES person (id),
    num_of_order_discounts_allowed INTEGER NOT NULL DEFAULT 0 CHECK (num_of_order_discounts_allowed >= 0),
    archived BOOLEAN NOT NULL DEFAULT FALSE,
    -- The person left by themselves: only they can come back (rule 7).
    departed BOOLEAN NOT NULL DEFAULT FALSE,
    merged_into BIGINT,
    last_login BIGINT,
    deleted_at BIGINT,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    PRIMARY KEY (merchant_id, person_id),
    FOREIGN KEY (merchant_id, merged_into) REFERENCES membership (merchant_id, person_id)
);
CREATE INDEX membership_person ON membership (person_id, merchant_id);
CREATE UNIQUE INDEX membership_source ON membership (merchant_id, entity_source_id, entity_source)
    WHERE entity_source_id IS NOT NULL;
CREATE UNIQUE INDEX membership_managed_email ON membership (merchant_id, email_key)
    WHERE managed AND email_key <> '';
CREATE INDEX membership_email ON membership (merchant_id, email_key, person_id);
CREATE INDEX membership_loyalty_id ON membership (merchant_id, loyalty_id);
CREATE INDEX membership_phone_number ON membership (merchant_id, phone_number);
CREATE INDEX membership_firstname ON membership (merchant_id, firstname_key, person_id);
CREATE INDEX membership_lastname ON membership (merchant_id, lastname_key, person_id);
CREATE INDEX membership_city ON membership (merchant_id, city_key, person_id);
CREATE INDEX membership_created ON membership (merchant_id, created_at, person_id);
CREATE INDEX membership_updated ON membership (merchant_id, updated_at, person_id);
CREATE INDEX membership_archived ON membership (merchant_id, archived, person_id);
CREATE INDEX membership_last_login ON membership (merchant_id, COALESCE(last_login, 0), person_id);

-- Card numbers of a merchant's own (rule 5). The key is folded.
CREATE TABLE membership_card (
    merchant_id BIGINT NOT NULL,
    card_key TEXT NOT NULL,
    card TEXT NOT NULL,
    person_id BIGINT NOT NULL,
    blocked_at BIGINT,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (merchant_id, card_key),
    FOREIGN KEY (merchant_id, person_id) REFERENCES membership (merchant_id, person_id)
);
CREATE INDEX membership_card_person ON membership_card (merchant_id, person_id);

-- What substring search looks through: folded text, a column for each thing that can be asked for. Its id is the
-- person's times 65,536 plus the number of memberships they had before, so that it is unique and, within a merchant,
-- in the order of people's ids: the default order of a list.
CREATE TABLE membership_search (
    id INTEGER PRIMARY KEY,
    merchant_id BIGINT NOT NULL,
    person_id BIGINT NOT NULL,
    firstname TEXT NOT NULL,
    lastname TEXT NOT NULL,
    city TEXT NOT NULL,
    email TEXT NOT NULL,
    phone TEXT NOT NULL,
    loyalty_id TEXT NOT NULL,
    cards TEXT NOT NULL,
    FOREIGN KEY (merchant_id, person_id) REFERENCES membership (merchant_id, person_id)
);

CREATE UNIQUE INDEX membership_search_person ON membership_search (merchant_id, person_id);

-- Three to five characters at a time of each column, as tokens that name merchant and column, so that no search reads past its own
-- merchant's rows or into another column. The program makes the tokens whenever it
-- writes a row above; the text itself is not kept twice (contentless).
CREATE VIRTUAL TABLE membership_trigram USING fts5 (
    tokens, content='', contentless_delete=1, detail='none', tokenize='ascii'
);

-- Why customers get more.
CREATE TABLE campaign (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    merchant_id BIGINT NOT NULL,
    name TEXT NOT NULL,
    status TEXT NOT NULL,
    start_time BIGINT,
    end_time BIGINT,
    extra_info TEXT,
    archived BOOLEAN NOT NULL DEFAULT FALSE,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    UNIQUE (merchant_id, id),
    FOREIGN KEY (merchant_id) REFERENCES merchant (id)
);

CREATE TABLE offer (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    merchant_id BIGINT NOT NULL,
    campaign_id BIGINT,
    name TEXT NOT NULL,
    name_key TEXT NOT NULL,
    short_description TEXT,
    long_description TEXT,
    terms_and_conditions TEXT,
    offer_type TEXT NOT NULL,
    -- PERCENTAGE: parts per million of the price; FIXED_AMOUNT: minor units; BOGO: units that are free.
    offer_value BIGINT NOT NULL,
    num_of_items INTEGER,
    placement TEXT,
    redemption_code_type TEXT NOT NULL,
    code TEXT,
    redemption_expiration_days INTEGER,
    earn_points BOOLEAN NOT NULL DEFAULT TRUE,
    stackable BOOLEAN NOT NULL DEFAULT FALSE,
    status TEXT NOT NULL,
    start_time BIGINT,
    end_time BIGINT,
    -- HH:MM:SS of the store's clock.
    day_start_time TEXT,
    day_end_time TEXT,
    -- One bit a day, Monday the lowest; 127 is every day.
    days_of_week INTEGER NOT NULL DEFAULT 127,
    weather TEXT,
    enrollment_limit BIGINT,
    repeatable BOOLEAN NOT NULL DEFAULT TRUE,
    repeat_delay_hours INTEGER,
    segmentation_rules TEXT,
    minimum_spend BIGINT,
    minimum_spend_currency TEXT,
    extra_info TEXT,
    archived BOOLEAN NOT NULL DEFAULT FALSE,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    UNIQUE (merchant_id, id),
    FOREIGN KEY (merchant_id) REFERENCES merchant (id),
    FOREIGN KEY (merchant_id, campaign_id) REFERENCES campaign (merchant_id, id)
);
CREATE INDEX offer_campaign ON offer (merchant_id, campaign_id);

CREATE TABLE loyalty_card (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    merchant_id BIGINT NOT NULL,
    name TEXT NOT NULL,
    name_key TEXT NOT NULL,
    short_description TEXT,
    long_description TEXT,
    terms_and_conditions TEXT,
    placement TEXT,
    loyalty_type TEXT NOT NULL CHECK (loyalty_type IN ('POINTS', 'STAMPS')),
    points_loyalty_type TEXT,
    -- Points earned for each unit of currency spent, in millionths of a point.
    dollar_worth BIGINT,
    initial_points BIGINT,
    max_points_per_day BIGINT,
    points_needed BIGINT,
    incremental_points BIGINT,
    -- What one point pays, in millionths of a minor unit.
    point_worth BIGINT,
    min_price BIGINT,
    max_price BIGINT,
    validity_in_months INTEGER,
    activation_delay_days INTEGER,
    stamps_needed INTEGER,
    max_stamps_per_day INTEGER,
    stamp_expiration_days INTEGER,
    redemption_expiration_days INTEGER,
    currency TEXT NOT NULL,
    status TEXT NOT NULL,
    start_time BIGINT,
    end_time BIGINT,
    -- HH:MM:SS of the store's clock.
    day_start_time TEXT,
    day_end_time TEXT,
    -- One bit a day, Monday the lowest; 127 is every day.
    days_of_week INTEGER NOT NULL DEFAULT 127,
    weather TEXT,
    enrollment_limit BIGINT,
    repeatable BOOLEAN NOT NULL DEFAULT TRUE,
    repeat_delay_hours INTEGER,
    segmentation_rules TEXT,
    minimum_spend BIGINT,
    minimum_spend_currency TEXT,
    extra_info TEXT,
    archived BOOLEAN NOT NULL DEFAULT FALSE,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    UNIQUE (merchant_id, id),
    FOREIGN KEY (merchant_id) REFERENCES merchant (id)
);

CREATE TABLE campaign_store (
    merchant_id BIGINT NOT NULL,
    campaign_id BIGINT NOT NULL,
    store_id BIGINT NOT NULL,
    PRIMARY KEY (merchant_id, campaign_id, store_id),
    FOREIGN KEY (merchant_id, campaign_id) REFERENCES campaign (merchant_id, id),
    FOREIGN KEY (merchant_id, store_id) REFERENCES store (merchant_id, id)
);
CREATE INDEX campaign_store_back ON campaign_store (merchant_id, store_id);
CREATE TABLE campaign_store_group (
    merchant_id BIGINT NOT NULL,
    campaign_id BIGINT NOT NULL,
    store_group_id BIGINT NOT NULL,
    PRIMARY KEY (merchant_id, campaign_id, store_group_id),
    FOREIGN KEY (merchant_id, campaign_id) REFERENCES campaign (merchant_id, id),
    FOREIGN KEY (merchant_id, store_group_id) REFERENCES store_group (merchant_id, id)
);
CREATE INDEX campaign_store_group_back ON campaign_store_group (merchant_id, store_group_id);
CREATE TABLE offer_store (
    merchant_id BIGINT NOT NULL,
    offer_id BIGINT NOT NULL,
    store_id BIGINT NOT NULL,
    PRIMARY KEY (merchant_id, offer_id, store_id),
    FOREIGN KEY (merchant_id, offer_id) REFERENCES offer (merchant_id, id),
    FOREIGN KEY (merchant_id, store_id) REFERENCES store (merchant_id, id)
);
CREATE INDEX offer_store_back ON offer_store (merchant_id, store_id);
CREATE TABLE offer_store_group (
    merchant_id BIGINT NOT NULL,
    offer_id BIGINT NOT NULL,
    store_group_id BIGINT NOT NULL,
    PRIMARY KEY (merchant_id, offer_id, store_group_id),
    FOREIGN KEY (merchant_id, offer_id) REFERENCES offer (merchant_id, id),
    FOREIGN KEY (merchant_id, store_group_id) REFERENCES store_group (merchant_id, id)
);
CREATE INDEX offer_store_group_back ON offer_store_group (merchant_id, store_group_id);
CREATE TABLE offer_product (
    merchant_id BIGINT NOT NULL,
    offer_id BIGINT NOT NULL,
    product_id BIGINT NOT NULL,
    PRIMARY KEY (merchant_id, offer_id, product_id),
    FOREIGN KEY (merchant_id, offer_id) REFERENCES offer (merchant_id, id),
    FOREIGN KEY (merchant_id, product_id) REFERENCES product (merchant_id, id)
);
CREATE INDEX offer_product_back ON offer_product (merchant_id, product_id);
CREATE TABLE loyalty_card_store (
    merchant_id BIGINT NOT NULL,
    loyalty_card_id BIGINT NOT NULL,
    store_id BIGINT NOT NULL,
    PRIMARY KEY (merchant_id, loyalty_card_id, store_id),
    FOREIGN KEY (merchant_id, loyalty_card_id) REFERENCES loyalty_card (merchant_id, id),
    FOREIGN KEY (merchant_id, store_id) REFERENCES store (merchant_id, id)
);
CREATE INDEX loyalty_card_store_back ON loyalty_card_store (merchant_id, store_id);
CREATE TABLE loyalty_card_store_group (
    merchant_id BIGINT NOT NULL,
    loyalty_card_id BIGINT NOT NULL,
    store_group_id BIGINT NOT NULL,
    PRIMARY KEY (merchant_id, loyalty_card_id, store_group_id),
    FOREIGN KEY (merchant_id, loyalty_card_id) REFERENCES loyalty_card (merchant_id, id),
    FOREIGN KEY (merchant_id, store_group_id) REFERENCES store_group (merchant_id, id)
);
CREATE INDEX loyalty_card_store_group_back ON loyalty_card_store_group (merchant_id, store_group_id);
CREATE TABLE loyalty_card_product (
    merchant_id BIGINT NOT NULL,
    loyalty_card_id BIGINT NOT NULL,
    product_id BIGINT NOT NULL,
    PRIMARY KEY (merchant_id, loyalty_card_id, product_id),
    FOREIGN KEY (merchant_id, loyalty_card_id) REFERENCES loyalty_card (merchant_id, id),
    FOREIGN KEY (merchant_id, product_id) REFERENCES product (merchant_id, id)
);
CREATE INDEX loyalty_card_product_back ON loyalty_card_product (merchant_id, product_id);

CREATE TABLE loyalty_reward (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    merchant_id BIGINT NOT NULL,
    loyalty_card_id BIGINT NOT NULL,
    product_id BIGINT NOT NULL,
    points BIGINT NOT NULL CHECK (points > 0),
    stock BIGINT,
    expiry BIGINT,
    archived BOOLEAN NOT NULL DEFAULT FALSE,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    UNIQUE (merchant_id, id),
    FOREIGN KEY (merchant_id, loyalty_card_id) REFERENCES loyalty_card (merchant_id, id),
    FOREIGN KEY (merchant_id, product_id) REFERENCES product (merchant_id, id)
);
CREATE INDEX loyalty_reward_card ON loyalty_reward (merchant_id, loyalty_card_id);

-- What customers bought.
CREATE TABLE order_type (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE
);
INSERT INTO order_type (id, name) VALUES (1, 'In Store'), (2, 'To Go'), (3, 'Online');

CREATE TABLE orders (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    merchant_id BIGINT NOT NULL,
    -- The human number (orderId).
    number TEXT NOT NULL,
    store_id BIGINT NOT NULL,
    person_id BIGINT,
    waiter_id BIGINT REFERENCES person (id),
    phone_number TEXT,
    order_type_id BIGINT NOT NULL REFERENCES order_type (id),
    state TEXT NOT NULL,
    pickup_at BIGINT,
    delivery_location TEXT,
    payment_type TEXT,
    num_of_guests INTEGER,
    currency TEXT NOT NULL,
    cash_received BIGINT,
    change_given BIGINT,
    tax BIGINT,
    -- In minor units; bounded, so that no sum over a customer's orders overflows.
    total BIGINT NOT NULL CHECK (total BETWEEN -1000000000000000 AND 1000000000000000),
    refunded BIGINT NOT NULL DEFAULT 0 CHECK (refunded BETWEEN -1000000000000000 AND 1000000000000000),
    completed BOOLEAN NOT NULL DEFAULT FALSE,
    completed_at BIGINT,
    business_date TEXT,
    -- One fact for two readers: indexes ask the flag.
    is_active BOOLEAN NOT NULL DEFAULT TRUE CHECK (is_active = (deleted_at IS NULL)),
    deleted_at BIGINT,
    entity_source TEXT,
    entity_source_id TEXT,
    extra_info TEXT,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    UNIQUE (merchant_id, id),
    FOREIGN KEY (merchant_id, store_id) REFERENCES store (merchant_id, id),
    FOREIGN KEY (merchant_id, person_id) REFERENCES membership (merchant_id, person_id)
);
CREATE UNIQUE INDEX orders_number ON orders (merchant_id, number);
CREATE UNIQUE INDEX orders_source ON orders (merchant_id, store_id, entity_source, entity_source_id)
    WHERE entity_source_id IS NOT NULL;
CREATE INDEX orders_person ON orders (merchant_id, person_id, id);
CREATE INDEX orders_person_completed ON orders (merchant_id, person_id, completed_at, id);
CREATE INDEX orders_store ON orders (merchant_id, store_id, id);
CREATE INDEX orders_store_completed ON orders (merchant_id, store_id, COALESCE(completed_at, 0), id);
CREATE INDEX orders_completed ON orders (merchant_id, COALESCE(completed_at, 0), id);
CREATE INDEX orders_created ON orders (merchant_id, created_at, id);
CREATE INDEX orders_total ON orders (merchant_id, total, id);
CREATE INDEX orders_active ON orders (merchant_id, is_active, id);
CREATE INDEX orders_open ON orders (merchant_id, id) WHERE NOT completed;
-- A person's own orders over all merchants.
CREATE INDEX orders_of_person ON orders (person_id, id);

CREATE TABLE order_item (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    merchant_id BIGINT NOT NULL,
    order_id BIGINT NOT NULL,
    product_id BIGINT,
    name TEXT NOT NULL,
    quantity INTEGER NOT NULL CHECK (quantity > 0),
    num_of_discounted_units INTEGER NOT NULL DEFAULT 0,
    -- The whole line, in minor units of the order's currency.
    cost BIGINT NOT NULL,
    is_completed BOOLEAN NOT NULL DEFAULT FALSE,
    entity_source TEXT,
    entity_source_id TEXT,
    extra_info TEXT,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    UNIQUE (merchant_id, id),
    FOREIGN KEY (merchant_id, order_id) REFERENCES orders (merchant_id, id),
    FOREIGN KEY (merchant_id, product_id) REFERENCES product (merchant_id, id)
);
CREATE INDEX order_item_order ON order_item (merchant_id, order_id, id);

CREATE TABLE visit (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    merchant_id BIGINT NOT NULL,
    store_id BIGINT NOT NULL,
    person_id BIGINT NOT NULL,
    order_id BIGINT,
    amount BIGINT NOT NULL,
    currency TEXT NOT NULL,
    occurred_at BIGINT NOT NULL,
    business_date TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    UNIQUE (merchant_id, id),
    FOREIGN KEY (merchant_id, store_id) REFERENCES store (merchant_id, id),
    FOREIGN KEY (merchant_id, person_id) REFERENCES membership (merchant_id, person_id),
    FOREIGN KEY (merchant_id, order_id) REFERENCES orders (merchant_id, id)
);
CREATE INDEX visit_person ON visit (merchant_id, person_id, occurred_at);

-- The ledger (rules 17 to 20). Entries are never changed and never deleted.
CREATE TABLE account (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    merchant_id BIGINT NOT NULL,
    person_id BIGINT NOT NULL,
    loyalty_card_id BIGINT NOT NULL,
    balance BIGINT NOT NULL DEFAULT 0 CHECK (balance >= 0),
    debt BIGINT NOT NULL DEFAULT 0 CHECK (debt >= 0),
    held BIGINT NOT NULL DEFAULT 0 CHECK (held >= 0),
    -- Earned net of reversals (rule 16), kept beside the entries it sums.
    earned BIGINT NOT NULL DEFAULT 0,
    seq BIGINT NOT NULL DEFAULT 0,
    created_at BIGINT NOT NULL,
    UNIQUE (merchant_id, id),
    CHECK (balance = 0 OR debt = 0),
    CHECK (held <= balance),
    FOREIGN KEY (merchant_id, person_id) REFERENCES membership (merchant_id, person_id),
    FOREIGN KEY (merchant_id, loyalty_card_id) REFERENCES loyalty_card (merchant_id, id)
);
CREATE UNIQUE INDEX account_person ON account (merchant_id, person_id, loyalty_card_id);

CREATE TABLE entry (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    merchant_id BIGINT NOT NULL,
    account_id BIGINT NOT NULL,
    seq BIGINT NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('earn', 'redeem', 'expire', 'reverse', 'adjust', 'transfer')),
    amount BIGINT NOT NULL,
    -- What it came of (order, visit, initial_points, ...) and that thing's id.
    cause TEXT NOT NULL,
    cause_id BIGINT,
    natural_key TEXT NOT NULL,
    reverses BIGINT,
    occurred_at BIGINT NOT NULL,
    recorded_at BIGINT NOT NULL,
    business_date TEXT NOT NULL,
    actor_id BIGINT,
    hash BLOB,
    UNIQUE (merchant_id, id),
    FOREIGN KEY (merchant_id, account_id) REFERENCES account (merchant_id, id),
    FOREIGN KEY (merchant_id, reverses) REFERENCES entry (merchant_id, id)
);
CREATE UNIQUE INDEX entry_seq ON entry (merchant_id, account_id, seq);
CREATE UNIQUE INDEX entry_natural_key ON entry (merchant_id, natural_key);

CREATE TABLE lot (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    merchant_id BIGINT NOT NULL,
    account_id BIGINT NOT NULL,
    entry_id BIGINT NOT NULL,
    amount BIGINT NOT NULL CHECK (amount > 0),
    remaining BIGINT NOT NULL CHECK (remaining >= 0),
    active_from BIGINT NOT NULL,
    expires_at BIGINT,
    UNIQUE (merchant_id, id),
    FOREIGN KEY (merchant_id, account_id) REFERENCES account (merchant_id, id),
    FOREIGN KEY (merchant_id, entry_id) REFERENCES entry (merchant_id, id)
);
CREATE INDEX lot_account ON lot (merchant_id, account_id, expires_at);

CREATE TABLE lot_use (
    merchant_id BIGINT NOT NULL,
    entry_id BIGINT NOT NULL,
    lot_id BIGINT NOT NULL,
    amount BIGINT NOT NULL,
    PRIMARY KEY (merchant_id, entry_id, lot_id),
    FOREIGN KEY (merchant_id, entry_id) REFERENCES entry (merchant_id, id),
    FOREIGN KEY (merchant_id, lot_id) REFERENCES lot (merchant_id, id)
);
CREATE INDEX lot_use_lot ON lot_use (merchant_id, lot_id);

CREATE TABLE hold (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    merchant_id BIGINT NOT NULL,
    account_id BIGINT NOT NULL,
    amount BIGINT NOT NULL CHECK (amount > 0),
    until BIGINT NOT NULL,
    state TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    UNIQUE (merchant_id, id),
    FOREIGN KEY (merchant_id, account_id) REFERENCES account (merchant_id, id)
);
CREATE INDEX hold_account ON hold (merchant_id, account_id);

CREATE TABLE hold_lot (
    merchant_id BIGINT NOT NULL,
    hold_id BIGINT NOT NULL,
    lot_id BIGINT NOT NULL,
    amount BIGINT NOT NULL CHECK (amount > 0),
    PRIMARY KEY (merchant_id, hold_id, lot_id),
    FOREIGN KEY (merchant_id, hold_id) REFERENCES hold (merchant_id, id),
    FOREIGN KEY (merchant_id, lot_id) REFERENCES lot (merchant_id, id)
);

-- A promise of a redemption, with a code; open ones count against every limit (rule 23).
CREATE TABLE redemption_intent (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    merchant_id BIGINT NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('OFFER', 'POINTS', 'STAMPS')),
    person_id BIGINT,
    store_id BIGINT,
    offer_id BIGINT,
    loyalty_card_id BIGINT,
    loyalty_reward_id BIGINT,
    hold_id BIGINT,
    code TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('OPEN', 'CONFIRMED', 'CANCELLED', 'LAPSED')),
    expires_at BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    UNIQUE (merchant_id, id),
    FOREIGN KEY (merchant_id, person_id) REFERENCES membership (merchant_id, person_id),
    FOREIGN KEY (merchant_id, store_id) REFERENCES store (merchant_id, id),
    FOREIGN KEY (merchant_id, offer_id) REFERENCES offer (merchant_id, id),
    FOREIGN KEY (merchant_id, loyalty_card_id) REFERENCES loyalty_card (merchant_id, id),
    FOREIGN KEY (merchant_id, loyalty_reward_id) REFERENCES loyalty_reward (merchant_id, id),
    FOREIGN KEY (merchant_id, hold_id) REFERENCES hold (merchant_id, id)
);
CREATE INDEX redemption_intent_person ON redemption_intent (merchant_id, person_id, state);
CREATE INDEX redemption_intent_offer ON redemption_intent (merchant_id, offer_id, state);
CREATE INDEX redemption_intent_card ON redemption_intent (merchant_id, loyalty_card_id, state);

CREATE TABLE redemption (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    merchant_id BIGINT NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('OFFER', 'POINTS', 'STAMPS')),
    person_id BIGINT,
    store_id BIGINT,
    offer_id BIGINT,
    loyalty_card_id BIGINT,
    loyalty_reward_id BIGINT,
    redemption_intent_id BIGINT,
    order_id BIGINT,
    entry_id BIGINT,
    -- Points or stamps it took.
    points BIGINT,
    -- What it was worth, in minor units of the currency.
    amount BIGINT,
    currency TEXT,
    reversed_at BIGINT,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    UNIQUE (merchant_id, id),
    FOREIGN KEY (merchant_id, person_id) REFERENCES membership (merchant_id, person_id),
    FOREIGN KEY (merchant_id, store_id) REFERENCES store (merchant_id, id),
    FOREIGN KEY (merchant_id, offer_id) REFERENCES offer (merchant_id, id),
    FOREIGN KEY (merchant_id, loyalty_card_id) REFERENCES loyalty_card (merchant_id, id),
    FOREIGN KEY (merchant_id, loyalty_reward_id) REFERENCES loyalty_reward (merchant_id, id),
    FOREIGN KEY (merchant_id, redemption_intent_id) REFERENCES redemption_intent (merchant_id, id),
    FOREIGN KEY (merchant_id, order_id) REFERENCES orders (merchant_id, id),
    FOREIGN KEY (merchant_id, entry_id) REFERENCES entry (merchant_id, id)
);
CREATE INDEX redemption_person ON redemption (merchant_id, person_id, kind, id);
CREATE INDEX redemption_offer ON redemption (merchant_id, offer_id, person_id);
CREATE INDEX redemption_card ON redemption (merchant_id, loyalty_card_id, person_id);
-- How often promotions were redeemed, without a look at each redemption.
CREATE INDEX redemption_offer_standing ON redemption (merchant_id, offer_id, kind) WHERE reversed_at IS NULL;
CREATE INDEX redemption_card_standing ON redemption (merchant_id, loyalty_card_id, kind) WHERE reversed_at IS NULL;

-- The outcome of a mutation under the key its caller chose.
CREATE TABLE idempotency (
    -- 0 where no merchant is involved.
    merchant_id BIGINT NOT NULL,
    actor_id BIGINT NOT NULL,
    mutation TEXT NOT NULL,
    idempotency_key TEXT NOT NULL,
    fingerprint BLOB NOT NULL,
    outcome TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (merchant_id, actor_id, mutation, idempotency_key)
);
CREATE INDEX idempotency_created ON idempotency (created_at);

CREATE TRIGGER entry_is_never_deleted BEFORE DELETE ON entry BEGIN
    SELECT RAISE(ABORT, 'entries are never deleted');
END;
CREATE TRIGGER entry_is_never_changed
BEFORE UPDATE OF merchant_id, id, account_id, seq, kind, amount, cause, cause_id, natural_key, reverses, occurred_at, recorded_at, business_date, actor_id ON entry BEGIN
    SELECT RAISE(ABORT, 'entries are never changed');
END;
CREATE TRIGGER entry_is_hashed_once BEFORE UPDATE OF hash ON entry WHEN OLD.hash IS NOT NULL BEGIN
    SELECT RAISE(ABORT, 'entries are never changed');
END;
