-- The stock that SqlInventory keeps.

CREATE TABLE order_products (
    storefront TEXT    NOT NULL,
    sku        TEXT    NOT NULL,
    name       TEXT,
    unit_price INTEGER NOT NULL,
    currency   TEXT    NOT NULL,
    -- Units that can be reserved: those of held and committed reservations are not among them.
    available  INTEGER NOT NULL CHECK (available >= 0),
    PRIMARY KEY (storefront, sku)
) STRICT, WITHOUT ROWID;

CREATE TABLE order_reservations (
    storefront  TEXT    NOT NULL,
    reservation TEXT    NOT NULL,
    status      TEXT    NOT NULL CHECK (status IN ('held', 'committed', 'released', 'expired')),
    -- When it lapses, or would have. None where it was released before it was made.
    expires_at  INTEGER,
    -- The units it was first asked for, to tell a repetition from another request.
    asked       TEXT    NOT NULL,
    PRIMARY KEY (storefront, reservation)
) STRICT, WITHOUT ROWID;

CREATE INDEX order_reservations_expiring ON order_reservations (expires_at) WHERE status = 'held';

CREATE TABLE order_reservation_lines (
    storefront  TEXT    NOT NULL,
    reservation TEXT    NOT NULL,
    sku         TEXT    NOT NULL,
    quantity    INTEGER NOT NULL CHECK (quantity > 0),
    PRIMARY KEY (storefront, reservation, sku)
) STRICT, WITHOUT ROWID;
