-- Outside systems that a merchant has connected, how far each was read, and what was read.

CREATE TABLE connection (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    merchant_id BIGINT NOT NULL,
    source TEXT NOT NULL,
    -- What the merchant calls it.
    name TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('ACTIVE', 'PAUSED', 'DELETED')),
    -- What it was told, but for secrets: a JSON object.
    settings TEXT NOT NULL,
    -- The secrets, encrypted under a key that is not in the database.
    credentials BLOB,
    -- Names it in the address at which its source tells us things.
    token TEXT NOT NULL,
    health TEXT NOT NULL CHECK (health IN ('NEW', 'OK', 'LAGGING', 'THROTTLED', 'NEEDS_AUTH', 'STOPPED')),
    health_message TEXT,
    failures BIGINT NOT NULL DEFAULT 0 CHECK (failures >= 0),
    -- When it is read next; null: when somebody says so.
    next_run_at BIGINT,
    last_success_at BIGINT,
    -- Which worker reads it, and until when nobody else may.
    holder TEXT,
    held_until BIGINT,
    -- Counts the holders: what a former one writes late is refused.
    fence BIGINT NOT NULL DEFAULT 0,
    created_by BIGINT REFERENCES person (id),
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    UNIQUE (merchant_id, id)
);
CREATE UNIQUE INDEX connection_name ON connection (merchant_id, name) WHERE state <> 'DELETED';
CREATE UNIQUE INDEX connection_token ON connection (token);
CREATE INDEX connection_due ON connection (next_run_at) WHERE state = 'ACTIVE' AND next_run_at IS NOT NULL;

-- How far a stream of a connection was read.
CREATE TABLE sync_stream (
    merchant_id BIGINT NOT NULL,
    connection_id BIGINT NOT NULL,
    stream TEXT NOT NULL,
    -- What changed before it was read to the end.
    watermark BIGINT,
    -- The pass that is under way: what it reads, [from, until), the run that began it, the batch, and the place in that.
    pass_kind TEXT CHECK (pass_kind IN ('TAIL', 'BACKFILL', 'SWEEP')),
    pass_from BIGINT,
    pass_until BIGINT,
    pass_mark BIGINT,
    pass_cursor TEXT,
    pass_place BIGINT,
    updated_at BIGINT NOT NULL,
    PRIMARY KEY (merchant_id, connection_id, stream),
    FOREIGN KEY (merchant_id, connection_id) REFERENCES connection (merchant_id, id)
);

CREATE TABLE sync_run (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    merchant_id BIGINT NOT NULL,
    connection_id BIGINT NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('TAIL', 'BACKFILL', 'SWEEP')),
    dry_run BOOLEAN NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('QUEUED', 'RUNNING', 'DONE', 'FAILED', 'CANCELLED')),
    is_to_end BOOLEAN NOT NULL DEFAULT FALSE,
    asked_by BIGINT REFERENCES person (id),
    phase TEXT,
    total BIGINT,
    -- How many of what: a JSON object.
    counts TEXT NOT NULL,
    budget TEXT,
    error TEXT,
    -- Of a dry run: what it would do to some of the things. It tells of people.
    report TEXT,
    created_at BIGINT NOT NULL,
    started_at BIGINT,
    updated_at BIGINT NOT NULL,
    finished_at BIGINT,
    UNIQUE (merchant_id, id),
    FOREIGN KEY (merchant_id, connection_id) REFERENCES connection (merchant_id, id)
);
CREATE INDEX sync_run_connection ON sync_run (merchant_id, connection_id, id);

-- What a source has: the last image of each thing, whose it is here, and what became of it there.
CREATE TABLE source_record (
    merchant_id BIGINT NOT NULL,
    connection_id BIGINT NOT NULL,
    -- The source's word for such things, and the id there.
    object TEXT NOT NULL,
    source_id TEXT NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('CUSTOMER', 'ORDER', 'PRODUCT', 'BALANCE')),
    state TEXT NOT NULL CHECK (state IN ('LIVE', 'WAITING', 'GONE', 'MERGED')),
    -- The canonical JSON of what was said last, and its SHA-256. It tells of people.
    image TEXT NOT NULL,
    digest BLOB NOT NULL,
    version_seq BIGINT,
    version_at BIGINT,
    -- The run of the last pass that saw it.
    seen_run BIGINT NOT NULL,
    -- Whose or what it is here: the kind says of which table.
    subject_id BIGINT,
    linked_by TEXT,
    -- Into which id it was merged there.
    redirect_to TEXT,
    gone_cause TEXT,
    -- The customer of the same connection for whom an order or a balance waits: object and id, with a line feed between them.
    waits_for TEXT,
    first_seen_at BIGINT NOT NULL,
    changed_at BIGINT NOT NULL,
    PRIMARY KEY (merchant_id, connection_id, object, source_id),
    FOREIGN KEY (merchant_id, connection_id) REFERENCES connection (merchant_id, id)
);
CREATE INDEX source_record_subject ON source_record (merchant_id, kind, subject_id) WHERE subject_id IS NOT NULL;
CREATE INDEX source_record_redirect ON source_record (merchant_id, connection_id, object, redirect_to)
    WHERE redirect_to IS NOT NULL;
