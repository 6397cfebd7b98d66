-- Who did what, or was refused it. Entries are added, and deleted when they are old; of one that stands only what tells of
-- people can be cleared.
CREATE TABLE audit_entry (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    -- Whose log it is in; 0: the platform's.
    merchant_id BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    actor_kind TEXT NOT NULL CHECK (actor_kind IN ('anonymous', 'consumer', 'staff', 'app', 'platform', 'system')),
    -- Who acted, where that is a person who is known; of an app whoever holds it.
    person_id BIGINT,
    app_id BIGINT,
    action TEXT NOT NULL,
    target_kind TEXT,
    target_id BIGINT,
    -- The code of the refusal; null: it happened.
    refusal TEXT,
    -- What changed, as JSON: [[field, before, after], …].
    changes TEXT,
    request_id TEXT NOT NULL,
    -- What tells of people and is cleared when they are erased: of the target what changed, of whoever acted from where.
    personal TEXT,
    peer TEXT,
    UNIQUE (merchant_id, id),
    CHECK ((target_kind IS NULL) = (target_id IS NULL))
);
CREATE INDEX audit_entry_log ON audit_entry (merchant_id, created_at, id);
CREATE INDEX audit_entry_action ON audit_entry (merchant_id, action, created_at, id);
CREATE INDEX audit_entry_refused ON audit_entry (merchant_id, created_at, id) WHERE refusal IS NOT NULL;
-- Not led by the merchant: erasing a person goes through every log.
CREATE INDEX audit_entry_person ON audit_entry (person_id, merchant_id, created_at, id) WHERE person_id IS NOT NULL;
CREATE INDEX audit_entry_target ON audit_entry (target_id, merchant_id, created_at, id) WHERE target_id IS NOT NULL;
CREATE INDEX audit_entry_app ON audit_entry (merchant_id, app_id, created_at, id) WHERE app_id IS NOT NULL;
CREATE INDEX audit_entry_old ON audit_entry (created_at);

CREATE TRIGGER audit_entry_is_never_changed
BEFORE UPDATE OF merchant_id, id, created_at, actor_kind, person_id, app_id, action, target_kind, target_id, refusal, changes, request_id ON audit_entry BEGIN
    SELECT RAISE(ABORT, 'entries are never changed');
END;
CREATE TRIGGER audit_entry_is_only_cleared BEFORE UPDATE OF personal, peer ON audit_entry
WHEN NEW.personal IS NOT NULL AND NEW.personal IS NOT OLD.personal OR NEW.peer IS NOT NULL AND NEW.peer IS NOT OLD.peer BEGIN
    SELECT RAISE(ABORT, 'entries are never changed');
END;
