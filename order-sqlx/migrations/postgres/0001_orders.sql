-- Instants are microseconds since 1970-01-01 UTC; the views show them as timestamptz. Texts compare
-- byte by byte. Documents are the versioned JSON of order_core::event::wire, kept as they were written.

-- One row per order: the columns that are asked for, and the order as its events add up to it.
CREATE TABLE orders.orders (
    storefront         text COLLATE "C" NOT NULL,
    order_id           uuid             NOT NULL,
    version            bigint           NOT NULL CHECK (version > 0),
    status             text COLLATE "C" NOT NULL,
    payment_status     text COLLATE "C" NOT NULL,
    fulfillment_status text COLLATE "C" NOT NULL,
    customer_id        text COLLATE "C" NOT NULL,
    -- 1 once the order is deleted. In every list's index, so that deleted orders cost a list nothing.
    deleted            bigint           NOT NULL CHECK (deleted IN (0, 1)),
    -- 1 while the order waits for an outside service.
    deferred           bigint           NOT NULL CHECK (deferred IN (0, 1)),
    -- When time alone will move the order, if it will.
    wake_at            bigint,
    placed_at          bigint           NOT NULL,
    updated_at         bigint           NOT NULL,
    -- The SKUs on its lines, sorted: what skus has of it.
    skus               text             NOT NULL,
    document           text             NOT NULL,
    -- What erasure removes.
    personal           text
) WITH (fillfactor = 85);

CREATE INDEX orders_by_time ON orders.orders (storefront, deleted, placed_at DESC, order_id DESC);
CREATE INDEX orders_by_status ON orders.orders (storefront, deleted, status, placed_at DESC, order_id DESC);
CREATE INDEX orders_by_payment ON orders.orders (storefront, deleted, payment_status, placed_at DESC, order_id DESC);
CREATE INDEX orders_by_fulfillment ON orders.orders (storefront, deleted, fulfillment_status, placed_at DESC, order_id DESC);
CREATE INDEX orders_by_customer ON orders.orders (storefront, deleted, customer_id, placed_at DESC, order_id DESC);
CREATE INDEX orders_deferred ON orders.orders (storefront) WHERE deferred = 1;
CREATE INDEX orders_due ON orders.orders (wake_at) WHERE wake_at IS NOT NULL;
-- Made last: of indexes that look alike, as they do while a table is empty, the planner takes the last.
ALTER TABLE orders.orders ADD PRIMARY KEY (storefront, order_id);

-- Which orders have a SKU, newest first.
CREATE TABLE orders.skus (
    storefront text COLLATE "C" NOT NULL,
    deleted    bigint           NOT NULL,
    sku        text COLLATE "C" NOT NULL,
    placed_at  bigint           NOT NULL,
    order_id   uuid             NOT NULL
);

-- What a primary key would be, in the order of the lists.
CREATE UNIQUE INDEX skus_by_time ON orders.skus (storefront, deleted, sku, placed_at DESC, order_id DESC);

-- What has happened. Rows are only ever added; erasure empties `personal`.
CREATE TABLE orders.events (
    storefront text COLLATE "C" NOT NULL,
    order_id   uuid             NOT NULL,
    version    bigint           NOT NULL,
    kind       text COLLATE "C" NOT NULL,
    at         bigint           NOT NULL,
    document   text             NOT NULL,
    personal   text,
    PRIMARY KEY (storefront, order_id, version)
);

CREATE FUNCTION orders.refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'an event is never changed';
END
$$;

CREATE TRIGGER events_are_final
BEFORE UPDATE OF storefront, order_id, version, kind, at, document ON orders.events
FOR EACH ROW EXECUTE FUNCTION orders.refuse_change();

-- What must be done outside.
CREATE TABLE orders.effects (
    order_id     uuid             NOT NULL,
    version      bigint           NOT NULL,
    place        bigint           NOT NULL,
    storefront   text COLLATE "C" NOT NULL,
    task         text             NOT NULL,
    due_at       bigint           NOT NULL,
    lease_worker text COLLATE "C",
    lease_until  bigint,
    tries        bigint           NOT NULL,
    parked_at    bigint,
    error        text,
    CHECK ((lease_worker IS NULL) = (lease_until IS NULL)),
    CHECK (parked_at IS NULL OR lease_worker IS NULL)
) WITH (fillfactor = 80, autovacuum_vacuum_scale_factor = 0.05, autovacuum_vacuum_cost_delay = 0);

CREATE INDEX effects_due ON orders.effects (due_at, order_id, version, place) WHERE parked_at IS NULL;
CREATE INDEX effects_leased ON orders.effects (lease_worker) WHERE lease_worker IS NOT NULL;
CREATE INDEX effects_dead ON orders.effects (storefront, order_id, version, place) WHERE parked_at IS NOT NULL;
ALTER TABLE orders.effects ADD PRIMARY KEY (order_id, version, place);

-- Events that are still to be published; the event itself is in events.
CREATE TABLE orders.outbox (
    lane       bigint           NOT NULL,
    order_id   uuid             NOT NULL,
    storefront text COLLATE "C" NOT NULL,
    version    bigint           NOT NULL,
    PRIMARY KEY (lane, order_id, storefront, version)
) WITH (autovacuum_vacuum_scale_factor = 0.05, autovacuum_vacuum_cost_delay = 0);

-- Who publishes a lane just now, and whose turn was when.
CREATE TABLE orders.lanes (
    lane         bigint PRIMARY KEY,
    turn         bigint NOT NULL DEFAULT 0,
    lease_worker text COLLATE "C",
    lease_until  bigint
) WITH (fillfactor = 20);

INSERT INTO orders.lanes (lane) SELECT generate_series(0, 15);

-- Orders whose events cannot be published until a person looks.
CREATE TABLE orders.parked (
    order_id uuid PRIMARY KEY,
    error    text NOT NULL
);

-- What a caller asked for under a key, so that asking again does nothing twice.
CREATE TABLE orders.keys (
    storefront      text COLLATE "C" NOT NULL,
    operation       text COLLATE "C" NOT NULL,
    idempotency_key text COLLATE "C" NOT NULL,
    order_id        uuid             NOT NULL,
    fingerprint     text COLLATE "C" NOT NULL,
    before_version  bigint           NOT NULL,
    version         bigint           NOT NULL,
    in_flight_until bigint,
    claimed_at      bigint           NOT NULL,
    expires_at      bigint           NOT NULL,
    PRIMARY KEY (storefront, operation, idempotency_key)
) WITH (fillfactor = 80);

CREATE INDEX keys_expiring ON orders.keys (expires_at);

-- Outside events that were recorded, for ever.
CREATE TABLE orders.receipts (
    storefront text COLLATE "C" NOT NULL,
    source     text COLLATE "C" NOT NULL,
    receipt    text COLLATE "C" NOT NULL,
    order_id   uuid             NOT NULL,
    PRIMARY KEY (storefront, source, receipt)
);

-- Long documents take less space, and less time than with what is the default. Where the server was
-- built without it, the default will do.
DO $$
BEGIN
    ALTER TABLE orders.orders ALTER COLUMN document SET COMPRESSION lz4;
    ALTER TABLE orders.events ALTER COLUMN document SET COMPRESSION lz4;
EXCEPTION
    WHEN feature_not_supported OR syntax_error THEN NULL;
END
$$;

-- Ends a statement that another writer came in between of, so that nothing of it is kept.
CREATE FUNCTION orders.raced() RETURNS boolean LANGUAGE plpgsql VOLATILE AS $$
BEGIN
    RAISE EXCEPTION 'another writer came in between' USING ERRCODE = 'serialization_failure';
END
$$;
