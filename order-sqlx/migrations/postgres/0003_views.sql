-- Read models for SQL users. They read the documents of orders and events; nothing is stored twice.
-- They show no personal data.

CREATE VIEW orders.order_heads AS
SELECT storefront,
       order_id,
       version,
       status,
       payment_status,
       fulfillment_status,
       customer_id,
       deleted = 1                                      AS deleted,
       orders.from_micros(wake_at)                      AS wake_at,
       orders.from_micros(placed_at)                    AS placed_at,
       orders.from_micros(updated_at)                   AS updated_at
FROM orders.orders;

CREATE VIEW orders.order_history AS
SELECT e.storefront,
       e.order_id,
       e.first_version + d.position - 1                 AS version,
       d.document ->> 'type'                            AS kind,
       (d.document ->> 'at')::timestamptz               AS at,
       d.document
FROM orders.events AS e
CROSS JOIN LATERAL json_array_elements(e.documents::json) WITH ORDINALITY AS d(document, position);

CREATE VIEW orders.order_lines AS
SELECT o.storefront,
       o.order_id,
       l.value ->> 'id'                                 AS line_id,
       l.value ->> 'sku'                                AS sku,
       l.value ->> 'name'                               AS name,
       (l.value ->> 'quantity')::bigint                 AS quantity,
       (l.value ->> 'unit_price')::bigint               AS unit_price,
       d.document ->> 'currency'                        AS currency,
       coalesce((l.value ->> 'cancelled')::bigint, 0)   AS cancelled,
       coalesce((l.value ->> 'shipped')::bigint, 0)     AS shipped,
       coalesce((l.value ->> 'delivered')::bigint, 0)   AS delivered,
       coalesce((l.value ->> 'returned')::bigint, 0)    AS returned
FROM orders.orders AS o
CROSS JOIN LATERAL (SELECT o.document::json AS document) AS d
CROSS JOIN LATERAL json_array_elements(d.document -> 'lines') AS l(value);

CREATE VIEW orders.order_payments AS
SELECT o.storefront,
       o.order_id,
       p.value ->> 'no'                                 AS attempt,
       p.value ->> 'state'                              AS state,
       (p.value ->> 'amount')::bigint                   AS amount,
       coalesce((p.value ->> 'authorized')::bigint, 0)  AS authorized,
       (SELECT coalesce(sum((c.value ->> 'amount')::bigint), 0)::bigint
        FROM json_array_elements(p.value -> 'captures') AS c(value)
        WHERE c.value ->> 'state' = 'succeeded')        AS captured,
       d.document ->> 'currency'                        AS currency,
       p.value ->> 'provider_id'                        AS provider_id,
       p.value ->> 'started_at'                         AS started_at
FROM orders.orders AS o
CROSS JOIN LATERAL (SELECT o.document::json AS document) AS d
CROSS JOIN LATERAL json_array_elements(d.document -> 'payments') AS p(value);

CREATE VIEW orders.order_refunds AS
SELECT o.storefront,
       o.order_id,
       r.value ->> 'no'                                 AS refund,
       r.value ->> 'attempt'                            AS attempt,
       r.value ->> 'state'                              AS state,
       (r.value ->> 'amount')::bigint                   AS amount,
       r.value ->> 'purpose'                            AS purpose,
       d.document ->> 'currency'                        AS currency,
       r.value ->> 'requested_at'                       AS requested_at
FROM orders.orders AS o
CROSS JOIN LATERAL (SELECT o.document::json AS document) AS d
CROSS JOIN LATERAL json_array_elements(d.document -> 'refunds') AS r(value);

CREATE VIEW orders.order_fulfillments AS
SELECT o.storefront,
       o.order_id,
       f.value ->> 'no'                                 AS fulfillment,
       f.value ->> 'state'                              AS state,
       f.value -> 'tracking' ->> 'carrier'              AS carrier,
       f.value -> 'tracking' ->> 'number'               AS tracking_number
FROM orders.orders AS o
CROSS JOIN LATERAL (SELECT o.document::json AS document) AS d
CROSS JOIN LATERAL json_array_elements(d.document -> 'fulfillments') AS f(value);
