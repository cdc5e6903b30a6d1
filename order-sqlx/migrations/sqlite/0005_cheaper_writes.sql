-- An effect is either free or leased, and in the index of those.
DROP INDEX order_effects_due;
DROP INDEX order_effects_leased;
CREATE INDEX order_effects_due ON order_effects (due_at, order_id, version, place)
WHERE parked_at IS NULL AND lease_until IS NULL;
CREATE INDEX order_effects_leased ON order_effects (lease_until) WHERE lease_until IS NOT NULL;

-- A row for all events of a change: from `version` to `last_version`.
ALTER TABLE order_outbox ADD COLUMN last_version INTEGER NOT NULL DEFAULT 0;
UPDATE order_outbox SET last_version = version;