CREATE INDEX source_record_waiting ON source_record (merchant_id, connection_id, waits_for) WHERE waits_for IS NOT NULL;
CREATE INDEX source_record_seen ON source_record (merchant_id, connection_id, object, seen_run) WHERE state IN ('LIVE', 'WAITING');

-- Which source wrote which field of a customer: a JSON object from field names to [connection, mark, source's time, our time, run].
CREATE TABLE field_provenance (
    merchant_id BIGINT NOT NULL,
    person_id BIGINT NOT NULL,
    fields TEXT NOT NULL,
    PRIMARY KEY (merchant_id, person_id)
);

-- What was read and could not be taken.
CREATE TABLE sync_reject (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    merchant_id BIGINT NOT NULL,
    connection_id BIGINT NOT NULL,
    run_id BIGINT NOT NULL,
    object TEXT NOT NULL,
    reference TEXT NOT NULL,
    code TEXT NOT NULL,
    path TEXT,
    message TEXT NOT NULL,
    -- What was read, as far as it is kept. It tells of people.
    raw TEXT NOT NULL,
    whole BOOLEAN NOT NULL,
    created_at BIGINT NOT NULL,
    replayed_at BIGINT,
    UNIQUE (merchant_id, id),
    FOREIGN KEY (merchant_id, connection_id) REFERENCES connection (merchant_id, id)
);
CREATE INDEX sync_reject_reference ON sync_reject (merchant_id, connection_id, object, reference) WHERE replayed_at IS NULL;
CREATE INDEX sync_reject_run ON sync_reject (merchant_id, run_id, id);

-- Questions that somebody has to answer.
CREATE TABLE sync_review (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    merchant_id BIGINT NOT NULL,
    connection_id BIGINT NOT NULL,
    object TEXT NOT NULL,
    source_id TEXT NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('AMBIGUOUS', 'DUPLICATE', 'MERGED_THERE', 'MANY_GONE', 'FLAPPING')),
    -- The customers who could be meant: a JSON array of numbers.
    people TEXT NOT NULL,
    evidence TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('OPEN', 'LINKED', 'SEPARATE', 'MERGED', 'CONFIRMED', 'DISMISSED')),
    created_at BIGINT NOT NULL,
    resolved_at BIGINT,
    resolved_by BIGINT REFERENCES person (id),
    UNIQUE (merchant_id, id),
    CHECK ((state = 'OPEN') = (resolved_at IS NULL)),
    FOREIGN KEY (merchant_id, connection_id) REFERENCES connection (merchant_id, id)
);
CREATE UNIQUE INDEX sync_review_open ON sync_review (merchant_id, connection_id, object, source_id, kind) WHERE state = 'OPEN';

-- What sources told by themselves, until it was worked off.
CREATE TABLE sync_inbox (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    merchant_id BIGINT NOT NULL,
    connection_id BIGINT NOT NULL,
    -- What the source calls the delivery: the same again is known.
    delivery TEXT NOT NULL,
    topic TEXT NOT NULL,
    -- As it came. It tells of people, and goes when it is worked off.
    body TEXT NOT NULL,
    received_at BIGINT NOT NULL,
    handled_at BIGINT,
    attempts BIGINT NOT NULL DEFAULT 0,
    error TEXT,
    UNIQUE (merchant_id, id),
    FOREIGN KEY (merchant_id, connection_id) REFERENCES connection (merchant_id, id)
);
CREATE UNIQUE INDEX sync_inbox_delivery ON sync_inbox (merchant_id, connection_id, delivery);
CREATE INDEX sync_inbox_waiting ON sync_inbox (merchant_id, connection_id, id) WHERE handled_at IS NULL;
