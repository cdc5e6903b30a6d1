-- Instants are microseconds since 1970-01-01 UTC. Order ids are hyphenated lower-case UUIDs, which
-- sort like the bytes they stand for. Documents are the versioned JSON of order_core::event::wire.

-- One row per order: the columns that are asked for, and the order as its events add up to it.
CREATE TABLE order_orders (
    storefront         TEXT    NOT NULL,
    order_id           TEXT    NOT NULL,
    version            INTEGER NOT NULL CHECK (version > 0),
    status             TEXT    NOT NULL,
    payment_status     TEXT    NOT NULL,
    fulfillment_status TEXT    NOT NULL,
    customer_id        TEXT    NOT NULL,
    -- 1 once the order is deleted. In every list's index, so that deleted orders cost a list nothing.
    deleted            INTEGER NOT NULL CHECK (deleted IN (0, 1)),
    -- 1 while the order waits for an outside service.
    deferred           INTEGER NOT NULL CHECK (deferred IN (0, 1)),
    -- When time alone will move the order, if it will.
    wake_at            INTEGER,
    placed_at          INTEGER NOT NULL,
    updated_at         INTEGER NOT NULL,
    -- The SKUs on its lines, sorted: what order_skus has of it.
    skus               TEXT    NOT NULL,
    document           TEXT    NOT NULL,
    -- What erasure removes.
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

-- Which orders have a SKU, newest first.
CREATE TABLE order_skus (
    storefront TEXT    NOT NULL,
    deleted    INTEGER NOT NULL,
    sku        TEXT    NOT NULL,
    placed_at  INTEGER NOT NULL,
    order_id   TEXT    NOT NULL,
    PRIMARY KEY (storefront, deleted, sku, placed_at DESC, order_id DESC)
) STRICT, WITHOUT ROWID;

-- What has happened. Rows are only ever added; erasure empties `personal`.
CREATE TABLE order_events (
    storefront TEXT    NOT NULL,
    order_id   TEXT    NOT NULL,
    version    INTEGER NOT NULL,
    kind       TEXT    NOT NULL,
    at         INTEGER NOT NULL,
    document   TEXT    NOT NULL,
    personal   TEXT,
    PRIMARY KEY (storefront, order_id, version)
) STRICT;

CREATE TRIGGER order_events_are_final
BEFORE UPDATE OF storefront, order_id, version, kind, at, document ON order_events
BEGIN
    SELECT RAISE(ABORT, 'an event is never changed');
END;

-- What must be done outside.
CREATE TABLE order_effects (
    order_id     TEXT    NOT NULL,
    version      INTEGER NOT NULL,
    place        INTEGER NOT NULL,
    storefront   TEXT    NOT NULL,
    task         TEXT    NOT NULL,
    due_at       INTEGER NOT NULL,
    lease_worker TEXT,
    lease_until  INTEGER,
    tries        INTEGER NOT NULL,
    parked_at    INTEGER,
    error        TEXT,
    PRIMARY KEY (order_id, version, place),
    CHECK ((lease_worker IS NULL) = (lease_until IS NULL)),
    CHECK (parked_at IS NULL OR lease_worker IS NULL)
) STRICT;

CREATE INDEX order_effects_due ON order_effects (due_at, order_id, version, place) WHERE parked_at IS NULL;
CREATE INDEX order_effects_leased ON order_effects (lease_worker) WHERE lease_worker IS NOT NULL;
CREATE INDEX order_effects_dead ON order_effects (storefront, order_id, version, place) WHERE parked_at IS NOT NULL;

-- Events that are still to be published; the event itself is in order_events.
CREATE TABLE order_outbox (
    lane       INTEGER NOT NULL,
    order_id   TEXT    NOT NULL,
    storefront TEXT    NOT NULL,
    version    INTEGER NOT NULL,
    PRIMARY KEY (lane, order_id, storefront, version)
) STRICT, WITHOUT ROWID;

-- Who publishes a lane just now, and whose turn was when.
CREATE TABLE order_lanes (
    lane         INTEGER PRIMARY KEY,
    turn         INTEGER NOT NULL DEFAULT 0,
    lease_worker TEXT,
    lease_until  INTEGER
) STRICT;

INSERT INTO order_lanes (lane)
VALUES (0), (1), (2), (3), (4), (5), (6), (7), (8), (9), (10), (11), (12), (13), (14), (15);

-- Orders whose events cannot be published until a person looks.
CREATE TABLE order_parked (
    order_id TEXT PRIMARY KEY,
    error    TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- What a caller asked for under a key, so that asking again does nothing twice.
CREATE TABLE order_keys (
    storefront      TEXT    NOT NULL,
    operation       TEXT    NOT NULL,
    idempotency_key TEXT    NOT NULL,
    order_id        TEXT    NOT NULL,
    fingerprint     TEXT    NOT NULL,
    before_version  INTEGER NOT NULL,
    version         INTEGER NOT NULL,
    in_flight_until INTEGER,
    claimed_at      INTEGER NOT NULL,
    expires_at      INTEGER NOT NULL,
    PRIMARY KEY (storefront, operation, idempotency_key)
) STRICT, WITHOUT ROWID;

CREATE INDEX order_keys_expiring ON order_keys (expires_at);

-- Outside events that were recorded, for ever.
CREATE TABLE order_receipts (
    storefront TEXT NOT NULL,
    source     TEXT NOT NULL,
    receipt    TEXT NOT NULL,
    order_id   TEXT NOT NULL,
    PRIMARY KEY (storefront, source, receipt)
) STRICT, WITHOUT ROWID;
