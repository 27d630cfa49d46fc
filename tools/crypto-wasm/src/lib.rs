//! The cryptography of voters and observers, for the browser.
