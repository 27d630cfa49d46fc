//! Layers of sealing of one fixed size, through which an extrinsic travels from relay to relay.
