//! HTTPS service that signs voters in, checks their one-time codes and signs their blinded credentials.
