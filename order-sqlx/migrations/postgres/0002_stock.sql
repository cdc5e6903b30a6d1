-- The stock that SqlInventory keeps.

CREATE TABLE orders.products (
    storefront text COLLATE "C" NOT NULL,
    sku        text COLLATE "C" NOT NULL,
    name       text,
    unit_price bigint           NOT NULL,
    currency   text COLLATE "C" NOT NULL,
    -- Units that can be reserved: those of held and committed reservations are not among them.
    available  bigint           NOT NULL CHECK (available >= 0),
    PRIMARY KEY (storefront, sku)
) WITH (fillfactor = 50, autovacuum_vacuum_scale_factor = 0.05, autovacuum_vacuum_cost_delay = 0);

CREATE TABLE orders.reservations (
    storefront  text COLLATE "C" NOT NULL,
    reservation text COLLATE "C" NOT NULL,
    status      text COLLATE "C" NOT NULL CHECK (status IN ('held', 'committed', 'released', 'expired')),
    -- When it lapses, or would have. None where it was released before it was made.
    expires_at  bigint,
    -- The units it was first asked for, to tell a repetition from another request.
    asked       text             NOT NULL,
    PRIMARY KEY (storefront, reservation)
) WITH (fillfactor = 85);

CREATE INDEX reservations_expiring ON orders.reservations (expires_at) WHERE status = 'held';

CREATE TABLE orders.reservation_lines (
    storefront  text COLLATE "C" NOT NULL,
    reservation text COLLATE "C" NOT NULL,
    sku         text COLLATE "C" NOT NULL,
    quantity    bigint           NOT NULL CHECK (quantity > 0),
    PRIMARY KEY (storefront, reservation, sku)
);
