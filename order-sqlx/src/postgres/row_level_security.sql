DO $$
DECLARE
    name text;
BEGIN
    FOREACH name IN ARRAY ARRAY['orders', 'order_skus', 'events', 'effects', 'outbox',
        'idempotency_keys', 'inbox', 'products', 'reservations', 'reservation_lines']
    LOOP
        EXECUTE format('ALTER TABLE orders.%I ENABLE ROW LEVEL SECURITY', name);
        EXECUTE format('ALTER TABLE orders.%I FORCE ROW LEVEL SECURITY', name);
        IF NOT EXISTS (SELECT 1 FROM pg_policies WHERE schemaname = 'orders' AND tablename = name
            AND policyname = 'storefront_isolation') THEN
            EXECUTE format(
                'CREATE POLICY storefront_isolation ON orders.%I USING ('
                '(SELECT current_setting(''orders.storefronts'', true)) = ''*'' OR '
                'storefront = ANY (string_to_array(current_setting(''orders.storefronts'', true), '','')))',
                name);
        END IF;
    END LOOP;
END
$$
