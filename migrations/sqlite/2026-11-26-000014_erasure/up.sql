-- Of an erased membership the row stays, empty: the books name it (rule 30).
ALTER TABLE membership ADD COLUMN erased_at BIGINT;

-- Who was erased, and what went: numbers of rows and of values, and never a value.
CREATE TABLE erasure (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    -- Whose customer it was; 0: an account of the platform's.
    merchant_id BIGINT NOT NULL,
    person_id BIGINT NOT NULL REFERENCES person (id),
    -- Why: a word of a closed list.
    reason TEXT NOT NULL,
    -- Kind, cleared and kept of each part: 'profile:4:0 orders:2:2'.
    receipt TEXT NOT NULL,
    erased_at BIGINT NOT NULL,
    -- When nothing was left in mails, late entries of the log and free places of the file either.
    cleaned_at BIGINT,
    UNIQUE (merchant_id, id)
);
CREATE INDEX erasure_person ON erasure (person_id);
CREATE INDEX erasure_unclean ON erasure (erased_at) WHERE cleaned_at IS NULL;

-- By what erased people would be known again, hashed under a key that is not in the database: so that no import brings them back, and
-- nothing that a person gets once comes twice (rules 15 and 30).
CREATE TABLE erased_mark (
    merchant_id BIGINT NOT NULL REFERENCES merchant (id),
    kind TEXT NOT NULL CHECK (kind IN ('source', 'card', 'email', 'phone')),
    -- Which key.
    key_id TEXT NOT NULL,
    digest TEXT NOT NULL,
    erased_at BIGINT NOT NULL,
    PRIMARY KEY (merchant_id, kind, key_id, digest)
);
