-- Read models for SQL users. They read the documents of orders and events; nothing is stored twice.
-- They show no personal data.

CREATE VIEW order_history AS
SELECT e.storefront,
       e.order_id,
       e.first_version + d.key                                AS version,
       d.value ->> '$.type'                                   AS kind,
       d.value ->> '$.at'                                     AS at,
       d.value                                                AS document
FROM order_events AS e, json_each(e.documents) AS d;

CREATE VIEW order_lines AS
SELECT o.storefront,
       o.order_id,
       l.value ->> '$.id'                                     AS line_id,
       l.value ->> '$.sku'                                    AS sku,
       l.value ->> '$.name'                                   AS name,
       l.value ->> '$.quantity'                               AS quantity,
       l.value ->> '$.unit_price'                             AS unit_price,
       o.document ->> '$.currency'                            AS currency,
       coalesce(l.value ->> '$.cancelled', 0)                 AS cancelled,
       coalesce(l.value ->> '$.shipped', 0)                   AS shipped,
       coalesce(l.value ->> '$.delivered', 0)                 AS delivered,
       coalesce(l.value ->> '$.returned', 0)                  AS returned
FROM order_orders AS o, json_each(o.document, '$.lines') AS l;

CREATE VIEW order_payments AS
SELECT o.storefront,
       o.order_id,
       p.value ->> '$.no'                                     AS attempt,
       p.value ->> '$.state'                                  AS state,
       p.value ->> '$.amount'                                 AS amount,
       coalesce(p.value ->> '$.authorized', 0)                AS authorized,
       (SELECT coalesce(sum(c.value ->> '$.amount'), 0)
        FROM json_each(p.value, '$.captures') AS c
        WHERE c.value ->> '$.state' = 'succeeded')            AS captured,
       o.document ->> '$.currency'                            AS currency,
       p.value ->> '$.provider_id'                            AS provider_id,
       p.value ->> '$.started_at'                             AS started_at
FROM order_orders AS o, json_each(o.document, '$.payments') AS p;

CREATE VIEW order_refunds AS
SELECT o.storefront,
       o.order_id,
       r.value ->> '$.no'                                     AS refund,
       r.value ->> '$.attempt'                                AS attempt,
       r.value ->> '$.state'                                  AS state,
       r.value ->> '$.amount'                                 AS amount,
       r.value ->> '$.purpose'                                AS purpose,
       o.document ->> '$.currency'                            AS currency,
       r.value ->> '$.requested_at'                           AS requested_at
FROM order_orders AS o, json_each(o.document, '$.refunds') AS r;

CREATE VIEW order_fulfillments AS
SELECT o.storefront,
       o.order_id,
       f.value ->> '$.no'                                     AS fulfillment,
       f.value ->> '$.state'                                  AS state,
       f.value ->> '$.tracking.carrier'                       AS carrier,
       f.value ->> '$.tracking.number'                        AS tracking_number
FROM order_orders AS o, json_each(o.document, '$.fulfillments') AS f;
