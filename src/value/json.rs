//! Values from and to JSON.
