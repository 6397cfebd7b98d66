-- Two records of one customer that became one (rules 27 and 28).
CREATE TABLE merge (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    merchant_id BIGINT NOT NULL,
    -- Who went, and who stayed.
    other_id BIGINT NOT NULL,
    survivor_id BIGINT NOT NULL,
    -- What the survivor took of the other's record, and had before: JSON. It tells of people, and goes with whoever is erased.
    kept TEXT NOT NULL DEFAULT '',
    -- Since when the other was archived, where they were.
    archived_at BIGINT,
    merged_at BIGINT NOT NULL,
    merged_by BIGINT,
    undone_at BIGINT,
    UNIQUE (merchant_id, id),
    FOREIGN KEY (merchant_id, other_id) REFERENCES membership (merchant_id, person_id),
    FOREIGN KEY (merchant_id, survivor_id) REFERENCES membership (merchant_id, person_id)
);
-- Somebody goes once, until it is undone.
CREATE UNIQUE INDEX merge_standing ON merge (merchant_id, other_id) WHERE undone_at IS NULL;
CREATE INDEX merge_other ON merge (merchant_id, other_id);
CREATE INDEX merge_survivor ON merge (merchant_id, survivor_id);

-- Which rows it moved, and which came since by the name of the one who went: numbers alone.
CREATE TABLE merge_move (
    merchant_id BIGINT NOT NULL,
    merge_id BIGINT NOT NULL,
    kind TEXT NOT NULL,
    row_id BIGINT NOT NULL,
    PRIMARY KEY (merchant_id, merge_id, kind, row_id),
    FOREIGN KEY (merchant_id, merge_id) REFERENCES merge (merchant_id, id)
);

CREATE INDEX membership_merged ON membership (merchant_id, merged_into) WHERE merged_into IS NOT NULL;
-- Who was merged shows an address beside the one who has it now.
DROP INDEX membership_managed_email;
CREATE UNIQUE INDEX membership_managed_email ON membership (merchant_id, email_key)
    WHERE managed AND email_key <> '' AND merged_into IS NULL;

-- The account that acts for this one since its customer was merged, and what those earned that act through this one.
ALTER TABLE account ADD COLUMN merged_into BIGINT;
ALTER TABLE account ADD COLUMN carried BIGINT NOT NULL DEFAULT 0;
-- Whether it ever was one of two that a merge brought together: its lines may take back what stands in the other's books.
ALTER TABLE account ADD COLUMN merged BOOLEAN NOT NULL DEFAULT FALSE;
CREATE INDEX account_merged ON account (merchant_id, merged_into) WHERE merged_into IS NOT NULL;

-- Of a decision only whose it is changes, when two become one.
DROP TRIGGER consent_is_never_changed;
CREATE TRIGGER consent_is_never_changed
BEFORE UPDATE OF merchant_id, id, channel, state, source, wording, decided_at, recorded_at, recorded_by, recorder_id, app_id ON consent BEGIN
    SELECT RAISE(ABORT, 'decisions are never changed');
END;
