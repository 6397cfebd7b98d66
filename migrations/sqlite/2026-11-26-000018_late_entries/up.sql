-- When no entry of the log could come any more that was being written while somebody was erased, and those that had come were
-- cleared. Until then they are cleared again and again.
ALTER TABLE erasure ADD COLUMN logs_settled_at BIGINT;
CREATE INDEX erasure_late ON erasure (id) WHERE logs_settled_at IS NULL;

-- Recorded outcomes by how they begin: erasing a customer looks for those that name them, and for refusals.
CREATE INDEX idempotency_outcome ON idempotency (merchant_id, substr(outcome, 1, 40));
