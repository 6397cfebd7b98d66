-- Mails that wait or went out, and the one-time tokens that were in them. A token itself stands nowhere: it follows from
-- the nonce and a key of the deployment.
CREATE TABLE mail (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    -- The account that it is about; null for one that is taken back in the same transaction.
    person_id BIGINT REFERENCES person (id),
    kind TEXT NOT NULL CHECK (kind IN ('activation', 'invitation', 'password_reset', 'secondary_email')),
    address TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('waiting', 'sent', 'failed', 'withdrawn')),
    attempts INTEGER NOT NULL DEFAULT 0,
    -- When it is tried next; while somebody is at it, when they are taken for dead.
    due_at BIGINT NOT NULL,
    -- Null once it is not sent any more.
    nonce BLOB,
    -- SHA-256 of the token.
    token_hash BLOB NOT NULL UNIQUE,
    -- The account's when the mail was written down: most tokens are void once it has moved on.
    token_version BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    -- When the token was used or made void.
    used_at BIGINT,
    CHECK ((state = 'waiting') = (nonce IS NOT NULL))
);
CREATE INDEX mail_due ON mail (due_at) WHERE state = 'waiting';
CREATE INDEX mail_person ON mail (person_id, kind, created_at);
CREATE INDEX mail_expires ON mail (expires_at);

-- Loyalty ids that were replaced: they identify nobody any more.
CREATE TABLE blocked_loyalty_id (
    loyalty_id TEXT PRIMARY KEY NOT NULL,
    person_id BIGINT NOT NULL REFERENCES person (id),
    -- Of a managed customer's the merchant, which alone is told; null for a registered person's.
    merchant_id BIGINT REFERENCES merchant (id),
    blocked_at BIGINT NOT NULL
);
CREATE INDEX blocked_loyalty_id_person ON blocked_loyalty_id (person_id);
