-- The same function, which takes what it needs out of its arrays by place. To have them all unnested
-- side by side, step by step, was most of what a small group cost.
CREATE OR REPLACE FUNCTION orders.commit_changes(
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
    claims boolean;
    advances boolean;
    receives boolean;
    publishes boolean;
BEGIN
    SELECT array_agg(d.verdict ORDER BY d.i), bool_and(d.verdict = 0),
        count(*) FILTER (WHERE d.verdict = 0 AND d.expected > 0),
        bool_or(d.key_change = 1), bool_or(d.key_change > 1), bool_or(d.receives),
        bool_or(d.publishes)
    INTO verdicts, all_apply, known, claims, advances, receives, publishes
    FROM (SELECT a.i, o_expected[a.i] AS expected, o_key_change[a.i] AS key_change,
            o_receipt[a.i] IS NOT NULL AS receives, o_lane[a.i] IS NOT NULL AS publishes,
            CASE
            WHEN k.expires_at > o_claimed_at[a.i] THEN 1
            WHEN r.receipt IS NOT NULL THEN 2
            WHEN coalesce(o.version, 0) <> o_expected[a.i] THEN 3
            -- A key that has expired; a known order that is to be listed otherwise than it is.
            WHEN k.expires_at IS NOT NULL OR (o.version IS NOT NULL AND (o.skus <> o_skus[a.i]
                OR o.deleted <> o_deleted[a.i] OR o.placed_at <> o_placed_at[a.i])) THEN 4
            ELSE 0 END AS verdict
        FROM generate_series(1, cardinality(o_order_id)) AS a(i)
        LEFT JOIN orders.orders AS o
            ON o.storefront = o_storefront[a.i] AND o.order_id = o_order_id[a.i]
        LEFT JOIN orders.keys AS k ON o_key_change[a.i] = 1
            AND k.storefront = o_key_storefront[a.i] AND k.operation = o_operation[a.i]
            AND k.idempotency_key = o_idempotency_key[a.i]
        LEFT JOIN orders.receipts AS r ON r.storefront = o_storefront[a.i]
            AND r.source = o_source[a.i] AND r.receipt = o_receipt[a.i]) AS d;

    IF NOT all_apply THEN
        RETURN QUERY SELECT a.i::bigint, verdicts[a.i], coalesce(o.version, 0), k.order_id,
            k.fingerprint, k.before_version, k.version, k.in_flight_until, k.expires_at
        FROM generate_series(1, cardinality(o_order_id)) AS a(i)
        LEFT JOIN orders.orders AS o
            ON o.storefront = o_storefront[a.i] AND o.order_id = o_order_id[a.i]
        LEFT JOIN orders.keys AS k ON k.storefront = o_key_storefront[a.i]
            AND k.operation = o_operation[a.i] AND k.idempotency_key = o_idempotency_key[a.i]
        WHERE verdicts[a.i] <> 0
            AND (verdicts[a.i] <> 1 OR k.order_id IS NOT NULL OR orders.raced());
    END IF;

    IF claims THEN
        INSERT INTO orders.keys (storefront, operation, idempotency_key, order_id, fingerprint,
            before_version, version, in_flight_until, claimed_at, expires_at)
        SELECT o_key_storefront[i], o_operation[i], o_idempotency_key[i], o_key_order[i],
            o_fingerprint[i], o_key_before[i], o_key_version[i], o_in_flight_until[i],
            o_claimed_at[i], o_expires_at[i]
        FROM generate_series(1, cardinality(o_order_id)) AS a(i)
        WHERE o_key_change[i] = 1 AND verdicts[i] = 0;
    END IF;

    IF advances THEN
        UPDATE orders.keys AS k SET version = o_version[a.i],
            in_flight_until = CASE WHEN o_key_change[a.i] = 3 THEN NULL ELSE k.in_flight_until END
        FROM generate_series(1, cardinality(o_order_id)) AS a(i)
        WHERE o_key_change[a.i] > 1 AND verdicts[a.i] = 0 AND k.storefront = o_key_storefront[a.i]
            AND k.operation = o_operation[a.i] AND k.idempotency_key = o_idempotency_key[a.i];
    END IF;

    IF receives THEN
        INSERT INTO orders.receipts (storefront, source, receipt, order_id)
        SELECT o_storefront[i], o_source[i], o_receipt[i], o_order_id[i]
        FROM generate_series(1, cardinality(o_order_id)) AS a(i)
        WHERE o_receipt[i] IS NOT NULL AND verdicts[i] = 0;
    END IF;

    IF 0 = ANY (o_expected) THEN
        INSERT INTO orders.orders (storefront, order_id, version, status, payment_status,
            fulfillment_status, customer_id, deleted, deferred, wake_at, placed_at, updated_at,
            skus, document, personal)
        SELECT o_storefront[i], o_order_id[i], o_version[i], o_status[i], o_payment_status[i],
            o_fulfillment_status[i], o_customer_id[i], o_deleted[i], o_deferred[i], o_wake_at[i],
            o_placed_at[i], o_updated_at[i], o_skus[i], o_document[i], o_personal[i]
        FROM generate_series(1, cardinality(o_order_id)) AS a(i)
        WHERE o_expected[i] = 0 AND verdicts[i] = 0;
    END IF;

    IF known > 0 THEN
        UPDATE orders.orders AS o SET version = o_version[a.i], status = o_status[a.i],
            payment_status = o_payment_status[a.i], fulfillment_status = o_fulfillment_status[a.i],
            customer_id = o_customer_id[a.i], deferred = o_deferred[a.i], wake_at = o_wake_at[a.i],
            updated_at = o_updated_at[a.i], document = o_document[a.i], personal = o_personal[a.i]
        FROM generate_series(1, cardinality(o_order_id)) AS a(i)
        WHERE o_expected[a.i] > 0 AND verdicts[a.i] = 0 AND o.storefront = o_storefront[a.i]
            AND o.order_id = o_order_id[a.i] AND o.version = o_expected[a.i];
        GET DIAGNOSTICS changed = ROW_COUNT;
        IF changed <> known THEN
            PERFORM orders.raced();
        END IF;
    END IF;

    IF cardinality(s_item) > 0 THEN
        INSERT INTO orders.skus (storefront, deleted, sku, placed_at, order_id)
        SELECT o_storefront[s_item[i]], o_deleted[s_item[i]], s_sku[i], o_placed_at[s_item[i]],
            o_order_id[s_item[i]]
        FROM generate_series(1, cardinality(s_item)) AS s(i)
        WHERE verdicts[s_item[i]] = 0;
    END IF;

    INSERT INTO orders.events (storefront, order_id, version, kind, at, document, personal)
    SELECT o_storefront[e_item[i]], o_order_id[e_item[i]], e_version[i], e_kind[i], e_at[i],
        e_document[i], e_personal[i]
    FROM generate_series(1, cardinality(e_item)) AS e(i)
    WHERE verdicts[e_item[i]] = 0;

    IF publishes THEN
        INSERT INTO orders.outbox (lane, order_id, storefront, version, last_version)
        SELECT o_lane[i], o_order_id[i], o_storefront[i], o_expected[i] + 1, o_version[i]
        FROM generate_series(1, cardinality(o_order_id)) AS a(i)
        WHERE o_lane[i] IS NOT NULL AND verdicts[i] = 0;
    END IF;

    IF cardinality(x_item) > 0 THEN
        INSERT INTO orders.effects (order_id, version, place, storefront, task, due_at,
            lease_worker, lease_until, tries)
        SELECT x_order_id[i], x_version[i], x_place[i], x_storefront[i], x_task[i], x_due_at[i],
            x_worker[i], x_until[i], CASE WHEN x_worker[i] IS NULL THEN 0 ELSE 1 END
        FROM generate_series(1, cardinality(x_item)) AS x(i)
        WHERE verdicts[x_item[i]] = 0;
    END IF;

    IF cardinality(f_item) > 0 THEN
        DELETE FROM orders.effects AS e
        USING generate_series(1, cardinality(f_item)) AS f(i)
        WHERE verdicts[f_item[f.i]] = 0 AND e.order_id = f_order_id[f.i]
            AND e.version = f_version[f.i] AND e.place = f_place[f.i];
    END IF;
END
$$;
