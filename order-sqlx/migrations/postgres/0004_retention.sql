-- Reservations that are over, for those who forget them after a while.
CREATE INDEX reservations_over ON orders.reservations (expires_at) WHERE status IN ('released', 'expired');
