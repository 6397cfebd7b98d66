-- What customers decided about being contacted. Rows are added and never changed: of each channel the decision of the latest
-- date stands, and an opt-out of the same instant before an opt-in.
CREATE TABLE consent (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    merchant_id BIGINT NOT NULL,
    person_id BIGINT NOT NULL,
    channel TEXT NOT NULL CHECK (channel IN ('EMAIL', 'SMS', 'PHONE', 'PUSH', 'POST')),
    state TEXT NOT NULL CHECK (state IN ('GRANTED', 'DENIED')),
    source TEXT NOT NULL,
    -- What they read; empty: that is not known.
    wording TEXT NOT NULL DEFAULT '',
    decided_at BIGINT NOT NULL,
    recorded_at BIGINT NOT NULL,
    recorded_by TEXT NOT NULL CHECK (recorded_by IN ('CONSUMER', 'STAFF', 'APP', 'SYSTEM')),
    -- The person who wrote it down, of an app whoever held it.
    recorder_id BIGINT,
    app_id BIGINT,
    UNIQUE (merchant_id, id),
    FOREIGN KEY (merchant_id, person_id) REFERENCES membership (merchant_id, person_id)
);
CREATE INDEX consent_standing ON consent (merchant_id, person_id, channel, decided_at DESC, state, source);

CREATE TRIGGER consent_is_never_changed BEFORE UPDATE ON consent BEGIN
    SELECT RAISE(ABORT, 'decisions are never changed');
END;
