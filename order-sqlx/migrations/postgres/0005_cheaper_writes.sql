-- Most of what a write costs is comparing its way into indexes. So what tells rows apart stands first
-- in them, ids before texts, and times ascend: new entries go where the last ones went.

DROP INDEX orders.orders_by_time;
DROP INDEX orders.orders_by_status;
DROP INDEX orders.orders_by_payment;
DROP INDEX orders.orders_by_fulfillment;
DROP INDEX orders.orders_by_customer;
ALTER TABLE orders.orders DROP CONSTRAINT orders_pkey;

CREATE INDEX orders_by_time ON orders.orders (storefront, deleted, placed_at, order_id);
CREATE INDEX orders_by_status ON orders.orders (storefront, deleted, status, placed_at, order_id);
CREATE INDEX orders_by_payment ON orders.orders (storefront, deleted, payment_status, placed_at, order_id);
CREATE INDEX orders_by_fulfillment ON orders.orders (storefront, deleted, fulfillment_status, placed_at, order_id);
CREATE INDEX orders_by_customer ON orders.orders (customer_id, storefront, deleted, placed_at, order_id);
-- Made last: of indexes that look alike, as they do while a table is empty, the planner takes the last.
ALTER TABLE orders.orders ADD PRIMARY KEY (order_id, storefront);

DROP INDEX orders.skus_by_time;
CREATE UNIQUE INDEX skus_by_time ON orders.skus (sku, storefront, deleted, placed_at, order_id);

ALTER TABLE orders.events DROP CONSTRAINT events_pkey;
ALTER TABLE orders.events ADD PRIMARY KEY (order_id, version, storefront);

ALTER TABLE orders.keys DROP CONSTRAINT keys_pkey;
ALTER TABLE orders.keys ADD PRIMARY KEY (idempotency_key, storefront, operation);

-- An effect is either free or leased, and in the index of those.
DROP INDEX orders.effects_due;
DROP INDEX orders.effects_leased;
CREATE INDEX effects_due ON orders.effects (due_at, order_id, version, place)
WHERE parked_at IS NULL AND lease_until IS NULL;
CREATE INDEX effects_leased ON orders.effects (lease_until) WHERE lease_until IS NOT NULL;

-- A row for all events of a change: from `version` to `last_version`.
ALTER TABLE orders.outbox ADD COLUMN last_version bigint;
UPDATE orders.outbox SET last_version = version;
ALTER TABLE orders.outbox ALTER COLUMN last_version SET NOT NULL;
ALTER TABLE orders.outbox ADD CHECK (last_version >= version);
