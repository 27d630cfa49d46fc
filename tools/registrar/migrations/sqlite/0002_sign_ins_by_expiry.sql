-- Sign-ins that are over are swept away once a second, and the oldest where there are too many.
CREATE INDEX sign_ins_by_expiry ON sign_ins (expires_at);
