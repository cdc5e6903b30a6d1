-- A stored timestamp as the views show it.
CREATE FUNCTION orders.from_micros(micros bigint) RETURNS timestamptz
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT timestamptz 'epoch' + micros * interval '1 microsecond'
$$;

-- Aborts the statement that found that another writer came in between; nothing of it is kept.
CREATE FUNCTION orders.raise_write_conflict() RETURNS boolean LANGUAGE plpgsql VOLATILE AS $$
BEGIN
    RAISE EXCEPTION 'another writer came in between' USING ERRCODE = 'serialization_failure';
END
$$;

CREATE FUNCTION orders.refuse_event_update() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'an event is never changed';
END
$$;

CREATE TRIGGER events_are_immutable
BEFORE UPDATE OF storefront, order_id, first_version, last_version, documents ON orders.events
FOR EACH ROW EXECUTE FUNCTION orders.refuse_event_update();

-- Commits a batch of changes in one round trip, without an explicit transaction: the hot write path.
-- It decides about each change (idempotency key, inbox, version: the optimistic lock), writes those
-- that apply, and returns a row for each that does not.
--
-- The changes of a batch share no order, idempotency key or inbox entry. Where another writer came in
-- between, a row is there already or is not updated: that aborts the whole call, and the caller sends
-- it again.
--
-- Parameters are parallel arrays. `o_`: one element for each change, with the order, its new events,
-- the idempotency key, the inbox entry and the reservation. `sku_`, `effect_`, `done_`, `stock_`: rows
-- of order_skus, new effects, completed effects and units to reserve, each with the number of its
-- change (`item`, from 1). Elements are taken by subscript: to unnest all arrays side by side in every step would cost more than the steps.
--
-- Outcomes: 0 applied, 1 the key is claimed, 2 the external event was recorded before, 3 the version
-- differs, 4 needs a transaction: the change does something that this function leaves to one, such as
-- reserve a product that is short for the batch as a whole.
--
-- Products are locked last and in the order of their SKUs, so that batches wait for each other's
-- products as briefly as possible and never in a circle.
--
-- It runs with the rights of its caller, so that row-level security holds within it. It waits for
-- locked rows for a moment only, since the whole queue would wait with it.
--
-- A version of this crate that needs another behaviour adds a function of another name, so that
-- processes of two versions can share the database.
CREATE FUNCTION orders.commit_changes(
    o_storefront text[], o_order_id uuid[], o_expected bigint[], o_version bigint[],
    o_status text[], o_payment_status text[], o_fulfillment_status text[], o_customer_id text[],
    o_deleted bigint[], o_deferred bigint[], o_wake_at bigint[], o_placed_at bigint[],
    o_updated_at bigint[], o_skus text[], o_document text[], o_personal text[],
    o_events text[], o_event_personal text[], o_partition bigint[],
    -- 0: none, 1: claim, 2: claim if unused, 3: advance, 4: advance and mark as answered, 5: release.
    o_key_action bigint[], o_key_storefront text[], o_operation text[], o_idempotency_key text[],
    o_key_order uuid[], o_fingerprint text[], o_key_before bigint[], o_key_version bigint[],
    o_in_flight_until bigint[], o_claimed_at bigint[], o_expires_at bigint[],
    o_source text[], o_event_id text[],
    o_reservation text[], o_reserved_until bigint[], o_requested_lines text[],
    sku_item bigint[], sku_code text[],
    effect_item bigint[], effect_order_id uuid[], effect_version bigint[], effect_position bigint[],
    effect_storefront text[], effect_kind text[], effect_due_at bigint[], effect_worker text[],
    effect_until bigint[],
    done_item bigint[], done_order_id uuid[], done_version bigint[], done_position bigint[],
    stock_item bigint[], stock_sku text[], stock_units bigint[])
RETURNS TABLE (item bigint, outcome bigint, found_version bigint, order_id uuid, fingerprint text,
    before_version bigint, version bigint, in_flight_until bigint, expires_at bigint)
