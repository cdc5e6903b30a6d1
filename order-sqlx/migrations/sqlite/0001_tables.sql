-- Timestamps are microseconds since 1970-01-01 UTC. Order ids are hyphenated lower-case UUIDs, which
-- sort like the bytes they stand for. Documents are the versioned JSON of order_core::stored_json.
--
-- Index maintenance dominates the cost of a write: there is one index per query shape.

-- One row per order: the columns that queries filter by, and the current state as a document.
CREATE TABLE order_orders (
    storefront         TEXT    NOT NULL,
    order_id           TEXT    NOT NULL,
    version            INTEGER NOT NULL CHECK (version > 0),
    status             TEXT    NOT NULL,
    payment_status     TEXT    NOT NULL,
    fulfillment_status TEXT    NOT NULL,
    customer_id        TEXT    NOT NULL,
    -- 1 once the order is deleted. Part of every list index, so that deleted orders cost a list nothing.
    deleted            INTEGER NOT NULL CHECK (deleted IN (0, 1)),
    -- 1 while the order waits for an external service.
    deferred           INTEGER NOT NULL CHECK (deferred IN (0, 1)),
    -- When a timer will move the order; null if none will.
    wake_at            INTEGER,
    placed_at          INTEGER NOT NULL,
    updated_at         INTEGER NOT NULL,
    -- The SKUs on its lines, sorted, as a JSON array: the order's rows in order_skus.
    skus               TEXT    NOT NULL,
    document           TEXT    NOT NULL,
    -- Personal data as a document; erasure sets it to null.
    personal           TEXT,
    PRIMARY KEY (storefront, order_id)
) STRICT;

CREATE INDEX order_orders_by_time ON order_orders (storefront, deleted, placed_at DESC, order_id DESC);
CREATE INDEX order_orders_by_status ON order_orders (storefront, deleted, status, placed_at DESC, order_id DESC);
CREATE INDEX order_orders_by_payment ON order_orders (storefront, deleted, payment_status, placed_at DESC, order_id DESC);
CREATE INDEX order_orders_by_fulfillment ON order_orders (storefront, deleted, fulfillment_status, placed_at DESC, order_id DESC);
CREATE INDEX order_orders_by_customer ON order_orders (storefront, deleted, customer_id, placed_at DESC, order_id DESC);
CREATE INDEX order_orders_deferred ON order_orders (storefront) WHERE deferred = 1;
CREATE INDEX order_orders_due ON order_orders (wake_at) WHERE wake_at IS NOT NULL;

-- Which orders contain a SKU, newest first.
CREATE TABLE order_skus (
    storefront TEXT    NOT NULL,
    deleted    INTEGER NOT NULL,
    sku        TEXT    NOT NULL,
    placed_at  INTEGER NOT NULL,
    order_id   TEXT    NOT NULL,
    PRIMARY KEY (storefront, deleted, sku, placed_at DESC, order_id DESC)
) STRICT, WITHOUT ROWID;

-- The event history: one row for all events of a change, from `first_version` to `last_version`. The
-- view order_history has a row per event. Append-only, but for `personal`, which erasure sets to null.
CREATE TABLE order_events (
    storefront    TEXT    NOT NULL,
    order_id      TEXT    NOT NULL,
    first_version INTEGER NOT NULL,
    last_version  INTEGER NOT NULL,
    -- The documents of the events as a JSON array, oldest first.
    documents     TEXT    NOT NULL,
    -- The personal data of the events that have any, as a JSON object by version.
    personal      TEXT,
    PRIMARY KEY (storefront, order_id, first_version),
    CHECK (last_version >= first_version)
) STRICT;

CREATE TRIGGER order_events_are_immutable
BEFORE UPDATE OF storefront, order_id, first_version, last_version, documents ON order_events
BEGIN
    SELECT RAISE(ABORT, 'an event is never changed');
END;

-- Work to be done outside. A row is deleted once its effect is done.
CREATE TABLE order_effects (
    order_id     TEXT    NOT NULL,
    version      INTEGER NOT NULL,
    position     INTEGER NOT NULL,
    storefront   TEXT    NOT NULL,
    -- What is to be done, as JSON.
    kind         TEXT    NOT NULL,
    due_at       INTEGER NOT NULL,
    lease_worker TEXT,
    lease_until  INTEGER,
    attempts     INTEGER NOT NULL,
    -- Set when the effect became a dead letter.
    parked_at    INTEGER,
    -- What the last attempt failed with.
    error        TEXT,
    PRIMARY KEY (order_id, version, position),
    CHECK ((lease_worker IS NULL) = (lease_until IS NULL)),
    CHECK (parked_at IS NULL OR lease_worker IS NULL)
) STRICT;

