//! HTTPS service that holds sealed ballots for a random time and passes them on.
