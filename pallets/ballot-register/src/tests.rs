//! Whole elections on a mock chain, with real keys, credentials, ballots and shares.

mod admission;
mod attacks;
mod casting;
mod closing;
mod elections;
mod hostile;
mod observation;
mod officials;
mod shares;
mod voters;
mod weights;
