-- Statements are sums over postings; these make them quick. Made last: a bulk writer makes them when its rows are in.

CREATE INDEX posting_by_account ON posting (book, account, currency, commodity, session, seq, amount, units, item);
CREATE INDEX posting_by_instrument ON posting (book, instrument, seq) WHERE instrument IS NOT NULL;
CREATE INDEX posting_by_lot ON posting (book, lot, account, commodity, currency, strategy, session, units, amount, seq)
    WHERE lot IS NOT NULL AND units IS NOT NULL;
CREATE INDEX entry_by_session ON entry (book, session, seq);
-- Which entries happened in another session than they were booked to is read from this alone.
CREATE INDEX entry_by_effect ON entry (book, effective_at, session);
