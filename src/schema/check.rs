//! Checks of a desired object against its schema.