LANGUAGE plpgsql
SET lock_timeout = '250ms'
AS $$
#variable_conflict use_column
DECLARE
    outcomes bigint[];
    all_apply boolean;
    updates bigint;
    updated bigint;
    claims boolean;
    advances boolean;
    receives boolean;
    publishes boolean;
    reserves boolean;
    out_of_stock bigint[];
    is_taken boolean;
BEGIN
    SELECT array_agg(d.outcome ORDER BY d.i), bool_and(d.outcome = 0),
        count(*) FILTER (WHERE d.outcome = 0 AND d.expected > 0),
        bool_or(d.key_action IN (1, 2)), bool_or(d.key_action > 2), bool_or(d.receives),
        bool_or(d.publishes), bool_or(d.reserves)
    INTO outcomes, all_apply, updates, claims, advances, receives, publishes, reserves
    FROM (SELECT a.i, o_expected[a.i] AS expected, o_key_action[a.i] AS key_action,
            o_event_id[a.i] IS NOT NULL AS receives, o_partition[a.i] IS NOT NULL AS publishes,
            o_reservation[a.i] IS NOT NULL AS reserves,
            CASE
            WHEN k.expires_at > o_claimed_at[a.i] AND (k.version > 0 OR o_key_action[a.i] = 2) THEN 1
            WHEN r.event_id IS NOT NULL THEN 2
            WHEN coalesce(o.version, 0) <> o_expected[a.i] THEN 3
            -- A key that is expired or released is to be claimed, the reservation is there already,
            -- or the rows of an order in order_skus change.
            WHEN k.expires_at IS NOT NULL OR h.status IS NOT NULL OR (o.version IS NOT NULL AND (o.skus <> o_skus[a.i]
                OR o.deleted <> o_deleted[a.i] OR o.placed_at <> o_placed_at[a.i])) THEN 4
            ELSE 0 END AS outcome
        FROM generate_series(1, cardinality(o_order_id)) AS a(i)
        LEFT JOIN orders.orders AS o
            ON o.storefront = o_storefront[a.i] AND o.order_id = o_order_id[a.i]
        LEFT JOIN orders.idempotency_keys AS k ON o_key_action[a.i] IN (1, 2)
            AND k.storefront = o_key_storefront[a.i] AND k.operation = o_operation[a.i]
            AND k.idempotency_key = o_idempotency_key[a.i]
        LEFT JOIN orders.inbox AS r ON r.storefront = o_storefront[a.i]
            AND r.source = o_source[a.i] AND r.event_id = o_event_id[a.i]
        LEFT JOIN orders.reservations AS h ON h.storefront = o_storefront[a.i]
            AND h.reservation = o_reservation[a.i]) AS d;

    IF reserves THEN
        out_of_stock := array(
            SELECT unnest(w.items)
            FROM (SELECT o_storefront[stock_item[a.i]] AS storefront, stock_sku[a.i] AS sku,
                    sum(stock_units[a.i]) AS units, array_agg(stock_item[a.i]) AS items
                FROM generate_series(1, cardinality(stock_item)) AS a(i)
                WHERE outcomes[stock_item[a.i]] = 0
                GROUP BY 1, 2) AS w
            LEFT JOIN orders.products AS p ON p.storefront = w.storefront AND p.sku = w.sku
            WHERE p.available IS NULL OR p.available < w.units);
        IF cardinality(out_of_stock) > 0 THEN
            SELECT array_agg(d.outcome ORDER BY d.i), false,
                count(*) FILTER (WHERE d.outcome = 0 AND o_expected[d.i] > 0)
            INTO outcomes, all_apply, updates
            FROM (SELECT a.i, CASE WHEN outcomes[a.i] = 0 AND a.i = ANY (out_of_stock) THEN 4
                    ELSE outcomes[a.i] END AS outcome
                FROM generate_series(1, cardinality(outcomes)) AS a(i)) AS d;
        END IF;
    END IF;

    IF NOT all_apply THEN
        RETURN QUERY SELECT a.i::bigint, outcomes[a.i], coalesce(o.version, 0), k.order_id,
            k.fingerprint, k.before_version, k.version, k.in_flight_until, k.expires_at
        FROM generate_series(1, cardinality(o_order_id)) AS a(i)
        LEFT JOIN orders.orders AS o
            ON o.storefront = o_storefront[a.i] AND o.order_id = o_order_id[a.i]
        LEFT JOIN orders.idempotency_keys AS k ON k.storefront = o_key_storefront[a.i]
            AND k.operation = o_operation[a.i] AND k.idempotency_key = o_idempotency_key[a.i]
        WHERE outcomes[a.i] <> 0
            AND (outcomes[a.i] <> 1 OR k.order_id IS NOT NULL OR orders.raise_write_conflict());
    END IF;

    IF claims THEN
        INSERT INTO orders.idempotency_keys (storefront, operation, idempotency_key, order_id,
            fingerprint, before_version, version, in_flight_until, claimed_at, expires_at)
        SELECT o_key_storefront[i], o_operation[i], o_idempotency_key[i], o_key_order[i],
            o_fingerprint[i], o_key_before[i], o_key_version[i], o_in_flight_until[i],
            o_claimed_at[i], o_expires_at[i]
        FROM generate_series(1, cardinality(o_order_id)) AS a(i)
        WHERE o_key_action[i] IN (1, 2) AND outcomes[i] = 0;
    END IF;

    IF advances THEN
        UPDATE orders.idempotency_keys AS k
        SET version = CASE WHEN o_key_action[a.i] = 5 THEN 0 ELSE o_version[a.i] END,
            in_flight_until = CASE WHEN o_key_action[a.i] > 3 THEN NULL ELSE k.in_flight_until END
        FROM generate_series(1, cardinality(o_order_id)) AS a(i)
        WHERE o_key_action[a.i] > 2 AND outcomes[a.i] = 0 AND k.storefront = o_key_storefront[a.i]
            AND k.operation = o_operation[a.i] AND k.idempotency_key = o_idempotency_key[a.i];
    END IF;

    IF receives THEN
        INSERT INTO orders.inbox (storefront, source, event_id, order_id)
        SELECT o_storefront[i], o_source[i], o_event_id[i], o_order_id[i]
        FROM generate_series(1, cardinality(o_order_id)) AS a(i)
        WHERE o_event_id[i] IS NOT NULL AND outcomes[i] = 0;
    END IF;

    IF 0 = ANY (o_expected) THEN
        INSERT INTO orders.orders (storefront, order_id, version, status, payment_status,
            fulfillment_status, customer_id, deleted, deferred, wake_at, placed_at, updated_at,
            skus, document, personal)
        SELECT o_storefront[i], o_order_id[i], o_version[i], o_status[i], o_payment_status[i],
            o_fulfillment_status[i], o_customer_id[i], o_deleted[i], o_deferred[i], o_wake_at[i],
            o_placed_at[i], o_updated_at[i], o_skus[i], o_document[i], o_personal[i]
        FROM generate_series(1, cardinality(o_order_id)) AS a(i)
        WHERE o_expected[i] = 0 AND outcomes[i] = 0;
    END IF;

    IF updates > 0 THEN
        UPDATE orders.orders AS o SET version = o_version[a.i], status = o_status[a.i],
            payment_status = o_payment_status[a.i], fulfillment_status = o_fulfillment_status[a.i],
            customer_id = o_customer_id[a.i], deferred = o_deferred[a.i], wake_at = o_wake_at[a.i],
            updated_at = o_updated_at[a.i], document = o_document[a.i], personal = o_personal[a.i]
        FROM generate_series(1, cardinality(o_order_id)) AS a(i)
        WHERE o_expected[a.i] > 0 AND outcomes[a.i] = 0 AND o.storefront = o_storefront[a.i]
            AND o.order_id = o_order_id[a.i] AND o.version = o_expected[a.i];
        GET DIAGNOSTICS updated = ROW_COUNT;
        IF updated <> updates THEN
            PERFORM orders.raise_write_conflict();
        END IF;
    END IF;

    IF cardinality(sku_item) > 0 THEN
        INSERT INTO orders.order_skus (storefront, deleted, sku, placed_at, order_id)
        SELECT o_storefront[sku_item[i]], o_deleted[sku_item[i]], sku_code[i],
            o_placed_at[sku_item[i]], o_order_id[sku_item[i]]
        FROM generate_series(1, cardinality(sku_item)) AS a(i)
        WHERE outcomes[sku_item[i]] = 0;
    END IF;

    INSERT INTO orders.events (storefront, order_id, first_version, last_version, documents, personal)
    SELECT o_storefront[i], o_order_id[i], o_expected[i] + 1, o_version[i], o_events[i],
        o_event_personal[i]
    FROM generate_series(1, cardinality(o_order_id)) AS a(i)
    WHERE outcomes[i] = 0;

    IF publishes THEN
        INSERT INTO orders.outbox (partition, order_id, storefront, first_version, last_version)
        SELECT o_partition[i], o_order_id[i], o_storefront[i], o_expected[i] + 1, o_version[i]
        FROM generate_series(1, cardinality(o_order_id)) AS a(i)
        WHERE o_partition[i] IS NOT NULL AND outcomes[i] = 0;
    END IF;

    IF cardinality(effect_item) > 0 THEN
        INSERT INTO orders.effects (order_id, version, position, storefront, kind, due_at,
            lease_worker, lease_until, attempts)
        SELECT effect_order_id[i], effect_version[i], effect_position[i], effect_storefront[i],
            effect_kind[i], effect_due_at[i], effect_worker[i], effect_until[i],
            CASE WHEN effect_worker[i] IS NULL THEN 0 ELSE 1 END
        FROM generate_series(1, cardinality(effect_item)) AS a(i)
        WHERE outcomes[effect_item[i]] = 0;
    END IF;

    IF cardinality(done_item) > 0 THEN
        DELETE FROM orders.effects AS e
        USING generate_series(1, cardinality(done_item)) AS a(i)
        WHERE outcomes[done_item[a.i]] = 0 AND e.order_id = done_order_id[a.i]
            AND e.version = done_version[a.i] AND e.position = done_position[a.i];
    END IF;

    IF reserves THEN
        INSERT INTO orders.reservations (storefront, reservation, status, expires_at, requested_lines)
        SELECT o_storefront[i], o_reservation[i], 'held', o_reserved_until[i], o_requested_lines[i]
        FROM generate_series(1, cardinality(o_order_id)) AS a(i)
        WHERE o_reservation[i] IS NOT NULL AND outcomes[i] = 0;

        INSERT INTO orders.reservation_lines (storefront, reservation, sku, quantity)
        SELECT o_storefront[stock_item[i]], o_reservation[stock_item[i]], stock_sku[i], stock_units[i]
        FROM generate_series(1, cardinality(stock_item)) AS a(i)
        WHERE outcomes[stock_item[i]] = 0;

        WITH wanted AS MATERIALIZED (
            SELECT o_storefront[stock_item[a.i]] COLLATE "C" AS storefront,
                stock_sku[a.i] COLLATE "C" AS sku, sum(stock_units[a.i])::bigint AS units
            FROM generate_series(1, cardinality(stock_item)) AS a(i)
            WHERE outcomes[stock_item[a.i]] = 0
            GROUP BY 1, 2
            ORDER BY 1, 2
        ), taken AS (
            UPDATE orders.products AS p SET available = p.available - w.units
            FROM wanted AS w
            WHERE p.storefront = w.storefront AND p.sku = w.sku AND p.available >= w.units
            RETURNING 1
        )
        SELECT (SELECT count(*) FROM taken) = (SELECT count(*) FROM wanted) INTO is_taken;
        IF NOT is_taken THEN
            PERFORM orders.raise_write_conflict();
        END IF;
    END IF;
END
$$;
