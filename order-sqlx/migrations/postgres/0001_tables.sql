-- Timestamps are microseconds since 1970-01-01 UTC; the views show them as timestamptz. Texts compare
-- byte by byte. Documents are the versioned JSON of order_core::stored_json, stored as written.
--
-- Index maintenance dominates the cost of a write. So there is one index per query shape, its most
-- selective column first (an order's id before its storefront), and timestamps ascend: new entries go
-- to the end of the index, and lists scan it backwards.

-- One row per order: the columns that queries filter by, and the current state as a document.
CREATE TABLE orders.orders (
    storefront         text COLLATE "C" NOT NULL,
    order_id           uuid             NOT NULL,
    version            bigint           NOT NULL CHECK (version > 0),
    status             text COLLATE "C" NOT NULL,
    payment_status     text COLLATE "C" NOT NULL,
    fulfillment_status text COLLATE "C" NOT NULL,
    customer_id        text COLLATE "C" NOT NULL,
    -- 1 once the order is deleted. Part of every list index, so that deleted orders cost a list nothing.
    deleted            bigint           NOT NULL CHECK (deleted IN (0, 1)),
    -- 1 while the order waits for an external service.
    deferred           bigint           NOT NULL CHECK (deferred IN (0, 1)),
    -- When a timer will move the order; null if none will.
    wake_at            bigint,
    placed_at          bigint           NOT NULL,
    updated_at         bigint           NOT NULL,
    -- The SKUs on its lines, sorted, as a JSON array: the order's rows in order_skus.
    skus               text             NOT NULL,
    document           text             NOT NULL,
    -- Personal data as a document; erasure sets it to null.
    personal           text
) WITH (fillfactor = 85);

CREATE INDEX orders_deferred ON orders.orders (storefront) WHERE deferred = 1;
CREATE INDEX orders_due ON orders.orders (wake_at) WHERE wake_at IS NOT NULL;
CREATE INDEX orders_by_time ON orders.orders (storefront, deleted, placed_at, order_id);
CREATE INDEX orders_by_status ON orders.orders (storefront, deleted, status, placed_at, order_id);
CREATE INDEX orders_by_payment ON orders.orders (storefront, deleted, payment_status, placed_at, order_id);
CREATE INDEX orders_by_fulfillment ON orders.orders (storefront, deleted, fulfillment_status, placed_at, order_id);
CREATE INDEX orders_by_customer ON orders.orders (customer_id, storefront, deleted, placed_at, order_id);
-- Created last: of indexes with equal cost, as while a table is empty, the planner takes the newest.
ALTER TABLE orders.orders ADD PRIMARY KEY (order_id, storefront);

-- Which orders contain a SKU.
CREATE TABLE orders.order_skus (
    storefront text COLLATE "C" NOT NULL,
    deleted    bigint           NOT NULL,
    sku        text COLLATE "C" NOT NULL,
    placed_at  bigint           NOT NULL,
    order_id   uuid             NOT NULL
);

-- Serves as the primary key, in the sort order of lists.
CREATE UNIQUE INDEX order_skus_by_time ON orders.order_skus (sku, storefront, deleted, placed_at, order_id);

-- The event history: one row for all events of a change, from `first_version` to `last_version`. The
-- view order_history has a row per event. Append-only: a trigger (0002_commit_changes.sql) refuses
-- updates of all columns but `personal`, which erasure sets to null.
CREATE TABLE orders.events (
    storefront    text COLLATE "C" NOT NULL,
    order_id      uuid             NOT NULL,
    first_version bigint           NOT NULL,
    last_version  bigint           NOT NULL,
    -- The documents of the events as a JSON array, oldest first.
    documents     text             NOT NULL,
    -- The personal data of the events that have any, as a JSON object by version.
    personal      text,
    PRIMARY KEY (order_id, first_version, storefront),
    CHECK (last_version >= first_version)
);

-- Work to be done outside. A row is deleted once its effect is done.
CREATE TABLE orders.effects (
    order_id     uuid             NOT NULL,
    version      bigint           NOT NULL,
    position     bigint           NOT NULL,
    storefront   text COLLATE "C" NOT NULL,
    -- What is to be done, as JSON.
    kind         text             NOT NULL,
    due_at       bigint           NOT NULL,
    lease_worker text COLLATE "C",
    lease_until  bigint,
    attempts     bigint           NOT NULL,
    -- Set when the effect became a dead letter.
    parked_at    bigint,
    -- What the last attempt failed with.
    error        text,
    CHECK ((lease_worker IS NULL) = (lease_until IS NULL)),
    CHECK (parked_at IS NULL OR lease_worker IS NULL)
) WITH (fillfactor = 80, autovacuum_vacuum_scale_factor = 0.05, autovacuum_vacuum_cost_delay = 0);

-- An effect is free, leased or parked, and is in exactly one of these indexes.
CREATE INDEX effects_dead ON orders.effects (storefront, order_id, version, position) WHERE parked_at IS NOT NULL;
ALTER TABLE orders.effects ADD PRIMARY KEY (order_id, version, position);
CREATE INDEX effects_due ON orders.effects (due_at, order_id, version, position)
WHERE parked_at IS NULL AND lease_until IS NULL;
CREATE INDEX effects_leased ON orders.effects (lease_until) WHERE lease_until IS NOT NULL;

-- Events that are still to be published: one row for each row of `events` with such.
CREATE TABLE orders.outbox (
    partition         bigint           NOT NULL,
    order_id          uuid             NOT NULL,
    storefront        text COLLATE "C" NOT NULL,
    first_version     bigint           NOT NULL,
    last_version      bigint           NOT NULL,
    -- Up to which version they are published; null if none is.
    published_version bigint,
    PRIMARY KEY (partition, order_id, storefront, first_version),
    CHECK (last_version >= first_version)
) WITH (autovacuum_vacuum_scale_factor = 0.05, autovacuum_vacuum_cost_delay = 0);

-- Which relay holds the lease of a partition, and in which turn it was last claimed.
CREATE TABLE orders.outbox_partitions (
    partition    bigint PRIMARY KEY,
    turn         bigint NOT NULL DEFAULT 0,
    lease_worker text COLLATE "C",
    lease_until  bigint
) WITH (fillfactor = 20);

INSERT INTO orders.outbox_partitions (partition) SELECT generate_series(0, 15);

-- Orders whose events cannot be published until a person resumes them.
CREATE TABLE orders.outbox_parked_orders (
    order_id uuid PRIMARY KEY,
    error    text NOT NULL
);

-- Which request was made under an idempotency key, so that a repetition is answered, not executed.
CREATE TABLE orders.idempotency_keys (
    storefront      text COLLATE "C" NOT NULL,
    operation       text COLLATE "C" NOT NULL,
    idempotency_key text COLLATE "C" NOT NULL,
    order_id        uuid             NOT NULL,
    -- SHA-256 of the request, in hexadecimal.
    fingerprint     text COLLATE "C" NOT NULL,
    -- The order's version before the request, and at its answer; 0 once the key is released, and the
    -- request can be made again.
    before_version  bigint           NOT NULL,
    version         bigint           NOT NULL,
    -- Null once the request is answered.
    in_flight_until bigint,
    claimed_at      bigint           NOT NULL,
    expires_at      bigint           NOT NULL
) WITH (fillfactor = 80);

CREATE INDEX idempotency_keys_expiring ON orders.idempotency_keys (expires_at);
ALTER TABLE orders.idempotency_keys ADD PRIMARY KEY (idempotency_key, storefront, operation);

-- External events that were recorded: the deduplication of facts. Kept for ever.
CREATE TABLE orders.inbox (
    storefront text COLLATE "C" NOT NULL,
    source     text COLLATE "C" NOT NULL,
    event_id   text COLLATE "C" NOT NULL,
    order_id   uuid             NOT NULL,
    PRIMARY KEY (storefront, source, event_id)
);

-- The tables of PostgresInventory.
CREATE TABLE orders.products (
    storefront text COLLATE "C" NOT NULL,
    sku        text COLLATE "C" NOT NULL,
    name       text,
    unit_price bigint           NOT NULL,
    currency   text COLLATE "C" NOT NULL,
    -- Units that can be reserved; those of held and committed reservations are not included.
    available  bigint           NOT NULL CHECK (available >= 0),
    PRIMARY KEY (storefront, sku)
) WITH (fillfactor = 50, autovacuum_vacuum_scale_factor = 0.05, autovacuum_vacuum_cost_delay = 0);

CREATE TABLE orders.reservations (
    storefront      text COLLATE "C" NOT NULL,
    reservation     text COLLATE "C" NOT NULL,
    status          text COLLATE "C" NOT NULL CHECK (status IN ('held', 'committed', 'released', 'expired')),
    -- When it lapses, or would have. Null if it was released before it was made.
    expires_at      bigint,
    -- The lines of the first request as JSON, to tell a repetition from another request.
    requested_lines text             NOT NULL,
    PRIMARY KEY (storefront, reservation)
) WITH (fillfactor = 85);

CREATE INDEX reservations_expiring ON orders.reservations (expires_at) WHERE status = 'held';
-- What retention deletes.
CREATE INDEX reservations_ended ON orders.reservations (expires_at) WHERE status IN ('released', 'expired');

CREATE TABLE orders.reservation_lines (
    storefront  text COLLATE "C" NOT NULL,
    reservation text COLLATE "C" NOT NULL,
    sku         text COLLATE "C" NOT NULL,
    quantity    bigint           NOT NULL CHECK (quantity > 0),
    PRIMARY KEY (storefront, reservation, sku)
);

-- lz4 compresses long documents better and faster than the default. A server built without it uses
-- the default.
DO $$
BEGIN
    ALTER TABLE orders.orders ALTER COLUMN document SET COMPRESSION lz4;
    ALTER TABLE orders.events ALTER COLUMN documents SET COMPRESSION lz4;
EXCEPTION
    WHEN feature_not_supported OR syntax_error THEN NULL;
END
$$;
