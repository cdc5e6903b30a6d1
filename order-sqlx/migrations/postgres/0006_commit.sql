-- Stores the changes that apply, of some that have neither order, key nor receipt in common: all in
-- one round trip, and nothing of it if another writer comes in between. Answers a row for each that
-- does not apply.
--
-- The arrays of a group have the same length. `o`: an item for each change: its order, the key and
-- the receipt it takes. `s`, `e`, `x`, `f`: the SKUs to be listed, the events, the effects that are
-- born and those that are finished, each with the number of its item.
--
-- Verdicts: 0 applies, 1 the key is taken, 2 the receipt was received, 3 the version is stale, 4 it
-- takes more than is done here.
--
-- Rows that somebody else has locked are not waited for long: all of a line would wait.
CREATE FUNCTION orders.commit_changes(
    o_storefront text[], o_order_id uuid[], o_expected bigint[], o_version bigint[],
    o_status text[], o_payment_status text[], o_fulfillment_status text[], o_customer_id text[],
    o_deleted bigint[], o_deferred bigint[], o_wake_at bigint[], o_placed_at bigint[],
    o_updated_at bigint[], o_skus text[], o_document text[], o_personal text[], o_lane bigint[],
    -- 0: none, 1: claim, 2: advance, 3: answer.
    o_key_change bigint[], o_key_storefront text[], o_operation text[], o_idempotency_key text[],
    o_key_order uuid[], o_fingerprint text[], o_key_before bigint[], o_key_version bigint[],
    o_in_flight_until bigint[], o_claimed_at bigint[], o_expires_at bigint[],
    o_source text[], o_receipt text[],
    s_item bigint[], s_sku text[],
    e_item bigint[], e_version bigint[], e_kind text[], e_at bigint[], e_document text[],
    e_personal text[],
    x_item bigint[], x_order_id uuid[], x_version bigint[], x_place bigint[], x_storefront text[],
    x_task text[], x_due_at bigint[], x_worker text[], x_until bigint[],
    f_item bigint[], f_order_id uuid[], f_version bigint[], f_place bigint[])
RETURNS TABLE (item bigint, verdict bigint, found_version bigint, order_id uuid, fingerprint text,
    before_version bigint, version bigint, in_flight_until bigint, expires_at bigint)
LANGUAGE plpgsql
SET lock_timeout = '250ms'
AS $$
#variable_conflict use_column
DECLARE
    verdicts bigint[];
    all_apply boolean;
    known bigint;
    changed bigint;
