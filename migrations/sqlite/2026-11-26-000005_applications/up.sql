-- Programs that a merchant lets ask for it.
CREATE TABLE application (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    merchant_id BIGINT NOT NULL,
    -- What its requests say beside their key: a random UUID, no secret.
    app_id TEXT NOT NULL,
    name TEXT NOT NULL,
    -- Codenames by commas, sorted.
    permissions TEXT NOT NULL,
    all_stores BOOLEAN NOT NULL,
    -- Null: the deployment's usual number.
    requests_per_minute BIGINT,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    -- Deleted ones stay, for what names them.
    deleted_at BIGINT,
    UNIQUE (merchant_id, id),
    UNIQUE (merchant_id, app_id),
    FOREIGN KEY (merchant_id) REFERENCES merchant (id)
);
-- Whose request it is, is asked before anybody knows the merchant.
CREATE INDEX application_app_id ON application (app_id);

-- Where it may, unless everywhere.
CREATE TABLE application_store (
    merchant_id BIGINT NOT NULL,
    application_id BIGINT NOT NULL,
    store_id BIGINT NOT NULL,
    PRIMARY KEY (merchant_id, application_id, store_id),
    FOREIGN KEY (merchant_id, application_id) REFERENCES application (merchant_id, id),
    FOREIGN KEY (merchant_id, store_id) REFERENCES store (merchant_id, id)
);
CREATE INDEX application_store_back ON application_store (merchant_id, store_id);

CREATE TABLE api_key (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    merchant_id BIGINT NOT NULL,
    application_id BIGINT NOT NULL,
    -- The part of the key that lists show.
    prefix TEXT NOT NULL,
    -- SHA-256 of the rest.
    secret_hash BLOB NOT NULL,
    name TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    expires_at BIGINT,
    last_used_at BIGINT,
    revoked_at BIGINT,
    UNIQUE (merchant_id, id),
    UNIQUE (merchant_id, application_id, prefix),
    FOREIGN KEY (merchant_id, application_id) REFERENCES application (merchant_id, id)
);