-- An effect is free, leased or parked, and is in exactly one of these indexes.
CREATE INDEX order_effects_dead ON order_effects (storefront, order_id, version, position) WHERE parked_at IS NOT NULL;
CREATE INDEX order_effects_due ON order_effects (due_at, order_id, version, position)
WHERE parked_at IS NULL AND lease_until IS NULL;
CREATE INDEX order_effects_leased ON order_effects (lease_until) WHERE lease_until IS NOT NULL;

-- Events that are still to be published: one row for each row of order_events with such.
CREATE TABLE order_outbox (
    partition         INTEGER NOT NULL,
    order_id          TEXT    NOT NULL,
    storefront        TEXT    NOT NULL,
    first_version     INTEGER NOT NULL,
    last_version      INTEGER NOT NULL,
    -- Up to which version they are published; null if none is.
    published_version INTEGER,
    PRIMARY KEY (partition, order_id, storefront, first_version)
) STRICT, WITHOUT ROWID;

-- Which relay holds the lease of a partition, and in which turn it was last claimed.
CREATE TABLE order_outbox_partitions (
    partition    INTEGER PRIMARY KEY,
    turn         INTEGER NOT NULL DEFAULT 0,
    lease_worker TEXT,
    lease_until  INTEGER
) STRICT;

INSERT INTO order_outbox_partitions (partition)
VALUES (0), (1), (2), (3), (4), (5), (6), (7), (8), (9), (10), (11), (12), (13), (14), (15);

-- Orders whose events cannot be published until a person resumes them.
CREATE TABLE order_outbox_parked_orders (
    order_id TEXT PRIMARY KEY,
    error    TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- Which request was made under an idempotency key, so that a repetition is answered, not executed.
CREATE TABLE order_idempotency_keys (
    storefront      TEXT    NOT NULL,
    operation       TEXT    NOT NULL,
    idempotency_key TEXT    NOT NULL,
    order_id        TEXT    NOT NULL,
    -- SHA-256 of the request, in hexadecimal.
    fingerprint     TEXT    NOT NULL,
    -- The order's version before the request, and at its answer; 0 once the key is released, and the
    -- request can be made again.
    before_version  INTEGER NOT NULL,
    version         INTEGER NOT NULL,
    -- Null once the request is answered.
    in_flight_until INTEGER,
    claimed_at      INTEGER NOT NULL,
    expires_at      INTEGER NOT NULL,
    PRIMARY KEY (storefront, operation, idempotency_key)
) STRICT, WITHOUT ROWID;

CREATE INDEX order_idempotency_keys_expiring ON order_idempotency_keys (expires_at);

-- External events that were recorded: the deduplication of facts. Kept for ever.
CREATE TABLE order_inbox (
    storefront TEXT NOT NULL,
    source     TEXT NOT NULL,
    event_id   TEXT NOT NULL,
    order_id   TEXT NOT NULL,
    PRIMARY KEY (storefront, source, event_id)
) STRICT, WITHOUT ROWID;

-- The tables of SqliteInventory.
CREATE TABLE order_products (
    storefront TEXT    NOT NULL,
    sku        TEXT    NOT NULL,
    name       TEXT,
    unit_price INTEGER NOT NULL,
    currency   TEXT    NOT NULL,
    -- Units that can be reserved; those of held and committed reservations are not included.
    available  INTEGER NOT NULL CHECK (available >= 0),
    PRIMARY KEY (storefront, sku)
) STRICT, WITHOUT ROWID;

CREATE TABLE order_reservations (
    storefront      TEXT NOT NULL,
    reservation     TEXT NOT NULL,
    status          TEXT NOT NULL CHECK (status IN ('held', 'committed', 'released', 'expired')),
    -- When it lapses, or would have. Null if it was released before it was made.
    expires_at      INTEGER,
    -- The lines of the first request as JSON, to tell a repetition from another request.
    requested_lines TEXT NOT NULL,
    PRIMARY KEY (storefront, reservation)
) STRICT, WITHOUT ROWID;

CREATE INDEX order_reservations_expiring ON order_reservations (expires_at) WHERE status = 'held';
-- What retention deletes.
CREATE INDEX order_reservations_ended ON order_reservations (expires_at) WHERE status IN ('released', 'expired');

CREATE TABLE order_reservation_lines (
    storefront  TEXT    NOT NULL,
    reservation TEXT    NOT NULL,
    sku         TEXT    NOT NULL,
    quantity    INTEGER NOT NULL CHECK (quantity > 0),
    PRIMARY KEY (storefront, reservation, sku)
) STRICT, WITHOUT ROWID;
