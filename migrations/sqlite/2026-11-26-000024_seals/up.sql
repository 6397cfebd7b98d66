-- Up to which of its entries an account is sealed.
ALTER TABLE account ADD COLUMN sealed_seq BIGINT NOT NULL DEFAULT 0;
CREATE INDEX account_unsealed ON account (merchant_id, id) WHERE seq > sealed_seq;

-- What the accounts of a merchant ended with at a moment, each seal chained to the one before it.
CREATE TABLE seal (
    merchant_id BIGINT NOT NULL REFERENCES merchant (id),
    seq BIGINT NOT NULL,
    sealed_at BIGINT NOT NULL,
    hash BLOB NOT NULL,
    PRIMARY KEY (merchant_id, seq)
);
CREATE TABLE seal_head (
    merchant_id BIGINT NOT NULL,
    seal_seq BIGINT NOT NULL,
    account_id BIGINT NOT NULL,
    account_seq BIGINT NOT NULL,
    head BLOB NOT NULL,
    PRIMARY KEY (merchant_id, seal_seq, account_id),
    FOREIGN KEY (merchant_id, seal_seq) REFERENCES seal (merchant_id, seq),
    FOREIGN KEY (merchant_id, account_id) REFERENCES account (merchant_id, id)
);
CREATE TRIGGER seal_is_never_changed BEFORE UPDATE ON seal BEGIN
    SELECT RAISE(ABORT, 'seals are never changed');
END;
CREATE TRIGGER seal_is_never_deleted BEFORE DELETE ON seal BEGIN
    SELECT RAISE(ABORT, 'seals are never deleted');
END;
CREATE TRIGGER seal_head_is_never_changed BEFORE UPDATE ON seal_head BEGIN
    SELECT RAISE(ABORT, 'seals are never changed');
END;
CREATE TRIGGER seal_head_is_never_deleted BEFORE DELETE ON seal_head BEGIN
    SELECT RAISE(ABORT, 'seals are never deleted');
END;

-- Work that one of many processes does at a time.
CREATE TABLE lease (
    name TEXT NOT NULL PRIMARY KEY,
    holder TEXT NOT NULL,
    until BIGINT NOT NULL
);
