-- One database serves one registrar in one election. Only TEXT and BIGINT are used, since both
-- databases and the driver between understand them alike; hashes and blinded messages are
-- hexadecimal, times are seconds since 1970.

-- What the database belongs to; the row 'writer' is locked by every transaction that writes.
CREATE TABLE facts (
    name TEXT PRIMARY KEY NOT NULL,
    value TEXT NOT NULL
);
INSERT INTO facts (name, value) VALUES ('writer', '');

-- The roll. Identity and date of birth are here as keyed hashes only.
CREATE TABLE voters (
    voter_number TEXT PRIMARY KEY NOT NULL,
    identity_hash TEXT NOT NULL UNIQUE,
    birth_date_hash TEXT NOT NULL,
    initials TEXT NOT NULL,
    telephone TEXT NOT NULL,
    district BIGINT NOT NULL
);

-- Sign-ins that were begun at the provider.
CREATE TABLE sign_ins (
    state_hash TEXT PRIMARY KEY NOT NULL,
    nonce TEXT NOT NULL,
    verifier TEXT NOT NULL,
    redirect_uri TEXT NOT NULL,
    expires_at BIGINT NOT NULL
);

-- Voters who have signed in.
CREATE TABLE sessions (
    token_hash TEXT PRIMARY KEY NOT NULL,
    voter_number TEXT NOT NULL REFERENCES voters (voter_number),
    expires_at BIGINT NOT NULL
);
CREATE INDEX sessions_by_expiry ON sessions (expires_at);

-- The last one-time code of each voter, and how many were sent lately.
CREATE TABLE codes (
    voter_number TEXT PRIMARY KEY NOT NULL REFERENCES voters (voter_number),
    code_hash TEXT NOT NULL,
    expires_at BIGINT NOT NULL,
    tries_left BIGINT NOT NULL,
    sent_at BIGINT NOT NULL,
    window_began_at BIGINT NOT NULL,
    sent_in_window BIGINT NOT NULL
);

CREATE TABLE ballot_sessions (
    link_hash TEXT PRIMARY KEY NOT NULL,
    voter_number TEXT NOT NULL REFERENCES voters (voter_number),
    expires_at BIGINT NOT NULL,
    -- The hash of the token of the sign-in that opened the link; empty until it is opened.
    opened_by TEXT NOT NULL
);

-- The issuing ledger: one request of one voter, written down before the issue is recorded on chain.
CREATE TABLE issues (
    voter_number TEXT PRIMARY KEY NOT NULL REFERENCES voters (voter_number),
    district BIGINT NOT NULL,
    request_hash TEXT NOT NULL,
    blinded TEXT NOT NULL,
    -- Empty until it is signed.
    signature TEXT NOT NULL,
    requested_at BIGINT NOT NULL,
    signed_at BIGINT NOT NULL
);

-- What the chain is to be told. One row for each voter's participation, and one for the issue.
CREATE TABLE outbox (
    voter_number TEXT NOT NULL REFERENCES voters (voter_number),
    subject TEXT NOT NULL CHECK (subject IN ('participation', 'issue')),
    call TEXT NOT NULL CHECK (call IN ('participate', 'withdraw', 'issue')),
    state TEXT NOT NULL CHECK (state IN ('queued', 'final', 'refused')),
    reason TEXT NOT NULL,
    queued_at BIGINT NOT NULL,
    PRIMARY KEY (voter_number, subject)
);
CREATE INDEX outbox_by_state ON outbox (state, queued_at);

-- What happened, each entry bound to the one before. Numbers only: no names, no tokens.
CREATE TABLE audit_log (
    sequence BIGINT PRIMARY KEY NOT NULL,
    at BIGINT NOT NULL,
    event TEXT NOT NULL,
    voter_number TEXT NOT NULL,
    detail TEXT NOT NULL,
    hash TEXT NOT NULL
);

CREATE TRIGGER audit_log_keeps_entries BEFORE UPDATE ON audit_log
BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END;
CREATE TRIGGER audit_log_loses_nothing BEFORE DELETE ON audit_log
BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END;
