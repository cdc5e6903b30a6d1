-- Reservations that are over, for those who forget them after a while.
CREATE INDEX order_reservations_over ON order_reservations (expires_at) WHERE status IN ('released', 'expired');