BEGIN
    SELECT array_agg(d.verdict ORDER BY d.item), bool_and(d.verdict = 0),
        count(*) FILTER (WHERE d.verdict = 0 AND d.expected > 0)
    INTO verdicts, all_apply, known
    FROM (SELECT a.item, a.expected, CASE
            WHEN k.expires_at > a.claimed_at THEN 1
            WHEN r.receipt IS NOT NULL THEN 2
            WHEN coalesce(o.version, 0) <> a.expected THEN 3
            -- A key that has expired; a known order that is to be listed otherwise than it is.
            WHEN k.expires_at IS NOT NULL OR (o.version IS NOT NULL AND (o.skus <> a.skus
                OR o.deleted <> a.deleted OR o.placed_at <> a.placed_at)) THEN 4
            ELSE 0 END AS verdict
        FROM unnest(o_storefront, o_order_id, o_expected, o_deleted, o_placed_at, o_skus,
            o_key_change, o_key_storefront, o_operation, o_idempotency_key, o_claimed_at, o_source,
            o_receipt) WITH ORDINALITY
            AS a(storefront, order_id, expected, deleted, placed_at, skus, key_change,
                key_storefront, operation, idempotency_key, claimed_at, source, receipt, item)
        LEFT JOIN orders.orders AS o ON o.storefront = a.storefront AND o.order_id = a.order_id
        LEFT JOIN orders.keys AS k ON a.key_change = 1 AND k.storefront = a.key_storefront
            AND k.operation = a.operation AND k.idempotency_key = a.idempotency_key
        LEFT JOIN orders.receipts AS r ON a.receipt IS NOT NULL AND r.storefront = a.storefront
            AND r.source = a.source AND r.receipt = a.receipt) AS d;

    IF NOT all_apply THEN
        RETURN QUERY SELECT a.item, verdicts[a.item], coalesce(o.version, 0), k.order_id,
            k.fingerprint, k.before_version, k.version, k.in_flight_until, k.expires_at
        FROM unnest(o_storefront, o_order_id, o_key_storefront, o_operation, o_idempotency_key)
            WITH ORDINALITY
            AS a(storefront, order_id, key_storefront, operation, idempotency_key, item)
        LEFT JOIN orders.orders AS o ON o.storefront = a.storefront AND o.order_id = a.order_id
        LEFT JOIN orders.keys AS k ON k.storefront = a.key_storefront
            AND k.operation = a.operation AND k.idempotency_key = a.idempotency_key
        WHERE verdicts[a.item] <> 0
            AND (verdicts[a.item] <> 1 OR k.order_id IS NOT NULL OR orders.raced());
    END IF;

    IF 1 = ANY (o_key_change) THEN
        INSERT INTO orders.keys (storefront, operation, idempotency_key, order_id, fingerprint,
            before_version, version, in_flight_until, claimed_at, expires_at)
        SELECT a.storefront, a.operation, a.idempotency_key, a.order_id, a.fingerprint, a.before,
            a.version, a.in_flight_until, a.claimed_at, a.expires_at
        FROM unnest(o_key_change, o_key_storefront, o_operation, o_idempotency_key, o_key_order,
            o_fingerprint, o_key_before, o_key_version, o_in_flight_until, o_claimed_at,
            o_expires_at) WITH ORDINALITY
            AS a(key_change, storefront, operation, idempotency_key, order_id, fingerprint, before,
                version, in_flight_until, claimed_at, expires_at, item)
        WHERE a.key_change = 1 AND verdicts[a.item] = 0;
    END IF;

    IF 2 = ANY (o_key_change) OR 3 = ANY (o_key_change) THEN
        UPDATE orders.keys AS k SET version = a.version,
            in_flight_until = CASE WHEN a.key_change = 3 THEN NULL ELSE k.in_flight_until END
        FROM unnest(o_key_change, o_key_storefront, o_operation, o_idempotency_key, o_version)
            WITH ORDINALITY
            AS a(key_change, storefront, operation, idempotency_key, version, item)
        WHERE a.key_change >= 2 AND verdicts[a.item] = 0 AND k.storefront = a.storefront
            AND k.operation = a.operation AND k.idempotency_key = a.idempotency_key;
    END IF;

    IF array_length(array_remove(o_receipt, NULL), 1) > 0 THEN
        INSERT INTO orders.receipts (storefront, source, receipt, order_id)
        SELECT a.storefront, a.source, a.receipt, a.order_id
        FROM unnest(o_storefront, o_source, o_receipt, o_order_id) WITH ORDINALITY
            AS a(storefront, source, receipt, order_id, item)
        WHERE a.receipt IS NOT NULL AND verdicts[a.item] = 0;
    END IF;

    IF 0 = ANY (o_expected) THEN
        INSERT INTO orders.orders (storefront, order_id, version, status, payment_status,
            fulfillment_status, customer_id, deleted, deferred, wake_at, placed_at, updated_at,
            skus, document, personal)
        SELECT a.storefront, a.order_id, a.version, a.status, a.payment_status,
            a.fulfillment_status, a.customer_id, a.deleted, a.deferred, a.wake_at, a.placed_at,
            a.updated_at, a.skus, a.document, a.personal
        FROM unnest(o_storefront, o_order_id, o_expected, o_version, o_status, o_payment_status,
            o_fulfillment_status, o_customer_id, o_deleted, o_deferred, o_wake_at, o_placed_at,
            o_updated_at, o_skus, o_document, o_personal) WITH ORDINALITY
            AS a(storefront, order_id, expected, version, status, payment_status,
                fulfillment_status, customer_id, deleted, deferred, wake_at, placed_at, updated_at,
                skus, document, personal, item)
        WHERE a.expected = 0 AND verdicts[a.item] = 0;
    END IF;

    IF known > 0 THEN
        UPDATE orders.orders AS o SET version = a.version, status = a.status,
            payment_status = a.payment_status, fulfillment_status = a.fulfillment_status,
            customer_id = a.customer_id, deferred = a.deferred, wake_at = a.wake_at,
            updated_at = a.updated_at, document = a.document, personal = a.personal
        FROM unnest(o_storefront, o_order_id, o_expected, o_version, o_status, o_payment_status,
            o_fulfillment_status, o_customer_id, o_deferred, o_wake_at, o_updated_at, o_document,
            o_personal) WITH ORDINALITY
            AS a(storefront, order_id, expected, version, status, payment_status,
                fulfillment_status, customer_id, deferred, wake_at, updated_at, document, personal,
                item)
        WHERE a.expected > 0 AND verdicts[a.item] = 0 AND o.storefront = a.storefront
            AND o.order_id = a.order_id AND o.version = a.expected;
        GET DIAGNOSTICS changed = ROW_COUNT;
        IF changed <> known THEN
            PERFORM orders.raced();
        END IF;
    END IF;

    IF array_length(s_item, 1) > 0 THEN
        INSERT INTO orders.skus (storefront, deleted, sku, placed_at, order_id)
        SELECT o_storefront[s.item], o_deleted[s.item], s.sku, o_placed_at[s.item],
            o_order_id[s.item]
        FROM unnest(s_item, s_sku) AS s(item, sku)
        WHERE verdicts[s.item] = 0;
    END IF;

    INSERT INTO orders.events (storefront, order_id, version, kind, at, document, personal)
    SELECT o_storefront[e.item], o_order_id[e.item], e.version, e.kind, e.at, e.document, e.personal
    FROM unnest(e_item, e_version, e_kind, e_at, e_document, e_personal)
        AS e(item, version, kind, at, document, personal)
    WHERE verdicts[e.item] = 0;

    IF array_length(array_remove(o_lane, NULL), 1) > 0 THEN
        INSERT INTO orders.outbox (lane, order_id, storefront, version, last_version)
        SELECT a.lane, a.order_id, a.storefront, a.expected + 1, a.version
        FROM unnest(o_lane, o_order_id, o_storefront, o_expected, o_version) WITH ORDINALITY
            AS a(lane, order_id, storefront, expected, version, item)
        WHERE a.lane IS NOT NULL AND verdicts[a.item] = 0;
    END IF;

    IF array_length(x_item, 1) > 0 THEN
        INSERT INTO orders.effects (order_id, version, place, storefront, task, due_at,
            lease_worker, lease_until, tries)
        SELECT x.order_id, x.version, x.place, x.storefront, x.task, x.due_at, x.worker, x.until,
            CASE WHEN x.worker IS NULL THEN 0 ELSE 1 END
        FROM unnest(x_item, x_order_id, x_version, x_place, x_storefront, x_task, x_due_at,
            x_worker, x_until)
            AS x(item, order_id, version, place, storefront, task, due_at, worker, until)
        WHERE verdicts[x.item] = 0;
    END IF;

    IF array_length(f_item, 1) > 0 THEN
        DELETE FROM orders.effects AS e
        USING unnest(f_item, f_order_id, f_version, f_place) AS f(item, order_id, version, place)
        WHERE verdicts[f.item] = 0 AND e.order_id = f.order_id AND e.version = f.version
            AND e.place = f.place;
    END IF;
END
$$;
