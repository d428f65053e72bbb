//! Where sound goes.
